/* SPDX-License-Identifier: ISC */
/*
 * What a restarted sensor knows: everything that it knew before, so that it neither announces again
 * nor forgets; after a kill -9 everything that it had told of.
 */
#include "tests/unit/scene.h"

#include <sys/wait.h>
#include <unistd.h>

#include "sensor/base/packed.h"
#include "sensor/engine/engine_saved.h"
#include "sensor/engine/engine_store.h"
#include "tests/unit/journal_place.h"
#include "tests/unit/random.h"

/* One life of a sensor. */
struct life {
	struct scene *scene;
	struct journal *journal;
	struct engine_store *store;
	struct engine_restored restored;
	size_t told; /* events while it remembered */
};

static struct life begin_with(const char *path, const char *policy,
			      const struct engine_options *options, uint64_t at)
{
	const struct journal_options wanted = {.path = path, .sensor = "unit", .max_rows = 1000};
	char error[JOURNAL_ERROR] = "";
	struct life life = {.scene = scene_open_with(policy, options)};

	life.journal = journal_open(&wanted, error);
	if (life.journal == NULL)
		fail_msg("%s", error);
	life.store = engine_store_new(life.scene->engine, life.journal);
	assert_non_null(life.store);
	life.scene->remembers = true;
	engine_store_restore(life.store, scene_ns(at), &life.restored);
	life.told = life.scene->count;
	journal_on_commit(life.journal, engine_store_touched, life.store);
	return life;
}

static struct life begin(const char *path, uint64_t at)
{
	const struct engine_options options = {.sensor = "unit"};

	return begin_with(path, SCENE_POLICY, &options, at);
}

/* scene_close() counts over one life only. */
static void close_scene(struct scene *scene)
{
	engine_free(scene->engine);
	policy_free(scene->policy);
	policy_free(scene->old_policy);
	services_free(scene->services);
	free(scene->events);
	free(scene);
}

static void end(struct life *life)
{
	engine_store_all(life->store);
	journal_on_commit(life->journal, NULL, NULL);
	journal_close(life->journal);
	engine_store_free(life->store);
	close_scene(life->scene);
}

/* The texts point into the policy of each life, live_flows end with it. */
static void clear_pointers(struct exposure_view *view)
{
#define CLEAR(name, member, ...) view->member = NULL;
	POLICY_FIELDS(CLEAR)
	ZONE_FIELDS(CLEAR)
#undef CLEAR
	view->facts.service = NULL;
	view->live_flows = 0;
}

struct views {
	struct exposure_view views[256];
	char texts[256][200];
	size_t count;
};

static void collect(void *context, const struct exposure_view *view)
{
	struct views *views = context;

	assert_true(views->count < 256);
	snprintf(views->texts[views->count], sizeof views->texts[0], "%s %s %s %s %s", view->rule,
		 view->group, view->owner, view->client_zone,
		 view->facts.service != NULL ? view->facts.service->name : "-");
	views->views[views->count] = *view;
	clear_pointers(&views->views[views->count++]);
}

static struct views *views_of(const struct scene *scene)
{
	struct views *views = calloc(1, sizeof *views);

	engine_each_exposure(scene->engine, true, collect, views);
	return views;
}

static void assert_same_views(const struct views *a, const struct views *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		assert_string_equal(a->texts[i], b->texts[i]);
		assert_memory_equal(&a->views[i], &b->views[i], sizeof a->views[i]);
	}
}

static void collect_coverage(void *context, const struct coverage *coverage)
{
	char *text = context;

	sprintf(text + strlen(text), "%d %u %llu %llu %llu %llu\n", coverage->is_rule,
		coverage->index, (unsigned long long)coverage->last_probe_ns,
		(unsigned long long)coverage->last_answer_ns, (unsigned long long)coverage->probes,
		(unsigned long long)coverage->answers);
}

/* An open exposure with much in it, a closed one, one that stays open. */
static void live_a_little(struct scene *scene)
{
	scene_probe(scene, "10.20.0.5", 6379, "203.0.113.1", 1);
	scene_reach(scene, "10.20.0.5", 6379, "203.0.113.2", 10);
	scene_tell(scene, scene_answer(scene, "10.20.0.5", 6379, "203.0.113.2", "redis", 11));
	scene_reach(scene, "10.20.0.6", 22, "203.0.113.2", 12);
	scene_reach(scene, "10.20.0.7", 443, "203.0.113.3", 13);
	scene_prove_closed(scene, "10.20.0.6", 22, 20);
	scene_reach(scene, "10.99.0.7", 8443, "203.0.113.3", 24); /* unlisted */
	scene_probe(scene, "10.20.0.9", 5432, "203.0.113.9", 25);
}

static void knows_all_after_a_restart(void **state)
{
	const struct place *place = *state;
	struct life life = begin(place->path, 0);
	char coverage[2][600] = {"", ""};
	struct engine_stats before, after;
	struct views *old, *new;

	assert_int_equal(life.restored.exposures, 0);
	live_a_little(life.scene);
	old = views_of(life.scene);
	engine_coverage(life.scene->engine, collect_coverage, coverage[0]);
	engine_stats(life.scene->engine, &before);
	end(&life);

	life = begin(place->path, 100);
	assert_int_equal(life.told, 0);
	assert_int_equal(life.restored.exposures, 4);
	assert_int_equal(life.restored.open, 3);
	assert_int_equal(life.restored.incidents, 1);
	assert_true(life.restored.walls >= 2);
	assert_int_equal(life.restored.unusable, 0);
	new = views_of(life.scene);
	assert_same_views(old, new);
	engine_coverage(life.scene->engine, collect_coverage, coverage[1]);
	assert_string_equal(coverage[0], coverage[1]);
	engine_stats(life.scene->engine, &after);
	assert_int_equal(after.exposures_open, before.exposures_open);
	assert_int_equal(after.incidents_open, before.incidents_open);
	free(old);
	free(new);
	end(&life);
}

static void does_not_announce_again(void **state)
{
	const struct place *place = *state;
	struct life life = begin(place->path, 0);
	const struct exposure_view *view;
	char incident[EXPOSURE_ID_TEXT];

	live_a_little(life.scene);
	memcpy(incident, scene_newest(life.scene, EVENT_INCIDENT_OPENED)->incident.id,
	       sizeof incident);
	end(&life);
	life = begin(place->path, 100);
	scene_reach(life.scene, "10.20.0.5", 6379, "203.0.113.2", 101);
	scene_reach(life.scene, "10.20.0.7", 443, "203.0.113.4", 102);
	assert_int_equal(life.scene->count, 0);
	/* The one that was closed opens again, and into the same incident. */
	life.scene->count = 0;
	scene_prove_closed(life.scene, "10.20.0.9", 5432, 105);
	assert_int_equal(life.scene->count, 0);
	end(&life);
	life = begin(place->path, 200);
	{
		struct views *views = views_of(life.scene);

		for (size_t i = 0; i < views->count; i++) {
			view = &views->views[i];
			if (view->server.port != 6379)
				continue;
			assert_int_equal(view->opened_ns, scene_ns(10));
			assert_int_equal(view->changed_after_ns, scene_ns(1));
			assert_int_equal(view->flows, 2);
			assert_int_equal(view->clients, 1); /* the same client as before */
			assert_string_equal(view->incident, incident);
		}
		free(views);
	}
	end(&life);
}

static void remembers_the_wall(void **state)
{
	const struct place *place = *state;
	struct life life = begin(place->path, 0);
	const struct event *event;

	live_a_little(life.scene);
	end(&life);
	life = begin(place->path, 100);
	scene_reach(life.scene, "10.20.0.9", 5432, "203.0.113.9", 110);
	event = scene_newest(life.scene, EVENT_EXPOSURE_OPENED);
	assert_int_equal(event->exposure.changed_after_ns, scene_ns(25));
	end(&life);
}

/* Dies in the turn after its events were committed, without another word. */
static void survives_a_kill(void **state)
{
	const struct place *place = *state;
	struct life life;
	pid_t child = fork();
	int status;

	if (child == 0) {
		life = begin(place->path, 0);
		scene_reach(life.scene, "10.20.0.5", 6379, "203.0.113.2", 10);
		journal_note_sequence(life.journal, life.scene->count);
		journal_commit(life.journal);
		/* Told and not committed: as if it had not been. */
		scene_reach(life.scene, "10.20.0.6", 22, "203.0.113.2", 12);
		kill(getpid(), SIGKILL);
	}
	waitpid(child, &status, 0);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	life = begin(place->path, 100);
	assert_int_equal(life.restored.open, 1);
	assert_int_equal(life.restored.incidents, 1);
	scene_reach(life.scene, "10.20.0.5", 6379, "203.0.113.3", 101);
	assert_int_equal(life.scene->count, 0);
	scene_reach(life.scene, "10.20.0.6", 22, "203.0.113.2", 102);
	scene_newest(life.scene, EVENT_EXPOSURE_OPENED);
	assert_int_equal(scene_count(life.scene, EVENT_INCIDENT_OPENED), 0);
	end(&life);
}

static const char permits[] =
	SCENE_ZONES "groups:\n"
		    "  logging: { hosts: [10.20.0.0/24], owner: platform, security-group: sg-1 }\n"
		    "rules:\n"
		    "  - { name: logging-internal, groups: [logging], internal-only: true,"
		    " allow: [strangers], severity: critical }\n";

/* The policy was changed while the sensor was down. */
static void judges_by_a_new_policy(void **state)
{
	static const char start[] = "version: 1\nsite: test\nzones:\n  inside: [10.0.0.0/8]\n"
				    "  strangers: [203.0.113.0/24]\n";
	const struct engine_options options = {.sensor = "unit"};
	const struct place *place = *state;
	struct life life = begin(place->path, 0);
	char policy[1000];

	live_a_little(life.scene);
	end(&life);
	snprintf(policy, sizeof policy, "%s%s", start, strstr(permits, "groups:"));
	life = begin_with(place->path, policy, &options, 100);
	assert_int_equal(life.restored.open, 3);
	assert_true(scene_count(life.scene, EVENT_EXPOSURE_CLOSED) >= 2);
	assert_int_equal(scene_newest(life.scene, EVENT_EXPOSURE_CLOSED)->exposure.close_reason,
			 CLOSE_POLICY);
	end(&life);
}

static void keeps_the_newest_where_there_is_less_room(void **state)
{
	const struct engine_options small = {
		.sensor = "unit", .max_exposures = 16, .max_walls = 16, .max_incidents = 16};
	const struct place *place = *state;
	struct life life = begin(place->path, 0);
	char server[32];

	for (unsigned i = 0; i < 40; i++) {
		snprintf(server, sizeof server, "10.20.0.%u", i + 1);
		scene_reach(life.scene, server, 6379, "203.0.113.2", 10 + i);
	}
	end(&life);
	life = begin_with(place->path, SCENE_POLICY, &small, 100);
	assert_int_equal(life.told, 0);
	{
		struct views *views = views_of(life.scene);
		struct engine_stats stats;

		assert_int_equal(views->count, 16);
		for (size_t i = 0; i < views->count; i++)
			assert_true(views->views[i].opened_ns >= scene_ns(10 + 24));
		engine_stats(life.scene->engine, &stats);
		assert_int_equal(stats.exposures_open, 16);
		free(views);
	}
	end(&life);
}

/* Most of many endpoints are only counted: so they are after a restart. */
static void many_endpoints_stay_quiet(void **state)
{
	static const char policy[] = "thresholds: { collapse-endpoints: 4 }\n" SCENE_POLICY;
	const struct engine_options options = {.sensor = "unit"};
	const struct place *place = *state;
	struct life life = begin_with(place->path, policy, &options, 0);
	struct engine_stats stats;
	struct observation o;
	char server[32];

	for (unsigned i = 0; i < 200; i++) {
		snprintf(server, sizeof server, "10.20.0.%u", i + 1);
		scene_reach(life.scene, server, 6379, "203.0.113.2", 10);
	}
	end(&life);
	life = begin_with(place->path, policy, &options, 100);
	assert_int_equal(life.told, 0);
	engine_stats(life.scene->engine, &stats);
	assert_int_equal(stats.exposures_quiet, 196);
	assert_int_equal(stats.exposures_open, 200);
	scene_reach(life.scene, "10.20.0.201", 6379, "203.0.113.2", 110);
	assert_int_equal(scene_count(life.scene, EVENT_EXPOSURE_OPENED), 0);
	o = scene_answer(life.scene, "10.20.0.150", 6379, "203.0.113.2", "redis", 120);
	o.flow.facts.auth = AUTH_NONE;
	scene_tell(life.scene, o);
	assert_int_equal(scene_newest(life.scene, EVENT_EXPOSURE_OPENED)->exposure.level,
			 LEVEL_ACCESSED);
	assert_int_equal(scene_newest(life.scene, EVENT_EXPOSURE_OPENED)->exposure.first_answer_ns,
			 scene_ns(10));
	assert_int_equal(scene_newest(life.scene, EVENT_INCIDENT_UPDATED)->incident.member_count,
			 201);
	assert_int_equal(
		scene_newest(life.scene, EVENT_INCIDENT_UPDATED)->incident.unannounced_count, 196);
	for (unsigned i = 0; i < 201; i++) {
		snprintf(server, sizeof server, "10.20.0.%u", i + 1);
		scene_prove_closed(life.scene, server, 6379, 200);
	}
	assert_int_equal(scene_count(life.scene, EVENT_INCIDENT_CLOSED), 1);
	end(&life);
}

static void passes_over_damage(void **state)
{
	const struct place *place = *state;
	struct saved_scratch *scratch = calloc(1, sizeof *scratch);
	struct life life = begin(place->path, 0);
	struct exposure before = {.flows = 7}, after;
	uint8_t copy[SAVED_MAX];
	size_t length;

	(void)place;
	length = engine_saved_exposure_write(life.scene->engine, &before, scratch);
	memcpy(copy, scratch->bytes, length);
	assert_true(length < 1000);
	assert_true(engine_saved_exposure_read(life.scene->engine, &after, copy, length, scratch));
	assert_int_equal(after.flows, 7);
	for (size_t i = 0; i < length; i++) {
		after = (struct exposure){.flows = 9};
		copy[i] ^= 0x10;
		assert_false(engine_saved_exposure_read(life.scene->engine, &after, copy, length,
							scratch));
		copy[i] ^= 0x10;
		assert_false(
			engine_saved_exposure_read(life.scene->engine, &after, copy, i, scratch));
		assert_int_equal(after.flows, 9);
	}
	free(scratch);
	end(&life);
}

/* A file from before LEVEL_EXECUTED has the levels under another tag, `destroyed` as 6. */
/* What an old file has of an exposure, as far as it matters here. */
struct old_exposure {
	uint8_t level, source_count;
	struct {
		struct address address;
		uint64_t first_ns, last_ns, bytes_out;
		uint32_t flows, logins_failed, logins_succeeded;
		uint8_t level;
		struct carrier carrier;
	} sources[EXPOSURE_SOURCES];
};

static void reads_the_levels_of_old_files(void **state)
{
#define OLD(tag, member)                                                                           \
	{                                                                                          \
		tag, offsetof(struct old_exposure, member),                                        \
			sizeof(((struct old_exposure *)0)->member)                                 \
	}
	static const struct packed_member old[] = {OLD(14, level), OLD(23, source_count),
						   OLD(64, sources)};
#undef OLD
	const struct place *place = *state;
	struct saved_scratch *scratch = calloc(1, sizeof *scratch);
	struct life life = begin(place->path, 0);

	for (uint8_t level = LEVEL_REACHABLE; level <= 6; level++) {
		struct old_exposure before = {.level = level, .source_count = 1};
		struct exposure after = {.flows = 1};
		enum level now = level == 6 ? LEVEL_DESTROYED : (enum level)level;
		uint8_t copy[SAVED_MAX];
		size_t length;

		before.sources[0].level = level;
		before.sources[0].flows = 7;
		length = packed_write(old, 3, &before, scratch->scratch, copy);
		assert_true(engine_saved_exposure_read(life.scene->engine, &after, copy, length,
						       scratch));
		assert_int_equal(after.level, now);
		assert_int_equal(after.sources[0].level, now);
		assert_int_equal(after.sources[0].flows, 7);
		length = engine_saved_exposure_write(life.scene->engine, &after, scratch);
		memcpy(copy, scratch->bytes, length);
		after.level = LEVEL_BLOCKED;
		assert_true(engine_saved_exposure_read(life.scene->engine, &after, copy, length,
						       scratch));
		assert_int_equal(after.level, now);
		assert_int_equal(after.sources[0].level, now);
	}
	free(scratch);
	end(&life);
}

static struct observation any_observation(struct scene *scene, struct random *random, uint64_t at)
{
	static const char *const names[] = {"redis", "ssh", "http", "postgresql"};
	char server[32], client[32];
	uint16_t port = (uint16_t)(1000 + random_below(random, 6));

	snprintf(server, sizeof server, "10.20.0.%u", 1 + (unsigned)random_below(random, 8));
	snprintf(client, sizeof client, "203.0.113.%u", 1 + (unsigned)random_below(random, 40));
	switch (random_below(random, 4)) {
	case 0:
		return scene_wall(server, port, client, at, random_below(random, 2) != 0);
	case 1:
		return scene_answer(scene, server, port, client, names[random_below(random, 4)],
				    at);
	default:
		return scene_flow(server, port, client, at);
	}
}

/* One long life and several short ones end with the same. */
static void many_lives_are_one(void **state)
{
	const struct place *place = *state;
	struct life life = begin(place->path, 0);
	struct life one = begin(NULL, 0);
	struct random random = {.state = 42};
	struct views *a, *b;

	for (uint64_t at = 1; at < 1500; at++) {
		struct observation o = any_observation(one.scene, &random, at);

		scene_tell(one.scene, o);
		o.flow.facts.service = o.kind == OBSERVATION_FLOW && o.flow.facts.service != NULL
					       ? services_get(life.scene->services, o.flow.service)
					       : NULL;
		scene_tell(life.scene, o);
		if (at % 100 == 0)
			engine_store_tick(life.store);
		if (at % 250 != 0)
			continue;
		end(&life);
		life = begin(place->path, at);
		assert_int_equal(life.told, 0);
	}
	a = views_of(one.scene);
	b = views_of(life.scene);
	assert_true(a->count > 20);
	assert_same_views(a, b);
	free(a);
	free(b);
	end(&one);
	end(&life);
}

/* What the rows of exposure_fields.h put into an exposure; their tags are saved. */
struct rows {
	EXPOSURE_FIELDS(FIELD_RECORD)
};

/* Whoever adds a member: give it a row in engine_saved.c, or name it there; then set the size. */
static void every_member_has_its_row(void **state)
{
	(void)state;
	if (sizeof(void *) != 8)
		skip();
	assert_int_equal(sizeof(struct exposure) - sizeof(struct facts) - sizeof(struct rows),
			 1664);
	assert_int_equal(sizeof(struct incident), 1344);
	assert_int_equal(sizeof(struct coverage), 40);
	assert_int_equal(sizeof(struct wall_seen), 16);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_place, remove_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(knows_all_after_a_restart),
		TEST(does_not_announce_again),
		TEST(remembers_the_wall),
		TEST(survives_a_kill),
		TEST(judges_by_a_new_policy),
		TEST(keeps_the_newest_where_there_is_less_room),
		TEST(many_endpoints_stay_quiet),
		TEST(passes_over_damage),
		TEST(reads_the_levels_of_old_files),
		TEST(many_lives_are_one),
		cmocka_unit_test(every_member_has_its_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
