/* SPDX-License-Identifier: MIT */
/*
 * The highest UDP rate with little loss from source to target, at three sizes; the path's MTU, what
 * happens beyond it, and what the tunnel adds to a packet. One search by meshbench-rate.
 */
#include "workload/workload.h"

#include "workload/tool/symptom.h"

#include "base/clock.h"
#include "base/json.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define FIRST_PORT 17000
/* Three sizes with at most 24 trials each, of which the first counts four times. */
#define MOST_TRIALS (3 * (24 + 3))
/* Of a size as seen: five trials up, five in between, failures twice. */
#define USUAL_TRIALS (3 * (3 + 14))
/* After each trial the server waits for what is under way; a queue may hold a second of it. */
#define WAIT_S 0.3
#define LONGEST_WAIT_S 5
/* Answers to control lines, and datagrams that nobody answers while sizes are tried. */
#define LIMIT_MARGIN_S 60
#define MOST_BYTES 1e15

enum {
	SERVER,
	CLIENT,
	COMMANDS
};

/* A twentieth of a workload's measuring time, 1.5 s of 30; less would measure the scheduler. */
static unsigned trial_ms(const struct workload_case *c)
{
	double ms = c->seconds * 1000 / 20;

	return ms < 200 ? 200 : ms > 60000 ? 60000 : (unsigned)ms;
}

static double estimate_s(const struct workload_case *c)
{
	return USUAL_TRIALS * (trial_ms(c) / 1e3 + WAIT_S / 3) + 1;
}

static double limit_s(const struct workload_case *c)
{
	return MOST_TRIALS * (trial_ms(c) / 1e3 + WAIT_S) + 3 * LONGEST_WAIT_S + LIMIT_MARGIN_S;
}

static void commands(const struct workload_case *c, struct arena *arena,
	struct workload_command **ret_commands, size_t *ret_count)
{
	struct workload_command *list = arena_alloc(arena, struct workload_command, COMMANDS);
	const char *port = arena_printf(arena, "%u", FIRST_PORT + (unsigned)(c->link % 500));
	const char *serve[] = {"meshbench-rate", "serve", "--port", port, NULL};
	const char *ask[] = {"meshbench-rate", "ask", c->target_address, "--port", port,
		"--trial-ms", arena_printf(arena, "%u", trial_ms(c)), NULL};
	const char **server_argv = arena_alloc(arena, const char *, ARRAY_SIZE(serve));
	const char **client_argv = arena_alloc(arena, const char *, ARRAY_SIZE(ask));

	memcpy(server_argv, serve, sizeof(serve));
	memcpy(client_argv, ask, sizeof(ask));
	list[SERVER] = (struct workload_command){.what = "rate server",
		.side = WORKLOAD_TARGET,
		.argv = server_argv,
		.is_server = true,
		.ready = "ready\n",
		.keep_bytes = 16384};
	list[CLIENT] = (struct workload_command){.what = "rate client",
		.side = WORKLOAD_SOURCE,
		.argv = client_argv,
		.limit_ns = (int64_t)(limit_s(c) * (double)NS_PER_S),
		.keep_bytes = 65536};
	*ret_commands = list;
	*ret_count = COMMANDS;
}

/* What all trials together moved. */
struct total {
	double sent_packets, sent_bytes, received_packets, received_bytes;
};

static double count_at(const json_t *value, const char *pointer)
{
	double count = json_number_at(value, pointer, 0);

	return count >= 0 && count < MOST_BYTES ? count : 0;
}

static struct total total_of(const json_t *sizes)
{
	struct total total = {0};
	const json_t *size, *trial;
	size_t i, t;

	json_array_foreach (sizes, i, size) {
		double payload = fmin(count_at(size, "/payload_bytes"), 65507);

		json_array_foreach (json_at(size, "/trials"), t, trial) {
			double sent = count_at(trial, "/sent_packets");
			double received = count_at(trial, "/received_packets");

			total.sent_packets += sent;
			total.sent_bytes += sent * payload;
			total.received_packets += received;
			total.received_bytes += received * payload;
		}
	}
	return total;
}

/* Bytes that left the wire at that host; NAN without a wire. */
static double wire_bytes_to(const struct workload_case *c, const char *host)
{
	const json_t *ports = json_at(c->wire, "/ports"), *port;
	size_t i;

	json_array_foreach (ports, i, port) {
		if (strcmp(json_string_at(port, "/host", ""), host) == 0)
			return json_number_at(port, "/out_bytes", NAN);
	}
	return NAN;
}

static json_t *number_or_null(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

/*
 * What came into the target's network card in addition to payload, by packet that arrived, of a
 * trial; NAN when nothing is known. Of the light trial it is what the tunnel adds: nothing is
 * dropped behind the card.
 */
static double overhead_of(const json_t *trial, double payload)
{
	double packets = count_at(trial, "/received_packets");
	double bytes = count_at(trial, "/card_bytes");

	return packets > 0 && bytes > 0 ? bytes / packets - payload : NAN;
}

/* The light one: what came before it was too much and did not arrive. */
static const json_t *first_that_arrived(const json_t *trials)
{
	const json_t *trial;
	size_t i;

	json_array_foreach (trials, i, trial) {
		if (count_at(trial, "/received_packets") > 0)
			return trial;
	}
	return NULL;
}

static void add_overheads(const json_t *document, json_t *sizes)
{
	json_t *size;
	size_t i;

	json_array_foreach (sizes, i, size) {
		const json_t *trials =
			json_at(json_array_get(json_at(document, "/sizes"), i), "/trials");
		double payload = json_number_at(size, "/payload_bytes", NAN);
		double packet = overhead_of(first_that_arrived(trials), payload);

		if (!json_is_object(size))
			continue;
		json_object_set_new(size, "overhead_bytes_per_packet", number_or_null(packet));
		json_object_set_new(size, "overhead_bytes_per_payload_byte",
			number_or_null(payload > 0 ? packet / payload : NAN));
	}
}

/* "black-hole": what is too large vanishes and nobody says so. */
static const char *beyond_mtu(const char *fit)
{
	return strcmp(fit, "silence") == 0 ? "black-hole" : fit;
}

static void add_mtu(const json_t *document, json_t *data)
{
	double payload = json_number_at(document, "/payload_bytes", 0);
	double header = json_number_at(document, "/header_bytes", NAN);
	const char *beyond = json_string_at(document, "/beyond", NULL);

	/* Where nothing arrives, nothing is known about sizes. */
	json_object_set_new(
		data, "mtu_bytes", number_or_null(payload > 0 ? payload + header : NAN));
	json_object_set_new(data, "beyond_mtu",
		payload > 0 && beyond ? json_text(beyond_mtu(beyond)) : json_null());
}

static json_t *data_of(
	const struct workload_case *c, const json_t *document, const struct total *total)
{
	json_t *data = json_object(), *sizes = json_array(), *size;
	size_t i;

	json_array_foreach (json_at(document, "/sizes"), i, size) {
		json_t *copy = json_copy(size);

		json_object_del(copy, "trials"); /* the samples have them */
		json_array_append_new(sizes, copy);
	}
	json_object_update_missing(data, (json_t *)document);
	json_object_del(data, "error");
	json_object_del(data, "cause");
	json_object_set_new(data, "sizes", sizes);
	json_object_set_new(data, "sent_packets", json_real(total->sent_packets));
	json_object_set_new(data, "received_packets", json_real(total->received_packets));
	json_object_set_new(data, "received_payload_bytes", json_real(total->received_bytes));
	json_object_set_new(data, "wire_bytes", number_or_null(wire_bytes_to(c, c->target)));
	add_mtu(document, data);
	add_overheads(document, sizes);
	return data;
}

static void blame(const struct workload_output *outputs, const json_t *document,
	struct workload_reading *reading)
{
	symptom_of_own("rate", outputs, CLIENT, document, reading);
	if (json_array_size(json_at(document, "/sizes")) == 0)
		symptom_unread("rate: its output is not a document with sizes", NULL, outputs,
			CLIENT, reading);
}

/* Each size has to say a rate, and none of them may be nothing. */
static void judge(const json_t *document, struct workload_reading *reading)
{
	const json_t *size;
	size_t i;

	json_array_foreach (json_at(document, "/sizes"), i, size) {
		double payload = json_number_at(size, "/payload_bytes", 0);
		double rate = json_number_at(size, "/packets_per_s", -1);
		const json_t *trials = json_at(size, "/trials");
		const json_t *last = json_array_get(trials, json_array_size(trials) - 1);

		if (rate < 0 || payload <= 0)
			symptom_blame(reading, CAUSE_PARSE, CLIENT,
				"rate: size number %zu has no rate", i);
		else if (rate == 0)
			symptom_blame(reading, CAUSE_STALLED, CLIENT,
				"rate: none of the datagrams of %.0f bytes arrived, even at %.0f a second",
				payload, json_number_at(last, "/wanted_packets_per_s", 0));
	}
}

/* The smallest and the largest size, the MTU, and the overhead. */
static void describe(const json_t *data, struct workload_reading *reading)
{
	const json_t *sizes = json_object_get(data, "sizes");
	const json_t *largest = json_array_get(sizes, json_array_size(sizes) - 1);
	double *figures = reading->figures;

	figures[0] = json_number_at(json_array_get(sizes, 0), "/packets_per_s", NAN);
	figures[1] = json_number_at(largest, "/payload_mbps", NAN);
	figures[2] = json_number_at(data, "/mtu_bytes", NAN);
	figures[3] = json_number_at(json_array_get(sizes, 0), "/overhead_bytes_per_packet", NAN);
	snprintf(reading->headline, sizeof(reading->headline),
		"%.3g packet/s, %.3g Mbit/s, MTU %.0f", figures[0], figures[1], figures[2]);
}

static void read_outputs(const struct workload_case *c, const struct workload_output *outputs,
	size_t count, struct workload_reading *ret_reading)
{
	struct workload_reading *reading = ret_reading;
	json_auto_t *document = json_loadb(outputs[CLIENT].out, outputs[CLIENT].out_size, 0, NULL);
	struct total total = total_of(json_at(document, "/sizes"));

	assert(count == COMMANDS);
	*reading = (struct workload_reading){0};
	if (!symptom_of_end("rate client", outputs, CLIENT, reading))
		blame(outputs, document, reading);
	judge(document, reading);
	reading->bytes_moved = total.received_bytes;
	if (json_is_object(document))
		reading->data = data_of(c, document, &total);
	if (reading->cause == CAUSE_SUCCESS)
		describe(reading->data, reading);
	reading->samples = json_make("{s:s, s:s, s:O?}", "from", c->source, "to", c->target,
		"sizes", json_at(document, "/sizes"));
}

const struct workload workload_rate = {
	.name = "rate",
	.file = "rate.json",
	.title = "Highest UDP rate with little loss, path MTU, overhead",
	.figures = {"small_packets_per_s", "largest_mbps", "mtu_bytes",
		"overhead_bytes_per_packet"},
	.figures_title = "packet/s at 64 B / Mbit/s at MTU / MTU / overhead B",
	.ports = (const char *const[]){"tcp 17000", "udp 17000", NULL},
	.needs = (const char *const[]){NULL},
	.packages = (const char *const[]){NULL},
	.is_flood = true,
	.estimate_s = estimate_s,
	.commands = commands,
	.read = read_outputs,
};
