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
#include <stdlib.h>
#include <string.h>

#include "sensor/journal/journal_state.h"

static uint64_t oldest(const struct journal *journal)
{
	uint64_t in_file = journal_map_next(&journal->map, 0);
	uint64_t queued = journal->queue.first != NULL ? journal->queue.first->row.sequence
						       : journal->confirmed + 1;

	return in_file != 0 && in_file < queued ? in_file : queued;
}

static uint64_t epoch_number(const char *epoch)
{
	return strtoull(epoch, NULL, 16);
}

static uint64_t newest_of(const struct journal *journal, const char *epoch)
{
	uint64_t queued = journal_queue_newest(&journal->queue, epoch);

	return queued != 0 ? queued : journal_map_newest(&journal->map, epoch_number(epoch));
}

static bool has(const struct journal *journal, const char *epoch, uint64_t sequence)
{
	return journal_queue_has(&journal->queue, sequence, epoch) ||
	       journal_map_has(&journal->map, sequence, epoch_number(epoch));
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

/* Between the two there were events for so many numbers. */
static uint64_t told_between(const struct journal *journal, uint64_t after, uint64_t up_to)
{
	uint64_t count = up_to > after ? up_to - after : 0;

	for (unsigned i = 0; i < journal->skip_count; i++) {
		const struct journal_skip *skip = &journal->skips[i];
		uint64_t from = skip->first > after ? skip->first : after + 1;
		uint64_t to = skip->last < up_to ? skip->last : up_to;

		count -= to >= from ? to - from + 1 : 0;
	}
	return count;
}

uint64_t journal_rewind(struct journal *journal, const char *epoch, uint64_t sequence)
{
	uint64_t target = agreed(journal, epoch, sequence);
	uint64_t first = target < journal->confirmed ? target : journal->confirmed;
	uint64_t forgotten = told_between(journal, sequence, first);

	journal->handed_out = target;
	if (target == journal->confirmed)
		return forgotten;
	journal_queue_clear(&journal->fetched);
	journal_unwant(journal);
	journal_move_confirmed(journal, target);
	return forgotten;
}
