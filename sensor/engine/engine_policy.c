/* SPDX-License-Identifier: ISC */
/*
 * The policy over time: exceptions that run out, and a new policy that judges what is open.
 *
 * On a reload every exposure is judged again for the clients that are remembered with it, by the
 * furthest first. One that no rule forbids any more closes (CLOSE_POLICY); one that a rule forbids
 * for the first time is escalated. An unlisted one that stays unlisted stays.
 */
#include <stdio.h>
#include <string.h>

#include "sensor/engine/engine_state.h"
#include "sensor/event/reason_text.h"

enum told {
	TOLD_NOTHING,
	TOLD_EXPIRING,
	TOLD_EXPIRED,
};

static void tell_exception(struct engine *engine, uint16_t index, enum event_kind kind,
			   uint64_t now_ns)
{
	struct policy_exception_view exception = policy_exception(engine->policy, index);
	bool expired = kind == EVENT_POLICY_EXCEPTION_EXPIRED;
	struct text text;

	engine_emit_plain(engine, kind, now_ns);
	engine->event.severity = expired ? SEVERITY_MEDIUM : SEVERITY_LOW;
	text = text_in(engine->event.reason);
	text_say(&text, "the exception from rule %s (%.60s, owner %.40s%s%.24s) %s", exception.rule,
		 exception.reason, exception.owner, exception.ticket[0] != '\0' ? ", " : "",
		 exception.ticket, expired ? "ended at " : "ends at ");
	text_instant(&text, exception.until_ns);
	text_say(&text, ", line %u", exception.line);
	engine_emit_send(engine);
}

static void soonest(uint64_t *at, uint64_t ns)
{
	if (ns < *at)
		*at = ns;
}

static void check_exception(struct engine *engine, uint16_t index, uint64_t now_ns)
{
	uint64_t until = policy_exception(engine->policy, index).until_ns;
	uint64_t warning = policy_thresholds(engine->policy)->exception_warning_ns;
	uint64_t warn = until > warning ? until - warning : 0;
	uint8_t *told = &engine->exceptions_told[index];

	if (*told == TOLD_EXPIRED)
		return;
	if (now_ns >= until) {
		*told = TOLD_EXPIRED;
		tell_exception(engine, index, EVENT_POLICY_EXCEPTION_EXPIRED, now_ns);
		return;
	}
	soonest(&engine->exception_check_ns, until);
	if (*told == TOLD_EXPIRING)
		return;
	if (now_ns < warn) {
		soonest(&engine->exception_check_ns, warn);
		return;
	}
	*told = TOLD_EXPIRING;
	tell_exception(engine, index, EVENT_POLICY_EXCEPTION_EXPIRING, now_ns);
}

void engine_exceptions(struct engine *engine, uint64_t now_ns)
{
	if (now_ns < engine->exception_check_ns)
		return;
	engine->exception_check_ns = UINT64_MAX;
	for (uint16_t i = 0; i < policy_exception_count(engine->policy); i++)
		check_exception(engine, i, now_ns);
}

static bool same_exception(const struct policy_exception_view *a,
			   const struct policy_exception_view *b)
{
	return a->until_ns == b->until_ns && strcmp(a->rule, b->rule) == 0 &&
	       strcmp(a->owner, b->owner) == 0 && strcmp(a->reason, b->reason) == 0 &&
	       strcmp(a->ticket, b->ticket) == 0;
}

/* What was told of an exception is not told again because the file was read again. */
static void move_exceptions(struct engine *engine, const struct policy *to)
{
	uint8_t *next = engine->exceptions_next;

	for (uint16_t i = 0; i < policy_exception_count(to); i++) {
		struct policy_exception_view now = policy_exception(to, i);

		next[i] = TOLD_NOTHING;
		for (uint16_t j = 0; j < policy_exception_count(engine->policy); j++) {
			struct policy_exception_view old = policy_exception(engine->policy, j);

			if (same_exception(&now, &old) && engine->exceptions_told[j] > next[i])
				next[i] = engine->exceptions_told[j];
		}
	}
	engine->exceptions_next = engine->exceptions_told;
	engine->exceptions_told = next;
	engine->exception_check_ns = 0;
}

static unsigned weight(const struct policy_decision *decision)
{
	if (decision->verdict == POLICY_FORBIDDEN)
		return 2 + (unsigned)decision->severity;
	return decision->verdict == POLICY_UNLISTED;
}

/* The severest decision over the clients that are remembered. */
static void decide_again(const struct engine *engine, const struct exposure *x, uint64_t now_ns,
			 struct policy_decision *worst)
{
	const struct endpoint *server = x->server.realm == REALM_CLAIMED ? &x->claimed : &x->server;
	uint16_t service = x->identified_by >= IDENTIFIED_NDPI_DPI ? x->service : POLICY_NO_SERVICE;

	*worst = (struct policy_decision){.verdict = POLICY_ALLOWED};
	if (engine_claim_settled(engine, x))
		return;
	for (unsigned i = 0; i < x->source_count; i++) {
		struct policy_decision decision;

		engine_decide(engine, server, &x->server_seen, &x->sources[i].address, service,
			      now_ns, &decision);
		if (x->identified_by == IDENTIFIED_OFFER)
			engine_decide_offer(engine, server, &x->server_seen, &x->sources[i].address,
					    now_ns, &decision);
		if (weight(&decision) > weight(worst))
			*worst = decision;
	}
}

static void rejudge(struct engine *engine, uint32_t slot, uint64_t now_ns)
{
	struct exposure *x = exposures_at(engine->exposures, slot);
	uint8_t severity_before = x->severity;
	bool was_unlisted = x->unlisted;
	struct policy_decision decision;
	struct reason_context context;

	decide_again(engine, x, now_ns, &decision);
	x->unlisted = true;
	x->rule = x->group = POLICY_NONE;
	x->rule_severity = SEVERITY_INFO;
	x->client_zone = x->server_zone = POLICY_ZONE_INTERNET;
	x->accept_zone = policy_place(engine->policy, &x->client).zone;
	engine_life_judge(x, &decision);
	engine_life_severity(x);
	if (!exposure_is_open(x->state))
		return;
	if (decision.verdict < POLICY_FORBIDDEN || (x->unlisted && !was_unlisted)) {
		x->unlisted = was_unlisted;
		x->severity = severity_before;
		engine_life_close(engine, slot, CLOSE_POLICY, now_ns);
		return;
	}
	exposures_rank(engine->exposures, slot);
	if (x->quiet) {
		engine_crowd_rejudged(engine, slot, now_ns);
		return;
	}
	if (x->incident_id[0] == '\0')
		engine_life_join(engine, slot, now_ns);
	incidents_refresh(engine->incidents, engine->policy, x, slot);
	if (x->unlisted || (!was_unlisted && x->severity <= severity_before))
		return;
	context = engine_reason(engine, x);
	engine_emit_exposure(engine, EVENT_EXPOSURE_ESCALATED, slot, now_ns);
	engine->event.alert = x->incident_id[0] == '\0';
	reason_known(engine->event.reason, &engine->event.exposure, &context, true);
	engine_emit_send(engine);
}

void engine_set_known(struct engine *engine, struct known_bad *known)
{
	engine->known = known;
}

void engine_set_policy(struct engine *engine, const struct policy *policy, uint64_t now_ns)
{
	coverage_move(engine->coverage, engine->policy, policy);
	move_exceptions(engine, policy);
	incidents_set_policy(engine->incidents, policy);
	engine->policy = policy;
	for (uint32_t slot = 0; slot < exposures_size(engine->exposures); slot++) {
		if (!exposures_used(engine->exposures, slot))
			continue;
		rejudge(engine, slot, now_ns);
		engine_life_check_later(engine, slot, now_ns);
	}
	engine_exceptions(engine, now_ns);
	engine_tell_incidents(engine, now_ns);
}
