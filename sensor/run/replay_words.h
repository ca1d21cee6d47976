/* SPDX-License-Identifier: ISC */
/* What a replay says on standard error about a capture: the same words whoever has read it. */
#ifndef SENSOR_REPLAY_WORDS_H
#define SENSOR_REPLAY_WORDS_H

#include <stdint.h>

/* Its link type, by libpcap's name. */
void replay_say_unsupported(const char *path, const char *link);
/* It broke after so many packets. */
void replay_say_broken(const char *path, const char *reason, uint64_t packets);
void replay_say_unread(const char *path, const char *reason);

#endif
