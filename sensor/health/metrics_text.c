/* SPDX-License-Identifier: ISC */
/* See metrics_text.h. */
#include "sensor/health/metrics_text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/base/printable.h"

#define LABEL_MAX 256

static bool reserve(struct metrics_text *text, size_t more)
{
	size_t capacity = text->capacity ? text->capacity : 16384;
	char *bytes;

	while (capacity < text->length + more)
		capacity *= 2;
	if (capacity == text->capacity)
		return true;
	bytes = realloc(text->bytes, capacity);
	if (!bytes) {
		text->failed = true;
		return false;
	}
	text->bytes = bytes;
	text->capacity = capacity;
	return true;
}

__attribute__((format(printf, 2, 3))) static void put(struct metrics_text *text, const char *format,
						      ...)
{
	va_list arguments;
	int length;

	if (!reserve(text, 1024))
		return;
	va_start(arguments, format);
	length = vsnprintf(text->bytes + text->length, 1024, format, arguments);
	va_end(arguments);
	text->length += length < 1024 ? (size_t)length : 1023;
}

void metrics_family(struct metrics_text *text, const char *name, const char *type, const char *help)
{
	text->family = name;
	put(text, "# HELP " METRICS_PREFIX "%s %s\n# TYPE " METRICS_PREFIX "%s %s\n", name, help,
	    name, type);
}

/*
 * Label values may hold anything: printable_copy() leaves no line ends, the other two are escaped.
 */
static void put_value(struct metrics_text *text, const char *value)
{
	char safe[LABEL_MAX];

	printable_copy(safe, sizeof safe, value);
	if (!reserve(text, 2 * sizeof safe))
		return;
	for (const char *c = safe; *c != '\0'; c++) {
		if (*c == '\\' || *c == '"')
			text->bytes[text->length++] = '\\';
		text->bytes[text->length++] = *c;
	}
}

static void put_labels(struct metrics_text *text, const char *const *labels)
{
	if (!labels || !labels[0])
		return;
	put(text, "{");
	for (size_t i = 0; labels[i]; i += 2) {
		put(text, "%s%s=\"", i ? "," : "", labels[i]);
		put_value(text, labels[i + 1]);
		put(text, "\"");
	}
	put(text, "}");
}

void metrics_sample(struct metrics_text *text, const char *const *labels, uint64_t value)
{
	put(text, METRICS_PREFIX "%s", text->family);
	put_labels(text, labels);
	put(text, " %" PRIu64 "\n", value);
}

void metrics_seconds(struct metrics_text *text, const char *const *labels, uint64_t ns)
{
	put(text, METRICS_PREFIX "%s", text->family);
	put_labels(text, labels);
	put(text, " %" PRIu64 ".%09" PRIu64 "\n", ns / NS_PER_S, ns % NS_PER_S);
}

void metrics_single(struct metrics_text *text, const char *name, const char *type, const char *help,
		    uint64_t value)
{
	metrics_family(text, name, type, help);
	metrics_sample(text, NULL, value);
}

void metrics_latency(struct metrics_text *text, const char *name, const char *help,
		     const struct latency *latency)
{
	uint64_t up_to = 0;

	metrics_family(text, name, "histogram", help);
	for (int i = 0; i < LATENCY_BOUNDS; i++) {
		up_to += latency->counts[i];
		put(text, METRICS_PREFIX "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name,
		    (double)latency_bounds_ns[i] / NS_PER_S, up_to);
	}
	put(text, METRICS_PREFIX "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, latency->count);
	put(text, METRICS_PREFIX "%s_sum %" PRIu64 ".%09" PRIu64 "\n", name,
	    latency->sum_ns / NS_PER_S, latency->sum_ns % NS_PER_S);
	put(text, METRICS_PREFIX "%s_count %" PRIu64 "\n", name, latency->count);
}
