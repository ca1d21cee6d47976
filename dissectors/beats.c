/* SPDX-License-Identifier: ISC */
/*
 * Lumberjack, what Beats, logstash-forwarder and Logstash send to Logstash and its kin: frames of a
 * version digit and a type letter.
 *
 *	"2W" count:4				window: so many events until an acknowledgement
 *	"2J" sequence:4 length:4 json		"2C" length:4 zlib (of frames)
 *	"1D" sequence:4 pairs:4 { length:4 key length:4 value } ...
 *	"2A" sequence:4				the server: received
 *
 * There is no log-in but TLS: an acknowledgement in clear text says that anybody may write.
 * github.com/elastic/logstash-forwarder/blob/master/PROTOCOL.md
 */
#include "dissectors/dissector.h"

#define WINDOW_MAX (1 << 20) /* events */
#define FRAME_SIZE 6	     /* bytes of a window, or of an acknowledgement */

static const uint16_t ports[] = {5044, 5043, 0};

static const struct service services[] = {
	{
		.name = "beats",
		.family = FAMILY_LOGGING,
		.about = "Beats / Logstash (lumberjack) log collector",
		.ports = ports,
	},
};

struct beats {
	uint8_t have; /* bytes of the server's frame */
	bool lost;
	uint8_t frame[FRAME_SIZE];
};

static bool is_version(uint8_t c)
{
	return c == '1' || c == '2';
}

/* The window, and the beginning of the frame behind it. */
static enum recognised recognise_client(struct bytes b)
{
	uint8_t version;
	uint32_t count;

	if (b.left == 0)
		return RECOGNISED_MORE;
	version = bytes_u8(&b);
	if (!is_version(version) || (b.left != 0 && b.at[0] != 'W'))
		return RECOGNISED_NO;
	if (b.left < 5)
		return RECOGNISED_MORE;
	bytes_skip(&b, 1);
	count = bytes_be32(&b);
	if (count == 0 || count > WINDOW_MAX)
		return RECOGNISED_NO;
	if (b.left < 2)
		return b.left == 1 && b.at[0] != version ? RECOGNISED_NO : RECOGNISED_MORE;
	return b.at[0] == version && strchr("JCD", b.at[1]) && b.at[1] != 0 ? RECOGNISED_YES
									    : RECOGNISED_NO;
}

/* Nothing but acknowledgements */
static enum recognised recognise_server(struct bytes b)
{
	uint8_t version = 0;

	if (b.left < FRAME_SIZE)
		return (b.left > 0 && !is_version(b.at[0])) || (b.left > 1 && b.at[1] != 'A')
			       ? RECOGNISED_NO
			       : RECOGNISED_MORE;
	while (b.left >= FRAME_SIZE) {
		version = bytes_u8(&b);
		if (!is_version(version) || bytes_u8(&b) != 'A' || bytes_be32(&b) > WINDOW_MAX)
			return RECOGNISED_NO;
	}
	return b.left == 0 || b.at[0] == version ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	enum recognised client = recognise_client(opening->side[SIDE_CLIENT]);
	enum recognised server = recognise_server(opening->side[SIDE_SERVER]);

	if (opening->midstream &&
	    server == RECOGNISED_YES) /* in the middle of a frame, most likely */
		return client == RECOGNISED_YES || opening->one_sided ? RECOGNISED_YES
								      : RECOGNISED_MORE;
	if (client == RECOGNISED_NO || server == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (opening->one_sided)
		return client == RECOGNISED_YES || server == RECOGNISED_YES ? RECOGNISED_YES
									    : RECOGNISED_MORE;
	return server == RECOGNISED_YES && opening->side[SIDE_CLIENT].left >= FRAME_SIZE
		       ? RECOGNISED_YES
		       : RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	struct beats *beats = state;

	for (size_t i = 0; fed->from == SIDE_SERVER && !beats->lost && i < fed->bytes.left; i++) {
		beats->frame[beats->have++] = fed->bytes.at[i];
		if (beats->have < FRAME_SIZE)
			continue;
		beats->have = 0;
		beats->lost = !is_version(beats->frame[0]) || beats->frame[1] != 'A';
		if (!beats->lost)
			facts_set_auth(facts, AUTH_NONE);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct beats *beats = state;

	(void)facts;
	if (from == SIDE_SERVER && missing % FRAME_SIZE != 0)
		beats->lost = true;
	else if (from == SIDE_SERVER && missing == 0 && beats->have != 0)
		beats->lost = true;
}

const struct dissector beats_dissector = {
	.name = "beats",
	.transports = OVER_TCP,
	.state_size = sizeof(struct beats),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a lumberjack frame: window, data or compressed; the acknowledgement",
	.reads = READS_AUTH | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
