/* SPDX-License-Identifier: MIT */
/*
 * meshbench-probe count: counts the packets of one flood until it is told to end (SIGTERM). It says
 * to the sender that a packet came before the flood, and nothing during it.
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
	uint64_t run, foreign; /* the latest; packets of anything else */
	uint32_t lost_before;  /* by the socket, of earlier runs */
	struct probe_own own;  /* when it began */
	uint64_t openings;     /* packets that came before a flood */
};

static void counter_done(struct counter *counter)
{
	tally_done(&counter->tally);
	fd_closep(&counter->inlet.fd);
}

/* What it cannot say now it is asked again. */
static void answer(struct counter *counter, const struct probe_packet *packet)
{
	struct probe_head head = packet->head;

	counter->openings++;
	head.flags |= PROBE_REPLY;
	(void)!sendto(counter->inlet.fd, &head, sizeof(head), MSG_DONTWAIT,
		(const struct sockaddr *)&packet->from, packet->from_size);
}

/* A sender that begins again does so with a higher number, and all before it counts for nothing. */
static void begin(struct counter *counter, uint64_t run)
{
	tally_done(&counter->tally);
	tally_init(&counter->tally, PROBE_MAX_COUNT);
	counter->run = run;
	counter->lost_before = counter->inlet.socket_lost;
	counter->own = probe_own();
}

static void take_one(struct counter *counter, const struct probe_packet *packet)
{
	if (packet->is_ours && packet->head.run > counter->run)
		begin(counter, packet->head.run);
	if (packet->is_ours && packet->head.flags & PROBE_OPENING)
		answer(counter, packet);
	else if (packet->is_ours && packet->head.run == counter->run)
		tally_add(&counter->tally, packet->head.number, packet->head.sent_ns,
			packet->received_ns);
	else
		counter->foreign++;
}

static void take_batch(struct counter *counter)
{
	struct probe_packet packet;

	for (int i = 0; i < PROBE_BATCH && probe_take(&counter->inlet, NULL, &packet); i++)
		take_one(counter, &packet);
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
	return json_make("{s:I, s:I, s:I, s:f, s:f, s:I, s:I, s:I, s:o}", "received_packets",
		(json_int_t)tally->seen.received, "duplicate_packets",
		(json_int_t)tally->seen.duplicates, "reordered_packets",
		(json_int_t)tally->reordered, "jitter_ms", tally->jitter_ns / 1e6, "span_s",
		(double)(tally->seen.last_ns - tally->seen.first_ns) / 1e9, "socket_lost_packets",
		(json_int_t)(counter->inlet.socket_lost - counter->lost_before), "foreign_packets",
		(json_int_t)counter->foreign, "opening_packets", (json_int_t)counter->openings,
		"interval_packets", intervals);
}

int probe_count(const struct probe_options *options, struct error *err)
{
	AUTO(counter_done) struct counter counter = {.inlet = {.fd = -1}};
	AUTO(fd_closep) int signal_fd = -1;
	json_t *report;

	begin(&counter, 0);
	if (probe_open_signals(&signal_fd, err) || probe_bind(options->port, &counter.inlet, err) ||
		puts("ready") == EOF || fflush(stdout) ||
		count_all(&counter, signal_fd, deadline_in(options->limit_s * NS_PER_S), err))
		return -1;
	report = counted_json(&counter);
	json_object_set_new(report, "own", probe_own_cost(&counter.own));
	return probe_print(report, JSON_COMPACT, err);
}
