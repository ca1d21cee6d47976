/* SPDX-License-Identifier: ISC */
/*
 * The fields of an event, one row each. From the rows follow the members of struct exposure and
 * struct exposure_view, how the engine fills one from the other, what it saves, the flat fields,
 * the JSON, what moves with each event and how the script in Redis merges it. tools/event-fields
 * writes the same rows into the JSON Schema, the man pages and spanwatch-receipt, and tests/events
 * checks that they are there.
 *
 * The lists are in the order in which an event shows them: in the flat form policy, zones, known,
 * times, counts, sums, reopened, input; in JSON reopened comes before the sums.
 *
 * A row of EXPOSURE_FIELDS is X(name, member, type, from, tag, merge, object, key, sentence):
 *
 * name      of the flat field, in Redis also that of the hash's.
 * member    of struct exposure_view; where the engine keeps it, also of struct exposure.
 * type      TEXT; TIME, in ns, 0 is unknown; COUNT, SOME (left out when 0), both of 64 bits;
 *           COUNT32, SOME32; SECONDS, a time as a number of seconds, flat only; WALL, the level
 *           before the change; REASON, enum close_reason.
 * from      KEPT: a member of struct exposure of that type; SKETCH: a sketch there, counted. Of the
 *           policy: GROUP, a member of struct policy_group_view; ZONE, the name of a zone whose
 *           index is kept; LINE, by hand in engine_emit.c. AGAIN: the member of another row.
 * tag       in the saved state of KEPT and SKETCH; never used again for anything else.
 * merge     how what several sensors say becomes one, by sensor/redis/apply.lua:
 *           SELDOM    the latest event's; it hardly ever changes, so a digest tells whether it has
 *           EACH      of one event, not of the exposure; or what the script makes of other fields
 *           NEWEST    the latest event's
 *           EARLIEST, LATEST, HIGHEST
 *           TOTAL     the sum over the sensors, going on when one of them begins again at 0
 *           CHANGE    of the latest opening or closing, by hand; taken out when it does not apply
 *           LINK      the incident
 * object, key   place in `spanwatch.exposure` of the JSON; object "" is the exposure itself.
 * sentence      for spanwatch-events(7), in words of mdoc(7) without macros.
 */
#ifndef SENSOR_EXPOSURE_FIELDS_H
#define SENSOR_EXPOSURE_FIELDS_H

/* Of the line of the policy: also in `spanwatch.incident`, and in an incident's flat fields. */
#define POLICY_FIELDS(X)                                                                           \
	X(rule, rule, TEXT, LINE, 0, SELDOM, "", "rule", "The rule that is broken.")               \
	X(group, group, TEXT, LINE, 0, SELDOM, "", "group",                                        \
	  "The policy's group that the endpoint belongs to.")                                      \
	X(owner, owner, TEXT, GROUP, 0, SELDOM, "", "owner", "Who is to be told, by the policy.")  \
	X(security_group, security_group, TEXT, GROUP, 0, SELDOM, "", "security_group",            \
	  "Where the policy says that the filter is configured.")                                  \
	X(runbook, runbook, TEXT, GROUP, 0, SELDOM, "", "runbook",                                 \
	  "What to do about it, or where that is written, by the policy.")                         \
	X(contact, contact, TEXT, GROUP, 0, SELDOM, "", "contact",                                 \
	  "How the owner is reached, by the policy.")                                              \
	X(ticket, ticket, TEXT, GROUP, 0, SELDOM, "", "ticket",                                    \
	  "Where work on it is tracked, by the policy.")

#define ZONE_FIELDS(X)                                                                             \
	X(client_zone, client_zone, TEXT, ZONE, 0, SELDOM, "", "client_zone",                      \
	  "The policy's zone of the client.")                                                      \
	X(server_zone, server_zone, TEXT, ZONE, 0, SELDOM, "", "server_zone",                      \
	  "The policy's zone of the endpoint.")

/* From the files of --known-bad. */
#define KNOWN_FIELDS(X)                                                                            \
	X(known, known, TEXT, LINE, 0, NEWEST, "", "known",                                        \
	  "What the files of --known-bad have on its product and version: see spanwatch(8).")

#define TIME_FIELDS(X)                                                                             \
	X(opened, opened_ns, TIME, KEPT, 38, EARLIEST, "", "opened", "When it opened.")            \
	X(first_answer, first_answer_ns, TIME, KEPT, 41, EARLIEST, "", "first_answer",             \
	  "When the endpoint first answered.")                                                     \
	X(last_answer, last_answer_ns, TIME, KEPT, 42, LATEST, "", "last_answer",                  \
	  "When it last answered.")                                                                \
	X(last_seen, last_seen_ns, TIME, KEPT, 40, LATEST, "", "last_seen",                        \
	  "When something last came from or to it.")                                               \
	X(last_seen_s, last_seen_ns, SECONDS, AGAIN, 0, EACH, "", "",                              \
	  "The same in seconds since 1970.")                                                       \
	X(contradicted, contradicted_ns, TIME, KEPT, 95, LATEST, "", "contradicted",               \
	  "When a client last sent two versions of the same bytes; both are judged.")              \
	X(urgent, urgent_ns, TIME, KEPT, 96, LATEST, "", "urgent",                                 \
	  "When a byte was last sent out of band, as urgent data.")                                \
	X(limited, limited_ns, TIME, KEPT, 110, LATEST, "", "limited",                             \
	  "When something was last not read: damaged, compressed oddly, or too much of it.")       \
	X(lying_length, lying_length_ns, TIME, KEPT, 111, LATEST, "", "lying_length",              \
	  "When a client last sent a frame whose stated size cannot be true.")                     \
	X(changed_after, changed_after_ns, TIME, KEPT, 44, CHANGE, "", "changed_after",            \
	  "The hole was made after this: the last attempt that was seen to fail.")                 \
	X(changed_before, changed_before_ns, TIME, KEPT, 45, CHANGE, "", "changed_before",         \
	  "And not later than this.")                                                              \
	X(wall_was, wall_was, WALL, KEPT, 22, CHANGE, "", "wall_was",                              \
	  "How that attempt failed: blocked or refused.")                                          \
	X(closed, closed_ns, TIME, KEPT, 39, CHANGE, "", "closed", "When it was closed.")          \
	X(close_reason, close_reason, REASON, KEPT, 15, CHANGE, "", "close_reason",                \
	  "What shows that.")                                                                      \
	X(close_odds, close_odds, SOME, KEPT, 74, CHANGE, "", "close_odds",                        \
	  "Where it is closed-likely: chance gives such a silence once in so many.")

#define COUNT_FIELDS(X)                                                                            \
	X(flows, flows, COUNT, KEPT, 47, TOTAL, "", "flows",                                       \
	  "Conversations since it opened, as all that is counted here.")                           \
	X(clients, clients, COUNT32, SKETCH, 60, HIGHEST, "", "clients", "Distinct clients.")

#define SUM_FIELDS(X)                                                                              \
	X(bytes_in, bytes_in, COUNT, KEPT, 48, TOTAL, "bytes", "in",                               \
	  "Bytes that the endpoint received.")                                                     \
	X(bytes_out, bytes_out, COUNT, KEPT, 49, TOTAL, "bytes", "out",                            \
	  "Bytes that it sent to clients that must not have them.")                                \
	X(probes_unanswered, probes_unanswered, COUNT, KEPT, 54, NEWEST, "probes", "unanswered",   \
	  "Attempts since the last answer that had none.")                                         \
	X(probes_refused, probes_refused, COUNT, KEPT, 55, NEWEST, "probes", "refused",            \
	  "Attempts since the last answer that were refused.")                                     \
	X(logins_failed, logins_failed, COUNT, KEPT, 51, TOTAL, "logins", "failed",                \
	  "Log-ins that were refused.")                                                            \
	X(logins_succeeded, logins_succeeded, COUNT, KEPT, 52, TOTAL, "logins", "succeeded",       \
	  "Log-ins that were accepted.")                                                           \
	X(users_tried, users_tried, SOME32, SKETCH, 61, HIGHEST, "", "users_tried",                \
	  "Distinct users for whom log-ins were tried; exact up to 32, then estimated.")           \
	X(objects_read, objects_read, SOME32, SKETCH, 62, HIGHEST, "", "objects_read",             \
	  "Distinct files that an object store or a web server handed out; likewise.")             \
	X(messages, messages, SOME, KEPT, 53, TOTAL, "", "messages", "Mails that were taken in.")  \
	X(claimed_endpoints, claims, SOME32, SKETCH, 76, HIGHEST, "", "claimed_endpoints",         \
	  "Distinct endpoints that a tunnel claims which is not believed; likewise.")

#define REOPEN_FIELDS(X)                                                                           \
	X(reopened, reopened, COUNT32, KEPT, 34, HIGHEST, "", "reopened",                          \
	  "How often it opened again.")

/* Also in `spanwatch.incident`, and in an incident's flat fields. None in a live sensor. */
#define INPUT_FIELDS(X)                                                                            \
	X(input_file, input_file, TEXT, LINE, 0, SELDOM, "input", "file",                          \
	  "Of a replay: the capture in which it began, as the command line names it.")             \
	X(input_packet, input_packet, SOME, LINE, 0, SELDOM, "input", "packet",                    \
	  "The number of the packet there that it began with, from 1.")

#define EXPOSURE_FIELDS(X)                                                                         \
	POLICY_FIELDS(X)                                                                           \
	ZONE_FIELDS(X)                                                                             \
	KNOWN_FIELDS(X)                                                                            \
	TIME_FIELDS(X)                                                                             \
	COUNT_FIELDS(X)                                                                            \
	SUM_FIELDS(X)                                                                              \
	REOPEN_FIELDS(X)                                                                           \
	INPUT_FIELDS(X)

/* The other flat fields, X(name, merge), by hand in event_fields.c. Their JSON is ECS's. */
#define EVENT_FIELDS(X)                                                                            \
	X(kind, EACH)                                                                              \
	X(id, EACH)                                                                                \
	X(sequence, EACH)                                                                          \
	X(ts, EACH)                                                                                \
	X(created, EACH)                                                                           \
	X(sensor, EACH)                                                                            \
	X(site, SELDOM)                                                                            \
	X(severity, EACH)                                                                          \
	X(severity_number, HIGHEST)                                                                \
	X(alert, EACH)                                                                             \
	X(reason, NEWEST)                                                                          \
	X(exposure, EACH)                                                                          \
	X(incident, LINK)                                                                          \
	X(state, EACH)                                                                             \
	X(level, HIGHEST)                                                                          \
	X(level_name, EACH)                                                                        \
	X(unlisted, SELDOM)                                                                        \
	X(outgoing, SELDOM)                                                                        \
	X(server_ip, SELDOM)                                                                       \
	X(server_port, SELDOM)                                                                     \
	X(transport, SELDOM)                                                                       \
	X(server_seen_ip, SELDOM)                                                                  \
	X(client_ip, NEWEST)                                                                       \
	X(client_port, NEWEST)                                                                     \
	X(carrier_ip, SELDOM)                                                                      \
	X(carrier_port, NEWEST)                                                                    \
	X(carried_by, SELDOM)                                                                      \
	X(claimed_client_ip, SELDOM)                                                               \
	X(claimed_by, SELDOM)                                                                      \
	X(ingress, SELDOM)                                                                         \
	X(ingress_alias, SELDOM)                                                                   \
	X(vlan, SELDOM)                                                                            \
	X(vlan_inner, SELDOM)                                                                      \
	X(tunnel, SELDOM)                                                                          \
	X(tunnel_id, SELDOM)                                                                       \
	X(tunnel_source, SELDOM)                                                                   \
	X(tunnel_destination, SELDOM)                                                              \
	X(community_id, NEWEST)                                                                    \
	X(service, SELDOM)                                                                         \
	X(family, SELDOM)                                                                          \
	X(identifier, SELDOM)                                                                      \
	X(identified_by, SELDOM)                                                                   \
	X(ndpi, SELDOM)                                                                            \
	X(product, SELDOM)                                                                         \
	X(version, SELDOM)                                                                         \
	X(auth, SELDOM)                                                                            \
	X(encrypted, SELDOM)                                                                       \
	X(data_read, SELDOM)                                                                       \
	X(user, SELDOM)                                                                            \
	X(host, SELDOM)                                                                            \
	X(path, SELDOM)                                                                            \
	X(operation, SELDOM)                                                                       \
	X(direction, SELDOM)                                                                       \
	X(sight, SELDOM)                                                                           \
	X(outcome, SELDOM)                                                                         \
	X(conn_state, SELDOM)                                                                      \
	X(ja4, SELDOM)                                                                             \
	X(certificate_sha256, SELDOM)                                                              \
	X(certificate, SELDOM)                                                                     \
	X(commands, SELDOM)                                                                        \
	X(executed, SELDOM)                                                                        \
	X(destroyed, SELDOM)                                                                       \
	X(sources, NEWEST)                                                                         \
	X(incident_state, EACH)                                                                    \
	X(incident_level, EACH)                                                                    \
	X(incident_level_name, EACH)                                                               \
	X(incident_severity, EACH)                                                                 \
	X(incident_severity_number, EACH)                                                          \
	X(incident_opened, EACH)                                                                   \
	X(incident_last, EACH)                                                                     \
	X(incident_closed, EACH)                                                                   \
	X(incident_changed_after, EACH)                                                            \
	X(incident_changed_before, EACH)                                                           \
	X(incident_one_change, EACH)                                                               \
	X(incident_member_count, EACH)                                                             \
	X(incident_open_count, EACH)                                                               \
	X(incident_members, EACH)                                                                  \
	X(incident_unannounced_count, EACH)                                                        \
	X(incident_untracked_count, EACH)                                                          \
	X(incident_ports, EACH)                                                                    \
	X(blind_cause, SELDOM)                                                                     \
	X(blind_interface, SELDOM)                                                                 \
	X(blind_since, SELDOM)                                                                     \
	X(blind_until, SELDOM)                                                                     \
	X(blind_lost, SELDOM)                                                                      \
	X(blind_of, SELDOM)                                                                        \
	X(blind_share_permille, SELDOM)

/* The C type of a row's member in struct exposure_view. */
#define FIELD_TYPE_TEXT	   const char *
#define FIELD_TYPE_TIME	   uint64_t
#define FIELD_TYPE_COUNT   uint64_t
#define FIELD_TYPE_SOME	   uint64_t
#define FIELD_TYPE_COUNT32 uint32_t
#define FIELD_TYPE_SOME32  uint32_t
#define FIELD_TYPE_WALL	   uint8_t
#define FIELD_TYPE_REASON  uint8_t

/* X-functions: struct exposure_view, or what of it is the policy's. */
#define FIELD_VIEW(name, member, type, from, ...) FIELD_VIEW_##from(type, member)
#define FIELD_VIEW_KEPT(type, member)		  FIELD_TYPE_##type member;
#define FIELD_VIEW_SKETCH(type, member)		  FIELD_TYPE_##type member;
#define FIELD_VIEW_GROUP(type, member)		  FIELD_TYPE_##type member;
#define FIELD_VIEW_ZONE(type, member)		  FIELD_TYPE_##type member;
#define FIELD_VIEW_LINE(type, member)		  FIELD_TYPE_##type member;
#define FIELD_VIEW_AGAIN(type, member)

/* struct exposure: what the engine keeps. */
#define FIELD_RECORD(name, member, type, from, ...) FIELD_RECORD_##from(type, member)
#define FIELD_RECORD_KEPT(type, member)		    FIELD_TYPE_##type member;
#define FIELD_RECORD_SKETCH(type, member)	    struct sketch member;
#define FIELD_RECORD_GROUP(type, member)
#define FIELD_RECORD_ZONE(type, member)
#define FIELD_RECORD_LINE(type, member)
#define FIELD_RECORD_AGAIN(type, member)

#endif
