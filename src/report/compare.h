/* SPDX-License-Identifier: MIT */
#pragma once

#include "report/model/metric.h"

/* One metric of one VPN under one profile in two trees. */
struct change {
	struct change *next;
	const char *vpn, *profile;
	const struct report_metric *metric;
	struct report_samples before, after;
	bool has_ratio; /* all values are above zero */
	struct ratio ratio;
	double p;              /* of a permutation test */
	double adjusted;       /* by Benjamini and Hochberg, over all changes of the two trees */
	double floor;          /* smallest p that these counts can show */
	double unseen_percent; /* a difference below that would usually stay unseen; NAN: unknown */
};

enum verdict {
	VERDICT_BETTER,
	VERDICT_WORSE,
	VERDICT_NO_DIFFERENCE, /* none shown, though it could have been */
	VERDICT_TOO_FEW,       /* no outcome could have shown one */
	VERDICT_APPEARED,      /* values only after */
	VERDICT_VANISHED,      /* values only before */
};

/* In the order of the first tree; conditions that neither tree measured are left out. */
struct change *changes_between(
	const struct report_results *before, const struct report_results *after);
enum verdict change_verdict(const struct change *change);
const char *verdict_name(enum verdict verdict);
