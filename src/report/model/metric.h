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
	METRICS
};

struct report_metric {
	const char *key, *title, *unit;
	int decimals; /* below zero: that many significant digits */
	bool higher_is_better;
	/* Exactly one; NAN when there is no such value. */
	double (*of_repetition)(const struct report_repetition *repetition);
	double (*of_pair)(const struct report_pair *pair);
	double (*of_link)(const struct report_link *link);
	/* The result it comes from; NULL for pairs and links. */
	const struct report_outcome *(*outcome)(const struct report_repetition *repetition);
};

extern const struct report_metric report_metrics[METRICS];

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
/* Any function of repetitions over the first of a condition, as the published tables take them. */
double printed_mean(const struct report_condition *condition,
	double (*of_repetition)(const struct report_repetition *repetition), size_t *ret_count);

/* Seconds a host needed on the check address and beyond it over the VPN; NAN when unknown. */
double contact_outside_s(const struct report_connect *connect);
double contact_first_s(const struct report_connect *connect);
double contact_vpn_only_s(const struct report_connect *connect);
