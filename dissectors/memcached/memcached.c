/* SPDX-License-Identifier: ISC */
/*
 * memcached: lines of text, data behind some of them, or the binary protocol with its header of 24
 * bytes; over TCP, or over UDP with a frame of 8 bytes before each datagram's text. Text commands
 * are answered in order; binary answers carry the command's number.
 *
 * github.com/memcached/memcached: doc/protocol.txt, doc/protocol-binary.xml.
 */
#include <stdio.h>

#include "dissectors/memcached/memcached.h"

static const uint16_t ports[] = {11211, 0};

static const uint16_t couchbase_ports[] = {11210, 0};

const struct service memcached_services[MEMCACHED_SERVICES] = {
	[MEMCACHED_ITSELF] =
		{
			.name = "memcached",
			.family = FAMILY_DATABASE,
			.met = true,
			.about = "memcached key-value cache",
			.identifier = "open-memcached",
			.ports = ports,
		},
	[MEMCACHED_COUCHBASE] =
		{
			.name = "couchbase",
			.family = FAMILY_DATABASE,
			.about = "Couchbase data service",
			.ports = couchbase_ports,
		},
};

enum mode { MODE_UNKNOWN, MODE_TEXT, MODE_BINARY };

_Static_assert(sizeof(struct memcached) <= DISSECTOR_STATE_MAX, "state of memcached");

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &memcached_services[MEMCACHED_ITSELF]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	FACTS_WORD(facts, product, "memcached");
}

/* Takes commands again only when all that were listed are answered. */
static void pop(struct memcached *mc, struct facts *facts, bool accepted)
{
	struct answers_row row;

	if (answers_next(&mc->pending, &row))
		facts_command_result(facts, row.handle, accepted);
	if (answers_first(&mc->pending) == NULL)
		answers_clear(&mc->pending);
}

static bool is_noreply(struct bytes text)
{
	struct bytes word;

	while ((word = lines_word(&text)).left != 0) {
		if (lines_equal(&word, "noreply"))
			return true;
	}
	return false;
}

/* "stats items" is of note as a whole; of others the word is enough. */
static int note(struct facts *facts, const struct memcached_command *command, struct bytes rest)
{
	char text[FACTS_COMMAND_TEXT];
	struct bytes word = lines_word(&rest);
	bool with_word =
		strcmp(command->word, "stats") == 0 || strcmp(command->word, "lru_crawler") == 0;
	unsigned flags = command->flags;
	int length;

	if (strcmp(command->word, "quit") == 0)
		return -1;
	if (with_word && lines_equal(&word, "cachedump"))
		flags |= COMMAND_LISTING;
	if (with_word && word.left != 0 && word.left < 24)
		length = snprintf(text, sizeof text, "%s %.*s", command->word, (int)word.left,
				  (const char *)word.at);
	else
		length = snprintf(text, sizeof text, "%s", command->word);
	return facts_command(facts, text, (size_t)length, flags);
}

static void on_command(struct memcached *mc, struct facts *facts, struct memcached_stream *s)
{
	struct bytes text = bytes_from(s->line.text, s->line.length), rest;
	struct bytes word = lines_word(&text);
	const struct memcached_command *command = memcached_command(&word);
	uint32_t size;
	int handle;

	if (word.left == 0)
		return;
	if (!command) { /* answered by ERROR */
		answers_add(&mc->pending, -1, MEMCACHED_LINE);
		return;
	}
	handle = note(facts, command, text);
	if (command->size_word != 0) {
		rest = text;
		for (uint8_t i = 2; i < command->size_word; i++)
			lines_word(&rest);
		word = lines_word(&rest);
		if (memcached_number(&word, &size))
			s->skip = (uint64_t)size + 2;
	}
	if (command->reply != MEMCACHED_SILENT && !is_noreply(text))
		answers_add(&mc->pending, handle, command->reply);
}

static void on_stat(struct memcached *mc, struct facts *facts, struct bytes text)
{
	struct bytes name = lines_word(&text);

	memcached_served(mc, facts);
	facts_set_data_read(facts, ANSWER_YES);
	if (lines_equal(&name, "version"))
		FACTS_TEXT(facts, version, text.at, text.left);
}

static void on_error(struct memcached *mc, struct facts *facts, const struct bytes *text)
{
	if (lines_start_with(text, "CLIENT_ERROR unauthenticated") && !mc->logged_in)
		facts_set_auth(facts, AUTH_REQUIRED);
	pop(mc, facts, false);
}

/* The size of the data behind "VALUE key flags size" or "VA size". */
static void expect_data(struct memcached_stream *s, struct bytes text, size_t words)
{
	struct bytes word = bytes_from(NULL, 0);
	uint32_t size;

	for (size_t i = 0; i < words; i++)
		word = lines_word(&text);
	if (memcached_number(&word, &size))
		s->skip = (uint64_t)size + 2;
}

static void on_reply(struct memcached *mc, struct facts *facts, struct memcached_stream *s)
{
	struct bytes text = bytes_from(s->line.text, s->line.length);
	struct bytes rest = text;
	struct bytes word = lines_word(&rest);

	if (facts->data_read == ANSWER_UNKNOWN)
		facts_set_data_read(facts, ANSWER_NO);
	if (lines_equal(&word, "ERROR") || lines_equal(&word, "CLIENT_ERROR") ||
	    lines_equal(&word, "SERVER_ERROR")) {
		on_error(mc, facts, &text);
		return;
	}
	if (lines_equal(&word, "STAT")) {
		on_stat(mc, facts, rest);
		return;
	}
	if (lines_equal(&word, "VALUE") || lines_equal(&word, "VA")) {
		expect_data(s, rest, word.left == 5 ? 3 : 1);
		memcached_served(mc, facts);
		facts_set_data_read(facts, ANSWER_YES);
		if (word.left == 2)
			pop(mc, facts, true);
		return;
	}
	if (lines_start_with(&word, "key=")) {
		facts_set_data_read(facts, ANSWER_YES);
		return;
	}
	if (lines_equal(&word, "VERSION"))
		FACTS_TEXT(facts, version, rest.at, rest.left);
	memcached_served(mc, facts);
	pop(mc, facts, true);
}

static void feed_text(struct memcached *mc, struct facts *facts, enum side from, struct bytes in)
{
	struct memcached_stream *s = &mc->side[from];

	while (in.left != 0) {
		size_t n = s->skip < in.left ? (size_t)s->skip : in.left;

		bytes_skip(&in, n);
		s->skip -= n;
		if (s->skip != 0 || !lines_next_command(&s->line, &in))
			return;
		if (from == SIDE_CLIENT)
			on_command(mc, facts, s);
		else
			on_reply(mc, facts, s);
		lines_reset(&s->line);
	}
}

/* After a gap: when the sides take turns again, each begins with a command or a reply. */
static void resynchronise(struct memcached *mc, enum side from)
{
	struct memcached_stream *s = &mc->side[from];

	if (turns_begin(&mc->turns, from) && s->lost) {
		*s = (struct memcached_stream){.mode = MODE_UNKNOWN};
		if (from == SIDE_CLIENT)
			answers_clear(&mc->pending);
	}
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct memcached *mc = state;
	struct memcached_stream *s = &mc->side[from];

	if (fed->bytes.left == 0)
		return;
	resynchronise(mc, from);
	if (s->lost)
		return;
	if (s->mode == MODE_UNKNOWN)
		s->mode = fed->bytes.at[0] == 0x80 || fed->bytes.at[0] == 0x81 ? MODE_BINARY
									       : MODE_TEXT;
	if (s->mode == MODE_BINARY)
		memcached_binary_feed(mc, facts, from, fed->bytes);
	else
		feed_text(mc, facts, from, fed->bytes);
}

/* A datagram: its frame goes, and it begins anew but for the parts of one reply. */
static void feed_udp(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct memcached *mc = state;
	struct bytes in = fed->bytes;
	uint16_t number;

	bytes_skip(&in, 2);
	number = bytes_be16(&in);
	bytes_skip(&in, 4);
	if (in.failed)
		return;
	if (from == SIDE_CLIENT || number == 0) {
		mc->side[from] = (struct memcached_stream){.mode = MODE_TEXT};
		if (from == SIDE_CLIENT)
			answers_clear(&mc->pending);
	}
	feed_text(mc, facts, from, in);
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct memcached *mc = state;
	struct memcached_stream *s = &mc->side[from];

	(void)facts;
	if (turns_begun(&mc->turns) && !s->lost && missing != 0 && missing < s->skip) {
		s->skip -= missing;
		return;
	}
	mc->midstream = true;
	answers_clear(&mc->pending);
	s->lost = turns_begun(&mc->turns);
}

const struct dissector memcached_dissector = {
	.name = "memcached",
	.transports = OVER_TCP,
	.state_size = sizeof(struct memcached),
	.service_count = MEMCACHED_SERVICES,
	.services = memcached_services,
	.recognised =
		"a command and the reply that belongs to it, or the header of the binary protocol",
	.crowded = CROWDED_LINES,
	.answers_at = offsetof(struct memcached, pending),
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_MECHANISM |
		 READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION | READS_DATA |
		 READS_ENCRYPTION,
	.recognise = memcached_recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};

const struct dissector memcached_udp_dissector = {
	.name = "memcached-udp",
	.transports = OVER_UDP,
	.state_size = sizeof(struct memcached),
	.service_count = 1,
	.services = memcached_services,
	.recognised = "the frame header of 8 bytes, and a command or a reply behind it",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_COMMANDS | READS_LISTINGS |
		 READS_DESTRUCTION | READS_DATA | READS_ENCRYPTION,
	.first_matters = true,
	.recognise = memcached_recognise_udp,
	.begin = begin,
	.feed = feed_udp,
};
