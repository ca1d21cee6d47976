/* SPDX-License-Identifier: ISC */
/*
 * The bytes of a capture file, plain or compressed by gzip, bzip2, xz, zstd or lz4, from a file or
 * from standard input ("-"), read in blocks or as a stdio stream that libpcap can read; and how
 * much of the file has been read.
 */
#ifndef SENSOR_INPUT_H
#define SENSOR_INPUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define INPUT_ERROR 256
#define INPUT_PEEK  32

struct input;

/* NULL, and a reason in `error`. */
struct input *input_open(const char *path, char error[INPUT_ERROR]);
void input_close(struct input *input); /* NULL is allowed */

/*
 * From now on whoever reads does not wait for ever: when nothing has come for `every_ms`, `idle` is
 * called, again and again, in the thread that reads. False from it: the input ends here.
 */
typedef bool input_idle(void *context);
void input_wait_with(struct input *input, int every_ms, input_idle *idle, void *context);

/* The first plain bytes, which stay to be read: at most INPUT_PEEK. Before anything was read.
 * Returns how many there are. */
size_t input_peek(struct input *input, const uint8_t **bytes);

/* At most `size` plain bytes. 0: the end; -1: broken, see input_failure(). */
ssize_t input_read(struct input *input, void *to, size_t size);

/* Reads the plain bytes that are left. Once only: from then on the stream is the caller's, who
 * closes it before the input. NULL: out of memory, or taken. */
FILE *input_take_stream(struct input *input);

/* Bytes of the file on disk: all of them (0 = unknown), and those consumed so far. */
uint64_t input_size(const struct input *input);
uint64_t input_consumed(const struct input *input);

/* Has it failed because the file ends too early? */
bool input_is_cut(const struct input *input);

/* Why reading or decompression failed, or NULL if it did not. Valid until input_close(). */
const char *input_failure(const struct input *input);

#endif
