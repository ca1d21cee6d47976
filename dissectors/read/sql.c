/* SPDX-License-Identifier: ISC */
/*
 * The tokeniser of sql.h: one byte at a time through a handful of places (between tokens, in a
 * word, in a quote, in a comment). A statement's name comes from its first words; a few words later
 * on (WHERE, FROM, PROGRAM, INTO) outside of parentheses decide what it does.
 *
 * Lexical rules: PostgreSQL manual, chapter 4.1; MySQL reference manual, sections 9.1 and 9.7.
 */
#include "dissectors/read/sql.h"

#include "dissectors/read/sql_deeds.h"
#include "dissectors/read/sql_words.h"

enum place {
	BETWEEN,
	IN_WORD,
	IN_QUOTE,
	IN_LINE_COMMENT,
	IN_COMMENT,
	IN_VERSION,    /* of a conditional comment, whose text MySQL executes */
	IN_DOLLAR_TAG, /* after a $ that may open a dollar quote */
	IN_DOLLAR_QUOTE,
	IN_CLOSING_TAG, /* after a $ inside a dollar quote */
};

static void begin_statement(struct sql *sql)
{
	sql->words = 0;
	sql->where = sql->from = sql->into = sql->program = false;
	sql->verb = 0;
	sql->ended = false;
	sql->parentheses = 0;
	sql->name[0] = '\0';
	sql_words_begin(sql);
	sql_deeds_begin(sql);
}

void sql_begin(struct sql *sql, enum sql_dialect dialect)
{
	*sql = (struct sql){.dialect = (uint8_t)dialect};
	begin_statement(sql);
}

static bool is_like_mysql(const struct sql *sql)
{
	return sql->dialect == SQL_MYSQL || sql->dialect == SQL_CLICKHOUSE;
}

static void end_word(struct sql *sql)
{
	sql->word[sql->word_length] = '\0';
	sql->word_length = 0;
	sql->place = BETWEEN;
	if (sql->words != UINT8_MAX)
		sql->words++;
	sql_words_take(sql);
	sql_deeds_word(sql, false);
}

static bool is_word_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c >= 0x80;
}

static void keep_in_word(struct sql *sql, uint8_t c)
{
	if (sql->word_length < sizeof sql->word - 1)
		sql->word[sql->word_length++] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
}

static void add_to_word(struct sql *sql, uint8_t c)
{
	sql->place = IN_WORD;
	keep_in_word(sql, c);
}

/* Text in quotes that the server takes for code: its words. */
static void scan_code(struct sql *sql, uint8_t c)
{
	if (is_word_byte(c)) {
		keep_in_word(sql, c);
		return;
	}
	if (sql->word_length != 0) {
		sql->word[sql->word_length] = '\0';
		sql->word_length = 0;
		sql_deeds_word(sql, false);
	}
	if (c > ' ')
		sql_deeds_byte(sql, c);
}

static uint32_t hash_step(uint32_t hash, uint8_t c)
{
	return (hash ^ c) * 16777619u; /* FNV-1a */
}

static void open_quote(struct sql *sql, uint8_t c)
{
	/* Only E'...' takes backslashes in PostgreSQL; in MySQL all but identifiers do. */
	bool extended = (sql->before == 'E' || sql->before == 'e') && strcmp(sql->word, "E") == 0;

	sql->place = IN_QUOTE;
	sql->quote = c == '[' ? ']' : c;
	sql->escaped = false;
	sql->backslashes = is_like_mysql(sql) ? c != '`' : c == '\'' && extended;
	sql->word_length = 0;
	sql_words_quote(sql, c);
	if (sql->is_code && sql->dialect == SQL_MSSQL)
		sql->procedure_due = true;
}

static void open_comment(struct sql *sql)
{
	sql->place = IN_COMMENT;
	sql->comment_depth = 1;
	sql->conditional = sql->dialect == SQL_MYSQL;
}

/* These take one byte and return what to remember as the byte before the next. */
static uint8_t between(struct sql *sql, uint8_t c)
{
	bool mysql = is_like_mysql(sql);

	if (c > ' ' && !is_word_byte(c))
		sql_deeds_byte(sql, c);
	if (c == ',')
		sql->is_code = false; /* what follows are its parameters */

	if (is_word_byte(c)) {
		add_to_word(sql, c);
	} else if (c == '\'' || c == '"' || (c == '`' && mysql) ||
		   (c == '[' && sql->dialect == SQL_MSSQL)) {
		open_quote(sql, c);
	} else if ((c == '-' && sql->before == '-') || (c == '#' && mysql)) {
		sql->place = IN_LINE_COMMENT;
	} else if (c == '*' && sql->before == '/') {
		open_comment(sql);
		return 0;
	} else if (c == '$' && sql->dialect == SQL_POSTGRESQL) {
		sql->place = IN_DOLLAR_TAG;
		sql->tag = 0;
	} else if (c == '(') {
		sql->parentheses += sql->parentheses != UINT32_MAX;
	} else if (c == ')') {
		sql->parentheses -= sql->parentheses != 0;
	}
	return c;
}

/* A name in quotes may be called like any other. */
static void end_quoted(struct sql *sql)
{
	bool is_name = sql->quote != '\'' && !(sql->quote == '"' && is_like_mysql(sql));

	sql->word[sql->word_length] = '\0';
	sql->word_length = 0;
	sql_words_quoted(sql);
	if (is_name)
		sql_deeds_word(sql, true);
}

static void in_quote(struct sql *sql, uint8_t c)
{
	bool closes = c == sql->quote && !sql->escaped; /* a doubled one opens the next: the same */

	if (sql->is_code)
		scan_code(sql, closes ? ' ' : c);
	else if (!closes)
		keep_in_word(sql, c);
	else
		end_quoted(sql);
	sql->escaped = !sql->escaped && c == '\\' && sql->backslashes;
	if (closes)
		sql->place = BETWEEN;
}

static uint8_t in_comment(struct sql *sql, uint8_t c)
{
	bool first = sql->conditional;

	sql->conditional = false;
	if (first && (c == '!' || c == 'M')) {
		sql->place = c == '!' ? IN_VERSION : IN_COMMENT;
		sql->conditional = c == 'M'; /* MariaDB's own: M! */
	} else if (c == '/' && sql->before == '*') {
		if (--sql->comment_depth == 0)
			sql->place = BETWEEN;
		return 0;
	} else if (c == '*' && sql->before == '/' && !is_like_mysql(sql)) {
		sql->comment_depth =
			(uint8_t)(sql->comment_depth + (sql->comment_depth != UINT8_MAX));
		return 0;
	}
	return c;
}

static uint8_t in_version(struct sql *sql, uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c;
	sql->place = BETWEEN;
	return between(sql, c);
}

/* $tag$: the second $ opens the quote. $1 is a parameter. */
static uint8_t in_dollar_tag(struct sql *sql, uint8_t c)
{
	if (c == '$') {
		sql->place = IN_DOLLAR_QUOTE;
		sql->open_tag = sql->tag;
		sql_words_quote(sql, '\'');
	} else if (is_word_byte(c)) {
		sql->tag = hash_step(sql->tag, c);
	} else {
		sql->place = BETWEEN;
		return between(sql, c);
	}
	return c;
}

static void in_dollar_quote(struct sql *sql, uint8_t c)
{
	if (sql->is_code)
		scan_code(sql, c);
	if (c == '$' && sql->place == IN_CLOSING_TAG && sql->tag == sql->open_tag) {
		sql->place = BETWEEN;
	} else if (c == '$') {
		sql->place = IN_CLOSING_TAG;
		sql->tag = 0;
	} else if (sql->place == IN_CLOSING_TAG && is_word_byte(c)) {
		sql->tag = hash_step(sql->tag, c);
	} else {
		sql->place = IN_DOLLAR_QUOTE;
	}
}

static uint8_t step(struct sql *sql, uint8_t c)
{
	switch ((enum place)sql->place) {
	case IN_WORD:
		if (is_word_byte(c)) {
			add_to_word(sql, c);
			return c;
		}
		end_word(sql);
		return between(sql, c);
	case IN_QUOTE:
		in_quote(sql, c);
		return 0;
	case IN_LINE_COMMENT:
		if (c == '\n')
			sql->place = BETWEEN;
		return c;
	case IN_COMMENT:
		return in_comment(sql, c);
	case IN_VERSION:
		return in_version(sql, c);
	case IN_DOLLAR_TAG:
		return in_dollar_tag(sql, c);
	case IN_DOLLAR_QUOTE:
	case IN_CLOSING_TAG:
		in_dollar_quote(sql, c);
		return 0;
	case BETWEEN:
		break;
	}
	return between(sql, c);
}

bool sql_next(struct sql *sql, struct bytes *input, struct sql_statement *statement)
{
	if (sql->ended)
		begin_statement(sql);
	while (input->left != 0) {
		uint8_t c = bytes_u8(input);

		if (sql->place == IN_WORD && c == ';')
			end_word(sql);
		if ((sql->place == BETWEEN || sql->place == IN_VERSION ||
		     sql->place == IN_DOLLAR_TAG) &&
		    c == ';') {
			sql->place = BETWEEN;
			sql->before = c;
			sql->ended = true;
			if (sql->words != 0) {
				sql_words_judge(sql, statement);
				return true;
			}
			begin_statement(sql);
			continue;
		}
		sql->before = step(sql, c);
	}
	return false;
}

bool sql_end(struct sql *sql, struct sql_statement *statement)
{
	if (sql->ended)
		begin_statement(sql);
	if (sql->place == IN_WORD)
		end_word(sql);
	sql->ended = true;
	if (sql->words == 0)
		return false;
	sql_words_judge(sql, statement);
	return true;
}
