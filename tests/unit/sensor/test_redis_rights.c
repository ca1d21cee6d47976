/* SPDX-License-Identifier: ISC */
/*
 * tools/redis/users.acl: with the rights of its user "spanwatch" a sensor does all that it does and
 * nothing is denied; without any one of them something is. Sentinels and clusters, and the other
 * users: tests/tools/test_redis_rights.py.
 */
#include "tests/unit/redis_sensor.h"

#define USERS	   "tools/redis/users.acl"
#define RIGHTS_MAX 64

static char line[2000];

/* The sensor's line, with a password. */
static void read_line(void)
{
	FILE *file = fopen(USERS, "re");
	char *no_password;

	assert_non_null(file);
	do
		assert_non_null(fgets(line, sizeof line, file));
	while (strncmp(line, "user spanwatch ", 15) != 0);
	fclose(file);
	line[strcspn(line, "\n")] = '\0';
	no_password = strstr(line, "resetpass");
	assert_non_null(no_password);
	memcpy(no_password, ">right   ", 9);
}

static void set_rights(const char *without)
{
	ASK("ACL DELUSER spanwatch");
	ASSERT_ANSWER("OK", "ACL SETUSER %s", line + 5);
	if (without != NULL)
		ASSERT_ANSWER("OK", "ACL SETUSER spanwatch -%s", without);
	ASSERT_ANSWER("OK", "ACL LOG RESET");
}

/* Until nothing is to be sent, or something was denied. */
static void try_drain(struct sensor *sensor)
{
	for (int i = 0;
	     i < PATIENCE_TURNS && (waiting(sensor) != 0 || sink_redis_busy(sensor->sink)); i++) {
		loop_pump(sensor->loop, 10);
		if (i % 8 == 7 && ASK("ACL LOG 1")[0] != '\0')
			return;
	}
}

static void publish_all(struct sensor *sensor)
{
	for (int kind = 0; kind < EVENT_KIND_COUNT; kind++)
		publish_next(sensor, (enum event_kind)kind);
	try_drain(sensor);
}

/* A live sensor in database 0 and a replay in database 1. */
static void do_all(void)
{
	char url[200];
	struct sensor *sensor;

	/* Keys of an older version, one of another type, a sensor that has gone. */
	ASK("SET " LIVE "schema 2.0");
	ASK("SET " LIVE "facets taken");
	ASK("ZADD " LIVE "sensors 1 gone");
	sensor = sensor_begin_with("span-a", "spanwatch:right@", NULL, NULL);

	for (int i = 0; i < 100 && !stats_of(sensor).connected; i++)
		loop_pump(sensor->loop, 10);
	publish_all(sensor);
	/* What was there before is taken out. */
	sink_redis_coverage(sensor->sink, "rule:a@span-a\0{}", 17);
	sink_redis_coverage(sensor->sink, "rule:b@span-a\0{}", 17);
	for (int i = 0; i < 3; i++) {
		sink_redis_heartbeat(sensor->sink, "state\0watching", 15);
		try_drain(sensor);
	}
	for (int i = 0; i < 100 && ASK("ACL LOG 1")[0] == '\0' &&
			strstr(ASK("INFO commandstats"), "cmdstat_ping") == NULL;
	     i++)
		loop_pump(sensor->loop, 10);
	sensor_end(sensor);
	snprintf(url, sizeof url, "unix://spanwatch:right@%s?db=1", server.socket);
	sensor = sensor_begin_at("span-a", url, NULL, "r1", NULL);
	for (int i = 0; i < 100 && !stats_of(sensor).connected && ASK("ACL LOG 1")[0] == '\0'; i++)
		loop_pump(sensor->loop, 10);
	if (stats_of(sensor).connected)
		publish_all(sensor);
	sensor_end(sensor);
}

static void are_enough(void **state)
{
	(void)state;
	fresh();
	ASSERT_ANSWER("OK", "CONFIG RESETSTAT");
	read_line();
	set_rights(NULL);
	do_all();
	ASSERT_ANSWER("", "ACL LOG");
	ASSERT_ANSWER("16", "XLEN " LIVE "events");
	ASSERT_ANSWER("rule:b@span-a", "HKEYS " LIVE "coverage");
	ASSERT_ANSWER("rule:b", "HKEYS " LIVE "coverage:span-a");
	ASSERT_ANSWER("watching", "HGET " LIVE "sensor:span-a state");
	assert_non_null(strstr(ASK("INFO keyspace"), "db1:"));
}

/* Those that are asked only elsewhere, and what everybody may. */
static bool is_special(const char *right)
{
	static const char *const special[] = {"auth", "role", "cluster|nodes"};

	for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
		if (strcmp(right, special[i]) == 0)
			return true;
	}
	return false;
}

static void are_all_needed(void **state)
{
	char copy[sizeof line], *rest = copy;
	int count = 0, saved = dup(STDERR_FILENO);

	(void)state;
	fresh();
	read_line();
	memcpy(copy, line, sizeof line);
	assert_non_null(freopen("/dev/null", "w", stderr)); /* what is denied is told */
	for (char *word = strtok_r(rest, " ", &rest); word != NULL;
	     word = strtok_r(rest, " ", &rest)) {
		if (word[0] != '+' || is_special(word + 1))
			continue;
		ASSERT_ANSWER("OK", "FLUSHALL");
		ASSERT_ANSWER("OK", "CONFIG RESETSTAT");
		set_rights(word + 1);
		do_all();
		if (ASK("ACL LOG")[0] == '\0')
			fail_msg("%s is not needed", word);
		count++;
	}
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	assert_true(count > 20);
	ASSERT_ANSWER("1", "ACL DELUSER spanwatch");
}

static void do_not_reach_beyond_our_keys(void **state)
{
	static const char *const denied[] = {
		"SET other 1",
		"HSET {spanwatch:}x a b",
		"GET other",
		"PUBLISH other x",
		"FLUSHALL",
		"KEYS *",
		"CONFIG GET requirepass",
		"EVAL return\\ 1 0",
		"SCRIPT FLUSH",
		"ACL LIST",
	};

	(void)state;
	fresh();
	read_line();
	set_rights(NULL);
	for (size_t i = 0; i < sizeof denied / sizeof *denied; i++)
		assert_memory_equal(
			redis_port_ask(&server, NULL, "AUTH spanwatch right", denied[i]), "-NOPERM",
			7);
	ASSERT_ANSWER("1", "ACL DELUSER spanwatch");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(are_enough),
		cmocka_unit_test(are_all_needed),
		cmocka_unit_test(do_not_reach_beyond_our_keys),
	};

	return redis_sensor_tests(tests, sizeof tests / sizeof *tests, "test_redis_rights");
}
