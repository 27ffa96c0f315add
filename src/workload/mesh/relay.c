/* SPDX-License-Identifier: MIT */
/*
 * What a VPN has for two hosts whose direct way is blocked: whether a third host relays, how fast,
 * and at what cost; how long they are silent when the way is blocked in the middle of a stream, and
 * whether they are direct again once it is free. The wire says which way packets go. A VPN without
 * a relay is an answer, not a failure.
 */
#include "workload/mesh/mesh.h"

#include "workload/tool/iperf3.h"

#include "base/json.h"
#include "stats/stats.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const struct setting relay_seconds = {"relay_seconds", SETTING_INTEGER, "30", NULL, 3, 600,
	.argument = "N",
	.help = "how long relay blocks a direct way, and watches it when it is free again"};

/* Who was not heard for so long at the end of a stretch of time is silent. */
static const double SILENT_S = 0.5;
/* A way is looked for in the last second. */
static const double WAY_S = 1;
/* A sender that stands still for longer makes silences of its own. */
static const double LONGEST_STALL_MS = 100;

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

	return runs * (3 * blocked_s + 2 * iperf3_estimate_s(c) + 10);
}

static void operations(const struct workload_case *c, struct arena *arena,
	struct workload_operation **ret_operations, size_t *ret_count)
{
	double blocked_s = (double)setting_integer(c->options, &relay_seconds);

	mesh_rounds(turns, TURNS, c, arena, ret_operations, ret_count);
	for (size_t i = 0; i < *ret_count; i++) {
		struct workload_operation *operation = &(*ret_operations)[i];

		operation->limit_s = blocked_s;
		operation->seconds =
			operation->action == WORKLOAD_BLOCK ? blocked_s : ceil(c->seconds);
	}
}

/* How packets of the pair went in a stretch of time. */
struct way {
	enum way_kind {
		WAY_NONE,
		WAY_DIRECT,
		WAY_RELAYED
	} kind;
	const char *relay; /* the host by which they went */
};

static const char *const way_names[] = {
	[WAY_NONE] = "none", [WAY_DIRECT] = "direct", [WAY_RELAYED] = "relayed"};

static size_t bin_at(const json_t *run, double at_s)
{
	double bin = at_s / json_number_at(run, "/path_rule/bin_s", 0.1);

	return bin >= 1 && bin < 1e5 ? (size_t)bin : 0;
}

/* Whether two edges exchange what a stream sends, in all bins from `first` up to `last`. */
static bool carries(const json_t *run, const json_t *path, size_t first, size_t last)
{
	const json_t *ways = json_object_get(path, "packets");
	double bin_s = json_number_at(run, "/path_rule/bin_s", 0.1);
	double every_s = json_number_at(run, "/path_rule/every_s", 0);

	for (size_t bin = first; bin < last; bin++) {
		double there = json_number_value(json_array_get(json_array_get(ways, 0), bin));
		double back = json_number_value(json_array_get(json_array_get(ways, 1), bin));

		if (!(every_s > 0) || !mesh_is_direct(there, back, bin_s, every_s))
			return false;
	}
	return last > first;
}

/* Paths begin with the pair's own; then each of the two has one to every third host. */
static struct way way_in(const json_t *run, double from_s, double to_s)
{
	const json_t *paths = json_object_get(run, "paths"), *own = json_array_get(paths, 0);
	const char *one = mesh_text(own, "from"), *other = mesh_text(own, "to");
	size_t first = bin_at(run, from_s), last = bin_at(run, to_s);
	json_t *path;
	size_t i;

	if (carries(run, own, first, last))
		return (struct way){WAY_DIRECT, NULL};
	json_array_foreach (paths, i, path) {
		const char *third = mesh_text(path, "to");

		if (i > 0 && strcmp(mesh_text(path, "from"), one) == 0 &&
			carries(run, path, first, last) &&
			carries(run, mesh_between(paths, other, third), first, last))
			return (struct way){WAY_RELAYED, third};
	}
	return (struct way){WAY_NONE, NULL};
}

/* That of the last half second in which there was one: a short stream ends before the record. */
static struct way last_way(const json_t *run)
{
	double bin_s = json_number_at(run, "/path_rule/bin_s", 0.1);
	struct way way = {WAY_NONE, NULL};

	for (size_t bin = bin_at(run, mesh_time(run, "counted_s")); bin > 0 && way.kind == WAY_NONE;
		bin--)
		way = way_in(run, (double)bin * bin_s - WAY_S / 2, (double)bin * bin_s);
	return way;
}

/* Since when it is direct until the end, or NAN. */
static double direct_since_s(const json_t *run, double from_s, double to_s)
{
	const json_t *own = json_array_get(json_object_get(run, "paths"), 0);
	size_t first = bin_at(run, from_s), last = bin_at(run, to_s), since = last;

	while (since > first && carries(run, own, since - 1, since))
		since--;
	return since < last
		       ? fmax((double)since * json_number_at(run, "/path_rule/bin_s", 0.1) - from_s,
				 0)
		       : NAN;
}

/* A stream of packets with echoes, in an arena: when each was sent, and when answers came. */
struct echoes {
	double *sent_s;     /* of all; of what had no answer by its neighbours */
	double *answered_s; /* of the answered, ascending */
	double *trips_s;    /* likewise, by number */
	bool *is_lost;
	size_t sent, count;
};

static struct echoes echoes_of(struct arena *arena, const json_t *run)
{
	const json_t *stream = json_object_get(run, "stream");
	const json_t *answers = json_object_get(stream, "answers");
	double every_s = json_number_at(stream, "/every_s", 0), next_s = 0, *unsorted;
	size_t sent = json_array_size(answers);
	struct echoes echoes = {.sent = sent,
		.sent_s = arena_alloc(arena, double, sent + 1),
		.answered_s = arena_alloc(arena, double, sent + 1),
		.trips_s = arena_alloc(arena, double, sent + 1),
		.is_lost = arena_alloc(arena, bool, sent + 1)};

	unsorted = arena_alloc(arena, double, sent + 1);
	for (size_t i = 0; i < sent; i++) {
		const json_t *answer = json_array_get(answers, i);

		echoes.is_lost[i] = !json_is_array(answer);
		echoes.sent_s[i] = json_number_at(answer, "/0", next_s);
		next_s = echoes.sent_s[i] + every_s;
		if (echoes.is_lost[i])
			continue;
		unsorted[echoes.count] = json_number_at(answer, "/1", echoes.sent_s[i]);
		echoes.trips_s[echoes.count] = unsorted[echoes.count] - echoes.sent_s[i];
		echoes.count++;
	}
	stats_sort(unsorted, echoes.count, echoes.answered_s);
	return echoes;
}

/* What became of a stream in a stretch of time. */
struct stretch {
	double silent_s; /* the longest time without an answer; NAN: it did not end */
	size_t lost;     /* of what was sent in it */
	bool is_answering;
};

static struct stretch stretch_of(const struct echoes *echoes, double from_s, double to_s)
{
	struct stretch stretch = {0};
	double last_s = from_s;

	for (size_t i = 0; i < echoes->count && echoes->answered_s[i] <= to_s; i++) {
		if (echoes->answered_s[i] <= from_s)
			continue;
		stretch.silent_s = fmax(stretch.silent_s, echoes->answered_s[i] - last_s);
		last_s = echoes->answered_s[i];
	}
	stretch.is_answering = to_s - last_s < SILENT_S;
	if (!stretch.is_answering)
		stretch.silent_s = NAN;
	for (size_t i = 0; i < echoes->sent; i++) {
		double sent_s = echoes->sent_s[i];

		stretch.lost += echoes->is_lost[i] && sent_s >= from_s && sent_s < to_s;
	}
	return stretch;
}

static double median_rtt_ms(const json_t *run)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct echoes echoes = echoes_of(arena, run);

	return echoes.count ? 1e3 * stats_median(echoes.trips_s, echoes.count) : NAN;
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

static json_t *describe_carried(const json_t *run)
{
	struct way way = last_way(run);
	double bytes = json_number_at(run, "/tcp/bytes", NAN);
	double seconds = json_number_at(run, "/tcp/seconds", NAN);
	double cpu_s = cpu_s_of(run, way.relay);

	return json_make("{s:s, s:s?, s:o, s:o, s:o, s:o}", "way", way_names[way.kind], "relay",
		way.relay, "rtt_ms", mesh_number(median_rtt_ms(run)), "mbps",
		mesh_number(seconds > 0 && bytes > 0 ? 8e-6 * bytes / seconds : NAN),
		"relay_cpu_percent", mesh_number(seconds > 0 ? 100 * cpu_s / seconds : NAN),
		"relay_cpu_s_per_gb", mesh_number(bytes > 0 ? 1e9 * cpu_s / bytes : NAN));
}

static void doubt(const json_t *run, struct workload_reading *reading)
{
	double stall_ms = json_number_at(run, "/stream/longest_stall_ms", 0);

	if (stall_ms > LONGEST_STALL_MS)
		snprintf(reading->doubt, sizeof(reading->doubt),
			"the sender of probes stood still for %.0f ms", stall_ms);
	if (json_number_at(run, "/path_rule/packets_missed", 0) > 0)
		snprintf(reading->doubt, sizeof(reading->doubt),
			"the wire's log had no room for all packets");
}

static json_t *describe_blocked(const json_t *run)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct echoes echoes = echoes_of(arena, run);
	double blocked_s = mesh_time(run, "blocked_s"), freed_s = mesh_time(run, "freed_s");
	double end_s = echoes.sent ? echoes.sent_s[echoes.sent - 1] : 0;
	struct way before = way_in(run, blocked_s - WAY_S, blocked_s);
	struct way during = way_in(run, freed_s - WAY_S, freed_s);
	struct way after = way_in(run, end_s - WAY_S, end_s - SILENT_S / 5);
	struct stretch blocked = stretch_of(&echoes, blocked_s, freed_s);
	struct stretch freed = stretch_of(&echoes, freed_s, end_s);

	return json_make("{s:s, s:s, s:s, s:s?, s:o, s:I, s:o, s:I, s:o, s:o, s:o}", "way_before",
		way_names[before.kind], "way_blocked", way_names[during.kind], "way_freed",
		way_names[after.kind], "relay", during.relay, "silent_s",
		mesh_number(blocked.silent_s), "lost_packets", (json_int_t)blocked.lost,
		"freed_silent_s", mesh_number(freed.silent_s), "freed_lost_packets",
		(json_int_t)freed.lost, "direct_again_s",
		mesh_number(direct_since_s(run, freed_s, end_s - SILENT_S / 5)),
		"reordered_packets",
		mesh_number(json_number_at(run, "/stream/reordered_packets", NAN)),
		"duplicate_packets",
		mesh_number(json_number_at(run, "/stream/duplicate_packets", NAN)));
}

/* The median; NAN where a run has no number, as what never ends has no median. */
static double median_of_all(const json_t *list, const char *key)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (!json_is_number(json_object_get(json_array_get(list, i), key)))
			return NAN;
	}
	return json_array_size(list) ? mesh_median(list, key) : NAN;
}

static json_t *describe(
	const json_t *observations, enum turn turn, struct workload_reading *reading)
{
	json_t *list = json_array();
	const json_t *run;

	for (size_t i = 0; (run = mesh_run(observations, turns[turn].name, i)); i++) {
		if (json_object_get(run, "failure"))
			continue;
		doubt(run, reading);
		json_array_append_new(
			list, turn == BLOCKED ? describe_blocked(run) : describe_carried(run));
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

static void headline(struct workload_reading *reading)
{
	const double *figures = reading->figures;
	char relayed[NUMBER_SIZE], direct[NUMBER_SIZE], silent[NUMBER_SIZE];

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
	reading->figures[0] = median_of_all(lists[RELAYED], "mbps");
	reading->figures[1] = median_of_all(lists[DIRECT], "mbps");
	reading->figures[2] = median_of_all(lists[RELAYED], "rtt_ms");
	reading->figures[3] = median_of_all(lists[BLOCKED], "silent_s");
	reading->figures[4] = median_of_all(lists[BLOCKED], "direct_again_s");
	reading->data = json_make("{s:I, s:o, s:o, s:o}", "blocked_s",
		(json_int_t)setting_integer(c->options, &relay_seconds), turns[DIRECT].name,
		lists[DIRECT], turns[BLOCKED].name, lists[BLOCKED], turns[RELAYED].name,
		lists[RELAYED]);
	headline(reading);
}

const struct workload workload_relay = {
	.name = "relay",
	.file = "relay.json",
	.settings = (const struct setting *const[]){&mesh_runs, &relay_seconds, NULL},
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
