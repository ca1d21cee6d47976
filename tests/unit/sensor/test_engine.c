/* SPDX-License-Identifier: ISC */
/* The ladder: what opens, what raises, what stays silent, and what the sentences say. */
#include "tests/unit/scene.h"

#define DB	 "10.1.0.10"
#define STRANGER "203.0.113.5"

static void a_probe_is_not_an_exposure(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	static const uint8_t nothing[] = {OUTCOME_UNKNOWN, OUTCOME_SYN_ONLY, OUTCOME_REFUSED,
					  OUTCOME_RST_ONLY, OUTCOME_UDP_REQUEST_ONLY};

	(void)state;
	scene_prove_closed(scene, "10.20.0.1", 514, 0);
	for (size_t i = 0; i < sizeof nothing; i++) {
		struct observation o = scene_flow("10.20.0.1", 514, STRANGER, 10 + i);

		o.flow.outcome = nothing[i];
		scene_tell(scene, o);
	}
	engine_tick(scene->engine, scene_ns(DAY));
	assert_int_equal(scene->count, 0);
	scene_close(scene);
}

static void inside_clients_and_allowed_ones_are_silent(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);

	(void)state;
	scene_reach(scene, "10.20.0.1", 514, "10.9.9.9", 0);
	scene_tell(scene, scene_answer(scene, DB, 6379, "198.51.100.7", "redis", 1));
	engine_finish(scene->engine, scene_ns(2));
	assert_int_equal(scene->count, 0);
	scene_close(scene);
}

static void unlisted_is_a_note_until_a_rule_applies(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	const struct event *event;
	struct observation o;

	(void)state;
	scene_reach(scene, DB, 6379, STRANGER, 0);
	event = scene_last(scene, EVENT_EXPOSURE_OPENED);
	assert_true(event->exposure.unlisted);
	assert_int_equal(event->severity, SEVERITY_INFO);
	assert_false(event->alert);
	assert_non_null(strstr(event->reason, "no rule covers it"));
	scene_reach(scene, DB, 6379, "203.0.113.6", 1);
	assert_int_equal(scene->count, 1);
	o = scene_answer(scene, DB, 6379, STRANGER, "redis", 2);
	o.flow.facts.auth = AUTH_NONE;
	strcpy(o.flow.facts.product, "redis");
	strcpy(o.flow.facts.version, "7.0.15");
	scene_tell(scene, o);
	event = scene_last(scene, EVENT_EXPOSURE_ESCALATED);
	assert_int_equal(scene->count, 2);
	assert_true(event->alert);
	assert_int_equal(event->severity, SEVERITY_HIGH);
	assert_int_equal(event->previous_level, LEVEL_REACHABLE);
	assert_int_equal(event->exposure.level, LEVEL_ACCESSED);
	assert_string_equal(event->exposure.rule, "databases-internal");
	assert_string_equal(event->reason, "redis 7.0.15 on 10.1.0.10:6379 served 203.0.113.5 "
					   "(internet) without credentials");
	scene_close(scene);
}

static void a_guessed_service_fires_no_rule(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	struct observation o;

	(void)state;
	o = scene_answer(scene, DB, 6379, STRANGER, "redis", 0);
	o.flow.first = true;
	o.flow.identified_by = IDENTIFIED_PORT;
	scene_tell(scene, o);
	assert_true(scene_last(scene, EVENT_EXPOSURE_OPENED)->exposure.unlisted);
	assert_non_null(strstr(scene->events[0].reason, "probably redis"));
	scene_close(scene);
}

static void each_rung_is_told_once(void **state)
{
	static const uint8_t levels[] = {LEVEL_ANSWERED, LEVEL_ACCESSED, LEVEL_DATA_OUT,
					 LEVEL_EXECUTED, LEVEL_DESTROYED};
	static const char *const texts[] = {"SEARCH /logs", "POST /_scripts", "DELETE /logs"};
	static const uint8_t flags[] = {COMMAND_LISTING, COMMAND_EXECUTES, COMMAND_DESTRUCTIVE};
	struct scene *scene = scene_open(SCENE_POLICY);

	(void)state;
	scene_reach(scene, "10.20.0.1", 9200, STRANGER, 0);
	assert_int_equal(scene->events[0].exposure.level, LEVEL_REACHABLE);
	for (unsigned rung = 0; rung < 5; rung++) {
		struct observation o =
			scene_answer(scene, "10.20.0.1", 9200, STRANGER, "elasticsearch", rung + 1);

		if (rung >= 1)
			o.flow.facts.auth = AUTH_NONE;
		for (unsigned i = 0; i + 2 <= rung; i++) {
			struct command *command = &o.flow.facts.commands[i];

			strcpy(command->text, texts[i]);
			command->flags = flags[i];
			command->accepted = ANSWER_YES;
			o.flow.facts.command_count = (uint8_t)(i + 1);
		}
		scene_tell(scene, o);
		scene_tell(scene, o); /* the same again is no news */
		assert_int_equal(scene_count(scene, EVENT_EXPOSURE_ESCALATED), rung + 1);
		assert_int_equal(scene_newest(scene, EVENT_EXPOSURE_ESCALATED)->exposure.level,
				 levels[rung]);
	}
	assert_non_null(strstr(scene_newest(scene, EVENT_EXPOSURE_ESCALATED)->reason,
			       "carried out DELETE /logs for 203.0.113.5 (internet)"));
	scene_close(scene);
}

static struct observation destructive(struct scene *scene, enum answer accepted, uint64_t at)
{
	struct observation o = scene_answer(scene, "10.20.0.1", 6379, STRANGER, "redis", at);

	o.flow.facts.command_count = 1;
	strcpy(o.flow.facts.commands[0].text, "FLUSHALL");
	o.flow.facts.commands[0].flags = COMMAND_DESTRUCTIVE;
	o.flow.facts.commands[0].accepted = (uint8_t)accepted;
	return o;
}

static void a_refused_command_destroys_nothing(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	struct observation o;
	const struct event *event;

	(void)state;
	scene_reach(scene, "10.20.0.1", 6379, STRANGER, 0);
	o = destructive(scene, ANSWER_NO, 1);
	o.flow.last = true;
	scene_tell(scene, o);
	event = scene_newest(scene, EVENT_EXPOSURE_ESCALATED);
	assert_int_equal(event->exposure.level, LEVEL_ANSWERED);
	assert_int_equal(event->exposure.facts.command_count, 1);
	assert_string_equal(event->exposure.facts.commands[0].text, "FLUSHALL");
	/* Its answer may still come … */
	scene_tell(scene, destructive(scene, ANSWER_UNKNOWN, 2));
	assert_int_equal(scene_newest(scene, EVENT_EXPOSURE_ESCALATED)->exposure.level,
			 LEVEL_ANSWERED);
	/* … until the conversation is over. */
	o = destructive(scene, ANSWER_UNKNOWN, 3);
	o.flow.last = true;
	scene_tell(scene, o);
	event = scene_newest(scene, EVENT_EXPOSURE_ESCALATED);
	assert_int_equal(event->exposure.level, LEVEL_DESTROYED);
	assert_non_null(strstr(event->reason, "was sent FLUSHALL by"));
	scene_close(scene);
}

static void unseen_answers_count_in_one_way_sight(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	struct observation o = destructive(scene, ANSWER_UNKNOWN, 0);

	(void)state;
	o.flow.first = true;
	o.flow.sight = SIGHT_CLIENT;
	o.flow.outcome = OUTCOME_CLIENT_ONLY;
	o.flow.direction = DIRECTION_SYN;
	o.flow.server_payload = false;
	scene_tell(scene, o);
	assert_int_equal(scene->events[0].exposure.level, LEVEL_DESTROYED);
	scene_close(scene);
}

static void a_lone_data_segment_proves_nothing(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	struct observation o = scene_flow("10.20.0.1", 6379, STRANGER, 0);

	(void)state;
	o.flow.sight = SIGHT_CLIENT;
	o.flow.outcome = OUTCOME_CLIENT_ONLY;
	o.flow.direction = DIRECTION_POLICY_PORT;
	scene_tell(scene, o);
	assert_int_equal(scene->count, 0);
	scene_close(scene);
}

static void one_way_services_need_a_mirror_inside(void **state)
{
	static const char *const positions[] = {"outside", "inside"};

	(void)state;
	for (int inside = 0; inside < 2; inside++) {
		char policy[2048];
		struct scene *scene;
		struct observation o = scene_flow("10.20.0.1", 514, STRANGER, 0);

		snprintf(policy, sizeof policy, "position: %s\n%s", positions[inside],
			 SCENE_POLICY);
		scene = scene_open(policy);
		o.server.transport = TRANSPORT_UDP;
		o.flow.outcome = OUTCOME_UDP_REQUEST_ONLY;
		o.flow.one_way_service = true;
		o.flow.sight = SIGHT_CLIENT;
		o.flow.new_bytes_c2s = 80;
		scene_tell(scene, o);
		assert_int_equal(scene_count(scene, EVENT_EXPOSURE_OPENED), inside);
		if (inside)
			assert_string_equal(scene->events[0].reason,
					    "a service on 10.20.0.1:514/udp (group logging) takes "
					    "datagrams from 203.0.113.5 (internet)");
		for (unsigned i = 1; i <= 5; i++) { /* silence proves nothing of such a one */
			char source[32];

			snprintf(source, sizeof source, "203.0.113.%u", 100 + i);
			o = scene_wall("10.20.0.1", 514, source, i, false);
			o.server.transport = TRANSPORT_UDP;
			scene_tell(scene, o);
		}
		assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 0);
		scene_close(scene);
	}
}

static void a_slow_leak_over_days_is_data_out(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	size_t data_out = 0;

	(void)state;
	/* 30 KiB an hour, each from another client: a mebibyte on the second day. */
	for (unsigned hour = 0; hour < 72; hour++) {
		char client[32];
		struct observation o;

		snprintf(client, sizeof client, "203.0.113.%u", hour + 1);
		o = scene_answer(scene, "10.20.0.9", 9200, client, "elasticsearch", hour * HOUR);
		o.flow.first = o.flow.last = true;
		o.flow.new_bytes_s2c = 30 * 1024;
		scene_tell(scene, o);
		engine_tick(scene->engine, scene_ns(hour * HOUR));
	}
	for (size_t i = 0; i < scene->count; i++) {
		const struct event *event = &scene->events[i];

		if (event->kind != EVENT_EXPOSURE_ESCALATED)
			continue;
		data_out++;
		assert_int_equal(event->exposure.level, LEVEL_DATA_OUT);
		assert_int_equal(event->ts_ns, scene_ns(34 * HOUR));
		assert_int_equal(event->exposure.clients, 35);
		assert_non_null(strstr(event->reason, "has sent 1.0 MiB to 35 clients"));
	}
	assert_int_equal(data_out, 1);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_SUMMARY), 70);
	assert_int_equal(scene_alerts(scene), 2); /* the incident opens, the data leaves */
	scene_close(scene);
}

static void both_sides_of_a_translation_are_one(void **state)
{
	struct scene *scene = scene_open(
		"translations:\n  - { public: 192.0.2.1, private: 10.20.0.5 }\n" SCENE_POLICY);

	(void)state;
	scene_reach(scene, "192.0.2.1", 443, STRANGER, 0);
	scene_reach(scene, "10.20.0.5", 443, STRANGER, 1);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_OPENED), 1);
	assert_int_equal(scene->events[0].severity, SEVERITY_CRITICAL);
	assert_string_equal(scene->events[0].exposure.group, "logging");
	assert_memory_not_equal(&scene->events[0].exposure.server.address,
				&scene->events[0].exposure.server_seen, sizeof(struct address));
	scene_close(scene);
}

static void summaries_tell_counters_and_silence(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	const struct event *event;

	(void)state;
	scene_reach(scene, "10.20.0.1", 22, STRANGER, 0);
	engine_tick(scene->engine, scene_ns(2 * HOUR));
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_SUMMARY), 0); /* nothing moved */
	scene_reach(scene, "10.20.0.1", 22, STRANGER, 2 * HOUR + 60);
	engine_tick(scene->engine, scene_ns(2 * HOUR + 61));
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_SUMMARY), 0);
	engine_tick(scene->engine, scene_ns(3 * HOUR));
	event = scene_last(scene, EVENT_EXPOSURE_SUMMARY);
	assert_int_equal(event->exposure.flows, 2);
	for (unsigned hour = 4; hour < 60; hour++)
		engine_tick(scene->engine, scene_ns(hour * HOUR));
	event = scene_last(scene, EVENT_EXPOSURE_SUMMARY);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_SUMMARY), 2);
	assert_int_equal(event->exposure.state, EXPOSURE_UNCONFIRMED);
	assert_false(event->alert);
	scene_reach(scene, "10.20.0.1", 22, STRANGER, 61 * HOUR);
	engine_finish(scene->engine, scene_ns(61 * HOUR));
	assert_int_equal(scene_newest(scene, EVENT_EXPOSURE_SUMMARY)->exposure.state,
			 EXPOSURE_OPEN);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 0); /* silence closes nothing */
	scene_close(scene);
}

/* Walls are told late, all at one moment, about earlier ones; scene.h looks at every event's id. */
static void events_of_one_moment_have_ids_of_their_own(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	char address[16];

	(void)state;
	for (unsigned i = 1; i <= 4; i++) {
		snprintf(address, sizeof address, "10.20.0.%u", i);
		scene_reach(scene, address, 22, STRANGER, i);
	}
	for (unsigned i = 1; i <= 4; i++) {
		struct observation o;

		snprintf(address, sizeof address, "10.20.0.%u", i);
		o = scene_wall(address, 22, "203.0.113.7", 100, true);
		o.wall.last_refused_ns = o.wall.first_ns = scene_ns(50 + i);
		o.wall.new_refused = 3;
		o.wall.source_count = 3;
		o.wall.sources[1] = scene_address("203.0.113.8");
		o.wall.sources[2] = scene_address("203.0.113.9");
		scene_tell(scene, o);
	}
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 4);
	assert_int_equal(scene_count(scene, EVENT_INCIDENT_CLOSED), 1);
	scene_close(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_of_one_moment_have_ids_of_their_own),
		cmocka_unit_test(a_probe_is_not_an_exposure),
		cmocka_unit_test(inside_clients_and_allowed_ones_are_silent),
		cmocka_unit_test(unlisted_is_a_note_until_a_rule_applies),
		cmocka_unit_test(a_guessed_service_fires_no_rule),
		cmocka_unit_test(each_rung_is_told_once),
		cmocka_unit_test(a_refused_command_destroys_nothing),
		cmocka_unit_test(unseen_answers_count_in_one_way_sight),
		cmocka_unit_test(a_lone_data_segment_proves_nothing),
		cmocka_unit_test(one_way_services_need_a_mirror_inside),
		cmocka_unit_test(a_slow_leak_over_days_is_data_out),
		cmocka_unit_test(both_sides_of_a_translation_are_one),
		cmocka_unit_test(summaries_tell_counters_and_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
