/* SPDX-License-Identifier: MIT */
/*
 * Writes a result tree with every kind of file and result, made of stored outputs of the real
 * tools, and holds it to the JSON Schema of the project.
 */
#include "workload/workload.h"

#include "record/hardware.h"
#include "record/hosts.h"
#include "record/layout.h"
#include "record/record.h"
#include "record/settings.h"
#include "record/timing.h"

#include "options_by_hand.h"
#include "tap.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

#include "proc/proc.h"

#include <string.h>
#include <unistd.h>

#define MAX_BYTES ((size_t)16 << 20)

/* A tree, what writes it, and what was said about it. */
struct tree {
	struct arena *arena;
	struct record *record;
	struct procs *procs;
	char dir[64];
	struct error err;
};

static void tree_done(struct tree *tree)
{
	procs_freep(&tree->procs);
	record_closep(&tree->record);
	if (tree->dir[0] && tree_remove(tree->dir, &tree->err))
		fprintf(stderr, "# %s\n", tree->err.text);
	arena_freep(&tree->arena);
}

static int tree_init(struct tree *tree)
{
	tree->arena = arena_new();
	strcpy(tree->dir, "/tmp/meshbench-tree.XXXXXX");
	if (!mkdtemp(tree->dir))
		return -1;
	if (procs_new(&tree->procs, &tree->err))
		return -1;
	return record_open(tree->dir, &tree->record, &tree->err);
}

static const char *source(struct tree *tree, const char *place)
{
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): nothing sets it */
	return arena_printf(tree->arena, "%s/%s", getenv("SOURCE_ROOT"), place);
}

/* 0 when the tree is as the schemas say. */
static int check(struct tree *tree)
{
	const char *const argv[] = {source(tree, "tools/check-tree"), tree->dir, NULL};
	const struct proc_spec spec = {.what = "check the tree", .argv = argv, .merge = true};
	AUTO(proc_freep) struct proc *proc = NULL;

	if (proc_start(tree->procs, &spec, &proc, &tree->err) ||
		proc_wait(proc, deadline_in(50 * NS_PER_S), &tree->err)) {
		fprintf(stderr, "# %s\n", tree->err.text);
		return -1;
	}
	fprintf(stderr, "# %s", proc_result(proc).out);
	return proc_result(proc).exit_code;
}

static const char *output_text(
	struct tree *tree, const char *golden, size_t number, const char *kind)
{
	struct error ignored = {0};
	char *text;

	if (file_read(tree->arena,
		    source(tree, arena_printf(tree->arena, "tests/golden/%s/%zu.%s", golden, number,
					 kind)),
		    MAX_BYTES, &text, NULL, &ignored))
		return "";
	return text;
}

static struct workload_reading reading_of(
	struct tree *tree, const struct workload *workload, const char *golden)
{
	struct options_by_hand options = {0};
	const struct workload_case c = {.source = "lom",
		.target = "yuki",
		.target_address = "10.0.0.2",
		.seconds = 3,
		.options = options.list};
	struct workload_command *commands;
	struct workload_output outputs[8] = {0};
	struct workload_reading reading;
	size_t count;

	option_by_hand(&options, "ping_count", "10");
	option_by_hand(&options, "ping_runs", "2");
	if (text_starts_with(golden, "iperf3/udp"))
		option_by_hand(&options, "udp_tool", "iperf3");
	if (!text_starts_with(golden, "iperf3/tcp-two"))
		option_by_hand(&options, "tcp_clients", "one");
	workload->commands(&c, tree->arena, &commands, &count);
	for (size_t i = 0; i < count && i < ARRAY_SIZE(outputs); i++) {
		outputs[i].out = output_text(tree, golden, i, "out");
		outputs[i].errout = output_text(tree, golden, i, "err");
		outputs[i].out_size = strlen(outputs[i].out);
		outputs[i].errout_size = strlen(outputs[i].errout);
	}
	workload->read(&c, outputs, count, &reading);
	return reading;
}

static struct record_result result_of(const struct workload_reading *reading)
{
	return (struct record_result){
		.cause = reading->cause,
		.evidence = reading->evidence,
		.data = reading->data,
		.samples = reading->samples,
		.duration_s = 3.5,
		.attempts = 1,
	};
}

static int write_cell(struct tree *tree, const char *workload_name, const char *golden,
	size_t repetition, double timeout_s)
{
	static const char *const argv[] = {"iperf3", "-J", NULL};
	const struct workload *workload = workload_named(workload_name);
	struct workload_reading reading = reading_of(tree, workload, golden);
	struct record_result result = result_of(&reading);
	const struct record_cell cell = {.vpn = "Nebula",
		.profile = "low_impairment",
		.source = "lom",
		.target = "yuki",
		.file = workload->file,
		.repetition = repetition};
	int failed;

	if (reading.has_blamed)
		result.argv = argv;
	result.timeout_s = timeout_s;
	result.out = "{}";
	result.errout = "";
	failed = record_write_cell(tree->record, &cell, &result, &tree->err);
	workload_reading_done(&reading);
	return failed;
}

static int write_parallel(struct tree *tree, const char *second, size_t repetition)
{
	const struct record_cell cell = {.vpn = "Nebula",
		.profile = "low_impairment",
		.file = workload_parallel.file,
		.repetition = repetition};
	struct workload_reading good = reading_of(tree, &workload_parallel, "iperf3/tcp");
	struct workload_reading other = reading_of(tree, &workload_parallel, second);
	const struct record_pair pairs[] = {{"lom", "yuki", result_of(&good)},
		{"yuki", "luna", result_of(&other)}, {"luna", "lom", result_of(&good)}};
	const struct record_result whole = {.duration_s = 60, .attempts = 1};
	int failed = record_write_parallel(tree->record, &cell, pairs, 3, &whole, &tree->err);

	workload_reading_done(&good);
	workload_reading_done(&other);
	return failed;
}

static int write_documents(struct tree *tree)
{
	const struct hosts_entry entries[] = {
		{"lom", "10.9.0.1", "10.0.0.1"}, {"yuki", NULL, NULL}};
	const struct settings settings = {.alias = "low_impairment",
		.model = "netem",
		.is_impaired = true,
		.delay_ns = 2000000,
		.loss = 0.0025};
	json_auto_t *hosts = hosts_json(entries, 2), *tc = settings_json(&settings);
	json_auto_t *timing = timing_new("nebula", 1.5), *machine = NULL, *hardware = NULL;
	json_auto_t *environment = json_pack("{s:s}", "kernel", "6.1");

	timing_begin_phase(timing, "benchmarking", "low_impairment", 2);
	timing_add(timing, &(struct timing_operation){"run_tests", 2, 3, "it fell"});
	timing_end_phase(timing, 6);
	if (hardware_machine("", "lom", &machine, &tree->err))
		return -1;
	hardware = hardware_json(json_pack("[O]", machine));
	if (record_write_general(tree->record, LAYOUT_HARDWARE, hardware, &tree->err) ||
		record_write_environment(tree->record, environment, &tree->err) ||
		record_write_vpn(tree->record, "Nebula", LAYOUT_HOSTS, hosts, &tree->err) ||
		record_write_profile(tree->record, "Nebula", "low_impairment", LAYOUT_TC_SETTINGS,
			tc, &tree->err) ||
		record_write_profile(tree->record, "Nebula", "low_impairment", LAYOUT_TIMING,
			timing, &tree->err))
		return -1;
	return record_event(tree->record, "end", NULL, &tree->err);
}

static int write_host_files(struct tree *tree)
{
	struct record_cell cell = {.vpn = "Nebula",
		.profile = "low_impairment",
		.source = "lom",
		.target = "yuki",
		.file = LAYOUT_CONNECT};
	json_auto_t *timings = json_pack("{s:s,s:{},s:{},s:{s:s},s:{s:{s:s,s:s,s:s,s:i,s:s}}}",
		"started", "2025-12-18T01:23:37.758862+00:00", "public_ips", "public_results",
		"vpn_ips", "vpn.luna", "luna", "vpn_results", "vpn.luna", "response", "luna",
		"ended", "2025-12-18T01:23:46.375310+00:00", "time_took", "0:00:08.616448",
		"attempt", 8, "status", "success");

	if (record_write_host(tree->record, &cell, timings, &tree->err))
		return -1;
	cell.file = "daemon.log";
	return record_write_log(tree->record, &cell, "started\n", &tree->err);
}

TEST(a_tree_with_every_kind_of_result_is_as_its_schemas_say)
{
	AUTO(tree_done) struct tree tree = {0};
	static const struct {
		const char *workload, *golden;
		double timeout_s;
	} cells[] = {
		{"ping", "ping/three-runs", 0},
		{"ping", "ping/some-lost", 0},
		{"ping", "ping/all-lost", 0},
		{"ping", "ping/no-route", 0},
		{"tcp", "iperf3/tcp", 0},
		{"tcp", "iperf3/tcp-two", 0},
		{"tcp", "iperf3/tcp-ipv6", 0},
		{"tcp", "iperf3/tcp-3.9", 0},
		{"tcp", "iperf3/tcp-3.20", 0},
		{"tcp", "iperf3/tcp-stalled", 0},
		{"tcp", "iperf3/tcp-refused", 0},
		{"tcp", "iperf3/tcp-server-killed", 0},
		{"tcp", "iperf3/tcp-timeout", 65},
		{"udp", "iperf3/udp", 0},
		{"udp", "iperf3/udp-lossy", 0},
		{"udp", "iperf3/udp-3.9", 0},
		{"udp", "iperf3/udp-3.20", 0},
		{"udp", "iperf3/udp-mtu", 0},
		{"udp", "iperf3/udp-reverse-stalled", 0},
		{"udp", "probe/udp", 0},
		{"udp", "probe/udp-nothing-left", 0},
	};

	CHECK_OK(tree_init(&tree), tree.err);
	for (size_t i = 0; i < ARRAY_SIZE(cells); i++)
		CHECK_OK(write_cell(
				 &tree, cells[i].workload, cells[i].golden, i, cells[i].timeout_s),
			tree.err);
	CHECK_OK(write_parallel(&tree, "iperf3/tcp-ipv6", 0), tree.err);
	CHECK_OK(write_parallel(&tree, "iperf3/tcp-stalled", 1), tree.err);
	CHECK_OK(write_parallel(&tree, "iperf3/tcp-refused", 2), tree.err);
	CHECK_OK(write_documents(&tree), tree.err);
	CHECK_OK(write_host_files(&tree), tree.err);
	CHECK(check(&tree) == 0);
}

/* What the schemas must not let pass; each is one change to a good tree. */
TEST(the_schemas_refuse_what_a_careless_writer_would_write)
{
	static const struct {
		const char *file, *text;
	} faults[] = {
		/* a flow that moved nothing as a success, a result without meta, NaN, a half file
		 */
		{"Nebula/baseline/0_lom/ping.json", "{\"status\":\"success\",\"data\":{}}"},
		{"Nebula/baseline/0_lom/udp_iperf3.json", "{\"status\":\"suc"},
		{"Nebula/baseline/0_lom/qperf.json",
			"{\"status\":\"success\",\"data\":{\"a\":NaN},\"meta\":{}}"},
		{"Nebula/baseline/0_lom/notes.txt", "x"},
		{"events.jsonl", "{\"kind\":\"end\"}\n"},
		{"Nebula/layout.json", "[{\"cmachine\":{\"name\":\"lom\"}}]"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		AUTO(tree_done) struct tree tree = {0};
		const char *path;

		CHECK_OK(tree_init(&tree), tree.err);
		path = LAYOUT_PATH(tree.arena, tree.dir, faults[i].file);
		CHECK_OK(dir_make(arena_strndup(
					  tree.arena, path, (size_t)(strrchr(path, '/') - path)),
				 0755, &tree.err),
			tree.err);
		CHECK_OK(file_write(path, faults[i].text, strlen(faults[i].text), 0644, &tree.err),
			tree.err);
		CHECK(check(&tree) == 1);
	}
}

TEST(a_stalled_flow_that_claims_success_is_refused)
{
	AUTO(tree_done) struct tree tree = {0};
	struct workload_reading reading;
	struct record_result result;
	const struct record_cell cell = {.vpn = "Nebula",
		.profile = "baseline",
		.source = "lom",
		.target = "yuki",
		.file = workload_tcp.file};

	CHECK_OK(tree_init(&tree), tree.err);
	reading = reading_of(&tree, &workload_tcp, "iperf3/tcp-nothing-moved");
	result = result_of(&reading);
	CHECK(result.cause == CAUSE_STALLED);
	result.cause = CAUSE_SUCCESS;
	CHECK_OK(record_write_cell(tree.record, &cell, &result, &tree.err), tree.err);
	workload_reading_done(&reading);
	CHECK(check(&tree) == 1);
}
