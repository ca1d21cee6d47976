/* SPDX-License-Identifier: ISC */
/* An exposure's life: when the wall fell, closing by proof, reopening, collapse, eviction. */
#include "tests/unit/scene.h"

#define HOST	 "10.20.0.1"
#define STRANGER "203.0.113.5"

static void the_wall_is_dated(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	const struct exposure_view *x;
	struct observation o;

	(void)state;
	scene_probe(scene, HOST, 22, STRANGER, 100);
	scene_reach(scene, HOST, 22, STRANGER, 200);
	x = &scene_newest(scene, EVENT_EXPOSURE_OPENED)->exposure;
	assert_int_equal(x->changed_after_ns, scene_ns(100));
	assert_int_equal(x->changed_before_ns, scene_ns(200));
	assert_int_equal(x->wall_was, LEVEL_BLOCKED);
	/* A probe that comes later than the first answer dates nothing; the worker's own may. */
	scene_probe(scene, HOST, 23, STRANGER, 290);
	o = scene_flow(HOST, 23, STRANGER, 280);
	o.flow.wall_refused_ns = scene_ns(270);
	o.flow.wall_unanswered_ns = scene_ns(260);
	scene_tell(scene, o);
	x = &scene_newest(scene, EVENT_EXPOSURE_OPENED)->exposure;
	assert_int_equal(x->changed_after_ns, scene_ns(270));
	assert_int_equal(x->wall_was, LEVEL_REFUSED);
	assert_non_null(strstr(scene_newest(scene, EVENT_EXPOSURE_OPENED)->reason,
			       "it still refused at 2015-02-20 00:04:30Z"));
	scene_close(scene);
}

static void refused_then_accepted(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);

	(void)state;
	scene_tell(scene, scene_wall(HOST, 22, STRANGER, 10, true));
	assert_int_equal(scene->count, 0);
	scene_reach(scene, HOST, 22, STRANGER, 20);
	assert_int_equal(scene->events[0].exposure.wall_was, LEVEL_REFUSED);
	assert_int_equal(scene->events[0].exposure.changed_after_ns, scene_ns(10));
	scene_close(scene);
}

static void three_strangers_prove_it_closed(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	const struct event *event;

	(void)state;
	scene_reach(scene, HOST, 22, STRANGER, 0);
	scene_probe(scene, HOST, 22, "203.0.113.1", 10);
	scene_probe(scene, HOST, 22, "203.0.113.2", 11);
	scene_probe(scene, HOST, 22, "203.0.113.2", 12); /* the same one again */
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 0);
	scene_tell(scene, scene_wall(HOST, 22, "203.0.113.3", 13, true));
	event = scene_newest(scene, EVENT_EXPOSURE_CLOSED);
	assert_int_equal(event->exposure.close_reason, CLOSE_PROBES);
	assert_int_equal(event->exposure.last_accept_ns, scene_ns(0));
	assert_int_equal(event->exposure.closed_ns, scene_ns(13));
	assert_int_equal(event->exposure.probes_unanswered, 3);
	assert_int_equal(event->exposure.probes_refused, 1);
	assert_false(event->alert);
	assert_non_null(strstr(event->reason, "closed between 2015-02-20 00:00:00Z and 2015-02-20 "
					      "00:00:13Z: 4 probes from 3 sources met no answer; "
					      "closed for new connections, 1 old one still"));
	scene_probe(scene, HOST, 22, "203.0.113.4", 14);
	engine_tick(scene->engine, scene_ns(DAY * 3));
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 1);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_SUMMARY), 0);
	scene_close(scene);
}

static void an_answer_in_between_resets(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);

	(void)state;
	scene_reach(scene, HOST, 22, STRANGER, 0);
	for (unsigned i = 0; i < 20; i++) {
		char source[32];

		snprintf(source, sizeof source, "203.0.113.%u", i + 10);
		scene_probe(scene, HOST, 22, source, 10 * i + 1);
		if (i % 2 == 1)
			scene_reach(scene, HOST, 22, STRANGER, 10 * i + 2);
	}
	/* Reports of probes older than the last answer come late: they prove nothing. */
	scene_prove_closed(scene, HOST, 22, 100);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 0);
	scene_close(scene);
}

static void old_connections_do_not_keep_it_open(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	struct observation old, fresh;

	(void)state;
	scene_reach(scene, HOST, 22, STRANGER, 0);
	old = scene_answer(scene, HOST, 22, STRANGER, "ssh", 11);
	scene_probe(scene, HOST, 22, "203.0.113.1", 10);
	scene_tell(scene, old);
	scene_probe(scene, HOST, 22, "203.0.113.2", 12);
	old.ts_ns = scene_ns(13);
	scene_tell(scene, old);
	scene_probe(scene, HOST, 22, "203.0.113.3", 14);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 1);
	/* It talks on, and what the capture meets in the middle is no new connection either. */
	old.ts_ns = scene_ns(20);
	scene_tell(scene, old);
	fresh = scene_flow(HOST, 22, "203.0.113.77", 30);
	fresh.flow.outcome = OUTCOME_MIDSTREAM;
	fresh.flow.direction = DIRECTION_PAYLOAD;
	scene_tell(scene, fresh);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_REOPENED), 0);
	engine_tick(scene->engine, scene_ns(HOUR + 60));
	assert_non_null(strstr(scene_newest(scene, EVENT_EXPOSURE_SUMMARY)->reason,
			       "closed for new connections, but old ones still talk"));
	/* Harm over an old connection is told all the same. */
	old.ts_ns = scene_ns(2 * HOUR);
	old.flow.facts.auth = AUTH_SUCCEEDED;
	scene_tell(scene, old);
	assert_int_equal(scene_newest(scene, EVENT_EXPOSURE_ESCALATED)->exposure.state,
			 EXPOSURE_CLOSED);
	scene_close(scene);
}

static void a_new_connection_reopens(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	const struct event *event;
	struct observation late;

	(void)state;
	scene_reach(scene, HOST, 22, STRANGER, 0);
	scene_prove_closed(scene, HOST, 22, 100);
	late = scene_flow(HOST, 22, STRANGER, 101); /* begun before the proof, told after it */
	scene_tell(scene, late);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_REOPENED), 0);
	scene_reach(scene, HOST, 22, STRANGER, 5000);
	event = scene_newest(scene, EVENT_EXPOSURE_REOPENED);
	assert_int_equal(event->exposure.reopened, 1);
	assert_int_equal(event->exposure.changed_after_ns, scene_ns(102));
	assert_int_equal(event->exposure.changed_before_ns, scene_ns(5000));
	assert_int_equal(event->exposure.flows, 3);
	assert_non_null(strstr(event->reason, "is open again"));
	scene_prove_closed(scene, HOST, 22, 6000);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 2);
	scene_close(scene);
}

static void one_patient_scanner_is_proof_too(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);

	(void)state;
	scene_reach(scene, HOST, 22, STRANGER, 0);
	for (unsigned i = 0; i < 12; i++) /* a burst is not */
		scene_probe(scene, HOST, 22, "203.0.113.9", 10 + i);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 0);
	scene_probe(scene, HOST, 22, "203.0.113.9", 69);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 0);
	scene_probe(scene, HOST, 22, "203.0.113.9", 70);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 1);
	scene_close(scene);
}

static void the_internets_wall_is_not_the_partners(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);

	(void)state;
	scene_reach(scene, HOST, 22, "198.51.100.7", 0);
	scene_prove_closed(scene, HOST, 22, 10);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 0);
	scene_probe(scene, HOST, 22, "198.51.100.7", 20);
	scene_probe(scene, HOST, 22, "198.51.100.8", 21);
	scene_probe(scene, HOST, 22, "198.51.100.9", 22);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 1);
	scene_close(scene);
}

static void a_hole_for_one_client_stops_flapping(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);

	(void)state;
	/* Each hour the one is let in and three others are not. */
	for (unsigned hour = 0; hour < 200; hour++) {
		scene_reach(scene, HOST, 22, STRANGER, hour * HOUR);
		scene_prove_closed(scene, HOST, 22, hour * HOUR + 60);
	}
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 3);
	scene_close(scene);
}

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
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 9);
	assert_int_equal(scene_newest(scene, EVENT_EXPOSURE_CLOSED)->exposure.close_reason,
			 CLOSE_COLLAPSED);
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

static void facts_are_merged(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	const struct facts *facts;
	struct observation o;

	(void)state;
	o = scene_answer(scene, HOST, 6379, STRANGER, "redis", 0);
	o.flow.first = true;
	o.flow.facts.auth = AUTH_REQUIRED;
	o.flow.facts.command_count = FACTS_COMMANDS;
	for (unsigned i = 0; i < FACTS_COMMANDS; i++)
		snprintf(o.flow.facts.commands[i].text, FACTS_COMMAND_TEXT, "HARMLESS %u", i);
	scene_tell(scene, o);
	o = scene_answer(scene, HOST, 6379, "203.0.113.6", "redis", 1);
	o.flow.first = true;
	o.flow.facts.auth = AUTH_SUCCEEDED;
	strcpy(o.flow.facts.user, "default");
	strcpy(o.flow.facts.product, "redis");
	strcpy(o.flow.facts.version, "7.0.15");
	o.flow.facts.command_count = 1;
	strcpy(o.flow.facts.commands[0].text, "CONFIG SET dir");
	o.flow.facts.commands[0].flags = COMMAND_DESTRUCTIVE;
	o.flow.facts.commands[0].accepted = ANSWER_NO;
	scene_tell(scene, o);
	facts = &scene_newest(scene, EVENT_EXPOSURE_ESCALATED)->exposure.facts;
	assert_int_equal(facts->auth, AUTH_SUCCEEDED);
	assert_string_equal(facts->version, "7.0.15");
	assert_string_equal(facts->user, "default");
	assert_int_equal(facts->command_count, FACTS_COMMANDS);
	assert_string_equal(facts->commands[FACTS_COMMANDS - 1].text, "CONFIG SET dir");
	assert_int_equal(scene_newest(scene, EVENT_EXPOSURE_ESCALATED)->exposure.sources[0].level,
			 LEVEL_ACCESSED); /* the furthest first */
	scene_close(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_wall_is_dated),
		cmocka_unit_test(refused_then_accepted),
		cmocka_unit_test(three_strangers_prove_it_closed),
		cmocka_unit_test(an_answer_in_between_resets),
		cmocka_unit_test(old_connections_do_not_keep_it_open),
		cmocka_unit_test(a_new_connection_reopens),
		cmocka_unit_test(one_patient_scanner_is_proof_too),
		cmocka_unit_test(the_internets_wall_is_not_the_partners),
		cmocka_unit_test(a_hole_for_one_client_stops_flapping),
		cmocka_unit_test(many_ports_are_one_exposure),
		cmocka_unit_test(only_the_ports_of_one_host_collapse),
		cmocka_unit_test(a_full_table_keeps_what_matters),
		cmocka_unit_test(facts_are_merged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
