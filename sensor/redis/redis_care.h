/* SPDX-License-Identifier: ISC */
/*
 * What Redis says of the state that it keeps: whether some of it was lost or had to be mended,
 * whether another sensor has our name, whether it throws keys away when it is full. Said in the log
 * when it begins, counted always.
 */
#ifndef SENSOR_REDIS_CARE_H
#define SENSOR_REDIS_CARE_H

#include <stdbool.h>
#include <stdint.h>

#include "sensor/redis/redis_connection.h"

struct redis_care {
	const char *server; /* for messages; must outlive it */
	char evicts[32];    /* its maxmemory-policy, if that is not noeviction; else "" */
	char told[200];	    /* what was said last */
	bool twin;	    /* said */
	uint64_t retold_ms; /* when a loss was last answered by telling all anew; 0: never */
	uint64_t losses;    /* such answers */
	uint64_t mended;    /* keys that were wrong and are right now */
	uint64_t twins;	    /* answers that told of another sensor of our name */
};

/* The answer to INFO memory. */
void redis_care_policy(struct redis_care *care, const struct redis_answer *answer);
/* A heartbeat's answer told this. */
void redis_care_state(struct redis_care *care, int64_t lost, int64_t mended, bool twin,
		      const char *words);
/* A batch's. */
void redis_care_mended(struct redis_care *care, int64_t mended, const char *words);

#endif
