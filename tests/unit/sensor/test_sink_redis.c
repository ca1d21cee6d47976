/* SPDX-License-Identifier: ISC */
/*
 * What an event leaves in a real redis-server: every key, merged over sensors, live and replayed.
 */
#include "tests/unit/redis_sensor.h"

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
		"3\n(nil)\n4096\nspan-a\n2015-02-04T04:04:06.123456Z\n2015-02-04T04:05:06.123456Z",
		"HMGET " LIVE "exposure:00112233445566aa flows flows@span-a bytes_out sensors "
		"changed_after changed_before");
	ASSERT_ANSWER("platform\nhttps://wiki.example/logging",
		      "HMGET " LIVE "exposure:00112233445566aa owner runbook");
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
	ASSERT_ANSWER("99887766554433bb\n94", "ZRANGE " LIVE "open:incidents 0 -1 WITHSCORES");
	publish_next(sensor, EVENT_INCIDENT_CLOSED);
	drain(sensor);
	ASSERT_ANSWER("", "ZRANGE " LIVE "open:incidents 0 -1");
	ASSERT_ANSWER("closed", "HGET " LIVE "incident:99887766554433bb state");
	assert_in_range(atoi(ASK("TTL " LIVE "incident:99887766554433bb:members")), 900, 1000);
	sensor_end(sensor);
}

/* Those of many endpoints that have no hash of their own are in their incident's. */
static void counts_many_endpoints(void **state)
{
	struct sensor *sensor;
	struct event event;

	(void)state;
	fresh();
	sensor = sensor_begin("span-a");
	event = next_event(sensor, EVENT_INCIDENT_UPDATED);
	event.incident.member_count = 65536;
	event.incident.unannounced_count = 65472;
	event.incident.untracked_count = 49088;
	event.incident.port_count = 2;
	event.incident.ports[0] = 80;
	event.incident.ports[1] = 443;
	publish(sensor, &event);
	drain(sensor);
	ASSERT_ANSWER("65536\n65472\n49088\n80 443",
		      "HMGET " LIVE "incident:99887766554433bb member_count unannounced_count "
		      "untracked_count ports");
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
	ASSERT_ANSWER("11", "GET " LIVE "queue:lost");
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
	for (char *key = strtok(keys, "\n"); key != NULL; key = strtok(NULL, "\n")) {
		if (strcmp(key, "spanwatch:sites") != 0)
			assert_in_range(atoi(ASK("TTL %s", key)), 400, 500);
	}
	free(keys);
	sensor_end(sensor);
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
	/* Said before there is a connection, heard when there is one. */
	assert_false(sink_redis_heartbeat(b->sink, "state\0early", 12));
	connect_sensor(a);
	connect_sensor(b);
	drain(b);
	ASSERT_ANSWER("early", "HGET " LIVE "sensor:span-b state");
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

static void publish_at(struct sensor *sensor, enum event_kind kind, uint8_t level)
{
	struct event event = next_event(sensor, kind);

	event.exposure.level = level;
	publish(sensor, &event);
	drain(sensor);
}

static void mute(void)
{
	ASK("HSET " LIVE
	    "ops:00112233445566aa kind exposure mute_until_ms 9000000000000 mute_by me");
	ASK("ZADD " LIVE "ops:muted 9000000000 00112233445566aa");
}

static void assert_muted(bool muted)
{
	ASSERT_ANSWER(muted ? "1" : "0", "HEXISTS " LIVE "ops:00112233445566aa mute_until_ms");
	ASSERT_ANSWER(muted ? "1" : "0", "ZCARD " LIVE "ops:muted");
}

/* It never outlives an escalation, a reopening, or its time. */
static void ends_a_mute(void **state)
{
	static const char beat[] = "sensor\0span-a\0state\0watching";
	struct sensor *sensor;

	(void)state;
	fresh();
	sensor = sensor_begin("span-a");
	publish_at(sensor, EVENT_EXPOSURE_OPENED, LEVEL_ANSWERED);
	mute();
	publish_at(sensor, EVENT_EXPOSURE_SUMMARY, LEVEL_ANSWERED);
	assert_muted(true);
	publish_at(sensor, EVENT_EXPOSURE_ESCALATED, LEVEL_ACCESSED);
	assert_muted(false);
	assert_non_null(strstr(ASK("XREVRANGE " LIVE "events + - COUNT 1"), "it got worse"));
	mute();
	publish_at(sensor, EVENT_EXPOSURE_CLOSED, LEVEL_ACCESSED);
	assert_muted(true);
	publish_at(sensor, EVENT_EXPOSURE_REOPENED, LEVEL_ACCESSED);
	assert_muted(false);
	assert_non_null(strstr(ASK("XREVRANGE " LIVE "events + - COUNT 1"), "opened again"));
	mute();
	ASK("ZADD " LIVE "ops:muted 1 00112233445566aa");
	assert_true(sink_redis_heartbeat(sensor->sink, beat, sizeof beat));
	drain(sensor);
	assert_muted(false);
	assert_non_null(strstr(ASK("XREVRANGE " LIVE "events + - COUNT 1"), "its time is over"));
	sensor_end(sensor);
}

/* By group, owner and the like; what was closed; the counters of the hour; its own story. */
static void is_found_by_what_people_ask(void **state)
{
	struct sensor *sensor;

	(void)state;
	fresh();
	sensor = sensor_begin("span-a");
	publish_next(sensor, EVENT_EXPOSURE_OPENED);
	drain(sensor);
	ASSERT_ANSWER("group:logging\nowner:platform\nrule:logging-is-internal\nservice:redis\n"
		      "zone:inside",
		      "SORT " LIVE "facets ALPHA");
	ASSERT_ANSWER("00112233445566aa\n94", "ZRANGE " LIVE "open:owner:platform 0 -1 WITHSCORES");
	ASSERT_ANSWER("1423022706123\n1423022709123",
		      "HMGET " LIVE "exposure:00112233445566aa opened_ms last_seen_ms");
	publish_next(sensor, EVENT_EXPOSURE_CLOSED);
	drain(sensor);
	ASSERT_ANSWER("0", "EXISTS " LIVE "open:owner:platform " LIVE "open:sensor:span-a " LIVE
			   "facets");
	ASSERT_ANSWER("00112233445566aa\n1423022806", "ZRANGE " LIVE "closed 0 -1 WITHSCORES");
	ASSERT_ANSWER("1\n1\n100\n1\n100",
		      "HMGET " LIVE "hour:2015020404 opened.critical closed.critical "
		      "open_s.critical closed@platform open_s@platform");
	ASSERT_ANSWER("1\n100", "HMGET " LIVE "day:20150204 closed@platform open_s@platform");
	assert_non_null(strstr(ASK("ZRANGE " LIVE "hours 0 -1"), "\"open_s\":100,"));
	ASSERT_ANSWER("2", "LLEN " LIVE "history:00112233445566aa");
	assert_in_range(atoi(ASK("TTL " LIVE "history:00112233445566aa")), 900, 1000);
	publish_next(sensor, EVENT_EXPOSURE_REOPENED);
	drain(sensor);
	ASSERT_ANSWER("", "ZRANGE " LIVE "closed 0 -1");
	ASSERT_ANSWER("00112233445566aa", "ZRANGE " LIVE "open:zone:inside 0 -1");
	ASSERT_ANSWER("-1", "TTL " LIVE "history:00112233445566aa");
	sensor_end(sensor);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Also of events that waited in the journal, and when the clock was set back after the decision. */
static void measures_the_way_to_redis(void **state)
{
	static const int64_t ago_s[] = {3600, 0, 0, -3600, 55};
	struct sensor *sensor;
	struct latency delivery;

	(void)state;
	fresh();
	sensor = sensor_begin("span-a");
	for (size_t i = 0; i < sizeof ago_s / sizeof *ago_s; i++) {
		struct event event = next_event(sensor, EVENT_EXPOSURE_SUMMARY);

		event.decided_ns = now_ns() - (uint64_t)(ago_s[i] * 1000000000);
		publish(sensor, &event);
		drain(sensor);
	}
	delivery = stats_of(sensor).delivery;
	assert_int_equal(delivery.count, 5);
	assert_int_equal(delivery.negative, 1);
	assert_int_equal(delivery.counts[LATENCY_BOUNDS], 1);
	assert_in_range(delivery.sum_ns, 3655 * 1000000000ull, 3715 * 1000000000ull);
	assert_in_range(latency_quantile_ns(&delivery, 300), 1, 30 * 1000000000ull);
	sensor_end(sensor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(applies_an_exposure),
		cmocka_unit_test(closes_and_reopens),
		cmocka_unit_test(applies_an_incident),
		cmocka_unit_test(counts_many_endpoints),
		cmocka_unit_test(applies_every_kind),
		cmocka_unit_test(writes_replays_elsewhere),
		cmocka_unit_test(takes_a_replay_once),
		cmocka_unit_test(sends_a_lone_event_at_once),
		cmocka_unit_test(merges_two_sensors),
		cmocka_unit_test(beats_and_covers),
		cmocka_unit_test(ends_a_mute),
		cmocka_unit_test(is_found_by_what_people_ask),
		cmocka_unit_test(measures_the_way_to_redis),
	};

	return redis_sensor_tests(tests, sizeof tests / sizeof *tests, "test_sink_redis");
}
