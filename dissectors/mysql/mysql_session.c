/* SPDX-License-Identifier: ISC */
/*
 * Commands of a MySQL client and how the server answers them. A result set is a column count,
 * definitions, then rows; EOF packets end both, or an OK packet that looks like EOF ends the rows
 * (capability DEPRECATE_EOF). Rows pass by uncounted: the first one says that data was read.
 *
 * dev.mysql.com/doc/dev/mysql-server, "Command Phase".
 */
#include "dissectors/mysql/mysql_session.h"

#include "dissectors/mysql/mysql_login.h"

#define MORE_RESULTS  0x0008 /* status flags of OK and EOF */
#define CURSOR_EXISTS 0x0040
#define EOF_MAX	      9 /* bytes: longer packets that begin with 0xfe are rows */

enum kind {
	NO_ANSWER,
	ONE_PACKET,
	QUERY,
	PREPARE,
	EXECUTE,
	FETCH,	/* rows at once */
	FIELDS, /* definitions at once, until EOF */
	CHANGE_USER,
	STREAM, /* binary log: never ends */
};

enum answer_state {
	FIRST,
	DEFINITIONS,
	ROWS,
	SKIPPED, /* packets of PREPARE that tell nothing */
};

#define LAST 0x100 /* with a kind: the last result of its command */

struct command_row {
	uint8_t code;
	uint8_t kind;
	uint8_t flags;
	const char *name; /* NULL: nothing of note, or named by its statement */
};

static const struct command_row commands[] = {
	{0x01, NO_ANSWER, 0, "QUIT"},
	{0x02, ONE_PACKET, 0, "USE"},
	{0x03, QUERY, 0, NULL},
	{0x04, FIELDS, 0, "FIELD_LIST"},
	{0x05, ONE_PACKET, 0, "CREATE DATABASE"},
	{0x06, ONE_PACKET, COMMAND_DESTRUCTIVE, "DROP DATABASE"},
	{0x07, ONE_PACKET, 0, "REFRESH"},
	{0x08, ONE_PACKET, COMMAND_DESTRUCTIVE, "SHUTDOWN"},
	{0x09, ONE_PACKET, 0, "STATISTICS"},
	{0x0a, QUERY, 0, "PROCESS_INFO"},
	{0x0c, ONE_PACKET, 0, "KILL"},
	{0x0d, ONE_PACKET, 0, "DEBUG"},
	{0x0e, ONE_PACKET, 0, "PING"},
	{0x11, CHANGE_USER, 0, "CHANGE_USER"},
	{0x12, STREAM, COMMAND_LISTING, "BINLOG_DUMP"},
	{0x13, STREAM, COMMAND_LISTING, "TABLE_DUMP"},
	{0x15, ONE_PACKET, 0, "REGISTER_SLAVE"},
	{0x16, PREPARE, 0, NULL},
	{0x17, EXECUTE, 0, NULL},
	{0x18, NO_ANSWER, 0, NULL}, /* long data of a parameter */
	{0x19, NO_ANSWER, 0, NULL}, /* close a statement */
	{0x1a, ONE_PACKET, 0, NULL},
	{0x1b, ONE_PACKET, 0, NULL},
	{0x1c, FETCH, 0, NULL},
	{0x1e, STREAM, COMMAND_LISTING, "BINLOG_DUMP_GTID"},
	{0x1f, ONE_PACKET, 0, "RESET_CONNECTION"},
};

static const struct command_row *find_command(uint8_t code)
{
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (commands[i].code == code)
			return &commands[i];
	}
	return NULL;
}

void mysql_session_reset(struct mysql *my)
{
	answers_clear(&my->pending);
	my->answer = FIRST;
}

static void enqueue(struct mysql *my, int handle, enum kind kind)
{
	if (answers_add(&my->pending, handle, (uint16_t)kind) != NULL)
		my->queued++;
}

/* The answer, or one result of it, is over. */
static void finish(struct mysql *my, bool more_results)
{
	const struct answers_row *row;

	my->answer = FIRST;
	while ((row = answers_first(&my->pending)) != NULL) {
		bool last = row->kind & LAST;

		if (last && more_results)
			return; /* of a procedure: several results of one statement */
		answers_drop(&my->pending);
		if (last || more_results)
			return;
	}
}

static void note_statement(struct mysql *my, struct facts *facts,
			   const struct sql_statement *statement, enum kind kind)
{
	size_t length = strlen(statement->name);
	int handle = length ? facts_command(facts, statement->name, length, statement->flags) : -1;

	if (kind == QUERY || my->queued == 0)
		enqueue(my, handle, kind);
}

void mysql_session_begin_command(struct mysql *my)
{
	my->sql_from = 0;
	my->queued = 0;
}

/* Where the statement begins: behind the command and the attributes; 0 if not yet known. */
static uint8_t find_statement(const struct mysql *my)
{
	const struct frame *frame = &my->client;
	struct bytes b = bytes_from(frame->body + 1, frame->kept - 1u);
	bool attributes = frame->body[0] == 0x03 && my->capabilities & MYSQL_ATTRIBUTES;

	if (my->capabilities == 0) /* a capture that began late */
		attributes = frame->body[1] == 0 && frame->body[2] == 1;
	if (attributes)
		b = mysql_login_attributes(b);
	return b.failed ? 0 : (uint8_t)(frame->kept - b.left);
}

static void feed_sql(struct mysql *my, struct facts *facts, struct bytes text)
{
	enum kind kind = my->client.body[0] == 0x03 ? QUERY : PREPARE;
	struct sql_statement statement;

	while (sql_next(&my->sql, &text, &statement))
		note_statement(my, facts, &statement, kind);
}

void mysql_session_text(struct mysql *my, struct facts *facts, struct bytes piece)
{
	const struct frame *frame = &my->client;
	size_t before = frame->length - frame->left - piece.left;

	if (frame->header[3] != 0 || frame->kept < 3 || frame->holed ||
	    (frame->body[0] != 0x03 && frame->body[0] != 0x16))
		return;
	if (my->sql_from == 0) {
		my->sql_from = find_statement(my);
		if (my->sql_from == 0)
			return;
		sql_begin(&my->sql, SQL_MYSQL);
		/* What came before there was enough to decide was kept. */
		if (before > my->sql_from)
			feed_sql(my, facts,
				 bytes_from(frame->body + my->sql_from, before - my->sql_from));
	}
	if (before < my->sql_from)
		bytes_skip(&piece, my->sql_from - before);
	feed_sql(my, facts, piece);
}

static int find_prepared(const struct mysql *my, uint32_t id)
{
	for (size_t i = 0; i < MYSQL_STATEMENTS && id != 0; i++) {
		if (my->prepared[i].id == id)
			return my->prepared[i].handle;
	}
	return -1;
}

/* The end of a command: what it is waiting for, unless its statements said so. */
static void end_command(struct mysql *my, struct facts *facts, const struct command_row *row)
{
	struct bytes body = bytes_from(my->client.body, my->client.kept);
	struct sql_statement statement;
	int handle = -1;

	if (my->sql_from != 0 && !my->client.holed && sql_end(&my->sql, &statement))
		note_statement(my, facts, &statement, row->kind);
	if ((my->queued != 0 && !my->client.holed) || my->pending.unlisted != 0)
		return;
	if (my->client.holed && row->name == NULL) {
		enqueue(my, -1, row->kind);
		return;
	}
	if (row->name)
		handle = facts_command(facts, row->name, strlen(row->name), row->flags);
	bytes_skip(&body, 1);
	if (row->kind == EXECUTE)
		handle = find_prepared(my, bytes_le32(&body));
	if (row->kind != NO_ANSWER)
		enqueue(my, handle, row->kind);
}

void mysql_session_command(struct mysql *my, struct facts *facts)
{
	const struct frame *frame = &my->client;
	struct bytes body = bytes_from(frame->body, frame->kept);
	uint8_t code = bytes_u8(&body);
	const struct command_row *row = find_command(code);

	if (frame->header[3] != 0)
		return; /* the rest of something: a file, a long statement */
	if (!row || frame->length == 0) {
		my->client.lost = true;
		return;
	}
	if (answers_first(&my->pending) == NULL)
		my->answer = FIRST;
	end_command(my, facts, row);
	if (my->queued != 0)
		answers_last(&my->pending)->kind |= LAST;
	if (row->kind == CHANGE_USER) {
		my->tried = true;
		my->password = mysql_login_change(body, facts);
	}
}

static void remember(struct mysql *my, uint32_t id, int handle)
{
	my->prepared[my->next_prepared++ % MYSQL_STATEMENTS] =
		(struct mysql_prepared){.id = id, .handle = handle};
}

/* Behind the 0x00 of an OK packet, or the 0xfe of one that ends rows. */
static bool has_more_results(struct bytes body)
{
	mysql_login_number(&body);
	mysql_login_number(&body);
	return bytes_le16(&body) & MORE_RESULTS;
}

static void on_prepared(struct mysql *my, const struct answers_row *expected, struct bytes body)
{
	uint64_t eof = my->capabilities & MYSQL_NO_EOF ? 0 : 1;
	uint32_t id = bytes_le32(&body);
	uint64_t columns = bytes_le16(&body), parameters = bytes_le16(&body);

	remember(my, id, expected->handle);
	my->definitions = (columns ? columns + eof : 0) + (parameters ? parameters + eof : 0);
	my->answer = SKIPPED;
	if (my->definitions == 0)
		finish(my, false);
}

/* The first packet of a result. */
static void on_result(struct mysql *my, struct facts *facts, uint8_t type, struct bytes body)
{
	struct answers_row *expected = answers_first(&my->pending);

	if (!expected)
		return;
	if (type == 0x00) {
		facts_command_result(facts, expected->handle, true);
		finish(my, has_more_results(body));
	} else if (type == 0xfb) {
		return; /* LOAD DATA LOCAL: the client sends a file, then there is an answer */
	} else {
		struct bytes whole = bytes_from(my->server.body, my->server.kept);

		facts_command_result(facts, expected->handle, true);
		my->definitions = mysql_login_number(&whole);
		/* MariaDB leaves definitions out that the client has cached. */
		if (whole.left == 1 && whole.at[0] == 0)
			my->definitions = 0;
		my->answer = my->definitions != 0 ? DEFINITIONS : ROWS;
		my->definitions_end = !(my->capabilities & MYSQL_NO_EOF);
	}
}

static void on_first(struct mysql *my, struct facts *facts, uint8_t type, struct bytes body)
{
	struct answers_row *expected = answers_first(&my->pending);

	if (!expected)
		return;
	if (type == 0xff) {
		if ((expected->kind & ~LAST) == CHANGE_USER)
			facts_login(facts, false);
		facts_command_result(facts, expected->handle, false);
		finish(my, false);
		return;
	}
	switch ((enum kind)(expected->kind & ~LAST)) {
	case QUERY:
	case EXECUTE:
		on_result(my, facts, type, body);
		return;
	case PREPARE:
		on_prepared(my, expected, body);
		return;
	case FETCH:
		my->answer = ROWS;
		my->definitions_end = false;
		break;
	case CHANGE_USER:
		if (type != 0x00)
			return; /* another proof is asked for */
		facts_login(facts, my->password);
		break;
	case FIELDS:
		if (type != 0xfe)
			return;
		break;
	case STREAM:
		facts_set_data_read(facts, ANSWER_YES);
		my->client.lost = my->server.lost = my->sealed = true;
		break;
	case ONE_PACKET:
	case NO_ANSWER:
		break;
	}
	facts_command_result(facts, expected->handle, true);
	if (my->answer != ROWS)
		finish(my, false);
}

static void on_row(struct mysql *my, struct facts *facts, uint8_t type, struct bytes body)
{
	uint32_t length = my->server.length;
	bool no_eof = my->capabilities & MYSQL_NO_EOF;
	uint16_t status;

	if (type == 0xff) {
		finish(my, false);
	} else if (type == 0xfe && my->definitions_end && length < EOF_MAX) {
		bytes_skip(&body, 2);
		status = bytes_le16(&body);
		my->definitions_end = false;
		if (status & CURSOR_EXISTS)
			finish(my, status & MORE_RESULTS);
	} else if (type == 0xfe && (length < EOF_MAX || no_eof)) {
		if (no_eof) {
			finish(my, has_more_results(body));
		} else {
			bytes_skip(&body, 2);
			finish(my, bytes_le16(&body) & MORE_RESULTS);
		}
	} else {
		my->definitions_end = false;
		facts_set_data_read(facts, ANSWER_YES);
	}
}

void mysql_session_answer(struct mysql *my, struct facts *facts)
{
	struct bytes body = bytes_from(my->server.body, my->server.kept);
	uint8_t type = bytes_u8(&body);

	facts_set_data_read(facts, ANSWER_NO);
	if (my->server.holed && (my->answer == FIRST || my->server.kept == 0 || type == 0xfe)) {
		my->server.lost = true; /* which part of the answer comes next is unknown */
		return;
	}
	if (answers_first(&my->pending) == NULL) {
		/* This answer cannot be matched with a command; the next command's can. */
		answers_clear(&my->pending);
		return;
	}
	switch ((enum answer_state)my->answer) {
	case FIRST:
		on_first(my, facts, type, body);
		break;
	case DEFINITIONS:
		if (--my->definitions == 0)
			my->answer = ROWS;
		break;
	case ROWS:
		on_row(my, facts, type, body);
		break;
	case SKIPPED:
		if (--my->definitions == 0)
			finish(my, false);
		break;
	}
}
