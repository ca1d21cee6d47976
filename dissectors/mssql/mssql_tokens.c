/* SPDX-License-Identifier: ISC */
/*
 * Tokens of TDS' responses (MS-TDS 2.2.7): a type, for most a length of two bytes, and a body.
 * They are read up to the first description of columns; what is behind are rows.
 *
 *	AA error	length:2 number:4 state class message ...
 *	AD log-in ack	length:2 interface version:4 name major minor build:2
 *	FD FE FF done	status:2 (bit 1: error) command:2 rows
 */
#include "dissectors/mssql/mssql_tokens.h"

#include <stdio.h>

#include "dissectors/mssql/mssql_recognise.h"

#define DONE_ERROR	  2
#define DONE_BODY	  12
#define CLASS_LEAST_ERROR 11
#define ERROR_LOGIN_FIRST 18450
#define ERROR_LOGIN_LAST  18499

static void on_error(struct mssql_tokens *t, struct bytes b)
{
	uint32_t number = bytes_le32(&b);
	uint8_t class;

	bytes_u8(&b);
	class = bytes_u8(&b);
	if (b.failed || class < CLASS_LEAST_ERROR)
		return;
	t->failed = true;
	t->login_failed |= number >= ERROR_LOGIN_FIRST && number <= ERROR_LOGIN_LAST;
}

static void on_acknowledged(struct mssql_tokens *t, struct facts *facts, struct bytes b)
{
	char name[40], version[24];
	size_t length = 0, characters;
	uint8_t major, minor;
	int n;

	t->accepted = true;
	bytes_skip(&b, 5);
	characters = bytes_u8(&b);
	for (size_t i = 0; i < characters && b.left >= 2; i++) {
		uint16_t c = bytes_le16(&b);

		if (c != 0 && c < 0x7f && length < sizeof name)
			name[length++] = (char)c;
	}
	if (length != 0)
		FACTS_TEXT(facts, product, name, length);
	major = bytes_u8(&b);
	minor = bytes_u8(&b);
	n = snprintf(version, sizeof version, "%u.%u.%u", major, minor, bytes_be16(&b));
	if (!b.failed && facts->version[0] == '\0')
		FACTS_TEXT(facts, version, version, (size_t)n);
}

static void on_token(struct mssql_tokens *t, struct facts *facts)
{
	struct bytes b = bytes_from(t->body, t->kept);

	switch (t->type) {
	case MSSQL_ERROR:
		on_error(t, b);
		break;
	case MSSQL_LOGINACK:
		on_acknowledged(t, facts, b);
		break;
	case MSSQL_DONE:
	case MSSQL_DONE_PROC:
	case MSSQL_DONE_IN_PROC:
		t->done = true;
		t->failed |= (bytes_le16(&b) & DONE_ERROR) != 0;
		break;
	default:
		break;
	}
}

/* Sizes the token; false if it cannot be. */
static bool begin_token(struct mssql_tokens *t, uint8_t type)
{
	t->type = type;
	t->have = t->kept = 0;
	t->sized = true;
	t->left = 0;
	switch (type) {
	case MSSQL_DONE:
	case MSSQL_DONE_PROC:
	case MSSQL_DONE_IN_PROC:
		t->left = DONE_BODY;
		return true;
	case 0x79: /* return status */
		t->left = 4;
		return true;
	case MSSQL_ERROR:
	case MSSQL_INFO:
	case MSSQL_LOGINACK:
	case MSSQL_CHANGE:
	case 0xed: /* SSPI */
	case 0xa9: /* order */
		t->sized = false;
		return true;
	case MSSQL_COLUMNS:
		t->columns = true;
		return false;
	default:
		return false;
	}
}

static void take_byte(struct mssql_tokens *t, struct facts *facts, uint8_t c)
{
	if (t->type == 0) {
		t->opaque = !begin_token(t, c);
		return;
	}
	if (!t->sized) {
		t->left = (uint16_t)(t->left | c << (8 * t->have++));
		t->sized = t->have == 2;
	} else {
		if (t->kept < MSSQL_TOKEN_KEPT)
			t->body[t->kept++] = c;
		t->left--;
	}
	if (t->sized && t->left == 0) {
		on_token(t, facts);
		t->type = 0;
	}
}

void mssql_tokens_feed(struct mssql_tokens *t, struct facts *facts, struct bytes in)
{
	while (in.left != 0 && !t->opaque)
		take_byte(t, facts, bytes_u8(&in));
}
