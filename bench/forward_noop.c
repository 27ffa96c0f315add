/* SPDX-License-Identifier: MIT */
/*
 * The yardstick of the wire: reads frames from one TAP and writes them to another, and does nothing
 * else. Nothing in user space can forward between TAPs with fewer system calls.
 * usage: forward_noop NETNS-FILE TAP NETNS-FILE TAP OFFLOAD; 0 none and no virtio header, 1 all, 2
 * the header and no offload
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
	PORTS = 2,
	BATCH = 64,
	OFFLOADS = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN,
	OFFLOAD_USO = 0x20 | 0x40
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int open_tap(const char *netns, const char *name, int offload)
{
	int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int there = open(netns, O_RDONLY | O_CLOEXEC);
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	int fd;

	if (there < 0 || setns(there, CLONE_NEWNET) < 0)
		die(netns);
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (offload)
		request.ifr_flags |= IFF_VNET_HDR;
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0)
		die(name);
	if (offload == 1 && ioctl(fd, TUNSETOFFLOAD, OFFLOADS | OFFLOAD_USO) < 0 &&
		ioctl(fd, TUNSETOFFLOAD, OFFLOADS) < 0)
		die("offload");
	if (setns(here, CLONE_NEWNET) < 0)
		die("return");
	close(here);
	close(there);
	return fd;
}

int main(int argc, char **argv)
{
	static char frame[70000];
	struct epoll_event events[PORTS];
	int fds[PORTS], epoll_fd = epoll_create1(EPOLL_CLOEXEC);

	if (argc != 6)
		return 2;
	for (int i = 0; i < PORTS; i++) {
		struct epoll_event event = {.events = EPOLLIN, .data.u32 = (unsigned)i};

		fds[i] = open_tap(argv[1 + 2 * i], argv[2 + 2 * i], atoi(argv[5]));
		epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fds[i], &event);
	}
	puts("ready");
	fflush(stdout);
	for (;;) {
		int ready = epoll_wait(epoll_fd, events, PORTS, -1);

		for (int k = 0; k < ready; k++) {
			int from = (int)events[k].data.u32;

			for (int i = 0; i < BATCH; i++) {
				ssize_t n = read(fds[from], frame, sizeof(frame));

				if (n <= 0 || (write(fds[!from], frame, (size_t)n) < 0 &&
						      errno == EBADFD))
					break;
			}
		}
	}
}
