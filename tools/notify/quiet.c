/* SPDX-License-Identifier: ISC */
/* See quiet.h. A span that goes over midnight belongs to the day on which it begins. */
#include "tools/notify/quiet.h"

#include <string.h>

#define DAY_MINUTES 1440
#define ALL_DAYS    0x7f

static const char *const day_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

static int take_day(const char **at)
{
	for (int day = 0; day < 7; day++) {
		if (strncmp(*at, day_names[day], 3) == 0) {
			*at += 3;
			return day;
		}
	}
	return -1;
}

/* "mon-fri " or "sun "; nothing of that is every day. */
static bool take_days(const char **at, uint8_t *days)
{
	int first = take_day(at), last = first;

	*days = ALL_DAYS;
	if (first < 0)
		return true;
	if (**at == '-') {
		(*at)++;
		last = take_day(at);
	}
	if (last < 0 || **at != ' ')
		return false;
	while (**at == ' ')
		(*at)++;
	*days = 0;
	for (int day = first;; day = (day + 1) % 7) {
		*days = (uint8_t)(*days | 1U << day);
		if (day == last)
			return true;
	}
}

static bool take_two(const char **at, int *value)
{
	const char *text = *at;

	if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
		return false;
	*value = (text[0] - '0') * 10 + text[1] - '0';
	*at += 2;
	return true;
}

static bool take_time(const char **at, uint16_t *minute)
{
	int hours, minutes;

	if (!take_two(at, &hours) || *(*at)++ != ':' || !take_two(at, &minutes) || minutes > 59 ||
	    hours * 60 + minutes > DAY_MINUTES)
		return false;
	*minute = (uint16_t)(hours * 60 + minutes);
	return true;
}

const char *quiet_parse(const char *text, struct quiet_hours *out)
{
	struct quiet_hours hours;
	const char *at = text;

	if (!take_days(&at, &hours.days) || !take_time(&at, &hours.from) || *at != '-')
		return "is not like 22:00-07:00 or mon-fri 18:00-08:00";
	at++;
	if (!take_time(&at, &hours.to) || *at != '\0')
		return "is not like 22:00-07:00 or mon-fri 18:00-08:00";
	if (hours.from == hours.to || hours.from == DAY_MINUTES)
		return "is no time at all: for the whole day write 00:00-24:00";
	*out = hours;
	return NULL;
}

bool quiet_now(const struct quiet_hours *hours, uint32_t count, int day, int minute)
{
	unsigned today = 1U << day, yesterday = 1U << (day + 6) % 7;

	for (uint32_t i = 0; i < count; i++) {
		const struct quiet_hours *span = &hours[i];
		bool over_midnight = span->from > span->to;

		if ((span->days & today) != 0 && minute >= span->from &&
		    (over_midnight || minute < span->to))
			return true;
		if (over_midnight && (span->days & yesterday) != 0 && minute < span->to)
			return true;
	}
	return false;
}
