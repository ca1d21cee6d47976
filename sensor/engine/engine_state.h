/* SPDX-License-Identifier: ISC */
/*
 * The inside of the engine, for the files engine*.c alone. What happens with an observation:
 *
 *   engine_observe → engine_wall   probes: wall evidence, closing
 *                  → engine_flow   an answer: open, escalate, reopen, collapse
 *                        → engine_life_*  state changes, each with its event
 *                              → emit_*   builds, numbers and hands over the event
 *   then the incidents' news are told (engine_tell_incidents), at most once for each.
 */
#ifndef SENSOR_ENGINE_STATE_H
#define SENSOR_ENGINE_STATE_H

#include "sensor/base/clock.h"
#include "sensor/engine/coverage.h"
#include "sensor/engine/engine.h"
#include "sensor/engine/exposure.h"
#include "sensor/engine/incident.h"
#include "sensor/engine/ladder.h"
#include "sensor/engine/wall.h"
#include "sensor/event/reason.h"

#define ENGINE_TOUCHED 512

/* Records that events told of since the store looked last; the same one may be there twice. */
struct engine_touched {
	uint32_t slots[ENGINE_TOUCHED];
	uint32_t count;
	bool overflow; /* any may be */
};

/* How many that are merely reachable were announced within a window; and of others, how far the
 * furthest went and how severe the severest is, within the window that began at further_ns. */
struct crowd_budget {
	uint64_t last_ns, further_ns;
	uint32_t announced;
	uint8_t level, severity;
};

#define STORM_CLIENTS 4096

/* engine_storm.c */
struct storm_budget {
	uint64_t filled_ns, left;
};

struct storm_client {
	uint64_t hash, last_ns;
	uint32_t announced; /* endpoints, since it was silent for longer than the window */
};

struct storm {
	struct storm_budget all, named;
	bool waits;	  /* something may have been put back */
	uint32_t waiting; /* so many, when last looked at */
	uint64_t next_ns;
	struct storm_client clients[STORM_CLIENTS];
};

struct engine {
	struct engine_options options;
	const struct policy *policy;
	const struct services *services;
	struct known_bad *known; /* NULL: no file was given */
	event_handler *handler;
	void *context;
	struct wall *wall;
	struct exposures *exposures;
	struct incidents *incidents;
	struct crowd_budget *budgets; /* by incidents_key() */
	struct storm storm;
	struct coverage_table *coverage;
	uint8_t *exceptions_told; /* by index: enum of engine_policy.c */
	uint8_t *exceptions_next; /* scratch for a reload */
	uint64_t exception_check_ns;
	uint64_t passed, passed_since_ns;     /* attempts not blocked, and since when none was */
	uint64_t sighted_ns, next_silence_ns; /* sighted: what was before was not seen */
	uint32_t blind;			      /* bits: enum blind_cause */
	uint8_t blind_times[BLIND_CAUSES];    /* of how many interfaces each */
	uint32_t *order;		      /* scratch for engine_each_exposure() */
	uint32_t awaiting;		      /* exposures with `awaiting` */
	uint64_t next_closing_ns;
	uint64_t sequence;	     /* of the next event */
	uint64_t newest_ns, ordinal; /* of the events' ids */
	struct engine_stats stats;
	struct event event; /* the one being built */
	struct engine_touched touched_exposures, touched_incidents;
};

/* What the policy says of one client and endpoint, asked by both names of the endpoint. */
void engine_decide(const struct engine *engine, const struct endpoint *server,
		   const struct address *server_seen, const struct address *client,
		   uint16_t service, uint64_t ts_ns, struct policy_decision *decision);
/*
 * The same where only the client says what the service is: then a rule about services raises at
 * most high. To be called with what engine_decide() said.
 */
void engine_decide_offer(const struct engine *engine, const struct endpoint *server,
			 const struct address *server_seen, const struct address *client,
			 uint64_t ts_ns, struct policy_decision *decision);
/* The record that a conversation with `server` belongs to: its own (or none), or "all ports". */
uint32_t engine_target(const struct engine *engine, const struct endpoint *server, uint32_t own);

/* An exposure opens; another connection was let in, the one before is in last_accept_ns. */
void engine_silence_begin(struct exposure *x, uint64_t ns);
void engine_silence_break(struct exposure *x, uint64_t ns);
/* An attempt was let in or refused by its server; one was left without an answer. */
void engine_silence_passed(struct engine *engine, uint64_t ns);
void engine_silence_blocked(struct engine *engine, uint64_t ns);
void engine_silence_blind(struct engine *engine, bool begins, enum blind_cause cause,
			  uint64_t now_ns);
/* Is the mirror behind the filter, so that what is blocked is not seen? */
bool engine_is_inside(const struct engine *engine, uint64_t now_ns);
/* Chance gives such a silence once in so many times; 1: nothing can be said. */
uint64_t engine_silence_odds(const struct exposure *x, uint64_t silent_ns);
/* Closes what has been silent for too long to be chance, where nothing better can be had. */
void engine_silence_look(struct engine *engine, uint64_t now_ns);

/* Probes at `server` (translated) that were not let in, as known at `now_ns`. */
void engine_wall(struct engine *engine, const struct endpoint *server,
		 const struct wall_report *report, uint64_t now_ns);
/* The newest time that the endpoint was seen closed before the first answer. */
void engine_wall_interval(const struct engine *engine, struct exposure *x,
			  const struct flow_report *flow);

/* The wall is proven by enough probes: closing begins, or is over, or more must be waited for. */
void engine_closing(struct engine *engine, uint32_t slot, uint64_t now_ns);
/* Closed, and the server has sent more in an old conversation: it was not over. */
void engine_closing_resume(struct engine *engine, uint32_t slot, uint64_t now_ns);
/* Somebody was let in: nothing is proven any more. True if closing had begun. */
bool engine_closing_undo(struct engine *engine, struct exposure *x);
/* Looks at all that wait. */
void engine_closing_look(struct engine *engine, uint64_t now_ns);

void engine_flow(struct engine *engine, const struct endpoint *server, const struct observation *o);

/* Claims of tunnels that are not believed: the record that this conversation belongs to. */
struct endpoint engine_claim_key(const struct engine *engine, const struct flow_report *flow);
/* The record is about this endpoint too. Does nothing with any other record. */
void engine_claim_note(const struct engine *engine, struct exposure *x,
		       const struct endpoint *claimed);
/* Is it a record of claims whose tunnel the policy believes now? */
bool engine_claim_settled(const struct engine *engine, const struct exposure *x);

/* A record for `server`, made with room; EXPOSURE_NONE if there is none to be had. */
uint32_t engine_life_new(struct engine *engine, const struct endpoint *server,
			 const struct address *server_seen, struct exposure_rank rank,
			 uint64_t now_ns);
void engine_life_close(struct engine *engine, uint32_t slot, enum close_reason reason,
		       uint64_t now_ns);
/* Becomes part of "all ports". */
void engine_life_merge(struct engine *engine, uint32_t slot, uint64_t now_ns);
/* From closed to open: everything but the event. Returns its kind. */
enum event_kind engine_life_open(struct engine *engine, uint32_t slot, uint64_t now_ns);
void engine_life_count_opened(struct engine *engine, const struct exposure *x);
void engine_life_await(struct engine *engine, struct exposure *x, bool awaiting);
void engine_life_count_closed(struct engine *engine, const struct exposure *x);
/* The event alone. */
void engine_life_tell_closed(struct engine *engine, uint32_t slot, uint64_t now_ns);
/* Puts it at the end of the queue of engine_tick(). */
void engine_life_check_later(struct engine *engine, uint32_t slot, uint64_t now_ns);
/* Takes a decision into the exposure if it is severer than what is known. */
void engine_life_judge(struct exposure *x, const struct policy_decision *decision);
void engine_life_severity(struct exposure *x);
/* Is news of it an alert of its own? An incident speaks for its members. */
bool engine_life_alerts(const struct exposure *x);
/* Enters its incident, if it should have one. */
void engine_life_join(struct engine *engine, uint32_t slot, uint64_t now_ns);

/*
 * Many endpoints: which exposures are quiet, counted by an incident and not announced.
 * `x` is open, judged, and in no incident yet: makes it quiet or not.
 */
void engine_crowd_enter(struct engine *engine, struct exposure *x, uint64_t now_ns);
/* How an endpoint would enter that has no record. */
bool engine_crowd_quiet(const struct engine *engine, uint32_t key, struct exposure_rank as,
			uint64_t now_ns);
/* There was no room for it. */
void engine_crowd_untracked(struct engine *engine, uint32_t key, const struct endpoint *server,
			    bool quiet, uint64_t now_ns);
/* The quiet exposure has changed: it may have to be announced now. True if it was. */
bool engine_crowd_changed(struct engine *engine, uint32_t slot, const struct command *command,
			  uint64_t now_ns);
/* Another policy is in force: it may belong elsewhere, and be announced there. */
void engine_crowd_rejudged(struct engine *engine, uint32_t slot, uint64_t now_ns);
/* One that was announced as reachable, under this key, has got further. */
void engine_crowd_went_further(struct engine *engine, uint32_t key, const struct exposure *x);

/* It is to be announced now, as it is: the event, and its place among the others. */
void engine_crowd_tell(struct engine *engine, uint32_t slot, const struct command *command,
		       uint64_t now_ns);

/*
 * Many endpoints. `x` has an announcement to come: true, and it is spent; false: it has to be
 * quiet, and `x->stormed` says why.
 */
bool engine_storm_takes(struct engine *engine, struct exposure *x, uint64_t now_ns);
/* Will it be announced when there is budget? */
bool engine_storm_waits(const struct exposure *x);
/* Announces what waits, as far as there is budget; at the end, all of it. */
void engine_storm_look(struct engine *engine, uint64_t now_ns);
void engine_storm_finish(struct engine *engine, uint64_t now_ns);

/* The most serious first. */
void engine_sort(const struct engine *engine, uint32_t *slots, uint32_t count);

/* Too many open ports of this exposure's host: one exposure for all of them. */
void engine_collapse(struct engine *engine, uint32_t trigger, uint64_t now_ns);
/* Is this port, of a host in "all ports" `all`, so much that it is told by itself? */
bool engine_collapse_spares(const struct engine *engine, uint32_t all,
			    const struct endpoint *server, const struct observation *o,
			    enum level level);

/* What the sentences about an exposure need beside the view. */
struct reason_context engine_reason(const struct engine *engine, const struct exposure *x);

void engine_tell_incidents(struct engine *engine, uint64_t now_ns);
void engine_tell_summary(struct engine *engine, uint32_t slot, uint64_t now_ns);

/* Exceptions that have expired, or will soon. */
void engine_exceptions(struct engine *engine, uint64_t now_ns);

/*
 * An event in two steps: begin fills engine->event with the view; the caller writes the reason and
 * whatever else it knows; send numbers it and hands it over.
 */
void engine_emit_exposure(struct engine *engine, enum event_kind kind, uint32_t slot,
			  uint64_t ts_ns);
void engine_emit_incident(struct engine *engine, enum event_kind kind,
			  const struct incident *incident, uint64_t ts_ns);
void engine_emit_plain(struct engine *engine, enum event_kind kind, uint64_t ts_ns);
void engine_emit_send(struct engine *engine);
void engine_emit_view(const struct engine *engine, const struct exposure *x,
		      struct exposure_view *view);

#endif
