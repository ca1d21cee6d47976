/* SPDX-License-Identifier: ISC */
/*
 * See event_json_own.h: exposure, incident, evidence, and the facts of the conversation. The order
 * of the calls is the order of the keys in the text.
 */
#include "sensor/event/event_json_own.h"

#include <string.h>

static void put_level(struct json_out *out, uint8_t level)
{
	json_out_number(out, "level", level);
	json_out_text(out, "level_name", level_name(level));
}

static void put_sources(struct json_out *out, const struct exposure_view *exposure)
{
	json_out_list(out, "sources");
	for (size_t i = 0; i < exposure->source_count && i < EXPOSURE_SOURCES; i++) {
		const struct exposure_source *source = &exposure->sources[i];

		json_out_object(out, NULL);
		json_out_address(out, "ip", &source->address);
		if (source->carrier.by != FORWARDED_NOT)
			json_out_address(out, "carrier", &source->carrier.address);
		put_level(out, source->level);
		json_out_time(out, "first", source->first_ns);
		json_out_time(out, "last", source->last_ns);
		json_out_number(out, "flows", source->flows);
		json_out_number(out, "bytes_out", source->bytes_out);
		json_out_text(out, "ja4", source->ja4);
		if (source->logins_failed + source->logins_succeeded != 0) {
			json_out_object(out, "logins");
			json_out_number(out, "failed", source->logins_failed);
			json_out_number(out, "succeeded", source->logins_succeeded);
			json_out_end(out);
		}
		json_out_end(out);
	}
	json_out_end(out);
}

/* Rows of exposure_fields.h that share an object follow each other: which is open now. */
struct place {
	struct json_out *out;
	const char *object; /* "": none */
};

static void go_to(struct place *place, const char *object)
{
	if (strcmp(place->object, object) == 0)
		return;
	if (place->object[0] != '\0')
		json_out_end(place->out);
	if (object[0] != '\0')
		json_out_object(place->out, object);
	place->object = object;
}

static void put_some(struct json_out *out, const char *key, uint64_t number)
{
	if (number != 0)
		json_out_number(out, key, number);
}

/* A row of `view`, by its type, to its place. */
#define PUT(name, member, type, from, tag, merge, object, key, ...)                                \
	PUT_##type(object, key, view->member)
#define PUT_AT(object, call)		 (go_to(&place, object), call);
#define PUT_TEXT(object, key, text)	 PUT_AT(object, json_out_text(place.out, key, text))
#define PUT_TIME(object, key, ns)	 PUT_AT(object, json_out_time(place.out, key, ns))
#define PUT_COUNT(object, key, number)	 PUT_AT(object, json_out_number(place.out, key, number))
#define PUT_COUNT32(object, key, number) PUT_COUNT(object, key, number)
#define PUT_SOME(object, key, number)	 PUT_AT(object, put_some(place.out, key, number))
#define PUT_SOME32(object, key, number)	 PUT_SOME(object, key, number)
#define PUT_SECONDS(object, key, ns)
#define PUT_REASON(object, key, reason) PUT_TEXT(object, key, close_reason_name(reason))
#define PUT_WALL(object, key, level)                                                               \
	PUT_TEXT(object, key, view->changed_after_ns != 0 ? level_name(level) : NULL)

static void put_exposure_policy(struct json_out *out, const struct exposure_view *view)
{
	struct place place = {out, ""};

	POLICY_FIELDS(PUT)
	ZONE_FIELDS(PUT)
	KNOWN_FIELDS(PUT)
	go_to(&place, "");
}

static void put_exposure_figures(struct json_out *out, const struct exposure_view *view)
{
	struct place place = {out, ""};

	TIME_FIELDS(PUT)
	COUNT_FIELDS(PUT)
	REOPEN_FIELDS(PUT)
	SUM_FIELDS(PUT)
	INPUT_FIELDS(PUT)
	go_to(&place, "");
}

static void put_incident_policy(struct json_out *out, const struct incident_view *view)
{
	struct place place = {out, ""};

	POLICY_FIELDS(PUT)
	INPUT_FIELDS(PUT)
	go_to(&place, "");
}

static void put_exposure(struct json_out *out, const struct event *event)
{
	const struct exposure_view *exposure = &event->exposure;

	json_out_object(out, "exposure");
	json_out_text(out, "id", exposure->id);
	json_out_text(out, "state", exposure_state_name(exposure->state));
	put_level(out, exposure->level);
	if (event->kind == EVENT_EXPOSURE_ESCALATED)
		json_out_text(out, "previous_level", level_name(event->previous_level));
	json_out_flag(out, "unlisted", exposure->unlisted);
	json_out_flag(out, "all_ports", exposure->server.port == 0);
	if (exposure->server.outgoing)
		json_out_flag(out, "outgoing", true);
	if (exposure->server.realm != 0)
		json_out_number(out, "realm", exposure->server.realm);
	put_exposure_policy(out, exposure);
	json_out_text(out, "incident", exposure->incident);
	put_exposure_figures(out, exposure);
	put_sources(out, exposure);
	json_out_end(out);
}

static void put_members(struct json_out *out, const struct event_context *context,
			const struct incident_view *incident)
{
	json_out_list(out, "members");
	for (size_t i = 0; i < incident->listed && i < INCIDENT_MEMBERS; i++) {
		const struct incident_member *member = &incident->members[i];

		json_out_object(out, NULL);
		json_out_text(out, "exposure", member->exposure);
		json_out_address(out, "ip", &member->server.address);
		if (member->server.port != 0)
			json_out_number(out, "port", member->server.port);
		if (member->server.outgoing)
			json_out_flag(out, "outgoing", true);
		json_out_text(out, "transport", transport_name(member->server.transport));
		json_out_text(out, "service", event_service_name(context, member->service));
		put_level(out, member->level);
		json_out_text(out, "state", exposure_state_name(member->state));
		json_out_end(out);
	}
	json_out_end(out);
}

/* A row of incident_fields.h, by its type. */
#define PUT_FIGURE(name, member, type, ...) FIGURE_##type(#name, incident->member)
#define FIGURE_TIME(key, ns)		    json_out_time(out, key, ns);
#define FIGURE_FLAG(key, flag)		    json_out_flag(out, key, flag);
#define FIGURE_COUNT32(key, number)	    json_out_number(out, key, number);

/* Only where there are endpoints that were counted and not announced. */
static void put_crowd(struct json_out *out, const struct incident_view *incident)
{
	if (incident->port_count == 0 && !incident->many_ports)
		return;
	INCIDENT_CROWD(PUT_FIGURE)
	json_out_list(out, "ports");
	for (size_t i = 0; i < incident->port_count; i++)
		json_out_number(out, NULL, incident->ports[i]);
	json_out_end(out);
	json_out_flag(out, "many_ports", incident->many_ports);
}

static void put_incident(struct json_out *out, const struct event_context *context,
			 const struct incident_view *incident)
{
	json_out_object(out, "incident");
	json_out_text(out, "id", incident->id);
	json_out_text(out, "state", incident->closed ? "closed" : "open");
	put_level(out, incident->level);
	put_incident_policy(out, incident);
	INCIDENT_FIGURES(PUT_FIGURE)
	put_crowd(out, incident);
	put_members(out, context, incident);
	json_out_end(out);
}

static void put_evidence(struct json_out *out, const struct event_context *context,
			 const struct exposure_view *exposure)
{
	const char *identified_by = identified_by_name(exposure->identified_by);

	json_out_object(out, "evidence");
	json_out_text(out, "direction", direction_name(exposure->direction));
	json_out_text(out, "sight", sight_name(exposure->sight));
	json_out_text(out, "outcome", outcome_name(exposure->outcome));
	json_out_text(out, "conn_state", event_conn_state(exposure->outcome));
	json_out_text(out, "identified_by", identified_by);
	json_out_text(out, "ndpi", event_service_name(context, exposure->ndpi_service));
	json_out_end(out);
}

static void put_tunnels(struct json_out *out, const struct tunnel_path *path)
{
	if (path->count == 0)
		return;
	json_out_list(out, "tunnels");
	for (uint32_t i = 0; i < path->count && i < TUNNELS_MAX; i++) {
		const struct tunnel *layer = &path->layers[i];

		json_out_object(out, NULL);
		json_out_text(out, "kind", tunnel_name(layer->kind));
		if (layer->has_id)
			json_out_number(out, "id", layer->id);
		if (layer->over_ip) {
			json_out_address(out, "source", &layer->source);
			json_out_address(out, "destination", &layer->destination);
		}
		if (layer->marks & TUNNEL_CLAIMED)
			json_out_flag(out, "believed", false);
		json_out_end(out);
	}
	json_out_end(out);
}

/* Who connected on behalf of the client, and what was said by somebody who is not believed. */
static void put_carrier(struct json_out *out, const struct exposure_view *exposure)
{
	const struct carrier *carrier = &exposure->carrier;
	const struct facts *facts = &exposure->facts;
	struct address claimed = event_claimed(facts);

	if (carrier->by != FORWARDED_NOT) {
		json_out_object(out, "carrier");
		json_out_address(out, "ip", &carrier->address);
		json_out_number(out, "port", carrier->port);
		json_out_text(out, "by", forwarded_by_name(carrier->by));
		json_out_end(out);
	}
	if (facts->claims == 0)
		return;
	json_out_object(out, "claimed_client");
	json_out_address(out, "ip", &claimed);
	json_out_text(out, "by", forwarded_by_name(facts->claimed_by));
	json_out_number(out, "count", facts->claims);
	json_out_end(out);
}

static void put_commands(struct json_out *out, const struct facts *facts)
{
	json_out_list(out, "commands");
	for (size_t i = 0; i < facts->command_count && i < FACTS_COMMANDS; i++) {
		const struct command *command = &facts->commands[i];

		json_out_object(out, NULL);
		json_out_text(out, "text", command->text);
		if (command->accepted != ANSWER_UNKNOWN)
			json_out_flag(out, "accepted", command->accepted == ANSWER_YES);
		json_out_flag(out, "destructive", (command->flags & COMMAND_DESTRUCTIVE) != 0);
		json_out_flag(out, "executes", (command->flags & COMMAND_EXECUTES) != 0);
		json_out_flag(out, "listing", (command->flags & COMMAND_LISTING) != 0);
		json_out_end(out);
	}
	json_out_end(out);
	json_out_number(out, "commands_seen", facts->commands_seen);
}

static void put_certificate(struct json_out *out, const struct facts *facts, uint64_t ts_ns)
{
	if (event_certificate(facts, ts_ns, 0)[0] == '\0')
		return;
	json_out_list(out, "certificate");
	for (unsigned i = 0; event_certificate(facts, ts_ns, i)[0] != '\0'; i++)
		json_out_text(out, NULL, event_certificate(facts, ts_ns, i));
	json_out_end(out);
}

/* What the conversation said and ECS has no field for. */
static void put_facts(struct json_out *out, const struct event_context *context,
		      const struct exposure_view *exposure, uint64_t ts_ns)
{
	const struct facts *facts = &exposure->facts;
	const struct service *row = services_get(context->services, exposure->service);

	json_out_text(out, "auth", auth_name(facts->auth));
	json_out_text(out, "encrypted", encryption_name(facts->encryption));
	if (facts->data_read != ANSWER_UNKNOWN)
		json_out_flag(out, "data_read", facts->data_read == ANSWER_YES);
	json_out_flag(out, "directory_listing", facts->directory_listing);
	put_certificate(out, facts, ts_ns);
	if (facts->tls_ech)
		json_out_flag(out, "encrypted_hello", true);
	json_out_text(out, "product", facts->product);
	json_out_text(out, "mechanism", facts->mechanism);
	json_out_text(out, "operation", facts->operation);
	put_commands(out, facts);
	json_out_text(out, "identifier", row != NULL ? row->identifier : "");
}

static void put_blindness(struct json_out *out, const struct blindness_view *view)
{
	json_out_object(out, "blindness");
	json_out_text(out, "cause", blind_cause_name(view->cause));
	json_out_text(out, "interface", view->interface);
	json_out_time(out, "since", view->since_ns);
	json_out_time(out, "until", view->until_ns);
	json_out_number(out, "lost", view->lost);
	json_out_number(out, "of", view->base);
	json_out_number(out, "share_permille", view->share_permille);
	json_out_end(out);
}

void event_json_own(struct json_out *out, const struct event_context *context,
		    const struct event *event)
{
	json_out_object(out, "spanwatch");
	json_out_number(out, "schema", EVENT_SCHEMA_VERSION);
	json_out_text(out, "site", context->site);
	json_out_flag(out, "replay", context->replay);
	json_out_text(out, "severity", policy_severity_name(event->severity));
	if (event->has_exposure) {
		put_exposure(out, event);
		put_evidence(out, context, &event->exposure);
		put_tunnels(out, &event->exposure.tunnels);
		put_carrier(out, &event->exposure);
		put_facts(out, context, &event->exposure, event->ts_ns);
	}
	if (event->has_incident)
		put_incident(out, context, &event->incident);
	if (event->has_blindness)
		put_blindness(out, &event->blindness);
	json_out_end(out);
}
