/* SPDX-License-Identifier: ISC */
/*
 * PostgreSQL, protocol 3 (manual, chapter 55): an opening message without a type, then messages of
 * one byte type and four bytes length, each way. Queries are queued, one entry per statement and
 * one mark per round trip (Sync, or the end of a simple query), so that results are matched when
 * the client does not wait; an error drops the rest of its round trip, as in the server.
 *
 * AuthenticationOk alone does not mean "in": the server may still refuse (no such role, database,
 * too many connections). In is who gets BackendKeyData, a parameter or ReadyForQuery.
 */
#include "dissectors/dissector.h"
#include "dissectors/frames.h"
#include "dissectors/postgresql_probe.h"
#include "dissectors/sql.h"

#define OUTSTANDING    24
#define STATEMENTS     8	  /* prepared ones remembered */
#define MESSAGE_MAX    (1u << 30) /* the server's own limit */
#define MARK	       (-2)	  /* in the queue: the end of a round trip */
#define REQUEST_SSL    80877103
#define REQUEST_GSS    80877104
#define REQUEST_CANCEL 80877102

static const uint16_t ports[] = {5432, 6432, 5433, 0};

static const struct service services[] = {
	{
		.name = "postgresql",
		.family = FAMILY_DATABASE,
		.about = "PostgreSQL database",
		.identifier = "open-postgres",
		.ports = ports,
	},
};

enum login {
	NOT_YET,
	ASKED, /* the server demanded credentials */
	TRIED, /* and the client sent some */
	IN,
};

struct prepared {
	uint32_t name; /* hash of it */
	int handle;
};

struct postgresql {
	struct frame client, server;
	struct sql sql;
	struct prepared prepared[STATEMENTS];
	int queue[OUTSTANDING];
	int request;		 /* handle of SSLRequest */
	int parsed, bound;	 /* latest handles of Parse and Bind */
	uint32_t name;		 /* hash of the statement's name that Parse is giving */
	uint32_t unlisted_marks; /* round trips that found no room, since the queue overflowed */
	uint8_t head, count, next_prepared;
	uint8_t login;		   /* enum login */
	bool started;		   /* the client's typeless messages are over */
	bool negotiating;	   /* the server's next byte answers SSLRequest or GSSENCRequest */
	bool passed;		   /* AuthenticationOk, which is not yet in */
	bool name_over, text_over; /* of the message at hand */
	bool midstream, overflowed, sealed;
	uint8_t ready; /* bytes of ReadyForQuery matched, while the server is lost */
	bool gss;      /* encrypted from the client's next byte on */
};

_Static_assert(sizeof(struct postgresql) <= DISSECTOR_STATE_MAX, "state of postgresql");

static void begin(void *state, struct facts *facts)
{
	struct postgresql *pg = state;

	pg->parsed = pg->bound = -1;
	facts_set_service(facts, &services[0]);
	facts_set_encryption(facts, ENCRYPTION_CLEARTEXT);
}

static void enqueue(struct postgresql *pg, int entry)
{
	pg->overflowed |= pg->count == OUTSTANDING;
	if (pg->overflowed) {
		pg->unlisted_marks += entry == MARK;
		return;
	}
	pg->queue[(pg->head + pg->count++) % OUTSTANDING] = entry;
}

static void pop(struct postgresql *pg)
{
	pg->head = (uint8_t)((pg->head + 1) % OUTSTANDING);
	pg->count--;
}

static void result(struct postgresql *pg, struct facts *facts, bool accepted)
{
	int entry = pg->count != 0 ? pg->queue[pg->head] : MARK;

	if (entry != MARK) {
		facts_command_result(facts, entry, accepted);
		pop(pg);
	} else if (!accepted && pg->count != 0) {
		facts_command_result(facts, pg->parsed, false);
	}
}

static void drop_round_trip(struct postgresql *pg)
{
	while (pg->count != 0 && pg->queue[pg->head] != MARK)
		pop(pg);
}

static void end_round_trip(struct postgresql *pg)
{
	drop_round_trip(pg);
	if (pg->count != 0) {
		pop(pg);
	} else if (pg->overflowed && pg->unlisted_marks != 0) {
		pg->unlisted_marks--;
		pg->overflowed = pg->unlisted_marks != 0;
	}
}

/* After a gap, ReadyForQuery is a known place in both directions. */
static void resynchronise(struct postgresql *pg)
{
	if (pg->client.lost)
		pg->client = (struct frame){.lost = false};
	pg->server.lost = false;
	pg->head = pg->count = 0;
	pg->unlisted_marks = 0;
	pg->overflowed = false;
}

static void note_statement(struct postgresql *pg, struct facts *facts,
			   const struct sql_statement *statement, bool parse)
{
	size_t length = strlen(statement->name);
	int handle = length ? facts_command(facts, statement->name, length, statement->flags) : -1;

	if (parse)
		pg->parsed = handle;
	else
		enqueue(pg, handle);
}

static void feed_sql(struct postgresql *pg, struct facts *facts, struct bytes text, bool parse)
{
	struct sql_statement statement;
	const uint8_t *end;

	if (pg->text_over || text.left == 0)
		return;
	end = memchr(text.at, '\0', text.left);
	pg->text_over = end != NULL;
	if (end)
		text.left = (size_t)(end - text.at);
	while (sql_next(&pg->sql, &text, &statement))
		note_statement(pg, facts, &statement, parse);
}

static uint32_t hash_step(uint32_t hash, uint8_t c)
{
	return (hash ^ c) * 16777619u; /* FNV-1a */
}

/* "user", "alice", "database", "shop", ... each ended by a NUL */
static void note_parameters(struct postgresql *pg, struct facts *facts)
{
	struct bytes b = bytes_from(pg->client.body, pg->client.kept);

	bytes_skip(&b, 4);
	while (b.left != 0 && b.at[0] != 0) {
		const uint8_t *key = b.at;
		size_t key_length = strnlen((const char *)b.at, b.left);
		const uint8_t *value;
		size_t length;

		if (!bytes_skip(&b, key_length + 1))
			return;
		value = b.at;
		length = strnlen((const char *)b.at, b.left);
		if (key_length == 4 && memcmp(key, "user", 4) == 0)
			FACTS_TEXT(facts, user, value, length);
		if (!bytes_skip(&b, length + 1))
			return;
	}
}

static void on_startup(struct postgresql *pg, struct facts *facts)
{
	struct bytes b = bytes_from(pg->client.body, pg->client.kept);
	uint32_t code = bytes_be32(&b);

	if (pg->client.holed && b.failed && pg->client.length == 4)
		pg->sealed = true; /* which request it was decides what the answer means */

	switch (code) {
	case REQUEST_SSL:
		pg->request = facts_command(facts, "SSLRequest", 10, 0);
		pg->negotiating = true;
		facts_set_auth(facts, AUTH_NA);
		return;
	case REQUEST_GSS:
		pg->request = -1;
		pg->negotiating = true;
		facts_set_auth(facts, AUTH_NA);
		return;
	case REQUEST_CANCEL:
		facts_command(facts, "CANCEL_REQUEST", 14, 0);
		facts_set_data_read(facts, ANSWER_NO);
		facts_set_auth(facts, AUTH_NA);
		break;
	default:
		facts_set_auth(facts, AUTH_UNKNOWN);
		note_parameters(pg, facts);
	}
	pg->started = true;
}

/* Parse: the statement's name, NUL, the query, NUL, types */
static void on_parse_piece(struct postgresql *pg, struct facts *facts, struct bytes piece)
{
	while (!pg->name_over && piece.left != 0) {
		uint8_t c = bytes_u8(&piece);

		pg->name_over = c == 0;
		if (c != 0)
			pg->name = hash_step(pg->name, c);
	}
	if (pg->name_over)
		feed_sql(pg, facts, piece, true);
}

static void remember(struct postgresql *pg)
{
	struct prepared *slot = NULL;

	for (size_t i = 0; i < STATEMENTS; i++) {
		if (pg->prepared[i].name == pg->name)
			slot = &pg->prepared[i];
	}
	if (!slot)
		slot = &pg->prepared[pg->next_prepared++ % STATEMENTS];
	*slot = (struct prepared){.name = pg->name, .handle = pg->parsed};
}

/* Bind: the portal's name, NUL, the statement's name, NUL, values */
static void on_bind(struct postgresql *pg)
{
	struct bytes b = bytes_from(pg->client.body, pg->client.kept);
	uint32_t name = 0;
	uint8_t c;

	bytes_skip(&b, strnlen((const char *)b.at, b.left) + 1);
	while ((c = bytes_u8(&b)) != 0)
		name = hash_step(name, c);
	pg->bound = -1;
	for (size_t i = 0; i < STATEMENTS && !b.failed; i++) {
		if (pg->prepared[i].name == name)
			pg->bound = pg->prepared[i].handle;
	}
}

/* The client's answer to an authentication request; a SASL one begins with the mechanism. */
static void on_password(struct postgresql *pg, struct facts *facts)
{
	struct bytes b = bytes_from(pg->client.body, pg->client.kept);

	if (pg->login == ASKED && bytes_start_with(&b, "SCRAM-SHA-"))
		FACTS_TEXT(facts, mechanism, b.at, strnlen((const char *)b.at, b.left));
	if (pg->login == ASKED)
		pg->login = TRIED;
}

static void begin_client_message(struct postgresql *pg)
{
	uint8_t type = pg->client.header[0];

	pg->name_over = pg->text_over = false;
	pg->name = 0;
	if (type == 'Q' || type == 'P')
		sql_begin(&pg->sql, SQL_POSTGRESQL);
	if (type == 'P')
		pg->parsed = -1;
}

static void end_client_message(struct postgresql *pg, struct facts *facts)
{
	struct sql_statement statement;
	bool holed = pg->client.holed;

	switch (pg->client.header[0]) {
	case 'Q':
		if (holed)
			enqueue(pg, -1);
		else if (sql_end(&pg->sql, &statement))
			note_statement(pg, facts, &statement, false);
		enqueue(pg, MARK);
		break;
	case 'P':
		if (holed)
			pg->parsed = -1;
		else if (sql_end(&pg->sql, &statement))
			note_statement(pg, facts, &statement, true);
		remember(pg);
		break;
	case 'B':
		on_bind(pg);
		break;
	case 'E':
		enqueue(pg, pg->bound);
		break;
	case 'S':
	case 'F':
		enqueue(pg, MARK);
		break;
	case 'p':
		on_password(pg, facts);
		break;
	default:
		break;
	}
}

static bool expect_client(struct postgresql *pg)
{
	struct frame *frame = &pg->client;
	struct bytes b = bytes_from(frame->header, frame->have);
	uint8_t type = pg->started ? bytes_u8(&b) : 0;
	uint32_t length = bytes_be32(&b);

	if (length < 4 || length > MESSAGE_MAX)
		return false;
	if (pg->started && (type == 0 || !strchr("QPBEDSHCdcfFpX", type)))
		return false;
	frames_expect(frame, length - 4);
	if (pg->started)
		begin_client_message(pg);
	return true;
}

static void on_client(struct postgresql *pg, struct facts *facts, struct bytes *input)
{
	struct frame *frame = &pg->client;
	struct bytes piece;

	if (!pg->started && frame->have == 0 && input->left != 0 && input->at[0] != 0)
		pg->started = pg->midstream = true; /* the capture began late */
	while (!frame->lost && frames_header(frame, input, pg->started ? 5 : 4)) {
		bool over;

		if (!frame->expected && !expect_client(pg)) {
			frame->lost = true;
			return;
		}
		over = frames_body(frame, input, &piece);
		if (frame->holed)
			piece = bytes_from(NULL, 0); /* what a hole is in is not understood */
		if (pg->started && frame->header[0] == 'Q')
			feed_sql(pg, facts, piece, false);
		else if (pg->started && frame->header[0] == 'P')
			on_parse_piece(pg, facts, piece);
		if (!over)
			return;
		if (pg->started)
			end_client_message(pg, facts);
		else
			on_startup(pg, facts);
		frames_done(frame);
	}
}

static void on_authentication(struct postgresql *pg, struct facts *facts)
{
	struct bytes b = bytes_from(pg->server.body, pg->server.kept);
	uint32_t code = bytes_be32(&b);
	const char *mechanism = NULL;

	if (b.failed || pg->login == IN)
		return;
	switch (code) {
	case 0:
		pg->passed = true;
		return;
	case 3:
		mechanism = "password";
		break;
	case 5:
		mechanism = "md5";
		break;
	case 7:
		mechanism = "GSSAPI";
		break;
	case 9:
		mechanism = "SSPI";
		break;
	case 10:
		FACTS_TEXT(facts, mechanism, b.at, strnlen((const char *)b.at, b.left));
		break;
	case 8:
	case 11:
	case 12:
		return; /* continuations */
	default:
		break;
	}
	if (mechanism)
		FACTS_TEXT(facts, mechanism, mechanism, strlen(mechanism));
	pg->login = ASKED;
	facts_set_auth(facts, AUTH_REQUIRED);
}

static void let_in(struct postgresql *pg, struct facts *facts)
{
	if (!pg->passed || pg->login == IN)
		return;
	if (pg->login == NOT_YET)
		facts_set_auth(facts, AUTH_NONE);
	else
		facts_login(facts, true);
	pg->login = IN;
}

/* Fields: a letter, text, NUL; S and V severity, C SQLSTATE, M message */
static void on_error(struct postgresql *pg, struct facts *facts)
{
	struct bytes b = bytes_from(pg->server.body, pg->server.kept);
	bool credentials = false, tried = pg->passed || pg->login != ASKED;

	while (b.left != 0 && b.at[0] != 0) {
		uint8_t field = bytes_u8(&b);

		credentials |= field == 'C' && bytes_start_with(&b, "28");
		tried |= field == 'C' && bytes_start_with(&b, "28P01");
		bytes_skip(&b, strnlen((const char *)b.at, b.left) + 1);
	}
	if (pg->login == IN || pg->midstream) {
		result(pg, facts, false);
		drop_round_trip(pg);
		return;
	}
	if (credentials && tried)
		facts_login(facts, false);
	else if (pg->login != ASKED)
		facts_set_auth(facts, AUTH_UNKNOWN);
	pg->passed = false;
}

static void on_parameter(struct postgresql *pg, struct facts *facts)
{
	struct bytes b = bytes_from(pg->server.body, pg->server.kept);
	const char *name = (const char *)b.at;
	size_t name_length = strnlen(name, b.left);
	size_t length;

	if (!bytes_skip(&b, name_length + 1))
		return;
	length = strnlen((const char *)b.at, b.left);
	if (strcmp(name, "server_version") == 0)
		FACTS_TEXT(facts, version, b.at, length);
	else if (strcmp(name, "crdb_version") == 0)
		FACTS_TEXT(facts, product, "CockroachDB", 11);
	if (strcmp(name, "server_version") == 0 && length > 8 &&
	    memcmp(b.at + length - 8, "/bouncer", 8) == 0)
		FACTS_TEXT(facts, product, "PgBouncer", 9);
}

static void on_server_message(struct postgresql *pg, struct facts *facts)
{
	switch (pg->server.header[0]) {
	case 'R':
		on_authentication(pg, facts);
		break;
	case 'E':
		on_error(pg, facts);
		break;
	case 'S':
		let_in(pg, facts);
		on_parameter(pg, facts);
		break;
	case 'K':
		let_in(pg, facts);
		break;
	case 'Z':
		let_in(pg, facts);
		end_round_trip(pg);
		if (pg->client.lost)
			resynchronise(pg);
		break;
	case 'C':
	case 's':
	case 'I':
		result(pg, facts, true);
		break;
	case 'D':
	case 'd':
		facts_set_data_read(facts, ANSWER_YES);
		break;
	default:
		break;
	}
}

/* The one byte that answers SSLRequest or GSSENCRequest. */
static void on_negotiated(struct postgresql *pg, struct facts *facts, uint8_t answer)
{
	pg->negotiating = false;
	facts_command_result(facts, pg->request, answer != 'N');
	pg->gss = answer == 'G';
	if (answer != 'S')
		return;
	facts_set_encryption(facts, ENCRYPTION_STARTTLS);
	facts_set_auth(facts, AUTH_UNKNOWN);
	facts->starts_tls = true;
	facts->revision++;
	pg->sealed = true;
}

static bool expect_server(struct postgresql *pg)
{
	struct frame *frame = &pg->server;
	struct bytes b = bytes_from(frame->header, frame->have);
	uint8_t type = bytes_u8(&b);
	uint32_t length = bytes_be32(&b);

	if (length < 4 || length > MESSAGE_MAX || type == 0 ||
	    !strchr("RSKZTDCENAI123ntsGHWdcvV", type))
		return false;
	frames_expect(frame, length - 4);
	return true;
}

/* Looks for "Z", length 5, and the state of the transaction. */
static void find_ready(struct postgresql *pg, struct bytes *input)
{
	static const uint8_t pattern[] = {'Z', 0, 0, 0, 5};

	while (input->left != 0) {
		uint8_t c = bytes_u8(input);

		if (pg->ready == sizeof pattern) {
			pg->ready = 0;
			if (c == 'I' || c == 'T' || c == 'E') {
				frames_done(&pg->server);
				resynchronise(pg);
				return;
			}
		}
		pg->ready = c == pattern[pg->ready] ? (uint8_t)(pg->ready + 1) : c == 'Z';
	}
}

/* A whole message, if there is one; the cursor stands behind it. */
static bool next_server_message(struct postgresql *pg, struct facts *facts, struct bytes *input)
{
	struct frame *frame = &pg->server;
	struct bytes piece;

	/* Nothing but the answer to such a request has a second byte that is not 0. */
	if (frame->have == 0 && pg->negotiating && input->left != 0 && input->at[0] != 'E') {
		on_negotiated(pg, facts, bytes_u8(input));
		return !pg->sealed;
	}
	pg->negotiating = pg->negotiating && input->left == 0;
	if (!frames_header(frame, input, 5))
		return false;
	if (!frame->expected && !expect_server(pg)) {
		frame->lost = true;
		pg->ready = 0;
		return true;
	}
	if (!frames_body(frame, input, &piece))
		return false;
	if (!frame->holed)
		on_server_message(pg, facts);
	frames_done(frame);
	return true;
}

static void on_server(struct postgresql *pg, struct facts *facts, struct bytes *input)
{
	bool more = true;

	if (!facts->product[0])
		FACTS_TEXT(facts, product, "PostgreSQL", 10);
	facts_set_data_read(facts, ANSWER_NO);
	while (more) {
		if (pg->server.lost)
			find_ready(pg, input);
		more = input->left != 0 && next_server_message(pg, facts, input);
	}
}

static void feed(void *state, struct facts *facts, enum side from, const uint8_t *bytes,
		 size_t length)
{
	struct postgresql *pg = state;
	struct bytes input = bytes_from(bytes, length);

	if (length == 0 || pg->sealed)
		return;
	if (from == SIDE_SERVER) {
		on_server(pg, facts, &input);
	} else if (pg->gss) {
		facts_set_encryption(facts, ENCRYPTION_NATIVE);
		facts_set_auth(facts, AUTH_UNKNOWN);
		pg->sealed = true;
	} else {
		on_client(pg, facts, &input);
	}
}

static void gap(void *state, struct facts *facts, enum side from, uint64_t missing)
{
	struct postgresql *pg = state;
	struct frame *frame = from == SIDE_CLIENT ? &pg->client : &pg->server;
	struct bytes nothing = bytes_from(NULL, 0);

	pg->ready = 0;
	if (!frames_gap(frame, missing) || frame->left != 0)
		return;
	if (from == SIDE_CLIENT) /* the message ended in the gap */
		on_client(pg, facts, &nothing);
	else
		next_server_message(pg, facts, &nothing);
}

const struct dissector postgresql_dissector = {
	.name = "postgresql",
	.transports = OVER_TCP,
	.state_size = sizeof(struct postgresql),
	.service_count = sizeof services / sizeof *services,
	.services = services,
	.probe = postgresql_probe,
	.begin = begin,
	.feed = feed,
	.gap = gap,
};
