/* SPDX-License-Identifier: MIT */
/* A real network card as a port: frames in and out by a packet socket, with the same header as a
 * TAP's. */
#include "wire/internal.h"

#include "base/fd.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

enum {
	/* At 10 Gbit/s what comes in 6 ms; more than the wire's naps and less than its absences. */
	ROOM_BYTES = 8 << 20,
	MOST_SENDERS = 100
};

static int set(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

/*
 * Both ends of a card may join packets (GRO, GSO): the header says so, as a TAP's does. Multicast
 * of hosts, which the card would not pass on, is asked for as long as the socket is open.
 */
static int prepare(int fd, unsigned index, struct error *err)
{
	const struct packet_mreq multicast = {
		.mr_ifindex = (int)index, .mr_type = PACKET_MR_ALLMULTI};

	if (set(fd, SOL_PACKET, PACKET_VNET_HDR, 1) < 0)
		return fail_errno(err, "ask for the headers of super-packets");
	if (set(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1) < 0)
		return fail_errno(err, "leave out what is sent");
	if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &multicast, sizeof(multicast)) < 0)
		return fail_errno(err, "ask for multicast");
	/* Without these rights there is less room, and what finds none is counted. */
	(void)set(fd, SOL_SOCKET, SO_RCVBUFFORCE, ROOM_BYTES);
	(void)set(fd, SOL_SOCKET, SO_SNDBUFFORCE, ROOM_BYTES);
	return 0;
}

int wire_card_open(const char *name, int *ret_fd, struct error *err)
{
	/* Without a protocol it hears nothing until it is bound. */
	AUTO(fd_closep) int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	unsigned index = if_nametoindex(name);

	if (fd < 0)
		return fail_errno(err, "open a packet socket for '%s'", name);
	if (index == 0)
		return fail_errno(err, "find the network card '%s'", name);
	address.sll_ifindex = (int)index;
	if (prepare(fd, index, err))
		return fail_in(err, "network card '%s'", name);
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return fail_errno(err, "listen to the network card '%s'", name);
	*ret_fd = fd_take(&fd);
	return 0;
}

/* As tcpdump would say it: arp or (ip src SENDER... and not tcp port BUT_PORT). */
static unsigned write_filter(struct sock_filter filter[], const char *const *senders,
	unsigned sender_count, uint16_t but_port)
{
	enum {
		ETHERTYPE = 12,
		FRAGMENT = 20,
		PROTOCOL = 23,
		SENDER = 26,
		IP = 14
	};
	unsigned n = 0;

	filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_H | BPF_ABS, ETHERTYPE);
	filter[n++] = (struct sock_filter)BPF_JUMP(
		BPF_JMP | BPF_JEQ | BPF_K, ETH_P_ARP, (uint8_t)(sender_count + 12), 0);
	filter[n++] = (struct sock_filter)BPF_JUMP(
		BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, (uint8_t)(sender_count + 1));
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SENDER);
	for (unsigned i = 0; i < sender_count; i++) {
		struct in_addr address = {0};

		inet_pton(AF_INET, senders[i], &address);
		filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
			ntohl(address.s_addr), (uint8_t)(sender_count - i), 0);
	}
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_B | BPF_ABS, PROTOCOL);
	filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 0, 7);
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_H | BPF_ABS, FRAGMENT);
	filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x1fff, 5, 0);
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, IP);
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_H | BPF_IND, IP);
	filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, but_port, 3, 0);
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_H | BPF_IND, IP + 2);
	filter[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, but_port, 1, 0);
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, UINT32_MAX);
	filter[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
	return n;
}

int wire_card_limit(int fd, const char *const *senders, uint16_t but_port, struct error *err)
{
	struct sock_filter filter[MOST_SENDERS + 20];
	struct sock_fprog program = {.filter = filter};
	unsigned count = 0;
	char block[64];

	while (senders[count])
		count++;
	if (count > MOST_SENDERS)
		return fail(err, ERROR_USAGE, "%u machines are more than %d", count, MOST_SENDERS);
	program.len = (unsigned short)write_filter(filter, senders, count, but_port);
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0)
		return fail_errno(err, "keep from the host what is the machine's");
	while (recv(fd, block, sizeof(block), MSG_DONTWAIT | MSG_TRUNC) >= 0)
		;
	return 0;
}

uint64_t card_dropped(int fd)
{
	struct tpacket_stats counted;
	socklen_t size = sizeof(counted);

	/* A TAP is not a socket. */
	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &counted, &size) < 0)
		return 0;
	return counted.tp_drops;
}
