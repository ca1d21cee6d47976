/* SPDX-License-Identifier: ISC */
/* Captures, replayed by the sensor under two policies: which findings come and go? */
#ifndef TOOLS_POLICY_REHEARSE_H
#define TOOLS_POLICY_REHEARSE_H

#include <stddef.h>

/*
 * Says the differences on standard output and returns their number. `captures` ends with NULL. Ends
 * the program if the sensor cannot be run or cannot read the captures.
 */
size_t rehearse(const char *old_policy, const char *new_policy, char **captures);

#endif
