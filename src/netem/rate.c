/* SPDX-License-Identifier: MIT */
/* A serialiser with a finite buffer, in virtual time: departures are known at arrival. */
#include "netem/internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int64_t rate_wire_bytes(const struct netem_params *params, uint32_t length)
{
	int64_t bytes = (int64_t)length + params->overhead_bytes;

	if (bytes < 1)
		bytes = 1;
	if (params->cell_bytes > 0) {
		int64_t cells = (bytes + params->cell_bytes - 1) / params->cell_bytes;

		bytes = cells * ((int64_t)params->cell_bytes + params->cell_overhead_bytes);
	}
	return bytes;
}

int64_t rate_time_ns(int64_t bytes, double rate_bps)
{
	return (int64_t)((double)bytes * 8e9 / rate_bps);
}

int serialiser_reserve(struct serialiser *line, uint32_t packets, struct error *err)
{
	struct departure *ring;
	uint32_t size = 64;

	while (size < packets)
		size *= 2;
	if (size <= line->ring_size)
		return 0;
	ring = calloc(size, sizeof(*ring));
	if (!ring)
		return fail_errno(err, "reserve a bottleneck of %u packets", packets);
	for (uint32_t i = 0; i < line->count; i++)
		ring[i] = line->ring[(line->first + i) & (line->ring_size - 1)];
	free(line->ring);
	line->ring = ring;
	line->ring_size = size;
	line->first = 0;
	return 0;
}

void serialiser_done(struct serialiser *line)
{
	free(line->ring);
	*line = (struct serialiser){0};
}

/* What has departed by now makes room. */
static void serialiser_forget(struct serialiser *line, int64_t now_ns)
{
	while (line->count > 0 && line->ring[line->first].at_ns <= now_ns) {
		line->bytes -= line->ring[line->first].bytes;
		line->first = (line->first + 1) & (line->ring_size - 1);
		line->count--;
	}
}

bool serialiser_has_room(struct serialiser *line, const struct netem_params *params,
	uint64_t buffer_bytes, int64_t now_ns, uint32_t length)
{
	serialiser_forget(line, now_ns);
	if (line->count >= line->ring_size)
		return false;
	if (params->limit_packets > 0)
		return line->count < params->limit_packets;
	return line->bytes + length <= buffer_bytes;
}

void serialiser_note(struct serialiser *line, int64_t departs_ns, uint32_t length)
{
	uint32_t at = (line->first + line->count) & (line->ring_size - 1);

	line->ring[at] = (struct departure){.at_ns = departs_ns, .bytes = length};
	line->count++;
	line->bytes += length;
}
