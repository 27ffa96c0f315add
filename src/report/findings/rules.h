/* SPDX-License-Identifier: MIT */
#pragma once

#include "report/findings/finding.h"

/* One rule at work on one VPN, or on the whole tree. */
struct look {
	struct findings *findings;
	const struct rule *rule;
	const struct report_vpn *vpn;   /* NULL: the whole tree */
	struct about *about;            /* NULL until there is something to say */
	const char *id, *title, *brief; /* of the finding; the rule's own unless it narrows them */
};

/* One repetition on one link of the VPN under one profile. */
struct spot {
	const struct report_vpn *vpn;
	const struct report_condition *condition;
	const struct report_link *link;
	const struct report_repetition *repetition;
};

/* A row of the table of rules, which are tried in its order; one of the functions is there. */
struct rule {
	const char *id;
	enum severity severity;
	enum impact impact;
	const char *title;
	void (*of_spot)(struct look *look, const struct spot *spot); /* of every repetition */
	void (*of_vpn)(struct look *look);
	void (*of_tree)(struct look *look);
	const char *brief; /* of a rule that says why results failed */
};
extern const struct rule rules[];
extern const size_t rule_count;

/* What this look says about its VPN, which the first call makes. */
void look_say(struct look *look, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Evidence for it; the path of the file is NULL-able and borrowed. */
void look_show(struct look *look, const char *path, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Every repetition of the look's VPN. */
void look_at_repetitions(
	struct look *look, void (*of_spot)(struct look *look, const struct spot *spot));
/* One result of a workload of the whole mesh with the look's VPN; begins with {0}. */
struct mesh_spot {
	const struct report_condition *condition;
	const struct report_repetition *whole;
	const struct report_result *result;
};
/* The next one, and the next success; false: there is no further one. */
bool look_next_mesh(
	const struct look *look, enum report_workload_id workload, struct mesh_spot *spot);
bool look_next_success(
	const struct look *look, enum report_workload_id workload, struct mesh_spot *spot);
/* Every entry of a list in the vpn.json of the look's VPN, under every profile. */
void look_at_facts(struct look *look, const char *list,
	void (*of_fact)(
		struct look *look, const struct report_condition *condition, const json_t *fact));
/* "Medium, 0_lom"; the arena's. */
const char *finding_place(struct findings *findings, const struct spot *spot);
void finding_explain(struct findings *findings, const struct report_outcome *outcome);
bool finding_explains(const struct findings *findings, const struct report_outcome *outcome);

/* rules_feature.c */
void rule_feature_differs(struct look *look);

/* rules_failure.c */
void look_quic_mtu(struct look *look, const struct spot *spot);
void rule_video_mtu(struct look *look);
void look_start_race(struct look *look, const struct spot *spot);
void rule_connect_limit(struct look *look);
void look_time_limit(struct look *look, const struct spot *spot);
void look_broken_download(struct look *look, const struct spot *spot);
void rule_stored_cause(struct look *look);
void rule_failed_bring_ups(struct look *look);
void rule_unknown_cause(struct look *look);

/* rules_host.c */
void rule_host_changed(struct look *look);

/* rules_machine.c */
void rule_unequal_machines(struct look *look);

/* rules_mark.c */
void rule_marked(struct look *look);

/* rules_hostile.c */
void rule_hostile(struct look *look);

/* rules_plan.c */
void rule_not_begun(struct look *look);

/* rules_router.c */
void rule_indirect(struct look *look);
void rule_no_way(struct look *look);
void rule_lost_after_change(struct look *look);
void rule_no_relay(struct look *look);
void rule_stays_relayed(struct look *look);
void rule_stays_bad(struct look *look);
void rule_late(struct look *look);
void rule_forgotten(struct look *look);
void rule_seldom(struct look *look);
void rule_never_direct(struct look *look);
void rule_mtu_crawls(struct look *look);
void rule_flaps(struct look *look);
void rule_narrow_line(struct look *look);
void rule_mtu_hangs(struct look *look);

/* rules_answers.c */
void rule_answers_in_steps(struct look *look);
void rule_unanswered(struct look *look);

/* rules_router_kind.c */
void rule_router_differs(struct look *look);

/* rules_number.c */
void rule_stalled_link(struct look *look);
void look_contradictory(struct look *look, const struct spot *spot);
void rule_crossed_connections(struct look *look);
void rule_missing_from_sum(struct look *look);
void rule_missing_from_mean(struct look *look);
void look_counter_wrap(struct look *look, const struct spot *spot);
void look_lost_runs(struct look *look, const struct spot *spot);
void rule_same_drops(struct look *look);
void rule_waits_for_hosts(struct look *look);
void rule_fixed_timer(struct look *look);
void look_retried(struct look *look, const struct spot *spot);

/* rules_path.c */
void rule_reorders_itself(struct look *look);
void rule_reliable_outside(struct look *look);
void rule_route_changed(struct look *look);
void rule_bufferbloat(struct look *look);
void rule_asymmetric(struct look *look);
void rule_back_pressure(struct look *look);
void rule_processor_bound(struct look *look);
void look_one_thread(struct look *look, const struct spot *spot);
void look_no_idle_time(struct look *look, const struct spot *spot);
void look_saturated(struct look *look, const struct spot *spot);
void look_lopsided_flood(struct look *look, const struct spot *spot);
void rule_super_packets(struct look *look);

/* rules_mesh.c */
void rule_silent_again(struct look *look);

/* rules_mtu.c */
void look_large_start(struct look *look, const struct spot *spot);
void look_black_hole(struct look *look, const struct spot *spot);
void look_no_fragments(struct look *look, const struct spot *spot);

/* rules_tree.c */
void rule_effective(struct look *look);
void rule_correlation(struct look *look);
void rule_repetitions(struct look *look);
void rule_environment(struct look *look);
void rule_order(struct look *look);
void rule_tools(struct look *look);
void rule_damaged(struct look *look);
