/* SPDX-License-Identifier: ISC */
/* Times, places and sizes as a person reads them; for sink_text.c and text_report.c. */
#ifndef SENSOR_TEXT_WORDS_H
#define SENSOR_TEXT_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "sensor/event/event.h"

#define TEXT_TIME  24 /* "2015-02-03 04:05:06.123" and a NUL */
#define TEXT_PLACE 64 /* "[2001:db8::1]:6379/tcp" */
#define TEXT_SIZE  16 /* "1.2 MB" */

/* All return `text`. Times are UTC; 0 is "never". */
const char *text_time(uint64_t ns, char text[TEXT_TIME]);
const char *text_place(const struct endpoint *endpoint, char text[TEXT_PLACE]);
const char *text_size(uint64_t bytes, char text[TEXT_SIZE]);

/* The severity in capitals, and the terminal sequences before and after it ("" without colour). */
const char *text_severity(uint8_t severity);
const char *text_paint(uint8_t severity, bool terminal);
const char *text_paint_end(bool terminal);

/* What a policy says may hold anything: of it, what a terminal may be given. */
struct text_safe {
	char text[280];
};
struct text_safe text_safe(const char *text);

/* "s" unless there is exactly one. */
const char *text_plural(uint64_t count);

#endif
