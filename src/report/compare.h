/* SPDX-License-Identifier: MIT */
#pragma once

#include "report/model/metric.h"
#include "report/model/tools.h"

/*
 * What changed between two sets of result trees. The unit is the run, which is one tree: what
 * drifts between runs moves all links and repetitions of one, so these do not count as independent
 * values.
 */
enum {
	COMPARE_RUNS_MIN = 4 /* a side: fewer can at best show a chance of one in ten */
};

/* One metric of one VPN under one profile, in all runs of a side. */
struct change_side {
	double *values;   /* of every run, the median over links and repetitions; NAN: none */
	double *unmarked; /* likewise, NAN for runs that have only marked values */
	size_t runs;
	size_t with_value, with_unmarked; /* how many runs have one */
	size_t measured, planned;         /* values that these medians are made of */
	size_t worked;                    /* results that did not fail, with or without a value */
	double median;                    /* over runs: of unmarked ones where there are any */
	bool is_marked;                   /* it is a median of marked ones */
};

struct change {
	struct change *next;
	const char *vpn, *after_vpn; /* the same but where versions are compared */
	const char *profile;
	const struct report_metric *metric;
	struct change_side before, after;
	double factor;  /* after over before; NAN unless both are above zero */
	bool has_ratio; /* at least COMPARE_RUNS_MIN runs a side, all above zero */
	struct ratio ratio;
	double p;              /* joint_test() over all changes; 1 where nothing is judged */
	double unseen_percent; /* a difference below that would usually stay unseen; NAN: unknown */
};

enum verdict {
	VERDICT_BETTER,
	VERDICT_WORSE,
	VERDICT_SMALL,         /* there is a difference, but none that counts */
	VERDICT_NO_DIFFERENCE, /* none shown, though it could have been */
	VERDICT_TOO_FEW,       /* too few runs */
	VERDICT_MARKED,        /* too few runs have unmarked values */
	VERDICT_UNKNOWN,       /* a side worked but does not say this value */
	VERDICT_APPEARED,      /* it worked only after */
	VERDICT_VANISHED,      /* it worked only before */
	VERDICTS
};

/* A name that only one side has: it is not compared. */
struct compare_absence {
	struct compare_absence *next;
	const char *kind; /* "VPN", "profile", "workload" */
	const char *name;
	bool is_before; /* that side has it */
};

struct compare_trees {
	struct report_results *const *list;
	size_t count;
};

struct comparison {
	struct arena *arena;
	struct compare_trees before, after;
	const char *const *vpns; /* "Tinc" or "Tinc=Tinc@1.1", NULL-terminated; NULL: all */
	double margin_percent;   /* the smallest difference that counts */
	bool places_may_differ;  /* hosts of one machine and real machines; nobody judges then */
	struct change *changes;  /* in the order of the first tree */
	struct compare_absence *absences;
	/* Two trees that different tools measured: what these measure is not compared. NULL: none.
	 */
	struct compare_tools {
		const struct report_results *one, *other;
	} tools[TOOL_KINDS];
};

/* Fills `changes` and `absences`; refuses a profile or a place that is not the same in all trees,
 * and a VPN of the user's that a side lacks. */
MUST_CHECK int compare_trees(struct comparison *comparison, struct error *err);
enum verdict change_verdict(const struct comparison *comparison, const struct change *change);
const char *verdict_name(enum verdict verdict);
/* A verdict of worse, or a failure of what worked. */
bool comparison_is_worse(const struct comparison *comparison);
/* Both sides have enough runs for verdicts. */
bool comparison_can_judge(const struct comparison *comparison);
