/* SPDX-License-Identifier: ISC */
/*
 * The figures of an incident in its events, one row each, in the order in which an event shows
 * them. From the rows follow the members of struct incident and struct incident_view,
 * what the engine copies and saves, the flat fields (incident_NAME) and the JSON
 * (`spanwatch.incident`). tests/events checks that the schema, the man pages and the script in
 * Redis know each of them.
 *
 * X(name, member, type, from, tag):
 *
 * name      of the flat field behind "incident_", in JSON and in the hash in Redis.
 * member    of struct incident_view; where the engine keeps it, also of struct incident.
 * type      TIME, in ns, 0 is unknown; COUNT32; FLAG, a bool.
 * from      KEPT: the member of struct incident; ADDED: that and what engine_emit.c adds to it;
 *           COUNTED: by hand there.
 * tag       in the saved state, of KEPT and ADDED; never used again for anything else.
 */
#ifndef SENSOR_INCIDENT_FIELDS_H
#define SENSOR_INCIDENT_FIELDS_H

/* Member and open count include the endpoints that no record follows. */
#define INCIDENT_FIGURES(X)                                                                        \
	X(opened, opened_ns, TIME, KEPT, 18)                                                       \
	X(last, last_ns, TIME, KEPT, 19)                                                           \
	X(closed, closed_ns, TIME, KEPT, 20)                                                       \
	X(changed_after, changed_after_ns, TIME, KEPT, 22)                                         \
	X(changed_before, changed_before_ns, TIME, KEPT, 23)                                       \
	X(one_change, one_change, FLAG, KEPT, 11)                                                  \
	X(member_count, member_count, COUNT32, ADDED, 24)                                          \
	X(open_count, open_count, COUNT32, ADDED, 25)

/* Only in events of an incident that has endpoints which it counted and did not announce. */
#define INCIDENT_CROWD(X)                                                                          \
	X(unannounced_count, unannounced_count, COUNT32, COUNTED, 0)                               \
	X(untracked_count, untracked_count, COUNT32, COUNTED, 0)

/* A member of a struct, by its type. */
#define FIGURE_MEMBER(name, member, type, ...) FIGURE_TYPE_##type member;
#define FIGURE_TYPE_TIME		       uint64_t
#define FIGURE_TYPE_FLAG		       bool
#define FIGURE_TYPE_COUNT32		       uint32_t

#endif
