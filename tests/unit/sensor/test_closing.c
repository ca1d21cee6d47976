/* SPDX-License-Identifier: ISC */
/* What is no proof of a closed hole, and the time between the proof and "closed". */
#include "tests/unit/scene.h"

#define HOST	 "10.20.0.1"
#define STRANGER "203.0.113.5"
#define MINUTE	 60u

/* The server has sent something at `at`, in the conversation of scene_reach(). */
static struct observation talk(struct scene *scene, uint64_t at)
{
	struct observation o = scene_answer(scene, HOST, 22, STRANGER, "ssh", at);

	o.flow.talked_ns = scene_ns(at);
	return o;
}

static const struct event *newest_summary(const struct scene *scene)
{
	return scene_newest(scene, EVENT_EXPOSURE_SUMMARY);
}

static void closing_while_the_server_talks(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	struct observation end;

	(void)state;
	scene_reach(scene, HOST, 22, STRANGER, 0);
	scene_tell(scene, talk(scene, 9));
	scene_prove_closed(scene, HOST, 22, 10);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 0);
	assert_int_equal(newest_summary(scene)->exposure.state, EXPOSURE_CLOSING);
	assert_non_null(strstr(newest_summary(scene)->reason,
			       "no new connection was accepted since 2015-02-20 00:00:00Z"));
	assert_non_null(strstr(newest_summary(scene)->reason, "1 conversation still talks"));
	for (unsigned at = 20; at < 10 * MINUTE; at += 50) {
		scene_tell(scene, talk(scene, at));
		engine_tick(scene->engine, scene_ns(at + 1));
	}
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 0);
	assert_int_equal(scene_count(scene, EVENT_INCIDENT_CLOSED), 0);
	end = talk(scene, 10 * MINUTE);
	end.flow.ended = true;
	scene_tell(scene, end);
	engine_tick(scene->engine, scene_ns(10 * MINUTE + 1));
	assert_int_equal(scene_newest(scene, EVENT_EXPOSURE_CLOSED)->exposure.closed_ns,
			 scene_ns(12));
	assert_int_equal(scene_count(scene, EVENT_INCIDENT_CLOSED), 1);
	scene_close(scene);
}

static void who_falls_silent_does_not_hold_it_open(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);

	(void)state;
	scene_reach(scene, HOST, 22, STRANGER, 0);
	scene_tell(scene, talk(scene, 9));
	scene_prove_closed(scene, HOST, 22, 10);
	engine_tick(scene->engine, scene_ns(68));
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 0);
	engine_tick(scene->engine, scene_ns(70));
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 1);
	/* It was not over: told as it is, and looked at twice as long the next time. */
	scene_tell(scene, talk(scene, 100));
	assert_int_equal(scene_newest(scene, EVENT_EXPOSURE_REOPENED)->exposure.state,
			 EXPOSURE_CLOSING);
	engine_tick(scene->engine, scene_ns(100 + 119));
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 1);
	engine_tick(scene->engine, scene_ns(100 + 121));
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 2);
	scene_close(scene);
}

static void a_new_connection_ends_the_closing(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);

	(void)state;
	scene_reach(scene, HOST, 22, STRANGER, 0);
	scene_tell(scene, talk(scene, 9));
	scene_prove_closed(scene, HOST, 22, 10);
	assert_int_equal(newest_summary(scene)->exposure.state, EXPOSURE_CLOSING);
	scene_reach(scene, HOST, 22, "203.0.113.77", 30);
	assert_int_equal(newest_summary(scene)->exposure.state, EXPOSURE_OPEN);
	engine_tick(scene->engine, scene_ns(20 * MINUTE));
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 0);
	scene_close(scene);
}

static void a_moment_is_no_proof(void **state)
{
	struct scene *scene = scene_open("thresholds: { close-spread: 30s }\n" SCENE_POLICY);

	(void)state;
	scene_reach(scene, HOST, 22, STRANGER, 0);
	scene_prove_closed(scene, HOST, 22, 10);
	engine_tick(scene->engine, scene_ns(39));
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 0);
	scene_reach(scene, HOST, 22, "203.0.113.77", 39);
	engine_tick(scene->engine, scene_ns(60));
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 0);
	scene_prove_closed(scene, HOST, 22, 100);
	engine_tick(scene->engine, scene_ns(131));
	assert_int_equal(scene_newest(scene, EVENT_EXPOSURE_CLOSED)->exposure.closed_ns,
			 scene_ns(102));
	scene_close(scene);
}

static void answers_out_of_sight_are_no_silence(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	struct observation o = scene_flow(HOST, 22, STRANGER, 0);
	const struct blindness_view view = {.cause = BLIND_KERNEL_DROPS, .interface = "eth0"};

	(void)state;
	o.flow.sight = SIGHT_CLIENT;
	o.flow.outcome = OUTCOME_CLIENT_ONLY;
	o.flow.direction = DIRECTION_SYN;
	scene_tell(scene, o);
	scene_prove_closed(scene, HOST, 22, 10);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 0);
	scene_reach(scene, HOST, 22, STRANGER, 20); /* now they are in sight */
	engine_blindness(scene->engine, true, &view, SEVERITY_MEDIUM, scene_ns(25));
	scene_prove_closed(scene, HOST, 22, 30);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 0);
	engine_blindness(scene->engine, false, &view, SEVERITY_MEDIUM, scene_ns(40));
	scene_prove_closed(scene, HOST, 22, 50);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 1);
	scene_close(scene);
}

/* Three datagrams in vain, each with this question. */
static void ask_in_vain(struct scene *scene, uint32_t question, uint64_t at)
{
	static const char *const sources[] = {"203.0.113.1", "203.0.113.2", "203.0.113.3"};

	for (unsigned i = 0; i < 3; i++) {
		struct observation o = scene_wall(HOST, 123, sources[i], at + i, false);

		o.server.transport = TRANSPORT_UDP;
		o.wall.questions[0] = question;
		scene_tell(scene, o);
	}
}

static void only_a_question_that_was_answered_before(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	struct observation o = scene_flow(HOST, 123, STRANGER, 0);

	(void)state;
	o.server.transport = TRANSPORT_UDP;
	o.flow.outcome = OUTCOME_UDP_ANSWERED;
	o.flow.question = 4711;
	o.flow.talked_ns = scene_ns(0);
	scene_tell(scene, o);
	ask_in_vain(scene, 4712, 10);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 0);
	ask_in_vain(scene, 4711, 20);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 1);
	/* The next datagram of the same two ports is answered: somebody is let in. */
	o.ts_ns = o.flow.talked_ns = scene_ns(40);
	o.flow.first = false;
	scene_tell(scene, o);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_REOPENED), 1);
	scene_close(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(closing_while_the_server_talks),
		cmocka_unit_test(who_falls_silent_does_not_hold_it_open),
		cmocka_unit_test(a_new_connection_ends_the_closing),
		cmocka_unit_test(a_moment_is_no_proof),
		cmocka_unit_test(answers_out_of_sight_are_no_silence),
		cmocka_unit_test(only_a_question_that_was_answered_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
