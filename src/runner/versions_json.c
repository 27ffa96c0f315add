/* SPDX-License-Identifier: MIT */
/* Verdicts on two versions for other programs: ab.json, and the format of a tracker. */
#include "runner/versions.h"

#include "base/json.h"

#include <math.h>
#include <stdio.h>

static json_t *percent(double ratio)
{
	return json_finite(100 * (ratio - 1));
}

static json_t *figure_json(const struct versions_figure *f)
{
	json_t *json = json_make("{s:s, s:s, s:s, s:b, s:s, s:i}", "workload", f->workload->name,
		"profile", f->profile->name, "figure", f->key, "higher_is_better",
		f->higher_is_better, "verdict", versions_word(f->verdict), "blocks",
		(int)f->blocks);

	json_object_set_new(json, "old", json_finite(f->typical[VERSIONS_OLD]));
	json_object_set_new(json, "new", json_finite(f->typical[VERSIONS_NEW]));
	json_object_set_new(
		json, "change_percent", f->blocks ? percent(f->typical_change) : json_null());
	json_object_set_new(json, "low_percent",
		isfinite(f->change.high) ? percent(f->change.low) : json_null());
	json_object_set_new(
		json, "high_percent", f->change.low > 0 ? percent(f->change.high) : json_null());
	json_object_set_new(json, "failed_cells",
		json_make("[i, i]", (int)f->failed_cells[VERSIONS_OLD],
			(int)f->failed_cells[VERSIONS_NEW]));
	json_object_set_new(json, "marked_cells",
		json_make("[i, i]", (int)f->marked_cells[VERSIONS_OLD],
			(int)f->marked_cells[VERSIONS_NEW]));
	return json;
}

json_t *versions_json(const struct versions *versions, const struct runner_plan *plan,
	const struct versions_rule *rule)
{
	json_t *json = json_make("{s:i, s:s, s:s, s:s, s:i}", "schema", 1, "old",
		plan->drivers[VERSIONS_OLD].label, "new", plan->drivers[VERSIONS_NEW].label,
		"verdict", versions_word(versions->verdict), "blocks", (int)versions->blocks);
	json_t *figures = json_array();

	json_object_set_new(json, "error_probability", json_real(rule->error));
	json_object_set_new(
		json, "margin_percent", json_real(round(1e5 * expm1(rule->margin)) / 1e3));
	json_object_set_new(json, "accepts_marked", json_boolean(rule->accepts_marked));
	for (size_t i = 0; i < versions->count; i++)
		json_array_append_new(figures, figure_json(&versions->figures[i]));
	json_object_set_new(json, "figures", figures);
	return json;
}

/* {"tcp/baseline": {"forward_mbps": {"value", "lower_value", "upper_value"}}} */
json_t *versions_bmf(const struct versions *versions)
{
	json_t *json = json_object();

	for (size_t i = 0; i < versions->count; i++) {
		const struct versions_figure *f = &versions->figures[i];
		double old = f->typical[VERSIONS_OLD];
		char name[256];
		json_t *measures, *value;

		if (!isfinite(f->typical[VERSIONS_NEW]))
			continue;
		snprintf(name, sizeof(name), "%s/%s", f->workload->name, f->profile->name);
		measures = json_object_get(json, name);
		if (!measures) {
			measures = json_object();
			json_object_set_new(json, name, measures);
		}
		value = json_object();
		json_object_set_new(value, "value", json_real(f->typical[VERSIONS_NEW]));
		if (isfinite(f->change.high) && f->change.low > 0) {
			json_object_set_new(value, "lower_value", json_finite(old * f->change.low));
			json_object_set_new(
				value, "upper_value", json_finite(old * f->change.high));
		}
		json_object_set_new(measures, f->key, value);
	}
	return json;
}
