/* SPDX-License-Identifier: MIT */
#pragma once

#include "plan/plan.h"

/* How many topologies a plan has. */
size_t places_count(const struct plan *plan);
/* The plan in one of them alone, with its hosts. */
MUST_CHECK int places_plan(struct arena *arena, const struct plan *plan, size_t index,
	struct plan *ret_plan, struct error *err);
/* "pair-left.nat-symmetric": the folder of its tree; arena-owned. */
const char *places_name(struct arena *arena, const struct plan *plan, size_t index);
/* Two that would have one folder. */
MUST_CHECK int places_check(const struct plan *plan, struct error *err);
/* Several are refused for this reason. */
MUST_CHECK int places_refuse(const struct plan *plan, const char *why, struct error *err);

/*
 * The plan of a folder of several trees, so that such a run can be continued; refused where there
 * are results.
 */
MUST_CHECK int places_keep(const char *out, const struct plan *plan, struct error *err);
bool places_are_kept(const char *out);
/* The folders of its trees; NULL-terminated, arena-owned. */
const char *const *places_trees(struct arena *arena, const char *out, const struct plan *plan);
MUST_CHECK int places_read(
	struct arena *arena, const char *out, struct plan *ret_plan, struct error *err);
