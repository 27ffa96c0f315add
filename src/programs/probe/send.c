/* SPDX-License-Identifier: MIT */
/*
 * meshbench-probe send: numbered packets by the clock, to one address or to several at the same
 * ticks. It waits for no answer; echoes are taken as they come.
 */
#include "programs/probe/probe.h"

#include "record/cause.h"

#include "base/clock.h"
#include "base/json.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

struct sender {
	const struct probe_options *options;
	struct probe_inlet inlets[PROBE_TARGETS];
	struct probe_stream replies[PROBE_TARGETS];
	uint64_t sent[PROBE_TARGETS], refused[PROBE_TARGETS];
	int refusal[PROBE_TARGETS]; /* errno of the last one */
	uint64_t run;
	size_t bytes;
	int64_t count, rate_mhz; /* packets per second, in thousandths */
	int64_t began_ns;        /* when the first packet was due */
	int64_t start_ns;
	struct probe_stalls stalls;
};

static void sender_done(struct sender *sender)
{
	for (size_t i = 0; i < sender->options->address_count; i++) {
		if (sender->inlets[i].fd >= 0)
			close(sender->inlets[i].fd);
		probe_stream_done(&sender->replies[i]);
	}
}

/* Sleeps for most of the time and spins over the last stretch, so that spacing is even. */
static void wait_until(int64_t at_ns, int64_t spin_ns)
{
	int64_t left_ns = at_ns - clock_now_ns() - spin_ns;
	struct timespec nap = {.tv_sec = left_ns / NS_PER_S, .tv_nsec = left_ns % NS_PER_S};

	if (left_ns > 0)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
	while (clock_now_ns() < at_ns)
		continue;
}

/* What fits into one packet towards an address, as far as the kernel knows. */
static int find_mtu_bytes(const struct probe_inlet *inlet, int *ret_bytes, struct error *err)
{
	int mtu = 0, family = 0;
	socklen_t size = sizeof(family);
	bool is_v6;

	if (getsockopt(inlet->fd, SOL_SOCKET, SO_DOMAIN, &family, &size) < 0)
		return fail_errno(err, "ask for the family of an address");
	is_v6 = family == AF_INET6;
	size = sizeof(mtu);
	if (getsockopt(inlet->fd, is_v6 ? IPPROTO_IPV6 : IPPROTO_IP, is_v6 ? IPV6_MTU : IP_MTU,
		    &mtu, &size) < 0)
		return fail_errno(err, "ask for the MTU of a path");
	*ret_bytes = mtu - (is_v6 ? 48 : 28);
	return 0;
}

/* What fits towards every address: a tunnel may take more than the wire below it. */
static int find_full_bytes(struct sender *sender, struct error *err)
{
	int least = PROBE_MAX_BYTES, bytes = 0;

	for (size_t i = 0; i < sender->options->address_count; i++) {
		if (find_mtu_bytes(&sender->inlets[i], &bytes, err))
			return -1;
		least = bytes < least ? bytes : least;
	}
	if (least < (int)sizeof(struct probe_head))
		return fail(err, ERROR_SYSTEM,
			"an MTU that leaves %d bytes is too small for a probe", least);
	sender->bytes = (size_t)least;
	return 0;
}

static int set_pace(struct sender *sender, struct error *err)
{
	const struct probe_options *options = sender->options;

	sender->bytes = (size_t)options->bytes;
	if (options->fills_mtu && find_full_bytes(sender, err))
		return -1;
	sender->rate_mhz = 1000 * options->rate;
	if (options->bits)
		sender->rate_mhz = options->bits * 1000 / 8 / (int64_t)sender->bytes;
	if (sender->rate_mhz == 0)
		return fail(err, ERROR_USAGE, "the rate is below one packet in a thousand seconds");
	sender->count = options->count;
	if (options->seconds_ms)
		sender->count = sender->rate_mhz * options->seconds_ms / 1000000;
	if (sender->count == 0 || sender->count > PROBE_MAX_COUNT)
		return fail(err, ERROR_USAGE, "%lld packets are too few or too many",
			(long long)sender->count);
	return 0;
}

static int send_together(const struct sender *sender, int fd, struct error *err)
{
	int segment = (int)sender->bytes;

	if (sender->options->together == 1)
		return 0;
	if ((size_t)sender->options->together * sender->bytes > PROBE_MAX_BYTES)
		return fail(err, ERROR_USAGE, "%lld packets of %zu bytes are more than %d together",
			(long long)sender->options->together, sender->bytes, PROBE_MAX_BYTES);
	if (setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof(segment)) < 0)
		return fail_errno(err, "send packets together");
	return 0;
}

static int sender_begin(struct sender *sender, struct error *err)
{
	const struct probe_options *options = sender->options;

	for (size_t i = 0; i < options->address_count; i++)
		sender->inlets[i].fd = -1;
	for (size_t i = 0; i < options->address_count; i++) {
		if (probe_connect(options->addresses[i], options->port, &sender->inlets[i], err))
			return -1;
	}
	if (set_pace(sender, err))
		return -1;
	for (size_t i = 0; i < options->address_count; i++) {
		if (send_together(sender, sender->inlets[i].fd, err))
			return -1;
	}
	sender->run = (uint64_t)clock_now_ns();
	for (size_t i = 0; i < options->address_count; i++)
		sender->replies[i] = (struct probe_stream){.run = sender->run,
			.planned = (uint32_t)sender->count,
			.number = (uint16_t)((size_t)options->stream + i)};
	prctl(PR_SET_TIMERSLACK, 1UL);
	sender->began_ns = clock_now_ns() + NS_PER_MS + options->wait_ms * NS_PER_MS;
	sender->start_ns = sender->began_ns;
	return 0;
}

/* `count` packets from `number` on, in one call; the kernel or the card makes single ones of them.
 */
static void send_some(struct sender *sender, size_t target, int64_t number, int64_t count)
{
	static uint8_t packets[PROBE_MAX_BYTES];
	struct probe_head head = {.magic = probe_magic,
		.run = sender->run,
		.sent_ns = clock_now_ns(),
		.planned = (uint32_t)sender->count,
		.stream = sender->replies[target].number,
		.flags = sender->options->wants_echo ? PROBE_ECHO : 0};

	for (int64_t i = 0; i < count; i++) {
		head.number = (uint32_t)(number + i);
		memcpy(packets + (size_t)i * sender->bytes, &head, sizeof(head));
	}
	if (send(sender->inlets[target].fd, packets, (size_t)count * sender->bytes, MSG_DONTWAIT) <
		0) {
		sender->refused[target] += (uint64_t)count;
		sender->refusal[target] = errno;
	} else {
		sender->sent[target] += (uint64_t)count;
	}
}

static void take_replies(struct sender *sender)
{
	for (size_t i = 0; i < sender->options->address_count; i++) {
		struct probe_packet packet;

		for (int n = 0; n < PROBE_BATCH && probe_take(&sender->inlets[i], NULL, &packet);
			n++) {
			const struct probe_stream *stream = &sender->replies[i];

			if (packet.is_ours && packet.head.flags & PROBE_REPLY &&
				packet.head.run == sender->run &&
				packet.head.stream == stream->number &&
				packet.head.planned == stream->planned)
				probe_stream_add(&sender->replies[i], &packet);
		}
	}
}

static void send_all(struct sender *sender)
{
	const struct probe_options *options = sender->options;

	for (int64_t i = 0, together; i < sender->count; i += together) {
		int64_t due_ns =
			sender->start_ns + (int64_t)((double)i * 1e12 / (double)sender->rate_mhz);
		int64_t late_ns;

		wait_until(due_ns, options->spin_us * NS_PER_US);
		late_ns = clock_now_ns() - due_ns;
		/* When this machine stood still, all comes later: a burst would measure the burst.
		 */
		if (probe_stalls_note(&sender->stalls, late_ns))
			sender->start_ns += late_ns;
		together = options->together < sender->count - i ? options->together
								 : sender->count - i;
		for (size_t target = 0; target < options->address_count; target++)
			send_some(sender, target, i, together);
		if (options->wants_echo)
			take_replies(sender);
	}
}

/* Until the last replies had their time; without replies, until the last packets had theirs. */
static void linger(struct sender *sender)
{
	struct deadline end = deadline_in(sender->options->linger_ms * NS_PER_MS);

	while (!deadline_has_passed(end)) {
		struct pollfd watched[PROBE_TARGETS];
		size_t count = sender->options->wants_echo ? sender->options->address_count : 0;

		for (size_t i = 0; i < count; i++)
			watched[i] = (struct pollfd){.fd = sender->inlets[i].fd, .events = POLLIN};
		poll(watched, count, deadline_poll_ms(end));
		if (count)
			take_replies(sender);
	}
}

static int report_target(struct sender *sender, size_t target, json_t *list, struct error *err)
{
	struct probe_stream *replies = &sender->replies[target];
	int refusal = sender->refusal[target];
	json_t *entry = json_make("{s:s, s:i, s:I, s:I, s:s?, s:s?}", "address",
		sender->options->addresses[target], "stream", (int)replies->number, "sent_packets",
		(json_int_t)sender->sent[target], "refused_packets",
		(json_int_t)sender->refused[target], "refusal",
		refusal ? strerrordesc_np(refusal) : NULL, "cause",
		refusal ? cause_name(cause_of_errno(refusal, CAUSE_UNREACHABLE)) : NULL);

	json_array_append_new(list, entry);
	if (!sender->options->wants_echo)
		return 0;
	if (probe_stream_report(replies, sender->options->shows_delays, err))
		return -1;
	json_object_set(entry, "round_trip", replies->report);
	if (sender->options->shows_times)
		json_object_set_new(entry, "times_ns", probe_stream_times(replies));
	return 0;
}

static uint64_t total_of(const uint64_t *counts)
{
	uint64_t total = 0;

	for (size_t i = 0; i < PROBE_TARGETS; i++)
		total += counts[i];
	return total;
}

int probe_send(const struct probe_options *options, struct error *err)
{
	AUTO(sender_done) struct sender sender = {.options = options};
	const struct probe_own began = probe_own();
	json_t *report, *list;

	if (sender_begin(&sender, err))
		return -1;
	send_all(&sender);
	report = json_make("{s:I, s:I, s:I, s:f, s:f, s:[]}", "sent_packets",
		(json_int_t)total_of(sender.sent), "refused_packets",
		(json_int_t)total_of(sender.refused), "bytes", (json_int_t)sender.bytes,
		"packets_per_second", (double)sender.rate_mhz / 1e3, "sending_s",
		(double)(clock_now_ns() - sender.began_ns) / 1e9, "targets");
	probe_stalls_put(&sender.stalls, report);
	list = json_object_get(report, "targets");
	linger(&sender);
	for (size_t i = 0; i < options->address_count; i++) {
		if (report_target(&sender, i, list, err)) {
			json_decref(report);
			return -1;
		}
	}
	json_object_set_new(report, "own", probe_own_cost(&began));
	return probe_print(report, JSON_COMPACT, err);
}
