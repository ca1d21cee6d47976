/* SPDX-License-Identifier: ISC */
/*
 * What decides is the server: its ServerHello or Alert proves TLS whatever the client sent, and
 * its plain text (an SMTP banner, a Redis error, HTTP 400) disproves it whatever the client hoped
 * for. While the server is silent the answer is MORE, and a ClientHello gets YES only in the last
 * call (one_sided), because scanners send ClientHello to everything, and anything to TLS.
 *
 *	 0    1  2    3   4    5     6   8   9  10   11       43
 *	+----+-------+-------+-----+---------+-------+--------+-----------------
 *	| 22 | 3   n | length| 1 2 | length  | 3   n | random | session id, …
 *	+----+-------+-------+-----+---------+-------+--------+-----------------
 *	 record (RFC 8446 5.1)  handshake (4)   hello (4.1.2, 4.1.3)
 */
#include "dissectors/tls/tls_recognise.h"

#define HANDSHAKE_MAX  66000 /* bytes; a ClientHello with 64 KiB of extensions */
#define RECORD_HEADER  5
#define SESSION_ID_MAX 32

static bool is_version(uint8_t major, uint8_t minor)
{
	return major == 3 && minor <= 4;
}

/*
 * The vectors behind the session id must fill the handshake message exactly; those that lie
 * outside of what is visible are believed. `rest` begins at the length of the session id, `left`
 * says how many bytes the message still has there.
 */
static bool vectors_fit(struct bytes rest, size_t left, uint8_t type)
{
	bool whole = rest.left >= left;
	size_t session_id = bytes_u8(&rest);
	size_t used = 1 + session_id;

	if (session_id > SESSION_ID_MAX)
		return false;
	bytes_skip(&rest, session_id);
	if (type == TLS_SERVER_HELLO) {
		used += 3; /* cipher suite, compression method */
		bytes_skip(&rest, 3);
	} else {
		size_t n = bytes_be16(&rest);

		if (!rest.failed && (n < 2 || n % 2 != 0))
			return false;
		used += 2 + n;
		bytes_skip(&rest, n);
		n = bytes_u8(&rest);
		if (!rest.failed && n == 0)
			return false;
		used += 1 + n;
		bytes_skip(&rest, n);
	}
	if (!rest.failed && used < left)
		used += 2 + (size_t)bytes_be16(&rest);
	return rest.failed ? !whole : used == left;
}

/* The first record of `side`, if it is a hello of this type: YES once its random is complete. */
static enum recognised recognise_hello(struct bytes side, uint8_t type)
{
	struct bytes all = side;
	size_t record, message;
	uint8_t major, minor;

	if (bytes_u8(&side) != TLS_HANDSHAKE && all.left >= 1)
		return RECOGNISED_NO;
	if (bytes_u8(&side) != 3 && all.left >= 2)
		return RECOGNISED_NO;
	if (bytes_u8(&side) > 4 && all.left >= 3)
		return RECOGNISED_NO;
	record = bytes_be16(&side);
	if (!side.failed && (record < 6 || record > TLS_RECORD_MAX))
		return RECOGNISED_NO;
	if (bytes_u8(&side) != type && all.left >= 6)
		return RECOGNISED_NO;
	message = bytes_be24(&side);
	if (!side.failed && (message < 38 || message > HANDSHAKE_MAX))
		return RECOGNISED_NO;
	major = bytes_u8(&side);
	minor = bytes_u8(&side);
	if (!side.failed && !is_version(major, minor))
		return RECOGNISED_NO;
	if (record < 4 + message && record < 4 + 2 + 32 + 1)
		return side.failed ? RECOGNISED_MORE : RECOGNISED_YES; /* cut into small records */
	bytes_skip(&side, 32);
	if (side.failed || side.left == 0)
		return RECOGNISED_MORE;
	if (side.left > record - (4 + 2 + 32))
		side.left = record - (4 + 2 + 32);
	return vectors_fit(side, message - 34, type) ? RECOGNISED_YES : RECOGNISED_NO;
}

/*
 * The hello of SSL 2 that also offers SSL 3 or TLS (RFC 5246 appendix E.2): u15 length with the
 * top bit set, 1, version, and three lengths that must fill it exactly.
 */
static enum recognised recognise_hello_v2(struct bytes side)
{
	struct bytes all = side;
	uint16_t length = bytes_be16(&side);
	uint8_t type = bytes_u8(&side);
	uint16_t version = bytes_be16(&side);
	uint16_t ciphers, session_id, challenge;

	if ((all.left >= 1 && !(all.at[0] & 0x80)) || (all.left >= 3 && type != TLS_CLIENT_HELLO))
		return RECOGNISED_NO;
	if (!side.failed && version != 0x0002 &&
	    !is_version((uint8_t)(version >> 8), (uint8_t)(version & 255)))
		return RECOGNISED_NO;
	ciphers = bytes_be16(&side);
	session_id = bytes_be16(&side);
	challenge = bytes_be16(&side);
	if (side.failed)
		return RECOGNISED_MORE;
	if (ciphers == 0 || ciphers % 3 != 0 || (session_id != 0 && session_id != 16) ||
	    challenge < 16 || challenge > 32 ||
	    (length & 0x7fff) != 9 + ciphers + session_id + challenge)
		return RECOGNISED_NO;
	return side.left >= (size_t)ciphers + session_id + challenge ? RECOGNISED_YES
								     : RECOGNISED_MORE;
}

/* An alert in clear: exactly one record of two bytes, warning or fatal. */
static enum recognised recognise_alert(struct bytes side)
{
	static const uint8_t start[] = {TLS_ALERT, 3};
	struct bytes all = side;
	uint8_t minor, level, description;
	uint16_t length;

	for (size_t i = 0; i < sizeof start && i < all.left; i++) {
		if (all.at[i] != start[i])
			return RECOGNISED_NO;
	}
	bytes_skip(&side, sizeof start);
	minor = bytes_u8(&side);
	length = bytes_be16(&side);
	level = bytes_u8(&side);
	description = bytes_u8(&side);
	if (side.failed)
		return RECOGNISED_MORE;
	return minor <= 4 && length == 2 && (level == 1 || level == 2) && description <= 121
		       ? RECOGNISED_YES
		       : RECOGNISED_NO;
}

/* A record of a conversation that has begun earlier; its content cannot be checked. */
static bool is_record(struct bytes side)
{
	uint8_t type = bytes_u8(&side);
	uint8_t major = bytes_u8(&side);
	uint8_t minor = bytes_u8(&side);
	uint16_t length = bytes_be16(&side);

	return !side.failed && type >= TLS_CHANGE_CIPHER_SPEC && type <= TLS_APPLICATION_DATA &&
	       major == 3 && minor >= 1 && minor <= 3 && length >= 1 && length <= TLS_RECORD_MAX;
}

/* Two headers in a row, one where the other ends, or one that alone fills what is visible. */
static bool is_record_chain(struct bytes side)
{
	uint16_t length;

	if (!is_record(side))
		return false;
	bytes_skip(&side, 3);
	length = bytes_be16(&side);
	if (side.left <= length)
		return true;
	bytes_skip(&side, length);
	return is_record(side) || side.left < RECORD_HEADER;
}

static enum recognised recognise_midstream(const struct bytes *client, const struct bytes *server,
					   bool last)
{
	bool client_fits = is_record_chain(*client);
	bool server_fits = is_record_chain(*server);

	if (client_fits && server_fits)
		return RECOGNISED_YES;
	if (last && ((client_fits && server->left == 0) || (server_fits && client->left == 0)))
		return RECOGNISED_YES;
	if ((client->left >= RECORD_HEADER && !client_fits) ||
	    (server->left >= RECORD_HEADER && !server_fits))
		return RECOGNISED_NO;
	return RECOGNISED_MORE;
}

static enum recognised best(enum recognised a, enum recognised b)
{
	return a > b ? a : b;
}

enum recognised tls_recognise(const struct opening *opening)
{
	const struct bytes *client = &opening->side[SIDE_CLIENT];
	const struct bytes *server = &opening->side[SIDE_SERVER];
	enum recognised result;

	/* The roles are guessed, and wrong. */
	if (recognise_hello(*client, TLS_SERVER_HELLO) == RECOGNISED_YES ||
	    recognise_hello(*server, TLS_CLIENT_HELLO) == RECOGNISED_YES)
		return RECOGNISED_NO;
	if (server->left != 0) {
		result = best(recognise_hello(*server, TLS_SERVER_HELLO), recognise_alert(*server));
	} else {
		result = best(recognise_hello(*client, TLS_CLIENT_HELLO),
			      recognise_hello_v2(*client));
		if (!opening->one_sided)
			result = RECOGNISED_MORE;
	}
	if (result != RECOGNISED_YES && opening->midstream)
		result = recognise_midstream(client, server, opening->one_sided);
	return result;
}
