/* SPDX-License-Identifier: MIT */
/*
 * How often keys change, as headers outside show it: the number of a session jumps or that of
 * packets begins again, in both directions at about the same time. What changes in one direction
 * alone and in one way may be something else: connections of QUIC change their numbers so.
 */
#include "feature/internal.h"

#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	MARK_BYTES = 400, /* FEATURE_MARK_BYTES as a number */
	EVERY_MS = 50,
	MOST_PACKETS = 100000,
	BARE_EVERY_US = 5000,
	BARE_TURN = 400, /* packets until the numbers of marks begin again */
	BARE_TURNS = 3,
	MOST_EVENTS = 256,
	LISTS = 2 /* jumps and restarts, of each direction */
};

/* Both ends change within this time. */
static const double TOGETHER_S = 1;

/* Something that changed, and where. */
struct event {
	double at_s;
	unsigned place;
};

/* Two flows: the one with most packets in each direction. */
struct seen {
	const json_t *flows[2];
	struct event events[MOST_EVENTS];
	size_t count;
};

/* The bare link has marks themselves outside, whose numbers begin again. */
static const char *words_of(const struct feature_way *way, struct arena *arena)
{
	double every_ms = fmax(EVERY_MS, ceil(way->window_s * 1000 / MOST_PACKETS));

	if (way->is_bare)
		return arena_printf(arena,
			"--count %d --again-after %d --interval-us %d --bytes " FEATURE_MARK_BYTES,
			BARE_TURNS * BARE_TURN, BARE_TURN, BARE_EVERY_US);
	return arena_printf(arena, "--count %.0f --interval-us %.0f --bytes " FEATURE_MARK_BYTES,
		way->window_s * 1000 / every_ms, every_ms * 1000);
}

static void plan(
	const struct feature_way *way, struct arena *arena, struct feature_trial *ret_trial)
{
	const char *words = words_of(way, arena);

	ret_trial->header_bytes = MARK_BYTES;
	ret_trial->lasts_s =
		way->is_bare ? BARE_TURNS * BARE_TURN * BARE_EVERY_US / 1e6 : way->window_s;
	trial_send(ret_trial, arena, way, trial_target(way), words);
	ret_trial->answer = trial_words(
		arena, way, way->source.ipv4 ? way->source.ipv4 : way->source.ipv6, words);
}

static void add_events(struct seen *seen, const json_t *flow, const char *key, unsigned place)
{
	const json_t *list = json_object_get(flow, key), *at;
	size_t i;

	json_array_foreach (list, i, at) {
		if (json_is_number(at) && seen->count < MOST_EVENTS)
			seen->events[seen->count++] = (struct event){json_number_value(at), place};
	}
}

static int compare_events(const void *a, const void *b)
{
	double x = ((const struct event *)a)->at_s, y = ((const struct event *)b)->at_s;

	return (x > y) - (x < y);
}

static struct seen look(const json_t *account)
{
	const json_t *list = json_at(account, "/headers/flows"), *flow;
	struct seen seen = {0};
	size_t i;

	json_array_foreach (list, i, flow) {
		unsigned direction = json_is_true(json_object_get(flow, "out")) ? 1 : 0;

		if (seen.flows[direction])
			continue;
		seen.flows[direction] = flow;
		add_events(&seen, flow, "jumps", LISTS * direction);
		add_events(&seen, flow, "restarts", LISTS * direction + 1);
	}
	qsort(seen.events, seen.count, sizeof(seen.events[0]), compare_events);
	return seen;
}

/* When things changed in at least two places; how many such moments. */
static size_t find_moments(const struct seen *seen, double ret_moments[MOST_EVENTS])
{
	size_t count = 0;

	for (size_t i = 0, end; i < seen->count; i = end) {
		unsigned places = 0;

		for (end = i; end < seen->count &&
			      seen->events[end].at_s < seen->events[i].at_s + TOGETHER_S;
			end++)
			places |= 1U << seen->events[end].place;
		if (__builtin_popcount(places) > 1)
			ret_moments[count++] = seen->events[i].at_s;
	}
	return count;
}

static int compare_numbers(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* From the second moment on; the first key may be older than what was looked at. */
static double median_interval_s(double moments[], size_t count)
{
	for (size_t i = 0; i + 1 < count; i++)
		moments[i] = moments[i + 1] - moments[i];
	qsort(moments, count - 1, sizeof(moments[0]), compare_numbers);
	return moments[(count - 1) / 2];
}

static void answer_moments(
	struct feature_observation answers[], double moments[], size_t count, double seconds)
{
	double first_s = moments[0];
	char is[FEATURE_IS_BYTES];

	answer_is(&answers[0], "yes",
		"headers changed in several places at once, %zu times in %.0f s, first after "
		"%.0f s",
		count, seconds, first_s);
	if (count == 1) {
		answer_undecided(&answers[1],
			"one change in %.0f s, after %.0f s: an interval needs two", seconds,
			first_s);
		return;
	}
	snprintf(is, sizeof(is), "%.0f s", median_interval_s(moments, count));
	answer_is(&answers[1], is, "median of %zu intervals in %.0f s", count - 1, seconds);
}

static bool either(const struct seen *seen, const char *key)
{
	return json_is_true(json_object_get(seen->flows[0], key)) ||
	       json_is_true(json_object_get(seen->flows[1], key));
}

/* Why nothing is known although packets were sent for so long. */
static void answer_nothing(
	struct feature_observation answers[], const struct seen *seen, double seconds)
{
	for (int i = 0; i < 2; i++) {
		if (!seen->flows[0] || !seen->flows[1])
			answer_undecided(&answers[i],
				"what carries data outside is not UDP in both directions");
		else if (seen->count > 0)
			answer_undecided(&answers[i],
				"a header changed in one place alone after %.0f s, as numbers of "
				"connections do",
				seen->events[0].at_s);
		else if (!either(seen, "stays") && !either(seen, "counts"))
			answer_undecided(&answers[i],
				"no field of the headers stays or counts, so a change of keys "
				"would not be seen");
		else
			answer_undecided(&answers[i],
				"no header changed in %.0f s; a longer window may show it",
				seconds);
	}
}

static void read(const struct feature_way *way, const struct feature_heard *heard,
	struct feature_observation ret_answers[])
{
	struct seen seen = look(heard->outside);
	double moments[MOST_EVENTS],
		seconds = json_number_at(heard->outside, "/headers/seconds", 0);
	size_t count = find_moments(&seen, moments);

	(void)way;
	if (!answer_needs_marks(heard, &ret_answers[0])) {
		ret_answers[1] = ret_answers[0];
		return;
	}
	if (count > 0)
		answer_moments(ret_answers, moments, count, seconds);
	else
		answer_nothing(ret_answers, &seen, seconds);
}

const struct feature_check check_rekey = {.name = "rekey",
	.evidence = "moments at which header fields that stayed or counted change together, while "
		    "marks pass in both directions",
	.rows = {"key_rotation", "rekey_interval"},
	.known = {"yes", "2 s"},
	.plan = plan,
	.read = read};
