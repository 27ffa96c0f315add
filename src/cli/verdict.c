/* SPDX-License-Identifier: MIT */
/* Verdicts on two versions as text and as Markdown. */
#include "cli/verdict.h"

#include <math.h>

/* "+1.2 % (-0.3 to +2.8)", or "-" before there is an interval. */
static void change_of(char text[64], const struct versions_figure *f)
{
	if (isfinite(f->change.high) && f->change.low > 0)
		snprintf(text, 64, "%+.1f %% (%+.1f to %+.1f)", 100 * (f->typical_change - 1),
			100 * (f->change.low - 1), 100 * (f->change.high - 1));
	else if (f->blocks)
		snprintf(text, 64, "%+.1f %%", 100 * (f->typical_change - 1));
	else
		snprintf(text, 64, "-");
}

static void number_of(char text[32], double value)
{
	if (isnan(value))
		snprintf(text, 32, "-");
	else
		snprintf(text, 32, "%.4g", value);
}

static void print_rows(const struct versions *versions, bool is_markdown, FILE *out)
{
	for (size_t i = 0; i < versions->count; i++) {
		const struct versions_figure *f = &versions->figures[i];
		char old[32], new[32], change[64], place[128];

		snprintf(place, sizeof(place), "%s, %s", f->workload->name, f->profile->name);
		number_of(old, f->typical[VERSIONS_OLD]);
		number_of(new, f->typical[VERSIONS_NEW]);
		change_of(change, f);
		if (is_markdown)
			fprintf(out, "| %s | `%s` | %s | %s | %s | %zu | %s |\n", place, f->key,
				old, new, change, f->blocks, versions_word(f->verdict));
		else
			fprintf(out, "%-24s %-20s %9s %9s  %-28s %6zu  %s\n", place, f->key, old,
				new, change, f->blocks, versions_word(f->verdict));
	}
}

static size_t count_of(const struct versions *versions, bool marked)
{
	size_t count = 0;

	for (size_t i = 0; i < versions->count; i++)
		for (size_t v = 0; v < VERSIONS; v++)
			count += marked ? versions->figures[i].marked_cells[v]
					: versions->figures[i].failed_cells[v];
	return count;
}

static void print_verdict(const struct versions *versions, const struct runner_plan *plan,
	const struct versions_rule *rule, FILE *out)
{
	const char *old = plan->drivers[VERSIONS_OLD].label;
	const char *new = plan->drivers[VERSIONS_NEW].label;
	double margin = 100 * expm1(rule->margin);

	switch (versions->verdict) {
	case SEQUENTIAL_WORSE:
		fprintf(out, "%s is worse than %s.", new, old);
		break;
	case SEQUENTIAL_BETTER:
		fprintf(out, "%s is better than %s.", new, old);
		break;
	case SEQUENTIAL_NO_DIFFERENCE:
		fprintf(out, "%s and %s do not differ by more than %.3g %%.", new, old, margin);
		break;
	case SEQUENTIAL_CANNOT_TELL:
		fprintf(out, "Cannot tell whether %s differs from %s.", new, old);
		break;
	}
	fprintf(out, " %zu blocks; a verdict is wrong in at most %.0f %% of such comparisons.\n",
		versions->blocks, 100 * rule->error);
}

static void print_notes(
	const struct versions *versions, const struct versions_rule *rule, FILE *out)
{
	size_t marked = count_of(versions, true), failed = count_of(versions, false);

	if (marked)
		fprintf(out, "%zu values are marked, because the machine or the wire was busy%s.\n",
			marked, rule->accepts_marked ? "" : "; they are left out");
	if (failed)
		fprintf(out, "%zu values are missing, because their measurement failed.\n", failed);
}

void verdict_print(const struct versions *versions, const struct runner_plan *plan,
	const struct versions_rule *rule, FILE *out)
{
	fprintf(out, "%-24s %-20s %9s %9s  %-28s %6s  %s\n", "", "figure", "old", "new", "change",
		"blocks", "verdict");
	print_rows(versions, false, out);
	fputc('\n', out);
	print_verdict(versions, plan, rule, out);
	print_notes(versions, rule, out);
}

void verdict_print_markdown(const struct versions *versions, const struct runner_plan *plan,
	const struct versions_rule *rule, FILE *out)
{
	fputs("### ", out);
	print_verdict(versions, plan, rule, out);
	fputs("\n| measured | figure | old | new | change | blocks | verdict |\n"
	      "|---|---|--:|--:|---|--:|---|\n",
		out);
	print_rows(versions, true, out);
	fputc('\n', out);
	print_notes(versions, rule, out);
}
