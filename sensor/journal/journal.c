/* SPDX-License-Identifier: ISC */
/*
 * See journal.h. New events stand in a queue in memory; a commit moves them to the file, and
 * nothing leaves the queue before the file has it. So a disk that fails is no special case: the
 * queue just grows, and what is in it goes to Redis from there. What is in the file is always
 * older than what is in the queue.
 */
#include "sensor/journal/journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "sensor/base/clock.h"
#include "sensor/base/log.h"
#include "sensor/journal/journal_state.h"

#define KEEP_IN_MEMORY 1000	   /* confirmed events */
#define JOURNAL_KEEP   1000	   /* confirmed events, unless something else is said */
#define ROOM_BYTES     (64U << 20) /* of the disk: with less, nothing confirmed is kept */
#define QUEUE_BYTES    (64U << 20) /* of a file that cannot be written */
#define RETRY_S	       1
#define CLOCK_EVERY_S  60 /* the file hears of its age at least so often */
#define TRIM_AT_ONCE   64
#define TRIMS_A_TICK   64

static uint64_t clock_s(const struct journal *journal)
{
	return journal->clock_before_s + clock_monotonic_s() - journal->opened_s;
}

static void count_lost(struct journal *journal, uint64_t count, const char *why)
{
	if (count != 0 && journal->stats.lost == 0)
		log_warnx("journal: %s: the oldest events are lost for Redis (counted)", why);
	journal->stats.lost += count;
	journal->dirty |= count != 0;
}

/* ---- the queue ---- */

/* Of the queue, as far as no file takes it. */
static uint64_t most_bytes(const struct journal *journal)
{
	if (journal->retry_s != 0)
		return QUEUE_BYTES;
	if (journal->file == NULL && journal->options.max_bytes != 0)
		return journal->options.max_bytes;
	return UINT64_MAX;
}

/* Confirmed rows go for nothing, waiting ones are lost. */
static void bound_queue(struct journal *journal)
{
	struct journal_queue *queue = &journal->queue;
	uint64_t lost = 0, before;

	while (queue->rows - queue->waiting > journal->options.keep)
		journal_queue_take(queue);
	while (queue->waiting > journal->options.max_rows || queue->bytes > most_bytes(journal)) {
		before = queue->waiting;
		if (!journal_queue_drop(queue, journal->handed_out))
			break;
		lost += before - queue->waiting;
	}
	count_lost(journal, lost, "full");
}

/* ---- the file ---- */

static void trouble(struct journal *journal, enum database_result result, const char *what)
{
	char error[JOURNAL_ERROR];
	bool disk;

	journal->stats.errors++;
	journal->state_lost++;
	snprintf(error, sizeof error, "%s", journal_file_error(journal->file));
	journal_file_rollback(journal->file);
	if (result != DATABASE_CORRUPT) {
		if (journal->retry_s == 0)
			log_warnx("journal: cannot %s: %s: events are kept in memory until it can "
				  "be written again",
				  what, error);
		journal->retry_s = clock_monotonic_s() + RETRY_S;
		return;
	}
	journal_file_set_aside(journal->file, error);
	if (journal->file_waiting != 0)
		log_warnx("journal: %" PRIu64 " events waited in it: lost for Redis (counted)",
			  journal->file_waiting);
	journal->stats.lost += journal->file_waiting;
	journal->file_waiting = 0;
	journal->file = journal_file_open(&journal->options, &disk, error);
	journal->dirty = true;
	if (journal->file == NULL)
		log_warnx("journal: %s: events are kept in memory", error);
}

static bool usable(const struct journal *journal)
{
	return journal->file != NULL &&
	       (journal->retry_s == 0 || clock_monotonic_s() >= journal->retry_s);
}

static enum database_result write_queue(struct journal *journal)
{
	enum database_result result = DATABASE_GOOD;
	uint64_t now_s = clock_s(journal);

	for (const struct queued *at = journal->queue.first; at != NULL && result == DATABASE_GOOD;
	     at = at->next)
		result = journal_file_append(journal->file, &at->row, journal->epoch, now_s);
	return result;
}

static enum database_result write_numbers(struct journal *journal)
{
	const struct {
		const char *name;
		uint64_t value;
	} numbers[] = {
		{"last_sequence", journal->last_sequence},
		{"clock", clock_s(journal)},
		{"lost", journal->stats.lost},
	};
	enum database_result result = journal_file_confirm(journal->file, journal->confirmed,
							   journal->options.keep_in_file);

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers && result == DATABASE_GOOD; i++)
		result = journal_file_set(journal->file, numbers[i].name, numbers[i].value);
	return result;
}

static void written(struct journal *journal)
{
	while (journal->queue.first != NULL)
		journal->file_waiting += journal_queue_take(&journal->queue);
	journal->dirty = false;
	journal->written_s = clock_s(journal);
	if (journal->retry_s != 0)
		log_warnx("journal: is written again");
	journal->retry_s = 0;
}

bool journal_commit(struct journal *journal)
{
	enum database_result result;

	if (journal->queue.first == NULL && !journal->dirty)
		return true;
	if (!usable(journal)) {
		bound_queue(journal);
		return journal->file == NULL;
	}
	if (journal->hook != NULL)
		journal->hook(journal->hook_context);
	if (!usable(journal))
		return false;
	result = write_queue(journal);
	if (result == DATABASE_GOOD)
		result = write_numbers(journal);
	if (result == DATABASE_GOOD)
		result = journal_file_commit(journal->file);
	if (result == DATABASE_GOOD) {
		written(journal);
		return true;
	}
	trouble(journal, result, "write");
	bound_queue(journal);
	return false;
}

/* ---- bounds ---- */

static bool trim(struct journal *journal, uint64_t count, uint64_t older_than_s, const char *why)
{
	uint64_t after =
		journal->handed_out > journal->confirmed ? journal->handed_out : journal->confirmed;
	enum database_result result;
	uint64_t gone;

	result = journal_file_trim(journal->file, after, count, older_than_s, &gone);
	if (result != DATABASE_GOOD) {
		trouble(journal, result, "make room");
		return false;
	}
	journal->file_waiting -= gone < journal->file_waiting ? gone : journal->file_waiting;
	count_lost(journal, gone, why);
	return gone != 0;
}

/* What is confirmed is there only for a Redis that loses something. False: none is left. */
static bool forget_some(struct journal *journal)
{
	enum database_result result;
	uint64_t gone;

	result = journal_file_forget(journal->file, journal->confirmed, TRIM_AT_ONCE, &gone);
	if (result != DATABASE_GOOD)
		trouble(journal, result, "make room");
	return result == DATABASE_GOOD && gone != 0;
}

static void trim_file(struct journal *journal)
{
	const struct journal_options *options = &journal->options;
	uint64_t now_s = clock_s(journal);
	bool scarce = journal_file_room(journal->file) < ROOM_BYTES;

	if (journal->file_waiting > options->max_rows &&
	    !trim(journal, journal->file_waiting - options->max_rows, 0, "full"))
		return;
	if (options->max_age_s != 0 && now_s > options->max_age_s && journal->file_waiting != 0)
		trim(journal, 0, now_s - options->max_age_s, "too old");
	for (int i = 0; i < TRIMS_A_TICK && usable(journal); i++) {
		bool over = options->max_bytes != 0 &&
			    journal_file_bytes(journal->file) > options->max_bytes;

		if (!over && !scarce)
			return;
		if (!forget_some(journal) &&
		    (!over || !usable(journal) || !trim(journal, TRIM_AT_ONCE, 0, "full")))
			return;
	}
}

void journal_tick(struct journal *journal)
{
	bound_queue(journal);
	if (!usable(journal))
		return;
	journal->dirty |= journal->retry_s != 0;
	if (journal->retry_s == 0)
		trim_file(journal);
	if (clock_s(journal) - journal->written_s >= CLOCK_EVERY_S)
		journal->dirty = true;
	if (journal_commit(journal) && journal->file != NULL)
		journal_file_shrink(journal->file);
}

/* ---- open, close ---- */

static void new_epoch(char epoch[JOURNAL_EPOCH_TEXT])
{
	uint64_t number = 0;

	if (getrandom(&number, sizeof number, 0) != (ssize_t)sizeof number)
		fatal(2, "getrandom");
	snprintf(epoch, JOURNAL_EPOCH_TEXT, "%016" PRIx64, number);
}

static void begin_with(struct journal *journal, struct journal_file *file)
{
	uint64_t newest = journal_file_number(file, "last_sequence");

	journal->file = file;
	journal->confirmed = journal_file_number(file, "confirmed");
	journal->clock_before_s = journal->written_s = journal_file_number(file, "clock");
	journal->file_waiting = journal_file_count(file, journal->confirmed, INT64_MAX);
	/* A file of the first version has no `confirmed`, and holds only what waits. */
	journal->last_sequence = newest > journal->confirmed ? newest : journal->confirmed;
	journal->opened_sequence = journal->last_sequence;
	journal->handed_out = journal->confirmed + JOURNAL_WINDOW;
	if (journal->handed_out > journal->last_sequence)
		journal->handed_out = journal->last_sequence;
}

struct journal *journal_open(const struct journal_options *options, char error[JOURNAL_ERROR])
{
	struct journal *journal = calloc(1, sizeof *journal);
	struct journal_file *file;
	bool disk = false;

	if (journal == NULL) {
		snprintf(error, JOURNAL_ERROR, "out of memory");
		return NULL;
	}
	journal->options = *options;
	if (options->keep == 0)
		journal->options.keep = JOURNAL_KEEP;
	if (options->keep_in_file == 0)
		journal->options.keep_in_file = JOURNAL_KEEP;
	journal->opened_s = clock_monotonic_s();
	new_epoch(journal->epoch);
	if (options->path == NULL)
		return journal;
	file = journal_file_open(options, &disk, error);
	if (file != NULL) {
		begin_with(journal, file);
		return journal;
	}
	if (disk) {
		log_warnx("journal %s: %s: events are kept in memory", options->path, error);
		return journal;
	}
	free(journal);
	return NULL;
}

void journal_close(struct journal *journal)
{
	if (journal == NULL)
		return;
	journal->retry_s = journal->retry_s != 0 ? 1 : 0; /* a last try */
	journal->hook = NULL;
	journal->dirty = true;
	journal_commit(journal);
	while (journal->queue.first != NULL)
		journal_queue_take(&journal->queue);
	journal_file_close(journal->file);
	free(journal);
}

/* ---- events ---- */

uint64_t journal_last_sequence(const struct journal *journal)
{
	return journal->last_sequence;
}

void journal_note_sequence(struct journal *journal, uint64_t sequence)
{
	journal->last_sequence = sequence;
	journal->dirty = true;
}

bool journal_append(struct journal *journal, const struct journal_row *row)
{
	journal->last_sequence = row->sequence;
	if (!journal_queue_add(&journal->queue, row, journal->epoch)) {
		journal->stats.errors++;
		return false;
	}
	if (journal->file == NULL)
		bound_queue(journal);
	return true;
}

void journal_on_commit(struct journal *journal, void (*hook)(void *context), void *context)
{
	journal->hook = hook;
	journal->hook_context = context;
}

void journal_move_confirmed(struct journal *journal, uint64_t sequence)
{
	journal->confirmed = sequence;
	journal->dirty = true;
	journal_queue_confirm(&journal->queue, sequence);
	bound_queue(journal);
}

void journal_confirm(struct journal *journal, uint64_t sequence)
{
	uint64_t gone = 0;

	if (sequence <= journal->confirmed)
		return;
	if (journal->file != NULL && journal->file_waiting != 0)
		gone = journal_file_count(journal->file, journal->confirmed, sequence);
	journal->file_waiting -= gone < journal->file_waiting ? gone : journal->file_waiting;
	journal_move_confirmed(journal, sequence);
}

uint64_t journal_confirmed(const struct journal *journal)
{
	return journal->confirmed;
}

struct find {
	struct journal *journal;
	const char *reason;
	uint64_t sequence;
	enum database_result result;
};

static bool set_aside(void *context, const struct journal_row *row)
{
	struct find *find = context;

	if (row->sequence == find->sequence && find->journal->file != NULL)
		find->result = journal_file_reject(find->journal->file, row, find->reason);
	return false;
}

void journal_reject(struct journal *journal, uint64_t sequence, const char *reason)
{
	struct find find = {journal, reason, sequence, DATABASE_GOOD};

	if (sequence == 0)
		return;
	journal_confirm(journal, sequence - 1);
	journal_read(journal, sequence - 1, set_aside, &find);
	if (find.result != DATABASE_GOOD)
		trouble(journal, find.result, "set an event aside");
	journal->stats.rejected++;
	journal_confirm(journal, sequence);
}

struct reading {
	struct journal *journal;
	bool (*each)(void *context, const struct journal_row *row);
	void *context;
};

static bool hand_out(void *context, const struct journal_row *row)
{
	const struct reading *reading = context;

	if (!reading->each(reading->context, row))
		return false;
	if (row->sequence > reading->journal->handed_out)
		reading->journal->handed_out = row->sequence;
	return true;
}

void journal_read(struct journal *journal, uint64_t sequence,
		  bool (*each)(void *context, const struct journal_row *row), void *context)
{
	struct reading reading = {journal, each, context};
	enum database_result result = DATABASE_GOOD;

	if (sequence < journal->confirmed)
		sequence = journal->confirmed;
	if (journal->file != NULL && journal->file_waiting != 0 &&
	    !journal_file_read(journal->file, sequence, hand_out, &reading, &result))
		return;
	if (result != DATABASE_GOOD) {
		trouble(journal, result, "read events");
		return;
	}
	for (const struct queued *at = journal->queue.waits; at != NULL; at = at->next) {
		if (at->row.sequence > sequence && !hand_out(&reading, &at->row))
			return;
	}
}

/* ---- state ---- */

static void note_state(struct journal *journal, enum database_result result)
{
	journal->dirty = true;
	if (result != DATABASE_GOOD)
		trouble(journal, result, "write");
}

void journal_put(struct journal *journal, unsigned kind, const struct journal_state *state)
{
	if (usable(journal))
		note_state(journal, journal_file_put(journal->file, kind, state));
	else
		journal->state_lost += journal->file != NULL;
}

void journal_drop(struct journal *journal, unsigned kind, const void *key, size_t key_length)
{
	if (usable(journal))
		note_state(journal, journal_file_drop(journal->file, kind, key, key_length));
	else
		journal->state_lost += journal->file != NULL;
}

uint64_t journal_state_lost(const struct journal *journal)
{
	return journal->state_lost;
}

void journal_states(struct journal *journal, unsigned kind,
		    void (*each)(void *context, const struct journal_state *state), void *context)
{
	enum database_result result = DATABASE_GOOD;

	if (journal->file == NULL)
		return;
	journal_file_states(journal->file, kind, each, context, &result);
	if (result != DATABASE_GOOD)
		trouble(journal, result, "read the state");
}

uint64_t journal_number(const struct journal *journal, const char *name)
{
	return journal->file != NULL ? journal_file_number(journal->file, name) : 0;
}

void journal_set_number(struct journal *journal, const char *name, uint64_t value)
{
	if (usable(journal))
		note_state(journal, journal_file_set(journal->file, name, value));
}

void journal_stats(const struct journal *journal, struct journal_stats *stats)
{
	*stats = journal->stats;
	stats->waiting = journal->file_waiting + journal->queue.waiting;
	stats->in_memory = journal->file == NULL || journal->retry_s != 0;
}
