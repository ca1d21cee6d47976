/* SPDX-License-Identifier: ISC */
/*
 * Exposures: endpoints that were reached from where they must not be, one record each, and the
 * bounded table that holds them. A record stays after its exposure closed, so that a reopening is
 * told as one, until its place is needed.
 *
 * Memory: 4 KiB an exposure (half of it the merged facts), taken at start, touched when
 * used. When the table is full, room is made in this order: records of claims, closed ones, quiet
 * ones (unlisted ones first, then the lowest severity), unlisted ones, then the lowest severity; of
 * one severity those where nobody was let in; in each class the one heard of longest ago. An open
 * one makes room only for one that ranks higher, or when it is unconfirmed for one that ranks as
 * high: so nobody can push an alarm out with more of the same. A newcomer for which there is no
 * such room is not taken. Both are counted.
 *
 * The exposures of one host are linked, for the collapse into "all ports".
 */
#ifndef SENSOR_EXPOSURE_H
#define SENSOR_EXPOSURE_H

#include "sensor/base/chains.h"
#include "sensor/base/sketch.h"
#include "sensor/event/event.h"

#define EXPOSURE_NONE	    CHAIN_END
#define EXPOSURE_NO_MEMBER  0xff
#define EXPOSURE_QUESTIONS  4
#define EXPOSURE_GUESS_RANK SEVERITY_MEDIUM /* a guessed direction raises nothing higher */

/* engine_storm.c */
enum stormed {
	STORMED_NOT,	 /* it is not quiet, or as one of many that are merely reachable */
	STORMED_WAITS,	 /* for the budget of announcements */
	STORMED_COUNTED, /* as one of too many of its client */
};

struct exposure {
	struct endpoint server;
	struct address server_seen;
	char id[EXPOSURE_ID_TEXT];
	uint8_t state, level;
	uint8_t severity;      /* as published */
	uint8_t rule_severity; /* of the severest rule so far */
	uint8_t direction, sight, outcome, identified_by;
	uint8_t client_zone, server_zone; /* of the severest decision */
	uint8_t accept_zone;		  /* zone of the last client that was let in */
	uint8_t source_count;
	bool unlisted, all_ports;
	bool told;	     /* an event has told of it */
	bool quiet;	     /* one of many: only its incident tells of it */
	uint8_t stormed;     /* enum stormed: why it is quiet */
	bool accept_carried; /* the last client that was let in came by way of a listed proxy */
	bool campaign;	     /* a log-in was accepted after a row of failed ones */
	bool news;	     /* counters have moved since the last event */
	bool one_way;	     /* datagrams to a service that never answers */
	bool unseen;	     /* only its clients' packets say that it is open */
	bool awaiting;	     /* probes enough have met the wall: engine_closing.c looks at it */
	uint8_t resumed;     /* how often an old conversation went on after it closed */
	uint8_t question_next;
	uint8_t folds;	  /* of "all ports": enum place, which places are part of it */
	uint8_t member;	  /* index in the incident's list, or EXPOSURE_NO_MEMBER */
	uint16_t service; /* services.h id or POLICY_NO_SERVICE */
	uint16_t ndpi_service, vlan, vlan_inner, rule, group, client_port;
	uint32_t incident;		    /* slot, valid while incident_id matches there */
	char incident_id[EXPOSURE_ID_TEXT]; /* "" if none */
	uint32_t host;			    /* slot of the host */
	uint32_t live_flows;		    /* conversations that have begun and not ended */
	uint32_t failures_running;	    /* failed log-ins since the last accepted one */
	struct address client;
	struct carrier carrier; /* of that client */
	struct origin origin;	/* where it began */
	uint32_t from;		/* in struct origins: where its newest conversation came in */
	EXPOSURE_FIELDS(FIELD_RECORD)
	uint64_t last_accept_ns;	    /* of a new conversation */
	uint64_t check_ns, last_summary_ns; /* when engine_tick() looks at it next */
	uint64_t life_bytes_out;
	uint64_t close_probes, first_probe_ns, probe_ns; /* those that count towards closing */
	/* Since the first that was let in: minutes in which somebody was; when the last of them
	 * began. */
	uint64_t busy_minutes, busy_since_ns, busy_ns, longest_silence_ns;
	uint64_t talked_ns;			/* when the server sent anybody payload last */
	uint32_t questions[EXPOSURE_QUESTIONS]; /* of datagrams that it answered: question.h */
	struct tunnel_path tunnels;		/* of the newest conversation that came in one */
	struct endpoint claimed; /* of a record of claims (engine_claim.c): the first one */
	struct sketch closers;	 /* distinct sources of close_probes */
	struct exposure_source sources[EXPOSURE_SOURCES];
	struct facts facts;
};

/* What decides who gives way to whom. */
struct exposure_rank {
	bool quiet, unlisted;
	bool claimed; /* goes before everything else, and makes nothing go */
	uint8_t severity, level;
	bool newer; /* goes before those that rank as high, and were heard of longer ago */
};

struct exposures;

struct exposures *exposures_new(uint32_t size, uint64_t hash_key); /* NULL: out of memory */
void exposures_free(struct exposures *e);
uint64_t exposures_bytes(uint32_t size); /* what exposures_new() takes */

uint32_t exposures_find(const struct exposures *e, const struct endpoint *server);
struct exposure *exposures_at(const struct exposures *e, uint32_t slot);
/* How many records are of claims (REALM_CLAIMED). */
uint32_t exposures_claims(const struct exposures *e);
uint32_t exposures_size(const struct exposures *e);
/* Is there a record in this slot? */
bool exposures_used(const struct exposures *e, uint32_t slot);

/*
 * Which record has to go before one of this rank can be added: EXPOSURE_NONE if there is room.
 * `refused` says that nothing ranks low enough.
 */
uint32_t exposures_victim(const struct exposures *e, struct exposure_rank newcomer, bool *refused);
/* Room must have been made. The record is zeroed but for `server`, in state closed. */
uint32_t exposures_add(struct exposures *e, const struct endpoint *server);
void exposures_remove(struct exposures *e, uint32_t slot);

/* To be called after state, severity or unlisted changed, or when the exposure was heard of. */
void exposures_rank(struct exposures *e, uint32_t slot);

/* The record whose check_ns is next, or EXPOSURE_NONE; and to the end of that queue with it. */
uint32_t exposures_first_check(const struct exposures *e);
void exposures_check_at(struct exposures *e, uint32_t slot, uint64_t check_ns);

/* The exposures of the same host: begin with exposures_host_first(), end at EXPOSURE_NONE. */
uint32_t exposures_host_first(const struct exposures *e, uint32_t host);
uint32_t exposures_host_next(const struct exposures *e, uint32_t slot);
/* How many TCP ports of it are open, the "all ports" exposure not counted. */
uint32_t exposures_host_open(const struct exposures *e, uint32_t host);
/* The host's "all ports" exposure, open or closed. */
uint32_t exposures_all_ports(const struct exposures *e, const struct endpoint *server);

#endif
