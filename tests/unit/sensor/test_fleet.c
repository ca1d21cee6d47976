/* SPDX-License-Identifier: ISC */
/*
 * Several sensors at one Redis: who is there, who was, whose word counts, and clocks that differ.
 */
#include "tests/unit/redis_sensor.h"

#define EXPOSURE LIVE "exposure:00112233445566aa"
#define INCIDENT LIVE "incident:99887766554433bb"
#define MINUTE	 (60 * SAMPLE_S)

static void beat(struct sensor *sensor, const char *state)
{
	char packed[64];
	size_t length = (size_t)snprintf(packed, sizeof packed, "sensor%c%s", 0, sensor->name) + 1;

	length += (size_t)snprintf(packed + length, sizeof packed - length, "state%c%s", 0, state) +
		  1;
	connect_sensor(sensor);
	assert_true(sink_redis_heartbeat(sensor->sink, packed, length));
	drain(sensor);
}

/* Silent since so many seconds: what a sensor is that was killed that long ago. */
static void make_silent(const char *name, long seconds)
{
	ASSERT_ANSWER("0", "ZADD " LIVE "sensors %ld %s", (long)time(NULL) - seconds, name);
	ASK("DEL " LIVE "sensor:%s", name);
}

static void lists_who_should_be_there(void **state)
{
	struct sensor *a, *b;
	long now = (long)time(NULL);

	(void)state;
	fresh();
	a = sensor_begin("span-a");
	b = sensor_begin("span-b");
	beat(a, "watching");
	beat(b, "stopping");
	ASSERT_ANSWER("span-a\nspan-b", "ZRANGE " LIVE "sensors 0 -1");
	ASSERT_ANSWER("watching\nstopping", "HMGET " LIVE "sensors:state span-a span-b");
	assert_in_range(atol(ASK("ZSCORE " LIVE "sensors span-a")), now - 5, now + 60);
	/* One dies; its heartbeat ends, and it is told as silent, with its last sign of life. */
	make_silent("span-b", 300);
	beat(a, "blind");
	ASSERT_ANSWER("0", "EXISTS " LIVE "sensor:span-b");
	ASSERT_ANSWER("span-b", "ZRANGEBYSCORE " LIVE "sensors -inf %ld", now - 60);
	ASSERT_ANSWER("blind", "HGET " LIVE "sensors:state span-a");
	/* After 30 days it is forgotten, and what it covered. */
	assert_true(sink_redis_coverage(b->sink, "rule:x@span-b\0{}", 17));
	assert_true(sink_redis_coverage(a->sink, "rule:x@span-a\0{}", 17));
	drain(a);
	drain(b);
	make_silent("span-b", 31 * 86400);
	beat(a, "watching");
	ASSERT_ANSWER("span-a", "ZRANGE " LIVE "sensors 0 -1");
	ASSERT_ANSWER("span-a", "HKEYS " LIVE "sensors:state");
	ASSERT_ANSWER("rule:x@span-a", "HKEYS " LIVE "coverage");
	sensor_end(a);
	sensor_end(b);
}

/* A sensor is known from its first event on, heartbeat or not. */
static void knows_who_told_something(void **state)
{
	struct sensor *sensor;

	(void)state;
	fresh();
	sensor = sensor_begin("span-a");
	publish_next(sensor, EVENT_EXPOSURE_OPENED);
	drain(sensor);
	ASSERT_ANSWER("span-a", "ZRANGE " LIVE "sensors 0 -1");
	sensor_end(sensor);
}

static void begin_both(struct sensor **a, struct sensor **b)
{
	fresh();
	*a = sensor_begin("span-a");
	*b = sensor_begin("span-b");
	beat(*a, "watching");
	beat(*b, "watching");
	publish_next(*a, EVENT_EXPOSURE_OPENED);
	publish_next(*b, EVENT_EXPOSURE_OPENED);
	drain(*a);
	drain(*b);
	ASSERT_ANSWER("open\nspan-a,span-b", "HMGET " EXPOSURE " state sensors");
}

/* What is proved to be closed is not held open by one who cannot know. */
static void a_silent_sensor_holds_nothing_open(void **state)
{
	struct sensor *a, *b;

	(void)state;
	begin_both(&a, &b);
	make_silent("span-a", 600);
	publish_next(b, EVENT_EXPOSURE_CLOSED);
	drain(b);
	/* Ten minutes are not long enough: it may be restarting. */
	ASSERT_ANSWER("open\nopen\nclosed", "HMGET " EXPOSURE " state state@span-a state@span-b");
	make_silent("span-a", 3700);
	publish_next(b, EVENT_EXPOSURE_CLOSED);
	drain(b);
	ASSERT_ANSWER("closed\nprobes\ngone\nclosed\nspan-a,span-b",
		      "HMGET " EXPOSURE " state close_reason state@span-a state@span-b sensors");
	ASSERT_ANSWER("", "ZRANGE " LIVE "open 0 -1");
	/* It comes back, and still sees it open. */
	publish_next(a, EVENT_EXPOSURE_SUMMARY);
	drain(a);
	ASSERT_ANSWER("open\nopen", "HMGET " EXPOSURE " state state@span-a");
	ASSERT_ANSWER("00112233445566aa", "ZRANGE " LIVE "open 0 -1");
	ASSERT_ANSWER("-1", "TTL " EXPOSURE);
	sensor_end(a);
	sensor_end(b);
}

/* What nobody is left for is closed by the others' heartbeats, and says why. */
static void a_sensor_that_was_taken_away_leaves_nothing_open(void **state)
{
	struct sensor *a, *b;

	(void)state;
	fresh();
	a = sensor_begin("span-a");
	b = sensor_begin("span-b");
	beat(a, "watching");
	publish_next(a, EVENT_EXPOSURE_OPENED);
	publish_next(a, EVENT_INCIDENT_OPENED);
	drain(a);
	make_silent("span-a", 86400);
	beat(b, "watching");
	ASSERT_ANSWER("open", "HGET " EXPOSURE " state");
	/* By hand. */
	ASSERT_ANSWER("1", "ZREM " LIVE "sensors span-a");
	beat(b, "watching");
	ASSERT_ANSWER("closed\nsensor-gone", "HMGET " EXPOSURE " state close_reason");
	ASSERT_ANSWER("closed\nsensor-gone", "HMGET " INCIDENT " state close_reason");
	ASSERT_ANSWER("", "ZRANGE " LIVE "open 0 -1");
	ASSERT_ANSWER("", "ZRANGE " LIVE "open:severity 0 -1");
	ASSERT_ANSWER("", "ZRANGE " LIVE "open:incidents 0 -1");
	assert_in_range(atoi(ASK("TTL " EXPOSURE)), 900, 1000);
	sensor_end(a);
	sensor_end(b);
}

/* The list was lost, but whoever sends heartbeats is there. */
static void a_lost_list_closes_nothing(void **state)
{
	struct sensor *a, *b;

	(void)state;
	begin_both(&a, &b);
	ASSERT_ANSWER("1", "DEL " LIVE "sensors");
	beat(b, "watching");
	ASSERT_ANSWER("open", "HGET " EXPOSURE " state");
	sensor_end(a);
	sensor_end(b);
}

static void publish_between(struct sensor *sensor, uint64_t after_ns, uint64_t before_ns)
{
	struct event event = next_event(sensor, EVENT_EXPOSURE_SUMMARY);

	event.exposure.changed_after_ns = after_ns;
	event.exposure.changed_before_ns = before_ns;
	publish(sensor, &event);
	drain(sensor);
}

#define ASSERT_CHANGED(after, before, disputed)                                                    \
	ASSERT_ANSWER(after "\n" before "\n" disputed,                                             \
		      "HMGET " EXPOSURE " changed_after changed_before changed_disputed")

/* One clock is a minute ahead: no interval turns around, whoever speaks last. */
static void clocks_a_minute_apart(void **state)
{
	struct sensor *a, *b;

	(void)state;
	fresh();
	a = sensor_begin("span-a");
	b = sensor_begin("span-b");
	publish_between(a, SAMPLE_TS - 10 * SAMPLE_S, SAMPLE_TS);
	ASSERT_CHANGED("2015-02-04T04:04:56.123456Z", "2015-02-04T04:05:06.123456Z", "(nil)");
	for (int i = 0; i < 3; i++) {
		publish_between(b, SAMPLE_TS - 10 * SAMPLE_S + MINUTE, SAMPLE_TS + MINUTE);
		ASSERT_CHANGED("2015-02-04T04:04:56.123456Z", "2015-02-04T04:06:06.123456Z", "1");
		publish_between(a, SAMPLE_TS - 10 * SAMPLE_S, SAMPLE_TS);
		ASSERT_CHANGED("2015-02-04T04:04:56.123456Z", "2015-02-04T04:06:06.123456Z", "1");
	}
	/* The clock is set right, and what it says of a newer change counts instead. */
	publish_between(b, SAMPLE_TS - 5 * SAMPLE_S, SAMPLE_TS + SAMPLE_S);
	ASSERT_CHANGED("2015-02-04T04:05:01.123456Z", "2015-02-04T04:05:06.123456Z", "(nil)");
	/* One that never saw it closed knows no first moment. */
	publish_between(b, 0, SAMPLE_TS - 20 * SAMPLE_S);
	ASSERT_CHANGED("(nil)", "2015-02-04T04:05:06.123456Z", "1");
	sensor_end(a);
	sensor_end(b);
}

/* After it was closed, what was said of the earlier change is not about the next one. */
static void a_new_change_has_its_own_interval(void **state)
{
	struct sensor *a, *b;
	struct event event;

	(void)state;
	begin_both(&a, &b);
	publish_next(a, EVENT_EXPOSURE_CLOSED);
	drain(a);
	publish_next(b, EVENT_EXPOSURE_CLOSED);
	drain(b);
	event = next_event(b, EVENT_EXPOSURE_REOPENED);
	event.exposure.changed_after_ns = SAMPLE_TS + 10 * MINUTE;
	event.exposure.changed_before_ns = SAMPLE_TS + 11 * MINUTE;
	publish(b, &event);
	drain(b);
	ASSERT_CHANGED("2015-02-04T04:15:06.123456Z", "2015-02-04T04:16:06.123456Z", "(nil)");
	ASSERT_ANSWER("(nil)", "HGET " EXPOSURE " changed@span-a");
	sensor_end(a);
	sensor_end(b);
}

static uint64_t minute_ahead(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return ((uint64_t)now.tv_sec + 60) * SAMPLE_S + (uint64_t)now.tv_nsec;
}

/* A sensor whose clock is wrong says so itself, once. */
static void a_clock_that_is_wrong_is_told(void **state)
{
	struct sensor *sensor;

	(void)state;
	fresh();
	sensor = sensor_begin("span-a");
	beat(sensor, "watching");
	assert_true(stats_of(sensor).clock_known);
	assert_in_range(stats_of(sensor).clock_skew_ms + 1000, 0, 2000);
	sink_redis_free(sensor->sink);
	sensor->options.clock_ns = minute_ahead;
	sensor->sink = sink_redis_new(&sensor->options);
	connect_sensor(sensor);
	assert_true(sink_redis_heartbeat(sensor->sink, "state\0watching", 15));
	pump_until_said(sensor, " s ahead of that server's");
	drain(sensor);
	assert_in_range(stats_of(sensor).clock_skew_ms, 59000, 61000);
	sensor_end(sensor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_who_should_be_there),
		cmocka_unit_test(knows_who_told_something),
		cmocka_unit_test(a_silent_sensor_holds_nothing_open),
		cmocka_unit_test(a_sensor_that_was_taken_away_leaves_nothing_open),
		cmocka_unit_test(a_lost_list_closes_nothing),
		cmocka_unit_test(clocks_a_minute_apart),
		cmocka_unit_test(a_new_change_has_its_own_interval),
		cmocka_unit_test(a_clock_that_is_wrong_is_told),
	};

	return redis_sensor_tests(tests, sizeof tests / sizeof *tests, "test_fleet");
}
