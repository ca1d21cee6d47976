/* SPDX-License-Identifier: ISC */
/*
 * Incidents: one change, one alarm. The first test is the Mandrill case of 2015 in miniature: a
 * logging group of seven hosts behind a filter, opened by one rule change, probed, attacked in
 * vain for weeks, and closed by another.
 */
#include "tests/unit/scene.h"

#define BOT "203.0.113.66"

static const char *host(unsigned number, char text[32])
{
	snprintf(text, 32, "10.20.0.%u", number);
	return text;
}

static void failed_log_in(struct scene *scene, const char *server, uint64_t at)
{
	struct observation o = scene_answer(scene, server, 9200, BOT, "elasticsearch", at);

	o.flow.first = o.flow.last = true;
	o.flow.facts.auth = AUTH_FAILED;
	o.flow.new_logins_failed = 1;
	scene_tell(scene, o);
}

static void the_group_opens(struct scene *scene)
{
	char text[32];

	for (unsigned i = 1; i <= 7; i++) {
		struct observation o = scene_flow(host(i, text), 9200, BOT, 1000 + i);

		o.flow.last = true;
		scene_tell(scene, o);
	}
}

static void check_opening(const struct scene *scene)
{
	const struct event *opened = scene_newest(scene, EVENT_INCIDENT_OPENED);
	const struct event *last = scene_last(scene, EVENT_INCIDENT_UPDATED);

	assert_int_equal(scene_count(scene, EVENT_INCIDENT_OPENED), 1);
	assert_int_equal(opened->sequence, 2); /* right after its first exposure */
	assert_true(opened->alert);
	assert_int_equal(opened->severity, SEVERITY_CRITICAL);
	assert_string_equal(opened->reason,
			    "group logging is exposed: 10.20.0.1:9200 let in 203.0.113.66 "
			    "(internet); the wall fell between 2015-02-20 00:15:01Z and "
			    "2015-02-20 00:16:41Z");
	assert_string_equal(last->incident.group, "logging");
	assert_string_equal(last->incident.owner, "platform");
	assert_string_equal(last->incident.security_group, "sg-1");
	assert_string_equal(last->incident.rule, "logging-internal");
	assert_int_equal(last->incident.member_count, 7);
	assert_int_equal(last->incident.open_count, 7);
	assert_int_equal(last->incident.listed, 7);
	assert_true(last->incident.one_change);
	/* The last probe that met the wall, and the first that did not, of all seven. */
	assert_int_equal(last->incident.changed_after_ns, scene_ns(907));
	assert_int_equal(last->incident.changed_before_ns, scene_ns(1001));
	assert_int_equal(scene_alerts(scene), 1);
}

static void mandrill(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	const struct event *closed;
	char text[32];

	(void)state;
	for (unsigned i = 1; i <= 7; i++)
		scene_probe(scene, host(i, text), 9200, "203.0.113.1", 900 + i);
	assert_int_equal(scene->count, 0);
	the_group_opens(scene);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_OPENED), 7);
	check_opening(scene);
	for (unsigned day = 1; day <= 18; day++) {
		for (unsigned i = 1; i <= 7; i++)
			failed_log_in(scene, host(i, text), day * DAY + i);
		engine_tick(scene->engine, scene_ns(day * DAY + HOUR));
	}
	for (unsigned i = 1; i <= 7; i++)
		scene_prove_closed(scene, host(i, text), 9200, 19 * DAY + 10 * i);
	closed = scene_last(scene, EVENT_INCIDENT_CLOSED);
	assert_int_equal(scene_alerts(scene), 1); /* the one alarm of the whole affair */
	assert_int_equal(closed->incident.open_count, 0);
	assert_int_equal(closed->incident.level, LEVEL_ANSWERED);
	assert_int_equal(closed->incident.closed_ns, scene_ns(19 * DAY + 72));
	assert_string_equal(closed->reason, "group logging is closed again: all 7 exposed "
					    "endpoints, the last at 2015-03-11 00:01:12Z; it was "
					    "open for 18 days 23 h");
	assert_int_equal(scene_newest(scene, EVENT_EXPOSURE_CLOSED)->exposure.facts.auth,
			 AUTH_FAILED);
	assert_int_equal(scene_newest(scene, EVENT_EXPOSURE_CLOSED)->exposure.logins_failed, 18);
	scene_close(scene);
}

static void later_openings_are_another_incident(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	char first[EXPOSURE_ID_TEXT];

	(void)state;
	scene_reach(scene, "10.20.0.1", 22, BOT, 0);
	memcpy(first, scene->events[0].exposure.incident, sizeof first);
	scene_reach(scene, "10.20.0.2", 22, BOT, 600);	/* the window is ten minutes … */
	scene_reach(scene, "10.20.0.3", 22, BOT, 1200); /* … from the last that joined */
	assert_int_equal(scene_count(scene, EVENT_INCIDENT_OPENED), 1);
	scene_reach(scene, "10.20.0.4", 22, BOT, 1801);
	assert_int_equal(scene_count(scene, EVENT_INCIDENT_OPENED), 2);
	assert_string_not_equal(scene_newest(scene, EVENT_INCIDENT_OPENED)->incident.id, first);
	assert_int_equal(scene_alerts(scene), 2);
	scene_close(scene);
}

static void intervals_that_do_not_meet_are_two_changes(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	const struct incident_view *incident;

	(void)state;
	scene_probe(scene, "10.20.0.1", 22, BOT, 10);
	scene_reach(scene, "10.20.0.1", 22, BOT, 20);
	scene_probe(scene, "10.20.0.2", 22, BOT, 30); /* still closed after the first had opened */
	scene_reach(scene, "10.20.0.2", 22, BOT, 40);
	incident = &scene_last(scene, EVENT_INCIDENT_UPDATED)->incident;
	assert_false(incident->one_change);
	assert_non_null(strstr(scene->events[scene->count - 1].reason, "not one change"));
	scene_close(scene);
}

static void harm_is_an_alarm_of_its_own(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	struct observation o;

	(void)state;
	scene_reach(scene, "10.20.0.1", 9200, BOT, 0);
	scene_reach(scene, "10.20.0.2", 9200, BOT, 1);
	scene_tell(scene, scene_answer(scene, "10.20.0.1", 9200, BOT, "elasticsearch", 2));
	assert_int_equal(scene_alerts(scene), 1);
	o = scene_answer(scene, "10.20.0.1", 9200, BOT, "elasticsearch", 3);
	o.flow.facts.auth = AUTH_NONE;
	scene_tell(scene, o);
	assert_true(scene_last(scene, EVENT_INCIDENT_UPDATED)->alert);
	assert_int_equal(scene_last(scene, EVENT_INCIDENT_UPDATED)->incident.members[0].level,
			 LEVEL_ACCESSED);
	o = scene_answer(scene, "10.20.0.2", 9200, BOT, "elasticsearch", 4);
	o.flow.facts.auth = AUTH_NONE;
	scene_tell(scene, o); /* the incident as a whole is no worse */
	assert_int_equal(scene_alerts(scene), 2);
	scene_close(scene);
}

static void closed_and_opened_again(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	const struct event *event;

	(void)state;
	scene_reach(scene, "10.20.0.1", 22, BOT, 0);
	scene_prove_closed(scene, "10.20.0.1", 22, 10);
	assert_int_equal(scene_count(scene, EVENT_INCIDENT_CLOSED), 1);
	scene_reach(scene, "10.20.0.1", 22, BOT, 300);
	event = scene_last(scene, EVENT_INCIDENT_UPDATED);
	assert_true(event->alert); /* who was told "closed" must be told */
	assert_false(event->incident.closed);
	assert_int_equal(event->incident.member_count, 1);
	assert_int_equal(event->incident.open_count, 1);
	scene_prove_closed(scene, "10.20.0.1", 22, 400);
	scene_reach(scene, "10.20.0.1", 22, BOT, DAY);
	assert_int_equal(scene_count(scene, EVENT_INCIDENT_OPENED), 2);
	scene_close(scene);
}

static void many_members_are_counted(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	const struct incident_view *incident;
	char text[32];

	(void)state;
	for (unsigned i = 1; i <= 40; i++)
		scene_reach(scene, host(i, text), 22, BOT, i);
	incident = &scene_last(scene, EVENT_INCIDENT_UPDATED)->incident;
	assert_int_equal(incident->member_count, 40);
	assert_int_equal(incident->listed, INCIDENT_MEMBERS);
	for (unsigned i = 1; i <= 40; i++)
		scene_prove_closed(scene, host(i, text), 22, 100 + 4 * i);
	assert_int_equal(scene_count(scene, EVENT_INCIDENT_CLOSED), 1);
	scene_reach(scene, host(40, text), 22, BOT, 400); /* one that is counted, not listed */
	assert_int_equal(scene_last(scene, EVENT_INCIDENT_UPDATED)->incident.member_count, 40);
	assert_int_equal(scene_last(scene, EVENT_INCIDENT_UPDATED)->incident.open_count, 1);
	scene_close(scene);
}

static void the_table_of_incidents_is_bounded(void **state)
{
	struct engine_options options = {.sensor = "unit", .max_incidents = 2};
	struct scene *scene = scene_open_with(SCENE_POLICY, &options);
	struct engine_stats stats;
	char text[32];

	(void)state;
	for (unsigned i = 1; i <= 5; i++)
		scene_reach(scene, host(i, text), 22, BOT, i * HOUR);
	assert_int_equal(scene_count(scene, EVENT_INCIDENT_OPENED), 5);
	for (unsigned i = 1; i <= 5; i++)
		scene_prove_closed(scene, host(i, text), 22, 10 * HOUR + 4 * i);
	assert_int_equal(scene_count(scene, EVENT_INCIDENT_CLOSED), 2);
	engine_stats(scene->engine, &stats);
	assert_int_equal(stats.incidents_evicted, 3);
	assert_int_equal(stats.incidents_open, 0);
	scene_close(scene);
}

static void the_end_repeats_nothing(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	size_t told;

	(void)state;
	scene_reach(scene, "10.20.0.1", 22, BOT, 0);
	scene_reach(scene, "10.20.0.1", 22, BOT, 1); /* traffic, nothing new of the incident */
	told = scene_count(scene, EVENT_INCIDENT_UPDATED);
	engine_finish(scene->engine, scene_ns(2));
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_SUMMARY), 1);
	assert_int_equal(scene_count(scene, EVENT_INCIDENT_UPDATED), told);
	scene_reach(scene, "10.20.0.2", 22, BOT, 3);
	told = scene_count(scene, EVENT_INCIDENT_UPDATED);
	scene_prove_closed(scene, "10.20.0.2", 22, 4); /* one of two: told at once */
	assert_int_equal(scene_count(scene, EVENT_INCIDENT_UPDATED), told + 1);
	engine_finish(scene->engine, scene_ns(10));
	assert_int_equal(scene_count(scene, EVENT_INCIDENT_UPDATED), told + 1);
	assert_int_equal(scene_newest(scene, EVENT_INCIDENT_UPDATED)->incident.open_count, 1);
	scene_close(scene);
}

static void the_same_input_gives_the_same_events(void **state)
{
	struct engine_options options = {.sensor = "another", .first_sequence = 1};
	struct scene *one = scene_open(SCENE_POLICY);
	struct scene *two = scene_open_with(SCENE_POLICY, &options);

	(void)state;
	the_group_opens(one);
	the_group_opens(two);
	assert_int_equal(one->count, two->count);
	for (size_t i = 0; i < one->count; i++) {
		assert_string_equal(one->events[i].id, two->events[i].id);
		assert_string_equal(one->events[i].reason, two->events[i].reason);
		assert_string_equal(one->events[i].exposure.id, two->events[i].exposure.id);
		assert_string_equal(one->events[i].incident.id, two->events[i].incident.id);
	}
	/* A contract: every version and every sensor gives this endpoint this name. */
	assert_string_equal(one->events[0].exposure.id, "40f0123dc83685b8");
	scene_close(one);
	scene_close(two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mandrill),
		cmocka_unit_test(later_openings_are_another_incident),
		cmocka_unit_test(intervals_that_do_not_meet_are_two_changes),
		cmocka_unit_test(harm_is_an_alarm_of_its_own),
		cmocka_unit_test(closed_and_opened_again),
		cmocka_unit_test(many_members_are_counted),
		cmocka_unit_test(the_table_of_incidents_is_bounded),
		cmocka_unit_test(the_end_repeats_nothing),
		cmocka_unit_test(the_same_input_gives_the_same_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
