/* SPDX-License-Identifier: ISC */
/*
 * See proxy_header.h.
 *
 * Version 1 is a line: PROXY TCP4 203.0.113.9 10.0.0.1 56324 443 CR LF; or PROXY UNKNOWN, and
 * anything up to the line's end. Version 2 is binary:
 *
 *	0         12        13         14       16
 *	+---------+---------+----------+--------+--------------------------------+
 *	| sig(12) | ver cmd | fam prot | length | addresses, ports, TLVs (length) |
 *	+---------+---------+----------+--------+--------------------------------+
 *
 * A receiver takes neither a version that it does not know nor a malformed line for a header, and
 * closes; so does this: then it is whatever the dissectors make of it. A length that is too short
 * for its family carries no address.
 */
#include "dissectors/read/proxy_header.h"

#include <string.h>

#include "dissectors/read/lines.h"

#define V1_START  "PROXY "
#define V1_MAX	  107 /* with CR LF */
#define V2_START  "\r\n\r\n\0\r\nQUIT\n"
#define V2_PREFIX 16 /* bytes up to the addresses */

enum {
	V2_LOCAL = 0x20,
	V2_PROXY = 0x21,
	V2_INET = 1,
	V2_INET6 = 2,
	V2_FAMILY_MAX = 3, /* unix */
	V2_PROTOCOL_MAX = 2,
};

static void refuse(struct proxy_header *header)
{
	header->state = PROXY_HEADER_NONE;
}

static bool agrees(const struct proxy_header *header, const char *start, size_t length)
{
	size_t n = header->length < length ? header->length : length;

	return memcmp(header->kept, start, n) == 0;
}

static void on_line(struct proxy_header *header)
{
	struct bytes text = bytes_from(header->kept, header->length - 2u), family, source, port;

	lines_word(&text);
	family = lines_word(&text);
	header->state = PROXY_HEADER_DONE;
	header->local = lines_equal(&family, "UNKNOWN");
	if (header->local)
		return;
	source = lines_word(&text);
	lines_word(&text);
	port = lines_word(&text);
	forwarded_one(&header->client, FORWARDED_PROXY_V1, source.at, source.left);
	header->client.port = forwarded_port_read(port.at, port.left);
	if (!header->client.hop[0].known ||
	    (!lines_equal(&family, "TCP4") && !lines_equal(&family, "TCP6")))
		refuse(header);
}

static void feed_v1(struct proxy_header *header)
{
	size_t n = header->length;

	if (n < sizeof V1_START - 1 || header->kept[n - 1] != '\n') {
		if (n >= V1_MAX)
			refuse(header);
		return;
	}
	if (header->kept[n - 2] == '\r')
		on_line(header);
	else
		refuse(header);
}

static void take_v2_client(struct proxy_header *header, unsigned family)
{
	struct bytes at = bytes_from(header->kept + V2_PREFIX, header->length - (size_t)V2_PREFIX);
	struct forwarded_address *hop = &header->client.hop[0];
	size_t size = family == V2_INET ? 4 : 16;
	const uint8_t *from = bytes_take(&at, size);

	bytes_skip(&at, size);
	header->client =
		(struct forwarded){.by = FORWARDED_PROXY_V2, .count = 1, .port = bytes_be16(&at)};
	header->local = at.failed;
	if (!from || at.failed)
		return;
	hop->known = true;
	hop->by = FORWARDED_PROXY_V2;
	if (family == V2_INET)
		hop->bytes[10] = hop->bytes[11] = 0xff;
	memcpy(hop->bytes + 16 - size, from, size);
}

/*
 * How many bytes of a header of version 2 say something to us; V2_PREFIX as long as that is open.
 */
static size_t v2_wanted(const struct proxy_header *header)
{
	static const uint8_t sizes[V2_FAMILY_MAX + 1] = {0, 12, 36, 0};
	unsigned family = header->kept[13] >> 4, rest;

	if (header->length < V2_PREFIX)
		return V2_PREFIX;
	rest = (unsigned)header->kept[14] << 8 | header->kept[15];
	return V2_PREFIX + (rest < sizes[family] ? rest : sizes[family]);
}

/* Only the prefix is there: is it a version, command, family and protocol that there is? */
static bool is_v2_prefix(const struct proxy_header *header)
{
	uint8_t command = header->kept[12], family = header->kept[13];

	return (command == V2_LOCAL || command == V2_PROXY) && family >> 4 <= V2_FAMILY_MAX &&
	       (family & 0xf) <= V2_PROTOCOL_MAX;
}

static void feed_v2(struct proxy_header *header)
{
	unsigned rest, family;

	if (header->length < V2_PREFIX)
		return;
	if (header->length == V2_PREFIX && !is_v2_prefix(header)) {
		refuse(header);
		return;
	}
	if (header->length < v2_wanted(header))
		return;
	rest = (unsigned)header->kept[14] << 8 | header->kept[15];
	family = header->kept[13] >> 4;
	header->skip = (uint16_t)(rest + V2_PREFIX - header->length);
	header->local = header->kept[12] == V2_LOCAL || (family != V2_INET && family != V2_INET6);
	if (!header->local)
		take_v2_client(header, family);
	header->skipping = header->skip != 0;
	if (!header->skipping)
		header->state = PROXY_HEADER_DONE;
}

static void take_byte(struct proxy_header *header, uint8_t byte)
{
	header->kept[header->length++] = byte;
	if (agrees(header, V1_START, sizeof V1_START - 1))
		feed_v1(header);
	else if (agrees(header, V2_START, sizeof V2_START - 1))
		feed_v2(header);
	else
		refuse(header);
}

size_t proxy_header_feed(struct proxy_header *header, const uint8_t *bytes, size_t length)
{
	size_t taken = 0;

	/* Nearly every stream that is asked about: nothing is kept of it. */
	if (header->length == 0 && length != 0 && bytes[0] != V1_START[0] &&
	    bytes[0] != V2_START[0])
		refuse(header);
	while (taken < length && header->state == PROXY_HEADER_MORE) {
		if (header->skipping) {
			size_t n = length - taken < header->skip ? length - taken : header->skip;

			taken += n;
			header->skip = (uint16_t)(header->skip - n);
			if (header->skip == 0)
				header->state = PROXY_HEADER_DONE;
		} else {
			take_byte(header, bytes[taken++]);
		}
	}
	return taken;
}

void proxy_header_give_up(struct proxy_header *header)
{
	/* Its prefix was right: the stream goes on behind it, wherever that is. */
	if (header->state == PROXY_HEADER_MORE)
		header->state = header->skipping ? PROXY_HEADER_DONE : PROXY_HEADER_NONE;
}
