/* SPDX-License-Identifier: ISC */
/*
 * Microsoft SQL Server: TDS 7 (MS-TDS). Packets with a header of 8 bytes, big endian length; a
 * message is one or more packets, the last has bit 0 of its status set.
 *
 * PRELOGIN settles encryption: TLS' handshake then travels inside PRELOGIN packets, and either all
 * that follows is TLS, or only the log-in was and packets are readable again.
 */
#include "dissectors/mssql/mssql_recognise.h"
#include "dissectors/mssql/mssql_tokens.h"
#include "dissectors/read/frames.h"
#include "dissectors/read/sql.h"
#include "dissectors/read/sql_deeds.h"
#include "dissectors/read/turns.h"

#include <stdio.h>
#include <strings.h>

#define HEADER_READ    5 /* bytes of it that tell a packet */
#define REST_OF_HEADER 3 /* bytes of the header that a frame has in its body */
#define LAST_PACKET    1
#define RPC_EXECUTESQL 10
#define STATEMENTS     4
#define TYPE_NVARCHAR  0xe7

static const uint16_t ports[] = {1433, 0};

static const struct service services[] = {
	{
		.name = "mssql",
		.family = FAMILY_DATABASE,
		.about = "Microsoft SQL Server",
		.identifier = "open-mssql",
		.ports = ports,
	},
};

struct mssql {
	struct frame side[2];
	struct mssql_tokens tokens;
	struct sql sql;
	int statements[STATEMENTS]; /* handles of the request at hand */
	uint8_t statement_count;
	struct turns turns;
	bool midstream, sealed, tls, greeted, logging_in, continued;
	/* Text of a batch */
	bool in_batch;
	uint8_t head_have, low;
	bool has_low;
	uint32_t skip; /* of the headers before it */
	uint8_t head[10];
	/* Text of a call: where it begins in the body, and bytes of it that are to come */
	uint16_t text_from;
	uint32_t text_left;
};

_Static_assert(sizeof(struct mssql) <= DISSECTOR_STATE_MAX, "state of mssql");

static void begin(void *state, struct facts *facts)
{
	(void)state;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
	FACTS_WORD(facts, product, "Microsoft SQL Server");
}

static struct bytes body_of(const struct frame *frame)
{
	struct bytes b = bytes_from(frame->body, frame->kept);

	bytes_skip(&b, REST_OF_HEADER);
	return b;
}

/* UTF-16, little endian; what is not ASCII becomes '?'. */
static size_t narrow(struct bytes b, size_t characters, char *to, size_t size)
{
	size_t length = 0;

	while (length < characters && length < size && b.left >= 2) {
		uint16_t c = bytes_le16(&b);

		to[length++] = c < 0x7f ? (char)c : '?';
	}
	return length;
}

/* Where name and password are: pairs of offset and length, from byte 36 on. */
static void on_login(struct mssql *ms, struct facts *facts, struct bytes b)
{
	struct bytes table = b, text = b;
	uint16_t offset, characters;
	char user[48];

	ms->logging_in = true;
	bytes_skip(&table, 40);
	offset = bytes_le16(&table);
	characters = bytes_le16(&table);
	if (table.failed)
		return;
	if (characters == 0) {
		FACTS_WORD(facts, mechanism, "SSPI");
		return;
	}
	FACTS_WORD(facts, mechanism, "SQL");
	if (bytes_skip(&text, offset) && text.left >= (size_t)characters * 2)
		FACTS_TEXT(facts, user, user, narrow(text, characters, user, sizeof user));
}

static void on_prelogin(struct mssql *ms, struct facts *facts, struct bytes b, enum side from)
{
	struct bytes version = mssql_prelogin_option(b, MSSQL_OPTION_VERSION);
	uint8_t major, minor;
	char text[24];
	int length;

	if (bytes_start_with(&b, "\x16\x03")) {
		ms->tls = true;
		ms->logging_in = true;
		facts_set_encryption(facts, ENCRYPTION_STARTTLS);
		facts_set_auth(facts, AUTH_UNKNOWN);
		return;
	}
	if (from != SIDE_SERVER || version.left < 6)
		return;
	ms->greeted = true;
	facts_set_auth(facts, AUTH_NA);
	facts_set_data_read(facts, ANSWER_NO);
	major = bytes_u8(&version);
	minor = bytes_u8(&version);
	length = snprintf(text, sizeof text, "%u.%u.%u", major, minor, bytes_be16(&version));
	FACTS_WORD(facts, product, "Microsoft SQL Server");
	FACTS_TEXT(facts, version, text, (size_t)length);
}

static void note_statement(struct mssql *ms, struct facts *facts,
			   const struct sql_statement *statement)
{
	int handle =
		facts_command(facts, statement->name, strlen(statement->name), statement->flags);

	if (ms->statement_count < STATEMENTS)
		ms->statements[ms->statement_count++] = handle;
}

static void begin_request(struct mssql *ms)
{
	ms->statement_count = 0;
	ms->in_batch = true;
	ms->head_have = 0;
	ms->skip = 0;
	ms->has_low = false;
	sql_begin(&ms->sql, SQL_MSSQL);
}

static void begin_batch(struct mssql *ms)
{
	ms->text_from = 0;
	begin_request(ms);
}

static void add_character(struct mssql *ms, struct facts *facts, uint8_t c)
{
	struct sql_statement statement;
	struct bytes b;

	if (!ms->has_low) {
		ms->low = c;
		ms->has_low = true;
		return;
	}
	ms->has_low = false;
	c = c == 0 && ms->low < 0x7f ? ms->low : '?';
	b = bytes_from(&c, 1);
	while (sql_next(&ms->sql, &b, &statement))
		note_statement(ms, facts, &statement);
}

/* The text begins behind ALL_HEADERS, if there are any. */
static void add_text(struct mssql *ms, struct facts *facts, struct bytes b)
{
	while (b.left != 0) {
		uint8_t c = bytes_u8(&b);
		struct bytes head;
		uint32_t total, first;

		if (ms->head_have < sizeof ms->head) {
			ms->head[ms->head_have++] = c;
			if (ms->head_have < sizeof ms->head)
				continue;
			head = bytes_from(ms->head, sizeof ms->head);
			total = bytes_le32(&head);
			first = bytes_le32(&head);
			if (total >= 10 && total < 1024 && first < total) {
				ms->skip = total - (uint32_t)sizeof ms->head;
				continue;
			}
			for (size_t i = 0; i < sizeof ms->head; i++)
				add_character(ms, facts, ms->head[i]);
			continue;
		}
		if (ms->skip != 0)
			ms->skip--;
		else
			add_character(ms, facts, c);
	}
}

static void end_batch(struct mssql *ms, struct facts *facts)
{
	struct sql_statement statement;

	if (ms->in_batch && ms->text_from == 0 && ms->head_have < sizeof ms->head) {
		for (size_t i = 0; i < ms->head_have; i++)
			add_character(ms, facts, ms->head[i]);
	}
	if (ms->in_batch && sql_end(&ms->sql, &statement))
		note_statement(ms, facts, &statement);
	ms->in_batch = false;
}

/* The name of what is called is next, or -1 and its number; and some flags behind it. */
static struct bytes rpc_name(struct bytes *b, uint16_t *number)
{
	struct bytes peek = *b, name;
	uint32_t total = bytes_le32(&peek);
	uint16_t length;

	*number = 0;
	if (total >= 10 && total < 256)
		bytes_skip(b, total);
	length = bytes_le16(b);
	if (length == 0xffff)
		*number = bytes_le16(b);
	name = bytes_sub(b, length == 0xffff ? 0 : (size_t)length * 2);
	bytes_skip(b, 2);
	return name;
}

/*
 * Where the text of the first parameter begins, from the beginning of the body, and how long it is;
 * 0 if it is no text, or not yet known. Name, status, type; then of NVARCHAR the most, a collation
 * and the length, which is one of 8 bytes, then one for each piece, where the most is 65535.
 */
static uint16_t rpc_text(const struct frame *frame, uint32_t *length)
{
	struct bytes b = body_of(frame), name;
	char text[16];
	uint16_t number, most;

	name = rpc_name(&b, &number);
	if (number == 0 && (narrow(name, 13, text, sizeof text) != 13 ||
			    strncasecmp(text, "sp_executesql", 13) != 0))
		return 0;
	if (number != 0 && number != RPC_EXECUTESQL)
		return 0;
	bytes_skip(&b, (size_t)bytes_u8(&b) * 2);
	bytes_skip(&b, 1);
	if (bytes_u8(&b) != TYPE_NVARCHAR)
		return 0;
	most = bytes_le16(&b);
	bytes_skip(&b, 5);
	if (most == 0xffff)
		bytes_skip(&b, 8);
	*length = most == 0xffff ? bytes_le32(&b) : bytes_le16(&b);
	return b.failed ? 0 : (uint16_t)(frame->kept - b.left);
}

static void add_rpc_text(struct mssql *ms, struct facts *facts, struct bytes b)
{
	for (; b.left != 0 && ms->text_left != 0; ms->text_left--)
		add_character(ms, facts, bytes_u8(&b));
}

/* Of a call whose text is a statement: `before` bytes of the packet's body have passed already. */
static void on_rpc_piece(struct mssql *ms, struct facts *facts, size_t before, struct bytes piece)
{
	const struct frame *frame = &ms->side[SIDE_CLIENT];
	size_t from = ms->continued ? REST_OF_HEADER : ms->text_from;

	if (!ms->in_batch && !ms->continued && ms->text_from == 0) {
		ms->text_from = rpc_text(frame, &ms->text_left);
		from = ms->text_from;
		if (from == 0)
			return;
		begin_request(ms);
		if (before > from)
			add_rpc_text(ms, facts, bytes_from(frame->body + from, before - from));
	}
	if (!ms->in_batch)
		return;
	bytes_skip(&piece, before >= from		? 0
			   : from - before < piece.left ? from - before
							: piece.left);
	add_rpc_text(ms, facts, piece);
}

/* The first packet of a call is over. */
static void on_rpc(struct mssql *ms, struct facts *facts, struct bytes b)
{
	struct sql_statement call = {.name = "EXEC"};
	const char *procedure;
	char text[64];
	uint16_t number;
	struct bytes name = rpc_name(&b, &number);

	procedure = sql_deeds_procedure(text, narrow(name, name.left / 2, text, sizeof text));
	if (procedure != NULL)
		call = (struct sql_statement){.name = procedure, .flags = COMMAND_EXECUTES};
	note_statement(ms, facts, &call);
}

static void on_client_packet(struct mssql *ms, struct facts *facts)
{
	const struct frame *frame = &ms->side[SIDE_CLIENT];
	struct bytes b = body_of(frame);
	bool last = frame->header[1] & LAST_PACKET;

	switch (frame->header[0]) {
	case MSSQL_PRELOGIN:
		on_prelogin(ms, facts, b, SIDE_CLIENT);
		break;
	case MSSQL_LOGIN7:
		if (!ms->continued)
			on_login(ms, facts, b);
		break;
	case MSSQL_BATCH:
		if (last)
			end_batch(ms, facts);
		break;
	case MSSQL_RPC:
		if (!ms->continued)
			on_rpc(ms, facts, b);
		if (last)
			end_batch(ms, facts);
		break;
	default:
		break;
	}
	ms->continued = !last;
}

static void on_result(struct mssql *ms, struct facts *facts)
{
	const struct mssql_tokens *t = &ms->tokens;
	bool good = !t->failed && (t->done || t->columns || t->accepted);

	if (ms->logging_in && (t->accepted || t->login_failed)) {
		facts_login(facts, t->accepted);
		ms->logging_in = false;
	}
	if (ms->tls && (t->done || t->accepted) && facts->encryption == ENCRYPTION_STARTTLS &&
	    !ms->logging_in && !t->accepted)
		facts_set_encryption(facts, ENCRYPTION_CLEARTEXT); /* only the log-in was not */
	facts_set_data_read(facts, t->columns ? ANSWER_YES : ANSWER_NO);
	for (uint8_t i = 0; i < ms->statement_count && (good || t->failed); i++)
		facts_command_result(facts, ms->statements[i], good);
	ms->statement_count = 0;
}

static void on_server_piece(struct mssql *ms, struct facts *facts, struct bytes piece)
{
	struct frame *frame = &ms->side[SIDE_SERVER];
	size_t before = frame->length - frame->left - piece.left; /* of the body, passed already */

	if (frame->header[0] != MSSQL_RESPONSE || frame->holed)
		return;
	while (before < REST_OF_HEADER && piece.left != 0) {
		bytes_skip(&piece, 1);
		before++;
	}
	mssql_tokens_feed(&ms->tokens, facts, piece);
}

static void on_server_packet(struct mssql *ms, struct facts *facts)
{
	struct frame *frame = &ms->side[SIDE_SERVER];
	struct bytes b = body_of(frame);
	bool last = frame->header[1] & LAST_PACKET;

	if (frame->header[0] == MSSQL_PRELOGIN ||
	    (frame->header[0] == MSSQL_RESPONSE && b.left != 0 &&
	     (b.at[0] == MSSQL_OPTION_VERSION || b.at[0] == 0x16)))
		on_prelogin(ms, facts, b, SIDE_SERVER);
	else if (last && !frame->holed)
		on_result(ms, facts);
	if (last)
		ms->tokens = (struct mssql_tokens){.type = 0};
}

static void on_piece(struct mssql *ms, struct facts *facts, enum side from, struct bytes piece)
{
	struct frame *frame = &ms->side[from];
	size_t before = frame->length - frame->left - piece.left;

	if (from == SIDE_SERVER) {
		on_server_piece(ms, facts, piece);
		return;
	}
	if (frame->header[0] == MSSQL_RPC && !frame->holed)
		on_rpc_piece(ms, facts, before, piece);
	if (frame->header[0] != MSSQL_BATCH || !ms->in_batch || frame->holed)
		return;
	while (before < REST_OF_HEADER && piece.left != 0) {
		bytes_skip(&piece, 1);
		before++;
	}
	add_text(ms, facts, piece);
}

/* A packet begins: is it one, or TLS without packets around it? */
static bool begin_packet(struct mssql *ms, enum side from)
{
	struct frame *frame = &ms->side[from];
	struct bytes b = bytes_from(frame->header, HEADER_READ);
	uint8_t type = bytes_u8(&b), status = bytes_u8(&b);
	uint16_t length = bytes_be16(&b);

	if (type >= 0x14 && type <= 0x17 && status == 3) {
		ms->sealed = ms->tls;
		frame->lost = true;
		return false;
	}
	if (type > MSSQL_PRELOGIN || length < MSSQL_HEADER) {
		frame->lost = true;
		return false;
	}
	frames_expect(frame, (uint32_t)length - HEADER_READ);
	if (from == SIDE_CLIENT && type == MSSQL_BATCH && !ms->continued)
		begin_batch(ms);
	if (from == SIDE_CLIENT && type == MSSQL_RPC && !ms->continued) {
		ms->statement_count = 0;
		ms->in_batch = false;
		ms->text_from = 0;
	}
	return true;
}

static void feed(void *state, struct facts *facts, struct feed *fed)
{
	enum side from = fed->from;
	struct mssql *ms = state;
	struct frame *frame = &ms->side[from];
	struct bytes in = fed->bytes, piece;

	if (turns_begin(&ms->turns, from) && frame->lost && !ms->sealed) {
		*frame = (struct frame){.lost = false};
		if (from == SIDE_SERVER)
			ms->tokens = (struct mssql_tokens){.type = 0};
		else
			ms->continued = ms->in_batch = false;
	}
	while (!frame->lost && !ms->sealed && frames_header(frame, &in, HEADER_READ)) {
		bool whole;

		if (!frame->expected && !begin_packet(ms, from))
			return;
		whole = frames_body(frame, &in, &piece);
		on_piece(ms, facts, from, piece);
		if (!whole)
			return;
		if (from == SIDE_CLIENT)
			on_client_packet(ms, facts);
		else
			on_server_packet(ms, facts);
		frames_done(frame);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct mssql *ms = state;

	(void)facts;
	if (!turns_begun(&ms->turns)) {
		ms->midstream = true;
		return;
	}
	ms->side[from] = (struct frame){.lost = true};
	ms->statement_count = 0;
	ms->in_batch = false;
	(void)missing;
}

const struct dissector mssql_dissector = {
	.name = "mssql",
	.transports = OVER_TCP,
	.state_size = sizeof(struct mssql),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.recognised = "a TDS pre-login or log-in packet, or the server's table of answers to one",
	.reads = READS_PRODUCT | READS_VERSION | READS_AUTH | READS_USER | READS_MECHANISM |
		 READS_COMMANDS | READS_LISTINGS | READS_DESTRUCTION | READS_EXECUTION |
		 READS_DATA | READS_ENCRYPTION,
	.recognise = mssql_recognise,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
