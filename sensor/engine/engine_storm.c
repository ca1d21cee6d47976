/* SPDX-License-Identifier: ISC */
/*
 * Very many endpoints at once: a worm, a scanner that finds
 * every door open, or somebody who feigns conversations with thousands of hosts so that a real one
 * is not seen among them. What is new is announced at once, however large the storm: the first of
 * its kind (group; else rule; else neither) within `incident-window`, one that is severer or went
 * further than what was announced of its kind, and one whose port the policy names as long as these
 * keep within a budget of their own. Of the rest
 *
 *  - one client gets `collapse-client` endpoints announced one by one; what else it gets into is
 *    one finding, its incident, which tells how many. Another client of such an endpoint, or a step
 *    further, announces it by itself;
 *  - all clients together get `announcements-per-second`, ten times as many at once after a quiet
 *    time. What exceeds that is put back: counted by its incident at once, and announced when there
 *    is budget again, the gravest and oldest first.
 *
 * Endpoints that are merely reachable are bounded before (engine_crowd.c), as long as they stay so;
 * who feigns conversations makes them go further, one after the other.
 *
 * Time is packet time.
 */
#include "sensor/base/hash.h"
#include "sensor/engine/engine_state.h"

#define BURST_S	 10 /* of the budget, that may be spent at once */
#define LOOK_NS	 NS_PER_S
#define WAYS	 4 /* places that a client may have */
#define CLIENTS	 (STORM_CLIENTS / WAYS)
#define MILLI	 1000u
#define MILLI_NS (NS_PER_S / MILLI)

static bool within(const struct engine *engine, uint64_t then_ns, uint64_t now_ns)
{
	uint64_t window_ns = policy_thresholds(engine->policy)->incident_window_ns;

	return then_ns != 0 && (now_ns < then_ns || now_ns - then_ns <= window_ns);
}

static uint64_t burst(const struct engine *engine)
{
	return policy_thresholds(engine->policy)->announcements_per_second * (uint64_t)BURST_S *
	       MILLI;
}

/* In thousandths of an announcement. */
static void refill(const struct engine *engine, struct storm_budget *budget, uint64_t now_ns)
{
	uint64_t most = burst(engine), since_ns = now_ns - budget->filled_ns;

	/* A clock that was set back is a long pause, too. */
	if (budget->filled_ns == 0 || now_ns < budget->filled_ns ||
	    since_ns >= BURST_S * NS_PER_S) {
		budget->left = most;
		budget->filled_ns = now_ns;
	} else if (since_ns >= MILLI_NS) {
		budget->left += since_ns / MILLI_NS *
				policy_thresholds(engine->policy)->announcements_per_second;
		budget->left = budget->left < most ? budget->left : most;
		budget->filled_ns += since_ns / MILLI_NS * MILLI_NS;
	}
}

static bool spend(const struct engine *engine, struct storm_budget *budget, uint64_t now_ns)
{
	refill(engine, budget, now_ns);
	if (budget->left < MILLI)
		return false;
	budget->left -= MILLI;
	return true;
}

/* The client's place, or the one of its ways that was used longest ago. */
static struct storm_client *client_of(struct engine *engine, const struct exposure *x,
				      uint64_t now_ns)
{
	uint64_t hash = hash_bytes(&x->client, sizeof x->client, engine->options.hash_key);
	struct storm_client *way = &engine->storm.clients[hash % CLIENTS * WAYS], *oldest = way;

	for (int i = 0; i < WAYS; i++, way++) {
		if (way->hash == hash && within(engine, way->last_ns, now_ns))
			return way;
		if (way->last_ns < oldest->last_ns)
			oldest = way;
	}
	*oldest = (struct storm_client){.hash = hash};
	return oldest;
}

static bool is_novel(const struct engine *engine, const struct exposure *x, uint64_t now_ns)
{
	const struct crowd_budget *kind = &engine->budgets[incidents_key_of(x)];

	return !within(engine, kind->further_ns, now_ns) || x->severity > kind->severity ||
	       x->level > kind->level;
}

static void note_announced(struct engine *engine, const struct exposure *x,
			   struct storm_client *client, uint64_t now_ns)
{
	struct crowd_budget *kind = &engine->budgets[incidents_key_of(x)];

	if (!within(engine, kind->further_ns, now_ns))
		kind->level = kind->severity = 0;
	kind->further_ns = now_ns;
	kind->level = x->level > kind->level ? x->level : kind->level;
	kind->severity = x->severity > kind->severity ? x->severity : kind->severity;
	client->last_ns = now_ns;
	client->announced++;
}

bool engine_storm_takes(struct engine *engine, struct exposure *x, uint64_t now_ns)
{
	struct storm *storm = &engine->storm;
	struct storm_client *client = client_of(engine, x, now_ns);
	bool named = policy_lists_port(engine->policy, &x->server.address, x->server.transport,
				       x->server.port);

	x->stormed = STORMED_NOT;
	if (is_novel(engine, x, now_ns) || (named && spend(engine, &storm->named, now_ns))) {
		note_announced(engine, x, client, now_ns);
		return true;
	}
	if (client->announced >= policy_thresholds(engine->policy)->collapse_client) {
		client->last_ns = now_ns;
		x->stormed = STORMED_COUNTED;
		return false;
	}
	if (!spend(engine, &storm->all, now_ns)) {
		x->stormed = STORMED_WAITS;
		storm->waits = true;
		return false;
	}
	note_announced(engine, x, client, now_ns);
	return true;
}

bool engine_storm_waits(const struct exposure *x)
{
	return x->quiet && x->stormed == STORMED_WAITS && exposure_is_open(x->state);
}

static bool waits(const struct engine *engine, uint32_t slot)
{
	return exposures_used(engine->exposures, slot) &&
	       engine_storm_waits(exposures_at(engine->exposures, slot));
}

static uint32_t gather(struct engine *engine)
{
	uint32_t count = 0;

	for (uint32_t slot = 0; slot < exposures_size(engine->exposures); slot++) {
		if (waits(engine, slot))
			engine->order[count++] = slot;
	}
	engine_sort(engine, engine->order, count);
	return count;
}

static void tell(struct engine *engine, bool all, uint64_t now_ns)
{
	struct storm *storm = &engine->storm;
	uint32_t count = gather(engine), told = 0;

	while (told < count && (all || spend(engine, &storm->all, now_ns)))
		engine_crowd_tell(engine, engine->order[told++], NULL, now_ns);
	storm->waiting = count - told;
	storm->waits = storm->waiting != 0;
}

void engine_storm_look(struct engine *engine, uint64_t now_ns)
{
	struct storm *storm = &engine->storm;

	if (!storm->waits || (now_ns < storm->next_ns && storm->next_ns - now_ns <= LOOK_NS))
		return;
	storm->next_ns = now_ns + LOOK_NS;
	tell(engine, false, now_ns);
}

void engine_storm_finish(struct engine *engine, uint64_t now_ns)
{
	if (engine->storm.waits)
		tell(engine, true, now_ns);
}
