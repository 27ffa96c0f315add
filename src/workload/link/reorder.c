/* SPDX-License-Identifier: MIT */
/*
 * What becomes of the order of packets, of their number and of their copies: streams of several
 * sizes and rates, through the VPN and at the same ticks outside it on the wire. What a stream in
 * the tunnel has more than the VPN's own packets met on the wire is the VPN's doing; where the wire
 * has no log, the stream outside it stands for them.
 */
#include "workload/tool/outer.h"
#include "workload/tool/prober.h"
#include "workload/tool/symptom.h"

#include "base/clock.h"
#include "base/json.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
	LOG_PACKETS = 1 << 20, /* 38,000 a second with everything twice: half a minute of them */
	SERVER = 0,
	FIRST_SENDER,
	STREAMS = 5,
	COMMANDS = FIRST_SENDER + STREAMS,
	FULL_BYTES = 1200,    /* what a full packet is taken for before anyone has asked */
	MOST_PACKETS = 10000, /* of a stream; 3 of them are 0.03 % */
	/* What a packet grows by on its way: UDP, IP, Ethernet and a line's gap, and those of a VPN
	   with its own head and tag around them. */
	OUTSIDE_BYTES = 66,
	INSIDE_BYTES = 28 + 100
};

/* Of what a line carries: more would measure its queue. */
static const double SHARE = 0.8;

/*
 * 100 bytes at 50 Mbit/s are left out: 62,500 packets a second, twice, measure whether processors
 * keep up. Full packets are as large as the tunnel's MTU lets them be.
 */
static const struct stream {
	int bytes; /* 0: full */
	double bits_per_second;
} streams[STREAMS] = {{100, 1e6}, {100, 10e6}, {0, 1e6}, {0, 10e6}, {0, 50e6}};

/* Both streams together, as the line sees them. */
static double line_bps_of(const struct workload_case *c, const struct stream *stream)
{
	double bytes = stream->bytes ? stream->bytes : FULL_BYTES;
	double tunnel = (bytes + OUTSIDE_BYTES + INSIDE_BYTES) / bytes;
	double wire = prober_has_wire(c) ? (bytes + OUTSIDE_BYTES) / bytes : 0;

	return stream->bits_per_second * (tunnel + wire);
}

static bool fits(const struct workload_case *c, const struct stream *stream)
{
	return c->line_bps <= 0 || line_bps_of(c, stream) <= SHARE * c->line_bps;
}

/* The first stream is measured on any line: there is always something to say. */
static double rate_of(const struct workload_case *c, const struct stream *stream)
{
	double rate = stream->bits_per_second;

	if (stream == streams && !fits(c, stream))
		rate *= SHARE * c->line_bps / line_bps_of(c, stream);
	return fmax(floor(rate), 1000);
}

static bool is_measured(const struct workload_case *c, size_t number)
{
	return number == 0 || fits(c, &streams[number]);
}

/* A third of the time each, and no longer than other workloads. */
static double longest_s(const struct workload_case *c)
{
	return fmax(1, ceil(c->seconds / 3));
}

/* Until there are packets enough for a ratio: each costs us a wake-up, and daemons need the core.
 */
static double stream_s(const struct workload_case *c, const struct stream *stream)
{
	double bytes = stream->bytes ? stream->bytes : FULL_BYTES;

	return fmin(longest_s(c), MOST_PACKETS * 8 * bytes / rate_of(c, stream));
}

static double estimate_s(const struct workload_case *c)
{
	double seconds = 0;

	for (size_t i = 0; i < STREAMS; i++)
		if (is_measured(c, i))
			seconds += stream_s(c, &streams[i]) + PROBER_LINGER_MS / 1e3;
	return seconds;
}

/* Streams that do not fit have no command: those that have are one after another. */
static size_t list_measured(const struct workload_case *c, size_t numbers[STREAMS])
{
	size_t count = 0;

	for (size_t i = 0; i < STREAMS; i++) {
		if (is_measured(c, i))
			numbers[count++] = i;
	}
	return count;
}

static void commands(const struct workload_case *c, struct arena *arena,
	struct workload_command **ret_commands, size_t *ret_count)
{
	struct workload_command *list = arena_alloc(arena, struct workload_command, COMMANDS);
	size_t numbers[STREAMS], count = list_measured(c, numbers);

	list[SERVER] = prober_server(c, arena, WORKLOAD_TARGET, 1 << 20, false);
	for (size_t i = 0; i < count; i++) {
		const struct stream *stream = &streams[numbers[i]];
		const char *const extra[] = {"--milliseconds",
			arena_printf(arena, "%.0f", stream_s(c, stream) * 1e3), "--bits",
			arena_printf(arena, "%.0f", rate_of(c, stream)), "--bytes",
			stream->bytes ? arena_printf(arena, "%d", stream->bytes) : "mtu", NULL};

		list[FIRST_SENDER + i] = prober_sender(
			c, arena, WORKLOAD_SOURCE, (unsigned)(numbers[i] * PROBER_PATHS), extra);
		list[FIRST_SENDER + i].wave = (unsigned)i;
	}
	*ret_commands = list;
	*ret_count = FIRST_SENDER + count;
}

static const char *const order_keys[] = {"duplicate_packets", "mean_loss_burst_packets",
	"loss_bursts_by_packets", "reordered_packets", "reordered_percent",
	"three_reordered_percent", "n_reordered_packets", "extent_p50_packets",
	"extent_p99_packets", "extent_max_packets", "late_p99_us", "reorder_density_packets",
	"buffer_occupancy_packets", "delay_us", NULL};

/* Of shares in per cent; what the printing of numbers leaves of equal ones is nothing. */
static double difference(double inside, double outside)
{
	return round((inside - outside) * 1e6) / 1e6 + 0.0; /* no -0 */
}

/* Every share that the stream in the tunnel has more than what it is held against. */
static json_t *added_of(const json_t *tunnel, const json_t *outer, const json_t *wire)
{
	static const char *const keys[] = {
		"reordered_percent", "three_reordered_percent", "loss_percent", NULL};
	const json_t *other = outer ? outer : wire;
	json_t *added = json_make("{s:s?}", "against", outer ? "outer" : wire ? "wire" : NULL);

	for (size_t i = 0; keys[i]; i++) {
		const json_t *inside = json_object_get(tunnel, keys[i]);
		const json_t *outside = json_object_get(other, keys[i]);

		json_object_set_new(added, keys[i],
			json_is_number(inside) && json_is_number(outside)
				? json_finite(difference(
					  json_number_value(inside), json_number_value(outside)))
				: json_null());
	}
	return added;
}

/* What the wire did to the packets that carried this stream, while its sender ran. */
static json_t *outer_of(const struct workload_case *c, const struct workload_output *sender,
	const json_t *tunnel, double bytes)
{
	const struct outer_stream stream = {.from_ns = sender->started_ns,
		.to_ns = sender->ended_ns,
		.packets = json_number_at(tunnel, "/sent_packets", 0),
		.payload_bytes = bytes,
		.has_outside = prober_has_wire(c)};

	return c->packets && stream.packets > 0 ? outer_measure(c, &stream) : NULL;
}

/*
 * Where packets were lost: on their host before the wire saw them, on the wire, or behind it. The
 * last are what the VPN dropped on arrival: too late for its protection against replay, or too
 * many. A VPN that sends again what the wire lost has more packets outside than inside.
 */
static json_t *losses_of(const json_t *tunnel, const json_t *outer)
{
	double sent = json_number_at(tunnel, "/sent_packets", 0);
	double lost = json_number_at(tunnel, "/lost_packets", 0);
	double before = fmin(lost, fmax(0, sent - json_number_at(outer, "/sent_packets", 0)));
	double on = fmin(lost - before, json_number_at(outer, "/lost_packets", 0));

	return json_make("{s:o, s:o, s:o}", "before_wire_packets", json_finite(before),
		"on_wire_packets", json_finite(on), "behind_wire_packets",
		json_finite(lost - before - on));
}

static json_t *stream_json(const struct workload_case *c, const struct workload_output *sender,
	const json_t *sent, const json_t *received, size_t number)
{
	unsigned first = (unsigned)(number * PROBER_PATHS);
	const json_t *target = prober_target(sent, first + PROBER_WIRE);
	double bytes = json_number_at(sent, "/bytes", 0);
	double rate = json_number_at(sent, "/packets_per_second", 0);
	json_t *tunnel = prober_summary(
		prober_target(sent, first), prober_stream(received, first), order_keys);
	json_t *wire = target ? prober_summary(target, prober_stream(received, first + PROBER_WIRE),
					order_keys)
			      : NULL;
	json_t *outer = outer_of(c, sender, tunnel, bytes);
	json_t *added = added_of(tunnel, outer, wire);

	return json_make("{s:o, s:o, s:o, s:o, s:o, s:o?, s:o?, s:o, s:o?}", "payload_bytes",
		json_finite(bytes), "payload_bits_per_second", json_finite(8 * bytes * rate),
		"packets_per_second", json_finite(rate), "stalls",
		json_finite(json_number_at(sent, "/stalls", 0)), "tunnel", tunnel, "wire", wire,
		"outer", outer, "added", added, "losses", outer ? losses_of(tunnel, outer) : NULL);
}

static json_t *skipped_json(const struct workload_case *c)
{
	json_t *list = json_array();

	for (size_t i = 0; i < STREAMS; i++) {
		if (is_measured(c, i))
			continue;
		json_array_append_new(list,
			json_make("{s:s, s:f, s:f, s:f}", "payload",
				streams[i].bytes ? "100 bytes" : "full", "payload_bits_per_second",
				streams[i].bits_per_second, "needs_line_bps",
				line_bps_of(c, &streams[i]), "line_bps", c->line_bps));
	}
	return list;
}

/* What the wire itself counted for all that the source sent: probes, and whatever the VPN said. */
static json_t *wire_of_source(const struct workload_case *c)
{
	json_t *port;
	size_t i;

	json_array_foreach (json_object_get(c->wire, "ports"), i, port) {
		if (strcmp(json_string_at(port, "/host", ""), c->source) == 0)
			return json_incref(port);
	}
	return json_null();
}

/*
 * Whether the VPN drops what comes too late for its protection against replay: then its packets
 * were displaced further on the wire than any that came through, and some were dropped behind it.
 */
static json_t *replay_of(const json_t *list)
{
	double tunnel = 0, outside = 0, dropped = 0;
	json_t *stream;
	size_t i;

	json_array_foreach (list, i, stream) {
		const char *pointer = json_is_object(json_object_get(stream, "outer"))
					      ? "/outer/extent_max_packets"
					      : "/wire/extent_max_packets";

		tunnel = fmax(tunnel, json_number_at(stream, "/tunnel/extent_max_packets", 0));
		outside = fmax(outside, json_number_at(stream, pointer, 0));
		dropped = fmax(dropped, json_number_at(stream, "/losses/behind_wire_packets", 0));
	}
	return json_make("{s:o, s:o, s:o}", "arrived_late_by_packets", json_finite(tunnel),
		"displaced_by_packets", json_finite(outside), "dropped_behind_wire_packets",
		json_finite(dropped));
}

/* The stream that suffered most stands for the cell. */
static void describe(const json_t *list, struct workload_reading *reading)
{
	double *figures = reading->figures;
	json_t *stream;
	size_t i;

	figures[1] = figures[3] = NAN;
	json_array_foreach (list, i, stream) {
		double order = json_number_at(stream, "/tunnel/reordered_percent", 0);
		double lost = json_number_at(stream, "/tunnel/loss_percent", 0);

		if (i == 0 || order > figures[0]) {
			figures[0] = order;
			figures[1] = json_number_at(stream, "/added/reordered_percent", NAN);
		}
		if (i == 0 || lost > figures[2]) {
			figures[2] = lost;
			figures[3] = json_number_at(stream, "/added/loss_percent", NAN);
		}
	}
	if (isfinite(figures[1]) && isfinite(figures[3]))
		snprintf(reading->headline, sizeof(reading->headline),
			"%.3g %% reordered (%+.2g), %.3g %% lost (%+.2g)", figures[0], figures[1],
			figures[2], figures[3]);
	else
		snprintf(reading->headline, sizeof(reading->headline),
			"%.3g %% reordered, %.3g %% lost", figures[0], figures[2]);
}

static double received_bytes(const json_t *stream)
{
	double bytes = json_number_at(stream, "/payload_bytes", 0) *
		       json_number_at(stream, "/tunnel/received_packets", 0);

	return isfinite(bytes) ? fmax(0, bytes) : 0;
}

static void read_streams(const struct workload_case *c, const struct workload_output *outputs,
	size_t count, json_t *list, struct workload_reading *reading)
{
	size_t numbers[STREAMS];
	json_t *sent[STREAMS];
	double seconds = 0, server_cpu, sender_cpu;
	json_auto_t *received = NULL;

	list_measured(c, numbers);
	for (size_t i = 0; i < count; i++)
		sent[i] = prober_document("probes", outputs, FIRST_SENDER + i, reading);
	received = prober_document("probe server", outputs, SERVER, reading);
	prober_correct(received, &c->clocks_there);
	for (size_t i = 0; i < count; i++) {
		json_t *stream =
			stream_json(c, &outputs[FIRST_SENDER + i], sent[i], received, numbers[i]);

		prober_judge(sent[i], received, (unsigned)(numbers[i] * PROBER_PATHS),
			FIRST_SENDER + i, "in this stream", reading);
		reading->bytes_moved += received_bytes(stream);
		seconds += json_number_at(sent[i], "/own/seconds", 0);
		json_array_append_new(list, stream);
	}
	sender_cpu = prober_cpu_percent((const json_t *const *)sent, count, seconds);
	server_cpu = prober_cpu_percent((const json_t *const[]){received}, 1, seconds);
	json_object_set_new(reading->data, "instrument",
		json_make("{s:o, s:o}", "source_cpu_percent", json_finite(sender_cpu),
			"target_cpu_percent", json_finite(server_cpu)));
	for (size_t i = 0; i < count; i++)
		json_decref(sent[i]);
}

static void read_outputs(const struct workload_case *c, const struct workload_output *outputs,
	size_t count, struct workload_reading *ret_reading)
{
	struct workload_reading *reading = ret_reading;
	json_t *list = json_array();

	assert(count > FIRST_SENDER && count <= COMMANDS);
	*reading = (struct workload_reading){0};
	reading->data = json_make("{s:f, s:o}", "stream_seconds", longest_s(c), "streams", list);
	read_streams(c, outputs, count - FIRST_SENDER, list, reading);
	json_object_set_new(reading->data, "skipped", skipped_json(c));
	json_object_set_new(reading->data, "replay", replay_of(list));
	json_object_set_new(reading->data, "wire_of_source", wire_of_source(c));
	json_object_set_new(reading->data, "log_missed_packets",
		c->packets ? json_integer((json_int_t)c->packets_missed) : json_null());
	if (reading->cause == CAUSE_SUCCESS)
		describe(list, reading);
}

const struct workload workload_reorder = {
	.name = "reorder",
	.file = "reorder.json",
	.title = "Reordering, loss and duplication at several packet sizes and rates",
	.figures = {"reordered_percent", "added_reordered_percent", "lost_percent",
		"added_lost_percent"},
	.figures_title = "% reordered / by the VPN / % lost / by the VPN, worst stream",
	.ports = (const char *const[]){"udp 7100", NULL},
	.needs = PROBER_NEEDS,
	.packages = PROBER_NEEDS,
	.log_packets = LOG_PACKETS,
	.estimate_s = estimate_s,
	.commands = commands,
	.read = read_outputs,
};
