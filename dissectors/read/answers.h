/* SPDX-License-Identifier: ISC */
/*
 * Commands that wait for their answers. Two kinds, both bounded, both empty when zeroed, like the
 * dissector's state that they are part of:
 *
 *  struct answers        for protocols that answer in order. While it is full, commands are only
 *                        counted, and so are their answers: no answer is ever given to another's
 *                        command.
 *  struct answers_table  for protocols whose answers repeat the number of their command. When it
 *                        is full, the oldest makes room. A number may wait more than once (it came
 *                        twice, or an answer was not seen): the newest is found first.
 *
 * What the dissector has to remember besides goes into `kind`, or into an array of its own with
 * ANSWERS_ROWS rows: answers_index() says which.
 */
#ifndef DISSECTORS_ANSWERS_H
#define DISSECTORS_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ANSWERS_ROWS 24

struct answers_row {
	int handle;    /* of facts_command() */
	uint16_t kind; /* the dissector's */
};

struct answers {
	struct answers_row rows[ANSWERS_ROWS];
	uint8_t head, count;
	uint32_t unlisted; /* came while the rows were full */
};

struct answers_numbered {
	uint64_t number;
	int handle;    /* of facts_command() */
	uint16_t kind; /* the dissector's */
	bool waits;
};

struct answers_table {
	struct answers_numbered rows[ANSWERS_ROWS];
	uint8_t next; /* the oldest, to be given up */
};

/* The row that it got, or NULL: it is only counted. Rows are valid until the next call. */
struct answers_row *answers_add(struct answers *answers, int handle, uint16_t kind);
/* So many commands have passed of which nothing else is known. */
void answers_count(struct answers *answers, uint32_t commands);
/* The oldest, or NULL: none waits, or the next answer is to a command that was only counted. */
struct answers_row *answers_first(struct answers *answers);
/* The newest, or NULL: none waits. */
struct answers_row *answers_last(struct answers *answers);
/* The oldest is answered, or one that was only counted. */
void answers_drop(struct answers *answers);
/* Both at once: false, and `row` unchanged, if there was no oldest. */
bool answers_next(struct answers *answers, struct answers_row *row);
void answers_clear(struct answers *answers);

static inline bool answers_full(const struct answers *answers)
{
	return answers->count == ANSWERS_ROWS;
}

/* The row that it got; valid until that is given up. */
struct answers_numbered *answers_put(struct answers_table *table, uint64_t number, int handle,
				     uint16_t kind);
/* The newest of this number that waits, or NULL. Clear its `waits` when it is answered. */
struct answers_numbered *answers_find(struct answers_table *table, uint64_t number);
/* Both at once: false, and `row` unchanged, if none waits. */
bool answers_take(struct answers_table *table, uint64_t number, struct answers_numbered *row);

static inline size_t answers_index(const struct answers_table *table,
				   const struct answers_numbered *row)
{
	return (size_t)(row - table->rows);
}

#endif
