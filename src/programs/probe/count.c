/* SPDX-License-Identifier: MIT */
/*
 * meshbench-probe count: counts the packets of one flood until it is told to end (SIGTERM). It says
 * nothing to the sender, so nothing of it can be lost in the flood.
 */
#include "programs/probe/probe.h"
#include "programs/probe/tally.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

struct counter {
	struct probe_inlet inlet;
	struct tally tally;
	uint64_t run, foreign; /* of the first packet; packets of anything else */
};

static void counter_done(struct counter *counter)
{
	tally_done(&counter->tally);
	fd_closep(&counter->inlet.fd);
}

static void take_batch(struct counter *counter)
{
	struct probe_packet packet;

	for (int i = 0; i < PROBE_BATCH && probe_take(&counter->inlet, NULL, &packet); i++) {
		if (packet.is_ours && counter->run == 0)
			counter->run = packet.head.run;
		if (packet.is_ours && packet.head.run == counter->run)
			tally_add(&counter->tally, packet.head.number, packet.head.sent_ns,
				packet.received_ns);
		else
			counter->foreign++;
	}
}

/* Returns when a signal says so, or at the limit. */
static int count_all(
	struct counter *counter, int signal_fd, struct deadline limit, struct error *err)
{
	struct pollfd watched[] = {
		{.fd = counter->inlet.fd, .events = POLLIN}, {.fd = signal_fd, .events = POLLIN}};

	while (!deadline_has_passed(limit)) {
		int ready = poll(watched, ARRAY_SIZE(watched), deadline_poll_ms(limit));

		if (ready < 0 && errno != EINTR)
			return fail_errno(err, "wait for the packets of a flood");
		if (ready > 0 && watched[0].revents)
			take_batch(counter);
		else if (ready > 0 && watched[1].revents)
			return 0; /* and nothing waits in the socket */
	}
	return 0;
}

static json_t *counted_json(const struct counter *counter)
{
	const struct tally *tally = &counter->tally;
	json_t *intervals = json_array();

	for (size_t i = 0; i < tally->interval_count; i++)
		json_array_append_new(intervals, json_integer((json_int_t)tally->intervals[i]));
	return json_make("{s:I, s:I, s:I, s:f, s:f, s:I, s:I, s:o}", "received_packets",
		(json_int_t)tally->seen.received, "duplicate_packets",
		(json_int_t)tally->seen.duplicates, "reordered_packets",
		(json_int_t)tally->reordered, "jitter_ms", tally->jitter_ns / 1e6, "span_s",
		(double)(tally->seen.last_ns - tally->seen.first_ns) / 1e9, "socket_lost_packets",
		(json_int_t)counter->inlet.socket_lost, "foreign_packets",
		(json_int_t)counter->foreign, "interval_packets", intervals);
}

int probe_count(const struct probe_options *options, struct error *err)
{
	AUTO(counter_done) struct counter counter = {.inlet = {.fd = -1}};
	AUTO(fd_closep) int signal_fd = -1;
	int64_t began_ns = clock_now_ns();
	json_t *report;

	tally_init(&counter.tally, PROBE_MAX_COUNT);
	if (probe_open_signals(&signal_fd, err) || probe_bind(options->port, &counter.inlet, err) ||
		puts("ready") == EOF || fflush(stdout) ||
		count_all(&counter, signal_fd, deadline_in(options->limit_s * NS_PER_S), err))
		return -1;
	report = counted_json(&counter);
	json_object_set_new(report, "own", probe_own_cost(began_ns));
	return probe_print(report, JSON_COMPACT, err);
}
