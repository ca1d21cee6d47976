/* SPDX-License-Identifier: ISC */
/*
 * The engine's front: start, dispatch of observations, time, and what outsiders may ask. The map
 * of its parts is in engine_state.h.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sensor/engine/engine_state.h"

#define DEFAULT_EXPOSURES 16384
#define DEFAULT_WALLS	  65536
#define DEFAULT_INCIDENTS 1024

static void set_defaults(struct engine_options *options)
{
	if (options->max_exposures == 0)
		options->max_exposures = DEFAULT_EXPOSURES;
	if (options->max_walls == 0)
		options->max_walls = DEFAULT_WALLS;
	if (options->max_incidents == 0)
		options->max_incidents = DEFAULT_INCIDENTS;
	if (options->first_sequence == 0)
		options->first_sequence = 1;
	if (options->sensor == NULL)
		options->sensor = "";
}

static bool allocate(struct engine *engine)
{
	const struct engine_options *options = &engine->options;

	engine->wall = wall_new(options->max_walls, options->table_key);
	engine->exposures = exposures_new(options->max_exposures, options->table_key);
	engine->incidents = incidents_new(options->max_incidents);
	engine->coverage = coverage_new();
	engine->exceptions_told = calloc(POLICY_NONE, sizeof *engine->exceptions_told);
	engine->exceptions_next = calloc(POLICY_NONE, sizeof *engine->exceptions_next);
	engine->order = calloc(options->max_exposures, sizeof *engine->order);
	engine->budgets = calloc(INCIDENT_KEYS, sizeof *engine->budgets);
	return engine->wall != NULL && engine->exposures != NULL && engine->incidents != NULL &&
	       engine->coverage != NULL && engine->exceptions_told != NULL &&
	       engine->exceptions_next != NULL && engine->order != NULL && engine->budgets != NULL;
}

struct engine *engine_new(const struct engine_options *options, const struct policy *policy,
			  const struct services *services, event_handler *handler, void *context)
{
	struct engine *engine = calloc(1, sizeof *engine);

	if (engine == NULL)
		return NULL;
	engine->options = *options;
	set_defaults(&engine->options);
	engine->policy = policy;
	engine->services = services;
	engine->handler = handler;
	engine->context = context;
	engine->sequence = engine->options.first_sequence;
	if (!allocate(engine)) {
		engine_free(engine);
		return NULL;
	}
	return engine;
}

void engine_free(struct engine *engine)
{
	if (engine == NULL)
		return;
	wall_free(engine->wall);
	exposures_free(engine->exposures);
	incidents_free(engine->incidents);
	coverage_free(engine->coverage);
	free(engine->exceptions_told);
	free(engine->exceptions_next);
	free(engine->order);
	free(engine->budgets);
	free(engine);
}

static void tell_incident(struct engine *engine, const struct incident *incident,
			  enum event_kind kind, bool alert, uint64_t now_ns)
{
	const struct exposure *x = exposures_at(engine->exposures, incident->latest);
	bool known = exposures_used(engine->exposures, incident->latest) &&
		     incidents_of(engine->incidents, x) == incident;
	struct reason_context context = {.services = engine->services, .client_zone = ""};
	struct exposure_view view;

	if (known) {
		context = engine_reason(engine, x);
		engine_emit_view(engine, x, &view);
	}
	engine_emit_incident(engine, kind, incident, now_ns);
	engine->event.alert = alert;
	reason_incident(engine->event.reason, kind, &engine->event.incident, known ? &view : NULL,
			&context);
	engine_emit_send(engine);
}

static void tell_opened(struct engine *engine, struct incident *incident, uint64_t now_ns)
{
	incident->untold = false;
	tell_incident(engine, incident, EVENT_INCIDENT_OPENED, !incident->unlisted, now_ns);
}

void engine_tell_incidents(struct engine *engine, uint64_t now_ns)
{
	struct incident *incident;

	while ((incident = incidents_take_news(engine->incidents, now_ns)) != NULL) {
		uint8_t news = incident->news;
		bool alert = (news & (INCIDENT_ROSE | INCIDENT_REOPENED)) != 0;

		incident->news = 0;
		alert = alert && !incident->unlisted;
		if (incident->untold && incident->closed && incident->member_count == 0)
			continue; /* they were announced one by one after all */
		if ((news & INCIDENT_IS_NEW) || incident->untold)
			tell_opened(engine, incident, now_ns);
		else if (alert || !incident->closed)
			tell_incident(engine, incident, EVENT_INCIDENT_UPDATED, alert, now_ns);
		if ((news & INCIDENT_CLOSED) && incident->closed)
			tell_incident(engine, incident, EVENT_INCIDENT_CLOSED, false, now_ns);
	}
}

void engine_observe(struct engine *engine, const struct observation *observation)
{
	struct endpoint server = observation->server;

	engine->stats.observations++;
	server.address = policy_translate(engine->policy, &server.address);
	if (observation->kind == OBSERVATION_WALL)
		engine_wall(engine, &server, &observation->wall, observation->ts_ns);
	else
		engine_flow(engine, &server, observation);
	engine_tell_incidents(engine, observation->ts_ns);
}

void engine_tell_summary(struct engine *engine, uint32_t slot, uint64_t now_ns)
{
	struct reason_context context =
		engine_reason(engine, exposures_at(engine->exposures, slot));

	engine_emit_exposure(engine, EVENT_EXPOSURE_SUMMARY, slot, now_ns);
	reason_summary(engine->event.reason, &engine->event.exposure, &context);
	engine_emit_send(engine);
}

static void check(struct engine *engine, uint32_t slot, uint64_t now_ns)
{
	const struct policy_thresholds *t = policy_thresholds(engine->policy);
	struct exposure *x = exposures_at(engine->exposures, slot);

	if (x->state == EXPOSURE_OPEN && now_ns >= x->last_answer_ns &&
	    now_ns - x->last_answer_ns >= t->unconfirmed_after_ns) {
		x->state = EXPOSURE_UNCONFIRMED;
		incidents_refresh(engine->incidents, engine->policy, x, slot);
		if (!x->quiet)
			engine_tell_summary(engine, slot, now_ns);
		return;
	}
	if (x->news && !x->quiet && now_ns >= x->last_summary_ns &&
	    now_ns - x->last_summary_ns >= t->summary_every_ns)
		engine_tell_summary(engine, slot, now_ns);
}

void engine_tick(struct engine *engine, uint64_t now_ns)
{
	uint32_t slot;

	engine_exceptions(engine, now_ns);
	while ((slot = exposures_first_check(engine->exposures)) != EXPOSURE_NONE &&
	       exposures_at(engine->exposures, slot)->check_ns <= now_ns) {
		check(engine, slot, now_ns);
		engine_life_check_later(engine, slot, now_ns);
	}
	engine_closing_look(engine, now_ns);
	engine_silence_look(engine, now_ns);
	engine_storm_look(engine, now_ns);
	incidents_tick(engine->incidents, now_ns);
	engine_tell_incidents(engine, now_ns);
}

void engine_announce(struct engine *engine, enum event_kind kind, enum policy_severity severity,
		     uint64_t now_ns, const char *reason)
{
	engine_emit_plain(engine, kind, now_ns);
	engine->event.severity = (uint8_t)severity;
	engine->event.alert = kind == EVENT_SENSOR_BLIND || kind == EVENT_POLICY_REJECTED;
	snprintf(engine->event.reason, sizeof engine->event.reason, "%s", reason);
	engine_emit_send(engine);
}

void engine_blindness(struct engine *engine, bool begins, const struct blindness_view *view,
		      enum policy_severity severity, uint64_t now_ns)
{
	engine_silence_blind(engine, begins, (enum blind_cause)view->cause, now_ns);
	engine_emit_plain(engine, begins ? EVENT_SENSOR_BLIND : EVENT_SENSOR_SIGHTED, now_ns);
	engine->event.severity = (uint8_t)(begins ? severity : SEVERITY_INFO);
	engine->event.alert = begins && severity >= SEVERITY_MEDIUM;
	engine->event.has_blindness = true;
	engine->event.blindness = *view;
	reason_blindness(engine->event.reason, view);
	engine_emit_send(engine);
}

bool engine_retell(struct engine *engine, uint32_t *next, uint32_t count, uint64_t now_ns)
{
	uint32_t exposures = exposures_size(engine->exposures);
	uint32_t all = exposures + incidents_size(engine->incidents);

	for (; *next < all && count != 0; ++*next, count--) {
		if (*next >= exposures) {
			const struct incident *incident =
				incidents_at(engine->incidents, *next - exposures);

			if (!incident->closed && incident->id[0] != '\0')
				tell_incident(engine, incident, EVENT_INCIDENT_UPDATED, false,
					      now_ns);
		} else if (exposures_used(engine->exposures, *next) &&
			   exposure_is_open(exposures_at(engine->exposures, *next)->state)) {
			engine_tell_summary(engine, *next, now_ns);
		}
	}
	return *next < all;
}

void engine_finish(struct engine *engine, uint64_t now_ns)
{
	engine_storm_finish(engine, now_ns);
	for (uint32_t slot = 0; slot < exposures_size(engine->exposures); slot++) {
		if (exposures_used(engine->exposures, slot) &&
		    exposures_at(engine->exposures, slot)->news &&
		    !exposures_at(engine->exposures, slot)->quiet)
			engine_tell_summary(engine, slot, now_ns);
	}
	for (uint32_t slot = 0; slot < incidents_size(engine->incidents); slot++) {
		struct incident *incident = incidents_at(engine->incidents, slot);

		if (incident->untold && !incident->closed)
			tell_opened(engine, incident, now_ns);
		else if ((incident->news != 0 || incident->pending) && !incident->closed)
			tell_incident(engine, incident, EVENT_INCIDENT_UPDATED, false, now_ns);
		incident->news = 0;
	}
}

void engine_stats(const struct engine *engine, struct engine_stats *stats)
{
	*stats = engine->stats;
	stats->exposures_waiting = engine->storm.waiting;
	stats->walls_evicted = wall_evicted(engine->wall);
	stats->incidents_open = incidents_open(engine->incidents);
	stats->incidents_evicted = incidents_evicted(engine->incidents);
}

void engine_count_open(const struct engine *engine, uint64_t open[ENGINE_SEVERITIES])
{
	for (int i = 0; i < ENGINE_SEVERITIES; i++)
		open[i] = 0;
	for (uint32_t slot = 0; slot < exposures_size(engine->exposures); slot++) {
		const struct exposure *x;

		if (!exposures_used(engine->exposures, slot))
			continue;
		x = exposures_at(engine->exposures, slot);
		open[x->severity] += exposure_is_open(x->state);
	}
}

static bool tried_since(const struct engine *engine, const struct exposure *x, uint64_t ns)
{
	struct wall_seen seen = wall_get(engine->wall, &x->server);

	return x->last_seen_ns >= ns || x->probe_ns >= ns || seen.unanswered_ns >= ns ||
	       seen.refused_ns >= ns;
}

void engine_count_closed(const struct engine *engine, uint64_t before_ns, uint64_t *closed,
			 uint64_t *unprobed)
{
	*closed = *unprobed = 0;
	for (uint32_t slot = 0; slot < exposures_size(engine->exposures); slot++) {
		const struct exposure *x;

		if (!exposures_used(engine->exposures, slot))
			continue;
		x = exposures_at(engine->exposures, slot);
		if (x->unlisted || x->all_ports || x->server.realm == REALM_CLAIMED ||
		    x->state != EXPOSURE_CLOSED)
			continue;
		++*closed;
		*unprobed += !tried_since(engine, x, before_ns);
	}
}

void engine_coverage(const struct engine *engine,
		     void (*each)(void *context, const struct coverage *coverage), void *context)
{
	coverage_each(engine->coverage, engine->policy, each, context);
}

static int by_seriousness(const void *left, const void *right, void *context)
{
	const struct exposures *exposures = context;
	const uint32_t *slots[2] = {left, right};
	const struct exposure *a = exposures_at(exposures, *slots[0]);
	const struct exposure *b = exposures_at(exposures, *slots[1]);

	if (a->severity != b->severity)
		return b->severity - a->severity;
	if (a->level != b->level)
		return b->level - a->level;
	if (a->opened_ns != b->opened_ns)
		return a->opened_ns < b->opened_ns ? -1 : 1;
	return *slots[0] < *slots[1] ? -1 : 1;
}

void engine_sort(const struct engine *engine, uint32_t *slots, uint32_t count)
{
	qsort_r(slots, count, sizeof *slots, by_seriousness, engine->exposures);
}

void engine_each_exposure(const struct engine *engine, bool closed_too,
			  void (*each)(void *context, const struct exposure_view *view),
			  void *context)
{
	struct exposure_view view;
	uint32_t count = 0;

	for (uint32_t slot = 0; slot < exposures_size(engine->exposures); slot++) {
		if (exposures_used(engine->exposures, slot) &&
		    (closed_too || exposure_is_open(exposures_at(engine->exposures, slot)->state)))
			engine->order[count++] = slot;
	}
	engine_sort(engine, engine->order, count);
	for (uint32_t i = 0; i < count; i++) {
		engine_emit_view(engine, exposures_at(engine->exposures, engine->order[i]), &view);
		each(context, &view);
	}
}
