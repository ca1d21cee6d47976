/* SPDX-License-Identifier: ISC */
/*
 * Captures that are mirrors: what a collector has received through one tunnel, from an end that no
 * policy names. Whoever replays such a file means what is inside.
 *
 * A capture is a mirror if
 *
 *   - of its first 64 packets, and of all of them in the end, nine of ten or more came in a tunnel
 *     from one and the same address to another, of one kind, and could be read in there; at least
 *     10;
 *   - no packet came in another tunnel that is not believed; and
 *   - no packet outside of that tunnel is of the policy's business: a capture of a border that
 *     somebody floods with such packets has others as well.
 *
 * The first 64 packets are all that is read of most captures; of one that may be a mirror
 * everything is, before the replay itself begins.
 */
#ifndef SENSOR_MIRRORS_H
#define SENSOR_MIRRORS_H

#include "sensor/capture/sources.h"
#include "sensor/run/app.h"

/*
 * Adds the sessions of such captures to the worker's options, and says so on standard error and in
 * the report. Nothing is done where the policy has a section `tunnels`, which says it exactly, in
 * an inventory, which believes all, and with standard input, which can be read only once.
 */
void mirrors_find(const struct app *app, const struct sources *sources, struct filters *filters,
		  struct worker_options *worker);

#endif
