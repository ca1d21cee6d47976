/* SPDX-License-Identifier: ISC */
/*
 * Less to lose: what every byte on the wire could reach if it ever took over this process. Called
 * once, when everything that needs privileges is open; inherited by threads that start later.
 */
#ifndef SENSOR_SANDBOX_H
#define SENSOR_SANDBOX_H

#include <stdbool.h>

/*
 * Becomes `user` (NULL: stays), gives up all capabilities if `drop_capabilities`, can never gain
 * any again, and can no longer start programs, trace others, or change the kernel's set-up. Exits
 * with EXIT_USAGE and a reason if any of that fails: half a sandbox is none.
 */
void sandbox_enter(const char *user, bool drop_capabilities);

#endif
