/* SPDX-License-Identifier: ISC */
/* The inside of the table of incidents, for the files incident*.c alone. */
#ifndef SENSOR_INCIDENT_STATE_H
#define SENSOR_INCIDENT_STATE_H

#include "sensor/engine/incident.h"

#define INCIDENT_KEYS_OF_GROUPS ((uint32_t)POLICY_NONE) /* then those of rules */
#define INCIDENT_KEY_UNLISTED	(2 * (uint32_t)POLICY_NONE + 1)

struct incidents {
	uint32_t size, used;
	struct incident *records;
	struct order_node *nodes;
	struct order open, closed; /* oldest first */
	uint32_t *newest;	   /* by incidents_key(), with the policy in force */
	uint32_t told_first;
	uint32_t pending;      /* how many wait to be told */
	uint64_t next_tick_ns; /* when to look for them again */
	uint64_t evicted, open_count;
};

void incident_add_news(struct incidents *all, struct incident *incident, unsigned news,
		       uint32_t exposure);
/* The newest one of the key, if it takes members now. */
uint32_t incident_find(const struct incidents *all, const struct policy *policy, uint32_t key,
		       uint64_t now_ns);
void incident_reopen(struct incidents *all, struct incident *incident);
/* Gives the member a row, if there is one. */
void incident_list(struct incident *incident, struct exposure *x);
/* Its open_count has come to 0. */
void incident_end(struct incidents *all, struct incident *incident, uint32_t exposure,
		  uint64_t now_ns);

/* A quiet exposure has joined or left. */
void incident_quiet_joined(struct incidents *all, struct incident *incident, struct exposure *x,
			   uint32_t exposure, unsigned news, bool was_member, uint64_t now_ns);
void incident_quiet_moved(struct incidents *all, struct incident *incident, uint32_t exposure,
			  uint64_t now_ns);
/* What it holds now is being told. */
void incident_told(struct incidents *all, struct incident *incident, uint64_t now_ns);

#endif
