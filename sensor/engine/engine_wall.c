/* SPDX-License-Identifier: ISC */
/*
 * Probes that met silence or a refusal. They date the wall, and they prove that an exposure has
 * closed: nothing else does. Only such as a listening host would have answered come here (see
 * answerable.h), and of datagrams only questions that the service has answered before.
 *
 * The proof, since the last new conversation that was let in: `close_probes` probes from as many
 * distinct sources; or, where a single scanner comes again and again, three times as many from
 * however few, over at least a minute. Since the first of them, `close_spread` must have passed in
 * which nobody was let in: a restart or a moment of loss is shorter. Only probes from the zone of
 * the last client that was let in count: a wall that stands against the internet says nothing of a
 * hole for a partner.
 *
 * A hole for one stranger among many looks closed to the others. An exposure that has opened again
 * and again is such a case: from the third time on the proof needed doubles with each.
 *
 * What the proof leads to is decided in engine_closing.c.
 */
#include "sensor/base/clock.h"
#include "sensor/base/hash.h"
#include "sensor/engine/engine_state.h"
#include "sensor/tables/question.h"

#define LONE_SCANNER_FACTOR 3
#define LONE_SCANNER_NS	    (60 * NS_PER_S)
#define TOLERATED_REOPENING 2
#define DOUBLINGS_MAX	    6
/* Causes by which an answer may not have been seen. */
#define ANSWERS_UNSEEN                                                                             \
	(1u << BLIND_ONE_WAY | 1u << BLIND_KERNEL_DROPS | 1u << BLIND_INTERFACE_DROPS |            \
	 1u << BLIND_OWN_DROPS | 1u << BLIND_GONE)

static uint64_t newest_probe(const struct wall_report *report)
{
	return report->last_unanswered_ns > report->last_refused_ns ? report->last_unanswered_ns
								    : report->last_refused_ns;
}

/* Silence at one rule's endpoint: a usual port stands in for the service that is not there. */
static void count_coverage(struct engine *engine, const struct endpoint *server,
			   const struct wall_report *report, uint64_t ts_ns)
{
	struct policy_decision decision;

	if (report->source_count == 0)
		return;
	engine_decide(engine, server, &server->address, &report->sources[0],
		      services_by_port(engine->services, server->transport, server->port), ts_ns,
		      &decision);
	coverage_probes(engine->coverage, decision.rule, decision.group,
			(uint64_t)report->new_unanswered + report->new_refused +
				report->new_unjudged,
			ts_ns);
}

/*
 * The open exposure that these probes speak of. To "all ports" only a port that had answered
 * itself can show that the host closed: most ports of any host are closed.
 */
static uint32_t find_open(const struct engine *engine, const struct endpoint *server)
{
	uint32_t own = exposures_find(engine->exposures, server);
	uint32_t slot = engine_target(engine, server, own);

	if (slot == EXPOSURE_NONE ||
	    !exposure_is_open(exposures_at(engine->exposures, slot)->state))
		return EXPOSURE_NONE;
	if (slot != own && (own == EXPOSURE_NONE ||
			    exposures_at(engine->exposures, own)->state != EXPOSURE_MERGED))
		return EXPOSURE_NONE;
	return slot;
}

/* Has the service answered such a question before? Others it may just not understand. */
static bool is_understood(const struct exposure *x, uint32_t question)
{
	if (question == QUESTION_ANY)
		return true;
	for (int i = 0; i < EXPOSURE_QUESTIONS; i++) {
		if (x->questions[i] == question)
			return true;
	}
	return false;
}

/* How many sources of the report are in the zone that was let in; they are remembered. */
static unsigned count_sources(struct engine *engine, struct exposure *x,
			      const struct wall_report *report)
{
	unsigned counted = 0;

	for (unsigned i = 0; i < report->source_count && i < WALL_SOURCES; i++) {
		const struct address *source = &report->sources[i];

		if (policy_place(engine->policy, source).zone != x->accept_zone ||
		    !is_understood(x, report->questions[i]))
			continue;
		sketch_add(&x->closers,
			   hash_bytes(source, sizeof *source, engine->options.hash_key));
		counted++;
	}
	return counted;
}

static bool is_enough(const struct engine *engine, const struct exposure *x)
{
	uint64_t needed = policy_thresholds(engine->policy)->close_probes;
	uint32_t doublings =
		x->reopened > TOLERATED_REOPENING ? x->reopened - TOLERATED_REOPENING : 0;

	if (needed == 0)
		needed = 1;
	needed <<= doublings < DOUBLINGS_MAX ? doublings : DOUBLINGS_MAX;
	if (sketch_count(&x->closers) >= needed)
		return true;
	return x->close_probes >= needed * LONE_SCANNER_FACTOR &&
	       x->probe_ns - x->first_probe_ns >= LONE_SCANNER_NS;
}

/* Would an answer have been seen? */
static bool sees_answers(const struct engine *engine, const struct exposure *x)
{
	return (x->sight & SIGHT_SERVER) && (engine->blind & ANSWERS_UNSEEN) == 0;
}

static void count_probes(struct engine *engine, uint32_t slot, const struct wall_report *report,
			 uint64_t now_ns)
{
	struct exposure *x = exposures_at(engine->exposures, slot);
	uint64_t newest = newest_probe(report), probes;
	unsigned counted;

	if (newest <= x->last_accept_ns)
		return;
	/* Who goes round by a balancer does not pass the wall that these probes have met. */
	if (x->accept_carried)
		return;
	/* A service that never answers leaves every datagram without an answer. */
	if ((x->one_way || !sees_answers(engine, x)) && report->new_refused == 0)
		return;
	counted = count_sources(engine, x, report);
	if (counted == 0)
		return;
	probes = (uint64_t)report->new_unanswered + report->new_refused;
	x->probes_unanswered += report->new_unanswered;
	x->probes_refused += report->new_refused;
	x->news = true;
	/* With sources of other zones among them it is not known whose probes the rest were. */
	x->close_probes += counted == report->source_count ? probes : counted;
	if (x->first_probe_ns == 0)
		x->first_probe_ns =
			report->first_ns > x->last_accept_ns ? report->first_ns : newest;
	if (newest > x->probe_ns)
		x->probe_ns = newest;
	if (!is_enough(engine, x))
		return;
	engine_life_await(engine, x, true);
	engine_closing(engine, slot, now_ns);
}

void engine_wall(struct engine *engine, const struct endpoint *server,
		 const struct wall_report *report, uint64_t now_ns)
{
	uint64_t newest = newest_probe(report);
	/* A datagram in vain dates nothing: only the worker knows whether its question makes
	 * sense. */
	bool dates = !transport_is_datagram(server->transport);
	uint32_t slot;

	if ((newest == 0 && report->last_unjudged_ns == 0) || server->realm == REALM_CLAIMED)
		return;
	if (newest != 0)
		wall_note(engine->wall, server,
			  (struct wall_seen){dates ? report->last_unanswered_ns : 0,
					     report->last_refused_ns});
	if (report->new_unanswered != 0 && server->transport == TRANSPORT_TCP)
		engine_silence_blocked(engine, report->last_unanswered_ns);
	else if (report->new_refused != 0)
		engine_silence_passed(engine, report->last_refused_ns);
	count_coverage(engine, server, report,
		       newest > report->last_unjudged_ns ? newest : report->last_unjudged_ns);
	slot = find_open(engine, server);
	if (slot != EXPOSURE_NONE && newest != 0)
		count_probes(engine, slot, report, now_ns);
}

static void consider(struct exposure *x, uint64_t ns, enum level was)
{
	if (ns == 0 || ns >= x->first_answer_ns || ns < x->changed_after_ns)
		return;
	x->changed_after_ns = ns;
	x->wall_was = (uint8_t)was;
}

void engine_wall_interval(const struct engine *engine, struct exposure *x,
			  const struct flow_report *flow)
{
	struct wall_seen seen = wall_get(engine->wall, &x->server);

	consider(x, seen.unanswered_ns, LEVEL_BLOCKED);
	consider(x, flow->wall_unanswered_ns, LEVEL_BLOCKED);
	consider(x, seen.refused_ns, LEVEL_REFUSED);
	consider(x, flow->wall_refused_ns, LEVEL_REFUSED);
}
