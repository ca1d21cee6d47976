/* SPDX-License-Identifier: ISC */
/*
 * For each line of the policy: was it ever tried, was it ever answered? "No alarm" must mean
 * "looked and closed". Fixed memory for the most lines that a policy can have.
 */
#ifndef SENSOR_COVERAGE_H
#define SENSOR_COVERAGE_H

#include "sensor/engine/engine.h"

struct coverage_table;

struct coverage_table *coverage_new(void); /* NULL: out of memory */
void coverage_free(struct coverage_table *table);
uint64_t coverage_bytes(void); /* what coverage_new() takes */
/* POLICY_NONE for `rule` or `group` is ignored. */
void coverage_probes(struct coverage_table *table, uint16_t rule, uint16_t group, uint64_t count,
		     uint64_t ts_ns);
void coverage_answer(struct coverage_table *table, uint16_t rule, uint16_t group, bool first,
		     uint64_t ts_ns);
/* Carries the figures over by name; both policies must be alive. */
void coverage_move(struct coverage_table *table, const struct policy *from,
		   const struct policy *to);
/* What an earlier run had seen of this line. */
void coverage_restore(struct coverage_table *table, const struct coverage *coverage);
void coverage_each(const struct coverage_table *table, const struct policy *policy,
		   void (*each)(void *context, const struct coverage *coverage), void *context);

#endif
