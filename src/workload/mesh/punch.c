/* SPDX-License-Identifier: MIT */
/*
 * Whether hosts behind routers find a direct way to each other, how often, and after what time.
 * Every trial begins the VPN from nothing behind routers that have forgotten everything, and both
 * hosts of a pair ping. What passes the wire between their outermost routers is direct; a pair that
 * answers without that is relayed. No way at all is an answer too, not a failure.
 */
#include "workload/mesh/mesh.h"

#include "workload/tool/symptom.h"

#include "base/json.h"
#include "stats/stats.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct setting punch_trials = {"punch_trials", SETTING_INTEGER, "5", NULL, 1, 1000,
	.argument = "N", .help = "how often punch begins the VPN from nothing"};
static const struct setting punch_seconds = {"punch_seconds", SETTING_INTEGER, "20", NULL, 3, 600,
	.argument = "N",
	.help = "how long a trial of punch waits until all pairs have a direct way"};

static const struct setting punch_width = {"punch_width", SETTING_INTEGER, "0", NULL, 0, 100,
	.argument = "PERCENT",
	.help = "punch makes no further trials once the share of direct ways of every pair is known within so many percent; 0: it makes all"};

enum outcome {
	DIRECT,
	RELAYED,
	PUNCH_FAILED, /* both hosts heard of a public one, and never of each other at the end */
	NO_SIGNALLING,
	NOT_STARTED, /* its daemons failed */
	OUTCOMES
};

static const char *const outcome_names[OUTCOMES] = {[DIRECT] = "direct",
	[RELAYED] = "relayed",
	[PUNCH_FAILED] = "punch_failed",
	[NO_SIGNALLING] = "no_signalling",
	[NOT_STARTED] = "not_started"};

/* One pair in one trial; times are NAN where there are none. */
struct trial {
	enum outcome outcome;
	double answered_s; /* the first answer, of the slower way */
	double direct_s;   /* when packets went both ways, as exact as the bins */
	double stays_s;    /* since when they do until the end */
	double watched_s;  /* how long the trial was watched */
};

/* One pair in all trials. */
struct tally {
	size_t counts[OUTCOMES];
	size_t trials;
	double *answered_s, *stays_s; /* of those that have them */
	size_t answered, stays;
};

bool mesh_is_direct(double there, double back, double bin_s, double every_s)
{
	double least = bin_s / every_s / 2;

	return there >= least && back >= least;
}

static bool bin_is_direct(
	const json_t *there, const json_t *back, size_t bin, double bin_s, double every_s)
{
	return every_s > 0 && mesh_is_direct(json_number_value(json_array_get(there, bin)),
				      json_number_value(json_array_get(back, bin)), bin_s, every_s);
}

/* The first bin of the second before bin `end`. */
static size_t second_before(size_t end, double bin_s)
{
	size_t bins = bin_s > 0 && bin_s < 1 ? (size_t)(1 / bin_s + 0.5) : 1;

	return end > bins ? end - bins : 0;
}

bool mesh_is_direct_before(
	const json_t *there, const json_t *back, size_t end, double bin_s, double every_s)
{
	size_t begin = second_before(end, bin_s), direct = 0;

	for (size_t bin = begin; bin < end; bin++)
		direct += bin_is_direct(there, back, bin, bin_s, every_s);
	return direct > 0 && 2 * direct >= end - begin;
}

static double estimate_s(const struct workload_case *c)
{
	double trials = (double)setting_integer(c->options, &punch_trials);

	return trials * (3 + (double)setting_integer(c->options, &punch_seconds) / 2);
}

static void operations(const struct workload_case *c, struct arena *arena,
	struct workload_operation **ret_operations, size_t *ret_count)
{
	size_t count = (size_t)setting_integer(c->options, &punch_trials);
	struct workload_operation *list = arena_alloc(arena, struct workload_operation, count);

	for (size_t i = 0; i < count; i++)
		list[i] = (struct workload_operation){.name = "punch",
			.action = WORKLOAD_PUNCH,
			.speaker = WORKLOAD_BOTH_SPEAK,
			.limit_s = (double)setting_integer(c->options, &punch_seconds)};
	*ret_operations = list;
	*ret_count = count;
}

static const json_t *spans_of(const json_t *run, const char *from, const char *to)
{
	return json_object_get(mesh_between(json_object_get(run, "pairs"), from, to), "overlay");
}

/* Of the ways that are watched: of a large mesh only one of the two is. */
struct contact {
	bool is_answering;
	double answered_s;
};

static struct contact contact_of(
	const json_t *observations, const json_t *run, const char *from, const char *to)
{
	const struct mesh_rule rule = mesh_rule(observations);
	const json_t *ways[] = {spans_of(run, from, to), spans_of(run, to, from)};
	struct contact contact = {.is_answering = ways[0] || ways[1], .answered_s = NAN};

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct mesh_contact c;

		if (!ways[i])
			continue;
		c = mesh_contact(ways[i], &rule, 0, mesh_time(run, "ended_s"));
		contact.is_answering &= c.is_answering;
		if (!isnan(c.first_s) && !(contact.answered_s >= c.first_s))
			contact.answered_s = c.first_s;
	}
	return contact;
}

static bool is_behind_router(const json_t *run, const char *host)
{
	json_t *path;
	size_t i;

	json_array_foreach (json_object_get(run, "paths"), i, path) {
		if (mesh_concerns(path, host))
			return true;
	}
	return false;
}

/*
 * Whether the host ever heard a public one, over the overlay. Of a large mesh not every pair is
 * watched; who watches no public host has heard of somebody all the same if anybody answered.
 */
static bool has_signalling(const json_t *run, const char *host)
{
	bool has_heard = false, watches_public = false;
	json_t *pair;
	size_t i;

	json_array_foreach (json_object_get(run, "pairs"), i, pair) {
		const char *from = mesh_text(pair, "from"), *to = mesh_text(pair, "to");

		bool is_public = !is_behind_router(run, from) || !is_behind_router(run, to);
		bool answers = json_array_size(json_object_get(pair, "overlay")) > 0;

		if (!mesh_concerns(pair, host))
			continue;
		if (is_public && answers)
			return true;
		watches_public |= is_public;
		has_heard |= answers;
	}
	return has_heard && !watches_public;
}

/* When packets went both ways for the first time, and since when they did in every second until the
 * end. */
static void find_direct(const json_t *run, const json_t *path, struct trial *trial)
{
	const json_t *ways = json_object_get(path, "packets");
	const json_t *there = json_array_get(ways, 0), *back = json_array_get(ways, 1);
	double bin_s = json_number_at(run, "/path_rule/bin_s", 0.1);
	double every_s = json_number_at(run, "/path_rule/every_s", 0.005);
	double counted = mesh_time(run, "counted_s") / bin_s;
	size_t bins = counted >= 1 && counted < 1e6 ? (size_t)counted : 0;

	for (size_t end = 1; end <= bins; end++) {
		size_t first = second_before(end, bin_s);

		while (first < end && !bin_is_direct(there, back, first, bin_s, every_s))
			first++;
		if (first < end && isnan(trial->direct_s))
			trial->direct_s = (double)(first + 1) * bin_s;
		if (!mesh_is_direct_before(there, back, end, bin_s, every_s))
			trial->stays_s = NAN;
		else if (isnan(trial->stays_s))
			trial->stays_s = (double)(first + 1) * bin_s;
	}
}

static struct trial trial_of(const json_t *observations, const json_t *run, const json_t *path)
{
	const char *from = mesh_text(path, "from"), *to = mesh_text(path, "to");
	struct contact contact = contact_of(observations, run, from, to);
	struct trial trial = {.answered_s = contact.answered_s,
		.direct_s = NAN,
		.stays_s = NAN,
		.watched_s = mesh_time(run, "counted_s")};

	find_direct(run, path, &trial);
	if (json_object_get(run, "failure"))
		trial.outcome = NOT_STARTED;
	else if (contact.is_answering)
		trial.outcome = !isnan(trial.stays_s) ? DIRECT : RELAYED;
	else
		trial.outcome = has_signalling(run, from) && has_signalling(run, to)
					? PUNCH_FAILED
					: NO_SIGNALLING;
	return trial;
}

static json_t *trial_json(const struct trial *trial)
{
	return json_make("{s:s, s:o, s:o, s:o, s:o}", "outcome", outcome_names[trial->outcome],
		"answered_s", mesh_number(trial->answered_s), "direct_s",
		mesh_number(trial->direct_s), "stays_direct_s", mesh_number(trial->stays_s),
		"watched_s", mesh_number(trial->watched_s));
}

static const json_t *path_between(const json_t *run, const json_t *like)
{
	json_t *path;
	size_t i;

	json_array_foreach (json_object_get(run, "paths"), i, path) {
		if (strcmp(mesh_text(path, "from"), mesh_text(like, "from")) == 0 &&
			strcmp(mesh_text(path, "to"), mesh_text(like, "to")) == 0)
			return path;
	}
	return NULL;
}

static void count_trial(struct tally *tally, const struct trial *trial)
{
	tally->counts[trial->outcome]++;
	tally->trials++;
	if (!isnan(trial->answered_s))
		tally->answered_s[tally->answered++] = trial->answered_s;
	if (trial->outcome == DIRECT)
		tally->stays_s[tally->stays++] = trial->stays_s;
}

static double share_of(const struct tally *tally, enum outcome outcome)
{
	return (double)tally->counts[outcome] / (double)tally->trials;
}

static json_t *median_json(const double *values, size_t count)
{
	return mesh_number(count ? stats_median(values, count) : NAN);
}

static json_t *pair_json(const json_t *path, const struct tally *tally, json_t *trials)
{
	struct interval share = interval_proportion(tally->counts[DIRECT], tally->trials, 0.95);
	json_t *json = json_make("{s:s, s:s, s:I}", "from", mesh_text(path, "from"), "to",
		mesh_text(path, "to"), "trials", (json_int_t)tally->trials);

	for (int i = 0; i < OUTCOMES; i++)
		json_object_set_new(
			json, outcome_names[i], json_integer((json_int_t)tally->counts[i]));
	json_object_set_new(json, "direct_share", json_real(share_of(tally, DIRECT)));
	json_object_set_new(json, "direct_share_low", json_real(share.low));
	json_object_set_new(json, "direct_share_high", json_real(share.high));
	json_object_set_new(json, "answered_s", median_json(tally->answered_s, tally->answered));
	json_object_set_new(json, "direct_s", median_json(tally->stays_s, tally->stays));
	json_object_set_new(json, "list", trials);
	return json;
}

/* The worst pair decides about the mesh. */
struct worst {
	double direct_share, answering_share, direct_s, answered_s;
	size_t counts[OUTCOMES], trials;
};

static void keep_worst(struct worst *worst, const struct tally *tally)
{
	double direct = share_of(tally, DIRECT), answering = direct + share_of(tally, RELAYED);

	if (!(worst->direct_share <= direct))
		worst->direct_share = direct;
	if (!(worst->answering_share <= answering))
		worst->answering_share = answering;
	if (tally->stays && !(worst->direct_s >= stats_median(tally->stays_s, tally->stays)))
		worst->direct_s = stats_median(tally->stays_s, tally->stays);
	if (tally->answered &&
		!(worst->answered_s >= stats_median(tally->answered_s, tally->answered)))
		worst->answered_s = stats_median(tally->answered_s, tally->answered);
	for (int i = 0; i < OUTCOMES; i++)
		worst->counts[i] += tally->counts[i];
	worst->trials += tally->trials;
}

/* Of a pair in all trials, with what became of it in each. */
static struct tally tally_of(
	struct arena *arena, const json_t *observations, const json_t *path, json_t *trials)
{
	size_t most = json_array_size(json_object_get(observations, "runs"));
	struct tally tally = {.answered_s = arena_alloc(arena, double, most + 1),
		.stays_s = arena_alloc(arena, double, most + 1)};
	const json_t *run;

	for (size_t i = 0; (run = mesh_run(observations, "punch", i)); i++) {
		const json_t *seen = path_between(run, path);
		struct trial trial = {NOT_STARTED, NAN, NAN, NAN, NAN};

		/* Of a large mesh other pairs are watched in every trial. */
		if (!seen && !json_object_get(run, "failure"))
			continue;
		if (seen)
			trial = trial_of(observations, run, seen);
		count_trial(&tally, &trial);
		json_array_append_new(trials, trial_json(&trial));
	}
	return tally;
}

/* Every pair once, in the order in which it was seen first. */
static json_t *known_paths(const json_t *observations)
{
	json_auto_t *known = json_make("{s:[]}", "paths");
	json_t *list = json_object_get(known, "paths"), *path;
	const json_t *run;
	size_t k;

	for (size_t i = 0; (run = mesh_run(observations, "punch", i)); i++) {
		json_array_foreach (json_object_get(run, "paths"), k, path) {
			if (!path_between(known, path))
				json_array_append(list, path);
		}
	}
	return json_incref(list);
}

static json_t *describe_paths(const json_t *observations, struct worst *worst)
{
	json_auto_t *paths = known_paths(observations);
	json_t *pairs = json_array(), *path;
	size_t i;

	json_array_foreach (paths, i, path) {
		AUTO(arena_freep) struct arena *arena = arena_new();
		json_t *trials = json_array();
		struct tally tally = tally_of(arena, observations, path, trials);

		keep_worst(worst, &tally);
		json_array_append_new(pairs, pair_json(path, &tally, trials));
	}
	return pairs;
}

static bool is_known_within(const struct tally *tally, double most)
{
	struct interval share = interval_proportion(tally->counts[DIRECT], tally->trials, 0.95);

	return share.high - share.low <= most;
}

/* The share of every pair is known closely enough. */
static bool is_decided(const struct workload_case *c, const json_t *observations)
{
	double most = (double)setting_integer(c->options, &punch_width) / 100;
	json_auto_t *paths = known_paths(observations);
	bool is_known = most > 0 && json_array_size(paths) > 0;
	json_t *path;
	size_t i;

	json_array_foreach (paths, i, path) {
		AUTO(arena_freep) struct arena *arena = arena_new();
		json_auto_t *ignored = json_array();
		struct tally tally;

		if (!is_known)
			break;
		tally = tally_of(arena, observations, path, ignored);
		is_known = is_known_within(&tally, most);
	}
	return is_known;
}

static size_t count_trials(const json_t *observations)
{
	size_t count = 0;

	while (mesh_run(observations, "punch", count))
		count++;
	return count;
}

/* The routers as the first trial found them; the next ones must find the same. */
static json_t *describe_routers(const json_t *observations, struct workload_reading *reading)
{
	const json_t *run, *first = NULL;

	for (size_t i = 0; (run = mesh_run(observations, "punch", i)); i++) {
		const json_t *routers = json_object_get(run, "routers");

		if (!json_is_array(routers))
			continue;
		if (!first)
			first = routers;
		else if (!json_equal(first, routers))
			snprintf(reading->doubt, sizeof(reading->doubt),
				"the routers seem to have changed between trials");
	}
	return first ? json_deep_copy(first) : json_null();
}

/* A trial that failed counts as such; only if none worked does the cell fail. */
static void judge(
	const json_t *observations, const struct worst *worst, struct workload_reading *reading)
{
	if (worst->trials > worst->counts[NOT_STARTED])
		return;
	mesh_judge_failures(observations, reading);
	if (reading->cause == CAUSE_SUCCESS)
		symptom_fail(reading, CAUSE_PARSE, "no pair behind routers was observed");
}

static void read_mesh(const struct workload_case *c, const json_t *observations,
	struct workload_reading *ret_reading)
{
	struct workload_reading *reading = ret_reading;
	struct worst worst = {NAN, NAN, NAN, NAN, {0}, 0};
	json_t *pairs;

	mesh_begin_reading(observations, reading);
	pairs = describe_paths(observations, &worst);
	judge(observations, &worst, reading);
	reading->figures[0] = worst.direct_share;
	reading->figures[1] = worst.answering_share;
	reading->figures[2] = worst.direct_s;
	reading->figures[3] = worst.answered_s;
	reading->data = json_make("{s:I, s:I, s:I, s:o, s:o}", "limit_s",
		(json_int_t)setting_integer(c->options, &punch_seconds), "planned_trials",
		(json_int_t)setting_integer(c->options, &punch_trials), "made_trials",
		(json_int_t)count_trials(observations), "routers",
		describe_routers(observations, reading), "pairs", pairs);
	snprintf(reading->headline, sizeof(reading->headline),
		"direct %zu, relayed %zu, no way %zu of %zu", worst.counts[DIRECT],
		worst.counts[RELAYED], worst.counts[PUNCH_FAILED] + worst.counts[NO_SIGNALLING],
		worst.trials);
}

const struct workload workload_punch = {
	.name = "punch",
	.file = "punch.json",
	.settings =
		(const struct setting *const[]){&punch_trials, &punch_seconds, &punch_width, NULL},
	.title = "Direct ways between hosts behind routers",
	.figures = {"direct_share", "answering_share", "direct_s", "answered_s"},
	.figures_title = "worst pair: share direct / answering, s until direct / answering",
	.needs = (const char *const[]){NULL},
	.packages = (const char *const[]){NULL},
	.scope = WORKLOAD_MESH,
	.begins_mesh = true,
	.routers = WORKLOAD_EVERY_ROUTER,
	.estimate_s = estimate_s,
	.operations = operations,
	.read_mesh = read_mesh,
	.is_decided = is_decided,
};
