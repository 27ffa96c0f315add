/* SPDX-License-Identifier: MIT */
#include "report/tables/runs.h"

#include "base/json.h"
#include "stats/stats.h"

#include <math.h>
#include <string.h>

struct collection {
	enum report_workload_id workload;
	const char *list;
	json_t *runs; /* NULL: no result so far */
};

static void collect(void *context, const struct report_place *place)
{
	struct collection *all = context;

	if (place->workload != &report_workloads[all->workload] ||
		!outcome_is_success(place->outcome))
		return;
	if (!all->runs)
		all->runs = json_array();
	json_array_extend(all->runs,
		json_object_get(place->repetition->results[all->workload].data, all->list));
}

json_t *runs_of(const struct report_condition *condition, enum report_workload_id workload,
	const char *list)
{
	struct collection all = {.workload = workload, .list = list};

	if (condition)
		condition_each_result(condition, collect, &all);
	return all.runs;
}

double runs_median(struct arena *arena, const json_t *runs, const char *key)
{
	double *values = arena_alloc(arena, double, json_array_size(runs) + 1);
	size_t count = 0, i;
	json_t *run;

	json_array_foreach (runs, i, run) {
		if (!json_is_number(json_object_get(run, key)))
			return NAN;
		values[count++] = json_number_value(json_object_get(run, key));
	}
	return count ? stats_median(values, count) : NAN;
}

/* As a whole: "direct" is not among "never direct, relayed". */
static bool has_word(struct arena *arena, const char *words, const char *word)
{
	return strstr(arena_printf(arena, ", %s, ", words), arena_printf(arena, ", %s, ", word)) !=
	       NULL;
}

const char *runs_words(struct arena *arena, const json_t *runs, run_word *word_of, const char *key)
{
	const char *words = "";
	size_t i;
	json_t *run;

	json_array_foreach (runs, i, run) {
		const char *word = word_of(run, key);

		if (*word && !has_word(arena, words, word))
			words = arena_printf(arena, "%s%s%s", words, *words ? ", " : "", word);
	}
	return words;
}

const char *run_string(const json_t *run, const char *key)
{
	const char *text = json_string_value(json_object_get(run, key));

	return text ? text : "";
}

const char *runs_words_or_none(
	struct arena *arena, const json_t *runs, run_word *word_of, const char *key)
{
	const char *words = runs_words(arena, runs, word_of, key);

	return *words ? words : NULL;
}

static const char *start_of(const json_t *run, const char *key)
{
	return strcmp(run_string(run, key), "never_direct") == 0 ? "never direct"
								 : run_string(run, key);
}

const char *runs_start(struct arena *arena, const json_t *runs)
{
	return runs_words_or_none(arena, runs, start_of, "start");
}
