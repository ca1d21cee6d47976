/* SPDX-License-Identifier: ISC */
/* The journal: order, confirmation, restarts, its bound, and who may open it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glob.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sensor/journal/journal.h"
#include "tests/unit/journal_place.h"
#include "tests/unit/random.h"

static struct journal *open_as(const char *path, const char *sensor, uint32_t max_rows)
{
	const struct journal_options options = {
		.path = path, .sensor = sensor, .max_rows = max_rows};
	char error[JOURNAL_ERROR] = "";
	struct journal *journal = journal_open(&options, error);

	if (journal == NULL)
		fail_msg("%s", error);
	return journal;
}

static void assert_refused(const char *path, const char *sensor, const char *word)
{
	const struct journal_options options = {.path = path, .sensor = sensor, .max_rows = 10};
	char error[JOURNAL_ERROR] = "";

	assert_null(journal_open(&options, error));
	if (strstr(error, word) == NULL)
		fail_msg("no \"%s\" in: %s", word, error);
}

static void append(struct journal *journal, uint64_t sequence)
{
	char json[40];
	struct journal_row row = {.sequence = sequence,
				  .exposure = "e",
				  .incident = "",
				  .json = json,
				  .fields = "kind\0x",
				  .fields_length = 7};

	row.json_length = (size_t)snprintf(json, sizeof json, "{\"n\":%d}", (int)sequence);
	assert_true(journal_append(journal, &row));
}

struct seen {
	uint64_t sequences[64];
	size_t count, limit;
	char epoch[JOURNAL_EPOCH_TEXT];
};

static bool see(void *context, const struct journal_row *row)
{
	struct seen *seen = context;
	char json[40];

	if (seen->count == seen->limit)
		return false;
	snprintf(json, sizeof json, "{\"n\":%d}", (int)row->sequence);
	assert_int_equal(row->json_length, strlen(json));
	assert_memory_equal(row->json, json, row->json_length);
	assert_int_equal(row->fields_length, 7);
	assert_memory_equal(row->fields, "kind\0x", 7);
	assert_string_equal(row->exposure, "e");
	assert_string_equal(row->incident, "");
	snprintf(seen->epoch, sizeof seen->epoch, "%s", row->epoch);
	seen->sequences[seen->count++] = row->sequence;
	return true;
}

static struct seen read_after(struct journal *journal, uint64_t sequence, size_t limit)
{
	struct seen seen = {.limit = limit};

	journal_read(journal, sequence, see, &seen);
	return seen;
}

static struct journal_stats stats_of(struct journal *journal)
{
	struct journal_stats stats;

	journal_stats(journal, &stats);
	return stats;
}

static void keeps_order_and_confirms(void **state)
{
	struct journal *journal = open_as(NULL, "a", 100);
	struct seen seen;

	(void)state;
	for (uint64_t i = 1; i <= 10; i++)
		append(journal, i);
	assert_int_equal(journal_last_sequence(journal), 10);
	seen = read_after(journal, 0, 3);
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.sequences[2], 3);
	journal_confirm(journal, 4);
	assert_int_equal(stats_of(journal).waiting, 6);
	seen = read_after(journal, 0, 64);
	assert_int_equal(seen.count, 6);
	assert_int_equal(seen.sequences[0], 5);
	seen = read_after(journal, 8, 64);
	assert_int_equal(seen.count, 2);
	journal_close(journal);
}

static void goes_on_after_a_restart(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_as(place->path, "a", 100);
	struct seen before, after;

	append(journal, 1);
	append(journal, 2);
	journal_confirm(journal, 1);
	before = read_after(journal, 0, 64);
	journal_close(journal);
	journal = open_as(place->path, "a", 100);
	assert_int_equal(journal_last_sequence(journal), 2);
	append(journal, 3);
	after = read_after(journal, 0, 1);
	/* What is sent again keeps the epoch under which it may have been applied. */
	assert_string_equal(after.epoch, before.epoch);
	after = read_after(journal, 2, 1);
	assert_string_not_equal(after.epoch, before.epoch);
	journal_confirm(journal, 3);
	journal_close(journal);
	journal = open_as(place->path, "a", 100);
	assert_int_equal(journal_last_sequence(journal), 3);
	assert_int_equal(stats_of(journal).waiting, 0);
	journal_close(journal);
}

/* kill -9: what was committed is there. */
static void survives_a_killed_sensor(void **state)
{
	const struct place *place = *state;
	struct journal *journal;
	pid_t child = fork();

	if (child == 0) {
		journal = open_as(place->path, "a", 100);
		append(journal, 1);
		append(journal, 2);
		journal_commit(journal);
		append(journal, 3); /* not committed */
		kill(getpid(), SIGKILL);
	}
	waitpid(child, NULL, 0);
	journal = open_as(place->path, "a", 100);
	/* No number of what it told last, and nobody knows of, stands for anything else. */
	assert_int_equal(journal_last_sequence(journal), 2 + JOURNAL_SKIPPED);
	assert_int_equal(journal_jumped(journal), JOURNAL_SKIPPED);
	assert_int_equal(read_after(journal, 0, 64).count, 2);
	journal_close(journal);
	journal = open_as(place->path, "a", 100);
	assert_int_equal(journal_last_sequence(journal), 2 + JOURNAL_SKIPPED);
	assert_int_equal(journal_jumped(journal), 0);
	append(journal, JOURNAL_SKIPPED + 3);
	journal_commit(journal);
	journal_confirm(journal, JOURNAL_SKIPPED + 3);
	/* Nor is one of them an event that Redis has forgotten. */
	assert_int_equal(journal_rewind(journal, "", 0), 0);
	assert_int_equal(stats_of(journal).waiting, 3);
	journal_close(journal);
}

static void drops_the_oldest_and_counts(void **state)
{
	struct journal *journal = open_as(NULL, "a", 5);
	struct seen seen;

	(void)state;
	for (uint64_t i = 1; i <= 12; i++)
		append(journal, i);
	assert_int_equal(stats_of(journal).waiting, 5);
	assert_int_equal(stats_of(journal).lost, 7);
	seen = read_after(journal, 0, 64);
	assert_int_equal(seen.sequences[0], 8);
	/* What was lost is not counted again when it is confirmed. */
	journal_confirm(journal, 9);
	assert_int_equal(stats_of(journal).waiting, 3);
	journal_close(journal);
}

static void sets_aside(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_as(place->path, "a", 100);
	char command[300], text[100] = "";
	struct seen seen;
	FILE *output;

	append(journal, 1);
	append(journal, 2);
	journal_reject(journal, 1, "WRONGTYPE");
	seen = read_after(journal, 0, 64);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.sequences[0], 2);
	assert_int_equal(stats_of(journal).rejected, 1);
	journal_close(journal);
	if (system("command -v sqlite3 >/dev/null") != 0)
		return; /* only the look from outside is left out */
	snprintf(command, sizeof command, "sqlite3 '%s' 'select sequence, reason from rejected'",
		 place->path);
	output = popen(command, "r");
	assert_non_null(output);
	assert_non_null(fgets(text, sizeof text, output));
	pclose(output);
	assert_string_equal(text, "1|WRONGTYPE\n");
}

static void admits_one_sensor(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_as(place->path, "a", 100);

	assert_refused(place->path, "a", "in use by another sensor");
	append(journal, 1);
	journal_close(journal);
	assert_refused(place->path, "b", "of the sensor a");
	journal = open_as(place->path, "a", 100);
	journal_confirm(journal, 1);
	journal_close(journal);
	/* Nothing waits any more: another name may have it. */
	journal_close(open_as(place->path, "b", 100));
}

static void refuses_what_is_no_journal(void **state)
{
	const struct place *place = *state;
	char path[120], command[300];

	snprintf(command, sizeof command, "yes 'not a database' | head -c 8192 > '%s'",
		 place->path);
	assert_int_equal(system(command), 0);
	assert_refused(place->path, "a", "not a database");
	snprintf(path, sizeof path, "%s/missing/journal", place->directory);
	assert_refused(path, "a", "No such file");
	assert_refused(place->directory, "a", "Is a directory");
}

static void put(struct journal *journal, unsigned kind, const char *key, uint64_t at_ns,
		const char *data)
{
	const struct journal_state state = {
		.key = key,
		.key_length = strlen(key),
		.at_ns = at_ns,
		.data = data,
		.data_length = strlen(data),
	};

	journal_put(journal, kind, &state);
}

static void list_state(void *context, const struct journal_state *state)
{
	char *text = context;

	sprintf(text + strlen(text), "%.*s=%.*s ", (int)state->key_length, (const char *)state->key,
		(int)state->data_length, (const char *)state->data);
}

static void assert_states(struct journal *journal, unsigned kind, const char *expected)
{
	char text[200] = "";

	journal_states(journal, kind, list_state, text);
	assert_string_equal(text, expected);
}

static void hook(void *context)
{
	put(context, 1, "hooked", 5, "x");
}

static void keeps_state(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_as(place->path, "a", 100);

	put(journal, 1, "two", 20, "old");
	put(journal, 1, "two", 20, "second");
	put(journal, 1, "one", 10, "first");
	put(journal, 1, "gone", 30, "x");
	put(journal, 2, "one", 10, "other kind");
	journal_drop(journal, 1, "gone", 4);
	journal_set_number(journal, "mine", 77);
	journal_close(journal);
	journal = open_as(place->path, "a", 100);
	assert_states(journal, 1, "one=first two=second ");
	assert_states(journal, 2, "one=other kind ");
	assert_int_equal(journal_number(journal, "mine"), 77);
	journal_on_commit(journal, hook, journal);
	append(journal, 1);
	assert_true(journal_commit(journal));
	assert_states(journal, 1, "hooked=x one=first two=second ");
	assert_int_equal(journal_state_lost(journal), 0);
	journal_confirm(journal, 1);
	journal_close(journal);
	/* Another sensor begins with nothing. */
	journal = open_as(place->path, "b", 100);
	assert_states(journal, 1, "");
	journal_close(journal);
}

/* Redis came back with less, or with more, than it had confirmed. */
static void goes_back_to_what_redis_has(void **state)
{
	const struct place *place = *state;

	for (int in_file = 0; in_file < 2; in_file++) {
		struct journal *journal = open_as(in_file ? place->path : NULL, "a", 5000);
		char epoch[JOURNAL_EPOCH_TEXT];

		for (uint64_t i = 1; i <= 20; i++)
			append(journal, i);
		snprintf(epoch, sizeof epoch, "%s", read_after(journal, 0, 1).epoch);
		journal_commit(journal);
		journal_confirm(journal, 15);
		journal_rewind(journal, epoch, 15);
		assert_int_equal(stats_of(journal).waiting, 5);
		journal_rewind(journal, epoch, 12);
		assert_int_equal(journal_confirmed(journal), 12);
		assert_int_equal(stats_of(journal).waiting, 8);
		assert_int_equal(read_after(journal, 0, 64).sequences[0], 13);
		journal_rewind(journal, epoch, 18);
		assert_int_equal(stats_of(journal).waiting, 2);
		/* It is empty, or of another time. */
		journal_rewind(journal, "", 0);
		assert_int_equal(stats_of(journal).waiting, 20);
		journal_confirm(journal, 20);
		journal_rewind(journal, "other", 17);
		assert_int_equal(stats_of(journal).waiting, 20);
		journal_confirm(journal, 20);
		assert_int_equal(stats_of(journal).lost, 0);
		/* Only the last ones are kept. */
		for (uint64_t i = 21; i <= 1520; i++)
			append(journal, i);
		journal_commit(journal);
		journal_confirm(journal, 1520);
		journal_commit(journal);
		journal_rewind(journal, "", 0);
		assert_int_equal(stats_of(journal).waiting, 1000);
		journal_close(journal);
	}
}

static struct journal *open_bounded(const char *path, uint64_t max_bytes, uint64_t max_age_s)
{
	const struct journal_options options = {.path = path,
						.sensor = "a",
						.max_rows = 100000,
						.max_bytes = max_bytes,
						.max_age_s = max_age_s};
	char error[JOURNAL_ERROR] = "";
	struct journal *journal = journal_open(&options, error);

	if (journal == NULL)
		fail_msg("%s", error);
	return journal;
}

static void append_big(struct journal *journal, uint64_t sequence)
{
	static char json[4000];
	struct random random = {sequence};
	const struct journal_row row = {.sequence = sequence,
					.exposure = "",
					.incident = "",
					.json = json,
					.json_length = sizeof json,
					.fields = "",
					.fields_length = 0};

	/* What no packing makes less. */
	for (size_t i = 0; i < sizeof json; i++)
		json[i] = (char)random_next(&random);
	assert_true(journal_append(journal, &row));
}

static bool see_big(void *context, const struct journal_row *row)
{
	struct seen *seen = context;

	if (seen->count == seen->limit)
		return false;
	snprintf(seen->epoch, sizeof seen->epoch, "%s", row->epoch);
	seen->sequences[seen->count++] = row->sequence;
	return true;
}

static struct seen read_big(struct journal *journal, uint64_t sequence, size_t limit)
{
	struct seen seen = {.limit = limit};

	journal_read(journal, sequence, see_big, &seen);
	return seen;
}

/* Without a file the bound is that of memory: Redis may be away for days. */
static void bounds_memory(void **state)
{
	struct journal *journal = open_bounded(NULL, 100000, 0);

	(void)state;
	for (uint64_t sequence = 1; sequence <= 100; sequence++)
		append_big(journal, sequence);
	assert_in_range(stats_of(journal).waiting, 20, 25);
	assert_int_equal(stats_of(journal).lost, 100 - stats_of(journal).waiting);
	journal_close(journal);
}

static long size_of(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? (long)status.st_size : 0;
}

/* The file stays within its bound, what is given up is counted, and it shrinks when all is well. */
static void bounds_and_shrinks_the_file(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_bounded(place->path, 1 << 20, 0);
	struct journal_stats stats;
	char wal[120];

	for (uint64_t i = 1; i <= 1000; i++) {
		append_big(journal, i);
		if (i % 20 == 0)
			journal_tick(journal);
	}
	stats = stats_of(journal);
	assert_in_range(stats.waiting, 100, 300);
	assert_int_equal(stats.waiting + stats.lost, 1000);
	assert_int_equal(stats.errors, 0);
	/* The rest is in the log. */
	assert_in_range(size_of(place->path), 1, 2 << 20);
	/* Confirmed, and pushed out of what is kept. */
	for (uint64_t i = 1001; i <= 2100; i++)
		append(journal, i);
	journal_commit(journal);
	journal_confirm(journal, 2100);
	for (int i = 0; i < 20; i++)
		journal_tick(journal);
	journal_close(journal);
	assert_in_range(size_of(place->path), 1, 300 << 10);
	snprintf(wal, sizeof wal, "%s-wal", place->path);
	assert_int_equal(size_of(wal), 0);
}

/* Room is made by forgetting what Redis has; then by giving up what it has not, but for what may
 * be on its way: if it arrives, it must not have been counted as given up. */
static void gives_up_nothing_that_may_have_arrived(void **state)
{
	const struct place *place = *state;

	for (int in_file = 0; in_file < 2; in_file++) {
		struct journal *journal = open_bounded(in_file ? place->path : NULL, 1 << 20, 0);
		char epoch[JOURNAL_EPOCH_TEXT];
		uint64_t i = 1;

		for (; i <= 400; i++) {
			append_big(journal, i);
			journal_commit(journal);
			journal_confirm(journal, i);
			if (i % 50 == 0)
				journal_tick(journal);
		}
		for (; i <= 450; i++)
			append_big(journal, i);
		journal_tick(journal);
		assert_int_equal(stats_of(journal).lost, 0);
		snprintf(epoch, sizeof epoch, "%s", read_big(journal, 400, 20).epoch);
		for (; i <= 2000; i++) {
			append_big(journal, i);
			if (i % 50 == 0)
				journal_tick(journal);
		}
		assert_int_equal(read_big(journal, 400, 20).sequences[19], 420);
		assert_true(read_big(journal, 420, 1).sequences[0] > 500);
		/* Of what was sent, 410 was the last to arrive. */
		assert_int_equal(journal_rewind(journal, epoch, 410), 0);
		for (; i <= 3000; i++) {
			append_big(journal, i);
			if (i % 50 == 0)
				journal_tick(journal);
		}
		assert_int_equal(stats_of(journal).waiting + stats_of(journal).lost, 3000 - 410);
		/* The last confirmed ones are in memory, though the file had no room for them. */
		assert_int_equal(journal_rewind(journal, "", 0), in_file ? 0 : 410);
		journal_close(journal);
		assert_true(in_file == 0 || remove(place->path) == 0);
	}
}

/* The disk took nothing of a run, or not all of it, that went to Redis from memory; kill -9. */
static void trusts_a_redis_that_is_ahead(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_as(place->path, "a", 100);
	char epoch[JOURNAL_EPOCH_TEXT];

	for (uint64_t i = 1; i <= 20; i++)
		append(journal, i);
	snprintf(epoch, sizeof epoch, "%s", read_after(journal, 0, 1).epoch);
	journal_commit(journal);
	journal_confirm(journal, 10);
	journal_close(journal);
	journal = open_as(place->path, "a", 100);
	append(journal, 21);
	assert_int_equal(journal_rewind(journal, epoch, 40), 0);
	assert_int_equal(journal_confirmed(journal), 20);
	assert_int_equal(stats_of(journal).waiting, 1);
	journal_close(journal);
	journal = open_as(place->path, "a", 100);
	assert_int_equal(journal_rewind(journal, "another", 40), 0);
	assert_int_equal(stats_of(journal).waiting, 1);
	/* But once it has confirmed something of ours, another run's name means that it went
	 * back. */
	append(journal, 22);
	journal_commit(journal);
	journal_confirm(journal, 22);
	assert_int_equal(journal_rewind(journal, "another", 40), 0);
	assert_int_equal(stats_of(journal).waiting, 22);
	journal_close(journal);
}

static void gives_up_what_is_too_old(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_bounded(place->path, 0, 1);

	for (uint64_t i = 1; i <= 10; i++)
		append(journal, i);
	journal_tick(journal);
	journal_tick(journal);
	assert_int_equal(stats_of(journal).waiting, 10);
	sleep(3);
	append(journal, 11);
	journal_tick(journal);
	journal_tick(journal);
	assert_int_equal(stats_of(journal).lost, 10);
	assert_int_equal(stats_of(journal).waiting, 1);
	journal_close(journal);
}

static void damage(const char *path, long from, long length)
{
	FILE *file = fopen(path, "r+");

	assert_non_null(file);
	fseek(file, from, SEEK_SET);
	for (long i = 0; i < length; i++)
		fputc((int)(i * 7 + 3) & 0xff, file);
	fclose(file);
}

static int count_aside(const struct place *place)
{
	char pattern[120];
	glob_t found;
	int count;

	snprintf(pattern, sizeof pattern, "%s.damaged-*Z", place->path);
	count = glob(pattern, 0, NULL, &found) == 0 ? (int)found.gl_pathc : 0;
	globfree(&found);
	return count;
}

static void fill(const struct place *place, uint64_t events)
{
	struct journal *journal = open_bounded(place->path, 0, 0);

	for (uint64_t i = 1; i <= events; i++)
		append_big(journal, i);
	journal_close(journal);
}

/* Each kind of damage: kept aside, told, and begun anew. */
static void begins_anew_when_it_is_damaged(void **state)
{
	const struct place *place = *state;
	struct journal *journal;
	char command[200];

	for (int kind = 0; kind < 3; kind++) {
		fill(place, 50);
		if (kind == 0)
			damage(place->path, 0, 4096); /* its head */
		else if (kind == 1)
			damage(place->path, 8192, 65536); /* its pages */
		else
			assert_int_equal(truncate(place->path, size_of(place->path) / 2), 0);
		journal = open_as(place->path, "a", 1000);
		assert_int_equal(stats_of(journal).waiting, 0);
		append(journal, 1);
		assert_true(journal_commit(journal));
		assert_int_equal(read_after(journal, 0, 64).count, 1);
		journal_confirm(journal, 1);
		journal_close(journal);
		assert_int_equal(count_aside(place), 1);
		snprintf(command, sizeof command, "rm -f '%s'*", place->path);
		assert_int_equal(system(command), 0);
	}
}

static bool pass_over(void *context, const struct journal_row *row)
{
	(void)context;
	return row->sequence != 0;
}

/* While it is open: what was in it is counted, what comes goes on. */
static void survives_damage_while_it_runs(void **state)
{
	const struct place *place = *state;
	struct journal *journal;

	fill(place, 2000); /* more than SQLite remembers */
	journal = open_bounded(place->path, 0, 0);
	assert_int_equal(stats_of(journal).waiting, 2000);
	damage(place->path, 4096, size_of(place->path) - 4096);
	journal_read(journal, 0, pass_over, NULL);
	for (int i = 0; i < 3 && count_aside(place) == 0; i++) {
		append(journal, (uint64_t)(2001 + i));
		journal_tick(journal);
	}
	assert_int_equal(count_aside(place), 1);
	assert_int_equal(stats_of(journal).lost, 2000);
	append(journal, 3000);
	assert_true(journal_commit(journal));
	assert_true(stats_of(journal).waiting >= 1);
	assert_false(stats_of(journal).in_memory);
	assert_true(journal_state_lost(journal) > 0);
	journal_close(journal);
}

static void set_file_limit(rlim_t bytes)
{
	const struct rlimit limit = {bytes, RLIM_INFINITY};

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The events of an outage of the disk come and go in memory, and are written when it is over. */
static void outlive_the_disk(struct journal *journal)
{
	struct seen seen;

	for (uint64_t i = 1; i <= 60; i++)
		append(journal, i);
	journal_on_commit(journal, hook, journal);
	journal_commit(journal);
	journal_on_commit(journal, NULL, NULL);
	assert_true(stats_of(journal).in_memory);
	assert_int_equal(stats_of(journal).waiting, 60);
	assert_true(stats_of(journal).errors >= 1);
	seen = read_after(journal, 0, 64);
	assert_int_equal(seen.count, 60);
	assert_int_equal(seen.sequences[59], 60);
	journal_confirm(journal, 10);
	assert_int_equal(stats_of(journal).waiting, 50);
}

static void come_back(struct journal *journal, const char *path)
{
	for (int i = 0; i < 50 && stats_of(journal).in_memory; i++) {
		usleep(100000);
		journal_tick(journal);
	}
	assert_false(stats_of(journal).in_memory);
	assert_int_equal(stats_of(journal).waiting, 50);
	assert_int_equal(stats_of(journal).lost, 0);
	assert_int_equal(journal_state_lost(journal), 0);
	assert_states(journal, 1, "hooked=x ");
	journal_close(journal);
	journal = open_as(path, "a", 1000);
	assert_int_equal(stats_of(journal).waiting, 50);
	assert_int_equal(read_after(journal, 0, 64).sequences[0], 11);
	journal_close(journal);
}

static void goes_on_when_the_file_cannot_grow(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_as(place->path, "a", 1000);

	set_file_limit(4096);
	outlive_the_disk(journal);
	set_file_limit(RLIM_INFINITY);
	come_back(journal, place->path);
}

/* A real full disk, for those who may mount one. */
static bool mount_small(const char *directory)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("small", directory, "tmpfs", 0, "size=256k") == 0;
}

static void fill_disk(const char *directory)
{
	char path[120], block[4096] = "x";
	FILE *file;

	snprintf(path, sizeof path, "%s/filler", directory);
	file = fopen(path, "w");
	assert_non_null(file);
	while (fwrite(block, sizeof block, 1, file) == 1 && fflush(file) == 0)
		;
	fclose(file);
}

static void goes_on_when_the_disk_is_full(void **state)
{
	const struct place *place = *state;
	struct journal *journal;
	char filler[120];

	if (!mount_small(place->directory))
		skip();
	journal = open_as(place->path, "a", 1000);
	fill_disk(place->directory);
	outlive_the_disk(journal);
	snprintf(filler, sizeof filler, "%s/filler", place->directory);
	unlink(filler);
	come_back(journal, place->path);
	umount(place->directory);
}

static void does_without_a_disk_that_is_read_only(void **state)
{
	const struct place *place = *state;
	struct journal *journal;

	if (!mount_small(place->directory))
		skip();
	fill_disk(place->directory);
	journal = open_as(place->path, "a", 1000);
	assert_true(stats_of(journal).in_memory);
	append(journal, 1);
	assert_int_equal(read_after(journal, 0, 64).count, 1);
	journal_close(journal);
	assert_int_equal(mount(NULL, place->directory, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
	journal = open_as(place->path, "a", 1000);
	assert_true(stats_of(journal).in_memory);
	append(journal, 1);
	assert_int_equal(read_after(journal, 0, 64).count, 1);
	journal_close(journal);
	umount(place->directory);
}

static void notes_sequences_without_events(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_as(place->path, "a", 100);

	journal_note_sequence(journal, 41);
	journal_close(journal);
	journal = open_as(place->path, "a", 100);
	assert_int_equal(journal_last_sequence(journal), 41);
	journal_close(journal);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_order_and_confirms),
		cmocka_unit_test(drops_the_oldest_and_counts),
		cmocka_unit_test(bounds_memory),
		TEST(goes_on_after_a_restart),
		TEST(survives_a_killed_sensor),
		TEST(sets_aside),
		TEST(admits_one_sensor),
		TEST(refuses_what_is_no_journal),
		TEST(notes_sequences_without_events),
		TEST(keeps_state),
		TEST(goes_back_to_what_redis_has),
		TEST(bounds_and_shrinks_the_file),
		TEST(gives_up_what_is_too_old),
		TEST(gives_up_nothing_that_may_have_arrived),
		TEST(trusts_a_redis_that_is_ahead),
		TEST(begins_anew_when_it_is_damaged),
		TEST(survives_damage_while_it_runs),
		TEST(goes_on_when_the_file_cannot_grow),
		TEST(goes_on_when_the_disk_is_full),
		TEST(does_without_a_disk_that_is_read_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
