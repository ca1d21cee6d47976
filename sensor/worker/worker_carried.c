/* SPDX-License-Identifier: ISC */
/*
 * Balancers that are listed under `proxies`, and whom they speak for (carried.h).
 *
 * Whose turn it is: an address list is walked from its right end past the addresses that are listed
 * proxies themselves; the first that is not is the client, for what stands to its left was said by
 * it and by nobody who is believed. A PROXY header speaks for the whole connection, and what is
 * said inside counts only if that client is a listed proxy as well. Where nobody is named, or not by
 * an address, the nearest address that is known has the turn: in the end the balancer's own.
 *
 * Bytes count for the client as whose they are read: a request with its headers for the one that it
 * names, a response for the one that asked.
 */
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/worker/carried.h"
#include "sensor/worker/worker_state.h"

#define LEAVE_NS NS_PER_S /* told so long ago: a client that has to wait is told of in full */

/* Who is to have the turn. */
struct client {
	struct address address;
	uint16_t port;
	uint8_t by; /* enum forwarded_by; FORWARDED_NOT: the balancer itself */
};

static bool is_proxy(const struct worker *worker, const struct address *address)
{
	return policy_place(worker->policy, address).proxy;
}

/* Whoever has the turn when the bytes say nothing. */
static struct client base_of(const struct flow *flow, const struct session *session)
{
	if (session->has_base)
		return (struct client){session->base, session->base_port, session->base_by};
	return (struct client){.address = *flow_client(flow), .port = flow_client_port(flow)};
}

static void set_base(struct session *session, const struct forwarded *told)
{
	session->has_base = told->count != 0 && told->hop[0].known;
	if (!session->has_base)
		return;
	session->base = worker_hop_address(&told->hop[0]);
	session->base_port = told->port;
	session->base_by = told->by;
}

static struct client resolve(struct worker *worker, const struct flow *flow,
			     struct session *session)
{
	const struct forwarded *told = &session->facts.forwarded;
	struct client client;

	if (told->by >= FORWARDED_PROXY_V1)
		set_base(session, told);
	client = base_of(flow, session);
	if (told->by >= FORWARDED_PROXY_V1)
		return client;
	for (int i = 0; i < told->count && told->hop[i].known; i++) {
		if (!is_proxy(worker, &client.address))
			break;
		client.address = worker_hop_address(&told->hop[i]);
		client.port = i == 0 ? told->port : 0;
		client.by = told->by;
	}
	return client;
}

static bool is_same(const struct carried *one, const struct client *client)
{
	return (one->by == FORWARDED_NOT) == (client->by == FORWARDED_NOT) &&
	       address_equal(&one->client, &client->address);
}

/* Tells something of every parked client as if it had the turn. */
static void tell_parked(struct worker *worker, struct flow *flow, bool last)
{
	struct session *session = sessions_get(worker->sessions, flow);
	uint32_t party = flow->party, index = flow->parked;
	struct carried now;

	if (index == 0 || !session)
		return;
	carried_save(&now, flow, session);
	while (index != 0) {
		struct carried *one = carried_at(worker->carried, index);
		uint32_t next = one->next;

		carried_load(one, flow, session);
		flow->party = index;
		if (last) {
			worker_report_last(worker, flow);
			carried_unpark(worker->carried, index);
			carried_give_back(worker->carried, index);
		} else {
			worker_report_all(worker, flow);
			carried_save(one, flow, session);
		}
		index = next;
	}
	flow->party = party;
	carried_load(&now, flow, session);
}

/* Concludes one parked client, of whichever connection. */
static void conclude_one(struct worker *worker, uint32_t index)
{
	struct carried *one = carried_at(worker->carried, index), now;
	struct flow *flow = one->flow;
	struct session *session = sessions_get(worker->sessions, flow);
	uint32_t party = flow->party;

	worker->stats.carried_evicted++;
	if (session) {
		carried_save(&now, flow, session);
		carried_load(one, flow, session);
		flow->party = index;
		worker_report_last(worker, flow);
		flow->party = party;
		carried_load(&now, flow, session);
	}
	carried_unpark(worker->carried, index);
	carried_give_back(worker->carried, index);
}

/* What is true of the server whoever the client is. */
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
		.carried = true,
		.auth = from->auth == AUTH_NA ? AUTH_NA : AUTH_UNKNOWN,
		.data_read = from->data_read == ANSWER_NO ? ANSWER_NO : ANSWER_UNKNOWN,
		.tls_not_after_s = from->tls_not_after_s,
	};
	memcpy(facts->tls_version, from->tls_version, sizeof facts->tls_version);
	memcpy(facts->tls_subject, from->tls_subject, sizeof facts->tls_subject);
	memcpy(facts->tls_issuer, from->tls_issuer, sizeof facts->tls_issuer);
	take_over_server(facts, from);
}

static uint32_t begin_client(struct worker *worker, struct flow *flow, struct session *session,
			     const struct client *client)
{
	uint32_t victim = carried_victim(worker->carried, flow), index;
	struct endpoint server = flow_server(flow);
	struct carried *one;

	if (victim)
		conclude_one(worker, victim);
	index = carried_take(worker->carried, flow);
	if (index == 0)
		return 0;
	one = carried_at(worker->carried, index);
	one->client = client->address;
	one->port = client->port;
	one->by = client->by;
	one->start_ns = flow->last_ns;
	one->concerned = worker->options.everything ||
			 policy_concerns(policy_place(worker->policy, &client->address),
					 policy_place(worker->policy, &server.address));
	if (client->by != FORWARDED_NOT) {
		worker->stats.carried++;
		if (++session->numbers == 0)
			session->numbers = 1; /* 0 is the balancer itself */
		one->number = session->numbers;
	}
	begin_facts(&one->facts, &session->facts);
	one->facts.party = one->number;
	return index;
}

/* The balancer itself has had the turn: was there anything between it and the server? */
static bool has_talked(const struct flow *flow)
{
	return flow->reported || flow->bytes[SIDE_SERVER] != 0;
}

/* Whoever has the turn goes; what must be told of it at once is told before. */
static void leave(struct worker *worker, struct flow *flow, struct session *session)
{
	struct client self = {.address = *flow_client(flow), .port = flow_client_port(flow)};

	if (flow->last_ns - flow->reported_ns >= LEAVE_NS)
		worker_report_all(worker, flow);
	else
		worker_report_news(worker, flow);
	if (flow->party == 0 && has_talked(flow))
		flow->party = begin_client(worker, flow, session, &self);
	if (flow->party == 0)
		return;
	carried_save(carried_at(worker->carried, flow->party), flow, session);
	carried_park(worker->carried, flow->party);
	flow->party = 0;
}

static void enter(struct worker *worker, struct flow *flow, struct session *session, uint32_t index)
{
	struct facts before = session->facts;
	struct carried *one = carried_at(worker->carried, index);

	flow->party = index;
	carried_load(one, flow, session);
	take_over_server(&session->facts, &before);
}

static uint32_t find_client(const struct worker *worker, const struct flow *flow,
			    const struct client *client)
{
	uint32_t index = flow->parked;

	while (index != 0 && !is_same(carried_at(worker->carried, index), client))
		index = carried_at(worker->carried, index)->next;
	return index;
}

static uint32_t find_number(const struct worker *worker, const struct flow *flow, uint16_t number)
{
	uint32_t index = flow->parked;

	while (index != 0 && carried_at(worker->carried, index)->number != number)
		index = carried_at(worker->carried, index)->next;
	return index;
}

static bool has_turn(const struct worker *worker, const struct flow *flow,
		     const struct client *client)
{
	if (flow->party == 0)
		return client->by == FORWARDED_NOT;
	return is_same(carried_at(worker->carried, flow->party), client);
}

/* Bytes that were counted, and belong to whoever has the turn next. */
struct bytes_moved {
	uint64_t counted[2]; /* by enum side */
	uint64_t read;	     /* of the client's, that the dissector has read already */
};

/* What has not been read yet, or is the next client's request, goes; what was told of stays. */
static void take_bytes(struct flow *flow, struct session *session, struct bytes_moved *moved)
{
	uint64_t *read = session->read;

	moved->read = session->facts.turn_bytes;
	if (moved->read > read[SIDE_CLIENT])
		moved->read = read[SIDE_CLIENT];
	read[SIDE_CLIENT] -= moved->read;
	for (int side = 0; side < 2; side++) {
		uint64_t stays = flow->reported_bytes[side];

		if (stays < read[side])
			stays = read[side];
		if (stays > flow->bytes[side])
			stays = flow->bytes[side];
		moved->counted[side] = flow->bytes[side] - stays;
		flow->bytes[side] = stays;
	}
}

static void give_bytes(struct flow *flow, struct session *session, const struct bytes_moved *moved)
{
	session->read[SIDE_CLIENT] += moved->read;
	flow->bytes[SIDE_CLIENT] += moved->counted[SIDE_CLIENT];
	flow->bytes[SIDE_SERVER] += moved->counted[SIDE_SERVER];
}

void worker_turn(void *context, struct flow *flow, struct session *session)
{
	struct worker *worker = context;
	struct bytes_moved bytes;
	uint32_t index;
	struct client client;

	if (session->facts.turn == TURN_PARTY) {
		index = find_number(worker, flow, session->facts.turn_party);
		if (index == 0)
			return; /* concluded meanwhile */
		client.address = carried_at(worker->carried, index)->client;
		client.by = carried_at(worker->carried, index)->by;
		client.port = 0;
	} else {
		client = resolve(worker, flow, session);
	}
	if (has_turn(worker, flow, &client))
		return;
	take_bytes(flow, session, &bytes);
	leave(worker, flow, session);
	index = find_client(worker, flow, &client);
	if (index != 0)
		carried_unpark(worker->carried, index);
	else
		index = begin_client(worker, flow, session, &client);
	if (index != 0)
		enter(worker, flow, session, index);
	give_bytes(flow, session, &bytes);
}

void worker_carried_tell(struct worker *worker, struct flow *flow)
{
	tell_parked(worker, flow, false);
	worker_report_all(worker, flow);
}

void worker_carried_end(struct worker *worker, struct flow *flow)
{
	tell_parked(worker, flow, true);
	worker_report_last(worker, flow);
	if (flow->party != 0)
		carried_give_back(worker->carried, flow->party);
	flow->party = 0;
}

void worker_carried_forget(struct worker *worker, struct flow *flow)
{
	struct endpoint server = flow_server(flow);

	worker_carried_end(worker, flow);
	memset(flow->bytes, 0, sizeof flow->bytes);
	memset(flow->reported_bytes, 0, sizeof flow->reported_bytes);
	flow->reported_failed = flow->reported_succeeded = flow->reported_messages = 0;
	flow->reported_revision = 0;
	flow->reported = flow->told_payload = false;
	flow->concerned = worker->options.everything ||
			  policy_concerns(policy_place(worker->policy, flow_client(flow)),
					  policy_place(worker->policy, &server.address));
}
