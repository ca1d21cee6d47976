/* SPDX-License-Identifier: ISC */
/* SQL: what each statement is called and what it does, at any split. */
#include "dissectors/read/sql.h"

#include "tests/unit/conversation.h"

#define L COMMAND_LISTING
#define D COMMAND_DESTRUCTIVE
#define X COMMAND_EXECUTES

struct expected {
	const char *text;
	const char *names; /* of its statements, each ended by ';' */
	unsigned flags;	   /* of all of them */
};

/* Both dialects agree on these. */
static const struct expected common[] = {
	{"SELECT 1", "SELECT;", 0},
	{"select * from users limit 5", "SELECT FROM;", L},
	{"(select a from b) union (select 1)", "SELECT FROM;", L},
	{"SELECT (SELECT a FROM b)", "SELECT;", 0},
	{"SELECT 'x from y'", "SELECT;", 0},
	{"SELECT \"from\"", "SELECT;", 0},
	{"SELECT a /* from */ -- from b\n, c", "SELECT;", 0},
	{"drop\n\tDatabase victim", "DROP DATABASE;", D},
	{"/* hi; there */ DROP TABLE IF EXISTS a", "DROP TABLE;", D},
	{"-- x\nDROP SCHEMA a CASCADE", "DROP SCHEMA;", D},
	{"DROP TEMPORARY TABLE a", "DROP TABLE;", D},
	{"DROP INDEX a", "DROP INDEX;", 0},
	{"TRUNCATE a", "TRUNCATE;", D},
	{"truncate table a;", "TRUNCATE;", D},
	{"DELETE FROM a", "DELETE without WHERE;", D},
	{"DELETE FROM a WHERE b = 1", "DELETE;", 0},
	{"DELETE FROM a USING (SELECT x FROM y WHERE z) AS q", "DELETE without WHERE;", D},
	{"DELETE FROM a -- WHERE\n", "DELETE without WHERE;", D},
	{"DELETE FROM a WHERE b = 'it''s; WHERE'", "DELETE;", 0},
	{"WITH x AS (SELECT 1 FROM y) SELECT * FROM x", "SELECT FROM;", L},
	{"WITH RECURSIVE x AS (SELECT 1) DELETE FROM a", "DELETE without WHERE;", D},
	{"CREATE OR REPLACE FUNCTION f() RETURNS int", "CREATE FUNCTION;", 0},
	{"CREATE UNIQUE INDEX i ON a (b)", "CREATE INDEX;", 0},
	{"ALTER TABLE a ADD b int", "ALTER TABLE;", 0},
	{"INSERT INTO a VALUES (1, 'drop table x; drop table y')", "INSERT;", 0},
	{"BEGIN; COMMIT;;  ; ROLLBACK", "BEGIN;COMMIT;ROLLBACK;", 0},
	{"drop table a;drop table b", "DROP TABLE;DROP TABLE;", D},
	{"SHOW TABLES", "SHOW TABLES;", L},
	{"show full tables", "SHOW TABLES;", L},
	{"SHOW server_version", "SHOW;", 0},
	{"hello world", ";", 0},
	{"", "", 0},
	{" ; -- nothing\n /* at all */ ;", "", 0},
};

static const struct expected postgresql[] = {
	{"copy x from program 'id'", "COPY FROM PROGRAM;", X},
	{"COPY (SELECT a FROM b) TO PROGRAM 'nc'", "COPY TO PROGRAM;", L | X},
	{"COPY t FROM/**/'/etc/passwd' WITH (FORMAT csv)", "COPY FROM FILE;", X},
	{"copy t to E'/tmp/\\x61' csv", "COPY TO FILE;", L | X},
	{"COPY t TO $$/tmp/a$$", "COPY TO FILE;", L | X},
	{"COPY stdin FROM '/etc/passwd'", "COPY FROM FILE;", X},
	{"COPY t (a, b) FROM STDIN WITH DELIMITER ','", "COPY FROM;", 0},
	{"SELECT pg_read_file('/etc/passwd')", "pg_read_file;", X},
	{"select * from Pg_Catalog . PG_LS_DIR /* x */ ('.')", "pg_ls_dir;", L | X},
	{"SELECT \"pg_read_file\"('a')", "pg_read_file;", X},
	{"SELECT (SELECT lo_export(1, '/tmp/x'))", "lo_export;", X},
	{"SELECT 'pg_read_file(''a'')', \"pg_read_file\" FROM t", "SELECT FROM;", L},
	{"SELECT pg_read_file FROM t -- pg_read_file('a')", "SELECT FROM;", L},
	{"INSERT INTO dblink (a) VALUES ('x')", "INSERT;", 0},
	{"CREATE FUNCTION f() RETURNS int AS '/tmp/x.so', 'f' LANGUAGE C STRICT",
	 "CREATE FUNCTION C;", X},
	{"create or replace function f() returns int language 'plpython3u' as $$x$$",
	 "CREATE FUNCTION PLPYTHON3U;", X},
	{"CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$x$$", "CREATE FUNCTION;", 0},
	{"CREATE EXTENSION IF NOT EXISTS \"plperlu\"", "CREATE EXTENSION PLPERLU;", X},
	{"CREATE EXTENSION hstore", "CREATE EXTENSION;", 0},
	{"CREATE EXTENSION file_fdw", "CREATE EXTENSION FILE_FDW;", X},
	{"DO LANGUAGE plpythonu $$import os$$", "DO PLPYTHONU;", X},
	{"DO $$ BEGIN COPY t FROM PROGRAM 'id'; END $$", "COPY PROGRAM;", X},
	{"DO 'begin perform pg_read_file(''a''); end'", "pg_read_file;", X},
	{"ALTER SYSTEM SET archive_command = 'x'", "ALTER SYSTEM;", X},
	{"LOAD '/tmp/x.so'", "LOAD;", X},
	{"COPY users TO STDOUT", "COPY TO;", L},
	{"COPY users (a, b) FROM STDIN", "COPY FROM;", 0},
	{"DO $$ BEGIN DROP TABLE a; END $$; SELECT 1", "DO;SELECT;", 0},
	{"DO $x$ ; $$ ; $y$ $x$", "DO;", 0},
	{"SELECT $1; SELECT $2 FROM a", "SELECT;SELECT FROM;", L},
	{"/* a /* b; */ DROP TABLE x */ SELECT 1", "SELECT;", 0},
	{"SELECT '\\'; DROP TABLE a", "SELECT;DROP TABLE;", D},
	{"SELECT E'\\'; DROP TABLE a'", "SELECT;", 0},
	{"SELECT a FROM t WHERE x LIKE'\\'; SELECT 1", "SELECT FROM;SELECT;", L},
	{"SELECT a #> '{b}' FROM t", "SELECT FROM;", L},
};

static const struct expected mysql[] = {
	{"SELECT '\\'; DROP TABLE a'", "SELECT;", 0},
	{"# comment; DROP TABLE a\nSELECT 1", "SELECT;", 0},
	{"/*!40000 DROP TABLE a */; SELECT 1", "DROP TABLE;SELECT;", D},
	{"/*M!100100 DROP TABLE a */", "DROP TABLE;", D},
	{"/* a /* b */ DROP TABLE x", "DROP TABLE;", D},
	{"SELECT `from` , `;`", "SELECT;", 0},
	{"SELECT a FROM b INTO OUTFILE '/tmp/x'", "SELECT INTO OUTFILE;", L | X},
	{"select 0x3c into/*!50000 dumpfile*/ '/tmp/x'", "SELECT INTO OUTFILE;", L | X},
	{"SELECT a FROM b WHERE c = 'INTO OUTFILE'", "SELECT FROM;", L},
	{"SELECT hex( Load_File ( '/etc/passwd' ) )", "LOAD_FILE;", X},
	{"SELECT load_file FROM t", "SELECT FROM;", L},
	{"LOAD DATA INFILE '/etc/passwd' INTO TABLE t", "LOAD DATA;", X},
	{"LOAD DATA LOW_PRIORITY LOCAL INFILE 'x' INTO TABLE t", "LOAD DATA;", 0},
	{"CREATE AGGREGATE FUNCTION sys_exec RETURNS INT SONAME 'x.so'", "CREATE AGGREGATE;", X},
	{"INSTALL PLUGIN x SONAME 'x.so'", "INSTALL PLUGIN;", X},
	{"PREPARE s FROM 'SELECT load_file(\"/x\")'", "LOAD_FILE;", X},
	{"PREPARE s FROM 'SELECT 1'", "PREPARE;", 0},
	{"LOAD DATA LOCAL INFILE 'x' INTO TABLE y", "LOAD DATA;", 0},
	{"DELETE FROM a ORDER BY b LIMIT 1", "DELETE;", 0},
	{"SELECT \"a\\\"; DROP TABLE x\"", "SELECT;", 0},
};

static const struct expected mssql[] = {
	{"EXEC xp_cmdshell 'dir'", "xp_cmdshell;", X},
	{"exec master . dbo . [xp_cmdshell] 'dir'", "xp_cmdshell;", X},
	{"EXECUTE @r = master..\"xp_cmdshell\" N'dir'", "xp_cmdshell;", X},
	{"Xp_CmdShell 'dir'", "xp_cmdshell;", X},
	{"SELECT 1 EXEC/**/sp_OACreate 'x', @o OUT", "sp_OACreate;", X},
	{"EXEC('xp_cmdshell ''dir''')", "xp_cmdshell;", X},
	{"EXEC sp_executesql N'exec xp_cmdshell ''dir'', no_output'", "xp_cmdshell;", X},
	{"EXEC sp_executesql N'SELECT @a', N'@a nvarchar(9)', 'xp_cmdshell'", "EXEC;", 0},
	{"EXEC sp_help xp_cmdshell", "EXEC;", 0},
	{"SELECT xp_cmdshell, [xp_cmdshell], 'EXEC xp_cmdshell' FROM t", "SELECT FROM;", L},
	{"EXEC sp_configure", "EXEC;", 0},
	{"EXEC sp_configure 'xp_cmdshell', 1; RECONFIGURE", "sp_configure;;", X},
	{"SELECT * FROM OPENROWSET(BULK 'C:\\x', SINGLE_CLOB) AS a", "OPENROWSET;", L | X},
	{"BULK INSERT t FROM 'C:\\x'", "BULK;", X},
	{"CREATE ASSEMBLY a FROM 0x4d5a", "CREATE ASSEMBLY;", X},
	{"SELECT [it's] FROM t; DROP TABLE t", "SELECT FROM;DROP TABLE;", L | D},
};

static const struct expected clickhouse[] = {
	{"SELECT * FROM file('/etc/passwd', 'CSV')", "file;", L | X},
	{"INSERT INTO FUNCTION url('http://a/', 'CSV') SELECT 1", "url;", X},
	{"SELECT * FROM remoteSecure('a', system.one)", "remoteSecure;", L | X},
	{"CREATE TABLE t (a Int8) ENGINE = URL('http://a/')", "url;", X},
	{"CREATE TABLE file (url String)", "CREATE TABLE;", 0},
	{"INSERT INTO url (a) VALUES (1)", "INSERT;", 0},
	{"SELECT domain(url), 'file(1)' FROM t", "SELECT FROM;", L},
	{"SELECT a FROM t INTO OUTFILE 'x'", "SELECT INTO OUTFILE;", L},
};

static void append(char *names, size_t size, unsigned *flags, const struct sql_statement *s)
{
	size_t at = strlen(names);

	assert_true(at + strlen(s->name) + 2 < size);
	memcpy(names + at, s->name, strlen(s->name) + 1);
	strcat(names, ";");
	*flags |= s->flags;
}

static void check(const struct expected *e, enum sql_dialect dialect, size_t chunk)
{
	size_t length = strlen(e->text);
	struct sql_statement statement;
	struct sql sql;
	char names[200] = "";
	unsigned flags = 0;

	sql_begin(&sql, dialect);
	for (size_t at = 0; at < length; at += chunk) {
		size_t step = length - at < chunk ? length - at : chunk;
		uint8_t *copy = dissect_copy(e->text + at, step);
		struct bytes piece = bytes_from(copy, step);

		while (sql_next(&sql, &piece, &statement))
			append(names, sizeof names, &flags, &statement);
		free(copy);
	}
	if (sql_end(&sql, &statement))
		append(names, sizeof names, &flags, &statement);
	if (strcmp(names, e->names) != 0 || flags != e->flags)
		fail_msg("%s: %s, flags %u", e->text, names, flags);
}

static void check_all(const struct expected *rows, size_t count, enum sql_dialect dialect)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t chunk = 1; chunk <= 12; chunk++)
			check(&rows[i], dialect, chunk);
		check(&rows[i], dialect, 1000);
	}
}

static void statements_of_both_are_read(void **state)
{
	(void)state;
	check_all(common, COUNT(common), SQL_POSTGRESQL);
	check_all(common, COUNT(common), SQL_MYSQL);
}

static void statements_of_postgresql_are_read(void **state)
{
	(void)state;
	check_all(postgresql, COUNT(postgresql), SQL_POSTGRESQL);
}

static void statements_of_mysql_are_read(void **state)
{
	(void)state;
	check_all(mysql, COUNT(mysql), SQL_MYSQL);
}

static void statements_of_others_are_read(void **state)
{
	(void)state;
	check_all(mssql, COUNT(mssql), SQL_MSSQL);
	check_all(clickhouse, COUNT(clickhouse), SQL_CLICKHOUSE);
}

/* Whatever comes, the name stays a short text and the tokeniser comes to an end. */
static void noise_is_no_statement(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		static const char alphabet[] = "'\"`$$$;-/**/!#()\\\nEeDROP TABLE WITHx1\x80";
		struct sql_statement statement;
		struct bytes piece;
		struct sql sql;
		char text[120];

		for (size_t i = 0; i < sizeof text; i++) {
			seed = seed * 1664525u + 1013904223u;
			text[i] = alphabet[(seed >> 16) % (sizeof alphabet - 1)];
		}
		piece = bytes_from(text, sizeof text);
		sql_begin(&sql, (enum sql_dialect)(round % 4));
		while (sql_next(&sql, &piece, &statement))
			assert_true(strlen(statement.name) < sizeof sql.name);
		sql_end(&sql, &statement);
		assert_int_equal(piece.left, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statements_of_both_are_read),
		cmocka_unit_test(statements_of_postgresql_are_read),
		cmocka_unit_test(statements_of_mysql_are_read),
		cmocka_unit_test(statements_of_others_are_read),
		cmocka_unit_test(noise_is_no_statement),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
