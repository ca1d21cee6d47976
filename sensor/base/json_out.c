/* SPDX-License-Identifier: ISC */
/*
 * See json_out.h; RFC 8259. Whether a comma is due is seen by the last byte that was written: a
 * bracket that opens can only be that, as texts end with a quote. An object that stays empty is
 * taken back, with its key.
 */
#include "sensor/base/json_out.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/decimal.h"
#include "sensor/base/printable.h"
#include "sensor/base/timestamp.h"

#define DEPTH_MAX   8
#define FIRST_BYTES 8192 /* most events are shorter */
#define QUOTES	    2

struct open {
	size_t at; /* before its comma and key */
	char close;
};

struct json_out {
	char *text;
	size_t length, size;
	struct open open[DEPTH_MAX];
	size_t depth;
	bool failed;
};

struct json_out *json_out_new(void)
{
	struct json_out *out = calloc(1, sizeof *out);

	if (out == NULL)
		return NULL;
	out->size = FIRST_BYTES;
	out->text = malloc(out->size);
	if (out->text == NULL) {
		free(out);
		return NULL;
	}
	json_out_begin(out);
	return out;
}

void json_out_free(struct json_out *out)
{
	if (out == NULL)
		return;
	free(out->text);
	free(out);
}

void json_out_begin(struct json_out *out)
{
	out->text[0] = '{';
	out->length = 1;
	out->depth = 0;
	out->failed = false;
}

static bool grow(struct json_out *out, size_t needed)
{
	size_t size = out->size;
	char *text;

	while (size < needed)
		size *= 2;
	text = realloc(out->text, size);
	if (text == NULL) {
		out->failed = true;
		return false;
	}
	out->text = text;
	out->size = size;
	return true;
}

/* Where a value of at most `most` bytes goes, behind its comma and key. NULL: no memory. */
static char *place(struct json_out *out, const char *key, size_t most)
{
	size_t key_length = key != NULL ? strlen(key) : 0;
	size_t needed = out->length + key_length + most + sizeof ",\"\":";
	char *to;

	if (out->failed || (needed > out->size && !grow(out, needed)))
		return NULL;
	to = out->text + out->length;
	if (to[-1] != '{' && to[-1] != '[')
		*to++ = ',';
	if (key == NULL)
		return to;
	*to++ = '"';
	memcpy(to, key, key_length);
	to += key_length;
	*to++ = '"';
	*to++ = ':';
	return to;
}

static void end_at(struct json_out *out, const char *end)
{
	out->length = (size_t)(end - out->text);
}

static void push(struct json_out *out, const char *key, char open, char close)
{
	size_t at = out->length;
	char *to = place(out, key, 1);

	assert(out->depth < DEPTH_MAX);
	out->open[out->depth++] = (struct open){at, close};
	if (to == NULL)
		return;
	*to++ = open;
	end_at(out, to);
}

void json_out_object(struct json_out *out, const char *key)
{
	push(out, key, '{', '}');
}

void json_out_list(struct json_out *out, const char *key)
{
	push(out, key, '[', ']');
}

static void put_byte(struct json_out *out, char byte)
{
	size_t needed = out->length + 1;

	if (out->failed || (needed > out->size && !grow(out, needed)))
		return;
	out->text[out->length++] = byte;
}

void json_out_end(struct json_out *out)
{
	struct open open;

	assert(out->depth > 0);
	open = out->open[--out->depth];
	if (out->text[out->length - 1] == '{')
		out->length = open.at;
	else
		put_byte(out, open.close);
}

void json_out_text(struct json_out *out, const char *key, const char *text)
{
	char *to;

	if (text == NULL || *text == '\0')
		return;
	to = place(out, key, PRINTABLE_JSON(JSON_OUT_TEXT_MAX) + QUOTES);
	if (to == NULL)
		return;
	*to++ = '"';
	to += printable_json(to, JSON_OUT_TEXT_MAX, text);
	*to++ = '"';
	end_at(out, to);
}

void json_out_number(struct json_out *out, const char *key, uint64_t number)
{
	char *to = place(out, key, DECIMAL_MOST);

	if (to != NULL)
		end_at(out, to + decimal_write(to, number > INT64_MAX ? INT64_MAX : number));
}

static void put_word(struct json_out *out, const char *key, const char *word, size_t length)
{
	char *to = place(out, key, length);

	if (to == NULL)
		return;
	memcpy(to, word, length);
	end_at(out, to + length);
}

void json_out_null(struct json_out *out, const char *key)
{
	put_word(out, key, "null", 4);
}

void json_out_flag(struct json_out *out, const char *key, bool flag)
{
	if (flag)
		put_word(out, key, "true", 4);
	else
		put_word(out, key, "false", 5);
}

void json_out_time(struct json_out *out, const char *key, uint64_t ns)
{
	char *to;

	if (ns == 0)
		return;
	to = place(out, key, TIMESTAMP_TEXT + QUOTES);
	if (to == NULL)
		return;
	*to++ = '"';
	timestamp_format(ns, to);
	to += TIMESTAMP_TEXT - 1;
	*to++ = '"';
	end_at(out, to);
}

void json_out_address(struct json_out *out, const char *key, const struct address *address)
{
	char *to = place(out, key, ADDRESS_TEXT_MAX + QUOTES);

	if (to == NULL)
		return;
	*to++ = '"';
	to += strlen(address_format(address, to));
	*to++ = '"';
	end_at(out, to);
}

const char *json_out_done(struct json_out *out, size_t *length)
{
	assert(out->depth == 0);
	put_byte(out, '}');
	put_byte(out, '\0');
	if (out->failed)
		return NULL;
	*length = out->length - 1;
	return out->text;
}
