/* SPDX-License-Identifier: MIT */
#pragma once

#include "runner/runner.h"
#include "stats/sequential.h"

/*
 * Two versions of a VPN, measured in turn: the plan's first driver is the old one and its second
 * the new one. A block, both of them once under the same fates, gives a figure one difference:
 * log(new / old), the mean over links, above 0 where new is worse.
 */
enum {
	VERSIONS = 2,
	VERSIONS_OLD = 0,
	VERSIONS_NEW = 1,
	VERSIONS_FAILED_BLOCKS =
		6, /* one side always fails, the other never: chance below 1/4000 */
};

struct versions_rule {
	double error;        /* chance of a wrong verdict on any of the figures together */
	double margin;       /* log ratio: what is within makes no difference */
	bool accepts_marked; /* marked values count as others; without it they are left out */
};

struct versions_figure {
	const struct workload *workload;
	const struct profile *profile;
	const char *key; /* of the workload's figures */
	bool higher_is_better;
	enum sequential_verdict verdict;
	struct interval change; /* of the figure: 1.1 is ten percent more */
	double typical_change;
	double typical[VERSIONS]; /* geometric mean over blocks and links; NAN without any */
	size_t blocks;            /* that have a difference */
	size_t failed_cells[VERSIONS], marked_cells[VERSIONS];
};

struct versions {
	struct versions_figure *figures;
	size_t count;
	enum sequential_verdict verdict;
	size_t blocks; /* begun, whatever came of them */
	bool is_known; /* more blocks would change nothing: something is worse, or all is known */
};

/* Arena-owned; pure. Figures are those of the plan's workloads that have a better and a worse. */
struct versions versions_judge(struct arena *arena, const struct runner_plan *plan,
	const struct runner_result *result, const struct versions_rule *rule);
/* "better", "worse", "no difference", "cannot tell" */
const char *versions_word(enum sequential_verdict verdict);
/* ab.json; the caller owns it. */
json_t *versions_json(const struct versions *versions, const struct runner_plan *plan,
	const struct versions_rule *rule);
/* Bencher's metric format, of the new version; the caller owns it. */
json_t *versions_bmf(const struct versions *versions);
