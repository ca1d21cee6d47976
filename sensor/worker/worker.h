/* SPDX-License-Identifier: ISC */
/*
 * The room worker/: one packet's journey. In: frames of a batch. Out: observations.
 *
 *   worker_prepare (a batch: decode, place, prefetch) ─▶ worker_take ─▶ look_at
 *        ├─ ICMP error ─▶ worker_icmp     the quoted attempt was refused
 *        ├─ TCP ─▶ worker_tcp             SYN: probe · SYN-ACK: flow (worker_open) · data: read
 *        ├─ UDP ─▶ worker_udp             question: probe · answer: flow
 *        └─ SCTP, DCCP ─▶ worker_association
 *                        └─▶ worker_report: what is news becomes an observation ─▶ ring ─▶ engine
 *   worker_carried: the clients of a listed proxy, each a conversation of its own
 *
 * The packet path: frames in, observations out. worker_take() is the function to read first.
 *
 * One worker for each capture thread; it shares nothing with the others but the policy and the
 * catalogue of services, both read-only. All memory is taken in worker_new() and bounded by the
 * options. Time is packet time.
 */
#ifndef SENSOR_WORKER_H
#define SENSOR_WORKER_H

#include "sensor/base/counter_rows.h"
#include "sensor/base/memory_row.h"
#include "sensor/base/services.h"
#include "sensor/decode/decode.h"
#include "sensor/decode/encapsulation.h"
#include "sensor/decode/fragments.h"
#include "sensor/event/event.h"
#include "sensor/event/observation.h"
#include "sensor/session/session.h"
#include "sensor/tables/pairs.h"
#include "sensor/tables/recent.h"

#define WORKER_MIRRORS 16

struct worker_options {
	uint32_t max_flows;	    /* conversations that matter at the same time */
	uint32_t max_sessions;	    /* of them, those whose bytes are read */
	uint32_t reassembly_blocks; /* of 2 KiB, for segments that came early */
	uint32_t ndpi_flows;	    /* conversations under nDPI's inspection */
	uint32_t unpack_mib;	    /* for compressed streams that are being read; 0: one */
	uint32_t max_probed;	    /* endpoints whose unanswered probes are remembered */
	uint32_t outbound_entries;  /* conversations begun by ours, for each of two generations */
	uint32_t fragment_pages;    /* of 2 KiB, for datagrams that are not whole yet */
	uint64_t duplicate_ns;	    /* the same packet again so soon is a copy; 0: never */
	uint64_t tcp_idle_ns;	    /* an open TCP connection is forgotten after this silence */
	uint64_t hash_key;	    /* of what depends on it in a full table: see app.h */
	uint64_t table_key;	    /* of tables whose answers are the same by any */
	struct decode_options decode;
	/* By their number in struct origins, from 1; none: captures. */
	char *const *interfaces;
	size_t interface_count;
	/* Sessions that are believed whatever the policy says: captures that are mirrors. */
	struct tunnel mirrors[WORKER_MIRRORS];
	uint8_t mirror_count;
	uint8_t number;	 /* of this worker, for observations */
	bool ndpi_late;	 /* nDPI is made when it is first asked: not beside other threads */
	bool everything; /* inventory: every flow, whatever the policy says */
};

/*
 * False: there was no room for it just now. The worker counts that, and tells it as soon as there
 * is some: worker_retry().
 */
typedef bool worker_emit(void *context, const struct observation *observation);

/* A packet of a conversation that breaks a rule; valid during the call. */
struct kept_frame {
	char exposure[EXPOSURE_ID_TEXT];
	struct endpoint server;
	struct frame_view frame;
};
/* False: there was no room for it, and it is lost; the worker counts that. */
typedef bool worker_keep(void *context, const struct kept_frame *kept);

struct worker;

/* NULL: out of memory. `policy` may be NULL only with options->everything. */
struct worker *worker_new(const struct worker_options *options, const struct policy *policy,
			  const struct services *services, worker_emit *emit, void *context);
void worker_free(struct worker *worker);

/*
 * --evidence: from now on packets of conversations that break a rule are handed over, with the
 * context of worker_new(), and those from before the decision as far as they are still held (the
 * attempt itself nearly always). False: out of memory.
 */
bool worker_keep_evidence(struct worker *worker, worker_keep *keep);

/* For each packet of which something is not read: unread_of(), with the context of worker_new(). */
typedef void worker_unread(void *context, uint32_t from, uint32_t kind);
void worker_tell_unread(struct worker *worker, worker_unread *tell);

/* From now on this policy; the caller may free the old one when the call returns. */
void worker_set_policy(struct worker *worker, const struct policy *policy);

/*
 * A batch of frames, each of its own link type, of at most WORKER_BATCH: first all are prepared,
 * which changes nothing but the caches, then each is taken, in order. In between the frames must
 * stay, and the policy; worker_tick() is allowed.
 */
#define WORKER_BATCH 32
void worker_prepare(struct worker *worker, const struct frame_view *frames, unsigned count);
void worker_take(struct worker *worker, unsigned index);

/*
 * A batch that another thread has prepared, with copies of what is needed of the frames: of a
 * worker that keeps its policy. Returns how many frames it took, at least one of any. The worker's
 * own thread adopts it in place of worker_prepare(), and is done with it at the next batch.
 */
struct worker_batch;
struct worker_batch *worker_batch_new(void); /* NULL: out of memory */
void worker_batch_free(struct worker_batch *batch);
uint64_t worker_batch_bytes(void); /* what worker_batch_new() takes */
unsigned worker_prepare_ahead(const struct worker *worker, struct worker_batch *batch,
			      const struct frame_view *frames, unsigned count);
void worker_adopt(struct worker *worker, struct worker_batch *batch, unsigned count);

/* A batch of one: `captured` bytes at `frame` are readable, it had `wire` bytes. */
void worker_packet(struct worker *worker, enum link_type link, const uint8_t *frame,
		   uint32_t captured, uint32_t wire, uint64_t ts_ns);

/* Time has come to `now_ns` without a packet (live mode): expiry, wall reports. */
void worker_tick(struct worker *worker, uint64_t now_ns);

/* Tells what found no room before, the gravest first, as long as there is some. Cheap if there is
 * nothing; worker_tick() does it as well. */
void worker_retry(struct worker *worker);

/* Another input follows, of the same worker: what is watched only for a while is judged now. */
void worker_next_input(struct worker *worker);

/* End of input: every flow is concluded and reported, and nothing but the counters is kept. Another
 * input, of another time, may follow. */
void worker_finish(struct worker *worker);

struct worker_stats {
	COUNTERS_PACKETS(COUNTER_MEMBER, )
	COUNTERS_CUT(COUNTER_MEMBER, )
	COUNTERS_FLOWS(COUNTER_MEMBER, )
	COUNTERS_PROBED(COUNTER_MEMBER, )
	COUNTERS_TOLD(COUNTER_MEMBER, )
	COUNTERS_KEPT(COUNTER_MEMBER, )
	/* By enum decode_result; what fragments made whole counts again. */
	uint64_t decoded[DECODE_RESULT_COUNT];
	struct sessions_stats sessions;
	struct pairs_stats pairs;
	struct fragments_stats fragments;
	struct unread unread; /* by kind: DECODE_UNREAD and `shaped` */
	uint64_t newest_ns;   /* packet time */
};
void worker_stats(const struct worker *worker, struct worker_stats *stats);
void worker_stats_add(struct worker_stats *sum, const struct worker_stats *more);

/* The memory that worker_new() takes, and with `evidence` worker_keep_evidence(): a row each. */
void worker_memory(const struct worker_options *options, bool evidence, memory_row *row,
		   void *context);

#endif
