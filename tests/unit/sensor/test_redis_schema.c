/* SPDX-License-Identifier: ISC */
/*
 * Sensors whose keys have other schema versions, at one real redis-server. The other sensor is
 * played by the script itself with another version in its head: what a message does is its matter.
 */
#include "tests/unit/redis_sensor.h"

#include "sensor/redis/redis_script.h"

#define OURS "2.1"

/* Loads the script as a sensor of schema `major`.`minor` would; its digest into `sha`. */
static void load_script(const char *major, const char *minor, char sha[64])
{
	static const char head[] = "local MAJOR, MINOR = 2, 1\n";
	FILE *stream = redis_server_connect(&server);
	size_t length;
	const char *script = redis_script(&length), *at = strstr(script, head);

	assert_non_null(stream);
	assert_non_null(at);
	length += strlen(major) + strlen(minor) - 2;
	fprintf(stream,
		"*3\r\n$6\r\nSCRIPT\r\n$4\r\nLOAD\r\n$%zu\r\n%.*slocal MAJOR, MINOR = %s, "
		"%s\n%s\r\n",
		length, (int)(at - script), script, major, minor, at + strlen(head));
	fflush(stream);
	server.answer[0] = '\0';
	redis_server_reply(stream, server.answer, sizeof server.answer);
	fclose(stream);
	assert_int_equal(strlen(server.answer), 41);
	snprintf(sha, 64, "%.40s", server.answer);
}

/* Two pairs that move and are in the stream; the values of kind and id are the 2nd and the 4th. */
#define NUL4 "\\x00\\x00\\x00\\x00"
#define INDEX                                                                                      \
	"\"\\x00\\x00\\x00\\x02\\x00\\x00\\x00\\x02\\x04" NUL4 NUL4 NUL4 NUL4 NUL4 NUL4 "\\x00\""

/* An event of a sensor "other" with such a script. */
static const char *publish_other(const char *sha, unsigned sequence)
{
	char after[32] = "\"\"";

	if (sequence > 1)
		snprintf(after, sizeof after, "\"epoch %u\"", sequence - 1);
	return ASK("EVALSHA %s 1 " LIVE "schema events other " LIVE
		   " 0 1000 %s 1000 0 1 epoch %u 0 " INDEX " kind sensor.started id %u json {}",
		   sha, after, sequence, sequence);
}

static const char *beat_other(const char *sha)
{
	return ASK("EVALSHA %s 1 " LIVE "schema heartbeat other " LIVE
		   " 0 1000 run1 60 1000 0 7 \"full watching {}\" sensor other state watching "
		   "events_waiting 7 packets 9",
		   sha);
}

static void notes_the_version(void **state)
{
	struct sensor *sensor;

	(void)state;
	fresh();
	sensor = sensor_begin("span-a");
	publish_next(sensor, EVENT_EXPOSURE_OPENED);
	drain(sensor);
	ASSERT_ANSWER(OURS, "GET " LIVE "schema");
	ASSERT_ANSWER("-1", "TTL " LIVE "schema");
	/* Somebody deleted it: it comes back. */
	ASSERT_ANSWER("1", "DEL " LIVE "schema");
	sink_redis_heartbeat(sensor->sink, "sensor\0span-a", 14);
	drain(sensor);
	ASSERT_ANSWER(OURS, "GET " LIVE "schema");
	ASSERT_ANSWER(OURS, "HGET " LIVE "sensor:span-a schema");
	sensor_end(sensor);
	sensor = sensor_begin_with("span-a", "", "r1", NULL);
	publish_next(sensor, EVENT_EXPOSURE_OPENED);
	drain(sensor);
	ASSERT_ANSWER(OURS, "GET " LIVE "run:r1:schema");
	ASSERT_ANSWER("500", "TTL " LIVE "run:r1:schema");
	sensor_end(sensor);
}

/* The same major version: both write, and the newer one's version stays. */
static void a_newer_minor_version_beside_ours(void **state)
{
	struct sensor *sensor;
	char sha[64];

	(void)state;
	fresh();
	load_script("2", "7", sha);
	sensor = sensor_begin("span-a");
	publish_next(sensor, EVENT_EXPOSURE_OPENED);
	drain(sensor);
	assert_string_equal(publish_other(sha, 1), "1\n\n0\n");
	ASSERT_ANSWER("2.7", "GET " LIVE "schema");
	publish_next(sensor, EVENT_EXPOSURE_SUMMARY);
	drain(sensor);
	assert_string_equal(publish_other(sha, 2), "1\n\n0\n");
	ASSERT_ANSWER("2.7", "GET " LIVE "schema");
	ASSERT_ANSWER("4", "XLEN " LIVE "events");
	assert_int_equal(stats_of(sensor).errors, 0);
	sensor_end(sensor);
}

/* What a newer sensor has written of an exposure, an older one leaves there. */
static void keeps_fields_that_it_does_not_know(void **state)
{
	struct sensor *sensor;

	(void)state;
	fresh();
	sensor = sensor_begin("span-a");
	publish_next(sensor, EVENT_EXPOSURE_OPENED);
	drain(sensor);
	ASSERT_ANSWER("1", "HSET " LIVE "exposure:00112233445566aa of_tomorrow yes");
	publish_next(sensor, EVENT_EXPOSURE_SUMMARY);
	drain(sensor);
	ASSERT_ANSWER("yes", "HGET " LIVE "exposure:00112233445566aa of_tomorrow");
	sensor_end(sensor);
}

/* The keys become those of another major version while our sensor is at work: its events wait,
 * that is said once, its heartbeat says why; when the keys are ours again, all arrive. */
static void another_major_version_makes_ours_wait(void **state)
{
	struct sensor *sensor;

	(void)state;
	fresh();
	sensor = sensor_begin("span-a");
	sink_redis_heartbeat(sensor->sink, "sensor\0span-a\0packets\0005", 24);
	publish_next(sensor, EVENT_EXPOSURE_OPENED);
	drain(sensor);
	ASSERT_ANSWER("OK", "SET " LIVE "schema 3.0");
	for (int i = 0; i < 20; i++)
		publish_next(sensor, EVENT_EXPOSURE_SUMMARY);
	pump_until_said(sensor, "schema 3.0, this sensor writes " OURS);
	assert_int_equal(waiting(sensor), 20);
	for (int i = 0; i < PATIENCE_TURNS && stats_of(sensor).reconnects < 5; i++)
		loop_pump(sensor->loop, 10);
	ASSERT_ANSWER("1", "XLEN " LIVE "events");
	ASSERT_ANSWER("3.0", "GET " LIVE "schema");
	ASSERT_ANSWER("incompatible\n" OURS "\n(nil)",
		      "HMGET " LIVE "sensor:span-a state schema packets");
	assert_int_equal(waiting(sensor), 20);
	assert_int_equal(stats_of(sensor).rejected, 0);
	ASSERT_ANSWER("1", "DEL " LIVE "schema");
	drain_patiently(sensor);
	ASSERT_ANSWER("21", "XLEN " LIVE "events");
	ASSERT_ANSWER(OURS, "GET " LIVE "schema");
	sensor_end(sensor);
}

/* The other way round: a sensor of another major version comes to keys of ours. */
static void another_major_version_does_not_touch_our_keys(void **state)
{
	static const char *const versions[][2] = {{"3", "0"}, {"1", "9"}};
	struct sensor *sensor;
	char sha[64];

	(void)state;
	fresh();
	sensor = sensor_begin("span-a");
	publish_next(sensor, EVENT_EXPOSURE_OPENED);
	drain(sensor);
	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
		load_script(versions[i][0], versions[i][1], sha);
		assert_non_null(strstr(publish_other(sha, 1), "SPANWATCH-SCHEMA the keys have "
							      "schema " OURS));
		ASSERT_ANSWER("1", "XLEN " LIVE "events");
		ASSERT_ANSWER("(nil)", "HGET " LIVE "applied other");
		assert_non_null(strstr(beat_other(sha), "-SPANWATCH-SCHEMA"));
		ASSERT_ANSWER("incompatible\n7\n(nil)",
			      "HMGET " LIVE "sensor:other state events_waiting packets");
		ASSERT_ANSWER(OURS, "GET " LIVE "schema");
	}
	publish_next(sensor, EVENT_EXPOSURE_SUMMARY);
	drain(sensor);
	ASSERT_ANSWER("2", "XLEN " LIVE "events");
	sensor_end(sensor);
}

/* An idle sensor has only its heartbeat to find it out by; not said again at each attempt. */
static void an_idle_sensor_says_it_once(void **state)
{
	struct sensor *sensor;
	FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	char said[4000] = "";
	const char *first;

	(void)state;
	fresh();
	ASSERT_ANSWER("OK", "SET " LIVE "schema 3.0");
	assert_non_null(file);
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	sensor = sensor_begin("span-a");
	sink_redis_heartbeat(sensor->sink, "sensor\0span-a", 14);
	for (int i = 0; i < PATIENCE_TURNS && stats_of(sensor).reconnects < 4; i++)
		loop_pump(sensor->loop, 10);
	fflush(stderr);
	said[pread(fileno(file), said, sizeof said - 1, 0)] = '\0';
	dup2(saved, STDERR_FILENO);
	close(saved);
	fclose(file);
	assert_true(stats_of(sensor).reconnects >= 4);
	first = strstr(said, "SPANWATCH-SCHEMA");
	assert_non_null(first);
	assert_null(strstr(first + 1, "SPANWATCH-SCHEMA"));
	assert_null(strstr(said, "takes events again"));
	ASSERT_ANSWER("incompatible", "HGET " LIVE "sensor:span-a state");
	sensor_end(sensor);
}

/* What is no version at all is nobody's to write over. */
static void a_foreign_key_makes_it_wait(void **state)
{
	struct sensor *sensor;

	(void)state;
	fresh();
	ASSERT_ANSWER("1", "SADD " LIVE "schema x");
	sensor = sensor_begin("span-a");
	publish_next(sensor, EVENT_EXPOSURE_OPENED);
	pump_until_said(sensor, "schema ?, this sensor");
	for (int i = 0; i < PATIENCE_TURNS && stats_of(sensor).reconnects < 8; i++)
		loop_pump(sensor->loop, 10);
	assert_int_equal(waiting(sensor), 1);
	assert_int_equal(stats_of(sensor).rejected, 0);
	ASSERT_ANSWER("1", "DEL " LIVE "schema");
	drain_patiently(sensor);
	ASSERT_ANSWER("1", "XLEN " LIVE "events");
	sensor_end(sensor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notes_the_version),
		cmocka_unit_test(a_newer_minor_version_beside_ours),
		cmocka_unit_test(keeps_fields_that_it_does_not_know),
		cmocka_unit_test(another_major_version_makes_ours_wait),
		cmocka_unit_test(another_major_version_does_not_touch_our_keys),
		cmocka_unit_test(an_idle_sensor_says_it_once),
		cmocka_unit_test(a_foreign_key_makes_it_wait),
	};

	return redis_sensor_tests(tests, sizeof tests / sizeof *tests, "test_redis_schema");
}
