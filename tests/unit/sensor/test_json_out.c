/* SPDX-License-Identifier: ISC */
/*
 * The writer of JSON against a library that reads it: whatever bytes texts are made of, what comes
 * out is a document that a strict reader takes, and byte for byte what that library would write of
 * the same values. Times and addresses against the C library.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sensor/base/clock.h"
#include "sensor/base/decimal.h"
#include "sensor/base/json_out.h"
#include "sensor/base/printable.h"
#include "sensor/base/timestamp.h"
#include "tests/unit/random.h"

#define DOCUMENTS 4000
#define TEXT_MOST 700 /* some are cut */
#define DEEPEST	  6

static const char *const keys[] = {"a", "bb", "ccc", "d_d", "e5", "ffffffffffffffffffff"};
#define KEYS (sizeof keys / sizeof *keys)

/* What hostile peers send: quotes, escapes, controls, UTF-8 that is whole, cut, overlong or a
 * surrogate, and any byte. */
static void hostile_text(struct random *random, char text[TEXT_MOST + 8])
{
	static const char *const parts[] = {"\"",
					    "\\",
					    "\\u0000",
					    "\n",
					    "\x1b[31m",
					    "\x7f",
					    "\xc3\xa9",
					    "\xe2\x82\xac",
					    "\xf0\x9f\x98\x80",
					    "\xf0\x9f",
					    "\xc0\xaf",
					    "\xed\xa0\x80",
					    "\xc2\x9b",
					    "\xf5\x80\x80\x80",
					    "\xff",
					    "</script>",
					    "{",
					    "[",
					    ",",
					    "plain"};
	size_t length = random_below(random, random_below(random, 8) == 0 ? TEXT_MOST : 40);
	size_t used = 0;

	while (used < length) {
		if (random_below(random, 2) == 0) {
			const char *part =
				parts[random_below(random, sizeof parts / sizeof *parts)];

			used = (size_t)(stpcpy(text + used, part) - text);
			continue;
		}
		text[used++] = (char)(1 + random_below(random, 255));
	}
	text[used] = '\0';
}

/* One document, built by both. */
struct pair {
	struct random random;
	struct json_out *out;
};

static void add(json_t *tree, const char *key, json_t *value)
{
	int failed = key != NULL ? json_object_set_new(tree, key, value)
				 : json_array_append_new(tree, value);

	assert_int_equal(failed, 0);
}

static void add_text(struct pair *pair, json_t *tree, const char *key)
{
	char text[TEXT_MOST + 16], safe[JSON_OUT_TEXT_MAX];

	hostile_text(&pair->random, text);
	json_out_text(pair->out, key, text);
	if (printable_copy(safe, sizeof safe, text) != 0)
		add(tree, key, json_string(safe));
}

static void add_number(struct pair *pair, json_t *tree, const char *key)
{
	uint64_t number = random_next(&pair->random) >> random_below(&pair->random, 64);

	json_out_number(pair->out, key, number);
	add(tree, key, json_integer((json_int_t)(number > INT64_MAX ? INT64_MAX : number)));
}

static void add_word(struct pair *pair, json_t *tree, const char *key)
{
	uint32_t which = random_below(&pair->random, 3);

	if (which == 2)
		json_out_null(pair->out, key);
	else
		json_out_flag(pair->out, key, which == 1);
	add(tree, key, which == 2 ? json_null() : json_boolean(which == 1));
}

static void add_values(struct pair *pair, json_t *tree, unsigned depth);

static void add_inner(struct pair *pair, json_t *tree, const char *key, unsigned depth)
{
	bool list = random_below(&pair->random, 2) == 0;
	json_t *inner = list ? json_array() : json_object();

	if (list)
		json_out_list(pair->out, key);
	else
		json_out_object(pair->out, key);
	add_values(pair, inner, depth);
	json_out_end(pair->out);
	if (!list && json_object_size(inner) == 0)
		json_decref(inner);
	else
		add(tree, key, inner);
}

static void add_values(struct pair *pair, json_t *tree, unsigned depth)
{
	uint32_t count = random_below(&pair->random, KEYS);

	for (uint32_t i = 0; i < count; i++) {
		const char *key = json_is_array(tree) ? NULL : keys[i];
		uint32_t what = random_below(&pair->random, 5);

		if (what == 0)
			add_number(pair, tree, key);
		else if (what == 1)
			add_word(pair, tree, key);
		else if (what == 2 && depth != 0)
			add_inner(pair, tree, key, depth - 1);
		else
			add_text(pair, tree, key);
	}
}

static void writes_what_the_library_writes(void **state)
{
	struct pair pair = {.random = {.state = 14}, .out = json_out_new()};

	(void)state;
	assert_non_null(pair.out);
	for (unsigned i = 0; i < DOCUMENTS; i++) {
		json_t *tree = json_object(), *read;
		const char *text;
		size_t length;
		char *wanted;

		json_out_begin(pair.out);
		add_values(&pair, tree, DEEPEST);
		text = json_out_done(pair.out, &length);
		assert_non_null(text);
		assert_int_equal(strlen(text), length);
		wanted = json_dumps(tree, JSON_COMPACT);
		assert_string_equal(text, wanted);
		read = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
		assert_true(read != NULL && json_equal(read, tree));
		json_decref(read);
		json_decref(tree);
		free(wanted);
	}
	json_out_free(pair.out);
}

/* One text in every length, so that each place of a character meets the cut. */
static void cuts_texts_between_characters(void **state)
{
	char text[JSON_OUT_TEXT_MAX + 16];
	struct json_out *out = json_out_new();

	(void)state;
	assert_non_null(out);
	for (size_t length = JSON_OUT_TEXT_MAX - 8; length < JSON_OUT_TEXT_MAX + 4; length++) {
		size_t got;
		json_t *read;

		memset(text, '"', length);
		strcpy(text + length, "\xf0\x9f\x98\x80!");
		json_out_begin(out);
		json_out_text(out, "t", text);
		json_out_number(out, "n", 1);
		read = json_loads(json_out_done(out, &got), 0, NULL);
		assert_non_null(read);
		got = json_string_length(json_object_get(read, "t"));
		assert_int_equal(got, length + 5 < JSON_OUT_TEXT_MAX   ? length + 5
				      : length + 4 < JSON_OUT_TEXT_MAX ? length + 4
				      : length < JSON_OUT_TEXT_MAX     ? length
								       : JSON_OUT_TEXT_MAX - 1);
		json_decref(read);
	}
	json_out_free(out);
}

static void assert_time(uint64_t ns)
{
	char text[TIMESTAMP_TEXT], wanted[64];
	time_t seconds = (time_t)(ns / NS_PER_S);
	struct tm utc;
	size_t length;

	gmtime_r(&seconds, &utc);
	length = strftime(wanted, sizeof wanted, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(wanted + length, sizeof wanted - length, ".%06uZ",
		 (unsigned)(ns % NS_PER_S / NS_PER_US));
	assert_string_equal(timestamp_format(ns, text), wanted);
}

/* Each day until the end of 64 bits, and moments in between. */
static void writes_every_day(void **state)
{
	struct random random = {.state = 7};
	const uint64_t day_ns = 86400 * NS_PER_S;

	(void)state;
	for (uint64_t day = 0; day <= UINT64_MAX / day_ns; day++)
		assert_time(day * day_ns);
	for (unsigned i = 0; i < 50000; i++)
		assert_time(random_next(&random));
	assert_time(UINT64_MAX);
}

static void assert_address(const struct address *address)
{
	char text[ADDRESS_TEXT_MAX], wanted[ADDRESS_TEXT_MAX];

	if (address_is_ipv4(address))
		inet_ntop(AF_INET, address->bytes + 12, wanted, sizeof wanted);
	else
		inet_ntop(AF_INET6, address->bytes, wanted, sizeof wanted);
	assert_string_equal(address_format(address, text), wanted);
}

/* Words that are zero, short or whole in every combination; and IPv4. */
static void writes_addresses_as_the_c_library_does(void **state)
{
	static const uint16_t words[] = {0, 0x1, 0x20, 0x300, 0xffff};
	struct random random = {.state = 9};
	struct address address;

	(void)state;
	for (unsigned zeros = 0; zeros < 1u << 8; zeros++) {
		for (unsigned turn = 0; turn < 64; turn++) {
			for (unsigned i = 0; i < 8; i++) {
				uint16_t word =
					zeros & 1u << i ? 0 : words[random_below(&random, 5)];

				address.bytes[2 * i] = (uint8_t)(word >> 8);
				address.bytes[2 * i + 1] = (uint8_t)word;
			}
			assert_address(&address);
		}
	}
	for (unsigned i = 0; i < 50000; i++) {
		uint64_t bits = random_next(&random) >> random_below(&random, 32);

		address = address_from_ipv4((const uint8_t *)&bits);
		assert_address(&address);
	}
}

static void writes_numbers(void **state)
{
	char text[DECIMAL_MOST + 1], wanted[DECIMAL_MOST + 8];
	uint64_t power = 1;

	(void)state;
	for (unsigned i = 0; i < 20; i++, power *= 10) {
		for (uint64_t number = power - 1; number <= power + 1; number++) {
			snprintf(wanted, sizeof wanted, "%llu", (unsigned long long)number);
			text[decimal_write(text, number)] = '\0';
			assert_string_equal(text, wanted);
		}
	}
	assert_int_equal(decimal_write(text, UINT64_MAX), DECIMAL_MOST);
	assert_memory_equal(text, "18446744073709551615", DECIMAL_MOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_what_the_library_writes),
		cmocka_unit_test(cuts_texts_between_characters),
		cmocka_unit_test(writes_every_day),
		cmocka_unit_test(writes_addresses_as_the_c_library_does),
		cmocka_unit_test(writes_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
