/* SPDX-License-Identifier: ISC */
/*
 * A function counts where it is called, with a parenthesis behind its name; a procedure where EXEC
 * or the beginning of a batch has its name next. So a column, a table or a text of the same name is
 * none. Text that the server itself takes for code (EXEC('...'), sp_executesql, PREPARE ... FROM,
 * DO) is looked through for the same names.
 *
 * PostgreSQL manual, 9.27.9 (file access), 35.4 (lo_import), F.12 (dblink); MySQL manual, 12.8
 * (LOAD_FILE); Microsoft Learn, "General extended stored procedures", "OLE Automation stored
 * procedures"; ClickHouse documentation, "Table functions".
 */
#include "dissectors/read/sql_deeds.h"

enum kind {
	FUNCTION,
	PROCEDURE,
	SETTING, /* a procedure that changes something if it has a second argument */
	CODE,	 /* a procedure whose text is a statement */
};

enum {
	IN_PG = 1 << SQL_POSTGRESQL,
	IN_MY = 1 << SQL_MYSQL,
	IN_MS = 1 << SQL_MSSQL,
	IN_CH = 1 << SQL_CLICKHOUSE,
};

struct deed {
	const char *name; /* as it is told */
	uint8_t kind;	  /* enum kind */
	uint8_t dialects; /* IN_… */
};

static const struct deed deeds[] = {
	{"pg_read_file", FUNCTION, IN_PG},
	{"pg_read_binary_file", FUNCTION, IN_PG},
	{"pg_ls_dir", FUNCTION, IN_PG},
	{"pg_stat_file", FUNCTION, IN_PG},
	{"pg_file_write", FUNCTION, IN_PG},
	{"pg_file_read", FUNCTION, IN_PG},
	{"pg_file_unlink", FUNCTION, IN_PG},
	{"lo_import", FUNCTION, IN_PG},
	{"lo_export", FUNCTION, IN_PG},
	{"dblink", FUNCTION, IN_PG},
	{"dblink_exec", FUNCTION, IN_PG},
	{"dblink_connect", FUNCTION, IN_PG},
	{"dblink_connect_u", FUNCTION, IN_PG},
	{"dblink_send_query", FUNCTION, IN_PG},
	{"LOAD_FILE", FUNCTION, IN_MY},
	{"sys_exec", FUNCTION, IN_MY},
	{"sys_eval", FUNCTION, IN_MY},
	{"sys_bineval", FUNCTION, IN_MY},
	{"file", FUNCTION, IN_CH},
	{"fileCluster", FUNCTION, IN_CH},
	{"url", FUNCTION, IN_CH},
	{"urlCluster", FUNCTION, IN_CH},
	{"remote", FUNCTION, IN_CH},
	{"remoteSecure", FUNCTION, IN_CH},
	{"executable", FUNCTION, IN_CH},
	{"executablePool", FUNCTION, IN_CH},
	{"s3", FUNCTION, IN_CH},
	{"s3Cluster", FUNCTION, IN_CH},
	{"gcs", FUNCTION, IN_CH},
	{"hdfs", FUNCTION, IN_CH},
	{"azureBlobStorage", FUNCTION, IN_CH},
	{"mysql", FUNCTION, IN_CH},
	{"postgresql", FUNCTION, IN_CH},
	{"mongodb", FUNCTION, IN_CH},
	{"redis", FUNCTION, IN_CH},
	{"sqlite", FUNCTION, IN_CH},
	{"jdbc", FUNCTION, IN_CH},
	{"odbc", FUNCTION, IN_CH},
	{"OPENROWSET", FUNCTION, IN_MS},
	{"OPENDATASOURCE", FUNCTION, IN_MS},
	{"xp_cmdshell", PROCEDURE, IN_MS},
	{"xp_dirtree", PROCEDURE, IN_MS},
	{"xp_subdirs", PROCEDURE, IN_MS},
	{"xp_fileexist", PROCEDURE, IN_MS},
	{"xp_regread", PROCEDURE, IN_MS},
	{"xp_regwrite", PROCEDURE, IN_MS},
	{"xp_regdeletekey", PROCEDURE, IN_MS},
	{"sp_OACreate", PROCEDURE, IN_MS},
	{"sp_OAMethod", PROCEDURE, IN_MS},
	{"sp_execute_external_script", PROCEDURE, IN_MS},
	{"sp_add_jobstep", PROCEDURE, IN_MS},
	{"sp_start_job", PROCEDURE, IN_MS},
	{"sp_addextendedproc", PROCEDURE, IN_MS},
	{"sp_configure", SETTING, IN_MS},
	{"sp_executesql", CODE, IN_MS},
};

#define DEEDS (sizeof deeds / sizeof *deeds)

_Static_assert(DEEDS < UINT8_MAX, "deeds are numbered from 1 in a byte");

static uint8_t upper(uint8_t c)
{
	return c >= 'a' && c <= 'z' ? (uint8_t)(c - 'a' + 'A') : c;
}

static bool is_named(const char *name, const char *word, size_t length)
{
	if (strlen(name) != length)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (upper((uint8_t)name[i]) != upper((uint8_t)word[i]))
			return false;
	}
	return true;
}

/* Its number, from 1; 0: none. */
static uint8_t find(const char *word, size_t length, unsigned dialects, bool procedure)
{
	for (size_t i = 0; i < DEEDS; i++) {
		if ((deeds[i].dialects & dialects) != 0 &&
		    procedure == (deeds[i].kind != FUNCTION) &&
		    is_named(deeds[i].name, word, length))
			return (uint8_t)(i + 1);
	}
	return 0;
}

const char *sql_deeds_procedure(const char *name, size_t length)
{
	size_t begin = length;
	uint8_t found;

	while (begin != 0 && name[begin - 1] != '.')
		begin--;
	found = find(name + begin, length - begin, IN_MS, true);
	return found != 0 && deeds[found - 1].kind == PROCEDURE ? deeds[found - 1].name : NULL;
}

bool sql_deeds_language(const char *word)
{
	size_t length = strlen(word);

	return strcmp(word, "C") == 0 || strcmp(word, "INTERNAL") == 0 ||
	       strcmp(word, "PLSH") == 0 || strcmp(word, "PLR") == 0 ||
	       strcmp(word, "PLJAVAU") == 0 ||
	       (length > 4 && strncmp(word, "PL", 2) == 0 && word[length - 1] == 'U');
}

void sql_deeds_begin(struct sql *sql)
{
	sql->deed = sql->called = sql->named = sql->setting = 0;
	sql->is_code = sql->variable = sql->names_table = sql->directed = false;
	sql->procedure_due = sql->dialect == SQL_MSSQL;
}

static bool is(const struct sql *sql, const char *word)
{
	return strcmp(sql->word, word) == 0;
}

static void take_procedure(struct sql *sql)
{
	uint8_t found = sql->named;

	sql->named = 0;
	if (found == 0)
		return;
	if (deeds[found - 1].kind == CODE)
		sql->is_code = sql->procedure_due = true;
	else if (deeds[found - 1].kind == SETTING)
		sql->setting = found;
	else
		sql->deed = found;
}

void sql_deeds_word(struct sql *sql, bool quoted)
{
	size_t length = strlen(sql->word);
	bool variable = sql->variable;

	take_procedure(sql);
	sql->variable = false;
	sql->called = 0;
	if (variable)
		return;
	if (!quoted && sql->dialect == SQL_MSSQL && (is(sql, "EXEC") || is(sql, "EXECUTE"))) {
		sql->procedure_due = true;
	} else if (sql->procedure_due) {
		sql->procedure_due = false;
		sql->named = find(sql->word, length, IN_MS, true);
		sql->is_last_part = true;
	}
	if (!sql->names_table || sql->dialect == SQL_MSSQL)
		sql->called = find(sql->word, length, 1u << sql->dialect, false);
	if (quoted)
		return;
	if (sql->directed && is(sql, "PROGRAM"))
		sql->program = true;
	sql->names_table = is(sql, "INTO") || is(sql, "TABLE") || is(sql, "EXISTS");
	sql->directed = is(sql, "FROM") || is(sql, "TO");
	if (sql->words <= 1 && ((sql->dialect == SQL_POSTGRESQL && is(sql, "DO")) ||
				(sql->dialect == SQL_MYSQL && is(sql, "PREPARE"))))
		sql->is_code = true;
}

void sql_deeds_byte(struct sql *sql, uint8_t c)
{
	if (c == '.' && sql->is_last_part) {
		sql->named = 0;
		sql->procedure_due = true;
		return;
	}
	sql->is_last_part = false;
	if (c == '@')
		sql->variable = true;
	if (c == '(' && sql->called != 0)
		sql->deed = sql->called;
	if (c == '(' && sql->procedure_due && sql->words != 0)
		sql->is_code = true;
	if (c == ',' && sql->setting != 0)
		sql->deed = sql->setting;
	if (c != '/' && c != '-' && c != '*')
		sql->called = 0;
	take_procedure(sql);
}

const char *sql_deeds_end(struct sql *sql)
{
	take_procedure(sql);
	return sql->deed != 0 ? deeds[sql->deed - 1].name : NULL;
}
