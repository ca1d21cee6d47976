/* SPDX-License-Identifier: ISC */
/*
 * The room engine/: observations in, events out, in the order of packet time.
 *
 *   engine_observe ─▶ engine_wall    attempts in vain: the wall's evidence, closing by proof
 *                  └▶ engine_flow    an answer: ladder (which rung?), policy (may this client?)
 *                         └▶ exposure opened, escalated, closed, reopened (engine_life)
 *                                └▶ incident: exposures of one group that opened together
 *                                       └▶ engine_emit: the event, numbered ─▶ handler (outputs)
 *   engine_tick        silence, summaries, exceptions that expire; engine_store: over a restart
 *   closed: engine_wall.c gathers the proof, engine_closing.c decides, engine_silence.c the likely
 *   ones; "all ports": engine_collapse.c
 *
 * It keeps exposures (--max-exposures), incidents, walls (--max-walls) and coverage per policy
 * line; who makes room for whom stands at the top of exposure.h and incident.h.
 *
 * The event side: observations in, events out. Owns the wall evidence, the exposures and the
 * incidents. One thread (live: the main thread; replay: the same thread as the packets). Time is
 * what the caller says: packet time. All tables are allocated at start and bounded.
 */
#ifndef SENSOR_ENGINE_H
#define SENSOR_ENGINE_H

#include <stddef.h>

#include "sensor/base/counter_rows.h"
#include "sensor/base/memory_row.h"
#include "sensor/base/services.h"
#include "sensor/event/event.h"
#include "sensor/event/known_bad.h"

#define ENGINE_SEVERITIES (SEVERITY_CRITICAL + 1)

struct engine;

struct engine_options {
	uint32_t max_exposures;	 /* default 16384 */
	uint32_t max_walls;	 /* endpoints whose wall evidence is remembered; default 65536 */
	uint32_t max_incidents;	 /* default 1024 */
	const char *sensor;	 /* name; must outlive the engine */
	uint64_t first_sequence; /* sequence of the first event, at least 1 */
	/* Unix ns of now, for event.decided_ns; NULL in replay: packet time is used. */
	uint64_t (*clock_ns)(void);
	uint64_t hash_key;	 /* of the sketches; 0 in replay, from the kernel in live mode */
	uint64_t table_key;	 /* of the tables, whose answers are the same by any */
	struct origins *origins; /* the names of what packets came from; NULL: none */
};

struct engine_stats {
	uint64_t observations, events;
	/* opened: also reopened; closed: also evicted while open; both of those with events. */
	COUNTERS_ENGINE(COUNTER_MEMBER, )
};

/* One line of the policy and what was seen of it, for `coverage`. Times: packet time, 0 = never. */
struct coverage {
	bool is_rule; /* else a group */
	uint16_t index;
	uint64_t last_probe_ns, last_answer_ns, probes, answers;
};

/* NULL: out of memory. `policy` and `services` must outlive the engine or the next _set_policy. */
struct engine *engine_new(const struct engine_options *options, const struct policy *policy,
			  const struct services *services, event_handler *handler, void *context);
void engine_free(struct engine *engine);

void engine_observe(struct engine *engine, const struct observation *observation);

/*
 * Packet time has come to `now_ns`: summaries, unconfirmed states, exceptions. Cheap if called
 * often.
 */
void engine_tick(struct engine *engine, uint64_t now_ns);

/* A new policy is in force. Open exposures that it permits are closed (CLOSE_POLICY). */
void engine_set_policy(struct engine *engine, const struct policy *policy, uint64_t now_ns);

/* Marks exposures from the next event on; NULL: none. It must outlive the engine or the next call.
 */
void engine_set_known(struct engine *engine, struct known_bad *known);

/* EVENT_SENSOR_* and EVENT_POLICY_LOADED/REJECTED, with a sentence of the caller's. */
void engine_announce(struct engine *engine, enum event_kind kind, enum policy_severity severity,
		     uint64_t now_ns, const char *reason);

/* EVENT_SENSOR_BLIND if it `begins`, else EVENT_SENSOR_SIGHTED. */
void engine_blindness(struct engine *engine, bool begins, const struct blindness_view *view,
		      enum policy_severity severity, uint64_t now_ns);

/* A summary of each open exposure and incident, for somebody who has forgotten them: of at most
 * `count` from number `*next` on, which it moves. False: that was all. */
bool engine_retell(struct engine *engine, uint32_t *next, uint32_t count, uint64_t now_ns);

/* End of input: a last summary for each open exposure and incident that has news. */
void engine_finish(struct engine *engine, uint64_t now_ns);

void engine_stats(const struct engine *engine, struct engine_stats *stats);
/* Exposures that are not closed, by severity. */
void engine_count_open(const struct engine *engine, uint64_t open[ENGINE_SEVERITIES]);
/*
 * Of the endpoints that were exposed and are closed: how many there are, and how many nobody has
 * tried since `before_ns`.
 */
void engine_count_closed(const struct engine *engine, uint64_t before_ns, uint64_t *closed,
			 uint64_t *unprobed);
/* Every rule and every group of the policy once, rules first. */
void engine_coverage(const struct engine *engine,
		     void (*each)(void *context, const struct coverage *coverage), void *context);
/* The open exposures, for a final report; order: severity, level, then first opened. */
void engine_each_exposure(const struct engine *engine, bool closed_too,
			  void (*each)(void *context, const struct exposure_view *view),
			  void *context);

/* The memory that engine_new() takes, and with `store` engine_store_new(): a row each. */
void engine_memory(const struct engine_options *options, bool store, memory_row *row,
		   void *context);

#endif
