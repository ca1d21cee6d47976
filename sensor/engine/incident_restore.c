/* SPDX-License-Identifier: ISC */
/* Incidents after a restart, and under another policy: what they are about is found by its name. */
#include <stdlib.h>
#include <string.h>

#include "sensor/engine/incident_state.h"

uint32_t incidents_restore(struct incidents *all, const struct incident *incident)
{
	struct incident *record;
	uint32_t slot;

	if (all->used == all->size)
		return INCIDENT_NONE;
	slot = all->used++;
	record = &all->records[slot];
	*record = *incident;
	record->used = true;
	record->news = 0;
	record->latest = 0;
	record->group = POLICY_NONE;
	record->key = INCIDENT_KEYS;
	record->pending = record->untold;
	all->pending += record->pending;
	order_append(record->closed ? &all->closed : &all->open, all->nodes, slot);
	all->open_count += !record->closed;
	return slot;
}

static uint32_t key_of(const struct incident *incident, const struct policy *policy)
{
	if (incident->unlisted)
		return INCIDENT_KEY_UNLISTED;
	if (incident->group_name[0] != '\0') {
		for (uint16_t i = 0; i < policy_group_count(policy); i++) {
			if (strcmp(policy_group(policy, i).name, incident->group_name) == 0)
				return i;
		}
		return INCIDENT_KEYS;
	}
	for (uint16_t i = 0; i < policy_rule_count(policy); i++) {
		if (strcmp(policy_rule(policy, i).name, incident->rule_name) == 0)
			return INCIDENT_KEYS_OF_GROUPS + i;
	}
	return INCIDENT_KEYS;
}

void incidents_set_policy(struct incidents *all, const struct policy *policy)
{
	memset(all->newest, 0xff, INCIDENT_KEYS * sizeof *all->newest); /* INCIDENT_NONE */
	for (uint32_t slot = 0; slot < all->used; slot++) {
		struct incident *incident = &all->records[slot];
		uint32_t *newest;

		incident->key = key_of(incident, policy);
		incident->group = incidents_key_is_group(incident->key) ? (uint16_t)incident->key
									: POLICY_NONE;
		if (incident->key == INCIDENT_KEYS)
			continue;
		newest = &all->newest[incident->key];
		if (*newest == INCIDENT_NONE ||
		    all->records[*newest].opened_ns <= incident->opened_ns)
			*newest = slot;
	}
}

void incidents_recount(struct incidents *all, const struct exposures *exposures)
{
	uint32_t *open = calloc(all->used + 1, sizeof *open);

	for (uint32_t slot = 0; open != NULL && slot < exposures_size(exposures); slot++) {
		const struct exposure *x = exposures_at(exposures, slot);

		if (exposures_used(exposures, slot) && exposure_is_open(x->state) &&
		    incidents_of(all, x) != NULL)
			open[x->incident]++;
	}
	for (uint32_t i = 0; open != NULL && i < all->used; i++) {
		struct incident *incident = &all->records[i];
		uint32_t lost;

		if (incident->quiet == 0 || incident->open_count <= open[i])
			continue;
		lost = incident->open_count - open[i];
		incident->open_count = open[i];
		lost = lost < incident->quiet ? lost : incident->quiet;
		incident->quiet -= lost;
		incident->member_count -= lost;
		incident->forgotten += lost;
	}
	free(open);
}
