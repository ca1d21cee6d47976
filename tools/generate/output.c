/* SPDX-License-Identifier: ISC */
/*
 * pcap: a file header of 24 bytes (magic, version 2.4, zone, accuracy, snaplen, link type), then
 * for each packet 16 bytes (seconds, fraction, captured length, length) and the packet itself.
 * The magic tells byte order and resolution: a1b2c3d4 microseconds, a1b23c4d nanoseconds.
 * VXLAN (RFC 7348): Ethernet, IPv4, UDP to port 4789 with a source port from the inner packet and
 * no checksum, 8 bytes of header.
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
#define TUNNEL_LENGTH 50U /* Ethernet 14, IPv4 20, UDP 8, VXLAN 8 */
#define TUNNEL_UDP    34U /* where its UDP header begins */

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

void output_open(struct output *output, const char *path, bool nanoseconds, bool vxlan)
{
	const uint32_t header[6] = {
		nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, 2 | (4 << 16), 0, 0, 65535, LINK_ETHERNET,
	};

	*output = (struct output){.fd = STDOUT_FILENO, .nanoseconds = nanoseconds, .vxlan = vxlan};
	if (strcmp(path, "-") != 0)
		output->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (output->fd < 0)
		err(1, "%s", path);
	output->block = malloc(BLOCK_SIZE + RECORD_HEADER + TUNNEL_LENGTH + OUTPUT_FRAME_MAX);
	if (!output->block)
		err(1, "memory");
	memcpy(output->block, header, sizeof header);
	output->used = sizeof header;
	output->bytes = sizeof header;
}

uint8_t *output_room(struct output *output)
{
	return output->block + output->used + RECORD_HEADER + (output->vxlan ? TUNNEL_LENGTH : 0);
}

static void put16(uint8_t *to, uint32_t value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

/* The headers in front of `length` bytes of frame. */
static void put_tunnel(uint8_t *to, uint32_t length)
{
	static const uint8_t headers[TUNNEL_LENGTH] = {
		2,    0, 10,   9,    0, 2,  2, 0, 10, 9,  0, 1, 8,  0, /* Ethernet */
		0x45, 0, 0,    0,    0, 0,  0, 0, 64, 17, 0, 0, 10, 9, 0, 1, 10, 9, 0, 2, /* IPv4 */
		0,    0, 0x12, 0xb5, 0, 0,  0, 0,					  /* UDP */
		8,    0, 0,    0,    0, 16, 1, 0, /* VNI 4097 */
	};
	const uint8_t *inner = to + TUNNEL_LENGTH;
	uint32_t sum = 0;

	memcpy(to, headers, sizeof headers);
	put16(to + 16, TUNNEL_LENGTH - 14 + length);
	for (uint32_t i = 14; i < TUNNEL_UDP; i += 2)
		sum += (uint32_t)to[i] << 8 | to[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	put16(to + 24, ~(sum + (sum >> 16)));
	/* From 49152 on; one for each conversation over IPv4: its addresses and ports in a sum. */
	for (uint32_t i = 26; i < 38; i += 2)
		sum += (uint32_t)inner[i] << 8 | inner[i + 1];
	put16(to + TUNNEL_UDP, 49152 + (sum & 0x3fff));
	put16(to + TUNNEL_UDP + 4, TUNNEL_LENGTH - TUNNEL_UDP + length);
}

void output_frame(struct output *output, uint64_t ts_ns, uint32_t length)
{
	const uint64_t fraction = ts_ns % 1000000000;
	uint8_t *at = output->block + output->used;
	uint32_t record[4] = {
		(uint32_t)(ts_ns / 1000000000),
		(uint32_t)(output->nanoseconds ? fraction : fraction / 1000),
	};

	if (output->vxlan) {
		put_tunnel(at + RECORD_HEADER, length);
		length += TUNNEL_LENGTH;
	}
	record[2] = record[3] = length;
	memcpy(at, record, sizeof record);
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
