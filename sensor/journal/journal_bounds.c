/* SPDX-License-Identifier: ISC */
/*
 * What must go: from memory, for nothing where the file has it; from the file, what Redis has
 * first; and what Redis has not, counted, by its cause. See journal.h.
 */
#include "sensor/base/log.h"
#include "sensor/journal/journal_state.h"

#define ROOM_BYTES	(64u << 20) /* of the disk: with less, nothing confirmed is kept */
#define MEMORY_BYTES	(32u << 20) /* of events that the file has as well */
#define UNWRITTEN_BYTES (64u << 20) /* of those that it does not take */
#define TRIM_LEAST	64
#define TRIM_MOST	4096
#define FORGET_LEAST	256 /* confirmed rows that go at a time: each time costs a page */

static const char *const causes[JOURNAL_LOSSES] = {
	[JOURNAL_LOST_FULL] = "full",
	[JOURNAL_LOST_OLD] = "too old",
	[JOURNAL_LOST_MEMORY] = "the disk takes nothing, and memory is full",
	[JOURNAL_LOST_DAMAGED] = "damaged",
};

void journal_count_lost(struct journal *journal, enum journal_loss loss, uint64_t count)
{
	if (count == 0)
		return;
	if (journal->stats.lost_by[loss] == 0)
		log_warnx("journal: %s: the oldest events are lost for Redis (counted)",
			  causes[loss]);
	journal->stats.lost += count;
	journal->stats.lost_by[loss] += count;
	journal->dirty = true;
}

/* ---- memory ---- */

static bool too_much(const struct journal *journal)
{
	const struct journal_queue *queue = &journal->queue;
	uint64_t most = journal->options.max_bytes;

	if (journal->has_file)
		return queue->unwritten_bytes > UNWRITTEN_BYTES + journal->lent_bytes;
	return queue->waiting > journal->options.max_rows || (most != 0 && queue->bytes > most);
}

void journal_bound_memory(struct journal *journal)
{
	struct journal_queue *queue = &journal->queue;
	enum journal_loss loss = journal->has_file ? JOURNAL_LOST_MEMORY : JOURNAL_LOST_FULL;
	uint64_t lost = 0;
	bool waited;

	while (queue->rows - queue->waiting > journal->options.keep)
		journal_queue_take(queue);
	while (queue->bytes > MEMORY_BYTES && queue->first != NULL && queue->first->written)
		journal_queue_take(queue);
	while (too_much(journal) && journal_queue_drop(queue, journal->handed_out, &waited))
		lost += waited;
	journal_count_lost(journal, loss, lost);
}

/* ---- the file ---- */

static void remove_range(struct journal *journal, uint64_t first, uint64_t last)
{
	if (first == 0 || last < first || !journal_map_remove(&journal->map, first, last))
		return;
	journal_job_remove(journal->next, first, last);
}

/* Redis has not got them, and never will: but for those that may be on their way. */
static void give_up(struct journal *journal, uint64_t count, uint64_t up_to, enum journal_loss loss)
{
	uint64_t after =
		journal->handed_out > journal->confirmed ? journal->handed_out : journal->confirmed;
	uint64_t first = journal_map_next(&journal->map, after), last = up_to;

	if (count != 0)
		last = journal_map_nth(&journal->map, after, count);
	if (first == 0 || last < first)
		return;
	journal_count_lost(journal, loss, journal_map_count(&journal->map, after, last));
	remove_range(journal, first, last);
	journal_queue_remove(&journal->queue, first, last);
	journal_queue_remove(&journal->fetched, first, last);
}

void journal_forget_confirmed(struct journal *journal, bool all)
{
	uint64_t last = journal_map_beyond(&journal->map, journal->confirmed,
					   journal->options.keep_in_file);

	if (last != 0 && (all || journal_map_count(&journal->map, 0, last) >= FORGET_LEAST))
		remove_range(journal, journal_map_next(&journal->map, 0), last);
}

/* What is confirmed is there only for a Redis that loses something. False: none is left. */
static bool forget_some(struct journal *journal, uint64_t count)
{
	uint64_t first = journal_map_next(&journal->map, 0);
	uint64_t last = journal_map_nth(&journal->map, 0, count);

	if (last > journal->confirmed)
		last = journal->confirmed;
	if (first == 0 || first > last)
		return false;
	remove_range(journal, first, last);
	return true;
}

static uint64_t rows_of(const struct journal *journal, uint64_t bytes)
{
	uint64_t rows = journal_map_count(&journal->map, 0, UINT64_MAX);
	uint64_t each = rows != 0 ? journal->file_bytes / rows + 1 : 1, count = bytes / each;

	return count < TRIM_LEAST ? TRIM_LEAST : count < TRIM_MOST ? count : TRIM_MOST;
}

void journal_bound_file(struct journal *journal)
{
	const struct journal_options *options = &journal->options;
	uint64_t waiting = journal_map_count(&journal->map, journal->confirmed, UINT64_MAX);
	uint64_t over = options->max_bytes != 0 && journal->file_bytes > options->max_bytes
				? journal->file_bytes - options->max_bytes
				: 0;

	journal_forget_confirmed(journal, false);
	if (waiting > options->max_rows)
		give_up(journal, waiting - options->max_rows, 0, JOURNAL_LOST_FULL);
	if (journal->too_old != 0)
		give_up(journal, 0, journal->too_old, JOURNAL_LOST_OLD);
	journal->too_old = 0;
	if (over != 0 && !forget_some(journal, rows_of(journal, over)))
		give_up(journal, rows_of(journal, over), 0, JOURNAL_LOST_FULL);
	else if (over == 0 && journal->room < ROOM_BYTES)
		forget_some(journal, TRIM_MOST);
	/* Until it is measured again. */
	journal->file_bytes = 0;
	journal->room = UINT64_MAX;
}
