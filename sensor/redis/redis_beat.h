/* SPDX-License-Identifier: ISC */
/*
 * The latest heartbeat, kept for the moment when Redis is (again) there, and what Redis was told of
 * it last: only what has changed since is sent. /
 */
#ifndef SENSOR_REDIS_BEAT_H
#define SENSOR_REDIS_BEAT_H

#include <stdbool.h>
#include <stddef.h>

#include "sensor/redis/redis_lines.h"
#include "sensor/redis/redis_message.h"

struct redis_heart {
	char *packed; /* pairs (event_fields.h); NULL: none yet */
	size_t length;
	struct redis_lines lines;
	char fleet[REDIS_FLEET_JSON];
};

/* Copies the pairs. `evicts`: a policy of Redis's that is told with them; "": none. False: no
 * memory. */
bool redis_heart_set(struct redis_heart *heart, const char *packed, size_t length,
		     const char *evicts);
/* What is to be sent, valid until the next call. Then redis_heart_told(). */
struct redis_beat redis_heart_beat(struct redis_heart *heart);
void redis_heart_told(struct redis_heart *heart);
void redis_heart_free(struct redis_heart *heart);

#endif
