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
};

struct report_samples {
	struct report_sample *list;
	double *values; /* the same numbers in the same order */
	size_t count;
	size_t planned; /* how many there would be had everything worked; 0: not measured */
};

struct report_samples samples_of(
	struct arena *arena, const struct report_condition *condition, enum metric_id id);
double samples_mean(const struct report_samples *samples); /* NAN when empty */
/* The same of a metric without an id. */
struct report_samples samples_of_metric(struct arena *arena,
	const struct report_condition *condition, const struct report_metric *metric);
double samples_median(const struct report_samples *samples); /* NAN when empty */
/* Any function of repetitions over the first of a condition, as the published tables take them. */
double printed_mean(const struct report_condition *condition,
	double (*of_repetition)(const struct report_repetition *repetition), size_t *ret_count);

/* Seconds a host needed on the check address and beyond it over the VPN; NAN when unknown. */
double contact_outside_s(const struct report_connect *connect);
double contact_first_s(const struct report_connect *connect);
double contact_vpn_only_s(const struct report_connect *connect);
