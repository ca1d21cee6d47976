/* SPDX-License-Identifier: ISC */
/*
 * Agreeing with Redis on what it has, whenever it is there again. It names the last event that it
 * applied, by epoch and sequence. Usually that one is still here. Otherwise:
 *
 *   it is of this run         and was given up since: Redis has it nevertheless
 *   we know its run, but not  so far: the disk took nothing more of that run, which ended by a
 *                             kill -9; Redis is ahead of us
 *   we do not know its run    and its number is higher than any before this run, of which Redis
 *                             has confirmed nothing: the same
 *   anything else             Redis has lost more than is kept here: all that is kept goes again
 */
#include <string.h>

#include "sensor/journal/journal_state.h"

static uint64_t oldest(const struct journal *journal)
{
	uint64_t in_file = journal->file != NULL ? journal_file_oldest(journal->file) : 0;

	if (in_file != 0)
		return in_file;
	return journal->queue.first != NULL ? journal->queue.first->row.sequence
					    : journal->confirmed + 1;
}

static uint64_t newest_of(const struct journal *journal, const char *epoch)
{
	uint64_t queued = journal_queue_newest(&journal->queue, epoch);

	if (queued != 0 || journal->file == NULL)
		return queued;
	return journal_file_newest(journal->file, epoch);
}

static bool has(const struct journal *journal, const char *epoch, uint64_t sequence)
{
	return journal_queue_has(&journal->queue, sequence, epoch) ||
	       (journal->file != NULL && journal_file_has(journal->file, sequence, epoch));
}

static uint64_t agreed(const struct journal *journal, const char *epoch, uint64_t sequence)
{
	uint64_t newest;

	if (has(journal, epoch, sequence) ||
	    (sequence >= journal->confirmed && strcmp(epoch, journal->epoch) == 0))
		return sequence;
	newest = epoch[0] != '\0' ? newest_of(journal, epoch) : sequence;
	if (newest != 0 && newest < sequence)
		return newest;
	if (newest == 0 && sequence > journal->opened_sequence &&
	    journal->confirmed <= journal->opened_sequence)
		return journal->confirmed;
	return oldest(journal) - 1;
}

uint64_t journal_rewind(struct journal *journal, const char *epoch, uint64_t sequence)
{
	uint64_t target = agreed(journal, epoch, sequence);
	uint64_t first = target < journal->confirmed ? target : journal->confirmed;
	uint64_t forgotten = first > sequence ? first - sequence : 0;

	journal->handed_out = target;
	if (target == journal->confirmed)
		return forgotten;
	if (journal->file != NULL)
		journal->file_waiting = journal_file_count(journal->file, target, INT64_MAX);
	journal_move_confirmed(journal, target);
	return forgotten;
}
