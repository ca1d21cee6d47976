/* SPDX-License-Identifier: ISC */
/*
 * Incidents: the exposures of one group that opened close in time, so most likely by one change.
 * One incident is one alarm. Only the newest incident of a group takes new members.
 *
 * What happened to an incident during one call of the engine is collected as news and told once,
 * after the events of the exposures. Bounded: closed ones, then the oldest make room (counted).
 */
#ifndef SENSOR_INCIDENT_H
#define SENSOR_INCIDENT_H

#include "sensor/exposure.h"

#define INCIDENT_NONE CHAIN_END

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
	bool used, closed, one_change;
	uint8_t severity, level, listed, news;
	uint16_t group; /* POLICY_NONE when the policy no longer has it */
	char id[EXPOSURE_ID_TEXT];
	char group_name[POLICY_NAME_MAX], rule_name[POLICY_NAME_MAX];
	uint64_t opened_ns, last_ns, closed_ns;
	uint64_t last_join_ns;
	uint64_t changed_after_ns, changed_before_ns;
	uint32_t member_count, open_count;
	uint32_t latest;    /* slot of the exposure that the news is about */
	uint32_t told_next; /* the next one with news in this call */
	struct incident_member members[INCIDENT_MEMBERS];
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

/* Takes one incident with news off the list, or NULL. */
struct incident *incidents_take_news(struct incidents *all);

/* One that an earlier run knew; those that changed longest ago first, incidents_set_policy() after
 * the last. Its slot, or INCIDENT_NONE: no room. */
uint32_t incidents_restore(struct incidents *all, const struct incident *incident);

/* Finds every group again, by name. */
void incidents_set_policy(struct incidents *all, const struct policy *policy);

#endif
