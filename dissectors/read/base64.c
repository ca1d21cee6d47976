/* SPDX-License-Identifier: ISC */
/* See base64.h. */
#include "dissectors/read/base64.h"

static int sextet(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int base64_next(struct base64 *base64)
{
	while (base64->count < 8) {
		int value = base64->text.left != 0 ? sextet(bytes_u8(&base64->text)) : -1;

		if (value < 0) {
			base64->text.left = 0;
			return -1;
		}
		base64->bits = base64->bits << 6 | (uint32_t)value;
		base64->count += 6;
	}
	base64->count -= 8;
	return base64->bits >> base64->count & 0xff;
}
