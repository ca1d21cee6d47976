/* SPDX-License-Identifier: ISC */
/*
 * The engine's records as bytes, and back, for engine_store.c alone. What is an index in memory
 * (service, rule, group, zone) is a name here. Whoever adds a member to one of the structs adds a
 * row in exposure_fields.h or in engine_saved.c: tests/unit/sensor/test_engine_store.c reminds.
 */
#ifndef SENSOR_ENGINE_SAVED_H
#define SENSOR_ENGINE_SAVED_H

#include "sensor/engine/engine_state.h"

#define SAVED_MAX 16384 /* bytes of the biggest, and of the scratch */

struct saved_scratch {
	uint8_t bytes[SAVED_MAX], scratch[SAVED_MAX];
};

/* The result is in scratch->bytes. */
size_t engine_saved_exposure_write(const struct engine *engine, const struct exposure *x,
				   struct saved_scratch *scratch);
size_t engine_saved_incident_write(const struct engine *engine, const struct incident *incident,
				   struct saved_scratch *scratch);
size_t engine_saved_coverage_write(const struct coverage *coverage, struct saved_scratch *scratch);
size_t engine_saved_wall_write(const struct wall_seen *seen, struct saved_scratch *scratch);

/* False: damaged. Members that the bytes do not have stay as they are in `x`. */
bool engine_saved_exposure_read(const struct engine *engine, struct exposure *x, const void *bytes,
				size_t length, struct saved_scratch *scratch);
bool engine_saved_incident_read(const struct engine *engine, struct incident *incident,
				const void *bytes, size_t length, struct saved_scratch *scratch);
bool engine_saved_coverage_read(struct coverage *coverage, const void *bytes, size_t length,
				struct saved_scratch *scratch);
bool engine_saved_wall_read(struct wall_seen *seen, const void *bytes, size_t length,
			    struct saved_scratch *scratch);

#endif
