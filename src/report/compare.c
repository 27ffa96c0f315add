/* SPDX-License-Identifier: MIT */
/* What changed between two result trees, and how sure that is. */
#include "report/compare.h"

#include "base/json.h"

#include "report/output/json.h"
#include "report/output/number.h"
#include "report/report.h"

#include <math.h>
#include <string.h>

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_BETTER] = "better",
		[VERDICT_WORSE] = "worse",
		[VERDICT_NO_DIFFERENCE] = "no difference shown",
		[VERDICT_TOO_FEW] = "too few values to tell",
		[VERDICT_APPEARED] = "works now",
		[VERDICT_VANISHED] = "fails now",
	};

	return names[verdict];
}

enum verdict change_verdict(const struct change *change)
{
	double before = samples_mean(&change->before), after = samples_mean(&change->after);
	bool is_higher = after > before;

	if (!change->before.count)
		return VERDICT_APPEARED;
	if (!change->after.count)
		return VERDICT_VANISHED;
	if (change->floor >= 0.05)
		return VERDICT_TOO_FEW;
	if (change->adjusted >= 0.05)
		return VERDICT_NO_DIFFERENCE;
	return is_higher == change->metric->higher_is_better ? VERDICT_BETTER : VERDICT_WORSE;
}

static bool all_positive(const struct report_samples *samples)
{
	for (size_t i = 0; i < samples->count; i++)
		if (!(samples->values[i] > 0))
			return false;
	return samples->count > 0;
}

/* Relative spread of both sides together, as a share of the mean. */
static double spread(const struct change *change)
{
	double before = stats_deviation(change->before.values, change->before.count) /
			samples_mean(&change->before);
	double after = stats_deviation(change->after.values, change->after.count) /
		       samples_mean(&change->after);

	return sqrt((before * before + after * after) / 2);
}

static void weigh(struct change *change)
{
	size_t least = change->before.count < change->after.count ? change->before.count
								  : change->after.count;

	change->p = 1;
	change->floor = permutation_floor(change->before.count, change->after.count);
	change->unseen_percent = NAN;
	if (!least)
		return;
	change->p = permutation_test(change->before.values, change->before.count,
		change->after.values, change->after.count, 1, NULL);
	change->has_ratio = all_positive(&change->before) && all_positive(&change->after);
	if (change->has_ratio)
		change->ratio = ratio_of(change->after.values, change->after.count,
			change->before.values, change->before.count, 0.95);
	if (least > 1)
		change->unseen_percent =
			100 * detectable_difference(spread(change), least, 0.05, 0.8);
}

static struct change *change_of(struct arena *arena, const struct report_condition *before,
	const struct report_condition *after, const struct report_metric *metric)
{
	struct change *change = arena_alloc(arena, struct change, 1);

	change->metric = metric;
	change->before = samples_of_metric(arena, before, metric);
	change->after = samples_of_metric(arena, after, metric);
	/* What one tree never measured is not a failure. */
	if (!change->before.planned || !change->after.planned ||
		(!change->before.count && !change->after.count))
		return NULL;
	weigh(change);
	return change;
}

static void adjust(struct arena *arena, struct change *first)
{
	size_t count = 0, i = 0;
	double *p;

	for (const struct change *c = first; c; c = c->next)
		count++;
	p = arena_alloc(arena, double, count + 1);
	for (const struct change *c = first; c; c = c->next)
		p[i++] = c->p;
	adjust_benjamini_hochberg(p, count, p);
	i = 0;
	for (struct change *c = first; c; c = c->next)
		c->adjusted = p[i++];
}

struct change *changes_between(
	const struct report_results *before, const struct report_results *after)
{
	struct change *first = NULL, **end = &first;

	for (const struct report_vpn *vpn = before->vpns; vpn; vpn = vpn->next) {
		const struct report_vpn *other = results_vpn(after, vpn->name);

		for (size_t i = 0; i < before->profile_count; i++) {
			const char *profile = before->profiles[i];

			for (size_t m = 0; m < report_metric_count; m++) {
				struct change *change =
					change_of(before->arena, condition_of(vpn, profile),
						condition_of(other, profile), &report_metrics[m]);

				if (!change)
					continue;
				change->vpn = vpn->name;
				change->profile = profile;
				*end = change;
				end = &change->next;
			}
		}
	}
	adjust(before->arena, first);
	return first;
}

static json_t *number_json(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *change_json(const struct change *change)
{
	json_t *value = json_make("{s:s,s:s,s:s,s:s,s:o,s:o,s:I,s:I,s:I,s:I,s:f,s:f,s:o,s:s}",
		"vpn", change->vpn, "profile", profile_title(change->profile), "metric",
		change->metric->key, "unit", change->metric->unit, "before",
		number_json(samples_mean(&change->before)), "after",
		number_json(samples_mean(&change->after)), "before_values",
		(json_int_t)change->before.count, "before_planned",
		(json_int_t)change->before.planned, "after_values", (json_int_t)change->after.count,
		"after_planned", (json_int_t)change->after.planned, "p", change->p, "p_adjusted",
		change->adjusted, "unseen_percent", number_json(change->unseen_percent), "verdict",
		verdict_name(change_verdict(change)));

	json_object_set_new(value, "before_marked", json_boolean(change->before.is_marked));
	json_object_set_new(value, "after_marked", json_boolean(change->after.is_marked));
	if (change->has_ratio)
		json_object_set_new(value, "ratio",
			json_make("{s:f,s:f,s:f,s:f,s:f}", "estimate", change->ratio.ratio, "low",
				change->ratio.interval.low, "high", change->ratio.interval.high,
				"confidence", change->ratio.interval.confidence, "cliffs_delta",
				change->ratio.delta));
	return value;
}

static void print_json_changes(FILE *out, const struct change *first)
{
	json_auto_t *list = json_array();
	json_auto_t *value = json_make("{s:O}", "changes", list);

	for (const struct change *change = first; change; change = change->next)
		json_array_append_new(list, change_json(change));
	print_json(out, value, 0);
	fputc('\n', out);
}

/* "138 (3/3)", or "138* (3/3)" when only marked values are there. */
static void print_side(FILE *out, struct arena *arena, const struct report_metric *metric,
	const struct report_samples *samples)
{
	fprintf(out, "%s%s (%zu/%zu) | ",
		number_text(arena, samples_mean(samples), metric->decimals),
		samples->is_marked ? "*" : "", samples->count, samples->planned);
}

static void print_change(FILE *out, struct arena *arena, const struct change *change)
{
	const struct report_metric *metric = change->metric;

	fprintf(out, "| %s | %s | %s, %s | ", change->vpn, profile_title(change->profile),
		metric->title, metric->unit);
	print_side(out, arena, metric, &change->before);
	print_side(out, arena, metric, &change->after);
	if (change->has_ratio)
		fprintf(out, "%.3f (%.3f to %.3f, %.0f %%) | ", change->ratio.ratio,
			change->ratio.interval.low, change->ratio.interval.high,
			100 * change->ratio.interval.confidence);
	else
		fputs("-- | ", out);
	fprintf(out, "%.3g | %s |\n", change->adjusted, verdict_name(change_verdict(change)));
}

static void print_text_changes(FILE *out, struct arena *arena, const struct change *first)
{
	size_t counts[VERDICT_VANISHED + 1] = {0}, total = 0;

	fputs("| VPN | Profile | What | Before (values) | After (values) | After over before | p, adjusted | Verdict |\n|---|---|---|---:|---:|---:|---:|---|\n",
		out);
	for (const struct change *change = first; change; change = change->next, total++) {
		print_change(out, arena, change);
		counts[change_verdict(change)]++;
	}
	fprintf(out, "\n%zu comparisons:", total);
	for (enum verdict v = 0; v <= VERDICT_VANISHED; v++)
		if (counts[v])
			fprintf(out, " %zu %s;", counts[v], verdict_name(v));
	fputs(" p values are adjusted for the number of comparisons (Benjamini and Hochberg).\n",
		out);
	if (counts[VERDICT_TOO_FEW])
		fputs("If there are too few values, no outcome could have shown a difference. Use --repeat to measure more.\n",
			out);
}

int compare_run(const struct compare_options *options, FILE *out, struct error *err)
{
	AUTO(results_freep) struct report_results *before = NULL;
	AUTO(results_freep) struct report_results *after = NULL;
	const struct change *first;

	if (results_read(options->before, &before, err) ||
		results_read(options->after, &after, err))
		return -1;
	first = changes_between(before, after);
	if (!first)
		return fail(err, ERROR_USAGE,
			"compare %s with %s: the trees do not share any VPN and profile",
			options->before, options->after);
	if (options->json)
		print_json_changes(out, first);
	else
		print_text_changes(out, before->arena, first);
	return 0;
}
