/* SPDX-License-Identifier: ISC */
/*
 * A real cluster of three masters and a replica: the sensor finds the node that has the site's
 * slot, follows it while it is moved to another node and when a replica takes over, and every event
 * is there once.
 */
#include "tests/unit/redis_sensor.h"

#define NODES	 4    /* the last one is a replica */
#define PATIENCE 3000 /* turns of 10 ms */
#define KEY	 LIVE "events"

static struct redis_server nodes[NODES];
static char ports[NODES][8];
static char ids[NODES][41];
static int slot;

#define AT(node, ...) redis_server_ask(&nodes[node], __VA_ARGS__)

static bool start_node(int number)
{
	char bus[8];
	const char *const more[] = {"--port",
				    ports[number],
				    "--bind",
				    "127.0.0.1",
				    "--cluster-enabled",
				    "yes",
				    "--cluster-port",
				    redis_server_free_port(bus),
				    "--cluster-node-timeout",
				    "1000",
				    "--cluster-replica-validity-factor",
				    "0",
				    "--repl-diskless-sync-delay",
				    "0",
				    NULL};

	if (!redis_server_start_with(&nodes[number], more))
		return false;
	snprintf(ids[number], sizeof ids[number], "%.40s", AT(number, "CLUSTER MYID"));
	if (number != 0)
		AT(0, "CLUSTER MEET 127.0.0.1 %s %s", ports[number], bus);
	return true;
}

static bool all_say(const char *question, const char *word)
{
	for (int i = 0; i < NODES; i++) {
		if (nodes[i].pid != 0 && strstr(AT(i, "%s", question), word) == NULL)
			return false;
	}
	return true;
}

static bool wait_all(const char *question, const char *word)
{
	for (int i = 0; i < PATIENCE && !all_say(question, word); i++)
		redis_server_nap();
	return all_say(question, word);
}

/* The node among the masters that has the slot, or -1. */
static int owner(void)
{
	for (int i = 0; i < NODES; i++) {
		if (nodes[i].pid != 0 && strstr(AT(i, "EXISTS " KEY), "MOVED") == NULL)
			return i;
	}
	return -1;
}

static bool start_all(void)
{
	for (int i = 0; i < NODES; i++) {
		redis_server_free_port(ports[i]);
		if (!start_node(i))
			return false;
	}
	if (!wait_all("CLUSTER INFO", "cluster_known_nodes:4"))
		return false;
	AT(0, "CLUSTER ADDSLOTSRANGE 0 5460");
	AT(1, "CLUSTER ADDSLOTSRANGE 5461 10922");
	AT(2, "CLUSTER ADDSLOTSRANGE 10923 16383");
	if (!wait_all("CLUSTER INFO", "cluster_state:ok"))
		return false;
	slot = atoi(AT(0, "CLUSTER KEYSLOT " KEY));
	return true;
}

static void begin_test(void)
{
	if (nodes[0].pid == 0)
		skip();
	assert_string_equal(AT(owner(), "FLUSHALL"), "OK");
}

static struct sensor *begin(const char *scheme, int first, int second)
{
	char url[120];

	if (second < 0)
		snprintf(url, sizeof url, "%s://127.0.0.1:%s", scheme, ports[first]);
	else
		snprintf(url, sizeof url, "%s://127.0.0.1:%s,127.0.0.1:%s", scheme, ports[first],
			 ports[second]);
	return sensor_begin_at("span-a", url, NULL, NULL, NULL);
}

static void assert_events(int node, const char *count)
{
	assert_string_equal(AT(node, "XLEN " KEY), count);
	assert_string_equal(AT(node, "HGET " LIVE "exposure:00112233445566aa flows"), "3");
}

static void finds_the_slot(void **state)
{
	struct sensor *sensor;
	int mine;

	(void)state;
	begin_test();
	mine = owner();
	sensor = begin("redis+cluster", (mine + 1) % 3, (mine + 2) % 3);
	publish_some(sensor, 300);
	drain(sensor);
	assert_events(mine, "300");
	assert_int_equal(stats_of(sensor).redirects, 1);
	sensor_end(sensor);
}

/* The URL says nothing of a cluster. */
static void notices_a_cluster(void **state)
{
	struct sensor *sensor;
	int mine;

	(void)state;
	begin_test();
	mine = owner();
	sensor = begin("redis", (mine + 1) % 3, -1);
	publish_some(sensor, 300);
	drain(sensor);
	assert_events(mine, "300");
	sensor_end(sensor);
}

static void migrate_keys(struct sensor *sensor, int from, int to)
{
	for (;;) {
		char *keys = strdup(AT(from, "CLUSTER GETKEYSINSLOT %d 2", slot));

		for (char *key = strtok(keys, "\n"); key != NULL; key = strtok(NULL, "\n")) {
			AT(from, "MIGRATE 127.0.0.1 %s %s 0 5000", ports[to], key);
			publish_some(sensor, 20);
			pump(sensor, 2);
		}
		if (keys[0] == '\0') {
			free(keys);
			return;
		}
		free(keys);
	}
}

/* Key by key, while events come: those in between wait for the end of it. */
static void follows_a_migration(void **state)
{
	struct sensor *sensor;
	char count[24];
	int from, to;

	(void)state;
	begin_test();
	from = owner();
	to = (from + 1) % 3;
	sensor = begin("redis+cluster", from, to);
	publish_some(sensor, 200);
	drain(sensor);
	assert_string_equal(AT(to, "CLUSTER SETSLOT %d IMPORTING %s", slot, ids[from]), "OK");
	assert_string_equal(AT(from, "CLUSTER SETSLOT %d MIGRATING %s", slot, ids[to]), "OK");
	publish_some(sensor, 20);
	pump(sensor, 30);
	migrate_keys(sensor, from, to);
	/* Asked for keys that have all left, the old node says ASK. The new one, asked with ASKING,
	 * serves one key; several only when it has them all. */
	for (int i = 0; i < PATIENCE && stats_of(sensor).redirects == 0; i++)
		loop_pump(sensor->loop, 10);
	assert_true(stats_of(sensor).redirects >= 1);
	assert_int_not_equal(waiting(sensor), 0);
	for (int i = 0; i < 3; i++)
		assert_string_equal(AT((to + i) % 3, "CLUSTER SETSLOT %d NODE %s", slot, ids[to]),
				    "OK");
	publish_some(sensor, 200);
	drain_patiently(sensor);
	snprintf(count, sizeof count, "%d", (int)sensor->sequence);
	assert_events(to, count);
	assert_int_equal(owner(), to);
	sensor_end(sensor);
}

static void follows_a_promotion(void **state)
{
	struct sensor *sensor;
	int mine;

	(void)state;
	begin_test();
	mine = owner();
	assert_string_equal(AT(3, "CLUSTER REPLICATE %s", ids[mine]), "OK");
	for (int i = 0;
	     i < PATIENCE && strstr(AT(3, "INFO replication"), "master_link_status:up") == NULL;
	     i++)
		redis_server_nap();
	sensor = begin("redis+cluster", mine, -1);
	publish_some(sensor, 200);
	drain(sensor);
	assert_string_equal(AT(mine, "WAIT 1 10000"), "1");
	redis_server_kill(&nodes[mine]);
	publish_some(sensor, 200);
	drain_patiently(sensor);
	assert_int_equal(owner(), 3);
	assert_events(3, "400");
	sensor_end(sensor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_slot),
		cmocka_unit_test(notices_a_cluster),
		cmocka_unit_test(follows_a_migration),
		cmocka_unit_test(follows_a_promotion),
	};
	int failed;

	if (redis_server_exists())
		assert_true(start_all());
	services = services_new();
	failed = cmocka_run_group_tests_name("test_redis_cluster", tests, NULL, NULL);
	services_free(services);
	for (int i = 0; i < NODES; i++)
		redis_server_remove(&nodes[i]);
	return failed;
}
