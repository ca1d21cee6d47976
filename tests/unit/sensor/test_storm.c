/* SPDX-License-Identifier: ISC */
/*
 * Very many endpoints that somebody seems to get into: events stay within a budget, nothing is
 * withheld for good but what is one finding, and what is new is announced at once.
 */
#include "tests/unit/scene.h"

#define NETWORK                                                                                    \
	SCENE_ZONES                                                                                \
	"groups:\n"                                                                                \
	"  servers: { hosts: [10.20.0.0/16] }\n"                                                   \
	"  store: { hosts: [10.20.255.0/24], ports: [6379] }\n"                                    \
	"rules:\n"                                                                                 \
	"  - { name: internal, groups: [servers, store], internal-only: true, severity: high }\n"  \
	"  - { name: no-ssh, groups: [servers], ports: [22], internal-only: true,"                 \
	" severity: critical }\n"
#define ONE_CLIENT   "thresholds: { collapse-client: 8 }\n"
#define FEW_A_SECOND "thresholds: { announcements-per-second: 10 }\n"
#define MANY	     1000U
#define BURST	     100U

/* Somebody was let in, and read something if `reads`. */
static void let_in(struct scene *scene, unsigned host, uint16_t port, unsigned client, bool reads,
		   uint64_t at)
{
	char server_text[32], client_text[32];
	struct observation o;

	snprintf(server_text, sizeof server_text, "10.20.%u.%u", host / 250, host % 250);
	snprintf(client_text, sizeof client_text, "203.0.%u.%u", client / 250, client % 250);
	o = scene_answer(scene, server_text, port, client_text, "redis", at);
	o.flow.facts.auth = AUTH_NONE;
	if (reads) {
		o.flow.facts.command_count = 1;
		o.flow.facts.commands[0] = (struct command){
			.text = "KEYS *", .flags = COMMAND_LISTING, .accepted = ANSWER_YES};
	}
	scene_tell(scene, o);
}

static size_t opened(const struct scene *scene)
{
	return scene_count(scene, EVENT_EXPOSURE_OPENED);
}

static struct engine_stats stats_of(const struct scene *scene)
{
	struct engine_stats stats;

	engine_stats(scene->engine, &stats);
	return stats;
}

static void one_client_is_one_finding(void **state)
{
	struct scene *scene = scene_open(ONE_CLIENT NETWORK);
	const struct event *incident;

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		let_in(scene, i, 7777, 1, false, 1);
	assert_int_equal(opened(scene), 8);
	assert_int_equal(scene_alerts(scene), 1);
	assert_int_equal(stats_of(scene).exposures_put_back, MANY - 8);
	assert_int_equal(stats_of(scene).exposures_waiting, 0);
	engine_tick(scene->engine, scene_ns(20));
	incident = scene_last(scene, EVENT_INCIDENT_UPDATED);
	assert_int_equal(incident->incident.member_count, MANY);
	assert_int_equal(incident->incident.open_count, MANY);
	assert_int_equal(incident->incident.unannounced_count, MANY - 8);
	assert_int_equal(incident->incident.level, LEVEL_ACCESSED);
	assert_non_null(strstr(incident->reason, "992 of them too many to be announced"));
	assert_true(scene->count < 40);
	engine_finish(scene->engine, scene_ns(60));
	assert_int_equal(opened(scene), 8);
	scene_close(scene);
}

static void what_is_new_is_told_at_once(void **state)
{
	struct scene *scene = scene_open(ONE_CLIENT NETWORK);

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		let_in(scene, i, 7777, 1, false, 1);
	let_in(scene, 500, 7777, 2, false, 2); /* another client of one of them */
	assert_int_equal(opened(scene), 9);
	let_in(scene, 600, 7777, 1, true, 3); /* it goes further */
	assert_int_equal(opened(scene), 10);
	assert_int_equal(scene_newest(scene, EVENT_EXPOSURE_OPENED)->exposure.level,
			 LEVEL_DATA_OUT);
	let_in(scene, 700, 22, 1, false, 4); /* a severer rule */
	assert_int_equal(opened(scene), 11);
	assert_int_equal(scene_newest(scene, EVENT_EXPOSURE_OPENED)->severity, SEVERITY_CRITICAL);
	let_in(scene, 255 * 250 + 7, 6379, 1, false, 5); /* another group, and a port by name */
	assert_int_equal(opened(scene), 12);
	let_in(scene, 255 * 250 + 8, 6379, 1, false, 5);
	assert_int_equal(opened(scene), 13);
	scene_close(scene);
}

static void many_clients_wait_for_the_budget(void **state)
{
	struct scene *scene = scene_open(FEW_A_SECOND NETWORK);
	size_t before;

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		let_in(scene, i, 7777, i, i == 900, 1);
	/* The first and the one that goes further cost nothing. */
	assert_int_equal(opened(scene), BURST + 2);
	assert_int_equal(stats_of(scene).exposures_put_back, MANY - BURST - 2);
	let_in(scene, 901, 22, 901, false, 1);
	assert_int_equal(opened(scene), BURST + 3);
	let_in(scene, 255 * 250 + 7, 6379, 950, false, 1);
	let_in(scene, 255 * 250 + 8, 6379, 951, false, 1);
	assert_int_equal(opened(scene), BURST + 5);
	let_in(scene, 990, 7777, 990, true, 1); /* the second of its kind that reads: it waits */
	before = opened(scene);
	engine_tick(scene->engine, scene_ns(2));
	assert_int_equal(opened(scene), before + 10);
	assert_true(stats_of(scene).exposures_waiting >= MANY - BURST - 20);
	engine_finish(scene->engine, scene_ns(3));
	assert_int_equal(opened(scene), MANY + 3);
	assert_int_equal(stats_of(scene).exposures_waiting, 0);
	assert_int_equal(stats_of(scene).exposures_quiet, 0);
	scene_close(scene);
}

/* Of those that wait the gravest goes first, then the oldest. */
static void the_gravest_goes_first(void **state)
{
	struct scene *scene = scene_open(FEW_A_SECOND NETWORK);
	const struct event *first = NULL;
	size_t before;

	(void)state;
	let_in(scene, 2000, 7777, 1, true, 1);
	for (unsigned i = 0; i < MANY; i++)
		let_in(scene, i, 7777, i, i == 900, 1);
	before = scene->count;
	engine_tick(scene->engine, scene_ns(2));
	for (size_t i = before; i < scene->count && first == NULL; i++) {
		if (scene->events[i].kind == EVENT_EXPOSURE_OPENED)
			first = &scene->events[i];
	}
	assert_non_null(first);
	assert_int_equal(first->exposure.level, LEVEL_DATA_OUT);
	assert_int_equal(first->exposure.client.bytes[15], 900 % 250);
	scene_close(scene);
}

/* Some of those that wait close before it is their turn: nothing is told, and nothing is lost. */
static void a_policy_that_permits_them_ends_the_wait(void **state)
{
	struct scene *scene = scene_open(FEW_A_SECOND NETWORK);

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		let_in(scene, i, 7777, i, false, 1);
	scene_reload(scene, SCENE_ZONES "groups: { servers: { hosts: [10.20.0.0/16] } }\n", 2);
	engine_tick(scene->engine, scene_ns(3));
	assert_int_equal(stats_of(scene).exposures_open, 0);
	assert_int_equal(stats_of(scene).exposures_waiting, 0);
	assert_int_equal(stats_of(scene).exposures_quiet, 0);
	scene_close(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_client_is_one_finding),
		cmocka_unit_test(what_is_new_is_told_at_once),
		cmocka_unit_test(many_clients_wait_for_the_budget),
		cmocka_unit_test(the_gravest_goes_first),
		cmocka_unit_test(a_policy_that_permits_them_ends_the_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
