/* SPDX-License-Identifier: ISC */
/* The journal: order, confirmation, restarts, its bound, and who may open it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sensor/journal.h"

struct place {
	char directory[64], path[96];
};

static int make_place(void **state)
{
	struct place *place = calloc(1, sizeof *place);

	strcpy(place->directory, "/tmp/spanwatch-journal-XXXXXX");
	if (mkdtemp(place->directory) == NULL)
		return -1;
	snprintf(place->path, sizeof place->path, "%s/journal", place->directory);
	*state = place;
	return 0;
}

static int remove_place(void **state)
{
	struct place *place = *state;
	char command[128];
	int result;

	snprintf(command, sizeof command, "rm -rf '%s'", place->directory);
	result = system(command);
	free(place);
	return result;
}

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
	assert_true(journal_confirm(journal, 4));
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
	assert_true(journal_confirm(journal, 1));
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
	assert_true(journal_confirm(journal, 3));
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
	assert_int_equal(journal_last_sequence(journal), 2);
	assert_int_equal(read_after(journal, 0, 64).count, 2);
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
	assert_true(journal_confirm(journal, 9));
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
	assert_true(journal_reject(journal, 1, "WRONGTYPE"));
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
	assert_true(journal_confirm(journal, 1));
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
	assert_refused(path, "a", "unable to open");
	assert_refused(place->directory, "a", "unable to open");
}

static void notes_sequences_without_events(void **state)
{
	const struct place *place = *state;
	struct journal *journal = open_as(place->path, "a", 100);

	assert_true(journal_note_sequence(journal, 41));
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
		TEST(goes_on_after_a_restart),
		TEST(survives_a_killed_sensor),
		TEST(sets_aside),
		TEST(admits_one_sensor),
		TEST(refuses_what_is_no_journal),
		TEST(notes_sequences_without_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
