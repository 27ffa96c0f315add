/* SPDX-License-Identifier: MIT */
/*
 * Any packets, through any NAT: nothing is read or written beyond them, what is dropped is not
 * changed, what passes keeps the sum of its header, and tables hold no more than their room.
 */
#include "input.h"
#include "nat/nat.h"

#include <stdlib.h>
#include <string.h>

enum {
	ROOM = 16
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct nat_params any_params(struct input *in)
{
	struct nat_params params = {.external = {0xcb007101, 0xcb007102}};
	unsigned modes = take(in), ports = take(in), rules = take(in);

	params.external_count = modes % 4;
	params.mapping = (enum nat_scope)(modes >> 2 & 3);
	params.filtering = (enum nat_scope)(modes >> 4 & 3);
	params.shares_ports = modes >> 6 & 1;
	params.hairpins = modes >> 7;
	params.ports = (enum nat_ports)(ports % 5);
	params.is_paired = ports >> 3 & 1;
	params.block_ports = (uint16_t)(ports >> 4);
	params.first_port = params.block_ports ? 1000 : 0;
	params.last_port = params.block_ports ? 1100 : 0;
	params.unsolicited = (enum nat_unsolicited)(rules & 3);
	params.refresh = (enum nat_refresh)(rules >> 2 & 3);
	params.is_tcp_strict = rules >> 4 & 1;
	params.drops_fragments = rules >> 5 & 1;
	params.icmp.is_blocked = rules >> 6 & 1;
	params.udp_rate_bps = rules >> 7 ? 1e6 : 0;
	params.most_sessions = rules >> 7 ? 3 : 0;
	params.stream_after_ns = take(in) * INT64_C(10000000);
	return params;
}

/* A sum over the header, its checksum included, which changes of its fields must not change. */
static unsigned sum_of(const uint8_t *bytes, size_t size)
{
	unsigned sum = 0;

	for (size_t i = 0; i < size; i++)
		sum += i % 2 ? bytes[i] : (unsigned)bytes[i] << 8;
	return sum % 0xffff;
}

static void compare(
	enum nat_verdict verdict, const uint8_t *before, const uint8_t *after, size_t size)
{
	size_t header = size > 0 ? (before[0] & 15U) * 4 : 0;

	if (verdict != NAT_PASSES && verdict != NAT_HAIRPINS) {
		demand(memcmp(before, after, size) == 0);
	} else if (before[0] >> 4 == 6) {
		demand(memcmp(before, after, size) == 0);
	} else {
		demand(memcmp(before, after, 10) == 0);
		demand(sum_of(before, header) == sum_of(after, header));
	}
}

static void send_packet(struct nat *nat, struct input *in, int64_t now_ns)
{
	unsigned how = take(in);
	size_t size = take(in) << 1 | how >> 7, given = in->size < size ? in->size : size;
	uint8_t *before = calloc(1, size + 1),
		*after = malloc(size); /* exactly, for the sanitizer */
	struct nat_packet packet = {.bytes = after,
		.size = (uint32_t)size,
		.checksum_start = how & 2 ? 20 + (how & 4) : 0};
	enum nat_verdict verdict;

	demand(before && (after || size == 0));
	memcpy(before, in->data, given);
	in->data += given;
	in->size -= given;
	memcpy(after, before, size);
	verdict = nat_pass(nat, how & 1 ? NAT_INBOUND : NAT_OUTBOUND, &packet, now_ns);
	demand(verdict < NAT_VERDICTS);
	compare(verdict, before, after, size);
	free(before);
	free(after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(nat_freep) struct nat *nat = NULL;
	struct input in = {data, size};
	struct error err = {0};
	int64_t now_ns = 0;

	demand(nat_new(&(struct nat_key){.seed = 1}, ROOM, &nat, &err) == 0);
	while (in.size > 0) {
		unsigned what = take(&in);
		struct nat_params params;

		now_ns += (what & 15) * INT64_C(700000000);
		if (what >= 0xf0) {
			params = any_params(&in);
			(void)!nat_set(nat, &params, &err);
		} else if (what >= 0xe8) {
			nat_flush(nat);
		} else {
			send_packet(nat, &in, now_ns);
		}
		demand(nat_totals(nat).sessions <= ROOM);
		demand(nat_totals(nat).mappings <= nat_totals(nat).sessions);
	}
	return 0;
}
