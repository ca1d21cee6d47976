/* SPDX-License-Identifier: ISC */
/* Text of policies and packets, made safe for JSON, terminals and Redis. */
#ifndef SENSOR_PRINTABLE_H
#define SENSOR_PRINTABLE_H

#include <stddef.h>

/*
 * Copies `from` (NULL is the empty text) and ends it with a NUL. What is not well-formed UTF-8, and
 * every control character (C0, DEL, C1), becomes '?', one for each byte. What does not fit in
 * `size` (at least 1) is cut, never inside a character. Returns the length of the copy.
 */
size_t printable_copy(char *to, size_t size, const char *from);

/* The same as the inside of a JSON string, with quotes and backslashes escaped, and without a NUL:
 * `size` is that of the unescaped copy, and `to` has room for PRINTABLE_JSON(size). */
#define PRINTABLE_JSON(size) (2 * (size))
size_t printable_json(char *to, size_t size, const char *from);

/* A name for keys and fields: every byte but [A-Za-z0-9._-] becomes '_'; "" becomes `empty`. */
void printable_name(char *to, size_t size, const char *from, const char *empty);

#endif
