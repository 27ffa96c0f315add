/* SPDX-License-Identifier: MIT */
/* Rows of the feature matrix that every run answers (what moves packets), and reorder. */
#include "report/model/ways.h"

#include "base/json.h"

#include <math.h>
#include <string.h>

/* Above, it is not chance. */
static const double DISORDER_PERCENT = 0.1;

/* What ran is there; that there is no other one cannot be seen. */
static void add_datapath(
	struct arena *arena, const struct report_condition *condition, json_t *answers)
{
	const char *datapath = json_string_at(condition->vpn_facts, "/datapath", "");
	const char *because = arena_printf(arena, "what moved packets in this run: %s", datapath);

	if (strncmp(datapath, "userspace", strlen("userspace")) == 0)
		ways_answer(answers, "vpn.json", "userspace_datapath", "yes", because);
	else if (strcmp(datapath, "kernel") == 0)
		ways_answer(answers, "vpn.json", "kernel_datapath", "yes", because);
}

/* The most that a stream was reordered inside above what it was outside; NAN: nobody knows. */
static double most_added(const json_t *data, size_t *streams)
{
	const json_t *stream;
	double most = NAN;
	size_t i;

	json_array_foreach (json_object_get(data, "streams"), i, stream) {
		double added = json_number_at(stream, "/added/reordered_percent", NAN);

		if (isnan(added))
			continue;
		most = fmax(most, added);
		*streams += 1;
	}
	return most;
}

/* Where the wire itself reorders, chance decides which stream had more of it. */
static void add_order(
	struct arena *arena, const struct report_condition *condition, json_t *answers)
{
	double most = NAN;
	size_t streams = 0;

	if (condition->settings.reorder_percent > 0 || condition->settings.jitter_ms > 0)
		return;
	for (const struct report_link *link = condition->links; link; link = link->next) {
		for (const struct report_repetition *r = link->repetitions; r; r = r->next) {
			const struct report_result *reorder = &r->results[REPORT_REORDER];

			if (outcome_is_success(&reorder->outcome))
				most = fmax(most, most_added(reorder->data, &streams));
		}
	}
	if (isnan(most) || (most > 0 && most < DISORDER_PERCENT))
		return;
	ways_answer(answers, "reorder", "preserves_order", most > 0 ? "no" : "yes",
		arena_printf(arena,
			"of %zu streams none had more than %.3g %% of its packets out of order "
			"beyond what the wire did",
			streams, fmax(most, 0)));
}

json_t *link_answers(struct arena *arena, const struct report_condition *condition)
{
	json_t *answers = json_array();

	add_datapath(arena, condition, answers);
	add_order(arena, condition, answers);
	return answers;
}
