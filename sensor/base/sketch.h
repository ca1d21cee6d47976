/* SPDX-License-Identifier: ISC */
/*
 * How many distinct things, in 264 bytes: exact up to SKETCH_EXACT, then a HyperLogLog estimate
 * with 256 registers (standard error 6.5 %; Flajolet et al. 2007, with linear counting below
 * 2.5 times the registers). Zeroed memory is an empty sketch.
 */
#ifndef SENSOR_SKETCH_H
#define SENSOR_SKETCH_H

#include <stdbool.h>
#include <stdint.h>

#define SKETCH_EXACT	 32
#define SKETCH_REGISTERS 256

struct sketch {
	union {
		uint64_t hashes[SKETCH_EXACT];
		uint8_t registers[SKETCH_REGISTERS];
	};
	uint16_t exact; /* how many hashes, while not estimating */
	bool estimating;
};

void sketch_add(struct sketch *sketch, uint64_t hash);
void sketch_merge(struct sketch *into, const struct sketch *from);
uint32_t sketch_count(const struct sketch *sketch);

#endif
