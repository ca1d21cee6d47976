/* SPDX-License-Identifier: ISC */
/*
 * Which rules could speak of an endpoint? Those that name one of its groups, and those that name
 * its service: so that a decision does not ask every rule of a large policy.
 */
#ifndef POLICY_RULES_H
#define POLICY_RULES_H

#include "policy/model.h"

/* Once the rules' groups and services are resolved. `services`: how many the vocabulary has. */
void rules_index(struct policy *policy, uint32_t services);

/* In the order of the file; empty for POLICY_NO_SERVICE. */
struct index_list rules_of_group(const struct policy *policy, uint16_t group);
struct index_list rules_of_service(const struct policy *policy, uint16_t service);

#endif
