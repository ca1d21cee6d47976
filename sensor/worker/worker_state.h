/* SPDX-License-Identifier: ISC */
/*
 * The inside of a worker, for worker.c and worker_*.c only.
 *
 * A packet that may matter becomes a `sighting`: what it is, whose it is, and which flow it would
 * belong to. `to_ours`: its source would be a client that may not reach its destination.
 * `from_ours`: its destination would be such a client of its source. Usually just one is true.
 * `leaves`: its source is one of ours that may not begin a connection to its destination;
 * `returns`: the other way round.
 */
#ifndef SENSOR_WORKER_STATE_H
#define SENSOR_WORKER_STATE_H

#include <stdlib.h>
#include <string.h>

#include "sensor/base/clock.h"
#include "sensor/decode/fragments.h"
#include "sensor/tables/duplicates.h"
#include "sensor/tables/outbound.h"
#include "sensor/tables/probes.h"
#include "sensor/tables/untold.h"
#include "sensor/worker/carried.h"
#include "sensor/worker/worker.h"

struct worker;

struct sighting {
	const struct packet *packet;
	struct flow_key key;
	uint64_t hash;
	uint64_t fingerprint; /* duplicates.h */
	uint64_t pair;	      /* pairs.h; 0: not TCP */
	uint32_t probed_hash; /* probes.h, if `probed` */
	uint8_t flaws;	      /* answerable.h, of a SYN to one of ours */
	bool matters;	      /* the policy may care; else only `packet` and `pair` are set */
	bool ours;	      /* one of its two ends is an address of the policy's */
	bool probed;
	bool source_is_low;
	bool to_ours, from_ours, leaves, returns;
	bool by_proxy; /* only a listed proxy makes it so, which may reach the other itself */
};

/* One packet of a batch, before the tables are asked. */
struct prepared {
	struct packet packet;
	struct sighting sighting; /* with DECODE_OK */
	struct frame_view frame;
	enum decode_result result;
	uint8_t datagram_layer; /* the tunnel that may be just a datagram, from 1; 0: none */
};

/* Where a packet was decoded from: a frame, or a datagram that was put together. */
struct worker_capture {
	const struct frame_view *frame;	 /* with a datagram: that of its last fragment */
	const struct datagram *datagram; /* NULL: the frame */
	const struct packet *before;	 /* with a datagram: as decode_datagram() was given it */
};

/* worker_transfer.c: a request, and the port that the server answers it from. */
/*
 * So long after the first packet a conversation over UDP may have been running before it: which
 * side was first seen to speak says little then.
 */
#define WORKER_EARLY_NS (120 * NS_PER_S)
#define WORKER_ASKED	65536 /* of each generation: attempts without room among those that wait */

#define TRANSFERS 64
struct transfer {
	struct address server, client;
	uint64_t ts_ns; /* of the newest packet; 0: none */
	uint32_t realm;
	uint16_t client_port, port; /* port 0: not answered yet */
	uint64_t asked; /* bit n: the client asked a port p with p % 64 == n, other than TFTP's */
};

struct transfers {
	struct transfer list[TRANSFERS];
	uint32_t next;
	uint64_t newest_ns;
};

/* Conversations begun from outside, of each generation: who is who in them is not forgotten. */
#define WORKER_INBOUND 131072

struct fastopen;

struct worker {
	struct worker_options options;
	struct decoder decoder;
	const struct policy *policy;
	const struct services *services;
	struct flow_table *flows;
	struct sessions *sessions;
	struct carried_pool *carried;
	struct probes *probes;
	struct outbound *outbound;
	struct outbound *inbound; /* worker_roles.c */
	struct fastopen *fastopen;
	struct outbound *asked; /* attempts that found no room among the waiting ones */
	struct pairs *pairs;
	struct tunnel_table *tunnels;
	struct fragments *fragments;
	struct duplicates *duplicates;
	struct early *early;
	struct untold *untold;
	bool retrying, refused;		/* what waits there is being told; there was no room */
	struct trail *trail;		/* NULL: no evidence is wanted */
	worker_unread *tell_unread;	/* NULL: nobody asks */
	const struct frame_view *frame; /* the one in hand; NULL: none */
	worker_emit *emit;
	void *context;
	uint64_t now_ns, next_tick_ns;
	uint64_t since_ns;     /* packets are seen since then */
	bool other_input;      /* another capture follows: what lies between was not seen */
	uint64_t from_ours_ns; /* newest packet of a server of ours to outside; 0 = none */
	struct transfers transfers;
	struct worker_stats stats;
	struct prepared *batch; /* the one in hand: its own, or one that was adopted */
	struct prepared own_batch[WORKER_BATCH];
};

/* worker_open.c */
struct endpoint worker_source(const struct sighting *sighting);
struct endpoint worker_destination(const struct sighting *sighting);
/* `asks`: the bytes of a datagram say that it is a question. */
void worker_note_probe(struct worker *worker, const struct sighting *sighting, bool asks);
/* Is an attempt of this conversation waiting for its answer, or was there no room for it? */
bool worker_asked(struct worker *worker, const struct endpoint *server, uint64_t hash,
		  struct probe *found);
/* Does the policy list its client under `proxies`? */
bool worker_is_carrier(const struct worker *worker, const struct flow *flow);
struct flow *worker_begin(struct worker *worker, const struct sighting *sighting,
			  bool client_is_source, enum direction direction, enum flow_idle idle);
/* A conversation that one of ours began and may not: NULL unless `leaves` or `returns` says so. */
struct flow *worker_begin_outgoing(struct worker *worker, const struct sighting *sighting,
				   enum direction direction, enum flow_idle idle);

/* worker_read.c */
/* Before the packet is read: what it brings is news of the client whose turn it is. */
void worker_count_bytes(const struct worker *worker, struct flow *flow, enum side from,
			const struct packet *packet);
/* Gives payload to the flow's session, and deals with roles that turn out to be wrong. False: the
 * flow is gone. */
bool worker_read(struct worker *worker, const struct sighting *sighting, struct flow *flow,
		 enum side from);
/* Nothing more of this conversation will be read. */
void worker_conclude(struct worker *worker, struct flow *flow);

/* worker_place.c */
void worker_place(const struct worker *worker, const struct packet *packet,
		  struct sighting *sighting);
/* Changes nothing of the worker: for any thread. */
void worker_prepare_one(const struct worker *worker, const struct frame_view *frame,
			struct prepared *prepared);
/* First for all of a batch the one, then the next. */
void worker_prefetch_buckets(const struct worker *worker, const struct sighting *sighting);
void worker_prefetch(const struct worker *worker, const struct sighting *sighting);
void worker_prefetch_session(const struct worker *worker, const struct sighting *sighting);

/* worker.c: one packet that could be decoded. */
void worker_look_at(struct worker *worker, const struct sighting *sighting);

/* worker_tunnel.c */
/*
 * A packet that came in a tunnel: is it believed? Changes the packet if not, and returns what it is
 * now. Changes nothing of the worker.
 */
enum decode_result worker_judge_tunnel(const struct worker *worker,
				       const struct worker_capture *capture, struct packet *packet,
				       enum decode_result result, uint8_t *datagram_layer);
/* Looks at the datagram around tunnel `layer`. True: nobody is to look inside. */
bool worker_datagram_first(struct worker *worker, const struct worker_capture *capture,
			   uint8_t layer);

/* worker_roles.c */
/* Who is the server of a conversation that was not seen to begin? */
enum direction worker_guess_roles(const struct worker *worker, const struct sighting *sighting,
				  bool *client_is_source);
/* It was begun from outside, its server answered, and it may go on after it was forgotten. */
void worker_remember_inbound(struct worker *worker, const struct flow *flow);
/* Was it? Then `client_is_source` is set. */
bool worker_remembers_inbound(const struct worker *worker, const struct sighting *sighting,
			      bool *client_is_source);
void worker_forget_inbound(const struct worker *worker, const struct sighting *sighting);
/*
 * Is there a reason to take the one for the server: the handshake, the policy, or far apart
 * ports?
 */
bool worker_roles_likely(const struct worker *worker, const struct flow *flow);
/* The bytes have shown that the server is the other one: nothing is told of that one yet. */
void worker_turn_round(struct worker *worker, struct flow *flow);

/* worker_validity.c */
/* The first packet of that side tells what its packets are like. */
void worker_note_first(struct flow *flow, enum side from, const struct packet *packet);
/* Does the host that it goes to take no notice of this segment? */
bool worker_is_ignored(struct flow *flow, enum side from, const struct packet *packet);
/* Is the end of that side told in its place? */
bool worker_fin_counts(const struct flow *flow, enum side from, const struct packet *packet);
/* The server goes on as if the RST had not been: it has not been, for it. */
void worker_note_alive(struct flow *flow, enum side from, const struct packet *packet);

/* worker_fastopen.c */
struct fastopen *fastopen_new(void); /* NULL: out of memory */
void fastopen_free(struct fastopen *fastopen);
uint64_t fastopen_bytes(void);
void fastopen_forget(struct fastopen *fastopen); /* everything: another input follows */
/* A SYN with data, of a conversation that has no flow. */
void worker_fastopen_put(struct worker *worker, const struct sighting *sighting);
/* The flow has begun with this SYN-ACK: what it acknowledges of that data is read. */
void worker_fastopen_take(struct worker *worker, const struct sighting *synack, struct flow *flow);

/* worker_tcp.c, worker_udp.c, worker_association.c */
void worker_tcp(struct worker *worker, const struct sighting *sighting, struct flow *flow);
/* Are packets of our servers mirrored at all? */
bool worker_sees_ours(const struct worker *worker);
void worker_association(struct worker *worker, const struct sighting *sighting, struct flow *flow);
void worker_udp(struct worker *worker, const struct sighting *sighting, struct flow *flow);

/* worker_early.c: the first data of a conversation that was not seen to begin. */
struct early *worker_early_new(void);	     /* NULL: out of memory */
void worker_early_free(struct early *early); /* NULL is allowed */
uint64_t worker_early_bytes(void);
void worker_early_forget(struct early *early); /* everything: another input follows */
/* A packet of a stranger that would make a flow. True: it waits for the next one instead. */
bool worker_early_put(struct worker *worker, const struct sighting *sighting);
/* Has an earlier packet of this conversation been put there? */
bool worker_early_waits(struct worker *worker, const struct sighting *sighting);
/* It is taken from there to worker_tcp(), before the one in hand. */
void worker_early_bring(struct worker *worker, const struct sighting *sighting);

/* worker_transfer.c: a datagram without a flow. True: it belongs to one of port 69, as `moved` has
 * it, which points to `packet`. */
bool worker_transfer(struct worker *worker, const struct sighting *sighting, struct packet *packet,
		     struct sighting *moved);

/* worker_trail.c: after a packet that may matter has been looked at. */
void worker_trail(struct worker *worker, const struct sighting *sighting);
void worker_trail_free(struct worker *worker);
uint64_t worker_trail_bytes(void); /* what worker_keep_evidence() takes */

/* worker_icmp.c */
/* The key is that of the packet that is quoted. */
void worker_icmp(struct worker *worker, const struct sighting *sighting);

/* worker_report.c */
void worker_report_news(struct worker *worker, struct flow *flow);
/* Whatever is not told yet is told now: the conversation has been closed. */
void worker_report_all(struct worker *worker, struct flow *flow);
/* The same, and what is known of it is about to be forgotten. */
void worker_report_parting(struct worker *worker, struct flow *flow);
void worker_report_last(struct worker *worker, struct flow *flow);
void worker_report_wall(void *context, const struct endpoint *server,
			const struct wall_report *report, uint64_t ts_ns);

/* worker_untold.c */
/* What waits is to be told before anything else. */
static inline bool worker_untold_any(const struct worker *worker)
{
	return !worker->retrying && untold_count(worker->untold) != 0;
}
/* False: there was no room, or others wait for it. */
bool worker_emit_now(struct worker *worker, const struct observation *observation);
/* There was no room for news of this flow, or others wait. */
void worker_untold_flow(struct worker *worker, struct flow *flow);
/* Nobody can tell this again. `flow`: that it is of, NULL: none. */
void worker_untold_keep(struct worker *worker, const struct observation *observation,
			const struct flow *flow);
/* The end of input: what finds no room now is lost. */
void worker_untold_finish(struct worker *worker);

/* worker_carried.c */
sessions_turn worker_turn;
/* Tells now what is not told yet, of its own client and of every client that it carries. */
void worker_carried_tell(struct worker *worker, struct flow *flow);
/* The last report of its own client and of every client that it carries. */
void worker_carried_end(struct worker *worker, struct flow *flow);
/* The same, and the flow goes on without anything known of it. */
void worker_carried_forget(struct worker *worker, struct flow *flow);

/* worker_client.c */
/* Whose conversation it is at the moment, and by way of whom. */
void worker_client(const struct worker *worker, const struct flow *flow,
		   struct flow_report *report);
/* A client that names its own address makes no claim: forgets it. */
void worker_client_claim(struct flow_report *report);

/* Of whose turn it is. */
static inline struct telling *worker_telling(const struct worker *worker, struct flow *flow)
{
	return flow->turn == 0 ? &flow->own : &carried_at(worker->carried, flow->turn)->telling;
}

/* Where the packet in hand came from. */
static inline struct origin worker_origin(const struct worker *worker)
{
	return worker->frame ? worker->frame->origin : (struct origin){.from = ORIGIN_NONE};
}

static inline enum side sighting_side(const struct sighting *sighting, const struct flow *flow)
{
	return sighting->source_is_low == flow->client_is_low ? SIDE_CLIENT : SIDE_SERVER;
}

#endif
