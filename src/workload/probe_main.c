/* meshbench-probe: sends numbered UDP packets by the clock, or receives them and measures. */
#include "workload/probe.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"

#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	HEAD_BYTES = 24,
	MAX_BYTES = 65507,
	RECEIVE_BUFFER = 256 << 20,
	SEND_BUFFER = 64 << 20, /* a queue below us must not make us refuse to send */
	BATCH = 64,
	MAX_TOGETHER = 64, /* UDP_MAX_SEGMENTS */
	SPIN_NS = 30000
};

#define STALL_NS (2 * NS_PER_MS)
#define MAGIC UINT32_C(0x6d627072)

static const char usage[] =
	"usage: meshbench-probe receive --port N --count N [--idle-ms N] [--limit-s N] [--raw "
	"FILE]\n"
	"       meshbench-probe send ADDRESS --port N --count N --rate PACKETS-PER-SECOND [--bytes "
	"N]\n"
	"                       [--together N]\n"
	"\n"
	"The receiver prints \"ready\" on stderr, and what it measured as JSON on stdout. It ends "
	"when\n"
	"nothing came for --idle-ms (1000) after the first packet, or after --limit-s (60). Delays "
	"are\n"
	"one-way: both sides need the same clock, as hosts of one machine have. The sender hands\n"
	"--together (1) packets at a time to the kernel as one super-packet, for rates that "
	"single\n"
	"ones do not reach.\n";

struct options {
	const char *address, *raw_path;
	int64_t port, count, rate, bytes, together, idle_ms, limit_s;
	bool is_sender;
};

/* On the wire in the sender's byte order: both sides are one machine. */
struct head {
	uint32_t magic, number;
	uint64_t run;
	int64_t sent_ns;
};

static int number_option(int name, struct options *options, struct error *err)
{
	switch (name) {
	case 'p':
		return text_integer(optarg, 1, 65535, &options->port, err);
	case 'n':
		return text_integer(optarg, 1, 100000000, &options->count, err);
	case 'r':
		return text_integer(optarg, 1, 10000000, &options->rate, err);
	case 'b':
		return text_integer(optarg, HEAD_BYTES, MAX_BYTES, &options->bytes, err);
	case 't':
		return text_integer(optarg, 1, MAX_TOGETHER, &options->together, err);
	case 'i':
		return text_integer(optarg, 1, 600000, &options->idle_ms, err);
	case 'l':
		return text_integer(optarg, 1, 86400, &options->limit_s, err);
	case 'w':
		options->raw_path = optarg;
		return 0;
	default:
		return fail(err, ERROR_USAGE, "%s", usage);
	}
}

static int read_options(int argc, char **argv, struct options *options, struct error *err)
{
	static const struct option names[] = {{"port", 1, NULL, 'p'}, {"count", 1, NULL, 'n'},
		{"rate", 1, NULL, 'r'}, {"bytes", 1, NULL, 'b'}, {"idle-ms", 1, NULL, 'i'},
		{"limit-s", 1, NULL, 'l'}, {"raw", 1, NULL, 'w'}, {"together", 1, NULL, 't'},
		{NULL, 0, NULL, 0}};
	const char *verb = argc > 1 ? argv[1] : "";
	int name;

	options->is_sender = strcmp(verb, "send") == 0;
	if (!options->is_sender && strcmp(verb, "receive") != 0)
		return fail(err, ERROR_USAGE, "%s", usage);
	for (;;) {
		/* NOLINTNEXTLINE(concurrency-mt-unsafe): this program has one thread */
		name = getopt_long(argc - 1, argv + 1, "", names, NULL);
		if (name == -1)
			break;
		if (number_option(name, options, err))
			return -1;
	}
	if (options->is_sender && optind + 1 < argc)
		options->address = argv[optind + 1];
	if (!options->port || !options->count || options->is_sender != (options->address != NULL) ||
		(options->is_sender && !options->rate))
		return fail(err, ERROR_USAGE, "%s", usage);
	return 0;
}

/* Sleeps for most of the time and spins over the last stretch, so that spacing is even. */
static void wait_until(int64_t at_ns)
{
	int64_t left_ns = at_ns - clock_now_ns() - SPIN_NS;
	struct timespec nap = {.tv_sec = left_ns / NS_PER_S, .tv_nsec = left_ns % NS_PER_S};

	if (left_ns > 0)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
	while (clock_now_ns() < at_ns)
		continue;
}

static int connect_to(const struct options *options, int *ret_fd, struct error *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST}, *found;
	AUTO(fd_closep) int fd = -1;
	char port[8];
	int status;

	snprintf(port, sizeof(port), "%lld", (long long)options->port);
	if (getaddrinfo(options->address, port, &hints, &found) != 0)
		return fail(err, ERROR_USAGE, "'%s' is not an address", options->address);
	fd = socket(found->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	status = fd < 0 ? -1 : connect(fd, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	if (status < 0)
		return fail_errno(err, "connect to %s", options->address);
	*ret_fd = fd_take(&fd);
	return 0;
}

static int open_sender(const struct options *options, int *ret_fd, struct error *err)
{
	AUTO(fd_closep) int fd = -1;
	int size = SEND_BUFFER, segment = (int)options->bytes;

	if (options->together * options->bytes > MAX_BYTES)
		return fail(err, ERROR_USAGE,
			"%lld packets of %lld bytes are more than %d together",
			(long long)options->together, (long long)options->bytes, MAX_BYTES);
	if (connect_to(options, &fd, err))
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	if (options->together > 1 &&
		setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &segment, sizeof(segment)) < 0)
		return fail_errno(err, "send packets together");
	*ret_fd = fd_take(&fd);
	return 0;
}

/* Numbers `count` packets from head->number on; true when the kernel took them. */
static bool send_together(int fd, const struct head *head, int64_t count, int64_t bytes)
{
	static uint8_t packets[MAX_BYTES];

	for (int64_t i = 0; i < count; i++) {
		struct head each = *head;

		each.number += (uint32_t)i;
		memcpy(packets + i * bytes, &each, sizeof(each));
	}
	return send(fd, packets, (size_t)(count * bytes), MSG_DONTWAIT) >= 0;
}

static int run_sender(const struct options *options, struct error *err)
{
	AUTO(fd_closep) int fd = -1;
	struct head head = {.magic = MAGIC, .run = (uint64_t)clock_now_ns()};
	int64_t start_ns, began_ns, due_ns, refused = 0, stalls = 0, together = options->together;

	if (open_sender(options, &fd, err))
		return -1;
	prctl(PR_SET_TIMERSLACK, 1UL);
	start_ns = clock_now_ns() + NS_PER_MS;
	began_ns = start_ns;
	for (int64_t i = 0; i < options->count; i += together) {
		if (together > options->count - i)
			together = options->count - i;
		due_ns = start_ns + (int64_t)((double)i * 1e9 / (double)options->rate);
		wait_until(due_ns);
		head.number = (uint32_t)i;
		head.sent_ns = clock_now_ns();
		/* When this machine stood still, all comes later: a burst would measure the burst.
		 */
		if (head.sent_ns - due_ns > STALL_NS) {
			start_ns += head.sent_ns - due_ns;
			stalls++;
		}
		if (!send_together(fd, &head, together, options->bytes))
			refused += together;
	}
	printf("{\"sent_packets\": %lld, \"refused_packets\": %lld, \"stalls\": %lld, \"seconds\": "
	       "%.6f}\n",
		(long long)options->count, (long long)refused, (long long)stalls,
		(double)(clock_now_ns() - began_ns) / 1e9);
	return 0;
}

/* Both families where there is IPv6, otherwise IPv4 alone. */
static int bind_any(int64_t port, int *ret_fd)
{
	struct sockaddr_in6 both = {.sin6_family = AF_INET6, .sin6_port = htobe16((uint16_t)port)};
	struct sockaddr_in old = {.sin_family = AF_INET, .sin_port = htobe16((uint16_t)port)};
	int no = 0;

	*ret_fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (*ret_fd >= 0) {
		setsockopt(*ret_fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
		return bind(*ret_fd, (struct sockaddr *)&both, sizeof(both));
	}
	if (errno != EAFNOSUPPORT)
		return -1;
	*ret_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return *ret_fd < 0 ? -1 : bind(*ret_fd, (struct sockaddr *)&old, sizeof(old));
}

static int bind_to(const struct options *options, int *ret_fd, struct error *err)
{
	AUTO(fd_closep) int fd = -1;
	int yes = 1, size = RECEIVE_BUFFER;

	if (bind_any(options->port, &fd) < 0)
		return fail_errno(err, "receive on port %lld", (long long)options->port);
	/* Without the right to force it, the system's limit must do; what it loses is counted. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &yes, sizeof(yes)) < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &yes, sizeof(yes)) < 0)
		return fail_errno(err, "ask for receive times");
	*ret_fd = fd_take(&fd);
	return 0;
}

struct receiver {
	const struct options *options;
	struct probe_arrival *arrivals;
	size_t count, room;
	uint64_t run;         /* of the first packet: what other senders left over is ignored */
	int64_t realtime_ns;  /* CLOCK_REALTIME minus CLOCK_MONOTONIC */
	uint32_t socket_lost; /* by our own socket's buffer */
};

/* The best of several readings: one that was interrupted in the middle would shift all delays. */
static int64_t clock_difference_ns(void)
{
	int64_t best_ns = INT64_MAX, difference_ns = 0;

	for (int i = 0; i < 100; i++) {
		int64_t before_ns = clock_now_ns(), after_ns;
		struct timespec real;

		clock_gettime(CLOCK_REALTIME, &real);
		after_ns = clock_now_ns();
		if (after_ns - before_ns >= best_ns)
			continue;
		best_ns = after_ns - before_ns;
		difference_ns = real.tv_sec * NS_PER_S + real.tv_nsec - before_ns - best_ns / 2;
	}
	return difference_ns;
}

static void read_marks(struct receiver *receiver, struct msghdr *message, int64_t *ret_ns)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		struct timespec stamp;

		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
			*ret_ns = stamp.tv_sec * NS_PER_S + stamp.tv_nsec - receiver->realtime_ns;
		} else if (c->cmsg_type == SO_RXQ_OVFL) {
			memcpy(&receiver->socket_lost, CMSG_DATA(c), sizeof(uint32_t));
		}
	}
}

/* True when a packet of ours was there. */
static bool take_packet(struct receiver *receiver, int fd)
{
	struct head head = {0};
	char control[256];
	struct iovec part = {&head, sizeof(head)};
	struct msghdr message = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control)};
	int64_t received_ns = 0;

	if (recvmsg(fd, &message, MSG_DONTWAIT) < (ssize_t)sizeof(head))
		return false;
	if (receiver->run == 0 && head.magic == MAGIC)
		receiver->run = head.run;
	read_marks(receiver, &message, &received_ns);
	if (head.magic != MAGIC || head.run != receiver->run || receiver->count == receiver->room ||
		head.number >= receiver->options->count)
		return true;
	receiver->arrivals[receiver->count++] = (struct probe_arrival){
		.number = head.number, .sent_ns = head.sent_ns, .received_ns = received_ns};
	return true;
}

static void receive_all(struct receiver *receiver, int fd)
{
	struct deadline limit = deadline_in(receiver->options->limit_s * NS_PER_S);
	struct pollfd watched = {.fd = fd, .events = POLLIN};

	while (!deadline_has_passed(limit)) {
		int idle_ms = receiver->count > 0 ? (int)receiver->options->idle_ms
						  : deadline_poll_ms(limit);
		int ready = poll(&watched, 1, idle_ms);

		if (ready == 0 || (ready < 0 && errno != EINTR))
			return;
		for (int i = 0; i < BATCH && take_packet(receiver, fd); i++)
			continue;
	}
}

static int write_raw(const struct receiver *receiver, struct error *err)
{
	AUTO(stream_closep) FILE *stream = fopen(receiver->options->raw_path, "we");

	if (!stream)
		return fail_errno(err, "write %s", receiver->options->raw_path);
	for (size_t i = 0; i < receiver->count; i++)
		fprintf(stream, "%u %lld %lld\n", receiver->arrivals[i].number,
			(long long)receiver->arrivals[i].sent_ns,
			(long long)receiver->arrivals[i].received_ns);
	return fflush(stream) ? fail_errno(err, "write %s", receiver->options->raw_path) : 0;
}

static int run_receiver(const struct options *options, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	size_t room = 2 * (size_t)options->count + 1000;
	struct receiver receiver = {.options = options,
		.room = room,
		.arrivals = arena_alloc(arena, struct probe_arrival, room),
		.realtime_ns = clock_difference_ns()};
	AUTO(fd_closep) int fd = -1;
	struct probe_result result;
	json_t *report;

	if (bind_to(options, &fd, err))
		return -1;
	fputs("ready\n", stderr);
	receive_all(&receiver, fd);
	if (options->raw_path && write_raw(&receiver, err))
		return -1;
	if (probe_measure(
		    receiver.arrivals, receiver.count, (uint64_t)options->count, &result, err))
		return -1;
	report = probe_json(&result);
	json_object_set_new(report, "socket_lost_packets", json_integer(receiver.socket_lost));
	json_dumpf(report, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(8));
	putchar('\n');
	json_decref(report);
	return 0;
}

int main(int argc, char **argv)
{
	struct options options = {.bytes = 100, .together = 1, .idle_ms = 1000, .limit_s = 60};
	struct error err = {0};

	if (read_options(argc, argv, &options, &err) ||
		(options.is_sender ? run_sender(&options, &err) : run_receiver(&options, &err))) {
		fprintf(stderr, "meshbench-probe: %s\n", err.text);
		return err.kind == ERROR_USAGE ? 2 : 3;
	}
	return 0;
}
