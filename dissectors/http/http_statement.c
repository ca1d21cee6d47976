/* SPDX-License-Identifier: ISC */
/*
 * InfluxDB takes InfluxQL in the parameter q, ClickHouse SQL in the parameter query or as the body.
 * What is kept of a request is short, and so may be what can be seen of a statement: its first
 * words are what counts.
 */
#include "dissectors/http/http_statement.h"

#include "dissectors/read/facts.h"
#include "dissectors/read/sql.h"

#define DECODED_MAX 192 /* bytes */

static int hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undoes application/x-www-form-urlencoded, up to the parameter's end. */
static size_t decode(struct bytes text, uint8_t *to, size_t size)
{
	size_t n = 0;

	while (text.left != 0 && text.at[0] != '&' && text.at[0] != '#' && n < size) {
		uint8_t c = bytes_u8(&text);

		if (c == '%' && text.left >= 2 && hex_value(text.at[0]) >= 0 &&
		    hex_value(text.at[1]) >= 0) {
			c = (uint8_t)(hex_value(text.at[0]) << 4 | hex_value(text.at[1]));
			bytes_skip(&text, 2);
		}
		to[n++] = c == '+' ? ' ' : c;
	}
	return n;
}

/* The value of `q` or `query`; false if there is none. */
static bool find_parameter(struct bytes *text)
{
	bytes_skip(text, text->left != 0 && text->at[0] == '?');
	while (text->left != 0) {
		if (bytes_start_with(text, "q="))
			return bytes_skip(text, 2);
		if (bytes_start_with(text, "query="))
			return bytes_skip(text, 6);
		while (text->left != 0 && bytes_u8(text) != '&')
			;
	}
	return false;
}

static unsigned harm(unsigned flags)
{
	return 2 * facts_command_weight(flags) + ((flags & COMMAND_LISTING) != 0);
}

unsigned http_statement(struct bytes text, bool raw, char *name, size_t size)
{
	uint8_t decoded[DECODED_MAX];
	struct bytes value = text;
	struct sql_statement statement;
	struct sql sql;
	unsigned flags = 0;
	bool any = true;

	name[0] = '\0';
	if (find_parameter(&value))
		value = bytes_from(decoded, decode(value, decoded, sizeof decoded));
	else if (raw)
		value = text;
	else
		return 0;
	sql_begin(&sql, SQL_CLICKHOUSE);
	while (any) {
		any = sql_next(&sql, &value, &statement);
		if (!any && !sql_end(&sql, &statement))
			break;
		if (statement.name[0] == '\0' ||
		    (name[0] != '\0' && harm(statement.flags) <= harm(flags)))
			continue;
		flags = statement.flags;
		name[0] = '\0';
		strncat(name, statement.name, size - 1);
	}
	return flags;
}
