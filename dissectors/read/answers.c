/* SPDX-License-Identifier: ISC */
/* Rings of commands that wait for their answers; see answers.h. */
#include "dissectors/read/answers.h"

struct answers_row *answers_add(struct answers *answers, int handle, uint16_t kind)
{
	struct answers_row *row;

	if (answers_full(answers) || answers->unlisted != 0) {
		answers->unlisted += answers->unlisted != UINT32_MAX;
		return NULL;
	}
	row = &answers->rows[(answers->head + answers->count++) % ANSWERS_ROWS];
	*row = (struct answers_row){.handle = handle, .kind = kind};
	return row;
}

void answers_count(struct answers *answers, uint32_t commands)
{
	answers->unlisted += commands < UINT32_MAX - answers->unlisted
				     ? commands
				     : UINT32_MAX - answers->unlisted;
}

struct answers_row *answers_first(struct answers *answers)
{
	return answers->count != 0 ? &answers->rows[answers->head] : NULL;
}

struct answers_row *answers_last(struct answers *answers)
{
	return answers->count != 0
		       ? &answers->rows[(answers->head + answers->count - 1) % ANSWERS_ROWS]
		       : NULL;
}

void answers_drop(struct answers *answers)
{
	if (answers->count == 0) {
		answers->unlisted -= answers->unlisted != 0;
		return;
	}
	answers->head = (uint8_t)((answers->head + 1) % ANSWERS_ROWS);
	answers->count--;
}

bool answers_next(struct answers *answers, struct answers_row *row)
{
	const struct answers_row *first = answers_first(answers);

	if (first != NULL)
		*row = *first;
	answers_drop(answers);
	return first != NULL;
}

void answers_clear(struct answers *answers)
{
	answers->head = answers->count = 0;
	answers->unlisted = 0;
}

struct answers_numbered *answers_put(struct answers_table *table, uint64_t number, int handle,
				     uint16_t kind)
{
	struct answers_numbered *row = &table->rows[table->next];

	table->next = (uint8_t)((table->next + 1) % ANSWERS_ROWS);
	*row = (struct answers_numbered){
		.number = number, .handle = handle, .kind = kind, .waits = true};
	return row;
}

struct answers_numbered *answers_find(struct answers_table *table, uint64_t number)
{
	for (int i = 1; i <= ANSWERS_ROWS; i++) {
		struct answers_numbered *row =
			&table->rows[(table->next + ANSWERS_ROWS - i) % ANSWERS_ROWS];

		if (row->waits && row->number == number)
			return row;
	}
	return NULL;
}

bool answers_take(struct answers_table *table, uint64_t number, struct answers_numbered *row)
{
	struct answers_numbered *found = answers_find(table, number);

	if (found == NULL)
		return false;
	found->waits = false;
	*row = *found;
	return true;
}
