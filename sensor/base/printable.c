/* SPDX-License-Identifier: ISC */
/* See printable.h. Well-formed UTF-8: RFC 3629, section 4 (no surrogates, no overlong forms). */
#include "sensor/base/printable.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Smallest code point of each sequence length; index = bytes. */
static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};

static size_t sequence_length(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first < 0xe0)
		return 2;
	if (first >= 0xe0 && first < 0xf0)
		return 3;
	return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

/* Bytes of the printable character at `text`, 0 if there is none. Stops at the NUL. */
static size_t character(const char *text)
{
	uint8_t first = (uint8_t)*text;
	size_t length = sequence_length(first);
	uint32_t point;

	if (length == 1)
		return first >= 0x20 && first != 0x7f ? 1 : 0;
	if (length == 0)
		return 0;
	point = first & (0xffU >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		if (((uint8_t)text[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | ((uint8_t)text[i] & 0x3f);
	}
	if (point < smallest[length] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
		return 0;
	return point < 0xa0 ? 0 : length; /* C1 */
}

/* Of a character that is not plain ASCII, or does not print: its bytes, or one '?'. Returns how
 * many bytes of `from` that was, and of `to`; 0: there is no room for it. */
static size_t copy_odd(char *to, size_t room, const char *from)
{
	size_t length = character(from);

	if (length > room || room == 0)
		return 0;
	if (length == 0) {
		*to = '?';
		return 1;
	}
	memcpy(to, from, length);
	return length;
}

static bool is_plain(char byte)
{
	return byte >= ' ' && byte < 0x7f;
}

size_t printable_copy(char *to, size_t size, const char *from)
{
	size_t used = 0;

	while (from != NULL && *from != '\0' && used + 1 < size) {
		size_t taken = 1;

		if (is_plain(*from))
			to[used] = *from;
		else
			taken = copy_odd(to + used, size - 1 - used, from);
		if (taken == 0)
			break;
		used += taken;
		from += taken;
	}
	to[used] = '\0';
	return used;
}

size_t printable_json(char *to, size_t size, const char *from)
{
	char *const start = to;
	size_t room = size - 1;

	while (*from != '\0' && room != 0) {
		size_t taken = 1;

		if (*from == '"' || *from == '\\')
			*to++ = '\\';
		if (is_plain(*from))
			*to = *from;
		else
			taken = copy_odd(to, room, from);
		if (taken == 0)
			break;
		to += taken;
		from += taken;
		room -= taken;
	}
	return (size_t)(to - start);
}

void printable_name(char *to, size_t size, const char *from, const char *empty)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

	if (from == NULL || *from == '\0')
		from = empty;
	snprintf(to, size, "%s", from);
	for (char *p = to; *p != '\0'; p++)
		if (strchr(allowed, *p) == NULL)
			*p = '_';
}
