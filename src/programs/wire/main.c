/* SPDX-License-Identifier: MIT */
/* meshbench-wire: the emulated network as a process of its own. The lab starts it. */
#include "programs/program.h"

#include "wire/loop.h"

#include "base/clock.h"

#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>

struct options {
	int64_t control_fd, spin_us, nap_us, rest_ms;
	bool is_realtime;
};

/* Without the right to it the wire is less punctual, which its release errors will show. */
static void hurry(struct loop *loop, bool is_realtime)
{
	struct sched_param first = {.sched_priority = 10};

	prctl(PR_SET_TIMERSLACK, 1UL);
	if (!is_realtime)
		return;
	loop->is_realtime = sched_setscheduler(0, SCHED_FIFO, &first) == 0;
	loop->memory_is_locked = mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
}

static struct options options = {
	.control_fd = -1, .nap_us = WIRE_DEFAULT_NAP_US, .rest_ms = WIRE_REST_MS};

static int run(const struct option_result *given, struct error *err)
{
	static struct loop loop;
	int status;

	(void)given;
	if (options.control_fd < 0)
		return fail(err, ERROR_USAGE, "it needs --control-fd");
	status = loop_init(&loop, (int)options.control_fd, WIRE_DEFAULT_MEMORY_BYTES,
		options.spin_us * 1000, err);
	if (!status) {
		loop.nap_ns = options.nap_us * 1000;
		loop.rest_ns = options.rest_ms * NS_PER_MS;
		hurry(&loop, options.is_realtime);
		puts("ready");
		fflush(stdout);
		status = loop_run(&loop, err);
	}
	loop_done(&loop);
	return status;
}

static const struct option_row rows[] = {
	{"control-fd", "N", "inherited end of a SOCK_SEQPACKET pair", OPTION_INTEGER,
		&options.control_fd, NULL, 0, 1 << 20},
	{"realtime", NULL, "run with real-time priority, if this is allowed", OPTION_FLAG,
		&options.is_realtime, NULL, 0, 0},
	{"spin", "US", "do not sleep in this time before a release (0)", OPTION_INTEGER,
		&options.spin_us, NULL, 0, 1000000},
	{"nap", "US", "when busy, check the ports only this often; 0: at every frame (50)",
		OPTION_INTEGER, &options.nap_us, NULL, 0, 1000},
	{"rest", "MS",
		"without work, sleep no longer than this, to notice absences; 0: until there is some (20)",
		OPTION_INTEGER, &options.rest_ms, NULL, 0, 1000},
};

int main(int argc, char *argv[])
{
	static const struct program_verb wire = {
		.table = {.usage = "--control-fd N [OPTION]...",
			.about =
				"Switches Ethernet frames between TAPs and impairs them. It serves one control connection, prints \"ready\" when it does, and ends with it.",
			.rows = rows,
			.count = ARRAY_SIZE(rows)},
		.run = run};

	return program_main("meshbench-wire", &wire, 1, argc, argv);
}
