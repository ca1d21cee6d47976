/* SPDX-License-Identifier: ISC */
/*
 * The tokeniser of sql.h: one byte at a time through a handful of places (between tokens, in a
 * word, in a quote, in a comment). A statement's name comes from its first words; a few words later
 * on (WHERE, FROM, PROGRAM, INTO) outside of parentheses decide what it does.
 *
 * Lexical rules: PostgreSQL manual, chapter 4.1; MySQL reference manual, sections 9.1 and 9.7.
 */
#include "dissectors/sql.h"

#include "dissectors/facts.h"

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

enum verb {
	VERB_NONE,
	VERB_WITH, /* the main verb comes after the table expressions */
	VERB_SELECT,
	VERB_DELETE,
	VERB_COPY,
	VERB_OBJECT, /* the kind of object follows */
	VERB_DROP,
	VERB_SHOW,
	VERB_TRUNCATE,
	VERB_LISTING,
	VERB_OTHER,
};

struct verb_row {
	const char *word;
	enum verb verb;
};

static const struct verb_row verbs[] = {
	{"WITH", VERB_WITH},
	{"SELECT", VERB_SELECT},
	{"DELETE", VERB_DELETE},
	{"COPY", VERB_COPY},
	{"DROP", VERB_DROP},
	{"CREATE", VERB_OBJECT},
	{"ALTER", VERB_OBJECT},
	{"SHOW", VERB_SHOW},
	{"TRUNCATE", VERB_TRUNCATE},
	{"LOAD", VERB_OBJECT},
	{"TABLE", VERB_LISTING},
	{"FETCH", VERB_LISTING},
	{"INSERT", VERB_OTHER},
	{"UPDATE", VERB_OTHER},
	{"REPLACE", VERB_OTHER},
	{"MERGE", VERB_OTHER},
	{"BEGIN", VERB_OTHER},
	{"START", VERB_OTHER},
	{"COMMIT", VERB_OTHER},
	{"ROLLBACK", VERB_OTHER},
	{"SAVEPOINT", VERB_OTHER},
	{"RELEASE", VERB_OTHER},
	{"END", VERB_OTHER},
	{"ABORT", VERB_OTHER},
	{"SET", VERB_OTHER},
	{"RESET", VERB_OTHER},
	{"DISCARD", VERB_OTHER},
	{"USE", VERB_OTHER},
	{"EXPLAIN", VERB_OTHER},
	{"DESCRIBE", VERB_OTHER},
	{"DESC", VERB_OTHER},
	{"GRANT", VERB_OBJECT},
	{"REVOKE", VERB_OTHER},
	{"CALL", VERB_OTHER},
	{"DO", VERB_OTHER},
	{"EXECUTE", VERB_OTHER},
	{"PREPARE", VERB_OTHER},
	{"DEALLOCATE", VERB_OTHER},
	{"DECLARE", VERB_OTHER},
	{"CLOSE", VERB_OTHER},
	{"MOVE", VERB_OTHER},
	{"LOCK", VERB_OTHER},
	{"UNLOCK", VERB_OTHER},
	{"FLUSH", VERB_OTHER},
	{"KILL", VERB_OTHER},
	{"SHUTDOWN", VERB_OTHER},
	{"VACUUM", VERB_OTHER},
	{"ANALYZE", VERB_OTHER},
	{"OPTIMIZE", VERB_OTHER},
	{"REPAIR", VERB_OTHER},
	{"CHECK", VERB_OTHER},
	{"CLUSTER", VERB_OTHER},
	{"REINDEX", VERB_OTHER},
	{"CHECKPOINT", VERB_OTHER},
	{"LISTEN", VERB_OTHER},
	{"UNLISTEN", VERB_OTHER},
	{"NOTIFY", VERB_OTHER},
	{"COMMENT", VERB_OTHER},
	{"RENAME", VERB_OTHER},
	{"REFRESH", VERB_OTHER},
	{"PURGE", VERB_OTHER},
	{"CHANGE", VERB_OTHER},
	{"STOP", VERB_OTHER},
	{"INSTALL", VERB_OTHER},
	{"HANDLER", VERB_LISTING},
	{"IMPORT", VERB_OTHER},
	{"REASSIGN", VERB_OTHER},
	{"SECURITY", VERB_OTHER},
	{"VALUES", VERB_OTHER},
	{"BASE_BACKUP", VERB_LISTING},
	{"IDENTIFY_SYSTEM", VERB_OTHER},
	{"START_REPLICATION", VERB_LISTING},
};

/* Words between a verb and the kind of its object. */
static const char *const fillers[] = {
	"OR",	   "REPLACE",  "TEMP",	 "TEMPORARY", "GLOBAL",	   "LOCAL",
	"SESSION", "UNLOGGED", "UNIQUE", "FULL",      "EXTENDED",  "RECURSIVE",
	"TRUSTED", "ONLINE",   "IF",	 "EXISTS",    "UNDEFINED",
};

/* What SHOW may be followed by and is told; anything else is a parameter's name. */
static const char *const shown[] = {
	"PROCESSLIST", "GRANTS", "ENGINE",   "ENGINES", "STATUS",   "VARIABLES", "MASTER",
	"SLAVE",       "BINARY", "CREATE",   "META",	"WARNINGS", "PLUGINS",	 "REPLICA",
	"PRIVILEGES",  "EVENTS", "TRIGGERS", "ALL",	"POOLS",    "CLIENTS",	 "SERVERS",
};

/* What SHOW lists of the stored data. */
static const char *const listed[] = {
	"TABLES", "DATABASES", "SCHEMAS", "COLUMNS", "FIELDS", "INDEX", "INDEXES", "TABLE", "USERS",
};

/* Objects whose loss is a loss of data. */
static const char *const valuables[] = {"DATABASE", "SCHEMA", "TABLE", "TABLESPACE", "OWNED"};

static bool is_among(const char *word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(word, words[i]) == 0)
			return true;
	}
	return false;
}
#define IS_AMONG(word, words) is_among((word), (words), sizeof(words) / sizeof *(words))

static enum verb find_verb(const char *word)
{
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		if (strcmp(word, verbs[i].word) == 0)
			return verbs[i].verb;
	}
	return VERB_NONE;
}

static void append_name(struct sql *sql, const char *word)
{
	size_t at = strlen(sql->name), length = strlen(word);

	if (at + length + 2 > sizeof sql->name)
		return;
	if (at != 0)
		sql->name[at++] = ' ';
	memcpy(sql->name + at, word, length + 1);
}

static void begin_statement(struct sql *sql)
{
	sql->words = 0;
	sql->where = sql->from = sql->into = sql->program = false;
	sql->verb = VERB_NONE;
	sql->ended = false;
	sql->parentheses = 0;
	sql->name[0] = '\0';
}

void sql_begin(struct sql *sql, enum sql_dialect dialect)
{
	*sql = (struct sql){.dialect = (uint8_t)dialect};
}

static void take_verb(struct sql *sql)
{
	enum verb verb = find_verb(sql->word);

	if (sql->verb == VERB_WITH &&
	    (sql->parentheses != 0 || verb == VERB_NONE || verb == VERB_WITH))
		return;
	sql->verb = (uint8_t)(verb == VERB_NONE ? VERB_OTHER : verb);
	sql->parentheses = 0; /* "(SELECT ...)": count from the verb's own level */
	if (verb != VERB_NONE && verb != VERB_WITH)
		append_name(sql, sql->word);
}

/* The word after the verb: DROP *TABLE*, LOAD *DATA*. */
static void take_object(struct sql *sql)
{
	if (IS_AMONG(sql->word, fillers))
		return;
	append_name(sql, sql->word);
	if (sql->verb == VERB_DROP && IS_AMONG(sql->word, valuables))
		sql->verb = VERB_TRUNCATE;
	else
		sql->verb = VERB_OTHER;
}

static void take_shown(struct sql *sql)
{
	bool is_listed = IS_AMONG(sql->word, listed);

	if (IS_AMONG(sql->word, fillers))
		return;
	if (is_listed || IS_AMONG(sql->word, shown))
		append_name(sql, sql->word);
	sql->verb = is_listed ? VERB_LISTING : VERB_OTHER;
}

static void take_clause(struct sql *sql)
{
	if (strcmp(sql->word, "WHERE") == 0 || strcmp(sql->word, "LIMIT") == 0)
		sql->where = true;
	else if (strcmp(sql->word, "FROM") == 0)
		sql->from = true;
	else if (strcmp(sql->word, "PROGRAM") == 0)
		sql->program = true;
	else if (strcmp(sql->word, "OUTFILE") == 0 || strcmp(sql->word, "DUMPFILE") == 0)
		sql->into = true;
}

static void end_word(struct sql *sql)
{
	sql->word[sql->word_length] = '\0';
	sql->word_length = 0;
	sql->place = BETWEEN;
	if (sql->words != UINT8_MAX)
		sql->words++;
	switch (sql->verb) {
	case VERB_NONE:
	case VERB_WITH:
		take_verb(sql);
		break;
	case VERB_OBJECT:
	case VERB_DROP:
		take_object(sql);
		break;
	case VERB_SHOW:
		take_shown(sql);
		break;
	default:
		if (sql->parentheses == 0)
			take_clause(sql);
	}
}

static bool is_word_byte(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c >= 0x80;
}

static void add_to_word(struct sql *sql, uint8_t c)
{
	sql->place = IN_WORD;
	if (sql->word_length < sizeof sql->word - 1)
		sql->word[sql->word_length++] = (char)(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
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
	sql->quote = c;
	sql->escaped = false;
	sql->backslashes = sql->dialect == SQL_MYSQL ? c != '`' : c == '\'' && extended;
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
	bool mysql = sql->dialect == SQL_MYSQL;

	if (is_word_byte(c)) {
		add_to_word(sql, c);
	} else if (c == '\'' || c == '"' || (c == '`' && mysql)) {
		open_quote(sql, c);
	} else if ((c == '-' && sql->before == '-') || (c == '#' && mysql)) {
		sql->place = IN_LINE_COMMENT;
	} else if (c == '*' && sql->before == '/') {
		open_comment(sql);
		return 0;
	} else if (c == '$' && !mysql) {
		sql->place = IN_DOLLAR_TAG;
		sql->tag = 0;
	} else if (c == '(') {
		sql->parentheses += sql->parentheses != UINT32_MAX;
	} else if (c == ')') {
		sql->parentheses -= sql->parentheses != 0;
	}
	return c;
}

static void in_quote(struct sql *sql, uint8_t c)
{
	if (sql->escaped)
		sql->escaped = false;
	else if (c == '\\' && sql->backslashes)
		sql->escaped = true;
	else if (c == sql->quote) /* a doubled one opens the next string at once: the same */
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
	} else if (c == '*' && sql->before == '/' && sql->dialect == SQL_POSTGRESQL) {
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

static void judge(struct sql *sql, struct sql_statement *statement)
{
	*statement = (struct sql_statement){.name = sql->name};
	if (sql->verb == VERB_SELECT && sql->into) {
		statement->name = "SELECT INTO OUTFILE";
		statement->flags = COMMAND_LISTING;
	} else if (sql->verb == VERB_SELECT && sql->from) {
		statement->name = "SELECT FROM";
		statement->flags = COMMAND_LISTING;
	} else if (sql->verb == VERB_DELETE && !sql->where) {
		statement->name = "DELETE without WHERE";
		statement->flags = COMMAND_DESTRUCTIVE;
	} else if (sql->verb == VERB_COPY && sql->from) {
		statement->name = sql->program ? "COPY FROM PROGRAM" : "COPY FROM";
	} else if (sql->verb == VERB_COPY) {
		statement->name = sql->program ? "COPY TO PROGRAM" : "COPY TO";
		statement->flags = COMMAND_LISTING;
	} else if (sql->verb == VERB_TRUNCATE) {
		statement->flags = COMMAND_DESTRUCTIVE;
	} else if (sql->verb == VERB_LISTING) {
		statement->flags = COMMAND_LISTING;
	}
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
				judge(sql, statement);
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
	judge(sql, statement);
	return true;
}
