/* SPDX-License-Identifier: ISC */
/* The inside of a live sensor, for live*.c alone. */
#ifndef SENSOR_LIVE_STATE_H
#define SENSOR_LIVE_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "sensor/base/byte_ring.h"
#include "sensor/base/clock.h"
#include "sensor/base/nudge.h"
#include "sensor/base/ring.h"
#include "sensor/capture/packet_ring.h"
#include "sensor/capture/receiver.h"
#include "sensor/capture/watch.h"
#include "sensor/engine/engine_store.h"
#include "sensor/health/counters.h"
#include "sensor/health/vision.h"
#include "sensor/run/app.h"

/*
 * From each worker to the main thread. Observations are sparse.h's: most have few facts, and what
 * is carried from core to core is a tenth of them. Figures have a ring of their own: they are told
 * however much there is to observe.
 */
#define LIVE_RING_OBSERVATIONS (4u << 20) /* bytes: some 16,000 of the common ones */
#define LIVE_RING_FIGURES      2
#define LIVE_THREADS	       64 /* --workers, at most */

struct figures {
	struct worker_stats worker;
	struct capture_stats captures[WATCH_MOST]; /* by interface */
};

struct thread {
	struct live *live;
	pthread_t id;
	bool started;
	struct worker *worker;
	struct watch *watch;			/* the captures of all interfaces */
	struct byte_ring *ring;			/* of observations */
	struct ring *figures;			/* of struct figures */
	struct byte_ring *kept;			/* packets for --evidence; NULL: not wanted */
	uint64_t next_figures_ns;		/* the thread's own */
	bool finishing;				/* the thread's own: its last words */
	struct nudge nudge;			/* the thread's own: of both rings */
	_Atomic(const struct policy *) offered; /* by the main thread */
	_Atomic(const struct policy *) adopted; /* by the worker */
	_Atomic(struct capture *) offered_captures[WATCH_MOST]; /* of interfaces that returned */
	atomic_uint lost;	   /* bit: the capture of that interface broke, and is dropped */
	char why[WATCH_MOST][128]; /* set before its bit */
	struct worker_stats stats; /* the main thread's copy */
	struct capture_stats captures[WATCH_MOST]; /* likewise */
	bool heard;				   /* the copy is newer than the last look at it */
};

/* Of the main thread. */
struct live_ingress {
	const char *name; /* as the command line has it */
	unsigned place;	  /* in every watch */
	uint32_t from;	  /* in struct origins */
	bool gone;
	int *spares; /* sockets for its return; owned */
	unsigned spare_count;
	struct pcap_filter *filter; /* as it was compiled at the start; NULL: none; owned */
	struct blindness *sight;    /* what is of this interface alone; owned */
};

/* The files of --known-bad, read anew by a thread of their own. */
struct live_known {
	const struct app *app;
	pthread_t id;
	bool running; /* of the main thread alone: it is to be joined */
	bool again;   /* the same: once more, when that is done */
	atomic_bool done;
	bool good;		 /* of the thread, until it is done */
	struct known_bad *known; /* the same; owned once it is joined */
};

struct live {
	struct app *app;
	struct thread *threads;
	uint32_t thread_count;
	int wake_fd; /* there is something in a ring, or a worker has failed */
	atomic_bool stop;
	struct policy *old_policy; /* until all workers have let it go */
	struct live_known known;
	bool broken;
	struct blindness *blindness; /* what is of all interfaces together */
	unsigned ingress_count;
	struct live_ingress ingress[WATCH_MOST];
	uint8_t *record;			     /* room for one packet out of a ring */
	struct engine_store *store;		     /* NULL: no journal */
	struct live_metrics *metrics;		     /* NULL: not wanted */
	uint64_t redis_forgotten;		     /* the sink's number, when last looked at */
	bool retelling;				     /* because it has grown */
	uint32_t retell_next;			     /* engine_retell() */
	uint64_t redis_down_ns;			     /* since when it is away; 0: it is not */
	uint64_t started_ns, looked_ns, untested_ns; /* the latter two: when last judged */
};

/* live_counters.c: main thread. */
/* Of one interface, all threads together. */
void live_ingress_stats(const struct live *live, unsigned place, struct capture_stats *stats);
void live_stats(const struct live *live, struct worker_stats *worker,
		struct capture_stats *capture);
/* All but those of the metrics' server: live_metrics_stats(). */
void live_counters(const struct live *live, struct counters *counters);

/* live_ingress.c: before the threads run. False: it has said why. */
bool live_ingress_open(struct live *live);
void live_ingress_close(struct live *live);
/* From a worker's thread: captures that are offered; those that broke. */
void live_ingress_adopt(struct thread *thread);
void live_ingress_check(struct thread *thread);
/* Main thread: tells which interfaces are gone; looks whether they are back. */
void live_ingress_lost(struct live *live);
void live_ingress_return(struct live *live);

/* live_status.c: main thread. */
/* `state` NULL: "watching", or "blind". */
void live_heartbeat(const struct live *live, const char *state);
/* `part`: of one interface, its silence, drops and return. NULL: out of memory. */
struct blindness *live_blindness(struct live *live, const char *interface, bool part);
/* All causes that hold, as vision_text(). */
bool live_blind_text(const struct live *live, char text[VISION_TEXT]);
/* About once a second: does the sensor see what it should? */
void live_look(struct live *live);

/* live_wake.c: from a worker's thread. Wakes the main thread now. */
void live_wake(const struct thread *thread);
/* A message was put into a ring; between two batches; before waiting, and when a ring is full:
 * wakes it if that is due (nudge.h). */
void live_wake_put(struct thread *thread);
void live_wake_due(struct thread *thread);
void live_wake_rest(struct thread *thread);

/*
 * live_policy.c: from a worker's thread, or before it runs: only the headers of what it does not
 * need.
 */
void live_policy_headers(const struct thread *thread, const struct policy *policy);
/* From a worker's thread, between two batches. */
void live_policy_adopt(struct thread *thread);
/* Main thread. SIGHUP: a good policy replaces the old one, which a bad one leaves in force. */
void live_policy_reload(void *context); /* struct live */
/* Once all workers have let the old policy go, nobody asks it any more. */
void live_policy_free_old(struct live *live);

/* The files of --known-bad. Begins to read them; takes up what was read; waits, and forgets it. */
void live_known_reload(struct live *live);
void live_known_take(struct live *live);
void live_known_end(struct live *live);

/* live_evidence.c. False: out of memory. */
bool live_evidence_begin(struct thread *thread);
/* True if more may be there. */
bool live_evidence_take(struct live *live, struct thread *thread);
void live_evidence_end(struct live *live);
uint64_t live_evidence_bytes(
	uint32_t workers); /* what live_evidence_begin() takes, with the workers' own */

/* live_metrics.c. NULL: it has said why it cannot listen. */
struct live_metrics *live_metrics_new(struct live *live);
void live_metrics_free(struct live_metrics *m); /* NULL is allowed */
/* Adds nothing if `m` is NULL. */
void live_metrics_stats(const struct live_metrics *m, struct http_stats *stats);

#endif
