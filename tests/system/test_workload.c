/* SPDX-License-Identifier: MIT */
/*
 * Runs the commands of every workload as they are, on the loopback device of a network namespace of
 * its own, and expects numbers.
 */
#include "workload/workload.h"

#include "options_by_hand.h"
#include "tap.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"

#include "base/text.h"

#include "host/host.h"
#include "proc/proc.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#define COMMANDS_MAX 16

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

/* Our own programs lie next to this one. */
static int start(struct run *run, size_t index)
{
	struct proc_spec spec = spec_of(&run->commands[index]);
	const char *argv[32] = {NULL};

	for (size_t i = 0; spec.argv[i] && i + 1 < ARRAY_SIZE(argv); i++)
		argv[i] = spec.argv[i];
	spec.argv = argv;
	if (text_starts_with(argv[0], "meshbench-") &&
		helper_find(run->arena, argv[0], &argv[0], &run->err))
		return -1;
	return proc_start(run->procs, &spec, &run->started[index], &run->err);
}

static int start_servers(struct run *run)
{
	for (size_t i = 0; i < run->count; i++) {
		const struct workload_command *command = &run->commands[i];

		if (!command->is_server)
			continue;
		if (start(run, i) || proc_wait_output(run->started[i], command->ready,
					     deadline_in(10 * NS_PER_S), &run->err))
			return -1;
	}
	return 0;
}

/* Clients of one wave start behind a barrier; returns how many there were. */
static int run_wave(struct run *run, unsigned wave, size_t *ret_count)
{
	struct proc *clients[COMMANDS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < run->count; i++) {
		if (run->commands[i].is_server || run->commands[i].wave != wave)
			continue;
		if (start(run, i))
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

		outputs[i] = (struct workload_output){.exit_code = -1, .out = "", .errout = ""};
		if (!run->started[i])
			continue;
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

static struct workload_case case_of(const char *address)
{
	static struct options_by_hand options;

	if (!options.count) {
		option_by_hand(&options, "ping_count", "5");
		option_by_hand(&options, "ping_runs", "2");
		option_by_hand(&options, "wake_longest", "1");
	}
	return (struct workload_case){.source = "lom",
		.target = "yuki",
		.source_address = address,
		.target_address = address,
		.source_underlay = address,
		.target_underlay = address,
		.link = 2,
		.seconds = 2,
		.options = options.list,
		.congestion = "cubic"};
}

static int prepare(struct run *run, const struct workload *workload, const struct workload_case *c)
{
	run->arena = arena_new();
	if (procs_new(&run->procs, &run->err))
		return -1;
	workload->commands(c, run->arena, &run->commands, &run->count);
	return run->count > COMMANDS_MAX ? -1 : start_servers(run);
}

static int go_on(struct run *run, const struct workload *workload, const struct workload_case *c)
{
	size_t clients = 1;

	for (unsigned wave = 0; clients; wave++) {
		if (run_wave(run, wave, &clients))
			return -1;
	}
	read_outputs(run, workload, c);
	return 0;
}

static int measure(struct run *run, const struct workload *workload, const char *address)
{
	const struct workload_case c = case_of(address);

	return prepare(run, workload, &c) || go_on(run, workload, &c) ? -1 : 0;
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

/* Those on the whole mesh, and those that bring files or need something made before run in a lab:
 * media.sh. */
static bool needs_a_host(const struct workload *workload)
{
	return workload->scope == WORKLOAD_MESH || workload->prepare ||
	       workload == &workload_http_small;
}

/* Whether every workload ends so against that address, and moves bytes when it succeeds. */
static bool all_end_with(enum cause cause, const char *address)
{
	bool is_so = has_network();

	for (size_t i = 0; is_so && workloads[i]; i++) {
		AUTO(run_done) struct run run = {0};

		if (needs_a_host(workloads[i]))
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

TEST(quic_names_a_port_that_is_taken)
{
	const struct workload_case c = case_of("127.0.0.1");
	AUTO(run_done) struct run first = {0}, second = {0};

	CHECK(has_network());
	CHECK_OK(prepare(&first, &workload_quic, &c), first.err);
	CHECK(prepare(&second, &workload_quic, &c) == -1);
	CHECK(strstr(second.err.text, "listen on UDP port 18128: Address already in use"));
}

TEST(rate_names_a_port_that_is_taken)
{
	const struct workload_case c = case_of("127.0.0.1");
	AUTO(run_done) struct run first = {0}, second = {0};

	CHECK(has_network());
	CHECK_OK(prepare(&first, &workload_rate, &c), first.err);
	CHECK(prepare(&second, &workload_rate, &c) == -1);
	CHECK(strstr(second.err.text, "listen on TCP port 17002: Address already in use"));
}

TEST(quic_measures_each_direction_in_a_stage_of_its_own)
{
	AUTO(run_done) struct run run = {0};

	CHECK(has_network());
	CHECK_OK(measure(&run, &workload_quic, "127.0.0.1"), run.err);
	CHECK(proc_result(run.started[1]).ended_ns <= proc_result(run.started[2]).started_ns);
	CHECK(json_number_at(run.reading.data, "/total_bandwidth_mbps/average", 0) > 1);
	CHECK(json_number_at(run.reading.data, "/upload_bandwidth_mbps/average", 0) > 1);
	CHECK(json_number_at(run.reading.data, "/conn_time_ms/min", 0) > 0);
	CHECK(json_number_at(run.reading.data, "/cpu_usage_percent/max", 0) > 0);
	CHECK(json_number_at(run.reading.data, "/datagram_bytes", 0) > 1400);
}

/* The client of the first wave is killed as soon as it runs. */
static int measure_killed(struct run *run, const struct workload *workload)
{
	const struct workload_case c = case_of("127.0.0.1");

	if (prepare(run, workload, &c) || start(run, 1) ||
		procs_release(&run->started[1], 1, &run->err))
		return -1;
	proc_kill(run->started[1]);
	if (proc_wait(run->started[1], deadline_in(10 * NS_PER_S), &run->err))
		return -1;
	read_outputs(run, workload, &c);
	return 0;
}

TEST(a_client_that_is_killed_is_to_blame)
{
	static const struct workload *const tried[] = {&workload_quic, &workload_rate};

	CHECK(has_network());
	for (size_t i = 0; i < ARRAY_SIZE(tried); i++) {
		AUTO(run_done) struct run run = {0};

		CHECK_OK(measure_killed(&run, tried[i]), run.err);
		CHECK(run.reading.cause == CAUSE_TOOL && run.reading.blamed == 1);
		CHECK(strstr(run.reading.evidence, "signal 9"));
	}
}

TEST(udp_directions_run_one_after_the_other_with_an_answered_ping_between)
{
	AUTO(run_done) struct run run = {0};

	CHECK(has_network());
	CHECK_OK(measure(&run, &workload_udp, "127.0.0.1"), run.err);
	CHECK(proc_result(run.started[2]).ended_ns <= proc_result(run.started[4]).started_ns);
	CHECK(proc_result(run.started[4]).ended_ns <= proc_result(run.started[3]).started_ns);
	CHECK(proc_result(run.started[4]).exit_code == 0);
	CHECK(json_number_at(run.reading.data, "/end/sum_received/bytes", 0) > 0);
	CHECK(json_number_at(run.reading.data, "/end/sum_received_bidir_reverse/bytes", 0) > 0);
}

/* One slow stream of probes, which is enough where none of them will count. */
static struct workload_case case_of_narrow_line(void)
{
	struct workload_case c = case_of("127.0.0.1");

	c.line_bps = 1e6;
	return c;
}

/* Until the end of the test, packets to or from this UDP port vanish: way is "dport" or "sport". */
struct firewall {
	bool is_up;
};

static bool nft(const char *rules)
{
	const char *const argv[] = {"nft", rules, NULL};
	const struct proc_spec spec = {.what = "change the firewall", .argv = argv};
	AUTO(procs_freep) struct procs *procs = NULL;
	struct error err = {0};

	return procs_new(&procs, &err) == 0 &&
	       proc_run(procs, &spec, deadline_in(10 * NS_PER_S), &err) == 0;
}

static void firewall_down(struct firewall *firewall)
{
	firewall->is_up = !nft("delete table inet t");
}

static bool firewall_up(struct firewall *firewall, const char *way)
{
	char rules[200];

	snprintf(rules, sizeof(rules),
		"add table inet t; add chain inet t in { type filter hook input priority 0; }; add rule inet t in udp %s 7104 drop",
		way);
	firewall->is_up = nft(rules);
	return firewall->is_up;
}

TEST(a_port_that_is_taken_is_named)
{
	const struct workload_case c = case_of_narrow_line();
	AUTO(run_done) struct run first = {0}, second = {0};

	CHECK(has_network());
	CHECK_OK(prepare(&first, &workload_reorder, &c), first.err);
	CHECK(prepare(&second, &workload_reorder, &c) == -1);
	CHECK(strstr(second.err.text, "port 7104: Address already in use"));
}

TEST(a_probe_server_that_is_killed_is_to_blame)
{
	const struct workload_case c = case_of_narrow_line();
	AUTO(run_done) struct run run = {0};

	CHECK(has_network());
	CHECK_OK(prepare(&run, &workload_reorder, &c), run.err);
	proc_kill(run.started[0]);
	CHECK_OK(go_on(&run, &workload_reorder, &c), run.err);
	CHECK(run.reading.cause == CAUSE_TOOL && run.reading.blamed == 0);
	CHECK(strstr(run.reading.evidence, "signal 9"));
}

TEST(probes_that_all_vanish_are_a_finding)
{
	const struct workload_case c = case_of_narrow_line();
	AUTO(firewall_down) struct firewall firewall = {0};
	AUTO(run_done) struct run run = {0};

	CHECK(has_network() && firewall_up(&firewall, "dport"));
	CHECK_OK(prepare(&run, &workload_reorder, &c), run.err);
	CHECK_OK(go_on(&run, &workload_reorder, &c), run.err);
	CHECK(run.reading.cause == CAUSE_UNREACHABLE && run.reading.blamed == 1);
	CHECK(strstr(run.reading.evidence, "no probe of ") && run.reading.bytes_moved == 0);
	CHECK(json_number_at(run.reading.data, "/streams/0/tunnel/loss_percent", 0) == 100);
}

TEST(a_server_that_never_answers_is_a_finding_and_the_rest_is_measured)
{
	struct workload_case c = case_of("127.0.0.1");
	AUTO(firewall_down) struct firewall firewall = {0};
	AUTO(run_done) struct run run = {0};

	c.seconds = 1;
	CHECK(has_network() && firewall_up(&firewall, "sport"));
	CHECK_OK(prepare(&run, &workload_load_latency, &c), run.err);
	CHECK_OK(go_on(&run, &workload_load_latency, &c), run.err);
	CHECK(run.reading.cause == CAUSE_UNREACHABLE);
	CHECK(strstr(run.reading.evidence, "no echo of a probe came back from yuki while idle"));
	CHECK(json_number_at(run.reading.data, "/stages/3/tunnel/there/received_packets", 0) > 0);
	CHECK(json_number_at(run.reading.data, "/stages/3/load_there_bps", 0) > 0);
}
