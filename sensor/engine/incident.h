/* SPDX-License-Identifier: ISC */
/*
 * Incidents: the exposures of one group that opened close in time, so most likely by one change.
 * One incident is one alarm. Only the newest incident of a group takes new members.
 *
 * Of very many endpoints that are merely reachable most are quiet: the incident counts them, and
 * tells the count now and then (incident_crowd.c; the decision is engine_crowd.c's). For those of
 * no group an incident is made for the purpose: one for their rule, or one for all without a rule.
 *
 * What happened to an incident during one call of the engine is collected as news and told once,
 * after the events of the exposures. Bounded: closed ones, then the oldest make room (counted).
 */
#ifndef SENSOR_INCIDENT_H
#define SENSOR_INCIDENT_H

#include "sensor/engine/exposure.h"

#define INCIDENT_NONE CHAIN_END
#define INCIDENT_KEYS (2 * (uint32_t)POLICY_NONE + 2) /* values of incidents_key() */

enum {
	INCIDENT_IS_NEW = 1 << 0,
	INCIDENT_JOINED = 1 << 1,
	INCIDENT_ROSE = 1 << 2,	    /* worth an alarm of its own */
	INCIDENT_CHANGED = 1 << 3,  /* worth an event */
	INCIDENT_MOVED = 1 << 4,    /* worth telling at the end only */
	INCIDENT_REOPENED = 1 << 5, /* all its members had been closed */
	INCIDENT_CLOSED = 1 << 6,   /* the last open member has closed */
};

struct incident {
	bool used, closed;
	uint8_t severity, level, listed, news;
	uint16_t group; /* POLICY_NONE: none, or the policy no longer has it */
	uint32_t key;	/* incidents_key(), with the policy in force */
	char id[EXPOSURE_ID_TEXT];
	char group_name[POLICY_NAME_MAX], rule_name[POLICY_NAME_MAX];
	INCIDENT_FIGURES(FIGURE_MEMBER)
	uint64_t last_join_ns;
	struct origin origin; /* where its first exposure began */
	uint32_t latest;      /* slot of the exposure that the news is about */
	uint32_t told_next;   /* the next one with news in this call */
	struct incident_member members[INCIDENT_MEMBERS];
	/* Many endpoints: */
	bool unlisted;	 /* of those that no rule speaks of: no alarm */
	bool untold;	 /* begun, but not announced yet */
	bool pending;	 /* counts have moved since they were told */
	bool many_ports; /* more than fit into `ports` */
	bool stormed;	 /* some of the quiet ones are so as part of a storm */
	uint8_t port_count;
	uint16_t ports[INCIDENT_PORTS]; /* of the quiet ones; rising */
	uint32_t reachable;  /* members that were announced and have not got beyond reachable */
	uint32_t quiet;	     /* members (of member_count) without an event of their own */
	uint32_t forgotten;  /* quiet ones whose records a restart has lost */
	uint32_t told_quiet; /* how many there were when it was told last */
	uint64_t told_ns;
	struct sketch untracked; /* endpoints for which there was no record, beyond member_count */
};

struct incidents;

struct incidents *incidents_new(uint32_t size); /* NULL: out of memory */
void incidents_free(struct incidents *all);
uint64_t incidents_bytes(uint32_t size); /* what incidents_new() takes */
struct incident *incidents_at(const struct incidents *all, uint32_t slot);
uint32_t incidents_size(const struct incidents *all);
uint64_t incidents_evicted(const struct incidents *all);
uint64_t incidents_open(const struct incidents *all);

/*
 * The exposure (open, with a group) enters the incident that it belongs to; a new one if need be.
 * `exposure` is its slot. It may belong to one already: then it has reopened.
 */
void incidents_join(struct incidents *all, const struct policy *policy, struct exposure *x,
		    uint32_t exposure, uint64_t now_ns);
/* Level, severity or service of a member changed. */
void incidents_refresh(struct incidents *all, const struct policy *policy, const struct exposure *x,
		       uint32_t exposure);
/* A member has closed. */
void incidents_leave(struct incidents *all, const struct exposure *x, uint32_t exposure,
		     uint64_t now_ns);
/* Is the exposure counted as an open member somewhere? */
struct incident *incidents_of(const struct incidents *all, const struct exposure *x);

/* What exposures have in common that enter one incident: group; else rule; else neither. */
uint32_t incidents_key(bool unlisted, uint16_t group, uint16_t rule);
uint32_t incidents_key_of(const struct exposure *x);
bool incidents_key_is_group(uint32_t key);
/* The one that another exposure of this kind enters now; NULL: a new one. */
struct incident *incidents_current(const struct incidents *all, const struct policy *policy,
				   uint32_t key, uint64_t now_ns);

/* A quiet member is announced from now on. */
void incidents_announce(struct incidents *all, struct exposure *x);
/* A member that was announced as reachable has got further: room for another. */
void incidents_went_further(struct incidents *all, const struct exposure *x);
/* The record of a quiet, open member is needed for something else: it counts as untracked. */
void incidents_let_go(struct incidents *all, const struct exposure *x, uint64_t now_ns);
/* A quiet, open member belongs elsewhere from now on. */
void incidents_withdraw(struct incidents *all, struct exposure *x, uint64_t now_ns);
/* An endpoint that there is no record for. False: there is no incident that could count it. */
bool incidents_untracked(struct incidents *all, const struct policy *policy, uint32_t key,
			 const struct endpoint *server, uint64_t now_ns);
/* Endpoints without a record; estimated. */
uint32_t incident_untracked_count(const struct incident *incident);
/* Time has come to now_ns: counts that wait to be told become news. Cheap. */
void incidents_tick(struct incidents *all, uint64_t now_ns);

/* Takes one incident with news off the list, or NULL. */
struct incident *incidents_take_news(struct incidents *all, uint64_t now_ns);

/* One that an earlier run knew; those that changed longest ago first, incidents_set_policy() after
 * the last. Its slot, or INCIDENT_NONE: no room. */
uint32_t incidents_restore(struct incidents *all, const struct incident *incident);

/* After all of a restart is back: how many of their members have records. */
void incidents_recount(struct incidents *all, const struct exposures *exposures);

/* Finds every group again, by name. */
void incidents_set_policy(struct incidents *all, const struct policy *policy);

#endif
