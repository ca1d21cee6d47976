/* SPDX-License-Identifier: ISC */
/*
 * When and what a worker tells of a flow. What changes the picture (reachable, first answer,
 * service, authentication, a listing or a destructive command and its result) is told with the
 * packet that showed it; anything else at most once a second; bytes when they have doubled since
 * the last report, or after a minute.
 */
#include "sensor/worker/worker_state.h"

#include "sensor/base/clock.h"

#define FACTS_EVERY_NS NS_PER_S
#define BYTES_EVERY_NS NS_PER_MINUTE
#define TALKS_EVERY_NS (2 * NS_PER_S) /* while attempts at the same endpoint are in vain */
#define TALKS_STILL_NS (20 * NS_PER_S)
#define BYTES_FIRST    65536

/* Has anything shown that the server can be reached? */
static bool is_reachable(const struct worker *worker, struct flow *flow)
{
	if (transport_is_datagram((uint8_t)flow->key.transport))
		return (flow->sight & SIGHT_SERVER) || flow->one_way_service;
	if ((flow->seen & (FLOW_SYNACK | FLOW_CLIENT_PROOF)) ||
	    worker_telling(worker, flow)->bytes[SIDE_SERVER] != 0)
		return true;
	if (flow->seen & FLOW_CLIENT_ACKED)
		return worker_roles_likely(worker, flow);
	/* A collector that only acknowledges; not by a guess, for so do our own downloads. */
	return (flow->seen & FLOW_SERVER_ACK) && flow->direction > DIRECTION_GUESS;
}

static enum outcome outcome_one_sided(const struct flow *flow, const uint64_t bytes[2])
{
	if (flow->sight == SIGHT_CLIENT) {
		if (flow->seen & FLOW_ICMP_REFUSED)
			return OUTCOME_REFUSED;
		if (!(flow->seen & FLOW_CLIENT_ACK) && bytes[SIDE_CLIENT] == 0)
			return flow->seen & FLOW_SYN ? OUTCOME_SYN_ONLY : OUTCOME_RST_ONLY;
		return OUTCOME_CLIENT_ONLY;
	}
	if (bytes[SIDE_SERVER] == 0) {
		if (flow->seen & FLOW_SYNACK)
			return OUTCOME_SYNACK_ONLY;
		if (flow->seen & FLOW_SERVER_RST)
			return OUTCOME_RST_ONLY;
	}
	return OUTCOME_SERVER_ONLY;
}

static enum outcome outcome_udp(const struct flow *flow)
{
	if (flow->sight == SIGHT_BOTH)
		return OUTCOME_UDP_ANSWERED;
	if (flow->sight == SIGHT_SERVER)
		return OUTCOME_UDP_RESPONSE_ONLY;
	return flow->seen & FLOW_ICMP_REFUSED ? OUTCOME_REFUSED : OUTCOME_UDP_REQUEST_ONLY;
}

static enum outcome outcome_of(const struct flow *flow, const uint64_t bytes[2])
{
	if (transport_is_datagram((uint8_t)flow->key.transport))
		return outcome_udp(flow);
	if (flow->sight != SIGHT_BOTH)
		return outcome_one_sided(flow, bytes);
	if (flow->seen & FLOW_SYNACK)
		return flow->seen & FLOW_CLIENT_ACK || bytes[SIDE_CLIENT] != 0
			       ? OUTCOME_ESTABLISHED
			       : OUTCOME_SYNACK_ONLY;
	if (bytes[SIDE_CLIENT] != 0 || bytes[SIDE_SERVER] != 0)
		return OUTCOME_MIDSTREAM;
	if (flow->seen & (FLOW_SERVER_RST | FLOW_ICMP_REFUSED))
		return flow->seen & FLOW_SYN ? OUTCOME_REFUSED : OUTCOME_RST_ONLY;
	return flow->seen & FLOW_SYN ? OUTCOME_SYN_ONLY : OUTCOME_MIDSTREAM;
}

/* Of what must be told at once. */
static uint32_t digest_of(const struct worker *worker, const struct facts *facts)
{
	uint32_t digest = services_id(worker->services, facts->service) * 31u;

	digest = digest * 31u + facts->auth;
	digest = digest * 31u + facts->encryption;
	digest = digest * 31u + facts->data_read + facts->directory_listing * 4u;
	for (int i = 0; i < facts->command_count; i++) {
		const struct command *command = &facts->commands[i];

		if (command->flags)
			digest = digest * 31u + command->flags * 4u + command->accepted + 1u;
	}
	return digest;
}

/* What is new since the last report. A session that was given up and begun again counts from 0. */
static uint32_t newer(uint32_t total, uint32_t told)
{
	return total >= told ? total - told : total;
}

/*
 * The client speaks, and a server that is seen to be there says nothing: what it is has not been
 * shown, unless it is a service that is only spoken to. An inventory names it after the client as
 * long as the server does not hang up on what it was told.
 */
static bool is_attempt(const struct worker *worker, struct flow *flow,
		       const struct session *session)
{
	const struct service *service = session->findings->facts.service;

	return (!worker->options.everything || (flow->seen & FLOW_SERVER_RST)) &&
	       !transport_is_datagram((uint8_t)flow->key.transport) && flow->sight == SIGHT_BOTH &&
	       worker_telling(worker, flow)->bytes[SIDE_SERVER] == 0 &&
	       !(service && service->one_way);
}

static void fill(const struct worker *worker, struct flow *flow, const struct session *session,
		 struct flow_report *report)
{
	const struct telling *telling = worker_telling(worker, flow);
	const struct findings *findings = session ? session->findings : NULL;

	report->start_ns = telling->start_ns;
	report->origin = telling->origin;
	report->outcome = (uint8_t)outcome_of(flow, telling->bytes);
	report->direction = flow->direction;
	report->sight = flow->sight;
	report->service = report->ndpi_service = POLICY_NO_SERVICE;
	report->first = !telling->reported;
	report->one_way_service = flow->one_way_service && flow->sight == SIGHT_CLIENT;
	report->acknowledged = (flow->seen & FLOW_CLIENT_ACKED) != 0;
	report->server_payload = telling->bytes[SIDE_SERVER] != 0;
	report->question = flow->question;
	report->talked_ns = flow->talked_ns;
	report->wall_unanswered_ns = flow->wall_unanswered_ns;
	report->wall_refused_ns = flow->wall_refused_ns;
	report->vlan = flow->vlan;
	report->vlan_inner = flow->vlan_inner;
	report->tunnels = *tunnel_table_get(worker->tunnels, flow->tunnels);
	worker_client(worker, flow, report);
	report->new_bytes_c2s = telling->bytes[SIDE_CLIENT] - telling->reported_bytes[SIDE_CLIENT];
	report->new_bytes_s2c = telling->bytes[SIDE_SERVER] - telling->reported_bytes[SIDE_SERVER];
	if (!session || is_attempt(worker, flow, session))
		return;
	report->facts = findings->facts;
	worker_client_claim(report);
	report->service = services_id(worker->services, findings->facts.service);
	report->identified_by = session->identified_by;
	if (session->ndpi_service != report->service)
		report->ndpi_service = session->ndpi_service;
	report->new_logins_failed = newer(findings->facts.logins_failed, telling->reported_failed);
	report->new_logins_succeeded =
		newer(findings->facts.logins_succeeded, telling->reported_succeeded);
	report->new_messages = newer(findings->facts.messages, telling->reported_messages);
	report->users_tried = findings->users_tried;
	report->objects_read = findings->objects_read;
}

/* Of what a balancer carries nobody's conversation ends before the connection is forgotten. */
static bool is_over(const struct flow *flow)
{
	return (flow->ends & FLOW_OVER) && flow->turn == 0;
}

/* The report has been taken: what it said is not news any more. */
static void note_told(const struct worker *worker, struct flow *flow,
		      const struct flow_report *told)
{
	struct telling *telling = worker_telling(worker, flow);

	flow->told_end |= told->ended && !told->last;
	telling->reported = true;
	telling->told_payload = told->server_payload;
	telling->reported_ns = flow->last_ns;
	telling->reported_bytes[SIDE_CLIENT] = telling->bytes[SIDE_CLIENT];
	telling->reported_bytes[SIDE_SERVER] = telling->bytes[SIDE_SERVER];
	telling->reported_failed = told->facts.logins_failed;
	telling->reported_succeeded = told->facts.logins_succeeded;
	telling->reported_messages = told->facts.messages;
	telling->reported_revision = told->facts.revision;
	telling->digest = digest_of(worker, &told->facts);
}

/*
 * Of a conversation that one of ours began: the endpoint is that host and the port it went to, the
 * client is who is there, and what the host sent is what went out. What it did at the other side is
 * no log-in or command here.
 */
static void turn_outgoing(const struct flow *flow, struct observation *observation)
{
	struct flow_report *report = &observation->flow;
	uint64_t sent = report->new_bytes_c2s;

	report->client = observation->server.address;
	observation->server = flow_endpoint(flow);
	report->new_bytes_c2s = report->new_bytes_s2c;
	report->new_bytes_s2c = sent;
	report->new_logins_failed = report->new_logins_succeeded = report->new_messages = 0;
	report->users_tried = report->objects_read = (struct sketch){.exact = 0};
	report->facts.auth = AUTH_UNKNOWN;
	report->facts.data_read = ANSWER_UNKNOWN;
	report->facts.command_count = 0;
	report->facts.directory_listing = false;
}

/* Makes a report, whole, and tells it. False: it found no room, and `*observation` is that one. */
static bool tell(struct worker *worker, struct flow *flow, bool last,
		 struct observation *observation)
{
	*observation = (struct observation){
		.kind = OBSERVATION_FLOW,
		.worker = worker->options.number,
		.ts_ns = flow->last_ns,
		.server = flow_server(flow),
	};
	fill(worker, flow, sessions_get(worker->sessions, flow), &observation->flow);
	observation->flow.last = last;
	observation->flow.ended = (last || is_over(flow)) && !flow->told_end;
	if (flow->outgoing)
		turn_outgoing(flow, observation);
	if (!worker_emit_now(worker, observation))
		return false;
	note_told(worker, flow, &observation->flow);
	return true;
}

static void report(struct worker *worker, struct flow *flow)
{
	struct observation observation;

	/* What waits goes first. */
	if (worker_untold_any(worker) || !tell(worker, flow, false, &observation))
		worker_untold_flow(worker, flow);
}

/* What is known now will not be known later: it waits as it is, if it has to. */
static void report_parting(struct worker *worker, struct flow *flow, bool last)
{
	struct observation observation;

	if (tell(worker, flow, last, &observation))
		return;
	worker_untold_keep(worker, &observation, flow);
	note_told(worker, flow, &observation.flow);
}

/*
 * The server goes on while others are not let in: its hole closes, and is not closed yet. Asked for
 * at most once in TALKS_EVERY_NS, and told as often; later more seldom, as long as it goes on.
 */
static bool talks_on(const struct worker *worker, struct flow *flow)
{
	const struct telling *telling = worker_telling(worker, flow);
	struct endpoint server;
	uint64_t since_ns = flow->last_ns - telling->reported_ns;

	if (telling->bytes[SIDE_SERVER] == telling->reported_bytes[SIDE_SERVER] ||
	    since_ns < TALKS_EVERY_NS || flow->last_ns - flow->asked_ns < TALKS_EVERY_NS ||
	    flow->outgoing)
		return false;
	flow->asked_ns = flow->last_ns;
	server = flow_server(flow);
	return probes_unanswered_since(worker->probes, &server,
				       since_ns >= TALKS_STILL_NS ? telling->start_ns
								  : telling->reported_ns);
}

static bool has_news(const struct worker *worker, struct flow *flow, const struct session *session)
{
	const struct telling *telling = worker_telling(worker, flow);
	uint64_t since_ns = flow->last_ns - telling->reported_ns;
	uint64_t told = telling->reported_bytes[SIDE_CLIENT] + telling->reported_bytes[SIDE_SERVER];
	uint64_t untold = telling->bytes[SIDE_CLIENT] + telling->bytes[SIDE_SERVER] - told;

	if (!telling->reported || (telling->bytes[SIDE_SERVER] != 0 && !telling->told_payload))
		return true;
	if (untold >= BYTES_FIRST && untold >= told)
		return true;
	if (since_ns >= BYTES_EVERY_NS && untold != 0)
		return true;
	if (talks_on(worker, flow))
		return true;
	if (!session || session->findings->facts.revision == telling->reported_revision)
		return false;
	/* What only the client's bytes show is an attempt; the server's answer is on its way. */
	if (telling->bytes[SIDE_SERVER] == 0 && (flow->sight & SIGHT_SERVER))
		return since_ns >= FACTS_EVERY_NS;
	return since_ns >= FACTS_EVERY_NS ||
	       digest_of(worker, &session->findings->facts) != telling->digest;
}

static bool may_report(const struct worker *worker, struct flow *flow)
{
	return worker_telling(worker, flow)->concerned && !worker->options.everything &&
	       is_reachable(worker, flow);
}

void worker_report_news(struct worker *worker, struct flow *flow)
{
	if (may_report(worker, flow) &&
	    has_news(worker, flow, sessions_get(worker->sessions, flow)))
		report(worker, flow);
}

static bool has_any(const struct worker *worker, struct flow *flow)
{
	const struct session *session = sessions_get(worker->sessions, flow);
	const struct telling *telling = worker_telling(worker, flow);

	return has_news(worker, flow, session) || (is_over(flow) && !flow->told_end) ||
	       telling->bytes[SIDE_SERVER] != telling->reported_bytes[SIDE_SERVER] ||
	       telling->bytes[SIDE_CLIENT] != telling->reported_bytes[SIDE_CLIENT] ||
	       (session && session->findings->facts.revision != telling->reported_revision);
}

void worker_report_all(struct worker *worker, struct flow *flow)
{
	if (may_report(worker, flow) && has_any(worker, flow))
		report(worker, flow);
}

void worker_report_parting(struct worker *worker, struct flow *flow)
{
	if (may_report(worker, flow) && has_any(worker, flow))
		report_parting(worker, flow, false);
}

void worker_report_last(struct worker *worker, struct flow *flow)
{
	if (worker->options.everything || may_report(worker, flow))
		report_parting(worker, flow, true);
}

void worker_report_wall(void *context, const struct endpoint *server,
			const struct wall_report *report, uint64_t ts_ns)
{
	struct worker *worker = context;
	struct observation observation = {
		.kind = OBSERVATION_WALL,
		.worker = worker->options.number,
		.ts_ns = ts_ns,
		.server = *server,
		.wall = *report,
	};

	if (!worker_emit_now(worker, &observation))
		worker_untold_keep(worker, &observation, NULL);
}
