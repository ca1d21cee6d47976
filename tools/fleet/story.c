/* SPDX-License-Identifier: ISC */
/* See story.h. */
#include "tools/fleet/story.h"

#include <stdio.h>
#include <string.h>

#include "sensor/base/clock.h"

#define BEGAN (UINT64_C(1700000000) * NS_PER_S) /* when the rules changed */

static const struct kind_of {
	const char *service, *product, *version, *command;
	uint16_t port;
} kinds[] = {
	{"redis", "Redis", "7.0.15", "INFO", 6379},
	{"elasticsearch", "Elasticsearch", "7.17.9", "GET /_cat/indices", 9200},
	{"mongodb", "MongoDB", "6.0.4", "listDatabases", 27017},
	{"memcached", "memcached", "1.6.18", "stats items", 11211},
};

static struct address ipv4(uint8_t first, uint32_t rest)
{
	char text[ADDRESS_TEXT_MAX];
	struct address address = {0};

	snprintf(text, sizeof text, "%u.%u.%u.%u", first, rest >> 16 & 0xff, rest >> 8 & 0xff,
		 rest & 0xff);
	address_parse(text, &address);
	return address;
}

static const struct kind_of *kind_of(uint32_t number)
{
	return &kinds[number % (sizeof kinds / sizeof *kinds)];
}

static struct endpoint endpoint_of(uint32_t number)
{
	return (struct endpoint){
		.address = ipv4(10, number),
		.port = kind_of(number)->port,
		.transport = TRANSPORT_TCP,
	};
}

static void exposure_id(uint32_t site, uint32_t number, char id[EXPOSURE_ID_TEXT])
{
	snprintf(id, EXPOSURE_ID_TEXT, "%08x%08x", site, number);
}

static void incident_id(uint32_t site, uint32_t number, char id[EXPOSURE_ID_TEXT])
{
	snprintf(id, EXPOSURE_ID_TEXT, "1%07x%08x", site, number / STORY_MEMBERS);
}

static void tell_facts(struct facts *facts, const struct kind_of *kind)
{
	facts->auth = AUTH_NONE;
	facts->encryption = ENCRYPTION_CLEARTEXT;
	facts->data_read = ANSWER_YES;
	facts->commands_seen = facts->command_count = 1;
	facts->commands[0].accepted = ANSWER_YES;
	facts->commands[0].flags = COMMAND_LISTING;
	snprintf(facts->product, sizeof facts->product, "%s", kind->product);
	snprintf(facts->version, sizeof facts->version, "%s", kind->version);
	snprintf(facts->commands[0].text, sizeof facts->commands[0].text, "%s", kind->command);
}

static void tell_counters(struct exposure_view *exposure, const struct story_view *view)
{
	exposure->flows = view->flows;
	exposure->bytes_in = 26 * UINT64_C(1) * view->flows;
	exposure->bytes_out = 585 * UINT64_C(1) * view->flows;
	exposure->clients = 1 + view->flows / 4;
	exposure->source_count = 2;
	for (uint32_t i = 0; i < 2; i++)
		exposure->sources[i] = (struct exposure_source){
			.address = ipv4(203, (0U << 16 | 113U << 8) + 20 + i),
			.first_ns = BEGAN,
			.last_ns = exposure->last_seen_ns,
			.bytes_out = exposure->bytes_out / 2,
			.flows = (view->flows + 1) / 2,
			.level = view->level,
		};
}

static void tell_times(struct exposure_view *exposure, uint32_t flows)
{
	exposure->opened_ns = exposure->first_answer_ns = BEGAN;
	exposure->last_seen_ns = exposure->last_answer_ns = exposure->last_accept_ns =
		BEGAN + flows * NS_PER_MINUTE;
	exposure->changed_after_ns = BEGAN - NS_PER_S;
	exposure->changed_before_ns = BEGAN;
	exposure->wall_was = LEVEL_BLOCKED;
}

void story_exposure(struct event *event, const struct services *services, enum event_kind kind,
		    uint32_t site, uint32_t number, const struct story_view *view)
{
	const struct kind_of *what = kind_of(number);
	struct exposure_view *exposure = &event->exposure;

	*event = (struct event){
		.kind = (uint8_t)kind,
		.severity = SEVERITY_CRITICAL,
		.alert = kind == EVENT_EXPOSURE_OPENED,
		.has_exposure = true,
		.previous_level = LEVEL_REACHABLE,
	};
	*exposure = (struct exposure_view){
		.server = endpoint_of(number),
		.server_seen = endpoint_of(number).address,
		.state = view->closed ? EXPOSURE_CLOSED : EXPOSURE_OPEN,
		.level = view->level,
		.severity = SEVERITY_CRITICAL,
		.direction = DIRECTION_SYNACK,
		.sight = SIGHT_BOTH,
		.outcome = OUTCOME_ESTABLISHED,
		.identified_by = IDENTIFIED_PAYLOAD,
		.service = services_find(services, what->service),
		.ndpi_service = POLICY_NO_SERVICE,
		.rule = "logging-is-internal",
		.group = "logging",
		.owner = "platform",
		.security_group = "sg-0a1b2c3d",
		.client_zone = "internet",
		.server_zone = "inside",
		.client = ipv4(203, (0U << 16 | 113U << 8) + 20),
		.client_port = 59548,
	};
	exposure_id(site, number, exposure->id);
	incident_id(site, number, exposure->incident);
	tell_times(exposure, view->flows);
	tell_counters(exposure, view);
	tell_facts(&exposure->facts, what);
	if (view->closed) {
		exposure->close_reason = CLOSE_PROBES;
		exposure->closed_ns = exposure->last_seen_ns + NS_PER_MINUTE;
	}
	event->ts_ns = exposure->last_seen_ns;
	snprintf(event->reason, sizeof event->reason,
		 "%s %s on 10.%u.%u.%u:%u (group logging) served 203.0.113.20 (internet) without "
		 "credentials",
		 what->service, what->version, number >> 16 & 0xff, number >> 8 & 0xff,
		 number & 0xff, what->port);
}

void story_incident(struct event *event, uint32_t site, uint32_t number)
{
	struct incident_view *incident = &event->incident;

	*event = (struct event){
		.kind = EVENT_INCIDENT_UPDATED,
		.severity = SEVERITY_CRITICAL,
		.has_incident = true,
		.ts_ns = BEGAN + NS_PER_MINUTE,
		.reason = "one change opened 20 endpoints of group logging",
	};
	*incident = (struct incident_view){
		.group = "logging",
		.owner = "platform",
		.security_group = "sg-0a1b2c3d",
		.rule = "logging-is-internal",
		.severity = SEVERITY_CRITICAL,
		.level = LEVEL_ACCESSED,
		.opened_ns = BEGAN,
		.last_ns = BEGAN + NS_PER_MINUTE,
		.changed_after_ns = BEGAN - NS_PER_S,
		.changed_before_ns = BEGAN,
		.one_change = true,
		.member_count = STORY_MEMBERS,
		.open_count = STORY_MEMBERS,
		.listed = INCIDENT_MEMBERS,
	};
	incident_id(site, number, incident->id);
	number -= number % STORY_MEMBERS;
	for (uint32_t i = 0; i < INCIDENT_MEMBERS; i++) {
		incident->members[i] = (struct incident_member){
			.server = endpoint_of(number + i),
			.level = LEVEL_ACCESSED,
			.service = POLICY_NO_SERVICE,
		};
		exposure_id(site, number + i, incident->members[i].exposure);
	}
}

void story_sign(struct event *event, uint32_t sensor, uint64_t sequence, uint64_t now_ns)
{
	event->sequence = sequence;
	event->decided_ns = now_ns;
	snprintf(event->id, sizeof event->id, "%016x%016llx", sensor, (unsigned long long)sequence);
}
