/* SPDX-License-Identifier: MIT */
/* The published summary object of a few values. */
#include "record/summary.h"

#include "base/arena.h"
#include "base/json.h"
#include "stats/stats.h"

json_t *summary_json(const double values[], size_t count)
{
	struct summary summary;

	if (count == 0)
		return json_null();
	summary = summary_within(values, count);
	return json_make("{s:f,s:f,s:f,s:{s:f,s:f,s:f}}", "min", summary.min, "average",
		summary.average, "max", summary.max, "percentiles", "p25", summary.p25, "p50",
		summary.p50, "p75", summary.p75);
}

json_t *summary_distribution(const double values[], size_t count)
{
	static const struct {
		const char *key;
		size_t per_mille;
	} more[] = {{"p90", 900}, {"p95", 950}, {"p99", 990}, {"p999", 999}};
	json_t *summary = summary_json(values, count);
	json_t *percentiles = json_object_get(summary, "percentiles");
	AUTO(arena_freep) struct arena *arena = arena_new();
	double *sorted = arena_alloc(arena, double, count + 1);

	if (count == 0)
		return summary;
	stats_sort(values, count, sorted);
	for (size_t i = 0; i < sizeof(more) / sizeof(*more); i++) {
		size_t rank = (count * more[i].per_mille + 999) / 1000;

		json_object_set_new(percentiles, more[i].key, json_real(sorted[rank - 1]));
	}
	json_object_set_new(summary, "count", json_integer((json_int_t)count));
	return summary;
}
