/* SPDX-License-Identifier: MIT */
/* Floods by meshbench-probe: their commands, and what they print in the form of iperf3's documents.
 */
#include "workload/tool/flood.h"

#include "workload/tool/iperf3.h"
#include "workload/tool/prober.h"
#include "workload/tool/symptom.h"

#include "base/clock.h"
#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define PROGRAM "meshbench-probe"
#define FIRST_PORT 25201
#define PORTS_PER_LINK 2
/* After the sender's last datagram; a receiver counts until all has ended, but at least for this.
 */
#define DRAIN_MS 2000
/* The sender ends by its own clock; the rest is for starting on a machine without time for us. */
#define LIMIT_MARGIN_S 10
/* A VPN may look for the largest packet that its path carries, and until then most of a flood is
 * lost; where nothing arrives at all, the flood shows it. */
#define OPENING_MS 15000
#define RECEIVER_LIMIT_S "86400" /* it is ended long before */
#define MOST 1e15
#define MOST_INTERVALS 4096
#define MOST_BYTES 65507 /* of a datagram's payload over IPv4 */
/* A flood is more than the path takes, so short stalls change nothing. */
#define LONGEST_STALL_MS 100.0
#define STALLED_SHARE 0.5

static const char *port_of(
	const struct workload_case *c, struct arena *arena, enum workload_side receiver)
{
	return arena_printf(arena, "%u",
		FIRST_PORT + PORTS_PER_LINK * (unsigned)(c->link % 10000) +
			(receiver == WORKLOAD_TARGET ? 0 : 1));
}

static double seconds_of(const struct workload_case *c)
{
	return c->seconds < 1 ? 1 : c->seconds > 3600 ? 3600 : ceil(c->seconds);
}

double flood_estimate_s(const struct workload_case *c)
{
	return seconds_of(c) + DRAIN_MS / 1e3;
}

struct workload_command flood_receiver(
	const struct workload_case *c, struct arena *arena, enum workload_side side)
{
	return (struct workload_command){
		.what = arena_printf(arena, "flood receiver on %s",
			side == WORKLOAD_TARGET ? c->target : c->source),
		.side = side,
		.argv = ARENA_LIST(arena, PROGRAM, "count", "--port", port_of(c, arena, side),
			"--limit-s", RECEIVER_LIMIT_S),
		.is_server = true,
		.ready = "ready\n",
		.keep_bytes = 65536,
	};
}

struct workload_command flood_sender(
	const struct workload_case *c, struct arena *arena, enum workload_side side)
{
	bool is_there = side == WORKLOAD_SOURCE;
	enum workload_side other = is_there ? WORKLOAD_TARGET : WORKLOAD_SOURCE;
	double seconds = seconds_of(c);

	return (struct workload_command){
		.what = arena_printf(arena, "flood from %s", is_there ? c->source : c->target),
		.side = side,
		.argv = ARENA_LIST(arena, PROGRAM, "flood",
			is_there ? c->target_address : c->source_address, "--port",
			port_of(c, arena, other), "--bytes", "mtu", "--milliseconds",
			arena_printf(arena, "%.0f", seconds * 1e3), "--linger-ms",
			arena_printf(arena, "%d", DRAIN_MS), "--open-ms",
			arena_printf(arena, "%d", OPENING_MS)),
		.limit_ns = (int64_t)(seconds + (OPENING_MS + DRAIN_MS) / 1e3 + LIMIT_MARGIN_S) *
			    NS_PER_S,
		.keep_bytes = 65536,
	};
}

static double count_at(const json_t *value, const char *pointer)
{
	double count = json_number_at(value, pointer, 0);

	return count >= 0 && count < MOST ? count : 0;
}

static enum cause cause_of_refusal(const json_t *sent)
{
	enum cause cause;

	if (cause_named(json_string_at(sent, "/cause_of_refusal", ""), &cause) &&
		cause != CAUSE_SUCCESS)
		return cause;
	return CAUSE_UNREACHABLE;
}

struct flood flood_read(const struct workload_case *c, const struct workload_output *outputs,
	size_t sender, size_t receiver, struct workload_reading *reading)
{
	struct flood flood = {.sent = prober_document("flood sender", outputs, sender, reading),
		.received = prober_document("flood receiver", outputs, receiver, reading)};
	double sent = count_at(flood.sent, "/sent_packets");
	double received = count_at(flood.received, "/received_packets");

	if (!flood.sent || !flood.received)
		return flood;
	if (!c->is_virtual)
		prober_doubt(flood.sent, "flood", LONGEST_STALL_MS, STALLED_SHARE, reading);
	if (sent <= 0)
		symptom_blame(reading, cause_of_refusal(flood.sent), sender,
			"no datagram of the flood to %.100s left its host: %.100s",
			json_string_at(flood.sent, "/address", "its target"),
			json_string_at(flood.sent, "/refusal", "none was sent"));
	else if (received > sent)
		symptom_blame(reading, CAUSE_PARSE, receiver,
			"of %.0f datagrams sent, %.0f are said to have arrived", sent, received);
	return flood;
}

void flood_done(struct flood *flood)
{
	json_decref(flood->sent);
	json_decref(flood->received);
	*flood = (struct flood){0};
}

/* One second of a flood, as an object `sum` or a stream has it. */
static json_t *interval_json(double second, double packets, double datagram_bytes, bool is_sender)
{
	return json_make("{s:f, s:f, s:f, s:f, s:f, s:f, s:b, s:b}", "start", second, "end",
		second + 1, "seconds", 1.0, "bytes", packets * datagram_bytes, "bits_per_second",
		packets * datagram_bytes * 8, "packets", packets, "omitted", 0, "sender",
		is_sender);
}

/*
 * A list of intervals. A last second that is not a whole one has no rate, and is left out of what
 * was sent; what arrived has as many seconds, and more if it went on arriving.
 */
static json_t *intervals_json(const struct flood *flood, bool is_sender)
{
	const json_t *packets =
		json_object_get(is_sender ? flood->sent : flood->received, "interval_packets");
	size_t whole =
		(size_t)fmin(floor(count_at(flood->sent, "/sending_s") + 0.01), MOST_INTERVALS);
	size_t count = json_array_size(packets);
	double bytes = fmin(count_at(flood->sent, "/bytes"), MOST_BYTES);
	json_t *list = json_array();

	count = is_sender || count < whole ? whole : count;
	for (size_t i = 0; i < count && i < MOST_INTERVALS; i++) {
		const json_t *value = json_array_get(packets, i);
		double number = count_at(value, "");
		json_t *sum = interval_json((double)i, number, bytes, is_sender);

		json_array_append_new(list, json_make("{s:[O], s:o}", "streams", sum, "sum", sum));
	}
	return list;
}

static json_t *series_of(const struct flood *flood, bool is_sender)
{
	json_auto_t *document = json_make("{s:o}", "intervals", intervals_json(flood, is_sender));

	return iperf3_client_series(document, "sum", 0);
}

json_t *flood_sent_series(const struct flood *flood)
{
	return series_of(flood, true);
}

json_t *flood_received_series(const struct flood *flood)
{
	return series_of(flood, false);
}

/* Over the whole flood; what was sent and did not arrive is lost, whenever the last one came. */
static json_t *sum_json(const struct flood *flood, bool is_sender)
{
	double sent = count_at(flood->sent, "/sent_packets");
	double received = fmin(count_at(flood->received, "/received_packets"), sent);
	double datagram_bytes = fmin(count_at(flood->sent, "/bytes"), MOST_BYTES);
	double bytes = datagram_bytes * (is_sender ? sent : received);
	double seconds = count_at(flood->sent, "/sending_s");

	if (!is_sender)
		seconds = fmax(seconds, count_at(flood->received, "/span_s"));
	return json_make("{s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:b}", "start", 0.0, "end",
		seconds, "seconds", seconds, "bytes", bytes, "bits_per_second",
		seconds > 0 ? bytes * 8 / seconds : 0, "jitter_ms",
		is_sender ? 0 : count_at(flood->received, "/jitter_ms"), "lost_packets",
		is_sender ? 0 : sent - received, "packets", sent, "lost_percent",
		is_sender || sent <= 0 ? 0 : 100 * (sent - received) / sent, "sender", is_sender);
}

/* Percent of one core; the receiver's is counted over its whole life. */
static double cpu_percent(const json_t *end, const char *pointer, double seconds)
{
	return seconds > 0 ? 100 * count_at(end, pointer) / seconds : 0;
}

static json_t *cpu_json(const struct flood *flood, bool is_reverse)
{
	const json_t *host = is_reverse ? flood->received : flood->sent;
	const json_t *remote = is_reverse ? flood->sent : flood->received;
	double seconds = count_at(flood->sent, "/sending_s");

	return json_make("{s:f, s:f, s:f, s:f, s:f, s:f}", "host_total",
		cpu_percent(host, "/own/cpu_s", seconds), "host_user",
		cpu_percent(host, "/own/user_s", seconds), "host_system",
		cpu_percent(host, "/own/system_s", seconds), "remote_total",
		cpu_percent(remote, "/own/cpu_s", seconds), "remote_user",
		cpu_percent(remote, "/own/user_s", seconds), "remote_system",
		cpu_percent(remote, "/own/system_s", seconds));
}

static json_t *end_json(const struct flood *flood, bool is_reverse)
{
	json_t *stream = sum_json(flood, false);

	json_object_set_new(stream, "out_of_order",
		json_finite(count_at(flood->received, "/reordered_packets")));
	return json_make("{s:[{s:o}], s:o, s:o, s:o, s:o}", "streams", "udp", stream, "sum",
		sum_json(flood, false), "sum_sent", sum_json(flood, true), "sum_received",
		sum_json(flood, false), "cpu_utilization_percent", cpu_json(flood, is_reverse));
}

static json_t *timestamp_json(const json_t *sent)
{
	time_t began = (time_t)fmin(count_at(sent, "/began_unix_s"), 4e9);
	struct tm parts;
	char text[64];

	strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&began, &parts));
	return json_make("{s:s, s:I}", "time", text, "timesecs", (json_int_t)began);
}

static json_t *start_json(const struct flood *flood, const struct workload_case *c, bool is_reverse)
{
	const char *address = c->target_address ? c->target_address : "";

	return json_make(
		"{s:[{s:s}], s:s, s:s, s:o, s:{s:s}, s:s, s:{s:s, s:i, s:f, s:i, s:f, s:i}}",
		"connected", "remote_host", address, "version", PROGRAM, "system_info", "",
		"timestamp", timestamp_json(flood->sent), "connecting_to", "host", address,
		"cookie", "", "test_start", "protocol", "UDP", "num_streams", 1, "blksize",
		fmin(count_at(flood->sent, "/bytes"), MOST_BYTES), "omit", 0, "duration",
		seconds_of(c), "reverse", is_reverse ? 1 : 0);
}

/* What iperf3 has no key for. */
static json_t *own_json(const struct flood *flood)
{
	static const char *const of_sender[] = {
		"refused_packets", "stalls", "stalled_s", "longest_stall_ms", "opening_s", NULL};
	static const char *const of_receiver[] = {
		"duplicate_packets", "reordered_packets", "socket_lost_packets", NULL};
	json_t *own = json_make("{s:f}", "drain_s", DRAIN_MS / 1e3);

	for (size_t i = 0; of_sender[i]; i++)
		json_object_set_new(own, of_sender[i],
			json_finite(json_number_at(
				json_object_get(flood->sent, of_sender[i]), "", NAN)));
	for (size_t i = 0; of_receiver[i]; i++)
		json_object_set_new(own, of_receiver[i],
			json_finite(json_number_at(
				json_object_get(flood->received, of_receiver[i]), "", NAN)));
	json_object_set_new(
		own, "was_answered", json_boolean(json_is_true(json_at(flood->sent, "/is_open"))));
	return own;
}

double flood_waited_s(const json_t *document)
{
	return count_at(document, "/flood/forward/opening_s");
}

void flood_explain(const json_t *document, size_t sender, struct workload_reading *reading)
{
	size_t length = strlen(reading->evidence);

	if (reading->cause != CAUSE_STALLED || reading->blamed != sender ||
		!json_is_false(json_at(document, "/flood/forward/was_answered")))
		return;
	snprintf(reading->evidence + length, sizeof(reading->evidence) - length,
		"; in the %.1f s before, no datagram of %.0f bytes was answered either",
		flood_waited_s(document), count_at(document, "/start/test_start/blksize"));
}

json_t *flood_document(const struct flood *flood, const struct workload_case *c, bool is_reverse)
{
	if (!flood->sent || !flood->received)
		return NULL;
	return json_make("{s:s, s:o, s:o, s:o, s:{s:o}}", "tool", "meshbench", "start",
		start_json(flood, c, is_reverse), "intervals", intervals_json(flood, !is_reverse),
		"end", end_json(flood, is_reverse), "flood", "forward", own_json(flood));
}
