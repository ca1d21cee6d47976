/* SPDX-License-Identifier: ISC */
/* The words that all sentences share; see reason_text.h for what they look like. */
#include "sensor/event/reason_text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <strings.h>
#include <time.h>

#include "sensor/base/clock.h"

/* The buffer is full: three dots say so, and nothing more goes in. */
static void cut_off(struct text *text)
{
	char *end = text->at + text->left - 1;

	end[-3] = end[-2] = end[-1] = '.'; /* every sentence is longer than that */
	text->at = end;
	text->left = 0;
}

void text_say(struct text *text, const char *format, ...)
{
	va_list arguments;
	int length;

	if (text->left == 0)
		return;
	va_start(arguments, format);
	length = vsnprintf(text->at, text->left, format, arguments);
	va_end(arguments);
	if (length < 0)
		return;
	if ((size_t)length >= text->left) {
		cut_off(text);
		return;
	}
	text->at += length;
	text->left -= (size_t)length;
}

void text_instant(struct text *text, uint64_t ns)
{
	time_t seconds = (time_t)(ns / NS_PER_S);
	struct tm utc;

	if (gmtime_r(&seconds, &utc) == NULL)
		return;
	text_say(text, "%04d-%02d-%02d %02d:%02d:%02dZ", utc.tm_year + 1900, utc.tm_mon + 1,
		 utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

void text_bytes(struct text *text, uint64_t bytes)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB"};
	double value = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024) {
		text_say(text, "%" PRIu64 " bytes", bytes);
		return;
	}
	for (; value >= 1024 && unit + 1 < sizeof units / sizeof *units; unit++)
		value /= 1024;
	text_say(text, "%.1f %s", value, units[unit]);
}

void text_duration(struct text *text, uint64_t ns)
{
	uint64_t seconds = ns / NS_PER_S, days = seconds / 86400, hours = seconds / 3600;

	if (days != 0)
		text_say(text, "%" PRIu64 " day%s %" PRIu64 " h", days, days == 1 ? "" : "s",
			 hours % 24);
	else if (hours != 0)
		text_say(text, "%" PRIu64 " h %" PRIu64 " min", hours, seconds / 60 % 60);
	else if (seconds >= 60)
		text_say(text, "%" PRIu64 " min", seconds / 60);
	else
		text_say(text, "%" PRIu64 " s", seconds);
}

void text_count(struct text *text, uint64_t count, const char *one)
{
	text_say(text, "%" PRIu64 " %s%s", count, one, count == 1 ? "" : "s");
}

void text_address(struct text *text, const struct address *address)
{
	char buffer[ADDRESS_TEXT_MAX];

	text_say(text, "%s", address_format(address, buffer));
}

/* Somebody for whom a proxy spoke without a name (worker/named.h). */
static bool is_unknown(const struct exposure_view *x)
{
	static const struct address nobody = {.bytes = {0}};

	return x->carrier.by != FORWARDED_NOT && address_equal(&x->client, &nobody);
}

void text_client(struct text *text, const struct exposure_view *x, const char *zone)
{
	bool unknown = is_unknown(x);

	if (unknown)
		text_say(text, "an unknown client");
	else
		text_address(text, &x->client);
	if (zone[0] != '\0' && !unknown)
		text_say(text, " (%s)", zone);
	if (x->carrier.by == FORWARDED_NOT)
		return;
	text_say(text, " by way of ");
	text_address(text, &x->carrier.address);
	if (unknown)
		text_say(text, " (a proxy that names nobody)");
}

void text_endpoint(struct text *text, const struct endpoint *endpoint)
{
	char address[ADDRESS_TEXT_MAX];
	bool four = address_is_ipv4(&endpoint->address);

	address_format(&endpoint->address, address);
	if (endpoint->port == 0) {
		text_say(text, "all ports of %s", address);
		return;
	}
	if (endpoint->outgoing)
		text_say(text, "%s to port %u", address, (unsigned)endpoint->port);
	else
		text_say(text, four ? "%s:%u" : "[%s]:%u", address, (unsigned)endpoint->port);
	if (endpoint->transport != TRANSPORT_TCP)
		text_say(text, "/%s", transport_name(endpoint->transport));
}

/* "redis 7.0.15", "elasticsearch (OpenSearch 2.11)", "probably ssh", "a service". */
static void say_service(struct text *text, const struct exposure_view *x, const struct service *s)
{
	const struct facts *facts = &x->facts;

	if (s == NULL) {
		text_say(text, "a service");
		return;
	}
	if (x->identified_by <= IDENTIFIED_NDPI_GUESS) {
		text_say(text, "probably %s", s->name);
		return;
	}
	text_say(text, "%s", s->name);
	if (facts->product[0] == '\0')
		return;
	if (strcasecmp(facts->product, s->name) == 0) {
		if (facts->version[0] != '\0')
			text_say(text, " %.16s", facts->version);
		return;
	}
	text_say(text, " (%.20s%s%.16s)", facts->product, facts->version[0] != '\0' ? " " : "",
		 facts->version);
}

/* Whoever reads no further than the sentence must know what it rests on. */
static void say_claim(struct text *text, const struct exposure_view *x)
{
	const struct tunnel *layer = tunnel_path_claimed(&x->tunnels);

	if (x->claims == 0)
		return;
	if (x->claims > 1)
		text_say(text, " and %s%" PRIu32 " more", x->claims > SKETCH_EXACT ? "about " : "",
			 x->claims - 1);
	text_say(text, ", claimed inside a %stunnel", tunnel_words(layer));
	if (layer) {
		text_say(text, " from ");
		text_address(text, &layer->source);
	}
	text_say(text, ", which the policy does not list,");
}

static void say_outgoing(struct text *text, const struct exposure_view *x)
{
	text_address(text, &x->server.address);
	if (x->group[0] != '\0')
		text_say(text, " (group %s)", x->group);
}

void text_subject(struct text *text, const struct exposure_view *x, const struct services *s)
{
	if (x->server.outgoing) {
		say_outgoing(text, x);
		say_claim(text, x);
		return;
	}
	if (x->server.port != 0) {
		say_service(text, x, services_get(s, x->service));
		text_say(text, " on ");
	}
	text_endpoint(text, &x->server);
	if (x->group[0] != '\0')
		text_say(text, " (group %s)", x->group);
	say_claim(text, x);
}
