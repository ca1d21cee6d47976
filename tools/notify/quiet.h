/* SPDX-License-Identifier: ISC */
/* Quiet hours: "22:00-07:00", "sat-sun 00:00-24:00", by the clock of the host's time zone. */
#ifndef TOOLS_NOTIFY_QUIET_H
#define TOOLS_NOTIFY_QUIET_H

#include <stdbool.h>
#include <stdint.h>

#define QUIET_MAX 16 /* spans of one channel */

struct quiet_hours {
	uint8_t days;	   /* bit 0: Sunday; the day on which it begins */
	uint16_t from, to; /* minutes of the day; from > to: until the next day; 1440: its end */
};

/* NULL and `out`, or what is wrong with it. */
const char *quiet_parse(const char *text, struct quiet_hours *out);
/* `day` 0: Sunday; `minute` of that day. */
bool quiet_now(const struct quiet_hours *hours, uint32_t count, int day, int minute);

#endif
