/* SPDX-License-Identifier: ISC */
/* See text_words.h. */
#include "sensor/output/text_words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sensor/base/printable.h"
#include "sensor/base/timestamp.h"

const char *text_time(uint64_t ns, char text[TEXT_TIME])
{
	char full[TIMESTAMP_TEXT];

	if (ns == 0) {
		memcpy(text, "never", sizeof "never");
		return text;
	}
	timestamp_format(ns, full);
	memcpy(text, full, TEXT_TIME - 1); /* to the millisecond */
	text[10] = ' ';
	text[TEXT_TIME - 1] = '\0';
	return text;
}

const char *text_place(const struct endpoint *endpoint, char text[TEXT_PLACE])
{
	char address[ADDRESS_TEXT_MAX];
	bool ipv4 = address_is_ipv4(&endpoint->address);

	address_format(&endpoint->address, address);
	if (endpoint->port == 0)
		snprintf(text, TEXT_PLACE, "%s, many %s ports", address,
			 transport_name(endpoint->transport));
	else if (endpoint->outgoing)
		snprintf(text, TEXT_PLACE, "%s to port %u/%s", address, endpoint->port,
			 transport_name(endpoint->transport));
	else
		snprintf(text, TEXT_PLACE, "%s%s%s:%u/%s", ipv4 ? "" : "[", address,
			 ipv4 ? "" : "]", endpoint->port, transport_name(endpoint->transport));
	return text;
}

const char *text_size(uint64_t bytes, char text[TEXT_SIZE])
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
	double size = (double)bytes;
	size_t unit = 0;

	while (size >= 999.5 && unit + 1 < sizeof units / sizeof *units) {
		size /= 1000;
		unit++;
	}
	snprintf(text, TEXT_SIZE, unit != 0 && size < 9.95 ? "%.1f %s" : "%.0f %s", size,
		 units[unit]);
	return text;
}

const char *text_severity(uint8_t severity)
{
	static const char *const names[] = {"INFO", "LOW", "MEDIUM", "HIGH", "CRITICAL"};

	return names[severity];
}

const char *text_paint(uint8_t severity, bool terminal)
{
	static const char *const paints[] = {
		"\033[2m",    /* dim */
		"\033[36m",   /* cyan */
		"\033[33m",   /* yellow */
		"\033[31m",   /* red */
		"\033[1;31m", /* bold red */
	};

	return terminal ? paints[severity] : "";
}

const char *text_paint_end(bool terminal)
{
	return terminal ? "\033[0m" : "";
}

struct text_safe text_safe(const char *text)
{
	struct text_safe copy = {""};

	printable_copy(copy.text, sizeof copy.text, text);
	return copy;
}

const char *text_plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}
