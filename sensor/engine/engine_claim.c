/* SPDX-License-Identifier: ISC */
/*
 * What only a tunnel claims that the policy does not list (REALM_CLAIMED). Anybody can send such a
 * packet, with anything in it: it proves nothing about the endpoint that it names, and a storm of
 * them must not bury what is real. So all that comes from one end is one record, whatever endpoints
 * it names: the first is shown, all are counted. The first CLAIM_RECORDS ends have a record each,
 * the rest share one. Such a record is of medium severity at most, is no part of an incident, of
 * the coverage or of "all ports", and is the first to go when the table is full.
 */
#include "sensor/base/hash.h"
#include "sensor/engine/engine_state.h"

#define CLAIM_RECORDS 16

static bool is_claim(const struct exposure *x)
{
	return x->server.realm == REALM_CLAIMED;
}

struct endpoint engine_claim_key(const struct engine *engine, const struct flow_report *flow)
{
	const struct tunnel *layer = tunnel_path_claimed(&flow->tunnels);
	struct endpoint key = {.realm = REALM_CLAIMED};

	if (!layer)
		return key;
	key.address = layer->source;
	if (exposures_find(engine->exposures, &key) == EXPOSURE_NONE &&
	    exposures_claims(engine->exposures) >= CLAIM_RECORDS)
		key.address = (struct address){.bytes = {0}};
	return key;
}

void engine_claim_note(const struct engine *engine, struct exposure *x,
		       const struct endpoint *claimed)
{
	if (!is_claim(x))
		return;
	if (x->claimed.transport == 0)
		x->claimed = *claimed;
	sketch_add(&x->claims, hash_bytes(claimed, sizeof *claimed, engine->options.hash_key));
}

/* A later policy may list the tunnel: then there is nothing to be doubted any more. */
bool engine_claim_settled(const struct engine *engine, const struct exposure *x)
{
	const struct tunnel *layer = tunnel_path_claimed(&x->tunnels);
	struct policy_tunnel tunnel;

	if (!is_claim(x) || !layer)
		return false;
	tunnel = (struct policy_tunnel){
		.source = layer->source,
		.destination = layer->destination,
		.kind = layer->kind,
		.has_id = layer->has_id,
		.id = layer->id,
	};
	return policy_believes(engine->policy, &tunnel);
}
