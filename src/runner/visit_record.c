/* SPDX-License-Identifier: MIT */
/* What a visit leaves in addition to its cells: hosts, wire settings, VPN facts, times and logs. */
#include "runner/internal.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"
#include "record/hardware.h"
#include "record/hosts.h"
#include "record/layout.h"
#include "record/settings.h"
#include "record/timing.h"

#include <string.h>

enum {
	HARDWARE_MOST_BYTES = 4 << 20 /* a machine of many processors says much of each */
};

static int write_hosts(
	struct run *run, const struct runner_visit *visit, struct stage *stage, struct error *err)
{
	const struct plan *plan = run->plan->plan;
	struct hosts_entry *entries = arena_alloc(run->arena, struct hosts_entry, plan->host_count);
	json_auto_t *hosts = NULL;

	for (size_t i = 0; i < plan->host_count; i++)
		entries[i] = (struct hosts_entry){.name = plan->hosts[i],
			.overlay = vpn_address(stage->vpn, i),
			.underlay = lab_underlay(stage->lab, i)};
	hosts = hosts_json(entries, plan->host_count);
	return record_write_vpn(
		run_tree(run, visit), visit->driver->folder, LAYOUT_HOSTS, hosts, err);
}

/* What the words of a profile ask for; other models of loss as their long-run share. */
static double nominal_loss(const struct netem_params *params)
{
	return params->loss.kind == NETEM_LOSS_RANDOM ? params->loss.random.probability
						      : netem_loss_share(params);
}

static int write_settings(struct run *run, const struct runner_visit *visit, struct error *err)
{
	const struct profile *p = visit->profile;
	const struct netem_params *params = &p->impairment;
	json_auto_t *parameters = profile_json(p);
	json_auto_t *settings = settings_json(&(struct settings){.alias = p->folder,
		.model = profile_model(p),
		.is_impaired = profile_has_impairment(p),
		.line_rate_bps = p->line_rate_bps,
		.delay_ns = params->delay_ns,
		.jitter_ns = params->jitter_ns,
		.loss = nominal_loss(params),
		.reorder = params->reorder.probability,
		.reorder_correlation = params->reorder.correlation,
		.limit_packets = params->limit_packets,
		.parameters = parameters});

	return record_write_profile(run_tree(run, visit), visit->driver->folder, p->folder,
		LAYOUT_TC_SETTINGS, settings, err);
}

/* The machine of a host that is not on this one. */
static int ask_hardware(struct host *host, json_t **ret_machine, struct error *err)
{
	AUTO(proc_freep) struct proc *proc = NULL;

	if (host_start(host,
		    &(struct proc_spec){.what = "ask for its hardware",
			    .argv = (const char *const[]){"sh", "-c", hardware_script, NULL},
			    .keep_bytes = HARDWARE_MOST_BYTES},
		    &proc, err) ||
		proc_wait_success(proc, deadline_in(30 * NS_PER_S), err))
		return -1;
	return hardware_parse(proc_result(proc).out, host->name, ret_machine, err);
}

/* The machine of every other host is this one, as far as a reader of hardware.json is concerned. */
static int write_hardware(struct run *run, struct lab *lab, struct error *err)
{
	const struct plan *plan = run->plan->plan;
	json_t *machines = json_array();
	json_auto_t *hardware = NULL;

	for (size_t i = 0; i < plan->host_count; i++) {
		json_t *machine;

		if (run->machines ? ask_hardware(lab_host(lab, i), &machine, err)
				  : hardware_machine("", plan->hosts[i], &machine, err)) {
			json_decref(machines);
			return -1;
		}
		json_array_append_new(machines, machine);
	}
	hardware = hardware_json(machines);
	return record_write_general(run->record, LAYOUT_HARDWARE, hardware, err);
}

static void tell_tuning(struct run *run, const json_t *tuning)
{
	const json_t *sysctls = json_object_get(tuning, "sysctls");

	for (size_t i = 0; i < json_array_size(sysctls); i++) {
		const json_t *one = json_array_get(sysctls, i);
		const char *key = json_string_at(one, "/key", "");
		const char *name = json_string_at(tuning, "/name", "");

		if (!json_is_true(json_object_get(one, "was_taken")))
			run_tell(run, NULL, NULL,
				arena_printf(run->arena,
					"tuning %s: the kernel did not accept %s=%s on a host; the value is %s",
					name, key, json_string_at(one, "/wanted", ""),
					json_string_at(one, "/found", "not there")));
		else if (json_is_true(json_object_get(one, "is_ignored_by_kernel")))
			run_tell(run, NULL, NULL,
				arena_printf(run->arena,
					"tuning %s: the kernel accepts %s=%s but no longer acts on it",
					name, key, json_string_at(one, "/wanted", "")));
	}
}

/* environment.lab is the first visit's; every tuning has an entry of its own. */
int visit_record_lab(
	struct run *run, const struct runner_visit *visit, struct lab *lab, struct error *err)
{
	json_auto_t *description = NULL;
	json_t *tunings = json_object_get(run->environment, "tunings");

	if (!tunings) {
		tunings = json_object();
		json_object_set_new(run->environment, "tunings", tunings);
	}
	if (json_object_get(tunings, visit->tuning->name))
		return 0;
	if (lab_describe(lab, &description, err))
		return -1;
	tell_tuning(run, json_object_get(description, "tuning"));
	json_object_set(tunings, visit->tuning->name, json_object_get(description, "tuning"));
	if (json_object_get(run->environment, "lab"))
		return 0;
	json_object_set(run->environment, "lab", description);
	return write_hardware(run, lab, err);
}

static int write_environment(
	struct run *run, const struct runner_visit *visit, json_t *facts, struct error *err)
{
	json_object_set(json_object_get(run->environment, "vpns"), visit->driver->folder, facts);
	return record_write_environment(run->record, run->environment, err);
}

static int write_vpn(
	struct run *run, const struct runner_visit *visit, const json_t *facts, struct error *err)
{
	return record_write_profile(run_tree(run, visit), visit->driver->folder,
		visit->profile->folder, LAYOUT_VPN, facts, err);
}

/* Again what was written at the begin, now that all is measured. */
static int write_observed(
	struct run *run, const struct runner_visit *visit, struct stage *stage, struct error *err)
{
	json_auto_t *now = NULL;

	if (!stage->facts)
		return 0;
	if (stage->vpn && visit->driver->observe) {
		vpn_observe(stage->vpn, "end");
		now = vpn_describe(stage->vpn);
		json_object_set(stage->facts, "observed", json_object_get(now, "observed"));
	}
	return write_vpn(run, visit, stage->facts, err);
}

/* What failed before stays known: in other repetitions, and before a run was resumed. */
static json_t *describe(struct run *run, const struct runner_visit *visit, struct stage *stage)
{
	json_auto_t *before = record_read_profile(
		run_tree(run, visit), visit->driver->folder, visit->profile->folder, LAYOUT_VPN);
	json_t *facts = vpn_describe(stage->vpn);

	json_array_extend(stage->failed_bring_ups, json_object_get(before, "failed_bring_ups"));
	json_object_set(facts, "failed_bring_ups", stage->failed_bring_ups);
	json_object_set(facts, "host_changes", stage->host_changes);
	return facts;
}

int visit_record_begin(
	struct run *run, const struct runner_visit *visit, struct stage *stage, struct error *err)
{
	json_t *facts;

	if (stage->facts)
		return 0;
	vpn_observe(stage->vpn, "begin");
	facts = stage->facts = describe(run, visit, stage);
	if (stage->is_whole)
		run->connects[run->connect_count++] = (struct runner_connect){
			.visit = visit, .connect_s = json_number_at(facts, "/connect_s", 0)};
	if (write_environment(run, visit, facts, err) || write_hosts(run, visit, stage, err) ||
		write_settings(run, visit, err))
		return -1;
	return write_vpn(run, visit, facts, err);
}

/* The published phases, with the operations that are ours. */
static int write_timing(
	struct run *run, const struct runner_visit *visit, struct stage *stage, struct error *err)
{
	static const char *const phases[] = {"prepare", "serve", "join", "connect"};
	const json_t *facts = stage->facts;
	json_t *timing = json_object_get(run->timings, visit->driver->label);
	double at_s = stage->began_s;

	if (!timing) {
		timing = timing_new(visit->driver->label, stage->began_s);
		json_object_set_new(run->timings, visit->driver->label, timing);
	}
	timing_begin_phase(timing, "vpn_installation", visit->profile->folder, stage->began_s);
	for (size_t i = 0; i < ARRAY_SIZE(phases); i++) {
		const char *key = arena_printf(run->arena, "/%s_s", phases[i]);
		double duration_s = json_number_at(facts, key, 0);

		timing_add(timing,
			&(struct timing_operation){
				.name = phases[i], .start_s = at_s, .duration_s = duration_s});
		at_s += duration_s;
	}
	timing_end_phase(timing, stage->up_s);
	timing_begin_phase(timing, "benchmarking", visit->profile->folder, stage->up_s);
	timing_add(timing, &(struct timing_operation){.name = "run_tests",
				   .start_s = stage->up_s,
				   .duration_s = clock_wall_s() - stage->up_s});
	timing_end_phase(timing, clock_wall_s());
	return record_write_profile(run_tree(run, visit), visit->driver->folder,
		visit->profile->folder, "timing_breakdown.json", timing, err);
}

int visit_record_end(
	struct run *run, const struct runner_visit *visit, struct stage *stage, struct error *err)
{
	if (!stage->facts && stage->vpn) /* nothing was measured */
		stage->facts = describe(run, visit, stage);
	for (size_t i = 0; stage->vpn && i < run->plan->plan->host_count; i++) {
		AUTO(text_freep) char *log = vpn_log(stage->vpn, i);
		struct record_cell place = {.vpn = visit->driver->folder,
			.profile = visit->profile->folder,
			.position = i,
			.source = run->plan->plan->hosts[i],
			.file = "daemon.log",
			.repetition = visit->repetition};

		if (log && *log && record_write_log(run_tree(run, visit), &place, log, err))
			return -1;
	}
	return write_observed(run, visit, stage, err) || write_timing(run, visit, stage, err) ? -1
											      : 0;
}
