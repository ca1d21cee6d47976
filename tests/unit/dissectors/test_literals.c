/* SPDX-License-Identifier: ISC */
/* Lines with literals in them, at any split, and what a gap leaves of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dissectors/read/literals.h"

/*
 * What is told of these bytes, in pieces of `chunk`: "line|", "+rest|" behind a literal "<bytes>".
 */
static void tell(const char *bytes, size_t length, size_t chunk, char *told, size_t size)
{
	struct literals literals = {.left = 0};
	size_t n = 0;

	told[0] = '\0';
	for (size_t at = 0; at < length; at += chunk) {
		struct bytes input =
			bytes_from(bytes + at, length - at < chunk ? length - at : chunk);
		struct bytes piece;

		while (input.left != 0) {
			enum literals_event event = literals_next(&literals, &input, &piece);

			assert_true(piece.left != 0);
			if (event == LITERALS_LINE)
				n += (size_t)snprintf(told + n, size - n, "%s%.*s|",
						      literals.goes_on ? "+" : "",
						      literals.line.length, literals.line.text);
			else if (event == LITERALS_BYTES)
				n += (size_t)snprintf(told + n, size - n, "%.*s%s", (int)piece.left,
						      (const char *)piece.at,
						      literals.left == 0 ? ">" : "");
			assert_true(n < size);
		}
	}
}

static void at_every_split_the_same(void **state)
{
	static const char bytes[] =
		"a LOGIN {3}\r\nbob {2+}\r\n\r\n x\r\nb {0}\r\n\r\nc {4} d\r\ne {1x}\r\n";
	static const char expected[] = "a LOGIN {3}|bob>+ {2+}|\r\n>+ x|b {0}|+|c {4} d|e {1x}|";
	char told[256];

	(void)state;
	for (size_t chunk = 1; chunk < sizeof bytes; chunk++) {
		tell(bytes, sizeof bytes - 1, chunk, told, sizeof told);
		assert_string_equal(told, expected);
	}
}

static void a_length_has_its_limit(void **state)
{
	static const char bytes[] = "a {99999999999999999999999}\r\nb\r\n";
	char told[128];

	(void)state;
	tell(bytes, sizeof bytes - 1, sizeof bytes, told, sizeof told);
	assert_string_equal(told, "a {99999999999999999999999}|b|");
}

static void a_gap_inside_of_a_literal_loses_nothing(void **state)
{
	struct literals literals = {.left = 0};
	struct bytes input = bytes_from("a {9}\r\n12", 9), piece;

	(void)state;
	assert_int_equal(literals_next(&literals, &input, &piece), LITERALS_LINE);
	assert_int_equal(literals_next(&literals, &input, &piece), LITERALS_BYTES);
	assert_true(literals_gap(&literals, 7));
	assert_false(literals.lost);
	input = bytes_from(" b\r\n", 4);
	assert_int_equal(literals_next(&literals, &input, &piece), LITERALS_LINE);
	assert_true(literals.goes_on);
}

static void any_other_gap_loses_the_line(void **state)
{
	struct literals literals = {.left = 5, .continues = true};

	(void)state;
	assert_false(literals_gap(&literals, 6));
	assert_true(literals.lost);
	assert_int_equal(literals.left, 0);
	assert_false(literals.continues);
	literals = (struct literals){.left = 5};
	assert_false(literals_gap(&literals, 0)); /* who knows how many */
	assert_true(literals.lost);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_every_split_the_same),
		cmocka_unit_test(a_length_has_its_limit),
		cmocka_unit_test(a_gap_inside_of_a_literal_loses_nothing),
		cmocka_unit_test(any_other_gap_loses_the_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
