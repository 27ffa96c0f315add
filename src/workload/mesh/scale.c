/* SPDX-License-Identifier: MIT */
/*
 * What a mesh costs as it grows: hosts start again in steps that double it, all of a step at once;
 * each step says what the joining cost and what rest costs then. A cost that grows with hosts has
 * the exponent 1, one that grows with pairs 2. Then the first host's daemons restart, and 5 % of
 * the hosts a minute leave and come back.
 */
#include "workload/mesh/mesh.h"

#include "workload/tool/symptom.h"

#include "base/json.h"
#include "stats/stats.h"

#include <math.h>
#include <stdio.h>

static const double LIMIT_S = 120;
static const double SETTLE_S = 5;
static const double REST_LEAST_S = 10;

enum {
	MOST_STEPS = 64
};

static const struct setting churn_seconds = {"churn_seconds", SETTING_INTEGER, "60", NULL, 10, 3600,
	.argument = "N", .help = "seconds in which hosts of scale leave and come back"};

static double rest_s(const struct workload_case *c)
{
	return fmax(c->seconds, REST_LEAST_S);
}

static double estimate_s(const struct workload_case *c)
{
	double steps = 6;

	return steps * (SETTLE_S + rest_s(c) + 3) + 20 +
	       (double)setting_integer(c->options, &churn_seconds);
}

static void operations(const struct workload_case *c, struct arena *arena,
	struct workload_operation **ret_operations, size_t *ret_count)
{
	const struct workload_operation list[] = {
		{.name = "grow",
			.action = WORKLOAD_GROW,
			.limit_s = LIMIT_S,
			.settle_s = SETTLE_S,
			.seconds = rest_s(c)},
		{.name = "coordinator", .action = WORKLOAD_LOSE_COORDINATOR, .limit_s = LIMIT_S},
		{.name = "churn",
			.action = WORKLOAD_CHURN,
			.limit_s = LIMIT_S,
			.seconds = (double)setting_integer(c->options, &churn_seconds)},
	};

	*ret_count = ARRAY_SIZE(list);
	*ret_operations = arena_alloc(arena, struct workload_operation, ARRAY_SIZE(list));
	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		(*ret_operations)[i] = list[i];
}

static double number_of(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

/* Of the hosts [from, to); NAN where there is no daemon, or no host. */
static double sum_of(const json_t *hosts, size_t from, size_t to, const char *key)
{
	double sum = 0;
	bool has_daemons = false;

	for (size_t i = from; i < to && i < json_array_size(hosts); i++) {
		const json_t *host = json_array_get(hosts, i);

		if (!(number_of(host, "daemons") > 0))
			continue;
		has_daemons = true;
		sum += number_of(host, key);
	}
	return has_daemons ? sum : NAN;
}

/* Bytes are those of ports, which hosts without daemons have, too. */
static double bytes_of(const json_t *hosts, size_t count, const char *key)
{
	double sum = 0;

	for (size_t i = 0; i < count && i < json_array_size(hosts); i++)
		sum += number_of(json_array_get(hosts, i), key);
	return sum;
}

/* What is fitted against the number of hosts. */
enum cost {
	JOIN_CPU,   /* processor seconds of all daemons for each host that joined */
	FIRST_CPU,  /* at rest: of the first host, percent of a core */
	FIRST_RSS,  /* bytes */
	MEMBER_CPU, /* the mean of the others */
	MEMBER_RSS,
	BYTES, /* sent by all hosts, a second */
	COSTS
};

static const char *const cost_names[COSTS] = {[JOIN_CPU] = "join_cpu_s_per_host",
	[FIRST_CPU] = "first_cpu_percent",
	[FIRST_RSS] = "first_rss_bytes",
	[MEMBER_CPU] = "member_cpu_percent",
	[MEMBER_RSS] = "member_rss_bytes",
	[BYTES] = "sent_bytes_per_s"};

struct growth {
	double hosts[MOST_STEPS], costs[COSTS][MOST_STEPS];
	size_t count;
	double storm_s; /* of the last step, until all its watched pairs answered */
	bool is_stable; /* at the last step */
};

static void take_costs(const json_t *step, struct growth *growth)
{
	size_t at = growth->count, hosts = (size_t)fmax(0, fmin(number_of(step, "hosts"), 1e4));
	const json_t *joining = json_object_get(step, "joining");
	const json_t *resting = json_object_get(step, "resting");
	double resting_s = number_of(step, "resting_s"), joined = number_of(step, "joined");
	double others = (double)hosts - 1;

	growth->hosts[at] = (double)hosts;
	growth->costs[JOIN_CPU][at] = sum_of(joining, 0, hosts, "cpu_s") / joined;
	growth->costs[FIRST_CPU][at] = 100 * sum_of(resting, 0, 1, "cpu_s") / resting_s;
	growth->costs[FIRST_RSS][at] = sum_of(resting, 0, 1, "rss_end_bytes");
	growth->costs[MEMBER_CPU][at] =
		100 * sum_of(resting, 1, hosts, "cpu_s") / others / resting_s;
	growth->costs[MEMBER_RSS][at] = sum_of(resting, 1, hosts, "rss_end_bytes") / others;
	growth->costs[BYTES][at] = bytes_of(resting, hosts, "sent_bytes") / resting_s;
	growth->storm_s = number_of(step, "joining_s");
	growth->is_stable = json_is_true(json_object_get(step, "is_stable"));
	growth->count++;
}

static json_t *describe_step(const json_t *step, const struct growth *growth, size_t at)
{
	json_t *described = json_object();

	json_object_set_new(described, "hosts", mesh_number(growth->hosts[at]));
	json_object_set_new(described, "joined", mesh_number(number_of(step, "joined")));
	json_object_set_new(described, "ready_s", mesh_number(number_of(step, "ready_s")));
	json_object_set_new(described, "joining_s", mesh_number(number_of(step, "joining_s")));
	json_object_set_new(described, "is_stable",
		json_boolean(json_is_true(json_object_get(step, "is_stable"))));
	for (size_t i = 0; i < COSTS; i++)
		json_object_set_new(described, cost_names[i], mesh_number(growth->costs[i][at]));
	return described;
}

static struct stats_power fit_of(const struct growth *growth, enum cost cost)
{
	return stats_power_fit(growth->hosts, growth->costs[cost], growth->count);
}

static json_t *describe_fits(const struct growth *growth)
{
	json_t *fits = json_object();

	for (size_t i = 0; i < COSTS; i++) {
		struct stats_power fit = fit_of(growth, (enum cost)i);

		json_object_set_new(fits, cost_names[i],
			json_make("{s:o, s:o, s:I}", "exponent", mesh_number(fit.exponent),
				"standard_error", mesh_number(fit.standard_error), "points",
				(json_int_t)fit.points));
	}
	return fits;
}

static json_t *describe_growth(const json_t *run, struct growth *growth)
{
	json_t *steps = json_array(), *step;
	size_t i;

	json_array_foreach (json_object_get(run, "steps"), i, step) {
		if (growth->count == MOST_STEPS)
			break;
		take_costs(step, growth);
		json_array_append_new(steps, describe_step(step, growth, growth->count - 1));
	}
	return json_make("{s:o, s:o}", "steps", steps, "fits", describe_fits(growth));
}

/* Silences of pairs while a host was away: of its own pairs, and of pairs that it does not concern.
 */
struct churn {
	double own_s, bystanders_s;
};

static void look_at_departure(const json_t *observations, const json_t *run,
	const json_t *departure, double to_s, struct churn *churn)
{
	const struct mesh_rule rule = mesh_rule(observations);
	const char *host = mesh_text(departure, "host");
	double from_s = number_of(departure, "down_s");
	json_t *pair;
	size_t i;

	json_array_foreach (json_object_get(run, "pairs"), i, pair) {
		double *longest_s =
			mesh_concerns(pair, host) ? &churn->own_s : &churn->bystanders_s;
		double silence_s =
			mesh_contact(json_object_get(pair, "overlay"), &rule, from_s, to_s)
				.outage_s;

		if (silence_s > rule.silence_s && !(*longest_s >= silence_s))
			*longest_s = silence_s;
	}
}

static json_t *describe_churn(const json_t *observations, const json_t *run, struct churn *churn)
{
	const json_t *departures = json_object_get(run, "departures");
	size_t count = json_array_size(departures);

	for (size_t i = 0; i < count; i++) {
		const json_t *next = json_array_get(departures, i + 1);
		double to_s = next ? number_of(next, "down_s") : mesh_time(run, "ended_s");

		look_at_departure(observations, run, json_array_get(departures, i), to_s, churn);
	}
	return json_make("{s:I, s:o, s:o, s:o}", "departures", (json_int_t)count, "outage_s",
		mesh_number(count ? churn->own_s : NAN), "bystander_outage_s",
		mesh_number(count ? churn->bystanders_s : NAN), "first_cpu_s",
		mesh_number(sum_of(json_object_get(run, "hosts"), 0, 1, "cpu_s")));
}

static void judge_growth(const struct growth *growth, struct workload_reading *reading)
{
	if (growth->count == 0)
		symptom_fail(reading, CAUSE_PARSE, "no step was observed");
	else if (!growth->is_stable)
		symptom_fail(reading, CAUSE_TIMEOUT,
			"of %.0f hosts that started again some watched pairs did not answer steadily within %.0f s",
			growth->hosts[growth->count - 1], LIMIT_S);
}

static void read_mesh(const struct workload_case *c, const json_t *observations,
	struct workload_reading *ret_reading)
{
	const json_t *lost = mesh_run(observations, "coordinator", 0);
	struct workload_reading *reading = ret_reading;
	struct growth growth = {.storm_s = NAN};
	struct churn churn = {0};
	json_t *described, *coordinator, *churned;

	(void)c;
	mesh_judge(observations, reading);
	described = describe_growth(mesh_run(observations, "grow", 0), &growth);
	if (reading->cause == CAUSE_SUCCESS)
		judge_growth(&growth, reading);
	coordinator = lost ? mesh_describe_loss(observations, lost) : json_null();
	churned = describe_churn(observations, mesh_run(observations, "churn", 0), &churn);
	reading->figures[0] = growth.storm_s;
	reading->figures[1] = growth.count ? growth.costs[FIRST_CPU][growth.count - 1] : NAN;
	reading->figures[2] = fit_of(&growth, JOIN_CPU).exponent;
	reading->figures[3] = fit_of(&growth, BYTES).exponent;
	reading->figures[4] = json_number_at(churned, "/bystander_outage_s", NAN);
	reading->data = json_make("{s:o, s:o, s:o}", "growth", described, "coordinator",
		coordinator, "churn", churned);
	snprintf(reading->headline, sizeof(reading->headline), "%.3f s until the last step answers",
		growth.storm_s);
}

const struct workload workload_scale = {
	.name = "scale",
	.file = "scale.json",
	.settings = (const struct setting *const[]){&churn_seconds, NULL},
	.title = "A growing mesh, and hosts that come and go",
	.figures = {"storm_s", "first_cpu_percent", "join_cpu_exponent", "bytes_exponent",
		"bystander_outage_s"},
	.figures_title =
		"s last step / % of a core / exponents: joining, bytes / s outage in churn",
	.needs = (const char *const[]){NULL},
	.packages = (const char *const[]){NULL},
	.scope = WORKLOAD_MESH,
	.why_here = "it starts more hosts than there are machines",
	.estimate_s = estimate_s,
	.operations = operations,
	.read_mesh = read_mesh,
};
