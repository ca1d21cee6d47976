/* SPDX-License-Identifier: ISC */
#include "tools/policy/said.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

static char *copy(const char *text)
{
	char *made = strdup(text);

	if (made == NULL)
		errx(TOOL_INPUT, "out of memory");
	return made;
}

static void keep(void *context, const struct policy_fact *fact)
{
	struct said *said = context;

	if (said->count == said->room) {
		said->room = said->room == 0 ? 256 : said->room * 2;
		said->list = reallocarray(said->list, said->room, sizeof *said->list);
		if (said->list == NULL)
			errx(TOOL_INPUT, "out of memory");
	}
	said->list[said->count++] = (struct fact){.section = copy(fact->section),
						  .name = copy(fact->name),
						  .key = copy(fact->key),
						  .value = copy(fact->value)};
}

void said_by(struct said *said, const struct policy *policy)
{
	*said = (struct said){0};
	policy_describe(policy, keep, said);
}

void said_free(struct said *said)
{
	for (size_t i = 0; i < said->count; i++) {
		free(said->list[i].section);
		free(said->list[i].name);
		free(said->list[i].key);
		free(said->list[i].value);
	}
	free(said->list);
}

int said_compare(const struct fact *a, const struct fact *b)
{
	int order = strcmp(a->section, b->section);

	if (order == 0)
		order = strcmp(a->name, b->name);
	if (order == 0)
		order = strcmp(a->key, b->key);
	return order != 0 ? order : strcmp(a->value, b->value);
}

static int compare(const void *left, const void *right)
{
	return said_compare(left, right);
}

void said_sort(struct said *said)
{
	if (said->count > 1)
		qsort(said->list, said->count, sizeof *said->list, compare);
}
