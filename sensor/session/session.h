/* SPDX-License-Identifier: ISC */
/*
 * The room session/: from TCP segments and datagrams to facts about what was said.
 *
 *   segment ─▶ stream (in order, gaps told) ─▶ session_header (PROXY) ─▶ opening ─▶ identify
 *                                                                            │ known
 *                                        facts ◀── the dissector's feed() ◀──┘ session_dissect
 *
 * Where a client sends other bytes in the place of those that were read (or that wait), both are
 * read: session_versions.c takes another slot of the pool for them, and the worse of what both show
 * stands. What can be compared are the last STREAM_TAIL bytes of the client; of a longer segment
 * that was a decoy, or of more versions than a conversation may have, only that they were
 * contradicted is told.
 *
 * It keeps a pool of sessions (--max-sessions), one pool of blocks for bytes that came early
 * (--reassembly-mib), one of nDPI's flows, and one for what the dissectors want unpacked
 * (--unpack-mib: unpackers.h). When a pool is empty the conversation that was silent
 * longest is no longer read: counted. Facts are read by the worker, which tells the engine.
 *
 * What is being read of the conversations that matter: reassembled bytes, the opening that
 * recognisers look at until the service is known, then the dissector's state and the facts. A fixed
 * pool; when it is used up, the conversation that has been silent longest is no longer read (its
 * flow goes on being counted), and that is counted.
 */
#ifndef SENSOR_SESSION_H
#define SENSOR_SESSION_H

#include "dissectors/dissector.h"
#include "sensor/base/counter_rows.h"
#include "sensor/base/sketch.h"
#include "sensor/session/identify.h"
#include "sensor/session/stream.h"
#include "sensor/session/unpackers.h"
#include "sensor/tables/flow.h"

/* What the bytes have shown of one client. */
struct findings {
	struct facts facts;
	uint16_t number; /* tells the clients of one connection apart: feed.h; 0: its own */
	struct sketch users_tried, objects_read; /* hashes of names */
	uint64_t read[2]; /* bytes of each side that the dissector has read as this client's */
};

/* The client that a PROXY header named, for as long as nothing else is said. */
struct header_client {
	struct address address;
	uint16_t port;
	uint8_t by; /* enum forwarded_by; FORWARDED_NOT: none */
};

struct session {
	struct findings *findings; /* of whose turn it is: `own`, or a carried client's */
	bool carries;		   /* what the client says about clients of its own is believed */
	uint8_t identified_by;	   /* enum identified_by of facts.service */
	uint16_t ndpi_service;	   /* what nDPI says, when that is something else than ours */
	bool swapped;	  /* the bytes show that client and server are the other way round */
	bool proven;	  /* the bytes show which side is which */
	uint16_t numbers; /* of findings, given so far */
	struct header_client header_client;
	struct findings own; /* of the flow's own client */
};

struct sessions;

/* The dissector asks for another client's turn: session->findings are to be of that one. */
typedef void sessions_turn(void *context, struct flow *flow, struct session *session,
			   const struct feed *fed);

/*
 * `reassembly_blocks` of 2 KiB hold what came early; `unpack_mib` are for what is unpacked, one at
 * least. `ndpi_late`: identify_new(). NULL: out of memory.
 */
struct sessions *sessions_new(uint32_t max_sessions, uint32_t reassembly_blocks,
			      uint32_t ndpi_flows, bool ndpi_late, uint32_t unpack_mib,
			      const struct services *services);
void sessions_free(struct sessions *sessions);
uint64_t sessions_bytes(
	uint32_t max_sessions); /* what sessions_new() takes; beside streams, nDPI, unpackers */
/*
 * Recognition may take a bounded part of each second of packet time; what it cannot afford waits
 * for the conversation's next bytes, and is counted. False: it takes what it takes. True to begin
 * with.
 */
void sessions_limit(struct sessions *sessions, bool limited);
/* Without it there are no turns: flow->carrier must stay false. */
void sessions_on_turn(struct sessions *sessions, sessions_turn *turn, void *context);

/* Whose session the next sessions_open() takes away; NULL as long as there is room. */
struct flow *sessions_victim(const struct sessions *sessions);
/* The flow's session, made if it has none. */
struct session *sessions_open(struct sessions *sessions, struct flow *flow);
/* NULL if it has none. Valid until the next sessions_open or sessions_close. */
struct session *sessions_get(struct sessions *sessions, const struct flow *flow);

/* A packet of a flow with this flow->session will be fed soon. */
void sessions_prefetch(const struct sessions *sessions, uint32_t session);
/* A SYN of that side was seen: its first byte has this sequence number. */
void sessions_start(struct sessions *sessions, struct flow *flow, enum side from,
		    uint32_t first_sequence);
/* A TCP segment with payload, or with an acknowledgement only, or a UDP datagram. */
void sessions_packet(struct sessions *sessions, struct flow *flow, enum side from,
		     const struct packet *packet);
/*
 * Does the packet, which seems to be one that was here just now, bring nothing that was not read?
 */
bool sessions_copies(struct sessions *sessions, const struct flow *flow, enum side from,
		     const struct packet *packet);
/* The caller has turned the flow's roles round, because session->swapped was set. */
void sessions_swap(struct sessions *sessions, struct flow *flow);
/* The conversation is over: last verdicts. The session stays readable until sessions_close(). */
void sessions_conclude(struct sessions *sessions, struct flow *flow);
void sessions_close(struct sessions *sessions, struct flow *flow);

struct sessions_stats {
	COUNTERS_STREAMS(COUNTER_MEMBER, )
	COUNTERS_SESSIONS(COUNTER_MEMBER, )
	COUNTERS_CLAIMS(COUNTER_MEMBER, )
	struct identify_stats identify;
	struct unpackers_stats unpack;
};
void sessions_stats(const struct sessions *sessions, struct sessions_stats *stats);

#endif
