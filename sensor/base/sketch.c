/* SPDX-License-Identifier: ISC */
/* Distinct counting; see sketch.h for the method and its error. */
#include "sensor/base/sketch.h"

#include <math.h>
#include <string.h>

static void estimate_add(struct sketch *sketch, uint64_t hash)
{
	uint8_t *at = &sketch->registers[hash >> 56];
	uint64_t rest = hash << 8;
	uint8_t rank = rest == 0 ? 57 : (uint8_t)(__builtin_clzll(rest) + 1);

	if (rank > *at)
		*at = rank;
}

static void start_estimating(struct sketch *sketch)
{
	uint64_t hashes[SKETCH_EXACT];
	size_t count = sketch->exact;

	memcpy(hashes, sketch->hashes, sizeof hashes);
	memset(sketch->registers, 0, sizeof sketch->registers);
	sketch->estimating = true;
	for (size_t i = 0; i < count; i++)
		estimate_add(sketch, hashes[i]);
}

void sketch_add(struct sketch *sketch, uint64_t hash)
{
	if (!sketch->estimating) {
		for (size_t i = 0; i < sketch->exact; i++) {
			if (sketch->hashes[i] == hash)
				return;
		}
		if (sketch->exact < SKETCH_EXACT) {
			sketch->hashes[sketch->exact++] = hash;
			return;
		}
		start_estimating(sketch);
	}
	estimate_add(sketch, hash);
}

void sketch_merge(struct sketch *into, const struct sketch *from)
{
	if (!from->estimating) {
		for (size_t i = 0; i < from->exact; i++)
			sketch_add(into, from->hashes[i]);
		return;
	}
	if (!into->estimating)
		start_estimating(into);
	for (size_t i = 0; i < SKETCH_REGISTERS; i++) {
		if (from->registers[i] > into->registers[i])
			into->registers[i] = from->registers[i];
	}
}

uint32_t sketch_count(const struct sketch *sketch)
{
	const double registers = SKETCH_REGISTERS;
	double sum = 0, estimate;
	unsigned empty = 0;

	if (!sketch->estimating)
		return sketch->exact;
	for (size_t i = 0; i < SKETCH_REGISTERS; i++) {
		sum += ldexp(1, -sketch->registers[i]);
		empty += sketch->registers[i] == 0;
	}
	estimate = 0.7213 / (1 + 1.079 / registers) * registers * registers / sum;
	if (estimate <= 2.5 * registers && empty != 0)
		estimate = registers * log(registers / empty);
	/* The estimate begins where exact counting ended. */
	if (estimate < SKETCH_EXACT + 1)
		return SKETCH_EXACT + 1;
	return estimate < (double)UINT32_MAX ? (uint32_t)lround(estimate) : UINT32_MAX;
}
