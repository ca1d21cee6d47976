/* SPDX-License-Identifier: ISC */
/*
 * A conversation of a forbidden client: it opens its exposure, raises it, opens it again, or just
 * adds to its counters. One report makes at most one event about the exposure.
 *
 * An exposure that was closed by probes stays closed for conversations that are older than the
 * wall's return: they add to its counters, and may still raise its level.
 */
#include "sensor/engine/engine_state.h"
#include "sensor/engine/exposure_merge.h"
#include "sensor/event/verdict.h"

struct arrival {
	const struct observation *observation;
	struct endpoint server; /* that it is about; of a claim not that of the record */
	struct rung rung;
	struct policy_decision decision;
};

static bool is_claim(const struct arrival *a)
{
	return a->server.realm == REALM_CLAIMED;
}

/* What an exposure looked like before a report, to see what the report changed. */
struct before {
	uint8_t level, severity;
	bool unlisted, campaign;
	uint32_t key;
};

/*
 * Rules by service fire on identification, be it an earlier one; a guess is none. `*by`: enum
 * identified_by, of the one that counts.
 */
static uint16_t identified_service(const struct engine *engine, uint32_t slot,
				   const struct flow_report *flow, uint8_t *by)
{
	const struct exposure *x;

	*by = flow->identified_by;
	if (flow->service != POLICY_NO_SERVICE && flow->identified_by >= IDENTIFIED_NDPI_DPI)
		return flow->service;
	if (slot == EXPOSURE_NONE)
		return POLICY_NO_SERVICE;
	x = exposures_at(engine->exposures, slot);
	*by = x->identified_by;
	return x->identified_by >= IDENTIFIED_NDPI_DPI ? x->service : POLICY_NO_SERVICE;
}

static void decide(const struct engine *engine, uint32_t slot, const struct endpoint *server,
		   const struct observation *o, struct policy_decision *decision)
{
	uint8_t by;
	uint16_t service = identified_service(engine, slot, &o->flow, &by);

	engine_decide(engine, server, &o->server.address, &o->flow.client, service, o->ts_ns,
		      decision);
	if (by == IDENTIFIED_OFFER)
		engine_decide_offer(engine, server, &o->server.address, &o->flow.client, o->ts_ns,
				    decision);
}

static void take_in(struct engine *engine, struct exposure *x, const struct arrival *a,
		    bool *service_changed)
{
	uint64_t data_out = a->decision.data_out_bytes;
	enum level level = a->rung.level;

	engine_claim_note(engine, x, &a->server);
	*service_changed = exposure_merge(x, a->observation, &a->rung, engine->services,
					  engine->options.hash_key);
	exposure_merge_source(x, a->observation, level, data_out);
	engine_life_judge(x, &a->decision);
	if (x->life_bytes_out > data_out && level < LEVEL_DATA_OUT)
		level = LEVEL_DATA_OUT;
	if (level > x->level)
		x->level = (uint8_t)level;
	engine_life_severity(x);
	if (a->rung.answered && x->state == EXPOSURE_UNCONFIRMED)
		x->state = EXPOSURE_OPEN;
}

/*
 * When it let somebody in: a new conversation, or the next datagram of an old one. 0: it has not.
 */
static uint64_t let_in_ns(const struct arrival *a)
{
	const struct observation *o = a->observation;

	if (a->rung.fresh)
		return a->rung.answer_ns;
	return transport_is_datagram(o->server.transport) ? o->flow.talked_ns : 0;
}

/*
 * Somebody was let in: probes that met the wall before prove nothing any more. True if it was
 * closing.
 */
static bool accept_again(struct engine *engine, struct exposure *x, const struct arrival *a)
{
	uint64_t ns = let_in_ns(a);

	if (ns <= x->last_accept_ns)
		return false;
	if (a->rung.fresh)
		engine_silence_break(x, ns);
	x->last_accept_ns = ns;
	x->accept_carried = a->observation->flow.carrier.by != FORWARDED_NOT;
	x->accept_zone = a->decision.client_zone;
	if (x->first_probe_ns != 0 && ns < x->first_probe_ns)
		return false;
	x->probes_unanswered = x->probes_refused = 0;
	x->close_probes = x->first_probe_ns = x->probe_ns = 0;
	x->closers = (struct sketch){.exact = 0};
	x->resumed = 0;
	return engine_closing_undo(engine, x);
}

static struct reason_context context_of(const struct engine *engine, const struct exposure *x,
					const struct arrival *a)
{
	struct reason_context context = engine_reason(engine, x);

	if (a->rung.level == x->level)
		context.command = a->rung.command;
	return context;
}

static void open_exposure(struct engine *engine, uint32_t slot, const struct arrival *a)
{
	struct exposure *x = exposures_at(engine->exposures, slot);
	uint64_t was_closed_ns = x->close_reason == CLOSE_PROBES ? x->closed_ns : 0;
	uint64_t now_ns = a->observation->ts_ns;
	enum event_kind kind = engine_life_open(engine, slot, now_ns);
	struct reason_context context;
	bool service_changed;

	x->first_answer_ns = x->changed_before_ns = x->last_accept_ns = a->rung.answer_ns;
	x->origin = a->observation->flow.origin;
	x->accept_zone = a->decision.client_zone;
	x->accept_carried = a->observation->flow.carrier.by != FORWARDED_NOT;
	engine_silence_begin(x, a->rung.answer_ns);
	if (!is_claim(a))
		engine_wall_interval(engine, x, &a->observation->flow);
	take_in(engine, x, a, &service_changed);
	if (!is_claim(a))
		engine_crowd_enter(engine, x, now_ns);
	engine_life_count_opened(engine, x);
	exposures_rank(engine->exposures, slot);
	engine_life_join(engine, slot, now_ns);
	if (x->quiet) {
		engine_collapse(engine, slot, now_ns);
		return;
	}
	if (!x->told)
		kind = EVENT_EXPOSURE_OPENED;
	context = context_of(engine, x, a);
	engine_emit_exposure(engine, kind, slot, now_ns);
	engine->event.alert = engine_life_alerts(x);
	if (kind == EVENT_EXPOSURE_OPENED)
		reason_reached(engine->event.reason, &engine->event.exposure, &context, true);
	else
		reason_reopened(engine->event.reason, &engine->event.exposure, &context,
				was_closed_ns);
	engine_emit_send(engine);
	engine_collapse(engine, slot, now_ns);
}

static void escalate(struct engine *engine, uint32_t slot, const struct arrival *a,
		     const struct before *before)
{
	const struct exposure *x = exposures_at(engine->exposures, slot);
	bool rule_applies = before->unlisted && !x->unlisted;
	bool higher = x->level > before->level, severer = x->severity > before->severity;
	struct reason_context context = context_of(engine, x, a);
	struct event *event = &engine->event;

	engine_emit_exposure(engine, EVENT_EXPOSURE_ESCALATED, slot, a->observation->ts_ns);
	event->previous_level = before->level;
	event->alert = engine_life_alerts(x) &&
		       (rule_applies || severer || (x->campaign && !before->campaign) ||
			(higher && x->level >= LEVEL_ACCESSED));
	if (higher)
		reason_reached(event->reason, &event->exposure, &context, false);
	else
		reason_known(event->reason, &event->exposure, &context, rule_applies || severer);
	engine_emit_send(engine);
}

static void continue_exposure(struct engine *engine, uint32_t slot, const struct arrival *a)
{
	struct exposure *x = exposures_at(engine->exposures, slot);
	struct before before = {x->level, x->severity, x->unlisted, x->campaign,
				incidents_key_of(x)};
	const struct command *command = a->rung.command;
	bool service_changed, was_closing = false;

	if (exposure_is_open(x->state))
		was_closing = accept_again(engine, x, a);
	take_in(engine, x, a, &service_changed);
	exposures_rank(engine->exposures, slot);
	if (exposure_is_open(x->state) && x->incident_id[0] == '\0')
		engine_life_join(engine, slot, a->observation->ts_ns);
	if (x->quiet && engine_crowd_changed(engine, slot, command, a->observation->ts_ns))
		return;
	if (!is_claim(a) && !x->quiet && before.level <= LEVEL_REACHABLE &&
	    x->level > LEVEL_REACHABLE)
		engine_crowd_went_further(engine, before.key, x);
	incidents_refresh(engine->incidents, engine->policy, x, slot);
	if (x->quiet)
		return;
	if (x->level > before.level || x->severity > before.severity ||
	    x->unlisted != before.unlisted || x->campaign != before.campaign || service_changed)
		escalate(engine, slot, a, &before);
	else if (was_closing)
		engine_tell_summary(engine, slot, a->observation->ts_ns);
}

/*
 * Closed by what was seen: only a new conversation, begun after the proof, shows that it is open.
 */
static bool opens(const struct exposure *x, const struct arrival *a)
{
	if (exposure_is_open(x->state))
		return false;
	if (x->close_reason != CLOSE_PROBES && x->close_reason != CLOSE_LIKELY)
		return true;
	return let_in_ns(a) > x->closed_ns;
}

/* Closed for new conversations, and the server has sent more in an old one. */
static bool talks_on(const struct exposure *x, const struct arrival *a)
{
	const struct flow_report *flow = &a->observation->flow;

	return x->state == EXPOSURE_CLOSED && x->close_reason == CLOSE_PROBES && !flow->ended &&
	       !flow->last && flow->talked_ns > x->closed_ns;
}

static void unanswered(struct engine *engine, const struct endpoint *server,
		       const struct observation *o, const struct rung *rung)
{
	bool refused = rung->level == LEVEL_REFUSED;
	struct wall_report report = {
		.last_refused_ns = refused ? o->ts_ns : 0,
		.last_unjudged_ns = refused ? 0 : o->ts_ns,
		.first_ns = o->ts_ns,
		.new_refused = refused,
		.new_unjudged =
			!refused, /* silence of such a service, or to such bytes, is usual */
		.source_count = 1,
		.sources = {o->flow.client},
	};

	if (o->flow.first && !server->outgoing)
		engine_wall(engine, server, &report, o->ts_ns);
}

/* A record for an endpoint that has none; EXPOSURE_NONE: there is no room for one of its rank. */
static uint32_t newcomer(struct engine *engine, const struct endpoint *server,
			 const struct arrival *a)
{
	const struct policy_decision *decision = &a->decision;
	const struct observation *o = a->observation;
	bool guess = o->flow.direction == DIRECTION_GUESS;
	struct exposure_rank rank = {
		.unlisted = decision->verdict == POLICY_UNLISTED,
		.severity = (uint8_t)decision->severity,
		.level = (uint8_t)a->rung.level,
		.claimed = is_claim(a),
	};
	uint32_t key = incidents_key(rank.unlisted, decision->group, decision->rule), slot;

	if (guess && rank.severity > EXPOSURE_GUESS_RANK)
		rank.severity = EXPOSURE_GUESS_RANK;
	rank.quiet = !rank.claimed && engine_crowd_quiet(engine, key, rank, o->ts_ns);
	slot = engine_life_new(engine, server, &o->server.address, rank, o->ts_ns);
	if (slot == EXPOSURE_NONE && rank.claimed)
		engine->stats.exposures_refused++;
	else if (slot == EXPOSURE_NONE)
		engine_crowd_untracked(engine, key, server, rank.quiet, o->ts_ns);
	return slot;
}

static void note_coverage(struct engine *engine, const struct arrival *a)
{
	const struct observation *o = a->observation;

	if (a->rung.proves && a->rung.answered)
		coverage_answer(engine->coverage, a->decision.rule, a->decision.group,
				o->flow.first, o->ts_ns);
	if (o->flow.first && a->rung.proves)
		engine_silence_passed(engine, o->ts_ns);
}

/*
 * The record that this conversation belongs to: of a port that has shown much its own, though the
 * other ports of its host are one.
 */
static uint32_t target(const struct engine *engine, const struct endpoint *server,
		       const struct arrival *a)
{
	uint32_t own = exposures_find(engine->exposures, server);
	uint32_t slot = engine_target(engine, server, own);

	if (slot != own && a->rung.proves &&
	    engine_collapse_spares(engine, slot, server, a->observation, a->rung.level))
		return own;
	return slot;
}

void engine_flow(struct engine *engine, const struct endpoint *server, const struct observation *o)
{
	bool inside = engine_is_inside(engine, o->ts_ns);
	struct arrival a = {.observation = o, .server = *server, .rung = ladder_rung(o, inside)};
	struct endpoint record = is_claim(&a) ? engine_claim_key(engine, &o->flow) : *server;
	uint32_t slot = target(engine, &record, &a);

	decide(engine, slot, server, o, &a.decision);
	if (!is_claim(&a))
		note_coverage(engine, &a);
	if (a.decision.verdict == POLICY_ALLOWED || a.decision.verdict == POLICY_EXCEPTED)
		return;
	if (!a.rung.proves) {
		unanswered(engine, server, o, &a.rung);
		return;
	}
	if (slot == EXPOSURE_NONE)
		slot = newcomer(engine, &record, &a);
	if (slot == EXPOSURE_NONE)
		return;
	if (opens(exposures_at(engine->exposures, slot), &a)) {
		open_exposure(engine, slot, &a);
		return;
	}
	continue_exposure(engine, slot, &a);
	if (talks_on(exposures_at(engine->exposures, slot), &a))
		engine_closing_resume(engine, slot, o->ts_ns);
}
