/* SPDX-License-Identifier: MIT */
/* iperf3's JSON as numbers: TCP, UDP, and all links at once. */
#include "report/model/result_file.h"

#include "document/iperf3.h"
#include "document/silence.h"

#include "base/json.h"

#include <math.h>
#include <string.h>

static struct report_series series_from(struct iperf3_series series)
{
	return (struct report_series){series.values, series.count, series.interval_s};
}

/* Nothing arrived, or it stopped arriving: no rate describes such a flow. */
static bool flow_is_stalled(struct arena *arena, const struct report_flow *flow)
{
	double *end_s = arena_alloc(arena, double, flow->bps.count + 1);

	for (size_t i = 0; i < flow->bps.count; i++)
		end_s[i] = (double)(i + 1) * flow->bps.step_s;
	return flow->received_bytes <= 0 ||
	       silence_of(end_s, flow->bps.values, flow->bps.count).lasts_to_the_end;
}

static double or_zero(double value)
{
	return isnan(value) ? 0 : value;
}

static struct report_flow read_flow(
	struct arena *arena, const json_t *document, enum iperf3_direction direction)
{
	struct iperf3_sums sums = iperf3_sums(document, direction);
	struct report_flow flow = {.is_there = sums.is_there,
		.sent_bps = sums.sent_bps,
		.received_bps = sums.received_bps,
		.sent_bytes = or_zero(sums.sent_bytes),
		.received_bytes = or_zero(sums.received_bytes),
		.retransmits = sums.retransmits,
		.seconds = or_zero(sums.sent_seconds),
		.bps = series_from(iperf3_rates(arena, document, direction))};

	flow.is_stalled = flow.is_there && flow_is_stalled(arena, &flow);
	return flow;
}

/* The stream that the client sends; the other one's window and RTT mean nothing. */
static void read_sender(struct report_tcp *tcp, const json_t *streams)
{
	for (size_t i = 0; i < json_array_size(streams); i++) {
		const json_t *sender = json_object_get(json_array_get(streams, i), "sender");

		if (!json_is_true(json_object_get(sender, "sender")))
			continue;
		tcp->max_cwnd_bytes =
			fmax(tcp->max_cwnd_bytes, json_number_at(sender, "/max_snd_cwnd", 0));
		tcp->max_wnd_bytes =
			fmax(tcp->max_wnd_bytes, json_number_at(sender, "/max_snd_wnd", 0));
		tcp->mean_rtt_us = json_number_at(sender, "/mean_rtt", 0);
		tcp->min_rtt_us = json_number_at(sender, "/min_rtt", 0);
		tcp->max_rtt_us = json_number_at(sender, "/max_rtt", 0);
		tcp->reorder_events = json_number_at(sender, "/reorder", 0);
	}
}

static void read_series(struct arena *arena, const json_t *document, struct report_tcp *tcp)
{
	struct iperf3_series mtu = iperf3_series(arena, document, "/streams/0/pmtu");

	tcp->rtt_us = series_from(iperf3_series(arena, document, "/streams/0/rtt"));
	tcp->cwnd_bytes = series_from(iperf3_series(arena, document, "/streams/0/snd_cwnd"));
	for (size_t i = 0; i < mtu.count; i++)
		tcp->path_mtu_bytes = fmax(tcp->path_mtu_bytes, mtu.values[i]);
}

/* Each client speaks to a server of its own, at another port. */
static unsigned clients_of(const json_t *document)
{
	double one = json_number_at(document, "/start/connected/0/remote_port", 0);
	double other = json_number_at(document, "/start/connected/1/remote_port", one);

	return one > 0 ? 1 + (one != other) : 0;
}

bool result_file_iperf3_tcp(struct arena *arena, const json_t *document, struct report_tcp *tcp)
{
	tcp->forward = read_flow(arena, document, IPERF3_FORWARD);
	tcp->reverse = read_flow(arena, document, IPERF3_REVERSE);
	tcp->clients = clients_of(document);
	tcp->mss_bytes = iperf3_mss_bytes(document);
	tcp->started_s = json_number_at(document, "/start/timestamp/timesecs", 0);
	tcp->host_cpu_percent =
		json_number_at(document, "/end/cpu_utilization_percent/host_total", 0);
	tcp->remote_cpu_percent =
		json_number_at(document, "/end/cpu_utilization_percent/remote_total", 0);
	tcp->congestion =
		arena_strdup(arena, json_string_at(document, "/end/sender_tcp_congestion", ""));
	tcp->version = arena_strdup(arena, json_string_at(document, "/start/version", ""));
	tcp->system = arena_strdup(arena, json_string_at(document, "/start/system_info", ""));
	read_sender(tcp, json_at(document, "/end/streams"));
	read_series(arena, document, tcp);
	tcp->retransmit_percent = iperf3_retransmit_percent(
		tcp->forward.retransmits, tcp->forward.sent_bytes, tcp->mss_bytes);
	return tcp->forward.is_there;
}

static void reject(struct report_results *results, const struct tree_entry *entry,
	struct report_outcome *outcome)
{
	tree_add_problem(results->arena, &results->reading, entry->path,
		"its status is success, but it does not contain a finished iperf3 test with rates that are possible");
	*outcome = (struct report_outcome){0};
}

static struct report_frames frames_of(const json_t *value, const char *end)
{
	const char *host = json_string_at(value, end, "");
	const json_t *port;
	size_t i;

	json_array_foreach (json_at(value, "/meta/wire/ports"), i, port) {
		if (strcmp(json_string_at(port, "/host", ""), host) == 0)
			return (struct report_frames){json_number_at(port, "/in_frames", 0),
				json_number_at(port, "/in_packets", 0),
				json_number_at(port, "/in_bytes", 0)};
	}
	return (struct report_frames){0};
}

void result_file_tcp(struct report_results *results, const struct tree_entry *entry,
	struct report_repetition *repetition)
{
	struct report_tcp *tcp = &repetition->tcp;

	result_file_outcome(results, entry, &tcp->outcome);
	if (entry->envelope.status != ENVELOPE_SUCCESS)
		return;
	tcp->of_source = frames_of(entry->value, "/meta/source");
	tcp->of_target = frames_of(entry->value, "/meta/target");
	if (!result_file_iperf3_tcp(results->arena, entry->data, tcp))
		reject(results, entry, &tcp->outcome);
}

/* A failed iperf3 leaves its unfinished document on stdout. */
static void read_progress(struct report_udp *udp, const json_t *error)
{
	const char *out = json_string_at(error, "/stdout", "");
	json_auto_t *document = NULL;
	struct error ignored;

	if (json_parse(out, strlen(out), "stdout", &document, &ignored))
		return;
	udp->streams_connected = json_array_size(json_at(document, "/start/connected"));
	udp->intervals_done = json_array_size(json_at(document, "/intervals"));
}

void result_file_udp(struct report_results *results, const struct tree_entry *entry,
	struct report_repetition *repetition)
{
	struct report_udp *udp = &repetition->udp;
	const json_t *document = entry->data;

	result_file_outcome(results, entry, &udp->outcome);
	if (entry->envelope.status == ENVELOPE_ERROR)
		read_progress(udp, json_object_get(entry->value, "error"));
	if (entry->envelope.status != ENVELOPE_SUCCESS)
		return;
	udp->forward = read_flow(results->arena, document, IPERF3_FORWARD);
	udp->reverse = read_flow(results->arena, document, IPERF3_REVERSE);
	udp->jitter_ms = json_number_at(document, "/end/sum_received/jitter_ms", 0);
	udp->lost_percent = json_number_at(document, "/end/sum_received/lost_percent", 0);
	udp->missing_percent = iperf3_missing_percent(document, IPERF3_FORWARD);
	udp->of_source = frames_of(entry->value, "/meta/source");
	udp->of_target = frames_of(entry->value, "/meta/target");
	udp->tool = arena_strdup(results->arena, json_string_at(document, "/tool", "iperf3"));
	udp->payload_bytes = json_number_at(document, "/start/test_start/blksize", 0);
	udp->waited_s = fmax(json_number_at(document, "/flood/forward/opening_s", 0),
		json_number_at(document, "/flood/reverse/opening_s", 0));
	udp->host_cpu_percent =
		json_number_at(document, "/end/cpu_utilization_percent/host_total", 0);
	udp->remote_cpu_percent =
		json_number_at(document, "/end/cpu_utilization_percent/remote_total", 0);
	if (!udp->forward.is_there)
		reject(results, entry, &udp->outcome);
}

static const char *text_or_null(struct arena *arena, const json_t *text)
{
	return json_is_string(text) ? arena_strdup(arena, json_string_value(text)) : NULL;
}

static struct report_pair *read_pair(
	struct report_results *results, const struct tree_entry *entry, const json_t *value)
{
	struct arena *arena = results->arena;
	struct report_pair *pair = arena_alloc(arena, struct report_pair, 1);
	const json_t *document = json_object_get(value, "result");
	const char *error = json_string_at(value, "/error", NULL);

	pair->source = arena_strdup(arena, json_string_at(value, "/source", "?"));
	pair->target = arena_strdup(arena, json_string_at(value, "/target", "?"));
	pair->tcp.outcome.envelope = entry->envelope;
	pair->tcp.outcome.path = entry->path;
	/* One link's failure makes the whole file an error, and yet this link may have worked. */
	pair->tcp.outcome.envelope.status = ENVELOPE_SUCCESS;
	pair->tcp.outcome.envelope.cause = NULL;
	if (!error && document && result_file_iperf3_tcp(arena, document, &pair->tcp))
		return pair;
	pair->error = arena_strdup(arena, error ? error : "the iperf3 test did not finish");
	pair->error_type = arena_strdup(arena, json_string_at(value, "/error_type", ""));
	pair->tcp.outcome.envelope.status = ENVELOPE_ERROR;
	pair->tcp.outcome.envelope.cause = text_or_null(arena, json_object_get(value, "cause"));
	pair->tcp.outcome.detail = result_file_detail(arena, json_object_get(value, "error"));
	return pair;
}

void result_file_parallel(struct report_results *results, const struct tree_entry *entry,
	struct report_repetition *repetition)
{
	struct report_pair **end = &repetition->parallel.pairs;
	const json_t *pairs = json_at(entry->data, "/pairs");

	result_file_outcome(results, entry, &repetition->parallel.outcome);
	/* A failed result of ours still holds the links that worked. */
	for (size_t i = 0; i < json_array_size(pairs); i++) {
		*end = read_pair(results, entry, json_array_get(pairs, i));
		end = &(*end)->next;
	}
}
