/* SPDX-License-Identifier: MIT */
#pragma once

#include "workload/workload.h"

/* What to look for in the log. */
struct outer_stream {
	int64_t from_ns, to_ns;
	double packets;       /* that were sent */
	double payload_bytes; /* of each */
	bool has_outside; /* as many went outside the tunnel at the same ticks, after those in it */
};

/*
 * What the wire did to the packets that carried a stream of probes: RFC 4737 and 5236 of the VPN's
 * own packets, from the wire's log, with the keys of packets_json(). A time, a count and a size
 * find them: of all flows with at least a quarter as many packets it is the one with the largest,
 * since a VPN adds to what it carries; but not the stream outside it. NULL when the log has none.
 * New value.
 */
json_t *outer_measure(const struct workload_case *c, const struct outer_stream *stream);
