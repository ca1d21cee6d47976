/* SPDX-License-Identifier: ISC */
/*
 * Every row of the table stands one byte, and the kept inputs of its fuzz target: what each sets is
 * told to tests/manual/test_reads.py (see reads.h), and none sets what it does not declare.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/fuzz/fuzz_dissect.h"

#define INPUT_MAX 65536
#define PATH_SIZE 300

/* Where the inputs of this dissector are: by its name in the table. */
static void folder_of(const struct dissector *d, char folder[PATH_SIZE])
{
	int length = snprintf(folder, PATH_SIZE, "tests/fuzz/corpus/%s", d->name);

	assert_in_range(length, 1, PATH_SIZE - 1);
	for (char *c = folder; *c != '\0'; c++)
		*c = *c == '-' ? '_' : *c;
}

static void play(const struct dissector *d, const char *path)
{
	static uint8_t bytes[INPUT_MAX];
	FILE *file = fopen(path, "rb");
	size_t length;

	assert_non_null(file);
	length = fread(bytes, 1, sizeof bytes, file);
	fclose(file);
	fuzz_dissect(d, bytes, length); /* aborts if anything is wrong */
}

static size_t play_folder(const struct dissector *d)
{
	char folder[PATH_SIZE], path[2 * PATH_SIZE];
	const struct dirent *entry;
	size_t count = 0;
	DIR *directory;

	folder_of(d, folder);
	directory = opendir(folder);
	while (directory != NULL && (entry = readdir(directory)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		play(d, path);
		count++;
	}
	if (directory != NULL)
		closedir(directory);
	return count;
}

static void kept_inputs_are_stood(void **state)
{
	static const uint8_t one_byte[] = {1, 0, 1, 0, 0}; /* of the client */
	size_t played = 0;

	(void)state;
	for (size_t i = 0; i < dissector_count; i++) {
		fuzz_dissect(dissectors[i], one_byte, sizeof one_byte);
		played += play_folder(dissectors[i]);
	}
	assert_true(played > dissector_count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kept_inputs_are_stood),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
