/* SPDX-License-Identifier: ISC */
/*
 * Sensors that speak to one real redis-server: a journal, a sink, a loop, and events for them. For
 * the tests of the Redis sink only. Without a redis-server every test that begins with fresh() is
 * skipped.
 */
#ifndef TESTS_UNIT_REDIS_SENSOR_H
#define TESTS_UNIT_REDIS_SENSOR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sensor/event/event_fields.h"
#include "sensor/event/event_json.h"
#include "sensor/redis/sink_redis.h"
#include "tests/unit/redis_server.h"
#include "tests/unit/sample_event.h"

#define LIVE	       "spanwatch:{site-1}:"
#define PATIENCE_TURNS 600 /* of 10 ms */
#define PATIENCE_S     40

static struct redis_server server;
static struct services *services;

struct sensor {
	const char *name;
	struct loop *loop;
	struct journal *journal;
	struct sink_redis *sink;
	uint64_t sequence;
	struct sink_redis_options options;
};

static inline struct sensor *sensor_begin_at(const char *name, const char *url,
					     const struct redis_tls *tls, const char *run,
					     const char *journal_path)
{
	struct sensor *sensor = calloc(1, sizeof *sensor);
	struct journal_options journal = {.path = journal_path, .sensor = name, .max_rows = 10000};
	char error[256];

	assert_non_null(sensor);
	sensor->name = name;
	sensor->loop = loop_new();
	sensor->journal = journal_open(&journal, error);
	sensor->options = (struct sink_redis_options){
		.loop = sensor->loop,
		.journal = sensor->journal,
		.tls = tls,
		.sensor = name,
		.site = "site-1",
		.run = run,
		.stream_maxlen = 100000,
		.queue_maxlen = 5,
		.closed_keep_s = 1000,
		.run_keep_s = 500,
		.heartbeat_ttl_s = 60,
		.connect_timeout_ms = 1000,
		.answer_timeout_ms = 1000,
		.idle_ms = 300,
		.backoff_min_ms = 20,
		.backoff_max_ms = 50,
	};
	if (!redis_url_parse(url, &sensor->options.url, error) ||
	    !redis_url_passwords(&sensor->options.url, NULL, NULL, error))
		fail_msg("%s: %s", url, error);
	sensor->sink = sink_redis_new(&sensor->options);
	assert_non_null(sensor->sink);
	return sensor;
}

static inline struct sensor *sensor_begin_with(const char *name, const char *login, const char *run,
					       const char *journal_path)
{
	char url[200];

	snprintf(url, sizeof url, "unix://%s%s", login, server.socket);
	return sensor_begin_at(name, url, NULL, run, journal_path);
}

static inline struct sensor *sensor_begin(const char *name)
{
	return sensor_begin_with(name, "", NULL, NULL);
}

static inline void sensor_end(struct sensor *sensor)
{
	sink_redis_free(sensor->sink);
	journal_close(sensor->journal);
	loop_free(sensor->loop);
	free(sensor);
}

static inline void publish(struct sensor *sensor, struct event *event)
{
	struct event_context context = {
		.sensor = sensor->name, .site = "site-1", .version = "1", .services = services};
	struct event_fields fields;
	struct journal_row row = {
		.sequence = event->sequence,
		.exposure = event->has_exposure ? event->exposure.id : "",
		.incident = event->has_incident	  ? event->incident.id
			    : event->has_exposure ? event->exposure.incident
						  : "",
	};
	struct json_out *json = json_out_new();

	event_fields(&fields, event, &context);
	assert_non_null(json);
	row.json = event_json(json, event, &context, &row.json_length);
	row.fields = fields.packed;
	row.fields_length = fields.length;
	assert_true(journal_append(sensor->journal, &row));
	sink_redis_send(sensor->sink);
	json_out_free(json);
}

static inline struct event next_event(struct sensor *sensor, enum event_kind kind)
{
	return sample_event(kind, ++sensor->sequence, services_find(services, "redis"));
}

static inline void publish_next(struct sensor *sensor, enum event_kind kind)
{
	struct event event = next_event(sensor, kind);

	publish(sensor, &event);
}

static inline uint64_t waiting(struct sensor *sensor)
{
	struct journal_stats stats;

	journal_stats(sensor->journal, &stats);
	return stats.waiting;
}

static inline struct sink_redis_stats stats_of(struct sensor *sensor)
{
	struct sink_redis_stats stats;

	sink_redis_stats(sensor->sink, &stats);
	return stats;
}

static inline void drain(struct sensor *sensor)
{
	for (int i = 0;
	     i < PATIENCE_TURNS && (waiting(sensor) != 0 || sink_redis_busy(sensor->sink)); i++)
		loop_pump(sensor->loop, 10);
	assert_int_equal(waiting(sensor), 0);
}

/* With a server that has to take over from another first. */
static inline void drain_patiently(struct sensor *sensor)
{
	time_t end = time(NULL) + PATIENCE_S;

	while (time(NULL) < end && (waiting(sensor) != 0 || sink_redis_busy(sensor->sink)))
		loop_pump(sensor->loop, 10);
	assert_int_equal(waiting(sensor), 0);
}

static inline void publish_some(struct sensor *sensor, int count)
{
	for (int i = 0; i < count; i++) {
		publish_next(sensor, EVENT_EXPOSURE_SUMMARY);
		loop_pump(sensor->loop, 0);
	}
}

static inline void pump(struct sensor *sensor, int turns)
{
	for (int i = 0; i < turns; i++)
		loop_pump(sensor->loop, 10);
}

static inline void connect_sensor(struct sensor *sensor)
{
	for (int i = 0; i < PATIENCE_TURNS && !stats_of(sensor).connected; i++)
		loop_pump(sensor->loop, 10);
	assert_true(stats_of(sensor).connected);
}

/* Turns the loop until `text` was said on standard error; fails after a while. */
static inline void pump_until_said(struct sensor *sensor, const char *text)
{
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	char said[4000] = "";

	assert_non_null(file);
	dup2(fileno(file), STDERR_FILENO);
	for (int i = 0; i < PATIENCE_TURNS && strstr(said, text) == NULL; i++) {
		loop_pump(sensor->loop, 10);
		fflush(stderr);
		said[pread(fileno(file), said, sizeof said - 1, 0)] = '\0';
	}
	dup2(saved, STDERR_FILENO);
	close(saved);
	fclose(file);
	if (strstr(said, text) == NULL)
		fail_msg("no \"%s\" in: %s", text, said);
}

#define ASK(...)		     redis_server_ask(&server, __VA_ARGS__)
#define ASSERT_ANSWER(expected, ...) assert_string_equal(ASK(__VA_ARGS__), expected)

/* Begins every test. */
static inline void fresh(void)
{
	if (server.pid == 0)
		skip();
	ASSERT_ANSWER("OK", "FLUSHALL");
}

/* The main function of such a test. */
static inline int redis_sensor_tests(const struct CMUnitTest *tests, size_t count, const char *name)
{
	int failed;

	if (!redis_server_start(&server, NULL, NULL))
		server.pid = 0; /* every test skips */
	services = services_new();
	failed = _cmocka_run_group_tests(name, tests, count, NULL, NULL);
	services_free(services);
	redis_server_remove(&server);
	return failed;
}

#endif
