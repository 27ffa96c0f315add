/* SPDX-License-Identifier: MIT */
/* What changed between the runs of two sides, and how sure that is. */
#include "report/compare.h"

#include <math.h>
#include <string.h>
#include <strings.h>

/* A share of the value: far below any difference that counts. */
#define RESOLUTION 0.005

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_BETTER] = "better",
		[VERDICT_WORSE] = "worse",
		[VERDICT_SMALL] = "too small to count",
		[VERDICT_NO_DIFFERENCE] = "no difference shown",
		[VERDICT_TOO_FEW] = "not judged: too few runs",
		[VERDICT_MARKED] = "not judged: marked",
		[VERDICT_UNKNOWN] = "not judged: unknown on one side",
		[VERDICT_APPEARED] = "works now",
		[VERDICT_VANISHED] = "fails now",
	};

	return names[verdict];
}

static size_t fewer(size_t a, size_t b)
{
	return a < b ? a : b;
}

enum verdict change_verdict(const struct comparison *comparison, const struct change *change)
{
	bool is_higher = change->after.median > change->before.median;

	if (!change->before.with_value)
		return change->before.worked ? VERDICT_UNKNOWN : VERDICT_APPEARED;
	if (!change->after.with_value)
		return change->after.worked ? VERDICT_UNKNOWN : VERDICT_VANISHED;
	if (fewer(change->before.with_value, change->after.with_value) < COMPARE_RUNS_MIN)
		return VERDICT_TOO_FEW;
	if (fewer(change->before.with_unmarked, change->after.with_unmarked) < COMPARE_RUNS_MIN)
		return VERDICT_MARKED;
	if (change->p >= 0.05)
		return VERDICT_NO_DIFFERENCE;
	if (fabs(change->factor - 1) < comparison->margin_percent / 100)
		return VERDICT_SMALL;
	return is_higher == change->metric->higher_is_better ? VERDICT_BETTER : VERDICT_WORSE;
}

bool comparison_can_judge(const struct comparison *comparison)
{
	return fewer(comparison->before.count, comparison->after.count) >= COMPARE_RUNS_MIN;
}

bool comparison_is_worse(const struct comparison *comparison)
{
	for (const struct change *change = comparison->changes; change; change = change->next) {
		enum verdict verdict = change_verdict(comparison, change);

		if (verdict == VERDICT_WORSE || verdict == VERDICT_VANISHED)
			return true;
	}
	return false;
}

/* Without those that are missing; `kept` has room for all. */
static size_t keep_values(const double *values, size_t count, double *kept)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (!isnan(values[i]))
			kept[n++] = values[i];
	return n;
}

static bool are_positive(const double *values, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (values[i] <= 0)
			return false;
	return true;
}

static struct change_side side_of(struct arena *arena, const struct compare_trees *trees,
	const char *vpn, const char *profile, const struct report_metric *metric)
{
	struct change_side side = {.values = arena_alloc(arena, double, trees->count),
		.unmarked = arena_alloc(arena, double, trees->count),
		.runs = trees->count};
	double *kept = arena_alloc(arena, double, trees->count);

	for (size_t i = 0; i < trees->count; i++) {
		const struct report_samples samples = samples_of_metric(
			arena, condition_of(results_vpn(trees->list[i], vpn), profile), metric);

		side.values[i] = samples_median(&samples);
		side.unmarked[i] = samples.is_marked ? NAN : side.values[i];
		side.measured += samples.count;
		side.planned += samples.planned;
		side.worked += samples.worked;
	}
	side.with_value = keep_values(side.values, side.runs, kept);
	side.with_unmarked = keep_values(side.unmarked, side.runs, kept);
	side.is_marked = side.with_value && !side.with_unmarked;
	if (side.is_marked)
		keep_values(side.values, side.runs, kept);
	side.median = side.with_value ? stats_median(kept, side.is_marked ? side.with_value
									  : side.with_unmarked)
				      : NAN;
	return side;
}

/* Relative spread of the runs of both sides, as a share of their means. */
static double spread(
	const double *before, size_t before_count, const double *after, size_t after_count)
{
	double one = stats_deviation(before, before_count) / stats_mean(before, before_count);
	double other = stats_deviation(after, after_count) / stats_mean(after, after_count);

	return sqrt((one * one + other * other) / 2);
}

static void weigh(struct arena *arena, struct change *change)
{
	double *before = arena_alloc(arena, double, change->before.runs);
	double *after = arena_alloc(arena, double, change->after.runs);
	size_t before_count = keep_values(change->before.unmarked, change->before.runs, before);
	size_t after_count = keep_values(change->after.unmarked, change->after.runs, after);
	size_t least = fewer(before_count, after_count);

	change->p = 1;
	change->unseen_percent = change->factor = NAN;
	if (change->before.median > 0 && change->after.median > 0)
		change->factor = change->after.median / change->before.median;
	change->has_ratio = least >= COMPARE_RUNS_MIN && are_positive(before, before_count) &&
			    are_positive(after, after_count);
	if (!change->has_ratio)
		return;
	change->ratio = ratio_of(after, after_count, before, before_count, 0.95);
	change->factor = change->ratio.ratio;
	change->unseen_percent =
		100 * detectable_difference(
			      spread(before, before_count, after, after_count), least, 0.05, 0.8);
}

static struct change *change_of(struct comparison *c, const char *vpn, const char *after_vpn,
	const char *profile, const struct report_metric *metric)
{
	struct change *change = arena_alloc(c->arena, struct change, 1);

	*change = (struct change){.vpn = vpn,
		.after_vpn = after_vpn,
		.profile = profile,
		.metric = metric,
		.before = side_of(c->arena, &c->before, vpn, profile, metric),
		.after = side_of(c->arena, &c->after, after_vpn, profile, metric)};
	/* What a side never measured is not a failure. */
	if (!change->before.planned || !change->after.planned ||
		(!change->before.with_value && !change->after.with_value))
		return NULL;
	weigh(c->arena, change);
	return change;
}

/* The values of all runs, as logarithms where all are above zero: then a factor is a difference. */
static struct joint_row row_of(struct arena *arena, const struct change *change, bool *ret_is_log)
{
	size_t count = change->before.runs + change->after.runs;
	double *values = arena_alloc(arena, double, count),
	       *kept = arena_alloc(arena, double, count);
	size_t n;

	memcpy(values, change->before.unmarked, change->before.runs * sizeof(*values));
	memcpy(values + change->before.runs, change->after.unmarked,
		change->after.runs * sizeof(*values));
	n = keep_values(values, count, kept);
	*ret_is_log = n && are_positive(kept, n);
	for (size_t i = 0; *ret_is_log && i < count; i++)
		values[i] = log(values[i]);
	n = keep_values(values, count, kept);
	/* Of one side against the other: the runs of both together, whatever their labels. */
	return (struct joint_row){
		values, n > 1 ? stats_deviation(kept, n) * sqrt(1.0 / (double)change->before.runs +
								   1.0 / (double)change->after.runs)
			      : 0};
}

/*
 * A quantity that by chance hardly spreads over a few runs must not count as exact, so the median
 * spread of all quantities is part of every error. One with another unit has only its own.
 */
static void set_resolutions(
	struct arena *arena, struct joint_row *rows, const bool *are_logs, size_t count)
{
	double *spreads = arena_alloc(arena, double, count + 1), median;
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		if (are_logs[i])
			spreads[n++] = rows[i].resolution;
	median = fmax(RESOLUTION, n ? stats_median(spreads, n) : 0);
	for (size_t i = 0; i < count; i++)
		rows[i].resolution = are_logs[i] ? median : fmax(rows[i].resolution / 2, 1e-9);
}

static void judge(struct comparison *c)
{
	size_t count = 0, i = 0;
	struct joint_row *rows;
	double *adjusted;
	bool *are_logs;

	for (const struct change *change = c->changes; change; change = change->next)
		count++;
	rows = arena_alloc(c->arena, struct joint_row, count + 1);
	are_logs = arena_alloc(c->arena, bool, count + 1);
	adjusted = arena_alloc(c->arena, double, count + 1);
	for (const struct change *change = c->changes; change; change = change->next, i++)
		rows[i] = row_of(c->arena, change, &are_logs[i]);
	set_resolutions(c->arena, rows, are_logs, count);
	joint_test(rows, count, c->before.count, c->after.count, 1, adjusted);
	i = 0;
	for (struct change *change = c->changes; change; change = change->next)
		change->p = adjusted[i++];
}

static void add_absence(struct comparison *c, const char *kind, const char *name, bool is_before)
{
	struct compare_absence **at = &c->absences;

	for (; *at; at = &(*at)->next)
		if ((*at)->kind == kind && strcmp((*at)->name, name) == 0 &&
			(*at)->is_before == is_before)
			return;
	*at = arena_alloc(c->arena, struct compare_absence, 1);
	**at = (struct compare_absence){.kind = kind, .name = name, .is_before = is_before};
}

static const char *vpn_in(const struct compare_trees *trees, const char *name, size_t length)
{
	for (size_t i = 0; i < trees->count; i++)
		for (const struct report_vpn *vpn = trees->list[i]->vpns; vpn; vpn = vpn->next)
			if (strlen(vpn->name) == length &&
				strncasecmp(vpn->name, name, length) == 0)
				return vpn->name;
	return NULL;
}

static bool has_profile(const struct compare_trees *trees, const char *profile)
{
	for (size_t i = 0; i < trees->count; i++)
		for (size_t k = 0; k < trees->list[i]->profile_count; k++)
			if (strcmp(trees->list[i]->profiles[k], profile) == 0)
				return true;
	return false;
}

static bool has_measured(const struct compare_trees *trees, const char *vpn, const char *profile,
	enum report_workload_id workload)
{
	for (size_t i = 0; i < trees->count; i++) {
		const struct report_condition *condition =
			condition_of(results_vpn(trees->list[i], vpn), profile);
		const struct report_link *link = condition ? condition->links : NULL;

		for (; link; link = link->next)
			if (outcome_is_there(report_outcome_of(link->repetitions, workload)))
				return true;
		if (condition && condition->whole &&
			outcome_is_there(report_outcome_of(condition->whole, workload)))
			return true;
	}
	return false;
}

static bool has_other_tools(const struct comparison *c, enum report_workload_id workload)
{
	for (enum tool_kind kind = 0; kind < TOOL_KINDS; kind++)
		if (c->tools[kind].one && tool_measures(kind, workload))
			return true;
	return false;
}

static void compare_condition(struct comparison *c, const char *vpn, const char *after_vpn,
	const char *profile, struct change ***end)
{
	for (size_t w = 0; w < REPORT_WORKLOADS; w++) {
		bool before = has_measured(&c->before, vpn, profile, (enum report_workload_id)w);
		bool after =
			has_measured(&c->after, after_vpn, profile, (enum report_workload_id)w);

		if (before != after)
			add_absence(c, "workload",
				arena_printf(c->arena, "%s of %s, %s", report_workloads[w].word,
					before ? vpn : after_vpn, profile_title(profile)),
				before);
	}
	for (size_t m = 0; m < report_metric_count; m++) {
		struct change *change;

		if (has_other_tools(c, report_metrics[m].workload))
			continue;
		change = change_of(c, vpn, after_vpn, profile, &report_metrics[m]);
		if (!change)
			continue;
		**end = change;
		*end = &change->next;
	}
}

static void compare_vpn(
	struct comparison *c, const char *vpn, const char *after_vpn, struct change ***end)
{
	for (size_t i = 0; i < c->before.count; i++) {
		const struct report_results *tree = c->before.list[i];

		for (size_t k = 0; k < tree->profile_count; k++) {
			const struct compare_trees earlier = {c->before.list, i};

			if (!has_profile(&earlier, tree->profiles[k]) &&
				has_profile(&c->after, tree->profiles[k]))
				compare_condition(c, vpn, after_vpn, tree->profiles[k], end);
		}
	}
}

static void note_absences(struct comparison *c, const struct compare_trees *trees,
	const struct compare_trees *others, bool is_before)
{
	for (size_t i = 0; i < trees->count; i++) {
		const struct report_results *tree = trees->list[i];

		for (const struct report_vpn *vpn = tree->vpns; vpn && !c->vpns; vpn = vpn->next)
			if (!vpn_in(others, vpn->name, strlen(vpn->name)))
				add_absence(c, "VPN", vpn->name, is_before);
		for (size_t k = 0; k < tree->profile_count; k++)
			if (!has_profile(others, tree->profiles[k]))
				add_absence(
					c, "profile", profile_title(tree->profiles[k]), is_before);
	}
}

static int compare_named(
	struct comparison *c, const char *pair, struct change ***end, struct error *err)
{
	size_t length = strcspn(pair, "=");
	const char *other = pair[length] ? pair + length + 1 : pair;
	const char *vpn = vpn_in(&c->before, pair, length);
	const char *after_vpn = vpn_in(&c->after, other, strlen(other));

	if (!vpn)
		return fail(err, ERROR_USAGE, "--vpn %s: no tree before has VPN '%.*s'", pair,
			(int)length, pair);
	if (!after_vpn)
		return fail(err, ERROR_USAGE, "--vpn %s: no tree after has VPN '%s'", pair, other);
	compare_vpn(c, vpn, after_vpn, end);
	return 0;
}

static void compare_common(struct comparison *c, struct change ***end)
{
	for (size_t i = 0; i < c->before.count; i++) {
		const struct compare_trees earlier = {c->before.list, i};
		const struct report_vpn *vpn = c->before.list[i]->vpns;

		for (; vpn; vpn = vpn->next)
			if (!vpn_in(&earlier, vpn->name, strlen(vpn->name)) &&
				vpn_in(&c->after, vpn->name, strlen(vpn->name)))
				compare_vpn(c, vpn->name, vpn->name, end);
	}
}

/* What one tree did to packets under a profile, by the first VPN that says it; NULL: unknown. */
static const struct report_settings *imposed(const struct report_results *tree, const char *profile)
{
	for (const struct report_vpn *vpn = tree->vpns; vpn; vpn = vpn->next) {
		const struct report_condition *condition = condition_of(vpn, profile);

		if (condition && (condition->settings.text || condition->settings.is_there))
			return &condition->settings;
	}
	return NULL;
}

static bool impair_alike(const struct report_settings *a, const struct report_settings *b)
{
	if (a->text && b->text)
		return strcmp(a->text, b->text) == 0;
	return a->latency_ms == b->latency_ms && a->jitter_ms == b->jitter_ms &&
	       a->loss_percent == b->loss_percent && a->reorder_percent == b->reorder_percent &&
	       a->correlation_percent == b->correlation_percent;
}

static int check_tree(
	const struct report_results *first, const struct report_results *other, struct error *err)
{
	for (size_t k = 0; k < first->profile_count; k++) {
		const char *profile = first->profiles[k];
		const struct report_settings *one = imposed(first, profile);
		const struct report_settings *two = imposed(other, profile);

		if (one && two && !impair_alike(one, two))
			return fail(err, ERROR_USAGE,
				"profile '%s' impairs packets differently in %s and %s, so their figures cannot be compared; see tc_settings.json in both",
				profile_title(profile), first->name, other->name);
	}
	return 0;
}

static const struct report_results *tree_at(const struct comparison *c, size_t i)
{
	return i < c->before.count ? c->before.list[i] : c->after.list[i - c->before.count];
}

static int check_clocks(
	const struct report_results *first, const struct report_results *other, struct error *err)
{
	const char *one = results_clock(first), *two = results_clock(other);

	one = one ? one : "real time";
	two = two ? two : "real time";
	if (strcmp(one, two) == 0)
		return 0;
	return fail(err, ERROR_USAGE,
		"%s was measured in %s and %s in %s, so their figures cannot be compared",
		first->name, one, other->name, two);
}

static int check_limits(
	const struct report_results *first, const struct report_results *other, struct error *err)
{
	const char *one = results_limits(first), *two = results_limits(other);

	if ((!one && !two) || (one && two && strcmp(one, two) == 0))
		return 0;
	return fail(err, ERROR_USAGE,
		"hosts of %s were limited as board %s, those of %s as %s, so their figures cannot be compared",
		first->name, one ? one : "none", other->name, two ? two : "none");
}

/* Also a topology of the same name whose file was changed is another. */
static int check_topologies(
	const struct report_results *first, const struct report_results *other, struct error *err)
{
	const char *one = results_topology(first), *two = results_topology(other);

	if ((!one && !two) || json_equal(json_object_get(first->environment, "topology"),
				      json_object_get(other->environment, "topology")))
		return 0;
	return fail(err, ERROR_USAGE,
		"hosts of %s were in topology %s, those of %s in %s, so their figures cannot be compared",
		first->name, one ? one : "lan", other->name, two ? two : "lan");
}

/* Hosts of one machine share its processors, near and far ones alike. */
static int check_places(
	const struct comparison *c, const struct report_results *other, struct error *err)
{
	const struct report_results *first = c->before.list[0];
	bool is_real = results_is_on_machines(first);

	if (c->places_may_differ || is_real == results_is_on_machines(other))
		return 0;
	return fail(err, ERROR_USAGE,
		"%s was measured on hosts of one machine and %s on real machines, so their figures cannot be compared; see both on one page: meshbench report A B --html FILE",
		is_real ? other->name : first->name, is_real ? first->name : other->name);
}

static int check_alike(const struct comparison *c, struct error *err)
{
	for (size_t i = 0; i < c->before.count + c->after.count; i++) {
		if (check_clocks(c->before.list[0], tree_at(c, i), err) ||
			check_places(c, tree_at(c, i), err) ||
			check_limits(c->before.list[0], tree_at(c, i), err) ||
			check_topologies(c->before.list[0], tree_at(c, i), err) ||
			check_tree(c->before.list[0], tree_at(c, i), err))
			return -1;
	}
	return 0;
}

static void find_other_tools(struct comparison *c, enum tool_kind kind)
{
	const struct report_results *first = NULL;

	for (size_t i = 0; i < c->before.count + c->after.count; i++) {
		const char *tool = results_tool(tree_at(c, i), kind);

		if (tool && !first)
			first = tree_at(c, i);
		if (!tool || strcmp(tool, results_tool(first, kind)) == 0)
			continue;
		c->tools[kind] = (struct compare_tools){first, tree_at(c, i)};
		return;
	}
}

static int fail_nothing_shared(const struct comparison *c, struct error *err)
{
	for (enum tool_kind kind = 0; kind < TOOL_KINDS; kind++) {
		const struct compare_tools *tools = &c->tools[kind];

		if (tools->one)
			return fail(err, ERROR_USAGE,
				"compare %s with %s: they share only %s, measured by %s in one and by %s in the other; run both sides with the same %s",
				tools->one->name, tools->other->name, tool_title(kind),
				results_tool(tools->one, kind), results_tool(tools->other, kind),
				tool_option(kind));
	}
	return fail(err, ERROR_USAGE,
		"compare %s with %s: the trees do not share any measured VPN and profile",
		c->before.list[0]->name, c->after.list[0]->name);
}

int compare_trees(struct comparison *c, struct error *err)
{
	struct change **end = &c->changes;

	if (check_alike(c, err))
		return -1;
	for (enum tool_kind kind = 0; kind < TOOL_KINDS; kind++)
		find_other_tools(c, kind);
	note_absences(c, &c->before, &c->after, true);
	note_absences(c, &c->after, &c->before, false);
	for (size_t i = 0; c->vpns && c->vpns[i]; i++)
		if (compare_named(c, c->vpns[i], &end, err))
			return -1;
	if (!c->vpns)
		compare_common(c, &end);
	if (!c->changes)
		return fail_nothing_shared(c, err);
	judge(c);
	return 0;
}
