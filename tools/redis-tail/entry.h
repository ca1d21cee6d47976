/* SPDX-License-Identifier: ISC */
/*
 * An entry of the stream as a line for a person or for a program. Whoever may write to Redis
 * decides what is in it: nothing reaches the terminal but printable UTF-8.
 */
#ifndef TOOLS_REDIS_TAIL_ENTRY_H
#define TOOLS_REDIS_TAIL_ENTRY_H

#include <stdbool.h>
#include <stdio.h>

#include "sensor/redis/redis_connection.h"

#define ENTRY_ID 44 /* "milliseconds-number" and a NUL */

/* The id of an entry, "id" or "[id, fields]"; false if it is none. `to` is then "". */
bool entry_id(const struct redis_answer *entry, char to[ENTRY_ID]);
/* False: the entry was trimmed from the stream, only its id is left. */
bool entry_exists(const struct redis_answer *entry);
/* Does not flush. False: it could not be written. */
bool entry_print(const struct redis_answer *entry, bool json, FILE *out);

/* Two ids, as numbers: <0, 0, >0. What is no id counts as 0-0. */
int entry_id_compare(const char *a, const char *b);

/* Of a flat list of names and values: the value. False: there is no such name. */
bool entry_named(const struct redis_answer *flat, const char *name, struct redis_answer *value);

#endif
