/* SPDX-License-Identifier: ISC */
/*
 * memcached: lines of text, data behind some of them, or the binary protocol with its header of 24
 * bytes; over TCP, or over UDP with a frame of 8 bytes before each datagram's text. Text commands
 * are answered in order; binary answers carry the command's number.
 *
 * github.com/memcached/memcached: doc/protocol.txt, doc/protocol-binary.xml.
 */
#include <stdio.h>

#include "dissectors/lines.h"
#include "dissectors/memcached_probe.h"

#define OUTSTANDING 24
#define OPCODES	    0x23
#define BODY_KEPT   96
#define STATUS_AUTH 0x20
#define STATUS_NEXT 0x21

enum {
	OP_GET = 0,
	OP_FLUSH = 8,
	OP_VERSION = 0x0b,
	OP_GETK = 0x0c,
	OP_STAT = 0x10,
	OP_FLUSHQ = 0x18,
	OP_SASL_LIST = 0x20,
	OP_SASL_AUTH = 0x21,
	OP_SASL_STEP = 0x22
};

static const uint16_t ports[] = {11211, 0};

static const struct service services[] = {
	{
		.name = "memcached",
		.family = FAMILY_DATABASE,
		.about = "memcached key-value cache",
		.identifier = "open-memcached",
		.ports = ports,
	},
};

enum mode { MODE_UNKNOWN, MODE_TEXT, MODE_BINARY };

struct stream {
	struct line line;
	uint64_t skip; /* data behind a line */
	uint32_t left; /* of a binary body */
	uint8_t mode, have, kept;
	bool lost;
	uint8_t header[MEMCACHED_HEADER];
	uint8_t body[BODY_KEPT];
};

struct pending {
	int handle;
	uint8_t reply;
};

struct memcached {
	struct stream side[2];
	struct pending queue[OUTSTANDING];
	uint8_t head, count;
	uint8_t last_side; /* enum side + 1; 0 before the first byte */
	bool overflow;	   /* answers no longer match the queue */
	bool midstream, logged_in;
	int handles[OPCODES]; /* + 1; of the latest command by number */
};

_Static_assert(sizeof(struct memcached) <= DISSECTOR_STATE_MAX, "state of memcached");

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	FACTS_TEXT(facts, product, "memcached", 9);
}

static void push(struct memcached *mc, int handle, uint8_t reply)
{
	if (mc->count == OUTSTANDING || mc->overflow) {
		mc->overflow = true;
		return;
	}
	mc->queue[(mc->head + mc->count++) % OUTSTANDING] =
		(struct pending){.handle = handle, .reply = reply};
}

static void pop(struct memcached *mc, struct facts *facts, bool accepted)
{
	if (mc->count == 0)
		return;
	facts_command_result(facts, mc->queue[mc->head].handle, accepted);
	mc->head = (uint8_t)((mc->head + 1) % OUTSTANDING);
	mc->count--;
	if (mc->count == 0)
		mc->overflow = false;
}

static void served(struct memcached *mc, struct facts *facts)
{
	if (!mc->midstream && !mc->logged_in)
		facts_set_auth(facts, AUTH_NONE);
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

static void on_command(struct memcached *mc, struct facts *facts, struct stream *s)
{
	struct bytes text = bytes_from(s->line.text, s->line.length), rest;
	struct bytes word = lines_word(&text);
	const struct memcached_command *command = memcached_command(&word);
	uint32_t size;
	int handle;

	if (word.left == 0)
		return;
	if (!command) { /* answered by ERROR */
		push(mc, -1, MEMCACHED_LINE);
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
		push(mc, handle, command->reply);
}

static void on_stat(struct memcached *mc, struct facts *facts, struct bytes text)
{
	struct bytes name = lines_word(&text);

	served(mc, facts);
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
static void expect_data(struct stream *s, struct bytes text, size_t words)
{
	struct bytes word = bytes_from(NULL, 0);
	uint32_t size;

	for (size_t i = 0; i < words; i++)
		word = lines_word(&text);
	if (memcached_number(&word, &size))
		s->skip = (uint64_t)size + 2;
}

static void on_reply(struct memcached *mc, struct facts *facts, struct stream *s)
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
		served(mc, facts);
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
	served(mc, facts);
	pop(mc, facts, true);
}

static void feed_text(struct memcached *mc, struct facts *facts, enum side from, struct bytes in)
{
	struct stream *s = &mc->side[from];

	while (in.left != 0) {
		size_t n = s->skip < in.left ? (size_t)s->skip : in.left;

		bytes_skip(&in, n);
		s->skip -= n;
		if (s->skip != 0 || !lines_next(&s->line, &in))
			return;
		if (from == SIDE_CLIENT)
			on_command(mc, facts, s);
		else
			on_reply(mc, facts, s);
		lines_reset(&s->line);
	}
}

static const char *opcode_name(uint8_t opcode, unsigned *flags)
{
	static const struct {
		uint8_t opcode, flags;
		const char *name;
	} rows[] = {
		{OP_GET, COMMAND_LISTING, "get"},
		{OP_GETK, COMMAND_LISTING, "get"},
		{1, 0, "set"},
		{2, 0, "add"},
		{3, 0, "replace"},
		{4, 0, "delete"},
		{OP_FLUSH, COMMAND_DESTRUCTIVE, "flush_all"},
		{OP_FLUSHQ, COMMAND_DESTRUCTIVE, "flush_all"},
		{OP_VERSION, 0, "version"},
		{OP_STAT, 0, "stats"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (rows[i].opcode == opcode) {
			*flags = rows[i].flags;
			return rows[i].name;
		}
	}
	return NULL;
}

/* key: the mechanism; value, of PLAIN: NUL user NUL password */
static void note_login(struct facts *facts, struct bytes body, uint16_t key_length)
{
	struct bytes key = bytes_sub(&body, key_length);
	size_t length;

	if (key.failed)
		return;
	FACTS_TEXT(facts, mechanism, key.at, key.left);
	if (!lines_equal(&key, "PLAIN") || body.left == 0)
		return;
	length = strnlen((const char *)body.at, body.left);
	if (!bytes_skip(&body, length + 1) || body.left == 0)
		return;
	length = strnlen((const char *)body.at, body.left);
	if (length < body.left)
		FACTS_TEXT(facts, user, body.at, length);
}

static void on_binary_command(struct memcached *mc, struct facts *facts, struct stream *s)
{
	uint8_t opcode = s->header[1];
	struct bytes body = bytes_from(s->body, s->kept);
	unsigned flags = 0;
	const char *name = opcode_name(opcode, &flags);

	if (name && opcode < OPCODES)
		mc->handles[opcode] = 1 + facts_command(facts, name, strlen(name), flags);
	if (opcode == OP_SASL_AUTH && s->header[4] == 0)
		note_login(facts, body, (uint16_t)(s->header[2] << 8 | s->header[3]));
	memset(s->body, 0, sizeof s->body);
}

static void on_binary_reply(struct memcached *mc, struct facts *facts, struct stream *s)
{
	uint8_t opcode = s->header[1];
	uint16_t status = (uint16_t)(s->header[6] << 8 | s->header[7]);
	bool good = status == 0;

	if (facts->data_read == ANSWER_UNKNOWN)
		facts_set_data_read(facts, ANSWER_NO);
	if (opcode == OP_SASL_AUTH || opcode == OP_SASL_STEP) {
		if (status == 0 || status == STATUS_AUTH)
			facts_login(facts, status == 0);
		mc->logged_in |= status == 0;
		return;
	}
	if (opcode < OPCODES)
		facts_command_result(facts, mc->handles[opcode] - 1, good);
	if (status == STATUS_AUTH && !mc->logged_in)
		facts_set_auth(facts, AUTH_REQUIRED);
	if (!good)
		return;
	if (opcode == OP_VERSION) {
		FACTS_TEXT(facts, version, s->body, s->kept);
		return; /* answered without a log-in */
	}
	if (opcode != OP_SASL_LIST)
		served(mc, facts);
	if (opcode == OP_GET || opcode == OP_GETK || opcode == OP_STAT)
		facts_set_data_read(facts, ANSWER_YES);
	if (opcode == OP_STAT && s->kept > 7 && memcmp(s->body, "version", 7) == 0)
		FACTS_TEXT(facts, version, s->body + 7, (size_t)s->kept - 7);
}

static void begin_body(struct stream *s, enum side from)
{
	struct bytes b = bytes_from(s->header, sizeof s->header);

	if (bytes_u8(&b) != (from == SIDE_CLIENT ? 0x80 : 0x81))
		s->lost = true;
	bytes_skip(&b, 7);
	s->left = bytes_be32(&b);
	s->kept = 0;
}

static void feed_binary(struct memcached *mc, struct facts *facts, enum side from, struct bytes in)
{
	struct stream *s = &mc->side[from];

	while (!s->lost) {
		size_t n;

		while (s->have < MEMCACHED_HEADER && in.left != 0) {
			s->header[s->have++] = bytes_u8(&in);
			if (s->have == MEMCACHED_HEADER)
				begin_body(s, from);
		}
		if (s->have < MEMCACHED_HEADER || s->lost)
			return;
		n = s->left < in.left ? s->left : in.left;
		for (size_t i = 0; i < n && s->kept < BODY_KEPT; i++)
			s->body[s->kept++] = in.at[i];
		bytes_skip(&in, n);
		s->left -= (uint32_t)n;
		if (s->left != 0)
			return;
		s->have = 0;
		if (from == SIDE_CLIENT)
			on_binary_command(mc, facts, s);
		else
			on_binary_reply(mc, facts, s);
	}
}

/* After a gap: when the sides take turns again, each begins with a command or a reply. */
static void resynchronise(struct memcached *mc, enum side from)
{
	struct stream *s = &mc->side[from];

	if (s->lost && mc->last_side != from + 1) {
		*s = (struct stream){.mode = MODE_UNKNOWN};
		if (from == SIDE_CLIENT)
			mc->count = 0;
	}
	mc->last_side = (uint8_t)(from + 1);
}

static void feed(void *state, struct facts *facts, enum side from, const uint8_t *bytes,
		 size_t length)
{
	struct memcached *mc = state;
	struct stream *s = &mc->side[from];

	if (length == 0)
		return;
	resynchronise(mc, from);
	if (s->lost)
		return;
	if (s->mode == MODE_UNKNOWN)
		s->mode = bytes[0] == 0x80 || bytes[0] == 0x81 ? MODE_BINARY : MODE_TEXT;
	if (s->mode == MODE_BINARY)
		feed_binary(mc, facts, from, bytes_from(bytes, length));
	else
		feed_text(mc, facts, from, bytes_from(bytes, length));
}

/* A datagram: its frame goes, and it begins anew but for the parts of one reply. */
static void feed_udp(void *state, struct facts *facts, enum side from, const uint8_t *bytes,
		     size_t length)
{
	struct memcached *mc = state;
	struct bytes in = bytes_from(bytes, length);
	uint16_t number;

	bytes_skip(&in, 2);
	number = bytes_be16(&in);
	bytes_skip(&in, 4);
	if (in.failed)
		return;
	if (from == SIDE_CLIENT || number == 0) {
		mc->side[from] = (struct stream){.mode = MODE_TEXT};
		if (from == SIDE_CLIENT)
			mc->count = 0;
	}
	feed_text(mc, facts, from, in);
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct memcached *mc = state;
	struct stream *s = &mc->side[from];

	(void)facts;
	if (mc->last_side != 0 && !s->lost && missing != 0 && missing < s->skip) {
		s->skip -= missing;
		return;
	}
	mc->midstream = true;
	mc->count = 0;
	s->lost = mc->last_side != 0;
}

const struct dissector memcached_dissector = {
	.name = "memcached",
	.transports = OVER_TCP,
	.state_size = sizeof(struct memcached),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised =
		"a command and the reply that belongs to it, or the header of the binary protocol",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_MECHANISM |
		 READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION | READS_DATA |
		 READS_ENCRYPTION,
	.probe = memcached_probe,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};

const struct dissector memcached_udp_dissector = {
	.name = "memcached-udp",
	.transports = OVER_UDP,
	.state_size = sizeof(struct memcached),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the frame header of 8 bytes, and a command or a reply behind it",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_MECHANISM |
		 READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION | READS_DATA |
		 READS_ENCRYPTION,
	.probe = memcached_probe_udp,
	.begin = begin,
	.feed = feed_udp,
};
