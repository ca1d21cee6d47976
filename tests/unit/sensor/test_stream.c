/* SPDX-License-Identifier: ISC */
/*
 * Reassembly against the naive truth: an array with one cell for each byte that was sent, and what its
 * copies were; which of them wins is in the cases below. Segments are cut, doubled with other content, mixed, lost and
 * captured short, around the wrap of sequence numbers; whatever comes out must be exactly that
 * array, with every hole told in its place and length.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sensor/session/stream.h"
#include "tests/unit/random.h"

#define SENT_MAX     6000
#define SEGMENTS_MAX 200

enum {
	CELL_UNSEEN, /* nobody sent this byte */
	CELL_SEEN,
	CELL_CUT, /* sent, but cut off in a copy, which may be the one that won */
};

struct output {
	uint8_t bytes[SENT_MAX];
	bool gap[SENT_MAX];
	size_t length;
	uint64_t gap_count;
};

static void on_bytes(void *context, const uint8_t *bytes, size_t length)
{
	struct output *out = context;

	assert_int_not_equal(length, 0);
	assert_true(length <= SENT_MAX - out->length);
	memcpy(out->bytes + out->length, bytes, length);
	out->length += length;
}

static void on_gap(void *context, uint64_t missing)
{
	struct output *out = context;

	assert_int_not_equal(missing, 0);
	assert_true(missing <= SENT_MAX - out->length);
	memset(out->gap + out->length, true, missing);
	out->length += missing;
	out->gap_count++;
}

static struct stream_handler handler_of(struct output *out)
{
	return (struct stream_handler){.context = out, .bytes = on_bytes, .gap = on_gap};
}

/* Bytes lie in a heap block of exactly their size, gone when the call returns. */
static void feed(struct stream_pool *pool, struct stream *stream, struct output *out,
		 struct segment segment)
{
	struct stream_handler handler = handler_of(out);
	uint8_t *copy = segment.captured ? malloc(segment.captured) : NULL;

	if (segment.captured)
		memcpy(copy, segment.bytes, segment.captured);
	segment.bytes = copy;
	stream_feed(pool, stream, &segment, &handler);
	free(copy);
}

static void feed_text(struct stream_pool *pool, struct stream *stream, struct output *out,
		      uint32_t sequence, const char *text)
{
	feed(pool, stream, out,
	     (struct segment){.sequence = sequence,
			      .bytes = (const uint8_t *)text,
			      .captured = (uint32_t)strlen(text),
			      .wire = (uint32_t)strlen(text)});
}

static void expect_text(const struct output *out, const char *text)
{
	assert_int_equal(out->length, strlen(text));
	for (size_t i = 0; i < out->length; i++) {
		if (text[i] == '_')
			assert_true(out->gap[i]);
		else
			assert_int_equal(out->gap[i] ? '_' : out->bytes[i], text[i]);
	}
}

/* --- The property ----------------------------------------------------------------------------- */

struct cell {
	uint8_t state;
	uint64_t versions[4]; /* bit n: a copy of it was n */
};

struct plan {
	uint32_t start, length; /* of the conversation, bytes */
	struct segment segments[SEGMENTS_MAX];
	size_t count;
	uint8_t content[SEGMENTS_MAX][2 * 2036 + 200];
};

static void add_segment(struct plan *plan, struct random *random, uint32_t offset, uint32_t length,
			bool cut)
{
	struct segment *segment = &plan->segments[plan->count];
	uint8_t *content = plan->content[plan->count++];

	/* Each copy has its own content: that of the loser must not appear. */
	for (uint32_t i = 0; i < length; i++)
		content[i] = (uint8_t)random_below(random, 256);
	*segment = (struct segment){
		.sequence = plan->start + offset,
		.bytes = content,
		.captured = cut ? random_below(random, length + 1) : length,
		.wire = length,
	};
}

/* Cuts the conversation into segments; some are sent twice, with other bounds and content. */
static void make_plan(struct plan *plan, struct random *random, uint32_t largest, unsigned lose,
		      unsigned cut)
{
	uint32_t at = 0;

	plan->count = 0;
	plan->length = 1 + random_below(random, SENT_MAX - 1);
	plan->start = random_below(random, 2) ? 0u - random_below(random, plan->length + 1)
					      : (uint32_t)random_next(random);
	while (at < plan->length && plan->count + 2 < SEGMENTS_MAX) {
		uint32_t length = 1 + random_below(random, largest);

		if (length > plan->length - at)
			length = plan->length - at;
		if (random_below(random, 100) >= lose)
			add_segment(plan, random, at, length, random_below(random, 100) < cut);
		if (random_below(random, 4) == 0) {
			uint32_t from = random_below(random, at + length);
			uint32_t more = 1 + random_below(random, largest);

			if (more > plan->length - from)
				more = plan->length - from;
			add_segment(plan, random, from, more, random_below(random, 100) < cut);
		}
		at += length;
	}
}

/* Mixes each run of `window` segments. */
static void shuffle(struct plan *plan, struct random *random, uint32_t window)
{
	for (size_t i = 0; window > 1 && i < plan->count; i++) {
		size_t last = i / window * window + window - 1, j;
		struct segment other = plan->segments[i];

		if (last >= plan->count)
			last = plan->count - 1;
		j = i + random_below(random, (uint32_t)(last - i + 1));
		plan->segments[i] = plan->segments[j];
		plan->segments[j] = other;
	}
}

/* What each byte may be: what its copies were. */
static void note_truth(const struct plan *plan, const struct segment *segment, struct cell *cells)
{
	uint32_t offset = segment->sequence - plan->start;

	for (uint32_t i = 0; i < segment->wire; i++) {
		struct cell *cell = &cells[offset + i];

		if (i >= segment->captured) {
			cell->state = CELL_CUT;
			continue;
		}
		if (cell->state == CELL_UNSEEN)
			cell->state = CELL_SEEN;
		cell->versions[segment->bytes[i] / 64] |= 1ull << segment->bytes[i] % 64;
	}
}

static bool is_a_version(const struct cell *cell, uint8_t byte)
{
	return (cell->versions[byte / 64] >> byte % 64 & 1) != 0;
}

static void check_truth(const struct plan *plan, const struct cell *cells, const struct output *out)
{
	assert_true(out->length <= plan->length);
	for (uint32_t i = 0; i < plan->length; i++) {
		/* What nobody captured at the very end is not told: nothing shows that it was
		 * there. */
		if (i >= out->length)
			assert_int_not_equal(cells[i].state, CELL_SEEN);
		else if (cells[i].state == CELL_SEEN && out->gap[i])
			fail_msg("byte %u of %u was lost", i, plan->length);
		else if (cells[i].state == CELL_UNSEEN)
			assert_true(out->gap[i]);
		else if (!out->gap[i])
			assert_true(is_a_version(&cells[i], out->bytes[i]));
	}
}

static void run_plan(struct stream_pool *pool, const struct plan *plan)
{
	struct cell cells[SENT_MAX] = {{0}};
	struct stream stream = {0};
	struct output out = {.length = 0};
	struct stream_handler handler = handler_of(&out);

	stream_start(&stream, plan->start);
	for (size_t i = 0; i < plan->count; i++) {
		note_truth(plan, &plan->segments[i], cells);
		feed(pool, &stream, &out, plan->segments[i]);
	}
	stream_finish(pool, &stream, &handler);
	assert_int_equal(stream_pool_in_use(pool), 0);
	check_truth(plan, cells, &out);
}

static void any_segmentation_order_and_doubling_gives_the_bytes_sent(void **state)
{
	struct random random = {.state = 1};
	struct stream_pool *pool = stream_pool_new(128);
	struct plan *plan = malloc(sizeof *plan);

	(void)state;
	for (int i = 0; i < 3000; i++) {
		uint32_t largest = i % 3 == 0 ? 4000 : (i % 3 == 1 ? 400 : 150);

		make_plan(plan, &random, largest, 0, 0);
		shuffle(plan, &random, random_below(&random, 20));
		run_plan(pool, plan);
	}
	free(plan);
	stream_pool_free(pool);
}

static void losses_and_short_captures_are_told_in_their_place(void **state)
{
	struct random random = {.state = 2};
	struct stream_pool *pool = stream_pool_new(128);
	struct plan *plan = malloc(sizeof *plan);

	(void)state;
	for (int i = 0; i < 3000; i++) {
		make_plan(plan, &random, i % 2 ? 3000 : 300, 10, i % 3 ? 0 : 20);
		shuffle(plan, &random, random_below(&random, 8));
		run_plan(pool, plan);
	}
	free(plan);
	stream_pool_free(pool);
}

/* With too small a pool bytes may get lost, but none is told twice, in another place or wrongly. */
static void a_small_pool_loses_bytes_but_never_invents_any(void **state)
{
	struct random random = {.state = 3};
	struct stream_pool *pool = stream_pool_new(3);
	struct plan *plan = malloc(sizeof *plan);
	uint64_t lost = 0;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		struct cell cells[SENT_MAX] = {{0}};
		struct stream stream = {0};
		struct output out = {.length = 0};
		struct stream_handler handler = handler_of(&out);

		make_plan(plan, &random, i % 2 ? 3000 : 200, 5, 5);
		shuffle(plan, &random, 30);
		stream_start(&stream, plan->start);
		for (size_t j = 0; j < plan->count; j++) {
			note_truth(plan, &plan->segments[j], cells);
			feed(pool, &stream, &out, plan->segments[j]);
			assert_true(stream_pool_in_use(pool) <= 3);
		}
		stream_finish(pool, &stream, &handler);
		assert_int_equal(stream_pool_in_use(pool), 0);
		assert_true(out.length <= plan->length);
		for (uint32_t k = 0; k < out.length; k++) {
			/* A later copy may stand for one that found no room. */
			if (!out.gap[k])
				assert_int_not_equal(cells[k].state, CELL_UNSEEN);
			lost += out.gap[k] && cells[k].state == CELL_SEEN;
		}
	}
	assert_true(lost > 0);
	assert_true(stream_pool_refusals(pool) > 0);
	free(plan);
	stream_pool_free(pool);
}

/* --- Cases ------------------------------------------------------------------------------------ */

struct scene {
	struct stream_pool *pool;
	struct stream stream;
	struct output out;
	struct stream_handler handler;
};

static int begin(void **state)
{
	struct scene *scene = calloc(1, sizeof *scene);

	scene->pool = stream_pool_new(64);
	scene->handler = handler_of(&scene->out);
	stream_start(&scene->stream, 1000);
	*state = scene;
	return 0;
}

static int end(void **state)
{
	struct scene *scene = *state;

	stream_finish(scene->pool, &scene->stream, NULL);
	assert_int_equal(stream_pool_in_use(scene->pool), 0);
	stream_pool_free(scene->pool);
	free(scene);
	return 0;
}

static void scene_feed(struct scene *scene, uint32_t sequence, const char *text)
{
	feed_text(scene->pool, &scene->stream, &scene->out, sequence, text);
}

static void the_first_copy_wins_when_held(void **state)
{
	struct scene *scene = *state;

	scene_feed(scene, 1004, "EFGH");
	scene_feed(scene, 1006, "xxIJ");
	scene_feed(scene, 1004, "xxxx");
	scene_feed(scene, 1000, "ABCD");
	expect_text(&scene->out, "ABCDEFGHIJ");
}

static void the_one_that_begins_first_wins_when_held(void **state)
{
	struct scene *scene = *state;

	scene_feed(scene, 1004, "xxGH");
	scene_feed(scene, 1002, "CDEF");
	scene_feed(scene, 1000, "AB");
	expect_text(&scene->out, "ABCDEFGH");
}

static void a_longer_one_replaces_what_it_covers(void **state)
{
	struct scene *scene = *state;

	scene_feed(scene, 1004, "xxxx");
	scene_feed(scene, 1002, "CDEFGHIJ");
	scene_feed(scene, 1000, "AB");
	expect_text(&scene->out, "ABCDEFGHIJ");
}

static void one_in_order_wins_over_what_is_held(void **state)
{
	struct scene *scene = *state;

	scene_feed(scene, 1004, "xxxx");
	scene_feed(scene, 1010, "xxMN");
	scene_feed(scene, 1000, "ABCDEFGHIJKL");
	expect_text(&scene->out, "ABCDEFGHIJKLMN");
}

static void the_urgent_byte_is_out_of_band(void **state)
{
	struct scene *scene = *state;

	assert_true(stream_urgent(&scene->stream, 1002));
	assert_false(stream_urgent(&scene->stream, 1002));
	scene_feed(scene, 1001, "B!C");
	scene_feed(scene, 1000, "A");
	expect_text(&scene->out, "ABC");
	assert_false(stream_urgent(&scene->stream, 1003));
	scene_feed(scene, 1004, "D");
	expect_text(&scene->out, "ABCD");
}

static bool contradicts(const struct scene *scene, const struct stream_tail *tail,
			uint32_t sequence, const char *text)
{
	struct segment segment = {sequence, (const uint8_t *)text, (uint32_t)strlen(text),
				  (uint32_t)strlen(text)};

	return stream_contradicts(scene->pool, &scene->stream, tail, &segment);
}

static void two_versions_of_the_same_bytes_are_noticed(void **state)
{
	struct scene *scene = *state;
	struct stream_tail tail = {.begin = 0};

	scene_feed(scene, 1000, "ABCD");
	stream_tail_add(&tail, 1004, (const uint8_t *)"ABCD", 4);
	scene_feed(scene, 1008, "IJ");
	assert_false(contradicts(scene, &tail, 1000, "ABCD"));
	assert_false(contradicts(scene, &tail, 1002, "CDEF"));
	assert_false(contradicts(scene, &tail, 990, "0123456789A"));
	assert_false(contradicts(scene, &tail, 1006, "GHIJK"));
	assert_true(contradicts(scene, &tail, 1000, "A?"));
	assert_true(contradicts(scene, &tail, 1003, "?EF"));
	assert_true(contradicts(scene, &tail, 990, "0123456789?"));
	assert_true(contradicts(scene, &tail, 1006, "GHI?"));
	assert_true(contradicts(scene, &tail, 1009, "?"));
}

static void a_tail_keeps_the_newest_bytes_whatever_their_pieces(void **state)
{
	struct random random = {.state = 4};
	static uint8_t sent[64 * STREAM_TAIL];
	struct stream_tail tail = {.begin = 0};
	uint32_t base = 0u - 3000u, at = 0;

	(void)state;
	for (size_t i = 0; i < sizeof sent; i++)
		sent[i] = (uint8_t)random_below(&random, 256);
	while (at < sizeof sent - 5000) {
		uint32_t length = 1 + random_below(&random, at % 3 ? 100 : 5000), from, there;

		stream_tail_add(&tail, base + at + length, sent + at, length);
		at += length;
		from = at < STREAM_TAIL ? 0 : at - STREAM_TAIL;
		for (uint32_t seen = from; seen != at; seen += there) {
			const uint8_t *bytes =
				stream_tail_at(&tail, base + seen, base + at, &there);

			assert_non_null(bytes);
			assert_memory_equal(bytes, sent + seen, there);
		}
	}
	stream_tail_add(&tail, base + at + 100, sent, 50); /* behind a hole */
	{
		uint32_t there;

		assert_null(stream_tail_at(&tail, base + at - 1, base + at, &there));
		assert_non_null(stream_tail_at(&tail, base + at + 50, base + at + 100, &there));
	}
}

static void an_acknowledged_hole_is_given_up(void **state)
{
	struct scene *scene = *state;

	scene_feed(scene, 1000, "AB");
	scene_feed(scene, 1005, "FG");
	expect_text(&scene->out, "AB");
	stream_acked(scene->pool, &scene->stream, 1003, &scene->handler);
	expect_text(&scene->out, "AB"); /* not yet beyond the hole */
	stream_acked(scene->pool, &scene->stream, 1007, &scene->handler);
	expect_text(&scene->out, "AB___FG");
	scene_feed(scene, 1002, "CDE"); /* too late */
	scene_feed(scene, 1007, "H");
	expect_text(&scene->out, "AB___FGH");
}

static void an_acknowledgement_captured_first_loses_nothing(void **state)
{
	struct scene *scene = *state;

	stream_acked(scene->pool, &scene->stream, 1004, &scene->handler);
	scene_feed(scene, 1000, "ABCD");
	expect_text(&scene->out, "ABCD");
}

static void half_the_circle_away_is_not_ours(void **state)
{
	struct scene *scene = *state;

	scene_feed(scene, 1000u + 0x80000000u, "far");
	scene_feed(scene, 1000u + 0x7fffffffu, "far");
	scene_feed(scene, 999u - 0x7fffffffu, "far");
	scene_feed(scene, 1000, "A");
	expect_text(&scene->out, "A");
}

/* Gaps that are longer than any output. */
static void on_long_gap(void *context, uint64_t missing)
{
	struct output *out = context;

	out->gap_count += missing;
}

static void a_loss_beyond_the_window_heals_once_it_is_acknowledged(void **state)
{
	struct scene *scene = *state;
	uint32_t lost = 64u << 20;
	struct segment later = {1001 + lost, (const uint8_t *)"BC", 2, 2};
	struct segment forged = {1001 + 2 * lost, (const uint8_t *)"xx", 2, 2};

	scene->handler.gap = on_long_gap;
	scene_feed(scene, 1000, "A");
	stream_feed(scene->pool, &scene->stream, &later, &scene->handler);
	expect_text(&scene->out, "A"); /* by nobody's word but its own */
	stream_acked(scene->pool, &scene->stream, 1001 + lost, &scene->handler);
	stream_feed(scene->pool, &scene->stream, &forged, &scene->handler);
	stream_feed(scene->pool, &scene->stream, &later, &scene->handler);
	expect_text(&scene->out, "ABC");
	assert_int_equal(scene->out.gap_count, lost);
}

static void what_was_cut_off_a_held_segment_is_told(void **state)
{
	struct scene *scene = *state;

	feed(scene->pool, &scene->stream, &scene->out,
	     (struct segment){1002, (const uint8_t *)"CD", 2, 4});
	scene_feed(scene, 1000, "AB");
	expect_text(&scene->out, "ABCD__");
	scene_feed(scene, 1006, "G");
	expect_text(&scene->out, "ABCD__G");
}

static void nothing_captured_of_a_segment(void **state)
{
	struct scene *scene = *state;

	feed(scene->pool, &scene->stream, &scene->out, (struct segment){1000, NULL, 0, 3});
	feed(scene->pool, &scene->stream, &scene->out, (struct segment){1005, NULL, 0, 1});
	scene_feed(scene, 1006, "G");
	scene_feed(scene, 1003, "DE");
	stream_finish(scene->pool, &scene->stream, &scene->handler);
	expect_text(&scene->out, "___DE_G");
}

static void a_stream_that_was_not_started_begins_with_what_comes(void **state)
{
	struct scene *scene = *state;

	scene->stream = (struct stream){0};
	stream_acked(scene->pool, &scene->stream, 77, &scene->handler);
	scene_feed(scene, 5000, "AB");
	scene_feed(scene, 4990, "earlier");
	expect_text(&scene->out, "AB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_segmentation_order_and_doubling_gives_the_bytes_sent),
		cmocka_unit_test(losses_and_short_captures_are_told_in_their_place),
		cmocka_unit_test(a_small_pool_loses_bytes_but_never_invents_any),
		cmocka_unit_test_setup_teardown(the_first_copy_wins_when_held, begin, end),
		cmocka_unit_test_setup_teardown(the_one_that_begins_first_wins_when_held, begin,
						end),
		cmocka_unit_test_setup_teardown(a_longer_one_replaces_what_it_covers, begin, end),
		cmocka_unit_test_setup_teardown(one_in_order_wins_over_what_is_held, begin, end),
		cmocka_unit_test_setup_teardown(the_urgent_byte_is_out_of_band, begin, end),
		cmocka_unit_test_setup_teardown(two_versions_of_the_same_bytes_are_noticed, begin,
						end),
		cmocka_unit_test(a_tail_keeps_the_newest_bytes_whatever_their_pieces),
		cmocka_unit_test_setup_teardown(an_acknowledged_hole_is_given_up, begin, end),
		cmocka_unit_test_setup_teardown(an_acknowledgement_captured_first_loses_nothing,
						begin, end),
		cmocka_unit_test_setup_teardown(half_the_circle_away_is_not_ours, begin, end),
		cmocka_unit_test_setup_teardown(
			a_loss_beyond_the_window_heals_once_it_is_acknowledged, begin, end),
		cmocka_unit_test_setup_teardown(what_was_cut_off_a_held_segment_is_told, begin,
						end),
		cmocka_unit_test_setup_teardown(nothing_captured_of_a_segment, begin, end),
		cmocka_unit_test_setup_teardown(
			a_stream_that_was_not_started_begins_with_what_comes, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
