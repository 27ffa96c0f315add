/* SPDX-License-Identifier: MIT */
/*
 * outside: all that lies beyond a lab, as seen by one of its hosts. Makes the TUN device `outside`,
 * prints `ready`, then one line for every destination that the host sends to: `tcp ADDRESS PORT`,
 * or `dns NAME` for a question. Every name leads to one address, so that what a program would do
 * with an answer is seen as well; nothing else is ever answered.
 *
 * A socket bound to a device heeds no route, and the kernel then looks for the destination on that
 * device's own link. So the lab's device is watched, too: `link ADDRESS` is a neighbour asked for
 * that cannot be one.
 */
#include "base/attribute.h"
#include "base/fd.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	MAX_LINES = 512,
	IPV4_BYTES = 20,
	IPV6_BYTES = 40,
	UDP_BYTES = 8,
	DNS_BYTES = 12,
	DNS_PORT = 53,
	ARP_BYTES = 28,
	SOLICIT_BYTES = IPV6_BYTES + 24
};

struct packet {
	uint8_t *bytes;
	size_t size, start; /* start: of TCP, UDP, ... */
	int protocol;
	char to[INET6_ADDRSTRLEN];
	unsigned port; /* 0: the protocol has none */
};

/* Multicast and what is link-local stays on the link whatever the routes say. */
static bool stays_on_the_link(const uint8_t *address, bool is_ipv6)
{
	if (is_ipv6)
		return address[0] == 0xff || (address[0] == 0xfe && (address[1] & 0xc0) == 0x80);
	return address[0] >= 224 || (address[0] == 169 && address[1] == 254);
}

/* The lab's own addresses are of these ranges, as are those that most VPNs give out. */
static bool is_private(const uint8_t *address, bool is_ipv6)
{
	if (is_ipv6)
		return (address[0] & 0xfe) == 0xfc;
	return address[0] == 10 || (address[0] == 172 && (address[1] & 0xf0) == 16) ||
	       (address[0] == 192 && address[1] == 168) ||
	       (address[0] == 100 && (address[1] & 0xc0) == 64);
}

/* False for what is of no interest here. */
static bool read_packet(uint8_t *bytes, size_t size, struct packet *ret_packet)
{
	bool is_ipv6 = size > 0 && bytes[0] >> 4 == 6;
	struct packet packet = {.bytes = bytes, .size = size};
	const uint8_t *to = bytes + (is_ipv6 ? 24 : 16);

	if (size < (is_ipv6 ? IPV6_BYTES : IPV4_BYTES) || stays_on_the_link(to, is_ipv6) ||
		is_private(to, is_ipv6))
		return false;
	packet.protocol = bytes[is_ipv6 ? 6 : 9];
	packet.start = is_ipv6 ? IPV6_BYTES : 4 * (size_t)(bytes[0] & 15);
	inet_ntop(is_ipv6 ? AF_INET6 : AF_INET, to, packet.to, sizeof(packet.to));
	if ((packet.protocol == IPPROTO_TCP || packet.protocol == IPPROTO_UDP) &&
		size >= packet.start + 4)
		packet.port = (unsigned)bytes[packet.start + 2] << 8 | bytes[packet.start + 3];
	*ret_packet = packet;
	return true;
}

/* The name of the first question in dots; returns where the name ends, 0 if there is none. */
static size_t read_question(const uint8_t *dns, size_t size, char name[256])
{
	size_t at = DNS_BYTES, used = 0;

	while (at < size && dns[at] != 0) {
		size_t length = dns[at];

		if (length > 63 || at + 1 + length >= size || used + length + 2 > 255)
			return 0;
		memcpy(name + used, dns + at + 1, length);
		used += length;
		name[used++] = '.';
		at += 1 + length;
	}
	name[used ? used - 1 : 0] = '\0';
	return at + 5 <= size && used ? at + 5 : 0;
}

static void put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put_header_sum(uint8_t *header)
{
	uint32_t sum = 0;

	put16(header + 10, 0);
	for (size_t i = 0; i < IPV4_BYTES; i += 2)
		sum += (uint32_t)header[i] << 8 | header[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	put16(header + 10, (uint16_t) ~(sum + (sum >> 16)));
}

/* The question comes back with 198.51.100.1 for an A, with no answer for all else. */
static void answer(int tun, const struct packet *packet, size_t question_end)
{
	static const uint8_t record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 198, 51, 100, 1};
	uint8_t reply[2048] = {0};
	uint8_t *udp = reply + IPV4_BYTES, *dns = udp + UDP_BYTES;
	const uint8_t *asked = packet->bytes + packet->start;
	bool is_a = asked[UDP_BYTES + question_end - 3] == 1;
	size_t size = UDP_BYTES + question_end + (is_a ? sizeof(record) : 0);

	if (packet->bytes[0] >> 4 != 4 || IPV4_BYTES + size > sizeof(reply))
		return;
	memcpy(dns, asked + UDP_BYTES, question_end);
	memcpy(dns + question_end, record, is_a ? sizeof(record) : 0);
	dns[2] = 0x81; /* an answer; recursion was wanted */
	dns[3] = 0x80;
	put16(dns + 6, is_a);
	put16(dns + 8, 0);
	put16(dns + 10, 0);
	memcpy(udp, asked + 2, 2);
	memcpy(udp + 2, asked, 2);
	put16(udp + 4, size);
	reply[0] = 0x45;
	reply[8] = 64;
	reply[9] = IPPROTO_UDP;
	put16(reply + 2, IPV4_BYTES + size);
	memcpy(reply + 12, packet->bytes + 16, 4);
	memcpy(reply + 16, packet->bytes + 12, 4);
	put_header_sum(reply);
	if (write(tun, reply, IPV4_BYTES + size) < 0)
		perror("outside: answer");
}

static void print_once(const char *line)
{
	static char seen[MAX_LINES][320];
	static size_t count;

	for (size_t i = 0; i < count; i++) {
		if (strcmp(seen[i], line) == 0)
			return;
	}
	if (count == MAX_LINES)
		return;
	snprintf(seen[count++], sizeof(seen[0]), "%s", line);
	puts(line);
	fflush(stdout);
}

static void take(int tun, const struct packet *packet)
{
	const char *kind = packet->protocol == IPPROTO_TCP   ? "tcp"
			   : packet->protocol == IPPROTO_UDP ? "udp"
							     : "other";
	size_t dns_start = packet->start + UDP_BYTES, end = 0;
	char line[320], name[256];

	snprintf(line, sizeof(line), "%s %s %u", kind, packet->to, packet->port);
	if (packet->protocol == IPPROTO_UDP && packet->port == DNS_PORT && packet->size > dns_start)
		end = read_question(packet->bytes + dns_start, packet->size - dns_start, name);
	if (end) {
		snprintf(line, sizeof(line), "dns %s", name);
		answer(tun, packet, end);
	}
	print_once(line);
}

static void print_neighbour(const uint8_t *address, bool is_ipv6)
{
	char line[320], text[INET6_ADDRSTRLEN];

	if (stays_on_the_link(address, is_ipv6) || is_private(address, is_ipv6))
		return;
	inet_ntop(is_ipv6 ? AF_INET6 : AF_INET, address, text, sizeof(text));
	snprintf(line, sizeof(line), "link %s 0", text);
	print_once(line);
}

/* A frame that the host sends on the lab's device, from behind its Ethernet header. */
static void take_frame(int tun, unsigned protocol, uint8_t *bytes, size_t size)
{
	struct packet packet;

	if (protocol == ETHERTYPE_ARP && size >= ARP_BYTES)
		print_neighbour(bytes + 24, false);
	else if (protocol == ETHERTYPE_IPV6 && size >= SOLICIT_BYTES &&
		 bytes[6] == IPPROTO_ICMPV6 && bytes[IPV6_BYTES] == 135)
		print_neighbour(bytes + IPV6_BYTES + 8, true);
	else if ((protocol == ETHERTYPE_IP || protocol == ETHERTYPE_IPV6) &&
		 read_packet(bytes, size, &packet))
		take(tun, &packet);
}

static int open_tun(void)
{
	AUTO(fd_closep) int tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI, .ifr_name = "outside"};

	if (tun < 0 || ioctl(tun, TUNSETIFF, &request) < 0)
		return -1;
	return fd_take(&tun);
}

static int open_link(void)
{
	AUTO(fd_closep)
	int link = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ALL));
	struct sockaddr_ll place = {.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex("eth0")};

	if (link < 0 || !place.sll_ifindex ||
		bind(link, (struct sockaddr *)&place, sizeof(place)) < 0)
		return -1;
	return fd_take(&link);
}

static uint8_t bytes[65536];

static bool serve_tun(int tun)
{
	ssize_t n = read(tun, bytes, sizeof(bytes));
	struct packet packet;

	if (n > 0 && read_packet(bytes, (size_t)n, &packet))
		take(tun, &packet);
	return n > 0;
}

static bool serve_link(int link, int tun)
{
	struct sockaddr_ll from = {0};
	socklen_t length = sizeof(from);
	ssize_t n = recvfrom(link, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &length);

	if (n > 0 && from.sll_pkttype == PACKET_OUTGOING)
		take_frame(tun, ntohs(from.sll_protocol), bytes, (size_t)n);
	return n >= 0;
}

int main(void)
{
	AUTO(fd_closep) int tun = open_tun(), link = open_link();
	struct pollfd fds[] = {{.fd = tun, .events = POLLIN}, {.fd = link, .events = POLLIN}};
	bool goes_on = true;

	if (tun < 0 || link < 0) {
		perror("outside: watch its devices");
		return EXIT_FAILURE;
	}
	print_once("ready");
	while (goes_on && poll(fds, 2, -1) > 0) {
		if (fds[0].revents)
			goes_on = serve_tun(tun);
		if (goes_on && fds[1].revents)
			goes_on = serve_link(link, tun);
	}
	return EXIT_FAILURE;
}
