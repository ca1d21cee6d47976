/* SPDX-License-Identifier: ISC */
/* The schema tables of a policy. Prose: spanwatch-policy(5). */
#ifndef POLICY_GRAMMAR_H
#define POLICY_GRAMMAR_H

#include "policy/model.h"
#include "policy/schema.h"

/* The top level, before its sections are read. */
struct grammar_file {
	uint32_t version;
	uint32_t position;
	const char *site;
	const struct node *thresholds, *zones, *proxies, *translations, *tunnels, *groups, *rules,
		*exceptions, *include;
};

extern const struct schema grammar_file;	    /* -> struct grammar_file */
extern const struct schema grammar_thresholds;	    /* -> struct policy_thresholds */
extern const struct schema_row grammar_zone_plain;  /* -> struct zone */
extern const struct schema grammar_zone;	    /* -> struct zone */
extern const struct schema_row grammar_proxy_plain; /* -> struct proxy */
extern const struct schema grammar_proxy;	    /* -> struct proxy */
extern const struct schema grammar_translation;	    /* -> struct translation */
extern const struct schema grammar_tunnel;	    /* -> struct tunnel_rule */
extern const struct schema grammar_group;	    /* -> struct group */
extern const struct schema grammar_rule;	    /* -> struct rule */
extern const struct schema grammar_exception;	    /* -> struct exception */

/* The kinds of tunnels by number; [0] is none. */
extern const char *const grammar_tunnel_kinds[];
/* The headers of proxies; their numbers begin with 1. */
extern const char *const grammar_proxy_headers[];

#endif
