/* SPDX-License-Identifier: ISC */
/*
 * The room output/: an event's ways out.
 *
 *   event ─▶ sink_text, or held_lines ─▶ sink_jsonl ─▶ patient_out ─▶ standard output
 *         └▶ journal ─▶ redis/sink_redis
 *   kept frames ─▶ evidence_store (pcapng files of exposures, --evidence)
 *
 * A live sensor's lines of JSON leave when their events may leave the journal (journal_leaving()).
 * Bounded: patient_out's backlog, held_lines, evidence by bytes and files. "evidence" means packets
 * kept on disk, here and everywhere; how sure an exposure is, is its rung (engine/ladder.h).
 *
 * Everything after the engine, composed: text for people, JSON lines, and journal → Redis. The main
 * program knows only this header. One thread: that of the loop. Nothing here waits for a network;
 * in a replay outputs_event() turns the loop by itself, and then holds the replay back (for at most
 * one second at a time) when Redis is connected and slower than the packets. `out` is the one
 * exception: whoever reads it too slowly holds up this thread, never the capturing ones.
 */
#ifndef SENSOR_OUTPUTS_H
#define SENSOR_OUTPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sensor/base/counter_rows.h"
#include "sensor/base/latency.h"
#include "sensor/base/loop.h"
#include "sensor/base/services.h"
#include "sensor/engine/engine.h"
#include "sensor/event/event.h"
#include "sensor/journal/journal.h"
#include "sensor/output/text_report.h"

#define OUTPUTS_ERROR 256 /* bytes of an error message, with the NUL */

/* How Redis is reached: redis_url.h and redis_tls.h say what NULL means. */
struct outputs_redis {
	const char *url; /* NULL: no Redis; a password in it is refused */
	const char *password_file, *sentinel_password_file, *sentinel_user;
	const char *tls_ca, *tls_cert, *tls_key, *tls_name;
};

struct outputs_options {
	bool json;     /* JSON lines on `out` */
	bool text;     /* text for people on `out`; not together with `json` */
	bool terminal; /* `out` is a terminal: colours */
	bool at_once;  /* of a replay as well: whoever reads gets each line when it is written */
	bool replay;   /* times are packet times; a closing report; not live keys in Redis */
	FILE *out;     /* not closed by outputs_free() */
	struct outputs_redis redis;
	const char *journal_path;  /* NULL: in memory */
	const char *sensor, *site; /* what is not [A-Za-z0-9._-] becomes '_' */
	const char *run;	   /* name of the replay in Redis; NULL: live keys */
	const struct services *services;
	struct loop *loop;		    /* must outlive the outputs */
	uint32_t stream_maxlen;		    /* entries kept in the stream, about; 0: 100000 */
	uint32_t queue_maxlen;		    /* entries kept in the list …:queue; 0: no list */
	uint32_t journal_max;		    /* events kept for Redis; 0: 1000000 */
	uint32_t journal_file_keep;	    /* confirmed events kept in the file; 0: 1000 */
	uint32_t journal_mib, journal_days; /* bounds of the file: journal.h; 0: none */
	uint32_t journal_keep;		    /* confirmed events kept in memory; 0: 1000 */
	uint32_t closed_keep_s;	  /* how long closed exposures stay in Redis; 0: 30 days */
	uint32_t run_keep_s;	  /* how long the keys of a replay stay; 0: 7 days */
	uint32_t heartbeat_ttl_s; /* 0: 60 s */
};

struct outputs_stats {
	COUNTERS_OUTPUTS(COUNTER_MEMBER, )
	int out_errno;		/* why the first of out_errors could not be written */
	bool journal_in_memory; /* its file cannot be written at the moment, or there is none */
	bool redis;		/* there is one */
	bool redis_connected;	/* and it takes events */
	bool redis_clock_known;
	int64_t redis_clock_skew_ms; /* this host's clock is so far ahead of Redis's */
	struct latency delivery;     /* from an event's decision to Redis's answer */
};

struct heartbeat_counter {
	const char *name; /* [a-z0-9_]: becomes a field of the hash …:sensor:NAME */
	uint64_t value;
};

struct heartbeat {
	uint64_t now_ns;    /* the clock */
	uint64_t packet_ns; /* time of the newest packet, 0 = none yet */
	const char *state;  /* "watching", "blind", "stopping" */
	const char *blind;  /* the causes, with commas between, or "" */
	const struct heartbeat_counter *counters;
	size_t count;
};

struct outputs;

/* NULL, and one sentence in `error`, if the options make no sense or the journal does not open. An
 * unreachable Redis is not an error. Strings of `options` are copied; `services` must outlive. */
struct outputs *outputs_new(const struct outputs_options *options, char error[OUTPUTS_ERROR]);
void outputs_free(struct outputs *outputs); /* NULL is allowed */

/* Live, when privileges are given up and the journal has been read: from here on nothing waits for
 * the disk. */
void outputs_begin(struct outputs *outputs);

/* For engine_options.first_sequence. */
uint64_t outputs_next_sequence(const struct outputs *outputs);

/* For the engine's state (engine_store.h); belongs to the outputs. */
struct journal *outputs_journal(const struct outputs *outputs);

/* An event_handler; `context` is the struct outputs. */
void outputs_event(void *context, const struct event *event);

/* Call both at the start and from a timer in live mode; a heartbeat must come more often than its
 * TTL. While Redis is away the latest heartbeat is kept for its return, the coverage is not. */
void outputs_heartbeat(struct outputs *outputs, const struct heartbeat *heartbeat);
void outputs_coverage(struct outputs *outputs, const struct engine *engine,
		      const struct policy *policy);

/* Turns the loop until Redis has confirmed everything and the journal has it, at most
 * `deadline_ms`. Returns how many events Redis has not confirmed (they stay in the journal, if that
 * is a file). */
uint64_t outputs_finish(struct outputs *outputs, uint64_t deadline_ms);
/* Then, live: waits so long for a slow reader of standard output. */
void outputs_finish_out(struct outputs *outputs, uint64_t deadline_ms);

/* The closing report of a replay, as text on `out`; nothing if options.text was not set.
 * `unseen`: text_report.h. */
void outputs_report(struct outputs *outputs, const struct engine *engine,
		    const struct policy *policy, const struct text_unseen *unseen);

/* A line that the report begins with, shorter than OUTPUTS_NOTE; of many the first few. */
#define OUTPUTS_NOTE 256
void outputs_note(struct outputs *outputs, const char *line);

void outputs_stats(const struct outputs *outputs, struct outputs_stats *stats);

#endif
