/* SPDX-License-Identifier: ISC */
/*
 * From the proof that nobody new is let in to "closed". A filter that comes back seldom ends what
 * it let through before: as long as the server still sends something in a conversation that has not
 * ended, the exposure is `closing`, which is open. It closes when all have ended, or when the
 * server has sent nothing for TALK_NS: from then on a conversation may still be there, and is
 * silent.
 *
 * One that talks later opens the exposure again, as closing; the patience doubles each time.
 */
#include "sensor/base/clock.h"
#include "sensor/engine/engine_state.h"

#define TALK_NS	      NS_PER_MINUTE
#define LOOK_EVERY_NS NS_PER_S
#define PATIENCE_MOST 6

/* Does the server still send to somebody who was let in before? */
static bool talks(const struct engine *engine, const struct exposure *x, uint64_t now_ns)
{
	uint64_t patience_ns = TALK_NS << x->resumed, since_ns = x->talked_ns;

	if (transport_is_datagram(x->server.transport))
		return false; /* an answer to a datagram is somebody who is let in */
	/* Of a run before this one: who still talks has to be seen first. */
	if (x->state == EXPOSURE_CLOSING && x->live_flows == 0 && since_ns < engine->sighted_ns)
		return now_ns < engine->sighted_ns + TALK_NS;
	return x->live_flows != 0 && now_ns < since_ns + patience_ns;
}

void engine_closing(struct engine *engine, uint32_t slot, uint64_t now_ns)
{
	struct exposure *x = exposures_at(engine->exposures, slot);

	if (now_ns < x->first_probe_ns + policy_thresholds(engine->policy)->close_spread_ns)
		return;
	if (!talks(engine, x, now_ns)) {
		engine_life_close(engine, slot, CLOSE_PROBES, x->probe_ns);
		return;
	}
	if (x->state == EXPOSURE_CLOSING)
		return;
	x->state = EXPOSURE_CLOSING;
	incidents_refresh(engine->incidents, engine->policy, x, slot);
	if (!x->quiet)
		engine_tell_summary(engine, slot, now_ns);
}

void engine_closing_resume(struct engine *engine, uint32_t slot, uint64_t now_ns)
{
	struct exposure *x = exposures_at(engine->exposures, slot);
	struct reason_context context;

	x->state = EXPOSURE_CLOSING;
	x->close_reason = CLOSE_NOT;
	x->closed_ns = 0;
	if (x->resumed < PATIENCE_MOST)
		x->resumed++;
	engine_life_await(engine, x, true);
	engine_life_count_opened(engine, x);
	exposures_rank(engine->exposures, slot);
	engine_life_join(engine, slot, now_ns);
	if (x->quiet)
		return;
	context = engine_reason(engine, x);
	engine_emit_exposure(engine, EVENT_EXPOSURE_REOPENED, slot, now_ns);
	reason_summary(engine->event.reason, &engine->event.exposure, &context);
	engine_emit_send(engine);
}

bool engine_closing_undo(struct engine *engine, struct exposure *x)
{
	bool had_begun = x->state == EXPOSURE_CLOSING;

	engine_life_await(engine, x, false);
	if (had_begun)
		x->state = EXPOSURE_OPEN;
	return had_begun;
}

void engine_closing_look(struct engine *engine, uint64_t now_ns)
{
	if (engine->awaiting == 0 || now_ns < engine->next_closing_ns)
		return;
	engine->next_closing_ns = now_ns + LOOK_EVERY_NS;
	for (uint32_t slot = 0; slot < exposures_size(engine->exposures); slot++) {
		if (exposures_used(engine->exposures, slot) &&
		    exposures_at(engine->exposures, slot)->awaiting)
			engine_closing(engine, slot, now_ns);
	}
}
