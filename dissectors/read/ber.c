/* SPDX-License-Identifier: ISC */
/* Elements of BER; see ber.h. */
#include "dissectors/read/ber.h"

static void fail(struct bytes *b)
{
	b->failed = true;
	b->left = 0;
}

size_t ber_head_size(const uint8_t *head, size_t have)
{
	if (have < 2)
		return 2;
	if (head[1] == 0x80 || head[1] > 0x84)
		return 0;
	return head[1] < 0x80 ? 2u : 2u + (head[1] & 0x7fu);
}

uint8_t ber_head(struct bytes *b, uint32_t *length)
{
	size_t size = ber_head_size(b->at, b->left);
	uint8_t tag = bytes_u8(b), first = bytes_u8(b);
	uint32_t value = 0;

	if (size == 0)
		fail(b);
	for (size_t i = 2; i < size; i++)
		value = value << 8 | bytes_u8(b);
	if (size == 2)
		value = first;
	*length = b->failed ? 0 : value;
	return b->failed ? 0 : tag;
}

struct bytes ber_element(struct bytes *b, uint8_t *tag)
{
	uint32_t length = 0;

	*tag = ber_head(b, &length);
	return bytes_sub(b, length);
}

uint32_t ber_integer(struct bytes *b, uint8_t tag)
{
	uint32_t length = 0, value = 0;

	if (ber_head(b, &length) != tag || length == 0 || length > 4) {
		fail(b);
		return 0;
	}
	while (length-- > 0)
		value = value << 8 | bytes_u8(b);
	return value;
}
