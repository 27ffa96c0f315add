/* SPDX-License-Identifier: MIT */
/* Nominal and effective: a profile measured with the probe before anything else relies on it. */
#include "runner/calibrate.h"

#include "base/clock.h"
#include "base/json.h"
#include "document/clocks.h"
#include "netem/netem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
	DELAY_BYTES = 200, /* payload of the packets that measure delay, loss and order */
	RATE_BYTES = 1400, /* of those that measure the rate */
	HEADER_BYTES = 42, /* Ethernet, IPv4 and UDP */
	LINE_BYTES = 66,   /* the same, with what a line adds to a frame */
	PROBE_RATE = 2000, /* packets per second at most */
	RATE_MS = 1000,    /* of sending more than fits */
	FAST = 10000,      /* packets per second that a sender has to hand over together */
	TOGETHER = 40
};

/* A rate is measured by sending so much more than fits; it counts when still so much more was sent
 * than came, apart from what the profile loses. */
static const double OVERLOAD = 1.3, CLEARLY_MORE = 1.03;
static const char *const names_here[] = {"here", "peer", NULL};

/* The payload rate that a profile lets through for packets of this size; 0: no limit. */
static double nominal_payload_bps(const struct profile *profile, double bytes)
{
	const struct netem_params *params = &profile->impairment;
	double passing = 1 - netem_loss_share(params);
	double line = profile->line_rate_bps * bytes / (bytes + LINE_BYTES);
	double inner = params->rate_bps * bytes / (bytes + HEADER_BYTES + params->overhead_bytes);

	if (inner > 0 && (line <= 0 || inner < line * passing))
		return params->model == NETEM_KERNEL ? fmin(inner, line > 0 ? line : inner) : inner;
	return line * passing;
}

static void set_number(json_t *json, const char *key, double value)
{
	json_object_set_new(json, key, isfinite(value) ? json_real(value) : json_null());
}

/* The words of the profile, and what they make of loss and delay. */
static json_t *nominal_json(const struct profile *profile)
{
	const struct netem_params *params = &profile->impairment;
	const struct netem_loss *loss = &params->loss;
	bool is_random = loss->kind == NETEM_LOSS_RANDOM;
	double rho = loss->random.correlation, p = loss->random.probability;
	json_t *json = json_object();

	set_number(json, "delay_ms", (double)params->delay_ns / 1e6);
	set_number(json, "jitter_ms", (double)params->jitter_ns / 1e6);
	set_number(json, "expected_mean_delay_ms", netem_mean_delay_ns(params) / 1e6);
	set_number(json, "loss_percent", 100 * (is_random ? p : netem_loss_share(params)));
	set_number(json, "expected_loss_percent", 100 * netem_loss_share(params));
	if (is_random && p > 0 && params->model == NETEM_CALIBRATED)
		set_number(json, "mean_loss_burst_packets", 1 / ((1 - p) * (1 - rho)));
	set_number(json, "duplicate_percent", 100 * params->duplicate.probability);
	set_number(json, "reorder_percent", 100 * params->reorder.probability);
	if (profile_narrowest_bps(profile) > 0)
		set_number(
			json, "payload_bits_per_second", nominal_payload_bps(profile, RATE_BYTES));
	return json;
}

struct burst {
	double packets_per_s;
	int64_t count;
	int bytes, together;
};

struct session {
	struct arena *arena;
	struct lab *lab;
	const char *program;
	int64_t idle_ms; /* no pause between arrivals is longer */
	double sent_s;   /* how long sending the last burst really took */
};

static const char *number(struct arena *arena, int64_t value)
{
	return arena_printf(arena, "%lld", (long long)value);
}

static int start_receiver(const struct session *s, const struct burst *burst,
	struct proc **ret_proc, struct error *err)
{
	return host_start(lab_host(s->lab, 1),
		&(struct proc_spec){.what = "receive probes",
			.argv = (const char *const[]){s->program, "receive", "--port", "7000",
				"--count", number(s->arena, burst->count), "--idle-ms",
				number(s->arena, s->idle_ms), NULL},
			.keep_bytes = (size_t)1 << 20,
			.merge = true},
		ret_proc, err);
}

static int read_sent(struct session *s, const struct proc *sender, struct error *err)
{
	struct proc_result result = proc_result(sender);
	json_auto_t *said = NULL;

	if (json_parse(result.out, result.out_size, "meshbench-probe", &said, err))
		return -1;
	s->sent_s = json_number_at(said, "/sending_s", NAN);
	return 0;
}

/* Without a wire nothing arrives, and a receiver would wait for that as long as it may. */
static int await_success(
	const struct session *s, struct proc *proc, int64_t within_ns, struct error *err)
{
	struct deadline deadline = deadline_in(within_ns);

	while (!proc_result(proc).has_ended && !deadline_has_passed(deadline)) {
		if (procs_step(lab_procs(s->lab), deadline, err) || lab_check_wire(s->lab, err))
			return -1;
	}
	return proc_wait_success(proc, deadline, err);
}

static int send_burst(struct session *s, const struct burst *burst, struct error *err)
{
	AUTO(proc_freep) struct proc *sender = NULL;
	double seconds = (double)burst->count / burst->packets_per_s;

	if (host_start(lab_host(s->lab, 0),
		    &(struct proc_spec){.what = "send probes",
			    .argv = (const char *const[]){s->program, "send",
				    lab_underlay(s->lab, 1), "--port", "7000", "--count",
				    number(s->arena, burst->count), "--rate",
				    number(s->arena, (int64_t)burst->packets_per_s), "--bytes",
				    number(s->arena, burst->bytes), "--together",
				    number(s->arena, burst->together), NULL}},
		    &sender, err) ||
		await_success(s, sender, (int64_t)(seconds * 3e9) + 10 * NS_PER_S, err))
		return -1;
	return read_sent(s, sender, err);
}

/* The receiver says "ready" first, on the same stream. */
static int read_report(struct proc *proc, json_t **ret_json, struct error *err)
{
	const char *text = strchr(proc_result(proc).out, '{');

	if (!text)
		return fail(
			err, ERROR_PARSE, "the probe measured nothing: %s", proc_obituary(proc));
	return json_parse(text, strlen(text), "meshbench-probe", ret_json, err);
}

static int measure(
	struct session *s, const struct burst *burst, json_t **ret_json, struct error *err)
{
	AUTO(proc_freep) struct proc *receiver = NULL;

	if (start_receiver(s, burst, &receiver, err) ||
		proc_wait_output(receiver, "ready\n", deadline_in(10 * NS_PER_S), err) ||
		send_burst(s, burst, err) || await_success(s, receiver, 70 * NS_PER_S, err))
		return -1;
	return read_report(receiver, ret_json, err);
}

/* Why what came does not tell the rate; NULL when it does. */
static const char *rate_is_unknown(const struct session *s, const struct profile *profile,
	const json_t *report, double rate_bps)
{
	double sent = json_number_at(report, "/sent_packets", 0);
	double passing = 1 - netem_loss_share(&profile->impairment);

	if (json_number_at(report, "/socket_lost_packets", 0) > sent / 1000)
		return "the receiver was too slow for what arrived";
	if (!(passing * sent * RATE_BYTES * 8 / s->sent_s > CLEARLY_MORE * rate_bps))
		return "the sender was too slow to fill the line";
	return NULL;
}

/* More than fits is sent: what came, divided by the time from the first arrival to the last. */
static int measure_rate(
	struct session *s, const struct profile *profile, json_t *effective, struct error *err)
{
	double bps = profile_narrowest_bps(profile);
	double packets_per_s = OVERLOAD * bps / 8 / RATE_BYTES;
	struct burst burst = {packets_per_s, (int64_t)(packets_per_s * RATE_MS / 1e3), RATE_BYTES,
		packets_per_s > FAST ? TOGETHER : 1};
	const char *reason = "too few packets fit into a second";
	json_auto_t *report = NULL;
	double rate_bps = NAN;

	if (burst.count >= 20) {
		if (measure(s, &burst, &report, err))
			return fail_in(err, "measure the rate");
		rate_bps = json_number_at(report, "/received_packets", 0) * RATE_BYTES * 8 /
			   json_number_at(report, "/arrival_span_s", NAN);
		reason = rate_is_unknown(s, profile, report, rate_bps);
	}
	set_number(effective, "payload_bits_per_second", reason ? NAN : rate_bps);
	if (reason)
		json_object_set_new(effective, "payload_rate_unknown", json_text(reason));
	return 0;
}

static int measure_all(
	struct session *s, const struct calibration *c, json_t *result, struct error *err)
{
	double bps = profile_narrowest_bps(c->profile), fits = PROBE_RATE;
	json_t *effective = NULL, *wire = NULL;
	struct lab_clocks clocks;
	struct burst burst;

	if (bps > 0) /* a third of it, so that no queue builds up */
		fits = fmax(1, floor(fmin(fits, bps / 3 / 8 / (DELAY_BYTES + LINE_BYTES))));
	burst = (struct burst){fits, (int64_t)fmax(1, fits * c->seconds), DELAY_BYTES, 1};
	if (lab_restart_wire(s->lab, 1, err) || measure(s, &burst, &effective, err))
		return -1;
	json_object_set_new(result, "effective", effective);
	clocks = lab_clocks_between(s->lab, 0, 1);
	clocks_correct(effective, &(struct clocks){clocks.shift_ns, clocks.bound_ns});
	if (lab_wire_report(s->lab, &wire, err))
		return -1;
	json_object_set_new(result, "wire", wire ? wire : json_null());
	if (bps > 0)
		return measure_rate(s, c->profile, effective, err);
	set_number(effective, "payload_bits_per_second", NAN);
	return 0;
}

/* Delays vary by the jitter, and outages are rarely longer than five times their mean. */
static int64_t longest_pause_ms(const struct netem_params *params)
{
	return 300 +
	       (2 * (params->delay_ns + params->jitter_ns) + 5 * params->loss.bad_ns) / NS_PER_MS;
}

int calibrate(const struct calibration *c, json_t **ret_calibration, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(lab_downp) struct lab *lab = NULL;
	struct session session = {.arena = arena};
	json_auto_t *result = json_make("{s:s, s:s, s:s, s:f, s:o}", "profile", c->profile->name,
		"engine", lab_engine_name(c->engine), "model", profile_model(c->profile), "seconds",
		c->seconds, "nominal", nominal_json(c->profile));
	const struct lab_spec spec = {.names = c->machines ? c->names : names_here,
		.count = 2,
		.machines = c->machines,
		.hosts_are_far = c->machines != NULL,
		.engine = c->engine,
		.profile = c->profile,
		.cpus = c->cpus,
		.state_dir = c->state_dir,
		.congestion = "cubic"};

	if (helper_find(arena, "meshbench-probe", &session.program, err) ||
		lab_up(c->procs, &spec, &lab, err))
		return fail_in(err, "calibrate %s", c->profile->name);
	session.lab = lab;
	session.idle_ms = longest_pause_ms(&c->profile->impairment);
	if (measure_all(&session, c, result, err))
		return fail_in(err, "calibrate %s", c->profile->name);
	*ret_calibration = json_incref(result);
	return 0;
}
