/* SPDX-License-Identifier: ISC */
/*
 * Claims of tunnels that are not believed, in the engine: one record for each end, of medium
 * severity at most, that closes nothing, dates nothing, folds nothing, and is the first to go.
 */
#include "tests/unit/scene.h"

#define STRANGER "203.0.113.5"
#define FORGER	 "198.51.100.66"
#define SERVERS                                                                                    \
	SCENE_ZONES                                                                                \
	"groups: { servers: { hosts: [10.20.0.0/16] } }\n"                                         \
	"rules:\n"                                                                                 \
	"  - { name: internal, groups: [servers], internal-only: true, severity: critical }\n"

static struct observation claimed(struct observation o, const char *from)
{
	o.server.realm = REALM_CLAIMED;
	if (!from)
		return o;
	o.flow.tunnels = (struct tunnel_path){
		.count = 1,
		.layers = {{.kind = TUNNEL_GRE,
			    .over_ip = 1,
			    .marks = TUNNEL_CLAIMED,
			    .source = scene_address(from),
			    .destination = scene_address("10.77.0.5")}},
	};
	return o;
}

static void a_claim_says_so_and_is_medium(void **state)
{
	struct scene *scene = scene_open(SERVERS);
	const struct event *event;

	(void)state;
	scene_tell(scene, claimed(scene_flow("10.20.0.12", 6379, STRANGER, 1), FORGER));
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_OPENED), 1);
	assert_int_equal(scene_count(scene, EVENT_INCIDENT_OPENED), 0);
	event = &scene->events[0];
	assert_int_equal(event->severity, SEVERITY_MEDIUM);
	assert_int_equal(event->exposure.server.port, 6379);
	assert_non_null(strstr(event->reason, "claimed inside a GRE tunnel from " FORGER
					      ", which the policy does not list"));
	scene_close(scene);
}

static void a_storm_from_one_end_is_one_record(void **state)
{
	struct scene *scene = scene_open(SERVERS);
	const struct exposure_view *last = NULL;

	(void)state;
	for (uint16_t port = 1; port <= 300; port++) {
		struct observation o =
			scene_answer(scene, "10.20.0.12", port, STRANGER, "redis", 1);

		o.flow.first = true;
		scene_tell(scene, claimed(o, FORGER));
	}
	scene_reach(scene, "10.20.0.12", 6379, STRANGER, 2);
	engine_finish(scene->engine, scene_ns(3));
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_OPENED), 2);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 0);
	for (size_t i = scene->count; i-- > 0;) {
		last = &scene->events[i].exposure;
		if (scene->events[i].has_exposure && last->claims != 0)
			break;
	}
	assert_non_null(last);
	assert_in_range(last->claims, 250, 350);
	assert_true(last->severity <= SEVERITY_MEDIUM);
	scene_close(scene);
}

static void many_ends_are_few_records(void **state)
{
	struct scene *scene = scene_open(SERVERS);
	char from[32];

	(void)state;
	for (unsigned i = 0; i < 200; i++) {
		snprintf(from, sizeof from, "198.51.100.%u", i);
		scene_tell(scene, claimed(scene_flow("10.20.0.12", 6379, STRANGER, 1), from));
	}
	scene_tell(scene, claimed(scene_flow("10.20.0.12", 6379, STRANGER, 1), NULL));
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_OPENED), 17);
	scene_close(scene);
}

static void a_full_table_takes_the_real_one(void **state)
{
	struct engine_options options = {.sensor = "unit", .max_exposures = 16};
	struct scene *scene = scene_open_with(SERVERS, &options);
	char text[32];

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		snprintf(text, sizeof text, "198.51.100.%u", i);
		scene_tell(scene, claimed(scene_flow("10.20.0.12", 6379, STRANGER, 1), text));
	}
	for (unsigned i = 0; i < 16; i++) {
		snprintf(text, sizeof text, "10.20.1.%u", i);
		scene_reach(scene, text, 22, STRANGER, 2);
	}
	scene_tell(scene, claimed(scene_flow("10.20.0.12", 6379, STRANGER, 3), FORGER));
	for (size_t i = 0; i < scene->count; i++) {
		const struct event *event = &scene->events[i];

		if (event->kind == EVENT_EXPOSURE_CLOSED)
			assert_true(event->exposure.claims != 0);
	}
	scene_close(scene);
}

static void a_claimed_wall_proves_nothing(void **state)
{
	struct scene *scene = scene_open(SERVERS);

	(void)state;
	scene_reach(scene, "10.20.0.12", 6379, STRANGER, 1);
	for (unsigned i = 0; i < 10; i++) {
		char source[32];

		snprintf(source, sizeof source, "203.0.113.%u", 100 + i);
		scene_tell(scene,
			   claimed(scene_wall("10.20.0.12", 6379, source, 10 + i, i & 1), NULL));
		scene_tell(scene,
			   claimed(scene_wall("10.20.0.13", 6379, source, 10 + i, i & 1), NULL));
	}
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 0);
	scene_reach(scene, "10.20.0.13", 6379, STRANGER, 60);
	for (size_t i = 0; i < scene->count; i++) {
		if (scene->events[i].kind == EVENT_EXPOSURE_OPENED)
			assert_int_equal(scene->events[i].exposure.changed_after_ns, 0);
	}
	scene_close(scene);
}

static void a_policy_that_lists_it_settles_it(void **state)
{
	struct scene *scene = scene_open(SERVERS);

	(void)state;
	scene_tell(scene, claimed(scene_flow("10.20.0.12", 6379, STRANGER, 1), FORGER));
	scene_reload(scene,
		     SERVERS "tunnels: [ { ends: [" FORGER ", 10.77.0.5], kinds: [gre] } ]\n", 2);
	assert_int_equal(scene_count(scene, EVENT_EXPOSURE_CLOSED), 1);
	scene_close(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_claim_says_so_and_is_medium),
		cmocka_unit_test(a_storm_from_one_end_is_one_record),
		cmocka_unit_test(many_ends_are_few_records),
		cmocka_unit_test(a_full_table_takes_the_real_one),
		cmocka_unit_test(a_claimed_wall_proves_nothing),
		cmocka_unit_test(a_policy_that_lists_it_settles_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
