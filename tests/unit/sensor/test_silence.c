/* SPDX-License-Identifier: ISC */
/*
 * Closing by silence: only behind the filter, only when chance would hardly give it, and told so.
 */
#include "tests/unit/scene.h"

#define HOST   "10.20.0.1"
#define INSIDE "position: inside\n" SCENE_POLICY
#define MINUTE 60U
#define BUSY   60U /* minutes: in every other one somebody is let in */

static void reach_by(struct scene *scene, unsigned client, uint64_t at)
{
	char text[32];

	snprintf(text, sizeof text, "203.0.113.%u", client + 1);
	scene_reach(scene, HOST, 22, text, at);
}

/* Half of the minutes are busy; returns when the last connection came. */
static uint64_t be_busy(struct scene *scene, unsigned clients, uint64_t from)
{
	uint64_t at = from;

	for (unsigned i = 0; i < BUSY / 2; i++) {
		at = from + 2ULL * i * MINUTE;
		reach_by(scene, i % clients, at);
		engine_tick(scene->engine, scene_ns(at + 1));
	}
	return at;
}

/* Minutes of silence until it is closed; 0: it is not, within `most`. */
static uint64_t silence_until_closed(struct scene *scene, uint64_t from, uint64_t most)
{
	size_t before = scene_count(scene, EVENT_EXPOSURE_CLOSED);

	for (uint64_t minute = 1; minute <= most; minute++) {
		engine_tick(scene->engine, scene_ns(from + minute * MINUTE + 2));
		if (scene_count(scene, EVENT_EXPOSURE_CLOSED) != before)
			return minute;
	}
	return 0;
}

/* 30 busy minutes of 59: hardly less than 0.36 of them, by Wilson; 0.64^16 is about 1 in 1000. */
static void unlikely_silence_closes(void **state)
{
	struct scene *scene = scene_open(INSIDE);
	uint64_t last = be_busy(scene, 7, 100), minutes = silence_until_closed(scene, last, 120);
	const struct exposure_view *x;

	(void)state;
	assert_in_range(minutes, 15, 18);
	x = &scene_newest(scene, EVENT_EXPOSURE_CLOSED)->exposure;
	assert_int_equal(x->close_reason, CLOSE_LIKELY);
	assert_in_range(x->close_odds, 1000, 2000);
	assert_non_null(strstr(scene_newest(scene, EVENT_EXPOSURE_CLOSED)->reason,
			       "likely closed: nobody was let in since 2015-02-20 00:59:40Z"));
	assert_non_null(strstr(scene_newest(scene, EVENT_INCIDENT_CLOSED)->reason,
			       "group logging is likely closed again"));
	scene_close(scene);
}

static void who_comes_back_is_believed_less_often(void **state)
{
	struct scene *scene = scene_open(INSIDE);
	uint64_t last = be_busy(scene, 7, 100), first = silence_until_closed(scene, last, 120);
	uint64_t later = last + 60 * MINUTE, second;
	struct observation old = scene_answer(scene, HOST, 22, "203.0.113.1", NULL, later);

	(void)state;
	scene_tell(scene, old); /* a connection that was there before goes on */
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_REOPENED), 0);
	last = be_busy(scene, 7, later + 10);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_REOPENED), 1);
	assert_int_equal(scene_newest(scene, EVENT_EXPOSURE_REOPENED)->exposure.close_odds, 0);
	second = silence_until_closed(scene, last, 120);
	assert_in_range(second, first + 3, first + 8); /* ten times as unlikely */
	scene_close(scene);
}

static void outside_only_probes_close(void **state)
{
	struct scene *scene = scene_open("position: outside\n" SCENE_POLICY);
	uint64_t last = be_busy(scene, 7, 100);

	(void)state;
	assert_int_equal(silence_until_closed(scene, last, 600), 0);
	scene_prove_closed(scene, HOST, 22, last + 601 * MINUTE);
	assert_int_equal(scene_newest(scene, EVENT_EXPOSURE_CLOSED)->exposure.close_reason,
			 CLOSE_PROBES);
	scene_close(scene);
}

static void where_the_mirror_is_is_learned(void **state)
{
	struct scene *scene = scene_open(SCENE_POLICY);
	uint64_t last = be_busy(scene, 7, 100);

	(void)state;
	/* 30 were let in: too few to say that none is blocked. */
	assert_int_equal(silence_until_closed(scene, last, 120), 0);
	for (unsigned i = 0; i < 100; i++)
		scene_tell(scene, scene_wall("10.20.0.2", (uint16_t)(1000 + i), "203.0.113.9",
					     last + 121 * MINUTE, true));
	assert_int_not_equal(silence_until_closed(scene, last + 121 * MINUTE, 5), 0);
	scene_close(scene);

	scene = scene_open(SCENE_POLICY);
	last = be_busy(scene, 7, 100);
	last = be_busy(scene, 7, last + MINUTE);
	last = be_busy(scene, 7, last + MINUTE);
	last = be_busy(scene, 7, last + MINUTE);
	/* One that is seen blocked, anywhere: for an hour this is outside. */
	scene_probe(scene, "10.20.0.7", 23, "203.0.113.9", last);
	assert_int_equal(silence_until_closed(scene, last, 600), 0);
	scene_close(scene);
}

static void an_office_that_goes_home_is_no_proof(void **state)
{
	struct scene *scene = scene_open(INSIDE);
	uint64_t last = be_busy(scene, 4, 100);

	(void)state;
	assert_int_equal(silence_until_closed(scene, last, 600), 0);
	scene_close(scene);
}

static void as_long_a_silence_as_before_is_no_proof(void **state)
{
	struct scene *scene = scene_open(INSIDE);
	uint64_t last = be_busy(scene, 7, 100);

	(void)state;
	last = be_busy(scene, 7, last + 12 * MINUTE); /* it closes after 15 at the earliest */
	assert_in_range(silence_until_closed(scene, last, 60), 24, 26);
	scene_close(scene);
}

static void blindness_is_no_silence(void **state)
{
	struct blindness_view view = {.cause = BLIND_SILENCE, .interface = "eth0"};
	struct scene *scene = scene_open(INSIDE);
	uint64_t last = be_busy(scene, 7, 100);

	(void)state;
	engine_blindness(scene->engine, true, &view, SEVERITY_HIGH, scene_ns(last + 5));
	assert_int_equal(silence_until_closed(scene, last, 60), 0);
	last += 61 * MINUTE;
	view.until_ns = scene_ns(last);
	engine_blindness(scene->engine, false, &view, SEVERITY_HIGH, scene_ns(last));
	assert_in_range(silence_until_closed(scene, last, 60), 15, 18);
	scene_close(scene);
}

static void it_can_be_switched_off(void **state)
{
	struct scene *scene = scene_open("thresholds: { close-likely: 0 }\n" INSIDE);
	uint64_t last = be_busy(scene, 7, 100);

	(void)state;
	assert_int_equal(silence_until_closed(scene, last, 600), 0);
	scene_close(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unlikely_silence_closes),
		cmocka_unit_test(who_comes_back_is_believed_less_often),
		cmocka_unit_test(outside_only_probes_close),
		cmocka_unit_test(where_the_mirror_is_is_learned),
		cmocka_unit_test(an_office_that_goes_home_is_no_proof),
		cmocka_unit_test(as_long_a_silence_as_before_is_no_proof),
		cmocka_unit_test(blindness_is_no_silence),
		cmocka_unit_test(it_can_be_switched_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
