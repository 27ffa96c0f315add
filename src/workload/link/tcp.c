/* SPDX-License-Identifier: MIT */
/*
 * One TCP flow in each direction at once, reported apart. With --bidir one client of iperf3 has
 * both, and where packets overtake each other its server may take one connection for the other. So
 * there are two clients with a server each, which start together, and their documents are joined.
 */
#include "workload/link/tcp.h"

#include "workload/tool/iperf3.h"
#include "workload/tool/symptom.h"

#include "base/json.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
	SERVER,
	CLIENT,
	COMMANDS_OF_ONE,
	SERVER_OF_REVERSE = COMMANDS_OF_ONE,
	CLIENT_OF_REVERSE,
	COMMANDS_OF_TWO
};

static const char *const numbers[] = {"two", "one", NULL};
const struct setting tcp_clients = {"tcp_clients", SETTING_WORD, "two", numbers,
	.argument = "NUMBER",
	.help = "clients of iperf3 in tcp and parallel: two, or one with --bidir"};

static bool is_by_one(const struct workload_case *c)
{
	return strcmp(setting_text(c->options, &tcp_clients), "one") == 0;
}

static struct workload_command client(const struct workload_case *c, struct arena *arena,
	const char *what, unsigned port, const char *direction)
{
	return iperf3_client(c, arena, what, port,
		(const char *const[]){
			"-Z", "-C", c->congestion ? c->congestion : "cubic", direction, NULL});
}

void tcp_commands(const struct workload_case *c, struct arena *arena,
	struct workload_command **ret_commands, size_t *ret_count)
{
	struct workload_command *list =
		arena_alloc(arena, struct workload_command, COMMANDS_OF_TWO);
	unsigned port = iperf3_port(c, 0), reverse_port = iperf3_port(c, 1);

	list[SERVER] = iperf3_server(c, arena, "iperf3 server", port);
	list[CLIENT] = client(c, arena, "iperf3 client", port, is_by_one(c) ? "--bidir" : NULL);
	list[SERVER_OF_REVERSE] =
		iperf3_server(c, arena, "iperf3 server of the reverse direction", reverse_port);
	list[CLIENT_OF_REVERSE] =
		client(c, arena, "iperf3 client of the reverse direction", reverse_port, "-R");
	*ret_commands = list;
	*ret_count = is_by_one(c) ? COMMANDS_OF_ONE : COMMANDS_OF_TWO;
}

/*
 * Version 3.9 gives the sums of both directions the same names, so that a parser keeps one
 * and takes it for the other. Its streams say which direction they are: one stream is one sum.
 */
static void separate_interval(json_t *interval)
{
	const json_t *stream;
	size_t i;

	json_array_foreach (json_object_get(interval, "streams"), i, stream) {
		bool is_forward = json_is_true(json_object_get(stream, "sender"));

		json_object_set_new(interval, is_forward ? "sum" : "sum_bidir_reverse",
			json_copy((json_t *)stream));
	}
}

static void separate_end(json_t *end)
{
	const json_t *stream;
	size_t i;

	json_array_foreach (json_object_get(end, "streams"), i, stream) {
		const json_t *sender = json_object_get(stream, "sender");
		const json_t *receiver = json_object_get(stream, "receiver");
		bool is_forward = json_is_true(json_object_get(sender, "sender"));

		if (!json_is_object(sender) || !json_is_object(receiver))
			continue;
		json_object_set_new(end, is_forward ? "sum_sent" : "sum_sent_bidir_reverse",
			json_copy((json_t *)sender));
		json_object_set_new(end, is_forward ? "sum_received" : "sum_received_bidir_reverse",
			json_copy((json_t *)receiver));
	}
}

static void separate_directions(json_t *document)
{
	json_t *end = json_object_get(document, "end"), *interval;
	size_t i;

	if (!json_object_get(end, "sum_sent") || json_object_get(end, "sum_sent_bidir_reverse"))
		return;
	json_array_foreach (json_object_get(document, "intervals"), i, interval)
		separate_interval(interval);
	separate_end(end);
}

/* iperf3 before 3.17 does not write down that it ran both ways, which readers ask for. */
static void add_bidir(json_t *document)
{
	json_t *test_start = json_at(document, "/start/test_start");

	if (json_is_object(test_start) && !json_object_get(test_start, "bidir"))
		json_object_set_new(test_start, "bidir", json_integer(1));
}

static void describe(const struct iperf3_flow *forward, const struct iperf3_flow *reverse,
	struct workload_reading *reading)
{
	char there[16], back[16];

	reading->figures[0] = forward->bits_per_second / 1e6;
	reading->figures[1] = reverse->bits_per_second / 1e6;
	snprintf(reading->headline, sizeof(reading->headline), "%s / %s Mbit/s",
		iperf3_mbit(forward->bits_per_second, there),
		iperf3_mbit(reverse->bits_per_second, back));
}

static json_t *read_one(const struct workload_output *outputs, struct iperf3_flow *forward,
	struct iperf3_flow *reverse, struct workload_reading *reading)
{
	json_t *document = iperf3_document("iperf3 client", outputs, CLIENT, reading);

	separate_directions(document);
	add_bidir(document);
	forward->received = iperf3_server_series(&outputs[SERVER], "RX-S");
	reverse->sent = iperf3_server_series(&outputs[SERVER], "TX-S");
	reverse->received = iperf3_client_series(document, "sum_bidir_reverse", 1);
	reverse->received_sum = json_at(document, "/end/sum_received_bidir_reverse");
	if (iperf3_is_crossed(document, &outputs[SERVER]))
		symptom_blame(reading, CAUSE_TOOL, CLIENT,
			"iperf3 confused its two connections: the one made second was accepted first, so both ends sent on one and neither received");
	return document;
}

/* The caller owns `ret_other`, to which the reverse flow belongs. */
static json_t *read_two(const struct workload_output *outputs, struct iperf3_flow *forward,
	struct iperf3_flow *reverse, json_t **ret_other, struct workload_reading *reading)
{
	json_t *document = iperf3_document("iperf3 client", outputs, CLIENT, reading);
	json_t *other = iperf3_document(
		"iperf3 client of the reverse direction", outputs, CLIENT_OF_REVERSE, reading);

	forward->received = iperf3_server_series(&outputs[SERVER], NULL);
	reverse->blamed = CLIENT_OF_REVERSE;
	reverse->sent = iperf3_server_series(&outputs[SERVER_OF_REVERSE], NULL);
	reverse->received = iperf3_client_series(other, "sum", 0);
	reverse->received_sum = json_at(other, "/end/sum_received");
	*ret_other = other;
	return document;
}

void tcp_read(const struct workload_case *c, const struct workload_output *outputs, size_t count,
	struct workload_reading *ret_reading)
{
	struct workload_reading *reading = ret_reading;
	json_t *document;
	json_auto_t *other = NULL;
	struct iperf3_flow forward = {.from = c->source, .to = c->target, .blamed = CLIENT};
	struct iperf3_flow reverse = {
		.from = c->target, .to = c->source, .blamed = CLIENT, .is_reverse = true};

	assert(count == (size_t)(is_by_one(c) ? COMMANDS_OF_ONE : COMMANDS_OF_TWO));
	*reading = (struct workload_reading){0};
	document = is_by_one(c) ? read_one(outputs, &forward, &reverse, reading)
				: read_two(outputs, &forward, &reverse, &other, reading);
	forward.sent = iperf3_client_series(document, "sum", 0);
	forward.received_sum = json_at(document, "/end/sum_received");
	iperf3_judge(&forward, reading);
	iperf3_judge(&reverse, reading);
	if (document && other)
		iperf3_join(document, other);
	reading->data = document;
	reading->samples = json_make("{s:o,s:o}", "forward", iperf3_flow_samples(&forward),
		"reverse", iperf3_flow_samples(&reverse));
	if (reading->cause == CAUSE_SUCCESS)
		describe(&forward, &reverse, reading);
}

const struct workload workload_tcp = {
	.name = "tcp",
	.file = "tcp_iperf3.json",
	.title = "TCP throughput, both directions at once (iperf3)",
	.settings = (const struct setting *const[]){&tcp_clients, NULL},
	.figures = {"forward_mbps", "reverse_mbps"},
	.figures_title = "Mbit/s there / back",
	.ports = (const char *const[]){"tcp 5201", NULL},
	.needs = IPERF3_NEEDS,
	.packages = IPERF3_NEEDS,
	.times_flows = true,
	.estimate_s = iperf3_estimate_s,
	.commands = tcp_commands,
	.read = tcp_read,
};
