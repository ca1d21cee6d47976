/* SPDX-License-Identifier: ISC */
/*
 * See forwarded.h. X-Forwarded-For is a list of addresses with commas between; Forwarded is one of
 * elements, each of parameters with semicolons between, whose values may be quoted (RFC 7239
 * section 4). Both are read byte by byte, in constant memory.
 */
#include "dissectors/read/forwarded.h"

#include <string.h>
#include <strings.h>

#include "dissectors/read/address_text.h"
#include "dissectors/read/facts.h"
#include "dissectors/read/feed.h"

#define PORT_DIGITS 5

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Digits only, to the end. */
static bool is_port(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
	}
	return length >= 1 && length <= PORT_DIGITS;
}

/* Takes the port off: what is left is the address without its brackets. False: malformed. */
static bool split_port(const char **text, size_t *length)
{
	const char *from = *text, *end, *colon;

	if (*length == 0)
		return false;
	if (*from == '[') {
		end = memchr(from, ']', *length);
		if (!end)
			return false;
		colon = end + 1;
		*text = from + 1;
		if (colon < from + *length &&
		    (*colon != ':' || !is_port(colon + 1, (size_t)(from + *length - colon - 1))))
			return false;
		*length = (size_t)(end - from - 1);
		return true;
	}
	colon = memchr(from, ':', *length);
	if (!colon || memchr(colon + 1, ':', *length - (size_t)(colon + 1 - from)))
		return true; /* no port, or IPv6 without brackets */
	if (!is_port(colon + 1, *length - (size_t)(colon + 1 - from)))
		return false;
	*length = (size_t)(colon - from);
	return true;
}

struct forwarded_address forwarded_address_read(const void *bytes, size_t length)
{
	struct forwarded_address address = {.known = false};
	const char *text = bytes;

	while (length != 0 && is_blank(text[length - 1]))
		length--;
	for (; length != 0 && is_blank(*text); length--)
		text++;
	address.hides = length != 0;
	if (length > 5 && strncasecmp(text, "IPV6:", 5) == 0) {
		text += 5;
		length -= 5;
	}
	if (split_port(&text, &length))
		address.known = address_text_read(bytes_from(text, length), address.bytes);
	if (address.known)
		address.hides = false;
	else
		memset(address.bytes, 0, sizeof address.bytes);
	return address;
}

uint16_t forwarded_port_read(const void *bytes, size_t length)
{
	const char *text = bytes;
	uint32_t port = 0;

	if (!is_port(text, length))
		return 0;
	for (size_t i = 0; i < length; i++)
		port = port * 10 + (uint32_t)(text[i] - '0');
	return port <= UINT16_MAX ? (uint16_t)port : 0;
}

void forwarded_one(struct forwarded *list, enum forwarded_by by, const void *text, size_t length)
{
	*list = (struct forwarded){.by = (uint8_t)by, .count = 1};
	list->hop[0] = forwarded_address_read(text, length);
	list->hop[0].by = (uint8_t)by;
}

/* The oldest of the header that has most. */
static unsigned superfluous(const struct forwarded *list)
{
	uint8_t counts[FORWARDED_BY_COUNT] = {0};
	unsigned found = 0, most = 0;

	for (unsigned i = 0; i < list->count; i++) {
		if (++counts[list->hop[i].by] >= most) {
			most = counts[list->hop[i].by];
			found = i;
		}
	}
	return found;
}

static void push(struct forwarded *list, const struct forwarded_address *hop)
{
	unsigned end = list->count;

	if (end == FORWARDED_HOPS) {
		list->more = true;
		end = superfluous(list);
	} else {
		list->count++;
	}
	memmove(&list->hop[1], &list->hop[0], end * sizeof *list->hop);
	list->hop[0] = *hop;
	list->by = hop->by;
}

/* The next proxy's word, or one parameter of it, is complete. */
static void end_token(struct forwarded_reader *reader)
{
	const char *text = reader->token;
	size_t length = reader->length;
	bool is_for = length != 0;

	if (reader->by == FORWARDED_FORWARDED) {
		is_for = length > 4 && strncasecmp(text, "for=", 4) == 0;
		text += 4;
		length -= 4;
	}
	if (is_for) {
		reader->has_for = true;
		reader->element = reader->length < FORWARDED_TOKEN
					  ? forwarded_address_read(text, length)
					  : (struct forwarded_address){.hides = true};
		reader->element.by = reader->by;
	}
	reader->length = 0;
}

/*
 * An element without an address is left out: an empty one (RFC 9110 section 5.6.1), or by= alone.
 */
static void end_element(struct forwarded_reader *reader)
{
	end_token(reader);
	if (reader->has_for)
		push(&reader->list, &reader->element);
	reader->told |= reader->has_for;
	reader->has_for = false;
	reader->quoted = reader->escaped = false;
}

static void keep(struct forwarded_reader *reader, char c)
{
	if (reader->length == 0 && is_blank(c))
		return;
	if (reader->length < FORWARDED_TOKEN - 1)
		reader->token[reader->length++] = c;
	else
		reader->length = FORWARDED_TOKEN;
}

static void read_byte(struct forwarded_reader *reader, char c)
{
	bool elements = reader->by == FORWARDED_FORWARDED;

	if (reader->escaped) {
		reader->escaped = false;
		keep(reader, c);
	} else if (elements && c == '"') {
		reader->quoted = !reader->quoted;
	} else if (reader->quoted) {
		reader->escaped = c == '\\';
		if (!reader->escaped)
			keep(reader, c);
	} else if (c == ',') {
		end_element(reader);
	} else if (elements && c == ';') {
		end_token(reader);
	} else {
		keep(reader, c);
	}
}

static bool is_http(enum forwarded_by by)
{
	return by != FORWARDED_NOT && by <= FORWARDED_X_FORWARDED_FOR;
}

void forwarded_begin(struct forwarded_reader *reader, const char *name)
{
	unsigned by = FORWARDED_X_FORWARDED_FOR;

	while (is_http((enum forwarded_by)by) &&
	       strcmp(name, forwarded_by_name((enum forwarded_by)by)) != 0)
		by--;
	reader->by = (uint8_t)by;
	reader->told = false;
}

void forwarded_read(struct forwarded_reader *reader, const void *text, size_t length)
{
	const char *from = text;

	for (size_t i = 0; i < length && reader->by != FORWARDED_NOT; i++)
		read_byte(reader, from[i]);
}

/* A value that holds nothing names nobody, and that is told like "unknown". */
void forwarded_end(struct forwarded_reader *reader)
{
	struct forwarded_address nobody = {.by = reader->by};

	if (reader->by == FORWARDED_NOT)
		return;
	end_element(reader);
	if (!reader->told)
		push(&reader->list, &nobody);
	reader->by = FORWARDED_NOT;
}

unsigned forwarded_next(const struct forwarded *list, enum forwarded_by by, unsigned from)
{
	while (from < list->count && list->hop[from].by != by)
		from++;
	return from;
}

void forwarded_claim(const struct forwarded *list, struct facts *facts)
{
	for (unsigned by = FORWARDED_BY_COUNT - 1; by != FORWARDED_NOT; by--) {
		unsigned nearest = forwarded_next(list, (enum forwarded_by)by, 0);

		if (nearest == list->count || !list->hop[nearest].known)
			continue;
		facts_claim(facts, list->hop[nearest].bytes, (uint8_t)by);
		return;
	}
}

bool forwarded_tell(const struct forwarded *list, struct feed *fed, struct facts *facts)
{
	if (fed->forwarded) {
		*fed->forwarded = *list;
		fed->next = FEED_FORWARDED;
		return true;
	}
	forwarded_claim(list, facts);
	return false;
}

const char *forwarded_by_name(enum forwarded_by by)
{
	static const char *const names[FORWARDED_BY_COUNT] = {
		[FORWARDED_NOT] = "",
		[FORWARDED_X_CLUSTER_CLIENT_IP] = "x-cluster-client-ip",
		[FORWARDED_X_AZURE_CLIENTIP] = "x-azure-clientip",
		[FORWARDED_X_ENVOY_EXTERNAL_ADDRESS] = "x-envoy-external-address",
		[FORWARDED_X_CLIENT_IP] = "x-client-ip",
		[FORWARDED_TRUE_CLIENT_IP] = "true-client-ip",
		[FORWARDED_CF_CONNECTING_IP] = "cf-connecting-ip",
		[FORWARDED_X_REAL_IP] = "x-real-ip",
		[FORWARDED_FORWARDED] = "forwarded",
		[FORWARDED_X_FORWARDED_FOR] = "x-forwarded-for",
		[FORWARDED_XCLIENT] = "xclient",
		[FORWARDED_ID] = "imap-id",
		[FORWARDED_PROXY_V1] = "proxy-v1",
		[FORWARDED_PROXY_V2] = "proxy-v2",
	};

	return names[by];
}
