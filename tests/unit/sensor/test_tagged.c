/* SPDX-License-Identifier: ISC */
/*
 * The index of one line a look-up against a plain list: whatever comes and goes, in tables that are
 * full and with hashes that crowd one line, what is in it is found and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sensor/base/tagged.h"
#include "tests/unit/random.h"

#define SLOTS 48
#define TURNS 60000

struct model {
	struct tagged tagged;
	uint64_t hashes[SLOTS];
	bool used[SLOTS];
};

static bool found(const struct model *model, uint64_t hash, uint32_t slot)
{
	struct tagged_look look;
	unsigned times = 0;

	for (uint32_t at = tagged_first(&model->tagged, hash, &look); at != TAGGED_NONE;
	     at = tagged_next(&model->tagged, &look)) {
		assert_true(at < SLOTS && model->used[at]);
		assert_int_equal(model->hashes[at] >> 32, hash >> 32);
		times += at == slot;
	}
	assert_true(times <= 1);
	return times == 1;
}

static void turn(struct model *model, struct random *random, uint32_t spread)
{
	uint32_t slot = random_below(random, SLOTS);

	if (model->used[slot]) {
		tagged_remove(&model->tagged, model->hashes[slot], slot);
		model->used[slot] = false;
		tagged_remove(&model->tagged, model->hashes[slot], slot); /* nothing happens */
		return;
	}
	model->hashes[slot] =
		(uint64_t)random_below(random, spread) << 32 | random_below(random, 9);
	model->used[slot] = true;
	tagged_add(&model->tagged, model->hashes[slot], slot);
}

static void finds_what_is_there(void **state)
{
	/* From all in one line to none beside another; the last lines go on in the first. */
	static const uint32_t spreads[] = {1, 2, 7, 8, 40, 1000, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof spreads / sizeof *spreads; i++) {
		struct model model = {.used = {false}};
		struct random random = {.state = i};

		assert_true(tagged_new(&model.tagged, SLOTS));
		for (unsigned n = 0; n < TURNS / sizeof spreads * sizeof *spreads; n++) {
			turn(&model, &random, spreads[i]);
			for (uint32_t slot = 0; slot < SLOTS; slot++)
				assert_int_equal(found(&model, model.hashes[slot], slot),
						 model.used[slot]);
		}
		tagged_free(&model.tagged);
	}
}

/* All slots at once, in the smallest tables. */
static void holds_all_slots(void **state)
{
	(void)state;
	for (uint32_t slots = 1; slots < 200; slots++) {
		struct tagged tagged;
		struct tagged_look look;

		assert_true(tagged_new(&tagged, slots));
		assert_true(tagged_bytes(slots) / sizeof(uint32_t) / 2 * 3 >= slots * UINT64_C(4));
		for (uint32_t slot = 0; slot < slots; slot++)
			tagged_add(&tagged, UINT64_C(5) << 32, slot);
		for (uint32_t slot = 0; slot < slots; slot++)
			assert_int_equal(slot == 0 ? tagged_first(&tagged, UINT64_C(5) << 32, &look)
						   : tagged_next(&tagged, &look),
					 slot);
		assert_int_equal(tagged_next(&tagged, &look), TAGGED_NONE);
		tagged_free(&tagged);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_is_there),
		cmocka_unit_test(holds_all_slots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
