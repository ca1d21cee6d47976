/* SPDX-License-Identifier: ISC */
/*
 * The room redis/: from the journal to Redis, once each, whatever happens to the server.
 *
 *   journal ─▶ redis_message (keys, arguments) ─▶ sink_redis (window, order) ─▶ redis_connection ─▶
 *   redis_url (where, which password) ─▶ redis_route (server, sentinel, cluster) ─▶ redis_greeting
 *   apply.lua: one script that applies an event atomically and only once
 *
 * It keeps a window of unconfirmed messages; everything else waits in the journal. What bounds it:
 * SINK_REDIS_WINDOW, and REDIS_BATCHES calls of the script with up to REDIS_BATCH events each.
 * redis_outage says trouble once; redis_care, what became of the state that Redis keeps.
 *
 * Journal → Redis: what is in the journal is sent in order of sequence, and leaves it when Redis
 * has confirmed it. Events are pipelined, at most SINK_REDIS_WINDOW unconfirmed at a time. A lost
 * connection, a full or read-only or loading server: what is not confirmed stays and is sent again
 * later; the script makes a repetition harmless. Contract: spanwatch-redis(7).
 */
#ifndef SENSOR_SINK_REDIS_H
#define SENSOR_SINK_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sensor/base/latency.h"
#include "sensor/base/loop.h"
#include "sensor/journal/journal.h"
#include "sensor/redis/redis_tls.h"
#include "sensor/redis/redis_url.h"

#define SINK_REDIS_WINDOW JOURNAL_WINDOW

struct sink_redis;

struct sink_redis_options {
	struct redis_url url;
	const struct redis_tls *tls; /* for URLs that want it; must outlive the sink */
	struct loop *loop;	     /* both must outlive the sink */
	struct journal *journal;
	const char *sensor, *site; /* names fit for keys (printable_name) */
	const char *run;	   /* NULL: live */
	uint32_t stream_maxlen, queue_maxlen;
	uint32_t closed_keep_s, run_keep_s, heartbeat_ttl_s;
	uint32_t connect_timeout_ms, answer_timeout_ms; /* 0: 5 s, 10 s */
	uint32_t idle_ms; /* 0: 15 s; after this silence a PING asks whether anybody is there */
	uint32_t backoff_min_ms, backoff_max_ms; /* 0: 250 ms, 30 s */
	uint64_t (*clock_ns)(void);		 /* NULL: the host's */
};

struct sink_redis_stats {
	bool connected; /* and taking events */
	uint64_t sent, confirmed, in_flight;
	uint64_t reconnects;   /* connections after the first */
	uint64_t redirects;    /* of them, because a cluster said where the keys are */
	uint64_t errors;       /* error answers, and connections that were lost or refused */
	bool clock_known;      /* the next is measured */
	int64_t clock_skew_ms; /* this host's clock is so far ahead of Redis's */
	uint64_t rejected;     /* events that Redis will never take: journal.h */
	uint64_t forgotten;    /* events that it confirmed and lost, and that nobody has any more */
	uint64_t losses;       /* how often it had lost what is open; all of that is told anew */
	uint64_t mended;       /* keys there that were wrong and are right now */
	uint64_t twins;	       /* answers that told of another sensor of this name */
	struct latency delivery; /* from an event's decision to Redis's answer */
};

/* Begins to connect in the next turn of the loop. NULL: out of memory. */
struct sink_redis *sink_redis_new(const struct sink_redis_options *options);
void sink_redis_free(struct sink_redis *sink); /* NULL is allowed */

/* There is something new in the journal: sends what may be sent. Commits the journal. */
void sink_redis_send(struct sink_redis *sink);

/* Packed pairs (event_fields.h). False: Redis takes nothing now; nothing was sent. The latest
 * heartbeat is kept then, and sent as soon as there is a connection. */
bool sink_redis_heartbeat(struct sink_redis *sink, const char *packed, size_t length);
bool sink_redis_coverage(struct sink_redis *sink, const char *packed, size_t length);

/* True while an answer is due. */
bool sink_redis_busy(const struct sink_redis *sink);
void sink_redis_stats(const struct sink_redis *sink, struct sink_redis_stats *stats);

#endif
