/* SPDX-License-Identifier: ISC */
/*
 * The room event/: the language that the parts speak with each other. A worker says `observation`
 * (what one packet brought), the engine says `event` (what changed), and here stand their names,
 * their sentences for people (reason*), their flat fields (Redis) and their JSON. No state at all:
 * the same event gives the same bytes. A contract with everybody outside: spanwatch-events(7).
 *
 * One event, as the engine decides it and the sinks carry it. Plain data; pointers are to constant
 * tables or to strings of the policy that was in force (valid during the handler call only).
 * The published form is JSON: event_json.c, sensor/event/event.schema.json, spanwatch-events(7).
 */
#ifndef SENSOR_EVENT_H
#define SENSOR_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/policy.h"
#include "sensor/event/exposure_fields.h"
#include "sensor/event/incident_fields.h"
#include "sensor/event/observation.h"

#define EVENT_SCHEMA_VERSION 2
#define EVENT_ID_TEXT	     33 /* 32 hex digits and a NUL */
#define EXPOSURE_ID_TEXT     17
#define EXPOSURE_SOURCES     8
#define INCIDENT_MEMBERS     16
#define INCIDENT_PORTS	     16

enum event_kind {
	EVENT_EXPOSURE_OPENED,
	EVENT_EXPOSURE_ESCALATED, /* a higher level, a severer rule, or the service became known */
	EVENT_EXPOSURE_SUMMARY,
	EVENT_EXPOSURE_CLOSED,
	EVENT_EXPOSURE_REOPENED,
	EVENT_INCIDENT_OPENED,
	EVENT_INCIDENT_UPDATED,
	EVENT_INCIDENT_CLOSED,
	EVENT_SENSOR_STARTED,
	EVENT_SENSOR_STOPPED,
	EVENT_SENSOR_BLIND,
	EVENT_SENSOR_SIGHTED,
	EVENT_POLICY_LOADED,
	EVENT_POLICY_REJECTED,
	EVENT_POLICY_EXCEPTION_EXPIRING,
	EVENT_POLICY_EXCEPTION_EXPIRED,
	EVENT_KIND_COUNT
};

/* The evidence ladder. */
enum level {
	LEVEL_BLOCKED,
	LEVEL_REFUSED,
	LEVEL_REACHABLE,
	LEVEL_ANSWERED,
	LEVEL_ACCESSED,
	LEVEL_DATA_OUT,
	LEVEL_EXECUTED,
	LEVEL_DESTROYED,
};

enum exposure_state {
	EXPOSURE_OPEN,
	EXPOSURE_UNCONFIRMED, /* open, but no answer for long */
	EXPOSURE_CLOSED,
	EXPOSURE_CLOSING, /* closed for new connections, and the server still talks in old ones */
	EXPOSURE_MERGED,  /* part of the host's "all ports" exposure */
};

/* Does it still speak for itself? A merged one is open, and another one says so. */
static inline bool exposure_is_open(unsigned state)
{
	return state != EXPOSURE_CLOSED && state != EXPOSURE_MERGED;
}

/* Why the sensor does not see what it should: spanwatch(8), BLINDNESS. */
enum blind_cause {
	BLIND_SILENCE,
	BLIND_ONE_WAY,
	BLIND_KERNEL_DROPS,
	BLIND_INTERFACE_DROPS,
	BLIND_OWN_DROPS,
	BLIND_UNSEEN_DATA,
	BLIND_TUNNELS,
	BLIND_TRUNCATION,
	BLIND_MALFORMED,
	BLIND_DUPLICATES,
	BLIND_UNTESTED,
	BLIND_UNPROBED,
	BLIND_UNREAD,	/* frames of kinds that are not read */
	BLIND_NOT_OURS, /* packets, but none of an address of the policy */
	BLIND_NOTHING,	/* not one packet, or the filter lets none pass */
	BLIND_GONE,	/* the interface is gone */
	BLIND_STORM,	/* exposures wait to be announced */
	BLIND_CAUSES
};

enum close_reason {
	CLOSE_NOT,
	CLOSE_PROBES,	 /* N unanswered or refused probes from distinct sources, nothing since */
	CLOSE_COLLAPSED, /* folded into the host's "all ports" exposure */
	CLOSE_POLICY,	 /* the policy now permits it */
	CLOSE_EVICTED,	 /* the table was full; counted */
	CLOSE_LIKELY,	 /* silence that chance would hardly give; see engine_silence.c */
};

/* One client of an exposure, and how far it got. */
struct exposure_source {
	struct address address;
	uint64_t first_ns, last_ns;
	uint64_t bytes_out;
	uint32_t flows, logins_failed, logins_succeeded;
	uint8_t level;				 /* enum level */
	struct carrier carrier;			 /* the latest, if any */
	char ja4[sizeof((struct facts){0}.ja4)]; /* of its latest TLS hello, "" if none was read */
};

/* Where a packet came in: the interface, and what people call it. "" or NULL: not known. */
struct ingress {
	const char *name, *alias;
};

/*
 * An exposure at the moment of the event. The wall fell after `changed_after_ns` (last probe that
 * was seen blocked or refused; 0 = the endpoint was never seen closed) and not later than
 * `changed_before_ns` (first answer).
 */
struct exposure_view {
	char id[EXPOSURE_ID_TEXT];
	struct endpoint server;	    /* port 0: all ports of the host */
	struct address server_seen; /* as on the wire: differs when a translation applied */
	uint8_t state, level, severity;
	uint8_t direction, sight, outcome, identified_by;
	bool unlisted; /* no rule: a note, not an alarm */
	bool quiet;    /* one of many: only its incident tells of it; never with an event */
	uint16_t service, ndpi_service, vlan, vlan_inner;
	struct tunnel_path tunnels;	 /* what its conversations were wrapped in */
	char incident[EXPOSURE_ID_TEXT]; /* "" if none */
	struct ingress ingress;
	/* Texts are "" if there is none; wall_was is valid with changed_after_ns. */
	EXPOSURE_FIELDS(FIELD_VIEW)
	/* The newest *new* conversation; old ones may outlive the wall's return. */
	uint64_t last_accept_ns;
	uint32_t live_flows;   /* conversations that go on, also after it closed for new ones */
	struct address client; /* of the conversation that raised this event */
	uint16_t client_port;
	struct carrier carrier; /* of that client */
	uint8_t source_count;
	struct exposure_source sources[EXPOSURE_SOURCES]; /* furthest got first */
	struct facts facts;				  /* merged over all conversations */
};

struct incident_member {
	char exposure[EXPOSURE_ID_TEXT];
	struct endpoint server;
	uint8_t level, state;
	uint16_t service;
};

struct incident_view {
	char id[EXPOSURE_ID_TEXT];
	POLICY_FIELDS(FIELD_VIEW)
	INPUT_FIELDS(FIELD_VIEW)
	struct ingress ingress;
	uint8_t severity, level; /* the highest of the members */
	bool closed;
	/*
	 * The hole was made within `changed_…`, the intersection of the members' intervals;
	 * `one_change` is false if they do not intersect.
	 */
	INCIDENT_FIGURES(FIGURE_MEMBER)
	/*
	 * Members that were counted and not announced, as they merely accept connections; of
	 * these, those that no record follows, so not seen to close (estimated).
	 */
	INCIDENT_CROWD(FIGURE_MEMBER)
	bool unlisted;	 /* no rule speaks of them */
	bool many_ports; /* `ports` are not all */
	bool stormed;	 /* they are not all merely reachable */
	uint8_t port_count;
	uint16_t ports[INCIDENT_PORTS]; /* of the unannounced ones; rising */
	uint8_t listed;			/* how many members are in `members` */
	struct incident_member members[INCIDENT_MEMBERS];
};

/* With SENSOR_BLIND and SENSOR_SIGHTED. */
struct blindness_view {
	uint8_t cause; /* enum blind_cause */
	const char *interface;
	uint64_t since_ns;   /* silence: the last packet */
	uint64_t until_ns;   /* 0: still blind */
	uint64_t told_ns;    /* when it was noticed */
	uint64_t lost, base; /* lost of base in the last seconds; silence: seconds of it */
	uint32_t share_permille;
};

struct event {
	uint8_t kind;	  /* enum event_kind */
	uint8_t severity; /* enum policy_severity */
	bool alert;	  /* somebody should be told: see spanwatch-events(7) */
	bool has_exposure, has_incident, has_blindness;
	uint8_t previous_level; /* with ESCALATED */
	uint64_t ts_ns;		/* packet time of what it is about */
	uint64_t decided_ns;	/* live: the clock; replay: same as ts_ns */
	uint64_t sequence;	/* per sensor, from 1, without holes */
	char id[EVENT_ID_TEXT];
	char reason[256]; /* one sentence for people */
	struct exposure_view exposure;
	struct incident_view incident;
	struct blindness_view blindness;
};

typedef void event_handler(void *context, const struct event *event);

const char *event_kind_name(enum event_kind kind);	    /* "exposure.opened", … */
const char *level_name(enum level level);		    /* "blocked", … */
const char *exposure_state_name(enum exposure_state state); /* "open", "closing", … */
const char *close_reason_name(enum close_reason reason);
const char *blind_cause_name(enum blind_cause cause); /* "silence", "one-way", … */

#endif
