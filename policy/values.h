/* SPDX-License-Identifier: ISC */
/*
 * Scalars of a policy: text to numbers, sizes, durations, moments, prefixes and ports. Each returns
 * NULL and writes `out`, or says what is wrong, in words that follow the quoted text in a message;
 * `out` is untouched then. What it says is valid as long as the `struct complaint`.
 */
#ifndef POLICY_VALUES_H
#define POLICY_VALUES_H

#include <stdint.h>

#include "policy/address.h"
#include "policy/model.h"

struct complaint {
	char text[160];
};

const char *values_number(const char *text, uint64_t least, uint64_t most, uint64_t *out,
			  struct complaint *complaint);
/* "1 MiB", "500 KB", "4096": bytes. */
const char *values_size(const char *text, uint64_t least, uint64_t most, uint64_t *out,
			struct complaint *complaint);
/* "90s", "10m", "1h", "7d": nanoseconds; least and most are seconds. */
const char *values_duration(const char *text, uint64_t least, uint64_t most, uint64_t *out,
			    struct complaint *complaint);
/* "2026-12-31" is the end of that day, UTC; "2026-12-31T18:00:00Z". Nanoseconds since 1970. */
const char *values_moment(const char *text, uint64_t *out);
/* "2026-12-31": the day, in UTC, of a moment. */
#define VALUES_DAY_TEXT 16
const char *values_day_text(uint64_t ns, char text[VALUES_DAY_TEXT]);
const char *values_prefix(const char *text, struct prefix *out, struct complaint *complaint);
const char *values_address(const char *text, struct address *out);
/* "443", "6000-6010", "514/udp". */
const char *values_ports(const char *text, struct port_range *out, struct complaint *complaint);
/* The name of an IP protocol number that ports may have. */
const char *values_transport(uint8_t number);
const char *values_name(const char *text);

/* "10.0.0.0/8", or "10.0.0.1" for a single address. */
#define VALUES_PREFIX_TEXT (ADDRESS_TEXT_MAX + 4)
const char *values_prefix_text(const struct prefix *prefix, char text[VALUES_PREFIX_TEXT]);

#endif
