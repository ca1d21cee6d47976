/* SPDX-License-Identifier: ISC */
/*
 * Is it SMB? Each message has four bytes before it (RFC 1001: type 0, length), then a magic number
 * and a header that says which side it is from. On port 139 a NetBIOS session is asked for first:
 *
 *	client 81 00 00 44 <name> <name>	server 82 00 00 00, or 83 00 00 01 <reason>
 */
#include "dissectors/read/netbios.h"
#include "dissectors/smb/smb.h"

#define SMB2_HEADER 64
#define NAMES_MAX   512 /* bytes of a session request */

static enum probe_result is_smb1(struct bytes b, enum side from)
{
	uint8_t flags;

	if (b.left < 32)
		return PROBE_MORE;
	bytes_skip(&b, 9);
	flags = bytes_u8(&b);
	return (flags >> 7 == 1) == (from == SIDE_SERVER) ? PROBE_YES : PROBE_NO;
}

static enum probe_result is_smb2(struct bytes b, enum side from)
{
	uint16_t size, command;
	uint32_t flags;

	if (b.left < 24)
		return PROBE_MORE;
	bytes_skip(&b, 4);
	size = bytes_le16(&b);
	bytes_skip(&b, 6);
	command = bytes_le16(&b);
	bytes_skip(&b, 2);
	flags = bytes_le32(&b);
	if (size != SMB2_HEADER || command > 0x13)
		return PROBE_NO;
	return (flags & 1) == (from == SIDE_SERVER) ? PROBE_YES : PROBE_NO;
}

/* Encrypted: says nothing about the side. */
static enum probe_result is_sealed(struct bytes b)
{
	if (b.left < 44)
		return PROBE_MORE;
	bytes_skip(&b, 40);
	return bytes_le16(&b) == 0 && bytes_le16(&b) <= 2 ? PROBE_YES : PROBE_NO;
}

static enum probe_result message(struct bytes b, enum side from)
{
	uint32_t length;

	if (b.left == 0)
		return PROBE_MORE;
	if (bytes_u8(&b) != 0)
		return PROBE_NO;
	if (b.left < 3)
		return PROBE_MORE;
	length = bytes_be24(&b);
	if (length < 32)
		return PROBE_NO;
	if (b.left == 0)
		return PROBE_MORE;
	if (bytes_agree_with(&b, "\xffSMB"))
		return is_smb1(b, from);
	if (bytes_agree_with(&b, "\xfeSMB"))
		return is_smb2(b, from);
	if (bytes_agree_with(&b, "\xfdSMB"))
		return is_sealed(b);
	return PROBE_NO;
}

/* A request for a NetBIOS session. *rest is what comes after it. */
static enum probe_result session_request(struct bytes b, struct bytes *rest)
{
	struct bytes names;
	uint32_t length;

	if (b.left < 4)
		return b.left == 0 || b.at[0] == 0x81 ? PROBE_MORE : PROBE_NO;
	if (bytes_u8(&b) != 0x81)
		return PROBE_NO;
	length = bytes_be24(&b);
	if (length < 68 || length > NAMES_MAX)
		return PROBE_NO;
	if (b.left < length)
		return PROBE_MORE;
	names = bytes_sub(&b, length);
	if (!netbios_name(&names))
		return PROBE_NO;
	*rest = b;
	return PROBE_YES;
}

/* The answer to it. */
static enum probe_result session_response(struct bytes b, struct bytes *rest)
{
	static const char granted[] = "\x82\0\0\0", refused[] = "\x83\0\0\1";
	size_t n = b.left < 4 ? b.left : 4;

	if (memcmp(b.at, granted, n) != 0 && memcmp(b.at, refused, n) != 0)
		return PROBE_NO;
	if (n < 4)
		return PROBE_MORE;
	if (bytes_u8(&b) == 0x83 && b.left > 4)
		return PROBE_NO;
	bytes_skip(&b, 3);
	*rest = b;
	return PROBE_YES;
}

/* A capture that began late: where does a message begin? At once, but from the other side: no. */
static enum probe_result later(struct bytes b, enum side from)
{
	if (message(b, (enum side) !from) == PROBE_YES)
		return PROBE_NO;
	while (b.left >= 8) {
		if (b.at[0] == 0 && b.at[5] == 'S' && message(b, from) == PROBE_YES)
			return PROBE_YES;
		bytes_skip(&b, 1);
	}
	return PROBE_MORE;
}

static enum probe_result server_says(struct bytes server, bool asked)
{
	enum probe_result result = session_response(server, &server);

	if (result == PROBE_NO)
		return message(server, SIDE_SERVER);
	if (result == PROBE_MORE)
		return result;
	return asked ? PROBE_YES : message(server, SIDE_SERVER);
}

enum probe_result smb_probe(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER], rest;
	enum probe_result asks = session_request(client, &rest), says = PROBE_MORE;
	bool asked = asks == PROBE_YES;

	if (asks == PROBE_NO)
		asks = message(client, SIDE_CLIENT);
	if (server.left != 0)
		says = server_says(server, asked);
	if (opening->midstream && asks == PROBE_NO)
		asks = later(client, SIDE_CLIENT);
	if (opening->midstream && says == PROBE_NO)
		says = later(server, SIDE_SERVER);
	if (asks == PROBE_NO || says == PROBE_NO)
		return PROBE_NO;
	if (says == PROBE_YES)
		return PROBE_YES;
	if (opening->midstream && asks == PROBE_YES)
		return PROBE_YES; /* the server may be in the middle of a file */
	return asks == PROBE_YES && opening->one_sided ? PROBE_YES : PROBE_MORE;
}
