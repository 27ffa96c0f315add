/* SPDX-License-Identifier: MIT */
/* The wire's log of packets, in memory that the wire writes and we read. */
#include "lab/internal.h"

#include "base/fd.h"

#include <stdlib.h>
#include <sys/mman.h>

void packets_forget(struct lab *lab)
{
	if (lab->packets)
		munmap(lab->packets, lab->packets_bytes);
	lab->packets = NULL;
	free(lab->seen_packets);
	lab->seen_packets = NULL;
}

static int map_log(struct lab *lab, int fd, size_t room, struct error *err)
{
	size_t bytes = sizeof(struct wire_log) + room * sizeof(struct wire_record);
	void *map = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		return fail_errno(err, "map the log of packets");
	lab->packets = map;
	lab->packets_bytes = bytes;
	return 0;
}

int lab_record_packets(struct lab *lab, size_t room, struct error *err)
{
	AUTO(fd_closep) int fd = -1;

	packets_forget(lab);
	if (!lab->wire)
		return 0;
	fd = memfd_create("packets", MFD_CLOEXEC);
	if (fd < 0)
		return fail_errno(err, "make a log of packets");
	if (wire_log_to(lab->wire, fd, room, err))
		return emulated_blame(lab, err);
	return map_log(lab, fd, room, err);
}

static uint16_t face_of(const struct lab *lab, size_t site, enum router_side side)
{
	return (uint16_t)(lab->count + ROUTER_SIDES * site + side);
}

uint16_t lab_edge(const struct lab *lab, size_t host)
{
	size_t site = lab->nodes[host].site;

	if (!lab->topology || site == TOPOLOGY_PUBLIC)
		return (uint16_t)host;
	return face_of(lab, topology_outermost(lab->topology, site), ROUTER_OUTSIDE);
}

/* The owner of a wire's port: a host, a router's face, or nobody now. */
static uint16_t owner_of(const struct lab *lab, uint16_t port)
{
	for (size_t i = 0; i < lab->count; i++) {
		if (lab->ports[i] == port)
			return (uint16_t)i;
	}
	for (size_t i = 0; lab->topology && i < lab->topology->site_count; i++) {
		for (int side = 0; side < ROUTER_SIDES; side++) {
			if (lab->sites[i].router.ports[side] == port)
				return face_of(lab, i, (enum router_side)side);
		}
	}
	return LAB_NOBODY;
}

/* A copy with owners in place of ports, which the wire's own log must not have. */
static void copy_records(struct lab *lab, size_t from, size_t to)
{
	const struct wire_log *log = lab->packets;

	free(lab->seen_packets);
	lab->seen_packets = calloc(to - from + 1, sizeof(*lab->seen_packets));
	if (!lab->seen_packets)
		abort();
	for (size_t i = from; i < to; i++) {
		struct wire_record *seen = &lab->seen_packets[i - from];

		*seen = log->records[i];
		seen->in_port = owner_of(lab, seen->in_port);
		seen->out_port = owner_of(lab, seen->out_port);
	}
}

struct lab_packets lab_look_at_packets(struct lab *lab, size_t from)
{
	const struct wire_log *log = lab->packets;
	size_t written;

	if (!log)
		return (struct lab_packets){0};
	written = __atomic_load_n(&log->written, __ATOMIC_ACQUIRE);
	copy_records(lab, from < written ? from : written, written);
	return (struct lab_packets){.list = lab->seen_packets,
		.count = from < written ? written - from : 0,
		.missed = log->missed,
		.was_recorded = true};
}

int lab_take_packets(struct lab *lab, struct lab_packets *ret_packets, struct error *err)
{
	*ret_packets = (struct lab_packets){0};
	if (!lab->packets)
		return 0;
	if (wire_log_to(lab->wire, -1, 0, err))
		return emulated_blame(lab, err);
	*ret_packets = lab_look_at_packets(lab, 0);
	return 0;
}
