/* SPDX-License-Identifier: ISC */
/*
 * Statements that wait for their results, in order. What does not fit is not matched: from the
 * overflow on only round trips are counted, until as many have ended.
 */
#include "dissectors/postgresql/postgresql_session.h"

void postgresql_queue_add(struct postgresql *pg, int entry)
{
	pg->overflowed |= answers_full(&pg->pending);
	if (pg->overflowed) {
		pg->unlisted_marks += entry == POSTGRESQL_MARK;
		return;
	}
	answers_add(&pg->pending, entry, 0);
}

void postgresql_queue_result(struct postgresql *pg, struct facts *facts, bool accepted)
{
	const struct answers_row *first = answers_first(&pg->pending);

	if (first == NULL)
		return;
	if (first->handle != POSTGRESQL_MARK) {
		facts_command_result(facts, first->handle, accepted);
		answers_drop(&pg->pending);
	} else if (!accepted) {
		facts_command_result(facts, pg->parsed, false);
	}
}

void postgresql_queue_drop(struct postgresql *pg)
{
	const struct answers_row *first;

	while ((first = answers_first(&pg->pending)) != NULL && first->handle != POSTGRESQL_MARK)
		answers_drop(&pg->pending);
}

void postgresql_queue_end_round_trip(struct postgresql *pg)
{
	postgresql_queue_drop(pg);
	if (answers_first(&pg->pending) != NULL) {
		answers_drop(&pg->pending);
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
	answers_clear(&pg->pending);
	pg->unlisted_marks = 0;
	pg->overflowed = false;
}
