/* SPDX-License-Identifier: ISC */
/*
 * Where a journal may be: in a file of its own, that others may read; and how it is written by a
 * thread of its own, however long that takes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sensor/base/loop.h"
#include "sensor/journal/journal.h"
#include "tests/unit/journal_place.h"

#define TURNS 2000 /* of 10 ms */

static struct journal *open_at(const char *path)
{
	const struct journal_options options = {.path = path, .sensor = "a", .max_rows = 1000};
	char error[JOURNAL_ERROR] = "";
	struct journal *journal = journal_open(&options, error);

	if (journal == NULL)
		fail_msg("%s", error);
	return journal;
}

static void assert_refused(const char *path, const char *word)
{
	const struct journal_options options = {.path = path, .sensor = "a", .max_rows = 10};
	char error[JOURNAL_ERROR] = "";

	assert_null(journal_open(&options, error));
	if (strstr(error, word) == NULL)
		fail_msg("no \"%s\" in: %s", word, error);
}

static void append(struct journal *journal, uint64_t sequence)
{
	const struct journal_row row = {.sequence = sequence,
					.exposure = "e",
					.incident = "i",
					.json = "{\"a\":1}",
					.json_length = 7,
					.fields = "f",
					.fields_length = 1};

	assert_true(journal_append(journal, &row));
}

struct seen {
	uint64_t last;
	unsigned count;
};

static bool see(void *context, const struct journal_row *row)
{
	struct seen *seen = context;

	assert_int_equal(row->json_length, 7);
	assert_memory_equal(row->json, "{\"a\":1}", 7);
	assert_int_equal(row->fields_length, 1);
	assert_string_equal(row->exposure, "e");
	assert_string_equal(row->incident, "i");
	seen->last = row->sequence;
	seen->count++;
	return true;
}

static struct seen read_all(struct journal *journal)
{
	struct seen seen = {0, 0};

	journal_read(journal, 0, see, &seen);
	return seen;
}

static struct journal_stats stats_of(struct journal *journal)
{
	struct journal_stats stats;

	journal_stats(journal, &stats);
	return stats;
}

/* Python's module of SQLite, with `db` open at the path; false: it is not there. */
static bool python(const char *path, const char *script)
{
	char command[4000];

	if (system("python3 -c 'import sqlite3' 2>/dev/null") != 0)
		return false;
	snprintf(command, sizeof command,
		 "python3 - '%s' <<'END'\nimport sqlite3, sys\n"
		 "db = sqlite3.connect('file:' + sys.argv[1] + '?mode=rwc', uri=True)\n"
		 "%s\ndb.commit()\nEND",
		 path, script);
	assert_int_equal(system(command), 0);
	return true;
}

static uint64_t hash_of(const char *path)
{
	FILE *file = fopen(path, "r");
	uint64_t hash = 1;
	int byte;

	assert_non_null(file);
	while ((byte = fgetc(file)) != EOF)
		hash = hash * 31 + (uint64_t)byte;
	fclose(file);
	return hash;
}

/* Whatever it is marked with, and though it has tables of the same names. */
static void leaves_other_programs_alone(void **state)
{
	static const char *const others[] = {
		"db.execute('CREATE TABLE contacts (name)')",
		"db.execute('PRAGMA application_id = 77')",
		"db.execute('CREATE TABLE event (sequence, text)'); "
		"db.execute('CREATE TABLE meta (name, value)'); "
		"db.execute('PRAGMA user_version = 2')",
		"db.execute('CREATE TABLE t (a)'); db.execute('PRAGMA user_version = 1')",
	};
	const struct place *place = *state;
	uint64_t before;
	char wal[120];

	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		unlink(place->path);
		if (!python(place->path, others[i]))
			skip();
		before = hash_of(place->path);
		assert_refused(place->path, "database of another program");
		assert_int_equal(hash_of(place->path), before);
		snprintf(wal, sizeof wal, "%s-wal", place->path);
		assert_int_not_equal(access(wal, F_OK), 0);
	}
}

static void follows_no_link(void **state)
{
	const struct place *place = *state;
	char link[120], folder[120], through[140];
	struct stat status;

	snprintf(link, sizeof link, "%s/link", place->directory);
	assert_int_equal(symlink(place->path, link), 0);
	assert_refused(link, "symbolic link");
	assert_int_not_equal(access(place->path, F_OK), 0);
	/* On the way there may be links: whoever made the folders wants them. */
	snprintf(folder, sizeof folder, "%s/folder", place->directory);
	snprintf(through, sizeof through, "%s/journal", folder);
	assert_int_equal(symlink(place->directory, folder), 0);
	umask(0);
	journal_close(open_at(through));
	assert_int_equal(stat(place->path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	snprintf(link, sizeof link, "%s/pipe", place->directory);
	assert_int_equal(mkfifo(link, 0600), 0);
	assert_refused(link, "it is no file");
}

static void is_read_by_others_meanwhile(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_at(place->path);

	append(journal, 1);
	append(journal, 2);
	journal_commit(journal);
	if (!python(place->path, "assert db.execute('SELECT count(*) FROM event').fetchone()[0] "
				 "== 2")) {
		journal_close(journal);
		skip();
	}
	append(journal, 3);
	assert_true(journal_commit(journal));
	assert_int_equal(stats_of(journal).errors, 0);
	journal_close(journal);
}

static void list_state(void *context, const struct journal_state *state)
{
	char *text = context;

	sprintf(text + strlen(text), "%.*s=%.*s ", (int)state->key_length, (const char *)state->key,
		(int)state->data_length, (const char *)state->data);
}

static void takes_over_files_of_earlier_versions(void **state)
{
	static const char *const before[] = {
		"db.execute('CREATE TABLE event (sequence INTEGER PRIMARY KEY, epoch TEXT NOT NULL,"
		" exposure TEXT NOT NULL, incident TEXT NOT NULL, json BLOB NOT NULL,"
		" fields BLOB NOT NULL)'); version = 1",
		"db.execute('CREATE TABLE event (sequence INTEGER PRIMARY KEY, epoch TEXT NOT NULL,"
		" exposure TEXT NOT NULL, incident TEXT NOT NULL, json BLOB NOT NULL,"
		" fields BLOB NOT NULL, clock INTEGER NOT NULL DEFAULT 0)'); version = 2",
	};
	const char *rest =
		"db.execute('CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID')\n"
		"db.execute('CREATE TABLE state (kind INTEGER, key BLOB, at INTEGER NOT NULL,"
		" data BLOB NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID')\n"
		"db.execute('PRAGMA user_version = %d' % version)\n"
		"for name, value in ('last_sequence', 3), ('sensor', 'a'), ('confirmed', 1):\n"
		"    db.execute('INSERT INTO meta VALUES (?, ?)', (name, value))\n"
		"for n in 1, 2, 3:\n"
		"    db.execute('INSERT INTO event (sequence, epoch, exposure, incident, json, "
		"fields)"
		" VALUES (?, ?, ?, ?, ?, ?)',"
		" (n, '00000000000000ab', 'e', 'i', b'{\"a\":1}', b'f'))\n"
		"db.execute('INSERT INTO state VALUES (1, ?, 5, ?)', (b'key', b'data'))";
	const struct place *place = *state;
	struct journal *journal;
	char script[3000], text[100] = "";

	for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
		unlink(place->path);
		snprintf(script, sizeof script, "%s\n%s", before[i], rest);
		if (!python(place->path, script))
			skip();
		for (int twice = 0; twice < 2; twice++) {
			journal = open_at(place->path);
			assert_int_equal(journal_last_sequence(journal), 3);
			assert_int_equal(read_all(journal).count, 2);
			assert_int_equal(journal_rewind(journal, "00000000000000ab", 3), 0);
			assert_int_equal(journal_rewind(journal, "00000000000000ab", 1), 0);
			text[0] = '\0';
			journal_states(journal, 1, list_state, text);
			assert_string_equal(text, "key=data ");
			journal_close(journal);
		}
	}
}

/* ---- a thread of its own ---- */

static void on_ready(void *context)
{
	journal_commit(*(struct journal **)context);
}

static void pump_until_written(struct loop *loop, struct journal *journal)
{
	for (int i = 0; i < TURNS && !journal_idle(journal); i++)
		loop_pump(loop, 10);
	assert_true(journal_idle(journal));
}

/* Another process has the lock without which nothing can be written (SQLite's WAL_WRITE_LOCK). */
static pid_t hold(const struct place *place)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 120, .l_len = 1};
	char path[120];
	int pipes[2], fd;
	pid_t child;

	snprintf(path, sizeof path, "%s-shm", place->path);
	assert_int_equal(pipe(pipes), 0);
	child = fork();
	if (child == 0) {
		fd = open(path, O_RDWR);
		if (fcntl(fd, F_SETLKW, &lock) != 0 || write(pipes[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(pipes[0], path, 1), 1);
	close(pipes[0]);
	close(pipes[1]);
	return child;
}

static void let_go(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void waits_for_the_disk_and_not_for_long(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_at(place->path);
	struct loop *loop = loop_new();
	pid_t child;

	assert_true(journal_begin_thread(journal, loop, on_ready, &journal));
	for (uint64_t i = 1; i <= 100; i++)
		append(journal, i);
	/* What is not written does not leave. */
	assert_int_equal(read_all(journal).count, 0);
	assert_int_equal(stats_of(journal).unwritten, 100);
	journal_commit(journal);
	pump_until_written(loop, journal);
	assert_int_equal(read_all(journal).count, 100);
	assert_int_equal(stats_of(journal).early, 0);
	journal_confirm(journal, 100);
	child = hold(place);
	append(journal, 101);
	journal_commit(journal);
	for (int i = 0; i < TURNS && read_all(journal).count == 0; i++)
		loop_pump(loop, 10);
	assert_int_equal(read_all(journal).last, 101);
	assert_int_equal(stats_of(journal).early, 1);
	assert_int_equal(stats_of(journal).unwritten, 1);
	journal_confirm(journal, 101);
	let_go(child);
	for (int i = 0; i < TURNS && stats_of(journal).unwritten != 0; i++) {
		loop_pump(loop, 10);
		journal_tick(journal);
	}
	pump_until_written(loop, journal);
	journal_close(journal);
	loop_free(loop);
	journal = open_at(place->path);
	assert_int_equal(journal_last_sequence(journal), 101);
	assert_int_equal(stats_of(journal).waiting, 0);
	journal_close(journal);
}

/* More than memory holds is fetched, in order, when it is its turn. */
static void fetches_what_memory_has_not(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_at(place->path);
	struct loop *loop = loop_new();
	struct seen seen = {0, 0};

	for (uint64_t i = 1; i <= 900; i++)
		append(journal, i);
	journal_close(journal);
	journal = open_at(place->path);
	assert_true(journal_begin_thread(journal, loop, on_ready, &journal));
	append(journal, 901);
	for (int i = 0; i < TURNS && seen.last != 901; i++) {
		uint64_t before = seen.last;

		journal_commit(journal);
		journal_read(journal, seen.last, see, &seen);
		assert_true(seen.last >= before);
		loop_pump(loop, 10);
	}
	assert_int_equal(seen.count, 901);
	journal_close(journal);
	loop_free(loop);
}

static void append_large(struct journal *journal, uint64_t sequence)
{
	static char json[1 << 20];
	const struct journal_row row = {.sequence = sequence,
					.exposure = "",
					.incident = "",
					.json = json,
					.json_length = sizeof json,
					.fields = ""};

	assert_true(journal_append(journal, &row));
}

/* Neither the disk nor Redis takes anything: memory has its bound, and what goes is counted. */
static void bounds_what_waits_for_the_disk(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_at(place->path);
	struct loop *loop = loop_new();
	struct journal_stats stats;
	pid_t child;

	assert_true(journal_begin_thread(journal, loop, on_ready, &journal));
	child = hold(place);
	for (uint64_t i = 1; i <= 100; i++) {
		append_large(journal, i);
		journal_commit(journal);
	}
	stats = stats_of(journal);
	assert_in_range(stats.waiting, 60, 66);
	assert_int_equal(stats.lost_by[JOURNAL_LOST_MEMORY], 100 - stats.waiting);
	assert_int_equal(stats.lost, 100 - stats.waiting);
	let_go(child);
	for (int i = 0; i < TURNS && !journal_idle(journal); i++) {
		loop_pump(loop, 10);
		journal_tick(journal);
	}
	assert_int_equal(stats_of(journal).unwritten, 0);
	journal_close(journal);
	loop_free(loop);
	journal = open_at(place->path);
	assert_int_equal(stats_of(journal).waiting, stats.waiting);
	journal_close(journal);
}

/* The disk takes nothing any more: the end is told, and it comes. */
static void ends_though_the_disk_hangs(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_at(place->path);
	struct loop *loop = loop_new();
	pid_t child;

	assert_true(journal_begin_thread(journal, loop, on_ready, &journal));
	child = hold(place);
	append(journal, 1);
	journal_commit(journal);
	journal_close_within(journal, 50); /* and what it has is not freed */
	let_go(child);
	usleep(1500000); /* nor used by anybody when this one ends */
	loop_free(loop);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(leaves_other_programs_alone),
		TEST(follows_no_link),
		TEST(is_read_by_others_meanwhile),
		TEST(takes_over_files_of_earlier_versions),
		TEST(waits_for_the_disk_and_not_for_long),
		TEST(fetches_what_memory_has_not),
		TEST(bounds_what_waits_for_the_disk),
		TEST(ends_though_the_disk_hangs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
