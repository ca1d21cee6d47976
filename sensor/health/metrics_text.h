/* SPDX-License-Identifier: ISC */
/*
 * Prometheus's text format 0.0.4: families with HELP and TYPE, samples with escaped labels.
 *
 *	metrics_family(&text, "packets_total", "counter", "Packets looked at.");
 *	metrics_sample(&text, (const char *[]){"interface", name, NULL}, packets);
 */
#ifndef SENSOR_METRICS_TEXT_H
#define SENSOR_METRICS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sensor/base/latency.h"

#define METRICS_TYPE   "text/plain; version=0.0.4; charset=utf-8"
#define METRICS_PREFIX "spanwatch_"

struct metrics_text {
	char *bytes; /* free() it */
	size_t length, capacity;
	bool failed;	    /* out of memory */
	const char *family; /* the current one; samples are its */
};

/* Strings must be valid during the call only, but `name` until the next family. */
void metrics_family(struct metrics_text *text, const char *name, const char *type,
		    const char *help);
/* `labels`: names and values in turns, NULL at the end; NULL: none. */
void metrics_sample(struct metrics_text *text, const char *const *labels, uint64_t value);
/* The sample of a time or duration: seconds. */
void metrics_seconds(struct metrics_text *text, const char *const *labels, uint64_t ns);
/* A family of one sample without labels. */
void metrics_single(struct metrics_text *text, const char *name, const char *type, const char *help,
		    uint64_t value);
/* A histogram of seconds. */
void metrics_latency(struct metrics_text *text, const char *name, const char *help,
		     const struct latency *latency);

#endif
