/* SPDX-License-Identifier: MIT */
/* How often each host of an idle mesh sends something to each other one, by the wire's record. */
#include "workload/mesh/mesh.h"

#include "base/json.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>

/* Packets of one direction that follow one another within this are one exchange. */
static const double EXCHANGE_S = 0.1;

enum {
	/* No datagram is as short, so it is ARP, which is the hosts' and not the VPN's. */
	ARP_BYTES = 42
};

/* One direction of a pair of hosts, packet by packet. */
struct talk {
	double packets, bytes, last_s, exchange_s, longest_gap_s;
	double *intervals_s;
	size_t exchanges;
};

static void hear(struct talk *talk, double at_s, double bytes, double packets)
{
	talk->packets += packets;
	talk->bytes += bytes;
	talk->longest_gap_s = fmax(talk->longest_gap_s, at_s - talk->last_s);
	if (talk->exchanges == 0 || at_s - talk->last_s > EXCHANGE_S) {
		if (talk->exchanges)
			talk->intervals_s[talk->exchanges - 1] = at_s - talk->exchange_s;
		talk->exchange_s = at_s;
		talk->exchanges++;
	}
	talk->last_s = at_s;
}

/* [at_s, from, to, bytes, packets] with hosts by number; lost packets have no `to`. */
static void listen_to(const json_t *packets, double from, double to, struct talk *talk)
{
	json_t *packet;
	size_t i;

	json_array_foreach (packets, i, packet) {
		const json_t *target = json_array_get(packet, 2);
		double bytes = json_number_value(json_array_get(packet, 3));

		if (bytes > ARP_BYTES && json_is_number(target) &&
			json_number_value(target) == to &&
			json_number_value(json_array_get(packet, 1)) == from)
			hear(talk, json_number_value(json_array_get(packet, 0)), bytes,
				json_number_value(json_array_get(packet, 4)));
	}
}

/* Before the first packet and behind the last one it is quiet for at least as long as was seen. */
static json_t *describe_pair(const json_t *idle, size_t from, size_t to)
{
	const json_t *hosts = json_object_get(idle, "hosts");
	const json_t *packets = json_object_get(idle, "packets");
	struct talk talk = {
		.intervals_s = calloc(json_array_size(packets) + 1, sizeof(*talk.intervals_s))};
	double interval_s, longest_s;

	if (!talk.intervals_s)
		abort();
	listen_to(packets, (double)from, (double)to, &talk);
	interval_s = talk.exchanges > 1 ? stats_median(talk.intervals_s, talk.exchanges - 1) : NAN;
	longest_s = fmax(talk.longest_gap_s, json_number_at(idle, "/seconds", NAN) - talk.last_s);
	free(talk.intervals_s);
	return json_make("{s:s, s:s, s:f, s:f, s:I, s:o, s:o}", "from",
		mesh_text(json_array_get(hosts, from), "host"), "to",
		mesh_text(json_array_get(hosts, to), "host"), "packets", talk.packets, "bytes",
		talk.bytes, "exchanges", (json_int_t)talk.exchanges, "keepalive_s",
		mesh_number(interval_s), "longest_gap_s",
		mesh_number(talk.exchanges ? longest_s : NAN));
}

json_t *mesh_describe_talk(const json_t *idle)
{
	size_t count = json_array_size(json_object_get(idle, "hosts"));
	json_t *pairs;

	if (!json_is_array(json_object_get(idle, "packets")))
		return json_null();
	pairs = json_array();
	for (size_t i = 0; i < count * count; i++) {
		if (i / count != i % count)
			json_array_append_new(pairs, describe_pair(idle, i / count, i % count));
	}
	return pairs;
}
