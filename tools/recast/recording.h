/* SPDX-License-Identifier: ISC */
/*
 * A capture in memory: a growing list of frames, which own their bytes. Running out of memory ends
 * the program: recast is a tool, and what it works on fits or does not.
 */
#ifndef TOOLS_RECAST_RECORDING_H
#define TOOLS_RECAST_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct frame_record {
	uint64_t ts_ns;
	uint8_t *bytes;
	uint32_t captured, wire;
};

struct recording {
	int link; /* DLT_…: Ethernet is 1 */
	bool nanoseconds;
	struct frame_record *frames;
	size_t count, room;
};

/* Copies `bytes`. Returns the new frame's, valid until recording_free(). */
uint8_t *recording_add(struct recording *recording, uint64_t ts_ns, const uint8_t *bytes,
		       uint32_t captured, uint32_t wire);
/* An empty one of the same kind. */
struct recording recording_like(const struct recording *other);
void recording_free(struct recording *recording);

/* Files: pcap or pcapng in, pcap out. They end the program when they fail. */
struct recording recording_load(const char *path);
void recording_save(const struct recording *recording, const char *path);

#endif
