/* SPDX-License-Identifier: ISC */
/* See redis_beat.h. Fields of the fleet's JSON: spanwatch-redis(7). */
#include "sensor/redis/redis_beat.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/base/timestamp.h"
#include "sensor/event/event_fields.h"

enum form { TEXT, TIME, NUMBER };

static const struct {
	const char *name;
	enum form form;
} shown[] = {
	{"sensor", TEXT},
	{"state", TEXT},
	{"blind", TEXT},
	{"version", TEXT},
	{"time", TIME},
	{"packet_time", TIME},
	{"events_waiting", NUMBER},
	{"events_lost", NUMBER},
	{"redis_rejected", NUMBER},
	{"packets", NUMBER},
	{"dropped_kernel", NUMBER},
	{"exposures_open", NUMBER},
	{"clock_skew_ms", NUMBER},
	{"delivery_p99_us", NUMBER},
	{"redis_evicts", TEXT},
};

bool redis_heart_set(struct redis_heart *heart, const char *packed, size_t length,
		     const char *evicts)
{
	static const char name[] = "redis_evicts";
	size_t more = evicts[0] != '\0' ? sizeof name + strlen(evicts) + 1 : 0;
	char *copy = realloc(heart->packed, length + more);

	if (copy == NULL)
		return false;
	memcpy(copy, packed, length);
	if (more != 0) {
		memcpy(copy + length, name, sizeof name);
		memcpy(copy + length + sizeof name, evicts, more - sizeof name);
	}
	heart->packed = copy;
	heart->length = length + more;
	return true;
}

static const char *find(const struct redis_heart *heart, const char *name, const char *otherwise)
{
	const char *value = event_fields_find(heart->packed, heart->length, name);

	return value != NULL && value[0] != '\0' ? value : otherwise;
}

/* Names of sensors, states, causes, versions and policies have no character that JSON would quote;
 * of those that do the value is left out. */
static size_t put(char *to, size_t size, const char *name, enum form form, const char *value)
{
	int length;

	if (strpbrk(value, "\"\\") != NULL)
		return 0;
	if (form == NUMBER)
		length = snprintf(to, size, ",\"%s\":%s", name, value);
	else
		length = snprintf(to, size, ",\"%s\":\"%s\"", name, value);
	if (form == TIME && length >= 0 && (size_t)length < size)
		length += snprintf(to + length, size - (size_t)length, ",\"%s_ms\":%" PRIu64, name,
				   (uint64_t)(timestamp_parse(value) / NS_PER_MS));
	return length < 0 || (size_t)length >= size ? 0 : (size_t)length;
}

static void write_fleet(struct redis_heart *heart)
{
	char *to = heart->fleet;
	size_t used = 0, size = sizeof heart->fleet - 1; /* room for the brace */

	for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
		const char *value = find(heart, shown[i].name, NULL);

		if (value != NULL)
			used += put(to + used, size - used, shown[i].name, shown[i].form, value);
	}
	to[0] = '{';
	if (used == 0)
		used = 1;
	to[used] = '}';
	to[used + 1] = '\0';
}

struct redis_beat redis_heart_beat(struct redis_heart *heart)
{
	struct redis_beat beat = {
		.expected = find(heart, "exposures_open", "0"),
		.waiting = find(heart, "events_waiting", "0"),
		.state = find(heart, "state", "?"),
		.fleet = heart->fleet,
	};

	write_fleet(heart);
	if (!redis_lines_compare(&heart->lines, heart->packed, heart->length))
		heart->lines.changed_length = 0;
	beat.full = heart->lines.full;
	beat.packed = heart->lines.changed;
	beat.length = heart->lines.changed_length;
	return beat;
}

void redis_heart_told(struct redis_heart *heart)
{
	redis_lines_told(&heart->lines, heart->packed, heart->length);
}

void redis_heart_free(struct redis_heart *heart)
{
	free(heart->packed);
	heart->packed = NULL;
	redis_lines_free(&heart->lines);
}
