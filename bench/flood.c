/* SPDX-License-Identifier: MIT */
/*
 * Sends equal Ethernet frames as fast as an interface takes them, or at a rate, and prints how many
 * were taken. usage: flood INTERFACE DEST-MAC BYTES SECONDS [PACKETS-PER-SECOND]
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum {
	BATCH = 32
};

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

int main(int argc, char **argv)
{
	static uint8_t frame[65536];
	struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(0x88b5)};
	struct iovec part = {frame, 0};
	struct mmsghdr messages[BATCH];
	unsigned mac[6];
	uint64_t sent = 0;
	int64_t start_ns, end_ns;
	double rate;
	int fd, bypass = 1;

	if (argc < 5 || sscanf(argv[2], "%x:%x:%x:%x:%x:%x", mac, mac + 1, mac + 2, mac + 3,
				mac + 4, mac + 5) != 6)
		return 2;
	fd = socket(AF_PACKET, SOCK_RAW, 0);
	address.sll_ifindex = (int)if_nametoindex(argv[1]);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		perror(argv[1]);
		return 1;
	}
	setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &bypass, sizeof(bypass));
	for (int i = 0; i < 6; i++)
		frame[i] = (uint8_t)mac[i];
	memcpy(frame + 6, "\x02\0\0\0\0\x77\x88\xb5", 8);
	part.iov_len = (size_t)atoi(argv[3]);
	for (int i = 0; i < BATCH; i++)
		messages[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}};
	rate = argc > 5 ? atof(argv[5]) : 0;
	start_ns = now_ns();
	end_ns = start_ns + (int64_t)(atof(argv[4]) * 1e9);
	while (now_ns() < end_ns) {
		int wanted = rate > 0 ? 1 : BATCH, n;

		while (rate > 0 && now_ns() < start_ns + (int64_t)((double)sent / rate * 1e9))
			continue;
		n = sendmmsg(fd, messages, (unsigned)wanted, 0);
		if (n > 0)
			sent += (uint64_t)n;
		else if (errno != ENOBUFS && errno != EAGAIN)
			return perror("send"), 1;
	}
	printf("%llu\n", (unsigned long long)sent);
	return 0;
}
