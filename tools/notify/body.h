/* SPDX-License-Identifier: ISC */
/*
 * The body of a message while it is written: text, or JSON of any length. It grows up to
 * BODY_MAX; what does not fit makes it fail as a whole.
 */
#ifndef TOOLS_NOTIFY_BODY_H
#define TOOLS_NOTIFY_BODY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BODY_MAX   (1U << 20)
#define BODY_DEPTH 16

struct body {
	char *text; /* ends with a NUL */
	size_t length, size;
	bool failed;
	char closes[BODY_DEPTH];
	size_t depth;
};

void body_free(struct body *body);
void body_clear(struct body *body);
void body_add(struct body *body, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * JSON; the key is NULL in lists, and of the outermost value. A text is made printable UTF-8
 * first. body_if() leaves an empty one out.
 */
void body_object(struct body *body, const char *key);
void body_list(struct body *body, const char *key);
void body_end(struct body *body); /* of the innermost object or list */
void body_text(struct body *body, const char *key, const char *text);
void body_if(struct body *body, const char *key, const char *text);
void body_number(struct body *body, const char *key, int64_t number);
void body_null(struct body *body, const char *key);
void body_flag(struct body *body, const char *key, bool flag);

#endif
