/* SPDX-License-Identifier: ISC */
/*
 * Fluentd's forward protocol, also of Fluent Bit: MessagePack.
 *
 *	[tag, time, record] [tag, [[time, record] ...]] [tag, packed events, option]	client
 *	{"ack": chunk}							server, if asked for
 *
 * Where a shared key is configured the server speaks first:
 *
 *	["HELO", {nonce, auth, keepalive}]				server
 *	["PING", host, salt, digest, user, password digest]		client
 *	["PONG", accepted, reason, host, digest]			server
 *
 * github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1
 */
#include "dissectors/dissector.h"
#include "dissectors/read/msgpack.h"

#define TAG_MAX	  250
#define USER_ITEM 5 /* of PING */

static const uint16_t ports[] = {24224, 24225, 0};

static const struct service services[] = {
	{
		.name = "fluentd",
		.family = FAMILY_LOGGING,
		.about = "Fluentd / Fluent Bit forward input",
		.ports = ports,
	},
};

enum word {
	WORD_OTHER,
	WORD_HELO,
	WORD_PING,
	WORD_PONG,
	WORD_ACK,
};

struct fluentd {
	struct msgpack side[2];
	uint8_t word[2]; /* enum word: what the message at hand begins with */
	bool midstream, asked, logged_in;
};

_Static_assert(sizeof(struct fluentd) <= DISSECTOR_STATE_MAX, "state of fluentd");

/* "[tag, " with a tag of printable characters, and a time, or events, behind it. */
static enum recognised recognise_event(struct bytes b)
{
	uint8_t elements = bytes_u8(&b), head = bytes_u8(&b);
	size_t length;
	uint8_t next;

	if (b.failed)
		return RECOGNISED_MORE;
	if (elements < 0x92 || elements > 0x94)
		return RECOGNISED_NO;
	if (head > 0xa0 && head <= 0xbf)
		length = head & 0x1f;
	else if (head == 0xd9)
		length = bytes_u8(&b);
	else
		return RECOGNISED_NO;
	for (size_t i = 0; i < length && b.left != 0; i++) {
		uint8_t c = bytes_u8(&b);

		if (c <= 0x20 || c > 0x7e)
			return RECOGNISED_NO;
		if (i + 1 == length && b.left != 0) {
			next = b.at[0];
			if (length == 0 || length > TAG_MAX)
				return RECOGNISED_NO;
			if (next == 0xce || next == 0xcf || next == 0xd3 || next == 0xd7 ||
			    next == 0xd2 || next == 0xcb) /* a time, then a map */
				return elements >= 0x93 ? RECOGNISED_YES : RECOGNISED_NO;
			if ((next >= 0x90 && next <= 0x9f) || next == 0xdc || next == 0xdd ||
			    (next >= 0xc4 && next <= 0xc6) || (next >= 0xd9 && next <= 0xdb) ||
			    (next >= 0xa0 && next <= 0xbf))
				return elements <= 0x93 ? RECOGNISED_YES : RECOGNISED_NO;
			return RECOGNISED_NO;
		}
	}
	return RECOGNISED_MORE;
}

static enum recognised recognise_text(const struct bytes *b, const char *const *texts)
{
	enum recognised result = RECOGNISED_NO;

	for (; *texts; texts++) {
		if (bytes_start_with(b, *texts))
			return RECOGNISED_YES;
		if (bytes_agree_with(b, *texts))
			result = RECOGNISED_MORE;
	}
	return result;
}

static enum recognised recognise(const struct opening *opening)
{
	static const char *const greetings[] = {"\x92\xa4HELO", "\x93\xa4HELO", "\x95\xa4PONG",
						"\x81\xa3\x61\x63k", /* ack */
						NULL};
	static const char *const pings[] = {"\x96\xa4PING", NULL};
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	enum recognised of_client = recognise_text(&client, pings), of_server;

	of_server = recognise_text(&server, greetings);
	if (of_client == RECOGNISED_NO)
		of_client = recognise_event(client);
	if (of_server != RECOGNISED_YES || opening->midstream)
		return of_client == RECOGNISED_NO || of_server == RECOGNISED_NO ? RECOGNISED_NO
		       : of_client == RECOGNISED_YES &&
				       (opening->one_sided || of_server == RECOGNISED_YES)
			       ? RECOGNISED_YES
			       : RECOGNISED_MORE;
	/* Only the HELO needs no client's word */
	if (client.left == 0 && server.at[1] != 0xa4)
		return opening->one_sided ? RECOGNISED_YES : RECOGNISED_MORE;
	return of_client != RECOGNISED_NO ? RECOGNISED_YES : RECOGNISED_NO;
}

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_begin(facts, &services[0]);
}

static uint8_t word_of(const struct msgpack *m)
{
	static const char *const words[] = {
		[WORD_HELO] = "HELO",
		[WORD_PING] = "PING",
		[WORD_PONG] = "PONG",
		[WORD_ACK] = "ack",
	};

	for (int i = WORD_HELO; i <= WORD_ACK; i++) {
		if (msgpack_text_is(m, words[i]))
			return (uint8_t)i;
	}
	return WORD_OTHER;
}

static void on_server_item(struct fluentd *f, struct facts *facts)
{
	const struct msgpack *m = &f->side[SIDE_SERVER];

	if (m->item == 1 && f->word[SIDE_SERVER] == WORD_HELO) {
		f->asked = true;
		facts_set_auth(facts, AUTH_REQUIRED);
	} else if (m->item == 1 && f->word[SIDE_SERVER] == WORD_ACK) {
		if (!f->asked && !f->midstream)
			facts_set_auth(facts, AUTH_NONE);
	} else if (m->item == 2 && f->word[SIDE_SERVER] == WORD_PONG &&
		   m->type == MSGPACK_BOOLEAN) {
		facts_login(facts, m->value != 0);
	}
}

static void on_client_item(struct fluentd *f, struct facts *facts)
{
	const struct msgpack *m = &f->side[SIDE_CLIENT];

	if (f->word[SIDE_CLIENT] != WORD_PING)
		return;
	if (m->item == 1)
		FACTS_WORD(facts, mechanism, "shared-key");
	else if (m->item == USER_ITEM && m->type == MSGPACK_TEXT && m->kept != 0)
		FACTS_TEXT(facts, user, m->text, m->kept);
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct fluentd *f = state;
	struct msgpack *m = &f->side[from];
	struct bytes input = fed->bytes;

	while (msgpack_next(m, &input)) {
		if (m->item == 0)
			f->word[from] = WORD_OTHER;
		else if (m->item == 1)
			f->word[from] = word_of(m);
		if (from == SIDE_CLIENT)
			on_client_item(f, facts);
		else
			on_server_item(f, facts);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct fluentd *f = state;
	struct msgpack *m = &f->side[from];

	(void)facts;
	if (m->need == 0 && missing == 0) /* the capture began late */
		f->midstream = true;
	else
		msgpack_gap(m, missing);
}

const struct dissector fluentd_dissector = {
	.name = "fluentd",
	.transports = OVER_TCP,
	.state_size = sizeof(struct fluentd),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the msgpack array of the forward protocol, or the server's HELO",
	.reads = READS_AUTH | READS_USER | READS_MECHANISM | READS_DATA | READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
