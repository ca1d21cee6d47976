/* SPDX-License-Identifier: ISC */
/*
 * The room tables/: what the packet path remembers between two packets, each table fixed in size,
 * keyed, owned by one worker, and with a rule for what goes when it is full:
 *
 *   flow        conversations that matter          the longest idle one of the briefest class goes
 *   probes      attempts without an answer yet     the endpoint not asked for lately goes
 *   outbound    connections that ours began        the older generation goes
 *   duplicates  packets seen just now              overwritten in turn
 *   pairs       a sample for one-way mirrors       no place: not in the sample
 *   recent      newest frames, for --evidence      the oldest go
 *   untold      what found the ring full           the least grave go
 *
 * Each loss is a counter in the worker's stats.
 *
 * The flow table: conversations that matter, found by their five-tuple (and the tunnel they came
 * in by) whichever way a packet goes.
 *
 * One slab allocated at start, hash chains of 32-bit indices, and one list per idle class in the
 * order of last use, so that expiry looks only at flows that are due. A full table gives up its
 * longest idle flow of the briefest class: counted, and the owner is told first (`retire`).
 * The hash is keyed, so that nobody can choose tuples that meet in one chain; where the key is
 * known (a replay is to give the same results again) a chain that grows too long gives up a flow as
 * well.
 */
#ifndef SENSOR_FLOW_H
#define SENSOR_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "sensor/base/endpoint.h"
#include "sensor/decode/decode.h"
#include "sensor/tables/telling.h"

#define FLOW_NO_SESSION 0xffffffffu

/*
 * The two ends in numeric order, so that both directions have one key. Hashed as bytes: no holes.
 */
struct flow_key {
	struct address low, high;
	uint32_t realm;
	uint16_t low_port, high_port;
	uint32_t transport;
};

enum flow_idle {
	FLOW_BRIEF,    /* half open, or closed: 30 s */
	FLOW_DATAGRAM, /* UDP: 2 min */
	FLOW_LASTING,  /* an open TCP connection: hours */
	FLOW_IDLE_COUNT
};

#define FLOW_OVER 4 /* in flow.ends: both have ended it, or one has reset it */

/* What has been seen of a TCP conversation. */
enum {
	FLOW_SYN = 1 << 0,
	FLOW_SYNACK = 1 << 1,
	FLOW_CLIENT_ACK = 1 << 2,
	FLOW_CLIENT_FIN = 1 << 3,
	FLOW_SERVER_FIN = 1 << 4,
	FLOW_CLIENT_RST = 1 << 5,
	FLOW_SERVER_RST = 1 << 6,
	FLOW_ICMP_REFUSED = 1 << 7,
	FLOW_SERVER_ACK = 1 << 8,   /* a segment of an open connection, by the server */
	FLOW_CLIENT_PROOF = 1 << 9, /* the client goes on, and nothing of ours is mirrored */
	/* Of any conversation: its packets are kept for --evidence; they never will be. Neither:
	 * not decided (worker_trail.c). */
	FLOW_KEPT = 1 << 10,
	FLOW_NOT_KEPT = 1 << 11,
	FLOW_CLIENT_ACKED = 1 << 12, /* the client acknowledges bytes of a server not seen */
	FLOW_SIGNED = 1 << 13,	     /* its segments carry signatures (RFC 2385) */
};

struct flow {
	struct flow_key key;
	uint32_t chain, older, newer; /* indices of the table's own lists */
	uint32_t hash;		      /* low half, to skip unequal keys */
	uint32_t session;	      /* index in the session pool, or FLOW_NO_SESSION */
	uint32_t turn;	 /* whose it is, worker/carried.h; 0: the flow's own client's */
	uint32_t parked; /* the first of the carried clients that wait; 0: none */
	uint64_t last_ns, wall_unanswered_ns, wall_refused_ns;
	struct telling own;    /* of its own client: worker_telling() says whose counts now */
	uint32_t highest[2];   /* TCP sequence number behind the newest byte of each side */
	uint64_t talked_ns;    /* when the server sent payload last */
	uint64_t asked_ns;     /* when worker_report.c asked whether others are let in */
	uint32_t question;     /* of the datagram that it answered: question.h */
	uint32_t client_acked; /* newest acknowledgement by the client, if ack_advances != 0 */
	uint16_t vlan, vlan_inner;
	uint16_t tunnels;     /* tunnel_table_get() number of the path; 0 = none */
	uint16_t seen;	      /* FLOW_SYN … */
	uint8_t sight;	      /* enum sight */
	uint8_t direction;    /* enum direction */
	uint8_t idle;	      /* enum flow_idle */
	uint8_t ends;	      /* bits: 1 << enum side, whose FIN was in order; FLOW_OVER */
	uint8_t ack_advances; /* how often that was a newer one, and 1 */
	bool client_is_low;
	bool outgoing; /* begun by one of ours that may not: a rule in both directions */
	bool carrier;  /* what the client says about clients of its own is believed */
	bool told_end, one_way_service, midstream;
	bool has_highest[2];
	uint8_t sums_right;    /* bits: 1 << enum side, whose checksums are right here */
	uint8_t ttl[2];	       /* of the first packet of each side; 0: none yet */
	uint32_t server_acked; /* newest acknowledgement, with FLOW_SERVER_ACK or FLOW_SYNACK */
	uint32_t reset_at; /* sequence number of the RST, with FLOW_CLIENT_RST or FLOW_SERVER_RST */
};

/* Sets `key`; returns true if the packet's source is the key's low end. */
bool flow_key_of(const struct packet *packet, struct flow_key *key);
/* The same for a packet that an ICMP error quotes. */
bool flow_key_of_quoted(const struct packet *packet, struct flow_key *key);

struct flow_table;
typedef void flow_retire(void *context, struct flow *flow);

/* NULL: out of memory. `retire` is called before a flow disappears for whatever reason. */
struct flow_table *flow_table_new(uint32_t max_flows, uint64_t hash_key, uint64_t lasting_idle_ns,
				  flow_retire *retire, void *context);
void flow_table_free(struct flow_table *table); /* without retiring; NULL is allowed */
/* What flow_table_new() takes. */
uint64_t flow_table_bytes(uint32_t max_flows);

uint64_t flow_hash(const struct flow_table *table, const struct flow_key *key);
/*
 * flow_find() will be asked soon. First the bucket; when that has had the time to come, what it
 * leads to: false, if that is nothing.
 */
void flow_prefetch_bucket(const struct flow_table *table, uint64_t hash);
bool flow_prefetch(const struct flow_table *table, uint64_t hash);
/* When that has had the time to come as well: the session of what flow_find() will find first. */
uint32_t flow_session(const struct flow_table *table, uint64_t hash);
/* Valid until the next flow_create, flow_remove or flow_expire. NULL if there is none. */
struct flow *flow_find(struct flow_table *table, const struct flow_key *key, uint64_t hash);
/* The key must not be in the table. Never fails: a full table evicts. */
struct flow *flow_create(struct flow_table *table, const struct flow_key *key, uint64_t hash,
			 uint64_t now_ns, enum flow_idle idle);
void flow_touch(struct flow_table *table, struct flow *flow, uint64_t now_ns, enum flow_idle idle);
void flow_remove(struct flow_table *table, struct flow *flow); /* retires it */
/* Retires what has been idle too long. Cheap when nothing is due. */
void flow_expire(struct flow_table *table, uint64_t now_ns);
void flow_retire_all(struct flow_table *table);

/* From 1 to max_flows, the same as long as it is in the table. */
uint32_t flow_number(const struct flow_table *table, const struct flow *flow);
struct flow *flow_at(struct flow_table *table, uint32_t number);

uint32_t flow_count(const struct flow_table *table);
uint64_t flow_evictions(const struct flow_table *table);

/* Both ends by role. */
static inline struct endpoint flow_server(const struct flow *flow)
{
	const struct flow_key *key = &flow->key;

	return (struct endpoint){
		.address = flow->client_is_low ? key->high : key->low,
		.realm = key->realm,
		.port = flow->client_is_low ? key->high_port : key->low_port,
		.transport = (uint8_t)key->transport,
	};
}

static inline const struct address *flow_client(const struct flow *flow)
{
	return flow->client_is_low ? &flow->key.low : &flow->key.high;
}

/* What an exposure would be about: the server, or the host of ours that began it. */
static inline struct endpoint flow_endpoint(const struct flow *flow)
{
	struct endpoint endpoint = flow_server(flow);

	if (flow->outgoing) {
		endpoint.address = *flow_client(flow);
		endpoint.outgoing = 1;
	}
	return endpoint;
}

static inline uint16_t flow_client_port(const struct flow *flow)
{
	return flow->client_is_low ? flow->key.low_port : flow->key.high_port;
}

#endif
