/* SPDX-License-Identifier: MIT */
/* One attempt at a workload: servers, barrier, clients, limits, reading. */
#include "runner/internal.h"
#include "runner/stops.h"

#include "base/clock.h"
#include "base/text.h"
#include "proc/proc.h"

#include <stdio.h>
#include <string.h>

static const int64_t SERVER_READY_NS = 10 * NS_PER_S;
static const int64_t SERVER_GRACE_NS = 2 * NS_PER_S; /* for those that report at their end */

/* A command of one link and what became of it. */
struct job {
	const struct workload_command *command;
	struct host *host;
	size_t link;
	struct proc *proc; /* NULL: never started */
	bool timed_out;
};

struct jobs {
	struct job *list;
	size_t count;
	size_t *first;             /* index of the first job of each link, and one past the last */
	struct lab_clocks *clocks; /* of each link, there and back, before anything ran */
};

static void jobs_done(struct jobs *jobs)
{
	for (size_t i = jobs->count; i-- > 0;)
		proc_freep(&jobs->list[i].proc);
}

enum {
	THERE,
	BACK,
	WAYS
};

static struct lab_clocks clocks_now(const struct attempt *attempt, size_t link, int way)
{
	size_t source = attempt->sources[link];
	size_t target = (source + 1) % lab_host_count(attempt->lab);

	return way == THERE ? lab_clocks_between(attempt->lab, source, target)
			    : lab_clocks_between(attempt->lab, target, source);
}

static struct clocks clocks_meanwhile(
	const struct attempt *attempt, const struct jobs *jobs, size_t link, int way)
{
	struct lab_clocks end = clocks_now(attempt, link, way);
	struct lab_clocks over = lab_clocks_over(&jobs->clocks[WAYS * link + (size_t)way], &end);

	return (struct clocks){over.shift_ns, over.bound_ns};
}

static struct jobs jobs_new(const struct attempt *attempt, struct arena *arena)
{
	struct jobs jobs = {.first = arena_alloc(arena, size_t, attempt->link_count + 1),
		.clocks = arena_alloc(arena, struct lab_clocks, WAYS * attempt->link_count)};
	size_t hosts = lab_host_count(attempt->lab);

	for (size_t link = 0; link < attempt->link_count; link++) {
		struct workload_command *commands;
		struct job *grown;
		size_t count;

		attempt->workload->commands(&attempt->cases[link], arena, &commands, &count);
		grown = arena_alloc(arena, struct job, jobs.count + count);
		if (jobs.count)
			memcpy(grown, jobs.list, jobs.count * sizeof(*grown));
		for (size_t i = 0; i < count; i++) {
			size_t at = attempt->sources[link];

			if (commands[i].side == WORKLOAD_TARGET)
				at = (at + 1) % hosts;
			grown[jobs.count + i] = (struct job){.command = &commands[i],
				.host = lab_host(attempt->lab, at),
				.link = link};
		}
		for (int way = 0; way < WAYS; way++)
			jobs.clocks[WAYS * link + (size_t)way] = clocks_now(attempt, link, way);
		jobs.first[link] = jobs.count;
		jobs.list = grown;
		jobs.count += count;
	}
	jobs.first[attempt->link_count] = jobs.count;
	return jobs;
}

/* Our own programs are found where they were built or installed, not on PATH. */
int attempt_find_program(struct arena *arena, const char *const *argv, const char *const **ret_argv,
	struct error *err)
{
	const char **found;
	size_t count = 0;

	*ret_argv = argv;
	if (!text_starts_with(argv[0], "meshbench-"))
		return 0;
	while (argv[count])
		count++;
	found = arena_alloc(arena, const char *, count + 1);
	memcpy(found, argv, count * sizeof(*found));
	*ret_argv = found;
	return helper_find(arena, argv[0], &found[0], err);
}

static int start_job(struct job *job, struct arena *arena, struct error *err)
{
	const char *const *argv;

	if (attempt_find_program(arena, job->command->argv, &argv, err))
		return -1;
	return host_start(job->host,
		&(struct proc_spec){.what = job->command->what,
			.argv = argv,
			.keep_bytes = job->command->keep_bytes,
			.merge = job->command->merge,
			.held = !job->command->is_server},
		&job->proc, err);
}

static int write_files(const struct jobs *jobs, struct error *err)
{
	for (size_t i = 0; i < jobs->count; i++) {
		const struct workload_command *command = jobs->list[i].command;

		for (size_t f = 0; f < command->file_count; f++) {
			const struct workload_file *file = &command->files[f];

			if (host_write(jobs->list[i].host, file->path, file->text,
				    strlen(file->text), 0600, err))
				return -1;
		}
	}
	return 0;
}

static int start_servers(const struct jobs *jobs, struct arena *arena, struct error *err)
{
	struct deadline deadline = deadline_in(SERVER_READY_NS);

	for (size_t i = 0; i < jobs->count; i++) {
		if (jobs->list[i].command->is_server && start_job(&jobs->list[i], arena, err))
			return -1;
	}
	for (size_t i = 0; i < jobs->count; i++) {
		const struct workload_command *command = jobs->list[i].command;

		if (!command->is_server || !command->ready ||
			proc_wait_output(jobs->list[i].proc, command->ready, deadline, err) == 0)
			continue;
		if (err->kind == ERROR_CRASHED) /* which is said of daemons of a VPN */
			err->kind = ERROR_TOOL;
		return -1;
	}
	return 0;
}

/* Ends what is over its limit; true while any client of the wave still runs. */
static bool is_wave_running(const struct jobs *jobs, unsigned wave, struct deadline *ret_next)
{
	bool running = false;

	*ret_next = deadline_in(NS_PER_S);
	for (size_t i = 0; i < jobs->count; i++) {
		struct job *job = &jobs->list[i];
		struct proc_result result;
		struct deadline limit;

		if (job->command->is_server || job->command->wave != wave || !job->proc)
			continue;
		result = proc_result(job->proc);
		if (result.has_ended)
			continue;
		limit.at_ns = result.started_ns + job->command->limit_ns;
		if (deadline_has_passed(limit)) {
			job->timed_out = true;
			proc_kill(job->proc);
			continue;
		}
		*ret_next = deadline_earlier(*ret_next, limit);
		running = true;
	}
	return running;
}

/* Whether a gate of an earlier wave did not let the link's later commands through. */
static bool is_stopped(const struct jobs *jobs, size_t link, unsigned wave)
{
	for (size_t i = jobs->first[link]; i < jobs->first[link + 1]; i++) {
		const struct job *job = &jobs->list[i];

		if (job->command->is_gate && job->command->wave < wave &&
			(!job->proc || proc_result(job->proc).exit_code != 0))
			return true;
	}
	return false;
}

static void end_clients(const struct jobs *jobs)
{
	for (size_t i = 0; i < jobs->count; i++) {
		if (!jobs->list[i].command->is_server && jobs->list[i].proc)
			proc_kill(jobs->list[i].proc);
	}
}

static bool has_wire(struct lab *lab)
{
	struct error ignored;

	return lab_check_wire(lab, &ignored) == 0;
}

/* Without a wire nobody answers, and clients would wait for that as long as they may. */
static int watch_wave(struct lab *lab, const struct jobs *jobs, unsigned wave, struct error *err)
{
	struct deadline next;

	while (is_wave_running(jobs, wave, &next)) {
		if (procs_step(lab_procs(lab), next, err))
			return -1;
		if (!has_wire(lab))
			end_clients(jobs);
	}
	return 0;
}

/* What they print on other machines waits until all of them have ended. */
static int run_together(struct lab *lab, const struct jobs *jobs, unsigned wave,
	struct proc *held[], size_t count, struct error *err)
{
	struct error ignored;
	int failed = lab_begin_silence(lab, err) || procs_release(held, count, err) ||
		     watch_wave(lab, jobs, wave, err);

	return lab_end_silence(lab, failed ? &ignored : err) || failed ? -1 : 0;
}

static int run_wave(struct lab *lab, const struct jobs *jobs, struct arena *arena, unsigned wave,
	struct error *err)
{
	struct proc **held = arena_alloc(arena, struct proc *, jobs->count);
	size_t count = 0;

	for (size_t i = 0; i < jobs->count; i++) {
		struct job *job = &jobs->list[i];

		if (job->command->is_server || job->command->wave != wave ||
			is_stopped(jobs, job->link, wave))
			continue;
		if (start_job(job, arena, err))
			return -1;
		held[count++] = job->proc;
	}
	return count ? run_together(lab, jobs, wave, held, count, err) : 0;
}

/* What is watched while the commands run; NULL: not, or not yet. */
struct observers {
	struct machine_watch *machine;
	struct resources *resources;
	struct capacity_watch *capacity;
};

static int observe(const struct attempt *attempt, struct observers *o, struct error *err)
{
	return machine_begin(attempt->lab, &o->machine, err) ||
			       resources_begin(attempt->lab, attempt->vpn, &o->resources, err)
		       ? -1
		       : 0;
}

/* `capacity` takes note of the end of every wave. */
static int run_waves(const struct attempt *attempt, const struct jobs *jobs, struct arena *arena,
	struct capacity_watch **capacity, struct error *err)
{
	unsigned waves = 0;

	for (size_t i = 0; i < jobs->count; i++) {
		if (!jobs->list[i].command->is_server && jobs->list[i].command->wave >= waves)
			waves = jobs->list[i].command->wave + 1;
	}
	if (attempt->workload->times_flows &&
		capacity_begin(attempt->lab, attempt->vpn, capacity, err))
		return -1;
	for (unsigned wave = 0; wave < waves && has_wire(attempt->lab); wave++) {
		if (run_wave(attempt->lab, jobs, arena, wave, err) ||
			(*capacity && capacity_end_wave(*capacity, err)))
			return -1;
	}
	return 0;
}

static int run_jobs(const struct attempt *attempt, const struct jobs *jobs, struct arena *arena,
	struct capacity_watch **capacity, struct error *err)
{
	if (write_files(jobs, err) || start_servers(jobs, arena, err) ||
		run_waves(attempt, jobs, arena, capacity, err))
		return -1;
	for (size_t i = 0; i < jobs->count; i++) {
		if (jobs->list[i].command->is_server)
			proc_stop(jobs->list[i].proc, SERVER_GRACE_NS);
	}
	return 0;
}

static struct workload_output output_of(const struct job *job)
{
	struct proc_result result;

	if (!job->proc)
		return (struct workload_output){.exit_code = -1, .out = "", .errout = ""};
	result = proc_result(job->proc);
	return (struct workload_output){.exit_code = result.exit_code,
		.signal = result.signal,
		.timed_out = job->timed_out,
		.out = result.out,
		.errout = result.errout,
		.out_size = result.out_size,
		.errout_size = result.errout_size,
		.dropped_bytes = result.dropped_bytes,
		.started_ns = result.started_ns,
		.ended_ns = result.ended_ns};
}

/* Keeps the words of the command that failed beyond the life of its process. */
static void keep_blamed(struct attempt_result *result, size_t link, const struct job *job)
{
	struct workload_output output = output_of(job);

	output.out = arena_strndup(result->arena, output.out, output.out_size);
	output.errout = arena_strndup(result->arena, output.errout, output.errout_size);
	result->blamed[link] = job->command;
	result->blamed_outputs[link] = output;
}

/* Of the log what this link's source sent to its target; what was dropped went to nobody. */
static void choose_packets(const struct attempt *attempt, const struct lab_packets *packets,
	size_t link, struct arena *arena, struct workload_case *c)
{
	size_t source = attempt->sources[link];
	size_t target = (source + 1) % lab_host_count(attempt->lab), count = 0;
	struct workload_packet *chosen = arena_alloc(arena, struct workload_packet, packets->count);

	for (size_t i = 0; i < packets->count; i++) {
		const struct wire_record *record = &packets->list[i];

		if (record->in_port != source ||
			(record->out_port != target && record->out_port != LAB_NOBODY))
			continue;
		chosen[count++] = (struct workload_packet){.in_ns = record->in_ns,
			.out_ns = record->out_ns,
			.index = record->index,
			.flow = record->flow,
			.bytes = record->bytes,
			.count = record->packets,
			.is_clone = record->is_clone};
	}
	c->packets = chosen;
	c->packet_count = count;
	c->packets_missed = packets->missed;
}

static void read_link(const struct attempt *attempt, const struct jobs *jobs, size_t link,
	const struct lab_packets *packets, struct attempt_result *result)
{
	size_t first = jobs->first[link], count = jobs->first[link + 1] - first;
	struct workload_output *outputs = arena_alloc(result->arena, struct workload_output, count);
	struct workload_reading *reading = &result->readings[link];
	struct workload_case c = attempt->cases[link];

	for (size_t i = 0; i < count; i++)
		outputs[i] = output_of(&jobs->list[first + i]);
	c.wire = result->wire;
	c.clocks_there = clocks_meanwhile(attempt, jobs, link, THERE);
	c.clocks_back = clocks_meanwhile(attempt, jobs, link, BACK);
	if (packets->was_recorded)
		choose_packets(attempt, packets, link, result->arena, &c);
	attempt->workload->read(&c, outputs, count, reading);
	if (reading->has_blamed && reading->blamed < count)
		keep_blamed(result, link, &jobs->list[first + reading->blamed]);
}

void attempt_blame(struct attempt_result *result, enum cause cause, const char *evidence)
{
	for (size_t link = 0; link < result->link_count; link++) {
		struct workload_reading *reading = &result->readings[link];

		reading->cause = cause;
		snprintf(reading->evidence, sizeof(reading->evidence), "%s", evidence);
	}
}

static double bytes_of(const struct attempt *attempt, const struct attempt_result *result)
{
	double bytes = 0;

	for (size_t link = 0; link < attempt->link_count; link++)
		bytes += result->readings[link].bytes_moved;
	return bytes;
}

/* The flows of all links, which the readings have by direction of their link. */
static json_t *capacity_of(const struct attempt *attempt, const struct attempt_result *result,
	struct capacity_watch *watch)
{
	size_t hosts = lab_host_count(attempt->lab), count = 0;
	struct capacity_flow *flows = arena_alloc(
		result->arena, struct capacity_flow, attempt->link_count * WORKLOAD_FLOWS);

	for (size_t link = 0; link < attempt->link_count; link++) {
		const struct workload_reading *reading = &result->readings[link];
		size_t source = attempt->sources[link], target = (source + 1) % hosts;

		for (size_t i = 0; i < reading->flow_count; i++) {
			const struct workload_flow *flow = &reading->flows[i];

			flows[count++] =
				(struct capacity_flow){.source = flow->is_reverse ? target : source,
					.target = flow->is_reverse ? source : target,
					.wave = flow->wave,
					.is_reverse = flow->is_reverse,
					.bytes = flow->bytes};
		}
	}
	return capacity_end(watch, flows, count);
}

static void observe_end(
	const struct attempt *attempt, const struct observers *o, struct attempt_result *result)
{
	if (o->resources)
		result->resources = resources_end(o->resources, bytes_of(attempt, result));
	result->capacity = capacity_of(attempt, result, o->capacity);
}

struct attempt_result attempt_result_new(size_t link_count)
{
	struct arena *arena = arena_new();

	return (struct attempt_result){.arena = arena,
		.link_count = link_count,
		.marks = json_array(),
		.readings = arena_alloc(arena, struct workload_reading, link_count),
		.blamed = arena_alloc(arena, const struct workload_command *, link_count),
		.blamed_outputs = arena_alloc(arena, struct workload_output, link_count)};
}

void attempt_end_machine(
	struct lab *lab, struct machine_watch *watch, struct attempt_result *result)
{
	struct machine_account account;
	const struct proc_stop *stops;
	size_t count;

	if (watch) {
		stops = procs_stops(lab_procs(lab), &count);
		stops_judge(stops, count, result->marks);
	}
	if (!watch || !machine_end(watch, &account))
		return;
	result->machine = machine_json(&account);
	machine_judge(&account, result->marks);
}

void attempt_note_connections(
	struct lab *lab, const struct lab_connections *before, struct attempt_result *result)
{
	const struct lab_connections *after = NULL;
	struct error lost;

	if (!before)
		return;
	/* A machine that was lost meanwhile has no clock, and is blamed for what it did. */
	if (lab_look_at_connections(lab, result->arena, &after, &lost))
		after = NULL;
	result->connections = lab_connections_json(lab, before, after);
}

int attempt_report_wire(const struct attempt *attempt, struct attempt_result *result,
	bool *ret_is_dead, struct error *err)
{
	if (lab_wire_report(attempt->lab, &result->wire, err) == 0)
		return 0;
	*ret_is_dead = err->kind == ERROR_CRASHED;
	return *ret_is_dead ? 0 : -1;
}

/* The commands live no longer than this function: what is kept of them is in the result. */
static int measure(const struct attempt *attempt, struct attempt_result *result, struct error *err)
{
	AUTO(jobs_done) struct jobs jobs = jobs_new(attempt, result->arena);
	size_t room = attempt->workload->log_packets;
	struct lab_packets packets = {0};
	struct observers observers = {0};
	bool is_wire_dead = false;
	struct error failure;
	int failed;

	if (room && lab_record_packets(attempt->lab, room, err))
		return -1;
	failed = observe(attempt, &observers, &failure) ||
		 run_jobs(attempt, &jobs, result->arena, &observers.capacity, &failure);
	attempt_end_machine(attempt->lab, observers.machine, result);
	if (attempt_report_wire(attempt, result, &is_wire_dead, err) ||
		(room && !is_wire_dead && lab_take_packets(attempt->lab, &packets, err))) {
		observe_end(attempt, &observers, result);
		return -1;
	}
	if (is_wire_dead) {
		attempt_blame(result, CAUSE_WIRE, err->text);
	} else if (failed) {
		attempt_blame(result, cause_of_error(&failure), failure.text);
	} else {
		for (size_t link = 0; link < attempt->link_count; link++)
			read_link(attempt, &jobs, link, &packets, result);
	}
	observe_end(attempt, &observers, result);
	return 0;
}

int attempt_run(const struct attempt *attempt, struct attempt_result *ret_result, struct error *err)
{
	struct attempt_result result = attempt_result_new(attempt->link_count);
	int64_t started_ns = clock_now_ns();
	int failed = measure(attempt, &result, err);

	result.duration_s = (double)(clock_now_ns() - started_ns) / 1e9;
	if (procs_is_cancelled(lab_procs(attempt->lab)))
		failed = fail(err, ERROR_CANCELLED, "cancelled");
	if (failed) {
		attempt_result_done(&result);
		return -1;
	}
	*ret_result = result;
	return 0;
}

void attempt_result_done(struct attempt_result *result)
{
	if (!result->arena)
		return;
	for (size_t link = 0; link < result->link_count; link++)
		workload_reading_done(&result->readings[link]);
	json_decref(result->resources);
	json_decref(result->wire);
	json_decref(result->limits);
	json_decref(result->connections);
	json_decref(result->machine);
	json_decref(result->capacity);
	json_decref(result->marks);
	arena_free(result->arena);
	result->arena = NULL;
}
