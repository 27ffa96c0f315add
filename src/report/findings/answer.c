/* SPDX-License-Identifier: MIT */
/* Rankings per question, with groups of what cannot be told apart. */
#include "report/findings/answer.h"

#include "report/output/number.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

enum {
	RANKS_MAX = 64,  /* what group_items() takes */
	TESTED_LEAST = 4 /* fewer values a side cannot show p < 0.05 */
};

struct question {
	const char *id, *question;
	enum metric_id metric;
	const char *profile; /* the base profile when the tree has no such one */
};

static const struct question questions[] = {
	{"bulk-clean", "Bulk transfer on a clean LAN", METRIC_TCP, "baseline"},
	{"bulk-lossy", "Bulk transfer on a slightly lossy network", METRIC_TCP, "low_impairment"},
	{"bulk-bad", "Bulk transfer on a bad network", METRIC_TCP, "medium_impairment"},
	{"bulk-very-bad", "Bulk transfer on a very bad network", METRIC_TCP, "high_impairment"},
	{"video-wifi", "Video on bad Wi-Fi", METRIC_VIDEO, "medium_impairment"},
	{"small-requests", "Many small requests", METRIC_NIX, "baseline"},
	{"small-requests-lossy", "Many small requests on a slightly lossy network", METRIC_NIX,
		"low_impairment"},
	{"cores-to-spare", "Highest throughput with cores to spare", METRIC_CORES_TO_SPARE,
		"baseline"},
	{"one-core", "Highest throughput with one core at each end", METRIC_ONE_CORE, "baseline"},
	{"latency", "Shortest round trip", METRIC_PING, "baseline"},
	{"low-cpu", "Lowest processor use", METRIC_CPU_PER_GBIT, "baseline"},
	{"quick-reconnect", "Fastest reconnection after a reboot", METRIC_RECONNECT, "baseline"},
};

static void add_caveat(struct arena *arena, struct answer *answer, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

static void add_caveat(struct arena *arena, struct answer *answer, const char *fmt, ...)
{
	struct caveat **at = &answer->caveats;
	char text[600];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	while (*at)
		at = &(*at)->next;
	*at = arena_alloc(arena, struct caveat, 1);
	(*at)->text = arena_strdup(arena, text);
}

static void insert(struct answer *answer, struct rank *rank)
{
	bool higher = report_metrics[answer->metric].higher_is_better;
	struct rank **at = &answer->ranks;

	while (*at && (higher ? (*at)->median >= rank->median : (*at)->median <= rank->median))
		at = &(*at)->next;
	rank->next = *at;
	*at = rank;
	answer->rank_count++;
}

/* Whether any VPN has values that nothing speaks against. */
static bool has_unmarked(const struct report_results *results, const struct answer *answer)
{
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		struct report_samples samples = samples_of(
			results->arena, condition_of(vpn, answer->profile), answer->metric);

		if (samples.count && !samples.is_marked)
			return true;
	}
	return false;
}

static void add_marks(struct arena *arena, struct answer *answer, const struct report_vpn *vpn,
	const struct report_samples *samples, bool others_are_unmarked)
{
	if (samples->is_marked)
		add_caveat(arena, answer,
			"%s %s: other causes than the VPN may have affected them, such as other programs on the machine.",
			vpn->name,
			others_are_unmarked ? "is not ranked, because it has only marked values"
					    : "has only marked values");
	else if (samples->marked)
		add_caveat(arena, answer, "%s has %zu marked values, which are omitted.", vpn->name,
			samples->marked);
}

static void collect(const struct report_results *results, struct answer *answer)
{
	bool others_are_unmarked = has_unmarked(results, answer);

	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		struct report_samples samples = samples_of(
			results->arena, condition_of(vpn, answer->profile), answer->metric);
		struct rank *rank;

		if (!samples.count && samples.planned)
			add_caveat(results->arena, answer,
				"%s does not have a usable value: 0 of %zu links.", vpn->name,
				samples.planned);
		if (!samples.count || answer->rank_count == RANKS_MAX)
			continue;
		if (samples_measured(&samples) < samples.planned)
			add_caveat(results->arena, answer,
				"%s counts only %zu of %zu links; the failed ones may be worse.",
				vpn->name, samples.count, samples.planned);
		add_marks(results->arena, answer, vpn, &samples, others_are_unmarked);
		if (samples.is_marked && others_are_unmarked)
			continue;
		rank = arena_alloc(results->arena, struct rank, 1);
		rank->vpn = vpn;
		rank->samples = samples;
		rank->median = stats_median(samples.values, samples.count);
		rank->interval = interval_median(samples.values, samples.count, 0.95);
		insert(answer, rank);
	}
}

static bool ranges_are_apart(const struct report_samples *a, const struct report_samples *b)
{
	double low_a = INFINITY, high_a = -INFINITY, low_b = INFINITY, high_b = -INFINITY;

	for (size_t i = 0; i < a->count; i++) {
		low_a = fmin(low_a, a->values[i]);
		high_a = fmax(high_a, a->values[i]);
	}
	for (size_t i = 0; i < b->count; i++) {
		low_b = fmin(low_b, b->values[i]);
		high_b = fmax(high_b, b->values[i]);
	}
	return high_a < low_b || high_b < low_a;
}

static bool all_are_enough(const struct answer *answer)
{
	for (const struct rank *rank = answer->ranks; rank; rank = rank->next)
		if (rank->samples.count < TESTED_LEAST)
			return false;
	return true;
}

/* Which pairs differ, as a square matrix in the order of the ranks. */
static bool *differences(struct arena *arena, const struct answer *answer)
{
	size_t count = answer->rank_count, pairs = 0;
	bool *differ = arena_alloc(arena, bool, count *count + 1);
	double *p = arena_alloc(arena, double, count *count + 1);
	size_t i = 0;

	for (const struct rank *a = answer->ranks; a; a = a->next)
		for (const struct rank *b = a->next; b; b = b->next)
			p[pairs++] = answer->is_tested
					     ? permutation_test(a->samples.values, a->samples.count,
						       b->samples.values, b->samples.count, 1, NULL)
				     : ranges_are_apart(&a->samples, &b->samples) ? 0
										  : 1;
	if (answer->is_tested)
		adjust_holm(p, pairs, p);
	pairs = 0;
	for (const struct rank *a = answer->ranks; a; a = a->next, i++) {
		size_t j = i + 1;

		for (const struct rank *b = a->next; b; b = b->next, j++) {
			bool is_different = p[pairs++] < 0.05;

			differ[i * count + j] = differ[j * count + i] = is_different;
		}
	}
	return differ;
}

static const char *letters_of(struct arena *arena, uint64_t groups)
{
	const char *letters = "";

	for (size_t k = 0; k < 26; k++)
		if (groups >> k & 1)
			letters = arena_printf(arena, "%s%c", letters, (int)('a' + k));
	return letters;
}

static void group(struct arena *arena, struct answer *answer)
{
	uint64_t groups[RANKS_MAX];
	size_t i = 0;

	answer->is_tested = answer->rank_count > 1 && all_are_enough(answer);
	answer->group_count = group_items(differences(arena, answer), answer->rank_count, groups);
	for (struct rank *rank = answer->ranks; rank; rank = rank->next) {
		rank->groups = groups[i++];
		rank->letters = letters_of(arena, rank->groups);
	}
}

static void say(const struct report_results *results, struct answer *answer)
{
	const struct report_metric *metric = &report_metrics[answer->metric];
	const struct rank *best = answer->ranks;
	const char *names = "";
	size_t count = 0;

	while (best && best->vpn->is_reference)
		best = best->next;
	if (!best) {
		answer->sentence = "This tree does not contain values that answer this question.";
		return;
	}
	for (const struct rank *rank = best; rank; rank = rank->next) {
		if (rank->vpn->is_reference || !(rank->groups & best->groups))
			continue;
		names = arena_printf(
			results->arena, "%s%s%s", names, count++ ? ", " : "", rank->vpn->name);
	}
	answer->sentence =
		count > 1
			? arena_printf(results->arena,
				  "These values do not distinguish %s; %s has the best median, %s %s.",
				  names, best->vpn->name,
				  number_text(results->arena, best->median, metric->decimals),
				  metric->unit)
			: arena_printf(results->arena, "%s, with a median of %s %s.",
				  best->vpn->name,
				  number_text(results->arena, best->median, metric->decimals),
				  metric->unit);
}

/* What difference these values could have shown, as a share of the mean. */
static double detectable_percent(const struct answer *answer)
{
	double squares = 0;
	size_t count = 0, least = SIZE_MAX;

	for (const struct rank *rank = answer->ranks; rank; rank = rank->next) {
		double mean = samples_mean(&rank->samples);
		double share = stats_deviation(rank->samples.values, rank->samples.count) / mean;

		if (rank->samples.count < 2 || !(mean > 0))
			continue;
		squares += share * share;
		count++;
		least = rank->samples.count < least ? rank->samples.count : least;
	}
	if (!count)
		return NAN;
	return 100 * detectable_difference(sqrt(squares / (double)count), least, 0.05, 0.8);
}

static const struct finding *finding_with(const struct findings *findings, const char *id)
{
	const struct finding *finding = findings->first;

	while (finding && strcmp(finding->id, id) != 0)
		finding = finding->next;
	return finding;
}

/* The short answer must not hide that the contest was not fair. */
static void qualify(const struct report_results *results, struct answer *answer)
{
	answer->sentence = arena_printf(results->arena,
		"%s The comparison is not fair: VPNs did not meet the same impairment.",
		answer->sentence);
}

static void warn(const struct report_results *results, const struct findings *findings,
	struct answer *answer)
{
	double percent = detectable_percent(answer);
	const struct report_condition *bare = condition_of(results->reference, answer->profile);

	if (!answer->is_tested && answer->rank_count > 1)
		add_caveat(results->arena, answer,
			"There are too few values for a test; groups only show whose ranges do not overlap.");
	if (!isnan(percent))
		add_caveat(results->arena, answer,
			"With this spread and number of values, a difference below about %.0f %% would usually remain undetected.",
			percent);
	if (bare && bare->settings.is_there && finding_with(findings, "super-packets")) {
		if (answer->rank_count > 1)
			qualify(results, answer);
		add_caveat(results->arena, answer,
			"Under this profile VPNs did not meet the same impairment; see the finding 'super-packets'.");
	}
	if (answer->metric == METRIC_CPU_PER_GBIT)
		add_caveat(results->arena, answer,
			"The figure covers the whole receiving machine at the speed that the VPN reached, not only the VPN's processes.");
	if (answer->metric == METRIC_RECONNECT && answer->rank_count < 2)
		add_caveat(results->arena, answer,
			"For most VPNs, the check cannot separate the VPN's own part; see the finding 'reconnect-waits-for-hosts'.");
}

static const char *profile_of(const struct report_results *results, const struct question *question)
{
	for (size_t i = 0; i < results->profile_count; i++)
		if (strcmp(results->profiles[i], question->profile) == 0)
			return results->profiles[i];
	if (question->metric == METRIC_RECONNECT)
		return results_contact_profile(results);
	return strcmp(question->profile, "baseline") == 0 ? results_base_profile(results) : NULL;
}

/* The VPN's own processor time is the better answer, where the tree has it. */
static enum metric_id metric_of(
	const struct report_results *results, const struct question *question, const char *profile)
{
	if (question->metric != METRIC_CPU_PER_GBIT)
		return question->metric;
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		if (samples_of(results->arena, condition_of(vpn, profile), METRIC_DAEMON_CPU).count)
			return METRIC_DAEMON_CPU;
	return question->metric;
}

struct answer *answers_of(const struct report_results *results, const struct findings *findings)
{
	struct answer *first = NULL, **end = &first;

	for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
		const char *profile = profile_of(results, &questions[i]);
		struct answer *answer;

		if (!profile)
			continue;
		answer = arena_alloc(results->arena, struct answer, 1);
		answer->id = questions[i].id;
		answer->question = questions[i].question;
		answer->metric = metric_of(results, &questions[i], profile);
		answer->profile = profile;
		collect(results, answer);
		/* Neither a value nor a failure: nobody asked. */
		if (!answer->rank_count && !answer->caveats)
			continue;
		if (answer->rank_count)
			group(results->arena, answer);
		say(results, answer);
		warn(results, findings, answer);
		*end = answer;
		end = &answer->next;
	}
	return first;
}
