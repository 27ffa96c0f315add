/* SPDX-License-Identifier: MIT */
/* Finds the fields of unknown headers that stay or count, and when they change for good. */
#include "programs/marker/headers.h"

#include "base/clock.h"
#include "base/json.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum {
	KEPT_BYTES = 32,
	WINDOW_BYTES = 4,
	WINDOWS = KEPT_BYTES - WINDOW_BYTES + 1,
	MOST_FLOWS = 8,
	MOST_PACKETS = 1 << 17, /* of a flow */
	MOST_MOMENTS = 64,
	LEAST_PACKETS = 100,
	LONGEST_STEP = 64, /* of a field that counts, between two packets */
	BYTE = 256, /* the lowest byte of a number in the other order wraps, and that is nothing */
	KEY_BYTES = 2 * 16 + 4,
	TYPE_IPV4 = 4,
	TYPE_IPV6 = 6
};

/* A value stays if it is there for so long; what is shorter is a packet on its own. */
static const int64_t STAY_NS = 10 * NS_PER_S;
/* Changes of several fields within this time are one moment. */
static const double MOMENT_S = 0.5;

struct header {
	int64_t at_ns;
	uint8_t bytes[KEPT_BYTES]; /* of what UDP carries */
};

struct flow {
	bool is_outgoing;
	uint8_t key[KEY_BYTES]; /* addresses and ports */
	struct header *list;
	size_t count, room;
};

struct headers {
	size_t least_bytes;
	struct flow flows[MOST_FLOWS];
	size_t flow_count;
};

/* Moments in order, each once. */
struct moments {
	double list[MOST_MOMENTS];
	size_t count;
};

/* What is known of a flow. */
struct habits {
	bool stays, counts;
	size_t steps; /* of the field that counts best, whose restarts these are */
	struct moments jumps, restarts;
};

struct headers *headers_new(size_t least_bytes)
{
	struct headers *headers = calloc(1, sizeof(*headers));

	if (!headers)
		abort();
	headers->least_bytes = least_bytes > KEPT_BYTES ? least_bytes : KEPT_BYTES;
	return headers;
}

void headers_free(struct headers *headers)
{
	for (size_t i = 0; headers && i < headers->flow_count; i++)
		free(headers->flows[i].list);
	free(headers);
}

void headers_freep(struct headers **headers)
{
	headers_free(*headers);
	*headers = NULL;
}

/* The UDP header of a whole packet or of a first fragment; NULL: it has none. */
static const uint8_t *find_udp(const uint8_t *ip, size_t size, uint8_t key[KEY_BYTES])
{
	size_t head = size > 0 && ip[0] >> 4 == TYPE_IPV4 ? (size_t)(ip[0] & 15) * 4 : 40;
	bool is_ipv4 = size >= 20 && ip[0] >> 4 == TYPE_IPV4;
	bool is_udp = is_ipv4 ? ip[9] == IPPROTO_UDP && !(ip[6] & 0x1f) && !ip[7]
			      : size >= 40 && ip[0] >> 4 == TYPE_IPV6 && ip[6] == IPPROTO_UDP;

	if (!is_udp || size < head + 8)
		return NULL;
	memset(key, 0, KEY_BYTES);
	memcpy(key, is_ipv4 ? ip + 12 : ip + 8, is_ipv4 ? 8 : 32);
	memcpy(key + 32, ip + head, 4);
	return ip + head;
}

static struct flow *find_flow(struct headers *headers, const uint8_t key[KEY_BYTES], bool is_out)
{
	for (size_t i = 0; i < headers->flow_count; i++) {
		if (headers->flows[i].is_outgoing == is_out &&
			memcmp(headers->flows[i].key, key, KEY_BYTES) == 0)
			return &headers->flows[i];
	}
	if (headers->flow_count == MOST_FLOWS)
		return NULL;
	headers->flows[headers->flow_count] = (struct flow){.is_outgoing = is_out};
	memcpy(headers->flows[headers->flow_count].key, key, KEY_BYTES);
	return &headers->flows[headers->flow_count++];
}

static struct header *add_header(struct flow *flow)
{
	if (flow->count == flow->room) {
		flow->room = flow->room ? 2 * flow->room : 256;
		flow->list = realloc(flow->list, flow->room * sizeof(*flow->list));
		if (!flow->list)
			abort();
	}
	return &flow->list[flow->count++];
}

void headers_add(
	struct headers *headers, const uint8_t *ip, size_t size, int64_t at_ns, bool is_outgoing)
{
	uint8_t key[KEY_BYTES];
	const uint8_t *udp = find_udp(ip, size, key);
	struct header *header;
	struct flow *flow;

	if (!udp || size - (size_t)(udp + 8 - ip) < headers->least_bytes)
		return;
	flow = find_flow(headers, key, is_outgoing);
	if (!flow || flow->count == MOST_PACKETS)
		return;
	header = add_header(flow);
	header->at_ns = at_ns;
	memcpy(header->bytes, udp + 8, KEPT_BYTES);
}

static uint32_t value_at(const struct flow *flow, size_t i, size_t window, bool is_little)
{
	const uint8_t *at = flow->list[i].bytes + window;

	return is_little ? (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 |
				   at[0]
			 : (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 |
				   at[3];
}

/* In order; what is near another one is the same moment. */
static void add_moment(struct moments *moments, double at_s)
{
	size_t i = moments->count;

	for (size_t k = 0; k < moments->count; k++) {
		if (at_s > moments->list[k] - MOMENT_S && at_s < moments->list[k] + MOMENT_S)
			return;
	}
	if (moments->count == MOST_MOMENTS)
		return;
	for (; i > 0 && moments->list[i - 1] > at_s; i--)
		moments->list[i] = moments->list[i - 1];
	moments->list[i] = at_s;
	moments->count++;
}

/* The upper part of a number that counts stays long, too, and then grows by one. */
static bool is_carry(const struct flow *flow, size_t from, size_t to, size_t window)
{
	return value_at(flow, to, window, false) - value_at(flow, from, window, false) == 1 ||
	       value_at(flow, to, window, true) - value_at(flow, from, window, true) == 1;
}

/* One past the last packet with the value of packet `i`. */
static size_t run_end(const struct flow *flow, size_t i, size_t window)
{
	size_t end = i + 1;

	while (end < flow->count && memcmp(flow->list[end].bytes + window,
					    flow->list[i].bytes + window, WINDOW_BYTES) == 0)
		end++;
	return end;
}

static void merge(struct moments *into, const struct moments *found)
{
	for (size_t i = 0; i < found->count; i++)
		add_moment(into, found->list[i]);
}

/* A field that nearly always has a value which stays. */
static void look_for_jumps(
	const struct flow *flow, size_t window, int64_t zero_ns, struct habits *habits)
{
	struct moments found = {0};
	size_t staying = 0, before = flow->count;

	for (size_t i = 0, end; i < flow->count; i = end) {
		end = run_end(flow, i, window);
		if (flow->list[end - 1].at_ns - flow->list[i].at_ns < STAY_NS)
			continue;
		staying += end - i;
		if (before < flow->count &&
			value_at(flow, before, window, false) != value_at(flow, i, window, false) &&
			!is_carry(flow, before, i, window))
			add_moment(&found, (double)(flow->list[i].at_ns - zero_ns) / 1e9);
		before = i;
	}
	if (20 * staying < 19 * flow->count)
		return;
	habits->stays = true;
	merge(&habits->jumps, &found);
}

/* A field that grows by little from packet to packet nearly always. Others may have its lowest byte
 * and a part of something else, and break off when that byte wraps: the best one is it. */
static void look_for_restarts(const struct flow *flow, size_t window, bool is_little,
	int64_t zero_ns, struct habits *habits)
{
	struct moments found = {0};
	size_t steps = 0;

	for (size_t i = 1; i < flow->count; i++) {
		uint32_t step = value_at(flow, i, window, is_little) -
				value_at(flow, i - 1, window, is_little);

		if (step >= 1 && step <= LONGEST_STEP)
			steps++;
		else if (step > BYTE && step < UINT32_MAX - BYTE)
			add_moment(&found, (double)(flow->list[i].at_ns - zero_ns) / 1e9);
	}
	if (20 * steps < 19 * (flow->count - 1) || steps <= habits->steps)
		return;
	habits->counts = true;
	habits->steps = steps;
	habits->restarts = found;
}

static struct habits habits_of(const struct flow *flow, int64_t zero_ns)
{
	struct habits habits = {0};

	if (flow->count < LEAST_PACKETS)
		return habits;
	for (size_t window = 0; window < WINDOWS; window++) {
		look_for_jumps(flow, window, zero_ns, &habits);
		look_for_restarts(flow, window, false, zero_ns, &habits);
		look_for_restarts(flow, window, true, zero_ns, &habits);
	}
	return habits;
}

static json_t *moments_json(const struct moments *moments)
{
	json_t *list = json_array();

	for (size_t i = 0; i < moments->count; i++)
		json_array_append_new(list, json_real(moments->list[i]));
	return list;
}

static json_t *flow_json(const struct flow *flow, int64_t zero_ns)
{
	struct habits habits = habits_of(flow, zero_ns);

	return json_make("{s:b, s:I, s:b, s:b, s:o, s:o}", "out", flow->is_outgoing, "packets",
		(json_int_t)flow->count, "stays", habits.stays, "counts", habits.counts, "jumps",
		moments_json(&habits.jumps), "restarts", moments_json(&habits.restarts));
}

/* The next flow after `before` of those with most packets; NULL: none. */
static const struct flow *next_flow(const struct headers *headers, const struct flow *before)
{
	const struct flow *next = NULL;

	for (const struct flow *f = headers->flows; f < headers->flows + headers->flow_count; f++) {
		bool is_left = !before || f->count < before->count ||
			       (f->count == before->count && f > before);

		if (is_left && (!next || f->count > next->count))
			next = f;
	}
	return next;
}

json_t *headers_json(const struct headers *headers)
{
	int64_t first_ns = INT64_MAX, last_ns = INT64_MIN;
	json_t *flows = json_array();

	for (size_t i = 0; i < headers->flow_count; i++) {
		const struct flow *flow = &headers->flows[i];

		if (flow->list[0].at_ns < first_ns)
			first_ns = flow->list[0].at_ns;
		if (flow->list[flow->count - 1].at_ns > last_ns)
			last_ns = flow->list[flow->count - 1].at_ns;
	}
	for (const struct flow *f = next_flow(headers, NULL); f; f = next_flow(headers, f))
		json_array_append_new(flows, flow_json(f, first_ns));
	return json_make("{s:f, s:o}", "seconds",
		headers->flow_count ? (double)(last_ns - first_ns) / 1e9 : 0.0, "flows", flows);
}
