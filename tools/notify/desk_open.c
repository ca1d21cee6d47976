/* SPDX-License-Identifier: ISC */
/*
 * What is open now, asked for at the start and after entries were lost: the stream is not the only
 * one that knows. Incidents first, the worst first, a page at a time; what was told of them already
 * is in the records.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tools/notify/desk_state.h"

static const char *const sets[] = {"open:incidents", "open:severity"};
#define SETS (sizeof sets / sizeof *sets)

void desk_open_begin(struct desk *desk)
{
	desk->open = (struct open_walk){.wanted = true};
}

void desk_open_page(const struct desk *desk, char key[DESK_KEY], char from[24], char to[24])
{
	const struct open_walk *open = &desk->open;

	snprintf(key, DESK_KEY, "%.200s%s", desk->prefix, sets[open->set]);
	snprintf(from, 24, "%" PRIu64, open->at);
	snprintf(to, 24, "%" PRIu64, open->at + OPEN_PAGE - 1);
}

bool desk_open_incidents(const struct desk *desk)
{
	return desk->open.set == 0;
}

void desk_open_ids(struct desk *desk, const struct redis_answer *answer)
{
	struct open_walk *open = &desk->open;
	struct redis_answer id;

	open->count = 0;
	for (size_t i = 0; i < OPEN_PAGE && redis_answer_item(answer, i, &id); i++)
		if (id.type == REDIS_TEXT && id.length < sizeof open->ids[0])
			memcpy(open->ids[open->count++], id.text, id.length + 1);
	open->at += OPEN_PAGE;
	if (answer->count != 0)
		return;
	open->at = 0;
	open->set++;
	open->wanted = open->set < SETS;
}
