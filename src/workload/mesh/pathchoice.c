/* SPDX-License-Identifier: MIT */
/*
 * Two hosts whose direct way becomes slow, or loses packets, while that by a third host is good:
 * does a VPN take the better way, when, and does it change its mind again and again? The wire says
 * which way packets go. To stay is an answer, not a failure, and so is a way that never is direct.
 */
#include "workload/mesh/way.h"

#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Each way; by a third host it takes twice the profile's own delay. */
static const double DELAY_S = 0.15;
/* A tenth of the packets: much for TCP, and enough of a stream is left to see its way. */
static const uint64_t LOSE_EVERY = 10;
/* Ways are told apart in windows of this length. */
static const double WINDOW_S = 0.5;
static const double STEP_S = 0.1;
static const double LONGEST_S = 1300; /* of a run, whatever a sample says */

static const struct setting pathchoice_seconds = {"pathchoice_seconds", SETTING_INTEGER, "60", NULL,
	3, 600, .argument = "N",
	.help = "how long a direct way is bad in pathchoice, and how long it is looked at afterwards"};

enum turn {
	SLOW,
	LOSSY,
	TURNS
};

static const char *const names[TURNS] = {[SLOW] = "slow", [LOSSY] = "lossy"};

static double estimate_s(const struct workload_case *c)
{
	double runs = TURNS * (double)setting_integer(c->options, &mesh_runs);

	return runs * (2 * (double)setting_integer(c->options, &pathchoice_seconds) + 8);
}

static void operations(const struct workload_case *c, struct arena *arena,
	struct workload_operation **ret_operations, size_t *ret_count)
{
	const struct workload_operation turns[TURNS] = {
		[SLOW] = {.name = names[SLOW], .action = WORKLOAD_BLOCK, .delay_s = DELAY_S},
		[LOSSY] = {
			.name = names[LOSSY], .action = WORKLOAD_BLOCK, .lose_every = LOSE_EVERY}};

	mesh_rounds(turns, TURNS, c, arena, ret_operations, ret_count);
	for (size_t i = 0; i < *ret_count; i++) {
		struct workload_operation *operation = &(*ret_operations)[i];

		operation->seconds = (double)setting_integer(c->options, &pathchoice_seconds);
		operation->direct_limit_s =
			(double)setting_integer(c->options, &way_direct_seconds);
		operation->needs_direct = true;
	}
}

/* The last way that was seen in a stretch: a sender that stands still for a moment has none. */
static struct way last_way_in(const json_t *run, double from_s, double to_s)
{
	struct way way = {WAY_NONE, NULL};

	for (double at_s = fmin(to_s, LONGEST_S);
		way.kind == WAY_NONE && at_s - WINDOW_S >= fmax(from_s, 0); at_s -= STEP_S)
		way = way_in(run, at_s - WINDOW_S, at_s);
	return way;
}

/* Changes of way in a stretch of time; what has no way in between is not one. */
struct moves {
	size_t count;
	double first_s; /* after the stretch began; NAN: none */
};

static struct moves moves_in(const json_t *run, enum way_kind before, double from_s, double to_s)
{
	struct moves moves = {.first_s = NAN};
	enum way_kind last = before;

	for (double at_s = fmax(from_s, 0); at_s + WINDOW_S <= fmin(to_s, LONGEST_S);
		at_s += WINDOW_S) {
		enum way_kind now = way_in(run, at_s, at_s + WINDOW_S).kind;

		if (now == WAY_NONE || now == last)
			continue;
		if (moves.count++ == 0)
			moves.first_s = at_s - from_s;
		last = now;
	}
	return moves;
}

/* Nothing was done to it. */
static json_t *describe_never_direct(const json_t *run)
{
	struct way way = way_last(run);

	return json_make(
		"{s:s, s:n, s:s, s:n, s:n, s:s?, s:n, s:n, s:n, s:n, s:n, s:n, s:n, s:n, s:n}",
		"start", way_start(run), "direct_after_s", "way_before", way_names[way.kind],
		"way_bad", "way_good", "relay", way.relay, "moved_s", "moves", "moved_back_s",
		"moves_afterwards", "before_rtt_ms", "bad_rtt_ms", "good_rtt_ms", "lost_packets",
		"silent_s");
}

static json_t *describe_run(const json_t *run)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct echoes echoes = echoes_of(arena, run);
	double bad_s = mesh_time(run, "blocked_s"), good_s = mesh_time(run, "freed_s");
	double end_s = echoes.sent ? echoes.sent_s[echoes.sent - 1] - way_bin_s(run) : 0;
	struct way before = last_way_in(run, 0, bad_s);
	struct way during = last_way_in(run, bad_s, good_s);
	struct way after = last_way_in(run, good_s, end_s);
	struct moves moves = moves_in(run, before.kind, bad_s, good_s);
	struct moves back = moves_in(run, during.kind, good_s, end_s);
	struct stretch bad = stretch_of(&echoes, bad_s, good_s);

	if (before.kind != WAY_DIRECT) /* it has not left what it did not take */
		moves.first_s = back.first_s = NAN;
	return json_make(
		"{s:s?, s:o, s:s, s:s, s:s, s:s?, s:o, s:I, s:o, s:I, s:o, s:o, s:o, s:I, s:o}",
		"start", way_start(run), "direct_after_s", mesh_number(way_direct_after_s(run)),
		"way_before", way_names[before.kind], "way_bad", way_names[during.kind], "way_good",
		way_names[after.kind], "relay", during.relay, "moved_s", mesh_number(moves.first_s),
		"moves", (json_int_t)moves.count, "moved_back_s", mesh_number(back.first_s),
		"moves_afterwards", (json_int_t)back.count, "before_rtt_ms",
		mesh_number(echoes_rtt_ms(&echoes, 0, bad_s)), "bad_rtt_ms",
		mesh_number(echoes_rtt_ms(&echoes, good_s - WAY_S, good_s)), "good_rtt_ms",
		mesh_number(echoes_rtt_ms(&echoes, end_s - WAY_S, end_s)), "lost_packets",
		(json_int_t)bad.lost, "silent_s", mesh_number(bad.silent_s));
}

static json_t *describe(
	const json_t *observations, enum turn turn, struct workload_reading *reading)
{
	json_t *list = json_array();
	const json_t *run;

	for (size_t i = 0; (run = mesh_run(observations, names[turn], i)); i++) {
		if (json_object_get(run, "failure"))
			continue;
		way_doubt(run, reading);
		json_array_append_new(list,
			way_was_never_direct(run) ? describe_never_direct(run) : describe_run(run));
	}
	return list;
}

static double most_moves(json_t *lists[static TURNS])
{
	double most = NAN;
	json_t *run;
	size_t i;

	for (int turn = 0; turn < TURNS; turn++) {
		json_array_foreach (lists[turn], i, run)
			most = fmax(most, json_number_at(run, "/moves", NAN));
	}
	return most;
}

static const char *moved_text(char text[16], const json_t *runs, double seconds)
{
	json_t *run;
	size_t i;

	if (way_were_all_never_direct(runs))
		return "never direct";
	json_array_foreach (runs, i, run) {
		if (strcmp(mesh_text(run, "way_before"), way_names[WAY_DIRECT]) != 0)
			return "not direct";
	}
	if (isnan(seconds))
		return "stays";
	snprintf(text, 16, "moves in %.1f s", seconds);
	return text;
}

static void read_mesh(const struct workload_case *c, const json_t *observations,
	struct workload_reading *ret_reading)
{
	struct workload_reading *reading = ret_reading;
	json_t *lists[TURNS];
	char texts[TURNS][16];

	mesh_begin_reading(observations, reading);
	mesh_judge_failures(observations, reading);
	for (int i = 0; i < TURNS; i++)
		lists[i] = describe(observations, (enum turn)i, reading);
	reading->figures[0] = way_median_of_all(lists[SLOW], "moved_s");
	reading->figures[1] = way_median_of_all(lists[LOSSY], "moved_s");
	reading->figures[2] = most_moves(lists);
	reading->figures[3] = way_median_of_all(lists[SLOW], "bad_rtt_ms");
	snprintf(reading->headline, sizeof(reading->headline), "slow: %s; lossy: %s",
		moved_text(texts[SLOW], lists[SLOW], reading->figures[0]),
		moved_text(texts[LOSSY], lists[LOSSY], reading->figures[1]));
	reading->data = json_make("{s:I, s:f, s:f, s:o, s:o}", "bad_s",
		(json_int_t)setting_integer(c->options, &pathchoice_seconds), "delay_ms",
		1e3 * DELAY_S, "loss_percent", 100.0 / (double)LOSE_EVERY, names[SLOW], lists[SLOW],
		names[LOSSY], lists[LOSSY]);
}

const struct workload workload_pathchoice = {
	.name = "pathchoice",
	.file = "pathchoice.json",
	.settings = (const struct setting *const[]){&mesh_runs, &pathchoice_seconds,
		&way_direct_seconds, NULL},
	.title = "A direct way that becomes slow or lossy: whether packets take another one",
	.figures = {"slow_moved_s", "lossy_moved_s", "most_moves", "slow_rtt_ms"},
	.figures_title = "s until a slow / lossy way is left, changes, ms in the end",
	.needs = (const char *const[]){NULL},
	.packages = (const char *const[]){NULL},
	.scope = WORKLOAD_MESH,
	.routers = WORKLOAD_EVERY_ROUTER,
	.estimate_s = estimate_s,
	.operations = operations,
	.read_mesh = read_mesh,
};
