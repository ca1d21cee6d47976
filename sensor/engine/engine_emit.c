/* SPDX-License-Identifier: ISC */
/*
 * Building, numbering and handing over events. The id of an event is a hash over what it is about
 * and its packet time, so the same capture and policy give the same ids; `newest` and `ordinal`
 * tell apart what happens at one moment.
 */
#include <stdio.h>
#include <string.h>

#include "sensor/base/hash.h"
#include "sensor/engine/engine_state.h"

static const char *rule_name(const struct policy *policy, uint16_t rule)
{
	return rule != POLICY_NONE ? policy_rule(policy, rule).name : "";
}

/* What a row of exposure_fields.h takes from the record, from its group, and from its zones. */
#define FROM_RECORD(name, member, type, from, ...) FROM_RECORD_##from(member)
#define FROM_RECORD_KEPT(member)		   view->member = x->member;
#define FROM_RECORD_SKETCH(member)		   view->member = sketch_count(&x->member);
#define FROM_RECORD_GROUP(member)
#define FROM_RECORD_ZONE(member)
#define FROM_RECORD_LINE(member)
#define FROM_RECORD_AGAIN(member)

#define FROM_GROUP(name, member, type, from, ...) FROM_GROUP_##from(member)
#define FROM_GROUP_GROUP(member)		  view->member = group.member;
#define FROM_GROUP_LINE(member)

#define FROM_ZONE(field, member, ...) view->member = policy_zone(policy, x->member).name;

static void view_policy(const struct policy *policy, const struct exposure *x,
			struct exposure_view *view)
{
	struct policy_group_view group = policy_group(policy, x->group);

	view->rule = rule_name(policy, x->rule);
	view->group = group.name;
	POLICY_FIELDS(FROM_GROUP)
	ZONE_FIELDS(FROM_ZONE)
}

static struct ingress ingress_of(const struct engine *engine, uint32_t from)
{
	const struct origin_names *names = origins_get(engine->options.origins, from);

	return (struct ingress){names->interface, names->alias};
}

/* Of a live sensor the interface alone, which stands elsewhere: observer.ingress. */
static void view_input(const struct engine *engine, const struct origin *origin,
		       const char **input_file, uint64_t *input_packet)
{
	*input_file = origins_get(engine->options.origins, origin->from)->file;
	*input_packet = **input_file ? origin->packet : 0;
}

static void view_record(const struct exposure *x, struct exposure_view *view)
{
	EXPOSURE_FIELDS(FROM_RECORD)
	view->last_accept_ns = x->last_accept_ns;
	view->live_flows = x->live_flows;
	if (x->close_reason != CLOSE_LIKELY)
		view->close_odds = 0;
	/* An estimate must not claim more clients than conversations. */
	if (view->clients > x->flows)
		view->clients = (uint32_t)x->flows;
}

/* By its product, or by the service's name where none was told. */
static const char *known_of(const struct engine *engine, const struct exposure *x)
{
	const struct service *service = services_get(engine->services, x->service);
	const char *product = x->facts.product;

	if (engine->known == NULL || x->identified_by <= IDENTIFIED_NDPI_GUESS)
		return "";
	if (product[0] == '\0' && service != NULL)
		product = service->name;
	return known_bad_find(engine->known, product, x->facts.version);
}

void engine_emit_view(const struct engine *engine, const struct exposure *x,
		      struct exposure_view *view)
{
	*view = (struct exposure_view){
		.server = x->server.realm == REALM_CLAIMED ? x->claimed : x->server,
		.server_seen = x->server_seen,
		.state = x->state,
		.level = x->level,
		.severity = x->severity,
		.direction = x->direction,
		.sight = x->sight,
		.outcome = x->outcome,
		.identified_by = x->identified_by,
		.unlisted = x->unlisted,
		.quiet = x->quiet,
		.service = x->service,
		.ndpi_service = x->ndpi_service,
		.vlan = x->vlan,
		.vlan_inner = x->vlan_inner,
		.tunnels = x->tunnels,
		.client = x->client,
		.client_port = x->client_port,
		.carrier = x->carrier,
		.source_count = x->source_count,
		.facts = x->facts,
		.ingress = ingress_of(engine, x->from),
	};
	memcpy(view->id, x->id, sizeof view->id);
	memcpy(view->incident, x->incident_id, sizeof view->incident);
	memcpy(view->sources, x->sources, sizeof view->sources);
	view_policy(engine->policy, x, view);
	view->known = known_of(engine, x);
	view_input(engine, &x->origin, &view->input_file, &view->input_packet);
	view_record(x, view);
}

/* What a row of incident_fields.h takes from the record. */
#define FROM_INCIDENT(name, member, type, from, ...) FROM_INCIDENT_##from(member)
#define FROM_INCIDENT_KEPT(member)		     view->member = incident->member;
#define FROM_INCIDENT_ADDED(member)

static void view_incident(const struct engine *engine, const struct incident *incident,
			  struct incident_view *view)
{
	uint32_t untracked = incident_untracked_count(incident);
	struct policy_group_view group = policy_group(engine->policy, incident->group);

	*view = (struct incident_view){
		.group = incident->group_name,
		.rule = incident->rule_name,
		.severity = incident->severity,
		.level = incident->level,
		.closed = incident->closed,
		.member_count = incident->member_count + untracked,
		.open_count = incident->open_count + (incident->closed ? 0 : untracked),
		.unannounced_count = incident->quiet + untracked,
		.untracked_count = untracked,
		.unlisted = incident->unlisted,
		.many_ports = incident->many_ports,
		.stormed = incident->stormed,
		.port_count = incident->port_count,
		.listed = incident->listed,
		.ingress = ingress_of(engine, incident->origin.from),
	};
	memcpy(view->id, incident->id, sizeof view->id);
	memcpy(view->members, incident->members, sizeof view->members);
	memcpy(view->ports, incident->ports, sizeof view->ports);
	POLICY_FIELDS(FROM_GROUP)
	INCIDENT_FIGURES(FROM_INCIDENT)
	view_input(engine, &incident->origin, &view->input_file, &view->input_packet);
}

void engine_emit_plain(struct engine *engine, enum event_kind kind, uint64_t ts_ns)
{
	engine->event = (struct event){.kind = (uint8_t)kind, .ts_ns = ts_ns};
}

static void touch(struct engine_touched *touched, uint32_t slot)
{
	if (touched->count < ENGINE_TOUCHED)
		touched->slots[touched->count++] = slot;
	else
		touched->overflow = true;
}

void engine_emit_exposure(struct engine *engine, enum event_kind kind, uint32_t slot,
			  uint64_t ts_ns)
{
	struct exposure *x = exposures_at(engine->exposures, slot);

	engine_emit_plain(engine, kind, ts_ns);
	engine->event.has_exposure = true;
	engine->event.severity = x->severity;
	engine->event.previous_level = x->level;
	engine_emit_view(engine, x, &engine->event.exposure);
	x->news = false;
	x->told = true;
	x->last_summary_ns = ts_ns;
	touch(&engine->touched_exposures, slot);
}

void engine_emit_incident(struct engine *engine, enum event_kind kind,
			  const struct incident *incident, uint64_t ts_ns)
{
	engine_emit_plain(engine, kind, ts_ns);
	engine->event.has_incident = true;
	engine->event.severity = incident->severity;
	view_incident(engine, incident, &engine->event.incident);
	touch(&engine->touched_incidents,
	      (uint32_t)(incident - incidents_at(engine->incidents, 0)));
}

/* Those of the sensor itself carry its name and number: two sensors are not the same news. */
static void make_id(struct engine *engine, struct event *event)
{
	char text[512];
	int length;

	/* Packet time may go back and return to the same moment: probes are told late. */
	engine->ordinal = event->ts_ns > engine->newest_ns ? 0 : engine->ordinal + 1;
	if (event->ts_ns > engine->newest_ns)
		engine->newest_ns = event->ts_ns;
	if (event->has_exposure || event->has_incident)
		length = snprintf(text, sizeof text, "%s|%s|%s|%llu|%llu|%llu",
				  policy_site(engine->policy), event_kind_name(event->kind),
				  event->has_exposure ? event->exposure.id : event->incident.id,
				  (unsigned long long)event->ts_ns,
				  (unsigned long long)(engine->newest_ns - event->ts_ns),
				  (unsigned long long)engine->ordinal);
	else
		length = snprintf(text, sizeof text, "%s|%s|%s|%llu|#%llu",
				  policy_site(engine->policy), event_kind_name(event->kind),
				  engine->options.sensor, (unsigned long long)event->ts_ns,
				  (unsigned long long)event->sequence);
	if ((size_t)length >= sizeof text)
		length = (int)sizeof text - 1;
	hash_identifier(text, (size_t)length, event->id);
}

void engine_emit_send(struct engine *engine)
{
	struct event *event = &engine->event;

	event->sequence = engine->sequence++;
	event->decided_ns =
		engine->options.clock_ns != NULL ? engine->options.clock_ns() : event->ts_ns;
	make_id(engine, event);
	engine->stats.events++;
	engine->handler(engine->context, event);
}
