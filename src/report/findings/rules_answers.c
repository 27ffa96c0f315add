/* SPDX-License-Identifier: MIT */
/* Rules about hosts behind routers whose packets arrive: whether they answer, and when. */
#include "report/findings/rules.h"

#include "base/json.h"
#include "stats/stats.h"

#include <string.h>

enum {
	ANSWERS_LEAST = 20, /* below, gaps are chance */
	STEP_SHARE = 10     /* percent of all answers that make a step */
};

/* Nothing on the way takes as long, so that answers this far apart come of something that was said
 * again. */
#define GAP_S 2.0

struct answers {
	double *at_s; /* sorted */
	size_t count;
};

static size_t count_trials(const json_t *pairs)
{
	size_t i, count = 0;
	json_t *pair;

	json_array_foreach (pairs, i, pair)
		count += json_array_size(json_object_get(pair, "list"));
	return count;
}

/* Of all trials that end with a direct way. */
static struct answers answers_of(struct arena *arena, const json_t *data)
{
	const json_t *pairs = json_object_get(data, "pairs");
	size_t trials = count_trials(pairs), i, j;
	struct answers answers = {arena_alloc(arena, double, trials + 1), 0};
	double *unsorted = arena_alloc(arena, double, trials + 1);
	json_t *pair, *trial;

	json_array_foreach (pairs, i, pair) {
		json_array_foreach (json_object_get(pair, "list"), j, trial) {
			if (strcmp(json_string_at(trial, "/outcome", ""), "direct") == 0 &&
				json_is_number(json_object_get(trial, "answered_s")))
				unsorted[answers.count++] = json_number_at(trial, "/answered_s", 0);
		}
	}
	stats_sort(unsorted, answers.count, answers.at_s);
	return answers;
}

/* The number behind the last answer of the step that begins with answer `first`. */
static size_t end_of_step(const struct answers *answers, size_t first)
{
	size_t end = first + 1;

	while (end < answers->count && answers->at_s[end] - answers->at_s[end - 1] < GAP_S)
		end++;
	return end;
}

/* "105 after 3.6 to 4.5 s, 143 after 8.4 to 9.5 s"; NULL if there are not several steps. */
static const char *steps_text(struct arena *arena, const struct answers *answers)
{
	const char *text = NULL;
	size_t steps = 0;

	for (size_t first = 0, end; first < answers->count; first = end) {
		end = end_of_step(answers, first);
		if ((end - first) * 100 < answers->count * STEP_SHARE)
			continue;
		text = arena_printf(arena, "%s%s%zu after %.1f to %.1f s", text ? text : "",
			text ? ", " : "", end - first, answers->at_s[first],
			answers->at_s[end - 1]);
		steps++;
	}
	return steps > 1 ? text : NULL;
}

static void look_at_steps(struct look *look, const struct report_condition *condition,
	const struct report_result *result)
{
	struct arena *arena = look->findings->arena;
	struct answers answers = answers_of(arena, result->data);
	const char *steps = answers.count < ANSWERS_LEAST ? NULL : steps_text(arena, &answers);

	if (!steps)
		return;
	look_say(look,
		"Hosts behind routers that have a direct way answer each other with %s at few moments, seconds apart: what the first packets do not bring about is tried again only then. Hosts that begin one after the other may need less.",
		look->vpn->title);
	look_show(look, result->outcome.path, "%s: of %zu answers %s",
		profile_title(condition->profile), answers.count, steps);
}

void rule_answers_in_steps(struct look *look)
{
	struct mesh_spot at = {0};

	while (look_next_success(look, REPORT_PUNCH, &at))
		look_at_steps(look, at.condition, at.result);
}

/* Trials whose packets went directly both ways to the end, without an answer to any. */
static size_t count_unanswered(const json_t *pairs, size_t *ret_trials)
{
	size_t i, j, count = 0;
	json_t *pair, *trial;

	*ret_trials = 0;
	json_array_foreach (pairs, i, pair) {
		json_array_foreach (json_object_get(pair, "list"), j, trial) {
			const char *outcome = json_string_at(trial, "/outcome", "");

			++*ret_trials;
			count += json_is_number(json_object_get(trial, "stays_direct_s")) &&
				 (strcmp(outcome, "punch_failed") == 0 ||
					 strcmp(outcome, "no_signalling") == 0);
		}
	}
	return count;
}

static void look_at_answers(struct look *look, const struct report_condition *condition,
	const struct report_result *result)
{
	size_t trials, count = count_unanswered(json_object_get(result->data, "pairs"), &trials);

	if (!count)
		return;
	look_say(look,
		"Packets of %s pass directly in both directions, and hosts answer nothing: the way was found, and the tunnel on it works in one direction at most. WireGuard, and what is built on it, begins again 15 s after it last heard something, so a longer trial may show an answer.",
		look->vpn->title);
	look_show(look, result->outcome.path, "%s: %zu of %zu trials, which last %.0f s",
		profile_title(condition->profile), count, trials,
		json_number_at(result->data, "/limit_s", 0));
}

void rule_unanswered(struct look *look)
{
	struct mesh_spot at = {0};

	while (look_next_success(look, REPORT_PUNCH, &at))
		look_at_answers(look, at.condition, at.result);
}
