/* SPDX-License-Identifier: ISC */
/*
 * What found the ring to the main thread full is told as soon as there is room, and before anything
 * newer: not with its conversation's next packet, which may be long in coming, or never come. See
 * untold.h for what waits how.
 */
#include "sensor/event/verdict.h"
#include "sensor/worker/worker_state.h"

static bool is_grave(const struct facts *facts)
{
	if (facts->data_read == ANSWER_YES || facts->directory_listing || facts->auth >= AUTH_NONE)
		return true;
	for (int i = 0; i < facts->command_count; i++) {
		if (facts->commands[i].flags && facts->commands[i].accepted != ANSWER_NO)
			return true;
	}
	return false;
}

/* By the rule that it breaks, as far as that can be said without a service. */
static bool is_severe(const struct worker *worker, const struct endpoint *seen,
		      const struct address *client, uint64_t ts_ns)
{
	struct endpoint server = *seen;
	struct policy_decision decision;

	if (!worker->policy)
		return false;
	server.address = policy_translate(worker->policy, &seen->address);
	verdict_of(worker->policy, &server, &seen->address, client, POLICY_NO_SERVICE, ts_ns,
		   &decision);
	return decision.verdict == POLICY_FORBIDDEN && decision.severity >= SEVERITY_HIGH;
}

static enum untold_grade grade_of_flow(const struct worker *worker, struct flow *flow)
{
	const struct session *session = sessions_get(worker->sessions, flow);
	struct endpoint server = flow_endpoint(flow);
	struct flow_report report = {.client_port = 0};

	if (session && is_grave(&session->findings->facts))
		return UNTOLD_GRAVE;
	if (worker_telling(worker, flow)->reported)
		return UNTOLD_MORE;
	worker_client(worker, flow, &report);
	if (flow->outgoing)
		report.client = flow_server(flow).address;
	return is_severe(worker, &server, &report.client, flow->last_ns) ? UNTOLD_SEVERE
									 : UNTOLD_NEW;
}

static enum untold_grade grade_of(const struct worker *worker,
				  const struct observation *observation)
{
	if (observation->kind != OBSERVATION_FLOW)
		return UNTOLD_MORE;
	if (is_grave(&observation->flow.facts))
		return UNTOLD_GRAVE;
	if (!observation->flow.first)
		return UNTOLD_MORE;
	return is_severe(worker, &observation->server, &observation->flow.client,
			 observation->ts_ns)
		       ? UNTOLD_SEVERE
		       : UNTOLD_NEW;
}

bool worker_emit_now(struct worker *worker, const struct observation *observation)
{
	bool room = !worker_untold_any(worker) && worker->emit(worker->context, observation);

	worker->stats.observations += room;
	worker->refused |= !room;
	return room;
}

void worker_untold_flow(struct worker *worker, struct flow *flow)
{
	worker->stats.observations_refused += untold_wait(
		worker->untold, flow_number(worker->flows, flow), grade_of_flow(worker, flow));
}

void worker_untold_keep(struct worker *worker, const struct observation *observation,
			const struct flow *flow)
{
	uint32_t number = flow ? flow_number(worker->flows, flow) : 0;

	worker->stats.observations_refused++;
	worker->stats.observations_lost +=
		!untold_keep(worker->untold, observation, number, grade_of(worker, observation));
}

/* False: there is no room for all of it yet. */
static bool tell_flow(struct worker *worker, uint32_t number)
{
	struct flow *flow = flow_at(worker->flows, number);

	worker->refused = false;
	worker_carried_tell(worker, flow);
	if (worker->refused)
		return false;
	untold_settle(worker->untold, number);
	return true;
}

void worker_retry(struct worker *worker)
{
	const struct observation *kept;
	bool room = true;
	uint32_t number;

	worker->retrying = true;
	while (room && untold_first(worker->untold, &number, &kept)) {
		if (number != 0) {
			room = tell_flow(worker, number);
			continue;
		}
		room = worker_emit_now(worker, kept);
		if (room)
			untold_kept_told(worker->untold);
	}
	worker->retrying = false;
}

void worker_untold_finish(struct worker *worker)
{
	const struct observation *kept;
	uint32_t number;

	worker_retry(worker);
	while (untold_first(worker->untold, &number, &kept)) {
		if (number != 0)
			untold_settle(worker->untold, number);
		else
			untold_kept_told(worker->untold);
		worker->stats.observations_lost++;
	}
}
