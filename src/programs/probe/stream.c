/* SPDX-License-Identifier: MIT */
/* meshbench-probe: what came of one stream, kept until it is measured. */
#include "programs/probe/probe.h"

#include "base/clock.h"
#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum {
	FIRST_ROOM = 1024,
	COPIES = 2 /* of every packet, at most: a loop in the network must not eat our memory */
};

void probe_stream_add(struct probe_stream *stream, const struct probe_packet *packet)
{
	const struct probe_head *head = &packet->head;

	if (stream->count >= COPIES * (size_t)stream->planned + FIRST_ROOM)
		return;
	if (stream->count == stream->room) {
		size_t room = stream->room ? 2 * stream->room : FIRST_ROOM;
		struct packet_arrival *grown =
			realloc(stream->arrivals, room * sizeof(*stream->arrivals));

		if (!grown)
			abort();
		stream->arrivals = grown;
		stream->room = room;
	}
	stream->arrivals[stream->count++] = (struct packet_arrival){.number = head->number,
		.sent_ns = head->sent_ns,
		.received_ns = packet->received_ns};
}

/* By number; null for what never came, the first copy of what did. */
static json_t *by_number(const struct probe_stream *stream,
	json_t *(*value_of)(const struct packet_arrival *arrival))
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < stream->planned; i++)
		json_array_append_new(array, json_null());
	for (size_t i = 0; i < stream->count; i++) {
		const struct packet_arrival *a = &stream->arrivals[i];

		if (json_is_null(json_array_get(array, a->number)))
			json_array_set_new(array, a->number, value_of(a));
	}
	return array;
}

/* To tenths of microseconds. */
static json_t *delay_json(const struct packet_arrival *arrival)
{
	return json_real(round((double)(arrival->received_ns - arrival->sent_ns) / 100) / 10);
}

static json_t *times_json(const struct packet_arrival *arrival)
{
	return json_make("[I, I]", (json_int_t)arrival->sent_ns, (json_int_t)arrival->received_ns);
}

json_t *probe_stream_times(const struct probe_stream *stream)
{
	return by_number(stream, times_json);
}

int probe_stream_report(struct probe_stream *stream, bool delays, struct error *err)
{
	struct packets_result result;

	if (stream->report && stream->reported == stream->count)
		return 0;
	if (packets_measure(stream->arrivals, stream->count, stream->planned, &result, err))
		return -1;
	json_decref(stream->report);
	stream->report = packets_json(&result);
	json_object_set_new(stream->report, "stream", json_integer(stream->number));
	if (delays)
		json_object_set_new(stream->report, "delays_us", by_number(stream, delay_json));
	stream->reported = stream->count;
	return 0;
}

void probe_stream_done(struct probe_stream *stream)
{
	json_decref(stream->report);
	free(stream->arrivals);
	*stream = (struct probe_stream){0};
}

static double seconds_of(struct timeval time)
{
	return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

struct probe_own probe_own(void)
{
	struct rusage usage = {0};

	getrusage(RUSAGE_SELF, &usage);
	return (struct probe_own){
		seconds_of(usage.ru_utime), seconds_of(usage.ru_stime), clock_now_ns()};
}

json_t *probe_own_cost(const struct probe_own *since)
{
	const struct probe_own now = probe_own();
	double user_s = now.user_s - since->user_s, system_s = now.system_s - since->system_s;

	return json_make("{s:f, s:f, s:f, s:f}", "cpu_s", user_s + system_s, "user_s", user_s,
		"system_s", system_s, "seconds", (double)(now.at_ns - since->at_ns) / 1e9);
}

int probe_print(json_t *report, size_t flags, struct error *err)
{
	int failed = json_dumpf(report, stdout, flags | JSON_REAL_PRECISION(12));

	json_decref(report);
	if (failed || putchar('\n') == EOF || fflush(stdout))
		return fail_errno(err, "print what was measured");
	return 0;
}
