/* SPDX-License-Identifier: ISC */
/*
 * See engine_store.h. A shadow of each table holds what the file has of each slot: a hash of the
 * record and the key under which it stands there. A record is written when the two differ.
 */
#include "sensor/engine_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/engine_saved.h"
#include "sensor/hash.h"

#define SLICE	    1024 /* slots looked at in one tick, of each table */
#define WALL_LAG_NS (30 * (uint64_t)ENGINE_SECOND_NS)
#define LINE_LAG_NS (30 * (uint64_t)ENGINE_SECOND_NS)

enum kind {
	KIND_EXPOSURE = 1,
	KIND_INCIDENT,
	KIND_WALL,
	KIND_COVERAGE,
	KIND_EXCEPTION,
};

struct shadow {
	uint64_t hash;
	struct endpoint endpoint;
	bool stored;
};

struct incident_shadow {
	uint64_t hash;
	char id[EXPOSURE_ID_TEXT];
};

struct wall_shadow {
	struct wall_seen seen;
	struct endpoint endpoint;
	bool stored;
};

struct line_shadow { /* of a rule or group; by index, of the policy whose digest is known */
	uint64_t newest_ns, probes, answers;
};

struct engine_store {
	struct engine *engine;
	struct journal *journal;
	struct shadow *exposures;
	struct incident_shadow *incidents;
	struct wall_shadow *walls;
	struct line_shadow *rules, *groups;
	uint8_t *exceptions;
	uint64_t digest; /* of the policy that the lines belong to */
	uint64_t lost;	 /* journal_state_lost() when all was written last */
	uint32_t next_exposure, next_incident, next_wall;
	bool all; /* whatever has changed, however little */
	struct saved_scratch scratch;
};

static uint64_t digest_of(const struct policy *policy)
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
	    saved_exposure_write(store->engine, x, &store->scratch));
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
	    saved_incident_write(store->engine, incident, &store->scratch));
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
	    saved_wall_write(&seen, &store->scratch));
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
	    saved_coverage_write(coverage, &store->scratch));
	*shadow = (struct line_shadow){at_ns, coverage->probes, coverage->answers};
}

static uint64_t exception_key(const struct policy *policy, uint16_t index)
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
		uint64_t key = exception_key(engine->policy, i);

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
	uint64_t digest = digest_of(store->engine->policy);

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

/* ---- restore ---- */

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
	    !saved_wall_read(&seen, state->data, state->data_length, &restore->store->scratch)) {
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

	if (saved_incident_read(restore->store->engine, &incident, state->data, state->data_length,
				&restore->store->scratch))
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
	uint32_t victim = exposures_victim(engine->exposures, x->unlisted, x->severity, &refused);

	if (refused || exposures_find(engine->exposures, server) != EXPOSURE_NONE)
		return EXPOSURE_NONE;
	if (victim != EXPOSURE_NONE) {
		engine->stats.exposures_open -=
			exposures_at(engine->exposures, victim)->state != EXPOSURE_CLOSED;
		exposures_remove(engine->exposures, victim);
		engine->stats.exposures_evicted++;
	}
	return exposures_add(engine->exposures, server);
}

static void restore_exposure(void *context, const struct journal_state *state)
{
	struct restore *restore = context;
	struct engine *engine = restore->store->engine;
	struct exposure saved = {.member = EXPOSURE_NO_MEMBER};
	struct exposure *x;
	uint32_t slot = EXPOSURE_NONE, host;

	if (saved_exposure_read(engine, &saved, state->data, state->data_length,
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
	restore->store->exposures[slot] = (struct shadow){.endpoint = x->server, .stored = true};
	x->incident = find_incident(engine, x->incident_id);
	exposures_rank(engine->exposures, slot);
	engine_life_check_later(engine, slot, restore->now_ns);
	engine->stats.exposures_open += x->state != EXPOSURE_CLOSED;
	restore->restored->open += x->state != EXPOSURE_CLOSED;
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

	if (!saved_coverage_read(&coverage, state->data, state->data_length,
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
		uint64_t key = exception_key(engine->policy, i);

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
	journal_states(store->journal, KIND_COVERAGE, restore_line, &restore);
	journal_states(store->journal, KIND_EXCEPTION, restore_exception, &restore);
	if (journal_number(store->journal, "policy") != digest_of(engine->policy) &&
	    restored->exposures != 0)
		engine_set_policy(engine, engine->policy, now_ns);
}
