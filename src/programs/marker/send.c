/* SPDX-License-Identifier: MIT */
/* Sends marks: in UDP, in IPv4 packets with somebody else's address, or in frames of any type. */
#include "programs/marker/send.h"

#include "base/clock.h"
#include "base/fd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum {
	MOST_BYTES = 65000,
	IPV4_HEADER = 20,
	UDP_HEADER = 8,
	MAC_BYTES = 6
};

static const uint8_t stranger_mac[MAC_BYTES] = {0x02, 0x5e, 0xee, 0x5e, 0xee, 0x01};

/* Where packets go, whatever they are. */
struct outlet {
	int fd;
	union {
		struct sockaddr any;
		struct sockaddr_in ipv4;
		struct sockaddr_in6 ipv6;
		struct sockaddr_ll frame;
	} to;
	socklen_t to_size;
	size_t head; /* bytes before the mark */
	uint8_t packet[MOST_BYTES + 64];
};

static bool read_target(const struct send_spec *spec, struct outlet *outlet)
{
	if (inet_pton(AF_INET, spec->to, &outlet->to.ipv4.sin_addr) == 1) {
		outlet->to.ipv4.sin_family = AF_INET;
		outlet->to.ipv4.sin_port = htons(spec->port);
		outlet->to_size = sizeof(outlet->to.ipv4);
		return true;
	}
	if (inet_pton(AF_INET6, spec->to, &outlet->to.ipv6.sin6_addr) == 1) {
		outlet->to.ipv6.sin6_family = AF_INET6;
		outlet->to.ipv6.sin6_port = htons(spec->port);
		outlet->to.ipv6.sin6_scope_id = spec->device ? if_nametoindex(spec->device) : 0;
		outlet->to_size = sizeof(outlet->to.ipv6);
		return true;
	}
	return false;
}

/* Multicast and broadcast leave by the device that was named, whatever routes say. */
static void set_udp(const struct send_spec *spec, int fd, int family)
{
	int one = 1, tos = spec->tos, index = spec->device ? (int)if_nametoindex(spec->device) : 0;
	struct ip_mreqn group = {.imr_ifindex = index};

	(void)setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &one, sizeof(one));
	if (family == AF_INET) {
		(void)setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
		(void)setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &group, sizeof(group));
	} else {
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, sizeof(index));
	}
	if (spec->device)
		(void)setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, spec->device,
			(socklen_t)strlen(spec->device) + 1);
}

static int open_udp(const struct send_spec *spec, struct outlet *outlet, struct error *err)
{
	outlet->fd = socket(outlet->to.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (outlet->fd < 0)
		return fail_errno(err, "open a UDP socket");
	set_udp(spec, outlet->fd, outlet->to.any.sa_family);
	return 0;
}

static void store16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* The kernel fills in what is zero: length, identification and the checksum of IP. */
static int open_foreign(const struct send_spec *spec, struct outlet *outlet, struct error *err)
{
	uint8_t *ip = outlet->packet, *udp = ip + IPV4_HEADER;

	if (outlet->to.any.sa_family != AF_INET || inet_pton(AF_INET, spec->source, ip + 12) != 1)
		return fail(err, ERROR_USAGE, "--source and --to are IPv4 addresses");
	outlet->fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (outlet->fd < 0)
		return fail_errno(err, "open a raw socket");
	set_udp(spec, outlet->fd, AF_INET);
	ip[0] = 0x45;
	ip[1] = spec->tos;
	ip[8] = 64;
	ip[9] = IPPROTO_UDP;
	memcpy(ip + 16, &outlet->to.ipv4.sin_addr, 4);
	store16(udp, spec->port);
	store16(udp + 2, spec->port);
	store16(udp + 4, UDP_HEADER + spec->bytes);
	outlet->head = IPV4_HEADER + UDP_HEADER;
	return 0;
}

static int open_frames(const struct send_spec *spec, struct outlet *outlet, struct error *err)
{
	struct sockaddr_ll *to = &outlet->to.frame;
	int index = (int)if_nametoindex(spec->device);
	struct sockaddr_ll self = {0};
	socklen_t size = sizeof(self);

	if (index == 0)
		return fail_errno(err, "find device '%s'", spec->device);
	outlet->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (outlet->fd < 0)
		return fail_errno(err, "open a packet socket");
	*to = (struct sockaddr_ll){
		.sll_family = AF_PACKET, .sll_ifindex = index, .sll_halen = MAC_BYTES};
	outlet->to_size = sizeof(*to);
	if (bind(outlet->fd, &outlet->to.any, outlet->to_size) < 0 ||
		getsockname(outlet->fd, (struct sockaddr *)&self, &size) < 0)
		return fail_errno(err, "send on device '%s'", spec->device);
	memset(outlet->packet, 0xff, MAC_BYTES);
	memcpy(outlet->packet + MAC_BYTES, spec->is_stranger ? stranger_mac : self.sll_addr,
		MAC_BYTES);
	store16(outlet->packet + 2 * (size_t)MAC_BYTES, spec->ether_type);
	outlet->head = 2 * (size_t)MAC_BYTES + 2;
	return 0;
}

static int open_outlet(const struct send_spec *spec, struct outlet *outlet, struct error *err)
{
	if (!spec->to)
		return open_frames(spec, outlet, err);
	if (!read_target(spec, outlet))
		return fail(err, ERROR_USAGE, "'%s' is not an address", spec->to);
	return spec->source ? open_foreign(spec, outlet, err) : open_udp(spec, outlet, err);
}

static void wait_until(int64_t at_ns)
{
	struct timespec at = {.tv_sec = at_ns / NS_PER_S, .tv_nsec = at_ns % NS_PER_S};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
		;
}

/* An ICMP error about an earlier packet is reported once and is not about this one. */
static bool send_one(struct outlet *outlet, size_t size)
{
	for (int i = 0; i < 2; i++) {
		if (sendto(outlet->fd, outlet->packet, size, 0, &outlet->to.any, outlet->to_size) >=
			0)
			return true;
		if (errno != ECONNREFUSED && errno != EHOSTUNREACH)
			return false;
	}
	return false;
}

int marker_send(const struct send_spec *spec, struct send_account *ret_account, struct error *err)
{
	static struct outlet outlet;
	struct send_account account = {0};
	int64_t at_ns;

	if (open_outlet(spec, &outlet, err))
		return -1;
	at_ns = clock_now_ns();
	for (uint32_t i = 0; i < spec->count; i++, at_ns += spec->interval_ns) {
		size_t bytes = spec->bytes + (spec->sizes ? i % spec->sizes : 0);

		mark_make(&spec->token,
			spec->first + (spec->again_after ? i % spec->again_after : i),
			outlet.packet + outlet.head, bytes);
		wait_until(at_ns);
		if (send_one(&outlet, outlet.head + bytes)) {
			account.sent++;
		} else {
			account.refused++;
			account.error = errno;
		}
	}
	fd_closep(&outlet.fd);
	*ret_account = account;
	return 0;
}
