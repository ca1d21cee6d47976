/* SPDX-License-Identifier: ISC */
/*
 * The engine's memory over a restart: open and lately closed exposures, incidents, wall evidence,
 * coverage, and which exceptions were told, in the journal. Live only: a replay begins with
 * nothing, so that it stays the same.
 *
 * What an event told of is written with the event (engine_store_touched, as the journal's hook), so
 * that a kill -9 neither forgets nor repeats it. What moved without an event (counters, walls,
 * coverage) follows within seconds, a bounded number of records at a time.
 */
#ifndef SENSOR_ENGINE_STORE_H
#define SENSOR_ENGINE_STORE_H

#include "sensor/engine/engine.h"
#include "sensor/journal/journal.h"

struct engine_store;

struct engine_restored {
	uint64_t exposures, open, incidents, walls;
	uint64_t unusable; /* damaged, or without room */
};

/* Both must outlive it. NULL: out of memory. */
struct engine_store *engine_store_new(struct engine *engine, struct journal *journal);
void engine_store_free(struct engine_store *store); /* NULL is allowed */

/* Into an engine that has seen nothing yet. The key of its tables must be that of the earlier run
 * (engine_store_hash_key). If the policy has changed since, it judges what is open again. */
void engine_store_restore(struct engine_store *store, uint64_t now_ns,
			  struct engine_restored *restored);

void engine_store_touched(void *context);	    /* a hook of journal_on_commit() with the
					       store */
void engine_store_tick(struct engine_store *store); /* about once a second */
void engine_store_all(struct engine_store *store);  /* before the end */

/* The key of the run before, or `fresh`, which is kept for the next. */
uint64_t engine_store_hash_key(struct journal *journal, uint64_t fresh);

#endif
