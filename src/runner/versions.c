/* SPDX-License-Identifier: MIT */
/* What the blocks of two versions say, by the rules that were set before. */
#include "runner/versions.h"

#include <math.h>
#include <string.h>

/* Payload per processor time, which is none of a workload's own figures. */
static const char CAPACITY[] = "one_core_mbps";

/* What is compared; the other figures of these workloads follow from it or may well be 0. */
static const struct compared {
	const char *workload, *figure;
	bool higher_is_better;
} compared[] = {
	{"ping", "rtt_ms", false},
	{"tcp", "forward_mbps", true},
	{"tcp", "reverse_mbps", true},
	{"tcp", CAPACITY, true},
	{"udp", "forward_mbps", true},
	{"udp", "reverse_mbps", true},
	{"parallel", "forward_mbps", true},
	{"parallel", "reverse_mbps", true},
	{"quic", "download_mbps", true},
	{"quic", "upload_mbps", true},
	{"quic", "handshake_ms", false},
	{"load_latency", "loaded_rtt_ms", false},
	{"http_small", "request_p50_ms", false},
	{"nix_cache", "seconds", false},
	{"video", "quality_percent", true},
	{"rate", "small_packets_per_s", true},
	{"wake", "first_answer_ms", false},
	{"idle", "cpu_percent", false},
	{"connect", "answered_s", false},
	{"restart", "all_outage_s", false},
	{"reboot", "all_vpn_s", false},
};

/* A figure while it is collected. */
struct collected {
	struct versions_figure *figure;
	size_t index;        /* in the workload's figures; behind them for CAPACITY */
	double *values;      /* [block][version][link]; NAN: none */
	bool *was_tried;     /* [block][version] */
	bool *has_succeeded; /* [block][version]: on some link, marked or not */
	size_t blocks, links;
};

static bool is_capacity(const struct versions_figure *figure)
{
	return strcmp(figure->key, CAPACITY) == 0;
}

static double value_of(const struct collected *c, const struct runner_outcome *outcome)
{
	return is_capacity(c->figure) ? outcome->one_core_mbps : outcome->figures[c->index];
}

static void collect(struct collected *c, const struct runner_plan *plan,
	const struct runner_outcome *outcome, bool accepts_marked)
{
	size_t version = (size_t)(outcome->visit->driver - plan->drivers);
	size_t side = outcome->visit->repetition * VERSIONS + version;
	double value;

	if (outcome->cell->workload != c->figure->workload ||
		outcome->visit->profile != c->figure->profile)
		return;
	value = value_of(c, outcome);
	if (is_capacity(c->figure) && !(value > 0))
		return;
	c->was_tried[side] = true;
	if (outcome->cause != CAUSE_SUCCESS || !(value > 0)) {
		c->figure->failed_cells[version]++;
		return;
	}
	c->has_succeeded[side] = true;
	c->figure->marked_cells[version] += outcome->marks != NULL;
	if (!outcome->marks || accepts_marked)
		c->values[side * c->links + outcome->cell->link] = log(value);
}

/* Adds the block's difference and what each side had; links that only one side has are left out. */
static void add_block(
	const struct collected *c, size_t block, double *differences, double sums[VERSIONS])
{
	const double *old = &c->values[(block * VERSIONS + VERSIONS_OLD) * c->links];
	const double *new = old + c->links;
	double sum[VERSIONS] = {0};
	size_t links = 0;

	for (size_t link = 0; link < c->links; link++) {
		if (isnan(old[link]) || isnan(new[link]))
			continue;
		sum[VERSIONS_OLD] += old[link];
		sum[VERSIONS_NEW] += new[link];
		links++;
	}
	if (links == 0)
		return;
	for (size_t i = 0; i < VERSIONS; i++)
		sums[i] += sum[i] / (double)links;
	differences[c->figure->blocks] = (sum[VERSIONS_NEW] - sum[VERSIONS_OLD]) / (double)links;
	if (c->figure->higher_is_better)
		differences[c->figure->blocks] *= -1;
	c->figure->blocks++;
}

static void describe_change(
	struct versions_figure *figure, struct interval worse, double mean, const double sums[])
{
	bool is_higher = figure->higher_is_better;

	figure->change = (struct interval){exp(is_higher ? -worse.high : worse.low),
		exp(is_higher ? -worse.low : worse.high), worse.confidence};
	figure->typical_change = exp(is_higher ? -mean : mean);
	for (size_t i = 0; i < VERSIONS; i++)
		figure->typical[i] = figure->blocks ? exp(sums[i] / (double)figure->blocks) : NAN;
}

/* What never works on one side and always on the other needs no figure. */
static enum sequential_verdict judge_failures(const struct collected *c)
{
	size_t blocks = 0, succeeded[VERSIONS] = {0};

	for (size_t block = 0; block < c->blocks; block++) {
		const bool *tried = &c->was_tried[block * VERSIONS];

		if (!tried[VERSIONS_OLD] || !tried[VERSIONS_NEW])
			continue;
		blocks++;
		for (size_t i = 0; i < VERSIONS; i++)
			succeeded[i] += c->has_succeeded[block * VERSIONS + i];
	}
	if (blocks < VERSIONS_FAILED_BLOCKS)
		return SEQUENTIAL_CANNOT_TELL;
	if (succeeded[VERSIONS_OLD] == blocks && succeeded[VERSIONS_NEW] == 0)
		return SEQUENTIAL_WORSE;
	if (succeeded[VERSIONS_NEW] == blocks && succeeded[VERSIONS_OLD] == 0)
		return SEQUENTIAL_BETTER;
	return SEQUENTIAL_CANNOT_TELL;
}

static void judge_figure(struct arena *arena, const struct collected *c, double error,
	const struct versions_rule *rule)
{
	struct versions_figure *figure = c->figure;
	double *differences = arena_alloc(arena, double, c->blocks);
	double sums[VERSIONS] = {0};
	struct interval worse;

	for (size_t block = 0; block < c->blocks; block++)
		add_block(c, block, differences, sums);
	worse = sequential_interval(differences, figure->blocks, error);
	describe_change(figure, worse, stats_mean(differences, figure->blocks), sums);
	figure->verdict = judge_failures(c);
	if (figure->verdict == SEQUENTIAL_CANNOT_TELL)
		figure->verdict = sequential_judge(worse, rule->margin);
}

static size_t index_of(const struct workload *workload, const char *key)
{
	size_t i = 0;

	while (workload->figures[i] && strcmp(workload->figures[i], key) != 0)
		i++;
	return i;
}

static struct versions list_figures(struct arena *arena, const struct runner_plan *plan)
{
	struct versions versions = {
		.figures = arena_alloc(arena, struct versions_figure,
			plan->profile_count * plan->workload_count * WORKLOAD_FIGURES)};

	for (size_t w = 0; w < plan->workload_count * plan->profile_count; w++) {
		const struct workload *workload = plan->workloads[w / plan->profile_count];

		for (size_t i = 0; i < ARRAY_SIZE(compared); i++) {
			if (strcmp(compared[i].workload, workload->name) == 0)
				versions.figures[versions.count++] =
					(struct versions_figure){.workload = workload,
						.profile = &plan->profiles[w % plan->profile_count],
						.key = compared[i].figure,
						.higher_is_better = compared[i].higher_is_better};
		}
	}
	return versions;
}

static struct collected collected_new(struct arena *arena, const struct runner_plan *plan,
	struct versions_figure *figure, size_t blocks)
{
	size_t links = plan->plan->host_count, sides = blocks * VERSIONS;
	struct collected c = {.figure = figure,
		.index = index_of(figure->workload, figure->key),
		.values = arena_alloc(arena, double, sides *links),
		.was_tried = arena_alloc(arena, bool, sides),
		.has_succeeded = arena_alloc(arena, bool, sides),
		.blocks = blocks,
		.links = links};

	for (size_t i = 0; i < sides * links; i++)
		c.values[i] = NAN;
	return c;
}

/* What works in the kernel, or not at all, has no capacity to compare. */
static void drop_capacities(struct versions *versions)
{
	size_t kept = 0;

	for (size_t i = 0; i < versions->count; i++) {
		const struct versions_figure *figure = &versions->figures[i];

		if (!is_capacity(figure) || figure->blocks)
			versions->figures[kept++] = *figure;
	}
	versions->count = kept;
}

static void judge_all(struct versions *versions)
{
	size_t of[SEQUENTIAL_WORSE + 1] = {0};

	for (size_t i = 0; i < versions->count; i++)
		of[versions->figures[i].verdict]++;
	versions->is_known = of[SEQUENTIAL_WORSE] > 0 || of[SEQUENTIAL_CANNOT_TELL] == 0;
	if (of[SEQUENTIAL_WORSE])
		versions->verdict = SEQUENTIAL_WORSE;
	else if (of[SEQUENTIAL_CANNOT_TELL] || versions->count == 0)
		versions->verdict = SEQUENTIAL_CANNOT_TELL;
	else
		versions->verdict =
			of[SEQUENTIAL_BETTER] ? SEQUENTIAL_BETTER : SEQUENTIAL_NO_DIFFERENCE;
}

struct versions versions_judge(struct arena *arena, const struct runner_plan *plan,
	const struct runner_result *result, const struct versions_rule *rule)
{
	struct versions versions = list_figures(arena, plan);

	for (size_t i = 0; i < result->count; i++) {
		size_t repetition = result->outcomes[i].visit->repetition;

		versions.blocks =
			repetition + 1 > versions.blocks ? repetition + 1 : versions.blocks;
	}
	for (size_t i = 0; i < versions.count; i++) {
		struct collected c =
			collected_new(arena, plan, &versions.figures[i], versions.blocks);

		for (size_t j = 0; j < result->count; j++)
			collect(&c, plan, &result->outcomes[j], rule->accepts_marked);
		/* Bonferroni: the chances of all figures add up to the one that is stated. */
		judge_figure(arena, &c, rule->error / (double)versions.count, rule);
	}
	drop_capacities(&versions);
	judge_all(&versions);
	return versions;
}

const char *versions_word(enum sequential_verdict verdict)
{
	static const char *const words[] = {
		[SEQUENTIAL_CANNOT_TELL] = "cannot tell",
		[SEQUENTIAL_NO_DIFFERENCE] = "no difference",
		[SEQUENTIAL_BETTER] = "better",
		[SEQUENTIAL_WORSE] = "worse",
	};

	return words[verdict];
}
