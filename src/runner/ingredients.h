/* SPDX-License-Identifier: MIT */
#pragma once

#include "runner/runner.h"

/*
 * Everything that decides figures of a run: {"driver tinc": hash, "kernel x86_64": release, ...};
 * caller owns it. The place is that of struct runner_means.
 */
json_t *ingredients_of(const struct runner_plan *plan, struct procs *procs, const json_t *place);
/* Those of `all` that decide one cell, with the settings that do: meta.ingredients; caller owns it.
 */
json_t *ingredients_of_cell(const json_t *all, const struct runner_plan *plan,
	const struct runner_visit *visit, const struct runner_cell *cell);
/* Of a profile alone: what its calibration depends on; caller owns it. */
json_t *ingredients_of_profile(const json_t *all, const struct profile *profile);
/* Names of what only one of them has or what differs, with commas; "" when nothing does. */
const char *ingredients_changed(struct arena *arena, const json_t *before, const json_t *now);
/* Refuses to go on in a tree whose environment names other ones that decide every cell. */
MUST_CHECK int ingredients_check(const json_t *all, const json_t *environment, struct error *err);
