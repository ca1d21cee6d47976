/* SPDX-License-Identifier: ISC */
/*
 * --evidence: the packets of conversations that break a rule. What the policy says is asked here,
 * with the same words as in the engine, when a conversation has been told for the first time, and
 * again as long as its service is not known for good: rules may be about services.
 *
 * A carrier's connection is kept as a whole once one of its carried clients breaks a rule.
 *
 * Frames from before the decision wait in two small rings: first packets of conversations (a flood
 * of them pushes out nothing else), and packets of conversations that are not decided.
 */
#include <stdlib.h>

#include "sensor/event/verdict.h"
#include "sensor/worker/worker_state.h"

#define ATTEMPTS      4096
#define ATTEMPT_BYTES (1u << 19)
#define HELD	      4096
#define HELD_BYTES    (1u << 21)
#define ATTEMPT_MOST  1600 /* bytes of a first packet that are worth a place */

struct trail {
	worker_keep *keep;
	struct recent *attempts, *held;
	uint64_t tuple; /* of the conversation that `kept` is about; 0: none */
	struct kept_frame kept;
};

bool worker_keep_evidence(struct worker *worker, worker_keep *keep)
{
	struct trail *trail = calloc(1, sizeof *trail);

	worker->trail = trail;
	if (!trail)
		return false;
	trail->keep = keep;
	trail->attempts = recent_new(ATTEMPTS, ATTEMPT_BYTES);
	trail->held = recent_new(HELD, HELD_BYTES);
	return trail->attempts && trail->held;
}

uint64_t worker_trail_bytes(void)
{
	return sizeof(struct trail) + recent_bytes(ATTEMPTS, ATTEMPT_BYTES) +
	       recent_bytes(HELD, HELD_BYTES);
}

void worker_trail_free(struct worker *worker)
{
	if (!worker->trail)
		return;
	recent_free(worker->trail->attempts);
	recent_free(worker->trail->held);
	free(worker->trail);
}

static bool breaks_a_rule(const struct worker *worker, const struct flow *flow, bool *final)
{
	const struct session *session = sessions_get(worker->sessions, flow);
	struct endpoint seen = flow_endpoint(flow), server = seen;
	uint16_t service = POLICY_NO_SERVICE;
	struct policy_decision decision;
	struct flow_report report = {.client_port = 0};

	worker_client(worker, flow, &report);
	if (flow->outgoing)
		report.client = flow_server(flow).address;
	server.address = policy_translate(worker->policy, &seen.address);
	if (session && session->identified_by >= IDENTIFIED_NDPI_DPI)
		service = services_id(worker->services, session->findings->facts.service);
	*final = service != POLICY_NO_SERVICE && session->identified_by == IDENTIFIED_PAYLOAD &&
		 !flow->carrier;
	verdict_of(worker->policy, &server, &seen.address, &report.client, service, flow->last_ns,
		   &decision);
	return decision.verdict == POLICY_FORBIDDEN;
}

/* One frame of the conversation that trail->kept is about. */
static void keep_frame(void *context, const struct frame_view *frame)
{
	struct worker *worker = context;
	struct trail *trail = worker->trail;

	trail->kept.frame = *frame;
	if (trail->keep(worker->context, &trail->kept))
		worker->stats.evidence++;
	else
		worker->stats.evidence_lost++;
}

static void aim(struct worker *worker, const struct flow *flow, uint64_t tuple)
{
	struct trail *trail = worker->trail;

	if (trail->tuple == tuple)
		return;
	trail->tuple = tuple;
	trail->kept.server = flow_endpoint(flow);
	trail->kept.server.address = policy_translate(worker->policy, &trail->kept.server.address);
	verdict_exposure_id(worker->policy, &trail->kept.server, trail->kept.exposure);
}

static void decide(struct worker *worker, struct flow *flow, uint64_t tuple)
{
	bool final;

	worker->trail->tuple = 0; /* the same ports may be another conversation now */
	if (breaks_a_rule(worker, flow, &final)) {
		flow->seen |= FLOW_KEPT;
		aim(worker, flow, tuple);
		recent_take(worker->trail->attempts, tuple, keep_frame, worker);
		recent_take(worker->trail->held, tuple, keep_frame, worker);
	} else if (final) {
		flow->seen |= FLOW_NOT_KEPT;
	}
}

void worker_trail(struct worker *worker, const struct sighting *sighting)
{
	const struct frame_view *frame = worker->frame;
	struct flow *flow = flow_find(worker->flows, &sighting->key, sighting->hash);
	struct trail *trail = worker->trail;

	if (!frame) /* fragments that were given up */
		return;
	if (!flow) {
		if (sighting->to_ours && frame->captured <= ATTEMPT_MOST)
			recent_add(trail->attempts, sighting->hash, frame);
		return;
	}
	if (!(worker_telling(worker, flow)->concerned || flow->carrier) ||
	    (flow->seen & FLOW_NOT_KEPT))
		return;
	if (!(flow->seen & FLOW_KEPT) && worker_telling(worker, flow)->reported)
		decide(worker, flow, sighting->hash);
	if (flow->seen & FLOW_KEPT) {
		aim(worker, flow, sighting->hash);
		keep_frame(worker, frame);
	} else if (!(flow->seen & FLOW_NOT_KEPT)) {
		recent_add(trail->held, sighting->hash, frame);
	}
}
