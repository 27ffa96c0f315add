/*
 * outside: all that lies beyond a lab, as seen by one of its hosts. Makes the TUN device `outside`,
 * prints `ready`, then one line for every destination that the host sends to: `tcp ADDRESS PORT`,
 * or `dns NAME` for a question. Every name leads to one address, so that what a program would do
 * with an answer is seen as well; nothing else is ever answered.
 */
#include "base/attribute.h"
#include "base/fd.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
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
	DNS_PORT = 53
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

/* False for what is of no interest here. */
static bool read_packet(uint8_t *bytes, size_t size, struct packet *ret_packet)
{
	bool is_ipv6 = size > 0 && bytes[0] >> 4 == 6;
	struct packet packet = {.bytes = bytes, .size = size};
	const uint8_t *to = bytes + (is_ipv6 ? 24 : 16);

	if (size < (is_ipv6 ? IPV6_BYTES : IPV4_BYTES) || stays_on_the_link(to, is_ipv6))
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

int main(void)
{
	AUTO(fd_closep) int tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI, .ifr_name = "outside"};
	uint8_t bytes[65536];
	struct packet packet;
	ssize_t n;

	if (tun < 0 || ioctl(tun, TUNSETIFF, &request) < 0) {
		perror("outside: make its device");
		return EXIT_FAILURE;
	}
	print_once("ready");
	while ((n = read(tun, bytes, sizeof(bytes))) > 0) {
		if (read_packet(bytes, (size_t)n, &packet))
			take(tun, &packet);
	}
	return EXIT_FAILURE;
}
