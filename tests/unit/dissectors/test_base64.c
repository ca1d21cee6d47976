/* SPDX-License-Identifier: ISC */
/* The test vectors of RFC 4648 section 10, all letters, and where reading ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dissectors/read/base64.h"

/* The text lies in a block of its exact size. */
static void expect(const char *text, const void *decoded, size_t length)
{
	size_t size = strlen(text);
	char *copy = malloc(size);
	struct base64 base64;

	assert_true(copy != NULL || size == 0);
	if (size != 0)
		memcpy(copy, text, size);
	base64 = base64_from(bytes_from(copy, size));
	for (size_t i = 0; i < length; i++)
		assert_int_equal(base64_next(&base64), ((const uint8_t *)decoded)[i]);
	assert_int_equal(base64_next(&base64), -1);
	assert_int_equal(base64_next(&base64), -1);
	free(copy);
}

static void vectors_of_the_rfc_decode(void **state)
{
	(void)state;
	expect("", "", 0);
	expect("Zg==", "f", 1);
	expect("Zm8=", "fo", 2);
	expect("Zm9v", "foo", 3);
	expect("Zm9vYg==", "foob", 4);
	expect("Zm9vYmE=", "fooba", 5);
	expect("Zm9vYmFy", "foobar", 6);
}

static void every_letter_decodes(void **state)
{
	static const uint8_t decoded[] = {
		0x00, 0x10, 0x83, 0x10, 0x51, 0x87, 0x20, 0x92, 0x8b, 0x30, 0xd3, 0x8f,
		0x41, 0x14, 0x93, 0x51, 0x55, 0x97, 0x61, 0x96, 0x9b, 0x71, 0xd7, 0x9f,
		0x82, 0x18, 0xa3, 0x92, 0x59, 0xa7, 0xa2, 0x9a, 0xab, 0xb2, 0xdb, 0xaf,
		0xc3, 0x1c, 0xb3, 0xd3, 0x5d, 0xb7, 0xe3, 0x9e, 0xbb, 0xf3, 0xdf, 0xbf};

	(void)state;
	expect("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", decoded,
	       sizeof decoded);
}

static void it_ends_at_what_is_no_letter(void **state)
{
	(void)state;
	expect("Zm9v Zm9v", "foo", 3);
	expect("Zm9v\r\n", "foo", 3);
	expect("Zm9v-A==", "foo", 3);
	expect("Z", "", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_of_the_rfc_decode),
		cmocka_unit_test(every_letter_decodes),
		cmocka_unit_test(it_ends_at_what_is_no_letter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
