/* SPDX-License-Identifier: ISC */
/*
 * Scalars of a policy. Days are counted with the proleptic Gregorian calendar (RFC 3339 appendix
 * B has the like); years are bounded so that nanoseconds fit 64 bits.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "policy/values.h"

#define NS_PER_S   UINT64_C(1000000000)
#define S_PER_DAY  86400
#define YEAR_LEAST 1970
#define YEAR_MOST  2500

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit size_units[] = {
	{"", 1},
	{"B", 1},
	{"KB", 1000},
	{"MB", 1000000},
	{"GB", 1000000000},
	{"TB", 1000000000000},
	{"KiB", UINT64_C(1) << 10},
	{"MiB", UINT64_C(1) << 20},
	{"GiB", UINT64_C(1) << 30},
	{"TiB", UINT64_C(1) << 40},
	{NULL, 0},
};
static const struct unit duration_units[] = {
	{"s", 1}, {"m", 60}, {"h", 3600}, {"d", S_PER_DAY}, {NULL, 0},
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads up to 18 digits, which cannot overflow; NULL if there are none or more. */
static const char *read_digits(const char *at, uint64_t *out)
{
	const char *start = at;
	uint64_t value = 0;

	for (; is_digit(*at); at++) {
		if (at - start == 18)
			return NULL;
		value = value * 10 + (uint64_t)(*at - '0');
	}
	if (at == start)
		return NULL;
	*out = value;
	return at;
}

static const char *check_range(uint64_t value, uint64_t least, uint64_t most,
			       struct complaint *complaint)
{
	if (value >= least && value <= most)
		return NULL;
	snprintf(complaint->text, sizeof complaint->text,
		 "must be between %" PRIu64 " and %" PRIu64, least, most);
	return complaint->text;
}

const char *values_number(const char *text, uint64_t least, uint64_t most, uint64_t *out,
			  struct complaint *complaint)
{
	uint64_t value = 0;
	const char *end = read_digits(text, &value), *wrong;

	if (end == NULL || *end != '\0')
		return "is not a number";
	wrong = check_range(value, least, most, complaint);
	if (wrong == NULL)
		*out = value;
	return wrong;
}

/* A number, blanks, a unit; false if it is not that or does not fit 63 bits. */
static bool read_with_unit(const char *text, const struct unit *units, uint64_t *out)
{
	uint64_t value = 0;
	const char *end = read_digits(text, &value);

	if (end == NULL)
		return false;
	while (*end == ' ')
		end++;
	for (; units->name != NULL; units++) {
		if (strcasecmp(end, units->name) != 0)
			continue;
		if (value > INT64_MAX / units->factor)
			return false;
		*out = value * units->factor;
		return true;
	}
	return false;
}

const char *values_size(const char *text, uint64_t least, uint64_t most, uint64_t *out,
			struct complaint *complaint)
{
	uint64_t value = 0;
	const char *wrong;

	if (!read_with_unit(text, size_units, &value))
		return "is not a size (like 1 MiB, 500 KB or 4096)";
	wrong = check_range(value, least, most, complaint);
	if (wrong == NULL)
		*out = value;
	return wrong;
}

const char *values_duration(const char *text, uint64_t least, uint64_t most, uint64_t *out,
			    struct complaint *complaint)
{
	uint64_t value = 0;

	if (!read_with_unit(text, duration_units, &value))
		return "is not a duration (like 90s, 10m, 1h or 7d)";
	if (value < least || value > most) {
		snprintf(complaint->text, sizeof complaint->text,
			 "must be between %" PRIu64 "s and %" PRIu64 "d", least, most / S_PER_DAY);
		return complaint->text;
	}
	*out = value * NS_PER_S;
	return NULL;
}

/* Exactly `count` digits at *at; moves on. A failed read leaves `*ok` false. */
static unsigned take_digits(const char **at, unsigned count, bool *ok)
{
	unsigned value = 0;

	for (; *ok && count > 0; count--, (*at)++) {
		if (!is_digit(**at))
			*ok = false;
		else
			value = value * 10 + (unsigned)(**at - '0');
	}
	return value;
}

static void take_char(const char **at, char wanted, bool *ok)
{
	if (*ok && **at == wanted)
		(*at)++;
	else
		*ok = false;
}

static bool is_leap(unsigned year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned days_of_month(unsigned year, unsigned month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	return days[month - 1] + (month == 2 && is_leap(year) ? 1U : 0U);
}

static uint64_t days_since_1970(unsigned year, unsigned month, unsigned day)
{
	uint64_t days = day - 1;

	for (unsigned y = YEAR_LEAST; y < year; y++)
		days += is_leap(y) ? 366 : 365;
	for (unsigned m = 1; m < month; m++)
		days += days_of_month(year, m);
	return days;
}

const char *values_moment(const char *text, uint64_t *out)
{
	bool ok = true, timed = false;
	const char *at = text;
	unsigned year, month, day, hour = 24, minute = 0, second = 0;

	year = take_digits(&at, 4, &ok);
	take_char(&at, '-', &ok);
	month = take_digits(&at, 2, &ok);
	take_char(&at, '-', &ok);
	day = take_digits(&at, 2, &ok);
	if (ok && *at != '\0') {
		take_char(&at, 'T', &ok);
		hour = take_digits(&at, 2, &ok);
		take_char(&at, ':', &ok);
		minute = take_digits(&at, 2, &ok);
		take_char(&at, ':', &ok);
		second = take_digits(&at, 2, &ok);
		take_char(&at, 'Z', &ok);
		timed = true;
	}
	if (!ok || *at != '\0')
		return "is not a date (2026-12-31) or time in UTC (2026-12-31T18:00:00Z)";
	if (year < YEAR_LEAST || year > YEAR_MOST || month < 1 || month > 12 || day < 1 ||
	    day > days_of_month(year, month) || (timed && hour > 23) || minute > 59 || second > 59)
		return "does not exist in the calendar (years 1970 to 2500)";
	*out = (days_since_1970(year, month, day) * S_PER_DAY + hour * 3600U + minute * 60U +
		second) *
	       NS_PER_S;
	return NULL;
}

const char *values_day_text(uint64_t ns, char text[VALUES_DAY_TEXT])
{
	uint64_t days = ns / NS_PER_S / S_PER_DAY;
	unsigned year = YEAR_LEAST, month = 1;

	while (year < YEAR_MOST && days >= (is_leap(year) ? 366U : 365U))
		days -= is_leap(year++) ? 366 : 365;
	while (month < 12 && days >= days_of_month(year, month))
		days -= days_of_month(year, month++);
	snprintf(text, VALUES_DAY_TEXT, "%04u-%02u-%02u", year % 10000, month,
		 (unsigned)days % 100 + 1);
	return text;
}

const char *values_address(const char *text, struct address *out)
{
	struct address address;

	if (!address_parse(text, &address))
		return strchr(text, '/') != NULL ? "is a prefix; a single address is wanted here"
						 : "is not an IP address";
	if (strchr(text, ':') != NULL && address_is_ipv4(&address))
		return "is an IPv4 address in the clothes of IPv6; write it as IPv4";
	*out = address;
	return NULL;
}

const char *values_prefix_text(const struct prefix *prefix, char text[VALUES_PREFIX_TEXT])
{
	bool ipv4 = prefix->length >= 96 && address_is_ipv4(&prefix->base);

	address_format(&prefix->base, text);
	if (prefix->length < 128)
		snprintf(text + strlen(text), VALUES_PREFIX_TEXT - strlen(text), "/%u",
			 ipv4 ? prefix->length - 96U : prefix->length);
	return text;
}

static struct address cut_to(const struct address *address, unsigned length)
{
	struct address cut = *address;

	for (unsigned i = 0; i < sizeof cut.bytes; i++) {
		unsigned kept = length > 8 * i ? length - 8 * i : 0;

		if (kept < 8)
			cut.bytes[i] &= (uint8_t)(0xff00U >> kept);
	}
	return cut;
}

/* "255.255.255.0" for its 24 bits; 0 if it is no mask of ones and then zeros. */
static unsigned netmask_bits(const char *text)
{
	struct address mask;
	uint32_t bits = 0;

	if (!address_parse(text, &mask) || !address_is_ipv4(&mask))
		return 0;
	for (unsigned i = 12; i < 16; i++)
		bits = bits << 8 | mask.bytes[i];
	return (~bits & (~bits + 1)) == 0 ? (unsigned)__builtin_popcount(bits) : 0;
}

const char *values_prefix(const char *text, struct prefix *out, struct complaint *complaint)
{
	char base[ADDRESS_TEXT_MAX], meant[VALUES_PREFIX_TEXT];
	const char *slash = strchrnul(text, '/'), *wrong;
	struct prefix prefix = {.length = 128}, cut;
	uint64_t length;
	unsigned most;

	if ((size_t)(slash - text) >= sizeof base)
		return "is not an address or prefix";
	memcpy(base, text, (size_t)(slash - text));
	base[slash - text] = '\0';
	if (!address_parse(base, &prefix.base))
		return "is not an address or prefix (like 10.0.0.0/8 or 2001:db8::/32)";
	wrong = values_address(base, &prefix.base);
	if (wrong != NULL)
		return wrong;
	most = address_is_ipv4(&prefix.base) ? 32 : 128;
	length = most;
	if (*slash == '/' && values_number(slash + 1, 0, most, &length, complaint) != NULL) {
		snprintf(complaint->text, sizeof complaint->text,
			 "has a wrong length: it must be between 0 and %u", most);
		if (netmask_bits(slash + 1) != 0)
			snprintf(complaint->text, sizeof complaint->text,
				 "has a netmask for a length; did you mean /%u?",
				 netmask_bits(slash + 1));
		return complaint->text;
	}
	prefix.length = (uint8_t)(128 - most + length);
	cut = (struct prefix){cut_to(&prefix.base, prefix.length), prefix.length};
	if (address_equal(&cut.base, &prefix.base)) {
		*out = cut;
		return NULL;
	}
	snprintf(complaint->text, sizeof complaint->text, "has host bits set; did you mean %s?",
		 values_prefix_text(&cut, meant));
	return complaint->text;
}

static const struct {
	const char *name;
	uint8_t number;
} transports[] = {
	{"tcp", MODEL_TCP},	    {"udp", MODEL_UDP},	  {"sctp", MODEL_SCTP},
	{"udplite", MODEL_UDPLITE}, {"dccp", MODEL_DCCP},
};

const char *values_transport(uint8_t number)
{
	for (size_t i = 0; i < sizeof transports / sizeof *transports; i++)
		if (transports[i].number == number)
			return transports[i].name;
	return "any";
}

/* 0: unknown. */
static uint8_t transport_of(const char *name)
{
	for (size_t i = 0; i < sizeof transports / sizeof *transports; i++) {
		if (strcmp(transports[i].name, name) == 0)
			return transports[i].number;
	}
	return 0;
}

const char *values_ports(const char *text, struct port_range *out, struct complaint *complaint)
{
	struct port_range range = {0};
	uint64_t from = 0, to = 0;
	const char *at = read_digits(text, &from), *wrong;

	to = from;
	if (at != NULL && *at == '-')
		at = read_digits(at + 1, &to);
	if (at == NULL || (*at != '\0' && *at != '/'))
		return "is not a port (443), a range (6000-6010) or a port with its protocol "
		       "(514/udp)";
	if (*at == '/') {
		range.transport = transport_of(at + 1);
		if (range.transport == 0)
			return "has an unknown protocol: it must be tcp, udp, sctp, udplite or "
			       "dccp";
	}
	wrong = check_range(from, 1, UINT16_MAX, complaint);
	if (wrong == NULL)
		wrong = check_range(to, 1, UINT16_MAX, complaint);
	if (wrong != NULL)
		return wrong;
	if (from > to)
		return "is a range that ends before it begins";
	range.from = (uint16_t)from;
	range.to = (uint16_t)to;
	*out = range;
	return NULL;
}

const char *values_name(const char *text)
{
	size_t length = strlen(text);

	if (length == 0 || length >= POLICY_NAME_MAX)
		return "is not a name: it must have 1 to 63 letters";
	for (const char *at = text; *at != '\0'; at++) {
		bool letter =
			(*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || is_digit(*at);

		if (!letter && (at == text || strchr("-_.", *at) == NULL))
			return "is not a name: letters, digits, and within it - _ . are allowed";
	}
	return NULL;
}
