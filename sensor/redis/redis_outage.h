/* SPDX-License-Identifier: ISC */
/*
 * Trouble with Redis, from its first sign until something works again: each cause of it is said
 * once, however many attempts fail in between, and attempts get rarer. A fleet that lost its server
 * must not come back in step: each pause is up to a quarter longer, by chance.
 */
#ifndef SENSOR_REDIS_OUTAGE_H
#define SENSOR_REDIS_OUTAGE_H

#include <stdbool.h>
#include <stdint.h>

#define REDIS_CAUSES 8 /* that are said of one outage */

struct redis_outage {
	const char *server; /* for messages */
	uint32_t first_ms, longest_ms;
	uint32_t next_ms;
	uint64_t errors;	       /* never reset */
	uint64_t causes[REDIS_CAUSES]; /* hashes of what was said of this one */
	unsigned told;
};

/* `server` must outlive it. */
void redis_outage_init(struct redis_outage *outage, const char *server, uint32_t first_ms,
		       uint32_t longest_ms);
void redis_outage_begin(struct redis_outage *outage, const char *what);
void redis_outage_end(struct redis_outage *outage);
uint32_t redis_outage_pause_ms(struct redis_outage *outage); /* before the next attempt */

#endif
