/* SPDX-License-Identifier: ISC */
/*
 * statsd: counters and timers, one way, over UDP or as lines over TCP.
 *
 *	name:value|type[|@rate][|#tag:value,...]	type: c g ms h d s m (and kv)
 *	_e{5,4}:title|text	_sc|name|status		events and checks of DogStatsD
 *
 * Its management interface (TCP 8126) takes lines, and answers: "health", "counters",
 * "delcounters".
 *
 * github.com/statsd/statsd/blob/master/docs/metric_types.md, admin_interface.md;
 * docs.datadoghq.com: Datagram Format
 */
#include "dissectors/dissector.h"
#include "dissectors/read/lines.h"

#define NAME_MAX 200 /* bytes */

static const uint16_t ports[] = {8125, 8126, 0};

static const struct service services[] = {
	{
		.name = "statsd",
		.family = FAMILY_LOGGING,
		.met = true,
		.about = "statsd metrics sink",
		.one_way = true,
		.ports = ports,
	},
};

static bool is_name_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != 0 && strchr("._-/=;,@# ", c) != NULL);
}

static bool is_value_byte(uint8_t c)
{
	return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+' || c == 'e' || c == ':';
}

/* Behind the bar: one of the types, and an end. */
static enum recognised recognise_type(struct bytes b, bool whole)
{
	static const char *const types[] = {"c", "g", "ms", "h", "d", "s", "m", "kv"};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		struct bytes rest = b;

		if (!bytes_start_with(&b, types[i]))
			continue;
		bytes_skip(&rest, strlen(types[i]));
		if (rest.left == 0 && whole)
			return RECOGNISED_YES;
		if (rest.left != 0 && (rest.at[0] == '|' || rest.at[0] == '\n' ||
				       rest.at[0] == '\r' || rest.at[0] == '\0'))
			return RECOGNISED_YES;
	}
	return !whole && b.left < 3 ? RECOGNISED_MORE : RECOGNISED_NO;
}

/* "name:12|c" */
static enum recognised recognise_metric(struct bytes b, bool whole)
{
	enum recognised at_end = whole ? RECOGNISED_NO : RECOGNISED_MORE;
	size_t name = 0, value = 0;

	for (; b.left != 0 && is_name_byte(b.at[0]) && name <= NAME_MAX; name++)
		bytes_skip(&b, 1);
	if (b.left == 0)
		return name <= NAME_MAX ? at_end : RECOGNISED_NO;
	if (name == 0 || bytes_u8(&b) != ':')
		return RECOGNISED_NO;
	for (; b.left != 0 && is_value_byte(b.at[0]) && value <= NAME_MAX; value++)
		bytes_skip(&b, 1);
	if (b.left == 0)
		return value <= NAME_MAX ? at_end : RECOGNISED_NO;
	if (value == 0 || bytes_u8(&b) != '|')
		return RECOGNISED_NO;
	return recognise_type(b, whole);
}

/* "_e{5,4}:title|text", "_sc|name|0" */
static enum recognised recognise_event(struct bytes b, bool whole)
{
	size_t digits = 0, commas = 0;

	if (bytes_start_with(&b, "_sc|"))
		return b.left > 7 ? RECOGNISED_YES : whole ? RECOGNISED_NO : RECOGNISED_MORE;
	if (!bytes_start_with(&b, "_e{"))
		return !whole && (bytes_agree_with(&b, "_e{") || bytes_agree_with(&b, "_sc|"))
			       ? RECOGNISED_MORE
			       : RECOGNISED_NO;
	bytes_skip(&b, 3);
	while (b.left != 0 && ((b.at[0] >= '0' && b.at[0] <= '9') || b.at[0] == ',')) {
		commas += b.at[0] == ',';
		digits += bytes_u8(&b) != ',';
	}
	if (b.left < 2)
		return whole ? RECOGNISED_NO : RECOGNISED_MORE;
	return digits >= 2 && commas == 1 && bytes_start_with(&b, "}:") ? RECOGNISED_YES
									: RECOGNISED_NO;
}

/* Words of the management interface; from `counters` on, no other protocol has them. */
static const char *const words[] = {"help",   "config", "quit",	       "stats",	    "counters",
				    "gauges", "timers", "delcounters", "delgauges", "deltimers"};

#define FIRST_OWN_WORD 4

/* Lines of nothing but such words, and how such a server answers. */
static enum recognised recognise_management(struct bytes client, struct bytes server)
{
	static const char *const answers[] = {"ERROR\n", "health: ", "uptime: ", "{", "deleted: "};
	struct line line = {.length = 0};
	bool own = false, answered = false;

	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
		answered |= bytes_agree_with(&server, answers[i]);
	while (answered && lines_next(&line, &client)) {
		struct bytes rest = bytes_from(line.text, line.length);
		struct bytes word = lines_word(&rest);
		bool known = lines_equal(&word, "health");

		for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
			bool is = lines_equal(&word, words[i]);

			known |= is;
			own |= is && i >= FIRST_OWN_WORD;
		}
		if (!known)
			return RECOGNISED_NO;
	}
	if (!answered)
		return RECOGNISED_NO;
	return own && server.left >= 6 ? RECOGNISED_YES : RECOGNISED_MORE;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	bool whole = opening->transport == OVER_UDP;

	if (server.left != 0)
		return whole || client.left == 0 ? RECOGNISED_NO
						 : recognise_management(client, server);
	if (client.left == 0)
		return RECOGNISED_MORE;
	if (client.at[0] == '_' && client.left > 1 &&
	    (client.at[1] == 'e' || client.at[1] == 's') &&
	    recognise_event(client, whole) != RECOGNISED_NO)
		return recognise_event(client, whole);
	if (!whole && recognise_management(client, server) != RECOGNISED_NO)
		return RECOGNISED_MORE;
	return recognise_metric(client, whole);
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
}

/* Only the management interface's words are looked at. */
static void feed(void *state, struct facts *facts, struct feed *fed)
{
	struct line *line = state;
	struct bytes input = fed->bytes;

	while (fed->from == SIDE_CLIENT && lines_next(line, &input)) {
		struct bytes rest = bytes_from(line->text, line->length);
		struct bytes word = lines_word(&rest);

		for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
			if (lines_equal(&word, words[i]))
				facts_command(facts, words[i], strlen(words[i]), 0);
		}
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	(void)facts;
	(void)missing;
	if (from == SIDE_CLIENT)
		lines_reset(state);
}

const struct dissector statsd_dissector = {
	.name = "statsd",
	.transports = OVER_TCP | OVER_UDP,
	.state_size = sizeof(struct line),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "lines of name:value|type, or the answers to its management commands",
	.reads = READS_COMMANDS | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
