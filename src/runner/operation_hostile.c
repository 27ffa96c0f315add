/* SPDX-License-Identifier: MIT */
/*
 * Hostile packets: replayed, cut, changed and reflected ones, kind by kind, while the first host
 * sends marks to the second. What daemons use and how much the mesh carries is measured before and
 * after. A daemon that ends is an answer: where the wire was then is noted, and the VPN begins once
 * more for the next kind.
 */
#include "runner/operation.h"

#include "base/clock.h"
#include "base/json.h"
#include "document/iperf3.h"
#include "feature/hostile.h"
#include "runner/observer.h"
#include "wire/rule.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
	SOURCE,
	TARGET,
	CONTROL_PACKETS = 800,
	DOCUMENT_BYTES = 1 << 20
};

static const double CONNECT_S = 10;
static const char port[] = "5231";

struct attack {
	struct observer o;
	struct feature_way ways[2];
	json_t *kinds; /* borrowed */
};

static json_t *number_or_null(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static int start_iperf3(struct operation_run *m, size_t host, const char *const argv[],
	struct proc **ret_proc, struct error *err)
{
	return host_start(lab_host(m->stage->lab, host),
		&(struct proc_spec){.what = "iperf3", .argv = argv, .keep_bytes = DOCUMENT_BYTES},
		ret_proc, err);
}

/* What TCP carries from the first host to the second. */
static int measure_throughput(struct attack *attack, double *ret_bps, struct error *err)
{
	struct operation_run *m = attack->o.m;
	const char *seconds = arena_printf(m->arena, "%.0f", ceil(m->operation->seconds));
	const char *const serve[] = {"iperf3", "-s", "-1", "-p", port, "--forceflush", NULL};
	const char *const ask[] = {"iperf3", "-c", vpn_address(m->stage->vpn, TARGET), "-p", port,
		"-t", seconds, "-J", "--connect-timeout", "5000", NULL};
	AUTO(proc_freep) struct proc *server = NULL;
	AUTO(proc_freep) struct proc *client = NULL;
	json_auto_t *document = NULL;

	if (start_iperf3(m, TARGET, serve, &server, err) ||
		proc_wait_output(server, "Server listening", deadline_in(10 * NS_PER_S), err) ||
		start_iperf3(m, SOURCE, ask, &client, err) ||
		operation_wait_end(m, client, m->operation->seconds + CONNECT_S, err) ||
		json_parse(proc_result(client).out, proc_result(client).out_size,
			"the document of iperf3", &document, err))
		return -1;
	*ret_bps = iperf3_sums(document, IPERF3_FORWARD).received_bps;
	return 0;
}

/* A failure that ends the run, and not only this step of it. */
static bool ends_run(struct operation_run *m, const struct error *failure)
{
	struct error ignored;

	return failure->kind == ERROR_CANCELLED || lab_check_wire(m->stage->lab, &ignored);
}

/* {bps, problem}: one of both. */
static int note_throughput(struct attack *attack, const char *key, struct error *err)
{
	struct operation_run *m = attack->o.m;
	struct error failure = {0};
	double bps = NAN;

	if (measure_throughput(attack, &bps, &failure) && ends_run(m, &failure)) {
		*err = failure;
		return -1;
	}
	json_object_set_new(json_object_get(m->observed, "hostile"), key,
		json_make("{s:o, s:s?}", "bps", number_or_null(bps), "problem",
			isfinite(bps) ? NULL : failure.text));
	return 0;
}

/* Of the host whose daemons use most; null where the VPN has none. */
static json_t *memory_json(const struct looks *looks)
{
	uint64_t most = 0;

	for (size_t i = 0; i < looks->count; i++) {
		if (looks->list[i].spent.daemons && looks->list[i].spent.rss_bytes > most)
			most = looks->list[i].spent.rss_bytes;
	}
	return most ? json_integer((json_int_t)most) : json_null();
}

static int note_memory(struct attack *attack, json_t *entry, const char *key,
	struct looks *ret_looks, struct error *err)
{
	if (operation_look(attack->o.m, ret_looks, err))
		return -1;
	json_object_set_new(entry, key, memory_json(ret_looks));
	return 0;
}

/* With keys of its own, as connect begins it. */
static int begin_again(struct attack *attack, struct error *err)
{
	struct operation_run *m = attack->o.m;
	struct vpn_clock clock;

	vpn_downp(&m->stage->vpn);
	return vpn_begin(m->stage->lab, m->visit->driver, m->stage->work_dir, &clock,
		       &m->stage->vpn, err) ||
			       observer_await_mesh(&attack->o, err)
		       ? -1
		       : 0;
}

/* Which packets of whom met which rule; a copy follows its packet with the delay that it says. */
static int note_rules(
	struct attack *attack, const struct feature_trial *trial, json_t *entry, struct error *err)
{
	struct wire_rule_use uses[FEATURE_MOST_RULES];
	json_t *list = json_array();
	uint64_t packets = 0;

	json_object_set_new(entry, "rules", list);
	if (trial->rule_count == 0)
		return 0;
	if (lab_read_rules(attack->o.m->stage->lab, uses, trial->rule_count, err))
		return -1;
	for (size_t i = 0; i < trial->rule_count; i++) {
		packets += uses[i].packets * FEATURE_HOSTILE_COPIES;
		if (uses[i].packets)
			json_array_append_new(
				list, json_make("{s:s, s:I, s:I, s:I}", "rule", trial->rules[i],
					      "packets", (json_int_t)uses[i].packets, "first_index",
					      (json_int_t)uses[i].first_index, "last_index",
					      (json_int_t)uses[i].last_index));
	}
	json_object_set_new(entry, "hostile_packets", json_integer((json_int_t)packets));
	return 0;
}

/* Over one way. A failure is kept in `ret_failure`, unless it ends the run. */
static int try_kind(struct attack *attack, const struct feature_way *way,
	const struct feature_trial *trial, json_t *entry, struct error *ret_failure,
	struct error *err)
{
	json_auto_t *accounts = json_object();
	int failed = observer_try(&attack->o, way, trial, accounts, ret_failure);

	if (failed && ends_run(attack->o.m, ret_failure)) {
		*err = *ret_failure;
		return -1;
	}
	if (note_rules(attack, trial, entry, err) || observer_end_rules(&attack->o, trial, err))
		return -1;
	if (!failed) {
		const struct feature_heard heard = {.arrived = json_object_get(accounts, "arrived"),
			.outside = json_object_get(accounts, "outside"),
			.back = json_object_get(accounts, "back"),
			.sent = json_object_get(accounts, "sent")};

		json_object_set_new(entry, "counts", feature_hostile_counts(&heard));
	}
	return 0;
}

/* A few over the bare link, which lets all of them through. */
static int try_control(
	struct attack *attack, enum feature_hostile kind, json_t *entry, struct error *err)
{
	struct feature_trial trial = {0};
	struct error failure = {0};
	json_t *control = json_object();

	json_object_set_new(entry, "control", control);
	feature_hostile_plan(kind, &attack->ways[0], CONTROL_PACKETS, attack->o.arena, &trial);
	return try_kind(attack, &attack->ways[0], &trial, control, &failure, err);
}

/* How many marks arrive while nobody is hostile; a failure is shown by the kinds that follow. */
static int try_calm(struct attack *attack, json_t *hostile, struct error *err)
{
	struct feature_trial trial = {0};
	struct error failure = {0};
	json_t *calm = json_object();

	json_object_set_new(hostile, "calm", calm);
	feature_hostile_calm(&attack->ways[1], attack->o.arena, &trial);
	return try_kind(attack, &attack->ways[1], &trial, calm, &failure, err);
}

/* What became of daemons and mesh; where one of them is lost the VPN begins once more. */
static int look_after(
	struct attack *attack, json_t *entry, const struct error *failure, struct error *err)
{
	struct operation_run *m = attack->o.m;
	int64_t since_ns = clock_now_ns();
	struct error lost = *failure;
	bool has_crashed = vpn_check_daemons(m->stage->vpn, &lost) != 0;
	struct looks looks = {0};
	int failed;

	json_object_set_new(entry, "crash", has_crashed ? json_text(lost.text) : json_null());
	json_object_set_new(entry, "problem",
		!has_crashed && failure->kind ? json_text(failure->text) : json_null());
	json_object_set_new(entry, "answers_s", json_null());
	json_object_set_new(entry, "rss_bytes", json_null());
	if (has_crashed)
		return begin_again(attack, err);
	if (observer_await_mesh(&attack->o, &lost)) {
		if (ends_run(m, &lost)) {
			*err = lost;
			return -1;
		}
		return begin_again(attack, err);
	}
	json_object_set_new(
		entry, "answers_s", json_real((double)(clock_now_ns() - since_ns) / 1e9));
	failed = note_memory(attack, entry, "rss_bytes", &looks, err);
	looks_done(&looks);
	return failed;
}

static int attack_once(struct attack *attack, enum feature_hostile kind, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct operation_run *m = attack->o.m;
	struct feature_trial trial = {0};
	struct error failure = {0};
	json_t *entry = json_make("{s:s}", "kind", feature_hostile_name(kind));
	int failed;

	run_tell(m->run,
		arena_printf(m->arena, "%s: %s packets", m->visit->driver->name,
			feature_hostile_name(kind)),
		NULL, NULL);
	json_array_append_new(attack->kinds, entry);
	attack->o.arena = arena;
	feature_hostile_plan(
		kind, &attack->ways[1], m->operation->packets / FEATURE_HOSTILES, arena, &trial);
	failed = (!attack->ways[1].is_bare && try_control(attack, kind, entry, err)) ||
		 try_kind(attack, &attack->ways[1], &trial, entry, &failure, err) ||
		 look_after(attack, entry, &failure, err);
	json_object_set_new(entry, "is_believed",
		json_boolean(feature_hostile_is_seen(kind,
			json_object_get(
				attack->ways[1].is_bare ? entry : json_object_get(entry, "control"),
				"counts"))));
	attack->o.arena = m->arena;
	return failed ? -1 : 0;
}

int operation_hostile(struct operation_run *m, struct error *err)
{
	struct attack attack = {0};
	struct looks looks = {0};
	json_t *hostile = json_make("{s:o, s:[]}", "wire_seed",
		json_text(arena_printf(m->arena, "%" PRIu64, m->wire_seed)), "kinds");
	int failed;

	json_object_set_new(m->observed, "hostile", hostile);
	attack.kinds = json_object_get(hostile, "kinds");
	if (observer_begin(m, &attack.o, attack.ways, err))
		return -1;
	attack.o.longest_s = m->operation->limit_s;
	json_object_set_new(hostile, "is_bare", json_boolean(attack.ways[1].is_bare));
	/* Memory is compared after a first load, for which buffers were made. */
	failed = note_throughput(&attack, "before", err) ||
		 note_memory(&attack, hostile, "rss_before_bytes", &looks, err) ||
		 try_calm(&attack, hostile, err);
	for (int kind = 0; kind < FEATURE_HOSTILES && !failed; kind++)
		failed = attack_once(&attack, (enum feature_hostile)kind, err);
	failed = failed || note_throughput(&attack, "after", err);
	looks_done(&looks);
	return failed ? -1 : 0;
}
