/* SPDX-License-Identifier: ISC */
/*
 * Is it TDS? A header, and behind it what belongs to its type: PRELOGIN's table of options,
 * LOGIN7's own length and version, the headers or UTF-16 text of a request, the tokens of a
 * response.
 */
#include "dissectors/mssql/mssql_recognise.h"

#define OPTIONS_MAX 12

struct bytes mssql_prelogin_option(struct bytes body, uint8_t option)
{
	struct bytes table = body;

	for (int i = 0; i < OPTIONS_MAX; i++) {
		uint8_t token = bytes_u8(&table);
		uint16_t offset = bytes_be16(&table), length = bytes_be16(&table);

		if (table.failed || token == MSSQL_OPTION_END)
			break;
		if (token == option && bytes_skip(&body, offset))
			return bytes_sub(&body, length);
	}
	return (struct bytes){.failed = true};
}

/* VERSION first, then others; all values lie behind the table and inside of the body. */
static enum recognised recognise_prelogin(struct bytes b, size_t room)
{
	for (int i = 0; i < OPTIONS_MAX; i++) {
		uint8_t token = bytes_u8(&b);
		uint16_t offset, length;

		if (b.failed)
			return RECOGNISED_MORE;
		if (token == MSSQL_OPTION_END)
			return i >= 1 ? RECOGNISED_YES : RECOGNISED_NO;
		offset = bytes_be16(&b);
		length = bytes_be16(&b);
		if (b.failed)
			return RECOGNISED_MORE;
		if ((i == 0 && (token != MSSQL_OPTION_VERSION || length != 6)) || token > 0x0b ||
		    offset < 6 || (size_t)offset + length > room)
			return RECOGNISED_NO;
	}
	return RECOGNISED_NO;
}

static enum recognised recognise_login(struct bytes b)
{
	uint32_t length = bytes_le32(&b), version = bytes_le32(&b);

	if (b.failed)
		return RECOGNISED_MORE;
	return length >= 80 && length < 128 * 1024 && (version >> 24) >= 0x70 &&
			       (version >> 24) <= 0x74
		       ? RECOGNISED_YES
		       : RECOGNISED_NO;
}

/* ALL_HEADERS with the transaction's, or text, or a procedure's name. */
static enum recognised recognise_request(struct bytes b, uint8_t type)
{
	struct bytes text = b;
	uint32_t total = bytes_le32(&b), first = bytes_le32(&b);
	uint16_t kind = bytes_le16(&b);

	if (b.failed)
		return RECOGNISED_MORE;
	if (total >= 22 && total < 256 && first == 18 && kind == 2)
		return RECOGNISED_YES;
	if (type == MSSQL_RPC) {
		uint16_t length = bytes_le16(&text);

		if (length == 0 || length > 128)
			return RECOGNISED_NO;
	}
	for (int i = 0; i < 4; i++) {
		uint16_t c = bytes_le16(&text);

		if (text.failed)
			return RECOGNISED_MORE;
		if ((c < ' ' && c != '\t' && c != '\r' && c != '\n') || c > 0x7e)
			return RECOGNISED_NO;
	}
	return RECOGNISED_YES;
}

static enum recognised recognise_response(struct bytes b, size_t room)
{
	uint8_t token;
	uint16_t length;

	if (b.left == 0)
		return RECOGNISED_MORE;
	if (b.at[0] == MSSQL_OPTION_VERSION)
		return recognise_prelogin(b, room);
	token = bytes_u8(&b);
	switch (token) {
	case MSSQL_ERROR:
	case MSSQL_INFO:
	case MSSQL_LOGINACK:
	case MSSQL_CHANGE:
		length = bytes_le16(&b);
		if (b.failed)
			return RECOGNISED_MORE;
		return length >= 3 && (size_t)length + 3 <= room + 4096 ? RECOGNISED_YES
									: RECOGNISED_NO;
	case MSSQL_DONE:
	case MSSQL_DONE_PROC:
	case MSSQL_DONE_IN_PROC:
		length = bytes_le16(&b);
		if (b.failed)
			return RECOGNISED_MORE;
		return (length & ~0x137u) == 0 && room >= 9 ? RECOGNISED_YES : RECOGNISED_NO;
	case MSSQL_COLUMNS:
		length = bytes_le16(&b);
		if (b.failed)
			return RECOGNISED_MORE;
		return (length > 0 && length <= 4096) || length == 0xffff ? RECOGNISED_YES
									  : RECOGNISED_NO;
	default:
		return RECOGNISED_NO;
	}
}

static enum recognised recognise_side(struct bytes b, enum side from, bool midstream)
{
	uint8_t type = bytes_u8(&b), status = bytes_u8(&b), window;
	uint16_t length = bytes_be16(&b);
	size_t room = (size_t)length - MSSQL_HEADER;

	bytes_skip(&b, 3);
	window = bytes_u8(&b);
	if (b.failed)
		return RECOGNISED_MORE;
	if (length < MSSQL_HEADER + 4 || window != 0 || status > 0x0f)
		return RECOGNISED_NO;
	if (from == SIDE_SERVER)
		return type == MSSQL_RESPONSE ? recognise_response(b, room) : RECOGNISED_NO;
	switch (type) {
	case MSSQL_PRELOGIN:
		return recognise_prelogin(b, room);
	case MSSQL_LOGIN7:
		return recognise_login(b);
	case MSSQL_BATCH:
	case MSSQL_RPC:
		return midstream ? recognise_request(b, type) : RECOGNISED_NO;
	default:
		return RECOGNISED_NO;
	}
}

enum recognised mssql_recognise(const struct opening *opening)
{
	struct bytes server = opening->side[SIDE_SERVER];
	enum recognised client =
		recognise_side(opening->side[SIDE_CLIENT], SIDE_CLIENT, opening->midstream);

	if (client == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (server.left != 0)
		return recognise_side(server, SIDE_SERVER, opening->midstream);
	return client == RECOGNISED_YES && !opening->one_sided ? RECOGNISED_MORE : client;
}
