/* SPDX-License-Identifier: ISC */
/*
 * The records of a classic pcap savefile, read in large blocks: libpcap copies each record through
 * two stdio calls, which costs more than everything that is done with most packets. The file's
 * header, its link type and filters stay libpcap's (capture.c), as do pcapng and the rare variants.
 * Source: pcap-savefile(5).
 */
#ifndef SENSOR_SAVEFILE_H
#define SENSOR_SAVEFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sensor/capture/input.h"

#define SAVEFILE_HEADER	 24
#define SAVEFILE_ERROR	 256
#define SAVEFILE_CAPTURE 262144 /* captured bytes of one packet: libpcap's limit as well */

struct savefile;

struct savefile_record {
	const uint8_t *frame; /* until the next call; see savefile_ready() */
	uint32_t captured, wire;
	uint64_t ts_ns;
};

/* Is this the header of a file of version 2.4, in either byte order and precision? */
bool savefile_known(const uint8_t *bytes, size_t length);

/* The input stands at the file's first byte and must outlive the savefile. NULL: out of memory. */
struct savefile *savefile_new(struct input *input);
void savefile_free(struct savefile *savefile); /* NULL is allowed */
uint64_t savefile_bytes(void);		       /* what savefile_new() takes */

/* Is the next record here, so that reading it leaves those before it where they are? */
bool savefile_ready(const struct savefile *savefile);

/* 1: a record; 0: the end; -1: broken, see savefile_failure(). */
int savefile_next(struct savefile *savefile, struct savefile_record *record);
const char *savefile_failure(const struct savefile *savefile);

#endif
