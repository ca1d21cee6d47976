/* SPDX-License-Identifier: ISC */
/*
 * The way from an event to a real redis-server: what is in Redis afterwards, and that nothing is
 * lost or counted twice when the server dies, is full, forgets the script, or refuses the log-in.
 * Without a redis-server every test is skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sensor/event_fields.h"
#include "sensor/event_json.h"
#include "sensor/sink_redis.h"
#include "tests/unit/redis_server.h"
#include "tests/unit/sample_event.h"

#define LIVE	       "spanwatch:{site-1}:"
#define PATIENCE_TURNS 600 /* of 10 ms */

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

static struct sensor *sensor_begin_with(const char *name, const char *login, const char *run,
					const char *journal_path)
{
	struct sensor *sensor = calloc(1, sizeof *sensor);
	struct journal_options journal = {.path = journal_path, .sensor = name, .max_rows = 10000};
	char url[200], error[256];

	assert_non_null(sensor);
	sensor->name = name;
	sensor->loop = loop_new();
	sensor->journal = journal_open(&journal, error);
	sensor->options = (struct sink_redis_options){
		.loop = sensor->loop,
		.journal = sensor->journal,
		.sensor = name,
		.site = "site-1",
		.run = run,
		.stream_maxlen = 1000,
		.queue_maxlen = 5,
		.closed_keep_s = 1000,
		.run_keep_s = 500,
		.heartbeat_ttl_s = 60,
		.connect_timeout_ms = 1000,
		.answer_timeout_ms = 1000,
		.backoff_min_ms = 20,
		.backoff_max_ms = 50,
	};
	snprintf(url, sizeof url, "unix://%s%s", login, server.socket);
	assert_true(redis_url_parse(url, &sensor->options.url, error));
	sensor->sink = sink_redis_new(&sensor->options);
	assert_non_null(sensor->sink);
	return sensor;
}

static struct sensor *sensor_begin(const char *name)
{
	return sensor_begin_with(name, "", NULL, NULL);
}

static void sensor_end(struct sensor *sensor)
{
	sink_redis_free(sensor->sink);
	journal_close(sensor->journal);
	loop_free(sensor->loop);
	free(sensor);
}

static void publish(struct sensor *sensor, struct event *event)
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
	char *json = event_json(event, &context, &row.json_length);

	event_fields(&fields, event, &context);
	row.json = json;
	row.fields = fields.packed;
	row.fields_length = fields.length;
	assert_true(journal_append(sensor->journal, &row));
	sink_redis_send(sensor->sink);
	free(json);
}

static struct event next_event(struct sensor *sensor, enum event_kind kind)
{
	return sample_event(kind, ++sensor->sequence, services_find(services, "redis"));
}

static void publish_next(struct sensor *sensor, enum event_kind kind)
{
	struct event event = next_event(sensor, kind);

	publish(sensor, &event);
}

static uint64_t waiting(struct sensor *sensor)
{
	struct journal_stats stats;

	journal_stats(sensor->journal, &stats);
	return stats.waiting;
}

static struct sink_redis_stats stats_of(struct sensor *sensor)
{
	struct sink_redis_stats stats;

	sink_redis_stats(sensor->sink, &stats);
	return stats;
}

static void drain(struct sensor *sensor)
{
	for (int i = 0;
	     i < PATIENCE_TURNS && (waiting(sensor) != 0 || sink_redis_busy(sensor->sink)); i++)
		loop_pump(sensor->loop, 10);
	assert_int_equal(waiting(sensor), 0);
}

static void pump(struct sensor *sensor, int turns)
{
	for (int i = 0; i < turns; i++)
		loop_pump(sensor->loop, 10);
}

static void connect_sensor(struct sensor *sensor)
{
	for (int i = 0; i < PATIENCE_TURNS && !stats_of(sensor).connected; i++)
		loop_pump(sensor->loop, 10);
	assert_true(stats_of(sensor).connected);
}

#define ASK(...)		     redis_server_ask(&server, __VA_ARGS__)
#define ASSERT_ANSWER(expected, ...) assert_string_equal(ASK(__VA_ARGS__), expected)

/* Begins every test. */
static void fresh(void)
{
	if (server.pid == 0)
		skip();
	ASSERT_ANSWER("OK", "FLUSHALL");
}

static void applies_an_exposure(void **state)
{
	struct sensor *sensor;

	(void)state;
	fresh();
	sensor = sensor_begin("span-a");
	publish_next(sensor, EVENT_EXPOSURE_OPENED);
	drain(sensor);
	ASSERT_ANSWER("1", "XLEN " LIVE "events");
	assert_non_null(strstr(ASK("XRANGE " LIVE "events - +"), "\nkind\nexposure.opened\n"));
	assert_non_null(strstr(server.answer, "\njson\n{\"@timestamp\":\"2015-02-04T04:05:06."));
	ASSERT_ANSWER("10.20.0.5\n6379\ntcp\nredis\nopen\n4\naccessed\ncritical\nlogging",
		      "HMGET " LIVE "exposure:00112233445566aa server_ip server_port transport "
		      "service state level level_name severity group");
	ASSERT_ANSWER(
		"3\n3\n4096\nspan-a\n2015-02-04T04:04:06.123456Z\n2015-02-04T04:05:06.123456Z",
		"HMGET " LIVE "exposure:00112233445566aa flows flows@span-a bytes_out sensors "
		"changed_after changed_before");
	ASSERT_ANSWER("00112233445566aa\n1423022709.123456", "ZRANGE " LIVE "open 0 -1 WITHSCORES");
	ASSERT_ANSWER("00112233445566aa\n94", "ZRANGE " LIVE "open:severity 0 -1 WITHSCORES");
	ASSERT_ANSWER("-1", "TTL " LIVE "exposure:00112233445566aa");
	ASSERT_ANSWER("00112233445566aa", "SMEMBERS " LIVE "incident:99887766554433bb:members");
	ASSERT_ANSWER("1", "LLEN " LIVE "queue");
	assert_int_equal(stats_of(sensor).confirmed, 1);
	sensor_end(sensor);
}

static void closes_and_reopens(void **state)
{
	struct sensor *sensor;

	(void)state;
	fresh();
	sensor = sensor_begin("span-a");
	publish_next(sensor, EVENT_EXPOSURE_OPENED);
	publish_next(sensor, EVENT_EXPOSURE_CLOSED);
	drain(sensor);
	ASSERT_ANSWER("", "ZRANGE " LIVE "open 0 -1");
	ASSERT_ANSWER("", "ZRANGE " LIVE "open:severity 0 -1");
	ASSERT_ANSWER("closed\nprobes",
		      "HMGET " LIVE "exposure:00112233445566aa state close_reason");
	assert_in_range(atoi(ASK("TTL " LIVE "exposure:00112233445566aa")), 900, 1000);
	publish_next(sensor, EVENT_EXPOSURE_REOPENED);
	drain(sensor);
	ASSERT_ANSWER("00112233445566aa", "ZRANGE " LIVE "open 0 -1");
	ASSERT_ANSWER("open\n(nil)\n(nil)",
		      "HMGET " LIVE "exposure:00112233445566aa state close_reason closed");
	ASSERT_ANSWER("-1", "TTL " LIVE "exposure:00112233445566aa");
	sensor_end(sensor);
}

static void applies_an_incident(void **state)
{
	struct sensor *sensor;

	(void)state;
	fresh();
	sensor = sensor_begin("span-a");
	publish_next(sensor, EVENT_INCIDENT_OPENED);
	drain(sensor);
	ASSERT_ANSWER("open\nlogging\ncritical\n2\n1\n2015-02-04T04:04:06.123456Z",
		      "HMGET " LIVE "incident:99887766554433bb state group severity member_count "
		      "one_change changed_after");
	ASSERT_ANSWER("2", "SCARD " LIVE "incident:99887766554433bb:members");
	publish_next(sensor, EVENT_INCIDENT_CLOSED);
	drain(sensor);
	ASSERT_ANSWER("closed", "HGET " LIVE "incident:99887766554433bb state");
	assert_in_range(atoi(ASK("TTL " LIVE "incident:99887766554433bb:members")), 900, 1000);
	sensor_end(sensor);
}

static void applies_every_kind(void **state)
{
	struct sensor *sensor;

	(void)state;
	fresh();
	sensor = sensor_begin("span-a");
	for (int kind = 0; kind < EVENT_KIND_COUNT; kind++)
		publish_next(sensor, (enum event_kind)kind);
	drain(sensor);
	ASSERT_ANSWER("16", "XLEN " LIVE "events");
	ASSERT_ANSWER("5", "LLEN " LIVE "queue");
	assert_int_equal(stats_of(sensor).errors, 0);
	sensor_end(sensor);
}

static void writes_replays_elsewhere(void **state)
{
	struct sensor *sensor;
	char *keys;

	(void)state;
	fresh();
	sensor = sensor_begin_with("span-a", "", "monday", NULL);
	publish_next(sensor, EVENT_EXPOSURE_OPENED);
	drain(sensor);
	ASSERT_ANSWER("0", "EXISTS " LIVE "events " LIVE "open " LIVE "applied");
	ASSERT_ANSWER("1", "XLEN " LIVE "run:monday:events");
	assert_in_range(atoi(ASK("TTL " LIVE "run:monday:events")), 400, 500);
	/* Every key of a replay ends by itself. */
	keys = strdup(ASK("KEYS *"));
	for (char *key = strtok(keys, "\n"); key != NULL; key = strtok(NULL, "\n"))
		assert_in_range(atoi(ASK("TTL %s", key)), 400, 500);
	free(keys);
	sensor_end(sensor);
}

/* Died between the applied event and its confirmation: it is sent again, and changes nothing. */
static void applies_once(void **state)
{
	char path[128], command[640];
	struct sensor *sensor;

	(void)state;
	fresh();
	snprintf(path, sizeof path, "%s/journal", server.directory);
	for (int life = 0; life < 3; life++) {
		sensor = sensor_begin_with("span-a", "", NULL, life != 0 ? path : NULL);
		if (life == 0) {
			sensor_end(sensor);
			sensor = sensor_begin_with("span-a", "", NULL, path);
			publish_next(sensor, EVENT_EXPOSURE_OPENED);
			publish_next(sensor, EVENT_EXPOSURE_SUMMARY);
			snprintf(command, sizeof command, "cp %s %s.kept; cp %s-wal %s.kept-wal",
				 path, path, path, path);
			assert_int_equal(system(command), 0);
		}
		drain(sensor);
		sensor_end(sensor);
		ASSERT_ANSWER("2", "XLEN " LIVE "events");
		ASSERT_ANSWER("3", "HGET " LIVE "exposure:00112233445566aa flows");
		snprintf(command, sizeof command, "cp %s.kept %s; cp %s.kept-wal %s-wal", path,
			 path, path, path);
		assert_int_equal(system(command), 0);
	}
}

/* Replayed again, under the same name: the same events are the same. */
static void takes_a_replay_once(void **state)
{
	(void)state;
	fresh();
	for (int run = 0; run < 2; run++) {
		struct sensor *sensor = sensor_begin_with("replay", "", "monday", NULL);

		publish_next(sensor, EVENT_EXPOSURE_OPENED);
		publish_next(sensor, EVENT_EXPOSURE_SUMMARY);
		for (int more = 0; more < run; more++) /* the capture has grown */
			publish_next(sensor, EVENT_EXPOSURE_CLOSED);
		drain(sensor);
		sensor_end(sensor);
	}
	ASSERT_ANSWER("3", "XLEN " LIVE "run:monday:events");
	ASSERT_ANSWER("closed", "HGET " LIVE "run:monday:exposure:00112233445566aa state");
}

/* A new run of a sensor that forgot its numbers begins at 1 again: not a repetition. */
static void takes_reused_numbers_of_a_new_run(void **state)
{
	(void)state;
	fresh();
	for (int run = 0; run < 2; run++) {
		struct sensor *sensor = sensor_begin("span-a");

		publish_next(sensor, EVENT_EXPOSURE_OPENED);
		drain(sensor);
		sensor_end(sensor);
	}
	ASSERT_ANSWER("2", "XLEN " LIVE "events");
	ASSERT_ANSWER("3", "HGET " LIVE "exposure:00112233445566aa flows");
}

static void sends_a_lone_event_at_once(void **state)
{
	struct sensor *sensor;

	(void)state;
	fresh();
	sensor = sensor_begin("span-a");
	connect_sensor(sensor);
	publish_next(sensor, EVENT_SENSOR_STARTED);
	for (int i = 0; i < 10 && waiting(sensor) != 0; i++)
		loop_pump(sensor->loop, 100);
	assert_int_equal(waiting(sensor), 0);
	assert_int_equal(stats_of(sensor).sent, 1);
	sensor_end(sensor);
}

/* Every event exactly once and in order, whenever the server dies. */
static void survives_a_killed_server(void **state)
{
	struct sensor *sensor;
	const char *entry;

	(void)state;
	fresh();
	sensor = sensor_begin("span-a");
	for (int i = 0; i < 900; i++) {
		publish_next(sensor, EVENT_EXPOSURE_SUMMARY);
		loop_pump(sensor->loop, 0);
		if (i % 300 != 150)
			continue;
		redis_server_kill(&server);
		pump(sensor, 5);
		assert_true(redis_server_start(&server, NULL, NULL));
	}
	drain(sensor);
	assert_true(stats_of(sensor).reconnects >= 1);
	ASSERT_ANSWER("900", "XLEN " LIVE "events");
	entry = ASK("XREVRANGE " LIVE "events + - COUNT 2");
	entry = strstr(entry, "\nsequence\n900\n");
	assert_non_null(entry);
	assert_non_null(strstr(entry, "\nsequence\n899\n"));
	sensor_end(sensor);
}

static void waits_for_a_hung_server(void **state)
{
	struct sensor *sensor;

	(void)state;
	fresh();
	sensor = sensor_begin("span-a");
	connect_sensor(sensor);
	kill(server.pid, SIGSTOP);
	publish_next(sensor, EVENT_EXPOSURE_OPENED);
	pump(sensor, 150);
	assert_int_equal(waiting(sensor), 1);
	assert_true(stats_of(sensor).errors >= 1);
	kill(server.pid, SIGCONT);
	drain(sensor);
	ASSERT_ANSWER("1", "XLEN " LIVE "events");
	sensor_end(sensor);
}

static void waits_for_memory(void **state)
{
	struct sensor *sensor;

	(void)state;
	fresh();
	sensor = sensor_begin("span-a");
	connect_sensor(sensor);
	ASSERT_ANSWER("OK", "CONFIG SET maxmemory 1");
	for (int i = 0; i < 20; i++)
		publish_next(sensor, EVENT_EXPOSURE_SUMMARY);
	pump(sensor, 30);
	assert_int_equal(waiting(sensor), 20);
	assert_true(stats_of(sensor).errors >= 1);
	ASSERT_ANSWER("OK", "CONFIG SET maxmemory 0");
	drain(sensor);
	ASSERT_ANSWER("20", "XLEN " LIVE "events");
	assert_int_equal(stats_of(sensor).rejected, 0);
	sensor_end(sensor);
}

static void waits_for_a_writable_server(void **state)
{
	struct sensor *sensor;

	(void)state;
	fresh();
	sensor = sensor_begin("span-a");
	connect_sensor(sensor);
	ASSERT_ANSWER("OK", "REPLICAOF 127.0.0.1 1");
	publish_next(sensor, EVENT_EXPOSURE_OPENED);
	pump(sensor, 30);
	assert_int_equal(waiting(sensor), 1);
	ASSERT_ANSWER("OK", "REPLICAOF NO ONE");
	drain(sensor);
	ASSERT_ANSWER("1", "XLEN " LIVE "events");
	sensor_end(sensor);
}

static void loads_the_script_again(void **state)
{
	struct sensor *sensor;

	(void)state;
	fresh();
	sensor = sensor_begin("span-a");
	connect_sensor(sensor);
	ASSERT_ANSWER("OK", "SCRIPT FLUSH");
	for (int i = 0; i < 5; i++)
		publish_next(sensor, EVENT_EXPOSURE_SUMMARY);
	drain(sensor);
	ASSERT_ANSWER("5", "XLEN " LIVE "events");
	assert_int_equal(stats_of(sensor).reconnects, 0);
	sensor_end(sensor);
}

/* One event can never be applied: it is set aside, and does not stop those behind it. */
static void sets_a_hopeless_event_aside(void **state)
{
	struct sensor *sensor;

	(void)state;
	fresh();
	sensor = sensor_begin("span-a");
	ASSERT_ANSWER("OK", "SET " LIVE "incident:99887766554433bb taken");
	publish_next(sensor, EVENT_SENSOR_STARTED);
	publish_next(sensor, EVENT_INCIDENT_OPENED);
	publish_next(sensor, EVENT_SENSOR_STOPPED);
	drain(sensor);
	assert_int_equal(stats_of(sensor).rejected, 1);
	ASSERT_ANSWER("2", "XLEN " LIVE "events");
	assert_non_null(strstr(ASK("XRANGE " LIVE "events - +"), "\nkind\nsensor.stopped\n"));
	sensor_end(sensor);
}

/* What was said on standard error while `sensor` had `turns` of the loop. */
static void pump_and_read_log(struct sensor *sensor, int turns, char *text, size_t size)
{
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);

	assert_non_null(file);
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	pump(sensor, turns);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
}

static void tells_a_refused_log_in_once(void **state)
{
	struct sensor *sensor;
	char text[2000];
	const char *first;

	(void)state;
	fresh();
	ASSERT_ANSWER("OK", "ACL SETUSER watch on >right ~spanwatch:* &spanwatch:* +@all");
	sensor = sensor_begin_with("span-a", "watch:wrong@", NULL, NULL);
	publish_next(sensor, EVENT_EXPOSURE_OPENED);
	pump_and_read_log(sensor, 40, text, sizeof text);
	first = strstr(text, "WRONGPASS");
	assert_non_null(first);
	assert_null(strstr(first + 1, "WRONGPASS"));
	assert_non_null(strstr(text, "log-in refused"));
	assert_null(strstr(text, "wrong@"));
	assert_true(stats_of(sensor).errors > 1);
	assert_int_equal(waiting(sensor), 1);
	ASSERT_ANSWER("OK", "ACL SETUSER watch resetpass >wrong");
	drain(sensor);
	ASSERT_ANSWER("1", "ACL DELUSER watch");
	sensor_end(sensor);
}

/* The rights that spanwatch-redis(7) recommends are enough. */
static void needs_no_more_rights_than_documented(void **state)
{
	struct sensor *sensor;

	(void)state;
	fresh();
	ASSERT_ANSWER("OK", "ACL SETUSER watch on >right ~spanwatch:* &spanwatch:* -@all "
			    "+auth +select +script|load +evalsha +hset +hget +hgetall +hdel +hkeys "
			    "+xlen +llen +xadd +publish +rpush +ltrim +zadd +zrem +zscore +sadd "
			    "+scard +sismember +expire "
			    "+persist +del");
	sensor = sensor_begin_with("span-a", "watch:right@", NULL, NULL);
	for (int kind = 0; kind < EVENT_KIND_COUNT; kind++)
		publish_next(sensor, (enum event_kind)kind);
	drain(sensor);
	assert_true(sink_redis_heartbeat(sensor->sink, "state\0watching", 15));
	assert_true(sink_redis_coverage(sensor->sink, "rule:a@span-a\0{}", 17));
	drain(sensor);
	assert_int_equal(stats_of(sensor).errors, 0);
	ASSERT_ANSWER("watching", "HGET " LIVE "sensor:span-a state");
	ASSERT_ANSWER("1", "ACL DELUSER watch");
	sensor_end(sensor);
}

static void merges_two_sensors(void **state)
{
	struct sensor *a, *b;
	struct event event;

	(void)state;
	fresh();
	a = sensor_begin("span-a");
	b = sensor_begin("span-b");
	publish_next(a, EVENT_EXPOSURE_OPENED);
	drain(a);
	event = next_event(b, EVENT_EXPOSURE_OPENED);
	event.exposure.level = LEVEL_REACHABLE;
	event.exposure.opened_ns -= 10 * SAMPLE_S;
	event.exposure.last_seen_ns -= 10 * SAMPLE_S;
	event.exposure.changed_after_ns += 30 * SAMPLE_S;
	event.exposure.changed_before_ns -= 10 * SAMPLE_S;
	event.exposure.flows = 7;
	publish(b, &event);
	drain(b);
	ASSERT_ANSWER("span-a,span-b\n10\n3\n7\n4\naccessed\n2015-02-04T04:04:56.123456Z\n"
		      "2015-02-04T04:05:09.123456Z",
		      "HMGET " LIVE "exposure:00112233445566aa sensors flows flows@span-a "
		      "flows@span-b level level_name opened last_seen");
	ASSERT_ANSWER("2015-02-04T04:04:36.123456Z\n2015-02-04T04:04:56.123456Z",
		      "HMGET " LIVE "exposure:00112233445566aa changed_after changed_before");
	/* Open while one of them says so. */
	publish_next(a, EVENT_EXPOSURE_CLOSED);
	drain(a);
	ASSERT_ANSWER("open\n(nil)\n10",
		      "HMGET " LIVE "exposure:00112233445566aa state closed flows");
	ASSERT_ANSWER("00112233445566aa", "ZRANGE " LIVE "open 0 -1");
	publish_next(b, EVENT_EXPOSURE_CLOSED);
	drain(b);
	ASSERT_ANSWER("closed", "HGET " LIVE "exposure:00112233445566aa state");
	ASSERT_ANSWER("", "ZRANGE " LIVE "open 0 -1");
	sensor_end(a);
	sensor_end(b);
}

static void beats_and_covers(void **state)
{
	struct sensor *a, *b;

	(void)state;
	fresh();
	a = sensor_begin("span-a");
	b = sensor_begin("span-b");
	connect_sensor(a);
	connect_sensor(b);
	assert_true(sink_redis_heartbeat(a->sink,
					 "state\0watching\0packets\0"
					 "5",
					 25));
	assert_true(sink_redis_coverage(a->sink, "rule:x@span-a\0{}\0rule:y@span-a\0{}", 34));
	assert_true(sink_redis_coverage(b->sink, "rule:x@span-b\0{}", 17));
	drain(a);
	drain(b);
	ASSERT_ANSWER("watching\n5", "HMGET " LIVE "sensor:span-a state packets");
	assert_in_range(atoi(ASK("TTL " LIVE "sensor:span-a")), 50, 60);
	ASSERT_ANSWER("3", "HLEN " LIVE "coverage");
	/* A line that left the policy leaves the hash; another sensor's lines stay. */
	assert_true(sink_redis_coverage(a->sink, "rule:y@span-a\0{}", 17));
	drain(a);
	ASSERT_ANSWER("0", "HEXISTS " LIVE "coverage rule:x@span-a");
	ASSERT_ANSWER("2", "HLEN " LIVE "coverage");
	sensor_end(a);
	sensor_end(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(applies_an_exposure),
		cmocka_unit_test(closes_and_reopens),
		cmocka_unit_test(applies_an_incident),
		cmocka_unit_test(applies_every_kind),
		cmocka_unit_test(writes_replays_elsewhere),
		cmocka_unit_test(applies_once),
		cmocka_unit_test(takes_a_replay_once),
		cmocka_unit_test(takes_reused_numbers_of_a_new_run),
		cmocka_unit_test(sends_a_lone_event_at_once),
		cmocka_unit_test(survives_a_killed_server),
		cmocka_unit_test(waits_for_a_hung_server),
		cmocka_unit_test(waits_for_memory),
		cmocka_unit_test(waits_for_a_writable_server),
		cmocka_unit_test(loads_the_script_again),
		cmocka_unit_test(sets_a_hopeless_event_aside),
		cmocka_unit_test(tells_a_refused_log_in_once),
		cmocka_unit_test(needs_no_more_rights_than_documented),
		cmocka_unit_test(merges_two_sensors),
		cmocka_unit_test(beats_and_covers),
	};
	int failed;

	if (!redis_server_start(&server, NULL, NULL))
		server.pid = 0; /* every test skips */
	services = services_new();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	services_free(services);
	redis_server_remove(&server);
	return failed;
}
