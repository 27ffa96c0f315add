/* SPDX-License-Identifier: MIT */
/*
 * The VPN's daemons end and start again: on all hosts; on one that speaks to the others as soon as
 * it can; on one that says nothing until it is spoken to, by hosts that do not know of its restart;
 * and on the host that the others need to find one another, also before any others have spoken to
 * each other. What a mesh cannot do without that host is a finding, not a failure.
 */
#include "workload/mesh/mesh.h"

#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A pair that is silent for longer does not go on. */
static const double GOES_ON_S = 1;

static const struct workload_operation turns[] = {
	{.name = "all_hosts", .action = WORKLOAD_RESTART},
	{.name = "one_host", .action = WORKLOAD_RESTART, .on_one_host = true},
};
/* Once each: they take long where they say something. */
static const struct workload_operation once[] = {
	{.name = "one_host_called",
		.action = WORKLOAD_RESTART,
		.on_one_host = true,
		.speaker = WORKLOAD_OTHERS_SPEAK},
	{.name = "coordinator", .action = WORKLOAD_LOSE_COORDINATOR},
	{.name = "new_pair", .action = WORKLOAD_PAIR_ALONE},
};

static double estimate_s(const struct workload_case *c)
{
	size_t count = (size_t)setting_integer(c->options, &mesh_runs) * ARRAY_SIZE(turns);

	return (double)count * 4 + 30;
}

static void operations(const struct workload_case *c, struct arena *arena,
	struct workload_operation **ret_operations, size_t *ret_count)
{
	struct workload_operation *rounds, *list;
	size_t count;

	mesh_rounds(turns, ARRAY_SIZE(turns), c, arena, &rounds, &count);
	list = arena_alloc(arena, struct workload_operation, count + ARRAY_SIZE(once));
	memcpy(list, rounds, count * sizeof(*list));
	for (size_t i = 0; i < ARRAY_SIZE(once); i++) {
		list[count] = once[i];
		list[count++].limit_s = rounds[0].limit_s;
	}
	*ret_operations = list;
	*ret_count = count;
}

/* What the pairs of a group did in a stretch of time. */
struct group {
	size_t pairs;
	double longest_silence_s, answered_s, stable_s;
	bool is_answering;
};

/* Of pairs without `without`, and with `with` when given. */
static struct group look_at(const json_t *observations, const json_t *run, const char *without,
	const char *with, double from_s, double to_s)
{
	const struct mesh_rule rule = mesh_rule(observations);
	struct group group = {.is_answering = true};
	json_t *pair;
	size_t i;

	json_array_foreach (json_object_get(run, "pairs"), i, pair) {
		struct mesh_contact c =
			mesh_contact(json_object_get(pair, "overlay"), &rule, from_s, to_s);

		if ((without && mesh_concerns(pair, without)) ||
			(with && !mesh_concerns(pair, with)))
			continue;
		group.pairs++;
		group.longest_silence_s = fmax(group.longest_silence_s, c.outage_s);
		group.is_answering &= c.is_answering;
		if (c.outage_s > 0)
			group.answered_s = fmax(group.answered_s, c.answered_s - from_s);
		group.stable_s = fmax(group.stable_s, c.stable_s - from_s);
	}
	return group;
}

static json_t *yes_or_no(const struct group *group, bool is_so)
{
	return group->pairs ? json_boolean(is_so) : json_null();
}

json_t *mesh_describe_loss(const json_t *observations, const json_t *run)
{
	const char *coordinator = mesh_text(run, "host"), *restarted = mesh_text(run, "restarted");
	double rejoin_s = mesh_time(run, "rejoin_s"), back_s = mesh_time(run, "back_s");
	bool did_start = !json_object_get(run, "rejoin_failure");
	struct group others =
		look_at(observations, run, coordinator, NULL, 0, fmin(rejoin_s, back_s));
	struct group rejoined =
		look_at(observations, run, coordinator, restarted, rejoin_s, back_s);
	struct group all =
		look_at(observations, run, NULL, NULL, back_s, mesh_time(run, "ended_s"));
	bool goes_on = others.is_answering && others.longest_silence_s < GOES_ON_S;
	bool rejoins = did_start && rejoined.is_answering;

	return json_make("{s:s, s:s?, s:o, s:o, s:o, s:o, s:s?, s:o, s:o}", "coordinator",
		coordinator, "restarted", *restarted ? restarted : NULL, "pairs_go_on",
		yes_or_no(&others, goes_on), "longest_silence_s",
		mesh_number(others.pairs ? others.longest_silence_s : NAN), "can_rejoin",
		yes_or_no(&rejoined, rejoins), "rejoin_s",
		mesh_number(rejoined.pairs && rejoins ? rejoined.answered_s : NAN),
		"rejoin_evidence", json_string_value(json_object_get(run, "rejoin_failure")),
		"back_s", mesh_number(all.is_answering ? all.answered_s : NAN), "back_stable_s",
		mesh_number(all.is_answering ? all.stable_s : NAN));
}

/* Two hosts of a fresh mesh that had spoken to the coordinator alone, when it was gone. */
static json_t *describe_new_pair(const json_t *observations, const json_t *run)
{
	const char *coordinator = mesh_text(run, "host");
	double back_s = mesh_time(run, "back_s");
	struct group others = look_at(observations, run, coordinator, NULL, 0, back_s);
	bool forms = others.is_answering;

	return json_make("{s:s, s:o, s:o}", "coordinator", coordinator, "forms",
		yes_or_no(&others, forms), "formed_s",
		mesh_number(others.pairs && forms ? others.stable_s : NAN));
}

static void read_mesh(const struct workload_case *c, const json_t *observations,
	struct workload_reading *ret_reading)
{
	const json_t *lost = mesh_run(observations, "coordinator", 0);
	const json_t *apart = mesh_run(observations, "new_pair", 0);
	struct workload_reading *reading = ret_reading;
	json_t *all, *one, *called, *coordinator;

	(void)c;
	mesh_judge(observations, reading);
	all = mesh_describe_runs(observations, "all_hosts");
	one = mesh_describe_runs(observations, "one_host");
	called = mesh_describe_runs(observations, "one_host_called");
	coordinator = lost ? mesh_describe_loss(observations, lost) : json_null();
	reading->figures[0] = mesh_median(json_object_get(all, "runs"), "outage_s");
	reading->figures[1] = mesh_median(json_object_get(one, "runs"), "outage_s");
	reading->figures[2] = mesh_median(json_object_get(called, "runs"), "outage_s");
	reading->figures[3] = json_number_at(coordinator, "/back_s", NAN);
	reading->data = json_make("{s:o, s:o, s:o, s:o, s:o}", "all_hosts", all, "one_host", one,
		"one_host_called", called, "coordinator", coordinator, "new_pair",
		apart ? describe_new_pair(observations, apart) : json_null());
	snprintf(reading->headline, sizeof(reading->headline),
		"silent for %.3f s, one host for %.3f s", reading->figures[0], reading->figures[1]);
}

const struct workload workload_restart = {
	.name = "restart",
	.file = "restart.json",
	.settings = (const struct setting *const[]){&mesh_runs, NULL},
	.title = "Restart of the VPN's daemons, and loss of the coordinator",
	.figures = {"all_outage_s", "one_outage_s", "called_outage_s", "coordinator_back_s"},
	.figures_title = "s outage: all / one host / called host / coordinator back",
	.needs = (const char *const[]){NULL},
	.packages = (const char *const[]){NULL},
	.scope = WORKLOAD_MESH,
	.estimate_s = estimate_s,
	.operations = operations,
	.read_mesh = read_mesh,
};
