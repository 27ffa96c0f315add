/* SPDX-License-Identifier: MIT */
/* meshbench-probe receive: takes one run of packets, and measures it when no more come. */
#include "programs/probe/probe.h"

#include "base/clock.h"
#include "base/fd.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

struct receiver {
	const struct probe_options *options;
	struct probe_inlet inlet;
	struct probe_stream stream; /* of the first packet: what other senders left is ignored */
};

static void receiver_done(struct receiver *receiver)
{
	probe_stream_done(&receiver->stream);
	fd_closep(&receiver->inlet.fd);
}

static void take_batch(struct receiver *receiver)
{
	struct probe_stream *stream = &receiver->stream;
	struct probe_packet packet;

	for (int i = 0; i < PROBE_BATCH && probe_take(&receiver->inlet, NULL, &packet); i++) {
		if (!packet.is_ours)
			continue;
		if (stream->run == 0)
			stream->run = packet.head.run;
		if (packet.head.run == stream->run && packet.head.number < stream->planned)
			probe_stream_add(stream, &packet);
	}
}

static void take_all(struct receiver *receiver)
{
	struct deadline limit = deadline_in(receiver->options->limit_s * NS_PER_S);
	struct pollfd watched = {.fd = receiver->inlet.fd, .events = POLLIN};

	while (!deadline_has_passed(limit)) {
		int idle_ms = receiver->stream.count > 0 ? (int)receiver->options->idle_ms
							 : deadline_poll_ms(limit);
		int ready = poll(&watched, 1, idle_ms);

		if (ready == 0 || (ready < 0 && errno != EINTR))
			return;
		take_batch(receiver);
	}
}

static int write_raw(const struct receiver *receiver, struct error *err)
{
	const struct probe_stream *stream = &receiver->stream;
	AUTO(stream_closep) FILE *file = fopen(receiver->options->raw_path, "we");

	if (!file)
		return fail_errno(err, "write %s", receiver->options->raw_path);
	for (size_t i = 0; i < stream->count; i++)
		fprintf(file, "%u %lld %lld\n", stream->arrivals[i].number,
			(long long)stream->arrivals[i].sent_ns,
			(long long)stream->arrivals[i].received_ns);
	return fflush(file) ? fail_errno(err, "write %s", receiver->options->raw_path) : 0;
}

int probe_receive(const struct probe_options *options, struct error *err)
{
	AUTO(receiver_done)
	struct receiver receiver = {.options = options,
		.inlet = {.fd = -1},
		.stream = {.planned = (uint32_t)options->count}};

	if (probe_bind(options->port, &receiver.inlet, err))
		return -1;
	fputs("ready\n", stderr);
	take_all(&receiver);
	if (options->raw_path && write_raw(&receiver, err))
		return -1;
	if (probe_stream_report(&receiver.stream, options->shows_delays, err))
		return -1;
	json_object_set_new(receiver.stream.report, "socket_lost_packets",
		json_integer(receiver.inlet.socket_lost));
	return probe_print(json_incref(receiver.stream.report), JSON_INDENT(2), err);
}
