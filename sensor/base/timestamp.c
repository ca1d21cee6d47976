/* SPDX-License-Identifier: ISC */
/* See timestamp.h. 64 bits of nanoseconds end in the year 2554: the width never changes. */
#include "sensor/base/timestamp.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sensor/base/clock.h"

const char *timestamp_format(uint64_t ns, char text[TIMESTAMP_TEXT])
{
	time_t seconds = (time_t)(ns / NS_PER_S);
	unsigned microseconds = (unsigned)(ns % NS_PER_S / NS_PER_US);
	struct tm utc;
	size_t length;

	gmtime_r(&seconds, &utc);
	length = strftime(text, TIMESTAMP_TEXT, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(text + length, TIMESTAMP_TEXT - length, ".%06uZ", microseconds);
	return text;
}

uint64_t timestamp_parse(const char *text)
{
	struct tm utc = {.tm_sec = 0};
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &utc);
	time_t seconds = rest ? timegm(&utc) : -1;
	uint64_t microseconds = 0;

	if (seconds < 0 || rest[0] != '.')
		return 0;
	rest++;
	if (strspn(rest, "0123456789") != 6 || strcmp(rest + 6, "Z") != 0)
		return 0;
	for (int i = 0; i < 6; i++)
		microseconds = microseconds * 10 + (uint64_t)(rest[i] - '0');
	return (uint64_t)seconds * NS_PER_S + microseconds * NS_PER_US;
}
