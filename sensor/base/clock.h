/* SPDX-License-Identifier: ISC */
/*
 * Units of time, and the two clocks of the system. A time stamp is nanoseconds since 1970 in an
 * uint64_t. What is measured between two moments is of the monotonic clock; a moment that others
 * are told is Unix time. Any thread.
 */
#ifndef SENSOR_CLOCK_H
#define SENSOR_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_US     UINT64_C(1000)
#define NS_PER_MS     UINT64_C(1000000)
#define NS_PER_S      UINT64_C(1000000000)
#define NS_PER_MINUTE (60 * NS_PER_S)
#define NS_PER_HOUR   (3600 * NS_PER_S)
#define NS_PER_DAY    (86400 * NS_PER_S)

uint64_t clock_unix_ns(void); /* may be set back */
uint64_t clock_monotonic_ns(void);
uint64_t clock_monotonic_ms(void);
uint64_t clock_monotonic_s(void);

uint64_t clock_from_timespec(const struct timespec *time);
struct timespec clock_to_timespec(uint64_t ns);

#endif
