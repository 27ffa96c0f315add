/* SPDX-License-Identifier: MIT */
/* Engine wire: hosts joined by meshbench-wire, a process of its own that ends with this one. */
#include "lab/internal.h"

#include "base/fd.h"
#include "base/json.h"

#include <string.h>

static const char *const ip_batch[] = {"ip", "-batch", "-", NULL};
static const char *const tc_batch[] = {"tc", "-batch", "-", NULL};

static const char *tap_queue(struct arena *arena, const struct profile *profile)
{
	return arena_printf(
		arena, "link set dev eth0 txqueuelen %lld\n", (long long)shape_tap_frames(profile));
}

static bool wants_queue(const struct profile *profile)
{
	return profile->line_rate_bps > 0 && profile->impairment.model != NETEM_KERNEL;
}

/*
 * A TAP takes whatever it is given, a network card makes its senders wait. So tbf stands for the
 * card's queue, where the kernel has it. Not with the kernel's model: netem on a card sets packets
 * free at once, and senders do not wait.
 */
static const char *host_queue(struct arena *arena, const struct profile *profile)
{
	if (!wants_queue(profile))
		return "qdisc del dev eth0 root\n";
	return arena_printf(
		arena, "qdisc replace%s", shape_host(arena, profile, "eth0") + strlen("qdisc add"));
}

int emulated_size_taps(struct lab *lab, size_t first, size_t count, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct errand *errands = arena_alloc(arena, struct errand, count);

	for (size_t i = 0; i < count; i++)
		errands[i] = (struct errand){.host = lab->nodes[first + i].host,
			.what = "set the queue of eth0",
			.argv = ip_batch,
			.input = tap_queue(arena, &lab->profile)};
	return errands_run(lab->procs, arena, errands, count, err);
}

/*
 * A kernel without tbf still measures TCP as it should, but a UDP sender floods what a card would
 * hold back. So the description says it.
 */
int emulated_queue_hosts(struct lab *lab, size_t first, size_t count, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct errand *errands = arena_alloc(arena, struct errand, count);

	for (size_t i = 0; i < count; i++)
		errands[i] = (struct errand){.host = lab->nodes[first + i].host,
			.what = "make senders wait for the line",
			.argv = tc_batch,
			.input = host_queue(arena, &lab->profile),
			.may_fail = true}; /* deleting what is not there fails */
	if (errands_run(lab->procs, arena, errands, count, err))
		return -1;
	lab->senders_wait = wants_queue(&lab->profile);
	for (size_t i = 0; i < count; i++)
		lab->senders_wait = lab->senders_wait && errands[i].out;
	return 0;
}

static int start_program(struct lab *lab, int their_fd, struct error *err)
{
	const char *program;

	if (helper_find(lab->arena, "meshbench-wire", &program, err) ||
		proc_start(lab->procs,
			&(struct proc_spec){.what = "start the wire",
				.part = PROC_WIRE,
				.argv = (const char *const[]){program, "--realtime", "--control-fd",
					arena_printf(lab->arena, "%d", their_fd),
					lab->is_virtual ? "--rest=0" : NULL, NULL},
				.processors = lab->cores.per_host ? &lab->cores.wire : NULL,
				.inherit_fd = their_fd},
			&lab->wire_program, err))
		return -1;
	return proc_wait_output(lab->wire_program, "ready\n", deadline_in(10 * NS_PER_S), err);
}

static int connect_program(struct lab *lab, struct error *err)
{
	AUTO(fd_closep) int ours = -1, theirs = -1;

	if (wire_ends(&ours, &theirs, err) || start_program(lab, theirs, err))
		return -1;
	return wire_connect(&ours, &lab->wire, err);
}

int emulated_begin(struct lab *lab, struct error *err)
{
	if (lab->count > WIRE_MAX_PORTS)
		return fail(err, ERROR_MISSING, "engine wire connects at most %d hosts, not %zu",
			WIRE_MAX_PORTS, lab->count);
	lab->ports = arena_alloc(lab->arena, uint32_t, lab->count);
	lab->losses = arena_alloc(lab->arena, struct host_losses, lab->count);
	lab->taps = arena_alloc(lab->arena, int, lab->count);
	for (size_t i = 0; i < lab->count; i++)
		lab->taps[i] = -1;
	return connect_program(lab, err) || site_begin(lab, err) ? -1 : 0;
}

static void end_program(struct lab *lab)
{
	packets_forget(lab);
	wire_freep(&lab->wire);
	proc_freep(&lab->wire_program);
}

void emulated_end(struct lab *lab)
{
	end_program(lab);
	for (size_t i = 0; lab->taps && i < lab->count; i++)
		fd_closep(&lab->taps[i]);
}

int emulated_blame(struct lab *lab, struct error *err)
{
	struct error ignored;

	/* What it says later would be taken for the answer to another question. */
	if (err->kind == ERROR_TIMEOUT) {
		proc_kill(lab->wire_program);
		err->kind = ERROR_CRASHED;
		return -1;
	}
	/* Its socket is closed a moment before its end is seen. */
	if (err->kind == ERROR_SYSTEM &&
		proc_wait(lab->wire_program, deadline_in(NS_PER_S), &ignored) == 0)
		return fail(err, ERROR_CRASHED, "%s", proc_obituary(lab->wire_program));
	if (proc_result(lab->wire_program).has_ended)
		return fail(err, ERROR_CRASHED, "%s", proc_obituary(lab->wire_program));
	return -1;
}

struct wire_params emulated_params(const struct profile *profile)
{
	return (struct wire_params){.impairment = profile->impairment,
		.line_rate_bps = profile->line_rate_bps,
		.line_buffer_bytes = profile->line_buffer_bytes,
		.merge_ns = profile->merge_ns};
}

/* A site's own network impairs nothing; its router's uplink does. */
static struct profile profile_of(const struct lab *lab, size_t index)
{
	bool is_in_site = lab->topology && lab->nodes[index].site != TOPOLOGY_PUBLIC;

	return is_in_site ? site_profile(lab) : lab->profile;
}

static int shape_host_port(struct lab *lab, size_t index, struct error *err)
{
	const struct profile profile = profile_of(lab, index);
	const struct wire_params params = emulated_params(&profile);

	return wire_set_params(lab->wire, lab->ports[index], &params,
		profile_has_timeline(&profile) ? &profile.timeline : NULL, err);
}

static int add_port(struct lab *lab, size_t index, struct error *err)
{
	const struct profile profile = profile_of(lab, index);
	const struct wire_params params = emulated_params(&profile);

	if (wire_add_port(lab->wire, lab->nodes[index].name, lab->taps[index], &params,
		    &lab->ports[index], err))
		return emulated_blame(lab, err);
	if (lab->topology &&
		wire_join(lab->wire, lab->ports[index], lab->nodes[index].segment, err))
		return emulated_blame(lab, err);
	return profile_has_timeline(&profile) ? shape_host_port(lab, index, err) : 0;
}

static int open_taps(struct lab *lab, size_t first, size_t count, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct inside *list = arena_alloc(arena, struct inside, count);

	for (size_t i = 0; i < count; i++)
		list[i] = (struct inside){.host = lab->nodes[first + i].host,
			.name = lab->nodes[first + i].name,
			.device = "eth0",
			.open = wire_tap_open};
	return inside_open(list, count, lab->taps + first, err);
}

static int add_ports(struct lab *lab, size_t first, size_t count, struct error *err)
{
	if (open_taps(lab, first, count, err))
		return -1;
	for (size_t i = first; i < first + count; i++) {
		if (add_port(lab, i, err))
			return -1;
	}
	return 0;
}

static char *wiring_of(
	const struct lab *lab, struct arena *arena, size_t index, const char *congestion)
{
	return lab->topology ? site_wiring(lab, arena, index, congestion)
			     : wiring_host(arena, lab->nodes, lab->count, index, congestion);
}

int emulated_plug(struct lab *lab, size_t first, size_t count, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct errand *errands = arena_alloc(arena, struct errand, count);
	const char *congestion = lab->is_pinned_by_sysctl ? NULL : lab->congestion;

	if (add_ports(lab, first, count, err))
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct lab_node *node = &lab->nodes[first + i];

		errands[i] = (struct errand){.host = node->host,
			.what = "give eth0 its addresses",
			.argv = ip_batch,
			.input = arena_printf(arena, "link set dev eth0 address %s mtu %d\n%s%s",
				node->mac, LAB_MTU, tap_queue(arena, &lab->profile),
				wiring_of(lab, arena, first + i, congestion))};
	}
	if (errands_run(lab->procs, arena, errands, count, err))
		return -1;
	return emulated_queue_hosts(lab, first, count, err);
}

int emulated_unplug(struct lab *lab, size_t index, struct error *err)
{
	if (wire_remove_port(lab->wire, lab->ports[index], err))
		return emulated_blame(lab, err);
	fd_closep(&lab->taps[index]);
	return 0;
}

/* A fresh process at the hosts' old TAPs: they have lost packets and nothing else. */
static int replace_program(struct lab *lab, struct error *err)
{
	end_program(lab);
	if (connect_program(lab, err) || site_begin(lab, err))
		return -1;
	for (size_t i = 0; i < lab->count; i++) {
		if (lab->taps[i] >= 0 && add_port(lab, i, err))
			return -1;
	}
	return 0;
}

int emulated_reshape(struct lab *lab, struct error *err)
{
	for (size_t i = 0; i < lab->count; i++) {
		if (shape_host_port(lab, i, err))
			return emulated_blame(lab, err);
	}
	if (site_reshape(lab, err))
		return emulated_blame(lab, err);
	if (emulated_size_taps(lab, 0, lab->count, err))
		return -1;
	return emulated_queue_hosts(lab, 0, lab->count, err);
}

int emulated_restart(struct lab *lab, uint64_t seed, struct error *err)
{
	struct wire_health health;

	/* One that has ended or stands still has carried nothing yet that would be measured. */
	if (proc_result(lab->wire_program).has_ended || wire_restart(lab->wire, seed, err)) {
		if (replace_program(lab, err))
			return -1;
		if (wire_restart(lab->wire, seed, err))
			return emulated_blame(lab, err);
	}
	if (wire_read_health(lab->wire, &health, err))
		return emulated_blame(lab, err);
	lab->wire_cpu_s = health.cpu_s;
	return losses_count(lab, lab->losses, err);
}

json_t *emulated_counters_json(
	const char *host, const struct wire_counters *c, const struct host_losses *losses)
{
	const struct {
		const char *name;
		uint64_t value;
	} list[] = {{"in_frames", c->in_frames}, {"in_packets", c->in_packets},
		{"in_bytes", c->in_bytes}, {"out_frames", c->out_frames},
		{"out_packets", c->out_packets}, {"out_bytes", c->out_bytes}, {"lost", c->lost},
		{"down", c->down}, {"overflow", c->overflow}, {"duplicated", c->duplicated},
		{"corrupted", c->corrupted}, {"reordered", c->reordered},
		{"displaced_short", c->displaced_short},
		{"line_overflow_out", c->line_overflow_out},
		{"line_overflow_in", c->line_overflow_in}, {"queued", c->queued},
		{"malformed", c->malformed}, {"write_errors", c->write_errors},
		{"out_of_memory", c->out_of_memory}, {"fell_behind", c->fell_behind},
		{"host_tx_dropped", losses->tx_dropped}, {"host_rx_dropped", losses->rx_dropped},
		{"host_udp_buffer_full", losses->udp_buffer_full}};
	json_t *json = json_make("{s:s}", "host", host);

	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		json_object_set_new(json, list[i].name, json_integer((json_int_t)list[i].value));
	return json;
}

static double quantile_us(const struct wire_histogram *histogram, double quantile)
{
	return (double)wire_histogram_quantile_ns(histogram, quantile) / 1e3;
}

static json_t *absences_json(const struct wire_health *health)
{
	const struct wire_absences *away = &health->absences;

	return json_make("{s:I, s:f, s:f, s:f, s:f, s:o}", "count", (json_int_t)away->count,
		"longest_us", (double)away->longest_ns / 1e3, "total_s",
		(double)away->total_ns / 1e9, "late_s", (double)away->late_ns / 1e9, "watched_s",
		(double)away->watched_ns / 1e9, "run_queue_wait_s",
		health->run_queue_wait_ns < 0 ? json_null()
					      : json_real((double)health->run_queue_wait_ns / 1e9));
}

json_t *emulated_health_json(const struct wire_health *health)
{
	const struct wire_histogram *late = &health->release_error;

	return json_make("{s:{s:f,s:f,s:f,s:I}, s:f, s:o, s:f, s:I, s:b, s:b, s:I, s:I}",
		"release_error_us", "p50", quantile_us(late, 0.5), "p99", quantile_us(late, 0.99),
		"max", (double)late->max_ns / 1e3, "count", (json_int_t)late->count,
		"late_limit_us", (double)health->late_limit_ns / 1e3, "absences",
		absences_json(health), "cpu_s", health->cpu_s, "naps", (json_int_t)health->naps,
		"is_realtime", health->is_realtime, "memory_is_locked", health->memory_is_locked,
		"memory_bytes", (json_int_t)health->memory_bytes, "memory_used_bytes",
		(json_int_t)health->memory_used_bytes);
}

void emulated_subtract(struct host_losses *losses, const struct host_losses *before)
{
	if (losses->tx_dropped >= before->tx_dropped)
		losses->tx_dropped -= before->tx_dropped;
	if (losses->rx_dropped >= before->rx_dropped)
		losses->rx_dropped -= before->rx_dropped;
	if (losses->udp_buffer_full >= before->udp_buffer_full)
		losses->udp_buffer_full -= before->udp_buffer_full;
}

static int read_ports(struct lab *lab, struct wire_counters counters[], struct host_losses losses[],
	struct error *err)
{
	for (size_t i = 0; i < lab->count; i++) {
		if (wire_read_counters(lab->wire, lab->ports[i], &counters[i], err))
			return emulated_blame(lab, err);
	}
	if (losses_count(lab, losses, err))
		return -1;
	for (size_t i = 0; i < lab->count; i++) {
		emulated_subtract(&losses[i], &lab->losses[i]);
		counters[i].unfetched = losses[i].tx_dropped;
	}
	return 0;
}

int emulated_report(struct lab *lab, json_t **ret_report, struct error *err)
{
	struct wire_counters counters[WIRE_MAX_PORTS];
	struct host_losses losses[WIRE_MAX_PORTS];
	struct wire_health health;
	char reason[200] = "";
	json_t *report, *ports;
	bool is_good;

	if (wire_read_health(lab->wire, &health, err))
		return emulated_blame(lab, err);
	health.cpu_s -= lab->wire_cpu_s;
	if (read_ports(lab, counters, losses, err))
		return -1;
	is_good = wire_health_is_good(&health, counters, lab->count, reason, sizeof(reason));
	report = emulated_health_json(&health);
	json_object_set_new(report, "was_good", json_boolean(is_good));
	json_object_set_new(report, "reason", is_good ? json_null() : json_text(reason));
	ports = json_array();
	for (size_t i = 0; i < lab->count; i++)
		json_array_append_new(ports,
			emulated_counters_json(lab->nodes[i].name, &counters[i], &losses[i]));
	json_object_set_new(report, "ports", ports);
	if (site_report(lab, report, err)) {
		json_decref(report);
		return -1;
	}
	*ret_report = report;
	return 0;
}

/* What a description says about the wire in addition to the profile. */
json_t *emulated_facts(const struct lab *lab)
{
	const struct profile *profile = &lab->profile;
	uint64_t buffer = profile->line_buffer_bytes;

	return json_make("{s:s, s:s, s:I, s:I, s:i, s:I, s:I, s:i, s:o}", "model",
		profile_model(profile), "unit", profile_words("unit")[profile->impairment.unit],
		"merge_ns", (json_int_t)profile->merge_ns, "line_buffer_bytes",
		(json_int_t)(buffer ? buffer : WIRE_DEFAULT_LINE_BUFFER_BYTES),
		"line_overhead_bytes", WIRE_LINE_OVERHEAD_BYTES, "bottleneck_buffer_bytes",
		(json_int_t)netem_buffer_bytes(&profile->impairment), "memory_bytes",
		(json_int_t)WIRE_DEFAULT_MEMORY_BYTES, "most_ports", WIRE_MAX_PORTS, "senders_wait",
		wants_queue(profile) ? json_boolean(lab->senders_wait) : json_null());
}
