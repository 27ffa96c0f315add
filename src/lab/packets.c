/* SPDX-License-Identifier: MIT */
/* The wire's log of packets, in memory that the wire writes and we read. */
#include "lab/internal.h"

#include "base/fd.h"

#include <sys/mman.h>

void packets_forget(struct lab *lab)
{
	if (lab->packets)
		munmap(lab->packets, lab->packets_bytes);
	lab->packets = NULL;
}

/* Private: numbers of ports are replaced by those of hosts, which the wire need not see. */
static int map_log(struct lab *lab, int fd, size_t room, struct error *err)
{
	size_t bytes = sizeof(struct wire_log) + room * sizeof(struct wire_record);
	void *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

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

static uint16_t host_of(const struct lab *lab, uint16_t port)
{
	for (size_t i = 0; i < lab->count; i++) {
		if (lab->ports[i] == port)
			return (uint16_t)i;
	}
	return UINT16_MAX;
}

int lab_take_packets(struct lab *lab, struct lab_packets *ret_packets, struct error *err)
{
	struct wire_log *log = lab->packets;

	*ret_packets = (struct lab_packets){.was_recorded = log != NULL};
	if (!log)
		return 0;
	if (wire_log_to(lab->wire, -1, 0, err))
		return emulated_blame(lab, err);
	for (uint64_t i = 0; i < log->written; i++) {
		log->records[i].in_port = host_of(lab, log->records[i].in_port);
		log->records[i].out_port = host_of(lab, log->records[i].out_port);
	}
	ret_packets->list = log->records;
	ret_packets->count = log->written;
	ret_packets->missed = log->missed;
	return 0;
}
