/* SPDX-License-Identifier: ISC */
/*
 * Writes JSON objects, one after the other into the same memory, straight as text in the order of
 * the calls: no tree, no second pass. Texts are made printable UTF-8 on the way (printable.h), so a
 * document never fails for what it says; only for memory, and then as a whole.
 *
 *	json_out_begin(out);
 *	json_out_object(out, "server");
 *	json_out_number(out, "port", 6379);
 *	json_out_end(out);
 *	text = json_out_done(out, &length);
 *
 * Empty texts, zero times and empty objects are left out; numbers, flags and lists are not. In a
 * list every key is NULL. A key is plain ASCII without quotes, and the caller gives each of them
 * once to an object.
 */
#ifndef SENSOR_JSON_OUT_H
#define SENSOR_JSON_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/address.h"

#define JSON_OUT_TEXT_MAX 512 /* longer texts are cut */

struct json_out;

struct json_out *json_out_new(void);	  /* NULL: out of memory. It begins a document */
void json_out_free(struct json_out *out); /* NULL is allowed */

void json_out_begin(struct json_out *out); /* another document, in the outermost object */
void json_out_object(struct json_out *out, const char *key);
void json_out_list(struct json_out *out, const char *key);
void json_out_end(struct json_out *out); /* of the innermost object or list */
void json_out_text(struct json_out *out, const char *key, const char *text);
void json_out_number(struct json_out *out, const char *key, uint64_t number); /* at most 2^63-1 */
void json_out_null(struct json_out *out, const char *key);
void json_out_flag(struct json_out *out, const char *key, bool flag);
void json_out_time(struct json_out *out, const char *key, uint64_t ns);
void json_out_address(struct json_out *out, const char *key, const struct address *address);
/* Compact, one line, with a NUL behind `*length` bytes. It belongs to `out` and is valid until that
 * begins another. NULL: out of memory. */
const char *json_out_done(struct json_out *out, size_t *length);

#endif
