/* SPDX-License-Identifier: MIT */
/* Rows of the feature matrix that one TCP stream at full rate answers, and idleness. */
#include "report/model/ways.h"

#include "base/json.h"

#include <math.h>
#include <string.h>

/* Of one core, as the row asks. */
static const double BUSY_SHARE = 0.2;
/* Tasks of a program in Go move between its threads: only more than one core needs two. */
static const double MORE_THAN_ONE = 1.1;
/* Below, somebody else held it up, or nobody knows. */
static const double FULL_RATE_SHARE = 0.8;
/* Packets for each frame, above which some frames were super-packets. */
static const double SUPER_RATIO = 1.05;

static void add_threads(struct arena *arena, const struct report_tcp *tcp, json_t *answers)
{
	const struct report_effort *effort = &tcp->outcome.effort;
	double second = effort->second_thread_cpu_s / tcp->forward.seconds;
	double all = effort->threads_cpu_s / tcp->forward.seconds;
	const char *because;

	if (!isfinite(second) || !isfinite(all))
		return;
	because = arena_printf(arena,
		"under one TCP stream all threads used %.2f of a core, the second busiest %.2f",
		all, second);
	if (second >= BUSY_SHARE && all >= MORE_THAN_ONE)
		ways_answer(answers, "tcp", "multi_threaded", "yes", because);
	else if (second < BUSY_SHARE && all >= FULL_RATE_SHARE)
		ways_answer(answers, "tcp", "multi_threaded", "no", because);
}

/* Whether a check saw UDP outside; super-packets of TCP are the kernel's own. */
static bool is_udp_outside(const struct report_condition *condition)
{
	const json_t *answer;
	size_t i;

	json_array_foreach (condition->observed, i, answer) {
		if (strcmp(json_string_at(answer, "/row", ""), "udp_transport") == 0)
			return strcmp(json_string_at(answer, "/is", ""), "yes") == 0;
	}
	return false;
}

static double packets_a_frame(const struct report_frames *frames)
{
	return frames->frames > 0 ? frames->packets / frames->frames : 0;
}

/* That none was seen says nothing: a daemon that is fast enough has nothing to put together. */
static void add_super_packets(struct arena *arena, const struct report_condition *condition,
	const struct report_tcp *tcp, json_t *answers)
{
	double ratio = fmax(packets_a_frame(&tcp->of_source), packets_a_frame(&tcp->of_target));

	if (ratio >= SUPER_RATIO && is_udp_outside(condition))
		ways_answer(answers, "tcp", "udp_gso", "yes",
			arena_printf(arena,
				"a frame that left the host had %.1f packets of UDP on average, under one TCP stream",
				ratio));
}

static void add_stream(struct arena *arena, const struct report_condition *condition,
	const struct report_tcp *tcp, json_t *answers)
{
	if (!tcp_is_working(tcp) || !(tcp->forward.seconds > 0))
		return;
	add_threads(arena, tcp, answers);
	add_super_packets(arena, condition, tcp, answers);
}

static bool is_silent(const json_t *idle)
{
	const json_t *pairs = json_object_get(idle, "pairs"), *pair;
	size_t i;

	json_array_foreach (pairs, i, pair) {
		if (json_number_at(pair, "/exchanges", 1) > 0)
			return false;
	}
	return json_array_size(pairs) > 0 &&
	       json_is_true(json_object_get(idle, "traffic_is_steady"));
}

static void add_idleness(
	struct arena *arena, const struct report_repetition *whole, json_t *answers)
{
	const struct report_result *idle = &whole->results[REPORT_IDLE];

	if (outcome_is_success(&idle->outcome) && is_silent(idle->data))
		ways_answer(answers, "idle", "keepalive_efficient", "yes",
			arena_printf(arena, "no pair exchanged anything in %.0f s of silence",
				json_number_at(idle->data, "/seconds", 0)));
}

json_t *load_answers(struct arena *arena, const struct report_condition *condition)
{
	json_t *answers = json_array();

	for (const struct report_link *link = condition->links; link; link = link->next) {
		for (const struct report_repetition *r = link->repetitions; r; r = r->next)
			add_stream(arena, condition, &r->tcp, answers);
	}
	for (const struct report_repetition *whole = condition->whole; whole; whole = whole->next)
		add_idleness(arena, whole, answers);
	return answers;
}
