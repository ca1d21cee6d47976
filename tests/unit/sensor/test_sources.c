/* SPDX-License-Identifier: ISC */
/* Which captures a replay reads: names as given, directories in name order, and what is refused. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sensor/capture/sources.h"

struct place {
	char folder[64];
	char *path[8];
	size_t count;
};

static char *add_path(struct place *place, const char *name)
{
	char **path = &place->path[place->count++];

	assert_true(asprintf(path, "%s/%s", place->folder, name) > 0);
	return *path;
}

static char *add_file(struct place *place, const char *name, size_t bytes)
{
	char *path = add_path(place, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	for (size_t i = 0; i < bytes; i++)
		putc('x', file);
	fclose(file);
	return path;
}

static int begin(void **state)
{
	struct place *place = calloc(1, sizeof *place);

	snprintf(place->folder, sizeof place->folder, "/tmp/spanwatch-test-XXXXXX");
	if (!mkdtemp(place->folder))
		return -1;
	*state = place;
	return 0;
}

static int end(void **state)
{
	struct place *place = *state;

	for (size_t i = place->count; i > 0; i--) {
		remove(place->path[i - 1]);
		free(place->path[i - 1]);
	}
	rmdir(place->folder);
	free(place);
	return 0;
}

static void names_as_given_and_directories_sorted(void **state)
{
	struct place *place = *state;
	char *b = add_file(place, "b.pcap", 3), *a = add_file(place, "a.pcap", 4);
	char dash[] = "-", *names[] = {b, place->folder, dash, b};
	struct sources sources;
	char error[512];

	add_file(place, ".hidden", 100);
	assert_int_equal(mkdir(add_path(place, "folder"), 0700), 0);
	assert_true(sources_collect(&sources, names, 4, error));
	assert_int_equal(sources.count, 5);
	assert_string_equal(sources.list[0].path, b);
	assert_string_equal(sources.list[1].path, a);
	assert_string_equal(sources.list[2].path, b);
	assert_string_equal(sources.list[3].path, "-");
	assert_string_equal(sources.list[4].path, b);
	assert_int_equal(sources.bytes, 3 + 4 + 3 + 3);
	sources_free(&sources);
	assert_int_equal(sources.count, 0);
}

static void what_cannot_be_looked_at_is_named(void **state)
{
	struct place *place = *state;
	char *missing = add_path(place, "missing.pcap");
	char *names[] = {missing}, *empty[] = {place->folder};
	struct sources sources;
	char error[512];

	assert_false(sources_collect(&sources, names, 1, error));
	assert_non_null(strstr(error, missing));
	assert_non_null(strstr(error, strerror(ENOENT)));
	sources_free(&sources);
	assert_false(sources_collect(&sources, empty, 1, error));
	assert_non_null(strstr(error, "no files"));
	sources_free(&sources);
}

/* The reason must be the one for which the directory was not opened. */
static void a_directory_that_cannot_be_opened(void **state)
{
	struct place *place = *state;
	char *names[] = {place->folder};
	struct rlimit before, none;
	struct sources sources;
	char error[512];
	bool good;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	good = sources_collect(&sources, names, 1, error);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_false(good);
	assert_non_null(strstr(error, strerror(EMFILE)));
	sources_free(&sources);
}

static void what_is_no_capture_is_skipped_in_a_directory_only(void **state)
{
	struct place *place = *state;
	char *other = add_file(place, "b.txt", 30);
	char *capture = add_path(place, "a.pcap"), *names[] = {place->folder, other};
	FILE *file = fopen(capture, "w");
	char error[512], skipped[SOURCES_SKIPPED];
	struct sources sources;

	assert_non_null(file);
	fwrite("\xd4\xc3\xb2\xa1", 4, 1, file);
	fclose(file);
	add_file(place, "empty", 0);
	assert_true(sources_collect(&sources, names, 2, error));
	sources_look(&sources, skipped);
	assert_string_equal(skipped, "b.txt");
	assert_int_equal(sources.count, 3);
	assert_string_equal(sources.list[0].path, capture);
	assert_true(sources_is_begun(&sources, 1));
	assert_false(sources_is_begun(&sources, 0));
	assert_string_equal(sources.list[2].path, other);
	assert_int_equal(sources.bytes, 4 + 30);
	sources_free(&sources);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(names_as_given_and_directories_sorted, begin, end),
		cmocka_unit_test_setup_teardown(what_cannot_be_looked_at_is_named, begin, end),
		cmocka_unit_test_setup_teardown(what_is_no_capture_is_skipped_in_a_directory_only,
						begin, end),
		cmocka_unit_test_setup_teardown(a_directory_that_cannot_be_opened, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
