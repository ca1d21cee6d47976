/* SPDX-License-Identifier: ISC */
/*
 * What a PostgreSQL client sends: the opening message, which has no type, then queries in one piece
 * (Query) or in steps (Parse, Bind, Execute, Sync), each maybe long before its answer. Statements
 * are named as they pass and not kept; passwords are only noticed.
 */
#include "dissectors/postgresql/postgresql_session.h"

#define REQUEST_SSL    80877103
#define REQUEST_GSS    80877104
#define REQUEST_CANCEL 80877102

static void note_statement(struct postgresql *pg, struct facts *facts,
			   const struct sql_statement *statement, bool parse)
{
	size_t length = strlen(statement->name);
	int handle = length ? facts_command(facts, statement->name, length, statement->flags) : -1;

	if (parse)
		pg->parsed = handle;
	else
		postgresql_queue_add(pg, handle);
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
		pg->request = FACTS_COMMAND(facts, "SSLRequest", 0);
		pg->negotiating = true;
		facts_set_auth(facts, AUTH_NA);
		return;
	case REQUEST_GSS:
		pg->request = -1;
		pg->negotiating = true;
		facts_set_auth(facts, AUTH_NA);
		return;
	case REQUEST_CANCEL:
		FACTS_COMMAND(facts, "CANCEL_REQUEST", 0);
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

	for (size_t i = 0; i < POSTGRESQL_STATEMENTS; i++) {
		if (pg->prepared[i].name == pg->name)
			slot = &pg->prepared[i];
	}
	if (!slot)
		slot = &pg->prepared[pg->next_prepared++ % POSTGRESQL_STATEMENTS];
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
	for (size_t i = 0; i < POSTGRESQL_STATEMENTS && !b.failed; i++) {
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
			postgresql_queue_add(pg, -1);
		else if (sql_end(&pg->sql, &statement))
			note_statement(pg, facts, &statement, false);
		postgresql_queue_add(pg, POSTGRESQL_MARK);
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
		postgresql_queue_add(pg, pg->bound);
		break;
	case 'S':
	case 'F':
		postgresql_queue_add(pg, POSTGRESQL_MARK);
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

	if (length < 4 || length > POSTGRESQL_MESSAGE_MAX)
		return false;
	if (pg->started && (type == 0 || !strchr("QPBEDSHCdcfFpX", type)))
		return false;
	frames_expect(frame, length - 4);
	if (pg->started)
		begin_client_message(pg);
	return true;
}

void postgresql_client_feed(struct postgresql *pg, struct facts *facts, struct bytes *input)
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
