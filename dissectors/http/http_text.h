/* SPDX-License-Identifier: ISC */
/*
 * What one side's parser tells in pieces, put together as far as it is looked at: a header's name,
 * and the text of a request's target, a header's value or a body's beginning, one at a time. What
 * held a secret is wiped.
 */
#ifndef DISSECTORS_HTTP_TEXT_H
#define DISSECTORS_HTTP_TEXT_H

#include "dissectors/http/http_products.h"
#include "dissectors/read/bytes.h"

#define HTTP_NAME_MAX 32 /* bytes of header names; a longer one is cut */
#define HTTP_TEXT_MAX HTTP_BODY_WINDOW

struct http_name {
	uint8_t length; /* one more than HTTP_NAME_MAX: too long */
	char text[HTTP_NAME_MAX + 1];
};

struct http_text {
	uint16_t length;
	bool cut; /* there was more */
	uint8_t bytes[HTTP_TEXT_MAX];
};

/* In lower case. */
static inline void http_text_name(struct http_name *name, struct bytes span)
{
	for (size_t i = 0; i < span.left && name->length <= HTTP_NAME_MAX; i++) {
		uint8_t c = span.at[i];
		char lower = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);

		if (name->length < HTTP_NAME_MAX)
			name->text[name->length] = lower;
		name->length++;
	}
}

static inline void http_text_append(struct http_text *text, struct bytes span)
{
	size_t room = sizeof text->bytes - text->length;
	size_t length = span.left < room ? span.left : room;

	text->cut |= span.left > room;
	if (length != 0)
		memcpy(text->bytes + text->length, span.at, length);
	text->length = (uint16_t)(text->length + length);
}

/* Valid until the next call that modifies. */
static inline struct bytes http_text_bytes(const struct http_text *text)
{
	return bytes_from(text->bytes, text->length);
}

static inline void http_text_wipe(struct http_text *text)
{
	memset(text->bytes, 0, text->length);
	text->length = 0;
	text->cut = false;
}

#endif
