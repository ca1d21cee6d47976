/* SPDX-License-Identifier: ISC */
/*
 * The bounds of a policy file: what is at the bound is accepted, what is one beyond is refused by
 * a message that names the bound. The files are generated, as they would be large.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/limits.h"
#include "tests/unit/policy_vocabulary.h"

#define HEAD "version: 1\nzones:\n  inside: [10.0.0.0/8]\n"

struct text {
	char *bytes;
	size_t length;
	FILE *stream;
};

static FILE *begin(struct text *text)
{
	*text = (struct text){0};
	text->stream = open_memstream(&text->bytes, &text->length);
	assert_non_null(text->stream);
	return text->stream;
}

/*
 * Parses what was written. The first message must contain `wanted`; NULL: there must be no error.
 */
static void finish(struct text *text, const char *wanted)
{
	struct policy_messages messages;
	struct policy *policy;

	assert_int_equal(fclose(text->stream), 0);
	policy = policy_parse(text->bytes, text->length, &test_vocabulary, &messages);
	if (wanted == NULL) {
		if (messages.count != 0)
			print_error("%s\n", messages.list[0].text);
		assert_int_equal(messages.errors, 0);
		assert_non_null(policy);
	} else {
		assert_null(policy);
		assert_int_equal(messages.errors, 1);
		if (strstr(messages.list[0].text, wanted) == NULL)
			print_error("\"%s\" is not in \"%s\"\n", wanted, messages.list[0].text);
		assert_non_null(strstr(messages.list[0].text, wanted));
	}
	policy_messages_free(&messages);
	policy_free(policy);
	free(text->bytes);
}

static void write_zones(unsigned count, const char *wanted)
{
	struct text text;
	FILE *out = begin(&text);

	fprintf(out, HEAD);
	for (unsigned i = 1; i < count; i++)
		fprintf(out, "  z%u: [11.%u.%u.0/24]\n", i, i / 256, i % 256);
	finish(&text, wanted);
}

static void test_zones(void **unused)
{
	(void)unused;
	write_zones(LIMIT_ZONES, NULL);
	write_zones(LIMIT_ZONES + 1, "zones holds 256 entries; at most 255 are allowed");
}

static void write_groups(unsigned count, const char *wanted)
{
	struct text text;
	FILE *out = begin(&text);

	fprintf(out, HEAD "groups:\n");
	for (unsigned i = 0; i < count; i++)
		fprintf(out, "  g%u: { hosts: [10.0.%u.%u] }\n", i, i / 256, i % 256);
	finish(&text, wanted);
}

static void test_groups(void **unused)
{
	(void)unused;
	write_groups(LIMIT_GROUPS, NULL);
	write_groups(LIMIT_GROUPS + 1, "groups holds 10001 entries; at most 10000 are allowed");
}

/* Every rule has its own port, so that none covers another. */
static void write_rules(unsigned rules, unsigned exceptions, const char *wanted)
{
	struct text text;
	FILE *out = begin(&text);

	fprintf(out, HEAD "rules:\n");
	for (unsigned i = 0; i < rules; i++)
		fprintf(out,
			"  - { name: r%u, services: [database], ports: [%u], internal-only: true, "
			"severity: low }\n",
			i, i + 1);
	fprintf(out, "exceptions:\n");
	for (unsigned i = 0; i < exceptions; i++)
		fprintf(out,
			"  - { rule: r%u, server: 10.0.%u.%u, client: 192.0.2.0/24, reason: r, "
			"owner: o, until: 2030-01-01 }\n",
			i % rules, i / 256, i % 256);
	if (exceptions == 0)
		fprintf(out, "  []\n");
	finish(&text, wanted);
}

static void test_rules_and_exceptions(void **unused)
{
	(void)unused;
	write_rules(LIMIT_RULES, 0, NULL);
	write_rules(LIMIT_RULES + 1, 0, "rules holds 10001 entries; at most 10000 are allowed");
	write_rules(16, LIMIT_EXCEPTIONS, NULL);
	write_rules(16, LIMIT_EXCEPTIONS + 1,
		    "exceptions holds 4097 entries; at most 4096 are allowed");
}

/* One less than `count` in two groups, and the one of the zone. */
static void write_prefixes(unsigned count, const char *wanted)
{
	struct text text;
	FILE *out = begin(&text);

	fprintf(out, HEAD "groups:\n");
	for (unsigned i = 0; i < count - 1; i++) {
		if (i % 100000 == 0)
			fprintf(out, "  g%u:\n    hosts:\n", i);
		fprintf(out, "    - 10.%u.%u.%u\n", i >> 16 & 255, i >> 8 & 255, i & 255);
	}
	finish(&text, wanted);
}

static void test_prefixes(void **unused)
{
	(void)unused;
	write_prefixes(LIMIT_PREFIXES, NULL);
	write_prefixes(LIMIT_PREFIXES + 1,
		       "zones and groups hold 200001 prefixes; at most 200000 are allowed");
}

static void write_list(const char *head, const char *entry, unsigned count, const char *tail,
		       const char *wanted)
{
	struct text text;
	FILE *out = begin(&text);

	fprintf(out, HEAD "%s [", head);
	for (unsigned i = 0; i < count; i++)
		fprintf(out, "%s%s%u", i == 0 ? "" : ", ", entry, i % 250 + 1);
	fprintf(out, "]%s\n", tail);
	finish(&text, wanted);
}

static void test_lists(void **unused)
{
	(void)unused;
	write_list("proxies:", "10.0.0.", LIMIT_PROXIES, "", NULL);
	write_list("proxies:", "10.0.0.", LIMIT_PROXIES + 1, "",
		   "proxies holds 1025 entries; at most 1024 are allowed");
	write_list("groups: { g: { hosts: [10.0.0.1], ports:", "1", LIMIT_PORTS, "}}", NULL);
	write_list("groups: { g: { hosts: [10.0.0.1], ports:", "1", LIMIT_PORTS + 1, "}}",
		   "ports holds 257 entries; at most 256 are allowed");
	write_list("rules: [{ name: r, internal-only: true, severity: low, services:", "s",
		   LIMIT_NAMES + 1, "}]", "services holds 257 entries; at most 256 are allowed");
}

static void write_translations(unsigned count, const char *wanted)
{
	struct text text;
	FILE *out = begin(&text);

	fprintf(out, HEAD "translations:\n");
	for (unsigned i = 0; i < count; i++)
		fprintf(out, "  - { public: 203.0.%u.%u, private: 10.20.0.5 }\n", i / 256, i % 256);
	finish(&text, wanted);
}

static void test_translations(void **unused)
{
	(void)unused;
	write_translations(LIMIT_TRANSLATIONS, NULL);
	write_translations(LIMIT_TRANSLATIONS + 1,
			   "translations holds 16385 entries; at most 16384 are allowed");
}

static void write_overlap(unsigned count, const char *wanted)
{
	struct text text;
	FILE *out = begin(&text);

	fprintf(out, HEAD "groups:\n");
	for (unsigned i = 0; i < count; i++)
		fprintf(out, "  g%u: { hosts: [10.1.1.1] }\n", i);
	finish(&text, wanted);
}

static void test_groups_of_a_host(void **unused)
{
	(void)unused;
	write_overlap(LIMIT_HOST_GROUPS, NULL);
	write_overlap(LIMIT_HOST_GROUPS + 1, "more than 64 groups hold the address 10.1.1.1");
}

static void write_blanks(size_t count, const char *wanted)
{
	struct text text;
	FILE *out = begin(&text);

	fprintf(out, HEAD);
	for (size_t i = strlen(HEAD); i < count; i++)
		fputc('\n', out);
	finish(&text, wanted);
}

static void test_size(void **unused)
{
	(void)unused;
	write_blanks(LIMIT_FILE_BYTES, NULL);
	write_blanks(LIMIT_FILE_BYTES + 1, "the file is larger than 8 MiB");
}

static void test_values(void **unused)
{
	struct text text;
	FILE *out = begin(&text);

	(void)unused;
	fprintf(out, "version: 1\nzones: [");
	for (unsigned i = 0; i < LIMIT_VALUES; i++)
		fputs("1,", out);
	fputs("]\n", out);
	finish(&text, "the file holds more than 1000000 values");
}

static void test_messages(void **unused)
{
	struct policy_messages messages;
	struct text text;
	FILE *out = begin(&text);

	(void)unused;
	for (unsigned i = 0; i < LIMIT_MESSAGES + 10; i++)
		fprintf(out, "key%u: 1\n", i);
	assert_int_equal(fclose(text.stream), 0);
	assert_null(policy_parse(text.bytes, text.length, &test_vocabulary, &messages));
	/* Two keys are missing on top. */
	assert_int_equal(messages.errors, LIMIT_MESSAGES + 12);
	assert_int_equal(messages.count, LIMIT_MESSAGES + 1);
	assert_string_equal(messages.list[LIMIT_MESSAGES].text, "12 more messages are not shown");
	policy_messages_free(&messages);
	free(text.bytes);
}

/* A message that must be cut is cut between characters. */
static void test_long_key(void **unused)
{
	struct policy_messages messages;
	struct text text;
	FILE *out = begin(&text);

	(void)unused;
	fprintf(out, HEAD);
	for (unsigned i = 0; i < 500; i++)
		fputs("\xc3\xa4", out);
	fputs(": 1\n", out);
	assert_int_equal(fclose(text.stream), 0);
	assert_null(policy_parse(text.bytes, text.length, &test_vocabulary, &messages));
	assert_int_equal(messages.count, 1);
	for (const char *at = messages.list[0].text; (at = strchr(at, '\xc3')) != NULL; at++)
		assert_int_equal(at[1], '\xa4');
	policy_messages_free(&messages);
	free(text.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zones),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_rules_and_exceptions),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_translations),
		cmocka_unit_test(test_groups_of_a_host),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_long_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
