#pragma once

#include "report/model/metric.h"

/*
 * What the evidence in a tree says, as sentences. A rule looks at one thing; without numbers that
 * support it there is no finding, and a failure that no rule explains is one with unknown cause.
 */
enum severity {
	SEVERITY_NOTE,    /* good to know when reading the numbers */
	SEVERITY_WARNING, /* a number does not mean what it seems to */
	SEVERITY_ERROR,   /* a number is wrong, or there is none */
};

struct evidence {
	struct evidence *next;
	const char *text;
	const char *path; /* of the file that shows it, below the tree; NULL-able */
};

struct finding {
	struct finding *next;
	const char *id;
	enum severity severity;
	const char *vpn;      /* NULL: the whole tree */
	const char *sentence; /* for a newcomer */
	struct evidence *evidence;
	size_t evidence_count;
};

struct findings {
	struct arena *arena;
	const struct report_results *results;
	struct finding *first, **end;
	/* Paths of failures that a rule has explained. */
	const char **explained;
	size_t explained_count;
};

struct findings *findings_of(const struct report_results *results);
const char *severity_name(enum severity severity);

/* For rules. */
struct finding *finding_add(struct findings *findings, const char *id, enum severity severity,
	const char *vpn, const char *fmt, ...) PRINTF_LIKE(5, 6);
void evidence_add(struct findings *findings, struct finding *finding, const char *path,
	const char *fmt, ...) PRINTF_LIKE(4, 5);
void finding_explain(struct findings *findings, const struct report_outcome *outcome);
bool finding_explains(const struct findings *findings, const struct report_outcome *outcome);

/* Every result of every link under every profile, for rules that look at failures. */
struct spot {
	const struct report_vpn *vpn;
	const struct report_condition *condition;
	const struct report_link *link;
	const struct report_repetition *repetition;
};
/* "Medium, 0_lom"; the arena's. */
const char *finding_place(struct findings *findings, const struct spot *spot);
void finding_each_repetition(struct findings *findings, const struct report_vpn *vpn,
	void (*look)(struct findings *findings, struct finding **finding, const struct spot *spot),
	struct finding **finding);

extern void (*const rules_of_failures[])(struct findings *findings, const struct report_vpn *vpn);
extern void (*const rules_of_numbers[])(struct findings *findings, const struct report_vpn *vpn);
extern void (*const rules_of_meshes[])(struct findings *findings, const struct report_vpn *vpn);
extern void (*const rules_of_paths[])(struct findings *findings, const struct report_vpn *vpn);
extern void (*const rules_of_mtu[])(struct findings *findings, const struct report_vpn *vpn);
extern void (*const rules_of_trees[])(struct findings *findings);
/* VPNs beside each other under one profile; it is about paths and looks at the whole tree. */
void rule_super_packets(struct findings *findings);
/* Last: whatever failed and is not explained. */
void rule_unknown_cause(struct findings *findings, const struct report_vpn *vpn);
