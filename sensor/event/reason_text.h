/* SPDX-License-Identifier: ISC */
/* Building a sentence in a fixed buffer: what does not fit is cut off ("..."). */
#ifndef SENSOR_REASON_TEXT_H
#define SENSOR_REASON_TEXT_H

#include "sensor/event/reason.h"

#define TEXT_FORMAT(a, b) __attribute__((format(printf, a, b)))

struct text {
	char *at;
	size_t left; /* with the NUL; 0: cut off */
};

static inline struct text text_in(char *reason)
{
	reason[0] = '\0';
	return (struct text){.at = reason, .left = REASON_MAX};
}

void text_say(struct text *text, const char *format, ...) TEXT_FORMAT(2, 3);
/* "2015-02-20 14:03:11Z" */
void text_instant(struct text *text, uint64_t ns);
/* "1.2 MiB" */
void text_bytes(struct text *text, uint64_t bytes);
/* "18 days 3 h", "4 min", "12 s" */
void text_duration(struct text *text, uint64_t ns);
/* "3 sources", "1 source" */
void text_count(struct text *text, uint64_t count, const char *one);
/* "10.20.1.10:6379", "[2001:db8::1]:443", "10.20.1.10:514/udp", "all ports of 10.20.1.10" */
void text_endpoint(struct text *text, const struct endpoint *endpoint);
void text_address(struct text *text, const struct address *address);
/* Of an exposure's client with its zone ("": not known), and whom it came by. */
void text_client(struct text *text, const struct exposure_view *x, const char *zone);
/* "redis 7.0.15 on 10.20.1.10:6379 (group databases)" */
void text_subject(struct text *text, const struct exposure_view *x, const struct services *s);

#endif
