/* SPDX-License-Identifier: ISC */
/*
 * Statements that wait for their results, in order. What does not fit is not matched: from the
 * overflow on only round trips are counted, until as many have ended.
 */
#include "dissectors/postgresql/postgresql_session.h"

void postgresql_queue_add(struct postgresql *pg, int entry)
{
	pg->overflowed |= pg->count == POSTGRESQL_OUTSTANDING;
	if (pg->overflowed) {
		pg->unlisted_marks += entry == POSTGRESQL_MARK;
		return;
	}
	pg->queue[(pg->head + pg->count++) % POSTGRESQL_OUTSTANDING] = entry;
}

static void pop(struct postgresql *pg)
{
	pg->head = (uint8_t)((pg->head + 1) % POSTGRESQL_OUTSTANDING);
	pg->count--;
}

void postgresql_queue_result(struct postgresql *pg, struct facts *facts, bool accepted)
{
	int entry = pg->count != 0 ? pg->queue[pg->head] : POSTGRESQL_MARK;

	if (entry != POSTGRESQL_MARK) {
		facts_command_result(facts, entry, accepted);
		pop(pg);
	} else if (!accepted && pg->count != 0) {
		facts_command_result(facts, pg->parsed, false);
	}
}

void postgresql_queue_drop(struct postgresql *pg)
{
	while (pg->count != 0 && pg->queue[pg->head] != POSTGRESQL_MARK)
		pop(pg);
}

void postgresql_queue_end_round_trip(struct postgresql *pg)
{
	postgresql_queue_drop(pg);
	if (pg->count != 0) {
		pop(pg);
	} else if (pg->overflowed && pg->unlisted_marks != 0) {
		pg->unlisted_marks--;
		pg->overflowed = pg->unlisted_marks != 0;
	}
}

void postgresql_queue_resynchronise(struct postgresql *pg)
{
	if (pg->client.lost)
		pg->client = (struct frame){.lost = false};
	pg->server.lost = false;
	pg->head = pg->count = 0;
	pg->unlisted_marks = 0;
	pg->overflowed = false;
}
