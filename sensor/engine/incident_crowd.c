/* SPDX-License-Identifier: ISC */
/*
 * Incidents of very many endpoints: members that are counted and not announced. What is told of
 * them is bounded by time and size: when their number has grown fourfold since it was told last,
 * or after TELL_EVERY_NS; an incident that was made for quiet ones alone is announced when it has
 * UNTOLD_LEAST of them, or after that time.
 */
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/base/hash.h"
#include "sensor/engine/incident_state.h"

#define TELL_EVERY_NS		(10 * NS_PER_S)
#define TELL_GROWTH		4
#define UNTOLD_LEAST		16
#define INCIDENT_KEYS_OF_GROUPS ((uint32_t)POLICY_NONE)

uint32_t incidents_key(bool unlisted, uint16_t group, uint16_t rule)
{
	if (unlisted)
		return INCIDENT_KEY_UNLISTED;
	return group != POLICY_NONE ? group : INCIDENT_KEYS_OF_GROUPS + rule;
}

uint32_t incidents_key_of(const struct exposure *x)
{
	return incidents_key(x->unlisted, x->group, x->rule);
}

bool incidents_key_is_group(uint32_t key)
{
	return key < INCIDENT_KEYS_OF_GROUPS;
}

struct incident *incidents_current(const struct incidents *all, const struct policy *policy,
				   uint32_t key, uint64_t now_ns)
{
	uint32_t slot = incident_find(all, policy, key, now_ns);

	return slot != INCIDENT_NONE ? &all->records[slot] : NULL;
}

uint32_t incident_untracked_count(const struct incident *incident)
{
	return incident->forgotten + sketch_count(&incident->untracked);
}

static void note_port(struct incident *incident, uint16_t port)
{
	unsigned at = incident->port_count;

	while (at > 0 && incident->ports[at - 1] >= port)
		at--;
	if (at < incident->port_count && incident->ports[at] == port)
		return;
	if (port == 0 || incident->port_count == INCIDENT_PORTS) {
		incident->many_ports = true;
		return;
	}
	memmove(&incident->ports[at + 1], &incident->ports[at],
		(incident->port_count - at) * sizeof *incident->ports);
	incident->ports[at] = port;
	incident->port_count++;
}

static bool is_time(const struct incident *incident, uint64_t now_ns)
{
	return now_ns > incident->told_ns && now_ns - incident->told_ns >= TELL_EVERY_NS;
}

static bool is_much(const struct incident *incident)
{
	if (incident->untold)
		return incident->quiet >= UNTOLD_LEAST;
	return incident->quiet > incident->told_quiet &&
	       incident->quiet >= TELL_GROWTH * (uint64_t)incident->told_quiet;
}

void incident_quiet_moved(struct incidents *all, struct incident *incident, uint32_t exposure,
			  uint64_t now_ns)
{
	all->pending += !incident->pending;
	incident->pending = true;
	incident->latest = exposure;
	if (is_much(incident) || is_time(incident, now_ns))
		incident_add_news(all, incident, INCIDENT_CHANGED, exposure);
}

void incident_quiet_joined(struct incidents *all, struct incident *incident, struct exposure *x,
			   uint32_t exposure, unsigned news, bool was_member, uint64_t now_ns)
{
	x->member = EXPOSURE_NO_MEMBER;
	incident->open_count++;
	if (!was_member) {
		incident->member_count++;
		incident->quiet++;
		note_port(incident, x->server.port);
	}
	if (news == INCIDENT_IS_NEW) {
		incident->untold = true;
		incident->told_ns = now_ns;
	}
	if (news == INCIDENT_REOPENED)
		incident_add_news(all, incident, news, exposure);
	incident_quiet_moved(all, incident, exposure, now_ns);
}

void incident_told(struct incidents *all, struct incident *incident, uint64_t now_ns)
{
	all->pending -= incident->pending;
	incident->pending = false;
	incident->told_quiet = incident->quiet;
	incident->told_ns = now_ns;
}

void incidents_tick(struct incidents *all, uint64_t now_ns)
{
	if (all->pending == 0 || now_ns < all->next_tick_ns)
		return;
	all->next_tick_ns = now_ns + NS_PER_S;
	for (uint32_t i = 0; i < all->used; i++) {
		struct incident *incident = &all->records[i];

		if (incident->pending && is_time(incident, now_ns))
			incident_add_news(all, incident, INCIDENT_CHANGED, incident->latest);
	}
}

void incidents_announce(struct incidents *all, struct exposure *x)
{
	struct incident *incident = incidents_of(all, x);

	if (incident == NULL)
		return;
	incident->quiet -= incident->quiet != 0;
	incident->reachable += x->level <= LEVEL_REACHABLE;
	incident_list(incident, x);
}

void incidents_went_further(struct incidents *all, const struct exposure *x)
{
	struct incident *incident = incidents_of(all, x);

	if (incident != NULL && incident->reachable != 0)
		incident->reachable--;
}

static uint64_t hash_of(const struct endpoint *server)
{
	return hash_bytes(server, sizeof *server, 0);
}

/* Takes a quiet, open member off the counts. */
static struct incident *take_off(const struct incidents *all, const struct exposure *x)
{
	struct incident *incident = incidents_of(all, x);

	if (incident == NULL)
		return NULL;
	incident->quiet -= incident->quiet != 0;
	incident->member_count -= incident->member_count != 0;
	incident->open_count -= incident->open_count != 0;
	return incident;
}

void incidents_let_go(struct incidents *all, const struct exposure *x, uint64_t now_ns)
{
	struct incident *incident = take_off(all, x);

	if (incident == NULL)
		return;
	sketch_add(&incident->untracked, hash_of(&x->server));
	incident_quiet_moved(all, incident, incident->latest, now_ns);
}

void incidents_withdraw(struct incidents *all, struct exposure *x, uint64_t now_ns)
{
	struct incident *incident = take_off(all, x);

	x->incident = INCIDENT_NONE;
	x->incident_id[0] = '\0';
	if (incident == NULL || incident->closed)
		return;
	if (incident->open_count == 0 && incident_untracked_count(incident) == 0)
		incident_end(all, incident, incident->latest, now_ns);
	else
		incident_quiet_moved(all, incident, incident->latest, now_ns);
}

bool incidents_untracked(struct incidents *all, const struct policy *policy, uint32_t key,
			 const struct endpoint *server, uint64_t now_ns)
{
	struct incident *incident = incidents_current(all, policy, key, now_ns);

	if (incident == NULL || incident->closed)
		return false;
	sketch_add(&incident->untracked, hash_of(server));
	note_port(incident, server->port);
	incident->last_join_ns = now_ns;
	if (now_ns > incident->last_ns)
		incident->last_ns = now_ns;
	incident_quiet_moved(all, incident, incident->latest, now_ns);
	return true;
}
