/* SPDX-License-Identifier: MIT */
#pragma once

#include "report/model/results.h"

#include "stats/survival.h"

/* What became of all pairs of hosts behind the same two kinds of router, in all trials of punch. */
struct report_ways {
	struct report_ways *next;
	const char *one, *other; /* kinds of router, as results_router_of() names them */
	size_t trials, direct, relayed, no_way;
	size_t not_started; /* further ones, which say nothing about ways */
	double *direct_s;   /* until a way is direct to the end, of every trial with one */
	size_t times;
	/* How long trials were watched: until then, or for as long as they lasted without it. */
	double *watched_s;
	bool *is_direct;
	size_t watched;
	double limit_s;   /* the longest that a trial lasts; 0: unknown */
	const char *path; /* of a file that shows it, below the tree */
};

/* Sorted by kinds; NULL where punch was not measured, or the condition is not there. */
struct report_ways *ways_of(struct arena *arena, const struct report_results *results,
	const struct report_condition *condition);

/* For every VPN and profile that was tried. */
typedef void with_ways(void *context, const struct report_vpn *vpn, const char *profile,
	const struct report_ways *ways);
void ways_each(
	const struct report_results *results, struct arena *arena, with_ways *visit, void *context);

/* The share of trials without a direct way by time (Kaplan and Meier), in the arena. */
struct report_curve {
	struct survival_step *steps;
	size_t count;
};
struct report_curve ways_curve(struct arena *arena, const struct report_ways *ways);

/*
 * What punch, roam and keepalive say about rows of the feature matrix, as matrix_observe() takes
 * it: a direct way through kinds of router that the rows name, and a host that goes on with another
 * address. What did not work behind two routers may work elsewhere, so that of roam only a yes is
 * said. The caller owns it.
 */
json_t *ways_answers(struct arena *arena, const struct report_results *results,
	const struct report_condition *condition);

/*
 * What was read of a VPN about hole punching, where it is not a plain yes: "no", "partial, known
 * endpoints". To have no direct way is by design then. NULL: it punches, or nobody has read it.
 */
const char *ways_design(const struct report_results *results, const struct report_vpn *vpn);

/* Whether it is about two sites of which a firewall lets no UDP through. */
bool ways_block_udp(const struct report_results *results);

/* Adds an answer to a row, from a check or workload of that name. */
void ways_answer(
	json_t *answers, const char *check, const char *row, const char *is, const char *because);
/* What hostile and restart say about rows of the feature matrix, in the same way. */
json_t *mesh_answers(struct arena *arena, const struct report_condition *condition);
/* What moved packets, and whether they kept their order. */
json_t *link_answers(struct arena *arena, const struct report_condition *condition);
/* What threads and super-packets did under TCP, and keep-alives in idleness. */
json_t *load_answers(struct arena *arena, const struct report_condition *condition);
/* What narrow lines and IPv6 outside say, and a host that was restarted and one that moved. */
json_t *path_answers(struct arena *arena, const struct report_results *results,
	const struct report_condition *condition);

/*
 * Whether hole punching can join hosts behind these routers (RFC 5128, 3.3): not if one takes
 * another port for every destination and the other lets in only ports that were spoken to. False
 * for kinds whose name does not say it, such as two routers in a row.
 */
bool ways_can_be_direct(const char *one, const char *other);
/* Whether it cannot; false for those others as well. */
bool ways_cannot_be_direct(const char *one, const char *other);
