/* SPDX-License-Identifier: MIT */
/*
 * What of a VPN lives on a narrow line: the MTU of the last host's router becomes smaller while a
 * TCP flow of it goes on, with routers that say so (RFC 1191) and with black holes (RFC 2923).
 * Which packets still arrive, whether the flow goes on, and whether the VPN can begin there. A flow
 * that hangs is an answer, not a failure.
 */
#include "workload/mesh/mesh.h"

#include "workload/tool/iperf3.h"

#include "document/silence.h"

#include "base/json.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
	LEAST_MTU = 1280, /* of IPv6, and of routers of the wire */
	MOST_MTU = 9000,
	USUAL_MTU = 1500,
	MOST_SIZES = 16
};

static const double SHORT_S = 4;  /* of a flow whose line does not become narrow */
static const double OTHER_S = 20; /* of a run besides its flow: restarts, sizes, a second flow */
/* The buffers of both ends still take something when nothing arrives any more. */
static const double BUFFERS_S = 0.5;
/* At the end of a flow, whose rate is then the rate afterwards. */
static const double LAST_S = 2;

static const struct setting mtu_seconds = {"mtu_seconds", SETTING_INTEGER, "20", NULL, 4, 600,
	.argument = "N", .help = "how long a flow of mtu has to recover from a narrow line"};

/* Reads the next of "1280,1400" and moves behind it. */
static int take_size(const char **list, int64_t *ret_size, struct error *err)
{
	size_t size = strcspn(*list, ",");
	char word[8];

	if (size >= sizeof(word))
		return fail(err, ERROR_USAGE, "'%.20s' is not an MTU", *list);
	snprintf(word, sizeof(word), "%.*s", (int)size, *list);
	*list += size + ((*list)[size] == ',');
	return text_integer(word, LEAST_MTU, MOST_MTU, ret_size, err);
}

static int check_sizes(const char *text, struct error *err)
{
	size_t count = 0;
	int64_t size;

	do {
		if (take_size(&text, &size, err))
			return -1;
		if (++count > MOST_SIZES)
			return fail(err, ERROR_USAGE, "more than %d sizes", MOST_SIZES);
	} while (*text);
	return text[-1] == ',' ? fail(err, ERROR_USAGE, "it ends with a comma") : 0;
}

static const struct setting mtu_sizes = {"mtu_sizes", SETTING_TEXT, "1280,1400,1500,9000", NULL, 0,
	0, check_sizes, NULL, "a,b,...",
	"bytes of the largest packet on the line in mtu, 1280 to 9000"};

static size_t sizes_of(const struct workload_case *c, int64_t sizes[static MOST_SIZES])
{
	const char *list = setting_text(c->options, &mtu_sizes);
	struct error ignored;
	size_t count = 0;

	while (*list && count < MOST_SIZES && take_size(&list, &sizes[count], &ignored) == 0)
		count++;
	return count;
}

static double seconds_of(const struct workload_case *c, int64_t size)
{
	return size < USUAL_MTU ? (double)setting_integer(c->options, &mtu_seconds) : SHORT_S;
}

static double estimate_s(const struct workload_case *c)
{
	int64_t sizes[MOST_SIZES] = {0};
	size_t count = sizes_of(c, sizes);
	double seconds = 0;

	for (size_t i = 0; i < count; i++)
		seconds += 2 * (seconds_of(c, sizes[i]) + OTHER_S);
	return seconds * (double)setting_integer(c->options, &mesh_runs);
}

static void operations(const struct workload_case *c, struct arena *arena,
	struct workload_operation **ret_operations, size_t *ret_count)
{
	struct workload_operation turns[2 * MOST_SIZES] = {{0}};
	int64_t sizes[MOST_SIZES] = {0};
	size_t count = 2 * sizes_of(c, sizes);

	for (size_t i = 0; i < count; i++)
		turns[i] = (struct workload_operation){.name = "narrow",
			.action = WORKLOAD_NARROW,
			.seconds = seconds_of(c, sizes[i / 2]),
			.mtu = (unsigned)sizes[i / 2],
			.is_black_hole = i % 2};
	mesh_rounds(turns, count, c, arena, ret_operations, ret_count);
}

/* A flow as its sender saw it, in an arena. */
struct flow {
	double *bytes, *end_s; /* by interval */
	size_t count;
	double interval_s;
};

static struct flow flow_of(struct arena *arena, const json_t *observed)
{
	const json_t *bytes = json_object_get(observed, "bytes");
	struct flow flow = {.count = json_array_size(bytes),
		.interval_s = json_number_at(observed, "/interval_s", 0.1)};

	flow.bytes = arena_alloc(arena, double, flow.count + 1);
	flow.end_s = arena_alloc(arena, double, flow.count + 1);
	for (size_t i = 0; i < flow.count; i++) {
		flow.bytes[i] = json_number_value(json_array_get(bytes, i));
		flow.end_s[i] = (double)(i + 1) * flow.interval_s;
	}
	return flow;
}

/* Whether it moved anything, and whether it did to the end. */
static const char *end_of(const struct flow *flow)
{
	double sum = 0;

	for (size_t i = 0; i < flow->count; i++)
		sum += flow->bytes[i];
	if (!(sum > 0))
		return "none";
	return silence_of(flow->end_s, flow->bytes, flow->count).lasts_to_the_end ? "hung"
										  : "carried";
}

/* The longest time without a byte, of those that came to an end after this moment. */
static double longest_silence_s(const struct flow *flow, double from_s)
{
	double longest_s = 0, silent_s = 0;

	for (size_t i = 0; i < flow->count; i++) {
		silent_s = flow->bytes[i] > 0 ? 0 : silent_s + flow->interval_s;
		if (flow->end_s[i] >= from_s && i + 1 < flow->count && flow->bytes[i + 1] > 0)
			longest_s = fmax(longest_s, silent_s);
	}
	return longest_s;
}

static double mbps_in(const struct flow *flow, double from_s, double to_s)
{
	double bytes = 0, seconds = 0;

	for (size_t i = 0; i < flow->count; i++) {
		if (flow->end_s[i] <= from_s || flow->end_s[i] > to_s)
			continue;
		bytes += flow->bytes[i];
		seconds += flow->interval_s;
	}
	return seconds > 0 ? 8e-6 * bytes / seconds : NAN;
}

static double last_mbps(const struct flow *flow)
{
	double end_s = flow->count ? flow->end_s[flow->count - 1] : 0;

	return mbps_in(flow, end_s - LAST_S, end_s);
}

static json_t *bytes_at(const json_t *run, const char *pointer)
{
	return mesh_number(json_number_at(run, pointer, NAN));
}

static json_t *describe(const json_t *run)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct flow flow = flow_of(arena, json_object_get(run, "flow"));
	struct flow fresh = flow_of(arena, json_object_get(run, "fresh"));
	double narrowed_s = mesh_time(run, "narrowed_s");
	const char *tcp = end_of(&flow);

	return json_make("{s:o, s:b, s:o, s:s?, s:o, s:s, s:o, s:o, s:o, s:b, s:s, s:o}",
		"outer_mtu_bytes", bytes_at(run, "/outer_mtu_bytes"), "icmp",
		json_is_true(json_object_get(run, "icmp")), "whole_bytes",
		bytes_at(run, "/sizes/whole_bytes"), "beyond",
		json_string_at(run, "/sizes/beyond", NULL), "cut_bytes",
		bytes_at(run, "/sizes/cut_bytes"), "tcp", tcp, "silent_s",
		mesh_number(
			strcmp(tcp, "carried") == 0 ? longest_silence_s(&flow, narrowed_s) : NAN),
		"before_mbps", mesh_number(mbps_in(&flow, BUFFERS_S, narrowed_s - BUFFERS_S)),
		"after_mbps", mesh_number(last_mbps(&flow)), "begins",
		json_is_true(json_object_get(run, "returned")), "begun_tcp", end_of(&fresh),
		"begun_mbps", mesh_number(last_mbps(&fresh)));
}

static bool is_line(const json_t *step, double mtu, bool icmp)
{
	return json_number_at(step, "/outer_mtu_bytes", 0) == mtu &&
	       json_is_true(json_object_get(step, "icmp")) == icmp;
}

static double narrowest_of(const json_t *steps)
{
	double narrowest = NAN;
	json_t *step;
	size_t i;

	json_array_foreach (steps, i, step)
		narrowest = fmin(narrowest, json_number_at(step, "/outer_mtu_bytes", NAN));
	return narrowest;
}

/* Median of what arrives whole on such a line. */
static double whole_bytes(const json_t *steps, double mtu, bool icmp)
{
	json_auto_t *chosen = json_array();
	json_t *step;
	size_t i;

	json_array_foreach (steps, i, step) {
		if (is_line(step, mtu, icmp))
			json_array_append(chosen, step);
	}
	return mesh_median(chosen, "whole_bytes");
}

static size_t count_hanging(const json_t *steps)
{
	size_t count = 0, i;
	json_t *step;

	json_array_foreach (steps, i, step)
		count += strcmp(mesh_text(step, "tcp"), "carried") != 0;
	return count;
}

static double longest_recovery_s(const json_t *steps)
{
	double longest_s = NAN;
	json_t *step;
	size_t i;

	json_array_foreach (steps, i, step)
		longest_s = fmax(longest_s, json_number_at(step, "/silent_s", NAN));
	return longest_s;
}

static void headline(double narrowest, size_t steps, struct workload_reading *reading)
{
	const double *figures = reading->figures;
	char sizes[2][12];

	for (int i = 0; i < 2; i++)
		snprintf(sizes[i], sizeof(sizes[i]), figures[i] > 0 ? "%.0f" : "none", figures[i]);
	snprintf(reading->headline, sizeof(reading->headline),
		"at %.0f: %s B, no ICMP: %s B; TCP hung in %.0f of %zu", narrowest, sizes[0],
		sizes[1], figures[2], steps);
}

static void read_mesh(const struct workload_case *c, const json_t *observations,
	struct workload_reading *ret_reading)
{
	struct workload_reading *reading = ret_reading;
	json_t *steps = json_array();
	const json_t *run;
	double narrowest;

	mesh_begin_reading(observations, reading);
	mesh_judge_failures(observations, reading);
	for (size_t i = 0; (run = mesh_run(observations, "narrow", i)); i++) {
		if (!json_object_get(run, "failure"))
			json_array_append_new(steps, describe(run));
	}
	narrowest = narrowest_of(steps);
	reading->figures[0] = whole_bytes(steps, narrowest, true);
	reading->figures[1] = whole_bytes(steps, narrowest, false);
	reading->figures[2] = json_array_size(steps) ? (double)count_hanging(steps) : NAN;
	reading->figures[3] = longest_recovery_s(steps);
	headline(narrowest, json_array_size(steps), reading);
	reading->data = json_make("{s:I, s:o}", "limit_s",
		(json_int_t)setting_integer(c->options, &mtu_seconds), "steps", steps);
}

const struct workload workload_mtu = {
	.name = "mtu",
	.file = "mtu.json",
	.settings = (const struct setting *const[]){&mesh_runs, &mtu_seconds, &mtu_sizes, NULL},
	.title = "A line that becomes narrow: which packets fit, and whether TCP goes on",
	.figures = {"narrowest_whole_bytes", "black_hole_whole_bytes", "hung_flows", "silent_s"},
	.figures_title = "bytes that fit the narrowest line / without ICMP, flows hung, s silent",
	.needs = IPERF3_NEEDS,
	.packages = (const char *const[]){"iperf3", NULL},
	.scope = WORKLOAD_MESH,
	.routers = WORKLOAD_LAST_ROUTER,
	.estimate_s = estimate_s,
	.operations = operations,
	.read_mesh = read_mesh,
};
