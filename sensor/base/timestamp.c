/* SPDX-License-Identifier: ISC */
/* See timestamp.h. 64 bits of nanoseconds end in the year 2554: the width never changes. */
#include "sensor/base/timestamp.h"

#include <string.h>
#include <time.h>

#include "sensor/base/clock.h"
#include "sensor/base/decimal.h"

#define DAY_S 86400

/*
 * Days since 1970 as "2015-02-03". Years begin with March here, so that a leap day is the last of
 * its year, and months have 153 days in five; 400 years have 146097 days.
 */
static char *date(char *to, uint32_t days)
{
	const uint32_t since_0000_03_01 = days + 719468;
	const uint32_t era = since_0000_03_01 / 146097, of_era = since_0000_03_01 % 146097;
	const uint32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	const uint32_t of_year = of_era - (365 * year + year / 4 - year / 100);
	const uint32_t month = (5 * of_year + 2) / 153; /* 0: March */
	const uint32_t day = of_year - (153 * month + 2) / 5 + 1;

	to = decimal_padded(to, era * 400 + year + (month >= 10), 4);
	*to++ = '-';
	to = decimal_padded(to, month < 10 ? month + 3 : month - 9, 2);
	*to++ = '-';
	return decimal_padded(to, day, 2);
}

const char *timestamp_format(uint64_t ns, char text[TIMESTAMP_TEXT])
{
	const uint64_t seconds = ns / NS_PER_S;
	const uint32_t of_day = (uint32_t)(seconds % DAY_S);
	char *to = date(text, (uint32_t)(seconds / DAY_S));

	*to++ = 'T';
	to = decimal_padded(to, of_day / 3600, 2);
	*to++ = ':';
	to = decimal_padded(to, of_day / 60 % 60, 2);
	*to++ = ':';
	to = decimal_padded(to, of_day % 60, 2);
	*to++ = '.';
	to = decimal_padded(to, (uint32_t)(ns % NS_PER_S / NS_PER_US), 6);
	*to++ = 'Z';
	*to = '\0';
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
