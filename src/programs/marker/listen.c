/* SPDX-License-Identifier: MIT */
/* Hears every packet of a device, below firewalls and filters of the host. */
#include "programs/marker/listen.h"

#include "programs/marker/headers.h"
#include "programs/marker/tally.h"

#include "base/clock.h"
#include "base/fd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	MOST_BYTES = 1 << 17,
	QUEUE_BYTES = 16 << 20
};

static int open_device(const char *device, int *ret_fd, struct error *err)
{
	AUTO(fd_closep) int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ALL));
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(device)};
	struct packet_mreq all = {.mr_ifindex = address.sll_ifindex, .mr_type = PACKET_MR_PROMISC};
	int size = QUEUE_BYTES;

	if (fd < 0)
		return fail_errno(err, "open a packet socket");
	if (address.sll_ifindex == 0)
		return fail_errno(err, "find device '%s'", device);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) < 0)
		return fail_errno(err, "listen on device '%s'", device);
	*ret_fd = fd_take(&fd);
	return 0;
}

static int open_end(int *ret_fd, struct error *err)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	*ret_fd = signalfd(-1, &signals, SFD_CLOEXEC);
	return *ret_fd < 0 ? fail_errno(err, "wait for the end") : 0;
}

/* What hears: an account of one direction, and of headers in both if somebody asks. */
struct ear {
	int fd;
	const struct listen_spec *spec;
	struct tally *tally;
	struct headers *headers; /* NULL: nobody asks */
};

static void hear(const struct ear *ear)
{
	static uint8_t bytes[MOST_BYTES];
	struct sockaddr_ll from = {0};
	socklen_t size = sizeof(from);
	ssize_t n = recvfrom(
		ear->fd, bytes, sizeof(bytes), MSG_DONTWAIT, (struct sockaddr *)&from, &size);
	bool is_outgoing = from.sll_pkttype == PACKET_OUTGOING;
	int64_t now_ns = clock_now_ns();

	if (n >= 0 && ear->headers)
		headers_add(ear->headers, bytes, (size_t)n, now_ns, is_outgoing);
	if (n < 0 || is_outgoing != ear->spec->outgoing)
		return;
	tally_add(ear->tally, &(struct sight){.bytes = bytes,
				      .size = (size_t)n,
				      .type = ntohs(from.sll_protocol),
				      .at_ns = now_ns});
}

/* Whatever is queued when the end comes was there before it. */
static void hear_all(const struct ear *ear, int end_fd)
{
	struct deadline deadline = deadline_in((int64_t)(ear->spec->seconds * 1e9));
	struct pollfd list[] = {
		{.fd = ear->fd, .events = POLLIN}, {.fd = end_fd, .events = POLLIN}};

	while (!deadline_has_passed(deadline)) {
		if (poll(list, 2, 50) < 0 && errno != EINTR)
			return;
		if (list[0].revents & POLLIN)
			hear(ear);
		else if (list[1].revents & POLLIN)
			return;
	}
}

int marker_listen(const struct listen_spec *spec, json_t **ret_account, struct error *err)
{
	AUTO(fd_closep) int fd = -1;
	AUTO(fd_closep) int end_fd = -1;
	AUTO(tally_freep) struct tally *tally = tally_new(&spec->token);
	AUTO(headers_freep)
	struct headers *headers = spec->header_bytes ? headers_new(spec->header_bytes) : NULL;

	for (size_t i = 0; spec->texts && spec->texts[i]; i++)
		tally_look_for(tally, (const uint8_t *)spec->texts[i], strlen(spec->texts[i]));
	if (open_end(&end_fd, err) || open_device(spec->device, &fd, err))
		return -1;
	printf("ready\n");
	fflush(stdout);
	hear_all(&(struct ear){.fd = fd, .spec = spec, .tally = tally, .headers = headers}, end_fd);
	*ret_account = tally_json(tally);
	if (headers)
		json_object_set_new(*ret_account, "headers", headers_json(headers));
	return 0;
}
