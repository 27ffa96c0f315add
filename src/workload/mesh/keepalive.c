/* SPDX-License-Identifier: MIT */
/*
 * How long a NAT must remember for a host behind it to be reached, and what a VPN does for that. At
 * first nobody uses the mesh, and the wire says who sends whom something by itself, and how seldom.
 * Then the host's router forgets sooner or later, three such lifetimes pass in silence, and the
 * others call. The first lifetime that the VPN survives ends the search. RFC 4787 asks NATs for at
 * least two minutes; many forget after 30 s (Haetoenen et al. 2010), and Halkes and Pouwelse (2011)
 * take 55 s as what peers must expect.
 */
#include "workload/mesh/mesh.h"

#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const int lifetimes_s[] = {10, 15, 20, 30, 45, 60, 90, 120, 180, 300};
static const double LIMIT_S = 5;
static const double SETTLE_S = 10; /* answers to the last traffic are not the VPN's own idea */

static const struct setting keepalive_longest = {"keepalive_longest", SETTING_INTEGER, "60", NULL,
	10, 300, .argument = "SECONDS",
	.help = "longest memory of a NAT that keepalive tries: 10, 15, 20, 30, 45, 60, 90, 120, 180 or 300"};

static const struct setting keepalive_watch = {"keepalive_watch", SETTING_INTEGER, "180", NULL, 10,
	86400, .argument = "SECONDS",
	.help = "how long keepalive looks at what an idle mesh sends by itself"};

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
	double sum = SETTLE_S + (double)setting_integer(c->options, &keepalive_watch);

	for (size_t i = 0; i < count_lifetimes(c); i++)
		sum += 3 * lifetimes_s[i] + LIMIT_S;
	return sum;
}

static void operations(const struct workload_case *c, struct arena *arena,
	struct workload_operation **ret_operations, size_t *ret_count)
{
	size_t count = count_lifetimes(c);
	struct workload_operation *list = arena_alloc(arena, struct workload_operation, count + 1);

	list[0] = (struct workload_operation){.name = "idle",
		.action = WORKLOAD_IDLE,
		.on_one_host = true,
		.settle_s = SETTLE_S,
		.seconds = (double)setting_integer(c->options, &keepalive_watch)};
	for (size_t i = 0; i < count; i++)
		list[i + 1] = (struct workload_operation){.name = "keepalive",
			.action = WORKLOAD_KEEP,
			.on_one_host = true,
			.speaker = WORKLOAD_OTHERS_SPEAK,
			.seconds = lifetimes_s[i],
			.limit_s = LIMIT_S};
	*ret_operations = list;
	*ret_count = count + 1;
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

/* What the host sends by itself; the longest gap to any other host, NAN if one hears nothing. */
static json_t *describe_sends(const json_t *run, double *ret_gap_s, bool *ret_is_silent)
{
	const json_t *idle = json_object_get(run, "idle");
	json_t *pairs = mesh_describe_talk(idle), *pair;
	const char *host = mesh_text(run, "host");
	size_t i;

	json_array_foreach (pairs, i, pair) {
		double gap_s = json_number_at(pair, "/longest_gap_s", NAN);

		if (strcmp(mesh_text(pair, "from"), host) != 0)
			continue;
		*ret_is_silent |= isnan(gap_s);
		*ret_gap_s = fmax(*ret_gap_s, gap_s);
	}
	if (json_is_null(pairs))
		return pairs;
	return json_make("{s:s, s:o, s:o}", "host", host, "seconds",
		mesh_number(json_number_at(idle, "/seconds", NAN)), "pairs", pairs);
}

static void write_headline(
	struct workload_reading *reading, const json_t *sends, double gap_s, bool is_silent)
{
	double survives_s = reading->figures[0], fails_s = reading->figures[1];
	size_t room = sizeof(reading->headline), used;

	snprintf(reading->headline, room, "%s where the NAT forgets after %.0f s",
		isnan(survives_s) ? "lost" : "reached", isnan(survives_s) ? fails_s : survives_s);
	used = strlen(reading->headline);
	if (is_silent)
		snprintf(reading->headline + used, room - used, "; silent for %.0f s",
			json_number_at(sends, "/seconds", 0));
	else if (isfinite(gap_s))
		snprintf(reading->headline + used, room - used, "; gaps of %.0f s", gap_s);
}

static void read_mesh(const struct workload_case *c, const json_t *observations,
	struct workload_reading *ret_reading)
{
	struct workload_reading *reading = ret_reading;
	double survives_s = NAN, fails_s = NAN, gap_s = NAN;
	bool is_silent = false;
	json_t *list = json_array(), *sends;
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
	sends = describe_sends(mesh_run(observations, "idle", 0), &gap_s, &is_silent);
	reading->figures[2] = is_silent ? NAN : gap_s;
	write_headline(reading, sends, gap_s, is_silent);
	reading->data = json_make("{s:o, s:o, s:o, s:o}", "survives_s", mesh_number(survives_s),
		"fails_s", mesh_number(fails_s), "list", list, "sends", sends);
}

const struct workload workload_keepalive = {
	.name = "keepalive",
	.file = "keepalive.json",
	.settings = (const struct setting *const[]){&keepalive_longest, &keepalive_watch, NULL},
	.title = "How long a NAT must remember for a host behind it to be reached",
	.figures = {"survives_s", "fails_s", "longest_gap_s"},
	.figures_title = "s of a NAT's memory: reached / lost; longest gap of packets",
	.needs = (const char *const[]){NULL},
	.packages = (const char *const[]){NULL},
	.scope = WORKLOAD_MESH,
	.routers = WORKLOAD_LAST_ROUTER,
	.estimate_s = estimate_s,
	.operations = operations,
	.read_mesh = read_mesh,
};
