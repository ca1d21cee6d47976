/* SPDX-License-Identifier: ISC */
/*
 * What the policy has not been tried on, judged over a real engine; and the words about the
 * sensor's sight in events and heartbeats.
 */
#include "sensor/event/reason.h"
#include "sensor/health/vision.h"
#include "tests/unit/scene.h"

struct watch {
	struct scene *scene;
	struct blindness *blindness;
};

static void on_blindness(void *context, bool begins, const struct blindness_view *view)
{
	struct watch *watch = context;

	engine_blindness(watch->scene->engine, begins, view,
			 blindness_severity((enum blind_cause)view->cause), view->told_ns);
}

static int begin(void **state)
{
	struct watch *watch = calloc(1, sizeof *watch);
	struct blindness_options options = {.interface = "span0"};

	assert_non_null(watch);
	watch->scene = scene_open(SCENE_POLICY);
	watch->blindness = blindness_new(&options, on_blindness, watch);
	assert_non_null(watch->blindness);
	*state = watch;
	return 0;
}

static int end(void **state)
{
	struct watch *watch = *state;

	blindness_free(watch->blindness);
	scene_close(watch->scene);
	free(watch);
	return 0;
}

static void judge(struct watch *watch, uint64_t at)
{
	vision_untested(watch->blindness, watch->scene->engine, scene_ns(0),
			DAY * (uint64_t)SECOND_NS, scene_ns(at));
}

static bool holds(const struct watch *watch, enum blind_cause cause, uint64_t lost)
{
	struct blindness_view view;

	if (!blindness_get(watch->blindness, cause, scene_ns(0), &view))
		return false;
	assert_int_equal(view.lost, lost);
	return true;
}

static void rules_that_nobody_tried(void **state)
{
	struct watch *watch = *state;

	judge(watch, 0);
	judge(watch, DAY - 1);
	assert_int_equal(watch->scene->count, 0); /* not long enough to know */
	judge(watch, DAY);
	assert_true(holds(watch, BLIND_UNTESTED, 2));
	assert_int_equal(scene_count(watch->scene, EVENT_SENSOR_BLIND), 1);
	assert_int_equal(scene_alerts(watch->scene), 0); /* a note */
	scene_probe(watch->scene, "10.20.0.5", 6379, "203.0.113.1", DAY + 10);
	judge(watch, DAY + 60);
	assert_true(holds(watch, BLIND_UNTESTED, 1));
	scene_tell(watch->scene, scene_answer(watch->scene, "10.1.0.1", 5432, "203.0.113.1",
					      "postgresql", DAY + 100));
	judge(watch, DAY + 120);
	assert_false(holds(watch, BLIND_UNTESTED, 0));
	assert_int_equal(scene_count(watch->scene, EVENT_SENSOR_SIGHTED), 1);
	judge(watch, 2 * DAY + 50);
	assert_true(holds(watch, BLIND_UNTESTED, 1));
}

static void closed_endpoints_that_nobody_tried_again(void **state)
{
	struct watch *watch = *state;

	scene_reach(watch->scene, "10.20.0.5", 6379, "203.0.113.1", 100);
	judge(watch, 2 * DAY);
	assert_false(holds(watch, BLIND_UNPROBED, 0)); /* it is open */
	scene_prove_closed(watch->scene, "10.20.0.5", 6379, 2 * DAY + 100);
	assert_int_equal(scene_count(watch->scene, EVENT_EXPOSURE_CLOSED), 1);
	judge(watch, 3 * DAY);
	assert_false(holds(watch, BLIND_UNPROBED, 0));
	judge(watch, 3 * DAY + 200);
	assert_true(holds(watch, BLIND_UNPROBED, 1));
	scene_probe(watch->scene, "10.20.0.5", 6379, "203.0.113.9", 3 * DAY + 300);
	judge(watch, 3 * DAY + 360);
	assert_false(holds(watch, BLIND_UNPROBED, 0));
}

static void each_cause_has_its_sentence(void **state)
{
	char text[VISION_TEXT], reason[REASON_MAX];
	struct watch *watch = *state;
	uint64_t at = 1;

	assert_false(vision_text(&watch->blindness, 1, text));
	assert_string_equal(text, "");
	for (int i = BLIND_CAUSES - 1; i >= 0; i--) {
		struct blindness_view view = {
			.cause = (uint8_t)i,
			.interface = "span0",
			.since_ns = scene_ns(10),
			.lost = 123,
			.base = 1000,
			.share_permille = 123,
		};

		reason_blindness(reason, &view);
		assert_true(strncmp(reason, "span0: ", 7) == 0 && strlen(reason) > 30);
		assert_true(strlen(reason) < REASON_MAX - 1 && reason[strlen(reason) - 1] != '.');
		view.until_ns = scene_ns(70);
		reason_blindness(reason, &view);
		assert_non_null(strstr(reason, ", after 1 min"));
		blindness_set(watch->blindness, (enum blind_cause)i, true, 1, 2, scene_ns(at++));
	}
	/* All at once still fits. */
	assert_true(vision_text(&watch->blindness, 1, text));
	assert_true(strncmp(text, "silence,one-way,", 16) == 0);
	assert_string_equal(text + strlen(text) - 21, ",interface-gone,storm");
}

/* Packets in tunnels that are not believed say nothing of the zones. */
static void only_claims_do_not_speak_of_zones(void **state)
{
	struct worker_stats stats = {.packets = 20, .elsewhere = 20};
	char text[VISION_SENTENCE];

	(void)state;
	stats.decoded[DECODE_OK] = 20;
	vision_looked_text(&stats, NULL, text);
	assert_non_null(strstr(text, "zones"));
	assert_null(strstr(text, "`tunnels`"));
	stats.tunnels_claimed = 19;
	vision_looked_text(&stats, NULL, text);
	assert_null(strstr(text, "zones"));
	assert_non_null(strstr(text, "of the 20 packets 19 came in tunnels"));
	assert_non_null(strstr(text, "`tunnels`"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rules_that_nobody_tried, begin, end),
		cmocka_unit_test_setup_teardown(closed_endpoints_that_nobody_tried_again, begin,
						end),
		cmocka_unit_test_setup_teardown(each_cause_has_its_sentence, begin, end),
		cmocka_unit_test(only_claims_do_not_speak_of_zones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
