/* SPDX-License-Identifier: ISC */
/* See address_text.h. */
#include "dissectors/read/address_text.h"

#define GROUPS 8

/* Up to three decimal digits, not above 255, without a zero in front of others. */
static bool take_octet(struct bytes *text, uint8_t *octet)
{
	unsigned value = 0, digits = 0;

	while (text->left != 0 && text->at[0] >= '0' && text->at[0] <= '9') {
		if (digits == 3 || (digits == 1 && value == 0))
			return false;
		value = value * 10 + (unsigned)(bytes_u8(text) - '0');
		digits++;
	}
	*octet = (uint8_t)value;
	return digits != 0 && value <= 255;
}

static bool read_ipv4(struct bytes text, uint8_t out[4])
{
	for (int i = 0; i < 4; i++) {
		if (i != 0 && bytes_u8(&text) != '.')
			return false;
		if (!take_octet(&text, &out[i]))
			return false;
	}
	return text.left == 0 && !text.failed;
}

static int hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One to four digits. */
static bool take_group(struct bytes *text, uint8_t out[2])
{
	unsigned value = 0, digits = 0;

	while (text->left != 0 && hex_value(text->at[0]) >= 0 && digits < 5) {
		value = value << 4 | (unsigned)hex_value(bytes_u8(text));
		digits++;
	}
	out[0] = (uint8_t)(value >> 8);
	out[1] = (uint8_t)value;
	return digits >= 1 && digits <= 4;
}

/* Groups with colons between; the last two may be written as IPv4. Returns how many, or -1. */
static int read_groups(struct bytes text, uint8_t out[16], int max)
{
	int count = 0;

	if (text.left == 0)
		return 0;
	for (;;) {
		if (count <= max - 2 && read_ipv4(text, out + 2 * count))
			return count + 2;
		if (count == max || !take_group(&text, out + 2 * count))
			return -1;
		count++;
		if (text.left == 0)
			return count;
		if (bytes_u8(&text) != ':')
			return -1;
	}
}

static bool read_ipv6(struct bytes text, uint8_t out[16])
{
	const uint8_t *gap = text.left != 0 ? memmem(text.at, text.left, "::", 2) : NULL;
	struct bytes head = text;
	uint8_t tail[16] = {0};
	int before, behind;

	memset(out, 0, 16);
	if (!gap)
		return read_groups(text, out, GROUPS) == GROUPS;
	head.left = (size_t)(gap - text.at);
	bytes_skip(&text, head.left + 2);
	if (head.left != 0 && memchr(head.at, '.', head.left))
		return false; /* IPv4 comes last */
	before = read_groups(head, out, GROUPS - 1);
	behind = read_groups(text, tail, GROUPS - 1);
	if (before < 0 || behind < 0 || before + behind >= GROUPS)
		return false;
	memcpy(out + 2 * (GROUPS - behind), tail, 2 * (size_t)behind);
	return true;
}

bool address_text_read(struct bytes text, uint8_t out[16])
{
	uint8_t ipv4[4];

	if (!read_ipv4(text, ipv4))
		return read_ipv6(text, out);
	memset(out, 0, 10);
	out[10] = out[11] = 0xff;
	memcpy(out + 12, ipv4, sizeof ipv4);
	return true;
}
