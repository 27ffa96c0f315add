/* SPDX-License-Identifier: MIT */
/* A connection on its socket: the loop of a client and of a server, and a line for each second. */
#include "programs/quic/flow.h"

#include "programs/datagram.h"
#include "programs/fit.h"
#include "programs/program.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/json.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum {
	FIRST_DATAGRAM = 1200, /* the smallest that QUIC may begin with */
	QUIET_MS = 200,        /* no datagram for so long: none is under way any more */
	LAST_WORDS = 3         /* copies of the last datagram, since it may be lost */
};

#define LONGEST_WAIT_NS (2 * NS_PER_S)

static int64_t own_cpu_ns(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return used.tv_sec * NS_PER_S + used.tv_nsec;
}

static void begin_series(struct quic_flow *flow)
{
	json_decref(flow->series);
	flow->series = json_make(
		"{s:[],s:[],s:[],s:[]}", "end_s", "received_bytes", "sent_bytes", "cpu_percent");
	flow->tick_ns = 0;
	flow->received_bytes = flow->sent_bytes = 0;
	flow->failure = (struct error){0};
}

static int open_socket(struct quic_flow *flow, int fd, bool is_connected, struct error *err)
{
	quic_socket_init(&flow->socket, fd, is_connected);
	begin_series(flow);
	flow->local.size = sizeof(flow->local.address);
	return getsockname(fd, (struct sockaddr *)&flow->local.address, &flow->local.size) < 0
		       ? fail_errno(err, "ask for our address")
		       : 0;
}

int quic_flow_open_client(
	struct quic_flow *flow, const char *address, unsigned port, struct error *err)
{
	struct quic_address remote = {.size = sizeof(remote.address)};
	int fd;

	if (datagram_connect(address, port, &fd, err) || open_socket(flow, fd, true, err))
		return -1;
	if (getpeername(fd, (struct sockaddr *)&remote.address, &remote.size) < 0)
		return fail_errno(err, "ask for the server's address");
	return quic_conn_connect(
		&flow->settings, &flow->local, &remote, clock_now_ns(), &flow->conn, err);
}

int quic_flow_open_server(struct quic_flow *flow, unsigned port, struct error *err)
{
	int fd;

	return datagram_bind(port, &fd, err) || open_socket(flow, fd, false, err) ? -1 : 0;
}

void quic_flow_done(struct quic_flow *flow)
{
	quic_conn_freep(&flow->conn);
	quic_socket_done(&flow->socket);
	fd_closep(&flow->socket.fd);
	json_decref(flow->series);
	flow->series = NULL;
}

static void add(json_t *series, const char *column, double value)
{
	json_array_append_new(json_object_get(series, column), json_real(value));
}

/* Seconds are counted from the end of the handshake. */
static void tick(struct quic_flow *flow, int64_t now_ns, bool is_last)
{
	const struct quic_facts facts = quic_conn_facts(flow->conn);
	int64_t cpu_ns = own_cpu_ns();

	if (!facts.is_established)
		return;
	if (flow->tick_ns == 0) {
		flow->last_tick_ns = facts.established_ns;
		flow->tick_ns = facts.established_ns + NS_PER_S;
		flow->cpu_ns = cpu_ns;
	}
	/* What is left at the end counts as a second if it nearly is one. */
	if (now_ns < flow->tick_ns - (is_last ? NS_PER_S / 10 : 0))
		return;
	add(flow->series, "end_s", (double)(now_ns - facts.established_ns) / 1e9);
	add(flow->series, "received_bytes", (double)(facts.received_bytes - flow->received_bytes));
	add(flow->series, "sent_bytes", (double)(facts.sent_bytes - flow->sent_bytes));
	add(flow->series, "cpu_percent",
		100 * (double)(cpu_ns - flow->cpu_ns) / (double)(now_ns - flow->last_tick_ns));
	flow->received_bytes = facts.received_bytes;
	flow->sent_bytes = facts.sent_bytes;
	flow->cpu_ns = cpu_ns;
	flow->last_tick_ns = now_ns;
	while (flow->tick_ns <= now_ns)
		flow->tick_ns += NS_PER_S;
}

static int flush(struct quic_flow *flow, struct error *err)
{
	do {
		if (flow->batch.size == 0 &&
			quic_conn_write(flow->conn, &flow->batch, clock_now_ns(), err))
			return -1;
		if (flow->batch.size == 0)
			return 0;
		if (quic_socket_send(
			    &flow->socket, &flow->batch, quic_conn_remote(flow->conn), err))
			return -1;
	} while (flow->batch.size == 0);
	return 0; /* the queue below is full */
}

/* Waits for datagrams, room to send, a timer or `stop_fd`, which may be -1. */
static int wait_for(struct quic_flow *flow, int stop_fd, int64_t wake_ns, struct error *err)
{
	struct pollfd watched[] = {
		{.fd = flow->socket.fd, .events = POLLIN}, {.fd = stop_fd, .events = POLLIN}};
	int64_t left_ns;
	struct timespec limit;

	if (flow->batch.size > 0)
		watched[0].events |= POLLOUT;
	if (flow->conn && quic_conn_expiry_ns(flow->conn) < wake_ns)
		wake_ns = quic_conn_expiry_ns(flow->conn);
	if (flow->conn && flow->tick_ns > 0 && flow->tick_ns < wake_ns)
		wake_ns = flow->tick_ns;
	left_ns = wake_ns - clock_now_ns();
	left_ns = left_ns > 0 ? left_ns : 0;
	limit = (struct timespec){left_ns / NS_PER_S, left_ns % NS_PER_S};
	if (ppoll(watched, 2, wake_ns == INT64_MAX ? NULL : &limit, NULL) < 0 && errno != EINTR)
		return fail_errno(err, "wait for datagrams");
	return 0;
}

/* One turn: send, wait, receive, timers. */
static int turn(struct quic_flow *flow, int stop_fd, int64_t wake_ns, quic_listener *listener,
	struct error *err)
{
	if ((flow->conn && flush(flow, err)) || wait_for(flow, stop_fd, wake_ns, err) ||
		quic_socket_receive(&flow->socket, listener, flow, err))
		return -1;
	if (!flow->conn)
		return 0;
	if (quic_conn_expiry_ns(flow->conn) <= clock_now_ns() &&
		quic_conn_expire(flow->conn, clock_now_ns(), err))
		return -1;
	if (flow->socket.too_long > 0 && !quic_conn_facts(flow->conn).is_established) {
		errno = EMSGSIZE;
		return fail_errno(
			err, "begin with datagrams of %d bytes, which do not fit", FIRST_DATAGRAM);
	}
	tick(flow, clock_now_ns(), false);
	return 0;
}

static int on_client_datagram(void *context, const void *datagram, size_t size,
	const struct quic_address *from, struct error *err)
{
	struct quic_flow *flow = context;

	(void)from;
	return quic_conn_read(flow->conn, datagram, size, clock_now_ns(), err);
}

static void say_goodbye(struct quic_flow *flow)
{
	struct error ignored; /* a server that misses it hears nothing more and ends as well */

	quic_conn_close(flow->conn, &flow->batch, clock_now_ns());
	for (int i = 0; i < LAST_WORDS; i++) {
		struct quic_batch copy = {.size = flow->batch.size, .segment = flow->batch.segment};

		memcpy(copy.bytes, flow->batch.bytes, copy.size);
		if (quic_socket_send(&flow->socket, &copy, quic_conn_remote(flow->conn), &ignored))
			return;
	}
}

/* What the server sent before it heard the end is still under way, and is to be counted. */
static void await_the_rest(struct quic_flow *flow)
{
	struct deadline latest = deadline_in(LONGEST_WAIT_NS);
	struct pollfd watched = {.fd = flow->socket.fd, .events = POLLIN};
	struct error ignored; /* the connection is over */

	while (!deadline_has_passed(latest) && poll(&watched, 1, QUIET_MS) > 0) {
		if (quic_socket_receive(&flow->socket, on_client_datagram, flow, &ignored))
			return;
	}
}

/* Why nobody answered: small datagrams may get through where those of QUIC do not. */
static void explain_silence(struct quic_flow *flow)
{
	struct fit_asker asker = {.fd = flow->socket.fd};

	if (fit_ask(&asker, FIT_MIN) != FIT_ARRIVED)
		return;
	if (fit_ask(&asker, FIRST_DATAGRAM) == FIT_ARRIVED)
		return;
	flow->is_too_large = true;
	(void)fail(&flow->failure, ERROR_TIMEOUT,
		"datagrams of %d bytes do not fit the path: small ones are answered, these are not",
		FIRST_DATAGRAM);
}

static void explain_failure(struct quic_flow *flow)
{
	const struct quic_facts facts = quic_conn_facts(flow->conn);

	if (facts.is_established)
		(void)fail_in(&flow->failure, "after %.1f s",
			(double)(clock_now_ns() - facts.established_ns) / 1e9);
	else if (flow->failure.kind == ERROR_TIMEOUT)
		explain_silence(flow);
}

void quic_flow_run_client(struct quic_flow *flow, double seconds)
{
	struct error *err = &flow->failure;
	int64_t end_ns = INT64_MAX;

	while (clock_now_ns() < end_ns) {
		struct quic_facts facts;

		if (turn(flow, -1, end_ns, on_client_datagram, err)) {
			explain_failure(flow);
			return;
		}
		facts = quic_conn_facts(flow->conn);
		if (facts.is_over) {
			(void)fail(err, ERROR_TOOL, "the server ended the connection");
			return;
		}
		if (facts.is_established)
			end_ns = facts.established_ns + (int64_t)(seconds * (double)NS_PER_S);
	}
	tick(flow, clock_now_ns(), true);
	say_goodbye(flow);
	await_the_rest(flow);
}

static bool is_same_address(const struct quic_address *a, const struct quic_address *b)
{
	return a->size == b->size && memcmp(&a->address, &b->address, a->size) == 0;
}

static void end_connection(struct quic_flow *flow)
{
	if (!flow->conn)
		return;
	tick(flow, clock_now_ns(), true);
	flow->reporter(flow->reporter_context, quic_flow_report(flow));
	quic_conn_freep(&flow->conn);
	flow->batch.size = 0;
	flow->socket.too_long = flow->socket.sends = 0;
	begin_series(flow);
}

/* A client that comes while another is there has started over: one port serves one at a time. */
static void greet(
	struct quic_flow *flow, const void *datagram, size_t size, const struct quic_address *from)
{
	const struct quic_address ends[] = {flow->local, *from};
	const struct iovec first = {(void *)datagram, size};
	struct quic_conn *conn;
	struct error ignored;

	if (quic_conn_accept(&flow->settings, ends, &first, clock_now_ns(), &conn, &ignored))
		return;
	end_connection(flow);
	flow->conn = conn;
}

static int on_server_datagram(void *context, const void *datagram, size_t size,
	const struct quic_address *from, struct error *err)
{
	struct quic_flow *flow = context;
	uint8_t answer[FIT_ANSWER];

	if (fit_answer(datagram, size, answer)) {
		sendto(flow->socket.fd, answer, sizeof(answer), 0,
			(const struct sockaddr *)&from->address, from->size);
		return 0;
	}
	if (flow->conn && is_same_address(from, quic_conn_remote(flow->conn)))
		return quic_conn_read(flow->conn, datagram, size, clock_now_ns(), err);
	greet(flow, datagram, size, from);
	return 0;
}

static bool has_stopped(int stop_fd)
{
	struct pollfd watched = {.fd = stop_fd, .events = POLLIN};

	return poll(&watched, 1, 0) > 0;
}

int quic_flow_serve(struct quic_flow *flow, int stop_fd, struct error *err)
{
	while (!has_stopped(stop_fd)) {
		if (turn(flow, stop_fd, INT64_MAX, on_server_datagram, err)) {
			if (!flow->conn)
				return -1;
			flow->failure = *err;
			end_connection(flow);
		} else if (flow->conn && quic_conn_facts(flow->conn).is_over) {
			end_connection(flow);
		}
	}
	end_connection(flow);
	return 0;
}

static json_t *time_ms(int64_t from_ns, int64_t to_ns)
{
	return to_ns > 0 ? json_real((double)(to_ns - from_ns) / 1e6) : json_null();
}

/* The error alone does not say whether an answer came before the silence. */
static enum cause cause_of(const struct quic_flow *flow, bool is_established)
{
	if (flow->is_too_large)
		return CAUSE_MTU;
	if (flow->failure.kind == ERROR_TIMEOUT)
		return is_established ? CAUSE_STALLED : CAUSE_UNREACHABLE;
	return program_cause(&flow->failure);
}

json_t *quic_flow_report(struct quic_flow *flow)
{
	const struct quic_facts facts = quic_conn_facts(flow->conn);
	json_t *report = json_make(
		"{s:i, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:b}", "connection",
		(int)flow->number, "task", facts.is_upload ? "upload" : "download",
		"received_bytes", (json_int_t)facts.received_bytes, "sent_bytes",
		(json_int_t)facts.sent_bytes, "sent_datagrams", (json_int_t)facts.sent_datagrams,
		"received_datagrams", (json_int_t)facts.received_datagrams, "lost_packets",
		(json_int_t)facts.lost_packets, "datagram_bytes", (json_int_t)facts.datagram_bytes,
		"window_bytes", (json_int_t)facts.window_bytes, "too_long_datagrams",
		(json_int_t)flow->socket.too_long, "min_rtt_us", (double)facts.min_rtt_ns / 1e3,
		"smoothed_rtt_us", (double)facts.smoothed_rtt_ns / 1e3, "uses_segments",
		!flow->socket.has_no_segments);

	json_object_set_new(report, "handshake_ms", time_ms(facts.began_ns, facts.established_ns));
	json_object_set_new(report, "first_byte_ms", time_ms(facts.began_ns, facts.first_byte_ns));
	json_object_set(report, "seconds", flow->series);
	json_object_set_new(
		report, "error", flow->failure.kind ? json_text(flow->failure.text) : json_null());
	json_object_set_new(report, "cause",
		flow->failure.kind ? json_text(cause_name(cause_of(flow, facts.is_established)))
				   : json_null());
	return report;
}
