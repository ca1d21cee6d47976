/* SPDX-License-Identifier: ISC */
/* All facts of a policy (policy_describe), kept. */
#ifndef TOOLS_POLICY_SAID_H
#define TOOLS_POLICY_SAID_H

#include "tools/policy/tool.h"

struct fact {
	char *section, *name, *key, *value;
};

struct said {
	struct fact *list; /* in the order of the policy */
	size_t count, room;
};

/* Ends the program if there is no memory. */
void said_by(struct said *said, const struct policy *policy);
void said_free(struct said *said);
/* By section, name, key and value; -1, 0 or 1. */
int said_compare(const struct fact *a, const struct fact *b);
void said_sort(struct said *said);

#endif
