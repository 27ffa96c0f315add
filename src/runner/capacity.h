/* SPDX-License-Identifier: MIT */
#pragma once

#include "vpn/vpn.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a VPN would carry with more processor time: payload per processor time instead of per time.
 * Of each host of a flow, megabits of payload that arrived / seconds of processor time of
 *
 *   all threads of the VPN's daemons there        = one_core_mbps: they share one core
 *   the busiest one of them                       = cores_to_spare_mbps: each has its own
 *
 * and of flows as a whole the smaller one of their hosts. Another program makes these threads wait,
 * and waiting is not processor time; but a daemon that had to wait finds several packets when it
 * wakes, which makes each of them cheaper (doc/decisions/0033). A thread of a Go program is not a
 * task of its own: its tasks move, so the second figure is only an upper bound.
 *
 * Flows that run at the same time are one entry, since nobody can tell which of them a thread
 * worked for. Work that the kernel does outside of the daemons' calls is not in it, so a VPN inside
 * the kernel has no such figures.
 */
struct capacity_thread {
	size_t host;
	const char *daemon, *thread;
	/* While the flows ran: */
	double cpu_s;
	double waited_s;  /* ready to run, without a processor */
	uint64_t wakeups; /* it had nothing to do, slept and was woken */
};

struct capacity_flow {
	size_t source, target; /* hosts */
	unsigned wave;         /* flows of one wave run at the same time */
	bool is_reverse;       /* as its link is named */
	double bytes;          /* of payload that arrived */
};

/*
 * An entry of meta.capacity for flows that ran at the same time, `hosts` being names. NULL when
 * nothing arrived or no daemon worked. Pure; the caller owns it.
 */
json_t *capacity_entry(const struct capacity_thread threads[], size_t thread_count,
	const struct capacity_flow flows[], size_t flow_count, const char *const hosts[],
	size_t host_count);

/* Looks at all threads of all daemons at the begin and the end of every wave; from malloc. */
struct capacity_watch;
MUST_CHECK int capacity_begin(struct lab *lab, const struct vpn *vpn,
	struct capacity_watch **ret_watch, struct error *err);
MUST_CHECK int capacity_end_wave(struct capacity_watch *watch, struct error *err);
/* meta.capacity; frees the watch, and NULL is none. */
json_t *capacity_end(
	struct capacity_watch *watch, const struct capacity_flow flows[], size_t flow_count);
