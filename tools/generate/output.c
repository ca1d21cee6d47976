/* SPDX-License-Identifier: ISC */
/*
 * pcap: a file header of 24 bytes (magic, version 2.4, zone, accuracy, snaplen, link type), then
 * for each packet 16 bytes (seconds, fraction, captured length, length) and the packet itself.
 * The magic tells byte order and resolution: a1b2c3d4 microseconds, a1b23c4d nanoseconds.
 */
#include "tools/generate/output.h"

#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_SIZE    (1U << 20)
#define RECORD_HEADER 16U
#define LINK_ETHERNET 1U

static void flush(struct output *output)
{
	const uint8_t *at = output->block;

	while (output->used) {
		ssize_t written = write(output->fd, at, output->used);

		if (written < 0)
			err(1, "writing the capture");
		at += written;
		output->used -= (uint32_t)written;
	}
}

void output_open(struct output *output, const char *path, bool nanoseconds)
{
	const uint32_t header[6] = {
		nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, 2 | (4 << 16), 0, 0, 65535, LINK_ETHERNET,
	};

	*output = (struct output){.fd = STDOUT_FILENO, .nanoseconds = nanoseconds};
	if (strcmp(path, "-") != 0)
		output->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (output->fd < 0)
		err(1, "%s", path);
	output->block = malloc(BLOCK_SIZE + RECORD_HEADER + OUTPUT_FRAME_MAX);
	if (!output->block)
		err(1, "memory");
	memcpy(output->block, header, sizeof header);
	output->used = sizeof header;
	output->bytes = sizeof header;
}

uint8_t *output_room(struct output *output)
{
	return output->block + output->used + RECORD_HEADER;
}

void output_frame(struct output *output, uint64_t ts_ns, uint32_t length)
{
	uint64_t fraction = ts_ns % 1000000000;
	const uint32_t record[4] = {
		(uint32_t)(ts_ns / 1000000000),
		(uint32_t)(output->nanoseconds ? fraction : fraction / 1000),
		length,
		length,
	};

	memcpy(output->block + output->used, record, sizeof record);
	output->used += RECORD_HEADER + length;
	output->bytes += RECORD_HEADER + length;
	output->packets++;
	if (output->used >= BLOCK_SIZE)
		flush(output);
}

void output_close(struct output *output)
{
	flush(output);
	if (output->fd != STDOUT_FILENO && close(output->fd) != 0)
		err(1, "closing the capture");
	free(output->block);
}
