/* SPDX-License-Identifier: ISC */
/*
 * The records of a savefile, read in large blocks: classic pcap of version 2.4, and pcapng with any
 * number of sections and interfaces, each with its own link type, snap length and clock; also
 * several such files one behind the other, as cat puts them together. libpcap copies each record
 * through two stdio calls, which costs more than everything that is done with most packets, and
 * refuses a pcapng with interfaces of different kinds. Filters stay libpcap's (capture.c), as do
 * the rare variants. Source: pcap-savefile(5), draft-ietf-opsawg-pcapng, draft-ietf-opsawg-pcap.
 */
#ifndef SENSOR_SAVEFILE_H
#define SENSOR_SAVEFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sensor/base/origins.h"
#include "sensor/capture/input.h"

#define SAVEFILE_HEADER	    24
#define SAVEFILE_ERROR	    256
#define SAVEFILE_CAPTURE    262144 /* captured bytes of one packet: libpcap's limit as well */
#define SAVEFILE_INTERFACES 4096   /* of one section */
#define SAVEFILE_NAMED	    64	   /* different names of interfaces that are kept, of one file */

struct savefile;

struct savefile_record {
	const uint8_t *frame; /* until the next call; see savefile_ready() */
	uint32_t captured, wire;
	uint64_t ts_ns;
	uint16_t link;	      /* LINKTYPE_ */
	struct origin origin; /* savefile_name() */
};

/* What was passed over. */
struct savefile_lost {
	uint64_t strangers;  /* packets of interfaces that the file does not describe */
	uint64_t interfaces; /* descriptions beyond SAVEFILE_INTERFACES */
	uint64_t timeless; /* not lost: packets without a time, which have that of the one before */
};

/* Does a file that this reads begin so: pcap 2.4 in either byte order and precision, or a
 * section of pcapng? */
bool savefile_known(const uint8_t *bytes, size_t length);

/* The input stands at the file's first byte and must outlive the savefile. NULL: out of memory. */
struct savefile *savefile_new(struct input *input);
void savefile_free(struct savefile *savefile); /* NULL is allowed */
uint64_t savefile_bytes(void);		       /* what savefile_new() takes */

/* The LINKTYPE_ that a classic file begins with; -1: it is another one, or not all there. */
int savefile_link(struct savefile *savefile);

/*
 * What its packets come from is added to `origins`: this capture, and its interfaces by their
 * names. Before the first record. `origins` must outlive the savefile.
 */
void savefile_name(struct savefile *savefile, struct origins *origins,
		   const struct origin_names *names);

/* Is the next record here, so that reading it leaves those before it where they are? */
bool savefile_ready(const struct savefile *savefile);

/* 1: a record; 0: the end; -1: broken, see savefile_failure(). */
int savefile_next(struct savefile *savefile, struct savefile_record *record);
const char *savefile_failure(const struct savefile *savefile);
/* Has it failed because the file ends too early? */
bool savefile_is_cut(const struct savefile *savefile);
struct savefile_lost savefile_lost(const struct savefile *savefile);

#endif
