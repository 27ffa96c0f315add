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

struct metric {
	const char *key, *title, *unit;
	int decimals; /* below zero: that many significant digits */
	bool higher_is_better;
	/* Exactly one; NAN when there is no such value. */
	double (*of_run)(const struct run *run);
	double (*of_pair)(const struct pair_result *pair);
	double (*of_link)(const struct link *link);
	/* The result it comes from; NULL for pairs and links. */
	const struct outcome *(*outcome)(const struct run *run);
};

extern const struct metric report_metrics[METRICS];

struct sample {
	double value;
	const char *link; /* "0_lom", or "lom > yuki" of a pair */
	size_t repetition;
	const char *path;
};

struct samples {
	struct sample *list;
	double *values; /* the same numbers in the same order */
	size_t count;
	size_t planned; /* how many there would be had everything worked; 0: not measured */
};

struct samples samples_of(struct arena *arena, const struct cell *cell, enum metric_id id);
double samples_mean(const struct samples *samples); /* NAN when empty */
/* Any function of runs over a cell's first repetition, as the published tables take them. */
double printed_mean(
	const struct cell *cell, double (*of_run)(const struct run *run), size_t *ret_count);

/* Seconds a host needed on the check address and beyond it over the VPN; NAN when unknown. */
double contact_outside_s(const struct connect_result *connect);
double contact_first_s(const struct connect_result *connect);
double contact_vpn_only_s(const struct connect_result *connect);
