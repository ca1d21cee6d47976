/* SPDX-License-Identifier: ISC */
/* What is said to a Redis server before the first event: log-in, database, the script. */
#ifndef SENSOR_REDIS_GREETING_H
#define SENSOR_REDIS_GREETING_H

#include <stdbool.h>
#include <stddef.h>

#include "sensor/redis_connection.h"

/* Sends it, or only the script again if `script_only`. Returns how many answers are due (the last
 * one is the script's digest), 0 if it could not be sent. */
size_t redis_greeting(struct redis_connection *connection, const struct redis_url *url,
		      bool script_only);

#endif
