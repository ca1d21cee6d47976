/* SPDX-License-Identifier: ISC */
/*
 * The policy: which addresses are where (zones), what belongs together (groups), and which
 * services must not be reached from which zones (rules). Text in, decisions out; it knows nothing
 * of packets or sinks. Source of the grammar: spanwatch-policy(5).
 *
 * A policy is immutable once loaded: any number of threads may ask it questions at the same time,
 * and its loader frees it when no thread asks any more. Every string that it hands out lives
 * as long as the policy.
 *
 * Hot path: policy_place() is asked twice for each packet and must stay a binary search over
 * sorted, disjoint ranges. policy_decide() is asked once for each change of an exposure.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "policy/address.h"

#define POLICY_VERSION	     1
#define POLICY_NAME_MAX	     64 /* bytes of a zone's, group's or rule's name, with the NUL */
#define POLICY_ZONE_INTERNET 0	/* the zone of every address that is in no other */
#define POLICY_ZONE_INSIDE   1	/* the required zone `inside`; the others follow in file order */
#define POLICY_NO_SERVICE    0xffff
#define POLICY_NONE	     0xffff /* no rule, no group, no exception */

enum policy_severity {
	SEVERITY_INFO,
	SEVERITY_LOW,
	SEVERITY_MEDIUM,
	SEVERITY_HIGH,
	SEVERITY_CRITICAL,
};

/* Where the mirror stands relative to the filter; see spanwatch-policy(5), "position". */
enum policy_position {
	POSITION_AUTO,
	POSITION_OUTSIDE,
	POSITION_INSIDE,
};

/*
 * The service names that rules may use, given by the caller; index = service id. The arrays must
 * outlive the policy. A rule's `services` entry may be a name, another name of a service, or a
 * family; a name that several have means all of them.
 */
struct policy_service {
	const char *name;
	const char *family;
	const char *const *also; /* other names, NULL-terminated; NULL if none */
};

struct policy_vocabulary {
	const struct policy_service *services;
	uint16_t count;
	uint16_t family_count;
	const char *const *families; /* all that there are, also those without a service */
};

/* One diagnostic; `line` and `column` count from 1, 0 when a whole file is meant. */
struct policy_message {
	unsigned line, column;
	uint16_t file; /* 0: the file itself, else an index of `files` + 1 */
	bool warning;
	char text[232];
};

/* All diagnostics of one load, in the order of the file. Owned by the caller; see _free. */
struct policy_messages {
	struct policy_message *list;
	size_t count;
	size_t errors; /* those that are not warnings */
	char **files;  /* that were included */
	size_t file_count;
};

struct policy;

/*
 * Loads and checks the file at `path`. Returns NULL if there was any error. `messages` (required)
 * is filled in both cases: all errors and warnings at once, not just the first.
 */
struct policy *policy_load(const char *path, const struct policy_vocabulary *vocabulary,
			   struct policy_messages *messages);
/* The same from memory; `name` stands for the path in nothing but the hash of the source. */
struct policy *policy_parse(const char *text, size_t length,
			    const struct policy_vocabulary *vocabulary,
			    struct policy_messages *messages);
void policy_free(struct policy *policy); /* NULL is allowed */
/* A line for each: "path:line:column: error: text". */
void policy_messages_print(const struct policy_messages *messages, const char *path, FILE *to);
void policy_messages_free(struct policy_messages *messages);

/* Where an address is. Small enough to be returned in registers. */
struct policy_place {
	uint8_t zone;	   /* index of the zone; POLICY_ZONE_INTERNET if none */
	bool ours : 1;	   /* inside, in a group, or a translation's public address */
	bool proxy : 1;	   /* listed under `proxies` */
	bool isolated : 1; /* in a group whose hosts may not begin connections (both-directions) */
	bool trusted : 1;  /* inside, and no rule denies its zone: it may reach everything */
	uint8_t headers : 4; /* of a proxy: index of a set of headers; policy_proxy_headers() */
	uint16_t groups;     /* index of a set of groups, 0 = none; for policy_decide only */
};
struct policy_place policy_place(const struct policy *policy, const struct address *address);

/*
 * Could a connection from `client` to `server` break any rule, or be worth an `unlisted` note?
 * Cheap and generous: false means that policy_decide() would say POLICY_ALLOWED for every port
 * and service. (The server is ours, and the client is not trusted.)
 */
bool policy_concerns(struct policy_place client, struct policy_place server);

/*
 * Could this client carry others to the server? Its own connections may be allowed, those of whom
 * it speaks for need not be. (The server is ours, and the client is listed under `proxies`.)
 */
bool policy_carries(struct policy_place client, struct policy_place server);

/*
 * The headers that this proxy sets, as bits 1 << n of their numbers in grammar_proxy_headers; 0:
 * the policy names none, or the place is no proxy's.
 */
uint32_t policy_proxy_headers(const struct policy *policy, struct policy_place proxy);

/* The same for a connection that `host` begins itself: could it break a rule? */
bool policy_concerns_outbound(struct policy_place host, struct policy_place remote);

/* IPv4 addresses from `first` to `last`, both of them too, in host byte order. */
struct policy_range {
	uint32_t first, last;
};

/*
 * Between any two addresses in these ranges none of the three above ever holds: they are inside,
 * and no proxies. Rising and disjoint; returns how many of them were written, the first `max` at
 * most.
 */
size_t policy_quiet_ranges(const struct policy *policy, struct policy_range *ranges, size_t max);

/* The private address that stands behind a public one (translations), else the same address. */
struct address policy_translate(const struct policy *policy, const struct address *address);

/* True if some group or rule names this endpoint with an explicit port: evidence of direction. */
bool policy_lists_port(const struct policy *policy, const struct address *server, uint8_t transport,
		       uint16_t port);

/* An encapsulation over IP, as a packet shows it. */
struct policy_tunnel {
	struct address source, destination; /* of the packet around */
	const char *interface;		    /* it came in by; NULL: not known (a capture) */
	uint8_t kind;			    /* index of grammar_tunnel_kinds; grammar.h */
	bool has_id;
	uint32_t id; /* VNI, key, session, … */
};
/*
 * May what it holds be taken for what it says? By `tunnels`; without them between inside addresses.
 */
bool policy_believes(const struct policy *policy, const struct policy_tunnel *tunnel);
/* Does the policy have a section `tunnels`? */
bool policy_names_tunnels(const struct policy *policy);

struct policy_question {
	struct address server, client; /* outbound: the host of ours, and whom it connects to */
	bool outbound;
	uint16_t port;	   /* outbound: the remote port */
	uint8_t transport; /* IP protocol number: 6 TCP, 17 UDP, 132 SCTP … */
	uint16_t service;  /* index in the vocabulary, POLICY_NO_SERVICE while unknown */
	uint64_t ts_ns;	   /* packet time, for `until` */
};

enum policy_verdict {
	POLICY_ALLOWED,	 /* no rule forbids it, and the client's zone is one that may */
	POLICY_EXCEPTED, /* a rule forbids it, an exception in force permits it */
	POLICY_FORBIDDEN,
	POLICY_UNLISTED, /* no rule covers the endpoint; the client is not inside */
};

struct policy_decision {
	enum policy_verdict verdict;
	enum policy_severity severity; /* the rule's; SEVERITY_INFO for POLICY_UNLISTED */
	uint16_t rule;	/* the severest rule that forbids it (first of equals), or POLICY_NONE */
	uint16_t group; /* first group of that rule, else of the policy, with this server */
	uint16_t exception; /* with POLICY_EXCEPTED: which, else POLICY_NONE */
	uint8_t client_zone, server_zone;
	uint64_t data_out_bytes; /* threshold for level data-out */
};
void policy_decide(const struct policy *policy, const struct policy_question *question,
		   struct policy_decision *decision);

/* Why a decision is what it is; for people, by the same code. First: are the rules asked at all? */
enum policy_gate {
	POLICY_GATE_OPEN,	/* they are */
	POLICY_GATE_NOT_OURS,	/* the server is not ours */
	POLICY_GATE_INSIDE,	/* the client is in the zone inside */
	POLICY_GATE_SAME_GROUP, /* a group holds both ends */
};
enum policy_gate policy_gate(const struct policy *policy, const struct policy_question *question);

/* Then each rule, alone. */
enum policy_answer {
	POLICY_ANSWER_COVERS,  /* (what policy_ask_rule() never says) */
	POLICY_ANSWER_INBOUND, /* the question is about what a host begins; the rule is not */
	POLICY_ANSWER_PORT,    /* the rule is about other ports */
	POLICY_ANSWER_SERVICE, /* ... other services, or nobody knows yet which it is */
	POLICY_ANSWER_HOST,    /* ... other servers, or other ports of their groups */
	POLICY_ANSWER_ALLOWS,  /* the client's zone may */
	POLICY_ANSWER_EXCEPTED,
	POLICY_ANSWER_FORBIDS,
};
/* `exception`: which, with POLICY_ANSWER_EXCEPTED, else POLICY_NONE. */
enum policy_answer policy_ask_rule(const struct policy *policy,
				   const struct policy_question *question, uint16_t rule,
				   uint16_t *exception);

/*
 * What is right in a policy and yet hardly meant: exceptions that have ended, will end soon, are
 * overridden or hold for everybody; groups that nothing protects; zones that nothing uses. In the
 * order of the file. The caller frees.
 */
void policy_advise(const struct policy *policy, uint64_t now_ns, struct policy_messages *messages);

/* Views of the policy's lines, for events, coverage and people. Index < count; a group's may also
 * be POLICY_NONE: all its texts are "". */
struct policy_zone_view {
	const char *name;
	bool inside; /* `inside`, or a zone that says so */
};
struct policy_group_view {
	const char *name;
	const char *owner, *security_group, *runbook, *contact, *ticket; /* "" when not given */
	unsigned line;
	const char *file; /* "": the policy's own, else one that it includes */
	bool ipv4_only;
};
struct policy_rule_view {
	const char *name;
	enum policy_severity severity;
	unsigned line;
	const char *file;
	bool by_service; /* fires on identification, not on the endpoint alone */
};
struct policy_exception_view {
	const char *rule, *reason, *owner, *ticket;
	uint64_t until_ns; /* the first moment at which it is no longer in force */
	unsigned line;
	const char *file;
};
uint16_t policy_zone_count(const struct policy *policy);
uint16_t policy_group_count(const struct policy *policy);
uint16_t policy_rule_count(const struct policy *policy);
uint16_t policy_exception_count(const struct policy *policy);
struct policy_zone_view policy_zone(const struct policy *policy, uint16_t index);
struct policy_group_view policy_group(const struct policy *policy, uint16_t index);
struct policy_rule_view policy_rule(const struct policy *policy, uint16_t index);
struct policy_exception_view policy_exception(const struct policy *policy, uint16_t index);

/* Settings that belong to a site, with their defaults; see spanwatch-policy(5), "thresholds". */
struct policy_thresholds {
	uint64_t data_out_bytes;     /* 1 MiB; a rule may have its own */
	uint32_t close_probes;	     /* 3 refused or unanswered probes from distinct sources */
	uint64_t close_spread_ns;    /* 3 s from the first of them in which nobody is let in */
	uint32_t close_likely;	     /* 1000: a silence that chance gives once in so many times */
	uint32_t collapse_ports;     /* 64: more open TCP ports of a host become one exposure */
	uint32_t collapse_endpoints; /* 64: more that are only reachable are only counted */
	uint32_t collapse_client;    /* 256: more that one client gets into are only counted */
	uint32_t announcements_per_second; /* 1000: more exposures than that wait */
	uint64_t incident_window_ns;	   /* 10 min */
	uint64_t summary_every_ns;	   /* 1 h */
	uint64_t unconfirmed_after_ns;	   /* 24 h without an answer */
	uint64_t exception_warning_ns;	   /* 7 days before `until` */
};
const struct policy_thresholds *policy_thresholds(const struct policy *policy);
enum policy_position policy_position(const struct policy *policy);
const char *policy_site(const struct policy *policy);

/*
 * Everything that the policy says, as small facts in the order of its sections: the section
 * ("groups"), the name of what is meant ("logging"; of an exception its rule, server and client;
 * "" where there is none), the key and one value as they would be written in a file. Lists give a
 * fact for each entry. A key that is not given has none, one with a default has it. The texts are
 * valid during the call.
 */
struct policy_fact {
	const char *section, *name, *key, *value;
};
typedef void policy_fact_handler(void *context, const struct policy_fact *fact);
void policy_describe(const struct policy *policy, policy_fact_handler *handler, void *context);

/*
 * The grammar as a JSON Schema (draft 2020-12), for editors: what keys there are, what may stand
 * where. It knows no policy's own names, so it says less than loading a policy does.
 */
void policy_write_schema(const struct policy_vocabulary *vocabulary, FILE *to);

/* Hex digest of the source text: tells whether a reload changed anything. */
const char *policy_digest(const struct policy *policy);

const char *policy_severity_name(enum policy_severity severity);

#endif
