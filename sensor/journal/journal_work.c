/* SPDX-License-Identifier: ISC */
/*
 * Jobs for the journal's file. There is one at a time; what comes meanwhile is the next one's, so
 * that a slow disk gets few and large ones. All events that there are go with a job, and with them
 * the state that they came from: neither is ever there without the other.
 *
 * A job that failed is done again as a part of the next, in a second: until then events leave from
 * memory. So they do when one takes longer than JOURNAL_HANGS_MS.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sensor/base/clock.h"
#include "sensor/base/log.h"
#include "sensor/journal/journal_state.h"

#define RETRY_S	    1
#define GATHER_MS   10	 /* between two jobs: then one has more */
#define SLOW_MS	    1000 /* is told */
#define WELL_S	    60	 /* without a slow one: it is over */
#define FETCH_BYTES (4u << 20)

bool journal_may_work(const struct journal *journal)
{
	return journal->has_file && journal->job == NULL &&
	       (journal->retry_s == 0 || clock_monotonic_s() >= journal->retry_s);
}

/* ---- what a job is told ---- */

static bool lend_rows(struct journal *journal, struct journal_job *job)
{
	size_t count = journal->queue.unwritten_rows;

	job->rows = calloc(count != 0 ? count : 1, sizeof(struct queued *));
	if (job->rows == NULL)
		return false;
	journal_queue_lend(&journal->queue, job->rows);
	job->row_count = count;
	journal->lent_bytes = journal->queue.unwritten_bytes;
	return true;
}

static void note_numbers(const struct journal *journal, struct journal_job *job)
{
	journal_job_number(job, "last_sequence", journal->last_sequence);
	journal_job_number(job, "confirmed", journal->confirmed);
	journal_job_number(job, "clock", job->clock_s);
	journal_job_number(job, "lost", journal->stats.lost);
}

static void ask_for_rows(const struct journal *journal, struct journal_job *job)
{
	job->fetch = true;
	job->fetch_turn = journal->fetch_turn;
	job->fetch_after = journal->wanted;
	job->fetch_before =
		journal->queue.first != NULL ? journal->queue.first->row.sequence : INT64_MAX;
	job->fetch_bytes = FETCH_BYTES;
}

static void ask_for_measures(const struct journal *journal, struct journal_job *job)
{
	uint64_t now_s = journal_clock_s(journal), most_s = journal->options.max_age_s;

	job->measure = true;
	job->after =
		journal->handed_out > journal->confirmed ? journal->handed_out : journal->confirmed;
	if (most_s != 0 && now_s > most_s && journal_map_next(&journal->map, job->after) != 0)
		job->young_s = now_s - most_s;
}

/* ---- what came of it ---- */

static void note_written(struct journal *journal, struct journal_job *job)
{
	for (size_t i = 0; i < job->row_count; i++)
		journal_map_add(&journal->map, job->rows[i]->row.sequence, journal->epoch_number);
	journal_queue_written(&journal->queue, job->last_sequence);
	journal_queue_return(job->rows, job->row_count);
	job->row_count = 0;
	journal->lent_bytes = 0;
	if (journal->written < job->last_sequence)
		journal->written = job->last_sequence;
	journal->written_s = job->clock_s;
}

/* What memory has of it goes into the new one. */
static void forget_file(struct journal *journal)
{
	uint64_t lost = journal_file_only(journal, journal->confirmed);

	if (lost != 0)
		log_warnx("journal: %" PRIu64 " events waited in it: lost for Redis (counted)",
			  lost);
	journal_count_lost(journal, JOURNAL_LOST_DAMAGED, lost);
	journal_map_clear(&journal->map);
	journal_queue_clear(&journal->fetched);
	journal_unwant(journal);
	journal_queue_unwritten(&journal->queue, journal->confirmed);
	journal->written = 0;
	journal->state_lost++;
	journal->dirty = true;
}

static void trouble(struct journal *journal, struct journal_job *job)
{
	journal->stats.errors++;
	journal_queue_return(job->rows, job->row_count);
	journal->lent_bytes = 0;
	if (job->replaced) {
		forget_file(journal);
		return;
	}
	if (!job->committed)
		journal_job_inherit(journal->next, job);
	/* Another reason is news. */
	if (strcmp(journal->trouble, job->error) != 0)
		log_warnx("journal: cannot %s: %s: events are kept in memory until it can be "
			  "written again",
			  job->what, job->error);
	snprintf(journal->trouble, sizeof journal->trouble, "%s", job->error);
	journal->retry_s = clock_monotonic_s() + RETRY_S;
}

static void is_well(struct journal *journal)
{
	if (journal->retry_s != 0)
		log_warnx("journal: is written again");
	journal->retry_s = 0;
	journal->trouble[0] = '\0';
}

static void note_fetched(struct journal *journal, struct journal_job *job)
{
	if (job->fetch_turn != journal->fetch_turn)
		return;
	/* Nothing there: then the map was wrong, and nobody waits for it. */
	if (job->fetched.first == NULL && job->fetch_before > job->fetch_after + 1)
		journal_map_remove(&journal->map, job->fetch_after + 1, job->fetch_before - 1);
	journal_queue_join(&journal->fetched, &job->fetched);
	journal_queue_confirm(&journal->fetched, journal->confirmed);
	journal->wants = false;
}

static void note_time(struct journal *journal)
{
	uint64_t took_ms = clock_monotonic_ms() - journal->job_began_ms;

	journal->job_ended_ms = journal->job_began_ms + took_ms;
	if (took_ms > journal->slowest_ms)
		journal->slowest_ms = took_ms;
	if (took_ms >= JOURNAL_HANGS_MS)
		journal->stats.slow++;
	if (took_ms >= SLOW_MS)
		journal->slow_s = clock_monotonic_s();
}

static void note_done(struct journal *journal)
{
	struct journal_job *job = journal->job;

	journal->has_file = journal->thread != NULL ? journal_thread_has_file(journal->thread)
						    : journal->file != NULL;
	note_time(journal);
	if (job->committed)
		note_written(journal, job);
	if (job->result == DATABASE_GOOD)
		is_well(journal);
	else
		trouble(journal, job);
	if (job->result == DATABASE_GOOD && job->fetch)
		note_fetched(journal, job);
	if (job->result == DATABASE_GOOD && job->measure) {
		journal->file_bytes = job->bytes;
		journal->room = job->room;
		journal->too_old = job->too_old;
	}
	journal->job = NULL;
	journal_job_free(job);
	journal_bound_memory(journal);
}

/* ---- the two ways ---- */

static void on_news(void *context)
{
	struct journal *journal = context;

	if (journal->job != NULL && journal_thread_committed(journal->thread) &&
	    journal->job->committed)
		note_written(journal, journal->job);
	if (journal->job != NULL && journal_thread_done(journal->thread))
		note_done(journal);
	if (journal->ready != NULL)
		journal->ready(journal->ready_context);
}

static void wait_no_longer(const struct journal *journal)
{
	uint64_t age_ms = clock_monotonic_ms() - journal->job_began_ms;

	loop_alarm_set(journal->alarm,
		       age_ms < JOURNAL_HANGS_MS ? JOURNAL_HANGS_MS - age_ms + 1 : 1);
}

static void on_alarm(void *context)
{
	struct journal *journal = context;

	/* The loop's clock may be a little ahead of ours; there is no other alarm. */
	if (journal->job != NULL && !journal_hangs(journal)) {
		wait_no_longer(journal);
		return;
	}
	if (journal->ready != NULL)
		journal->ready(journal->ready_context);
}

bool journal_begin_thread(struct journal *journal, struct loop *loop, void (*ready)(void *context),
			  void *context)
{
	journal->ready = ready;
	journal->ready_context = context;
	if (journal->file == NULL || journal->thread != NULL)
		return true;
	journal->alarm = loop_alarm(loop, on_alarm, journal);
	if (journal->alarm == NULL)
		return false;
	journal->thread =
		journal_thread_new(journal->file, &journal->options, loop, on_news, journal);
	if (journal->thread != NULL)
		journal->file = NULL;
	return journal->thread != NULL;
}

static void do_at_once(struct journal *journal)
{
	struct journal_job *job = journal->job;

	journal_job_write(job, &journal->file, &journal->options);
	if (job->committed)
		journal_job_read(job, &journal->file, &journal->options);
	note_done(journal);
}

/* False: out of memory (counted). */
static bool gather(struct journal *journal)
{
	struct journal_job *next = journal_job_new(), *job = journal->next;

	if (next == NULL || !lend_rows(journal, job)) {
		journal_job_free(next);
		journal->stats.errors++;
		return false;
	}
	job->clock_s = journal_clock_s(journal);
	job->last_sequence = journal->last_sequence;
	note_numbers(journal, job);
	if (journal->wants)
		ask_for_rows(journal, job);
	journal->dirty = false;
	journal->job = job;
	journal->next = next;
	return true;
}

static void begin(struct journal *journal)
{
	journal->job_began_ms = clock_monotonic_ms();
	if (journal->thread == NULL) {
		do_at_once(journal);
		return;
	}
	journal_thread_begin(journal->thread, journal->job);
	wait_no_longer(journal);
}

void journal_work(struct journal *journal, bool measure)
{
	if (journal->hook != NULL && journal->last_sequence > journal->written)
		journal->hook(journal->hook_context);
	journal_bound_file(journal);
	if (!gather(journal))
		return;
	if (measure)
		ask_for_measures(journal, journal->job);
	begin(journal);
}

/* True: what was to be written is, though the disk may not have it yet. */
static bool wait_for(struct journal *journal, uint64_t until_ms)
{
	bool written = true;

	while (journal->thread != NULL && journal->job != NULL &&
	       !journal_thread_done(journal->thread) && clock_monotonic_ms() < until_ms)
		usleep(1000);
	if (journal->job == NULL || journal->thread == NULL)
		return true;
	written = journal_thread_committed(journal->thread) && journal->job->committed;
	if (journal_thread_done(journal->thread))
		note_done(journal);
	return written;
}

bool journal_work_last(struct journal *journal, uint64_t wait_ms)
{
	uint64_t until_ms = clock_monotonic_ms() + wait_ms;
	bool written;

	wait_for(journal, until_ms);
	if (!journal->has_file || journal->job != NULL)
		return !journal->has_file;
	journal_forget_confirmed(journal, true);
	journal_job_number(journal->next, "running", 0);
	if (!gather(journal))
		return false;
	journal->job->close = true;
	journal->ready = NULL;
	begin(journal);
	written = wait_for(journal, until_ms);
	return written && journal->retry_s == 0;
}

bool journal_hangs(const struct journal *journal)
{
	return journal->job != NULL &&
	       clock_monotonic_ms() - journal->job_began_ms >= JOURNAL_HANGS_MS;
}

void journal_watch_job(struct journal *journal)
{
	uint64_t now_s = clock_monotonic_s();
	uint64_t age_ms = journal->job != NULL ? clock_monotonic_ms() - journal->job_began_ms : 0;

	if (age_ms >= SLOW_MS)
		journal->slow_s = now_s;
	if (age_ms > journal->slowest_ms)
		journal->slowest_ms = age_ms;
	if (journal->slow_s == 0)
		return;
	if (!journal->slow_told)
		log_warnx("journal: the disk takes more than %d ms for a commit or a sync: events "
			  "go out before they are written, and this is told once",
			  SLOW_MS);
	journal->slow_told = true;
	if (now_s - journal->slow_s < WELL_S)
		return;
	log_warnx("journal: the disk is as quick as it should be again; it took %" PRIu64
		  " ms at most",
		  journal->slowest_ms);
	journal->slow_told = false;
	journal->slow_s = journal->slowest_ms = 0;
}

/* ---- when ---- */

static bool is_urgent(const struct journal *journal)
{
	return journal->last_sequence > journal->written || journal->wants ||
	       (journal->thread == NULL && (journal->dirty || journal_job_writes(journal->next)));
}

bool journal_commit(struct journal *journal)
{
	uint64_t since_ms;

	if (!journal->has_file)
		journal_bound_memory(journal);
	if (!journal->has_file || !is_urgent(journal))
		return true;
	if (!journal_may_work(journal)) {
		journal_bound_memory(journal);
		return false;
	}
	since_ms = clock_monotonic_ms() - journal->job_ended_ms;
	if (journal->thread != NULL && since_ms < GATHER_MS) {
		loop_alarm_set(journal->alarm, GATHER_MS - since_ms);
		return false;
	}
	journal_work(journal, false);
	return journal->retry_s == 0 && journal->written == journal->last_sequence;
}

void journal_want(struct journal *journal, uint64_t after)
{
	if (!journal->wants)
		journal->wanted = after;
	journal->wants = true;
}

void journal_unwant(struct journal *journal)
{
	journal->wants = false;
	journal->fetch_turn++;
}
