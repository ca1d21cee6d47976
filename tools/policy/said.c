/* SPDX-License-Identifier: ISC */
#include "tools/policy/said.h"

#include <stdlib.h>
#include <string.h>

#include "tools/lib/memory.h"

static void keep(void *context, const struct policy_fact *fact)
{
	struct said *said = context;

	said->list = memory_grow(said->list, said->count, &said->room, sizeof *said->list);
	said->list[said->count++] = (struct fact){.section = memory_text(fact->section),
						  .name = memory_text(fact->name),
						  .key = memory_text(fact->key),
						  .value = memory_text(fact->value)};
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
