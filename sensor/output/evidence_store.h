/* SPDX-License-Identifier: ISC */
/*
 * --evidence DIR: packets of exposures on disk, one pcapng file for each, named by the exposure's
 * id. Bounded: bytes of one file (then no more is added), number of files and bytes of all (then
 * the one written to longest ago is deleted). What other runs left in DIR counts as well.
 *
 * DIR is opened once, with whatever rights there are then; files are made in it by name, 0600.
 * A disk that is full or read-only costs the packets of that time: counted, told once, tried on.
 */
#ifndef SENSOR_EVIDENCE_STORE_H
#define SENSOR_EVIDENCE_STORE_H

#include "sensor/base/counter_rows.h"
#include "sensor/worker/worker.h"

#define EVIDENCE_ERROR 192

struct evidence_store;

struct evidence_options {
	const char *directory; /* made, 0700, if it does not exist; then `user`'s */
	const char *user;      /* who will write; NULL: who runs now */
	const char *interface, *sensor, *site;
	uint32_t max_files;
	uint64_t max_file_bytes, max_bytes;
	bool anew; /* a replay: an exposure's file begins empty; else it is added to */
};

struct evidence_stats {
	COUNTERS_EVIDENCE(COUNTER_MEMBER, )
};

/* NULL, and a sentence in `error`. The strings of `options` must outlive it, but `site` and `user`:
 * a policy that holds the former may be gone by then. */
struct evidence_store *evidence_open(const struct evidence_options *options,
				     char error[EVIDENCE_ERROR]);
void evidence_close(struct evidence_store *store); /* NULL is allowed */
uint64_t evidence_bytes(uint32_t max_files);	   /* what evidence_open() takes */
/* Says so if nothing can be written as the user that the process has become. */
void evidence_check(struct evidence_store *store);
void evidence_add(struct evidence_store *store, const struct kept_frame *kept);
void evidence_stats(const struct evidence_store *store, struct evidence_stats *stats);

#endif
