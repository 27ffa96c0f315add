/* SPDX-License-Identifier: MIT */
#pragma once

#include "far/internal.h"

/* A message of any kind: all that it may carry has a value of its own. */
static inline struct far_message far_example(enum far_kind kind)
{
	static const char *const words[] = {"ip", "-batch", "-", "", NULL};
	static const char *const environment[] = {"A=1", "B=two words", NULL};
	static const struct thread_usage threads[] = {
		{.pid = 7, .tid = 8, .name = "reader", .cpu_s = 1.5, .wakeups = 3},
		{.pid = 7, .tid = 9, .name = "fifteen letters", .waited_s = 0.25, .preemptions = 4},
	};

	return (struct far_message){.kind = kind,
		.id = 4711,
		.child = 4712,
		.at_ns = INT64_C(1234567890123456789),
		.wall_ns = INT64_C(1795774629000000000),
		.pid = 4194304,
		.held = 1,
		.merge = 1,
		.mode = 0640,
		.signal = 15,
		.stream = PROC_ERROUT,
		.status = 3 << 8,
		.cpu_ns = 5,
		.peak_rss_bytes = 6,
		.rss_bytes = 7,
		.processes = 8,
		.frames = 9,
		.network = 1,
		.peers = words,
		.port = 22,
		.edge = 3,
		.at_card = 1,
		.error_kind = ERROR_TOOL,
		.sys_errno = 2,
		.version = "0.2.0 (abc)",
		.kernel = "one of its kind",
		.text = "start a daemon",
		.path = "/var/lib/vpn/key",
		.device = "enp4s0",
		.words = words,
		.environment = environment,
		.data = "a\0b",
		.size = 3,
		.threads = threads,
		.thread_count = ARRAY_SIZE(threads)};
}

static inline enum far_direction far_direction_of(enum far_kind kind)
{
	return far_table[kind].direction;
}
