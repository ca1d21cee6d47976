/* SPDX-License-Identifier: ISC */
/* Has a rule anything to do with any address of a prefix? Asked of exceptions, which name both. */
#ifndef POLICY_COVERAGE_H
#define POLICY_COVERAGE_H

#include "policy/model.h"

struct coverage {
	const struct policy *policy;
	const struct rule *rule;
	uint16_t port; /* MODEL_ANY_PORT: some port will do */
};

/* Is there a server in the prefix that the rule covers, on that port of some transport? */
bool coverage_of_server(const struct coverage *coverage, const struct prefix *server);
/* Is there a client in the prefix that the rule forbids? */
bool coverage_of_client(const struct coverage *coverage, const struct prefix *client);

#endif
