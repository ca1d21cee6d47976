/* SPDX-License-Identifier: ISC */
/* What the last run knew, back into the engine's tables; see engine_store.h. */
#include <stdio.h>
#include <string.h>

#include "sensor/base/hash.h"
#include "sensor/engine/engine_store_state.h"

struct restore {
	struct engine_store *store;
	struct engine_restored *restored;
	uint64_t now_ns;
};

static void restore_wall(void *context, const struct journal_state *state)
{
	struct restore *restore = context;
	struct wall_seen seen = {0, 0};
	struct endpoint endpoint;
	uint32_t before;

	if (state->key_length != sizeof endpoint ||
	    !engine_saved_wall_read(&seen, state->data, state->data_length,
				    &restore->store->scratch)) {
		restore->restored->unusable++;
		return;
	}
	memcpy(&endpoint, state->key, sizeof endpoint);
	before = wall_used(restore->store->engine->wall);
	wall_note(restore->store->engine->wall, &endpoint, seen);
	if (wall_used(restore->store->engine->wall) > before)
		restore->store->walls[before] =
			(struct wall_shadow){.seen = seen, .endpoint = endpoint, .stored = true};
	restore->restored->walls++;
}

static void restore_incident(void *context, const struct journal_state *state)
{
	struct restore *restore = context;
	struct incident incident = {.used = true};
	uint32_t slot = INCIDENT_NONE;

	if (engine_saved_incident_read(restore->store->engine, &incident, state->data,
				       state->data_length, &restore->store->scratch))
		slot = incidents_restore(restore->store->engine->incidents, &incident);
	if (slot == INCIDENT_NONE) {
		restore->restored->unusable++;
		return;
	}
	memcpy(restore->store->incidents[slot].id, incident.id, sizeof incident.id);
	restore->restored->incidents++;
}

static uint32_t find_incident(const struct engine *engine, const char *id)
{
	for (uint32_t i = 0; id[0] != '\0' && i < incidents_size(engine->incidents); i++) {
		if (strcmp(incidents_at(engine->incidents, i)->id, id) == 0)
			return i;
	}
	return INCIDENT_NONE;
}

static uint32_t make_room(struct engine *engine, const struct endpoint *server,
			  const struct exposure *x)
{
	bool refused;
	struct exposure_rank rank = {
		.quiet = x->quiet,
		.unlisted = x->unlisted,
		.claimed = x->server.realm == REALM_CLAIMED,
		.severity = x->severity,
		.level = x->level,
		.newer = true,
	};
	uint32_t victim = exposures_victim(engine->exposures, rank, &refused);

	if (refused || exposures_find(engine->exposures, server) != EXPOSURE_NONE)
		return EXPOSURE_NONE;
	if (victim != EXPOSURE_NONE) {
		struct exposure *gone = exposures_at(engine->exposures, victim);

		engine_life_await(engine, gone, false);
		engine->stats.exposures_open -= exposure_is_open(gone->state);
		engine->stats.exposures_quiet -= exposure_is_open(gone->state) && gone->quiet;
		exposures_remove(engine->exposures, victim);
		engine->stats.exposures_evicted++;
	}
	return exposures_add(engine->exposures, server);
}

static void restore_exposure(void *context, const struct journal_state *state)
{
	struct restore *restore = context;
	struct engine *engine = restore->store->engine;
	struct exposure saved = {.member = EXPOSURE_NO_MEMBER, .told = true};
	struct exposure *x;
	uint32_t slot = EXPOSURE_NONE, host;

	if (engine_saved_exposure_read(engine, &saved, state->data, state->data_length,
				       &restore->store->scratch) &&
	    state->key_length == sizeof saved.server &&
	    memcmp(state->key, &saved.server, sizeof saved.server) == 0)
		slot = make_room(engine, &saved.server, &saved);
	if (slot == EXPOSURE_NONE) {
		restore->restored->unusable++;
		return;
	}
	x = exposures_at(engine->exposures, slot);
	host = x->host;
	*x = saved;
	x->host = host;
	x->awaiting = false;
	engine_life_await(engine, x, saved.awaiting && exposure_is_open(saved.state));
	restore->store->exposures[slot] = (struct shadow){.endpoint = x->server, .stored = true};
	x->incident = find_incident(engine, x->incident_id);
	exposures_rank(engine->exposures, slot);
	engine_life_check_later(engine, slot, restore->now_ns);
	engine->stats.exposures_open += exposure_is_open(x->state);
	engine->stats.exposures_quiet += exposure_is_open(x->state) && x->quiet;
	engine->storm.waits |= engine_storm_waits(x);
	restore->restored->open += exposure_is_open(x->state);
	restore->restored->exposures++;
}

static bool is_line(const struct journal_state *state, const char *word, const char *name)
{
	char key[POLICY_NAME_MAX + 8];
	int length = snprintf(key, sizeof key, "%s:%s", word, name);

	return state->key_length == (size_t)length && memcmp(state->key, key, (size_t)length) == 0;
}

static void restore_line(void *context, const struct journal_state *state)
{
	struct restore *restore = context;
	struct engine *engine = restore->store->engine;
	struct coverage coverage = {.index = 0};

	if (!engine_saved_coverage_read(&coverage, state->data, state->data_length,
					&restore->store->scratch))
		return;
	for (uint16_t i = 0; i < policy_rule_count(engine->policy); i++) {
		if (!is_line(state, "rule", policy_rule(engine->policy, i).name))
			continue;
		coverage.is_rule = true;
		coverage.index = i;
		coverage_restore(engine->coverage, &coverage);
	}
	for (uint16_t i = 0; i < policy_group_count(engine->policy); i++) {
		if (!is_line(state, "group", policy_group(engine->policy, i).name))
			continue;
		coverage.is_rule = false;
		coverage.index = i;
		coverage_restore(engine->coverage, &coverage);
	}
}

static void restore_exception(void *context, const struct journal_state *state)
{
	struct restore *restore = context;
	struct engine *engine = restore->store->engine;

	for (uint16_t i = 0; i < policy_exception_count(engine->policy); i++) {
		uint64_t key = engine_store_exception_key(engine->policy, i);

		if (state->key_length == sizeof key && state->data_length == 1 &&
		    memcmp(state->key, &key, sizeof key) == 0)
			engine->exceptions_told[i] = *(const uint8_t *)state->data;
	}
}

/* Under the name of another site every id is another one: nothing of it fits. */
static bool is_same_site(struct engine_store *store)
{
	const char *site = policy_site(store->engine->policy);
	uint64_t hash = hash_bytes(site, strlen(site), 2) >> 1;
	uint64_t before = journal_number(store->journal, "site");

	journal_set_number(store->journal, "site", hash);
	return before == hash;
}

void engine_store_restore(struct engine_store *store, uint64_t now_ns,
			  struct engine_restored *restored)
{
	struct restore restore = {store, restored, now_ns};
	struct engine *engine = store->engine;

	*restored = (struct engine_restored){.exposures = 0};
	if (!is_same_site(store))
		return;
	journal_states(store->journal, KIND_WALL, restore_wall, &restore);
	journal_states(store->journal, KIND_INCIDENT, restore_incident, &restore);
	incidents_set_policy(engine->incidents, engine->policy);
	journal_states(store->journal, KIND_EXPOSURE, restore_exposure, &restore);
	incidents_recount(engine->incidents, engine->exposures);
	journal_states(store->journal, KIND_COVERAGE, restore_line, &restore);
	journal_states(store->journal, KIND_EXCEPTION, restore_exception, &restore);
	if (journal_number(store->journal, "policy") != engine_store_digest(engine->policy) &&
	    restored->exposures != 0)
		engine_set_policy(engine, engine->policy, now_ns);
}
