/*
 * Runs the commands of every workload as they are, on the loopback device of a network namespace of
 * its own, and expects numbers.
 */
#include "workload/workload.h"

#include "tap.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"

#include "proc/proc.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#define COMMANDS_MAX 8

struct run {
	struct arena *arena;
	struct procs *procs;
	struct workload_command *commands;
	size_t count;
	struct proc *started[COMMANDS_MAX];
	struct workload_reading reading;
	struct error err;
};

static void run_done(struct run *run)
{
	for (size_t i = 0; i < run->count; i++)
		proc_free(run->started[i]);
	procs_freep(&run->procs);
	arena_freep(&run->arena);
	workload_reading_done(&run->reading);
}

static struct proc_spec spec_of(const struct workload_command *command)
{
	return (struct proc_spec){.what = command->what,
		.argv = command->argv,
		.keep_bytes = command->keep_bytes,
		.held = !command->is_server};
}

static int start_servers(struct run *run)
{
	for (size_t i = 0; i < run->count; i++) {
		const struct workload_command *command = &run->commands[i];
		const struct proc_spec spec = spec_of(command);

		if (!command->is_server)
			continue;
		if (proc_start(run->procs, &spec, &run->started[i], &run->err) ||
			proc_wait_output(run->started[i], command->ready,
				deadline_in(10 * NS_PER_S), &run->err))
			return -1;
	}
	return 0;
}

/* Clients of one stage start behind a barrier; returns how many there were. */
static int run_stage(struct run *run, unsigned stage, size_t *ret_count)
{
	struct proc *clients[COMMANDS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < run->count; i++) {
		const struct proc_spec spec = spec_of(&run->commands[i]);

		if (run->commands[i].is_server || run->commands[i].stage != stage)
			continue;
		if (proc_start(run->procs, &spec, &run->started[i], &run->err))
			return -1;
		clients[count++] = run->started[i];
	}
	*ret_count = count;
	if (count && procs_release(clients, count, &run->err))
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (proc_wait(clients[i], deadline_in(60 * NS_PER_S), &run->err))
			return -1;
	}
	return 0;
}

static void read_outputs(
	struct run *run, const struct workload *workload, const struct workload_case *c)
{
	struct workload_output outputs[COMMANDS_MAX];

	for (size_t i = 0; i < run->count; i++) {
		struct proc_result result;

		proc_stop(run->started[i], NS_PER_S);
		result = proc_result(run->started[i]);
		outputs[i] = (struct workload_output){.exit_code = result.exit_code,
			.signal = result.signal,
			.out = result.out,
			.errout = result.errout,
			.out_size = result.out_size,
			.errout_size = result.errout_size,
			.dropped_bytes = result.dropped_bytes,
			.started_ns = result.started_ns,
			.ended_ns = result.ended_ns};
	}
	workload->read(c, outputs, run->count, &run->reading);
	printf("# %s: %s %s\n", workload->name, run->reading.headline, run->reading.evidence);
}

static int measure(struct run *run, const struct workload *workload, const char *address)
{
	const struct workload_case c = {.source = "lom",
		.target = "yuki",
		.source_address = address,
		.target_address = address,
		.link = 2,
		.seconds = 2,
		.ping_count = 5,
		.ping_runs = 2,
		.congestion = "cubic"};
	size_t clients = 1;

	run->arena = arena_new();
	if (procs_new(&run->procs, &run->err))
		return -1;
	workload->commands(&c, run->arena, &run->commands, &run->count);
	if (run->count > COMMANDS_MAX || start_servers(run))
		return -1;
	for (unsigned stage = 0; clients; stage++) {
		if (run_stage(run, stage, &clients))
			return -1;
	}
	read_outputs(run, workload, &c);
	return 0;
}

static bool write_text(const char *path, const char *text)
{
	AUTO(fd_closep) int fd = open(path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* As an ordinary user we become root of a user namespace, so that what we start may set lo up. */
static bool leave_network(void)
{
	char map[32];

	if (geteuid() == 0)
		return unshare(CLONE_NEWNET) == 0;
	snprintf(map, sizeof(map), "0 %u 1", geteuid());
	return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 && write_text("/proc/self/uid_map", map);
}

/* Once: a network with nothing but a loopback device. */
static bool has_network(void)
{
	static const char *const argv[] = {"ip", "link", "set", "lo", "up", NULL};
	static bool is_up;
	const struct proc_spec spec = {.what = "bring lo up", .argv = argv};
	AUTO(procs_freep) struct procs *procs = NULL;
	struct error err = {0};

	if (is_up)
		return true;
	is_up = leave_network() && procs_new(&procs, &err) == 0 &&
		proc_run(procs, &spec, deadline_in(10 * NS_PER_S), &err) == 0;
	return is_up;
}

/* Whether every workload of a link ends so against that address, and moves bytes when it succeeds.
 */
static bool all_end_with(enum cause cause, const char *address)
{
	bool is_so = has_network();

	for (size_t i = 0; is_so && workloads[i]; i++) {
		AUTO(run_done) struct run run = {0};

		if (workloads[i]->scope == WORKLOAD_MESH) /* it has no commands */
			continue;
		if (measure(&run, workloads[i], address))
			printf("# %s\n", run.err.text);
		is_so = run.err.kind == ERROR_NONE && run.reading.cause == cause &&
			(run.reading.bytes_moved > 0) == (cause == CAUSE_SUCCESS);
	}
	return is_so;
}

TEST(every_workload_measures_over_ipv4)
{
	CHECK(all_end_with(CAUSE_SUCCESS, "127.0.0.1"));
}

TEST(every_workload_measures_over_ipv6)
{
	CHECK(all_end_with(CAUSE_SUCCESS, "::1"));
}

TEST(nobody_there_is_a_failure_with_a_cause)
{
	CHECK(all_end_with(CAUSE_UNREACHABLE, "192.0.2.1"));
}

TEST(udp_directions_run_one_after_the_other)
{
	AUTO(run_done) struct run run = {0};

	CHECK(has_network());
	CHECK_OK(measure(&run, &workload_udp, "127.0.0.1"), run.err);
	CHECK(proc_result(run.started[2]).ended_ns <= proc_result(run.started[3]).started_ns);
	CHECK(json_number_at(run.reading.data, "/end/sum_received/bytes", 0) > 0);
	CHECK(json_number_at(run.reading.data, "/end/sum_received_bidir_reverse/bytes", 0) > 0);
}
