/* SPDX-License-Identifier: ISC */
/*
 * See json_out.h. Objects keep the order in which keys are set (jansson 2.8 and later). Open
 * objects and lists are on a stack and join their parent when they end.
 */
#include "sensor/base/json_out.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/printable.h"
#include "sensor/base/timestamp.h"

#define DEPTH_MAX 8

struct json_out {
	json_t *open[DEPTH_MAX];
	const char *key[DEPTH_MAX]; /* under which it joins its parent; the caller's literals */
	size_t depth;
	bool failed;
};

struct json_out *json_out_new(void)
{
	struct json_out *out = calloc(1, sizeof *out);

	if (out == NULL)
		return NULL;
	out->open[out->depth++] = json_object();
	return out;
}

/* Takes `value` over, which may be NULL: out of memory. */
static void put(struct json_out *out, const char *key, json_t *value)
{
	json_t *parent = out->open[out->depth - 1];
	int result = key != NULL ? json_object_set_new_nocheck(parent, key, value)
				 : json_array_append_new(parent, value);

	out->failed |= result != 0;
}

static void push(struct json_out *out, const char *key, json_t *value)
{
	assert(out->depth < DEPTH_MAX);
	out->failed |= value == NULL;
	out->key[out->depth] = key;
	out->open[out->depth++] = value;
}

void json_out_object(struct json_out *out, const char *key)
{
	push(out, key, json_object());
}

void json_out_list(struct json_out *out, const char *key)
{
	push(out, key, json_array());
}

void json_out_end(struct json_out *out)
{
	json_t *value;

	assert(out->depth > 1);
	value = out->open[--out->depth];
	if (json_is_object(value) && json_object_size(value) == 0)
		json_decref(value);
	else
		put(out, out->key[out->depth], value);
}

void json_out_text(struct json_out *out, const char *key, const char *text)
{
	char safe[JSON_OUT_TEXT_MAX];

	if (printable_copy(safe, sizeof safe, text) != 0)
		put(out, key, json_string_nocheck(safe));
}

void json_out_number(struct json_out *out, const char *key, uint64_t number)
{
	put(out, key, json_integer((json_int_t)(number > INT64_MAX ? INT64_MAX : number)));
}

void json_out_null(struct json_out *out, const char *key)
{
	put(out, key, json_null());
}

void json_out_flag(struct json_out *out, const char *key, bool flag)
{
	put(out, key, json_boolean(flag));
}

void json_out_time(struct json_out *out, const char *key, uint64_t ns)
{
	char text[TIMESTAMP_TEXT];

	if (ns != 0)
		json_out_text(out, key, timestamp_format(ns, text));
}

void json_out_address(struct json_out *out, const char *key, const struct address *address)
{
	char text[ADDRESS_TEXT_MAX];

	json_out_text(out, key, address_format(address, text));
}

char *json_out_finish(struct json_out *out, size_t *length)
{
	char *text = NULL;

	assert(out->depth == 1);
	if (!out->failed)
		text = json_dumps(out->open[0], JSON_COMPACT);
	if (text != NULL)
		*length = strlen(text);
	json_decref(out->open[0]);
	free(out);
	return text;
}
