/* SPDX-License-Identifier: ISC */
/*
 * An event with something in every field, for the tests of what comes after the engine: Redis on
 * 10.20.0.5 read without a password by 203.0.113.9. Tests change what they are about.
 */
#ifndef TESTS_UNIT_SAMPLE_EVENT_H
#define TESTS_UNIT_SAMPLE_EVENT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sensor/base/services.h"
#include "sensor/event/event.h"

#define SAMPLE_S  UINT64_C(1000000000)				/* ns */
#define SAMPLE_TS (UINT64_C(1423022706) * SAMPLE_S + 123456789) /* 2015-02-04T04:05:06 */

static inline struct address sample_address(const char *text)
{
	struct address address;

	if (!address_parse(text, &address))
		abort();
	return address;
}

static inline struct facts sample_facts(void)
{
	struct facts facts = {
		.auth = AUTH_NONE,
		.encryption = ENCRYPTION_CLEARTEXT,
		.data_read = ANSWER_YES,
		.commands_seen = 2,
		.command_count = 2,
		.product = "Redis",
		.version = "7.0.15",
		.user = "default",
	};

	strcpy(facts.commands[0].text, "KEYS");
	facts.commands[0].accepted = ANSWER_YES;
	facts.commands[0].flags = COMMAND_LISTING;
	strcpy(facts.commands[1].text, "FLUSHALL");
	facts.commands[1].accepted = ANSWER_NO;
	facts.commands[1].flags = COMMAND_DESTRUCTIVE;
	return facts;
}

static inline struct exposure_view sample_exposure(uint16_t service)
{
	struct exposure_view view = {
		.id = "00112233445566aa",
		.server = {.address = sample_address("10.20.0.5"),
			   .port = 6379,
			   .transport = TRANSPORT_TCP},
		.server_seen = sample_address("10.20.0.5"),
		.state = EXPOSURE_OPEN,
		.level = LEVEL_ACCESSED,
		.severity = SEVERITY_CRITICAL,
		.direction = DIRECTION_SYNACK,
		.sight = SIGHT_BOTH,
		.outcome = OUTCOME_ESTABLISHED,
		.identified_by = IDENTIFIED_PAYLOAD,
		.wall_was = LEVEL_BLOCKED,
		.service = service,
		.ndpi_service = POLICY_NO_SERVICE,
		.vlan = 42,
		.vlan_inner = 43,
		.tunnels = {.count = 2,
			    .layers = {{.kind = TUNNEL_VXLAN,
					.has_id = true,
					.over_ip = true,
					.id = 4242,
					.source = sample_address("192.0.2.1"),
					.destination = sample_address("192.0.2.2")},
				       {.kind = TUNNEL_MPLS, .has_id = true, .id = 16}}},
		.rule = "logging-is-internal",
		.group = "logging",
		.owner = "platform",
		.security_group = "sg-0a1b2c3d",
		.runbook = "https://wiki.example/logging",
		.client_zone = "internet",
		.server_zone = "inside",
		.incident = "99887766554433bb",
		.opened_ns = SAMPLE_TS,
		.first_answer_ns = SAMPLE_TS,
		.last_answer_ns = SAMPLE_TS + 2 * SAMPLE_S,
		.last_seen_ns = SAMPLE_TS + 3 * SAMPLE_S,
		.changed_after_ns = SAMPLE_TS - 60 * SAMPLE_S,
		.changed_before_ns = SAMPLE_TS,
		.flows = 3,
		.bytes_in = 120,
		.bytes_out = 4096,
		.probes_unanswered = 0,
		.logins_failed = 2,
		.logins_succeeded = 1,
		.clients = 1,
		.client = sample_address("203.0.113.9"),
		.client_port = 51515,
		.source_count = 1,
		.facts = sample_facts(),
	};

	view.sources[0] = (struct exposure_source){
		.address = view.client,
		.first_ns = SAMPLE_TS,
		.last_ns = SAMPLE_TS + SAMPLE_S,
		.bytes_out = 4096,
		.flows = 3,
		.level = LEVEL_ACCESSED,
	};
	return view;
}

static inline struct incident_view sample_incident(uint16_t service)
{
	struct incident_view view = {
		.id = "99887766554433bb",
		.group = "logging",
		.owner = "platform",
		.security_group = "sg-0a1b2c3d",
		.runbook = "https://wiki.example/logging",
		.rule = "logging-is-internal",
		.severity = SEVERITY_CRITICAL,
		.level = LEVEL_ACCESSED,
		.opened_ns = SAMPLE_TS,
		.last_ns = SAMPLE_TS + SAMPLE_S,
		.changed_after_ns = SAMPLE_TS - 60 * SAMPLE_S,
		.changed_before_ns = SAMPLE_TS,
		.one_change = true,
		.member_count = 2,
		.open_count = 2,
		.listed = 2,
	};

	for (int i = 0; i < 2; i++) {
		struct incident_member *member = &view.members[i];

		snprintf(member->exposure, sizeof member->exposure, "00112233445566a%c", 'a' + i);
		member->server = (struct endpoint){
			.address = sample_address(i == 0 ? "10.20.0.5" : "10.20.0.6"),
			.port = 6379,
			.transport = TRANSPORT_TCP,
		};
		member->level = LEVEL_ACCESSED;
		member->service = service;
	}
	return view;
}

/* Of any kind; with the exposure or the incident that the kind speaks of. */
static inline struct event sample_event(enum event_kind kind, uint64_t sequence, uint16_t service)
{
	struct event event = {
		.kind = (uint8_t)kind,
		.severity = SEVERITY_CRITICAL,
		.ts_ns = SAMPLE_TS,
		.decided_ns = SAMPLE_TS + 1000,
		.sequence = sequence,
		.reason = "redis on 10.20.0.5:6379 answers the internet",
		.previous_level = LEVEL_REACHABLE,
	};

	snprintf(event.id, sizeof event.id, "%032llx", (unsigned long long)sequence);
	event.has_exposure = kind <= EVENT_EXPOSURE_REOPENED;
	event.has_incident = kind >= EVENT_INCIDENT_OPENED && kind <= EVENT_INCIDENT_CLOSED;
	event.alert = kind == EVENT_EXPOSURE_OPENED || kind == EVENT_INCIDENT_OPENED;
	if (event.has_exposure)
		event.exposure = sample_exposure(service);
	if (event.has_incident)
		event.incident = sample_incident(service);
	if (kind == EVENT_EXPOSURE_CLOSED) {
		event.exposure.state = EXPOSURE_CLOSED;
		event.exposure.close_reason = CLOSE_PROBES;
		event.exposure.closed_ns = SAMPLE_TS + 100 * SAMPLE_S;
	}
	if (kind == EVENT_INCIDENT_CLOSED) {
		event.incident.closed = true;
		event.incident.open_count = 0;
		event.incident.closed_ns = SAMPLE_TS + 100 * SAMPLE_S;
	}
	if (kind == EVENT_SENSOR_BLIND || kind == EVENT_SENSOR_SIGHTED) {
		event.has_blindness = true;
		event.blindness = (struct blindness_view){
			.cause = (uint8_t)(sequence % BLIND_CAUSES),
			.interface = "span0",
			.since_ns = SAMPLE_TS,
			.until_ns = kind == EVENT_SENSOR_BLIND ? 0 : SAMPLE_TS + 60 * SAMPLE_S,
			.told_ns = SAMPLE_TS + 10 * SAMPLE_S,
			.lost = 1,
			.base = 5,
			.share_permille = 200,
		};
	}
	return event;
}

#endif
