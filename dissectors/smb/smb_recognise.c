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

static enum recognised is_smb1(struct bytes b, enum side from)
{
	uint8_t flags;

	if (b.left < 32)
		return RECOGNISED_MORE;
	bytes_skip(&b, 9);
	flags = bytes_u8(&b);
	return (flags >> 7 == 1) == (from == SIDE_SERVER) ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised is_smb2(struct bytes b, enum side from)
{
	uint16_t size, command;
	uint32_t flags;

	if (b.left < 24)
		return RECOGNISED_MORE;
	bytes_skip(&b, 4);
	size = bytes_le16(&b);
	bytes_skip(&b, 6);
	command = bytes_le16(&b);
	bytes_skip(&b, 2);
	flags = bytes_le32(&b);
	if (size != SMB2_HEADER || command > 0x13)
		return RECOGNISED_NO;
	return (flags & 1) == (from == SIDE_SERVER) ? RECOGNISED_YES : RECOGNISED_NO;
}

/* Encrypted: says nothing about the side. */
static enum recognised is_sealed(struct bytes b)
{
	if (b.left < 44)
		return RECOGNISED_MORE;
	bytes_skip(&b, 40);
	return bytes_le16(&b) == 0 && bytes_le16(&b) <= 2 ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised message(struct bytes b, enum side from)
{
	uint32_t length;

	if (b.left == 0)
		return RECOGNISED_MORE;
	if (bytes_u8(&b) != 0)
		return RECOGNISED_NO;
	if (b.left < 3)
		return RECOGNISED_MORE;
	length = bytes_be24(&b);
	if (length < 32)
		return RECOGNISED_NO;
	if (b.left == 0)
		return RECOGNISED_MORE;
	if (bytes_agree_with(&b, "\xffSMB"))
		return is_smb1(b, from);
	if (bytes_agree_with(&b, "\xfeSMB"))
		return is_smb2(b, from);
	if (bytes_agree_with(&b, "\xfdSMB"))
		return is_sealed(b);
	return RECOGNISED_NO;
}

/* A request for a NetBIOS session. *rest is what comes after it. */
static enum recognised session_request(struct bytes b, struct bytes *rest)
{
	struct bytes names;
	uint32_t length;

	if (b.left < 4)
		return b.left == 0 || b.at[0] == 0x81 ? RECOGNISED_MORE : RECOGNISED_NO;
	if (bytes_u8(&b) != 0x81)
		return RECOGNISED_NO;
	length = bytes_be24(&b);
	if (length < 68 || length > NAMES_MAX)
		return RECOGNISED_NO;
	if (b.left < length)
		return RECOGNISED_MORE;
	names = bytes_sub(&b, length);
	if (!netbios_name(&names))
		return RECOGNISED_NO;
	*rest = b;
	return RECOGNISED_YES;
}

/* The answer to it. */
static enum recognised session_response(struct bytes b, struct bytes *rest)
{
	static const char granted[] = "\x82\0\0\0", refused[] = "\x83\0\0\1";
	size_t n = b.left < 4 ? b.left : 4;

	if (memcmp(b.at, granted, n) != 0 && memcmp(b.at, refused, n) != 0)
		return RECOGNISED_NO;
	if (n < 4)
		return RECOGNISED_MORE;
	if (bytes_u8(&b) == 0x83 && b.left > 4)
		return RECOGNISED_NO;
	bytes_skip(&b, 3);
	*rest = b;
	return RECOGNISED_YES;
}

/* A capture that began late: where does a message begin? At once, but from the other side: no. */
static enum recognised later(struct bytes b, enum side from)
{
	if (message(b, (enum side) !from) == RECOGNISED_YES)
		return RECOGNISED_NO;
	while (b.left >= 8) {
		if (b.at[0] == 0 && b.at[5] == 'S' && message(b, from) == RECOGNISED_YES)
			return RECOGNISED_YES;
		bytes_skip(&b, 1);
	}
	return RECOGNISED_MORE;
}

static enum recognised server_says(struct bytes server, bool asked)
{
	enum recognised result = session_response(server, &server);

	if (result == RECOGNISED_NO)
		return message(server, SIDE_SERVER);
	if (result == RECOGNISED_MORE)
		return result;
	return asked ? RECOGNISED_YES : message(server, SIDE_SERVER);
}

enum recognised smb_recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER], rest;
	enum recognised asks = session_request(client, &rest), says = RECOGNISED_MORE;
	bool asked = asks == RECOGNISED_YES;

	if (asks == RECOGNISED_NO)
		asks = message(client, SIDE_CLIENT);
	if (server.left != 0)
		says = server_says(server, asked);
	if (opening->midstream && asks == RECOGNISED_NO)
		asks = later(client, SIDE_CLIENT);
	if (opening->midstream && says == RECOGNISED_NO)
		says = later(server, SIDE_SERVER);
	if (asks == RECOGNISED_NO || says == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (says == RECOGNISED_YES)
		return RECOGNISED_YES;
	if (opening->midstream && asks == RECOGNISED_YES)
		return RECOGNISED_YES; /* the server may be in the middle of a file */
	return asks == RECOGNISED_YES && opening->one_sided ? RECOGNISED_YES : RECOGNISED_MORE;
}
