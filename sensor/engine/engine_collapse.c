/* SPDX-License-Identifier: ISC */
/*
 * A host that answers on more TCP ports than the policy's `collapse-ports` becomes one exposure,
 * port 0, "all ports": it takes the severest rule, the highest level and the counters of its
 * ports, which are merged into it (EXPOSURE_MERGED). Ports that answer later are folded into it
 * by engine_target() without an event, unless they raise it.
 *
 * A port that has shown more than that it is open stays by itself (enum place), and so does one
 * that shows more later: else anybody could bury it under ports that he feigns. Only where too many
 * would stay, those that have shown least are folded as well.
 *
 * The burst of events is bounded by collapse-ports + 2; the ports that stay by themselves, by
 * SPARED_FACTOR times collapse-ports.
 */
#include "sensor/base/interval.h"
#include "sensor/engine/engine_state.h"
#include "sensor/engine/exposure_merge.h"

#define SPARED_FACTOR 4

/* How much has been seen of a port, least first. */
enum place {
	PLACE_OPEN,   /* it accepts connections, or only its client says so */
	PLACE_SERVES, /* it has sent data */
	PLACE_KNOWN,  /* and what it is is known */
	PLACE_NAMED,  /* the policy names it, or somebody was let in */
	PLACE_COUNT
};

static enum place place(const struct engine *engine, const struct endpoint *server, uint8_t sight,
			enum level level, uint8_t identified_by)
{
	if (policy_lists_port(engine->policy, &server->address, server->transport, server->port))
		return PLACE_NAMED;
	if (!(sight & SIGHT_SERVER) || level < LEVEL_ANSWERED)
		return PLACE_OPEN;
	if (level >= LEVEL_ACCESSED)
		return PLACE_NAMED;
	return identified_by >= IDENTIFIED_NDPI_DPI ? PLACE_KNOWN : PLACE_SERVES;
}

static enum place place_of(const struct engine *engine, const struct exposure *x)
{
	return place(engine, &x->server, x->sight, x->level, x->identified_by);
}

bool engine_collapse_spares(const struct engine *engine, uint32_t all,
			    const struct endpoint *server, const struct observation *o,
			    enum level level)
{
	const struct exposure *x = exposures_at(engine->exposures, all);
	uint32_t most = policy_thresholds(engine->policy)->collapse_ports;
	uint32_t now = exposures_host_open(engine->exposures, x->host);
	enum place shown = place(engine, server, o->flow.sight, level, o->flow.identified_by);

	if (shown <= x->folds)
		return false;
	return now < most || (shown == PLACE_NAMED && now / SPARED_FACTOR < most);
}

static bool is_single(const struct exposure *x)
{
	return exposure_is_open(x->state) && !x->all_ports && x->server.transport == TRANSPORT_TCP;
}

/* Up to which place ports have to be folded, so that half of those that are allowed stay. */
static uint8_t folded_place(const struct engine *engine, uint32_t host)
{
	uint32_t counts[PLACE_COUNT] = {0}, left = exposures_host_open(engine->exposures, host);
	uint32_t slot = exposures_host_first(engine->exposures, host);
	uint8_t most = PLACE_OPEN;

	for (; slot != EXPOSURE_NONE; slot = exposures_host_next(engine->exposures, slot)) {
		const struct exposure *x = exposures_at(engine->exposures, slot);

		if (is_single(x))
			counts[place_of(engine, x)]++;
	}
	left -= counts[PLACE_OPEN];
	while (left > policy_thresholds(engine->policy)->collapse_ports / 2 && most < PLACE_NAMED)
		left -= counts[++most];
	return most;
}

/* Of these ports `all` is made. */
struct fold {
	const struct engine *engine;
	uint8_t places; /* up to this one */
};

static bool is_part(const struct fold *fold, const struct exposure *x)
{
	return is_single(x) && place_of(fold->engine, x) <= fold->places;
}

static uint32_t first_part(const struct fold *fold, uint32_t host)
{
	uint32_t slot = exposures_host_first(fold->engine->exposures, host);

	while (slot != EXPOSURE_NONE && !is_part(fold, exposures_at(fold->engine->exposures, slot)))
		slot = exposures_host_next(fold->engine->exposures, slot);
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
	all->unseen &= part->unseen;
	all->sight |= part->sight;
	all->outcome = part->outcome;
	if (part->vlan != 0)
		all->vlan = part->vlan;
	if (part->vlan_inner != 0)
		all->vlan_inner = part->vlan_inner;
	if (part->tunnels.count != 0)
		all->tunnels = part->tunnels;
	if (part->from != ORIGIN_NONE)
		all->from = part->from;
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
	latest(&all->talked_ns, part->talked_ns);
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
	if (all->first_answer_ns == 0 || part->first_answer_ns < all->first_answer_ns) {
		all->first_answer_ns = part->first_answer_ns;
		all->origin = part->origin;
	}
}

/*
 * A record for all ports. In a table that is full of open exposures one of the parts gives up its
 * place; what it knew is kept in `given_up`, for the whole.
 */
static uint32_t take_record(struct engine *engine, const struct fold *fold, uint32_t trigger,
			    uint64_t now_ns, struct exposure *given_up)
{
	struct endpoint server = exposures_at(engine->exposures, trigger)->server;
	struct address seen = exposures_at(engine->exposures, trigger)->server_seen;
	uint32_t part = first_part(fold, exposures_at(engine->exposures, trigger)->host);
	struct exposure_rank lowest = {.unlisted = true, .level = LEVEL_REACHABLE};
	uint32_t slot, victim;
	bool refused;

	server.port = 0;
	slot = exposures_find(engine->exposures, &server);
	if (slot != EXPOSURE_NONE || part == EXPOSURE_NONE)
		return slot;
	victim = exposures_victim(engine->exposures, lowest, &refused);
	if (refused || (victim != EXPOSURE_NONE &&
			exposure_is_open(exposures_at(engine->exposures, victim)->state))) {
		*given_up = *exposures_at(engine->exposures, part);
		engine_life_merge(engine, part, now_ns);
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
	all->unseen = true; /* if all of its parts are */
}

static void add_part(struct exposure *all, const struct exposure *part)
{
	all->quiet &= part->quiet;
	add_judgement(all, part);
	add_counters(all, part);
	add_interval(all, part);
}

static void gather(const struct fold *fold, struct exposure *all, const struct exposure *given_up)
{
	struct exposures *exposures = fold->engine->exposures;
	uint32_t slot = exposures_host_first(exposures, all->host);

	if (exposure_is_open(given_up->state))
		add_part(all, given_up);
	for (; slot != EXPOSURE_NONE; slot = exposures_host_next(exposures, slot)) {
		if (is_part(fold, exposures_at(exposures, slot)))
			add_part(all, exposures_at(exposures, slot));
	}
}

static void tell(struct engine *engine, enum event_kind kind, uint32_t slot, uint64_t now_ns)
{
	const struct exposure *x = exposures_at(engine->exposures, slot);
	struct reason_context context = engine_reason(engine, x);

	engine_emit_exposure(engine, kind, slot, now_ns);
	engine->event.alert = engine_life_alerts(x);
	reason_reached(engine->event.reason, &engine->event.exposure, &context, true);
	engine_emit_send(engine);
}

static void merge_parts(struct engine *engine, const struct fold *fold, uint32_t host,
			uint64_t now_ns)
{
	uint32_t slot = exposures_host_first(engine->exposures, host);

	for (; slot != EXPOSURE_NONE; slot = exposures_host_next(engine->exposures, slot)) {
		if (is_part(fold, exposures_at(engine->exposures, slot)))
			engine_life_merge(engine, slot, now_ns);
	}
}

/* Another round, of ports that had stayed by themselves. */
static void fold_more(struct engine *engine, const struct fold *fold, uint32_t slot,
		      uint64_t now_ns)
{
	struct exposure *all = exposures_at(engine->exposures, slot);
	uint8_t level = all->level, severity = all->severity;

	gather(fold, all, &(struct exposure){.state = EXPOSURE_CLOSED});
	all->folds = fold->places > all->folds ? fold->places : all->folds;
	engine_life_severity(all);
	exposures_rank(engine->exposures, slot);
	incidents_refresh(engine->incidents, engine->policy, all, slot);
	if (!all->quiet && (all->level > level || all->severity > severity))
		tell(engine, EVENT_EXPOSURE_ESCALATED, slot, now_ns);
	merge_parts(engine, fold, all->host, now_ns);
}

static void fold_first(struct engine *engine, const struct fold *fold, uint32_t slot,
		       const struct exposure *given_up, uint64_t now_ns)
{
	struct exposure *all = exposures_at(engine->exposures, slot);
	enum event_kind kind;

	if (exposure_is_open(all->state)) /* somebody really listened on port 0 */
		engine_life_merge(engine, slot, now_ns);
	all->all_ports = true;
	kind = engine_life_open(engine, slot, now_ns);
	all->folds = fold->places;
	forget_counters(all);
	all->quiet = !all->told; /* if all of its parts are */
	gather(fold, all, given_up);
	engine_life_severity(all);
	engine_life_count_opened(engine, all);
	exposures_rank(engine->exposures, slot);
	engine_life_join(engine, slot, now_ns);
	if (!all->quiet)
		tell(engine, all->told ? kind : EVENT_EXPOSURE_OPENED, slot, now_ns);
	merge_parts(engine, fold, all->host, now_ns);
}

void engine_collapse(struct engine *engine, uint32_t trigger, uint64_t now_ns)
{
	const struct exposure *x = exposures_at(engine->exposures, trigger);
	struct exposure given_up = {.state = EXPOSURE_CLOSED};
	struct fold fold = {.engine = engine};
	const struct exposure *all;
	uint32_t slot;

	if (!is_single(x) || exposures_host_open(engine->exposures, x->host) <=
				     policy_thresholds(engine->policy)->collapse_ports)
		return;
	fold.places = folded_place(engine, x->host);
	slot = take_record(engine, &fold, trigger, now_ns, &given_up);
	if (slot == EXPOSURE_NONE)
		return;
	all = exposures_at(engine->exposures, slot);
	if (all->all_ports && exposure_is_open(all->state))
		fold_more(engine, &fold, slot, now_ns);
	else
		fold_first(engine, &fold, slot, &given_up, now_ns);
}
