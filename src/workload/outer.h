#pragma once

#include "workload/workload.h"

/*
 * What the wire did to the packets that carried a stream of probes: RFC 4737 and 5236 of the VPN's
 * own packets, from the wire's log, with the keys of probe_json(). A time and a count find them:
 * of all flows that sent at least half of `sent` packets between these times it is the one with
 * the largest packets, since a VPN adds to what it carries. NULL when the log has none. New value.
 */
json_t *outer_measure(const struct workload_case *c, int64_t from_ns, int64_t to_ns, double sent);
