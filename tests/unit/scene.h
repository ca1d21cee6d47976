/* SPDX-License-Identifier: ISC */
/*
 * A scene: an engine with a policy written as text, observations in virtual time, and every event
 * kept. Each event is checked as it comes for what must hold of all events: sequence numbers
 * without holes, unique ids, a sentence, levels that never fall while an exposure is open, and no
 * close without an open. Times are in seconds from SCENE_START_S unless they say ns.
 */
#ifndef TESTS_UNIT_SCENE_H
#define TESTS_UNIT_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sensor/engine/engine.h"
#include "sensor/tables/probes.h"

#define SCENE_START_S 1424390400U /* 2015-02-20 00:00:00Z */
#define SECOND_NS     1000000000U
#define HOUR	      3600U
#define DAY	      86400U

#define SCENE_ZONES                                                                                \
	"version: 1\nsite: test\n"                                                                 \
	"zones:\n  inside: [10.0.0.0/8, \"fd00::/8\"]\n  partners: [198.51.100.0/24]\n"
#define SCENE_POLICY                                                                               \
	SCENE_ZONES                                                                                \
	"groups:\n"                                                                                \
	"  logging: { hosts: [10.20.0.0/24], owner: platform, security-group: sg-1 }\n"            \
	"rules:\n"                                                                                 \
	"  - { name: logging-internal, groups: [logging], internal-only: true,"                    \
	" severity: critical }\n"                                                                  \
	"  - { name: databases-internal, services: [database], internal-only: true,"               \
	" allow: [partners], severity: high }\n"

struct scene {
	struct services *services;
	struct policy *policy, *old_policy;
	struct engine *engine;
	struct event *events; /* all of them, in order */
	size_t count, capacity;
	bool remembers; /* an earlier life, whose events are not here */
};

static inline uint64_t scene_ns(uint64_t seconds)
{
	return (SCENE_START_S + seconds) * SECOND_NS;
}

static inline struct policy *scene_parse(struct services *services, const char *text)
{
	struct policy_vocabulary vocabulary = services_vocabulary(services);
	struct policy_messages messages = {0};
	struct policy *policy = policy_parse(text, strlen(text), &vocabulary, &messages);

	for (size_t i = 0; policy == NULL && i < messages.count; i++)
		print_message("%u: %s\n", messages.list[i].line, messages.list[i].text);
	policy_messages_free(&messages);
	assert_non_null(policy);
	return policy;
}

static inline const struct event *scene_previous(const struct scene *scene, const char *exposure)
{
	for (size_t i = scene->count; i-- > 0;) {
		if (scene->events[i].has_exposure &&
		    strcmp(scene->events[i].exposure.id, exposure) == 0)
			return &scene->events[i];
	}
	return NULL;
}

static inline void scene_check_exposure(const struct scene *scene, const struct event *event)
{
	const struct exposure_view *x = &event->exposure;
	const struct event *before = scene_previous(scene, x->id);
	bool is_open = before != NULL && exposure_is_open(before->exposure.state);

	if (event->kind == EVENT_EXPOSURE_OPENED || event->kind == EVENT_EXPOSURE_REOPENED) {
		assert_false(is_open);
		assert_true(exposure_is_open(x->state));
		assert_true(x->level >= LEVEL_REACHABLE);
		assert_true(x->changed_after_ns < x->changed_before_ns);
		return;
	}
	if (before == NULL && scene->remembers)
		return;
	assert_non_null(before);
	if (event->kind == EVENT_EXPOSURE_CLOSED) {
		assert_true(is_open);
		assert_int_equal(x->state, EXPOSURE_CLOSED);
		assert_int_not_equal(x->close_reason, CLOSE_NOT);
		assert_true(x->closed_ns != 0);
	}
	assert_true(x->level >= before->exposure.level);
	assert_true(x->bytes_out >= before->exposure.bytes_out);
	assert_int_equal(x->opened_ns, before->exposure.opened_ns);
}

static inline void scene_handle(void *context, const struct event *event)
{
	struct scene *scene = context;

	assert_int_equal(event->sequence, scene->count + 1);
	assert_int_equal(strlen(event->id), EVENT_ID_TEXT - 1);
	assert_true(event->reason[0] != '\0');
	if (strlen(event->reason) == sizeof event->reason - 1)
		assert_string_equal(event->reason + sizeof event->reason - 4, "...");
	assert_int_equal(event->decided_ns, event->ts_ns);
	for (size_t i = scene->count < 64 ? 0 : scene->count - 64; i < scene->count; i++)
		assert_string_not_equal(scene->events[i].id, event->id);
	if (event->has_exposure)
		scene_check_exposure(scene, event);
	if (scene->count == scene->capacity) {
		scene->capacity = scene->capacity != 0 ? scene->capacity * 2 : 64;
		scene->events = realloc(scene->events, scene->capacity * sizeof *scene->events);
		assert_non_null(scene->events);
	}
	scene->events[scene->count++] = *event;
	if (getenv("SCENE_SHOW") != NULL)
		print_message("%s%s: %s\n", event->alert ? "! " : "  ",
			      event_kind_name(event->kind), event->reason);
}

static inline struct scene *scene_open_with(const char *policy,
					    const struct engine_options *options)
{
	struct scene *scene = calloc(1, sizeof *scene);

	assert_non_null(scene);
	scene->services = services_new();
	assert_non_null(scene->services);
	scene->policy = scene_parse(scene->services, policy);
	scene->engine = engine_new(options, scene->policy, scene->services, scene_handle, scene);
	assert_non_null(scene->engine);
	return scene;
}

static inline struct scene *scene_open(const char *policy)
{
	struct engine_options options = {.sensor = "unit"};

	return scene_open_with(policy, &options);
}

static inline void scene_reload(struct scene *scene, const char *text, uint64_t at)
{
	struct policy *policy = scene_parse(scene->services, text);

	engine_set_policy(scene->engine, policy, scene_ns(at));
	/* Events point into the old one: one reload for each scene. */
	assert_null(scene->old_policy);
	scene->old_policy = scene->policy;
	scene->policy = policy;
}

/* An event that tells that a port has become part of "all ports"; later summaries do not. */
static inline bool scene_merges(const struct scene *scene, size_t event)
{
	const struct exposure_view *x = &scene->events[event].exposure;

	if (!scene->events[event].has_exposure || x->state != EXPOSURE_MERGED)
		return false;
	while (event-- > 0) {
		if (scene->events[event].has_exposure &&
		    strcmp(scene->events[event].exposure.id, x->id) == 0)
			return scene->events[event].exposure.state != EXPOSURE_MERGED;
	}
	return true;
}

static inline size_t scene_count_merged(const struct scene *scene)
{
	size_t count = 0;

	for (size_t i = 0; i < scene->count; i++)
		count += scene_merges(scene, i);
	return count;
}

static inline void scene_close(struct scene *scene)
{
	struct engine_stats stats;
	uint64_t opened = 0, closed = 0, merged = 0;

	for (size_t i = 0; i < scene->count; i++) {
		opened += scene->events[i].kind == EVENT_EXPOSURE_OPENED ||
			  scene->events[i].kind == EVENT_EXPOSURE_REOPENED;
		closed += scene->events[i].kind == EVENT_EXPOSURE_CLOSED;
		merged += scene_merges(scene, i);
	}
	engine_stats(scene->engine, &stats);
	assert_int_equal(stats.events, scene->count);
	assert_int_equal(stats.exposures_opened, opened);
	assert_int_equal(stats.exposures_closed, closed);
	assert_int_equal(stats.exposures_merged, merged);
	assert_int_equal(stats.exposures_open - stats.exposures_quiet, opened - closed - merged);
	engine_free(scene->engine);
	policy_free(scene->policy);
	policy_free(scene->old_policy);
	services_free(scene->services);
	free(scene->events);
	free(scene);
}

static inline struct address scene_address(const char *text)
{
	struct address address;

	assert_true(address_parse(text, &address));
	return address;
}

/* A first report over TCP of a connection that was accepted. */
static inline struct observation scene_flow(const char *server, uint16_t port, const char *client,
					    uint64_t at)
{
	return (struct observation){
		.kind = OBSERVATION_FLOW,
		.ts_ns = scene_ns(at),
		.server = {.address = scene_address(server),
			   .port = port,
			   .transport = TRANSPORT_TCP},
		.flow = {.start_ns = scene_ns(at) - SECOND_NS / 10,
			 .client = scene_address(client),
			 .client_port = 40000,
			 .outcome = OUTCOME_SYNACK_ONLY,
			 .direction = DIRECTION_SYNACK,
			 .sight = SIGHT_BOTH,
			 .service = POLICY_NO_SERVICE,
			 .ndpi_service = POLICY_NO_SERVICE,
			 .first = true},
	};
}

/* A later report of the same connection, in which `service` has sent something. */
static inline struct observation scene_answer(struct scene *scene, const char *server,
					      uint16_t port, const char *client,
					      const char *service, uint64_t at)
{
	struct observation o = scene_flow(server, port, client, at);

	o.flow.first = false;
	o.flow.outcome = OUTCOME_ESTABLISHED;
	o.flow.server_payload = true;
	o.flow.new_bytes_s2c = 100;
	if (service != NULL) {
		o.flow.service = services_find(scene->services, service);
		assert_int_not_equal(o.flow.service, POLICY_NO_SERVICE);
		o.flow.identified_by = IDENTIFIED_PAYLOAD;
		o.flow.facts.service = services_get(scene->services, o.flow.service);
	}
	return o;
}

static inline void scene_tell(struct scene *scene, struct observation o)
{
	engine_observe(scene->engine, &o);
}

static inline void scene_reach(struct scene *scene, const char *server, uint16_t port,
			       const char *client, uint64_t at)
{
	scene_tell(scene, scene_flow(server, port, client, at));
}

/* Told as the worker does: when it has waited for an answer. */
static inline struct observation scene_wall(const char *server, uint16_t port, const char *source,
					    uint64_t at, bool refused)
{
	return (struct observation){
		.kind = OBSERVATION_WALL,
		.ts_ns = refused ? scene_ns(at) : scene_ns(at) + PROBES_WAIT_NS,
		.server = {.address = scene_address(server),
			   .port = port,
			   .transport = TRANSPORT_TCP},
		.wall = {.last_unanswered_ns = refused ? 0 : scene_ns(at),
			 .last_refused_ns = refused ? scene_ns(at) : 0,
			 .first_ns = scene_ns(at),
			 .new_unanswered = !refused,
			 .new_refused = refused,
			 .source_count = 1,
			 .sources = {scene_address(source)}},
	};
}

static inline void scene_probe(struct scene *scene, const char *server, uint16_t port,
			       const char *source, uint64_t at)
{
	scene_tell(scene, scene_wall(server, port, source, at, false));
}

/* Three strangers whose probes are not answered, a second apart. */
static inline void scene_prove_closed(struct scene *scene, const char *server, uint16_t port,
				      uint64_t at)
{
	scene_probe(scene, server, port, "203.0.113.201", at);
	scene_probe(scene, server, port, "203.0.113.202", at + 1);
	scene_probe(scene, server, port, "203.0.113.203", at + 2);
}

static inline size_t scene_count(const struct scene *scene, enum event_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < scene->count; i++)
		count += scene->events[i].kind == kind;
	return count;
}

static inline size_t scene_alerts(const struct scene *scene)
{
	size_t count = 0;

	for (size_t i = 0; i < scene->count; i++)
		count += scene->events[i].alert;
	return count;
}

/* The newest event, which must be of this kind. */
static inline const struct event *scene_last(const struct scene *scene, enum event_kind kind)
{
	assert_true(scene->count > 0);
	assert_string_equal(event_kind_name(scene->events[scene->count - 1].kind),
			    event_kind_name(kind));
	return &scene->events[scene->count - 1];
}

/* The newest event of this kind. */
static inline const struct event *scene_newest(const struct scene *scene, enum event_kind kind)
{
	for (size_t i = scene->count; i-- > 0;) {
		if (scene->events[i].kind == kind)
			return &scene->events[i];
	}
	fail_msg("no %s", event_kind_name(kind));
	abort();
}

#endif
