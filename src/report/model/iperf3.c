/* iperf3's JSON as numbers: TCP, UDP, and all links at once. */
#include "report/model/result_file.h"

#include "base/json.h"

#include <math.h>
#include <string.h>

enum {
	INTERVALS_MAX = 36000
};

/* One number per interval at `pointer` below each; what lacks it ends the series. */
static struct report_series interval_series(
	struct arena *arena, const json_t *document, const char *pointer)
{
	const json_t *intervals = json_object_get(document, "intervals");
	size_t size = json_array_size(intervals);
	struct report_series series = {0};

	size = size < INTERVALS_MAX ? size : INTERVALS_MAX;
	series.values = arena_alloc(arena, double, size + 1);
	series.step_s = json_number_at(document, "/start/test_start/interval", 1);
	for (size_t i = 0; i < size; i++) {
		double value = json_number_at(json_array_get(intervals, i), pointer, NAN);

		if (isnan(value))
			break;
		series.values[series.count++] = value;
	}
	return series;
}

enum {
	LONG_IDLE = 3 /* intervals, of a second each: shorter silence is a retransmission timeout */
};

/* Nothing arrived, or nothing was moved in the second half: no rate describes such a flow. */
static bool flow_is_stalled(const struct report_flow *flow)
{
	size_t idle = 0;

	if (flow->received_bytes <= 0)
		return true;
	while (idle < flow->bps.count && flow->bps.values[flow->bps.count - 1 - idle] <= 0)
		idle++;
	return idle >= LONG_IDLE && 2 * idle >= flow->bps.count;
}

static struct report_flow read_flow(
	struct arena *arena, const json_t *document, const char *suffix, const char *sum)
{
	const char *sent = arena_printf(arena, "/end/sum_sent%s", suffix);
	const char *received = arena_printf(arena, "/end/sum_received%s", suffix);
	const json_t *of_sender = json_at(document, sent);
	const json_t *of_receiver = json_at(document, received);
	struct report_flow flow = {.is_there = of_sender && of_receiver};

	flow.sent_bps = json_number_at(of_sender, "/bits_per_second", NAN);
	flow.sent_bytes = json_number_at(of_sender, "/bytes", 0);
	flow.retransmits = json_number_at(of_sender, "/retransmits", 0);
	flow.seconds = json_number_at(of_sender, "/seconds", 0);
	flow.received_bps = json_number_at(of_receiver, "/bits_per_second", NAN);
	flow.received_bytes = json_number_at(of_receiver, "/bytes", 0);
	flow.is_there = flow.is_there && isfinite(flow.sent_bps) && isfinite(flow.received_bps);
	flow.bps = interval_series(arena, document, sum);
	flow.is_stalled = flow.is_there && flow_is_stalled(&flow);
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

static double percent_retransmitted(const struct report_tcp *tcp)
{
	double mss = tcp->mss_bytes > 0 ? tcp->mss_bytes : 1448;

	if (tcp->forward.sent_bytes <= 0)
		return 0;
	return 100 * tcp->forward.retransmits / (tcp->forward.sent_bytes / mss);
}

static void read_series(struct arena *arena, const json_t *document, struct report_tcp *tcp)
{
	struct report_series mtu = interval_series(arena, document, "/streams/0/pmtu");

	tcp->rtt_us = interval_series(arena, document, "/streams/0/rtt");
	tcp->cwnd_bytes = interval_series(arena, document, "/streams/0/snd_cwnd");
	for (size_t i = 0; i < mtu.count; i++)
		tcp->path_mtu_bytes = fmax(tcp->path_mtu_bytes, mtu.values[i]);
}

bool result_file_iperf3_tcp(struct arena *arena, const json_t *document, struct report_tcp *tcp)
{
	tcp->forward = read_flow(arena, document, "", "/sum/bits_per_second");
	tcp->reverse =
		read_flow(arena, document, "_bidir_reverse", "/sum_bidir_reverse/bits_per_second");
	tcp->mss_bytes = json_number_at(document, "/start/tcp_mss_default", 0);
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
	tcp->retransmit_percent = percent_retransmitted(tcp);
	return tcp->forward.is_there;
}

static void reject(struct report_results *results, const struct tree_entry *entry,
	struct report_outcome *outcome)
{
	tree_add_problem(results->arena, &results->reading, entry->path,
		"it says success but holds no finished iperf3 test");
	*outcome = (struct report_outcome){0};
}

void result_file_tcp(struct report_results *results, const struct tree_entry *entry,
	struct report_repetition *repetition)
{
	struct report_tcp *tcp = &repetition->tcp;

	result_file_outcome(results, entry, &tcp->outcome);
	if (entry->envelope.status != ENVELOPE_SUCCESS)
		return;
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
	udp->forward = read_flow(results->arena, document, "", "/sum/bits_per_second");
	udp->reverse = read_flow(
		results->arena, document, "_bidir_reverse", "/sum_bidir_reverse/bits_per_second");
	udp->jitter_ms = json_number_at(document, "/end/sum_received/jitter_ms", 0);
	udp->lost_percent = json_number_at(document, "/end/sum_received/lost_percent", 0);
	udp->reverse_lost_percent =
		json_number_at(document, "/end/sum_received_bidir_reverse/lost_percent", 0);
	udp->payload_bytes = json_number_at(document, "/start/test_start/blksize", 0);
	udp->host_cpu_percent =
		json_number_at(document, "/end/cpu_utilization_percent/host_total", 0);
	udp->remote_cpu_percent =
		json_number_at(document, "/end/cpu_utilization_percent/remote_total", 0);
	if (!udp->forward.is_there)
		reject(results, entry, &udp->outcome);
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
	pair->error = arena_strdup(arena, error ? error : "no finished iperf3 test");
	pair->error_type = arena_strdup(arena, json_string_at(value, "/error_type", ""));
	pair->tcp.outcome.envelope.status = ENVELOPE_ERROR;
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
