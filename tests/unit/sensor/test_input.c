/* SPDX-License-Identifier: ISC */
/*
 * The bytes of an input, plain or compressed. The compressed samples are the same 15 bytes, made
 * with gzip -n, xz, zstd, bzip2 and lz4.
 */
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

#include "sensor/capture/input.h"
#include "tests/unit/capture_file.h"

#define TEXT	    "spanwatch input"
#define GZIP_HEADER 10 /* less of it is no gzip, but some file that nobody knows */

static const uint8_t gzip_sample[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
				      0x03, 0x2b, 0x2e, 0x48, 0xcc, 0x2b, 0x4f, 0x2c, 0x49,
				      0xce, 0x50, 0xc8, 0xcc, 0x2b, 0x28, 0x2d, 0x01, 0x00,
				      0x7b, 0x63, 0x73, 0x83, 0x0f, 0x00, 0x00, 0x00};
static const uint8_t xz_sample[] = {
	0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04, 0xe6, 0xd6, 0xb4, 0x46, 0x02, 0x00, 0x21,
	0x01, 0x16, 0x00, 0x00, 0x00, 0x74, 0x2f, 0xe5, 0xa3, 0x01, 0x00, 0x0e, 0x73, 0x70, 0x61,
	0x6e, 0x77, 0x61, 0x74, 0x63, 0x68, 0x20, 0x69, 0x6e, 0x70, 0x75, 0x74, 0x00, 0x00, 0x7c,
	0xd5, 0x4d, 0xd7, 0x24, 0x33, 0x85, 0x98, 0x00, 0x01, 0x27, 0x0f, 0xdf, 0x1a, 0xfc, 0x6a,
	0x1f, 0xb6, 0xf3, 0x7d, 0x01, 0x00, 0x00, 0x00, 0x00, 0x04, 0x59, 0x5a};
static const uint8_t zstd_sample[] = {0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0x79, 0x00, 0x00, 0x73,
				      0x70, 0x61, 0x6e, 0x77, 0x61, 0x74, 0x63, 0x68, 0x20, 0x69,
				      0x6e, 0x70, 0x75, 0x74, 0x99, 0x6e, 0xa5, 0x17};

static const uint8_t bzip2_sample[] = {
	0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, 0x3b, 0x51, 0x3a,
	0xfd, 0x00, 0x00, 0x05, 0x11, 0x80, 0x40, 0x00, 0x28, 0x61, 0x4e, 0x80, 0x20,
	0x00, 0x31, 0x00, 0xd3, 0x4d, 0x04, 0x0d, 0x1a, 0x34, 0x03, 0xc8, 0xde, 0x62,
	0x44, 0x72, 0xaf, 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, 0x3b, 0x51, 0x3a, 0xfd};
static const uint8_t lz4_sample[] = {0x04, 0x22, 0x4d, 0x18, 0x64, 0x40, 0xa7, 0x0f, 0x00,
				     0x00, 0x80, 0x73, 0x70, 0x61, 0x6e, 0x77, 0x61, 0x74,
				     0x63, 0x68, 0x20, 0x69, 0x6e, 0x70, 0x75, 0x74, 0x00,
				     0x00, 0x00, 0x00, 0x8c, 0x2d, 0xf8, 0x04};

static const struct {
	const uint8_t *bytes;
	size_t length;
} samples[] = {
	{(const uint8_t *)TEXT, sizeof TEXT - 1},
	{gzip_sample, sizeof gzip_sample},
	{xz_sample, sizeof xz_sample},
	{zstd_sample, sizeof zstd_sample},
	{bzip2_sample, sizeof bzip2_sample},
	{lz4_sample, sizeof lz4_sample},
};

static struct input *open_bytes(const uint8_t *bytes, size_t length, char error[INPUT_ERROR])
{
	char path[64];
	struct input *input;

	capture_save(path, bytes, length);
	input = input_open(path, error);
	unlink(path);
	return input;
}

/* Returns how much could be read; the stream may be given away before. */
static size_t read_all(struct input *input, char *to, size_t size)
{
	FILE *stream = input_take_stream(input);
	size_t length;

	assert_non_null(stream);
	assert_null(input_take_stream(input));
	length = fread(to, 1, size, stream);
	fclose(stream);
	return length;
}

static void plain_and_compressed(void **state)
{
	char error[INPUT_ERROR], text[100];

	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct input *input = open_bytes(samples[i].bytes, samples[i].length, error);

		assert_non_null(input);
		assert_int_equal(input_size(input), samples[i].length);
		assert_int_equal(read_all(input, text, sizeof text), strlen(TEXT));
		assert_memory_equal(text, TEXT, strlen(TEXT));
		assert_null(input_failure(input));
		assert_in_range(input_consumed(input), 1, samples[i].length);
		input_close(input);
	}
	input_close(NULL);
}

static void compressed_and_cut_off(void **state)
{
	char error[INPUT_ERROR], text[100];

	(void)state;
	for (size_t i = 1; i < sizeof samples / sizeof *samples; i++) {
		for (size_t length = GZIP_HEADER; length < samples[i].length; length++) {
			struct input *input = open_bytes(samples[i].bytes, length, error);

			if (!input) {
				assert_true(strlen(error) > 0);
				continue;
			}
			if (read_all(input, text, sizeof text) < strlen(TEXT))
				assert_non_null(input_failure(input));
			input_close(input);
		}
	}
}

/* All that was written before the end is there, though the end is not. */
static void a_cut_tail_loses_nothing(void **state)
{
	char error[INPUT_ERROR], text[100];

	(void)state;
	for (size_t i = 1; i < sizeof samples / sizeof *samples; i++) {
		struct input *input = open_bytes(samples[i].bytes, samples[i].length - 2, error);

		assert_non_null(input);
		assert_int_equal(read_all(input, text, sizeof text), strlen(TEXT));
		assert_memory_equal(text, TEXT, strlen(TEXT));
		assert_true(input_is_cut(input));
		assert_non_null(strstr(input_failure(input), "cut off"));
		input_close(input);
	}
}

/* Two of them joined by cat. */
static void two_streams_in_a_file(void **state)
{
	char error[INPUT_ERROR], text[100];
	uint8_t twice[200];

	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct input *input;

		memcpy(twice, samples[i].bytes, samples[i].length);
		memcpy(twice + samples[i].length, samples[i].bytes, samples[i].length);
		input = open_bytes(twice, samples[i].length * 2, error);
		assert_non_null(input);
		assert_int_equal(read_all(input, text, sizeof text), 2 * strlen(TEXT));
		assert_memory_equal(text, TEXT TEXT, 2 * strlen(TEXT));
		assert_null(input_failure(input));
		input_close(input);
	}
}

static void what_cannot_be_read_has_a_reason(void **state)
{
	char error[INPUT_ERROR] = "";

	(void)state;
	assert_null(input_open("/nonexistent/file", error));
	assert_true(strlen(error) > 0);
	assert_null(input_open("/tmp", error));
	assert_non_null(strstr(error, "directory"));
}

static void a_pipe_has_no_size(void **state)
{
	char path[64], error[INPUT_ERROR], text[100];
	struct input *input;
	FILE *writer;
	pid_t child;

	(void)state;
	capture_save(path, NULL, 0);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	child = fork();
	if (child == 0) {
		writer = fopen(path, "w");
		_exit(writer && fputs(TEXT, writer) >= 0 && fclose(writer) == 0 ? 0 : 1);
	}
	input = input_open(path, error);
	assert_non_null(input);
	assert_int_equal(input_size(input), 0);
	assert_int_equal(read_all(input, text, sizeof text), strlen(TEXT));
	input_close(input);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_and_compressed),
		cmocka_unit_test(compressed_and_cut_off),
		cmocka_unit_test(a_cut_tail_loses_nothing),
		cmocka_unit_test(two_streams_in_a_file),
		cmocka_unit_test(what_cannot_be_read_has_a_reason),
		cmocka_unit_test(a_pipe_has_no_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
