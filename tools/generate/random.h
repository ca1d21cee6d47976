/* SPDX-License-Identifier: ISC */
/*
 * The generator's only source of chance: splitmix64 (Steele, Lea, Flood 2014). Integers only, so
 * that the same seed gives the same bytes everywhere.
 */
#ifndef GENERATE_RANDOM_H
#define GENERATE_RANDOM_H

#include <stdint.h>

struct chance {
	uint64_t state;
};

static inline uint64_t chance_next(struct chance *chance)
{
	uint64_t z = (chance->state += 0x9e3779b97f4a7c15U);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return z ^ (z >> 31);
}

/* 0 .. below - 1; `below` is far smaller than 2^32, so the bias of the multiplication is nil. */
static inline uint32_t chance_below(struct chance *chance, uint32_t below)
{
	return (uint32_t)(((chance_next(chance) >> 32) * below) >> 32);
}

/* from .. to, both possible. */
static inline uint32_t chance_between(struct chance *chance, uint32_t from, uint32_t to)
{
	return from + chance_below(chance, to - from + 1);
}

#endif
