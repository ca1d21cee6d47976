/* SPDX-License-Identifier: ISC */
/* The inside of the engine's store, for engine_store.c and engine_restore.c alone. */
#ifndef SENSOR_ENGINE_STORE_STATE_H
#define SENSOR_ENGINE_STORE_STATE_H

#include "sensor/engine/engine_saved.h"
#include "sensor/engine/engine_store.h"

enum kind {
	KIND_EXPOSURE = 1,
	KIND_INCIDENT,
	KIND_WALL,
	KIND_COVERAGE,
	KIND_EXCEPTION,
};

/* What the file has of a slot: a hash of the record, and the key under which it stands there. */
struct shadow {
	uint64_t hash;
	struct endpoint endpoint;
	bool stored;
};

struct incident_shadow {
	uint64_t hash;
	char id[EXPOSURE_ID_TEXT];
};

struct wall_shadow {
	struct wall_seen seen;
	struct endpoint endpoint;
	bool stored;
};

struct line_shadow { /* of a rule or group; by index, of the policy whose digest is known */
	uint64_t newest_ns, probes, answers;
};

struct engine_store {
	struct engine *engine;
	struct journal *journal;
	struct shadow *exposures;
	struct incident_shadow *incidents;
	struct wall_shadow *walls;
	struct line_shadow *rules, *groups;
	uint8_t *exceptions;
	uint64_t digest; /* of the policy that the lines belong to */
	uint64_t lost;	 /* journal_state_lost() when all was written last */
	uint32_t next_exposure, next_incident, next_wall;
	bool all; /* whatever has changed, however little */
	struct saved_scratch scratch;
};

uint64_t engine_store_digest(const struct policy *policy);
uint64_t engine_store_exception_key(const struct policy *policy, uint16_t index);

#endif
