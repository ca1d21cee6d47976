/* SPDX-License-Identifier: ISC */
/*
 * GELF, Graylog's log format: JSON with "short_message", one way.
 *
 *	UDP	plain, zlib (78 ..), gzip (1f 8b 08), or chunks: 1e 0f id:8 number:1 of:1 data
 *	TCP	plain, each message ends with a NUL
 *
 * Nothing is decompressed. A compressed datagram is recognised by its magic and the head of its
 * first deflate block (RFC 1951): what begins as a JSON object does, or fixed tables that are
 * possible. go2docs.graylog.org: GELF via UDP, GELF via TCP.
 */
#include "dissectors/dissector.h"
#include "dissectors/read/lines.h"

#define CHUNKS_MAX 128
#define ENOUGH	   512 /* bytes of JSON in which the field names of GELF must have turned up */

static const uint16_t ports[] = {12201, 0};

static const struct service services[] = {
	{
		.name = "gelf",
		.family = FAMILY_LOGGING,
		.about = "GELF (Graylog) log collector",
		.one_way = true,
		.ports = ports,
	},
};

static bool is_json(struct bytes b)
{
	static const char *const keys[] = {"\"short_message\"", "\"_message\"", "\"full_message\""};
	bool has_version =
		lines_contain(&b, "\"version\":\"1.") || lines_contain(&b, "\"version\": \"1.");

	if (b.left < 2 || b.at[0] != '{')
		return false;
	if (lines_contain(&b, keys[0]))
		return has_version || lines_contain(&b, "\"host\"");
	return has_version && lines_contain(&b, "\"host\"") &&
	       (lines_contain(&b, keys[1]) || lines_contain(&b, keys[2]));
}

/* The first block of a deflate stream that may hold a JSON object; RFC 1951, 3.2.3. */
static bool is_deflated(struct bytes b)
{
	uint8_t first, second;

	if (b.left < 8)
		return false;
	first = bytes_u8(&b);
	second = bytes_u8(&b);
	switch (first & 7) {
	case 3: /* last, fixed tables: "{" and a quote, or a "{" and another byte */
	case 2:
		return (first | 1) == 0xab && (second & 7) == 6;
	case 5: /* last, tables of its own: up to 286 and 30 codes */
		return first >> 3 <= 29 && (second & 0x1f) <= 29;
	default:
		return false;
	}
}

static bool is_compressed(struct bytes b)
{
	static const uint8_t levels[] = {0x01, 0x5e, 0x9c, 0xda};
	struct bytes zlib = b;
	uint8_t level;

	if (bytes_start_with(&b, "\x1f\x8b\x08") && b.left > 18) {
		bytes_skip(&b, 3);
		if (bytes_u8(&b) != 0) /* flags: senders of log lines put no file names there */
			return false;
		bytes_skip(&b, 6);
		return is_deflated(b);
	}
	if (bytes_u8(&zlib) != 0x78)
		return false;
	level = bytes_u8(&zlib);
	return !zlib.failed && memchr(levels, level, sizeof levels) && is_deflated(zlib);
}

static bool is_chunk(struct bytes b)
{
	uint8_t number, of;

	if (!bytes_start_with(&b, "\x1e\x0f") || b.left <= 12)
		return false;
	bytes_skip(&b, 10);
	number = bytes_u8(&b);
	of = bytes_u8(&b);
	return of != 0 && of <= CHUNKS_MAX && number < of;
}

static enum recognised recognise_stream(struct bytes b, bool last)
{
	const uint8_t *end = memchr(b.at, 0, b.left);

	if (b.at[0] != '{')
		return RECOGNISED_NO;
	if (end)
		b.left = (size_t)(end - b.at);
	for (size_t i = 0; i < b.left; i++) {
		if (b.at[i] < 0x20 && b.at[i] != '\n' && b.at[i] != '\r' && b.at[i] != '\t')
			return RECOGNISED_NO;
	}
	if (is_json(b))
		return RECOGNISED_YES;
	return end || b.left >= ENOUGH || last ? RECOGNISED_NO : RECOGNISED_MORE;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT];

	if (opening->side[SIDE_SERVER].left != 0)
		return RECOGNISED_NO;
	if (client.left == 0)
		return RECOGNISED_MORE;
	if (opening->transport != OVER_UDP)
		return recognise_stream(client, opening->one_sided);
	return is_chunk(client) || is_compressed(client) || is_json(client) ? RECOGNISED_YES
									    : RECOGNISED_NO;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
}

const struct dissector gelf_dissector = {
	.name = "gelf",
	.transports = OVER_TCP | OVER_UDP,
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "JSON with the members of a message, compressed or not, or a chunk of one",
	.reads = READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = dissector_feed_nothing,
};
