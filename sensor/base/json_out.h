/* SPDX-License-Identifier: ISC */
/*
 * Writes one JSON object, in the order of the calls. json_out.c is the one file that sees the JSON
 * library. Texts are made printable UTF-8 first (printable.h), so a document never fails for what
 * it says; only for memory, and then as a whole.
 *
 *	json_out_object(out, "server");
 *	json_out_number(out, "port", 6379);
 *	json_out_end(out);
 *
 * Empty texts, zero times and empty objects are left out; numbers, flags and lists are not. In a
 * list every key is NULL.
 */
#ifndef SENSOR_JSON_OUT_H
#define SENSOR_JSON_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/address.h"

#define JSON_OUT_TEXT_MAX 512 /* longer texts are cut */

struct json_out;

struct json_out *json_out_new(void); /* NULL: out of memory. Inside the outermost object */
void json_out_object(struct json_out *out, const char *key);
void json_out_list(struct json_out *out, const char *key);
void json_out_end(struct json_out *out); /* of the innermost object or list */
void json_out_text(struct json_out *out, const char *key, const char *text);
void json_out_number(struct json_out *out, const char *key, uint64_t number); /* at most 2^63-1 */
void json_out_null(struct json_out *out, const char *key);
void json_out_flag(struct json_out *out, const char *key, bool flag);
void json_out_time(struct json_out *out, const char *key, uint64_t ns);
void json_out_address(struct json_out *out, const char *key, const struct address *address);
/* Frees `out`. The text is the caller's to free(); NULL: out of memory. */
char *json_out_finish(struct json_out *out, size_t *length);

#endif
