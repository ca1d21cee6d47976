/* SPDX-License-Identifier: ISC */
/*
 * A host that answers on more TCP ports than the policy's `collapse-ports` becomes one exposure,
 * port 0, "all ports": it takes the severest rule, the highest level and the counters of its
 * ports; their own exposures close (CLOSE_COLLAPSED). Ports that answer later are folded into it
 * by engine_target() without an event, unless they raise it.
 *
 * The burst of events is bounded by collapse-ports + 2.
 */
#include "sensor/base/interval.h"
#include "sensor/engine/engine_state.h"
#include "sensor/engine/exposure_merge.h"

static bool is_part(const struct exposure *x)
{
	return x->state != EXPOSURE_CLOSED && !x->all_ports && x->server.transport == TRANSPORT_TCP;
}

static uint32_t first_part(const struct engine *engine, uint32_t host)
{
	uint32_t slot = exposures_host_first(engine->exposures, host);

	while (slot != EXPOSURE_NONE && !is_part(exposures_at(engine->exposures, slot)))
		slot = exposures_host_next(engine->exposures, slot);
	return slot;
}

static void latest(uint64_t *at, uint64_t ns)
{
	if (ns > *at)
		*at = ns;
}

static void add_judgement(struct exposure *all, const struct exposure *part)
{
	if (part->level > all->level)
		all->level = part->level;
	if (!part->unlisted && (all->unlisted || part->rule_severity > all->rule_severity)) {
		all->unlisted = false;
		all->rule = part->rule;
		all->group = part->group;
		all->rule_severity = part->rule_severity;
		all->client_zone = part->client_zone;
		all->server_zone = part->server_zone;
	}
	if (part->direction > all->direction)
		all->direction = part->direction;
	all->campaign |= part->campaign;
	all->sight |= part->sight;
	all->outcome = part->outcome;
	if (part->vlan != 0)
		all->vlan = part->vlan;
	if (part->vlan_inner != 0)
		all->vlan_inner = part->vlan_inner;
	if (part->tunnels.count != 0)
		all->tunnels = part->tunnels;
}

static void add_counters(struct exposure *all, const struct exposure *part)
{
	all->flows += part->flows;
	all->live_flows += part->live_flows;
	all->bytes_in += part->bytes_in;
	all->bytes_out += part->bytes_out;
	all->life_bytes_out += part->life_bytes_out;
	all->logins_failed += part->logins_failed;
	all->logins_succeeded += part->logins_succeeded;
	all->messages += part->messages;
	sketch_merge(&all->clients, &part->clients);
	sketch_merge(&all->users_tried, &part->users_tried);
	sketch_merge(&all->objects_read, &part->objects_read);
	latest(&all->last_seen_ns, part->last_seen_ns);
	latest(&all->last_answer_ns, part->last_answer_ns);
	if (part->busy_minutes > all->busy_minutes) {
		all->busy_minutes = part->busy_minutes;
		all->busy_since_ns = part->busy_since_ns;
		all->busy_ns = part->busy_ns;
		all->longest_silence_ns = part->longest_silence_ns;
	}
	if (part->last_accept_ns >= all->last_accept_ns) {
		all->last_accept_ns = part->last_accept_ns;
		all->accept_zone = part->accept_zone;
		all->client = part->client;
		all->client_port = part->client_port;
		all->carrier = part->carrier;
		all->accept_carried = part->accept_carried;
	}
	for (unsigned i = 0; i < part->source_count; i++)
		exposure_merge_add_source(all, &part->sources[i]);
}

/* What they have in common; where that is nothing, the first one's stays. */
static void add_interval(struct exposure *all, const struct exposure *part)
{
	if (all->changed_before_ns == 0) {
		all->changed_after_ns = part->changed_after_ns;
		all->changed_before_ns = part->changed_before_ns;
		all->wall_was = part->wall_was;
	} else if (interval_meet(&all->changed_after_ns, &all->changed_before_ns,
				 part->changed_after_ns, part->changed_before_ns) &&
		   all->changed_after_ns == part->changed_after_ns) {
		all->wall_was = part->wall_was;
	}
	if (all->first_answer_ns == 0 || part->first_answer_ns < all->first_answer_ns)
		all->first_answer_ns = part->first_answer_ns;
}

/*
 * A record for all ports. In a table that is full of open exposures one of the parts gives up its
 * place; what it knew is kept in `given_up`, for the whole.
 */
static uint32_t take_record(struct engine *engine, uint32_t trigger, uint64_t now_ns,
			    struct exposure *given_up)
{
	struct endpoint server = exposures_at(engine->exposures, trigger)->server;
	struct address seen = exposures_at(engine->exposures, trigger)->server_seen;
	uint32_t part = first_part(engine, exposures_at(engine->exposures, trigger)->host);
	struct exposure_rank lowest = {.unlisted = true, .level = LEVEL_REACHABLE};
	uint32_t slot, victim;
	bool refused;

	server.port = 0;
	slot = exposures_find(engine->exposures, &server);
	if (slot != EXPOSURE_NONE)
		return slot;
	victim = exposures_victim(engine->exposures, lowest, &refused);
	if (refused || (victim != EXPOSURE_NONE &&
			exposures_at(engine->exposures, victim)->state != EXPOSURE_CLOSED)) {
		*given_up = *exposures_at(engine->exposures, part);
		engine_life_close(engine, part, CLOSE_COLLAPSED, now_ns);
		exposures_remove(engine->exposures, part);
	}
	return engine_life_new(engine, &server, &seen, lowest, now_ns);
}

/* The parts carry their totals: what an earlier life had gathered would count twice. */
static void forget_counters(struct exposure *all)
{
	all->flows = all->live_flows = 0;
	all->bytes_in = all->bytes_out = all->life_bytes_out = 0;
	all->logins_failed = all->logins_succeeded = all->messages = 0;
	all->changed_before_ns = all->first_answer_ns = all->busy_minutes = 0;
	all->source_count = 0;
}

static void add_part(struct exposure *all, const struct exposure *part)
{
	if (!is_part(part))
		return;
	all->quiet &= part->quiet;
	add_judgement(all, part);
	add_counters(all, part);
	add_interval(all, part);
}

static void gather(struct engine *engine, struct exposure *all, const struct exposure *given_up)
{
	uint32_t slot = exposures_host_first(engine->exposures, all->host);

	forget_counters(all);
	all->quiet = !all->told; /* if all of its parts are */
	add_part(all, given_up);
	for (; slot != EXPOSURE_NONE; slot = exposures_host_next(engine->exposures, slot))
		add_part(all, exposures_at(engine->exposures, slot));
}

static void tell(struct engine *engine, enum event_kind kind, uint32_t slot, uint64_t now_ns)
{
	const struct exposure *x = exposures_at(engine->exposures, slot);
	struct reason_context context = engine_reason(engine, x);

	engine_emit_exposure(engine, kind, slot, now_ns);
	engine->event.alert = !x->unlisted && x->incident_id[0] == '\0';
	reason_reached(engine->event.reason, &engine->event.exposure, &context, true);
	engine_emit_send(engine);
}

static void close_parts(struct engine *engine, uint32_t host, uint64_t now_ns)
{
	uint32_t slot = exposures_host_first(engine->exposures, host);

	for (; slot != EXPOSURE_NONE; slot = exposures_host_next(engine->exposures, slot)) {
		if (is_part(exposures_at(engine->exposures, slot)))
			engine_life_close(engine, slot, CLOSE_COLLAPSED, now_ns);
	}
}

void engine_collapse(struct engine *engine, uint32_t trigger, uint64_t now_ns)
{
	const struct exposure *x = exposures_at(engine->exposures, trigger);
	struct exposure given_up = {.state = EXPOSURE_CLOSED}, *all;
	enum event_kind kind;
	uint32_t slot;

	if (!is_part(x) || exposures_host_open(engine->exposures, x->host) <=
				   policy_thresholds(engine->policy)->collapse_ports)
		return;
	slot = take_record(engine, trigger, now_ns, &given_up);
	if (slot == EXPOSURE_NONE)
		return;
	all = exposures_at(engine->exposures, slot);
	if (all->state != EXPOSURE_CLOSED) /* somebody really listened on port 0 */
		engine_life_close(engine, slot, CLOSE_COLLAPSED, now_ns);
	all->all_ports = true;
	kind = engine_life_open(engine, slot, now_ns);
	gather(engine, all, &given_up);
	engine_life_severity(all);
	engine_life_count_opened(engine, all);
	exposures_rank(engine->exposures, slot);
	engine_life_join(engine, slot, now_ns);
	if (!all->quiet)
		tell(engine, all->told ? kind : EVENT_EXPOSURE_OPENED, slot, now_ns);
	close_parts(engine, all->host, now_ns);
}
