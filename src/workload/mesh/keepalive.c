/* SPDX-License-Identifier: MIT */
/*
 * How long a NAT must remember for a host behind it to be reached: its router forgets sooner or
 * later, three such lifetimes pass in silence, and then the others call. The first lifetime that
 * the VPN survives ends the search. RFC 4787 asks NATs for at least two minutes; many forget after
 * 30 s (Haetoenen et al. 2010), and Halkes and Pouwelse (2011) take 55 s as what peers must expect.
 */
#include "workload/mesh/mesh.h"

#include "base/json.h"

#include <math.h>
#include <stdio.h>

static const int lifetimes_s[] = {10, 15, 20, 30, 45, 60, 90, 120, 180, 300};
static const double LIMIT_S = 5;

static const struct setting keepalive_longest = {"keepalive_longest", SETTING_INTEGER, "60", NULL,
	10, 300, .argument = "SECONDS",
	.help = "longest memory of a NAT that keepalive tries: 10, 15, 20, 30, 45, 60, 90, 120, 180 or 300"};

static size_t count_lifetimes(const struct workload_case *c)
{
	size_t count = 0;

	while (count < ARRAY_SIZE(lifetimes_s) &&
		lifetimes_s[count] <= setting_integer(c->options, &keepalive_longest))
		count++;
	return count;
}

static double estimate_s(const struct workload_case *c)
{
	double sum = 0;

	for (size_t i = 0; i < count_lifetimes(c); i++)
		sum += 3 * lifetimes_s[i] + LIMIT_S;
	return sum;
}

static void operations(const struct workload_case *c, struct arena *arena,
	struct workload_operation **ret_operations, size_t *ret_count)
{
	size_t count = count_lifetimes(c);
	struct workload_operation *list = arena_alloc(arena, struct workload_operation, count);

	for (size_t i = 0; i < count; i++)
		list[i] = (struct workload_operation){.name = "keepalive",
			.action = WORKLOAD_KEEP,
			.on_one_host = true,
			.speaker = WORKLOAD_OTHERS_SPEAK,
			.seconds = lifetimes_s[i],
			.limit_s = LIMIT_S};
	*ret_operations = list;
	*ret_count = count;
}

/* From the call to the first answer, of the slowest pair with the host. */
static double answered_s(const json_t *observations, const json_t *run)
{
	const struct mesh_rule rule = mesh_rule(observations);
	double slowest_s = 0;
	json_t *pair;
	size_t i;

	json_array_foreach (json_object_get(run, "pairs"), i, pair) {
		struct mesh_contact c = mesh_contact(
			json_object_get(pair, "overlay"), &rule, 0, mesh_time(run, "ended_s"));

		if (mesh_concerns(pair, mesh_text(run, "host")) && !(c.first_s <= slowest_s))
			slowest_s = c.first_s;
	}
	return slowest_s;
}

static void read_mesh(const struct workload_case *c, const json_t *observations,
	struct workload_reading *ret_reading)
{
	struct workload_reading *reading = ret_reading;
	double survives_s = NAN, fails_s = NAN;
	json_t *list = json_array();
	const json_t *run;

	(void)c;
	mesh_begin_reading(observations, reading);
	mesh_judge_failures(observations, reading);
	for (size_t i = 0; (run = mesh_run(observations, "keepalive", i)); i++) {
		bool survived = json_is_true(json_object_get(run, "survived"));
		double lifetime_s = json_number_at(run, "/lifetime_s", NAN);

		*(survived ? &survives_s : &fails_s) = lifetime_s;
		json_array_append_new(
			list, json_make("{s:o, s:b, s:o}", "lifetime_s", mesh_number(lifetime_s),
				      "survived", survived, "answered_s",
				      mesh_number(answered_s(observations, run))));
	}
	reading->figures[0] = survives_s;
	reading->figures[1] = fails_s;
	reading->data = json_make("{s:o, s:o, s:o}", "survives_s", mesh_number(survives_s),
		"fails_s", mesh_number(fails_s), "list", list);
	snprintf(reading->headline, sizeof(reading->headline),
		isnan(survives_s) ? "lost where the NAT forgets after %.0f s"
				  : "reached where the NAT forgets after %.0f s",
		isnan(survives_s) ? fails_s : survives_s);
}

const struct workload workload_keepalive = {
	.name = "keepalive",
	.file = "keepalive.json",
	.settings = (const struct setting *const[]){&keepalive_longest, NULL},
	.title = "How long a NAT must remember for a host behind it to be reached",
	.figures = {"survives_s", "fails_s"},
	.figures_title = "s of a NAT's memory: reached / lost",
	.needs = (const char *const[]){NULL},
	.packages = (const char *const[]){NULL},
	.scope = WORKLOAD_MESH,
	.routers = WORKLOAD_LAST_ROUTER,
	.estimate_s = estimate_s,
	.operations = operations,
	.read_mesh = read_mesh,
};
