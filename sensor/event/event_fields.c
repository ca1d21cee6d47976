/* SPDX-License-Identifier: ISC */
/* See event_fields.h. The order of the calls is the order of the columns. */
#include "sensor/event/event_fields.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/base/decimal.h"
#include "sensor/base/printable.h"
#include "sensor/base/timestamp.h"
#include "sensor/event/event_sources.h"

#define VALUE_MAX 1024

/* Where the value of the next pair goes; there is room for `most` bytes, with the NUL. */
static char *begin(struct event_fields *fields, const char *name, size_t most)
{
	size_t name_size = strlen(name) + 1;
	char *to = fields->packed + fields->length;

	assert(fields->count < EVENT_FIELDS_MAX &&
	       fields->length + name_size + most <= sizeof fields->packed);
	memcpy(to, name, name_size);
	return to + name_size;
}

/* For a value with its NUL, at most VALUE_MAX. */
static size_t room(const struct event_fields *fields, const char *to)
{
	size_t left = (size_t)(fields->packed + sizeof fields->packed - to);

	return left < VALUE_MAX ? left : VALUE_MAX;
}

/* `length` bytes were written there: they get their NUL. */
static void end(struct event_fields *fields, char *value, size_t length)
{
	value[length] = '\0';
	fields->length = (size_t)(value + length + 1 - fields->packed);
	fields->count++;
}

/* `value` is printable. */
static void put_safe(struct event_fields *fields, const char *name, const char *value,
		     size_t length)
{
	char *to;

	if (length == 0)
		return;
	to = begin(fields, name, length + 1);
	memcpy(to, value, length);
	end(fields, to, length);
}

static void put(struct event_fields *fields, const char *name, const char *value)
{
	char *to;

	if (value == NULL || *value == '\0')
		return;
	to = begin(fields, name, 1);
	end(fields, to, printable_copy(to, room(fields, to), value));
}

static void put_number(struct event_fields *fields, const char *name, uint64_t number)
{
	char *to = begin(fields, name, DECIMAL_MOST + 1);

	end(fields, to, decimal_write(to, number));
}

static void put_stamp(struct event_fields *fields, const char *name, uint64_t ns)
{
	char *to = begin(fields, name, TIMESTAMP_TEXT);

	timestamp_format(ns, to);
	end(fields, to, TIMESTAMP_TEXT - 1);
}

static void put_time(struct event_fields *fields, const char *name, uint64_t ns)
{
	if (ns != 0)
		put_stamp(fields, name, ns);
}

static void put_some(struct event_fields *fields, const char *name, uint64_t number)
{
	if (number != 0)
		put_number(fields, name, number);
}

/* Seconds since 1970, for scores of sorted sets. */
static void put_seconds(struct event_fields *fields, const char *name, uint64_t ns)
{
	char *to = begin(fields, name, DECIMAL_MOST + sizeof ".123456");
	size_t whole = decimal_write(to, ns / NS_PER_S);

	to[whole] = '.';
	decimal_padded(to + whole + 1, (uint32_t)(ns % NS_PER_S / NS_PER_US), 6);
	end(fields, to, whole + 7);
}

static void put_address(struct event_fields *fields, const char *name,
			const struct address *address)
{
	char *to = begin(fields, name, ADDRESS_TEXT_MAX);

	end(fields, to, strlen(address_format(address, to)));
}

static void put_level(struct event_fields *fields, const char *name, const char *named,
		      uint8_t level)
{
	put_number(fields, name, level);
	put(fields, named, level_name(level));
}

static void put_event(struct event_fields *fields, const struct event *event,
		      const struct event_context *context)
{
	struct ingress ingress = event_ingress(event);

	put(fields, "kind", event_kind_name(event->kind));
	put(fields, "id", event->id);
	put_number(fields, "sequence", event->sequence);
	put_stamp(fields, "ts", event->ts_ns);
	put_time(fields, "created", event->decided_ns);
	put(fields, "sensor", context->sensor);
	put(fields, "site", context->site);
	put(fields, "severity", policy_severity_name(event->severity));
	put_number(fields, "severity_number", (uint64_t)event_severity_number(event->severity));
	put(fields, "alert", event->alert ? "1" : "0");
	put(fields, "reason", event->reason);
	put(fields, "ingress", ingress.name);
	put(fields, "ingress_alias", ingress.alias);
}

/* A row of exposure_fields.h, of `view`, by its type. */
#define PUT(name, member, type, ...) PUT_##type(#name, view->member)
#define PUT_TEXT(name, text)	     put(fields, name, text);
#define PUT_TIME(name, ns)	     put_time(fields, name, ns);
#define PUT_SECONDS(name, ns)	     put_seconds(fields, name, ns);
#define PUT_COUNT(name, number)	     put_number(fields, name, number);
#define PUT_COUNT32(name, number)    put_number(fields, name, number);
#define PUT_FLAG(name, flag)	     put(fields, name, (flag) ? "1" : "0");
#define PUT_SOME(name, number)	     put_some(fields, name, number);
#define PUT_SOME32(name, number)     put_some(fields, name, number);
#define PUT_REASON(name, reason)     put(fields, name, close_reason_name(reason));
#define PUT_WALL(name, level)                                                                      \
	put(fields, name, view->changed_after_ns != 0 ? level_name(level) : "");

static void put_policy(struct event_fields *fields, const struct incident_view *view)
{
	POLICY_FIELDS(PUT)
}

static void put_input(struct event_fields *fields, const struct incident_view *view)
{
	INPUT_FIELDS(PUT)
}

/* Kinds and ids of all layers, outermost first; the ends of the outermost that has some. */
static void put_tunnels(struct event_fields *fields, const struct tunnel_path *path)
{
	char kinds[16 * TUNNELS_MAX] = "", ids[16 * TUNNELS_MAX] = "";
	const struct tunnel *ends = NULL;
	size_t kinds_at = 0, ids_at = 0;

	for (uint32_t i = 0; i < path->count && i < TUNNELS_MAX; i++) {
		const struct tunnel *layer = &path->layers[i];

		kinds_at += (size_t)snprintf(kinds + kinds_at, sizeof kinds - kinds_at, "%s%s",
					     i != 0 ? " " : "", tunnel_name(layer->kind));
		if (layer->has_id)
			ids_at += (size_t)snprintf(ids + ids_at, sizeof ids - ids_at, "%s%" PRIu32,
						   ids_at != 0 ? " " : "", layer->id);
		if (ends == NULL && layer->over_ip)
			ends = layer;
	}
	put(fields, "tunnel", kinds);
	put(fields, "tunnel_id", ids);
	if (ends != NULL) {
		put_address(fields, "tunnel_source", &ends->source);
		put_address(fields, "tunnel_destination", &ends->destination);
	}
}

static void put_zones(struct event_fields *fields, const struct exposure_view *view)
{
	ZONE_FIELDS(PUT)
	KNOWN_FIELDS(PUT)
}

static void put_ends(struct event_fields *fields, const struct exposure_view *exposure)
{
	char id[COMMUNITY_ID_TEXT] = "";
	struct address claimed;

	if (exposure->server.outgoing)
		put(fields, "outgoing", "1");
	put_address(fields, "server_ip", &exposure->server.address);
	if (exposure->server.port != 0)
		put_number(fields, "server_port", exposure->server.port);
	put(fields, "transport", transport_name(exposure->server.transport));
	put_address(fields, "server_seen_ip", event_server_seen(exposure));
	if (event_has_client(exposure))
		put_address(fields, "client_ip", &exposure->client);
	if (exposure->client_port != 0)
		put_number(fields, "client_port", exposure->client_port);
	if (exposure->carrier.by != FORWARDED_NOT) {
		put_address(fields, "carrier_ip", &exposure->carrier.address);
		put_number(fields, "carrier_port", exposure->carrier.port);
		put(fields, "carried_by", forwarded_by_name(exposure->carrier.by));
	}
	if (exposure->facts.claims != 0) {
		claimed = event_claimed(&exposure->facts);
		put_address(fields, "claimed_client_ip", &claimed);
		put(fields, "claimed_by", forwarded_by_name(exposure->facts.claimed_by));
	}
	put_zones(fields, exposure);
	if (exposure->vlan != 0)
		put_number(fields, "vlan", exposure->vlan);
	if (exposure->vlan_inner != 0)
		put_number(fields, "vlan_inner", exposure->vlan_inner);
	put_tunnels(fields, &exposure->tunnels);
	event_community_id(exposure, id);
	put(fields, "community_id", id);
}

static void put_times(struct event_fields *fields, const struct exposure_view *view)
{
	TIME_FIELDS(PUT)
}

static void put_counters(struct event_fields *fields, const struct exposure_view *view)
{
	COUNT_FIELDS(PUT)
	SUM_FIELDS(PUT)
	REOPEN_FIELDS(PUT)
	INPUT_FIELDS(PUT)
}

static void put_sources(struct event_fields *fields, const struct exposure_view *exposure)
{
	char text[EVENT_SOURCES_TEXT];

	put_safe(fields, "sources", text, event_sources(exposure, text));
}

static void put_commands(struct event_fields *fields, const struct facts *facts)
{
	char text[FACTS_COMMANDS * (FACTS_COMMAND_TEXT + 2)] = "";
	size_t used = 0;
	unsigned carried_out = 0; /* COMMAND_… flags */

	for (size_t i = 0; i < facts->command_count && i < FACTS_COMMANDS; i++) {
		const struct command *command = &facts->commands[i];

		used += (size_t)snprintf(text + used, sizeof text - used, "%s%.*s",
					 used != 0 ? "; " : "", FACTS_COMMAND_TEXT - 1,
					 command->text);
		if (command->accepted == ANSWER_YES)
			carried_out |= command->flags;
	}
	put(fields, "commands", text);
	put(fields, "executed", (carried_out & COMMAND_EXECUTES) != 0 ? "1" : "");
	put(fields, "destroyed", (carried_out & COMMAND_DESTRUCTIVE) != 0 ? "1" : "");
}

static void put_certificate(struct event_fields *fields, const struct facts *facts, uint64_t ts_ns)
{
	char text[64] = "";
	size_t used = 0;

	for (unsigned i = 0; event_certificate(facts, ts_ns, i)[0] != '\0'; i++)
		used += (size_t)snprintf(text + used, sizeof text - used, "%s%s",
					 used != 0 ? " " : "", event_certificate(facts, ts_ns, i));
	put(fields, "certificate", text);
}

static void put_facts(struct event_fields *fields, const struct exposure_view *exposure,
		      const struct event_context *context, uint64_t ts_ns)
{
	const struct facts *facts = &exposure->facts;
	const struct service *row = services_get(context->services, exposure->service);

	put(fields, "service", row != NULL ? row->name : "");
	put(fields, "family", row != NULL ? family_name(row->family) : "");
	put(fields, "identifier", row != NULL ? row->identifier : "");
	put(fields, "identified_by", identified_by_name(exposure->identified_by));
	put(fields, "ndpi", event_service_name(context, exposure->ndpi_service));
	put(fields, "product", facts->product);
	put(fields, "version", facts->version);
	put(fields, "auth", auth_name(facts->auth));
	put(fields, "encrypted", encryption_name(facts->encryption));
	if (facts->data_read != ANSWER_UNKNOWN)
		put(fields, "data_read", facts->data_read == ANSWER_YES ? "1" : "0");
	put(fields, "user", facts->user);
	put(fields, "host", facts->host);
	put(fields, "path", facts->path);
	put(fields, "operation", facts->operation);
	put(fields, "direction", direction_name(exposure->direction));
	put(fields, "sight", sight_name(exposure->sight));
	put(fields, "outcome", outcome_name(exposure->outcome));
	put(fields, "conn_state", event_conn_state(exposure->outcome));
	put(fields, "ja4", facts->ja4);
	put(fields, "certificate_sha256", facts->tls_sha256);
	put_certificate(fields, facts, ts_ns);
	put_commands(fields, facts);
}

static void put_exposure(struct event_fields *fields, const struct exposure_view *view,
			 const struct event_context *context, uint64_t ts_ns)
{
	put(fields, "exposure", view->id);
	put(fields, "incident", view->incident);
	put(fields, "state", exposure_state_name(view->state));
	put_level(fields, "level", "level_name", view->level);
	put(fields, "unlisted", view->unlisted ? "1" : "0");
	POLICY_FIELDS(PUT)
	put_ends(fields, view);
	put_facts(fields, view, context, ts_ns);
	put_times(fields, view);
	put_counters(fields, view);
	put_sources(fields, view);
}

/* A row of incident_fields.h, by its type. */
#define PUT_FIGURE(name, member, type, ...) PUT_##type("incident_" #name, incident->member)

static void put_crowd(struct event_fields *fields, const struct incident_view *incident)
{
	char ports[INCIDENT_PORTS * 6 + 8] = "";
	size_t used = 0;

	if (incident->port_count == 0 && !incident->many_ports)
		return;
	for (size_t i = 0; i < incident->port_count; i++)
		used += (size_t)snprintf(ports + used, sizeof ports - used, "%s%u",
					 used != 0 ? " " : "", incident->ports[i]);
	if (incident->many_ports)
		snprintf(ports + used, sizeof ports - used, "%s...", used != 0 ? " " : "");
	INCIDENT_CROWD(PUT_FIGURE)
	put(fields, "incident_ports", ports);
}

static void put_incident(struct event_fields *fields, const struct incident_view *incident)
{
	char members[INCIDENT_MEMBERS * EXPOSURE_ID_TEXT + 1] = "";
	size_t used = 0;

	for (size_t i = 0; i < incident->listed && i < INCIDENT_MEMBERS; i++)
		used += (size_t)snprintf(members + used, sizeof members - used, "%s%s",
					 used != 0 ? " " : "", incident->members[i].exposure);
	put(fields, "incident_state", incident->closed ? "closed" : "open");
	put_level(fields, "incident_level", "incident_level_name", incident->level);
	put(fields, "incident_severity", policy_severity_name(incident->severity));
	put_number(fields, "incident_severity_number",
		   (uint64_t)event_severity_number(incident->severity));
	INCIDENT_FIGURES(PUT_FIGURE)
	put(fields, "incident_members", members);
	put_crowd(fields, incident);
}

static void put_blindness(struct event_fields *fields, const struct blindness_view *view)
{
	put(fields, "blind_cause", blind_cause_name(view->cause));
	put(fields, "blind_interface", view->interface);
	put_time(fields, "blind_since", view->since_ns);
	put_time(fields, "blind_until", view->until_ns);
	put_number(fields, "blind_lost", view->lost);
	put_number(fields, "blind_of", view->base);
	put_number(fields, "blind_share_permille", view->share_permille);
}

void event_fields(struct event_fields *fields, const struct event *event,
		  const struct event_context *context)
{
	const struct incident_view *incident = &event->incident;

	fields->length = fields->count = 0;
	put_event(fields, event, context);
	if (event->has_exposure)
		put_exposure(fields, &event->exposure, context, event->ts_ns);
	if (event->has_blindness)
		put_blindness(fields, &event->blindness);
	if (!event->has_incident)
		return;
	if (!event->has_exposure || event->exposure.incident[0] == '\0')
		put(fields, "incident", incident->id);
	if (!event->has_exposure) {
		put_policy(fields, incident);
		put_input(fields, incident);
	}
	put_incident(fields, incident);
}

const char *event_fields_find(const char *packed, size_t length, const char *name)
{
	const char *end = packed + length;

	while (packed < end) {
		const char *value = packed + strlen(packed) + 1;

		if (value >= end)
			return NULL;
		if (strcmp(packed, name) == 0)
			return value;
		packed = value + strlen(value) + 1;
	}
	return NULL;
}
