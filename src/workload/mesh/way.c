/* SPDX-License-Identifier: MIT */
/* Ways, answers and silences of a stream, from what the wire and the stream say. */
#include "workload/mesh/way.h"

#include "base/json.h"
#include "stats/stats.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A sender that stands still for longer makes silences of its own. */
static const double LONGEST_STALL_MS = 100;

const struct setting way_direct_seconds = {"direct_seconds", SETTING_INTEGER, "30", NULL, 2, 600,
	.argument = "N",
	.help = "how long relay and pathchoice wait until the way is direct, before they begin"};

const char *const way_names[] = {
	[WAY_NONE] = "none", [WAY_DIRECT] = "direct", [WAY_RELAYED] = "relayed"};

double way_bin_s(const json_t *run)
{
	return json_number_at(run, "/path_rule/bin_s", 0.1);
}

size_t way_bin_at(const json_t *run, double at_s)
{
	double bin = at_s / way_bin_s(run);

	return bin >= 1 && bin < 1e5 ? (size_t)bin : 0;
}

/* Whether two edges exchange what a stream sends, in all bins from `first` up to `last`. */
static bool carries(const json_t *run, const json_t *path, size_t first, size_t last)
{
	const json_t *ways = json_object_get(path, "packets");
	double bin_s = way_bin_s(run);
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
struct way way_in(const json_t *run, double from_s, double to_s)
{
	const json_t *paths = json_object_get(run, "paths"), *own = json_array_get(paths, 0);
	const char *one = mesh_text(own, "from"), *other = mesh_text(own, "to");
	size_t first = way_bin_at(run, from_s), last = way_bin_at(run, to_s);
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

struct way way_last(const json_t *run)
{
	double bin_s = way_bin_s(run);
	struct way way = {WAY_NONE, NULL};

	for (size_t bin = way_bin_at(run, mesh_time(run, "counted_s"));
		bin > 0 && way.kind == WAY_NONE; bin--)
		way = way_in(run, (double)bin * bin_s - WAY_S / 2, (double)bin * bin_s);
	return way;
}

double way_direct_since_s(const json_t *run, double from_s, double to_s)
{
	const json_t *own = json_array_get(json_object_get(run, "paths"), 0);
	size_t first = way_bin_at(run, from_s), last = way_bin_at(run, to_s), since = last;

	while (since > first && carries(run, own, since - 1, since))
		since--;
	return since < last ? fmax((double)since * way_bin_s(run) - from_s, 0) : NAN;
}

struct echoes echoes_of(struct arena *arena, const json_t *run)
{
	const json_t *stream = json_object_get(run, "stream");
	const json_t *answers = json_object_get(stream, "answers");
	double every_s = json_number_at(stream, "/every_s", 0), next_s = 0, *unsorted;
	size_t sent = json_array_size(answers);
	struct echoes echoes = {.sent = sent,
		.sent_s = arena_alloc(arena, double, sent + 1),
		.answered_s = arena_alloc(arena, double, sent + 1),
		.asked_s = arena_alloc(arena, double, sent + 1),
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
		echoes.asked_s[echoes.count] = echoes.sent_s[i];
		echoes.trips_s[echoes.count] = unsorted[echoes.count] - echoes.sent_s[i];
		echoes.count++;
	}
	stats_sort(unsorted, echoes.count, echoes.answered_s);
	return echoes;
}

struct stretch stretch_of(const struct echoes *echoes, double from_s, double to_s)
{
	struct stretch stretch = {0};
	double last_s = from_s;

	for (size_t i = 0; i < echoes->count && echoes->answered_s[i] <= to_s; i++) {
		if (echoes->answered_s[i] <= from_s)
			continue;
		stretch.silent_s = fmax(stretch.silent_s, echoes->answered_s[i] - last_s);
		last_s = echoes->answered_s[i];
	}
	stretch.is_answering = to_s - last_s < WAY_SILENT_S;
	if (!stretch.is_answering)
		stretch.silent_s = NAN;
	for (size_t i = 0; i < echoes->sent; i++) {
		double sent_s = echoes->sent_s[i];

		stretch.lost += echoes->is_lost[i] && sent_s >= from_s && sent_s < to_s;
	}
	return stretch;
}

double echoes_rtt_ms(const struct echoes *echoes, double from_s, double to_s)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	double *trips_s = arena_alloc(arena, double, echoes->count + 1);
	size_t count = 0;

	for (size_t i = 0; i < echoes->count; i++) {
		if (echoes->asked_s[i] >= from_s && echoes->asked_s[i] < to_s)
			trips_s[count++] = echoes->trips_s[i];
	}
	return count ? 1e3 * stats_median(trips_s, count) : NAN;
}

double way_direct_after_s(const json_t *run)
{
	return json_number_at(run, "/awaited/direct_s", NAN);
}

bool way_was_never_direct(const json_t *run)
{
	return json_object_get(run, "awaited") && isnan(way_direct_after_s(run));
}

const char *way_start(const json_t *run)
{
	if (!json_object_get(run, "awaited"))
		return NULL;
	return way_was_never_direct(run) ? "never_direct" : "direct";
}

bool way_were_all_never_direct(const json_t *list)
{
	json_t *run;
	size_t i;

	json_array_foreach (list, i, run) {
		if (strcmp(mesh_text(run, "start"), "never_direct") != 0)
			return false;
	}
	return json_array_size(list) > 0;
}

void way_doubt(const json_t *run, struct workload_reading *reading)
{
	double stall_ms = json_number_at(run, "/stream/longest_stall_ms", 0);

	if (stall_ms > LONGEST_STALL_MS)
		snprintf(reading->doubt, sizeof(reading->doubt),
			"the sender of probes stood still for %.0f ms", stall_ms);
	if (json_number_at(run, "/path_rule/packets_missed", 0) > 0)
		snprintf(reading->doubt, sizeof(reading->doubt),
			"the wire's log had no room for all packets");
}

double way_median_of_all(const json_t *list, const char *key)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (!json_is_number(json_object_get(json_array_get(list, i), key)))
			return NAN;
	}
	return json_array_size(list) ? mesh_median(list, key) : NAN;
}
