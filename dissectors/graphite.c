/* SPDX-License-Identifier: ISC */
/*
 * Graphite's carbon: measurements, one way.
 *
 *	plain, TCP or UDP	path[;tag=value...] value seconds LF
 *	pickle, TCP		length:4 and a pickled list: 80 02 5d (
 *
 * graphite.readthedocs.io: Feeding In Your Data
 */
#include "dissectors/dissector.h"

#define PATH_MAX_BYTES	 400
#define PICKLE_MAX	 (1 << 20)
#define SECONDS_DIGITS	 9 /* since 1973 */
#define SECONDS_FRACTION 8

static const uint16_t ports[] = {2003, 2004, 2023, 2024, 0};

static const struct service services[] = {
	{
		.name = "graphite",
		.family = FAMILY_LOGGING,
		.met = true,
		.about = "Graphite carbon metrics sink",
		.one_way = true,
		.ports = ports,
	},
};

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_path_byte(uint8_t c)
{
	return c > 0x20 && c < 0x7f && c != '"' && c != '<' && c != '>' && c != '|';
}

static bool is_value_byte(uint8_t c)
{
	return is_digit(c) || (c != 0 && strchr("+-.eEnaNif", c) != NULL);
}

/* Takes at least one byte of a kind and the blank behind; MORE if the bytes end in there. */
static enum recognised take_word(struct bytes *b, bool (*is_kind)(uint8_t), size_t max)
{
	size_t length = 0;

	for (; b->left != 0 && is_kind(b->at[0]) && length <= max; length++)
		bytes_skip(b, 1);
	if (length > max)
		return RECOGNISED_NO;
	if (b->left == 0)
		return RECOGNISED_MORE;
	if (length == 0 || (b->at[0] != ' ' && b->at[0] != '\t'))
		return RECOGNISED_NO;
	while (b->left != 0 && (b->at[0] == ' ' || b->at[0] == '\t'))
		bytes_skip(b, 1);
	return RECOGNISED_YES;
}

/* Seconds since 1970, maybe with a fraction, or -1 or N for now; and the line's end. */
static enum recognised recognise_time(struct bytes b, bool whole)
{
	size_t digits = 0, fraction = 0;

	if (bytes_start_with(&b, "-1") || bytes_start_with(&b, "N\n")) {
		bytes_skip(&b, b.at[0] == 'N' ? 1 : 2);
	} else {
		for (; b.left != 0 && is_digit(b.at[0]) && digits < 11; digits++)
			bytes_skip(&b, 1);
		if (b.left != 0 && b.at[0] == '.' && digits >= SECONDS_DIGITS) {
			bytes_skip(&b, 1);
			for (; b.left != 0 && is_digit(b.at[0]) && fraction < SECONDS_FRACTION;)
				fraction += bytes_skip(&b, 1);
		}
		if (b.left != 0 && (digits < SECONDS_DIGITS || digits > 10))
			return RECOGNISED_NO;
	}
	if (b.left == 0)
		return !whole			  ? RECOGNISED_MORE
		       : digits >= SECONDS_DIGITS ? RECOGNISED_YES
						  : RECOGNISED_NO;
	return b.at[0] == '\n' || b.at[0] == '\r' ? RECOGNISED_YES : RECOGNISED_NO;
}

static enum recognised recognise_line(struct bytes b, bool whole)
{
	enum recognised at_end = whole ? RECOGNISED_NO : RECOGNISED_MORE, result;
	const uint8_t *dot;

	if (!is_path_byte(b.at[0]) || b.at[0] == '{' || b.at[0] == '[')
		return RECOGNISED_NO;
	dot = memchr(b.at, '.', b.left);
	result = take_word(&b, is_path_byte, PATH_MAX_BYTES);
	if (result != RECOGNISED_YES)
		return result == RECOGNISED_MORE ? at_end : RECOGNISED_NO;
	if (dot == NULL || dot >= b.at)
		return RECOGNISED_NO; /* a path has parts */
	result = take_word(&b, is_value_byte, 32);
	if (result != RECOGNISED_YES)
		return result == RECOGNISED_MORE ? at_end : RECOGNISED_NO;
	return recognise_time(b, whole);
}

static enum recognised recognise_pickle(struct bytes b)
{
	uint32_t length = bytes_be32(&b);

	if (b.failed)
		return RECOGNISED_MORE;
	if (length < 16 || length > PICKLE_MAX)
		return RECOGNISED_NO;
	if (b.left < 4)
		return RECOGNISED_MORE;
	return b.at[0] == 0x80 && b.at[1] >= 2 && b.at[1] <= 5 &&
			       (b.at[2] == 0x5d || b.at[2] == 0x28 || b.at[2] == 0x95)
		       ? RECOGNISED_YES
		       : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT];
	bool datagram = opening->transport == OVER_UDP;

	if (opening->side[SIDE_SERVER].left != 0)
		return RECOGNISED_NO;
	if (client.left == 0)
		return RECOGNISED_MORE;
	if (!datagram && client.at[0] == 0)
		return recognise_pickle(client);
	return recognise_line(client, datagram);
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
}

const struct dissector graphite_dissector = {
	.name = "graphite",
	.transports = OVER_TCP | OVER_UDP,
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "lines of path, value and time, or a pickled list of them",
	.reads = READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = dissector_feed_nothing,
};
