/* SPDX-License-Identifier: ISC */
/*
 * Loads every policy in tests/policy (the current directory is the project's root). What lies in
 * bad/ must be refused with exactly the messages of NAME.expected. What lies in good/ must be
 * accepted, silently or with exactly the warnings of NAME.expected. A line of such a file is
 * `line:col: error|warning: text`, as spanwatch prints it behind the name of the file, which stands
 * before it for files that are included.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sensor/base/services.h"
#include "tests/unit/policy_vocabulary.h"

#define BAD_LEAST     60 /* fewer found means that the test does not look where they are */
#define GOOD_LEAST    10
#define EXPECTED_ROOM 16384

static char *all_text(const struct policy_messages *messages)
{
	char *text = NULL;
	size_t length = 0;
	FILE *stream = open_memstream(&text, &length);

	assert_non_null(stream);
	for (size_t i = 0; i < messages->count; i++) {
		const struct policy_message *message = &messages->list[i];

		if (message->file != 0)
			fprintf(stream, "%s:", messages->files[message->file - 1]);
		fprintf(stream, "%u:%u: %s: %s\n", message->line, message->column,
			message->warning ? "warning" : "error", message->text);
	}
	assert_int_equal(fclose(stream), 0);
	return text;
}

/* Fills `text` with the companion of `path`; empty if there is none. False then. */
static bool read_expected(const char *path, char text[EXPECTED_ROOM])
{
	char name[512];
	size_t stem = strlen(path) - strlen(".yaml"), length = 0;
	FILE *stream;

	snprintf(name, sizeof name, "%.*s.expected", (int)stem, path);
	stream = fopen(name, "r");
	text[0] = '\0';
	if (stream == NULL)
		return false;
	length = fread(text, 1, EXPECTED_ROOM - 1, stream);
	text[length] = '\0';
	fclose(stream);
	return true;
}

static void check_file(const char *path, bool good)
{
	char expected[EXPECTED_ROOM];
	struct policy_messages messages;
	bool has_expected = read_expected(path, expected);
	struct policy *policy = policy_load(path, &test_vocabulary, &messages);
	char *found = all_text(&messages);

	if (strcmp(found, expected) != 0)
		print_error("%s:\nexpected:\n%sfound:\n%s", path, expected, found);
	assert_string_equal(found, expected);
	assert_int_equal(policy != NULL, good);
	assert_int_equal(messages.errors == 0, good);
	assert_true(good || has_expected);
	free(found);
	policy_messages_free(&messages);
	policy_free(policy);
}

static int is_policy(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot != NULL && strcmp(dot, ".yaml") == 0;
}

static void check_folder(const char *folder, bool good, int least)
{
	struct dirent **entries = NULL;
	int count = scandir(folder, &entries, is_policy, alphasort);

	assert_in_range(count, least, 10000);
	for (int i = 0; i < count; i++) {
		char path[512];

		snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
		check_file(path, good);
		free(entries[i]);
	}
	free(entries);
}

static void test_bad(void **unused)
{
	(void)unused;
	check_folder("tests/policy/bad", false, BAD_LEAST);
}

static void test_good(void **unused)
{
	(void)unused;
	check_folder("tests/policy/good", true, GOOD_LEAST);
}

static void test_example(void **unused)
{
	struct services *services = services_new();
	struct policy_vocabulary vocabulary;
	struct policy_messages messages;
	struct policy *policy;

	(void)unused;
	assert_non_null(services);
	vocabulary =
		services_vocabulary(services); /* the program's own: it is to be used as it is */
	policy = policy_load("policy/example.yaml", &vocabulary, &messages);
	assert_non_null(policy);
	assert_int_equal(messages.count, 0);
	policy_free(policy);
	policy_messages_free(&messages);
	services_free(services);
}

static void test_unreadable(void **unused)
{
	struct policy_messages messages;

	(void)unused;
	assert_null(policy_load("tests/policy/none.yaml", &test_vocabulary, &messages));
	assert_int_equal(messages.errors, 1);
	assert_string_equal(messages.list[0].text, "cannot read: No such file or directory");
	policy_messages_free(&messages);
	assert_null(policy_load("tests/policy", &test_vocabulary, &messages));
	assert_string_equal(messages.list[0].text, "cannot read: Is a directory");
	policy_messages_free(&messages);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_unreadable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
