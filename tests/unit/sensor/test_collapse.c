/* SPDX-License-Identifier: ISC */
/* Bounds: a host with many ports is one exposure, and a full table keeps what matters. */
#include "tests/unit/scene.h"

#define HOST	 "10.20.0.1"
#define STRANGER "203.0.113.5"

static void many_ports_are_one_exposure(void **state)
{
	struct scene *scene = scene_open("thresholds: { collapse-ports: 8 }\n" SCENE_POLICY);
	size_t told, alerts;
	const struct event *all;

	(void)state;
	for (unsigned port = 1; port <= 9; port++)
		scene_reach(scene, HOST, (uint16_t)port, STRANGER, port);
	all = scene_newest(scene, EVENT_EXPOSURE_OPENED);
	assert_int_equal(all->exposure.server.port, 0);
	assert_int_equal(all->exposure.flows, 9);
	assert_int_equal(all->exposure.clients, 1);
	assert_int_equal(all->exposure.severity, SEVERITY_CRITICAL);
	assert_string_equal(all->exposure.rule, "logging-internal");
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 0);
	assert_int_equal(scene_count_merged(scene), 9);
	assert_int_equal(scene_newest(scene, EVENT_EXPOSURE_SUMMARY)->severity, SEVERITY_INFO);
	assert_int_equal(scene_count(scene, EVENT_INCIDENT_CLOSED), 0);
	told = scene->count;
	alerts = scene_alerts(scene);
	assert_int_equal(alerts, 1);
	for (unsigned port = 10; port <= 2000; port++)
		scene_reach(scene, HOST, (uint16_t)port, STRANGER, port);
	assert_int_equal(scene->count, told);
	engine_finish(scene->engine, scene_ns(3000));
	assert_int_equal(scene_newest(scene, EVENT_EXPOSURE_SUMMARY)->exposure.flows, 2000);
	/* Ports that never answered say nothing of those that did. */
	scene_prove_closed(scene, HOST, 5000, 4000);
	assert_int_equal(scene_count(scene, EVENT_INCIDENT_CLOSED), 0);
	scene_prove_closed(scene, HOST, 5, 4010);
	assert_int_equal(scene_count(scene, EVENT_INCIDENT_CLOSED), 1);
	scene_close(scene);
}

static void collapsed_again_counts_once(void **state)
{
	struct scene *scene = scene_open("thresholds: { collapse-ports: 2 }\n" SCENE_POLICY);
	const struct event *again;

	(void)state;
	for (unsigned port = 1; port <= 3; port++)
		scene_reach(scene, HOST, (uint16_t)port, STRANGER, port);
	scene_prove_closed(scene, HOST, 1, 10);
	assert_int_equal(scene_count(scene, EVENT_INCIDENT_CLOSED), 1);
	for (unsigned port = 1; port <= 3; port++)
		scene_reach(scene, HOST, (uint16_t)port, STRANGER, 100 + port);
	again = scene_newest(scene, EVENT_EXPOSURE_REOPENED);
	assert_int_equal(again->exposure.server.port, 0);
	assert_int_equal(again->exposure.flows, 6);
	assert_int_equal(again->exposure.changed_before_ns, scene_ns(101));
	scene_close(scene);
}

static void a_full_table_collapses_without_loss(void **state)
{
	struct engine_options options = {.sensor = "unit", .max_exposures = 3};
	struct scene *scene =
		scene_open_with("thresholds: { collapse-ports: 2 }\n" SCENE_POLICY, &options);
	struct observation o = scene_flow("10.1.0.1", 1, STRANGER, 1);
	const struct event *all;

	(void)state;
	/* The one that gives way is the only one with a rule. */
	o.flow.service = services_find(scene->services, "redis");
	o.flow.identified_by = IDENTIFIED_PAYLOAD;
	scene_tell(scene, o);
	scene_reach(scene, "10.1.0.1", 2, STRANGER, 2);
	scene_reach(scene, "10.1.0.1", 3, STRANGER, 3);
	all = scene_newest(scene, EVENT_EXPOSURE_OPENED);
	assert_int_equal(all->exposure.server.port, 0);
	assert_int_equal(all->exposure.flows, 3);
	assert_string_equal(all->exposure.rule, "databases-internal");
	scene_close(scene);
}

static void only_the_ports_of_one_host_collapse(void **state)
{
	struct scene *scene = scene_open("thresholds: { collapse-ports: 8 }\n" SCENE_POLICY);

	(void)state;
	for (unsigned i = 1; i <= 8; i++) {
		scene_reach(scene, HOST, (uint16_t)i, STRANGER, i);
		scene_reach(scene, "10.20.0.2", (uint16_t)i, STRANGER, i);
	}
	for (unsigned i = 100; i < 120; i++) {
		struct observation o = scene_flow(HOST, (uint16_t)i, STRANGER, i);

		o.server.transport = TRANSPORT_UDP;
		o.flow.outcome = OUTCOME_UDP_ANSWERED;
		scene_tell(scene, o);
	}
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 0);
	scene_close(scene);
}

static void a_full_table_keeps_what_matters(void **state)
{
	struct engine_options options = {.sensor = "unit", .max_exposures = 4};
	struct scene *scene = scene_open_with(SCENE_POLICY, &options);
	struct engine_stats stats;

	(void)state;
	scene_reach(scene, "10.1.0.1", 80, STRANGER, 1); /* unlisted */
	scene_reach(scene, "10.1.0.2", 80, STRANGER, 2);
	scene_reach(scene, "10.20.0.1", 80, STRANGER, 3); /* critical */
	scene_reach(scene, "10.20.0.2", 80, STRANGER, 4);
	scene_prove_closed(scene, "10.20.0.2", 80, 5);
	scene_reach(scene, "10.20.0.3", 80, STRANGER, 10); /* the closed one goes, silently */
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 1);
	scene_reach(scene, "10.1.0.1", 80, STRANGER, 11); /* heard of again: 10.1.0.2 is older */
	scene_reach(scene, "10.20.0.4", 80, STRANGER, 12);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 2);
	assert_int_equal(scene_newest(scene, EVENT_EXPOSURE_CLOSED)->exposure.close_reason,
			 CLOSE_EVICTED);
	assert_true(address_equal(
		&scene_newest(scene, EVENT_EXPOSURE_CLOSED)->exposure.server.address,
		&(struct address){.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 1, 0, 2}}));
	scene_reach(scene, "10.20.0.5", 80, STRANGER, 13);
	scene_reach(scene, "10.1.0.9", 80, STRANGER, 14); /* a note displaces no alarm */
	engine_stats(scene->engine, &stats);
	assert_int_equal(stats.exposures_refused, 1);
	assert_int_equal(stats.exposures_evicted, 3);
	assert_int_equal(stats.exposures_open, 4);
	scene_close(scene);
}

/*
 * Seventy ports by their client's word, one that serves data; before them, among them, and after.
 */
static void a_port_that_serves_is_not_buried(void **state)
{
	struct scene *scene = scene_open("thresholds: { collapse-ports: 8 }\n" SCENE_POLICY);
	const struct event *all, *real;

	(void)state;
	scene_reach(scene, HOST, 22, STRANGER, 0);
	scene_tell(scene, scene_answer(scene, HOST, 22, STRANGER, "ssh", 1));
	for (unsigned port = 1000; port < 1070; port++) {
		struct observation o = scene_flow(HOST, (uint16_t)port, STRANGER, 2);

		o.flow.sight = SIGHT_CLIENT;
		o.flow.outcome = OUTCOME_CLIENT_ONLY;
		o.flow.direction = DIRECTION_SYN;
		o.flow.acknowledged = true;
		scene_tell(scene, o);
	}
	all = scene_newest(scene, EVENT_EXPOSURE_OPENED);
	assert_int_equal(all->exposure.server.port, 0);
	assert_non_null(strstr(all->reason, "answers of it are not seen"));
	assert_int_equal(scene_count_merged(scene), 8);
	scene_reach(scene, HOST, 1003, STRANGER, 10); /* one of those that were feigned */
	scene_reach(scene, HOST, 6379, STRANGER, 10);
	scene_tell(scene, scene_answer(scene, HOST, 1003, STRANGER, NULL, 11));
	scene_tell(scene, scene_answer(scene, HOST, 6379, STRANGER, "redis", 11));
	real = scene_newest(scene, EVENT_EXPOSURE_REOPENED);
	assert_int_equal(real->exposure.server.port, 1003);
	real = scene_newest(scene, EVENT_EXPOSURE_OPENED);
	assert_int_equal(real->exposure.server.port, 6379);
	assert_int_equal(real->exposure.service, services_find(scene->services, "redis"));
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 0);
	scene_close(scene);
}

/* A host that answers everything: few stay by themselves, and each new one is no event. */
static void who_serves_everywhere_is_one_exposure(void **state)
{
	struct scene *scene = scene_open("thresholds: { collapse-ports: 8 }\n" SCENE_POLICY);
	size_t told = 0;

	(void)state;
	for (unsigned port = 1; port <= 100; port++) {
		if (port == 50)
			told = scene->count;
		scene_reach(scene, HOST, (uint16_t)port, STRANGER, port);
		scene_tell(scene, scene_answer(scene, HOST, (uint16_t)port, STRANGER, "ssh", port));
	}
	assert_int_equal(scene->count, told);
	assert_int_equal(scene_count_merged(scene), 9);
	scene_close(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_ports_are_one_exposure),
		cmocka_unit_test(collapsed_again_counts_once),
		cmocka_unit_test(a_full_table_collapses_without_loss),
		cmocka_unit_test(only_the_ports_of_one_host_collapse),
		cmocka_unit_test(a_full_table_keeps_what_matters),
		cmocka_unit_test(a_port_that_serves_is_not_buried),
		cmocka_unit_test(who_serves_everywhere_is_one_exposure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
