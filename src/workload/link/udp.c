/* SPDX-License-Identifier: MIT */
/*
 * A UDP flood in each direction, one after the other, by a program of ours or by iperf3. Its
 * --bidir has the directions race at the start: whichever is first floods the path on which the
 * other still shakes hands, and its datagram for that is never sent again. So there are two servers
 * and two clients, and their documents are joined into the one that --bidir would have written, by
 * either tool. A sender of ours waits until a datagram of its size has arrived, since a VPN may
 * still look for the largest packet that its path carries. A VPN over TCP sends what the first
 * flood left in its queues for seconds; a ping that is answered came behind it.
 */
#include "document/iperf3.h"
#include "workload/tool/flood.h"
#include "workload/tool/iperf3.h"

#include "base/clock.h"
#include "base/json.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
	SERVER,
	SERVER_OF_REVERSE,
	CLIENT,
	CLIENT_OF_REVERSE,
	DRAIN,
	COMMANDS
};
enum {
	WAVE_OF_DRAIN = 1,
	WAVE_OF_REVERSE
};

/* A shorter one is a round trip or two. */
#define SHOWN_WAIT_S 1.0

static const char *const tools[] = {"meshbench", "iperf3", NULL};
static const struct setting udp_tool = {"udp_tool", SETTING_WORD, "meshbench", tools,
	.argument = "TOOL", .help = "what floods in udp: meshbench or iperf3"};

static bool is_by_iperf3(const struct setting_value *options)
{
	return strcmp(setting_text(options, &udp_tool), "iperf3") == 0;
}

static bool wants(const struct setting_value *options, const char *program)
{
	return is_by_iperf3(options) || strcmp(program, "iperf3") != 0;
}

/* A ping now and then until one is answered. Without an answer the other direction tells why. */
static struct workload_command drain(const struct workload_case *c, struct arena *arena)
{
	const char *const *argv = ARENA_LIST(arena, "ping", "-n", "-q", "-c", "1", "-i", "0.2",
		"-w", arena_printf(arena, "%d", WORKLOAD_DRAIN_S), c->target_address);

	return (struct workload_command){
		.what = "ping, until one is answered",
		.side = WORKLOAD_SOURCE,
		.argv = argv,
		.limit_ns = (WORKLOAD_DRAIN_S + 5) * NS_PER_S,
		.keep_bytes = 8192,
	};
}

static void commands_of_iperf3(
	const struct workload_case *c, struct arena *arena, struct workload_command *list)
{
	unsigned port = iperf3_port(c, 0), reverse_port = iperf3_port(c, 1);

	list[SERVER] = iperf3_server(c, arena, "iperf3 server", port);
	list[SERVER_OF_REVERSE] =
		iperf3_server(c, arena, "iperf3 server of the reverse direction", reverse_port);
	list[CLIENT] = iperf3_client(c, arena, "iperf3 client", port,
		(const char *const[]){"-u", "-b", "0", "--udp-counters-64bit", NULL});
	list[CLIENT_OF_REVERSE] =
		iperf3_client(c, arena, "iperf3 client of the reverse direction", reverse_port,
			(const char *const[]){"-u", "-b", "0", "--udp-counters-64bit", "-R", NULL});
}

static void commands(const struct workload_case *c, struct arena *arena,
	struct workload_command **ret_commands, size_t *ret_count)
{
	struct workload_command *list = arena_alloc(arena, struct workload_command, COMMANDS);

	if (is_by_iperf3(c->options)) {
		commands_of_iperf3(c, arena, list);
	} else {
		list[SERVER] = flood_receiver(c, arena, WORKLOAD_TARGET);
		list[SERVER_OF_REVERSE] = flood_receiver(c, arena, WORKLOAD_SOURCE);
		list[CLIENT] = flood_sender(c, arena, WORKLOAD_SOURCE);
		list[CLIENT_OF_REVERSE] = flood_sender(c, arena, WORKLOAD_TARGET);
	}
	list[DRAIN] = drain(c, arena);
	list[DRAIN].wave = WAVE_OF_DRAIN;
	list[CLIENT_OF_REVERSE].wave = WAVE_OF_REVERSE;
	*ret_commands = list;
	*ret_count = COMMANDS;
}

static double estimate_s(const struct workload_case *c)
{
	return 2 * (is_by_iperf3(c->options) ? iperf3_estimate_s(c) : flood_estimate_s(c));
}

/* Before 3.12 a document has one `sum`: bytes as sent, and how many packets were lost of how many.
 */
static void complete_sums(json_t *document)
{
	json_t *end = json_object_get(document, "end");
	const json_t *sum = json_object_get(end, "sum");
	double packets = json_number_at(sum, "/packets", 0);
	double lost = json_number_at(sum, "/lost_packets", 0);
	double arrived = packets > 0 && lost >= 0 && lost <= packets ? 1 - lost / packets : 0;
	json_t *sent, *received;

	if (!json_is_object(sum) || json_object_get(end, "sum_received"))
		return;
	sent = json_copy((json_t *)sum);
	json_object_set_new(sent, "sender", json_true());
	json_object_set_new(sent, "jitter_ms", json_integer(0));
	json_object_set_new(sent, "lost_packets", json_integer(0));
	json_object_set_new(sent, "lost_percent", json_integer(0));
	received = json_copy((json_t *)sum);
	json_object_set_new(received, "sender", json_false());
	json_object_set_new(
		received, "bytes", json_real(json_number_at(sum, "/bytes", 0) * arrived));
	json_object_set_new(received, "bits_per_second",
		json_real(json_number_at(sum, "/bits_per_second", 0) * arrived));
	json_object_set_new(end, "sum_sent", sent);
	json_object_set_new(end, "sum_received", received);
}

static const char *percent_text(double percent, char text[static 16])
{
	if (isnan(percent))
		return "?";
	snprintf(text, 16, "%.3g", percent);
	return text;
}

static void describe(const struct iperf3_flow *forward, const struct iperf3_flow *reverse,
	const json_t *documents[2], struct workload_reading *reading)
{
	double *figures = reading->figures;
	double waited_s = fmax(flood_waited_s(documents[0]), flood_waited_s(documents[1]));
	size_t length;
	char there[16], back[16], lost_there[16], lost_back[16];

	figures[0] = forward->bits_per_second / 1e6;
	figures[1] = reverse->bits_per_second / 1e6;
	figures[2] = iperf3_missing_percent(documents[0], IPERF3_FORWARD);
	figures[3] = iperf3_missing_percent(documents[1], IPERF3_FORWARD);
	snprintf(reading->headline, sizeof(reading->headline), "%s / %s Mbit/s, %s / %s %% lost",
		iperf3_mbit(forward->bits_per_second, there),
		iperf3_mbit(reverse->bits_per_second, back), percent_text(figures[2], lost_there),
		percent_text(figures[3], lost_back));
	length = strlen(reading->headline);
	if (waited_s >= SHOWN_WAIT_S)
		snprintf(reading->headline + length, sizeof(reading->headline) - length,
			", waited %.0f s", waited_s);
}

/* Both documents; NULL where there is none. */
struct documents {
	json_t *forward, *reverse;
};

static struct documents read_iperf3(const struct workload_output *outputs,
	struct iperf3_flow *forward, struct iperf3_flow *reverse, struct workload_reading *reading)
{
	struct documents documents = {
		.forward = iperf3_document("iperf3 client", outputs, CLIENT, reading),
		.reverse = iperf3_document("iperf3 client of the reverse direction", outputs,
			CLIENT_OF_REVERSE, reading)};

	complete_sums(documents.forward);
	complete_sums(documents.reverse);
	forward->sent = iperf3_client_series(documents.forward, "sum", 0);
	forward->received = iperf3_server_series(&outputs[SERVER], NULL);
	reverse->sent = iperf3_server_series(&outputs[SERVER_OF_REVERSE], NULL);
	reverse->received = iperf3_client_series(documents.reverse, "sum", 0);
	return documents;
}

static struct documents read_floods(const struct workload_case *c,
	const struct workload_output *outputs, struct iperf3_flow *forward,
	struct iperf3_flow *reverse, struct workload_reading *reading)
{
	struct flood there = flood_read(c, outputs, CLIENT, SERVER, reading);
	struct flood back = flood_read(c, outputs, CLIENT_OF_REVERSE, SERVER_OF_REVERSE, reading);
	struct documents documents = {.forward = flood_document(&there, c, false),
		.reverse = flood_document(&back, c, true)};

	forward->sent = flood_sent_series(&there);
	forward->received = flood_received_series(&there);
	reverse->sent = flood_sent_series(&back);
	reverse->received = flood_received_series(&back);
	flood_done(&there);
	flood_done(&back);
	return documents;
}

static void read_outputs(const struct workload_case *c, const struct workload_output *outputs,
	size_t count, struct workload_reading *ret_reading)
{
	struct workload_reading *reading = ret_reading;
	struct documents documents;
	json_auto_t *other = NULL;
	struct iperf3_flow forward = {.from = c->source, .to = c->target, .blamed = CLIENT};
	struct iperf3_flow reverse = {.from = c->target,
		.to = c->source,
		.blamed = CLIENT_OF_REVERSE,
		.wave = WAVE_OF_REVERSE,
		.is_reverse = true};

	assert(count > CLIENT_OF_REVERSE); /* of the ping nothing is read */
	*reading = (struct workload_reading){0};
	documents = is_by_iperf3(c->options) ? read_iperf3(outputs, &forward, &reverse, reading)
					     : read_floods(c, outputs, &forward, &reverse, reading);
	other = documents.reverse;
	forward.received_sum = json_at(documents.forward, "/end/sum_received");
	reverse.received_sum = json_at(other, "/end/sum_received");
	iperf3_judge(&forward, reading);
	iperf3_judge(&reverse, reading);
	flood_explain(documents.forward, CLIENT, reading);
	flood_explain(other, CLIENT_OF_REVERSE, reading);
	if (reading->cause == CAUSE_SUCCESS)
		describe(
			&forward, &reverse, (const json_t *[2]){documents.forward, other}, reading);
	reading->samples = json_make("{s:o,s:o}", "forward", iperf3_flow_samples(&forward),
		"reverse", iperf3_flow_samples(&reverse));
	if (documents.forward && other) {
		json_t *flood = json_object_get(documents.forward, "flood");

		iperf3_join(documents.forward, other);
		if (flood)
			json_object_set(flood, "reverse", json_at(other, "/flood/forward"));
	}
	reading->data = documents.forward;
}

const struct workload workload_udp = {
	.name = "udp",
	.file = "udp_iperf3.json",
	.title = "UDP flood, one direction at a time",
	.settings = (const struct setting *const[]){&udp_tool, NULL},
	.figures = {"forward_mbps", "reverse_mbps", "forward_lost_percent", "reverse_lost_percent"},
	.figures_title = "Mbit/s there / back / % lost there / back",
	.ports = (const char *const[]){"udp 25201", "tcp 5201", "udp 5201", NULL},
	.needs = (const char *const[]){"iperf3", "ping", NULL},
	.packages = (const char *const[]){"iperf3", "iputils-ping", NULL},
	.wants = wants,
	.is_flood = true,
	.estimate_s = estimate_s,
	.commands = commands,
	.read = read_outputs,
};
