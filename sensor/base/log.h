/* SPDX-License-Identifier: ISC */
/*
 * Four words for everything that is said to the operator on standard error. The names without
 * `x` append the text of errno. Any thread. Never called for a packet: those are counted.
 */
#ifndef SENSOR_LOG_H
#define SENSOR_LOG_H

#include <stdbool.h>

#define LOG_FORMAT(a, b) __attribute__((format(printf, a, b)))

void log_verbose(bool verbose); /* log_info is silent otherwise */
void log_info(const char *format, ...) LOG_FORMAT(1, 2);
void log_warn(const char *format, ...) LOG_FORMAT(1, 2);
void log_warnx(const char *format, ...) LOG_FORMAT(1, 2);
/* Says it and exits with `status` (see spanwatch(8), EXIT STATUS). */
_Noreturn void fatal(int status, const char *format, ...) LOG_FORMAT(2, 3);
_Noreturn void fatalx(int status, const char *format, ...) LOG_FORMAT(2, 3);

#endif
