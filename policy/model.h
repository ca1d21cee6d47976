/* SPDX-License-Identifier: ISC */
/*
 * The policy in memory: what the schema tables (policy/grammar.c) fill from the file, and what the
 * checks then resolve. Private to policy/. Everything but the look-up tables lives in the arena.
 *
 * A member whose comment says "resolved" is not in the file: policy/resolve.c fills it.
 */
#ifndef POLICY_MODEL_H
#define POLICY_MODEL_H

#include "policy/arena.h"
#include "policy/limits.h"
#include "policy/policy.h"
#include "policy/report.h"
#include "policy/zones.h"

#define MODEL_ANY_PORT	0
#define MODEL_NO_HEADER UINT32_MAX
#define MODEL_TCP	6
#define MODEL_UDP	17
#define MODEL_DCCP	33
#define MODEL_SCTP	132
#define MODEL_UDPLITE	136

struct located_prefix {
	struct prefix prefix;
	struct mark at;
};

struct located_address {
	struct address address;
	struct mark at;
};

struct reference {
	const char *name;
	struct mark at;
};

struct port_range {
	uint16_t from, to;
	uint8_t transport; /* 0 = any */
};

struct prefix_list {
	struct located_prefix *list;
	uint32_t count;
};

struct reference_list {
	struct reference *list;
	uint32_t count;
};

struct port_list {
	struct port_range *list;
	uint32_t count; /* 0 = every port */
};

/* Ascending, each once. */
struct index_list {
	uint16_t *list;
	uint32_t count;
};

struct zone {
	const char *name;
	struct mark at;
	struct prefix_list prefixes;
	bool inside; /* the zone `inside` always is */
	bool denied; /* resolved: by some rule */
};

struct group {
	const char *name, *owner, *security_group, *runbook, *contact, *ticket;
	struct mark at;
	struct prefix_list hosts; /* resolved: also public addresses of hosts (translations) */
	struct port_list ports;
	bool ipv4_only; /* resolved */
	bool broken;	/* its lines had errors: say nothing that follows from them */
};

struct rule {
	const char *name;
	struct mark at;
	struct reference_list groups_named, services_named, allow_named, deny_named;
	struct port_list ports;
	uint64_t data_out_bytes; /* 0 = the threshold of the policy */
	uint32_t severity;
	bool internal_only, both_directions, broken;
	bool by_service;	    /* resolved */
	struct index_list groups;   /* resolved */
	struct index_list services; /* resolved: indices of the vocabulary */
	uint64_t allowed_zones[4];  /* resolved: a bit for each zone, also those inside */
	uint16_t first_exception;   /* resolved: chain by `next`, in the order of the file */
};

struct tunnel_rule {
	struct mark at;
	struct prefix_list ends; /* both ends are in these */
	struct {
		uint32_t *list;
		uint32_t count; /* 0: any */
	} kinds, ids;
	struct {
		const char **list;
		uint32_t count; /* 0: any */
	} interfaces;
};

struct proxy {
	struct located_prefix address;
	struct mark at;
	uint32_t header; /* MODEL_NO_HEADER: see `headers` */
	struct {
		uint32_t *list;
		uint32_t count;
	} headers;
	uint8_t set; /* resolved: index of header_sets */
};

struct exception {
	struct reference rule_named;
	struct mark at;
	struct located_prefix server, client;
	uint32_t port; /* MODEL_ANY_PORT if not given */
	const char *reason, *owner, *ticket;
	uint64_t until_ns;
	bool broken;
	uint16_t rule, next; /* resolved; POLICY_NONE */
};

struct translation {
	struct located_address public_side, private_side;
	struct mark at;
	bool broken;
};

/* Whose rules are rules[begin[i]] .. rules[begin[i + 1] - 1]. */
struct rule_index {
	uint32_t *begin;
	uint16_t *rules;
	uint32_t count;
};

struct policy {
	struct arena arena;
	struct zones places;
	struct zone *zones; /* [0] is `internet`, [1] `inside` */
	struct group *groups;
	struct rule *rules;
	struct exception *exceptions;
	struct translation *translations; /* ascending by public address */
	uint32_t zone_count, group_count, rule_count, exception_count, translation_count;
	struct rule_index by_group, by_service; /* rules.h */
	struct index_list with_ports;		/* rules by service that name ports */
	struct proxy *proxies;
	uint32_t proxy_count, header_set_count;
	uint32_t
		header_sets[LIMIT_HEADER_SETS]; /* bits: 1 << number of a header; [0]: none named */
	struct tunnel_rule *tunnels;
	uint32_t tunnel_count;
	bool names_tunnels;
	struct policy_thresholds thresholds;
	uint32_t position;
	uint32_t version;
	const char *site;
	uint16_t file_count;
	const char **files; /* [0] is "", then those that are included */
	char digest[33];
};

static inline bool model_zone_allowed(const struct rule *rule, uint8_t zone)
{
	return (rule->allowed_zones[zone / 64] >> (zone % 64) & 1) != 0;
}

/* True if `list` holds the port, or is empty. */
bool model_ports_hold(const struct port_list *ports, uint8_t transport, uint16_t port);
bool model_index_holds(const struct index_list *list, uint16_t index);

#endif
