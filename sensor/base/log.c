/* SPDX-License-Identifier: ISC */
/* See log.h. One write per line, so that threads do not mix their words. */
#include "sensor/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static atomic_bool verbose_wanted;

void log_verbose(bool verbose)
{
	atomic_store(&verbose_wanted, verbose);
}

LOG_FORMAT(2, 0) static void say(int error, const char *format, va_list arguments)
{
	char line[1024];

	vsnprintf(line, sizeof line, format, arguments);
	if (error != 0)
		fprintf(stderr, "spanwatch: %s: %s\n", line, strerrordesc_np(error));
	else
		fprintf(stderr, "spanwatch: %s\n", line);
}

#define SAY(error)                                                                                 \
	do {                                                                                       \
		va_list arguments;                                                                 \
		va_start(arguments, format);                                                       \
		say((error), format, arguments);                                                   \
		va_end(arguments);                                                                 \
	} while (0)

void log_info(const char *format, ...)
{
	if (atomic_load(&verbose_wanted))
		SAY(0);
}

void log_warn(const char *format, ...)
{
	SAY(errno);
}

void log_warnx(const char *format, ...)
{
	SAY(0);
}

void fatal(int status, const char *format, ...)
{
	SAY(errno);
	exit(status);
}

void fatalx(int status, const char *format, ...)
{
	SAY(0);
	exit(status);
}
