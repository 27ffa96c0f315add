/* SPDX-License-Identifier: MIT */
#pragma once

#include "workload/workload.h"

/*
 * What workloads on the whole mesh share. Their observations, as the runner makes them:
 *
 *   {rule: {stable_s, silence_s, pause_s}, hosts: [name...], runs: [run...]}
 *
 * One run of one operation. All times are seconds since its zero: the first join step of a connect,
 * otherwise the moment when daemons or hosts are ended.
 *
 *   {operation, host, speaker, began_s,  since 1970; host: null for all; speaker: one, both, others
 *    times: {down_s, up_s, serve_s, join_s, ready_s, ..., ended_s},  as far as they apply
 *    pairs: [{from, to, overlay: [span...], underlay: [span...],
 *             pings: [[first_s, last_s, count, has_arrived, is_answered]...]}],  of roam
 *    watched: {pairs, of_pairs, every_s, closed_silences, longest_closed_s}, of a mesh,
 *    steps: [{hosts, joined, ready_s, joining_s, is_stable, resting_s, joining: [spent...],
 *             resting: [spent...]}],  of a growing one; spent is what a host used meanwhile
 *    departures: [{host, down_s, ready_s}], hosts: [spent...],  of one that hosts leave
 *    lifetime_s, survived,  of keepalive: what its router remembered, and whether that was enough
 *    returned,  of roam: whether every pair answered again
 *    uplinks,  of roam: the one that was left and the one that was taken
 *    paths: [{from, to, packets: [[count...], [count...]]}],  of punch: between the outermost
 *             routers of two hosts, there and back, in bins from zero on
 *    routers: [{host, is_reachable, is_translated, mapping, filtering, ports, peer_first}],  of
 *             punch: measured before the trial, or null
 *    path_rule: {bin_s, every_s, packets_missed},
 *    awaited: {limit_s, direct_s},  of relay and pathchoice: a direct way before anything is done
 *    failure: {cause, evidence}}  absent when all could be done
 *
 * A span [first_s, last_s, answers] is a stretch of answers without a pause above pause_s. A pair
 * is stable from the first answer on that is followed by stable_s without a silence above
 * silence_s.
 */
/* How often an operation on the mesh is done: of connect, restart and reboot. */
extern const struct setting mesh_runs;

/* The names of all checks of observe, NULL-terminated, and whether a list has one: "a,b", "all". */
extern const char *const observe_names[];
bool observe_is_chosen(const char *list, const char *name);

struct mesh_rule {
	double stable_s, silence_s;
};

/* What became of one pair in a stretch of time. */
struct mesh_contact {
	double lost_s,
		answered_s; /* the longest silence: last answer before, first after; or NAN */
	double outage_s;    /* its length, so far when it did not end; 0: there was none */
	double first_s;     /* the first answer of all, or NAN */
	double stable_s;    /* since when, after that silence, it is stable; or NAN */
	bool is_answering;  /* at the end */
};

struct mesh_rule mesh_rule(const json_t *observations);
/* From `spans` within [from_s, to_s]. */
struct mesh_contact mesh_contact(
	const json_t *spans, const struct mesh_rule *rule, double from_s, double to_s);

/* Since when within [from_s, to_s] it was stable for the first time, or NAN. */
double mesh_stable(const json_t *spans, const struct mesh_rule *rule, double from_s, double to_s);

/*
 * Whether two hosts that ask each other every `every_s` send and answer by a direct way: within
 * `bin_s` each sent at least half of what it asks, because probes of a hole puncher are few.
 */
bool mesh_is_direct(double there, double back, double bin_s, double every_s);

/*
 * The same for the second (or what there is of it) before bin `end` of counts of packets there and
 * back. Half of its bins suffice, because hosts that wait for a processor are late for a moment,
 * and not on another way.
 */
bool mesh_is_direct_before(
	const json_t *there, const json_t *back, size_t end, double bin_s, double every_s);

double mesh_time(const json_t *run, const char *name);
/* The runs of an operation, in order; borrowed. */
const json_t *mesh_run(const json_t *observations, const char *operation, size_t index);
bool mesh_concerns(const json_t *pair, const char *host);
const char *mesh_text(const json_t *object, const char *key);
/* The first of a list that is {from, to, ...} of these two; NULL: none. */
const json_t *mesh_between(const json_t *list, const char *from, const char *to);

/* A number, or null when there is none. */
json_t *mesh_number(double value);
/* Of the members `key` of an array of objects: a published summary, or null; and the median. */
double mesh_median(const json_t *runs, const char *key);

/* Keeps the observations as samples; all else is to come. */
void mesh_begin_reading(const json_t *observations, struct workload_reading *ret_reading);
/* Blames the first failure of a run. */
void mesh_judge_failures(const json_t *observations, struct workload_reading *reading);
/*
 * Blames the first failure of a run, or the first pair that does not answer at a run's end, and
 * keeps the observations as samples. `*ret_reading` is begun by it.
 */
void mesh_judge(const json_t *observations, struct workload_reading *ret_reading);
/*
 * A run: {host, answered_s, stable_s, silent_again_s, outage_s, others_outage_s, noise_s, asked_s,
 * daemons_s, booted_s, underlay_s, vpn_s, pairs: [{from, to, lost_s, answered_s, outage_s,
 * stable_s, silent_again_s, underlay_s, vpn_s}]}, null where it does not apply. A mesh is as good
 * as its last pair, or with a `host` as the last pair of that; others_outage_s is of the rest.
 * silent_again_s is the longest silence after the first answer that followed the join: a VPN may
 * find a path and lose it once more. noise_s is the longest silence outside the overlay, where
 * nothing was done: shorter outages mean nothing. Nobody asked before asked_s, so an answer that
 * comes right after it may have been possible earlier. After a reboot underlay_s is when the pair
 * answered outside the overlay, and vpn_s how much later on it.
 */
json_t *mesh_describe(const json_t *observations, const json_t *run);
/* Of all runs of that operation: {runs, answered_s, ...}, with published summaries of each. */
json_t *mesh_describe_runs(const json_t *observations, const char *operation);
/*
 * What became of packets between the host of a run and each other host, by the pings of the one
 * that speaks: [{peer, silent_s, from_host: {sent, received, lost_silent, lost_after}, to_host}].
 * Lost in the silence is what was sent in the pair's longest one.
 */
json_t *mesh_describe_packets(const json_t *observations, const json_t *run);
/*
 * From `idle` of a run of WORKLOAD_IDLE, of every ordered pair: [{from, to, packets, bytes,
 * exchanges, keepalive_s, longest_gap_s}]; null with engines that see no packets.
 */
json_t *mesh_describe_talk(const json_t *idle);
/* What a mesh could do without its coordinator, from a run of WORKLOAD_LOSE_COORDINATOR. */
json_t *mesh_describe_loss(const json_t *observations, const json_t *run);
/* Every host's file of published form, from a run; NULL when there is no run. */
json_t *mesh_connection_timings(const json_t *observations, const json_t *run);
/*
 * Every operation as often as the plan says, round by round, with the time that a pair has to
 * answer: twelve times the plan's seconds, but at least 10 s and at most 120 s.
 */
void mesh_rounds(const struct workload_operation operations[], size_t count,
	const struct workload_case *c, struct arena *arena, struct workload_operation **ret_list,
	size_t *ret_count);
