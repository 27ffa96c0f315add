/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The machine as a whole, as the kernel counts it. machine_parse_...() are pure and read the text
 * of one file under /proc each.
 */

/* Processor time of all processors since boot: proc_stat(5). */
struct machine_times {
	double busy_s;       /* user, nice, system and interrupts, as sampled at timer ticks */
	double interrupts_s; /* of it in interrupts and what they left behind (softirq) */
	double idle_s;  /* idle and waiting for a disk; exact where the kernel has no idle ticks */
	double steal_s; /* other machines ran on our processors: virtual machines only */
	unsigned processors; /* that are online */
};

/* /proc/stat, whose unit is `ticks_per_s`. */
MUST_CHECK int machine_parse_times(
	const char *text, double ticks_per_s, struct machine_times *ret_times, struct error *err);
/* /proc/pressure/...: seconds since boot in which some task waited; false when it does not say. */
bool machine_parse_stalled(const char *text, double *ret_s);
/* /proc/PID/schedstat: seconds on a processor, and seconds ready to run but waiting for one. */
bool machine_parse_schedstat(const char *text, double *ret_run_s, double *ret_wait_s);
/* /proc/loadavg: tasks ready to run, averaged over the last minute. */
bool machine_parse_load(const char *text, double *ret_load);

/* What this kernel says of the machine now. NAN stands for what it does not say. */
struct machine_state {
	int64_t at_ns; /* CLOCK_MONOTONIC */
	struct machine_times times;
	double cpu_stalled_s, memory_stalled_s; /* since boot */
	double load;
	double frequency_hz,
		frequency_limit_hz; /* of the slowest processor now; the highest of any */
	double throttles; /* how often a processor was slowed down for its heat since boot */
};
MUST_CHECK int machine_look(struct machine_state *ret_state, struct error *err);
