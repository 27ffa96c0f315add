/* SPDX-License-Identifier: MIT */
/* The figures of a run as one more line of a history. */
#include "report/history.h"

#include "report/model/metric.h"
#include "report/model/tools.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/json.h"
#include "base/version.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double CONFIDENCE = 0.95;

/* All trees of a run, which are of one version of everything. */
struct run {
	struct arena *arena;
	struct report_results **trees;
	size_t count;
	const struct history_run *asked;
};

static void run_clear(struct run *run)
{
	for (size_t i = 0; i < run->count; i++)
		results_freep(&run->trees[i]);
}

static int read_trees(struct run *run, struct error *err)
{
	size_t count = 0;

	while (run->asked->trees[count])
		count++;
	run->trees = arena_alloc(run->arena, struct report_results *, count + 1);
	for (; run->count < count; run->count++)
		if (results_read(run->asked->trees[run->count], &run->trees[run->count], err))
			return -1;
	return 0;
}

/* "AMD EPYC 7763, 4 processors": as much as decides whether figures can be compared. */
static const char *machine_of(struct arena *arena, const struct report_results *results)
{
	const char *cpu = json_string_at(results->environment, "/machine/cpu",
		json_string_at(
			results->hardware, "/machines/0/cpu/model_name", "an unknown machine"));
	double processors = json_number_at(results->environment, "/machine/cores", 0);

	return processors > 0 ? arena_printf(arena, "%s, %.0f processors", cpu, processors) : cpu;
}

static const char *cpus_of(struct arena *arena, const struct report_results *results)
{
	const json_t *cpus = json_at(results->environment, "/plan/cpus/0");

	return json_is_integer(cpus) && json_integer_value(cpus) > 0
		       ? arena_printf(
				 arena, "%lld for each host", (long long)json_integer_value(cpus))
		       : NULL;
}

static const char *place_of(struct arena *arena, const struct report_results *results)
{
	const char *clock = results_clock(results), *place;
	const char *const more[] = {cpus_of(arena, results), results_hosts(results),
		results_limits(results), results_topology(results)};

	place = clock ? clock : machine_of(arena, results);
	for (size_t i = 0; i < ARRAY_SIZE(more); i++)
		if (more[i])
			place = arena_printf(arena, "%s; %s", place, more[i]);
	return place;
}

/* When it was measured; a guest's clock does not know that. */
static const char *date_of(struct arena *arena, const struct report_results *results)
{
	double at_s = json_number_at(results->environment, "/started", 0);
	time_t at = (time_t)(results_clock(results) || !(at_s > 0) ? clock_wall_s() : at_s);
	char *text = arena_alloc(arena, char, 32);
	struct tm parts;

	if (!gmtime_r(&at, &parts) || !strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &parts))
		return "";
	return text;
}

/* As the tree keeps it; of the published ones, what they say. */
static const char *impairment_of(struct arena *arena, const struct report_settings *settings)
{
	if (settings->text || !settings->is_there)
		return settings->text;
	return arena_printf(arena,
		"%g ms, +-%g ms, loss %g %%, reordering %g %%, correlation %g %%",
		settings->latency_ms, settings->jitter_ms, settings->loss_percent,
		settings->reorder_percent, settings->correlation_percent);
}

static const char *tool_of(
	const struct report_condition *condition, const struct report_metric *metric)
{
	for (enum tool_kind kind = 0; kind < TOOL_KINDS; kind++)
		if (!metric->of_link && tool_measures(kind, metric->workload))
			return condition_tool(condition, kind);
	return NULL;
}

/* The independent values: the median over links of every block, of all trees. */
struct blocks {
	double *values;
	size_t count;
	bool is_marked;
};

static struct blocks blocks_of(const struct run *run, const char *vpn, const char *profile,
	const struct report_metric *metric)
{
	struct blocks blocks = {0};

	for (size_t i = 0; i < run->count; i++) {
		const struct report_samples samples = samples_of_metric(
			run->arena, condition_of(results_vpn(run->trees[i], vpn), profile), metric);
		size_t count;
		double *values = samples_blocks(run->arena, &samples, &count);
		double *all = arena_alloc(run->arena, double, blocks.count + count + 1);

		if (blocks.count)
			memcpy(all, blocks.values, blocks.count * sizeof(*all));
		memcpy(all + blocks.count, values, count * sizeof(*all));
		blocks.values = all;
		blocks.count += count;
		blocks.is_marked = blocks.is_marked || samples.is_marked;
	}
	return blocks;
}

static const char *name_of(const struct run *run, const char *vpn)
{
	return run->asked->is_version ? arena_strndup(run->arena, vpn, strcspn(vpn, "@")) : vpn;
}

/* NULL when there is no value. */
static json_t *figure_json(const struct run *run, const struct report_vpn *vpn,
	const struct report_condition *condition, const struct report_metric *metric)
{
	struct blocks blocks = blocks_of(run, vpn->name, condition->profile, metric);
	struct interval interval;
	json_t *figure;

	if (!blocks.count)
		return NULL;
	figure =
		json_make("{s:s,s:s*,s:s,s:s,s:s,s:s,s:s*,s:b,s:o}", "vpn", name_of(run, vpn->name),
			"version", json_string_at(condition->vpn_facts, "/version", NULL),
			"profile", profile_title(condition->profile), "key", metric->key, "title",
			metric->title, "unit", metric->unit, "tool", tool_of(condition, metric),
			"higher_is_better", metric->higher_is_better, "value",
			json_finite(stats_median(blocks.values, blocks.count)));
	if (blocks.count > 1) {
		interval = interval_median(blocks.values, blocks.count, CONFIDENCE);
		json_object_set_new(figure, "low", json_finite(interval.low));
		json_object_set_new(figure, "high", json_finite(interval.high));
		json_object_set_new(figure, "confidence", json_finite(interval.confidence));
	}
	if (blocks.is_marked)
		json_object_set_new(figure, "marked", json_true());
	return figure;
}

static void add_figures(const struct run *run, const struct report_vpn *vpn, json_t *figures)
{
	for (const struct report_condition *c = vpn->conditions; c; c = c->next) {
		for (size_t i = 0; i < report_metric_count; i++) {
			json_t *figure = figure_json(run, vpn, c, &report_metrics[i]);

			if (figure)
				json_array_append_new(figures, figure);
		}
	}
}

/* What each profile did to packets, by the first VPN that says it. */
static json_t *profiles_json(const struct run *run)
{
	json_t *profiles = json_object();

	for (const struct report_vpn *vpn = run->trees[0]->vpns; vpn; vpn = vpn->next) {
		for (const struct report_condition *c = vpn->conditions; c; c = c->next) {
			const char *text = impairment_of(run->arena, &c->settings);
			const char *profile = profile_title(c->profile);

			if (text && !json_object_get(profiles, profile))
				json_object_set_new(profiles, profile, json_text(text));
		}
	}
	return profiles;
}

static json_t *line_json(const struct run *run)
{
	const struct report_results *first = run->trees[0];
	json_t *figures = json_array();

	for (const struct report_vpn *vpn = first->vpns; vpn; vpn = vpn->next)
		if (!run->asked->vpn || strcmp(vpn->name, run->asked->vpn) == 0)
			add_figures(run, vpn, figures);
	return json_make("{s:i,s:s,s:s*,s:s,s:s,s:o,s:o}", "schema", HISTORY_SCHEMA, "date",
		date_of(run->arena, first), "commit", run->asked->commit, "meshbench", version_text,
		"place", place_of(run->arena, first), "profiles", profiles_json(run), "figures",
		figures);
}

int history_append(const char *path, const struct history_run *asked, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(run_clear) struct run run = {.arena = arena, .asked = asked};
	AUTO(text_freep) char *text = NULL;
	json_auto_t *line = NULL;

	if (read_trees(&run, err))
		return -1;
	line = line_json(&run);
	if (!json_array_size(json_object_get(line, "figures")))
		return fail(err, ERROR_USAGE, "%s has no figure, so nothing is added to %s",
			asked->trees[0], path);
	text = json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(9));
	return file_append_line(path, text, err);
}
