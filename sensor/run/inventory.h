/* SPDX-License-Identifier: ISC */
/*
 * --inventory: every service that was seen, whether or not a policy cares, as one JSON line for
 * each server endpoint and client; conversations of one client that went differently have lines of
 * their own. Lines are written sorted, at the end of each input. Format: spanwatch(8), INVENTORY.
 */
#ifndef SENSOR_INVENTORY_H
#define SENSOR_INVENTORY_H

#include <stdio.h>

#include "sensor/base/services.h"
#include "sensor/event/observation.h"

struct inventory;

/* At most `max_lines` for each input; what finds no room is counted. NULL: out of memory. */
struct inventory *inventory_new(uint32_t max_lines, uint64_t hash_key,
				const struct services *services);
void inventory_free(struct inventory *inventory);
uint64_t inventory_bytes(uint32_t max_lines); /* what inventory_new() takes */

/* A conversation has ended: an observation with flow.last. */
void inventory_add(struct inventory *inventory, const struct observation *observation);

/* Writes the lines and forgets them. `file` is the name to tell, without folders. False: `out` did
 * not take them. */
bool inventory_write(struct inventory *inventory, const char *file, FILE *out);

uint64_t inventory_left_out(const struct inventory *inventory); /* conversations, so far */

#endif
