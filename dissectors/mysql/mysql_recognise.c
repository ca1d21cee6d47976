/* SPDX-License-Identifier: ISC */
/*
 * Is it MySQL? The server speaks first, three bytes of length (little endian) and the number 0:
 *
 *	0a "8.0.36" 00 thread:4 scramble:8 00 capabilities:2 ...  greeting, protocol 10
 *	ff error:2 ["#" state:5] text                             refusal (1130 host not allowed)
 *
 * dev.mysql.com/doc/dev/mysql-server: Protocol::HandshakeV10, Protocol::ERR_Packet.
 */
#include "dissectors/mysql/mysql_recognise.h"

#include "dissectors/read/lines.h"

#define GREETING_MAX 512
#define VERSION_MAX  96
#define REFUSAL_READ 24 /* bytes of its text that must be text */
#define REFUSAL_MAX  512

static bool is_printable(uint8_t c)
{
	return c >= 0x20 && c < 0x7f;
}

/* Behind the 0x0a; `left` bytes of the packet are to come. */
static enum recognised recognise_greeting(struct bytes b, uint32_t left)
{
	uint32_t length = 0;

	for (;; length++) {
		uint8_t c;

		if (b.left == 0)
			return RECOGNISED_MORE;
		c = bytes_u8(&b);
		if (c == 0)
			break;
		if (!is_printable(c) || (length == 0 && (c < '0' || c > '9')) ||
		    length >= VERSION_MAX)
			return RECOGNISED_NO;
	}
	/* thread, scramble, filler, capabilities */
	if (length < 3 || left < length + 1 + 4 + 8 + 1 + 2)
		return RECOGNISED_NO;
	if (b.left < 13)
		return RECOGNISED_MORE;
	return b.at[12] == 0 ? RECOGNISED_YES : RECOGNISED_NO;
}

/* Behind the 0xff */
static enum recognised recognise_refusal(struct bytes b, uint32_t left)
{
	uint16_t code;
	size_t length;

	if (b.left < 2 || left < 8)
		return left < 8 ? RECOGNISED_NO : RECOGNISED_MORE;
	code = bytes_le16(&b);
	if (code < 1000 || (code >= 2000 && code < 3000) || code > 5000)
		return RECOGNISED_NO;
	length = left - 2 < REFUSAL_READ ? left - 2 : REFUSAL_READ;
	for (size_t i = 0; i < length && i < b.left; i++) {
		if (!is_printable(b.at[i]))
			return RECOGNISED_NO;
	}
	return b.left >= length ? RECOGNISED_YES : RECOGNISED_MORE;
}

static enum recognised recognise_server(struct bytes b)
{
	uint32_t length;
	uint8_t type;

	if (b.left < 5)
		return b.left > 3 && b.at[3] != 0 ? RECOGNISED_NO : RECOGNISED_MORE;
	length = bytes_le24(&b);
	if (bytes_u8(&b) != 0 || length < 8)
		return RECOGNISED_NO;
	type = bytes_u8(&b);
	if (type == 0x0a && length <= GREETING_MAX)
		return recognise_greeting(b, length - 1);
	if (type == 0xff && length <= REFUSAL_MAX)
		return recognise_refusal(b, length - 1);
	return RECOGNISED_NO;
}

/* The log-in request, or the request for TLS that is its beginning; protocol 4.1. */
static enum recognised recognise_login(struct bytes b)
{
	uint32_t length, capabilities, zeros = 0;

	if (b.left < 36)
		return b.left > 3 && b.at[3] != 1 ? RECOGNISED_NO : RECOGNISED_MORE;
	length = bytes_le24(&b);
	if (bytes_u8(&b) != 1 || length < 32 || length > 4096)
		return RECOGNISED_NO;
	capabilities = bytes_le32(&b);
	if (!(capabilities & 0x200) || (length == 32) != (length == 32 && capabilities & 0x800))
		return RECOGNISED_NO;
	bytes_skip(&b, 5);
	for (int i = 0; i < 19; i++)
		zeros += bytes_u8(&b) == 0;
	return zeros == 19 ? RECOGNISED_YES : RECOGNISED_NO;
}

/* COM_QUERY or COM_STMT_PREPARE with a statement that is known; for captures that begin late. */
static enum recognised recognise_query(struct bytes b)
{
	static const char *const verbs[] = {"SELECT ", "INSERT ", "UPDATE ", "DELETE ", "SET ",
					    "SHOW ",   "COMMIT",  "BEGIN",   "CREATE ", "DROP "};
	uint32_t length;
	uint8_t command;

	if (b.left < 16)
		return RECOGNISED_MORE;
	length = bytes_le24(&b);
	if (bytes_u8(&b) != 0)
		return RECOGNISED_NO;
	command = bytes_u8(&b);
	if (command != 0x03 && command != 0x16)
		return RECOGNISED_NO;
	if (b.at[0] == 0 && b.at[1] == 1) /* no query attributes */
		bytes_skip(&b, 2);
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		if (length > 6 && lines_start_with(&b, verbs[i]))
			return RECOGNISED_YES;
	}
	return RECOGNISED_NO;
}

enum recognised mysql_recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	enum recognised of_server = RECOGNISED_MORE, of_client = RECOGNISED_MORE;

	if (server.left != 0)
		of_server = recognise_server(server);
	if (of_server == RECOGNISED_YES)
		return RECOGNISED_YES;
	if (client.left != 0 && opening->midstream) {
		of_client = recognise_query(client);
		if (of_client == RECOGNISED_YES)
			return RECOGNISED_YES;
	}
	if (of_server == RECOGNISED_NO)
		return of_client == RECOGNISED_MORE && opening->midstream ? RECOGNISED_MORE
									  : RECOGNISED_NO;
	if (client.left != 0 && (opening->one_sided || opening->midstream) &&
	    recognise_login(client) == RECOGNISED_YES)
		return RECOGNISED_YES;
	return RECOGNISED_MORE;
}
