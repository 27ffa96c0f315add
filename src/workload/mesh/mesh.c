/* SPDX-License-Identifier: MIT */
/* What is said of a run on the whole mesh, from its pairs. */
#include "workload/mesh/mesh.h"

#include "workload/tool/symptom.h"

#include "record/summary.h"

#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct mesh_rule mesh_rule(const json_t *observations)
{
	return (struct mesh_rule){.stable_s = json_number_at(observations, "/rule/stable_s", 1),
		.silence_s = json_number_at(observations, "/rule/silence_s", 0.1)};
}

const char *mesh_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

const json_t *mesh_between(const json_t *list, const char *from, const char *to)
{
	json_t *one;
	size_t i;

	json_array_foreach (list, i, one) {
		if (strcmp(mesh_text(one, "from"), from) == 0 &&
			strcmp(mesh_text(one, "to"), to) == 0)
			return one;
	}
	return NULL;
}

double mesh_time(const json_t *run, const char *name)
{
	const json_t *time = json_object_get(json_object_get(run, "times"), name);

	return json_is_number(time) ? json_number_value(time) : NAN;
}

const json_t *mesh_run(const json_t *observations, const char *operation, size_t index)
{
	const json_t *runs = json_object_get(observations, "runs");

	for (size_t i = 0; i < json_array_size(runs); i++) {
		const json_t *run = json_array_get(runs, i);

		if (strcmp(mesh_text(run, "operation"), operation) == 0 && index-- == 0)
			return run;
	}
	return NULL;
}

bool mesh_concerns(const json_t *pair, const char *host)
{
	return strcmp(mesh_text(pair, "from"), host) == 0 ||
	       strcmp(mesh_text(pair, "to"), host) == 0;
}

json_t *mesh_number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

/* The numbers among the members; the caller frees them. */
static double *numbers_of(const json_t *runs, const char *key, size_t *ret_count)
{
	double *values = calloc(json_array_size(runs) + 1, sizeof(*values));

	if (!values)
		abort();
	*ret_count = 0;
	for (size_t i = 0; i < json_array_size(runs); i++) {
		const json_t *value = json_object_get(json_array_get(runs, i), key);

		if (json_is_number(value))
			values[(*ret_count)++] = json_number_value(value);
	}
	return values;
}

static json_t *mesh_summary(const json_t *runs, const char *key)
{
	size_t count;
	double *values = numbers_of(runs, key, &count);
	json_t *summary = summary_json(values, count);

	free(values);
	return summary;
}

double mesh_median(const json_t *runs, const char *key)
{
	json_auto_t *summary = mesh_summary(runs, key);

	return json_number_at(summary, "/percentiles/p50", NAN);
}

/* One pair, and what it means for the mesh. */
struct mesh_worst {
	double answered_s, stable_s, silent_again_s, outage_s, others_outage_s, noise_s, up_s,
		vpn_s;
};

static void keep_worst(double *worst, double value)
{
	if (isfinite(value) && !(*worst >= value))
		*worst = value;
}

/* The longest silence after the first answer since the join; 0 when the rule calls it none. */
static double silent_again_s(const json_t *run, const json_t *spans, const struct mesh_rule *rule)
{
	double ended_s = mesh_time(run, "ended_s"), joined_s = mesh_time(run, "join_s");
	double first_s = mesh_contact(spans, rule, joined_s, ended_s).first_s, silent_s;

	if (isnan(joined_s) || isnan(first_s))
		return NAN;
	silent_s = mesh_contact(spans, rule, first_s, ended_s).outage_s;
	return silent_s > rule->silence_s ? silent_s : 0;
}

/* Of a connect its first answer counts, of a disturbance the one after the longest silence. */
static json_t *describe_pair(const json_t *run, const json_t *pair, const struct mesh_rule *rule,
	const char *host, struct mesh_worst *worst)
{
	bool is_connect = !isfinite(mesh_time(run, "down_s"));
	double ended_s = mesh_time(run, "ended_s"), up_s = NAN, vpn_s = NAN, silent_s;
	const json_t *spans = json_object_get(pair, "overlay");
	struct mesh_contact c = mesh_contact(spans, rule, 0, ended_s);
	struct mesh_contact outside =
		mesh_contact(json_object_get(pair, "underlay"), rule, 0, ended_s);

	if (is_connect) {
		c.answered_s = c.first_s;
		c.stable_s = mesh_stable(spans, rule, 0, ended_s);
	} else if (isfinite(mesh_time(run, "up_s"))) {
		up_s = outside.answered_s;
		vpn_s = c.answered_s - up_s;
	} else {
		keep_worst(&worst->noise_s, outside.outage_s);
	}
	silent_s = silent_again_s(run, spans, rule);
	if (!host || mesh_concerns(pair, host)) {
		/* Who was never away answers at once. */
		keep_worst(&worst->answered_s, c.outage_s > 0 ? c.answered_s : 0);
		keep_worst(&worst->stable_s, c.stable_s);
		keep_worst(&worst->silent_again_s, silent_s);
		keep_worst(&worst->outage_s, is_connect ? NAN : c.outage_s);
		keep_worst(&worst->up_s, up_s);
		keep_worst(&worst->vpn_s, vpn_s);
	} else {
		keep_worst(&worst->others_outage_s, c.outage_s);
	}
	return json_make("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "from",
		mesh_text(pair, "from"), "to", mesh_text(pair, "to"), "lost_s",
		mesh_number(c.lost_s), "answered_s", mesh_number(c.answered_s), "outage_s",
		mesh_number(is_connect ? NAN : c.outage_s), "stable_s", mesh_number(c.stable_s),
		"silent_again_s", mesh_number(silent_s), "underlay_s", mesh_number(up_s), "vpn_s",
		mesh_number(vpn_s));
}

static void set(json_t *described, const char *key, double value)
{
	json_object_set_new(described, key, mesh_number(value));
}

json_t *mesh_describe(const json_t *observations, const json_t *run)
{
	const struct mesh_rule rule = mesh_rule(observations);
	const char *host = json_string_value(json_object_get(run, "host"));
	struct mesh_worst worst = {NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
	double first_s = fmin(mesh_time(run, "serve_s"), mesh_time(run, "join_s"));
	json_t *pairs = json_array(), *described, *pair;
	size_t i;

	json_array_foreach (json_object_get(run, "pairs"), i, pair)
		json_array_append_new(pairs, describe_pair(run, pair, &rule, host, &worst));
	described = json_make("{s:s?}", "host", host);
	set(described, "answered_s", worst.answered_s);
	set(described, "stable_s", worst.stable_s);
	set(described, "silent_again_s", worst.silent_again_s);
	set(described, "outage_s", worst.outage_s);
	set(described, "others_outage_s", worst.others_outage_s);
	set(described, "noise_s", worst.noise_s);
	set(described, "asked_s", mesh_time(run, "asked_s"));
	set(described, "daemons_s", mesh_time(run, "ready_s") - first_s);
	set(described, "booted_s", mesh_time(run, "up_s"));
	set(described, "underlay_s", worst.up_s);
	set(described, "vpn_s", worst.vpn_s);
	json_object_set_new(described, "pairs", pairs);
	return described;
}

json_t *mesh_describe_runs(const json_t *observations, const char *operation)
{
	static const char *const keys[] = {"answered_s", "stable_s", "silent_again_s", "outage_s",
		"others_outage_s", "noise_s", "asked_s", "daemons_s", "booted_s", "underlay_s",
		"vpn_s"};
	json_t *runs = json_array(), *described = json_object();
	const json_t *run;

	for (size_t i = 0; (run = mesh_run(observations, operation, i)); i++)
		json_array_append_new(runs, mesh_describe(observations, run));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		json_t *summary = mesh_summary(runs, keys[i]);

		if (json_is_null(summary))
			json_decref(summary);
		else
			json_object_set_new(described, keys[i], summary);
	}
	json_object_set_new(described, "runs", runs);
	return described;
}

static void judge_failure(const json_t *run, struct workload_reading *reading)
{
	const json_t *failure = json_object_get(run, "failure");
	enum cause cause;

	if (!failure)
		return;
	if (!cause_named(mesh_text(failure, "cause"), &cause) || cause == CAUSE_SUCCESS)
		cause = CAUSE_PARSE;
	symptom_fail(reading, cause, "%s: %s", mesh_text(run, "operation"),
		mesh_text(failure, "evidence"));
}

static void judge_pairs(
	const json_t *run, const struct mesh_rule *rule, struct workload_reading *reading)
{
	double ended_s = mesh_time(run, "ended_s");
	char first[200] = "";
	size_t silent = 0, i;
	json_t *pair;

	json_array_foreach (json_object_get(run, "pairs"), i, pair) {
		if (mesh_contact(json_object_get(pair, "overlay"), rule, 0, ended_s).is_answering)
			continue;
		if (silent++ == 0)
			snprintf(first, sizeof(first), "%.80s->%.80s", mesh_text(pair, "from"),
				mesh_text(pair, "to"));
	}
	if (!silent)
		return;
	symptom_fail(reading, CAUSE_UNREACHABLE,
		"%s%s%.80s: %s does not answer after %.1f s, nor do %zu other ordered pairs",
		mesh_text(run, "operation"), json_object_get(run, "host") ? " of " : "",
		mesh_text(run, "host"), first, ended_s, silent - 1);
}

void mesh_begin_reading(const json_t *observations, struct workload_reading *ret_reading)
{
	*ret_reading = (struct workload_reading){0};
	ret_reading->samples = json_object();
	json_object_set(ret_reading->samples, "observations", (json_t *)observations);
}

void mesh_judge_failures(const json_t *observations, struct workload_reading *reading)
{
	json_t *run;
	size_t i;

	json_array_foreach (json_object_get(observations, "runs"), i, run)
		judge_failure(run, reading);
}

void mesh_judge(const json_t *observations, struct workload_reading *ret_reading)
{
	const struct mesh_rule rule = mesh_rule(observations);
	json_t *run;
	size_t i;

	mesh_begin_reading(observations, ret_reading);
	json_array_foreach (json_object_get(observations, "runs"), i, run) {
		judge_failure(run, ret_reading);
		if (ret_reading->cause == CAUSE_SUCCESS)
			judge_pairs(run, &rule, ret_reading);
	}
	if (i == 0)
		symptom_fail(ret_reading, CAUSE_PARSE, "nothing was observed");
}

const struct setting mesh_runs = {"mesh_runs", SETTING_INTEGER, "3", NULL, 1, 1000, .argument = "N",
	.help = "connects, restarts and reboots of each kind"};

/* Long for a VPN, but in proportion to a plan that has little time. */
static double limit_s(const struct workload_case *c)
{
	return fmin(fmax(12 * c->seconds, 10), 120);
}

void mesh_rounds(const struct workload_operation operations[], size_t count,
	const struct workload_case *c, struct arena *arena, struct workload_operation **ret_list,
	size_t *ret_count)
{
	size_t total = count * (size_t)setting_integer(c->options, &mesh_runs);
	struct workload_operation *list = arena_alloc(arena, struct workload_operation, total);

	for (size_t i = 0; i < total; i++) {
		list[i] = operations[i % count];
		list[i].limit_s = limit_s(c);
	}
	*ret_list = list;
	*ret_count = total;
}
