/* SPDX-License-Identifier: ISC */
/*
 * The worker's memory of attempts that met the wall. One bounded table of endpoints; each counts
 * probes (SYNs and first datagrams of clients that the policy may forbid) that stayed without an
 * answer or were refused, and holds a few that still wait for one.
 *
 * A probe is unanswered when PROBES_WAIT_NS of packet time have passed. Only a few wait at a time
 * for each endpoint: a flood is sampled, not stored. News are handed over at most once a second
 * for each endpoint (and before an answer), which is what the engine needs to know when the wall
 * fell and whether it stands again.
 */
#ifndef SENSOR_PROBES_H
#define SENSOR_PROBES_H

#include <stdbool.h>
#include <stdint.h>

#include "sensor/base/clock.h"
#include "sensor/base/endpoint.h"
#include "sensor/event/observation.h"

#define PROBES_WAIT_NS	    (3 * NS_PER_S)
#define PROBES_OVERTAKEN_NS NS_PER_S /* the first retransmission time-out of RFC 6298 */

/*
 * So many attempts at one endpoint in a slice of time may fill its backlog, and for as long as a
 * host keeps half-open connections (Linux: 63 s) nobody is answered: what is not, is not judged.
 */
#define PROBES_FLOOD	      100
#define PROBES_FLOOD_SLICE_NS (10 * NS_PER_S)
#define PROBES_FLOOD_HOLD_NS  (64 * NS_PER_S)

/* One attempt: whose, how to recognise its continuation, and whether anybody would answer it. */
struct probe {
	struct address client;
	uint64_t tuple; /* flow_hash() of the conversation */
	uint64_t ts_ns;
	uint32_t initial;  /* TCP: sequence number of the SYN; UDP: 1 if its bytes ask */
	uint32_t question; /* UDP: question.h */
	uint8_t flaws;	   /* answerable.h */
	uint8_t ttl;
};

struct probes;

typedef void probes_report(void *context, const struct endpoint *server,
			   const struct wall_report *report, uint64_t ts_ns);

/* NULL: out of memory. News go to `report`. */
struct probes *probes_new(uint32_t max_endpoints, uint64_t hash_key, probes_report *report,
			  void *context);
void probes_free(struct probes *probes);
uint64_t probes_bytes(uint32_t max_endpoints); /* what probes_new() takes */

uint32_t probes_hash(const struct probes *probes, const struct endpoint *server);
/*
 * The endpoint of this hash will be asked about soon. First its bucket; when that has had the time
 * to come, what it leads to.
 */
void probes_prefetch_bucket(const struct probes *probes, uint32_t hash);
void probes_prefetch(const struct probes *probes, uint32_t hash);

/*
 * A SYN or a datagram to this endpoint, by a client that may not. `hash` is probes_hash() of it.
 * False: too many wait already, so that this one is only counted.
 */
bool probes_note(struct probes *probes, const struct endpoint *server, uint32_t hash,
		 const struct probe *probe);
/*
 * Is a probe of this conversation waiting? True and `*found` set if so; it goes on waiting.
 * `found` may be NULL.
 */
bool probes_find(struct probes *probes, const struct endpoint *server, uint64_t tuple,
		 struct probe *found);
/*
 * The endpoint has answered this conversation. Out: when it was last seen unanswered and refused
 * (0 = never). Another probe that has waited for PROBES_OVERTAKEN_NS by now counts as unanswered:
 * the wall was still there when it came. News of that endpoint that are not handed over yet are,
 * first: nobody shall take what was seen before the answer for something seen after it. True if
 * this conversation's probe was waiting.
 */
bool probes_answered(struct probes *probes, const struct endpoint *server, uint64_t tuple,
		     uint64_t now_ns, uint64_t *unanswered_ns, uint64_t *refused_ns);
/*
 * The endpoint itself answers the probe of this conversation, if one is waiting: what it answers,
 * checksums and TTLs, others may have as well. Out: what was asked. Before probes_answered().
 */
uint32_t probes_learn(struct probes *probes, const struct endpoint *server, uint64_t tuple);
/* The client of a waiting probe goes on as if it had been answered: it proves nothing any more. */
void probes_disown(struct probes *probes, const struct endpoint *server, uint64_t tuple);
/* Something else than the endpoint or a filter has ended the waiting probe: it proves nothing. */
void probes_lost(struct probes *probes, const struct endpoint *server, uint64_t tuple);
/* The endpoint, or a filter that speaks for it, has refused. `by_filter`: counts as unanswered. */
void probes_refused(struct probes *probes, const struct endpoint *server, uint64_t tuple,
		    const struct address *client, uint64_t now_ns, bool by_filter);

/* Judges the waiting probes that are due, and hands over news. Cheap within the same second. */
void probes_tick(struct probes *probes, uint64_t now_ns);
/*
 * End of input: hands over all news, and forgets everything: what follows may be of another time.
 * Probes that still wait are dropped: nobody can judge them.
 */
void probes_flush(struct probes *probes, uint64_t now_ns);

uint64_t probes_idle(const struct probes *probes);    /* that proved nothing: they have flaws */
uint64_t probes_flooded(const struct probes *probes); /* not judged, because of a flood */
/* Has an attempt at this endpoint been left without an answer since? */
bool probes_unanswered_since(struct probes *probes, const struct endpoint *server, uint64_t ns);
uint64_t probes_evictions(const struct probes *probes); /* endpoints forgotten for lack of room */

#endif
