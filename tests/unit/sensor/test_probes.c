/* SPDX-License-Identifier: ISC */
/*
 * The memory of attempts that met the wall, in virtual time: who waits, who is judged, what is
 * told and when, and what happens when there is no room.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sensor/decode/answerable.h"
#include "sensor/tables/probes.h"
#include "tests/unit/random.h"

#define SECOND	 1000000000ull
#define START	 (1000000 * SECOND)
#define NEWS_MAX 4096

struct told {
	struct endpoint server;
	struct wall_report report;
	uint64_t ts_ns;
};

struct scene {
	struct probes *probes;
	uint64_t now_ns;
	struct told told[NEWS_MAX];
	size_t count;
};

static void on_report(void *context, const struct endpoint *server,
		      const struct wall_report *report, uint64_t ts_ns)
{
	struct scene *scene = context;

	assert_true(scene->count < NEWS_MAX);
	if (report->new_unanswered != 0 || report->new_refused != 0) {
		assert_true(report->source_count >= 1 && report->source_count <= WALL_SOURCES);
		assert_true(report->first_ns != 0);
	} else {
		assert_true(report->new_idle != 0 || report->last_unjudged_ns != 0);
	}
	scene->told[scene->count++] = (struct told){*server, *report, ts_ns};
}

static struct scene *scene_new(uint32_t endpoints)
{
	struct scene *scene = calloc(1, sizeof *scene);

	scene->probes = probes_new(endpoints, 7, on_report, scene);
	scene->now_ns = START;
	return scene;
}

static void scene_free(struct scene *scene)
{
	probes_free(scene->probes);
	free(scene);
}

static struct endpoint endpoint(uint32_t number)
{
	struct endpoint server = {
		.address = {.bytes = {10, (uint8_t)(number >> 8), (uint8_t)number}},
		.port = 6379,
		.transport = TRANSPORT_TCP,
	};

	return server;
}

static struct address client(uint32_t number)
{
	struct address address = {.bytes = {203, (uint8_t)(number >> 8), (uint8_t)number}};

	return address;
}

static void note(struct scene *scene, uint32_t server, uint32_t from, uint64_t tuple)
{
	struct endpoint to = endpoint(server);
	struct probe probe = {
		.client = client(from),
		.tuple = tuple,
		.ts_ns = scene->now_ns,
		.initial = (uint32_t)tuple * 3,
	};

	probes_note(scene->probes, &to, probes_hash(scene->probes, &to), &probe);
}

static bool waits(struct scene *scene, uint32_t server, uint64_t tuple)
{
	struct endpoint to = endpoint(server);

	return probes_find(scene->probes, &to, tuple, NULL);
}

static void refuse(struct scene *scene, uint32_t server, uint32_t from, uint64_t tuple,
		   bool by_filter)
{
	struct endpoint to = endpoint(server);
	struct address source = client(from);

	probes_refused(scene->probes, &to, tuple, &source, scene->now_ns, by_filter);
}

static bool answer(struct scene *scene, uint32_t server, uint64_t tuple, uint64_t *unanswered_ns,
		   uint64_t *refused_ns)
{
	struct endpoint to = endpoint(server);

	return probes_answered(scene->probes, &to, tuple, scene->now_ns, unanswered_ns, refused_ns);
}

/* Time passes in steps of a worker's tick. */
static void pass(struct scene *scene, uint64_t ns)
{
	uint64_t end_ns = scene->now_ns + ns;

	while (scene->now_ns < end_ns) {
		scene->now_ns += 100000000u;
		probes_tick(scene->probes, scene->now_ns);
	}
}

static void silence_is_told_after_the_wait(void **state)
{
	struct scene *scene = scene_new(8);

	(void)state;
	note(scene, 1, 5, 77);
	assert_true(waits(scene, 1, 77));
	assert_false(waits(scene, 1, 78));
	assert_false(waits(scene, 2, 77));
	pass(scene, PROBES_WAIT_NS - 100000000u);
	assert_int_equal(scene->count, 0);
	assert_true(waits(scene, 1, 77));
	pass(scene, SECOND + 100000000u);
	assert_false(waits(scene, 1, 77));
	assert_int_equal(scene->count, 1);
	assert_true(scene->told[0].report.last_unanswered_ns == START);
	assert_int_equal(scene->told[0].report.new_unanswered, 1);
	assert_int_equal(scene->told[0].report.new_refused, 0);
	assert_int_equal(scene->told[0].report.source_count, 1);
	pass(scene, 10 * SECOND);
	assert_int_equal(scene->count, 1); /* once */
	scene_free(scene);
}

static void a_repeated_probe_is_one(void **state)
{
	struct scene *scene = scene_new(8);
	struct endpoint to = endpoint(1);
	struct probe found = {.ts_ns = 0};

	(void)state;
	note(scene, 1, 5, 77);
	pass(scene, SECOND);
	note(scene, 1, 5, 77); /* the same SYN, sent again */
	assert_true(probes_find(scene->probes, &to, 77, &found));
	assert_true(found.ts_ns == START);
	assert_int_equal(found.initial, 77 * 3);
	pass(scene, 10 * SECOND);
	assert_int_equal(scene->count, 1);
	assert_int_equal(scene->told[0].report.new_unanswered, 1);
	scene_free(scene);
}

static void an_answer_ends_the_wait_and_knows_the_wall(void **state)
{
	struct scene *scene = scene_new(8);
	uint64_t unanswered_ns = 1, refused_ns = 1;

	(void)state;
	assert_false(answer(scene, 9, 1, &unanswered_ns, &refused_ns));
	assert_true(unanswered_ns == 0 && refused_ns == 0); /* nothing was ever seen of it */
	note(scene, 1, 5, 1);
	pass(scene, 10 * SECOND);
	refuse(scene, 1, 5, 2, false);
	note(scene, 1, 6, 3);
	pass(scene, SECOND);
	assert_true(answer(scene, 1, 3, &unanswered_ns, &refused_ns));
	assert_true(unanswered_ns == START);
	assert_true(refused_ns == START + 10 * SECOND);
	assert_false(answer(scene, 1, 3, &unanswered_ns, &refused_ns));
	assert_false(waits(scene, 1, 3));
	scene->count = 0;
	pass(scene, 10 * SECOND);
	assert_int_equal(scene->count, 0);
	scene_free(scene);
}

/* A probe of before, still waiting when a later one is answered, met the wall. */
static void an_answer_overtakes_the_probes_before_it(void **state)
{
	struct scene *scene = scene_new(8);
	uint64_t unanswered_ns, refused_ns;

	(void)state;
	note(scene, 1, 5, 1);
	scene->now_ns += PROBES_OVERTAKEN_NS;
	note(scene, 1, 6, 2);
	note(scene, 1, 7, 3);
	scene->now_ns += 1000000;
	assert_true(answer(scene, 1, 2, &unanswered_ns, &refused_ns));
	assert_true(unanswered_ns == START);
	assert_false(waits(scene, 1, 1));
	assert_true(waits(scene, 1, 3)); /* its answer may still come */
	assert_int_equal(scene->count, 1);
	assert_int_equal(scene->told[0].report.new_unanswered, 1);
	scene_free(scene);
}

/* Else refusals of before would be told with those of after, as if there were no answer between. */
static void news_of_before_an_answer_go_first(void **state)
{
	struct scene *scene = scene_new(8);
	uint64_t unanswered_ns, refused_ns;

	(void)state;
	probes_tick(scene->probes, scene->now_ns);
	refuse(scene, 1, 5, 1, false);
	refuse(scene, 1, 6, 2, false);
	scene->now_ns += 1000;
	answer(scene, 1, 3, &unanswered_ns, &refused_ns);
	assert_true(refused_ns == START);
	assert_int_equal(scene->count, 1);
	assert_int_equal(scene->told[0].report.new_refused, 2);
	scene->now_ns += 1000;
	refuse(scene, 1, 7, 4, false);
	pass(scene, 2 * SECOND);
	assert_int_equal(scene->count, 2);
	assert_int_equal(scene->told[1].report.new_refused, 1);
	assert_int_equal(scene->told[1].report.source_count, 1);
	scene_free(scene);
}

static void a_filter_speaks_for_silence(void **state)
{
	struct scene *scene = scene_new(8);

	(void)state;
	note(scene, 1, 5, 1);
	refuse(scene, 1, 5, 1, true);
	assert_false(waits(scene, 1, 1));
	note(scene, 2, 5, 2);
	refuse(scene, 2, 5, 2, false);
	assert_false(waits(scene, 2, 2));
	pass(scene, 10 * SECOND);
	assert_int_equal(scene->count, 2);
	assert_int_equal(scene->told[0].report.new_unanswered, 1);
	assert_int_equal(scene->told[0].report.new_refused, 0);
	assert_true(scene->told[0].report.last_refused_ns == 0);
	assert_int_equal(scene->told[1].report.new_unanswered, 0);
	assert_int_equal(scene->told[1].report.new_refused, 1);
	assert_true(scene->told[1].report.last_refused_ns == START);
	scene_free(scene);
}

static void a_flood_is_sampled_and_told_once_a_second(void **state)
{
	struct scene *scene = scene_new(8);
	uint64_t tuple = 1;
	uint32_t waiting = 0;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++)
		note(scene, 1, i, tuple++);
	for (uint64_t i = 1; i < tuple; i++)
		waiting += waits(scene, 1, i);
	assert_in_range(waiting, 1, 8);
	for (int i = 0; i < 200; i++) {
		for (int j = 0; j < 50; j++) {
			refuse(scene, 1, (uint32_t)tuple, tuple, false);
			tuple++;
		}
		pass(scene, 100000000u);
	}
	assert_in_range(scene->count, 10, 22); /* in 20 s */
	for (size_t i = 0; i < scene->count; i++)
		assert_int_equal(scene->told[i].report.source_count, WALL_SOURCES);
	scene_free(scene);
}

static void sources_are_distinct(void **state)
{
	struct scene *scene = scene_new(8);

	(void)state;
	for (uint64_t i = 0; i < 30; i++)
		refuse(scene, 1, (uint32_t)i % 3, i, false);
	probes_flush(scene->probes, scene->now_ns);
	assert_int_equal(scene->count, 1);
	assert_int_equal(scene->told[0].report.new_refused, 30);
	assert_int_equal(scene->told[0].report.source_count, 3);
	scene_free(scene);
}

static void the_least_recently_used_endpoint_is_forgotten(void **state)
{
	struct scene *scene = scene_new(4);
	uint64_t unanswered_ns, refused_ns;

	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		refuse(scene, i, 1, i, false);
	refuse(scene, 0, 1, 9, false);
	refuse(scene, 4, 1, 4, false); /* takes the place of 1 */
	assert_int_equal(probes_evictions(scene->probes), 1);
	answer(scene, 1, 1, &unanswered_ns, &refused_ns);
	assert_true(refused_ns == 0);
	for (uint32_t i = 0; i < 5; i++) {
		if (i == 1)
			continue;
		answer(scene, i, i, &unanswered_ns, &refused_ns);
		assert_true(refused_ns == START);
	}
	scene_free(scene);
}

/* A probe whose endpoint lost its place must not be judged as one of the endpoint that took it. */
static void a_place_taken_over_inherits_nothing(void **state)
{
	struct scene *scene = scene_new(1);

	(void)state;
	note(scene, 1, 5, 77);
	pass(scene, SECOND);
	note(scene, 2, 6, 77); /* the same number, by chance */
	pass(scene, PROBES_WAIT_NS - SECOND + 200000000u);
	assert_true(waits(scene, 2, 77));
	pass(scene, 3 * SECOND);
	assert_int_equal(scene->count, 1);
	assert_memory_equal(&scene->told[0].server.address.bytes, endpoint(2).address.bytes, 16);
	assert_true(scene->told[0].report.last_unanswered_ns == START + SECOND);
	scene_free(scene);
}

/* Another input, of an earlier time: nothing of the first stands in its way. */
static void after_a_flush_time_begins_anew(void **state)
{
	struct scene *scene = scene_new(2);
	uint64_t unanswered_ns, refused_ns;

	(void)state;
	scene->now_ns = 2 * START;
	note(scene, 1, 5, 1);
	note(scene, 2, 5, 2);
	pass(scene, SECOND);
	probes_flush(scene->probes, scene->now_ns);
	assert_int_equal(scene->count, 0);
	assert_false(waits(scene, 1, 1)); /* not judged, and not waited for any more */
	refuse(scene, 1, 5, 4, false);
	probes_flush(scene->probes, scene->now_ns);
	scene->count = 0;
	scene->now_ns = START;
	note(scene, 1, 5, 3);
	pass(scene, 5 * SECOND);
	assert_int_equal(scene->count, 1);
	assert_true(scene->told[0].report.last_unanswered_ns == START);
	assert_false(answer(scene, 1, 9, &unanswered_ns, &refused_ns));
	assert_true(unanswered_ns == START);
	assert_true(refused_ns == 0); /* it is not yet refused */
	refuse(scene, 1, 5, 5, false);
	probes_flush(scene->probes, scene->now_ns);
	assert_true(scene->told[1].report.last_refused_ns == scene->now_ns);
	scene_free(scene);
}

static void a_clock_set_back_blocks_nothing(void **state)
{
	struct scene *scene = scene_new(2);

	(void)state;
	scene->now_ns = 2 * START;
	note(scene, 1, 5, 1);
	pass(scene, SECOND);
	scene->now_ns = START;
	note(scene, 2, 5, 3);
	pass(scene, 5 * SECOND);
	assert_int_equal(scene->count, 1);
	assert_true(scene->told[0].report.last_unanswered_ns == START);
	scene_free(scene);
}

/* Random use: counters add up, nothing is told twice. */
static void every_judgement_is_told_once(void **state)
{
	struct scene *scene = scene_new(16);
	struct random random = {.state = 3};
	uint64_t refused = 0, told_refused = 0, told_unanswered = 0, noted = 0;

	(void)state;
	for (uint64_t tuple = 1; tuple < 20000; tuple++) {
		uint32_t server = random_below(&random, 16); /* all find room */

		if (random_below(&random, 2)) {
			note(scene, server, random_below(&random, 20), tuple);
			noted += waits(scene, server, tuple);
		} else {
			refuse(scene, server, random_below(&random, 20), tuple, false);
			refused++;
		}
		if (random_below(&random, 50) == 0)
			pass(scene, random_below(&random, 9) * 500000000u);
		for (size_t i = 0; i < scene->count; i++) {
			told_refused += scene->told[i].report.new_refused;
			told_unanswered += scene->told[i].report.new_unanswered;
		}
		scene->count = 0;
	}
	pass(scene, 10 * SECOND);
	probes_flush(scene->probes, scene->now_ns);
	for (size_t i = 0; i < scene->count; i++) {
		told_refused += scene->told[i].report.new_refused;
		told_unanswered += scene->told[i].report.new_unanswered;
	}
	assert_true(told_refused == refused);
	assert_true(told_unanswered == noted);
	assert_int_equal(probes_evictions(scene->probes), 0);
	scene_free(scene);
}

static void note_flawed(struct scene *scene, uint64_t tuple, uint8_t flaws, uint8_t ttl)
{
	struct endpoint to = endpoint(1);
	struct probe probe = {.client = client((uint32_t)tuple),
			      .tuple = tuple,
			      .ts_ns = scene->now_ns,
			      .flaws = flaws,
			      .ttl = ttl};

	probes_note(scene->probes, &to, probes_hash(scene->probes, &to), &probe);
}

static void what_nobody_answers_proves_nothing(void **state)
{
	struct scene *scene = scene_new(8);
	uint64_t unanswered_ns, refused_ns;

	(void)state;
	note_flawed(scene, 1, FLAW_FORM, 64);
	note_flawed(scene, 2, FLAW_DATA_CHECKSUM, 64);
	note_flawed(scene, 3, FLAW_TTL, 3);
	pass(scene, 5 * SECOND);
	assert_int_equal(probes_idle(scene->probes), 3);
	note_flawed(scene, 4, 0, 64);
	answer(scene, 1, 4, &unanswered_ns, &refused_ns);
	assert_int_equal(unanswered_ns, 0); /* and dates nothing */
	/* Two flaws of two copies do not make one without; a good copy does. */
	note_flawed(scene, 5, FLAW_FORM, 64);
	note_flawed(scene, 5, FLAW_DATA_CHECKSUM, 64);
	note_flawed(scene, 6, FLAW_FORM, 64);
	note_flawed(scene, 6, 0, 64);
	pass(scene, 5 * SECOND);
	assert_int_equal(probes_idle(scene->probes), 4);
	assert_int_equal(scene->told[scene->count - 1].report.new_unanswered, 1);
	scene_free(scene);
}

static void what_is_answered_is_learnt(void **state)
{
	struct scene *scene = scene_new(8);
	struct endpoint to = endpoint(1);
	uint64_t unanswered_ns, refused_ns;

	(void)state;
	note_flawed(scene, 1, FLAW_DATA_CHECKSUM | FLAW_TTL, 5);
	probes_learn(scene->probes, &to, 1);
	answer(scene, 1, 1, &unanswered_ns, &refused_ns);
	note_flawed(scene, 2, FLAW_DATA_CHECKSUM | FLAW_TTL, 5);
	note_flawed(scene, 3, FLAW_DATA_CHECKSUM | FLAW_TTL, 4);
	note_flawed(scene, 4, FLAW_IP_CHECKSUM, 64);
	pass(scene, 5 * SECOND);
	assert_int_equal(scene->told[0].report.new_unanswered, 1);
	assert_int_equal(scene->told[0].report.new_idle, 2);
	scene_free(scene);
}

static void who_goes_on_was_answered(void **state)
{
	struct scene *scene = scene_new(8);
	struct endpoint to = endpoint(1);

	(void)state;
	note_flawed(scene, 1, 0, 64);
	probes_disown(scene->probes, &to, 1);
	note_flawed(scene, 2, 0, 64);
	probes_lost(scene->probes, &to, 2);
	pass(scene, 5 * SECOND);
	assert_int_equal(probes_idle(scene->probes), 2);
	assert_int_equal(scene->told[0].report.new_unanswered, 0);
	scene_free(scene);
}

static void a_flood_is_not_judged(void **state)
{
	struct scene *scene = scene_new(8);

	(void)state;
	for (unsigned i = 0; i < PROBES_FLOOD; i++)
		note_flawed(scene, 100 + i, 0, 64);
	pass(scene, 5 * SECOND);
	assert_int_equal(probes_flooded(scene->probes), 4);
	note_flawed(scene, 1, 0, 64); /* the backlog may still be full */
	pass(scene, 70 * SECOND);
	assert_int_equal(probes_flooded(scene->probes), 5);
	note_flawed(scene, 2, 0, 64);
	pass(scene, 5 * SECOND);
	assert_int_equal(probes_flooded(scene->probes), 5);
	assert_int_equal(scene->told[scene->count - 1].report.new_unanswered, 1);
	scene_free(scene);
}

static void only_the_same_question_dates_the_wall(void **state)
{
	struct scene *scene = scene_new(8);
	struct endpoint to = endpoint(1);
	struct probe probe = {.client = client(1), .tuple = 1, .question = 7};
	uint64_t unanswered_ns, refused_ns;

	(void)state;
	to.transport = TRANSPORT_UDP;
	probe.ts_ns = scene->now_ns;
	probes_note(scene->probes, &to, probes_hash(scene->probes, &to), &probe);
	pass(scene, 5 * SECOND);
	for (unsigned i = 0; i < 2; i++) {
		probe.tuple = 2 + i;
		probe.ts_ns = scene->now_ns;
		probe.question = i == 0 ? 8 : 7;
		probes_note(scene->probes, &to, probes_hash(scene->probes, &to), &probe);
		assert_int_equal(probes_learn(scene->probes, &to, probe.tuple), probe.question);
		probes_answered(scene->probes, &to, probe.tuple, scene->now_ns, &unanswered_ns,
				&refused_ns);
		assert_int_equal(unanswered_ns, i == 0 ? 0 : START);
	}
	scene_free(scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_nobody_answers_proves_nothing),
		cmocka_unit_test(what_is_answered_is_learnt),
		cmocka_unit_test(who_goes_on_was_answered),
		cmocka_unit_test(a_flood_is_not_judged),
		cmocka_unit_test(only_the_same_question_dates_the_wall),
		cmocka_unit_test(silence_is_told_after_the_wait),
		cmocka_unit_test(a_repeated_probe_is_one),
		cmocka_unit_test(an_answer_ends_the_wait_and_knows_the_wall),
		cmocka_unit_test(an_answer_overtakes_the_probes_before_it),
		cmocka_unit_test(news_of_before_an_answer_go_first),
		cmocka_unit_test(a_filter_speaks_for_silence),
		cmocka_unit_test(a_flood_is_sampled_and_told_once_a_second),
		cmocka_unit_test(sources_are_distinct),
		cmocka_unit_test(the_least_recently_used_endpoint_is_forgotten),
		cmocka_unit_test(a_place_taken_over_inherits_nothing),
		cmocka_unit_test(after_a_flush_time_begins_anew),
		cmocka_unit_test(a_clock_set_back_blocks_nothing),
		cmocka_unit_test(every_judgement_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
