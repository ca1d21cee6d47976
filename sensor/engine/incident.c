/* SPDX-License-Identifier: ISC */
/* The table of incidents and their members; see incident.h. */
#include "sensor/engine/incident_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/base/hash.h"
#include "sensor/base/interval.h"

uint64_t incidents_bytes(uint32_t size)
{
	const struct incidents *all = NULL;

	return sizeof *all + size * (uint64_t)(sizeof *all->records + sizeof *all->nodes) +
	       INCIDENT_KEYS * sizeof *all->newest;
}

struct incidents *incidents_new(uint32_t size)
{
	struct incidents *all = calloc(1, sizeof *all);

	if (all == NULL)
		return NULL;
	all->size = size;
	all->told_first = INCIDENT_NONE;
	all->open = all->closed = (struct order)ORDER_EMPTY;
	all->records = calloc(size, sizeof *all->records);
	all->nodes = calloc(size, sizeof *all->nodes);
	all->newest = malloc(INCIDENT_KEYS * sizeof *all->newest);
	if (all->records == NULL || all->nodes == NULL || all->newest == NULL) {
		incidents_free(all);
		return NULL;
	}
	memset(all->newest, 0xff, INCIDENT_KEYS * sizeof *all->newest); /* INCIDENT_NONE */
	return all;
}

void incidents_free(struct incidents *all)
{
	if (all == NULL)
		return;
	free(all->records);
	free(all->nodes);
	free(all->newest);
	free(all);
}

struct incident *incidents_at(const struct incidents *all, uint32_t slot)
{
	return &all->records[slot];
}

uint32_t incidents_size(const struct incidents *all)
{
	return all->used;
}

uint64_t incidents_evicted(const struct incidents *all)
{
	return all->evicted;
}

uint64_t incidents_open(const struct incidents *all)
{
	return all->open_count;
}

void incident_add_news(struct incidents *all, struct incident *incident, unsigned news,
		       uint32_t exposure)
{
	bool listed = (incident->news & ~INCIDENT_MOVED) != 0;

	incident->news |= (uint8_t)news;
	if (news == INCIDENT_MOVED)
		return;
	incident->latest = exposure;
	if (listed)
		return;
	incident->told_next = all->told_first;
	all->told_first = (uint32_t)(incident - all->records);
}

struct incident *incidents_take_news(struct incidents *all, uint64_t now_ns)
{
	struct incident *incident;

	if (all->told_first == INCIDENT_NONE)
		return NULL;
	incident = &all->records[all->told_first];
	all->told_first = incident->told_next;
	incident_told(all, incident, now_ns);
	return incident;
}

static bool has_news(const struct incident *incident)
{
	return (incident->news & ~INCIDENT_MOVED) != 0;
}

/* One that still has to be told of in this call is never the victim. */
static uint32_t oldest(const struct incidents *all, const struct order *list)
{
	uint32_t slot = list->first;

	while (slot != CHAIN_END && has_news(&all->records[slot]))
		slot = all->nodes[slot].next;
	return slot;
}

static uint32_t take_slot(struct incidents *all)
{
	struct order *list = &all->closed;
	struct incident *victim;
	uint32_t slot;

	if (all->used < all->size)
		return all->used++;
	slot = oldest(all, list);
	if (slot == CHAIN_END) {
		list = &all->open;
		slot = oldest(all, list);
	}
	if (slot == CHAIN_END)
		return INCIDENT_NONE;
	victim = &all->records[slot];
	all->open_count -= !victim->closed;
	all->pending -= victim->pending;
	all->evicted++;
	order_remove(list, all->nodes, slot);
	if (victim->key != INCIDENT_KEYS && all->newest[victim->key] == slot)
		all->newest[victim->key] = INCIDENT_NONE;
	return slot;
}

/* Two sensors that see the same change must give it the same id, though no clock agrees with
 * another to the nanosecond: the day, and how often the first member had been open before. */
static void make_id(struct incident *incident, const struct policy *policy,
		    const struct exposure *x)
{
	char text[256], id[33];
	int length = snprintf(text, sizeof text, "%s|%s|%s|%llu|%u", policy_site(policy),
			      incident->group_name, x->id,
			      (unsigned long long)(incident->opened_ns / NS_PER_DAY),
			      (unsigned)x->reopened);

	hash_identifier(text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1, id);
	snprintf(incident->id, sizeof incident->id, "%.16s", id);
}

static uint32_t begin(struct incidents *all, const struct policy *policy, const struct exposure *x,
		      uint64_t now_ns)
{
	uint32_t slot = take_slot(all);
	struct incident *incident;

	if (slot == INCIDENT_NONE)
		return slot;
	incident = &all->records[slot];
	*incident = (struct incident){
		.used = true,
		.one_change = true,
		.group = x->unlisted ? POLICY_NONE : x->group,
		.key = incidents_key_of(x),
		.unlisted = x->unlisted,
		.opened_ns = now_ns,
		.origin = x->origin,
		.changed_after_ns = x->changed_after_ns,
		.changed_before_ns = x->changed_before_ns,
	};
	if (incident->group != POLICY_NONE)
		snprintf(incident->group_name, sizeof incident->group_name, "%s",
			 policy_group(policy, x->group).name);
	make_id(incident, policy, x);
	order_append(&all->open, all->nodes, slot);
	all->open_count++;
	all->newest[incident->key] = slot;
	return slot;
}

static bool within(uint64_t now_ns, uint64_t since_ns, uint64_t window_ns)
{
	return now_ns < since_ns || now_ns - since_ns <= window_ns;
}

uint32_t incident_find(const struct incidents *all, const struct policy *policy, uint32_t key,
		       uint64_t now_ns)
{
	uint64_t window_ns = policy_thresholds(policy)->incident_window_ns;
	uint32_t slot = all->newest[key];
	const struct incident *newest;

	if (slot == INCIDENT_NONE)
		return slot;
	newest = &all->records[slot];
	if (within(now_ns, newest->closed ? newest->closed_ns : newest->last_join_ns, window_ns))
		return slot;
	return INCIDENT_NONE;
}

/* Where the exposure belongs: its own incident while that is open, or the newest of its kind. */
static uint32_t find(const struct incidents *all, const struct policy *policy,
		     const struct exposure *x, uint64_t now_ns)
{
	const struct incident *own = incidents_of(all, x);

	if (own != NULL && !own->closed)
		return x->incident;
	return incident_find(all, policy, incidents_key_of(x), now_ns);
}

void incident_reopen(struct incidents *all, struct incident *incident)
{
	uint32_t slot = (uint32_t)(incident - all->records);

	incident->closed = false;
	incident->closed_ns = 0;
	all->open_count++;
	order_remove(&all->closed, all->nodes, slot);
	order_append(&all->open, all->nodes, slot);
}

static uint8_t row_of(const struct incident *incident, const struct exposure *x)
{
	uint8_t row = 0;

	while (row < incident->listed && strcmp(incident->members[row].exposure, x->id) != 0)
		row++;
	return row < incident->listed ? row : EXPOSURE_NO_MEMBER;
}

void incident_list(struct incident *incident, struct exposure *x)
{
	struct incident_member *row;

	if (x->member == EXPOSURE_NO_MEMBER && incident->listed < INCIDENT_MEMBERS)
		x->member = incident->listed++;
	if (x->member == EXPOSURE_NO_MEMBER)
		return;
	row = &incident->members[x->member];
	memcpy(row->exposure, x->id, sizeof row->exposure);
	row->server = x->server;
}

static void enter(struct incident *incident, struct exposure *x, bool was_member)
{
	x->member = row_of(incident, x);
	if (x->member == EXPOSURE_NO_MEMBER && !was_member) {
		incident->member_count++;
		incident->reachable += x->level <= LEVEL_REACHABLE;
		incident_list(incident, x);
	} else if (x->member != EXPOSURE_NO_MEMBER) {
		incident_list(incident, x);
	}
	incident->open_count++;
}

void incidents_join(struct incidents *all, const struct policy *policy, struct exposure *x,
		    uint32_t exposure, uint64_t now_ns)
{
	uint32_t slot = find(all, policy, x, now_ns);
	unsigned news = INCIDENT_JOINED;
	struct incident *incident;
	bool was_member;

	if (slot == INCIDENT_NONE) {
		slot = begin(all, policy, x, now_ns);
		news = INCIDENT_IS_NEW;
	}
	if (slot == INCIDENT_NONE)
		return;
	incident = &all->records[slot];
	if (incident->closed) {
		incident_reopen(all, incident);
		news = INCIDENT_REOPENED;
	}
	was_member = incidents_of(all, x) == incident;
	if (!was_member && !interval_meet(&incident->changed_after_ns, &incident->changed_before_ns,
					  x->changed_after_ns, x->changed_before_ns))
		incident->one_change = false;
	x->incident = slot;
	memcpy(x->incident_id, incident->id, sizeof x->incident_id);
	incident->last_join_ns = now_ns;
	if (x->quiet) {
		incidents_refresh(all, policy, x, exposure);
		incident_quiet_joined(all, incident, x, exposure, news, was_member, now_ns);
		return;
	}
	enter(incident, x, was_member);
	incident_add_news(all, incident, news, exposure);
	incidents_refresh(all, policy, x, exposure);
}

struct incident *incidents_of(const struct incidents *all, const struct exposure *x)
{
	struct incident *incident;

	if (x->incident == INCIDENT_NONE)
		return NULL;
	incident = &all->records[x->incident];
	return strcmp(incident->id, x->incident_id) == 0 ? incident : NULL;
}

/* A member has climbed: up to `answered` that is what an open door looks like anyway. */
static unsigned climb(struct incident *incident, const struct policy *policy,
		      const struct exposure *x)
{
	unsigned news = 0;

	if (x->level > incident->level) {
		news |= x->level >= LEVEL_ACCESSED ? INCIDENT_ROSE : INCIDENT_CHANGED;
		incident->level = x->level;
	}
	if (x->severity > incident->severity ||
	    (incident->rule_name[0] == '\0' && !incident->unlisted)) {
		news |= INCIDENT_ROSE;
		incident->severity = x->severity;
		snprintf(incident->rule_name, sizeof incident->rule_name, "%s",
			 x->rule != POLICY_NONE ? policy_rule(policy, x->rule).name : "");
	}
	return news;
}

/* True if anything is different. */
static bool update_row(struct incident *incident, const struct exposure *x)
{
	struct incident_member *row;

	if (x->member == EXPOSURE_NO_MEMBER)
		return false;
	row = &incident->members[x->member];
	if (row->level == x->level && row->state == x->state && row->service == x->service)
		return false;
	row->level = x->level;
	row->state = x->state;
	row->service = x->service;
	return true;
}

void incidents_refresh(struct incidents *all, const struct policy *policy, const struct exposure *x,
		       uint32_t exposure)
{
	struct incident *incident = incidents_of(all, x);
	unsigned news;

	if (incident == NULL)
		return;
	news = update_row(incident, x) ? INCIDENT_MOVED : 0;
	if (x->last_seen_ns > incident->last_ns)
		incident->last_ns = x->last_seen_ns;
	news |= climb(incident, policy, x);
	incident->stormed |= x->quiet && x->stormed != STORMED_NOT;
	if (news != 0 && !x->quiet)
		incident_add_news(all, incident, news, exposure);
}

void incidents_leave(struct incidents *all, const struct exposure *x, uint32_t exposure,
		     uint64_t now_ns)
{
	struct incident *incident = incidents_of(all, x);

	if (incident == NULL || incident->open_count == 0)
		return;
	if (x->member != EXPOSURE_NO_MEMBER)
		incident->members[x->member].state = x->state;
	if (--incident->open_count == 0)
		incident_end(all, incident, exposure, now_ns);
	else if (x->quiet)
		incident_quiet_moved(all, incident, exposure, now_ns);
	else
		incident_add_news(all, incident, INCIDENT_CHANGED, exposure);
}

void incident_end(struct incidents *all, struct incident *incident, uint32_t exposure,
		  uint64_t now_ns)
{
	uint32_t slot = (uint32_t)(incident - all->records);

	incident->closed = true;
	incident->closed_ns = now_ns;
	all->open_count--;
	order_remove(&all->open, all->nodes, slot);
	order_append(&all->closed, all->nodes, slot);
	incident_add_news(all, incident, INCIDENT_CLOSED, exposure);
}
