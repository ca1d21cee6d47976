/* SPDX-License-Identifier: ISC */
/* The place of a receiver in words: see receiver.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/capture/receiver.h"

#define SCHEME	  "udp://"
#define PART_TEXT 128

static const struct {
	const char *name;
	enum tunnel_kind kind;
} kinds[] = {
	{"vxlan", TUNNEL_VXLAN},
	{"geneve", TUNNEL_GENEVE},
	{"gre", TUNNEL_GRE},
	{"tzsp", TUNNEL_TZSP},
};

bool receiver_is_url(const char *text)
{
	return strncmp(text, SCHEME, strlen(SCHEME)) == 0;
}

static bool complain(char error[RECEIVER_ERROR], const char *text, const char *what)
{
	snprintf(error, RECEIVER_ERROR,
		 "%.200s: %s (udp://ADDRESS:PORT/KIND?from=PREFIX,..., IPv6 in brackets; KIND is "
		 "vxlan, geneve, gre or tzsp)",
		 text, what);
	return false;
}

/* Of `length` characters. False: too long, or empty. */
static bool copy_part(char part[PART_TEXT], const char *text, size_t length)
{
	if (length == 0 || length >= PART_TEXT)
		return false;
	memcpy(part, text, length);
	part[length] = '\0';
	return true;
}

/* Returns what is wrong, or NULL; *rest is then behind the address. */
static const char *read_address(const char *text, struct receiver_place *place, const char **rest)
{
	bool bracket = *text == '[';
	const char *begin = text + bracket;
	const char *end = bracket ? strchr(begin, ']') : begin + strcspn(begin, ":/?");
	char part[PART_TEXT];

	if (!end || !copy_part(part, begin, (size_t)(end - begin)) ||
	    !address_parse(part, &place->address))
		return "no address";
	place->v6 = bracket;
	if (address_is_ipv4(&place->address) == bracket)
		return bracket ? "no IPv6 address in the brackets" : "IPv6 goes into brackets";
	*rest = end + bracket;
	return NULL;
}

static const char *read_port(const char *text, struct receiver_place *place, const char **rest)
{
	char *end;
	unsigned long port;

	if (*text != ':')
		return "no port";
	port = strtoul(text + 1, &end, 10);
	if (text[1] < '0' || text[1] > '9' || port == 0 || port > 65535)
		return "the port must be a number between 1 and 65535";
	place->port = (uint16_t)port;
	*rest = end;
	return NULL;
}

static const char *read_kind(const char *text, struct receiver_place *place, const char **rest)
{
	size_t length;

	if (*text != '/')
		return "no kind of tunnel";
	length = strcspn(++text, "?");
	*rest = text + length;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (strlen(kinds[i].name) != length || memcmp(kinds[i].name, text, length) != 0)
			continue;
		place->kind = (uint8_t)kinds[i].kind;
		return NULL;
	}
	return "no such kind of tunnel";
}

/* "192.0.2.0/24", or an address alone. */
static bool read_prefix(char *text, struct prefix *prefix)
{
	char *slash = strchr(text, '/'), *end;
	unsigned long length = 128, most;

	if (slash)
		*slash = '\0';
	if (!address_parse(text, &prefix->base))
		return false;
	most = address_is_ipv4(&prefix->base) ? 32 : 128;
	if (slash) {
		length = strtoul(slash + 1, &end, 10);
		if (slash[1] < '0' || slash[1] > '9' || *end != '\0' || length > most)
			return false;
		length += 128 - most;
	}
	prefix->length = (uint8_t)length;
	return true;
}

static const char *read_from(const char *text, struct receiver_place *place)
{
	static const char option[] = "?from=";
	char part[PART_TEXT];

	if (*text == '\0')
		return NULL;
	if (strncmp(text, option, sizeof option - 1) != 0)
		return "only ?from= may follow the kind";
	for (text += sizeof option - 1;; text++) {
		size_t length = strcspn(text, ",");

		if (place->from_count == RECEIVER_FROM)
			return "too many prefixes of senders";
		if (!copy_part(part, text, length) ||
		    !read_prefix(part, &place->from[place->from_count++]))
			return "not a prefix of senders";
		text += length;
		if (*text == '\0')
			return NULL;
	}
}

bool receiver_parse(const char *text, struct receiver_place *place, char error[RECEIVER_ERROR])
{
	const char *rest = text + strlen(SCHEME), *wrong;

	*place = (struct receiver_place){.port = 0};
	wrong = read_address(rest, place, &rest);
	if (!wrong)
		wrong = read_port(rest, place, &rest);
	if (!wrong)
		wrong = read_kind(rest, place, &rest);
	if (!wrong)
		wrong = read_from(rest, place);
	return !wrong || complain(error, text, wrong);
}
