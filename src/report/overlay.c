/* SPDX-License-Identifier: MIT */
/* Two trees on one page. */
#include "report/overlay.h"

#include "report/compare.h"

#include "report/output/number.h"

#include <math.h>
#include <string.h>

/* "138 (3/3)", or "138* (3/3)" when only marked values are there, as compare prints it. */
static const char *side_text(
	struct arena *arena, const struct report_metric *metric, const struct change_side *side)
{
	return arena_printf(arena, "%s%s (%zu/%zu)",
		number_text(arena, side->median, metric->decimals), side->is_marked ? "*" : "",
		side->measured, side->planned);
}

static const struct page_difference *differences_of(
	struct report_results *first, const struct comparison *comparison)
{
	struct arena *arena = first->arena;
	struct page_difference *list = NULL, **end = &list;

	for (const struct change *c = comparison->changes; c; c = c->next) {
		const char *unit = c->metric->unit;
		struct page_difference *d = arena_alloc(arena, struct page_difference, 1);

		*d = (struct page_difference){.vpn = arena_strdup(arena, c->vpn),
			.title = vpn_title(first, c->vpn),
			.profile = profile_title(c->profile),
			.what = arena_printf(
				arena, "%s%s%s", c->metric->title, unit[0] ? ", " : "", unit),
			.before = side_text(arena, c->metric, &c->before),
			.after = side_text(arena, c->metric, &c->after),
			.factor = isfinite(c->factor) ? arena_printf(arena, "%.3f", c->factor)
						      : "--"};
		*end = d;
		end = &d->next;
	}
	return list;
}

static const char *const *remarks_of(struct arena *arena, const struct comparison *comparison)
{
	const char *const *remarks = ARENA_LIST(arena, NULL);

	for (const struct compare_absence *a = comparison->absences; a; a = a->next)
		remarks = arena_list(arena, remarks,
			ARENA_LIST(arena, arena_printf(arena, "Only in %s: %s %s.",
						  a->is_before ? "A" : "B", a->kind, a->name)));
	for (enum tool_kind kind = 0; kind < TOOL_KINDS; kind++) {
		const struct compare_tools *tools = &comparison->tools[kind];

		if (!tools->one)
			continue;
		remarks = arena_list(arena, remarks,
			ARENA_LIST(arena,
				arena_printf(arena,
					"Different tools measured %s, whose figures say nothing about each other: %s in A, %s in B.",
					tool_title(kind), results_tool(tools->one, kind),
					results_tool(tools->other, kind))));
	}
	if (results_is_on_machines(comparison->before.list[0]) !=
		results_is_on_machines(comparison->after.list[0]))
		remarks = arena_list(arena, remarks,
			ARENA_LIST(arena, results_places(comparison->before.list[0],
						  comparison->after.list[0])));
	return remarks;
}

int overlay_trees(struct report_results *first, struct report_results *second,
	const struct page_overlay **ret_overlay, struct error *err)
{
	struct comparison comparison = {.arena = first->arena,
		.before = {&first, 1},
		.after = {&second, 1},
		.places_may_differ = true};
	struct page_overlay *overlay = arena_alloc(first->arena, struct page_overlay, 1);

	if (compare_trees(&comparison, err))
		return -1;
	*overlay = (struct page_overlay){.first = first->name,
		.second = second->name,
		.differences = differences_of(first, &comparison),
		.remarks = remarks_of(first->arena, &comparison)};
	results_overlay(first, second);
	*ret_overlay = overlay;
	return 0;
}
