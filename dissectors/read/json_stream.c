/* SPDX-License-Identifier: ISC */
/* See json_stream.h. */
#include "dissectors/read/json_stream.h"

enum place {
	PLACE_BETWEEN, /* texts and words */
	PLACE_TEXT,
	PLACE_ESCAPE, /* behind a backslash */
	PLACE_CODE,   /* within \uXXXX */
	PLACE_WORD,   /* a number, true, false, null */
};

static void begin_value(struct json_stream *json, enum place place)
{
	json->place = (uint8_t)place;
	json->length = 0;
	json->value[0] = '\0';
	json->long_value = false;
}

static void keep(struct json_stream *json, uint8_t c)
{
	json->byte = c;
	if (json->length + 1u >= sizeof json->value) {
		json->long_value = true;
		return;
	}
	json->value[json->length++] = (char)c;
	json->value[json->length] = '\0';
}

/* A byte of a text, as it is meant. */
static enum json_event put(struct json_stream *json, uint8_t c)
{
	json->place = PLACE_TEXT;
	keep(json, c);
	return json->named ? JSON_BYTE : JSON_MORE;
}

static enum json_event end_value(struct json_stream *json)
{
	bool named = json->named;

	json->place = PLACE_BETWEEN;
	json->named = false;
	return named ? JSON_MEMBER : JSON_MORE;
}

/* What was just read is the name of what follows. */
static enum json_event begin_member(struct json_stream *json)
{
	bool fits = !json->long_value && json->length < sizeof json->name;

	json->named = true;
	json->name[0] = '\0';
	if (fits)
		memcpy(json->name, json->value, json->length + 1u);
	return JSON_NAME;
}

static bool is_delimiter(uint8_t c)
{
	return c <= ' ' || strchr(",:{}[]\"", c) != NULL;
}

static enum json_event between(struct json_stream *json, uint8_t c)
{
	switch (c) {
	case '"':
		begin_value(json, PLACE_TEXT);
		return JSON_MORE;
	case ':':
		return begin_member(json);
	case '{':
		json->depth = (uint8_t)(json->depth == UINT8_MAX ? UINT8_MAX : json->depth + 1);
		json->named = false;
		return JSON_MORE;
	case '}':
		json->depth = (uint8_t)(json->depth == 0 ? 0 : json->depth - 1);
		json->named = false;
		return JSON_CLOSED;
	case '[':
	case ']':
	case ',':
		json->named = false;
		return JSON_MORE;
	default:
		break;
	}
	if (is_delimiter(c))
		return JSON_MORE;
	begin_value(json, PLACE_WORD);
	keep(json, c);
	return JSON_MORE;
}

static enum json_event escape(struct json_stream *json, uint8_t c)
{
	if (c == 'u') {
		json->place = PLACE_CODE;
		json->digits = 4;
		json->code = 0;
		return JSON_MORE;
	}
	switch (c) {
	case 'n':
		return put(json, '\n');
	case 'r':
		return put(json, '\r');
	case 't':
	case 'f':
	case 'b':
		return put(json, ' ');
	default:
		return put(json, c);
	}
}

static enum json_event code(struct json_stream *json, uint8_t c)
{
	uint8_t lower = c | 0x20;

	if (c >= '0' && c <= '9')
		json->code = (uint16_t)(json->code << 4 | (c - '0'));
	else if (lower >= 'a' && lower <= 'f')
		json->code = (uint16_t)(json->code << 4 | (lower - 'a' + 10));
	else
		json->code = UINT8_MAX;
	if (--json->digits != 0)
		return JSON_MORE;
	return put(json, json->code < 0x80 ? (uint8_t)json->code : '?');
}

static enum json_event take(struct json_stream *json, uint8_t c)
{
	switch ((enum place)json->place) {
	case PLACE_BETWEEN:
		return between(json, c);
	case PLACE_TEXT:
		if (c == '"')
			return end_value(json);
		if (c != '\\')
			return put(json, c);
		json->place = PLACE_ESCAPE;
		return JSON_MORE;
	case PLACE_ESCAPE:
		return escape(json, c);
	case PLACE_CODE:
		return code(json, c);
	case PLACE_WORD:
		break;
	}
	if (!is_delimiter(c)) {
		keep(json, c);
		return JSON_MORE;
	}
	json->again = true;
	json->byte = c;
	return end_value(json);
}

enum json_event json_stream_next(struct json_stream *json, struct bytes *in)
{
	enum json_event event = JSON_MORE;

	if (json->again) {
		json->again = false;
		event = between(json, json->byte);
	}
	while (event == JSON_MORE && in->left != 0) {
		event = take(json, bytes_u8(in));
		if (event == JSON_MORE && json->again) {
			json->again = false;
			event = between(json, json->byte);
		}
	}
	return event;
}

bool json_stream_is(const struct json_stream *json, unsigned depth, const char *name)
{
	return json->depth == depth && strcmp(json->name, name) == 0;
}
