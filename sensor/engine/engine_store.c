/* SPDX-License-Identifier: ISC */
/*
 * See engine_store.h. A shadow of each table holds what the file has of each slot: a hash of the
 * record and the key under which it stands there. A record is written when the two differ.
 */
#include "sensor/engine/engine_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/base/hash.h"
#include "sensor/engine/engine_store_state.h"

#define SLICE	    1024 /* slots looked at in one tick, of each table */
#define WALL_LAG_NS (30 * NS_PER_S)
#define LINE_LAG_NS (30 * NS_PER_S)

uint64_t engine_store_digest(const struct policy *policy)
{
	const char *text = policy_digest(policy);

	return hash_bytes(text, strlen(text), 1) >> 1; /* SQLite's integers have a sign */
}

uint64_t engine_store_hash_key(struct journal *journal, uint64_t fresh)
{
	uint64_t kept = journal_number(journal, "hash_key");

	if (kept == 0)
		journal_set_number(journal, "hash_key", fresh);
	return kept != 0 ? kept : fresh;
}

struct engine_store *engine_store_new(struct engine *engine, struct journal *journal)
{
	struct engine_store *store = calloc(1, sizeof *store);

	if (store == NULL)
		return NULL;
	store->engine = engine;
	store->journal = journal;
	store->exposures = calloc(engine->options.max_exposures, sizeof *store->exposures);
	store->incidents = calloc(engine->options.max_incidents, sizeof *store->incidents);
	store->walls = calloc(engine->options.max_walls, sizeof *store->walls);
	store->rules = calloc(POLICY_NONE, sizeof *store->rules);
	store->groups = calloc(POLICY_NONE, sizeof *store->groups);
	store->exceptions = calloc(POLICY_NONE, sizeof *store->exceptions);
	if (store->exposures != NULL && store->incidents != NULL && store->walls != NULL &&
	    store->rules != NULL && store->groups != NULL && store->exceptions != NULL)
		return store;
	engine_store_free(store);
	return NULL;
}

void engine_store_free(struct engine_store *store)
{
	if (store == NULL)
		return;
	free(store->exposures);
	free(store->incidents);
	free(store->walls);
	free(store->rules);
	free(store->groups);
	free(store->exceptions);
	free(store);
}

static void put(struct engine_store *store, enum kind kind, const void *key, size_t key_length,
		uint64_t at_ns, size_t length)
{
	const struct journal_state state = {
		.key = key,
		.key_length = key_length,
		.data = store->scratch.bytes,
		.data_length = length,
		.at_ns = at_ns >> 1,
	};

	journal_put(store->journal, kind, &state);
}

/* ---- what has changed ---- */

/* The slot's record has gone, and nobody else has its endpoint. */
static void drop_exposure(struct engine_store *store, struct shadow *shadow)
{
	if (shadow->stored &&
	    exposures_find(store->engine->exposures, &shadow->endpoint) == EXPOSURE_NONE)
		journal_drop(store->journal, KIND_EXPOSURE, &shadow->endpoint,
			     sizeof shadow->endpoint);
	shadow->stored = false;
}

static void keep_exposure(struct engine_store *store, uint32_t slot)
{
	const struct exposure *x = exposures_at(store->engine->exposures, slot);
	struct shadow *shadow = &store->exposures[slot];
	uint64_t hash;

	if (!exposures_used(store->engine->exposures, slot)) {
		drop_exposure(store, shadow);
		return;
	}
	if (shadow->stored && memcmp(&shadow->endpoint, &x->server, sizeof x->server) != 0)
		drop_exposure(store, shadow);
	hash = hash_bytes(x, sizeof *x, 0);
	if (shadow->stored && shadow->hash == hash)
		return;
	put(store, KIND_EXPOSURE, &x->server, sizeof x->server, x->last_seen_ns,
	    engine_saved_exposure_write(store->engine, x, &store->scratch));
	*shadow = (struct shadow){.hash = hash, .endpoint = x->server, .stored = true};
}

static void keep_incident(struct engine_store *store, uint32_t slot)
{
	const struct incident *incident = incidents_at(store->engine->incidents, slot);
	struct incident_shadow *shadow = &store->incidents[slot];
	uint64_t hash = hash_bytes(incident, sizeof *incident, 0);

	if (shadow->id[0] != '\0' && strcmp(shadow->id, incident->id) != 0)
		journal_drop(store->journal, KIND_INCIDENT, shadow->id, strlen(shadow->id));
	else if (shadow->id[0] != '\0' && shadow->hash == hash)
		return;
	put(store, KIND_INCIDENT, incident->id, strlen(incident->id), incident->last_ns,
	    engine_saved_incident_write(store->engine, incident, &store->scratch));
	shadow->hash = hash;
	memcpy(shadow->id, incident->id, sizeof shadow->id);
}

static uint64_t newest(struct wall_seen seen)
{
	return seen.unanswered_ns > seen.refused_ns ? seen.unanswered_ns : seen.refused_ns;
}

/* A wall that is probed all the time is written now and then: what a kill -9 costs is that the
 * interval of a later change is told up to half a minute wider. */
static void keep_wall(struct engine_store *store, uint32_t slot)
{
	struct wall_shadow *shadow = &store->walls[slot];
	struct endpoint endpoint;
	struct wall_seen seen = wall_at(store->engine->wall, slot, &endpoint);
	bool same = shadow->stored && memcmp(&shadow->endpoint, &endpoint, sizeof endpoint) == 0;
	uint64_t lag = store->all ? 1 : WALL_LAG_NS;

	if (same && newest(seen) < newest(shadow->seen) + lag)
		return;
	if (shadow->stored && !same &&
	    newest(wall_get(store->engine->wall, &shadow->endpoint)) == 0)
		journal_drop(store->journal, KIND_WALL, &shadow->endpoint, sizeof shadow->endpoint);
	put(store, KIND_WALL, &endpoint, sizeof endpoint, newest(seen),
	    engine_saved_wall_write(&seen, &store->scratch));
	*shadow = (struct wall_shadow){.seen = seen, .endpoint = endpoint, .stored = true};
}

static void keep_line(void *context, const struct coverage *coverage)
{
	struct engine_store *store = context;
	struct line_shadow *shadow =
		&(coverage->is_rule ? store->rules : store->groups)[coverage->index];
	uint64_t at_ns = coverage->last_probe_ns > coverage->last_answer_ns
				 ? coverage->last_probe_ns
				 : coverage->last_answer_ns;
	char key[POLICY_NAME_MAX + 8];
	int length;

	if (at_ns == 0 || (coverage->probes == shadow->probes &&
			   coverage->answers == shadow->answers && at_ns == shadow->newest_ns))
		return;
	if (!store->all && shadow->newest_ns != 0 && at_ns < shadow->newest_ns + LINE_LAG_NS)
		return;
	length = snprintf(key, sizeof key, "%s:%s", coverage->is_rule ? "rule" : "group",
			  coverage->is_rule
				  ? policy_rule(store->engine->policy, coverage->index).name
				  : policy_group(store->engine->policy, coverage->index).name);
	put(store, KIND_COVERAGE, key, (size_t)length, at_ns,
	    engine_saved_coverage_write(coverage, &store->scratch));
	*shadow = (struct line_shadow){at_ns, coverage->probes, coverage->answers};
}

uint64_t engine_store_exception_key(const struct policy *policy, uint16_t index)
{
	struct policy_exception_view view = policy_exception(policy, index);
	uint64_t hash = hash_bytes(view.rule, strlen(view.rule), view.until_ns);

	hash = hash_bytes(view.owner, strlen(view.owner), hash);
	hash = hash_bytes(view.reason, strlen(view.reason), hash);
	return hash_bytes(view.ticket, strlen(view.ticket), hash);
}

static void keep_exceptions(struct engine_store *store)
{
	const struct engine *engine = store->engine;

	for (uint16_t i = 0; i < policy_exception_count(engine->policy); i++) {
		uint64_t key = engine_store_exception_key(engine->policy, i);

		if (engine->exceptions_told[i] == store->exceptions[i])
			continue;
		store->exceptions[i] = engine->exceptions_told[i];
		store->scratch.bytes[0] = engine->exceptions_told[i];
		put(store, KIND_EXCEPTION, &key, sizeof key,
		    policy_exception(engine->policy, i).until_ns, 1);
	}
}

/* Indices mean something else under another policy. */
static void note_policy(struct engine_store *store)
{
	uint64_t digest = engine_store_digest(store->engine->policy);

	if (digest == store->digest)
		return;
	store->digest = digest;
	memset(store->rules, 0, POLICY_NONE * sizeof *store->rules);
	memset(store->groups, 0, POLICY_NONE * sizeof *store->groups);
	memset(store->exceptions, 0, POLICY_NONE);
	journal_set_number(store->journal, "policy", digest);
}

static void forget_shadows(struct engine_store *store)
{
	const struct engine_options *options = &store->engine->options;

	memset(store->exposures, 0, options->max_exposures * sizeof *store->exposures);
	memset(store->incidents, 0, options->max_incidents * sizeof *store->incidents);
	memset(store->walls, 0, options->max_walls * sizeof *store->walls);
	store->digest = 0;
}

/* ---- when ---- */

void engine_store_touched(void *context)
{
	struct engine_store *store = context;
	struct engine_touched *exposures = &store->engine->touched_exposures;
	struct engine_touched *incidents = &store->engine->touched_incidents;

	if (exposures->overflow || incidents->overflow) {
		store->next_exposure = store->next_incident = store->next_wall = 0;
		exposures->overflow = incidents->overflow = false;
		exposures->count = incidents->count = 0;
		for (uint32_t i = 0; i < exposures_size(store->engine->exposures); i++)
			keep_exposure(store, i);
		for (uint32_t i = 0; i < incidents_size(store->engine->incidents); i++)
			keep_incident(store, i);
		return;
	}
	while (exposures->count != 0)
		keep_exposure(store, exposures->slots[--exposures->count]);
	while (incidents->count != 0)
		keep_incident(store, incidents->slots[--incidents->count]);
	keep_exceptions(store);
}

static void look_at(struct engine_store *store, uint32_t *next, uint32_t size, uint32_t count,
		    void (*keep)(struct engine_store *store, uint32_t slot))
{
	for (uint32_t i = 0; i < count && i < size; i++) {
		if (*next >= size)
			*next = 0;
		keep(store, (*next)++);
	}
}

static void look(struct engine_store *store, uint32_t count)
{
	struct engine *engine = store->engine;

	note_policy(store);
	look_at(store, &store->next_exposure, exposures_size(engine->exposures), count,
		keep_exposure);
	look_at(store, &store->next_incident, incidents_size(engine->incidents), count,
		keep_incident);
	look_at(store, &store->next_wall, wall_used(engine->wall), count, keep_wall);
	engine_coverage(engine, keep_line, store);
	keep_exceptions(store);
}

void engine_store_tick(struct engine_store *store)
{
	uint64_t lost = journal_state_lost(store->journal);

	/* Some of what was put never arrived: all of it again. */
	if (lost != store->lost)
		forget_shadows(store);
	store->lost = lost;
	look(store, SLICE);
}

void engine_store_all(struct engine_store *store)
{
	store->all = true;
	if (journal_state_lost(store->journal) != store->lost)
		forget_shadows(store);
	look(store, UINT32_MAX);
	store->all = false;
}
