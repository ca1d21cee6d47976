/* SPDX-License-Identifier: ISC */
/*
 * What many conversations say of one exposure, merged. Text is filled where there is none, or
 * taken from a better identified conversation; of log-ins the furthest that any client got; of
 * commands each text once, and a bad one is never crowded out by a more harmless one.
 */
#ifndef SENSOR_EXPOSURE_MERGE_H
#define SENSOR_EXPOSURE_MERGE_H

#include "sensor/base/services.h"
#include "sensor/engine/exposure.h"
#include "sensor/engine/ladder.h"

/* Failed log-ins in a row, over all clients, that make the next accepted one a break-in. */
#define CAMPAIGN_FAILURES 3

/* Takes everything in but level, severity and state. True if the service became another one. */
bool exposure_merge(struct exposure *x, const struct observation *o, const struct rung *rung,
		    const struct services *services, uint64_t hash_key);

/* The client's row: how far it got, furthest first. `data_out`: bytes that are data-out. */
void exposure_merge_source(struct exposure *x, const struct observation *o, enum level level,
			   uint64_t data_out);

/* The row of another exposure's client, into this one's. */
void exposure_merge_add_source(struct exposure *x, const struct exposure_source *source);

/* Drops what belongs to one life of an exposure, when the next one begins. */
void exposure_merge_restart(struct exposure *x);

#endif
