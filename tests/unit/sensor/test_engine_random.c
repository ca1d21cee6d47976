/* SPDX-License-Identifier: ISC */
/*
 * Random observations in small tables, against what must hold whatever comes: scene.h checks each
 * event; here are the figures that must agree, and that two runs are the same to the byte.
 */
#include "tests/unit/scene.h"

#define TURNS	  6000
#define FEW_PORTS "thresholds: { collapse-ports: 4, data-out: 20000, unconfirmed-after: 2h"
#define FEW	  ", collapse-endpoints: 1"

static uint32_t pick(uint64_t *state, uint32_t below)
{
	*state = *state * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(*state >> 33) % below;
}

static const char *const services[] = {"redis", "http", "ssh", "elasticsearch", "imap"};

static void random_facts(struct facts *facts, uint64_t *random)
{
	static const char *const commands[] = {"KEYS *", "FLUSHALL", "SEARCH /a", "DROP TABLE x"};

	facts->auth = (uint8_t)pick(random, AUTH_SUCCEEDED + 1);
	facts->directory_listing = pick(random, 40) == 0;
	facts->command_count = (uint8_t)pick(random, 4);
	for (unsigned i = 0; i < facts->command_count; i++) {
		struct command *command = &facts->commands[i];

		snprintf(command->text, sizeof command->text, "%s", commands[pick(random, 4)]);
		command->accepted = (uint8_t)pick(random, 3);
		command->flags = (uint8_t)pick(random, 4);
	}
	memset(facts->product, 'p', pick(random, sizeof facts->product));
	memset(facts->version, '1', pick(random, sizeof facts->version));
	memset(facts->user, 'u', pick(random, sizeof facts->user));
	memset(facts->path, '/', pick(random, sizeof facts->path));
}

static struct observation random_flow(struct scene *scene, const char *server, uint16_t port,
				      const char *client, uint64_t at, uint64_t *random)
{
	struct observation o = scene_flow(server, port, client, at);
	struct flow_report *flow = &o.flow;

	if (pick(random, 4) == 0)
		o.server.transport = TRANSPORT_UDP;
	flow->start_ns = pick(random, 3) == 0 ? 0 : o.ts_ns - pick(random, 1000000000);
	flow->outcome = (uint8_t)pick(random, OUTCOME_UDP_RESPONSE_ONLY + 1);
	flow->direction = (uint8_t)pick(random, DIRECTION_SYNACK + 1);
	flow->sight = (uint8_t)(1 + pick(random, 3));
	flow->first = pick(random, 2);
	flow->last = pick(random, 3) == 0;
	flow->one_way_service = pick(random, 8) == 0;
	flow->server_payload = pick(random, 2);
	flow->new_bytes_s2c = pick(random, 3000);
	flow->new_logins_failed = pick(random, 3);
	flow->new_logins_succeeded = pick(random, 10) == 0;
	flow->wall_unanswered_ns = pick(random, 2) ? o.ts_ns - pick(random, 2000000000) : 0;
	flow->identified_by = (uint8_t)pick(random, IDENTIFIED_PAYLOAD + 1);
	if (flow->identified_by != IDENTIFIED_NOT)
		flow->service = services_find(scene->services, services[pick(random, 5)]);
	random_facts(&flow->facts, random);
	return o;
}

static void random_turn(struct scene *scene, uint64_t at, uint64_t *random)
{
	char server[32], client[32];
	uint16_t port = (uint16_t)pick(random, 12);
	struct observation o;

	/* Group and no group; partners and strangers. */
	snprintf(server, sizeof server, "10.%u.0.%u", pick(random, 2) ? 20 : 1, pick(random, 4));
	snprintf(client, sizeof client, "%s.%u", pick(random, 3) ? "203.0.113" : "198.51.100",
		 1 + pick(random, 20));
	if (pick(random, 2)) {
		o = random_flow(scene, server, port, client, at, random);
	} else {
		o = scene_wall(server, port, client, at, pick(random, 2));
		o.wall.source_count = (uint8_t)pick(random, WALL_SOURCES + 1);
		for (unsigned i = 1; i < o.wall.source_count; i++) {
			o.wall.sources[i] = o.wall.sources[0];
			o.wall.sources[i].bytes[15] = (uint8_t)pick(random, 256);
		}
	}
	scene_tell(scene, o);
	if (pick(random, 10) == 0)
		engine_tick(scene->engine, scene_ns(at));
}

struct tally {
	size_t open, all;
};

static void tally_open(void *context, const struct exposure_view *view)
{
	struct tally *tally = context;

	tally->open += exposure_is_open(view->state);
	tally->all++;
}

static void check_figures(const struct scene *scene, uint32_t exposures, uint32_t incidents)
{
	struct engine_stats stats;
	struct tally tally = {0, 0};

	engine_stats(scene->engine, &stats);
	engine_each_exposure(scene->engine, true, tally_open, &tally);
	assert_int_equal(tally.open, stats.exposures_open);
	assert_true(tally.all <= exposures);
	assert_true(stats.incidents_open <= incidents);
	assert_int_equal(stats.exposures_opened - stats.exposures_closed - stats.exposures_merged,
			 stats.exposures_open - stats.exposures_quiet);
}

static struct scene *run(uint64_t seed, uint32_t exposures)
{
	struct engine_options options = {
		.sensor = "unit", .max_exposures = exposures, .max_walls = 8, .max_incidents = 3};
	struct scene *scene = scene_open_with(seed % 2 ? FEW_PORTS " }\n" SCENE_POLICY
						       : FEW_PORTS FEW " }\n" SCENE_POLICY,
					      &options);
	uint64_t random = seed, at = 10;

	for (unsigned turn = 0; turn < TURNS; turn++) {
		at += pick(&random, 20) == 0 ? pick(&random, HOUR) : pick(&random, 3);
		random_turn(scene, at, &random);
		if (turn == TURNS / 2)
			scene_reload(scene,
				     seed % 2 ? "thresholds: { close-probes: 2 }\n" SCENE_POLICY
					      : "thresholds: { close-probes: 2" FEW
						" }\n" SCENE_POLICY,
				     at);
		if (turn % 500 == 0)
			check_figures(scene, exposures, 3);
	}
	engine_finish(scene->engine, scene_ns(at));
	check_figures(scene, exposures, 3);
	return scene;
}

static void invariants_hold(void **state)
{
	static const uint32_t sizes[] = {1, 2, 5, 12, 200};
	size_t kinds[EVENT_KIND_COUNT] = {0}, counted = 0;

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		for (uint64_t seed = 1; seed <= 4; seed++) {
			struct scene *scene = run(seed, sizes[i]);

			for (size_t j = 0; j < scene->count; j++)
				kinds[scene->events[j].kind]++;
			for (size_t j = 0; j < scene->count; j++)
				counted += scene->events[j].has_incident &&
					   scene->events[j].incident.unannounced_count != 0;
			scene_close(scene);
		}
	}
	/* It would be a poor test if something never came up. */
	assert_true(counted > 20);
	for (int kind = EVENT_EXPOSURE_OPENED; kind <= EVENT_INCIDENT_CLOSED; kind++)
		assert_true(kinds[kind] > 20);
}

static void two_runs_are_the_same(void **state)
{
	struct scene *one = run(78, 12), *two = run(78, 12);

	(void)state;
	assert_int_equal(one->count, two->count);
	for (size_t i = 0; i < one->count; i++) {
		assert_string_equal(one->events[i].id, two->events[i].id);
		assert_string_equal(one->events[i].reason, two->events[i].reason);
	}
	scene_close(one);
	scene_close(two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(invariants_hold),
		cmocka_unit_test(two_runs_are_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
