/* SPDX-License-Identifier: ISC */
/*
 * See journal.h. New events stand in a queue in memory, and stay there, also when the file has
 * them, until Redis has them or there are too many: then the oldest are in the file alone, and are
 * fetched when it is their turn. So a disk that fails or hangs is no special case: what it has not
 * taken is in the queue, and goes to Redis from there.
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

#define CLOCK_EVERY_S 60	  /* the file hears of its age at least so often */
#define STATE_BYTES   (16u << 20) /* that wait for the disk */
#define FOREVER_MS    UINT64_C(86400000)

uint64_t journal_clock_s(const struct journal *journal)
{
	return journal->clock_before_s + clock_monotonic_s() - journal->opened_s;
}

void journal_tick(struct journal *journal)
{
	journal_bound_memory(journal);
	journal_watch_job(journal);
	if (journal->has_file && journal_clock_s(journal) - journal->written_s >= CLOCK_EVERY_S)
		journal->dirty = true;
	if (journal_may_work(journal))
		journal_work(journal, true);
}

/* ---- open, close ---- */

static void new_epoch(struct journal *journal)
{
	uint64_t *number = &journal->epoch_number;

	if (getrandom(number, sizeof *number, 0) != (ssize_t)sizeof *number)
		fatal(2, "getrandom");
	snprintf(journal->epoch, JOURNAL_EPOCH_TEXT, "%016" PRIx64, *number);
}

static void note_skip(void *context, uint64_t first, uint64_t last)
{
	struct journal *journal = context;

	if (journal->skip_count < JOURNAL_SKIPS)
		journal->skips[journal->skip_count++] = (struct journal_skip){first, last};
}

/* The run before was killed: what it told last may not be in the file. */
static void skip_numbers(struct journal *journal)
{
	uint64_t first = journal->last_sequence + 1;

	journal->last_sequence += JOURNAL_SKIPPED;
	if (journal->skip_count == JOURNAL_SKIPS)
		journal->skip_count--;
	note_skip(journal, first, journal->last_sequence);
	journal_file_skip(journal->file, first, journal->last_sequence);
}

/* A file that cannot be written now will be tried again by the first job, which tells. */
static void note_running(struct journal *journal)
{
	if (journal->last_sequence != 0 && journal_file_number(journal->file, "running") != 0)
		skip_numbers(journal);
	journal_file_set(journal->file, "running", 1);
	journal_file_set(journal->file, "last_sequence", journal->last_sequence);
	if (journal_file_commit(journal->file) != DATABASE_GOOD)
		journal_file_rollback(journal->file);
}

static void begin_with(struct journal *journal, struct journal_file *file)
{
	uint64_t newest = journal_file_number(file, "last_sequence");

	journal->file = file;
	journal->has_file = true;
	journal->confirmed = journal_file_number(file, "confirmed");
	journal->clock_before_s = journal->written_s = journal_file_number(file, "clock");
	/* A file of the first version has no `confirmed`, and holds only what waits. */
	journal->last_sequence = newest > journal->confirmed ? newest : journal->confirmed;
	journal->opened_sequence = journal->last_sequence;
	journal->handed_out = journal->confirmed + JOURNAL_WINDOW;
	if (journal->handed_out > journal->last_sequence)
		journal->handed_out = journal->last_sequence;
	journal_file_map(file, &journal->map);
	journal_file_skipped(file, note_skip, journal);
	note_running(journal);
	journal->written = journal->last_sequence;
}

static bool find_file(struct journal *journal, char error[JOURNAL_ERROR])
{
	bool disk = false;
	struct journal_file *file;

	if (journal->options.path == NULL)
		return true;
	file = journal_file_open(&journal->options, &disk, error);
	if (file != NULL)
		begin_with(journal, file);
	else if (disk)
		log_warnx("journal %s: %s: events are kept in memory", journal->options.path,
			  error);
	return file != NULL || disk;
}

struct journal *journal_open(const struct journal_options *options, char error[JOURNAL_ERROR])
{
	struct journal *journal = calloc(1, sizeof *journal);
	struct journal_job *next = journal_job_new();

	snprintf(error, JOURNAL_ERROR, "out of memory");
	if (journal == NULL || next == NULL) {
		free(journal);
		free(next);
		return NULL;
	}
	journal->options = *options;
	if (options->keep == 0)
		journal->options.keep = JOURNAL_KEEP;
	if (options->keep_in_file == 0)
		journal->options.keep_in_file = JOURNAL_KEEP;
	journal->next = next;
	journal->room = UINT64_MAX;
	journal->opened_s = clock_monotonic_s();
	new_epoch(journal);
	if (find_file(journal, error))
		return journal;
	journal_job_free(next);
	free(journal);
	return NULL;
}

void journal_close_within(struct journal *journal, uint64_t wait_ms)
{
	uint64_t unwritten;

	if (journal == NULL)
		return;
	journal->hook = NULL;
	if (!journal_work_last(journal, wait_ms)) {
		unwritten = journal->queue.unwritten_rows;
		log_warnx("journal: the disk has not taken the last %" PRIu64 " events in time",
			  unwritten);
	}
	/* Whoever is still at it may use all of this. */
	if (!journal_thread_end(journal->thread, 0, &journal->file))
		return;
	loop_watch_free(journal->alarm);
	journal_file_close(journal->file);
	journal_job_free(journal->job);
	journal_job_free(journal->next);
	journal_queue_clear(&journal->queue);
	journal_queue_clear(&journal->fetched);
	journal_map_clear(&journal->map);
	free(journal);
}

void journal_close(struct journal *journal)
{
	journal_close_within(journal, FOREVER_MS);
}

/* ---- events ---- */

uint64_t journal_last_sequence(const struct journal *journal)
{
	return journal->last_sequence;
}

uint64_t journal_jumped(const struct journal *journal)
{
	uint64_t first = journal->opened_sequence + 1;

	for (unsigned i = 0; i < journal->skip_count; i++) {
		if (journal->skips[i].first == first)
			return journal->skips[i].last - first + 1;
	}
	return 0;
}

void journal_note_sequence(struct journal *journal, uint64_t sequence)
{
	journal->last_sequence = sequence;
}

bool journal_append(struct journal *journal, const struct journal_row *row)
{
	struct journal_row mine = *row;

	mine.epoch = journal->epoch;
	journal->last_sequence = row->sequence;
	if (!journal_queue_add(&journal->queue, &mine, false)) {
		journal->stats.errors++;
		return false;
	}
	journal_bound_memory(journal);
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
	journal_bound_memory(journal);
}

void journal_confirm(struct journal *journal, uint64_t sequence)
{
	struct journal_queue *fetched = &journal->fetched;

	if (sequence <= journal->confirmed)
		return;
	journal_move_confirmed(journal, sequence);
	while (fetched->first != NULL && fetched->first->row.sequence <= sequence)
		journal_queue_take(fetched);
}

uint64_t journal_confirmed(const struct journal *journal)
{
	return journal->confirmed;
}

static const struct journal_row *find_row(const struct journal_queue *queue, uint64_t sequence)
{
	for (const struct queued *at = queue->first; at != NULL; at = at->next) {
		if (at->row.sequence == sequence)
			return &at->row;
	}
	return NULL;
}

/* It has been on its way: it is in memory. */
void journal_reject(struct journal *journal, uint64_t sequence, const char *reason)
{
	const struct journal_row *row = find_row(&journal->fetched, sequence);

	if (sequence == 0)
		return;
	if (row == NULL)
		row = find_row(&journal->queue, sequence);
	if (row != NULL && journal->has_file)
		journal_job_reject(journal->next, row, reason);
	journal->stats.rejected++;
	journal_confirm(journal, sequence);
}

/* ---- out ---- */

uint64_t journal_leaving(const struct journal *journal)
{
	if (journal->thread == NULL || !journal->has_file || journal->retry_s != 0 ||
	    journal_hangs(journal))
		return UINT64_MAX;
	return journal->written;
}

bool journal_idle(const struct journal *journal)
{
	return !journal->has_file ||
	       (journal->job == NULL && journal->last_sequence <= journal->written);
}

struct reading {
	struct journal *journal;
	uint64_t after, leaving;
	bool (*each)(void *context, const struct journal_row *row);
	void *context;
};

static void count_early(struct journal *journal, uint64_t sequence)
{
	if (!journal->has_file || sequence <= journal->written ||
	    sequence <= journal->early_sequence)
		return;
	journal->early_sequence = sequence;
	journal->stats.early++;
}

/* False: no more is wanted, or may leave. */
static bool hand_out(struct reading *reading, const struct queued *from)
{
	struct journal *journal = reading->journal;

	for (const struct queued *at = from; at != NULL; at = at->next) {
		if (at->row.sequence <= reading->after)
			continue;
		if (at->row.sequence > reading->leaving ||
		    !reading->each(reading->context, &at->row))
			return false;
		reading->after = at->row.sequence;
		if (reading->after > journal->handed_out)
			journal->handed_out = reading->after;
		count_early(journal, reading->after);
	}
	return true;
}

uint64_t journal_file_only(const struct journal *journal, uint64_t after)
{
	const struct queued *first = journal->queue.first;

	return journal_map_count(&journal->map, after,
				 first != NULL ? first->row.sequence - 1 : UINT64_MAX);
}

void journal_read(struct journal *journal, uint64_t sequence,
		  bool (*each)(void *context, const struct journal_row *row), void *context)
{
	struct reading reading = {journal, sequence, journal_leaving(journal), each, context};

	if (reading.after < journal->confirmed)
		reading.after = journal->confirmed;
	for (;;) {
		if (!hand_out(&reading, journal->fetched.first))
			return;
		if (journal_file_only(journal, reading.after) == 0)
			break;
		journal_want(journal, reading.after);
		if (!journal_may_work(journal))
			return;
		journal_work(journal, false);
		if (journal->thread != NULL)
			return;
	}
	hand_out(&reading, journal->queue.waits);
}

/* ---- state ---- */

static void change_state(struct journal *journal, unsigned kind, const struct journal_state *state,
			 bool drop)
{
	if (!journal->has_file)
		return;
	if (journal->next->state_bytes > STATE_BYTES ||
	    !journal_job_put(journal->next, kind, state, drop))
		journal->state_lost++;
}

void journal_put(struct journal *journal, unsigned kind, const struct journal_state *state)
{
	change_state(journal, kind, state, false);
}

void journal_drop(struct journal *journal, unsigned kind, const void *key, size_t key_length)
{
	const struct journal_state state = {.key = key, .key_length = key_length, .data = ""};

	change_state(journal, kind, &state, true);
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
	if (result == DATABASE_GOOD)
		return;
	journal->stats.errors++;
	journal->state_lost++;
	log_warnx("journal: cannot read the state: %s", journal_file_error(journal->file));
}

uint64_t journal_number(const struct journal *journal, const char *name)
{
	return journal->file != NULL ? journal_file_number(journal->file, name) : 0;
}

void journal_set_number(struct journal *journal, const char *name, uint64_t value)
{
	if (journal->has_file)
		journal_job_number(journal->next, name, value);
}

void journal_stats(const struct journal *journal, struct journal_stats *stats)
{
	*stats = journal->stats;
	stats->waiting = journal->queue.waiting + journal_file_only(journal, journal->confirmed);
	stats->unwritten = journal->has_file ? journal->queue.unwritten_rows : 0;
	stats->in_memory = !journal->has_file || journal->retry_s != 0;
}
