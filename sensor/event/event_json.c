/* SPDX-License-Identifier: ISC */
/*
 * See event_json.h. The order of the calls below is the order of the keys in the text; a field
 * that is added here is added to sensor/event/event.schema.json and spanwatch-events(7) too.
 */
#include "sensor/event/event_json.h"

#include <stdio.h>
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/base/timestamp.h"
#include "sensor/event/event_json_ecs.h"
#include "sensor/event/event_json_own.h"

#define ECS_VERSION "8.11.0"

/* ECS's own vocabulary: each type is one that it expects of one of the categories. */
static const struct {
	const char *category[2], *type[2];
} ecs_words[EVENT_KIND_COUNT] = {
	[EVENT_EXPOSURE_OPENED] = {{"network", "intrusion_detection"}, {"start", "allowed"}},
	[EVENT_EXPOSURE_ESCALATED] = {{"network", "intrusion_detection"}, {"info", "allowed"}},
	[EVENT_EXPOSURE_SUMMARY] = {{"network", NULL}, {"info", NULL}},
	[EVENT_EXPOSURE_CLOSED] = {{"network", NULL}, {"end", "denied"}},
	[EVENT_EXPOSURE_REOPENED] = {{"network", "intrusion_detection"}, {"start", "allowed"}},
	[EVENT_INCIDENT_OPENED] = {{"network", "intrusion_detection"}, {"start", "allowed"}},
	[EVENT_INCIDENT_UPDATED] = {{"network", "intrusion_detection"}, {"info", "allowed"}},
	[EVENT_INCIDENT_CLOSED] = {{"network", NULL}, {"end", "denied"}},
	[EVENT_SENSOR_STARTED] = {{"process", NULL}, {"start", NULL}},
	[EVENT_SENSOR_STOPPED] = {{"process", NULL}, {"end", NULL}},
	[EVENT_SENSOR_BLIND] = {{"process", NULL}, {"change", NULL}},
	[EVENT_SENSOR_SIGHTED] = {{"process", NULL}, {"change", NULL}},
	[EVENT_POLICY_LOADED] = {{"configuration", NULL}, {"change", NULL}},
	[EVENT_POLICY_REJECTED] = {{"configuration", NULL}, {"info", NULL}},
	[EVENT_POLICY_EXCEPTION_EXPIRING] = {{"configuration", NULL}, {"info", NULL}},
	[EVENT_POLICY_EXCEPTION_EXPIRED] = {{"configuration", NULL}, {"change", NULL}},
};

static void put_words(struct json_out *out, const char *key, const char *const words[2])
{
	json_out_list(out, key);
	for (size_t i = 0; i < 2; i++)
		json_out_text(out, NULL, words[i]);
	json_out_end(out);
}

static const char *ecs_kind(const struct event *event)
{
	if (event->alert)
		return "alert";
	return event->kind == EVENT_EXPOSURE_SUMMARY ? "state" : "event";
}

static void put_span(struct json_out *out, uint64_t start_ns, uint64_t end_ns)
{
	json_out_time(out, "start", start_ns);
	json_out_time(out, "end", end_ns);
	if (start_ns != 0 && end_ns >= start_ns)
		json_out_number(out, "duration", end_ns - start_ns);
}

static void put_spans(struct json_out *out, const struct event *event)
{
	if (event->has_exposure)
		put_span(out, event->exposure.opened_ns, event->exposure.closed_ns);
	else if (event->has_incident)
		put_span(out, event->incident.opened_ns, event->incident.closed_ns);
	else if (event->has_blindness)
		put_span(out, event->blindness.since_ns, event->blindness.until_ns);
}

static void put_event(struct json_out *out, const struct event *event)
{
	const char *action = event_kind_name(event->kind);
	char dataset[32];

	snprintf(dataset, sizeof dataset, "spanwatch.%.*s", (int)strcspn(action, "."), action);
	json_out_object(out, "event");
	json_out_text(out, "id", event->id);
	json_out_text(out, "kind", ecs_kind(event));
	put_words(out, "category", ecs_words[event->kind].category);
	put_words(out, "type", ecs_words[event->kind].type);
	json_out_text(out, "action", action);
	json_out_number(out, "severity", (uint64_t)event_severity_number(event->severity));
	json_out_number(out, "sequence", event->sequence);
	json_out_time(out, "created", event->decided_ns);
	put_spans(out, event);
	json_out_text(out, "dataset", dataset);
	json_out_text(out, "module", "spanwatch");
	json_out_text(out, "reason", event->reason);
	json_out_end(out);
}

static void put_vlan(struct json_out *out, uint16_t id)
{
	char text[8] = "";

	if (id != 0)
		snprintf(text, sizeof text, "%u", id);
	json_out_object(out, "vlan");
	json_out_text(out, "id", text);
	json_out_end(out);
}

static void put_observer(struct json_out *out, const struct event_context *context,
			 const struct event *event)
{
	struct ingress ingress = event_ingress(event);

	json_out_object(out, "observer");
	json_out_text(out, "name", context->sensor);
	json_out_text(out, "type", "sensor");
	json_out_text(out, "vendor", "spanwatch");
	json_out_text(out, "product", "spanwatch");
	json_out_text(out, "version", context->version);
	json_out_object(out, "ingress");
	if (event->has_exposure) {
		json_out_text(out, "zone", event->exposure.client_zone);
		put_vlan(out, event->exposure.vlan);
	}
	json_out_object(out, "interface");
	json_out_text(out, "name", ingress.name);
	json_out_text(out, "alias", ingress.alias);
	json_out_end(out);
	json_out_end(out);
	json_out_end(out);
}

/* Of a connection that a host of ours began: who began it, and what it was to. */
static void put_outgoing(struct json_out *out, const struct exposure_view *exposure)
{
	static const char *const ours[] = {"source", "client"};
	static const char *const others[] = {"destination", "server"};

	for (size_t i = 0; i < 2; i++) {
		json_out_object(out, ours[i]);
		json_out_address(out, "address", event_server_seen(exposure));
		json_out_address(out, "ip", &exposure->server.address);
		if (exposure->client_port != 0)
			json_out_number(out, "port", exposure->client_port);
		json_out_number(out, "bytes", exposure->bytes_out);
		json_out_end(out);
	}
	for (size_t i = 0; i < 2 && event_has_client(exposure); i++) {
		json_out_object(out, others[i]);
		json_out_address(out, "address", &exposure->client);
		json_out_address(out, "ip", &exposure->client);
		if (exposure->server.port != 0)
			json_out_number(out, "port", exposure->server.port);
		json_out_number(out, "bytes", exposure->bytes_in);
		json_out_end(out);
	}
}

static void put_client(struct json_out *out, const char *key, const struct exposure_view *exposure,
		       const struct address *address, uint16_t port)
{
	json_out_object(out, key);
	json_out_address(out, "address", address);
	json_out_address(out, "ip", address);
	if (port != 0)
		json_out_number(out, "port", port);
	json_out_number(out, "bytes", exposure->bytes_in);
	json_out_end(out);
}

/* `ip` is the endpoint that the policy protects, `address` what the wire showed: they differ
 * behind a translation. */
static void put_server(struct json_out *out, const char *key, const struct exposure_view *exposure)
{
	json_out_object(out, key);
	json_out_address(out, "address", event_server_seen(exposure));
	json_out_address(out, "ip", &exposure->server.address);
	if (exposure->server.port != 0)
		json_out_number(out, "port", exposure->server.port);
	json_out_number(out, "bytes", exposure->bytes_out);
	json_out_end(out);
}

static void put_network(struct json_out *out, const struct event_context *context,
			const struct exposure_view *exposure)
{
	char text[COMMUNITY_ID_TEXT] = "";

	event_community_id(exposure, text);
	json_out_object(out, "network");
	json_out_text(out, "type", address_is_ipv4(&exposure->server.address) ? "ipv4" : "ipv6");
	json_out_text(out, "transport", transport_name(exposure->server.transport));
	json_out_text(out, "protocol", event_service_name(context, exposure->service));
	json_out_text(out, "direction", exposure->server.outgoing ? "outbound" : "inbound");
	json_out_text(out, "community_id", text);
	if (exposure->carrier.by != FORWARDED_NOT)
		json_out_address(out, "forwarded_ip", &exposure->client);
	put_vlan(out, exposure->vlan);
	json_out_object(out, "inner");
	put_vlan(out, exposure->vlan_inner);
	json_out_end(out);
	json_out_end(out);
}

static uint64_t ns_of(uint64_t seconds)
{
	return seconds < UINT64_MAX / NS_PER_S ? seconds * NS_PER_S : 0;
}

static void put_certificate(struct json_out *out, const struct facts *facts)
{
	json_out_text(out, "subject", facts->tls_subject);
	json_out_text(out, "issuer", facts->tls_issuer);
	json_out_time(out, "not_before", ns_of(facts->tls_not_before_s));
	json_out_time(out, "not_after", ns_of(facts->tls_not_after_s));
	json_out_object(out, "hash");
	json_out_text(out, "sha256", facts->tls_sha256);
	json_out_end(out);
}

static void put_tls(struct json_out *out, const struct facts *facts)
{
	json_out_object(out, "tls");
	json_out_text(out, "version", facts->tls_version);
	json_out_text(out, "version_protocol", facts->tls_version[0] != '\0' ? "tls" : "");
	json_out_text(out, "next_protocol", facts->tls_protocol);
	json_out_object(out, "client");
	json_out_text(out, "server_name", facts->host);
	json_out_text(out, "ja4", facts->ja4);
	json_out_end(out);
	json_out_object(out, "server");
	put_certificate(out, facts);
	json_out_end(out);
	json_out_end(out);
}

/* ECS fields of what the conversation said. */
static void put_conversation(struct json_out *out, const struct event_context *context,
			     const struct exposure_view *exposure)
{
	const struct facts *facts = &exposure->facts;
	const struct service *row = services_get(context->services, exposure->service);
	bool tls = event_is_tls(facts);

	json_out_object(out, "service");
	json_out_text(out, "name", row != NULL ? row->name : "");
	json_out_text(out, "type", row != NULL ? family_name(row->family) : "");
	json_out_text(out, "version", facts->version);
	json_out_end(out);
	if (tls)
		put_tls(out, facts);
	json_out_object(out, "url");
	event_json_host(out, tls ? "" : facts->host);
	json_out_text(out, "path", facts->path);
	json_out_end(out);
	json_out_object(out, "user");
	json_out_text(out, "name", facts->user);
	json_out_end(out);
}

static void put_incoming(struct json_out *out, const struct exposure_view *exposure)
{
	if (event_has_client(exposure)) {
		put_client(out, "source", exposure, event_source(exposure),
			   event_source_port(exposure));
		put_client(out, "client", exposure, &exposure->client, exposure->client_port);
	}
	put_server(out, "destination", exposure);
	put_server(out, "server", exposure);
}

static void put_flow(struct json_out *out, const struct event_context *context,
		     const struct exposure_view *exposure)
{
	if (exposure->server.outgoing)
		put_outgoing(out, exposure);
	else
		put_incoming(out, exposure);
	put_network(out, context, exposure);
	put_conversation(out, context, exposure);
}

const char *event_json(struct json_out *out, const struct event *event,
		       const struct event_context *context, size_t *length)
{
	char text[TIMESTAMP_TEXT];

	json_out_begin(out);
	json_out_text(out, "@timestamp", timestamp_format(event->ts_ns, text));
	json_out_object(out, "ecs");
	json_out_text(out, "version", ECS_VERSION);
	json_out_end(out);
	json_out_text(out, "message", event->reason);
	put_event(out, event);
	put_observer(out, context, event);
	if (event->has_exposure)
		put_flow(out, context, &event->exposure);
	if (event->has_exposure)
		event_json_rule(out, context, event->exposure.rule, event->exposure.runbook);
	else if (event->has_incident)
		event_json_rule(out, context, event->incident.rule, event->incident.runbook);
	event_json_related(out, event);
	event_json_own(out, context, event);
	return json_out_done(out, length);
}
