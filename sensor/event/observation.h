/* SPDX-License-Identifier: ISC */
/*
 * What a worker tells the event side. Plain data of fixed size, copied through a ring; the only
 * pointers are to constant tables. Two kinds:
 *
 *  WALL  probes of forbidden clients at one endpoint that met silence or a refusal. Coalesced by
 *        the worker: at most one report per endpoint and second of packet time, so a flood costs
 *        little. Counters are since this worker's last report of that endpoint.
 *  FLOW  something new about one conversation of a forbidden client that was answered (or, on UDP
 *        and in one-way sight, that carried data): told when it becomes reachable, when the server
 *        sends its first payload, when facts change, when its bytes double, and when it ends.
 *        Counters named `new_` are since this flow's last report.
 */
#ifndef SENSOR_OBSERVATION_H
#define SENSOR_OBSERVATION_H

#include <stdbool.h>
#include <stdint.h>

#include "dissectors/read/facts.h"
#include "dissectors/read/forwarded_by.h"
#include "sensor/base/endpoint.h"
#include "sensor/base/origins.h"
#include "sensor/base/sketch.h"
#include "sensor/decode/tunnel.h"

#define WALL_SOURCES 8

enum observation_kind {
	OBSERVATION_WALL,
	OBSERVATION_FLOW,
};

struct wall_report {
	uint64_t last_unanswered_ns, last_refused_ns; /* time of the newest such probe; 0 = none */
	uint32_t new_unanswered, new_refused;
	uint32_t new_unjudged;	   /* that came in a flood, or while enough others waited */
	uint32_t new_idle;	   /* that nobody would have answered: they prove nothing */
	uint64_t first_ns;	   /* time of the oldest of the new unanswered and refused ones */
	uint64_t last_unjudged_ns; /* of the newest in a flood; 0 = none */
	uint8_t source_count;
	struct address sources[WALL_SOURCES]; /* distinct sources among the new ones, at most */
	/* What each asked in a datagram that was not answered: question.h. */
	uint32_t questions[WALL_SOURCES];
};

/* Who connected on behalf of the client. */
struct carrier {
	struct address address;
	uint16_t port;
	uint8_t by; /* enum forwarded_by; FORWARDED_NOT: nobody, the client connected itself */
};

struct flow_report {
	uint64_t start_ns;
	struct address client;
	uint16_t client_port; /* 0 if not known */
	struct carrier carrier;
	uint8_t outcome;       /* enum outcome */
	uint8_t direction;     /* enum direction */
	uint8_t sight;	       /* enum sight */
	uint8_t identified_by; /* enum identified_by */
	uint16_t service;      /* services.h id, POLICY_NO_SERVICE while unknown */
	uint16_t
		ndpi_service; /* what nDPI says when it differs from ours, else POLICY_NO_SERVICE */
	bool first, last;     /* the first report, the last report of this flow */
	bool one_way_service; /* UDP to a service that never answers: not proof of reachability */
	bool acknowledged;    /* the client acknowledges bytes of a server that is not seen */
	bool server_payload;  /* the server has sent application bytes */
	bool ended;	    /* it is over by FIN, RST or `last`, and this is the first to say so */
	uint32_t question;  /* the datagram that was answered, if it was seen: question.h */
	uint64_t talked_ns; /* when the server sent payload last; 0 = it has not */
	uint64_t new_bytes_c2s, new_bytes_s2c; /* payload bytes, retransmissions counted once */
	uint32_t new_logins_failed, new_logins_succeeded, new_messages;
	/* The last unanswered and refused probe of this endpoint before the answer, if this worker
	 * saw any: the wall still stood then. 0 = none. */
	uint64_t wall_unanswered_ns, wall_refused_ns;
	uint16_t vlan, vlan_inner;		 /* outermost and innermost VLAN id, 0 = none */
	struct tunnel_path tunnels;		 /* of the packet that began it */
	struct origin origin;			 /* that packet */
	struct sketch users_tried, objects_read; /* of this conversation, so far */
	struct facts facts;
};

struct observation {
	uint8_t kind; /* enum observation_kind */
	uint8_t worker;
	uint64_t ts_ns; /* packet time */
	struct endpoint server;
	union {
		struct wall_report wall;
		struct flow_report flow;
	};
};

#endif
