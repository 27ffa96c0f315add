/* SPDX-License-Identifier: MIT */
/* Rankings per question, with groups of what cannot be told apart. */
#include "report/findings/answer.h"

#include "report/output/number.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

enum {
	GROUPED_MAX = 64, /* what group_items() takes */
	BLOCKS_MIN = 4    /* fewer independent blocks name no winner */
};

struct question {
	const char *id, *question, *heading;
	enum metric_id metric;
	const char *profile; /* the base profile when the tree has no such one */
	double least;        /* a median that is worse does not answer the question; 0: any */
	const char *needs;   /* a row of the matrix; NULL: none */
};

static const struct question questions[] = {
	{"bulk-clean", "Bulk transfer on a clean LAN", "TCP", METRIC_TCP, "baseline", 0, NULL},
	{"bulk-lossy", "Bulk transfer on a slightly lossy network", "TCP, low", METRIC_TCP,
		"low_impairment", 0, NULL},
	{"bulk-bad", "Bulk transfer on a bad network", "TCP, medium", METRIC_TCP,
		"medium_impairment", 0, NULL},
	{"bulk-very-bad", "Bulk transfer on a very bad network", "TCP, high", METRIC_TCP,
		"high_impairment", 0, NULL},
	/* With half of the picture lost nobody watches. */
	{"video-wifi", "Video on bad Wi-Fi", "video, medium", METRIC_VIDEO, "medium_impairment", 50,
		NULL},
	{"small-requests", "Many small requests", "downloads", METRIC_NIX, "baseline", 0, NULL},
	{"small-requests-lossy", "Many small requests on a slightly lossy network",
		"downloads, low", METRIC_NIX, "low_impairment", 0, NULL},
	{"cores-to-spare",
		"Highest throughput if processors were the only limit, with cores to spare",
		"many cores", METRIC_CORES_TO_SPARE, "baseline", 0, NULL},
	{"one-core",
		"Highest throughput if processors were the only limit, with one core at each end",
		"one core", METRIC_ONE_CORE, "baseline", 0, NULL},
	{"latency", "Shortest round trip", "ping", METRIC_PING, "baseline", 0, NULL},
	{"low-cpu", "Lowest processor use", "CPU", METRIC_CPU_PER_GBIT, "baseline", 0, NULL},
	{"quick-reconnect", "Fastest reconnection after a reboot", "reboot", METRIC_RECONNECT,
		"baseline", 0, NULL},
	{"bulk-ipv6", "Bulk transfer on a clean LAN, with IPv6 inside", "TCP, IPv6", METRIC_TCP,
		"baseline", 0, "overlay_ipv6"},
	{"bulk-no-centre", "Bulk transfer on a clean LAN, without a single point of failure",
		"TCP, no centre", METRIC_TCP, "baseline", 0, "graceful_degradation"},
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

static double worst_of(const struct report_samples *samples, bool higher_is_better)
{
	double worst = samples->values[0];

	for (size_t i = 1; i < samples->count; i++)
		worst = higher_is_better ? fmin(worst, samples->values[i])
					 : fmax(worst, samples->values[i]);
	return worst;
}

/* Equal medians are in the order of their worst values. */
static bool is_ahead(const struct rank *a, const struct rank *b, bool higher_is_better)
{
	if (a->median != b->median)
		return higher_is_better ? a->median > b->median : a->median < b->median;
	return higher_is_better ? a->worst >= b->worst : a->worst <= b->worst;
}

static void insert(struct answer *answer, struct rank *rank)
{
	bool higher = report_metrics[answer->metric].higher_is_better;
	struct rank **at = &answer->ranks;

	while (*at && is_ahead(*at, rank, higher))
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
			vpn->title,
			others_are_unmarked ? "is not ranked, because it has only marked values"
					    : "has only marked values");
	else if (samples->marked)
		add_caveat(arena, answer, "%s has %zu marked values, which are omitted.",
			vpn->title, samples->marked);
}

/* Even on some links: the others alone would not be the VPN's. */
static void set_aside(struct arena *arena, struct answer *answer, const struct report_vpn *vpn,
	const struct report_samples *samples)
{
	struct unranked **at = &answer->unranked;

	add_caveat(arena, answer,
		"%s is not ranked: on %zu of %zu links its first request was answered, which is too quick for this check to measure.",
		vpn->title, samples->below_count, samples->planned);
	while (*at)
		at = &(*at)->next;
	*at = arena_alloc(arena, struct unranked, 1);
	(*at)->vpn = vpn;
	(*at)->below = samples->below;
}

/* Nobody needs a figure of one that does not do what is asked for. */
static bool is_left_out(const struct report_results *results, struct answer *answer,
	const struct report_vpn *vpn, const struct report_samples *samples)
{
	const char *why;

	if (!answer->needs || vpn->is_reference || !samples->count ||
		need_is_met(results, vpn, answer->needs, &why))
		return false;
	answer->left_out++;
	add_caveat(results->arena, answer, "%s is left out (%s).", vpn->title, why);
	return true;
}

static void collect(const struct report_results *results, struct answer *answer)
{
	bool others_are_unmarked = has_unmarked(results, answer);

	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		struct report_samples samples = samples_of(
			results->arena, condition_of(vpn, answer->profile), answer->metric);
		struct rank *rank;

		if (is_left_out(results, answer, vpn, &samples))
			continue;
		if (samples.below_count && !vpn->is_reference) {
			set_aside(results->arena, answer, vpn, &samples);
			continue;
		}
		if (!samples.count && samples.planned)
			add_caveat(results->arena, answer,
				"%s does not have a usable value: 0 of %zu links.", vpn->title,
				samples.planned);
		if (!samples.count)
			continue;
		if (samples_measured(&samples) < samples.planned)
			add_caveat(results->arena, answer,
				"%s counts only %zu of %zu links; the failed ones may be worse.",
				vpn->title, samples.count, samples.planned);
		add_marks(results->arena, answer, vpn, &samples, others_are_unmarked);
		if (samples.is_marked && others_are_unmarked)
			continue;
		rank = arena_alloc(results->arena, struct rank, 1);
		rank->vpn = vpn;
		rank->samples = samples;
		rank->blocks = samples_blocks(results->arena, &samples, &rank->block_count);
		rank->median = stats_median(samples.values, samples.count);
		rank->worst = worst_of(&samples, report_metrics[answer->metric].higher_is_better);
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

/* Whether the test could tell any two apart, with as many pairs as there are. */
static bool blocks_are_enough(const struct answer *answer)
{
	double pairs = (double)answer->rank_count * (double)(answer->rank_count - 1) / 2;

	for (const struct rank *a = answer->ranks; a; a = a->next)
		if (a->block_count < BLOCKS_MIN)
			return false;
	for (const struct rank *a = answer->ranks; a; a = a->next)
		for (const struct rank *b = a->next; b; b = b->next)
			if (permutation_floor(a->block_count, b->block_count) * pairs >= 0.05)
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
			p[pairs++] = answer->is_tested ? permutation_test(a->blocks, a->block_count,
								 b->blocks, b->block_count, 1, NULL)
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
	uint64_t groups[GROUPED_MAX] = {0};
	size_t i = 0;

	answer->is_tested = answer->rank_count > 1 && blocks_are_enough(answer);
	if (answer->rank_count <= GROUPED_MAX)
		answer->group_count =
			group_items(differences(arena, answer), answer->rank_count, groups);
	for (struct rank *rank = answer->ranks; rank; rank = rank->next, i++) {
		rank->groups = i < GROUPED_MAX ? groups[i] : 0;
		rank->letters = letters_of(arena, rank->groups);
	}
}

/* A VPN that failed somewhere may be worse there, so it is never called the best. */
static bool is_candidate(const struct rank *rank)
{
	return !rank->vpn->is_reference &&
	       samples_measured(&rank->samples) >= rank->samples.planned;
}

const struct rank *answer_best(const struct answer *answer)
{
	const struct rank *rank = answer->unranked ? NULL : answer->ranks;

	while (rank && !is_candidate(rank))
		rank = rank->next;
	return rank;
}

bool answer_is_led_by(const struct answer *answer, const struct rank *rank)
{
	const struct rank *best = answer_best(answer);

	if (!best || !is_candidate(rank) || (answer->least > 0 && rank->median < answer->least))
		return false;
	return rank == best || (rank->groups & best->groups) != 0;
}

/* The names of the largest group with the best VPN: no two of one group were shown to differ. */
static const char *peers_of(struct arena *arena, const struct answer *answer,
	const struct rank *best, size_t *ret_count)
{
	const char *largest = best->vpn->title;

	*ret_count = 1;
	for (size_t k = 0; k < answer->group_count; k++) {
		const char *names = "";
		size_t count = 0;

		if (!(best->groups >> k & 1))
			continue;
		for (const struct rank *rank = answer->ranks; rank; rank = rank->next)
			if (is_candidate(rank) && (rank->groups >> k & 1))
				names = arena_printf(arena, "%s%s%s", names, count++ ? ", " : "",
					rank->vpn->title);
		if (count > *ret_count) {
			*ret_count = count;
			largest = names;
		}
	}
	return largest;
}

/* The median over repetitions on one link; NAN when it has none. */
static double on_link(struct arena *arena, const struct rank *rank, const char *link)
{
	double *values = arena_alloc(arena, double, rank->samples.count + 1);
	size_t count = 0;

	for (size_t i = 0; i < rank->samples.count; i++)
		if (strcmp(rank->samples.list[i].link, link) == 0)
			values[count++] = rank->samples.list[i].value;
	return count ? stats_median(values, count) : NAN;
}

/* Ahead of every other VPN on every link. */
static bool leads_on_every_link(
	struct arena *arena, const struct answer *answer, const struct rank *best)
{
	bool higher = report_metrics[answer->metric].higher_is_better;

	for (size_t i = 0; i < best->samples.count; i++) {
		const char *link = best->samples.list[i].link;
		double own = on_link(arena, best, link);

		for (const struct rank *rank = answer->ranks; rank; rank = rank->next) {
			double other = on_link(arena, rank, link);

			if (rank == best || rank->vpn->is_reference)
				continue;
			if (!(higher ? own > other : own < other))
				return false;
		}
	}
	return true;
}

static size_t rivals_of(const struct answer *answer, const struct rank *best)
{
	size_t count = 0;

	for (const struct rank *rank = answer->ranks; rank; rank = rank->next)
		count += rank != best && !rank->vpn->is_reference;
	return count;
}

static const char *leader(struct arena *arena, const struct answer *answer, const struct rank *best,
	const char *median)
{
	if (rivals_of(answer, best) == 0)
		return arena_printf(arena, "%s, with a median of %s.", best->vpn->title, median);
	return arena_printf(arena, "%s leads in these runs%s, with a median of %s.",
		best->vpn->title, leads_on_every_link(arena, answer, best) ? ", on every link" : "",
		median);
}

static const char *quicker_than_told(struct arena *arena, const struct answer *answer)
{
	const struct report_metric *metric = &report_metrics[answer->metric];
	const char *names = "";
	double below = 0;
	size_t count = 0;

	for (const struct unranked *u = answer->unranked; u; u = u->next) {
		names = arena_printf(arena, "%s%s%s", names, count++ ? ", " : "", u->vpn->title);
		below = fmax(below, u->below);
	}
	return arena_printf(arena,
		"%s: below %s %s, which is shorter than this check can measure, so nothing shows who is the quickest.",
		names, number_text(arena, below, metric->decimals), metric->unit);
}

static void say(const struct report_results *results, struct answer *answer)
{
	const struct report_metric *metric = &report_metrics[answer->metric];
	const struct rank *best = answer_best(answer);
	const char *median, *names;
	size_t count;

	if (answer->unranked) {
		answer->sentence = quicker_than_told(results->arena, answer);
		return;
	}
	if (!best) {
		answer->sentence =
			answer->rank_count > 0 && !answer->ranks->vpn->is_reference
				? "No VPN has a value on every link."
				: "This tree does not contain values that answer this question.";
		return;
	}
	median = arena_printf(results->arena, "%s %s",
		number_text(results->arena, best->median, metric->decimals), metric->unit);
	names = peers_of(results->arena, answer, best, &count);
	if (answer->least > 0 && best->median < answer->least)
		answer->sentence = arena_printf(results->arena,
			"No VPN does this well; the best one, %s, has a median of %s.",
			best->vpn->title, median);
	else if (!answer->is_tested)
		answer->sentence = leader(results->arena, answer, best, median);
	else if (count > 1)
		answer->sentence = arena_printf(results->arena,
			"These values do not distinguish %s; %s has the best median, %s.", names,
			best->vpn->title, median);
	else
		answer->sentence = arena_printf(
			results->arena, "%s, with a median of %s.", best->vpn->title, median);
}

/* What difference these values could have shown, as a share of the mean. */
static double detectable_percent(const struct answer *answer)
{
	double squares = 0;
	size_t count = 0, least = SIZE_MAX;

	for (const struct rank *rank = answer->ranks; rank; rank = rank->next) {
		double mean = stats_mean(rank->blocks, rank->block_count);
		double share = stats_deviation(rank->blocks, rank->block_count) / mean;

		if (rank->block_count < 2 || !(mean > 0))
			continue;
		squares += share * share;
		count++;
		least = rank->block_count < least ? rank->block_count : least;
	}
	if (!count)
		return NAN;
	return 100 * detectable_difference(sqrt(squares / (double)count), least, 0.05, 0.8);
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
			"There are too few repetitions for a test, so the order may be chance; letters only show whose ranges do not overlap.");
	if (answer->rank_count > GROUPED_MAX)
		add_caveat(results->arena, answer, "More than %d VPNs are ranked without letters.",
			GROUPED_MAX);
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
		answer->heading = questions[i].heading;
		answer->least = questions[i].least;
		answer->metric = metric_of(results, &questions[i], profile);
		answer->needs = questions[i].needs;
		answer->profile = profile;
		collect(results, answer);
		/* Neither a value nor a failure: nobody asked. */
		if (!answer->rank_count && !answer->unranked && !answer->caveats)
			continue;
		if (answer->needs && (!results->matrix || !answer->left_out))
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
