/* SPDX-License-Identifier: MIT */
/* The command compare: reads the trees and prints what changed. */
#include "report/compare.h"

#include "base/json.h"

#include "report/output/escape.h"
#include "report/output/json.h"
#include "report/output/number.h"
#include "report/report.h"

#include <math.h>
#include <string.h>

static json_t *number_json(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *side_json(const struct change_side *side)
{
	json_t *values = json_array();

	for (size_t i = 0; i < side->runs; i++)
		json_array_append_new(values, number_json(side->values[i]));
	return json_make("{s:o,s:o,s:b,s:I,s:I}", "median", number_json(side->median), "runs",
		values, "marked", side->is_marked, "values", (json_int_t)side->measured, "planned",
		(json_int_t)side->planned);
}

static json_t *change_json(const struct comparison *comparison, const struct change *change)
{
	json_t *value = json_make("{s:s,s:s,s:s,s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:s}", "vpn",
		change->vpn, "after_vpn", change->after_vpn, "profile",
		profile_title(change->profile), "metric", change->metric->key, "unit",
		change->metric->unit, "before", side_json(&change->before), "after",
		side_json(&change->after), "factor", number_json(change->factor), "p_adjusted",
		number_json(comparison_can_judge(comparison) ? change->p : NAN), "unseen_percent",
		number_json(change->unseen_percent), "verdict",
		verdict_name(change_verdict(comparison, change)));

	if (change->has_ratio)
		json_object_set_new(value, "ratio",
			json_make("{s:f,s:f,s:f,s:f,s:f}", "estimate", change->ratio.ratio, "low",
				change->ratio.interval.low, "high", change->ratio.interval.high,
				"confidence", change->ratio.interval.confidence, "cliffs_delta",
				change->ratio.delta));
	return value;
}

static json_t *trees_json(const struct compare_trees *trees)
{
	json_t *names = json_array();

	for (size_t i = 0; i < trees->count; i++)
		json_array_append_new(names, json_text(trees->list[i]->name));
	return names;
}

/* What could not be read lacks on its side, as if nobody had measured it. */
static void add_problems(json_t *problems, const struct compare_trees *trees)
{
	for (size_t i = 0; i < trees->count; i++) {
		const struct report_results *tree = trees->list[i];

		for (const struct tree_problem *p = tree->reading.problems; p; p = p->next)
			json_array_append_new(
				problems, json_make("{s:s,s:s,s:s}", "tree", tree->name, "path",
						  p->path, "why", p->why));
	}
}

static void print_problems(const struct compare_trees *trees, FILE *out)
{
	for (size_t i = 0; i < trees->count; i++) {
		const struct report_results *tree = trees->list[i];

		for (const struct tree_problem *p = tree->reading.problems; p; p = p->next) {
			fputs("Skipped: ", out);
			escape_markdown(out, tree->name);
			fputs(", ", out);
			escape_markdown(out, p->path);
			fputs(": ", out);
			escape_markdown(out, p->why);
			fputc('\n', out);
		}
	}
}

static void put_tools(json_t *value, const struct comparison *comparison)
{
	static const char *const keys[] = {[TOOL_FLOOD] = "udp_tools", [TOOL_TCP] = "tcp_clients"};

	for (enum tool_kind kind = 0; kind < TOOL_KINDS; kind++) {
		const struct compare_tools *tools = &comparison->tools[kind];

		if (tools->one)
			json_object_set_new(value, keys[kind],
				json_make("[s,s]", results_tool(tools->one, kind),
					results_tool(tools->other, kind)));
	}
}

static void print_as_json(const struct comparison *comparison, FILE *out)
{
	json_t *changes = json_array(), *absences = json_array(), *problems = json_array();
	json_auto_t *value = json_make("{s:o,s:o,s:f,s:b,s:b,s:o,s:o,s:o}", "before",
		trees_json(&comparison->before), "after", trees_json(&comparison->after),
		"margin_percent", comparison->margin_percent, "judged",
		comparison_can_judge(comparison), "worse", comparison_is_worse(comparison),
		"only_on_one_side", absences, "problems", problems, "changes", changes);

	add_problems(problems, &comparison->before);
	add_problems(problems, &comparison->after);
	put_tools(value, comparison);
	for (const struct compare_absence *a = comparison->absences; a; a = a->next)
		json_array_append_new(
			absences, json_make("{s:s,s:s,s:s}", "kind", a->kind, "name", a->name,
					  "side", a->is_before ? "before" : "after"));
	for (const struct change *change = comparison->changes; change; change = change->next)
		json_array_append_new(changes, change_json(comparison, change));
	print_json(out, value, 0);
	fputc('\n', out);
}

/* "138 (3/3)", or "138* (3/3)" when only marked values are there. */
static void print_side(FILE *out, struct arena *arena, const struct report_metric *metric,
	const struct change_side *side)
{
	fprintf(out, "%s%s (%zu/%zu) | ", number_text(arena, side->median, metric->decimals),
		side->is_marked ? "*" : "", side->measured, side->planned);
}

static void print_change(
	const struct comparison *comparison, FILE *out, const struct change *change)
{
	const struct report_metric *metric = change->metric;
	enum verdict verdict = change_verdict(comparison, change);
	bool is_pair = strcmp(change->vpn, change->after_vpn) != 0;

	fputs("| ", out);
	escape_markdown(out, change->vpn);
	if (is_pair) {
		fputs(" to ", out);
		escape_markdown(out, change->after_vpn);
	}
	fputs(" | ", out);
	escape_markdown(out, profile_title(change->profile));
	fprintf(out, " | %s, %s | ", metric->title, metric->unit);
	print_side(out, comparison->arena, metric, &change->before);
	print_side(out, comparison->arena, metric, &change->after);
	if (change->has_ratio)
		fprintf(out, "%.3f (%.3f to %.3f, %.0f %%) | ", change->ratio.ratio,
			change->ratio.interval.low, change->ratio.interval.high,
			100 * change->ratio.interval.confidence);
	else if (isfinite(change->factor))
		fprintf(out, "%.3f | ", change->factor);
	else
		fputs("-- | ", out);
	if (verdict <= VERDICT_NO_DIFFERENCE)
		fprintf(out, "%.3g | %s |\n", change->p, verdict_name(verdict));
	else
		fprintf(out, "-- | %s |\n", verdict_name(verdict));
}

static void print_absences(const struct comparison *comparison, FILE *out)
{
	for (const struct compare_absence *a = comparison->absences; a; a = a->next) {
		fprintf(out, "Not compared, only in the trees %s: %s ",
			a->is_before ? "before" : "after", a->kind);
		escape_markdown(out, a->name);
		fputc('\n', out);
	}
}

static void print_other_tools(const struct comparison *comparison, FILE *out)
{
	for (enum tool_kind kind = 0; kind < TOOL_KINDS; kind++) {
		const struct compare_tools *tools = &comparison->tools[kind];

		if (!tools->one)
			continue;
		fprintf(out, "Not compared, %s: measured by %s in ", tool_title(kind),
			results_tool(tools->one, kind));
		escape_markdown(out, tools->one->name);
		fprintf(out, ", by %s in ", results_tool(tools->other, kind));
		escape_markdown(out, tools->other->name);
		fprintf(out, "; run both sides with the same %s\n", tool_option(kind));
	}
}

static void print_as_text(const struct comparison *comparison, FILE *out)
{
	size_t counts[VERDICTS] = {0}, total = 0;

	fputs("| VPN | Profile | What | Before (values) | After (values) | After over before | p, adjusted | Verdict |\n|---|---|---|---:|---:|---:|---:|---|\n",
		out);
	for (const struct change *change = comparison->changes; change;
		change = change->next, total++) {
		print_change(comparison, out, change);
		counts[change_verdict(comparison, change)]++;
	}
	fprintf(out, "\n%zu comparisons:", total);
	for (enum verdict v = 0; v < VERDICTS; v++)
		if (counts[v])
			fprintf(out, " %zu %s;", counts[v], verdict_name(v));
	fprintf(out, " %zu runs before, %zu after.\n", comparison->before.count,
		comparison->after.count);
	print_absences(comparison, out);
	print_problems(&comparison->before, out);
	print_problems(&comparison->after, out);
	print_other_tools(comparison, out);
	if (comparison_can_judge(comparison))
		fprintf(out,
			"p is the chance that relabelling whole runs would show any difference as clear. Differences below %.3g %% do not count.\n",
			comparison->margin_percent);
	else
		fprintf(out,
			"This describes the runs and judges nothing: what drifts between runs can explain any difference. Give at least %d runs a side: meshbench compare BEFORE... -- AFTER...\n",
			COMPARE_RUNS_MIN);
}

/* Owns the trees of both sides. */
struct shelf {
	struct report_results **list;
	size_t count;
};

static void shelf_clear(struct shelf *shelf)
{
	for (size_t i = 0; i < shelf->count; i++)
		results_freep(&shelf->list[i]);
}

static int read_trees(
	struct arena *arena, const char *const *dirs, struct shelf *shelf, struct error *err)
{
	size_t count = 0;

	while (dirs[count])
		count++;
	shelf->list = arena_alloc(arena, struct report_results *, count + 1);
	for (; shelf->count < count; shelf->count++)
		if (results_read(dirs[shelf->count], &shelf->list[shelf->count], err))
			return -1;
	return 0;
}

int compare_run(
	const struct compare_options *options, FILE *out, bool *ret_is_worse, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(shelf_clear) struct shelf before = {0}, after = {0};
	struct comparison comparison = {
		.arena = arena, .vpns = options->vpns, .margin_percent = options->margin_percent};

	if (read_trees(arena, options->before, &before, err) ||
		read_trees(arena, options->after, &after, err))
		return -1;
	comparison.before = (struct compare_trees){before.list, before.count};
	comparison.after = (struct compare_trees){after.list, after.count};
	if (compare_trees(&comparison, err))
		return -1;
	if (options->json)
		print_as_json(&comparison, out);
	else
		print_as_text(&comparison, out);
	*ret_is_worse = comparison_is_worse(&comparison);
	return 0;
}
