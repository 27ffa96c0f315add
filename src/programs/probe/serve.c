/* SPDX-License-Identifier: MIT */
/*
 * meshbench-probe serve: takes the packets of any number of streams, sends back those that want it,
 * and says what it measured when it is told to end (SIGTERM).
 */
#include "programs/probe/probe.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
	STREAMS = 64,
	QUIET_MS = 500 /* then what came is measured, so that the end need not wait for it */
};

struct server {
	const struct probe_options *options;
	struct probe_inlet inlet;
	struct probe_stream streams[STREAMS];
	size_t count;
	uint64_t foreign, unanswered; /* packets that are not ours, and echoes that were refused */
};

static void server_done(struct server *server)
{
	for (size_t i = 0; i < server->count; i++)
		probe_stream_done(&server->streams[i]);
	fd_closep(&server->inlet.fd);
}

/* The stream of this packet, or NULL when there is no room for another. */
static struct probe_stream *stream_of(struct server *server, const struct probe_head *head)
{
	for (size_t i = server->count; i-- > 0;) {
		struct probe_stream *stream = &server->streams[i];

		if (stream->run == head->run && stream->number == head->stream)
			return stream->planned == head->planned ? stream : NULL;
	}
	if (server->count == STREAMS)
		return NULL;
	server->streams[server->count] = (struct probe_stream){
		.run = head->run, .planned = head->planned, .number = head->stream};
	return &server->streams[server->count++];
}

static void answer(struct server *server, const struct probe_packet *packet, uint8_t *payload)
{
	struct probe_head head = packet->head;
	struct iovec parts[] = {{&head, sizeof(head)}, {payload, packet->bytes - sizeof(head)}};
	struct msghdr message = {.msg_name = (void *)&packet->from,
		.msg_namelen = packet->from_size,
		.msg_iov = parts,
		.msg_iovlen = ARRAY_SIZE(parts)};

	head.flags = PROBE_REPLY;
	server->unanswered += sendmsg(server->inlet.fd, &message, MSG_DONTWAIT) < 0;
}

static void take_batch(struct server *server)
{
	static uint8_t payload[PROBE_MAX_BYTES];
	struct probe_packet packet;

	for (int i = 0; i < PROBE_BATCH && probe_take(&server->inlet, payload, &packet); i++) {
		struct probe_stream *stream = packet.is_ours && !(packet.head.flags & PROBE_REPLY)
						      ? stream_of(server, &packet.head)
						      : NULL;

		if (!stream) {
			server->foreign++;
			continue;
		}
		if (packet.head.flags & PROBE_ECHO)
			answer(server, &packet, payload);
		probe_stream_add(stream, &packet);
	}
}

static int measure_streams(struct server *server, struct error *err)
{
	for (size_t i = 0; i < server->count; i++) {
		if (probe_stream_report(&server->streams[i], server->options->shows_delays, err))
			return -1;
	}
	return 0;
}

/* Returns when a signal says so, or at the limit. */
static int take_all(struct server *server, int signal_fd, struct error *err)
{
	struct deadline limit = deadline_in(server->options->limit_s * NS_PER_S);
	struct pollfd watched[] = {
		{.fd = server->inlet.fd, .events = POLLIN}, {.fd = signal_fd, .events = POLLIN}};

	while (!deadline_has_passed(limit)) {
		int ready = poll(watched, ARRAY_SIZE(watched), QUIET_MS);

		if (ready < 0 && errno != EINTR)
			return fail_errno(err, "wait for packets");
		if (ready == 0 && measure_streams(server, err))
			return -1;
		if (ready > 0 && watched[0].revents)
			take_batch(server);
		if (ready > 0 && watched[1].revents)
			return 0;
	}
	return 0;
}

int probe_open_signals(int *ret_fd, struct error *err)
{
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	pthread_sigmask(SIG_BLOCK, &ends, NULL);
	*ret_fd = signalfd(-1, &ends, SFD_CLOEXEC);
	return *ret_fd < 0 ? fail_errno(err, "listen to signals") : 0;
}

int probe_serve(const struct probe_options *options, struct error *err)
{
	AUTO(server_done) struct server server = {.options = options, .inlet = {.fd = -1}};
	AUTO(fd_closep) int signal_fd = -1;
	const struct probe_own began = probe_own();
	json_t *report, *list = json_array();

	report = json_make("{s:o}", "streams", list);
	if (probe_open_signals(&signal_fd, err) || probe_bind(options->port, &server.inlet, err) ||
		puts("ready") == EOF || fflush(stdout) || take_all(&server, signal_fd, err) ||
		measure_streams(&server, err)) {
		json_decref(report);
		return -1;
	}
	for (size_t i = 0; i < server.count; i++)
		json_array_append(list, server.streams[i].report);
	json_object_set_new(report, "foreign_packets", json_integer((json_int_t)server.foreign));
	json_object_set_new(
		report, "unanswered_packets", json_integer((json_int_t)server.unanswered));
	json_object_set_new(report, "socket_lost_packets", json_integer(server.inlet.socket_lost));
	json_object_set_new(report, "own", probe_own_cost(&began));
	return probe_print(report, JSON_COMPACT, err);
}
