/* SPDX-License-Identifier: ISC */
/* The policy over time: reloads, exceptions, coverage; and what else outsiders ask the engine. */
#include "tests/unit/scene.h"

#define STRANGER "203.0.113.5"
#define NO_RULES                                                                                   \
	SCENE_ZONES "groups:\n  logging: { hosts: [10.20.0.0/24], owner: platform }\n"             \
		    "rules:\n  - { name: other, services: [imap], internal-only: true,"            \
		    " severity: low }\n"
#define EXCEPTION                                                                                  \
	SCENE_POLICY "exceptions:\n  - { rule: logging-internal, server: 10.20.0.9,"               \
		     " client: 203.0.113.0/24, reason: migration, owner: dba, ticket: NET-1,"      \
		     " until: 2015-03-10 }\n"

static void a_reload_closes_what_is_permitted(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);

	(void)state;
	scene_reach(scene, "10.20.0.1", 22, STRANGER, 0);
	scene_reload(scene, NO_RULES, 10);
	assert_int_equal(scene_newest(scene, EVENT_EXPOSURE_CLOSED)->exposure.close_reason,
			 CLOSE_POLICY);
	assert_non_null(strstr(scene_last(scene, EVENT_INCIDENT_CLOSED)->reason,
			       "the policy permits what is open"));
	scene_reach(scene, "10.20.0.1", 22, STRANGER, 20);
	assert_true(scene_last(scene, EVENT_EXPOSURE_REOPENED)->exposure.unlisted);
	assert_string_equal(scene_last(scene, EVENT_EXPOSURE_REOPENED)->exposure.incident, "");
	scene_close(scene);
}

static void a_reload_forbids_what_was_unlisted(void **state)
{
	struct scene *scene = scene_open(NO_RULES);

	(void)state;
	scene_reach(scene, "10.20.0.1", 22, STRANGER, 0);
	scene_reach(scene, "10.1.0.1", 22, STRANGER, 1);
	assert_int_equal(scene_alerts(scene), 0);
	scene_reload(scene, SCENE_POLICY, 10);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_ESCALATED), 1);
	assert_int_equal(scene_count(scene, EVENT_INCIDENT_OPENED), 1);
	assert_int_equal(scene_alerts(scene), 1);
	assert_non_null(strstr(scene_newest(scene, EVENT_EXPOSURE_ESCALATED)->reason,
			       "breaks rule logging-internal, severity critical"));
	scene_close(scene);
}

static void a_reload_without_a_change_says_nothing(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	size_t told;

	(void)state;
	scene_reach(scene, "10.20.0.1", 22, STRANGER, 0);
	scene_reach(scene, "10.1.0.1", 22, STRANGER, 1);
	told = scene->count;
	scene_reload(scene, "# the same\n" SCENE_POLICY, 10);
	assert_int_equal(scene->count, told);
	/* The incident is still known by the name of its group. */
	scene_reach(scene, "10.20.0.2", 22, STRANGER, 20);
	assert_int_equal(scene_last(scene, EVENT_INCIDENT_UPDATED)->incident.member_count, 2);
	scene_close(scene);
}

static void an_exception_is_silent_while_it_lasts(void **state)
{
	struct scene *scene = scene_open(EXCEPTION);

	(void)state;
	scene_reach(scene, "10.20.0.9", 22, STRANGER, 0);
	assert_int_equal(scene->count, 0);
	scene_reach(scene, "10.20.0.9", 22, STRANGER, 30 * DAY);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_OPENED), 1);
	scene_close(scene);
}

static void an_exception_may_name_the_public_address(void **state)
{
	struct scene *scene = scene_open(
		"translations:\n  - { public: 192.0.2.1, private: 10.20.0.5 }\n" SCENE_POLICY
		"exceptions:\n  - { rule: logging-internal, server: 192.0.2.1, client: "
		"203.0.113.0/24,"
		" reason: migration, owner: dba, until: 2015-03-10 }\n");

	(void)state;
	scene_reach(scene, "192.0.2.1", 443, STRANGER, 0);
	assert_int_equal(scene->count, 0);
	scene_close(scene);
}

static void exceptions_run_out_once(void **state)
{
	struct scene *scene = scene_open(EXCEPTION);
	const struct event *event;

	(void)state;
	for (unsigned hour = 0; hour < 40 * 24; hour++) {
		engine_tick(scene->engine, scene_ns(hour * HOUR));
		if (hour == 15 * 24) /* after the warning */
			scene_reload(scene, "# read again\n" EXCEPTION, 15 * DAY);
	}
	assert_int_equal(scene->count, 2);
	event = &scene->events[0];
	assert_int_equal(event->kind, EVENT_POLICY_EXCEPTION_EXPIRING);
	assert_true(event->ts_ns < scene->events[1].ts_ns);
	assert_int_equal(scene->events[1].kind, EVENT_POLICY_EXCEPTION_EXPIRED);
	assert_non_null(strstr(event->reason, "the exception from rule logging-internal "
					      "(migration, owner dba, NET-1) ends at "));
	scene_close(scene);
}

struct seen {
	struct coverage lines[8];
	size_t count;
};

static void note_coverage(void *context, const struct coverage *coverage)
{
	struct seen *seen = context;

	assert_true(seen->count < 8);
	seen->lines[seen->count++] = *coverage;
}

static void coverage_says_what_was_tried(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	struct seen seen = {.count = 0};

	(void)state;
	scene_probe(scene, "10.20.0.1", 22, STRANGER, 5);
	scene_probe(scene, "10.20.0.1", 22, STRANGER, 6);
	scene_reach(scene, "10.20.0.1", 22, STRANGER, 7);
	scene_probe(scene, "10.1.0.1", 6379, STRANGER, 8); /* where a database would be */
	scene_reload(scene, "# again\n" SCENE_POLICY, 9);
	engine_coverage(scene->engine, note_coverage, &seen);
	assert_int_equal(seen.count, 3);
	assert_true(seen.lines[0].is_rule);
	assert_int_equal(seen.lines[0].probes, 2);
	assert_int_equal(seen.lines[0].last_probe_ns, scene_ns(6));
	assert_int_equal(seen.lines[0].answers, 1);
	assert_int_equal(seen.lines[1].index, 1);
	assert_int_equal(seen.lines[1].probes, 1);
	assert_int_equal(seen.lines[1].answers, 0);
	assert_false(seen.lines[2].is_rule);
	assert_int_equal(seen.lines[2].last_answer_ns, scene_ns(7));
	scene_close(scene);
}

struct listing {
	uint8_t severity[8], level[8];
	size_t count;
};

static void note_exposure(void *context, const struct exposure_view *view)
{
	struct listing *listing = context;

	listing->severity[listing->count] = view->severity;
	listing->level[listing->count++] = view->level;
}

static void exposures_are_listed_worst_first(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	struct listing open = {.count = 0}, all = {.count = 0};

	(void)state;
	scene_reach(scene, "10.1.0.1", 22, STRANGER, 0);
	scene_reach(scene, "10.20.0.1", 22, STRANGER, 1);
	scene_reach(scene, "10.20.0.2", 22, STRANGER, 2);
	scene_tell(scene, scene_answer(scene, "10.20.0.2", 22, STRANGER, "ssh", 3));
	scene_reach(scene, "10.20.0.3", 22, STRANGER, 4);
	scene_prove_closed(scene, "10.20.0.3", 22, 5);
	engine_each_exposure(scene->engine, false, note_exposure, &open);
	engine_each_exposure(scene->engine, true, note_exposure, &all);
	assert_int_equal(open.count, 3);
	assert_int_equal(all.count, 4);
	assert_int_equal(open.severity[0], SEVERITY_CRITICAL);
	assert_int_equal(open.level[0], LEVEL_ANSWERED);
	assert_int_equal(open.level[1], LEVEL_REACHABLE);
	assert_int_equal(open.severity[2], SEVERITY_INFO);
	scene_close(scene);
}

static void announcements_are_numbered_too(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);

	(void)state;
	engine_announce(scene->engine, EVENT_SENSOR_STARTED, SEVERITY_INFO, scene_ns(0), "started");
	engine_announce(scene->engine, EVENT_SENSOR_BLIND, SEVERITY_HIGH, scene_ns(0),
			"no packets");
	engine_announce(scene->engine, EVENT_SENSOR_BLIND, SEVERITY_HIGH, scene_ns(0),
			"no packets");
	assert_int_equal(scene->count, 3);
	assert_false(scene->events[0].alert);
	assert_true(scene->events[1].alert);
	assert_string_equal(scene->events[1].reason, "no packets");
	scene_close(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reload_closes_what_is_permitted),
		cmocka_unit_test(a_reload_forbids_what_was_unlisted),
		cmocka_unit_test(a_reload_without_a_change_says_nothing),
		cmocka_unit_test(an_exception_is_silent_while_it_lasts),
		cmocka_unit_test(an_exception_may_name_the_public_address),
		cmocka_unit_test(exceptions_run_out_once),
		cmocka_unit_test(coverage_says_what_was_tried),
		cmocka_unit_test(exposures_are_listed_worst_first),
		cmocka_unit_test(announcements_are_numbered_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
