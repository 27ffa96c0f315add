/* SPDX-License-Identifier: MIT */
/*
 * QUIC in each direction, one connection per processor core: target to source first, as published,
 * then the other way. Our own client and server (meshbench-quic); the published keys, and more.
 */
#include "workload/workload.h"

#include "document/silence.h"
#include "workload/tool/symptom.h"

#include "record/summary.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FIRST_PORT 18000 /* as published */
/* Patience of a handshake and of a connection that hears nothing, and of a question at the end. */
#define LIMIT_MARGIN_S 40
#define MOST_CONNECTIONS 64
/* More than that cannot be a count of bytes. */
#define MOST_BYTES 1e15

enum {
	SERVER,
	DOWNLOAD,
	UPLOAD,
	COMMANDS
};
enum {
	WAVE_OF_DOWNLOAD,
	WAVE_OF_UPLOAD
};

/* As many processors as the smaller end has, which may be another machine. */
static unsigned connections(const struct workload_case *c)
{
	long cores = c->processors ? (long)c->processors : sysconf(_SC_NPROCESSORS_ONLN);

	return cores < 1 ? 1 : cores > MOST_CONNECTIONS ? MOST_CONNECTIONS : (unsigned)cores;
}

static unsigned whole_seconds(const struct workload_case *c)
{
	return c->seconds < 1 ? 1 : c->seconds > 86400 ? 86400 : (unsigned)ceil(c->seconds);
}

static double estimate_s(const struct workload_case *c)
{
	return 2 * (whole_seconds(c) + 0.5);
}

/* What the plan wants; the client says which it was, since QUIC has not all that the kernel has. */
static const char *congestion(const struct workload_case *c)
{
	return c->congestion ? c->congestion : "cubic";
}

static struct workload_command client(const struct workload_case *c, struct arena *arena,
	const char *verb, const char *port, unsigned wave)
{
	const char *const *argv =
		ARENA_LIST(arena, "meshbench-quic", verb, c->target_address, "--port", port,
			"--connections", arena_printf(arena, "%u", connections(c)), "--congestion",
			congestion(c), "--seconds", arena_printf(arena, "%u", whole_seconds(c)));

	return (struct workload_command){
		.what = arena_printf(arena, "QUIC client, %s", verb),
		.side = WORKLOAD_SOURCE,
		.argv = argv,
		.wave = wave,
		.limit_ns = (int64_t)(whole_seconds(c) + LIMIT_MARGIN_S) * NS_PER_S,
		.keep_bytes = 16384 + connections(c) * (4096 + (size_t)256 * whole_seconds(c)),
	};
}

static void commands(const struct workload_case *c, struct arena *arena,
	struct workload_command **ret_commands, size_t *ret_count)
{
	struct workload_command *list = arena_alloc(arena, struct workload_command, COMMANDS);
	const char *port = arena_printf(
		arena, "%u", FIRST_PORT + MOST_CONNECTIONS * (unsigned)(c->link % 500));
	const char *const *argv =
		ARENA_LIST(arena, "meshbench-quic", "serve", "--port", port, "--connections",
			arena_printf(arena, "%u", connections(c)), "--congestion", congestion(c));

	list[DOWNLOAD] = client(c, arena, "download", port, WAVE_OF_DOWNLOAD);
	list[UPLOAD] = client(c, arena, "upload", port, WAVE_OF_UPLOAD);
	list[SERVER] = (struct workload_command){.what = "QUIC server",
		.side = WORKLOAD_TARGET,
		.argv = argv,
		.is_server = true,
		.ready = "ready\n",
		.keep_bytes = 2 * list[DOWNLOAD].keep_bytes};
	*ret_commands = list;
	*ret_count = COMMANDS;
}

/* One direction: what clients and server say of each connection. */
struct direction {
	const char *task, *from, *to;
	size_t command;
	unsigned wave;
	bool is_reverse;           /* from the target, which is the server */
	json_t *clients, *servers; /* arrays, owned by the samples */
	json_t *document;          /* of the client; owned by the reader */
};

/* The server's line of that task and connection; the last if it came twice. */
static const json_t *server_report(const struct direction *direction, double number)
{
	const json_t *found = NULL, *report;
	size_t i;

	json_array_foreach (direction->servers, i, report) {
		if (json_number_at(report, "/connection", -1) == number)
			found = report;
	}
	return found;
}

static void add_server_reports(const struct workload_output *output, struct direction *direction)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	char *rest = arena_strdup(arena, output->out), *line;

	while ((line = strsep(&rest, "\n"))) {
		json_t *report = *line == '{' ? json_loads(line, 0, NULL) : NULL;

		if (strcmp(json_string_at(report, "/task", ""), direction->task) == 0)
			json_array_append(direction->servers, report);
		json_decref(report);
	}
}

static void blame_client(const struct direction *direction, const struct workload_output *outputs,
	struct workload_reading *reading)
{
	const json_t *report;
	char what[100];
	size_t i;

	json_array_foreach (direction->clients, i, report) {
		const char *problem = json_string_at(report, "/error", NULL);

		if (problem)
			symptom_blame(reading, symptom_said(report, CAUSE_TOOL), direction->command,
				"QUIC %s, connection %zu: %s", direction->task, i, problem);
	}
	snprintf(what, sizeof(what), "QUIC %s", direction->task);
	symptom_of_own(what, outputs, direction->command, direction->document, reading);
	if (json_array_size(direction->clients) > 0)
		return;
	snprintf(what, sizeof(what),
		"QUIC %s: its client's output is not a document of connections", direction->task);
	symptom_unread(what, NULL, outputs, direction->command, reading);
}

static void read_direction(const struct workload_output *outputs, struct direction *direction,
	struct workload_reading *reading)
{
	const struct workload_output *output = &outputs[direction->command];
	json_t *clients;

	direction->document = json_loadb(output->out, output->out_size, 0, NULL);
	clients = json_at(direction->document, "/connections");
	direction->clients = json_is_array(clients) ? json_incref(clients) : json_array();
	direction->servers = json_array();
	add_server_reports(&outputs[SERVER], direction);
	if (!symptom_of_end("QUIC client", outputs, direction->command, reading))
		blame_client(direction, outputs, reading);
}

static bool is_upload(const struct direction *direction)
{
	return direction->command == UPLOAD;
}

/* Who received, and who sent. */
static const json_t *receiver(const struct direction *direction, size_t i)
{
	const json_t *report = json_array_get(direction->clients, i);

	return is_upload(direction)
		       ? server_report(direction, json_number_at(report, "/connection", -1))
		       : report;
}

static const json_t *sender(const struct direction *direction, size_t i)
{
	const json_t *report = json_array_get(direction->clients, i);

	return is_upload(direction)
		       ? report
		       : server_report(direction, json_number_at(report, "/connection", -1));
}

/* Bytes in second number k as a rate; seconds are a little longer or shorter than one. */
static double rate_mbps(const json_t *report, size_t k)
{
	const json_t *ends = json_at(report, "/seconds/end_s");
	const json_t *bytes = json_at(report, "/seconds/received_bytes");
	double end = json_number_value(json_array_get(ends, k));
	double start = k > 0 ? json_number_value(json_array_get(ends, k - 1)) : 0;
	double value = json_number_value(json_array_get(bytes, k));

	/* Of no second that really was, such as output that was cut off may have. */
	if (end - start < 0.1 || value < 0 || value > MOST_BYTES)
		return 0;
	return 8 * value / 1e6 / (end - start);
}

static size_t seconds_of(const json_t *report)
{
	return json_array_size(json_at(report, "/seconds/end_s"));
}

/* Published: sums over connections, second by second, of those that all of them lived. */
static json_t *bandwidth(const struct direction *direction, double *ret_average)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	size_t count = json_array_size(direction->clients), seconds = SIZE_MAX;
	double *sums;
	json_t *summary;

	for (size_t i = 0; i < count; i++) {
		size_t lived = seconds_of(receiver(direction, i));

		seconds = lived < seconds ? lived : seconds;
	}
	seconds = count ? seconds : 0;
	sums = arena_alloc(arena, double, seconds + 1);
	for (size_t k = 0; k < seconds; k++) {
		for (size_t i = 0; i < count; i++)
			sums[k] += rate_mbps(receiver(direction, i), k);
	}
	summary = summary_json(sums, seconds);
	*ret_average = json_number_at(summary, "/average", NAN);
	return summary;
}

/* Of one number that every connection has. */
static json_t *over_connections(const json_t *reports, const char *pointer)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	double *values = arena_alloc(arena, double, json_array_size(reports) + 1);
	size_t count = 0, i;
	const json_t *report;

	json_array_foreach (reports, i, report) {
		double value = json_number_at(report, pointer, NAN);

		if (isfinite(value))
			values[count++] = value;
	}
	return summary_json(values, count);
}

/* Of every connection and second: percent of a core that its thread used. */
static json_t *cpu(const json_t *reports)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	size_t count = 0, room = 1, i, k;
	const json_t *report, *value;
	double *values;

	json_array_foreach (reports, i, report)
		room += json_array_size(json_at(report, "/seconds/cpu_percent"));
	values = arena_alloc(arena, double, room);
	json_array_foreach (reports, i, report) {
		json_array_foreach (json_at(report, "/seconds/cpu_percent"), k, value) {
			if (json_is_number(value))
				values[count++] = json_number_value(value);
		}
	}
	return summary_json(values, count);
}

/* Sums over the connections of a direction. */
struct datagrams {
	double sent, received, declared_lost;
};

static struct datagrams datagrams_of(const struct direction *direction)
{
	struct datagrams sums = {0};

	for (size_t i = 0; i < json_array_size(direction->clients); i++) {
		sums.sent += json_number_at(sender(direction, i), "/sent_datagrams", 0);
		sums.declared_lost += json_number_at(sender(direction, i), "/lost_packets", 0);
		sums.received += json_number_at(receiver(direction, i), "/received_datagrams", 0);
	}
	return sums;
}

/* By counting at both ends; a network that duplicates cannot make it less than nothing. */
static double lost_percent(const struct direction *direction)
{
	const struct datagrams sums = datagrams_of(direction);

	if (!(sums.sent > 0) || !(sums.received > 0))
		return NAN;
	return sums.received < sums.sent ? 100 * (1 - sums.received / sums.sent) : 0;
}

/* What the senders believed: reordered packets are declared lost and sent again. */
static double declared_lost_percent(const struct direction *direction)
{
	const struct datagrams sums = datagrams_of(direction);

	return sums.sent > 0 && sums.declared_lost >= 0 ? 100 * sums.declared_lost / sums.sent
							: NAN;
}

static json_t *number_or_null(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

/* The smallest that any connection came to: a path has one MTU, a short run may not find it. */
static json_t *datagram_bytes(const struct direction *direction)
{
	double least = INFINITY;

	for (size_t i = 0; i < json_array_size(direction->clients); i++)
		least = fmin(least, json_number_at(sender(direction, i), "/datagram_bytes", NAN));
	return number_or_null(least);
}

static struct silence silence_in(const json_t *report)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const json_t *bytes = json_at(report, "/seconds/received_bytes");
	size_t count = json_array_size(bytes);
	double *end_s = arena_alloc(arena, double, count + 1);
	double *amount = arena_alloc(arena, double, count + 1);

	for (size_t i = 0; i < count; i++) {
		end_s[i] = (double)(i + 1);
		amount[i] = json_number_value(json_array_get(bytes, i));
	}
	return silence_of(end_s, amount, count);
}

/* Zero bytes moved is never success, and neither is a flow that stopped. */
static void judge(const struct direction *direction, struct workload_reading *reading)
{
	for (size_t i = 0; i < json_array_size(direction->clients); i++) {
		const json_t *report = receiver(direction, i);
		double bytes = json_number_at(report, "/received_bytes", -1);
		struct silence silence = silence_in(report);

		if (bytes < 0 || bytes > MOST_BYTES || !sender(direction, i)) {
			symptom_blame(reading, CAUSE_PARSE, SERVER,
				"QUIC %s, connection %zu: the server does not report what happened to it",
				direction->task, i);
			continue;
		}
		workload_add_flow(reading, direction->wave, direction->is_reverse, bytes);
		if (bytes == 0 || seconds_of(report) == 0)
			symptom_blame(reading, CAUSE_STALLED, direction->command,
				"%s->%s moved nothing over QUIC connection %zu", direction->from,
				direction->to, i);
		else if (silence.lasts_to_the_end)
			symptom_blame(reading, CAUSE_STALLED, direction->command,
				"%s->%s moved nothing over QUIC connection %zu after second %.0f",
				direction->from, direction->to, i, silence.since_s);
	}
}

static json_t *data_of(const struct direction *down, const struct direction *up, double figures[])
{
	json_t *handshakes = over_connections(down->clients, "/handshake_ms");
	json_t *data = json_object();

	json_object_set_new(data, "total_bandwidth_mbps", bandwidth(down, &figures[0]));
	json_object_set_new(data, "cpu_usage_percent", cpu(down->clients));
	json_object_set_new(data, "ttfb_ms", over_connections(down->clients, "/first_byte_ms"));
	json_object_set_new(data, "conn_time_ms", handshakes);
	json_object_set_new(data, "upload_bandwidth_mbps", bandwidth(up, &figures[1]));
	json_object_set_new(data, "server_cpu_percent", cpu(down->servers));
	json_object_set_new(data, "upload_cpu_percent", cpu(up->clients));
	figures[2] = json_number_at(handshakes, "/average", NAN);
	figures[3] = lost_percent(down);
	json_object_set_new(data, "lost_percent", number_or_null(figures[3]));
	json_object_set_new(data, "upload_lost_percent", number_or_null(lost_percent(up)));
	json_object_set_new(
		data, "declared_lost_percent", number_or_null(declared_lost_percent(down)));
	json_object_set_new(
		data, "upload_declared_lost_percent", number_or_null(declared_lost_percent(up)));
	json_object_set_new(data, "datagram_bytes", datagram_bytes(down));
	json_object_set_new(data, "upload_datagram_bytes", datagram_bytes(up));
	json_object_set_new(data, "datagram_of_1280",
		json_make("s?", json_string_at(down->document, "/datagram_of_1280", NULL)));
	json_object_set_new(
		data, "connections", json_integer((json_int_t)json_array_size(down->clients)));
	json_object_set_new(data, "congestion",
		json_make("s?", json_string_at(down->document ? down->document : up->document,
					"/congestion", NULL)));
	return data;
}

static json_t *samples_of(const struct direction *direction)
{
	return json_make("{s:s, s:s, s:o, s:o}", "from", direction->from, "to", direction->to,
		"clients", direction->clients, "servers", direction->servers);
}

static void describe(struct workload_reading *reading)
{
	snprintf(reading->headline, sizeof(reading->headline),
		"%.3g / %.3g Mbit/s, %.2f ms, %.3g %% lost", reading->figures[0],
		reading->figures[1], reading->figures[2], reading->figures[3]);
}

static void read_outputs(const struct workload_case *c, const struct workload_output *outputs,
	size_t count, struct workload_reading *ret_reading)
{
	struct workload_reading *reading = ret_reading;
	struct direction down = {.task = "download",
		.from = c->target,
		.to = c->source,
		.command = DOWNLOAD,
		.wave = WAVE_OF_DOWNLOAD,
		.is_reverse = true};
	struct direction up = {.task = "upload",
		.from = c->source,
		.to = c->target,
		.command = UPLOAD,
		.wave = WAVE_OF_UPLOAD};
	double figures[WORKLOAD_FIGURES];

	assert(count == COMMANDS);
	*reading = (struct workload_reading){0};
	read_direction(outputs, &down, reading);
	read_direction(outputs, &up, reading);
	judge(&down, reading);
	judge(&up, reading);
	reading->data = data_of(&down, &up, figures);
	if (reading->cause == CAUSE_SUCCESS) {
		memcpy(reading->figures, figures, sizeof(figures));
		describe(reading);
	}
	reading->samples =
		json_make("{s:o, s:o}", "download", samples_of(&down), "upload", samples_of(&up));
	json_decref(down.document);
	json_decref(up.document);
}

const struct workload workload_quic = {
	.name = "quic",
	.file = "qperf.json",
	.title = "QUIC throughput, one direction at a time, one connection per core",
	.figures = {"download_mbps", "upload_mbps", "handshake_ms", "lost_percent"},
	.figures_title = "Mbit/s back / there / ms handshake / % lost back",
	.ports = (const char *const[]){"udp 18000", NULL},
	.needs = (const char *const[]){NULL},
	.times_flows = true,
	.packages = (const char *const[]){NULL},
	.estimate_s = estimate_s,
	.commands = commands,
	.read = read_outputs,
};
