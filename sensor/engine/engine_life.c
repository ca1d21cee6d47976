/* SPDX-License-Identifier: ISC */
/*
 * The turns in an exposure's life: taken into the table, opened, judged, closed. Every open one is
 * counted, ranked for eviction, and known to its incident; these functions keep the three in step.
 */
#include <stdio.h>

#include "sensor/base/clock.h"
#include "sensor/engine/engine_state.h"
#include "sensor/engine/exposure_merge.h"
#include "sensor/event/verdict.h"

/* A quiet one goes on being counted by its incident; anything else that is open is told. */
static void evict(struct engine *engine, uint32_t slot, uint64_t now_ns)
{
	struct exposure *x = exposures_at(engine->exposures, slot);

	if (exposure_is_open(x->state) && x->quiet) {
		engine_life_await(engine, x, false);
		incidents_let_go(engine->incidents, x, now_ns);
		engine_life_count_closed(engine, x);
		engine->stats.exposures_untracked++;
	} else if (exposure_is_open(x->state)) {
		engine_life_close(engine, slot, CLOSE_EVICTED, now_ns);
	}
	exposures_remove(engine->exposures, slot);
	engine->stats.exposures_evicted++;
}

void engine_life_count_opened(struct engine *engine, const struct exposure *x)
{
	engine->stats.exposures_opened += !x->quiet;
	engine->stats.exposures_open++;
	engine->stats.exposures_quiet += x->quiet;
}

void engine_life_count_closed(struct engine *engine, const struct exposure *x)
{
	engine->stats.exposures_closed += !x->quiet;
	engine->stats.exposures_open--;
	engine->stats.exposures_quiet -= x->quiet;
}

void engine_life_await(struct engine *engine, struct exposure *x, bool awaiting)
{
	engine->awaiting += awaiting && !x->awaiting;
	engine->awaiting -= !awaiting && x->awaiting;
	x->awaiting = awaiting;
}

uint32_t engine_life_new(struct engine *engine, const struct endpoint *server,
			 const struct address *server_seen, struct exposure_rank rank,
			 uint64_t now_ns)
{
	bool refused;
	uint32_t slot = exposures_victim(engine->exposures, rank, &refused);
	struct exposure *x;

	if (refused)
		return EXPOSURE_NONE;
	if (slot != EXPOSURE_NONE)
		evict(engine, slot, now_ns);
	slot = exposures_add(engine->exposures, server);
	x = exposures_at(engine->exposures, slot);
	x->server_seen = *server_seen;
	verdict_exposure_id(engine->policy, &x->server, x->id);
	return slot;
}

static uint64_t check_period(const struct engine *engine)
{
	const struct policy_thresholds *t = policy_thresholds(engine->policy);
	uint64_t period = t->summary_every_ns < t->unconfirmed_after_ns ? t->summary_every_ns
									: t->unconfirmed_after_ns;

	return period >= NS_PER_S ? period : NS_PER_S;
}

void engine_life_check_later(struct engine *engine, uint32_t slot, uint64_t now_ns)
{
	exposures_check_at(engine->exposures, slot, now_ns + check_period(engine));
}

enum event_kind engine_life_open(struct engine *engine, uint32_t slot, uint64_t now_ns)
{
	struct exposure *x = exposures_at(engine->exposures, slot);
	bool before = x->opened_ns != 0;

	x->state = EXPOSURE_OPEN;
	x->close_reason = CLOSE_NOT;
	x->closed_ns = 0;
	x->level = LEVEL_BLOCKED;
	x->unlisted = true;
	x->rule = x->group = POLICY_NONE;
	x->rule_severity = x->severity = SEVERITY_INFO;
	x->opened_ns = now_ns;
	x->changed_after_ns = 0;
	x->reopened += before;
	x->folds = 0;
	x->resumed = 0;
	exposure_merge_restart(x);
	engine_life_check_later(engine, slot, now_ns);
	return before ? EVENT_EXPOSURE_REOPENED : EVENT_EXPOSURE_OPENED;
}

void engine_life_judge(struct exposure *x, const struct policy_decision *decision)
{
	bool first = x->group == POLICY_NONE && x->rule == POLICY_NONE;

	if (decision->verdict == POLICY_FORBIDDEN &&
	    (x->unlisted || decision->severity > x->rule_severity)) {
		x->unlisted = false;
		x->rule = decision->rule;
		x->rule_severity = (uint8_t)decision->severity;
	} else if (!first || decision->verdict != POLICY_UNLISTED) {
		return;
	}
	x->group = decision->group;
	x->client_zone = decision->client_zone;
	x->server_zone = decision->server_zone;
}

/*
 * Destruction and a broken-into account are critical whatever the rule said, and code that was run
 * is high at least. Where no rule speaks, what was carried out is told as medium: a door that may
 * be meant to be open is no news, but this is.
 */
static uint8_t severity_by_deed(const struct exposure *x)
{
	if (x->unlisted)
		return x->level >= LEVEL_EXECUTED ? SEVERITY_MEDIUM : SEVERITY_INFO;
	if (x->level == LEVEL_DESTROYED || x->campaign)
		return SEVERITY_CRITICAL;
	if (x->level == LEVEL_EXECUTED && x->rule_severity < SEVERITY_HIGH)
		return SEVERITY_HIGH;
	return x->rule_severity;
}

void engine_life_severity(struct exposure *x)
{
	uint8_t severity = severity_by_deed(x);

	if (x->direction == DIRECTION_GUESS && severity > EXPOSURE_GUESS_RANK)
		severity = EXPOSURE_GUESS_RANK;
	if (x->server.realm == REALM_CLAIMED && severity > EXPOSURE_GUESS_RANK)
		severity = EXPOSURE_GUESS_RANK;
	x->severity = severity;
}

bool engine_life_alerts(const struct exposure *x)
{
	return (!x->unlisted || x->severity > SEVERITY_INFO) && x->incident_id[0] == '\0';
}

void engine_life_join(struct engine *engine, uint32_t slot, uint64_t now_ns)
{
	struct exposure *x = exposures_at(engine->exposures, slot);

	if (x->server.realm != REALM_CLAIMED &&
	    (x->quiet || (!x->unlisted && x->group != POLICY_NONE))) {
		incidents_join(engine->incidents, engine->policy, x, slot, now_ns);
		return;
	}
	x->incident = INCIDENT_NONE;
	x->incident_id[0] = '\0';
}

void engine_life_close(struct engine *engine, uint32_t slot, enum close_reason reason,
		       uint64_t now_ns)
{
	struct exposure *x = exposures_at(engine->exposures, slot);

	engine_life_await(engine, x, false);
	x->state = EXPOSURE_CLOSED;
	x->close_reason = (uint8_t)reason;
	x->closed_ns = now_ns;
	engine_life_count_closed(engine, x);
	exposures_rank(engine->exposures, slot);
	incidents_leave(engine->incidents, x, slot, now_ns);
	if (!x->quiet)
		engine_life_tell_closed(engine, slot, now_ns);
}

void engine_life_merge(struct engine *engine, uint32_t slot, uint64_t now_ns)
{
	struct exposure *x = exposures_at(engine->exposures, slot);
	struct reason_context context = engine_reason(engine, x);

	engine_life_await(engine, x, false);
	x->state = EXPOSURE_MERGED;
	x->close_reason = CLOSE_COLLAPSED;
	engine->stats.exposures_merged += !x->quiet;
	engine->stats.exposures_open--;
	engine->stats.exposures_quiet -= x->quiet;
	exposures_rank(engine->exposures, slot);
	incidents_leave(engine->incidents, x, slot, now_ns);
	if (x->quiet)
		return;
	engine_emit_exposure(engine, EVENT_EXPOSURE_SUMMARY, slot, now_ns);
	engine->event.severity = SEVERITY_INFO; /* "all ports" has the severity of its parts */
	reason_summary(engine->event.reason, &engine->event.exposure, &context);
	engine_emit_send(engine);
}

void engine_life_tell_closed(struct engine *engine, uint32_t slot, uint64_t now_ns)
{
	const struct exposure *x = exposures_at(engine->exposures, slot);
	struct reason_context context = engine_reason(engine, x);

	engine_emit_exposure(engine, EVENT_EXPOSURE_CLOSED, slot, now_ns);
	reason_closed(engine->event.reason, &engine->event.exposure, &context,
		      x->probes_unanswered + x->probes_refused, sketch_count(&x->closers));
	engine_emit_send(engine);
}
