/* SPDX-License-Identifier: MIT */
/*
 * Delay while the link works: probes by the clock, one way in both directions and there and back,
 * while TCP loads no direction, the one, the other and both. The same probes run outside the VPN on
 * the wire, so that a queue inside the VPN and one on the wire are told apart.
 */
#include "stats/packets.h"
#include "workload/tool/iperf3.h"
#include "workload/tool/prober.h"
#include "workload/tool/symptom.h"

#include "base/clock.h"
#include "base/json.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
	AT_TARGET, /* probe servers */
	AT_SOURCE,
	UP_SERVER,
	DOWN_SERVER,
	COMMANDS = 16,
	WAVES = 4,
	RATE = 200, /* probes per second and path: 0.5 % of a core, and 40 times as dense as ping */
	PAYLOAD_BYTES = 100,
	STREAMS_PER_WAVE = 4,
	THERE = 0, /* numbers of a wave's streams; the wire's follow the tunnel's */
	BACK = PROBER_PATHS,
};

/* Indices of a wave's commands; 0: it has none of these. */
static const struct wave {
	const char *name, *when;
	size_t there, back, up, down;
} waves[WAVES] = {
	{"idle", "while idle", 4, 5, 0, 0},
	{"up", "under load from source to target", 6, 7, 8, 0},
	{"down", "under load from target to source", 9, 10, 0, 11},
	{"both", "under load in both directions", 12, 13, 14, 15},
};

/* A load has this long to fill the path before probes begin, and goes on for 1 s after them. */
static double ramp_s(const struct workload_case *c)
{
	double half = ceil(c->seconds / 2);

	return half < 1 ? 1 : half > 3 ? 3 : half;
}

static struct workload_case case_of_load(const struct workload_case *c)
{
	struct workload_case load = *c;

	load.seconds = ramp_s(c) + c->seconds + 1;
	return load;
}

static double estimate_s(const struct workload_case *c)
{
	const struct workload_case load = case_of_load(c);

	return c->seconds + PROBER_LINGER_MS / 1e3 + (WAVES - 1) * iperf3_estimate_s(&load);
}

/* A delay is at most 12 characters. */
static size_t delays_bytes(const struct workload_case *c, size_t streams)
{
	return 65536 + (size_t)(c->seconds * RATE) * streams * 16;
}

static void add_probes(const struct workload_case *c, struct arena *arena, size_t number,
	struct workload_command *list)
{
	const struct wave *wave = &waves[number];
	unsigned first = (unsigned)number * STREAMS_PER_WAVE;
	bool has_load = wave->up || wave->down;
	const char *seconds = arena_printf(arena, "%.0f", c->seconds * 1e3);
	const char *wait = arena_printf(arena, "%.0f", has_load ? ramp_s(c) * 1e3 : 0);
	const char *rate = arena_printf(arena, "%d", RATE);
	const char *bytes = arena_printf(arena, "%d", PAYLOAD_BYTES);
	const char *const there[] = {"--milliseconds", seconds, "--rate", rate, "--bytes", bytes,
		"--wait-ms", wait, "--echo", "--delays", NULL};
	const char *const back[] = {"--milliseconds", seconds, "--rate", rate, "--bytes", bytes,
		"--wait-ms", wait, NULL};

	list[wave->there] = prober_sender(c, arena, WORKLOAD_SOURCE, first + THERE, there);
	list[wave->there].keep_bytes = delays_bytes(c, PROBER_PATHS);
	list[wave->back] = prober_sender(c, arena, WORKLOAD_TARGET, first + BACK, back);
	list[wave->there].wave = list[wave->back].wave = (unsigned)number;
	list[wave->there].limit_ns += 2 * (int64_t)ramp_s(c) * NS_PER_S;
	list[wave->back].limit_ns += 2 * (int64_t)ramp_s(c) * NS_PER_S;
}

static void add_load(const struct workload_case *c, struct arena *arena, size_t number,
	struct workload_command *list)
{
	const struct wave *wave = &waves[number];
	const struct workload_case load = case_of_load(c);
	const char *congestion = c->congestion ? c->congestion : "cubic";

	if (wave->up) {
		list[wave->up] = iperf3_client(&load, arena, "load from source to target",
			iperf3_port(c, 0), (const char *const[]){"-Z", "-C", congestion, NULL});
		list[wave->up].wave = (unsigned)number;
	}
	if (wave->down) {
		list[wave->down] =
			iperf3_client(&load, arena, "load from target to source", iperf3_port(c, 1),
				(const char *const[]){"-R", "-Z", "-C", congestion, NULL});
		list[wave->down].wave = (unsigned)number;
	}
}

static void commands(const struct workload_case *c, struct arena *arena,
	struct workload_command **ret_commands, size_t *ret_count)
{
	struct workload_command *list = arena_alloc(arena, struct workload_command, COMMANDS);
	const struct workload_case load = case_of_load(c);
	size_t keep = delays_bytes(c, (size_t)WAVES * PROBER_PATHS);

	list[AT_TARGET] = prober_server(c, arena, WORKLOAD_TARGET, keep, true);
	list[AT_SOURCE] = prober_server(c, arena, WORKLOAD_SOURCE, keep, true);
	list[UP_SERVER] = iperf3_server_of_many(
		&load, arena, "server of the load from source to target", iperf3_port(c, 0));
	list[DOWN_SERVER] = iperf3_server_of_many(
		&load, arena, "server of the load from target to source", iperf3_port(c, 1));
	for (size_t i = 0; i < WAVES; i++) {
		add_probes(c, arena, i, list);
		add_load(c, arena, i, list);
	}
	*ret_commands = list;
	*ret_count = COMMANDS;
}

/* All that was printed, read; NULL for what is missing, and the reading tells the first reason. */
struct documents {
	json_t *list[COMMANDS];
};

static void documents_done(struct documents *documents)
{
	for (size_t i = 0; i < COMMANDS; i++)
		json_decref(documents->list[i]);
}

static void read_documents(const struct workload_case *c, const struct workload_output *outputs,
	struct documents *documents, struct workload_reading *reading)
{
	/* In the order of time: the first that failed is to blame. */
	for (size_t i = 0; i < WAVES; i++) {
		const struct wave *wave = &waves[i];

		documents->list[wave->there] =
			prober_document("probes from the source", outputs, wave->there, reading);
		documents->list[wave->back] =
			prober_document("probes from the target", outputs, wave->back, reading);
		if (wave->up)
			documents->list[wave->up] = iperf3_document(
				"load from source to target", outputs, wave->up, reading);
		if (wave->down)
			documents->list[wave->down] = iperf3_document(
				"load from target to source", outputs, wave->down, reading);
	}
	documents->list[AT_TARGET] =
		prober_document("probe server on the target", outputs, AT_TARGET, reading);
	documents->list[AT_SOURCE] =
		prober_document("probe server on the source", outputs, AT_SOURCE, reading);
	prober_correct(documents->list[AT_TARGET], &c->clocks_there);
	prober_correct(documents->list[AT_SOURCE], &c->clocks_back);
}

/* A direction or a way there and back, of one wave and path. */
static const char *const delay_keys[] = {
	"duplicate_packets", "reordered_packets", "delay_us", "delay_histogram_packets", NULL};

/* Fewer than ten values lie beyond these percentiles, so they are little more than a maximum. */
static json_t *thin_percentiles(double received)
{
	static const struct {
		const char *name;
		double share;
	} list[] = {{"p90", 0.1}, {"p99", 0.01}, {"p99.9", 0.001}};
	json_t *thin = json_array();

	for (size_t i = 0; i < ARRAY_SIZE(list); i++) {
		if (received * list[i].share < 10)
			json_array_append_new(thin, json_text(list[i].name));
	}
	return thin;
}

static json_t *delay_of(const json_t *target, const json_t *measured)
{
	json_t *summary = prober_summary(target, measured, delay_keys);

	json_object_set_new(summary, "thin_percentiles",
		thin_percentiles(json_number_at(measured, "/received_packets", 0)));
	return summary;
}

/* Puts {there, back, round_trip} of one path into the wave's data, and their single values into
 * samples.
 */
static void add_path(const struct documents *documents, size_t number, enum prober_path path,
	json_t *data, json_t *samples)
{
	static const char *const names[] = {"tunnel", "wire"};
	const struct wave *wave = &waves[number];
	unsigned there = (unsigned)(number * STREAMS_PER_WAVE + THERE + path);
	unsigned back = (unsigned)(number * STREAMS_PER_WAVE + BACK + path);
	const json_t *to = prober_target(documents->list[wave->there], there);
	const json_t *from = prober_target(documents->list[wave->back], back);
	const json_t *went = prober_stream(documents->list[AT_TARGET], there);
	const json_t *came = prober_stream(documents->list[AT_SOURCE], back);
	const json_t *echoed = json_object_get(to, "round_trip");

	json_object_set_new(data, names[path],
		json_make("{s:o, s:o, s:o}", "there", delay_of(to, went), "back",
			delay_of(from, came), "round_trip", delay_of(to, echoed)));
	json_object_set_new(samples, names[path],
		json_make("{s:O?, s:O?, s:O?}", "there_us", json_object_get(went, "delays_us"),
			"back_us", json_object_get(came, "delays_us"), "round_trip_us",
			json_object_get(echoed, "delays_us")));
}

/* NAN when nothing arrived. */
static double delay_ms(const json_t *wave, const char *pointer)
{
	return json_number_at(wave, pointer, NAN) / 1e3;
}

/*
 * How much longer half of the probes take than while idle: in the tunnel, on the wire outside it,
 * and what is left for the VPN. Probes on the wire meet the queues that the VPN's packets meet.
 */
static void add_added(json_t *wave, const json_t *idle)
{
	static const struct {
		const char *name, *tunnel, *wire;
	} ways[] = {
		{"there", "/tunnel/there/delay_us/p50", "/wire/there/delay_us/p50"},
		{"back", "/tunnel/back/delay_us/p50", "/wire/back/delay_us/p50"},
		{"round_trip", "/tunnel/round_trip/delay_us/p50", "/wire/round_trip/delay_us/p50"},
	};
	json_t *added = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		double tunnel = delay_ms(wave, ways[i].tunnel) - delay_ms(idle, ways[i].tunnel);
		double wire = delay_ms(wave, ways[i].wire) - delay_ms(idle, ways[i].wire);
		json_t *way = json_object();

		json_object_set_new(way, "tunnel_ms", json_finite(tunnel));
		json_object_set_new(way, "wire_ms", json_finite(wire));
		json_object_set_new(way, "vpn_ms", json_finite(tunnel - wire));
		json_object_set_new(added, ways[i].name, way);
	}
	json_object_set_new(wave, "added", added);
}

/* One direction's load of a wave, judged like the throughput that it is. */
static json_t *load_of(const struct workload_case *c, const json_t *document, size_t index,
	bool is_up, json_t *samples, struct workload_reading *reading)
{
	struct iperf3_flow flow = {.from = is_up ? c->source : c->target,
		.to = is_up ? c->target : c->source,
		.blamed = index,
		.received_sum = json_at(document, "/end/sum_received")};
	json_t *series;

	if (!index)
		return json_null();
	iperf3_judge(&flow, reading);
	series = iperf3_client_series(document, "sum", 0);
	json_object_set_new(samples, is_up ? "load_there" : "load_back", series);
	return json_finite(flow.bits_per_second);
}

static json_t *wave_of(const struct workload_case *c, const struct documents *documents,
	size_t number, json_t *samples, struct workload_reading *reading)
{
	const struct wave *wave = &waves[number];
	unsigned first = (unsigned)number * STREAMS_PER_WAVE;
	json_t *data = json_make("{s:s, s:o, s:o}", "stage", wave->name, "load_there_bps",
		load_of(c, documents->list[wave->up], wave->up, true, samples, reading),
		"load_back_bps",
		load_of(c, documents->list[wave->down], wave->down, false, samples, reading));
	double rtt_ms;

	prober_judge(documents->list[wave->there], documents->list[AT_TARGET], first + THERE,
		wave->there, wave->when, reading);
	prober_judge(documents->list[wave->back], documents->list[AT_SOURCE], first + BACK,
		wave->back, wave->when, reading);
	add_path(documents, number, PROBER_TUNNEL, data, samples);
	if (json_number_at(data, "/tunnel/round_trip/received_packets", 0) <= 0)
		symptom_blame(reading, CAUSE_UNREACHABLE, wave->there,
			"no echo of a probe came back from %s %s", c->target, wave->when);
	if (prober_target(documents->list[wave->there], first + THERE + PROBER_WIRE))
		add_path(documents, number, PROBER_WIRE, data, samples);
	rtt_ms = delay_ms(data, "/tunnel/round_trip/delay_us/mean95");
	json_object_set_new(data, "rpm", json_finite(rtt_ms > 0 ? 60000 / rtt_ms : NAN));
	return data;
}

static json_t *bins_json(void)
{
	json_t *bins = json_array();

	for (size_t i = 0; i < PACKETS_BINS; i++)
		json_array_append_new(bins, json_real(round(10 * packets_bin_end_us(i)) / 10));
	return bins;
}

/* What the instrument itself takes on each host, so that a reader can tell it from the load. */
static json_t *instrument_of(const struct documents *documents)
{
	const json_t *source[WAVES + 1] = {documents->list[AT_SOURCE]};
	const json_t *target[WAVES + 1] = {documents->list[AT_TARGET]};
	double seconds = 0;

	for (size_t i = 0; i < WAVES; i++) {
		source[i + 1] = documents->list[waves[i].there];
		target[i + 1] = documents->list[waves[i].back];
		seconds += json_number_at(source[i + 1], "/own/seconds", 0);
	}
	return json_make("{s:o, s:o}", "source_cpu_percent",
		json_finite(prober_cpu_percent(source, WAVES + 1, seconds)), "target_cpu_percent",
		json_finite(prober_cpu_percent(target, WAVES + 1, seconds)));
}

static void describe(const json_t *list, struct workload_reading *reading)
{
	const json_t *idle = json_array_get(list, 0), *both = json_array_get(list, WAVES - 1);
	double *figures = reading->figures;

	figures[0] = delay_ms(idle, "/tunnel/round_trip/delay_us/p50");
	figures[1] = delay_ms(both, "/tunnel/round_trip/delay_us/p50");
	figures[2] = delay_ms(both, "/tunnel/round_trip/delay_us/p99");
	figures[3] = json_number_at(both, "/added/round_trip/vpn_ms", NAN);
	figures[4] = json_number_at(both, "/rpm", NAN);
	snprintf(reading->headline, sizeof(reading->headline),
		"%.2f ms idle, %.2f loaded, p99 %.2f, %.0f RPM", figures[0], figures[1], figures[2],
		figures[4]);
}

static void read_outputs(const struct workload_case *c, const struct workload_output *outputs,
	size_t count, struct workload_reading *ret_reading)
{
	struct workload_reading *reading = ret_reading;
	AUTO(documents_done) struct documents documents = {0};
	json_t *list = json_array(), *series = json_array();

	assert(count == COMMANDS);
	*reading = (struct workload_reading){0};
	read_documents(c, outputs, &documents, reading);
	for (size_t i = 0; i < WAVES; i++) {
		json_t *samples = json_make("{s:s}", "stage", waves[i].name);
		json_t *wave = wave_of(c, &documents, i, samples, reading);

		if (i > 0)
			add_added(wave, json_array_get(list, 0));
		json_array_append_new(list, wave);
		json_array_append_new(series, samples);
	}
	reading->data = json_make("{s:i, s:i, s:f, s:o, s:o, s:o}", "packets_per_second", RATE,
		"payload_bytes", PAYLOAD_BYTES, "seconds", c->seconds, "stages", list,
		"histogram_bins_end_us", bins_json(), "instrument", instrument_of(&documents));
	reading->samples = json_make("{s:s, s:s, s:i, s:o}", "from", c->source, "to", c->target,
		"packets_per_second", RATE, "stages", series);
	if (reading->cause == CAUSE_SUCCESS)
		describe(list, reading);
}

const struct workload workload_load_latency = {
	.name = "load_latency",
	.file = "load_latency.json",
	.title = "Delay and loss, idle and under TCP load",
	.figures = {"idle_rtt_ms", "loaded_rtt_ms", "loaded_rtt_p99_ms", "queue_in_vpn_ms",
		"loaded_rpm"},
	.figures_title = "ms idle / loaded / p99 loaded / queue in VPN / loaded RPM",
	.ports = (const char *const[]){"udp 7100", "tcp 5201", NULL},
	.needs = IPERF3_NEEDS,
	.packages = IPERF3_NEEDS,
	.estimate_s = estimate_s,
	.commands = commands,
	.read = read_outputs,
};
