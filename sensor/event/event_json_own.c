/* SPDX-License-Identifier: ISC */
/*
 * See event_json_own.h: exposure, incident, evidence, and the facts of the conversation. The order
 * of the calls is the order of the keys in the text.
 */
#include "sensor/event/event_json_own.h"

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

static void put_pair(struct json_out *out, const char *key, const char *a, uint64_t a_value,
		     const char *b, uint64_t b_value)
{
	json_out_object(out, key);
	json_out_number(out, a, a_value);
	json_out_number(out, b, b_value);
	json_out_end(out);
}

static void put_exposure_times(struct json_out *out, const struct exposure_view *exposure)
{
	json_out_time(out, "opened", exposure->opened_ns);
	json_out_time(out, "first_answer", exposure->first_answer_ns);
	json_out_time(out, "last_answer", exposure->last_answer_ns);
	json_out_time(out, "last_seen", exposure->last_seen_ns);
	json_out_time(out, "changed_after", exposure->changed_after_ns);
	json_out_time(out, "changed_before", exposure->changed_before_ns);
	if (exposure->changed_after_ns != 0)
		json_out_text(out, "wall_was", level_name(exposure->wall_was));
	json_out_time(out, "closed", exposure->closed_ns);
	json_out_text(out, "close_reason", close_reason_name(exposure->close_reason));
	if (exposure->close_odds != 0)
		json_out_number(out, "close_odds", exposure->close_odds);
}

static void put_exposure_counters(struct json_out *out, const struct exposure_view *exposure)
{
	json_out_number(out, "flows", exposure->flows);
	json_out_number(out, "clients", exposure->clients);
	json_out_number(out, "reopened", exposure->reopened);
	put_pair(out, "bytes", "in", exposure->bytes_in, "out", exposure->bytes_out);
	put_pair(out, "probes", "unanswered", exposure->probes_unanswered, "refused",
		 exposure->probes_refused);
	put_pair(out, "logins", "failed", exposure->logins_failed, "succeeded",
		 exposure->logins_succeeded);
	if (exposure->users_tried != 0)
		json_out_number(out, "users_tried", exposure->users_tried);
	if (exposure->objects_read != 0)
		json_out_number(out, "objects_read", exposure->objects_read);
	if (exposure->messages != 0)
		json_out_number(out, "messages", exposure->messages);
	if (exposure->claims != 0)
		json_out_number(out, "claimed_endpoints", exposure->claims);
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
	json_out_text(out, "rule", exposure->rule);
	json_out_text(out, "group", exposure->group);
	json_out_text(out, "owner", exposure->owner);
	json_out_text(out, "security_group", exposure->security_group);
	json_out_text(out, "client_zone", exposure->client_zone);
	json_out_text(out, "server_zone", exposure->server_zone);
	json_out_text(out, "incident", exposure->incident);
	put_exposure_times(out, exposure);
	put_exposure_counters(out, exposure);
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

/* Only where there are endpoints that were counted and not announced. */
static void put_crowd(struct json_out *out, const struct incident_view *incident)
{
	if (incident->port_count == 0 && !incident->many_ports)
		return;
	json_out_number(out, "unannounced_count", incident->unannounced_count);
	json_out_number(out, "untracked_count", incident->untracked_count);
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
	json_out_text(out, "rule", incident->rule);
	json_out_text(out, "group", incident->group);
	json_out_text(out, "owner", incident->owner);
	json_out_text(out, "security_group", incident->security_group);
	json_out_time(out, "opened", incident->opened_ns);
	json_out_time(out, "last", incident->last_ns);
	json_out_time(out, "closed", incident->closed_ns);
	json_out_time(out, "changed_after", incident->changed_after_ns);
	json_out_time(out, "changed_before", incident->changed_before_ns);
	json_out_flag(out, "one_change", incident->one_change);
	json_out_number(out, "member_count", incident->member_count);
	json_out_number(out, "open_count", incident->open_count);
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
		json_out_flag(out, "listing", (command->flags & COMMAND_LISTING) != 0);
		json_out_end(out);
	}
	json_out_end(out);
	json_out_number(out, "commands_seen", facts->commands_seen);
}

/* What the conversation said and ECS has no field for. */
static void put_facts(struct json_out *out, const struct event_context *context,
		      const struct exposure_view *exposure)
{
	const struct facts *facts = &exposure->facts;
	const struct service *row = services_get(context->services, exposure->service);

	json_out_text(out, "auth", auth_name(facts->auth));
	json_out_text(out, "encrypted", encryption_name(facts->encryption));
	if (facts->data_read != ANSWER_UNKNOWN)
		json_out_flag(out, "data_read", facts->data_read == ANSWER_YES);
	json_out_flag(out, "directory_listing", facts->directory_listing);
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
		put_facts(out, context, &event->exposure);
	}
	if (event->has_incident)
		put_incident(out, context, &event->incident);
	if (event->has_blindness)
		put_blindness(out, &event->blindness);
	json_out_end(out);
}
