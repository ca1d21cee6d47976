/* SPDX-License-Identifier: ISC */
/* Commands in the facts: few rows, and what is bad is never crowded out. */
#include <stdio.h>

#include "tests/unit/conversation.h"

static int note(struct facts *facts, const char *word, int number, unsigned flags)
{
	char text[FACTS_COMMAND_TEXT];
	int length = snprintf(text, sizeof text, "%s %d", word, number);

	return facts_command(facts, text, (size_t)length, flags);
}

static void harmless_ones_make_room(void **state)
{
	struct facts facts = {.service = NULL};

	(void)state;
	for (int i = 0; i < FACTS_COMMANDS; i++)
		note(&facts, "GET", i, i % 2 ? COMMAND_LISTING : 0);
	assert_int_equal(note(&facts, "GET", 99, 0), -1);
	facts_command_result(&facts, FACTS_COMMAND(&facts, "EVAL", COMMAND_EXECUTES), true);
	facts_command_result(&facts, FACTS_COMMAND(&facts, "DROP", COMMAND_DESTRUCTIVE), true);
	conversation_has(&facts, "EVAL", ANSWER_YES, COMMAND_EXECUTES);
	conversation_has(&facts, "DROP", ANSWER_YES, COMMAND_DESTRUCTIVE);
	assert_int_equal(facts.command_count, FACTS_COMMANDS);
}

/* Whoever first asks for much that is refused hides nothing by it. */
static void refused_ones_make_room(void **state)
{
	struct facts facts = {.service = NULL};

	(void)state;
	for (int i = 0; i < 3 * FACTS_COMMANDS; i++)
		facts_command_result(&facts, note(&facts, "DELETE", i, COMMAND_DESTRUCTIVE), false);
	facts_command_result(&facts, note(&facts, "RUN", 1, COMMAND_EXECUTES), true);
	conversation_has(&facts, "RUN 1", ANSWER_YES, COMMAND_EXECUTES);
	facts_command_result(&facts, note(&facts, "DELETE", 77, COMMAND_DESTRUCTIVE), true);
	conversation_has(&facts, "DELETE 77", ANSWER_YES, COMMAND_DESTRUCTIVE);
}

/* All at once, before any is answered: the last one's answer still counts. */
static void more_than_there_are_rows_share_one(void **state)
{
	struct facts facts = {.service = NULL};
	int last = -1, run;

	(void)state;
	for (int i = 0; i < 5 * FACTS_COMMANDS; i++)
		last = note(&facts, "DELETE", i, COMMAND_DESTRUCTIVE);
	run = note(&facts, "RUN", 1, COMMAND_EXECUTES);
	assert_true(last >= 0 && run >= 0 && run != last);
	facts_command_result(&facts, last, true);
	facts_command_result(&facts, run, true);
	conversation_has(&facts, "others that destroy", ANSWER_YES, COMMAND_DESTRUCTIVE);
	conversation_has(&facts, "others that run code", ANSWER_YES, COMMAND_EXECUTES);
	assert_true(facts.command_count <= FACTS_COMMANDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(harmless_ones_make_room),
		cmocka_unit_test(refused_ones_make_room),
		cmocka_unit_test(more_than_there_are_rows_share_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
