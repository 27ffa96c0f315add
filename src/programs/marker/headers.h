/* SPDX-License-Identifier: MIT */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How the headers of what carries marks change over time, learned without knowing any protocol:
 * where a field stays the same for long and then jumps, and where one counts and then begins
 * again. Such a moment may be a change of keys. Pure.
 */
struct headers;

/* Looks at UDP packets that carry at least so many bytes. Abnormal end without memory. */
struct headers *headers_new(size_t least_bytes);
void headers_free(struct headers *headers);
void headers_freep(struct headers **headers);
/* An IP packet, seen then on its way out of this host or into it. */
void headers_add(
	struct headers *headers, const uint8_t *ip, size_t size, int64_t at_ns, bool is_outgoing);
/*
 * {seconds, flows: [{out, packets, stays, counts, jumps: [s...], restarts: [s...]}]}, the flows
 * with most packets first: whether any field stays or counts, and the moments, in seconds since the
 * first packet of all, when one that stayed jumped and one that counted did not go on.
 */
json_t *headers_json(const struct headers *headers);
