/* SPDX-License-Identifier: ISC */
/*
 * The stages of loading a policy: policy/load.c reads the lines, policy/resolve.c turns names into
 * indices and builds the look-up tables, policy/check.c finds lines that contradict each other.
 * Each stage reports what it finds and leaves alone what an earlier one marked as broken.
 */
#ifndef POLICY_LOAD_H
#define POLICY_LOAD_H

#include "policy/model.h"
#include "policy/schema.h"

struct load {
	struct schema_context context; /* its arena is the policy's */
	struct policy *policy;
	const struct policy_vocabulary *vocabulary;
	bool zones_known, groups_known,
		rules_known;  /* the section could be read: names are known */
	bool addresses_sound; /* no error in zones, groups and translations */
};

/* The tables behind policy_place(), only if addresses_sound; clears that if they have no room. */
void tables_build(struct load *load);
void proxies_resolve(
	struct load *load); /* the headers of those that are listed, policy/proxies.c */
void resolve_all(struct load *load);
void check_all(struct load *load);

#endif
