/* SPDX-License-Identifier: ISC */
/* Numbers as decimal text, without the C library's formats. */
#ifndef SENSOR_DECIMAL_H
#define SENSOR_DECIMAL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define DECIMAL_MOST 20 /* digits of 2^64 - 1 */

/* Writes the digits, and no NUL. Returns how many, at most DECIMAL_MOST. */
static inline size_t decimal_write(char *to, uint64_t number)
{
	char digits[DECIMAL_MOST];
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number != 0);
	memcpy(to, digits + at, sizeof digits - at);
	return sizeof digits - at;
}

/* Exactly `width` digits, with zeros in front; `number` has no more than that. */
static inline char *decimal_padded(char *to, uint32_t number, unsigned width)
{
	for (unsigned i = width; i-- > 0; number /= 10)
		to[i] = (char)('0' + number % 10);
	return to + width;
}

#endif
