/* SPDX-License-Identifier: ISC */
/*
 * Several captures as one stream: in the order of time and in that of the command line, halves that
 * overlap, more of them than can be open, and what is said of those that are cut or go back in
 * time.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sensor/capture/timeline.h"

#define FILES 100

struct folder {
	char path[64];
	char *names[FILES];
	size_t count;
};

static FILE *begin_file(struct folder *folder, const char *name)
{
	static const uint32_t header[] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535, 1};
	char **path = &folder->names[folder->count++];
	FILE *file;

	assert_true(asprintf(path, "%s/%s", folder->path, name) > 0);
	file = fopen(*path, "w");
	assert_non_null(file);
	fwrite(header, sizeof header, 1, file);
	return file;
}

/* A frame of one byte at this second. */
static void put(FILE *file, uint32_t second, uint8_t byte)
{
	const uint32_t record[] = {second, 0, 1, 60};

	fwrite(record, sizeof record, 1, file);
	putc(byte, file);
}

/* So many frames from `second` on, every `step` seconds. */
static void add_file(struct folder *folder, const char *name, uint32_t second, uint32_t step,
		     int count, uint8_t byte)
{
	FILE *file = begin_file(folder, name);

	for (int i = 0; i < count; i++)
		put(file, second + (uint32_t)i * step, byte);
	fclose(file);
}

struct told {
	char bytes[4096]; /* of the frames, a letter each */
	size_t frames, inputs, words, bad, closed;
	uint64_t spanned; /* packets of those that were closed */
	uint64_t newest_ns, latest_ns;
	bool in_order;
	char text[CAPTURE_ERROR]; /* the last words */
};

static void take(struct told *told, const struct timeline_step *step,
		 const struct frame_view *frames)
{
	told->inputs += step->kind == TIMELINE_INPUT;
	if (step->kind == TIMELINE_WORDS) {
		told->words++;
		told->bad += step->bad;
		snprintf(told->text, sizeof told->text, "%s", step->text);
	}
	if (step->kind == TIMELINE_CLOSED) {
		told->closed++;
		told->spanned += step->span.packets;
		assert_true(step->span.packets == 0 || step->span.first_ns <= step->span.last_ns);
		assert_true(step->span.last_ns <= told->latest_ns);
	}
	for (int i = 0; step->kind == TIMELINE_FRAMES && i < step->count; i++) {
		told->bytes[told->frames++] = (char)frames[i].bytes[0];
		told->in_order &= frames[i].ts_ns >= told->newest_ns;
		told->newest_ns = frames[i].ts_ns;
		if (told->latest_ns < told->newest_ns)
			told->latest_ns = told->newest_ns;
	}
}

static struct told read_folder(struct folder *folder, bool in_order)
{
	struct told told = {.in_order = true};
	struct frame_view frames[TIMELINE_BATCH];
	struct timeline_options options = {.in_order = in_order};
	struct timeline_step step = {.kind = TIMELINE_INPUT};
	char error[512], skipped[SOURCES_SKIPPED];
	struct timeline *timeline;
	struct sources sources;

	assert_true(sources_collect(&sources, folder->names, folder->count, error));
	sources_look(&sources, skipped);
	if (in_order)
		sources_order(&sources);
	options.sources = &sources;
	options.count = sources.count;
	timeline = timeline_new(&options);
	assert_non_null(timeline);
	while (step.kind != TIMELINE_END) {
		timeline_next(timeline, frames, TIMELINE_BATCH, &step);
		take(&told, &step, frames);
	}
	assert_int_equal(timeline_consumed(timeline), sources.bytes);
	assert_int_equal(told.spanned, told.frames);
	assert_int_equal(told.closed, sources.count);
	timeline_free(timeline);
	sources_free(&sources);
	return told;
}

static int begin(void **state)
{
	struct folder *folder = calloc(1, sizeof *folder);

	snprintf(folder->path, sizeof folder->path, "/tmp/spanwatch-test-XXXXXX");
	*state = folder;
	return mkdtemp(folder->path) ? 0 : -1;
}

static int end(void **state)
{
	struct folder *folder = *state;

	for (size_t i = 0; i < folder->count; i++) {
		unlink(folder->names[i]);
		free(folder->names[i]);
	}
	rmdir(folder->path);
	free(folder);
	return 0;
}

static void the_order_of_time_and_the_given_one(void **state)
{
	struct folder *folder = *state;
	struct told told;

	add_file(folder, "late", 200, 1, 3, 'l');
	add_file(folder, "early", 100, 1, 3, 'e');
	told = read_folder(folder, true);
	assert_string_equal(told.bytes, "eeelll");
	assert_int_equal(told.inputs, 2);
	told = read_folder(folder, false);
	assert_string_equal(told.bytes, "llleee");
	assert_int_equal(told.words, 0);
}

static void halves_are_merged(void **state)
{
	struct folder *folder = *state;
	struct told told;

	add_file(folder, "b", 101, 2, 4, 'b');
	add_file(folder, "a", 100, 2, 4, 'a');
	add_file(folder, "same", 100, 2, 4, 's');
	told = read_folder(folder, true);
	assert_string_equal(told.bytes, "asbasbasbasb");
	assert_int_equal(told.inputs, 1);
	assert_true(told.in_order);
}

static void a_long_one_over_a_ring(void **state)
{
	struct folder *folder = *state;
	struct told told;
	char name[16];

	for (uint32_t i = 0; i < 50; i++) {
		snprintf(name, sizeof name, "ring%u", i);
		add_file(folder, name, 1000 + (i * 7 % 50) * 10, 1, 10, 'r');
	}
	add_file(folder, "long", 1000, 1, 500, 'l');
	told = read_folder(folder, true);
	assert_int_equal(told.frames, 1000);
	assert_true(told.in_order);
	assert_int_equal(told.words, 0);
	assert_int_equal(told.inputs, 1);
}

static void more_than_can_be_open(void **state)
{
	struct folder *folder = *state;
	struct told told;
	char name[16];

	for (uint32_t i = 0; i < FILES; i++) {
		snprintf(name, sizeof name, "f%u", i);
		add_file(folder, name, 1000, 1, 5, 'f');
	}
	told = read_folder(folder, true);
	assert_int_equal(told.frames, FILES * 5);
	assert_int_equal(told.words, 1);
	assert_non_null(strstr(told.text, "overlap"));
	assert_int_equal(told.bad, 0);
}

static void time_that_goes_back_is_told(void **state)
{
	struct folder *folder = *state;
	FILE *file = begin_file(folder, "a");
	struct told told;

	put(file, 100, 'a');
	put(file, 107, 'b');
	put(file, 102, 'c');
	put(file, 103, 'd');
	put(file, 108, 'e');
	fclose(file);
	told = read_folder(folder, true);
	assert_string_equal(told.bytes, "abcde");
	assert_int_equal(told.words, 1);
	assert_non_null(strstr(told.text, "5.000 s (2 packets, the first is number 3)"));
	assert_int_equal(told.bad, 0);
}

static void cut(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(truncate(path, status.st_size - 1), 0);
}

/* The newest may be cut, another may not. */
static void one_that_is_being_written(void **state)
{
	struct folder *folder = *state;
	struct told told;

	add_file(folder, "1", 200, 1, 3, 'n');
	add_file(folder, "2", 100, 1, 3, 'o');
	cut(folder->names[0]);
	told = read_folder(folder, true);
	assert_string_equal(told.bytes, "ooonn");
	assert_int_equal(told.words, 1);
	assert_int_equal(told.bad, 0);
	assert_non_null(strstr(told.text, "still be"));
	cut(folder->names[1]);
	told = read_folder(folder, true);
	assert_int_equal(told.words, 2);
	assert_int_equal(told.bad, 1);
}

static void alone_and_cut_is_broken(void **state)
{
	struct folder *folder = *state;
	struct told told;

	add_file(folder, "1", 200, 1, 3, 'n');
	cut(folder->names[0]);
	told = read_folder(folder, true);
	assert_int_equal(told.frames, 2);
	assert_int_equal(told.bad, 1);
	assert_non_null(strstr(told.text, "2 packets were read before that"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_order_of_time_and_the_given_one, begin, end),
		cmocka_unit_test_setup_teardown(halves_are_merged, begin, end),
		cmocka_unit_test_setup_teardown(a_long_one_over_a_ring, begin, end),
		cmocka_unit_test_setup_teardown(more_than_can_be_open, begin, end),
		cmocka_unit_test_setup_teardown(time_that_goes_back_is_told, begin, end),
		cmocka_unit_test_setup_teardown(one_that_is_being_written, begin, end),
		cmocka_unit_test_setup_teardown(alone_and_cut_is_broken, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
