/* SPDX-License-Identifier: ISC */
/*
 * What the words of a statement mean: its verb, the kind of its object, and the few later words
 * outside of parentheses (WHERE, FROM, PROGRAM, OUTFILE, LANGUAGE) that decide what it does.
 */
#include "dissectors/read/sql_words.h"

#include "dissectors/read/facts.h"
#include "dissectors/read/sql_deeds.h"

enum verb {
	VERB_NONE,
	VERB_WITH, /* the main verb comes after the table expressions */
	VERB_SELECT,
	VERB_DELETE,
	VERB_COPY,
	VERB_OBJECT, /* the kind of object follows */
	VERB_LOAD,   /* LOAD: of DATA, or of a library */
	VERB_LOADS,  /* LOAD DATA */
	VERB_EXTENSION,
	VERB_INSTALL,
	VERB_EXECUTES, /* whatever follows */
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
	{"LOAD", VERB_LOAD},
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
	{"INSTALL", VERB_INSTALL},
	{"EXEC", VERB_OTHER},
	{"BULK", VERB_EXECUTES},
	{"BACKUP", VERB_EXECUTES},
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

/* Words behind SHOW that are reported; anything else is a parameter's name. */
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
static const char *const valuables[] = {"DATABASE",   "SCHEMA", "TABLE",
					"TABLESPACE", "OWNED",	"KEYSPACE"};

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

/* What CREATE or ALTER of such an object may do besides. */
static enum verb object_verb(struct sql *sql)
{
	if (strcmp(sql->name, "CREATE EXTENSION") == 0 ||
	    strcmp(sql->name, "CREATE LANGUAGE") == 0) {
		sql->language_due = true;
		return VERB_EXTENSION;
	}
	if (strcmp(sql->name, "CREATE ASSEMBLY") == 0 || strcmp(sql->name, "ALTER SYSTEM") == 0)
		return VERB_EXECUTES;
	return VERB_OTHER;
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
		sql->verb = (uint8_t)(sql->verb == VERB_OBJECT ? object_verb(sql) : VERB_OTHER);
}

/* INSTALL PLUGIN, SONAME, COMPONENT; LOAD DATA, XML, INDEX, or a library in quotes */
static void take_loaded(struct sql *sql)
{
	bool loads = strcmp(sql->word, "DATA") == 0 || strcmp(sql->word, "XML") == 0;

	append_name(sql, sql->word);
	if (sql->verb == VERB_INSTALL)
		sql->verb = VERB_EXECUTES;
	else
		sql->verb = loads ? VERB_LOADS : VERB_OTHER;
}

/* A language or extension: IF NOT EXISTS may come before. */
static void take_language(struct sql *sql)
{
	static const char *const dangerous[] = {"FILE_FDW", "ADMINPACK", "DBLINK", "PG_EXECUTE"};

	if (IS_AMONG(sql->word, fillers) || strcmp(sql->word, "NOT") == 0)
		return;
	sql->language_due = false;
	if (!sql_deeds_language(sql->word) &&
	    !(sql->verb == VERB_EXTENSION && IS_AMONG(sql->word, dangerous)))
		return;
	sql->executes = true;
	append_name(sql, sql->word);
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
		sql->from = sql->file_due = true;
	else if (strcmp(sql->word, "TO") == 0)
		sql->file_due = true;
	else if (strcmp(sql->word, "STDIN") == 0 || strcmp(sql->word, "STDOUT") == 0 ||
		 strcmp(sql->word, "PROGRAM") == 0)
		sql->file_due = false;
	else if (strcmp(sql->word, "LANGUAGE") == 0)
		sql->language_due = sql->dialect == SQL_POSTGRESQL;
	else if (strcmp(sql->word, "LOCAL") == 0)
		sql->local = true;
	else if (strcmp(sql->word, "INFILE") == 0 || strcmp(sql->word, "SONAME") == 0)
		sql->executes |= sql->dialect == SQL_MYSQL;
	else if (strcmp(sql->word, "OUTFILE") == 0 || strcmp(sql->word, "DUMPFILE") == 0)
		sql->into = true;
}

void sql_words_begin(struct sql *sql)
{
	sql->file_due = sql->file = sql->local = sql->language_due = sql->executes = false;
}

void sql_words_quote(struct sql *sql, uint8_t quote)
{
	if (quote != '\'')
		return;
	sql->file |= sql->file_due;
	sql->file_due = false;
	if (sql->verb == VERB_LOAD)
		sql->verb = VERB_EXECUTES;
}

void sql_words_quoted(struct sql *sql)
{
	if (sql->language_due)
		take_language(sql);
}

void sql_words_take(struct sql *sql)
{
	if (sql->language_due) {
		take_language(sql);
		return;
	}
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
	case VERB_LOAD:
	case VERB_INSTALL:
		take_loaded(sql);
		break;
	default:
		if (sql->parentheses == 0)
			take_clause(sql);
	}
}

/* COPY: between a table and the client, a file of the server, or a program there. */
static void judge_copy(struct sql *sql, struct sql_statement *statement)
{
	static const char *const names[2][3] = {
		{"COPY TO", "COPY TO FILE", "COPY TO PROGRAM"},
		{"COPY FROM", "COPY FROM FILE", "COPY FROM PROGRAM"},
	};

	statement->name = names[sql->from][sql->program ? 2 : sql->file];
	if (!sql->from)
		statement->flags = COMMAND_LISTING;
	if (sql->program || sql->file)
		statement->flags |= COMMAND_EXECUTES;
}

static void judge_verb(struct sql *sql, struct sql_statement *statement)
{
	if (sql->verb == VERB_SELECT && sql->into) {
		statement->name = "SELECT INTO OUTFILE";
		statement->flags = COMMAND_LISTING;
		if (sql->dialect != SQL_CLICKHOUSE) /* there the client writes it */
			statement->flags |= COMMAND_EXECUTES;
	} else if (sql->verb == VERB_SELECT && sql->from) {
		statement->name = "SELECT FROM";
		statement->flags = COMMAND_LISTING;
	} else if (sql->verb == VERB_DELETE && !sql->where) {
		statement->name = "DELETE without WHERE";
		statement->flags = COMMAND_DESTRUCTIVE;
	} else if (sql->verb == VERB_COPY) {
		judge_copy(sql, statement);
	} else if (sql->verb == VERB_TRUNCATE) {
		statement->flags = COMMAND_DESTRUCTIVE;
	} else if (sql->verb == VERB_LISTING) {
		statement->flags = COMMAND_LISTING;
	} else if (sql->verb == VERB_EXECUTES) {
		statement->flags = COMMAND_EXECUTES;
	} else if (sql->executes && !(sql->verb == VERB_LOADS && sql->local)) {
		statement->flags = COMMAND_EXECUTES;
	}
}

void sql_words_judge(struct sql *sql, struct sql_statement *statement)
{
	const char *deed = sql_deeds_end(sql);

	*statement = (struct sql_statement){.name = sql->name};
	judge_verb(sql, statement);
	if (deed == NULL && sql->is_code && sql->program)
		deed = "COPY PROGRAM";
	if (deed == NULL)
		return;
	statement->flags |= COMMAND_EXECUTES;
	statement->name = deed;
}
