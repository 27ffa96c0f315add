/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/random.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	SPLITS_EXACT = 20000, /* up to so many splits are all looked at */
	SPLITS_DRAWN = 10000  /* otherwise so many are drawn */
};

/* Ways to choose `k` of `n`. */
double split_ways(size_t n, size_t k);
/* The first of all ways to choose, as ascending places. */
void split_first(size_t *places, size_t k);
/* The next one; false after the last. */
bool split_next(size_t *places, size_t k, size_t n);
/* Any one: its places are the first `k` of `order`, which holds 0..n-1 in any order. */
void split_draw(struct random *random, size_t *order, size_t k, size_t n);
