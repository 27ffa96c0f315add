/* SPDX-License-Identifier: MIT */
/* TAPs: a host's network card, opened inside the host's network namespace. */
#include "wire/internal.h"

#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>

enum {
	/* TUN_F_USO4 and TUN_F_USO6, absent from headers before Linux 6.2 */
	OFFLOAD_USO = 0x20 | 0x40,
	OFFLOAD_ALL = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN
};

int wire_tap_open(const char *name, int *ret_fd, struct error *err)
{
	AUTO(fd_closep) int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
	int header = VNET_SIZE;

	if (fd < 0)
		return fail_errno(err, "open /dev/net/tun for port '%s'", name);
	if (strlen(name) >= sizeof(request.ifr_name))
		return fail(err, ERROR_USAGE, "the port's name '%s' is longer than 15 characters",
			name);
	memcpy(request.ifr_name, name, strlen(name) + 1);
	if (ioctl(fd, TUNSETIFF, &request) < 0)
		return fail_errno(err, "make the TAP '%s'", name);
	if (ioctl(fd, TUNSETVNETHDRSZ, &header) < 0)
		return fail_errno(err, "set the header size of TAP '%s'", name);
	/* Before Linux 6.2 there is no offload for UDP; the kernel then segments by itself. */
	if (ioctl(fd, TUNSETOFFLOAD, OFFLOAD_ALL | OFFLOAD_USO) < 0 &&
		(errno != EINVAL || ioctl(fd, TUNSETOFFLOAD, OFFLOAD_ALL) < 0))
		return fail_errno(err, "set the offloads of TAP '%s'", name);
	*ret_fd = fd_take(&fd);
	return 0;
}
