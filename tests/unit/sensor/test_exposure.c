/* SPDX-License-Identifier: ISC */
/* An exposure's life: when the wall fell, closing by proof, reopening, merged facts. */
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

/* The wall that they meet is not the one that the balancer's clients have passed. */
static void probes_say_nothing_of_the_way_by_a_balancer(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	struct observation o = scene_answer(scene, HOST, 22, "203.0.113.77", NULL, 5);
	const struct event *event;

	(void)state;
	o.flow.carrier = (struct carrier){scene_address("10.1.0.1"), 4711, FORWARDED_PROXY_V2};
	o.flow.first = true;
	scene_tell(scene, o);
	scene_prove_closed(scene, HOST, 22, 100);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 0);
	/* Once somebody has come straight, they do again. */
	scene_reach(scene, HOST, 22, "203.0.113.6", 200);
	scene_prove_closed(scene, HOST, 22, 300);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 1);
	event = &scene->events[scene->count - 1];
	while (event->kind != EVENT_EXPOSURE_CLOSED)
		event--;
	assert_int_equal(event->exposure.source_count, 2);
	for (unsigned i = 0; i < event->exposure.source_count; i++) {
		const struct exposure_source *source = &event->exposure.sources[i];
		bool carried = address_equal(&source->address, &o.flow.client);

		assert_int_equal(source->carrier.by, carried ? FORWARDED_PROXY_V2 : FORWARDED_NOT);
	}
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
					      "1 old one has not ended, and is silent"));
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
	fresh.flow.direction = DIRECTION_PAYLOAD;
	scene_tell(scene, fresh);
	fresh = scene_flow(HOST, 22, "203.0.113.78", 31);
	fresh.flow.outcome = OUTCOME_MIDSTREAM;
	scene_tell(scene, fresh);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_REOPENED), 0);
	engine_tick(scene->engine, scene_ns(HOUR + 60));
	assert_non_null(strstr(scene_newest(scene, EVENT_EXPOSURE_SUMMARY)->reason,
			       "is closed, and old conversations end"));
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
	/* Nor are a few over a long time. */
	scene_reach(scene, HOST, 23, STRANGER, 0);
	for (unsigned i = 1; i <= 8; i++)
		scene_probe(scene, HOST, 23, "203.0.113.9", i * 600);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 1);
	scene_close(scene);
}

static void those_that_ended_do_not_talk_on(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	struct observation o;

	(void)state;
	scene_reach(scene, HOST, 22, STRANGER, 0);
	scene_reach(scene, HOST, 22, "203.0.113.6", 1);
	o = scene_answer(scene, HOST, 22, STRANGER, "ssh", 2);
	o.flow.ended = true;
	scene_tell(scene, o);
	o = scene_answer(scene, HOST, 22, "203.0.113.6", "ssh", 3);
	o.flow.ended = true;
	scene_tell(scene, o);
	scene_prove_closed(scene, HOST, 22, 10);
	assert_int_equal(scene_newest(scene, EVENT_EXPOSURE_CLOSED)->exposure.live_flows, 0);
	assert_null(strstr(scene_newest(scene, EVENT_EXPOSURE_CLOSED)->reason, "old"));
	scene_close(scene);
}

static void two_clients_do_not_make_it_flap(void **state)
{
	static const char *const answers[] = {"http",  "elasticsearch", "http",
					      "redis", "http",		"elasticsearch"};
	struct scene *scene = scene_open(SCENE_POLICY);
	const struct event *event;

	(void)state;
	scene_reach(scene, HOST, 9200, STRANGER, 0);
	for (unsigned i = 0; i < 6; i++)
		scene_tell(scene, scene_answer(scene, HOST, 9200, STRANGER, answers[i], i + 1));
	/* First an answer, then what was behind http; after that it is what it is. */
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_ESCALATED), 2);
	event = scene_newest(scene, EVENT_EXPOSURE_ESCALATED);
	assert_int_equal(event->exposure.service, services_find(scene->services, "elasticsearch"));
	assert_non_null(strstr(event->reason, "what answers 203.0.113.5 (internet) is "
					      "elasticsearch on 10.20.0.1:9200"));
	assert_false(event->alert);
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
		cmocka_unit_test(probes_say_nothing_of_the_way_by_a_balancer),
		cmocka_unit_test(an_answer_in_between_resets),
		cmocka_unit_test(old_connections_do_not_keep_it_open),
		cmocka_unit_test(a_new_connection_reopens),
		cmocka_unit_test(one_patient_scanner_is_proof_too),
		cmocka_unit_test(those_that_ended_do_not_talk_on),
		cmocka_unit_test(two_clients_do_not_make_it_flap),
		cmocka_unit_test(the_internets_wall_is_not_the_partners),
		cmocka_unit_test(a_hole_for_one_client_stops_flapping),
		cmocka_unit_test(facts_are_merged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
