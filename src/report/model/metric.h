/* SPDX-License-Identifier: MIT */
#pragma once

#include "report/model/results.h"

/*
 * One number per link and repetition, as careful readers want it: what arrived, of flows that
 * worked. Everything that compares VPNs takes its values from here.
 */
enum metric_id {
	METRIC_TCP,
	METRIC_TCP_REVERSE,
	METRIC_TCP_RETRANSMIT,
	METRIC_TCP_RTT,
	METRIC_PARALLEL,
	METRIC_UDP,
	METRIC_UDP_LOSS,
	METRIC_PING,
	METRIC_PING_LOSS,
	METRIC_QPERF,
	METRIC_QPERF_CPU,
	METRIC_CPU_PER_GBIT,
	METRIC_DAEMON_CPU,
	METRIC_BUSIEST,
	METRIC_ONE_CORE,       /* of TCP, and then of the other workloads that time flows */
	METRIC_CORES_TO_SPARE, /* likewise */
	METRIC_ONE_CORE_PARALLEL,
	METRIC_CORES_TO_SPARE_PARALLEL,
	METRIC_ONE_CORE_QUIC,
	METRIC_CORES_TO_SPARE_QUIC,
	METRIC_RELEASE_ERROR,
	METRIC_FIRST_BYTE,
	METRIC_VIDEO,
	METRIC_NIX,
	METRIC_CONNECT,
	METRIC_RECONNECT,
	METRICS_NAMED /* the others are found by their workload */
};

struct report_metric {
	const char *key, *title, *unit; /* the key is unique: "idle_cpu_percent" */
	int decimals;                   /* below zero: that many significant digits */
	bool higher_is_better;
	enum report_workload_id workload; /* the result it comes from; not for of_link */
	/* Exactly one; NAN when there is no such value. */
	double (*of_repetition)(const struct report_repetition *repetition);
	double (*of_outcome)(const struct report_outcome *outcome); /* of a success */
	double (*of_pair)(const struct report_pair *pair);
	double (*of_link)(const struct report_link *link);
	const char *figure; /* a key of the figures that the result carries: "p99_up_ms" */
};

/* Those with an id first, at their place. */
extern const struct report_metric report_metrics[];
extern const size_t report_metric_count;

struct report_sample {
	double value;
	const char *link; /* "0_lom", or "lom > yuki" of a pair */
	size_t repetition;
	const char *path;
	bool is_marked; /* something else may have made it: record/mark.h */
};

struct report_samples {
	struct report_sample *list;
	double *values; /* the same numbers in the same order */
	size_t count;
	size_t planned; /* how many there would be had everything worked; 0: not measured */
	size_t worked;  /* results that did not fail, whether or not they have this value */
	/* Marked values: left out where there are others, and all of them where there are none. */
	size_t marked;
	bool is_marked; /* all that are here are marked */
	/* Measured, and too small for the instrument: how many, and what they all are below. */
	size_t below_count;
	double below;
};

struct report_samples samples_of(
	struct arena *arena, const struct report_condition *condition, enum metric_id id);
/*
 * The median over links of every repetition that has a value, in the order of repetitions: what
 * drifts from one to the next moves all their links, so these are the independent values.
 */
double *samples_blocks(
	struct arena *arena, const struct report_samples *samples, size_t *ret_count);
/* How many results of a workload worked, and of how many, by its first metric. */
struct success {
	size_t worked, planned;
};
struct success success_of(struct arena *arena, const struct report_condition *condition,
	enum report_workload_id workload);
double samples_mean(const struct report_samples *samples); /* NAN when empty */
/* How many values there are, with those that were left out or are too small to tell. */
size_t samples_measured(const struct report_samples *samples);
/* The same of a metric without an id. */
struct report_samples samples_of_metric(struct arena *arena,
	const struct report_condition *condition, const struct report_metric *metric);
double samples_median(const struct report_samples *samples); /* NAN when empty */
/* As printed by the sender, of every flow that is a success; NAN otherwise. */
double tcp_sent_mbps(const struct report_repetition *repetition);
/* The path MTU that TCP found; NAN when it did not say. */
double tcp_path_mtu_bytes(const struct report_repetition *repetition);
/* Any function of repetitions over the first of a condition, as the published tables take them. */
double printed_mean(const struct report_condition *condition,
	double (*of_repetition)(const struct report_repetition *repetition), size_t *ret_count);

/* Seconds a host needed on the check address, and until the VPN's first answer; NAN if unknown. */
double contact_outside_s(const struct report_connect *connect);
double contact_first_s(const struct report_connect *connect);
/* What the VPN needed beyond the check address. NAN also if that was the VPN's own, which
 * contains the start of the hosts too, and if it is too short for the check. */
double contact_vpn_only_s(const struct report_connect *connect);
/*
 * What it stays below, where the VPN was there before the check asked it first: what such a check
 * timed is its own request. NAN where the share is known, or nothing is.
 */
double contact_below_s(const struct report_connect *connect);
