/* SPDX-License-Identifier: MIT */
/*
 * Proof that netem meets single packets, and how many do not pass the line of engine bridge singly:
 * a socket on every port of the bridge counts the frames that are larger than the MTU. Its filter
 * runs in the kernel and keeps none of them.
 */
#include "lab/internal.h"

#include "base/fd.h"
#include "base/json.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/socket.h>

/* Of a frame that is too large one byte is kept, of any other nothing. */
static int attach_filter(int fd, struct error *err)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, LAB_MTU + ETH_HLEN, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = {ARRAY_SIZE(code), code};

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0)
		return fail_errno(err, "filter a packet socket by length");
	return 0;
}

/* Only what a host sends: what leaves towards it was counted when it came in elsewhere. */
static int ignore_outgoing(int fd, struct error *err)
{
	const int yes = 1;

	if (setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes)) < 0)
		return fail_errno(err, "make a packet socket ignore what leaves");
	return 0;
}

/* Bound last: until then no packet reaches the socket, and none passes the filter by. */
static int open_counter(const char *device, int *ret_fd, struct error *err)
{
	AUTO(fd_closep) int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(device)};

	if (fd < 0)
		return fail_errno(err, "make a packet socket");
	if (attach_filter(fd, err) || ignore_outgoing(fd, err))
		return -1;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return fail_errno(err, "bind a packet socket to %s", device);
	*ret_fd = fd_take(&fd);
	return 0;
}

int oversize_watch(struct lab *lab, size_t first, size_t count, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct inside *list = arena_alloc(arena, struct inside, count);

	for (size_t i = 0; i < count; i++)
		list[i] = (struct inside){.host = lab->bridge,
			.name = lab->nodes[first + i].name,
			.device = arena_printf(arena, "port%zu", first + i),
			.open = open_counter};
	return inside_open(list, count, lab->oversize_fds + first, err);
}

/* Reading the kernel's count sets it to 0. It counts also what found no room in the socket. */
static int take_count(int fd, unsigned *ret_count, struct error *err)
{
	struct tpacket_stats counted = {0};
	socklen_t size = sizeof(counted);

	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &counted, &size) < 0)
		return fail_errno(err, "count the frames that are larger than the MTU");
	*ret_count = counted.tp_packets;
	return 0;
}

int oversize_restart(struct lab *lab, struct error *err)
{
	unsigned ignored;

	for (size_t i = 0; i < lab->count; i++) {
		if (take_count(lab->oversize_fds[i], &ignored, err))
			return -1;
	}
	return 0;
}

int oversize_report(struct lab *lab, json_t **ret_report, struct error *err)
{
	/* tbf charges every packet of such a frame, so a line only carries them closer together. */
	bool may_come = lab->engine != LAB_ENGINE_NETEM;
	json_auto_t *ports = json_array();
	const char *worst_host = "";
	char reason[200];
	unsigned worst = 0;

	for (size_t i = 0; i < lab->count; i++) {
		unsigned count = 0;

		if (take_count(lab->oversize_fds[i], &count, err))
			return -1;
		json_array_append_new(ports, json_make("{s:s, s:I}", "host", lab->nodes[i].name,
						     "oversized_frames", (json_int_t)count));
		if (count > worst && !may_come) {
			worst = count;
			worst_host = lab->nodes[i].name;
		}
	}
	snprintf(reason, sizeof(reason),
		"netem decided once for several packets: host %s sent %u frame%s larger than the MTU of %d bytes",
		worst_host, worst, worst == 1 ? "" : "s", LAB_MTU);
	*ret_report = json_make("{s:b, s:s?, s:O}", "was_good", worst == 0, "reason",
		worst ? reason : NULL, "ports", ports);
	return 0;
}
