/* SPDX-License-Identifier: MIT */
/*
 * What a VPN has for two hosts whose direct way is blocked: whether a third host relays, how fast,
 * and at what cost; how long they are silent when the way is blocked in the middle of a stream, and
 * whether they are direct again once it is free. The wire says which way packets go. The way has
 * time to become direct first; that it never does is an answer, and so is a VPN without a relay.
 */
#include "workload/mesh/way.h"

#include "workload/tool/iperf3.h"

#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct setting relay_seconds = {"relay_seconds", SETTING_INTEGER, "30", NULL, 3, 600,
	.argument = "N",
	.help = "how long relay blocks a direct way, and watches it when it is free again"};

enum turn {
	DIRECT,  /* what the pair carries */
	BLOCKED, /* a stream that is blocked and freed */
	RELAYED, /* what the pair carries while its direct way is blocked */
	TURNS
};

static const struct workload_operation turns[TURNS] = {
	[DIRECT] = {.name = "direct", .action = WORKLOAD_CARRY},
	[BLOCKED] = {.name = "blocked", .action = WORKLOAD_BLOCK},
	[RELAYED] = {.name = "relayed", .action = WORKLOAD_DETOUR, .speaker = WORKLOAD_BOTH_SPEAK},
};

static double estimate_s(const struct workload_case *c)
{
	double runs = (double)setting_integer(c->options, &mesh_runs);
	double blocked_s = (double)setting_integer(c->options, &relay_seconds);

	return runs * (3 * blocked_s + 2 * iperf3_estimate_s(c) + 15);
}

static void operations(const struct workload_case *c, struct arena *arena,
	struct workload_operation **ret_operations, size_t *ret_count)
{
	double blocked_s = (double)setting_integer(c->options, &relay_seconds);

	mesh_rounds(turns, TURNS, c, arena, ret_operations, ret_count);
	for (size_t i = 0; i < *ret_count; i++) {
		struct workload_operation *operation = &(*ret_operations)[i];

		operation->limit_s = blocked_s;
		operation->direct_limit_s =
			(double)setting_integer(c->options, &way_direct_seconds);
		operation->seconds =
			operation->action == WORKLOAD_BLOCK ? blocked_s : ceil(c->seconds);
	}
}

static double median_rtt_ms(const json_t *run)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct echoes echoes = echoes_of(arena, run);

	return echoes_rtt_ms(&echoes, 0, INFINITY);
}

/* Processor time of a host's daemons while TCP moved what it did. */
static double cpu_s_of(const json_t *run, const char *host)
{
	json_t *entry;
	size_t i;

	json_array_foreach (json_object_get(run, "hosts"), i, entry) {
		if (host && strcmp(mesh_text(entry, "host"), host) == 0)
			return json_number_at(entry, "/cpu_s", NAN);
	}
	return NAN;
}

/* A figure of the direct way says nothing about what a relay carries. */
static json_t *describe_carried(const json_t *run, enum turn turn)
{
	struct way way = way_last(run);
	bool is_meant = turn != DIRECT || way.kind == WAY_DIRECT;
	double bytes = json_number_at(run, "/tcp/bytes", NAN);
	double seconds = json_number_at(run, "/tcp/seconds", NAN);
	double cpu_s = cpu_s_of(run, way.relay);

	return json_make("{s:s?, s:o, s:s, s:s?, s:o, s:o, s:o, s:o}", "start", way_start(run),
		"direct_after_s", mesh_number(way_direct_after_s(run)), "way", way_names[way.kind],
		"relay", way.relay, "rtt_ms", mesh_number(is_meant ? median_rtt_ms(run) : NAN),
		"mbps",
		mesh_number(is_meant && seconds > 0 && bytes > 0 ? 8e-6 * bytes / seconds : NAN),
		"relay_cpu_percent", mesh_number(seconds > 0 ? 100 * cpu_s / seconds : NAN),
		"relay_cpu_s_per_gb", mesh_number(bytes > 0 ? 1e9 * cpu_s / bytes : NAN));
}

static json_t *describe_blocked(const json_t *run)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct echoes echoes = echoes_of(arena, run);
	double blocked_s = mesh_time(run, "blocked_s"), freed_s = mesh_time(run, "freed_s");
	double end_s = echoes.sent ? echoes.sent_s[echoes.sent - 1] : 0;
	struct way before = way_in(run, blocked_s - WAY_S, blocked_s);
	struct way during = way_in(run, freed_s - WAY_S, freed_s);
	struct way after = way_in(run, end_s - WAY_S, end_s - WAY_SILENT_S / 5);
	struct stretch blocked = stretch_of(&echoes, blocked_s, freed_s);
	struct stretch freed = stretch_of(&echoes, freed_s, end_s);

	return json_make("{s:s?, s:o, s:s, s:s, s:s, s:s?, s:o, s:I, s:o, s:I, s:o, s:o, s:o}",
		"start", way_start(run), "direct_after_s", mesh_number(way_direct_after_s(run)),
		"way_before", way_names[before.kind], "way_blocked", way_names[during.kind],
		"way_freed", way_names[after.kind], "relay", during.relay, "silent_s",
		mesh_number(blocked.silent_s), "lost_packets", (json_int_t)blocked.lost,
		"freed_silent_s", mesh_number(freed.silent_s), "freed_lost_packets",
		(json_int_t)freed.lost, "direct_again_s",
		mesh_number(way_direct_since_s(run, freed_s, end_s - WAY_SILENT_S / 5)),
		"reordered_packets",
		mesh_number(json_number_at(run, "/stream/reordered_packets", NAN)),
		"duplicate_packets",
		mesh_number(json_number_at(run, "/stream/duplicate_packets", NAN)));
}

static json_t *describe(
	const json_t *observations, enum turn turn, struct workload_reading *reading)
{
	json_t *list = json_array();
	const json_t *run;

	for (size_t i = 0; (run = mesh_run(observations, turns[turn].name, i)); i++) {
		if (json_object_get(run, "failure"))
			continue;
		way_doubt(run, reading);
		json_array_append_new(list,
			turn == BLOCKED ? describe_blocked(run) : describe_carried(run, turn));
	}
	return list;
}

enum {
	NUMBER_SIZE = 8
};

static const char *number_text(char text[NUMBER_SIZE], int decimals, double value)
{
	if (!(value >= 0 && value < 1e5))
		return "-";
	snprintf(text, NUMBER_SIZE, "%.*f", decimals, value);
	return text;
}

static void headline(bool is_never_direct, struct workload_reading *reading)
{
	const double *figures = reading->figures;
	char relayed[NUMBER_SIZE], direct[NUMBER_SIZE], silent[NUMBER_SIZE];

	if (is_never_direct) {
		snprintf(reading->headline, sizeof(reading->headline),
			"never direct; relayed %s Mbit/s", number_text(relayed, 0, figures[0]));
		return;
	}
	if (isnan(figures[0])) {
		snprintf(reading->headline, sizeof(reading->headline), "no relay; direct %s Mbit/s",
			number_text(direct, 0, figures[1]));
		return;
	}
	snprintf(reading->headline, sizeof(reading->headline),
		"relayed %s, direct %s Mbit/s; silent %s s", number_text(relayed, 0, figures[0]),
		number_text(direct, 0, figures[1]), number_text(silent, 1, figures[3]));
}

static void read_mesh(const struct workload_case *c, const json_t *observations,
	struct workload_reading *ret_reading)
{
	struct workload_reading *reading = ret_reading;
	json_t *lists[TURNS];

	mesh_begin_reading(observations, reading);
	mesh_judge_failures(observations, reading);
	for (int i = 0; i < TURNS; i++)
		lists[i] = describe(observations, (enum turn)i, reading);
	reading->figures[0] = way_median_of_all(lists[RELAYED], "mbps");
	reading->figures[1] = way_median_of_all(lists[DIRECT], "mbps");
	reading->figures[2] = way_median_of_all(lists[RELAYED], "rtt_ms");
	reading->figures[3] = way_median_of_all(lists[BLOCKED], "silent_s");
	reading->figures[4] = way_median_of_all(lists[BLOCKED], "direct_again_s");
	reading->data = json_make("{s:I, s:o, s:o, s:o}", "blocked_s",
		(json_int_t)setting_integer(c->options, &relay_seconds), turns[DIRECT].name,
		lists[DIRECT], turns[BLOCKED].name, lists[BLOCKED], turns[RELAYED].name,
		lists[RELAYED]);
	headline(way_were_all_never_direct(lists[BLOCKED]), reading);
}

const struct workload workload_relay = {
	.name = "relay",
	.file = "relay.json",
	.settings = (const struct setting *const[]){&mesh_runs, &relay_seconds, &way_direct_seconds,
		NULL},
	.title = "Two hosts whose direct way is blocked: relay, fall-back and return",
	.figures = {"relay_mbps", "direct_mbps", "relay_rtt_ms", "fall_back_s", "direct_again_s"},
	.figures_title = "Mbit/s relayed / direct, ms relayed, s silent / until direct again",
	.needs = IPERF3_NEEDS,
	.packages = (const char *const[]){"iperf3", NULL},
	.scope = WORKLOAD_MESH,
	.routers = WORKLOAD_EVERY_ROUTER,
	.estimate_s = estimate_s,
	.operations = operations,
	.read_mesh = read_mesh,
};
