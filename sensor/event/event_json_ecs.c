/* SPDX-License-Identifier: ISC */
/* See event_json_ecs.h. What the fields mean: Elastic Common Schema 8.11, "Related", "Rule", "URL"
 * (an IPv6 address keeps its brackets in url.domain). */
#include "sensor/event/event_json_ecs.h"

#include <stdio.h>
#include <string.h>

#define ADDRESSES_MAX (INCIDENT_MEMBERS + 5)
#define HOST_MAX      80 /* more than facts have */

struct addresses {
	const struct address *list[ADDRESSES_MAX];
	size_t count;
};

static void note(struct addresses *to, const struct address *address)
{
	for (size_t i = 0; i < to->count; i++)
		if (memcmp(to->list[i], address, sizeof *address) == 0)
			return;
	if (to->count < ADDRESSES_MAX)
		to->list[to->count++] = address;
}

/* Splits a port off. Returns it, or 0: there is none, and `name` is all of it. */
static uint32_t split(const char *host, char name[HOST_MAX])
{
	const char *colon = strrchr(host, ':'), *digits = colon != NULL ? colon + 1 : "";
	size_t count = strspn(digits, "0123456789");
	uint32_t port = 0;

	snprintf(name, HOST_MAX, "%s", host);
	/* More than one colon without brackets is an address. */
	if (count == 0 || count > 5 || digits[count] != '\0' ||
	    (memchr(host, ':', (size_t)(colon - host)) != NULL && colon[-1] != ']'))
		return 0;
	for (size_t i = 0; i < count; i++)
		port = port * 10 + (uint32_t)(digits[i] - '0');
	if (port == 0 || port > UINT16_MAX || colon == host)
		return 0;
	if ((size_t)(colon - host) < HOST_MAX)
		name[colon - host] = '\0';
	return port;
}

void event_json_host(struct json_out *out, const char *host)
{
	char name[HOST_MAX];
	uint32_t port = split(host, name);

	json_out_text(out, "domain", name);
	if (port != 0)
		json_out_number(out, "port", port);
}

static void put_one(struct json_out *out, const char *key, const char *text)
{
	if (text[0] == '\0')
		return;
	json_out_list(out, key);
	json_out_text(out, NULL, text);
	json_out_end(out);
}

static void put_addresses(struct json_out *out, const struct addresses *addresses)
{
	if (addresses->count == 0)
		return;
	json_out_list(out, "ip");
	for (size_t i = 0; i < addresses->count; i++)
		json_out_address(out, NULL, addresses->list[i]);
	json_out_end(out);
}

static void note_exposure(struct addresses *to, const struct exposure_view *exposure,
			  struct address *claimed)
{
	if (event_has_client(exposure)) {
		note(to, &exposure->client);
		note(to, event_source(exposure));
	}
	note(to, &exposure->server.address);
	note(to, event_server_seen(exposure));
	if (exposure->facts.claims == 0)
		return;
	*claimed = event_claimed(&exposure->facts);
	note(to, claimed);
}

void event_json_related(struct json_out *out, const struct event *event)
{
	const struct facts *facts = event->has_exposure ? &event->exposure.facts : NULL;
	struct addresses addresses = {.count = 0};
	struct address claimed;
	char name[HOST_MAX] = "";

	if (event->has_exposure)
		note_exposure(&addresses, &event->exposure, &claimed);
	else if (event->has_incident)
		for (size_t i = 0; i < event->incident.listed && i < INCIDENT_MEMBERS; i++)
			note(&addresses, &event->incident.members[i].server.address);
	if (facts != NULL)
		split(facts->host, name);
	json_out_object(out, "related");
	put_one(out, "hosts", name);
	put_addresses(out, &addresses);
	put_one(out, "user", facts != NULL ? facts->user : "");
	json_out_end(out);
}

static bool is_address(const char *text)
{
	return strncmp(text, "https://", 8) == 0 || strncmp(text, "http://", 7) == 0;
}

void event_json_rule(struct json_out *out, const struct event_context *context, const char *name,
		     const char *runbook)
{
	if (name == NULL || name[0] == '\0')
		return;
	json_out_object(out, "rule");
	json_out_text(out, "id", name);
	json_out_text(out, "name", name);
	json_out_text(out, "ruleset", context->site);
	if (runbook != NULL && is_address(runbook))
		json_out_text(out, "reference", runbook);
	json_out_end(out);
}
