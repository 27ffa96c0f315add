/* SPDX-License-Identifier: MIT */
/* The asking side of meshbench-rate: what fits the path, and how much of it in a second. */
#include "programs/rate/client.h"

#include "programs/datagram.h"
#include "programs/fit.h"
#include "programs/program.h"
#include "programs/rate/search.h"
#include "programs/rate/talk.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	BATCH = 64,
	MORE_THAN_FITS = 200, /* that much larger are the datagrams that must be cut */
	SMALL = 64,
	MIDDLE = 512,
	FIRST_PACKETS_PER_S = 2000,
	MOST_PACKETS = 1 << 23, /* of a trial: what the server counts */
	FIRST_TRIAL = 4         /* times as long as the others, since its packets are few */
};

/* Light in bits, too: some tunnels take datagrams of 53 kB. */
#define FIRST_BITS_PER_S 10e6
#define CONNECT_NS (5 * NS_PER_S)
/* The server answers 5 s after the end at the latest; the rest is for lost segments and
 * for queues in front of the control connection. */
#define ANSWER_NS (30 * NS_PER_S)
#define TICK_NS (250 * NS_PER_US)
/* What a machine that stood still would send at once is not sent at all. */
#define MOST_LATE_NS (2 * NS_PER_MS)

static const struct rate_rules rules = {.first_packets_per_s = FIRST_PACKETS_PER_S,
	.growth = 4,
	.resolution = 0.05,
	.bound_percent = 0.5,
	.most_trials = 24};

struct client {
	int control, udp;
	enum cause cause; /* where the error alone does not say it */
	uint32_t trial;
	int64_t trial_ns;
	uint8_t payload[BATCH][FIT_MAX];
	struct iovec parts[BATCH];
	struct mmsghdr messages[BATCH];
};

static void client_done(struct client *client)
{
	fd_closep(&client->control);
	fd_closep(&client->udp);
}

static int finish_connecting(int fd, struct deadline deadline)
{
	struct pollfd watched = {.fd = fd, .events = POLLOUT};
	socklen_t size = sizeof(errno);
	int problem = 0;

	if (errno != EINPROGRESS)
		return -1;
	if (poll(&watched, 1, deadline_poll_ms(deadline)) == 0)
		problem = ETIMEDOUT;
	else
		getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &size);
	errno = problem;
	return problem ? -1 : 0;
}

static int connect_control(
	struct client *client, const char *address, unsigned port, struct error *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST}, *found;
	AUTO(fd_closep) int fd = -1;
	char service[8];
	int status = -1, yes = 1;

	snprintf(service, sizeof(service), "%u", port);
	if (getaddrinfo(address, service, &hints, &found) != 0)
		return fail(err, ERROR_USAGE, "'%s' is not an address", address);
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0)
		status = connect(fd, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	if (status < 0 && (fd < 0 || finish_connecting(fd, deadline_in(CONNECT_NS)) < 0)) {
		client->cause = cause_of_errno(errno, CAUSE_TOOL);
		if (client->cause == CAUSE_TIMEOUT)
			client->cause = CAUSE_UNREACHABLE;
		return fail_errno(err, "unable to connect to %s, TCP port %u", address, port);
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	client->control = fd_take(&fd);
	return 0;
}

static int tell(struct client *client, const struct rate_message *message, struct error *err)
{
	char line[RATE_LINE_BYTES];
	size_t size = rate_message_write(message, line);

	if (send(client->control, line, size, MSG_NOSIGNAL) != (ssize_t)size)
		return fail_errno(err, "tell the server about trial %u", client->trial);
	return 0;
}

/* The server says one thing at a time, so a line is all there is. */
static int hear(struct client *client, enum rate_word word, struct rate_message *ret_message,
	struct error *err)
{
	struct deadline deadline = deadline_in(ANSWER_NS);
	struct pollfd watched = {.fd = client->control, .events = POLLIN};
	char line[RATE_LINE_BYTES];
	size_t used = 0;

	while (used == 0 || line[used - 1] != '\n') {
		ssize_t got;

		if (poll(&watched, 1, deadline_poll_ms(deadline)) == 0)
			return fail(err, ERROR_TIMEOUT, "the server's answer to trial %u timed out",
				client->trial);
		got = recv(client->control, line + used, sizeof(line) - 1 - used, 0);
		if (got == 0 || used + 1 == sizeof(line))
			return fail(err, ERROR_TOOL, "the server ended the conversation");
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			return fail_errno(err, "receive the answer to trial %u", client->trial);
		used += got > 0 ? (size_t)got : 0;
	}
	line[used - 1] = '\0';
	if (rate_message_read(line, ret_message, err))
		return -1;
	if (ret_message->word != word || ret_message->trial != client->trial)
		return fail(err, ERROR_PARSE, "the server's answer '%s' is out of turn", line);
	return 0;
}

static void prepare(struct client *client, size_t payload)
{
	for (size_t i = 0; i < BATCH; i++) {
		client->parts[i] = (struct iovec){client->payload[i], payload};
		client->messages[i] = (struct mmsghdr){
			.msg_hdr = {.msg_iov = &client->parts[i], .msg_iovlen = 1}};
	}
}

/* Numbers the next datagrams and sends them; the kernel may take fewer. */
static int send_some(
	struct client *client, size_t count, struct rate_trial *trial, struct error *err)
{
	int taken;

	for (size_t i = 0; i < count; i++) {
		const struct rate_head head =
			rate_head_of(client->trial, (uint32_t)(trial->sent + i));

		memcpy(client->payload[i], &head, sizeof(head));
	}
	taken = sendmmsg(client->udp, client->messages, (unsigned)count, 0);
	if (taken > 0) {
		trial->sent += (uint64_t)taken;
		return 0;
	}
	if (errno == ENOBUFS || errno == EAGAIN) {
		trial->refused++;
		return 0;
	}
	return errno == EINTR
		       ? 0
		       : fail_errno(err, "send datagrams of %zu bytes", client->parts[0].iov_len);
}

static void wait_until(int64_t at_ns)
{
	const struct timespec at = {at_ns / NS_PER_S, at_ns % NS_PER_S};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

/* Evenly spaced but for ticks; what cannot be sent in time is left out, and so is in the rate. */
static int send_trial(
	struct client *client, int64_t length_ns, struct rate_trial *trial, struct error *err)
{
	int64_t start_ns = clock_now_ns(), now_ns = start_ns, left_out_ns = 0;
	double per_ns = trial->wanted_packets_per_s / 1e9;

	while (now_ns < start_ns + length_ns && trial->sent < MOST_PACKETS) {
		int64_t due_ns = now_ns - start_ns - left_out_ns;
		double due = 1 + (double)due_ns * per_ns - (double)trial->sent;

		/* A datagram is late from when it is due, which at low rates takes a while. */
		if ((due - 1) / per_ns > (double)MOST_LATE_NS)
			left_out_ns += (int64_t)((due - 1) / per_ns) - MOST_LATE_NS;
		if (due < 1) {
			wait_until(now_ns + TICK_NS);
		} else if (send_some(client, due > BATCH ? BATCH : (size_t)due, trial, err)) {
			return -1;
		}
		now_ns = clock_now_ns();
	}
	trial->seconds = (double)(now_ns - start_ns) / 1e9;
	return 0;
}

static int run_trial(struct client *client, size_t payload, int64_t length_ns,
	struct rate_trial *trial, struct error *err)
{
	struct rate_message message = {.word = RATE_BEGIN, .trial = ++client->trial};

	prepare(client, payload);
	if (tell(client, &message, err) || hear(client, RATE_BEGUN, &message, err) ||
		send_trial(client, length_ns, trial, err))
		return -1;
	message = (struct rate_message){
		.word = RATE_END, .trial = client->trial, .numbers = {trial->sent}};
	if (tell(client, &message, err) || hear(client, RATE_COUNTED, &message, err))
		return -1;
	trial->received = message.numbers[0];
	trial->duplicates = message.numbers[1];
	trial->socket_lost = message.numbers[2];
	trial->card_bytes = message.numbers[4];
	trial->receiving_s = (double)message.numbers[3] / 1e6;
	return 0;
}

static json_t *trial_json(const struct rate_trial *trial)
{
	return json_make("{s:f, s:f, s:f, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:b}",
		"wanted_packets_per_s", trial->wanted_packets_per_s, "seconds", trial->seconds,
		"receiving_seconds", trial->receiving_s, "sent_packets", (json_int_t)trial->sent,
		"received_packets", (json_int_t)trial->received, "duplicate_packets",
		(json_int_t)trial->duplicates, "refused_packets", (json_int_t)trial->refused,
		"socket_lost_packets", (json_int_t)trial->socket_lost, "card_bytes",
		(json_int_t)trial->card_bytes, "lost_percent", rate_lost_percent(trial),
		"has_passed", trial->has_passed);
}

static json_t *size_json(const struct rate_search *search, size_t payload, json_t *trials)
{
	const struct rate_trial *best = &search->best;
	double packets_per_s = rate_packets_per_s(best);

	return json_make("{s:I, s:f, s:f, s:f, s:f, s:s, s:o}", "payload_bytes",
		(json_int_t)payload, "packets_per_s", packets_per_s, "payload_mbps",
		packets_per_s * (double)payload * 8 / 1e6, "lost_percent", rate_lost_percent(best),
		"bound_percent", search->bound_percent, "limited_by",
		rate_limit_name(search->limit), "trials", trials);
}

static int search_size(
	struct client *client, size_t payload, json_t **ret_result, struct error *err)
{
	double most = FIRST_BITS_PER_S / (8 * (double)payload);
	struct rate_rules own = rules;
	struct rate_search search;
	json_t *trials = json_array();
	double packets_per_s;

	own.first_packets_per_s = most < own.first_packets_per_s ? most : own.first_packets_per_s;
	search = rate_search_new(&own);
	while (rate_search_next(&search, &packets_per_s)) {
		struct rate_trial trial = {.wanted_packets_per_s = packets_per_s};
		int64_t length_ns = client->trial_ns * (search.has_begun ? 1 : FIRST_TRIAL);

		if (run_trial(client, payload, length_ns, &trial, err)) {
			json_decref(trials);
			return -1;
		}
		rate_search_take(&search, &trial);
		json_array_append_new(trials, trial_json(&trial));
	}
	*ret_result = size_json(&search, payload, trials);
	return 0;
}

/* What fits, what is said when it does not, and whether fragments get through. */
static size_t learn_sizes(struct client *client, json_t *document)
{
	struct fit_asker asker = {.fd = client->udp};
	size_t header = datagram_header_bytes(client->udp), mtu = datagram_mtu(client->udp);
	size_t highest = mtu > header && mtu - header < FIT_MAX ? mtu - header : FIT_MAX;
	enum fit beyond, cut = FIT_SILENCE;
	size_t largest;

	datagram_set_fragments(client->udp, false);
	largest = fit_largest(&asker, highest, &beyond);
	datagram_set_fragments(client->udp, true);
	if (largest > 0 && largest + MORE_THAN_FITS <= FIT_MAX)
		cut = fit_ask(&asker, largest + MORE_THAN_FITS);
	datagram_set_fragments(client->udp, false);
	json_object_set_new(document, "header_bytes", json_integer((json_int_t)header));
	json_object_set_new(document, "interface_mtu_bytes", json_integer((json_int_t)mtu));
	json_object_set_new(document, "payload_bytes", json_integer((json_int_t)largest));
	json_object_set_new(document, "beyond", json_text(fit_name(beyond)));
	json_object_set_new(document, "told_mtu_bytes",
		asker.told_mtu ? json_integer((json_int_t)asker.told_mtu) : json_null());
	json_object_set_new(document, "fragments",
		largest + MORE_THAN_FITS <= FIT_MAX ? json_text(fit_name(cut)) : json_null());
	return largest;
}

static int search_sizes(struct client *client, size_t largest, json_t *document, struct error *err)
{
	const size_t sizes[] = {SMALL, MIDDLE, largest};
	json_t *results = json_array();

	json_object_set_new(document, "sizes", results);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		json_t *result;

		if (sizes[i] > largest)
			continue;
		if (search_size(client, sizes[i], &result, err))
			return -1;
		json_array_append_new(results, result);
	}
	return 0;
}

static int ask(struct client *client, json_t *document, struct error *err)
{
	size_t largest = learn_sizes(client, document);

	if (largest < SMALL) {
		client->cause = CAUSE_UNREACHABLE;
		return fail(err, ERROR_TIMEOUT,
			"nobody answered: no datagram of %d bytes came back, although TCP does",
			largest == 0 ? FIT_MIN : SMALL);
	}
	return search_sizes(client, largest, document, err);
}

int rate_ask(const char *address, unsigned port, unsigned trial_ms, json_t **ret_document,
	struct error *err)
{
	static struct client client;
	json_t *document = json_make("{s:i, s:f, s:f, s:f, s:i}", "trial_ms", (int)trial_ms,
		"bound_above_own_loss_percent", rules.bound_percent, "resolution_percent",
		100 * rules.resolution, "growth", rules.growth, "first_trial_times", FIRST_TRIAL);

	client.control = client.udp = -1;
	client.trial_ns = (int64_t)trial_ms * NS_PER_MS;
	*ret_document = document;
	if (connect_control(&client, address, port, err) ||
		datagram_connect(address, port, &client.udp, err) || ask(&client, document, err)) {
		json_object_set_new(document, "error", json_text(err->text));
		json_object_set_new(document, "cause",
			json_text(cause_name(client.cause ? client.cause : program_cause(err))));
		client_done(&client);
		return -1;
	}
	json_object_set_new(document, "error", json_null());
	json_object_set_new(document, "cause", json_null());
	client_done(&client);
	return 0;
}
