/* SPDX-License-Identifier: ISC */
/* Probes and answers by rule and group; see coverage.h. */
#include "sensor/engine/coverage.h"

#include <stdlib.h>
#include <string.h>

/* Two arrays, in force and spare, so that a reload needs no memory; untouched pages cost none. */
struct lines {
	struct coverage *now, *spare;
};

struct coverage_table {
	struct lines rules, groups;
};

static bool allocate(struct lines *lines)
{
	lines->now = calloc(POLICY_NONE, sizeof *lines->now);
	lines->spare = calloc(POLICY_NONE, sizeof *lines->spare);
	return lines->now != NULL && lines->spare != NULL;
}

uint64_t coverage_bytes(void)
{
	return sizeof(struct coverage_table) + 4 * POLICY_NONE * sizeof(struct coverage);
}

struct coverage_table *coverage_new(void)
{
	struct coverage_table *table = calloc(1, sizeof *table);

	if (table == NULL)
		return NULL;
	if (!allocate(&table->rules) || !allocate(&table->groups)) {
		coverage_free(table);
		return NULL;
	}
	return table;
}

void coverage_free(struct coverage_table *table)
{
	if (table == NULL)
		return;
	free(table->rules.now);
	free(table->rules.spare);
	free(table->groups.now);
	free(table->groups.spare);
	free(table);
}

static void later(uint64_t *at, uint64_t ns)
{
	if (ns > *at)
		*at = ns;
}

static void add_probes(struct lines *lines, uint16_t index, uint64_t count, uint64_t ts_ns)
{
	if (index == POLICY_NONE)
		return;
	lines->now[index].probes += count;
	later(&lines->now[index].last_probe_ns, ts_ns);
}

static void add_answer(struct lines *lines, uint16_t index, bool first, uint64_t ts_ns)
{
	if (index == POLICY_NONE)
		return;
	lines->now[index].answers += first;
	later(&lines->now[index].last_answer_ns, ts_ns);
}

void coverage_probes(struct coverage_table *table, uint16_t rule, uint16_t group, uint64_t count,
		     uint64_t ts_ns)
{
	add_probes(&table->rules, rule, count, ts_ns);
	add_probes(&table->groups, group, count, ts_ns);
}

void coverage_answer(struct coverage_table *table, uint16_t rule, uint16_t group, bool first,
		     uint64_t ts_ns)
{
	add_answer(&table->rules, rule, first, ts_ns);
	add_answer(&table->groups, group, first, ts_ns);
}

static const char *rule_name(const struct policy *policy, uint16_t index)
{
	return policy_rule(policy, index).name;
}

static const char *group_name(const struct policy *policy, uint16_t index)
{
	return policy_group(policy, index).name;
}

typedef const char *name_of(const struct policy *policy, uint16_t index);

static void move(struct lines *lines, name_of *name, const struct policy *from, uint16_t from_count,
		 const struct policy *to, uint16_t to_count)
{
	struct coverage *old = lines->now;

	memset(lines->spare, 0, to_count * sizeof *lines->spare);
	for (uint16_t i = 0; i < to_count; i++) {
		uint16_t j = 0;

		while (j < from_count && strcmp(name(from, j), name(to, i)) != 0)
			j++;
		if (j < from_count)
			lines->spare[i] = old[j];
	}
	lines->now = lines->spare;
	lines->spare = old;
}

void coverage_move(struct coverage_table *table, const struct policy *from, const struct policy *to)
{
	move(&table->rules, rule_name, from, policy_rule_count(from), to, policy_rule_count(to));
	move(&table->groups, group_name, from, policy_group_count(from), to,
	     policy_group_count(to));
}

void coverage_restore(struct coverage_table *table, const struct coverage *coverage)
{
	struct lines *lines = coverage->is_rule ? &table->rules : &table->groups;

	lines->now[coverage->index] = *coverage;
}

static void tell(const struct coverage *line, bool is_rule, uint16_t index,
		 void (*each)(void *context, const struct coverage *coverage), void *context)
{
	struct coverage told = *line;

	told.is_rule = is_rule;
	told.index = index;
	each(context, &told);
}

void coverage_each(const struct coverage_table *table, const struct policy *policy,
		   void (*each)(void *context, const struct coverage *coverage), void *context)
{
	for (uint16_t i = 0; i < policy_rule_count(policy); i++)
		tell(&table->rules.now[i], true, i, each, context);
	for (uint16_t i = 0; i < policy_group_count(policy); i++)
		tell(&table->groups.now[i], false, i, each, context);
}
