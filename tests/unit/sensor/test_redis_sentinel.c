/* SPDX-License-Identifier: ISC */
/*
 * Three real sentinels, a master and a replica, all with passwords: the sensor finds the master,
 * follows two failovers (the master dies; the master hangs), and every event is there once.
 */
#include "tests/unit/redis_sensor.h"

#define SENTINELS      3
#define SERVERS	       2
#define FAILOVER_TURNS 3000 /* of 10 ms */

static struct redis_server sentinels[SENTINELS], servers[SERVERS];
static char sentinel_ports[SENTINELS][8], ports[SERVERS][8], nobody[8];

static bool start_server(int number, bool as_replica)
{
	char master[40];
	const char *const more[] = {"--port",
				    ports[number],
				    "--requirepass",
				    "open",
				    "--masterauth",
				    "open",
				    "--repl-diskless-sync-delay",
				    "0",
				    "--repl-ping-replica-period",
				    "1",
				    as_replica ? "--replicaof" : NULL,
				    master,
				    NULL};

	snprintf(master, sizeof master, "127.0.0.1 %s", ports[1 - number]);
	return redis_server_start_with(&servers[number], more);
}

static bool answers_at(const char *port)
{
	FILE *stream = redis_server_connect_port(port);

	if (stream != NULL)
		fclose(stream);
	return stream != NULL;
}

static bool start_sentinel(int number)
{
	struct redis_server *sentinel = &sentinels[number];
	char path[100];
	FILE *file;

	if (!redis_server_place(sentinel))
		return false;
	snprintf(path, sizeof path, "%s/sentinel.conf", sentinel->directory);
	file = fopen(path, "we");
	if (file == NULL)
		return false;
	fprintf(file,
		"port %s\nbind 127.0.0.1\nrequirepass sesame\n"
		"sentinel monitor the-master 127.0.0.1 %s 2\n"
		"sentinel auth-pass the-master open\n"
		"sentinel down-after-milliseconds the-master 1000\n"
		"sentinel failover-timeout the-master 3000\n",
		sentinel_ports[number], ports[0]);
	fclose(file);
	sentinel->pid = fork();
	if (sentinel->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (chdir(sentinel->directory) != 0 || freopen("log", "a", stdout) == NULL)
			_exit(126);
		execlp("redis-server", "redis-server", path, "--sentinel", (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 500 && !answers_at(sentinel_ports[number]); i++)
		redis_server_nap();
	return answers_at(sentinel_ports[number]);
}

static const char *ask(int number, const char *question)
{
	return redis_port_ask(&servers[number], NULL, "AUTH open", question);
}

/* All sentinels agree: this is the master, and its replica and the other sentinels are known. */
static bool agreed(int master)
{
	char address[80];

	snprintf(address, sizeof address, "status=ok,address=127.0.0.1:%s,slaves=1,sentinels=3",
		 ports[master]);
	for (int i = 0; i < SENTINELS; i++) {
		if (strstr(redis_port_ask(&sentinels[i], sentinel_ports[i], "AUTH sesame",
					  "INFO sentinel"),
			   address) == NULL)
			return false;
	}
	return true;
}

static bool wait_agreed(int master)
{
	for (int i = 0; i < FAILOVER_TURNS && !agreed(master); i++)
		redis_server_nap();
	return agreed(master);
}

static bool start_all(void)
{
	redis_server_free_port(nobody);
	for (int i = 0; i < SERVERS; i++)
		redis_server_free_port(ports[i]);
	for (int i = 0; i < SERVERS; i++) {
		if (!start_server(i, i != 0))
			return false;
	}
	for (int i = 0; i < SENTINELS; i++) {
		redis_server_free_port(sentinel_ports[i]);
		if (!start_sentinel(i))
			return false;
	}
	return wait_agreed(0);
}

static struct sensor *begin(const char *password)
{
	char url[200];

	snprintf(url, sizeof url,
		 "redis+sentinel://:open@127.0.0.1:%s,127.0.0.1:%s,127.0.0.1:%s,127.0.0.1:%s/"
		 "the-master",
		 nobody, sentinel_ports[0], sentinel_ports[1], sentinel_ports[2]);
	setenv("SPANWATCH_SENTINEL_PASSWORD", password, 1);
	return sensor_begin_at("span-a", url, NULL, NULL, NULL);
}

/* The master that all agree on, once it and its replica have this many events. On a busy machine
 * the sentinels may change their minds: so the sensor goes on meanwhile. */
static int settle(struct sensor *sensor, const char *events)
{
	time_t end = time(NULL) + PATIENCE_S;

	while (time(NULL) < end) {
		pump(sensor, 5);
		for (int i = 0; i < SERVERS; i++) {
			if (agreed(i) && strcmp(ask(i, "XLEN " LIVE "events"), events) == 0 &&
			    strcmp(ask(1 - i, "XLEN " LIVE "events"), events) == 0)
				return i;
		}
	}
	fail_msg("%s, then %s", ask(0, "INFO replication"), ask(1, "XLEN " LIVE "events"));
	return -1;
}

/* The master dies with events that it alone had, and comes back as a replica; then the new one
 * hangs. */
static void follows_the_master(void **state)
{
	struct sensor *sensor;
	int master;

	(void)state;
	if (servers[0].pid == 0)
		skip();
	sensor = begin("sesame");
	publish_some(sensor, 200);
	drain_patiently(sensor);
	master = settle(sensor, "200");
	/* What the master confirms from here on its replica never hears of. */
	ask(1 - master, "CONFIG SET masterauth wrong");
	ask(master, "CLIENT KILL TYPE replica");
	publish_some(sensor, 50);
	drain_patiently(sensor);
	assert_string_equal(ask(master, "XLEN " LIVE "events"), "250");
	assert_string_equal(ask(1 - master, "XLEN " LIVE "events"), "200");
	redis_server_kill(&servers[master]);
	ask(1 - master, "CONFIG SET masterauth open");
	publish_some(sensor, 150);
	drain_patiently(sensor);
	assert_true(stats_of(sensor).reconnects >= 1);
	assert_true(wait_agreed(1 - master));
	assert_true(start_server(master, true));
	master = settle(sensor, "400");
	kill(servers[master].pid, SIGSTOP);
	publish_some(sensor, 200);
	drain_patiently(sensor);
	kill(servers[master].pid, SIGCONT);
	master = settle(sensor, "600");
	assert_string_equal(ask(master, "HGET " LIVE "exposure:00112233445566aa flows"), "3");
	sensor_end(sensor);
}

static void tells_what_a_sentinel_refuses(void **state)
{
	struct sensor *sensor;

	(void)state;
	if (servers[0].pid == 0)
		skip();
	sensor = begin("wrong");
	publish_next(sensor, EVENT_EXPOSURE_SUMMARY);
	/* The first one is not there; nor is that worth the only word about the outage. */
	pump_until_said(sensor, "Connection refused");
	for (int i = 0; i < PATIENCE_TURNS && stats_of(sensor).errors < 4; i++)
		loop_pump(sensor->loop, 10);
	assert_int_equal(waiting(sensor), 1);
	sensor_end(sensor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(follows_the_master),
		cmocka_unit_test(tells_what_a_sentinel_refuses),
	};
	int failed;

	if (redis_server_exists())
		assert_true(start_all());
	services = services_new();
	failed = cmocka_run_group_tests_name("test_redis_sentinel", tests, NULL, NULL);
	services_free(services);
	for (int i = 0; i < SENTINELS; i++)
		redis_server_remove(&sentinels[i]);
	for (int i = 0; i < SERVERS; i++)
		redis_server_remove(&servers[i]);
	return failed;
}
