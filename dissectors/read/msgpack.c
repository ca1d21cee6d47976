/* SPDX-License-Identifier: ISC */
/* See msgpack.h. */
#include "dissectors/read/msgpack.h"

/* What follows the first byte of an item: bytes of length, or bytes of fixed value. */
struct shape {
	uint8_t type; /* enum msgpack_type */
	uint8_t length_bytes, fixed;
};

/* 0xc0 to 0xdf; 0xc1 is never used. */
static const struct shape shapes[32] = {
	{MSGPACK_NIL, 0, 0},	    {MSGPACK_NIL, 0, 0},       {MSGPACK_BOOLEAN, 0, 0},
	{MSGPACK_BOOLEAN, 0, 0},    {MSGPACK_BINARY, 1, 0},    {MSGPACK_BINARY, 2, 0},
	{MSGPACK_BINARY, 4, 0},	    {MSGPACK_EXTENSION, 1, 1}, {MSGPACK_EXTENSION, 2, 1},
	{MSGPACK_EXTENSION, 4, 1},  {MSGPACK_NUMBER, 0, 4},    {MSGPACK_NUMBER, 0, 8},
	{MSGPACK_NUMBER, 0, 1},	    {MSGPACK_NUMBER, 0, 2},    {MSGPACK_NUMBER, 0, 4},
	{MSGPACK_NUMBER, 0, 8},	    {MSGPACK_NUMBER, 0, 1},    {MSGPACK_NUMBER, 0, 2},
	{MSGPACK_NUMBER, 0, 4},	    {MSGPACK_NUMBER, 0, 8},    {MSGPACK_EXTENSION, 0, 2},
	{MSGPACK_EXTENSION, 0, 3},  {MSGPACK_EXTENSION, 0, 5}, {MSGPACK_EXTENSION, 0, 9},
	{MSGPACK_EXTENSION, 0, 17}, {MSGPACK_TEXT, 1, 0},      {MSGPACK_TEXT, 2, 0},
	{MSGPACK_TEXT, 4, 0},	    {MSGPACK_ARRAY, 2, 0},     {MSGPACK_ARRAY, 4, 0},
	{MSGPACK_MAP, 2, 0},	    {MSGPACK_MAP, 4, 0},
};

static uint32_t big_endian(const uint8_t *bytes, size_t count)
{
	uint32_t value = 0;

	for (size_t i = 0; i < count; i++)
		value = value << 8 | bytes[i];
	return value;
}

/* The item's head is whole: type and value, and what else belongs to it. */
static void begin_item(struct msgpack *m, uint8_t type, uint32_t value, uint32_t fixed)
{
	m->type = type;
	m->value = value;
	m->skip = fixed;
	m->want = 0;
	m->kept = 0;
	m->open--;
	if (type == MSGPACK_ARRAY)
		m->open += value;
	else if (type == MSGPACK_MAP)
		m->open += 2 * (uint64_t)value;
	else if (type == MSGPACK_EXTENSION && fixed == 1)
		m->skip = value == UINT32_MAX ? value : value + 1;
	if (type != MSGPACK_TEXT && type != MSGPACK_BINARY)
		return;
	m->want = (uint8_t)(value < MSGPACK_KEPT ? value : MSGPACK_KEPT);
	m->skip = value - m->want;
}

static void take_head(struct msgpack *m)
{
	uint8_t c = m->header[0];
	const struct shape *shape = &shapes[c & 0x1f];

	if (c <= 0x7f || c >= 0xe0) {
		begin_item(m, MSGPACK_NUMBER, c <= 0x7f ? c : 0, 0);
	} else if (c <= 0x8f) {
		begin_item(m, MSGPACK_MAP, c & 0xf, 0);
	} else if (c <= 0x9f) {
		begin_item(m, MSGPACK_ARRAY, c & 0xf, 0);
	} else if (c <= 0xbf) {
		begin_item(m, MSGPACK_TEXT, c & 0x1f, 0);
	} else if (c == 0xc2 || c == 0xc3) {
		begin_item(m, MSGPACK_BOOLEAN, c & 1, 0);
	} else {
		begin_item(m, shape->type, big_endian(m->header + 1, shape->length_bytes),
			   shape->fixed);
	}
}

static void start_next(struct msgpack *m)
{
	m->told = false;
	m->have = 0;
	m->need = 1;
	if (m->open == 0) {
		m->open = 1;
		m->item = 0;
	} else {
		m->item += m->item != UINT32_MAX;
	}
}

static bool collect_head(struct msgpack *m, struct bytes *input)
{
	while (m->have < m->need && input->left != 0) {
		uint8_t c = bytes_u8(input);

		m->header[m->have++] = c;
		if (m->have == 1 && c >= 0xc0 && c <= 0xdf)
			m->need = (uint8_t)(1 + shapes[c & 0x1f].length_bytes);
		m->broken |= m->have == 1 && c == 0xc1;
		if (!m->broken && m->have == m->need)
			take_head(m);
	}
	return m->have == m->need && !m->broken;
}

bool msgpack_next(struct msgpack *m, struct bytes *input)
{
	if (m->broken)
		return false;
	if (m->told) {
		size_t n = m->skip < input->left ? m->skip : input->left;

		bytes_skip(input, n);
		m->skip -= (uint32_t)n;
		if (m->skip != 0 || input->left == 0)
			return false;
	}
	if (m->told || m->need == 0)
		start_next(m);
	if (!collect_head(m, input))
		return false;
	for (; m->want != 0 && input->left != 0; m->want--)
		m->text[m->kept++] = bytes_u8(input);
	m->told = m->want == 0;
	return m->told;
}

void msgpack_gap(struct msgpack *m, uint64_t missing)
{
	if (m->told && missing != 0 && missing <= m->skip)
		m->skip -= (uint32_t)missing;
	else
		m->broken = true;
}

bool msgpack_text_is(const struct msgpack *m, const char *text)
{
	size_t length = strlen(text);

	return m->type == MSGPACK_TEXT && m->value == length && m->kept == length &&
	       memcmp(m->text, text, length) == 0;
}
