/* SPDX-License-Identifier: MIT */
/*
 * far_hosts [ROUNDS] [COMMANDS]: what a connection costs. The same lab of three hosts, near and
 * far, in turn: until it is ready, until it is verified, until it is down, a round trip (does the
 * host live?) and a command (`true`) on each host. Medians of ROUNDS (10) and of all their COMMANDS
 * (30); memory of the largest helper. Exit status: 1 if a limit was passed.
 */
#include "lab/lab.h"

#include "median.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	HOSTS = 3,
	MOST_ROUNDS = 100,
	MOST_COMMANDS = 300,
	MOST_COMMAND_MS = 3,
	MOST_READY_MS = 3000,
	MOST_HELPER_MB = 20
};

/* Of one kind of hosts, in milliseconds. */
struct figures {
	double ready[MOST_ROUNDS], up[MOST_ROUNDS], down[MOST_ROUNDS];
	double command[MOST_ROUNDS * MOST_COMMANDS], round_trip[MOST_ROUNDS * MOST_COMMANDS];
	size_t rounds, commands;
};

static double since_ms(int64_t began_ns)
{
	return (double)(clock_now_ns() - began_ns) / 1e6;
}

static int run_commands(struct lab *lab, struct figures *figures, size_t count, struct error *err)
{
	const struct proc_spec spec = {.argv = (const char *const[]){"true", NULL}};

	for (size_t i = 0; i < count; i++) {
		int64_t began_ns = clock_now_ns();

		if (host_check(lab_host(lab, i % HOSTS), err))
			return -1;
		figures->round_trip[figures->commands] = since_ms(began_ns);
		began_ns = clock_now_ns();
		if (host_run(lab_host(lab, i % HOSTS), &spec, deadline_in(10 * NS_PER_S), err))
			return -1;
		figures->command[figures->commands++] = since_ms(began_ns);
	}
	return 0;
}

/* The number of a line of /proc/PID/status. */
static unsigned long status_of(pid_t pid, const char *label)
{
	AUTO(stream_closep) FILE *file = NULL;
	char path[64], line[256];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (strncmp(line, label, strlen(label)) == 0)
			return strtoul(line + strlen(label), NULL, 10);
	}
	return 0;
}

/* The helper is the parent of its host's first process. */
static unsigned long helper_kib(struct lab *lab)
{
	unsigned long most = 0;

	for (size_t i = 0; i < HOSTS; i++) {
		pid_t helper = (pid_t)status_of(host_pid(lab_host(lab, i)), "PPid:");
		unsigned long peak = status_of(helper, "VmHWM:");

		most = peak > most ? peak : most;
	}
	return most;
}

static int play(struct procs *procs, const struct lab_spec *spec, size_t commands,
	struct figures *figures, unsigned long *ret_helper_kib, struct error *err)
{
	AUTO(lab_downp) struct lab *lab = NULL;
	int64_t began_ns = clock_now_ns();

	if (lab_up(procs, spec, &lab, err))
		return -1;
	figures->ready[figures->rounds] = since_ms(began_ns);
	if (lab_verify(lab, err))
		return -1;
	figures->up[figures->rounds] = since_ms(began_ns);
	if (run_commands(lab, figures, commands, err))
		return -1;
	*ret_helper_kib = helper_kib(lab);
	began_ns = clock_now_ns();
	lab_downp(&lab);
	figures->down[figures->rounds++] = since_ms(began_ns);
	return 0;
}

static void print(const char *what, double near_ms, double far_ms)
{
	printf("%-22s %8.2f ms  %8.2f ms far  ratio %.2f\n", what, near_ms, far_ms,
		far_ms / near_ms);
}

/* Whether a figure keeps to its limit, which is printed with it. */
static bool judge(const char *what, double value, double most, const char *unit)
{
	printf("%-34s %8.2f %s of at most %g: %s\n", what, value, unit, most,
		value < most ? "good" : "too much");
	return value < most;
}

/* What a connection may cost. */
static bool judge_all(struct figures *far, double helper_mb)
{
	double trip = median(far->round_trip, far->commands);
	bool is_good = judge("a command without the round trip",
		median(far->command, far->commands) - trip, MOST_COMMAND_MS, "ms");

	is_good &= judge("three hosts until they are ready", median(far->ready, far->rounds),
		MOST_READY_MS, "ms");
	return judge("memory of a helper", helper_mb, MOST_HELPER_MB, "MB") && is_good;
}

static int measure(
	const char *dir, size_t rounds, size_t commands, bool *ret_is_good, struct error *err)
{
	static const char *const names[HOSTS] = {"lom", "yuki", "luna"};
	static struct figures near, far;
	AUTO(procs_freep) struct procs *procs = NULL;
	struct profile unshaped = {.name = "unshaped"};
	struct lab_spec spec = {.names = names,
		.count = HOSTS,
		.engine = LAB_ENGINE_WIRE,
		.profile = &unshaped,
		.state_dir = dir,
		.congestion = "cubic"};
	unsigned long kib = 0;

	if (namespace_enter(err) || procs_new(&procs, err))
		return -1;
	for (size_t i = 0; i < rounds; i++) {
		spec.hosts_are_far = false;
		if (play(procs, &spec, commands, &near, &kib, err))
			return -1;
		spec.hosts_are_far = true;
		if (play(procs, &spec, commands, &far, &kib, err))
			return -1;
	}
	print("ready", median(near.ready, rounds), median(far.ready, rounds));
	print("up and verified", median(near.up, rounds), median(far.up, rounds));
	print("down", median(near.down, rounds), median(far.down, rounds));
	print("a round trip", median(near.round_trip, near.commands),
		median(far.round_trip, far.commands));
	print("a command", median(near.command, near.commands), median(far.command, far.commands));
	*ret_is_good = judge_all(&far, (double)kib * 1024 / 1e6);
	return 0;
}

int main(int argc, char *argv[])
{
	size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 10;
	size_t commands = argc > 2 ? strtoul(argv[2], NULL, 10) : 30;
	char dir[] = "/tmp/meshbench-far_hosts.XXXXXX";
	struct error err = {0}, ignored;
	bool is_good = false;
	int status;

	if (rounds < 1 || rounds > MOST_ROUNDS || commands < 1 || commands > MOST_COMMANDS ||
		!mkdtemp(dir))
		return EXIT_FAILURE;
	status = measure(dir, rounds, commands, &is_good, &err);
	if (status)
		fprintf(stderr, "far_hosts: %s\n", err.text);
	if (tree_remove(dir, &ignored))
		fprintf(stderr, "far_hosts: %s\n", ignored.text);
	return status || !is_good ? EXIT_FAILURE : EXIT_SUCCESS;
}
