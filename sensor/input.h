/* SPDX-License-Identifier: ISC */
/*
 * The bytes of a capture file, plain or compressed by gzip, xz or zstd, from a file or from
 * standard input ("-"), as a stdio stream that libpcap can read; and how much of it has been read.
 */
#ifndef SENSOR_INPUT_H
#define SENSOR_INPUT_H

#include <stdint.h>
#include <stdio.h>

#define INPUT_ERROR 256

struct input;

/* NULL, and a reason in `error`. */
struct input *input_open(const char *path, char error[INPUT_ERROR]);
void input_close(struct input *input); /* NULL is allowed */

/* Reads the plain bytes. Once only: from then on the stream is the caller's, who closes it before the
 * input. */
FILE *input_take_stream(struct input *input);

/* Bytes of the file on disk: all of them (0 = unknown), and those consumed so far. */
uint64_t input_size(const struct input *input);
uint64_t input_consumed(const struct input *input);

/* Why decompression failed, or NULL if it did not. Valid until input_close(). */
const char *input_failure(const struct input *input);

#endif
