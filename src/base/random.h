/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014).
 * Equal seeds give equal sequences on every machine.
 */
struct random {
	uint64_t state;
};

struct random random_seeded(uint64_t seed);
uint64_t random_next(struct random *random);
/* Uniform in [0, bound) without modulo bias; `bound` > 0. */
uint64_t random_below(struct random *random, uint64_t bound);
/* Fills `order` with a permutation of 0..count-1. */
void random_permutation(struct random *random, size_t *order, size_t count);
