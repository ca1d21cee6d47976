/* SPDX-License-Identifier: ISC */
/*
 * Carriers, and the clients that they carry (carried.h has the words).
 *
 * Whose turn it is: named.h. A PROXY header speaks for the whole connection until a request names
 * somebody else. Where nothing is said of a client, the own client has the turn.
 *
 * Bytes count for the client that has the turn when they are read: a request with its headers
 * counts for the client that it names, a response for the client that asked.
 */
#include <string.h>

#include "dissectors/read/forwarded.h"
#include "sensor/base/clock.h"
#include "sensor/base/services.h"
#include "sensor/worker/carried.h"
#include "sensor/worker/named.h"
#include "sensor/worker/worker_state.h"

#define LEAVE_NS NS_PER_S /* told so long ago: a client that has to wait is told of in full */

/* Who has the turn when the bytes say nothing: whom a PROXY header named, or the own client. */
static struct named by_default(const struct flow *flow, const struct session *session)
{
	const struct header_client *named = &session->header_client;

	if (named->by != FORWARDED_NOT)
		return (struct named){named->address, named->port, named->by};
	return (struct named){.address = *flow_client(flow), .port = flow_client_port(flow)};
}

static void note_header(struct session *session, const struct forwarded *told)
{
	session->header_client = (struct header_client){.by = FORWARDED_NOT};
	if (told->count == 0 || !told->hop[0].known)
		return;
	memcpy(session->header_client.address.bytes, told->hop[0].bytes, sizeof told->hop[0].bytes);
	session->header_client.port = told->port;
	session->header_client.by = told->by;
}

static struct naming naming_of(const struct worker *worker, const struct flow *flow,
			       const struct session *session)
{
	struct endpoint server = flow_server(flow);

	return (struct naming){
		.policy = worker->policy,
		.question =
			{
				.server = server.address,
				.port = server.port,
				.transport = server.transport,
				.service = services_id(worker->services,
						       session->findings->facts.service),
				.ts_ns = flow->last_ns,
			},
		.carrier = *flow_client(flow),
		.by_default = by_default(flow, session),
	};
}

static struct named resolve(const struct worker *worker, const struct flow *flow,
			    struct session *session, const struct forwarded *told)
{
	struct naming naming;

	if (told->by >= FORWARDED_PROXY_V1) {
		if (named_by_header(worker->policy, flow_client(flow)))
			note_header(session, told);
		return by_default(flow, session);
	}
	naming = naming_of(worker, flow, session);
	return named_choose(&naming, told);
}

static bool is_same(const struct carried *one, const struct named *client)
{
	return address_equal(&one->client, &client->address);
}

/* `turn`: of a carried client; 0: the own client's. */
static void give_turn(struct worker *worker, struct flow *flow, struct session *session,
		      uint32_t turn)
{
	flow->turn = turn;
	session->findings =
		turn == 0 ? &session->own : &carried_at(worker->carried, turn)->findings;
}

typedef void report(struct worker *worker, struct flow *flow);

/* Tells something of a parked client, which has the turn for that time. */
static void tell_one(struct worker *worker, struct flow *flow, uint32_t index, report *tell)
{
	struct session *session = sessions_get(worker->sessions, flow);
	uint32_t turn = flow->turn;

	if (!session)
		return;
	give_turn(worker, flow, session, index);
	tell(worker, flow);
	give_turn(worker, flow, session, turn);
}

static void conclude_one(struct worker *worker, uint32_t index)
{
	tell_one(worker, carried_at(worker->carried, index)->flow, index, worker_report_last);
	carried_unpark(worker->carried, index);
	carried_give_back(worker->carried, index);
}

/* The own client is parked, and there is something to tell of it. */
static bool own_waits(const struct flow *flow)
{
	return flow->turn != 0 && flow->own.start_ns != 0;
}

/* Copies what is true of the server for each of its clients. */
static void take_over_server(struct facts *facts, const struct facts *from)
{
	facts_set_service(facts, from->service);
	facts_set_encryption(facts, from->encryption);
	FACTS_TEXT(facts, product, from->product, strlen(from->product));
	FACTS_TEXT(facts, version, from->version, strlen(from->version));
}

static void begin_facts(struct facts *facts, const struct facts *from)
{
	*facts = (struct facts){
		.auth = from->auth == AUTH_NA ? AUTH_NA : AUTH_UNKNOWN,
		.data_read = from->data_read == ANSWER_NO ? ANSWER_NO : ANSWER_UNKNOWN,
		.tls_not_after_s = from->tls_not_after_s,
		.tls_not_before_s = from->tls_not_before_s,
		.tls_faults = from->tls_faults,
	};
	memcpy(facts->tls_version, from->tls_version, sizeof facts->tls_version);
	memcpy(facts->tls_subject, from->tls_subject, sizeof facts->tls_subject);
	memcpy(facts->tls_issuer, from->tls_issuer, sizeof facts->tls_issuer);
	memcpy(facts->tls_sha256, from->tls_sha256, sizeof facts->tls_sha256);
	take_over_server(facts, from);
}

static bool is_concerned(const struct worker *worker, const struct flow *flow,
			 const struct address *client)
{
	struct endpoint server = flow_server(flow);

	return worker->options.everything ||
	       policy_concerns(policy_place(worker->policy, client),
			       policy_place(worker->policy, &server.address));
}

static struct telling begin_telling(const struct worker *worker, const struct flow *flow,
				    const struct address *client)
{
	return (struct telling){
		.start_ns = flow->last_ns,
		.origin = worker_origin(worker),
		.concerned = is_concerned(worker, flow, client),
	};
}

/* The own client, of whom there was nothing to tell when it had the turn before. */
static void begin_own(const struct worker *worker, struct flow *flow, struct session *session)
{
	flow->own = begin_telling(worker, flow, flow_client(flow));
	session->own = (struct findings){.number = 0};
	begin_facts(&session->own.facts, &session->findings->facts);
}

/* Returns 0 if there is no place left: the own client then speaks for it. */
static uint32_t begin_client(struct worker *worker, struct flow *flow, struct session *session,
			     const struct named *client)
{
	uint32_t victim = carried_victim(worker->carried, flow), index;
	struct carried *one;

	if (victim) {
		worker->stats.carried_evicted++;
		conclude_one(worker, victim);
	}
	index = carried_take(worker->carried, flow);
	if (index == 0)
		return 0;
	one = carried_at(worker->carried, index);
	one->client = client->address;
	one->port = client->port;
	one->by = client->by;
	one->telling = begin_telling(worker, flow, &client->address);
	worker->stats.carried++;
	if (++session->numbers == 0)
		session->numbers = 1; /* 0 is the own client */
	one->findings.number = session->numbers;
	begin_facts(&one->findings.facts, &session->findings->facts);
	return index;
}

/* The own client has had the turn: was there anything between it and the server? */
static bool has_talked(const struct telling *own)
{
	return own->reported || own->bytes[SIDE_SERVER] != 0;
}

/* Parks the client that has the turn, after telling what must be told of it at once. */
static void leave(struct worker *worker, struct flow *flow)
{
	if (flow->last_ns - worker_telling(worker, flow)->reported_ns >= LEAVE_NS)
		worker_report_all(worker, flow);
	else
		worker_report_news(worker, flow);
	if (flow->turn != 0)
		carried_park(worker->carried, flow->turn);
	else if (!has_talked(&flow->own))
		flow->own = (struct telling){.start_ns = 0};
}

static uint32_t find_client(const struct worker *worker, const struct flow *flow,
			    const struct named *client)
{
	uint32_t index = flow->parked;

	while (index != 0 && !is_same(carried_at(worker->carried, index), client))
		index = carried_at(worker->carried, index)->next;
	return index;
}

/* Gives the turn to `client`. Until then session->findings are those of the client before. */
static void enter(struct worker *worker, struct flow *flow, struct session *session,
		  const struct named *client)
{
	const struct facts *before = &session->findings->facts;
	uint32_t index = 0;

	if (client->by != FORWARDED_NOT) {
		index = find_client(worker, flow, client);
		if (index != 0)
			carried_unpark(worker->carried, index);
		else
			index = begin_client(worker, flow, session, client);
	}
	if (index == 0 && flow->own.start_ns == 0)
		begin_own(worker, flow, session);
	give_turn(worker, flow, session, index);
	take_over_server(&session->findings->facts, before);
}

/* A parked client by the number that the dissector knows it by. False: concluded meanwhile. */
static bool find_number(const struct worker *worker, const struct flow *flow, uint16_t number,
			struct named *client)
{
	uint32_t index = flow->parked;

	if (number == 0) {
		*client = (struct named){.address = *flow_client(flow)};
		return own_waits(flow);
	}
	while (index != 0 && carried_at(worker->carried, index)->findings.number != number)
		index = carried_at(worker->carried, index)->next;
	if (index == 0)
		return false;
	client->address = carried_at(worker->carried, index)->client;
	client->by = carried_at(worker->carried, index)->by;
	client->port = 0;
	return true;
}

static bool has_turn(const struct worker *worker, const struct flow *flow,
		     const struct named *client)
{
	if (flow->turn == 0 || client->by == FORWARDED_NOT)
		return flow->turn == 0 && client->by == FORWARDED_NOT;
	return is_same(carried_at(worker->carried, flow->turn), client);
}

/* Bytes that were counted, and belong to the client that gets the turn. */
struct bytes_moved {
	uint64_t counted[2]; /* by enum side */
	uint64_t read;	     /* of the client's, that the dissector has read already */
};

/*
 * Takes from a client what has not been read as its own, and `theirs` bytes of the next client's
 * request that were. Bytes that have been told of stay.
 */
static struct bytes_moved take_bytes(struct telling *telling, struct findings *findings,
				     uint64_t theirs)
{
	uint64_t *read = findings->read;
	struct bytes_moved moved = {.read = theirs};

	if (moved.read > read[SIDE_CLIENT])
		moved.read = read[SIDE_CLIENT];
	read[SIDE_CLIENT] -= moved.read;
	for (int side = 0; side < 2; side++) {
		uint64_t stays = telling->reported_bytes[side];

		if (stays < read[side])
			stays = read[side];
		if (stays > telling->bytes[side])
			stays = telling->bytes[side];
		moved.counted[side] = telling->bytes[side] - stays;
		telling->bytes[side] = stays;
	}
	return moved;
}

static void give_bytes(struct telling *telling, struct findings *findings,
		       const struct bytes_moved *moved)
{
	findings->read[SIDE_CLIENT] += moved->read;
	telling->bytes[SIDE_CLIENT] += moved->counted[SIDE_CLIENT];
	telling->bytes[SIDE_SERVER] += moved->counted[SIDE_SERVER];
}

static void change_turn(struct worker *worker, struct flow *flow, struct session *session,
			const struct named *client, uint64_t theirs)
{
	struct bytes_moved bytes =
		take_bytes(worker_telling(worker, flow), session->findings, theirs);

	leave(worker, flow);
	enter(worker, flow, session, client);
	give_bytes(worker_telling(worker, flow), session->findings, &bytes);
}

void worker_turn(void *context, struct flow *flow, struct session *session, const struct feed *fed)
{
	struct worker *worker = context;
	struct named client;
	struct naming naming;

	if (fed->next == FEED_FORWARDED)
		client = resolve(worker, flow, session, fed->forwarded);
	else if (!find_number(worker, flow, fed->wanted, &client))
		return;
	if (!has_turn(worker, flow, &client))
		change_turn(worker, flow, session, &client, fed->theirs);
	if (fed->next != FEED_FORWARDED || fed->forwarded->count == 0)
		return;
	naming = naming_of(worker, flow, session);
	named_claim(&naming, fed->forwarded, &client.address, &session->findings->facts);
}

void worker_carried_tell(struct worker *worker, struct flow *flow)
{
	uint32_t next;

	for (uint32_t index = flow->parked; index != 0; index = next) {
		next = carried_at(worker->carried, index)->next;
		tell_one(worker, flow, index, worker_report_all);
	}
	if (own_waits(flow))
		tell_one(worker, flow, 0, worker_report_all);
	worker_report_all(worker, flow);
}

void worker_carried_end(struct worker *worker, struct flow *flow)
{
	struct session *session = sessions_get(worker->sessions, flow);
	uint32_t turn = flow->turn;

	worker->stats.carried_nobody += flow->carrier && flow->own.bytes[SIDE_SERVER] != 0;
	while (flow->parked != 0)
		conclude_one(worker, flow->parked);
	if (own_waits(flow))
		tell_one(worker, flow, 0, worker_report_last);
	worker_report_last(worker, flow);
	if (turn == 0 || !session)
		return;
	give_turn(worker, flow, session, 0);
	carried_give_back(worker->carried, turn);
}

void worker_carried_forget(struct worker *worker, struct flow *flow)
{
	const struct telling *telling = worker_telling(worker, flow);
	uint64_t start_ns = telling->start_ns;
	struct origin origin = telling->origin;

	worker_carried_end(worker, flow);
	flow->own = begin_telling(worker, flow, flow_client(flow));
	flow->own.start_ns = start_ns;
	flow->own.origin = origin;
}
