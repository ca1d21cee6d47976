/* SPDX-License-Identifier: ISC */
/*
 * Very many endpoints at once: events stay few and counts right, and whoever gets further than
 * "reachable" is announced at once.
 */
#include "tests/unit/scene.h"

#define STRANGER "203.0.113.5"
#define NETWORK                                                                                    \
	SCENE_ZONES                                                                                \
	"groups: { servers: { hosts: [10.20.0.0/16] } }\n"                                         \
	"rules:\n"                                                                                 \
	"  - { name: internal, groups: [servers], internal-only: true, severity: high }\n"         \
	"  - { name: no-ssh, groups: [servers], ports: [22], internal-only: true,"                 \
	" severity: critical }\n"
#define FEW "thresholds: { collapse-endpoints: 4 }\n"

static const char *host(unsigned index, char text[32])
{
	snprintf(text, 32, "10.20.%u.%u", index / 256, index % 256);
	return text;
}

static void reach_hosts(struct scene *scene, unsigned from, unsigned to, uint16_t port, uint64_t at)
{
	char text[32];

	for (unsigned i = from; i < to; i++)
		scene_reach(scene, host(i, text), port, STRANGER, at);
}

static const struct incident_view *newest(const struct scene *scene)
{
	for (size_t i = scene->count; i-- > 0;) {
		if (scene->events[i].has_incident)
			return &scene->events[i].incident;
	}
	fail_msg("no incident");
	abort();
}

static void few_are_announced_and_all_are_counted(void **state)
{
	struct scene *scene = scene_open(FEW NETWORK);
	struct engine_stats stats;
	size_t told;

	(void)state;
	reach_hosts(scene, 0, 4, 80, 1);
	assert_int_equal(newest(scene)->unannounced_count, 0);
	assert_int_equal(newest(scene)->port_count, 0);
	told = scene->count;
	reach_hosts(scene, 4, 2000, 80, 1);
	reach_hosts(scene, 0, 2000, 443, 2); /* the first four of these are quiet, too */
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_OPENED), 4);
	assert_int_equal(scene_count(scene, EVENT_INCIDENT_OPENED), 1);
	assert_int_equal(scene_alerts(scene), 1);
	assert_true(scene->count - told < 10);
	assert_int_equal(newest(scene)->unannounced_count, 1024);
	engine_tick(scene->engine, scene_ns(5));
	assert_int_equal(newest(scene)->unannounced_count, 1024); /* not yet */
	engine_tick(scene->engine, scene_ns(20));
	assert_int_equal(newest(scene)->member_count, 4000);
	assert_int_equal(newest(scene)->open_count, 4000);
	assert_int_equal(newest(scene)->unannounced_count, 3996);
	assert_int_equal(newest(scene)->untracked_count, 0);
	assert_int_equal(newest(scene)->port_count, 2);
	assert_int_equal(newest(scene)->ports[0], 80);
	assert_int_equal(newest(scene)->ports[1], 443);
	assert_false(newest(scene)->many_ports);
	engine_stats(scene->engine, &stats);
	assert_int_equal(stats.exposures_open, 4000);
	assert_int_equal(stats.exposures_quiet, 3996);
	told = scene->count;
	engine_tick(scene->engine, scene_ns(60));
	engine_finish(scene->engine, scene_ns(60));
	assert_true(scene->count - told <= 4); /* summaries of those that were announced */
	scene_close(scene);
}

/* The property that matters: 10,000 open doors, and somebody reads data behind one of them. */
static void a_real_access_does_not_hide(void **state)
{
	struct scene *scene = scene_open(FEW NETWORK);
	const struct event *told;
	struct observation o;
	char text[32];
	size_t before;

	(void)state;
	reach_hosts(scene, 0, 10000, 6379, 1);
	before = scene->count;
	o = scene_answer(scene, host(7777, text), 6379, STRANGER, "redis", 2);
	o.flow.facts.auth = AUTH_NONE;
	o.flow.facts.command_count = 1;
	o.flow.facts.commands[0] = (struct command){
		.text = "KEYS *", .flags = COMMAND_LISTING, .accepted = ANSWER_YES};
	scene_tell(scene, o);
	assert_int_equal(scene->count, before + 2);
	told = scene_newest(scene, EVENT_EXPOSURE_OPENED);
	assert_int_equal(told->exposure.level, LEVEL_DATA_OUT);
	assert_int_equal(told->exposure.severity, SEVERITY_HIGH);
	assert_int_equal(told->ts_ns, scene_ns(2));
	assert_int_equal(told->exposure.first_answer_ns, scene_ns(1));
	assert_memory_equal(&told->exposure.server, &o.server, sizeof o.server);
	assert_non_null(strstr(told->reason, "KEYS *"));
	/* The alarm is the incident's, as for every member. */
	assert_true(scene_last(scene, EVENT_INCIDENT_UPDATED)->alert);
	assert_int_equal(newest(scene)->level, LEVEL_DATA_OUT);
	assert_int_equal(newest(scene)->member_count, 10000);
	assert_int_equal(newest(scene)->unannounced_count, 9995);
	/* From now on it is an exposure like any other. */
	scene_prove_closed(scene, host(7777, text), 6379, 10);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 1);
	scene_close(scene);
}

static void a_mere_answer_is_announced(void **state)
{
	struct scene *scene = scene_open(FEW NETWORK);
	char text[32];

	(void)state;
	reach_hosts(scene, 0, 100, 80, 1);
	for (unsigned i = 50; i < 60; i++)
		scene_tell(scene, scene_answer(scene, host(i, text), 80, STRANGER, "http", 2));
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_OPENED), 14);
	assert_int_equal(scene_newest(scene, EVENT_EXPOSURE_OPENED)->exposure.level,
			 LEVEL_ANSWERED);
	scene_close(scene);
}

static void a_severer_rule_is_announced(void **state)
{
	struct scene *scene = scene_open(FEW NETWORK);

	(void)state;
	reach_hosts(scene, 0, 100, 80, 1);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_OPENED), 4);
	reach_hosts(scene, 0, 100, 22, 2); /* the first raises the incident */
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_OPENED), 5);
	assert_int_equal(scene_newest(scene, EVENT_EXPOSURE_OPENED)->exposure.severity,
			 SEVERITY_CRITICAL);
	assert_int_equal(scene_alerts(scene), 2);
	scene_close(scene);
}

static void they_close_without_a_flood(void **state)
{
	struct scene *scene = scene_open(FEW NETWORK);
	const struct event *over;
	struct engine_stats stats;
	char text[32];
	size_t told;

	(void)state;
	reach_hosts(scene, 0, 1000, 80, 1);
	told = scene->count;
	for (unsigned i = 1000; i-- > 0;)
		scene_prove_closed(scene, host(i, text), 80, 100);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 4);
	assert_true(scene->count - told < 15);
	over = scene_newest(scene, EVENT_INCIDENT_CLOSED);
	assert_int_equal(over->incident.member_count, 1000);
	assert_int_equal(over->incident.open_count, 0);
	assert_non_null(strstr(over->reason, "all 1000 exposed endpoints"));
	/* They open again: one alarm, and only those that were announced tell it of themselves. */
	told = scene_alerts(scene);
	reach_hosts(scene, 0, 1000, 80, 200);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_REOPENED), 4);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_OPENED), 4);
	assert_int_equal(scene_alerts(scene), told + 1);
	engine_finish(scene->engine, scene_ns(300));
	assert_int_equal(newest(scene)->member_count, 1000);
	assert_int_equal(newest(scene)->open_count, 1000);
	engine_stats(scene->engine, &stats);
	assert_int_equal(stats.exposures_quiet, 996);
	scene_close(scene);
}

/* Many ports of many hosts: each host still becomes one record. */
static void hosts_collapse_quietly(void **state)
{
	struct scene *scene =
		scene_open("thresholds: { collapse-endpoints: 4, collapse-ports: 8 }\n" NETWORK);
	struct engine_stats stats;

	(void)state;
	for (unsigned port = 100; port < 300; port++)
		reach_hosts(scene, 0, 50, (uint16_t)port, 1);
	engine_stats(scene->engine, &stats);
	assert_int_equal(stats.exposures_open, 50);
	assert_int_equal(stats.exposures_quiet, 46);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_OPENED),
			 8); /* four, and all their ports */
	assert_int_equal(scene_count_merged(scene), 4);
	engine_finish(scene->engine, scene_ns(100));
	assert_true(newest(scene)->many_ports);
	assert_true(scene->count < 50);
	scene_close(scene);
}

static void without_a_group_they_are_an_incident_of_their_own(void **state)
{
	struct scene *scene = scene_open(FEW SCENE_POLICY);
	const struct event *opened;
	char text[32];

	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		snprintf(text, sizeof text, "10.1.%u.%u", i / 256, i % 256);
		scene_reach(scene, text, 25, STRANGER, 1);
	}
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_OPENED), 4);
	opened = scene_newest(scene, EVENT_INCIDENT_OPENED);
	assert_false(opened->alert);
	assert_int_equal(opened->severity, SEVERITY_INFO);
	assert_string_equal(opened->incident.group, "");
	assert_true(opened->incident.unlisted);
	assert_int_equal(scene_alerts(scene), 0);
	/* A database among them: its rule alarms for itself, as it does for any. */
	scene_tell(scene, scene_answer(scene, "10.1.0.200", 25, STRANGER, "redis", 2));
	assert_int_equal(scene_alerts(scene), 1);
	assert_string_equal(scene_newest(scene, EVENT_EXPOSURE_OPENED)->exposure.rule,
			    "databases-internal");
	assert_string_equal(scene_newest(scene, EVENT_EXPOSURE_OPENED)->exposure.incident, "");
	/* Long after, a few are a few. */
	scene_reach(scene, "10.1.9.9", 25, STRANGER, 2 * HOUR);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_OPENED), 6);
	scene_close(scene);
}

/* Services that answer, one after the other, are no crowd: an inventory in the making. */
static void those_that_answer_leave_room(void **state)
{
	struct scene *scene = scene_open(FEW SCENE_POLICY);
	char text[32];

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		snprintf(text, sizeof text, "10.1.0.%u", i);
		scene_reach(scene, text, 80, STRANGER, 1);
		scene_tell(scene, scene_answer(scene, text, 80, STRANGER, "http", 1));
	}
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_OPENED), 100);
	assert_int_equal(scene_count(scene, EVENT_INCIDENT_OPENED), 0);
	scene_close(scene);
}

static void a_full_table_loses_nothing_that_was_told(void **state)
{
	struct engine_options options = {.sensor = "unit", .max_exposures = 64};
	struct scene *scene = scene_open_with(FEW NETWORK, &options);
	struct observation o;
	struct engine_stats stats;
	char text[32];
	size_t told;

	(void)state;
	reach_hosts(scene, 0, 5000, 80, 1);
	engine_stats(scene->engine, &stats);
	assert_int_equal(stats.exposures_open, 64);
	assert_int_equal(stats.exposures_untracked, 4936);
	assert_int_equal(stats.exposures_evicted, 0);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 0);
	/* One without a record is read: it gets one, of another that is only counted. */
	o = scene_answer(scene, host(4000, text), 80, STRANGER, "redis", 2);
	o.flow.facts.auth = AUTH_NONE;
	scene_tell(scene, o);
	assert_int_equal(scene_newest(scene, EVENT_EXPOSURE_OPENED)->exposure.level,
			 LEVEL_ACCESSED);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 0);
	engine_finish(scene->engine, scene_ns(100));
	assert_in_range(newest(scene)->member_count, 4000, 6000); /* an estimate */
	assert_in_range(newest(scene)->untracked_count, 4000, 6000);
	/* All that is followed closes: so does the incident, and says what it does not know. */
	told = scene->count;
	for (unsigned i = 0; i < 5000; i++)
		scene_prove_closed(scene, host(i, text), 80, 200);
	assert_non_null(strstr(scene_newest(scene, EVENT_INCIDENT_CLOSED)->reason,
			       "too many to be followed"));
	assert_true(scene->count - told < 20);
	/* One of the others is still open: that is an alarm. */
	told = scene_alerts(scene);
	scene_reach(scene, host(4999, text), 80, STRANGER, 300);
	assert_int_equal(scene_alerts(scene), told + 1);
	assert_int_equal(newest(scene)->open_count > 0, 1);
	scene_close(scene);
}

/* Nobody pushes an alarm out of the table with more of the same. */
static void equals_do_not_push_each_other_out(void **state)
{
	struct engine_options options = {.sensor = "unit", .max_exposures = 8};
	struct scene *scene = scene_open_with(FEW NETWORK, &options);
	struct engine_stats stats;
	char text[32];
	struct observation o;

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		o = scene_answer(scene, host(i, text), 80, STRANGER, "http", 1);
		o.flow.first = true;
		scene_tell(scene, o);
	}
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_OPENED), 8);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 0);
	engine_stats(scene->engine, &stats);
	assert_int_equal(stats.exposures_refused, 92);
	engine_finish(scene->engine, scene_ns(2));
	assert_in_range(newest(scene)->member_count, 80, 120);
	/* Somebody who was let in is worth more. */
	o = scene_answer(scene, host(90, text), 80, STRANGER, "redis", 3);
	o.flow.facts.auth = AUTH_NONE;
	scene_tell(scene, o);
	assert_int_equal(scene_newest(scene, EVENT_EXPOSURE_OPENED)->exposure.level,
			 LEVEL_ACCESSED);
	scene_close(scene);
}

/* Long closed for new connections, and an old one is let in: opened and closed, in one moment. */
static void an_old_conversation_is_told_though_closed(void **state)
{
	struct scene *scene = scene_open(FEW NETWORK);
	struct observation o;
	char text[32];

	(void)state;
	reach_hosts(scene, 0, 20, 6379, 1);
	scene_prove_closed(scene, host(15, text), 6379, 10);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 0);
	o = scene_answer(scene, host(15, text), 6379, STRANGER, "redis", 20);
	o.flow.start_ns = scene_ns(1);
	o.flow.facts.auth = AUTH_NONE;
	scene_tell(scene, o);
	assert_int_equal(scene_newest(scene, EVENT_EXPOSURE_OPENED)->exposure.level,
			 LEVEL_ACCESSED);
	assert_int_equal(scene_newest(scene, EVENT_EXPOSURE_CLOSED)->exposure.close_reason,
			 CLOSE_PROBES);
	scene_close(scene);
}

/* A new policy: what was unlisted is a group's now, within that group's bound. */
static void another_policy_moves_them(void **state)
{
	struct scene *scene = scene_open(FEW SCENE_POLICY);
	struct engine_stats stats;

	(void)state;
	reach_hosts(scene, 256, 400, 80, 1); /* 10.20.1.x: no rule yet */
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_OPENED), 4);
	scene_reload(scene, FEW NETWORK, 10);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_OPENED), 4);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_ESCALATED), 4);
	engine_finish(scene->engine, scene_ns(100));
	assert_string_equal(newest(scene)->group, "servers");
	assert_int_equal(newest(scene)->member_count, 144);
	assert_int_equal(newest(scene)->unannounced_count, 140);
	assert_int_equal(scene_newest(scene, EVENT_INCIDENT_CLOSED)->incident.member_count, 0);
	engine_stats(scene->engine, &stats);
	assert_int_equal(stats.exposures_quiet, 140);
	assert_int_equal(stats.incidents_open, 1);
	scene_close(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_are_announced_and_all_are_counted),
		cmocka_unit_test(a_real_access_does_not_hide),
		cmocka_unit_test(a_mere_answer_is_announced),
		cmocka_unit_test(a_severer_rule_is_announced),
		cmocka_unit_test(they_close_without_a_flood),
		cmocka_unit_test(hosts_collapse_quietly),
		cmocka_unit_test(without_a_group_they_are_an_incident_of_their_own),
		cmocka_unit_test(those_that_answer_leave_room),
		cmocka_unit_test(a_full_table_loses_nothing_that_was_told),
		cmocka_unit_test(equals_do_not_push_each_other_out),
		cmocka_unit_test(an_old_conversation_is_told_though_closed),
		cmocka_unit_test(another_policy_moves_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
