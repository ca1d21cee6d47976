/* SPDX-License-Identifier: ISC */
/* Heads, elements and integers of BER: whole, cut at every length, and refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dissectors/read/ber.h"

/* The text lies in a block of its exact size. */
static void expect_head(const void *bytes, size_t size, bool good, uint8_t tag, uint32_t length)
{
	uint8_t *copy = malloc(size ? size : 1);
	struct bytes b = bytes_from(copy, size);
	uint32_t found = 1;

	assert_non_null(copy);
	if (size != 0)
		memcpy(copy, bytes, size);
	assert_int_equal(ber_head(&b, &found), good ? tag : 0);
	assert_int_equal(b.failed, !good);
	assert_int_equal(found, good ? length : 0);
	free(copy);
}

static void heads_are_read_whole_or_not_at_all(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		uint32_t length;
	} heads[] = {
		{"\x30\x00", 2, 0},
		{"\x30\x7f", 2, 127},
		{"\x30\x81\x80", 3, 128},
		{"\x30\x82\x01\x00", 4, 256},
		{"\x30\x83\x01\x00\x02", 5, 65538},
		{"\x30\x84\x01\x00\x00\x03", 6, 16777219},
	};

	(void)state;
	for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
		for (size_t cut = 0; cut < heads[i].size; cut++) {
			size_t size = ber_head_size((const uint8_t *)heads[i].bytes, cut);

			expect_head(heads[i].bytes, cut, false, 0, 0);
			assert_true(size > cut && size <= heads[i].size);
		}
		expect_head(heads[i].bytes, heads[i].size, true, 0x30, heads[i].length);
	}
}

static void other_lengths_are_refused(void **state)
{
	(void)state;
	assert_int_equal(ber_head_size((const uint8_t *)"\x30\x80", 2), 0);
	assert_int_equal(ber_head_size((const uint8_t *)"\x30\x85", 2), 0);
	expect_head("\x30\x80\x00\x00", 4, false, 0, 0);
	expect_head("\x30\x85\x00\x00\x00\x00\x01", 7, false, 0, 0);
	expect_head("\x30\xff", 2, false, 0, 0);
}

static void an_element_is_its_contents(void **state)
{
	struct bytes b = bytes_from("\x04\x03"
				    "abc\x05\x00\x04\x09z",
				    10);
	uint8_t tag;
	struct bytes element = ber_element(&b, &tag);

	(void)state;
	assert_int_equal(tag, 0x04);
	assert_int_equal(element.left, 3);
	assert_memory_equal(element.at, "abc", 3);
	element = ber_element(&b, &tag);
	assert_int_equal(tag, 0x05);
	assert_int_equal(element.left, 0);
	assert_false(element.failed);
	element = ber_element(&b, &tag); /* longer than what is there */
	assert_true(element.failed && b.failed);
}

static void integers_have_one_to_four_bytes(void **state)
{
	struct bytes b = bytes_from("\x02\x01\x05\x02\x04\x01\x02\x03\x04\x0a\x01\x07", 12);

	(void)state;
	assert_int_equal(ber_integer(&b, 0x02), 5);
	assert_int_equal(ber_integer(&b, 0x02), 0x01020304);
	assert_int_equal(ber_integer(&b, 0x0a), 7);
	assert_false(b.failed);
	b = bytes_from("\x02\x05\x01\x02\x03\x04\x05", 7);
	assert_int_equal(ber_integer(&b, 0x02), 0);
	assert_true(b.failed);
	b = bytes_from("\x02\x00", 2);
	ber_integer(&b, 0x02);
	assert_true(b.failed);
	b = bytes_from("\x04\x01\x05", 3);
	ber_integer(&b, 0x02);
	assert_true(b.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heads_are_read_whole_or_not_at_all),
		cmocka_unit_test(other_lengths_are_refused),
		cmocka_unit_test(an_element_is_its_contents),
		cmocka_unit_test(integers_have_one_to_four_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
