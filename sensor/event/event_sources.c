/* SPDX-License-Identifier: ISC */
/* See event_sources.h. */
#include "sensor/event/event_sources.h"

#include <string.h>

#include "sensor/base/decimal.h"

static char *add_number(char *to, const char *before, uint64_t number)
{
	to = stpcpy(to, before);
	return to + decimal_write(to, number);
}

static char *add_time(char *to, const char *before, uint64_t ns)
{
	to = stpcpy(to, before);
	timestamp_format(ns, to);
	return to + TIMESTAMP_TEXT - 1;
}

static char *add_address(char *to, const char *before, const struct address *address)
{
	to = stpcpy(to, before);
	return to + strlen(address_format(address, to));
}

/* "203.0.113.9 accessed flows=3 bytes_out=4096 failed=2 succeeded=1 first=… last=…", in less than
 * EVENT_SOURCE_TEXT. Returns its end, without a NUL. */
static char *add_source(char *to, const struct exposure_source *source)
{
	to = add_address(to, "", &source->address);
	*to++ = ' ';
	to = stpcpy(to, level_name(source->level));
	to = add_number(to, " flows=", source->flows);
	to = add_number(to, " bytes_out=", source->bytes_out);
	to = add_number(to, " failed=", source->logins_failed);
	to = add_number(to, " succeeded=", source->logins_succeeded);
	to = add_time(to, " first=", source->first_ns);
	to = add_time(to, " last=", source->last_ns);
	if (source->carrier.by != FORWARDED_NOT)
		to = add_address(to, " by=", &source->carrier.address);
	if (source->ja4[0] != '\0')
		to = stpcpy(stpcpy(to, " ja4="), source->ja4);
	return to;
}

size_t event_sources(const struct exposure_view *exposure, char text[EVENT_SOURCES_TEXT])
{
	char *to = text;

	for (size_t i = 0; i < exposure->source_count && i < EXPOSURE_SOURCES; i++) {
		if (i != 0)
			to = stpcpy(to, "; ");
		to = add_source(to, &exposure->sources[i]);
	}
	return (size_t)(to - text);
}
