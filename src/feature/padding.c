/* SPDX-License-Identifier: MIT */
/* Does the size of an outer packet give away that of the inner one, to the byte? */
#include "feature/internal.h"

#include "base/json.h"

#include <netinet/in.h>
#include <stdio.h>

enum {
	SIZES = 64,
	ROUNDS = 8
};

static void plan(
	const struct feature_way *way, struct arena *arena, struct feature_trial *ret_trial)
{
	trial_send(ret_trial, arena, way, trial_target(way),
		arena_printf(arena, "--count %d --sizes %d --interval-us 1000 --bytes 400",
			SIZES * ROUNDS, SIZES));
}

/* Of the kind of UDP packets that there are most of: those are data. */
static int64_t outer_sizes(const json_t *account)
{
	const json_t *list = json_object_get(account, "kinds"), *kind;
	double packets = 0, sizes = 0;
	size_t i;

	json_array_foreach (list, i, kind) {
		if (json_number_at(kind, "/protocol", 0) == IPPROTO_UDP &&
			json_number_at(kind, "/packets", 0) > packets) {
			packets = json_number_at(kind, "/packets", 0);
			sizes = json_number_at(kind, "/sizes", 0);
		}
	}
	return (int64_t)sizes;
}

/* A block of N bytes leaves one of N sizes, and the first and last may be cut. */
static void read(const struct feature_way *way, const struct feature_heard *heard,
	struct feature_observation ret_answers[])
{
	int64_t sizes = outer_sizes(heard->outside);

	(void)way;
	if (!answer_needs_marks(heard, &ret_answers[0]))
		return;
	if (heard_carrier(heard->outside) != IPPROTO_UDP || sizes == 0)
		answer_undecided(&ret_answers[0],
			"what carries data outside is not UDP, and has no sizes of its own");
	else
		answer_is(&ret_answers[0], sizes >= SIZES / 2 + 1 ? "no" : "yes",
			"packets of %d sizes inside had %lld sizes outside", SIZES,
			(long long)sizes);
}

const struct feature_check check_padding = {.name = "padding",
	.evidence =
		"how many sizes packets have outside while those inside have 64, one byte apart",
	.rows = {"size_padding"},
	.known = {"no"},
	.plan = plan,
	.read = read};
