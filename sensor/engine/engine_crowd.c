/* SPDX-License-Identifier: ISC */
/*
 * Very many endpoints that answer at once: a filter that fell for a whole network, or a proxy that
 * accepts for every address. Of one kind (group; else rule; else neither) the policy's
 * `collapse-endpoints` are announced one by one; more of them are quiet while they are merely
 * reachable and no severer than what was announced: their incident counts them, and they close,
 * reopen and are followed without events of their own.
 *
 * What gets further (answers, lets in, gives out, breaks a severer rule) is announced in the same
 * call, unless there is a storm of these as well (engine_storm.c).
 */
#include "sensor/engine/engine_state.h"

static bool within_window(const struct engine *engine, uint64_t since_ns, uint64_t now_ns)
{
	uint64_t window_ns = policy_thresholds(engine->policy)->incident_window_ns;

	return now_ns < since_ns || now_ns - since_ns <= window_ns;
}

bool engine_crowd_quiet(const struct engine *engine, uint32_t key, struct exposure_rank as,
			uint64_t now_ns)
{
	uint32_t limit = policy_thresholds(engine->policy)->collapse_endpoints;
	const struct crowd_budget *budget = &engine->budgets[key];
	const struct incident *incident;

	if (as.level > LEVEL_REACHABLE)
		return false;
	incident = incidents_current(engine->incidents, engine->policy, key, now_ns);
	if (incidents_key_is_group(key))
		return incident != NULL && incident->reachable >= limit &&
		       as.severity <= incident->severity;
	return budget->announced >= limit && within_window(engine, budget->last_ns, now_ns);
}

/* Announced exposures without an incident count here, the others there. */
static void spend(struct engine *engine, const struct exposure *x, uint64_t now_ns)
{
	uint32_t key = incidents_key_of(x);
	struct crowd_budget *budget = &engine->budgets[key];

	if (incidents_key_is_group(key) || x->level > LEVEL_REACHABLE)
		return;
	if (!within_window(engine, budget->last_ns, now_ns))
		budget->announced = 0;
	budget->announced++;
	budget->last_ns = now_ns;
}

static struct exposure_rank rank_of(const struct exposure *x)
{
	return (struct exposure_rank){
		.unlisted = x->unlisted, .severity = x->severity, .level = x->level};
}

void engine_crowd_enter(struct engine *engine, struct exposure *x, uint64_t now_ns)
{
	bool was_quiet = x->quiet;

	if (x->told && !was_quiet)
		return;
	x->quiet = engine_crowd_quiet(engine, incidents_key_of(x), rank_of(x), now_ns);
	if (!x->quiet && !engine_storm_takes(engine, x, now_ns)) {
		x->quiet = true;
		engine->stats.exposures_put_back++;
	}
	if (x->quiet)
		return;
	spend(engine, x, now_ns);
	if (was_quiet)
		incidents_announce(engine->incidents, x);
}

void engine_crowd_untracked(struct engine *engine, uint32_t key, const struct endpoint *server,
			    bool quiet, uint64_t now_ns)
{
	bool counted = incidents_untracked(engine->incidents, engine->policy, key, server, now_ns);

	if (quiet && counted)
		engine->stats.exposures_untracked++;
	else
		engine->stats.exposures_refused++;
}

static bool must_be_told(const struct engine *engine, const struct exposure *x)
{
	const struct incident *incident = incidents_of(engine->incidents, x);

	return x->level > LEVEL_REACHABLE || x->campaign || incident == NULL ||
	       x->severity > incident->severity;
}

/* Into the incident that it belongs to now. Those without a group alarm for themselves. */
static void move(struct engine *engine, uint32_t slot, uint64_t now_ns)
{
	struct exposure *x = exposures_at(engine->exposures, slot);
	const struct incident *incident = incidents_of(engine->incidents, x);
	uint32_t key = incidents_key_of(x);

	if (incident != NULL && incident->key == key && incidents_key_is_group(key)) {
		incidents_announce(engine->incidents, x);
		return;
	}
	if (exposure_is_open(x->state)) {
		incidents_withdraw(engine->incidents, x, now_ns);
		engine_life_join(engine, slot, now_ns);
	}
}

static void announce(struct engine *engine, uint32_t slot, const struct command *command,
		     uint64_t now_ns)
{
	struct exposure *x = exposures_at(engine->exposures, slot);
	struct reason_context context = engine_reason(engine, x);
	bool closed = !exposure_is_open(x->state);

	context.command = command;
	if (closed) /* an old conversation; told as what it was, then as what it is */
		x->state = EXPOSURE_OPEN;
	engine_emit_exposure(engine, EVENT_EXPOSURE_OPENED, slot, now_ns);
	engine->event.alert = engine_life_alerts(x);
	reason_reached(engine->event.reason, &engine->event.exposure, &context, true);
	engine_emit_send(engine);
	if (!closed)
		return;
	x->state = EXPOSURE_CLOSED;
	engine->stats.exposures_closed++;
	engine_life_tell_closed(engine, slot, now_ns);
}

bool engine_crowd_changed(struct engine *engine, uint32_t slot, const struct command *command,
			  uint64_t now_ns)
{
	struct exposure *x = exposures_at(engine->exposures, slot);

	if (!must_be_told(engine, x) || !engine_storm_takes(engine, x, now_ns))
		return false;
	engine_crowd_tell(engine, slot, command, now_ns);
	return true;
}

void engine_crowd_tell(struct engine *engine, uint32_t slot, const struct command *command,
		       uint64_t now_ns)
{
	struct exposure *x = exposures_at(engine->exposures, slot);

	if (exposure_is_open(x->state))
		engine->stats.exposures_quiet--;
	x->quiet = false;
	x->stormed = STORMED_NOT;
	engine->stats.exposures_opened++;
	spend(engine, x, now_ns);
	move(engine, slot, now_ns);
	exposures_rank(engine->exposures, slot);
	incidents_refresh(engine->incidents, engine->policy, x, slot);
	announce(engine, slot, command, now_ns);
}

void engine_crowd_rejudged(struct engine *engine, uint32_t slot, uint64_t now_ns)
{
	struct exposure *x = exposures_at(engine->exposures, slot);
	const struct incident *incident = incidents_of(engine->incidents, x);

	if (incident != NULL && incident->key == incidents_key_of(x)) {
		engine_crowd_changed(engine, slot, NULL, now_ns);
		return;
	}
	incidents_withdraw(engine->incidents, x, now_ns);
	if (!engine_crowd_quiet(engine, incidents_key_of(x), rank_of(x), now_ns) &&
	    engine_crowd_changed(engine, slot, NULL, now_ns))
		return;
	engine_life_join(engine, slot, now_ns);
}

void engine_crowd_went_further(struct engine *engine, uint32_t key, const struct exposure *x)
{
	incidents_went_further(engine->incidents, x);
	if (!incidents_key_is_group(key) && engine->budgets[key].announced != 0)
		engine->budgets[key].announced--;
}
