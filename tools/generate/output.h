/* SPDX-License-Identifier: ISC */
/* Writes a pcap file (the classic format, Ethernet, host byte order) in large blocks. */
#ifndef GENERATE_OUTPUT_H
#define GENERATE_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#define OUTPUT_FRAME_MAX 2048 /* bytes */

struct output {
	int fd;
	bool nanoseconds; /* resolution of the time stamps in the file */
	bool vxlan;	  /* each frame comes in a tunnel, as from a cloud's mirror */
	uint64_t packets, bytes;
	uint8_t *block;
	uint32_t used;
};

/* "-" is standard output. Exits with a message on failure, as all of these do. */
void output_open(struct output *output, const char *path, bool nanoseconds, bool vxlan);
/* Where the next frame is to be built; OUTPUT_FRAME_MAX bytes; valid until output_frame(). */
uint8_t *output_room(struct output *output);
/* Adds the frame that was built there. */
void output_frame(struct output *output, uint64_t ts_ns, uint32_t length);
void output_close(struct output *output);

#endif
