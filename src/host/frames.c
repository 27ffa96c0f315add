/* SPDX-License-Identifier: MIT */
/*
 * Counts the frames of a device that are larger than its MTU, with a packet socket whose filter
 * runs in the kernel and keeps none of them.
 */
#include "host/frames.h"

#include "base/fd.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static int mtu_of(int fd, const char *device, unsigned *ret_mtu, struct error *err)
{
	struct ifreq request = {0};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
	if (ioctl(fd, SIOCGIFMTU, &request) < 0)
		return fail_errno(err, "read the MTU of %s", device);
	*ret_mtu = (unsigned)request.ifr_mtu;
	return 0;
}

/* Of a frame that counts one byte is kept, of any other nothing. */
static int attach_filter(int fd, unsigned mtu, bool is_out, struct error *err)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, SKF_AD_OFF + SKF_AD_PKTTYPE),
		BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, is_out ? 0 : 3, is_out ? 3 : 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, mtu + ETH_HLEN, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = {ARRAY_SIZE(code), code};

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0)
		return fail_errno(err, "filter a packet socket by length");
	return 0;
}

/* The filter knows the direction, too; this spares the kernel a copy of every head. */
static int ignore_outgoing(int fd, struct error *err)
{
	const int yes = 1;

	if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes)) < 0)
		return fail_errno(err, "make a packet socket ignore what leaves");
	return 0;
}

/* Bound last: until then no packet reaches the socket, and none passes the filter by. */
static int watch(const char *device, bool is_out, int *ret_fd, struct error *err)
{
	AUTO(fd_closep) int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(device)};
	unsigned mtu = 0;

	if (fd < 0)
		return fail_errno(err, "make a packet socket");
	if (!address.sll_ifindex)
		return fail_errno(err, "find the device %s", device);
	if (mtu_of(fd, device, &mtu, err) || attach_filter(fd, mtu, is_out, err) ||
		(!is_out && ignore_outgoing(fd, err)))
		return -1;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return fail_errno(err, "bind a packet socket to %s", device);
	*ret_fd = fd_take(&fd);
	return 0;
}

int frames_watch_in(const char *device, int *ret_fd, struct error *err)
{
	return watch(device, false, ret_fd, err);
}

int frames_watch_out(const char *device, int *ret_fd, struct error *err)
{
	return watch(device, true, ret_fd, err);
}

/* Reading the kernel's count sets it to 0. It counts also what found no room in the socket. */
int frames_take(int fd, unsigned *ret_count, struct error *err)
{
	struct tpacket_stats counted = {0};
	socklen_t size = sizeof(counted);

	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &counted, &size) < 0)
		return fail_errno(err, "count the frames that are larger than the MTU");
	*ret_count = counted.tp_packets;
	return 0;
}
