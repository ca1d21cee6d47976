/* SPDX-License-Identifier: ISC */
/* See body.h. */
#include "tools/notify/body.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/printable.h"

#define FIRST_SIZE 4096

void body_free(struct body *body)
{
	free(body->text);
	*body = (struct body){0};
}

void body_clear(struct body *body)
{
	body->length = body->depth = 0;
	body->failed = false;
	if (body->text != NULL)
		body->text[0] = '\0';
}

static bool room(struct body *body, size_t more)
{
	size_t size = body->size == 0 ? FIRST_SIZE : body->size;
	char *text;

	if (body->failed || more > BODY_MAX || body->length + more >= BODY_MAX) {
		body->failed = true;
		return false;
	}
	while (size < body->length + more + 1)
		size *= 2;
	if (size == body->size)
		return true;
	text = realloc(body->text, size);
	if (text == NULL) {
		body->failed = true;
		return false;
	}
	body->text = text;
	body->size = size;
	return true;
}

void body_add(struct body *body, const char *format, ...)
{
	va_list more;
	int length;

	va_start(more, format);
	length = vsnprintf(NULL, 0, format, more);
	va_end(more);
	if (length < 0 || !room(body, (size_t)length))
		return;
	va_start(more, format);
	vsnprintf(body->text + body->length, (size_t)length + 1, format, more);
	va_end(more);
	body->length += (size_t)length;
}

/* One line, printable, with what JSON wants before quotes. */
static void escaped(struct body *body, const char *line, size_t length)
{
	char *copy = strndup(line, length), *safe = malloc(length + 1);

	if (copy == NULL || safe == NULL || !room(body, 2 * length + 4)) {
		body->failed = true;
	} else {
		printable_copy(safe, length + 1, copy);
		for (const char *c = safe; *c != '\0'; c++) {
			if (*c == '"' || *c == '\\')
				body->text[body->length++] = '\\';
			body->text[body->length++] = *c;
		}
		body->text[body->length] = '\0';
	}
	free(copy);
	free(safe);
}

/* Lines are ours: whatever came from elsewhere was made one line when it was taken. */
static void quoted(struct body *body, const char *text)
{
	body_add(body, "\"");
	for (;;) {
		size_t length = strcspn(text, "\n");

		escaped(body, text, length);
		if (text[length] == '\0')
			break;
		body_add(body, "\\n");
		text += length + 1;
	}
	body_add(body, "\"");
}

/* What stands before a value. */
static void begin(struct body *body, const char *key)
{
	char last = body->length == 0 ? '\0' : body->text[body->length - 1];

	if (last != '\0' && last != '{' && last != '[' && body->depth > 0)
		body_add(body, ",");
	if (key == NULL)
		return;
	quoted(body, key);
	body_add(body, ":");
}

static void nest(struct body *body, const char *key, char open, char close)
{
	begin(body, key);
	body_add(body, "%c", open);
	if (body->depth == BODY_DEPTH)
		body->failed = true;
	else
		body->closes[body->depth++] = close;
}

void body_object(struct body *body, const char *key)
{
	nest(body, key, '{', '}');
}

void body_list(struct body *body, const char *key)
{
	nest(body, key, '[', ']');
}

void body_end(struct body *body)
{
	if (body->depth == 0)
		body->failed = true;
	else
		body_add(body, "%c", body->closes[--body->depth]);
}

void body_text(struct body *body, const char *key, const char *text)
{
	begin(body, key);
	quoted(body, text);
}

void body_if(struct body *body, const char *key, const char *text)
{
	if (text[0] != '\0')
		body_text(body, key, text);
}

void body_number(struct body *body, const char *key, int64_t number)
{
	begin(body, key);
	body_add(body, "%" PRId64, number);
}

void body_flag(struct body *body, const char *key, bool flag)
{
	begin(body, key);
	body_add(body, flag ? "true" : "false");
}

void body_null(struct body *body, const char *key)
{
	begin(body, key);
	body_add(body, "null");
}
