/* SPDX-License-Identifier: ISC */
/*
 * Nothing is lost and nothing counted twice when the server dies, hangs, is full or read-only,
 * forgets the script, has a foreign key in the way, or refuses the log-in; or when the sensor dies.
 */
#include "tests/unit/redis_sensor.h"

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

/* Every event exactly once and in order, whenever the server dies. */
static void survives_a_killed_server(void **state)
{
	struct sensor *sensor;
	const char *entry;

	(void)state;
	fresh();
	sensor = sensor_begin("span-a");
	connect_sensor(sensor);
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

/* What it had confirmed is gone: the last thousand events are sent once more, in order. */
static void fills_a_server_that_comes_back_empty(void **state)
{
	struct sensor *sensor;
	char command[200];

	(void)state;
	fresh();
	sensor = sensor_begin("span-a");
	for (int i = 0; i < 300; i++)
		publish_next(sensor, EVENT_EXPOSURE_SUMMARY);
	drain(sensor);
	redis_server_kill(&server);
	snprintf(command, sizeof command, "rm -rf '%s'/appendonly*", server.directory);
	assert_int_equal(system(command), 0);
	assert_true(redis_server_start(&server, NULL, NULL));
	for (int i = 0; i < PATIENCE_TURNS && stats_of(sensor).reconnects == 0; i++)
		loop_pump(sensor->loop, 10);
	drain(sensor);
	ASSERT_ANSWER("300", "XLEN " LIVE "events");
	assert_non_null(strstr(ASK("XREVRANGE " LIVE "events + - COUNT 1"), "\nsequence\n300\n"));
	/* It has all of them: nothing is sent again. */
	ASK("CLIENT KILL TYPE normal");
	for (int i = 0; i < PATIENCE_TURNS && stats_of(sensor).reconnects == 1; i++)
		loop_pump(sensor->loop, 10);
	drain(sensor);
	ASSERT_ANSWER("300", "XLEN " LIVE "events");
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

static void waits_for_replicas(void **state)
{
	struct sensor *sensor;

	(void)state;
	fresh();
	sensor = sensor_begin("span-a");
	connect_sensor(sensor);
	ASSERT_ANSWER("OK", "CONFIG SET min-replicas-to-write 1");
	for (int i = 0; i < 20; i++)
		publish_next(sensor, EVENT_EXPOSURE_SUMMARY);
	pump_until_said(sensor, "NOREPLICAS");
	assert_int_equal(waiting(sensor), 20);
	ASSERT_ANSWER("OK", "CONFIG SET min-replicas-to-write 0");
	drain(sensor);
	ASSERT_ANSWER("20", "XLEN " LIVE "events");
	sensor_end(sensor);
}

/* A right is taken away, and given back: nobody has to restart the sensor. */
static void waits_for_its_rights(void **state)
{
	struct sensor *sensor;

	(void)state;
	fresh();
	ASSERT_ANSWER("OK", "ACL SETUSER watch on >right ~spanwatch:* &spanwatch:* +@all");
	sensor = sensor_begin_with("span-a", "watch:right@", NULL, NULL);
	connect_sensor(sensor);
	ASSERT_ANSWER("OK", "ACL SETUSER watch -xadd");
	for (int i = 0; i < 20; i++)
		publish_next(sensor, EVENT_EXPOSURE_SUMMARY);
	pump(sensor, 30);
	assert_int_equal(waiting(sensor), 20);
	assert_int_equal(stats_of(sensor).rejected, 0);
	ASSERT_ANSWER("OK", "ACL SETUSER watch -evalsha +xadd");
	pump(sensor, 30);
	assert_int_equal(waiting(sensor), 20);
	ASSERT_ANSWER("OK", "ACL SETUSER watch +evalsha");
	drain(sensor);
	ASSERT_ANSWER("20", "XLEN " LIVE "events");
	ASSERT_ANSWER("1", "ACL DELUSER watch");
	sensor_end(sensor);
}

/* Answers that come one by one and late are no reason to give the connection up. */
static void bears_a_slow_server(void **state)
{
	struct sensor *sensor;

	(void)state;
	fresh();
	sensor = sensor_begin("span-a");
	connect_sensor(sensor);
	for (int i = 0; i < 8; i++) {
		kill(server.pid, SIGSTOP);
		publish_next(sensor, EVENT_EXPOSURE_SUMMARY);
		pump(sensor, 20);
		kill(server.pid, SIGCONT);
		pump(sensor, 10);
	}
	drain(sensor);
	assert_int_equal(stats_of(sensor).errors, 0);
	assert_int_equal(stats_of(sensor).reconnects, 0);
	ASSERT_ANSWER("8", "XLEN " LIVE "events");
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

/* Somebody else's key of another type is in the way: it is moved, and nothing waits for it. */
static void moves_a_foreign_key_aside(void **state)
{
	static const char *const keys[] = {"incident:99887766554433bb",
					   "exposure:00112233445566aa",
					   "open:severity",
					   "open:group:logging",
					   "events",
					   "queue",
					   "applied",
					   "facets",
					   "closed",
					   "settings"};
	struct sensor *sensor;

	(void)state;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		fresh();
		sensor = sensor_begin("span-a");
		connect_sensor(sensor);
		ASSERT_ANSWER("OK", "SET " LIVE "%s taken", keys[i]);
		publish_next(sensor, EVENT_SENSOR_STARTED);
		publish_next(sensor, EVENT_INCIDENT_OPENED);
		publish_next(sensor, EVENT_EXPOSURE_OPENED);
		publish_next(sensor, EVENT_EXPOSURE_CLOSED);
		publish_next(sensor, EVENT_SENSOR_STOPPED);
		drain(sensor);
		assert_int_equal(stats_of(sensor).rejected, 0);
		assert_true(stats_of(sensor).mended >= 1);
		ASSERT_ANSWER("5", "XLEN " LIVE "events");
		ASSERT_ANSWER("taken", "GET " LIVE "foreign:%s", keys[i]);
		assert_in_range(atoi(ASK("TTL " LIVE "foreign:%s", keys[i])), 600000, 604800);
		ASSERT_ANSWER("closed", "HGET " LIVE "exposure:00112233445566aa state");
		ASSERT_ANSWER("99887766554433bb", "ZRANGE " LIVE "open:incidents 0 -1");
		sensor_end(sensor);
	}
}

static void beat_once(struct sensor *sensor)
{
	static const char beat[] =
		"sensor\0span-a\0state\0watching\0events_waiting\0000\0exposures_open\0001";

	assert_true(sink_redis_heartbeat(sensor->sink, beat, sizeof beat));
	drain(sensor);
}

/* Everything is gone and the connection is not: the next heartbeat, or the next event, shows it. */
static void notices_that_all_was_lost(void **state)
{
	(void)state;
	for (int by_event = 0; by_event < 2; by_event++) {
		struct sensor *sensor;

		fresh();
		sensor = sensor_begin("span-a");
		for (int i = 0; i < 300; i++)
			publish_next(sensor, EVENT_EXPOSURE_SUMMARY);
		drain(sensor);
		beat_once(sensor);
		assert_int_equal(stats_of(sensor).errors, 0);
		ASSERT_ANSWER("OK", "FLUSHALL");
		if (by_event)
			publish_next(sensor, EVENT_EXPOSURE_SUMMARY);
		else
			beat_once(sensor);
		pump(sensor, 10);
		drain(sensor);
		ASSERT_ANSWER(by_event ? "301" : "300", "XLEN " LIVE "events");
		ASSERT_ANSWER("open", "HGET " LIVE "exposure:00112233445566aa state");
		ASSERT_ANSWER("00112233445566aa", "ZRANGE " LIVE "open:owner:platform 0 -1");
		assert_int_equal(stats_of(sensor).reconnects, 0);
		assert_int_equal(stats_of(sensor).forgotten, 0);
		sensor_end(sensor);
	}
}

/* One of its keys is gone (deleted, or thrown away by a full Redis): a heartbeat tells which
 * exposures must be told anew, or mends what follows from other keys. */
static void notices_that_a_key_was_lost(void **state)
{
	static const struct {
		const char *key;
		bool told_anew;
	} keys[] = {
		{"exposure:00112233445566aa", true},
		{"open:sensor:span-a", true},
		{"open", false},
		{"open:severity", false},
		{"open:incidents", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		struct sensor *sensor;

		fresh();
		sensor = sensor_begin("span-a");
		publish_next(sensor, EVENT_EXPOSURE_OPENED);
		publish_next(sensor, EVENT_INCIDENT_OPENED);
		drain(sensor);
		beat_once(sensor);
		assert_int_equal(stats_of(sensor).losses + stats_of(sensor).mended, 0);
		ASSERT_ANSWER("1", "DEL " LIVE "%s", keys[i].key);
		beat_once(sensor);
		assert_int_equal(stats_of(sensor).losses, keys[i].told_anew);
		assert_true(keys[i].told_anew || stats_of(sensor).mended != 0 || i == 4);
		if (keys[i].told_anew)
			publish_next(sensor, EVENT_EXPOSURE_SUMMARY); /* as the program does */
		drain(sensor);
		ASSERT_ANSWER("00112233445566aa\n94",
			      "ZRANGE " LIVE "open:severity 0 -1 WITHSCORES");
		ASSERT_ANSWER("00112233445566aa", "ZRANGE " LIVE "open 0 -1");
		ASSERT_ANSWER("00112233445566aa", "ZRANGE " LIVE "open:sensor:span-a 0 -1");
		ASSERT_ANSWER("99887766554433bb", "ZRANGE " LIVE "open:incidents 0 -1");
		ASSERT_ANSWER("open", "HGET " LIVE "exposure:00112233445566aa state");
		beat_once(sensor);
		assert_int_equal(stats_of(sensor).losses, keys[i].told_anew);
		sensor_end(sensor);
	}
}

/* Ids that nobody knows, and hashes that no set knows. */
static void mends_the_sets(void **state)
{
	struct sensor *sensor;

	(void)state;
	fresh();
	sensor = sensor_begin("span-a");
	publish_next(sensor, EVENT_EXPOSURE_OPENED);
	drain(sensor);
	ASSERT_ANSWER("1", "ZADD " LIVE "open 1 deadbeefdeadbeef");
	ASSERT_ANSWER("1", "ZADD " LIVE "open:owner:platform 1 deadbeefdeadbeef");
	for (int i = 0; i < 50 && strcmp(ASK("ZCARD " LIVE "open:owner:platform"), "1") != 0; i++)
		beat_once(sensor);
	ASSERT_ANSWER("00112233445566aa", "ZRANGE " LIVE "open:owner:platform 0 -1");
	ASSERT_ANSWER("00112233445566aa", "ZRANGE " LIVE "open 0 -1");
	publish_next(sensor, EVENT_EXPOSURE_CLOSED);
	drain(sensor);
	beat_once(sensor);
	ASSERT_ANSWER("0", "HSET " LIVE "exposure:00112233445566aa closed %s",
		      "2100-01-01T00:00:00.000000Z");
	ASSERT_ANSWER("0", "ZCARD " LIVE "closed"); /* of 2015: it was trimmed at once */
	for (int i = 0; i < 50 && strcmp(ASK("ZCARD " LIVE "closed"), "1") != 0; i++)
		beat_once(sensor);
	ASSERT_ANSWER("00112233445566aa", "ZRANGE " LIVE "closed 0 -1");
	sensor_end(sensor);
}

/* Full: no event is taken, but the sensor and Redis live, and that is told. */
static void beats_at_a_full_server(void **state)
{
	struct sensor *sensor;

	(void)state;
	fresh();
	sensor = sensor_begin("span-a");
	connect_sensor(sensor);
	ASSERT_ANSWER("OK", "CONFIG SET maxmemory 1");
	publish_next(sensor, EVENT_EXPOSURE_SUMMARY);
	pump_until_said(sensor, "OOM");
	ASK("DEL " LIVE "sensor:span-a");
	for (int i = 0; i < PATIENCE_TURNS && strcmp(ASK("EXISTS " LIVE "sensor:span-a"), "1") != 0;
	     i++) {
		sink_redis_heartbeat(sensor->sink, "state\0watching", 15);
		pump(sensor, 1);
	}
	ASSERT_ANSWER("watching", "HGET " LIVE "sensor:span-a state");
	assert_int_equal(waiting(sensor), 1);
	ASSERT_ANSWER("OK", "CONFIG SET maxmemory 0");
	drain(sensor);
	sensor_end(sensor);
}

/* A Redis that throws keys away when it is full is told at the greeting, and in the heartbeat. */
static void tells_a_server_that_evicts(void **state)
{
	struct sensor *sensor;

	(void)state;
	fresh();
	ASSERT_ANSWER("OK", "CONFIG SET maxmemory-policy allkeys-lru");
	sensor = sensor_begin("span-a");
	pump_until_said(sensor, "maxmemory-policy allkeys-lru");
	connect_sensor(sensor);
	beat_once(sensor);
	ASSERT_ANSWER("allkeys-lru", "HGET " LIVE "sensor:span-a redis_evicts");
	ASSERT_ANSWER("OK", "CONFIG SET maxmemory-policy noeviction");
	sensor_end(sensor);
}

/* Two sensors of one name: the one that was started first is refused as long as the other one
 * lives. */
static void refuses_a_twin(void **state)
{
	struct sensor *first, *second;

	(void)state;
	fresh();
	first = sensor_begin("span-a");
	publish_next(first, EVENT_EXPOSURE_OPENED);
	drain(first);
	beat_once(first);
	second = sensor_begin("span-a");
	connect_sensor(second);
	beat_once(second);
	publish_next(second, EVENT_EXPOSURE_SUMMARY);
	drain(second);
	publish_next(first, EVENT_EXPOSURE_SUMMARY);
	pump_until_said(first, "SPANWATCH-TWIN");
	assert_true(stats_of(first).twins > 0);
	assert_int_equal(waiting(first), 1);
	beat_once(second);
	assert_true(stats_of(second).twins > 0);
	ASSERT_ANSWER("3", "XLEN " LIVE "events");
	assert_non_null(
		strstr(ASK("XREVRANGE " LIVE "events + - COUNT 1"), "\nkind\nsensor.twin\n"));
	/* The other one ends: the first goes on where it was, and nothing comes twice. */
	sink_redis_heartbeat(second->sink, "sensor\0span-a\0state\0stopping", 29);
	drain(second);
	sensor_end(second);
	drain_patiently(first);
	ASSERT_ANSWER("4", "XLEN " LIVE "events");
	sensor_end(first);
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

/* Nothing is due and nothing comes: a question is asked, and nobody answers it. */
static void notices_a_server_that_hangs_while_idle(void **state)
{
	struct sensor *sensor;

	(void)state;
	fresh();
	sensor = sensor_begin("span-a");
	connect_sensor(sensor);
	for (int i = 0;
	     i < PATIENCE_TURNS && strstr(ASK("INFO commandstats"), "cmdstat_ping") == NULL; i++)
		loop_pump(sensor->loop, 10);
	assert_non_null(strstr(ASK("INFO commandstats"), "cmdstat_ping"));
	assert_int_equal(stats_of(sensor).errors, 0);
	kill(server.pid, SIGSTOP);
	for (int i = 0; i < PATIENCE_TURNS && stats_of(sensor).connected; i++)
		loop_pump(sensor->loop, 10);
	assert_false(stats_of(sensor).connected);
	kill(server.pid, SIGCONT);
	connect_sensor(sensor);
	sensor_end(sensor);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(applies_once),
		cmocka_unit_test(takes_reused_numbers_of_a_new_run),
		cmocka_unit_test(survives_a_killed_server),
		cmocka_unit_test(fills_a_server_that_comes_back_empty),
		cmocka_unit_test(waits_for_a_hung_server),
		cmocka_unit_test(waits_for_memory),
		cmocka_unit_test(waits_for_a_writable_server),
		cmocka_unit_test(waits_for_replicas),
		cmocka_unit_test(waits_for_its_rights),
		cmocka_unit_test(bears_a_slow_server),
		cmocka_unit_test(loads_the_script_again),
		cmocka_unit_test(moves_a_foreign_key_aside),
		cmocka_unit_test(notices_that_all_was_lost),
		cmocka_unit_test(notices_that_a_key_was_lost),
		cmocka_unit_test(mends_the_sets),
		cmocka_unit_test(beats_at_a_full_server),
		cmocka_unit_test(tells_a_server_that_evicts),
		cmocka_unit_test(refuses_a_twin),
		cmocka_unit_test(notices_a_server_that_hangs_while_idle),
		cmocka_unit_test(tells_a_refused_log_in_once),
	};

	return redis_sensor_tests(tests, sizeof tests / sizeof *tests, "test_sink_redis_faults");
}
