/* SPDX-License-Identifier: MIT */
/* Whether an address is free on a network, before it is taken. */
#include "programs/ready/claim.h"

#include "base/clock.h"
#include "base/fd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum {
	PROBES = 3,
	PROBE_MS = 70, /* until the next; an answer takes a round trip of a local network */
	CARRIER_S = 5, /* a card that was just switched on first speaks with its switch */
	LOOK_EVERY_MS = 10
};

struct claim {
	int fd;
	struct sockaddr_ll everybody;
	uint8_t mac[ETH_ALEN];
	struct in_addr address;
};

/* One whose cable is not plugged in has nobody to ask. */
static void await_carrier(int fd, struct ifreq *request)
{
	struct deadline deadline = deadline_in(CARRIER_S * NS_PER_S);

	while (ioctl(fd, SIOCGIFFLAGS, request) == 0 && !(request->ifr_flags & IFF_RUNNING) &&
		!deadline_has_passed(deadline))
		poll(NULL, 0, LOOK_EVERY_MS);
}

static int claim_open(const char *device, const char *address, struct claim *claim)
{
	struct ifreq request = {0};
	struct sockaddr_ll own;

	claim->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(ETH_P_ARP));
	if (claim->fd < 0)
		return -1;
	errno = EINVAL;
	if (strlen(device) >= sizeof(request.ifr_name) ||
		inet_pton(AF_INET, address, &claim->address) != 1)
		return -1;
	memcpy(request.ifr_name, device, strlen(device) + 1);
	await_carrier(claim->fd, &request);
	if (ioctl(claim->fd, SIOCGIFHWADDR, &request) < 0)
		return -1;
	memcpy(claim->mac, request.ifr_hwaddr.sa_data, ETH_ALEN);
	own = (struct sockaddr_ll){.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ARP),
		.sll_ifindex = (int)if_nametoindex(device)};
	claim->everybody = own;
	claim->everybody.sll_halen = ETH_ALEN;
	memset(claim->everybody.sll_addr, 0xff, ETH_ALEN);
	return bind(claim->fd, (const struct sockaddr *)&own, sizeof(own));
}

/* The question comes from no address, so that no table of neighbours is changed. */
static int ask(const struct claim *claim)
{
	struct ether_arp arp = {.ea_hdr = {.ar_hrd = htons(ARPHRD_ETHER),
					.ar_pro = htons(ETHERTYPE_IP),
					.ar_hln = ETH_ALEN,
					.ar_pln = sizeof(claim->address),
					.ar_op = htons(ARPOP_REQUEST)}};

	memcpy(arp.arp_sha, claim->mac, ETH_ALEN);
	memcpy(arp.arp_tpa, &claim->address, sizeof(claim->address));
	return sendto(claim->fd, &arp, sizeof(arp), 0, (const struct sockaddr *)&claim->everybody,
		       sizeof(claim->everybody)) < 0
		       ? -1
		       : 0;
}

static bool is_of_another(const struct claim *claim, const struct ether_arp *arp)
{
	return memcmp(arp->arp_spa, &claim->address, sizeof(claim->address)) == 0 &&
	       memcmp(arp->arp_sha, claim->mac, ETH_ALEN) != 0;
}

/* 1: another one said that it has the address. */
static int hear(const struct claim *claim, struct ether_arp *arp)
{
	struct deadline deadline = deadline_in(PROBE_MS * NS_PER_MS);
	struct pollfd watched = {.fd = claim->fd, .events = POLLIN};

	while (!deadline_has_passed(deadline)) {
		if (poll(&watched, 1, deadline_poll_ms(deadline)) < 0 && errno != EINTR)
			return -1;
		if (watched.revents &&
			recv(claim->fd, arp, sizeof(*arp), MSG_DONTWAIT) == (ssize_t)sizeof(*arp) &&
			is_of_another(claim, arp))
			return 1;
	}
	return 0;
}

int claim_ask(const char *device, const char *address, char *mac_text, size_t size)
{
	struct claim claim = {.fd = -1};
	struct ether_arp arp = {0};
	int answer = claim_open(device, address, &claim);

	for (int i = 0; answer == 0 && i < PROBES; i++)
		answer = ask(&claim) < 0 ? -1 : hear(&claim, &arp);
	if (answer == 1)
		snprintf(mac_text, size, "%02x:%02x:%02x:%02x:%02x:%02x", arp.arp_sha[0],
			arp.arp_sha[1], arp.arp_sha[2], arp.arp_sha[3], arp.arp_sha[4],
			arp.arp_sha[5]);
	fd_closep(&claim.fd);
	return answer;
}
