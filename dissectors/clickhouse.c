/* SPDX-License-Identifier: ISC */
/*
 * ClickHouse's native protocol: packets that begin with a number, made of varints and counted
 * strings, without a length of their own. So a request is what the client says between two answers,
 * of which the beginning is kept, and an answer is judged by its first packet.
 *
 *	00 name major minor revision database user password	client's hello
 *	00 name major minor revision [zone display patch]	server's hello
 *	02 code:4 name message					exception
 *	01 id, who asks, settings, stage, compression, text	query
 *
 * Fields of a query depend on the lower of both revisions: src/Core/ProtocolDefines.h.
 */
#include <stdio.h>

#include "dissectors/dissector.h"
#include "dissectors/read/sql.h"
#include "dissectors/read/turns.h"

#define REQUEST_KEPT 560
#define ANSWER_KEPT  80
#define SETTINGS_MAX 40

enum { PACKET_HELLO = 0, PACKET_QUERY = 1, PACKET_DATA = 1, PACKET_EXCEPTION = 2, PACKET_PONG = 4 };

static const uint16_t ports[] = {9000, 0};

static const struct service services[] = {
	{
		.name = "clickhouse",
		.family = FAMILY_DATABASE,
		.met = true,
		.about = "ClickHouse column store",
		.ports = ports,
	},
};

struct clickhouse {
	uint64_t revision; /* the lower of both */
	uint16_t have;	   /* bytes of request[] */
	uint8_t answer_have;
	struct turns turns;
	int handle;
	bool greeted, tried, password, lost, judged, listing;
	uint8_t answer[ANSWER_KEPT];
	uint8_t request[REQUEST_KEPT];
};

_Static_assert(sizeof(struct clickhouse) <= DISSECTOR_STATE_MAX, "state of clickhouse");

static uint64_t take_varint(struct bytes *b)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 63; shift += 7) {
		uint8_t c = bytes_u8(b);

		value |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80))
			return b->failed ? 0 : value;
	}
	b->failed = true;
	b->left = 0;
	return 0;
}

/* A counted string; what is there of it when the bytes end inside (`cut`, which fails nothing). */
static struct bytes take_string(struct bytes *b, bool *cut)
{
	uint64_t length = take_varint(b);

	if (cut != NULL && !b->failed && length > b->left) {
		*cut = true;
		length = b->left;
	}
	return bytes_sub(b, length > SIZE_MAX ? SIZE_MAX : (size_t)length);
}

static enum recognised recognise_client(struct bytes b)
{
	uint64_t length;
	struct bytes name;

	if (b.left < 12)
		return b.left == 0 || b.at[0] == PACKET_HELLO ? RECOGNISED_MORE : RECOGNISED_NO;
	if (bytes_u8(&b) != PACKET_HELLO)
		return RECOGNISED_NO;
	length = take_varint(&b);
	if (b.failed || length < 10 || length > 64)
		return RECOGNISED_NO;
	name = b;
	return bytes_start_with(&name, "ClickHouse") || bytes_start_with(&name, "clickhouse")
		       ? RECOGNISED_YES
		       : RECOGNISED_NO;
}

static enum recognised recognise_server(struct bytes b)
{
	static const char hello[] = "\x0a"
				    "ClickHouse";
	static const char exception[] = "DB::";
	uint8_t type = bytes_u8(&b);

	if (type == PACKET_HELLO) {
		if (bytes_start_with(&b, hello))
			return RECOGNISED_YES;
		return bytes_agree_with(&b, hello) ? RECOGNISED_MORE : RECOGNISED_NO;
	}
	if (type != PACKET_EXCEPTION)
		return RECOGNISED_NO;
	if (!bytes_skip(&b, 5))
		return RECOGNISED_MORE;
	if (bytes_start_with(&b, exception))
		return RECOGNISED_YES;
	return bytes_agree_with(&b, exception) ? RECOGNISED_MORE : RECOGNISED_NO;
}

static enum recognised recognise(const struct opening *opening)
{
	struct bytes client = opening->side[SIDE_CLIENT], server = opening->side[SIDE_SERVER];
	enum recognised result = recognise_client(client);

	if (result == RECOGNISED_NO)
		return RECOGNISED_NO;
	if (server.left != 0)
		return recognise_server(server);
	return result == RECOGNISED_YES && opening->one_sided ? RECOGNISED_YES : RECOGNISED_MORE;
}

static void begin(void *state, struct facts *facts)
{
	struct clickhouse *ch = state;

	ch->handle = -1;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	FACTS_WORD(facts, product, "ClickHouse");
}

static void on_client_hello(struct clickhouse *ch, struct facts *facts, struct bytes b)
{
	struct bytes user;

	take_string(&b, NULL);
	take_varint(&b);
	take_varint(&b);
	ch->revision = take_varint(&b);
	take_string(&b, NULL);
	user = take_string(&b, NULL);
	ch->password = take_varint(&b) != 0;
	if (b.failed)
		return;
	ch->tried = true;
	if (user.left != 0)
		FACTS_TEXT(facts, user, user.at, user.left);
}

/* What each revision has added to who asks. */
static void skip_client(struct bytes *b, uint64_t revision)
{
	uint8_t interface;

	if (bytes_u8(b) == 0) /* no query */
		return;
	for (int i = 0; i < 3; i++)
		take_string(b, NULL);
	if (revision >= 54449)
		bytes_skip(b, 8);
	interface = bytes_u8(b);
	if (interface != 1) { /* not from a native client: b is not understood */
		b->failed = true;
		b->left = 0;
		return;
	}
	for (int i = 0; i < 3; i++)
		take_string(b, NULL);
	for (int i = 0; i < 3; i++)
		take_varint(b);
	if (revision >= 54060)
		take_string(b, NULL);
	if (revision >= 54448)
		take_varint(b);
	if (revision >= 54401)
		take_varint(b);
	if (revision >= 54442 && bytes_u8(b) == 1) {
		bytes_skip(b, 24);
		take_string(b, NULL);
		bytes_skip(b, 1);
	}
	for (int i = 0; revision >= 54453 && i < 3; i++)
		take_varint(b);
}

/* Name, flags and text of each; older revisions have settings in binary, of unknown size. */
static void skip_settings(struct bytes *b, uint64_t revision)
{
	for (int i = 0; i < SETTINGS_MAX; i++) {
		if (take_string(b, NULL).left == 0)
			return;
		if (revision < 54429)
			break;
		take_varint(b);
		take_string(b, NULL);
	}
	b->failed = true;
	b->left = 0;
}

static void note_query(struct clickhouse *ch, struct facts *facts, struct bytes text, bool cut)
{
	struct sql sql;
	struct sql_statement statement;
	unsigned flags;

	sql_begin(&sql, SQL_CLICKHOUSE);
	if (!sql_next(&sql, &text, &statement) && !sql_end(&sql, &statement))
		return;
	flags = statement.flags;
	if (cut && strncmp(statement.name, "DELETE", 6) == 0)
		flags = 0; /* its WHERE may be behind the cut */
	ch->handle = facts_command(facts, statement.name, strlen(statement.name), flags);
	ch->listing = flags & COMMAND_LISTING;
}

/* The client has spoken, now the server does: what was it asked? */
static void on_request(struct clickhouse *ch, struct facts *facts)
{
	struct bytes b = bytes_from(ch->request, ch->have), text;
	uint64_t type;
	bool cut = false;

	ch->handle = -1;
	ch->listing = false;
	if (ch->have == 0 || ch->lost)
		return;
	type = take_varint(&b);
	if (type == PACKET_HELLO && !ch->greeted)
		on_client_hello(ch, facts, b);
	/* After the hello newer clients send what they add to it first, and many a ping. */
	for (int i = 0; i < 3 && ch->greeted && (type == PACKET_HELLO || type == PACKET_PONG); i++)
		type = take_varint(&b);
	if (type != PACKET_QUERY || !ch->greeted)
		return;
	take_string(&b, NULL);
	if (ch->revision >= 54032)
		skip_client(&b, ch->revision);
	skip_settings(&b, ch->revision);
	if (ch->revision >= 54441)
		take_string(&b, NULL);
	take_varint(&b);
	take_varint(&b);
	text = take_string(&b, &cut);
	if (!b.failed && text.left != 0)
		note_query(ch, facts, text, cut);
}

static void on_refusal(struct clickhouse *ch, struct facts *facts, struct bytes b)
{
	uint32_t code = bytes_le32(&b);

	facts_command_result(facts, ch->handle, false);
	if (ch->greeted || (code != 192 && code != 193 && code != 194 && code != 516))
		return;
	if (ch->password)
		facts_login(facts, false);
	else
		facts_set_auth(facts, AUTH_REQUIRED);
}

static void on_server_hello(struct clickhouse *ch, struct facts *facts, struct bytes b)
{
	uint64_t major, minor, revision;
	char text[24];
	int length;

	take_string(&b, NULL);
	major = take_varint(&b);
	minor = take_varint(&b);
	revision = take_varint(&b);
	ch->greeted = true;
	if (b.failed)
		return;
	if (ch->revision == 0 || revision < ch->revision)
		ch->revision = revision;
	length = snprintf(text, sizeof text, "%u.%u", (unsigned)major & 0xffff,
			  (unsigned)minor & 0xffff);
	FACTS_TEXT(facts, version, text, (size_t)length);
	if (ch->tried && ch->password)
		facts_login(facts, true);
	else if (ch->tried)
		facts_set_auth(facts, AUTH_NONE);
}

/* Enough of an answer is there, or all of it. */
static void on_answer(struct clickhouse *ch, struct facts *facts)
{
	struct bytes b = bytes_from(ch->answer, ch->answer_have);
	uint8_t type;

	if (ch->judged || ch->answer_have == 0)
		return;
	ch->judged = true;
	facts_set_data_read(facts, ANSWER_NO);
	type = bytes_u8(&b);
	if (type == PACKET_EXCEPTION) {
		on_refusal(ch, facts, b);
	} else if (type == PACKET_HELLO && !ch->greeted) {
		on_server_hello(ch, facts, b);
	} else if (type != PACKET_PONG) {
		facts_command_result(facts, ch->handle, true);
		if (ch->listing && type == PACKET_DATA)
			facts_set_data_read(facts, ANSWER_YES);
	}
}

/* The other side begins to speak. */
static void turn(struct clickhouse *ch, struct facts *facts, enum side from)
{
	if (from == SIDE_SERVER) {
		on_request(ch, facts);
		memset(ch->request, 0, sizeof ch->request); /* it may have been a password */
		ch->have = 0;
		ch->answer_have = 0;
		ch->judged = false;
		return;
	}
	on_answer(ch, facts);
	ch->have = 0;
	ch->lost = false;
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct clickhouse *ch = state;
	struct bytes in = fed->bytes;

	if (turns_begin(&ch->turns, from))
		turn(ch, facts, from);
	if (from == SIDE_CLIENT) {
		while (in.left != 0 && ch->have < REQUEST_KEPT)
			ch->request[ch->have++] = bytes_u8(&in);
		return;
	}
	while (in.left != 0 && ch->answer_have < ANSWER_KEPT)
		ch->answer[ch->answer_have++] = bytes_u8(&in);
	if (ch->answer_have == ANSWER_KEPT)
		on_answer(ch, facts);
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct clickhouse *ch = state;

	(void)facts;
	(void)missing;
	if (from == SIDE_CLIENT)
		ch->lost = turns_begun(&ch->turns);
	else
		ch->judged = turns_begun(&ch->turns);
	if (!turns_begun(&ch->turns))
		ch->greeted = true;
}

static void end(void *state, struct facts *facts)
{
	struct clickhouse *ch = state;

	if (turns_is_last(&ch->turns, SIDE_CLIENT))
		on_request(ch, facts);
	else
		on_answer(ch, facts);
}

const struct dissector clickhouse_dissector = {
	.name = "clickhouse",
	.transports = OVER_TCP,
	.state_size = sizeof(struct clickhouse),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "the client's hello with its name and version, or the server's",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_COMMANDS |
		 READS_LISTINGS | READS_DESTRUCTION | READS_EXECUTION | READS_DATA |
		 READS_ENCRYPTION,
	.recognise = recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
	.end = end,
};
