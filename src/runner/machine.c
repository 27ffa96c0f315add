/* SPDX-License-Identifier: MIT */
/* What else the machine did while a cell was measured: an account, its limits, and its words. */
#include "runner/machine.h"

#include "base/clock.h"
#include "base/json.h"
#include "proc/proc.h"
#include "record/mark.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const double BUSY_SHARE = 0.05;   /* of all processors */
static const double MEMORY_SHARE = 0.01; /* of the time */
/* The kernel counts some of it in ticks of 10 ms, twice per processor: at begin and at end. */
static const double TICKS_S = 0.02;

static double at_least_zero(double value)
{
	return value > 0 ? value : 0; /* also for NAN */
}

struct machine_account machine_account_between(const struct machine_state *before,
	const struct machine_state *after, const struct census_change *change)
{
	struct machine_account a = {.wall_s = (double)(after->at_ns - before->at_ns) / 1e9,
		.processors = after->times.processors,
		.lab_s = change->lab_s,
		.wire_s = NAN,
		.kernel_s = change->kernel_s,
		.interrupts_s =
			at_least_zero(after->times.interrupts_s - before->times.interrupts_s),
		.idle_s = at_least_zero(after->times.idle_s - before->times.idle_s),
		.steal_s = at_least_zero(after->times.steal_s - before->times.steal_s),
		.cpu_stalled_s = after->cpu_stalled_s - before->cpu_stalled_s,
		.memory_stalled_s = after->memory_stalled_s - before->memory_stalled_s,
		.wire_waited_s = NAN,
		.load_before = before->load,
		.frequency_hz = fmin(before->frequency_hz, after->frequency_hz),
		.frequency_limit_hz = after->frequency_limit_hz,
		.throttles = after->throttles - before->throttles};
	/* Ticks miss what runs between them; time that was not idle is exact. */
	double busy_s = a.wall_s * a.processors - a.idle_s - a.steal_s;

	a.others_s = fmax(
		change->others_s, at_least_zero(busy_s - a.lab_s - a.kernel_s - a.interrupts_s));
	memcpy(a.others, change->others, sizeof(a.others));
	return a;
}

/* "other programs used 1.96 of 2 processors (sh 1.90, cc1 0.05)" */
static void describe_busy(const struct machine_account *a, char *text, size_t size)
{
	size_t used = (size_t)snprintf(text, size, "other programs used %.2f of %u processors",
		a->others_s / a->wall_s, a->processors);
	const char *before = " (";

	for (size_t i = 0; i < CENSUS_NAMED && a->others[i].cpu_s > TICKS_S && used < size; i++) {
		used += (size_t)snprintf(text + used, size - used, "%s%s %.2f", before,
			a->others[i].name, a->others[i].cpu_s / a->wall_s);
		before = ", ";
	}
	if (before[0] == ',' && used < size)
		used += (size_t)snprintf(text + used, size - used, ")");
	if (a->steal_s > TICKS_S * a->processors && used < size)
		snprintf(text + used, size - used, ", and other virtual machines %.2f",
			a->steal_s / a->wall_s);
}

static bool was_busy(const struct machine_account *a)
{
	double limit_s = BUSY_SHARE * a->wall_s * a->processors + TICKS_S * a->processors;

	return a->wall_s > 0 && a->others_s + a->steal_s > limit_s;
}

void machine_judge(const struct machine_account *a, json_t *marks)
{
	char text[400];

	if (was_busy(a)) {
		describe_busy(a, text, sizeof(text));
		marks_add(marks, MARK_BUSY, text);
	}
	if (a->memory_stalled_s > MEMORY_SHARE * a->wall_s) {
		snprintf(text, sizeof(text), "programs waited for memory in %.1f %% of the time",
			100 * a->memory_stalled_s / a->wall_s);
		marks_add(marks, MARK_MEMORY, text);
	}
	if (a->throttles > 0) {
		snprintf(text, sizeof(text),
			"the processors were throttled because of heat %.0f times", a->throttles);
		marks_add(marks, MARK_THROTTLED, text);
	}
}

static json_t *others_json(const struct machine_account *a)
{
	json_t *list = json_array();

	for (size_t i = 0; i < CENSUS_NAMED && a->others[i].cpu_s > 0; i++)
		json_array_append_new(list, json_make("{s:s, s:f}", "program", a->others[i].name,
						    "cpu_s", a->others[i].cpu_s));
	return list;
}

json_t *machine_json(const struct machine_account *a)
{
	const struct {
		const char *key;
		double value;
	} numbers[] = {{"wall_s", a->wall_s}, {"processors", a->processors},
		{"lab_cpu_s", a->lab_s}, {"wire_cpu_s", a->wire_s},
		{"kernel_threads_cpu_s", a->kernel_s}, {"interrupts_cpu_s", a->interrupts_s},
		{"others_cpu_s", a->others_s}, {"steal_s", a->steal_s}, {"idle_s", a->idle_s},
		{"cpu_pressure_s", a->cpu_stalled_s}, {"memory_pressure_s", a->memory_stalled_s},
		{"wire_queue_wait_s", a->wire_waited_s}, {"load_before", a->load_before},
		{"frequency_hz", a->frequency_hz}, {"frequency_limit_hz", a->frequency_limit_hz},
		{"throttles", a->throttles}};
	json_t *json = json_object();

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		json_object_set_new(json, numbers[i].key, json_finite(numbers[i].value));
	json_object_set_new(json, "others", others_json(a));
	return json;
}

/* Of the wire's only thread. */
struct wire_use {
	double cpu_s, waited_s;
};

struct machine_watch {
	const struct lab *lab; /* or NULL; it may replace its wire meanwhile */
	struct machine_state before;
	struct census census;
	struct wire_use wire_before;
};

static struct wire_use wire_now(const struct lab *lab)
{
	const struct proc *wire = lab ? lab_wire_program(lab) : NULL;
	struct wire_use use = {NAN, NAN};
	struct thread_usage *threads;
	struct error ignored;
	size_t count;

	if (!wire || proc_threads(wire, &threads, &count, &ignored))
		return use;
	for (size_t i = 0; i < count; i++) {
		use.cpu_s = (i ? use.cpu_s : 0) + threads[i].cpu_s;
		use.waited_s = (i ? use.waited_s : 0) + threads[i].waited_s;
	}
	free(threads);
	return use;
}

int machine_begin(const struct lab *lab, struct machine_watch **ret_watch, struct error *err)
{
	struct machine_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return fail_errno(err, "watch the machine");
	watch->lab = lab;
	if (lab)
		procs_count_stops(lab_procs((struct lab *)lab));
	watch->wire_before = wire_now(lab);
	if (census_take(&watch->census, err) || machine_look(&watch->before, err)) {
		census_done(&watch->census);
		free(watch);
		return -1;
	}
	*ret_watch = watch;
	return 0;
}

bool machine_end(struct machine_watch *watch, struct machine_account *ret_account)
{
	struct census now = {0};
	struct machine_state after;
	struct census_change change;
	struct error ignored;
	bool is_known = machine_look(&after, &ignored) == 0 && census_take(&now, &ignored) == 0;

	if (is_known) {
		struct wire_use wire = wire_now(watch->lab);

		change = census_compare(&watch->census, &now, getpid());
		*ret_account = machine_account_between(&watch->before, &after, &change);
		ret_account->wire_s = wire.cpu_s - watch->wire_before.cpu_s;
		ret_account->wire_waited_s = wire.waited_s - watch->wire_before.waited_s;
	}
	census_done(&now);
	census_done(&watch->census);
	free(watch);
	return is_known;
}
