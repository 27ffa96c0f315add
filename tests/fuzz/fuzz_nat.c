/* SPDX-License-Identifier: MIT */
/*
 * Any packets, through any NAT: nothing is read or written beyond them, what is dropped is not
 * changed, what passes keeps the sum of its header, and tables hold no more than their room. What a
 * NAT64 writes is a whole packet of the other family, and as right or wrong as the one that came.
 */
#include "input.h"
#include "nat/nat64.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>

enum {
	ROOM = 16,
	IPV4_SIZE = 20,
	IPV6_SIZE = 40
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
	params.is_nat64 = ports >> 2 & 1;
	params.hairpins = modes >> 7 && !params.is_nat64;
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

static unsigned word_at(const uint8_t *at)
{
	return (unsigned)at[0] << 8 | at[1];
}

/* A packet as far as its sums need it; nothing to compare where `transport` is 0. */
struct sums {
	size_t transport; /* where a whole packet of TCP, UDP or ICMP has it */
	uint8_t protocol; /* ICMP of both families as that of IPv4 */
	bool has_sum, is_error;
	unsigned sum; /* of all that the checksum covers; 0: it is right */
};

/* The pseudo-header, which ICMP of IPv4 does not have. */
static unsigned pseudo_sum_of(const uint8_t *bytes, uint8_t protocol, size_t size)
{
	bool is_ipv6 = bytes[0] >> 4 == 6;

	if (!is_ipv6 && protocol == IPPROTO_ICMP)
		return 0;
	return sum_of(bytes + (is_ipv6 ? 8 : 12), is_ipv6 ? 32 : 8) + (unsigned)size + protocol;
}

static void read_kind(const uint8_t *bytes, bool is_ipv6, struct sums *sums)
{
	const uint8_t *at = bytes + sums->transport;
	uint8_t last = is_ipv6 ? ICMP6_PARAM_PROB : ICMP_PARAMETERPROB;
	uint8_t reply = is_ipv6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY;
	uint8_t request = is_ipv6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO;

	sums->has_sum = sums->protocol != IPPROTO_UDP || word_at(at + 6) != 0;
	sums->is_error = sums->protocol == IPPROTO_ICMP && at[0] <= last && at[0] != reply &&
			 at[0] != request;
}

static struct sums sums_of(const uint8_t *bytes, size_t size)
{
	bool is_ipv6 = bytes[0] >> 4 == 6;
	size_t header = is_ipv6 ? IPV6_SIZE : (bytes[0] & 15U) * 4;
	size_t total = is_ipv6 ? IPV6_SIZE + word_at(bytes + 4) : word_at(bytes + 2);
	uint8_t protocol = bytes[is_ipv6 ? 6 : 9];
	struct sums sums = {.transport = header, .protocol = protocol};

	if (is_ipv6 && protocol == IPPROTO_ICMPV6)
		sums.protocol = IPPROTO_ICMP;
	if ((!is_ipv6 && word_at(bytes + 6) & 0x3fff) || total > size || total < header + 8 ||
		(protocol == IPPROTO_TCP && total < header + 20) ||
		(sums.protocol != IPPROTO_TCP && sums.protocol != IPPROTO_UDP &&
			sums.protocol != IPPROTO_ICMP))
		return (struct sums){0};
	read_kind(bytes, is_ipv6, &sums);
	sums.sum = (sum_of(bytes + header, total - header) +
			   pseudo_sum_of(bytes, protocol, total - header)) %
		   0xffff;
	return sums;
}

static void compare_sums(const struct sums *came, const struct sums *left)
{
	if (came->transport == 0 || left->transport == 0)
		return;
	demand(came->protocol == left->protocol && came->is_error == left->is_error);
	if (came->is_error)
		demand(left->sum == 0);
	else if (came->has_sum)
		demand(left->sum == came->sum);
	else /* IPv6 must have one */
		demand(left->sum == 0 || !left->has_sum);
}

/* A packet that passed, and what it became. */
static void compare_families(
	const uint8_t *came, size_t came_size, const uint8_t *left, size_t left_size)
{
	bool was_ipv6 = came[0] >> 4 == 6;
	struct sums before = sums_of(came, came_size), after;

	demand(left_size <= came_size + NAT64_MOST_MORE);
	demand(left_size >= (was_ipv6 ? IPV4_SIZE : IPV6_SIZE));
	demand(left[0] >> 4 == (was_ipv6 ? 4 : 6));
	if (was_ipv6) {
		demand(word_at(left + 2) == left_size && sum_of(left, IPV4_SIZE) == 0);
		demand(word_at(left + 12) == 0xcb00 && memcmp(left + 16, came + 36, 4) == 0);
	} else {
		demand(word_at(left + 4) + IPV6_SIZE == left_size);
		demand(memcmp(left + 20, came + 12, 4) == 0 && word_at(left + 8) == 0x64);
	}
	after = sums_of(left, left_size);
	compare_sums(&before, &after);
}

/* `came` is what `packet` was before. */
static void send_nat64(struct nat *nat, const struct nat_packet *packet, const uint8_t *came,
	enum nat_direction direction, int64_t now_ns)
{
	uint8_t *bytes = malloc(packet->size + NAT64_MOST_MORE); /* exactly, as well */
	struct nat64_room room = {.bytes = bytes, .mtu_ipv6 = 1500, .mtu_ipv4 = 1500};
	enum nat_verdict verdict;

	demand(bytes != NULL);
	verdict = nat64_pass(nat, direction, packet, now_ns, &room);
	demand(verdict < NAT_VERDICTS && verdict != NAT_HAIRPINS);
	demand(memcmp(packet->bytes, came, packet->size) == 0);
	if (verdict == NAT_PASSES)
		compare_families(came, packet->size, bytes, room.size);
	free(bytes);
}

static void send_packet(struct nat *nat, bool is_nat64, struct input *in, int64_t now_ns)
{
	unsigned how = take(in);
	size_t size = take(in) << 1 | how >> 7, given = in->size < size ? in->size : size;
	uint8_t *before = calloc(1, size + 1),
		*after = malloc(size); /* exactly, for the sanitizer */
	struct nat_packet packet = {.bytes = after,
		.size = (uint32_t)size,
		.checksum_start = how & 2 ? 20 + (how & 4) : 0};
	enum nat_direction direction = how & 1 ? NAT_INBOUND : NAT_OUTBOUND;
	enum nat_verdict verdict;

	demand(before && (after || size == 0));
	memcpy(before, in->data, given);
	in->data += given;
	in->size -= given;
	memcpy(after, before, size);
	if (is_nat64)
		send_nat64(nat, &packet, before, direction, now_ns);
	verdict = nat_pass(nat, direction, &packet, now_ns);
	demand(verdict < NAT_VERDICTS && (!is_nat64 || verdict == NAT_UNSUPPORTED));
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
	bool is_nat64 = false;

	demand(nat_new(&(struct nat_key){.seed = 1}, ROOM, &nat, &err) == 0);
	while (in.size > 0) {
		unsigned what = take(&in);
		struct nat_params params;

		now_ns += (what & 15) * INT64_C(700000000);
		if (what >= 0xf0) {
			params = any_params(&in);
			if (nat_set(nat, &params, &err) == 0)
				is_nat64 = params.is_nat64;
		} else if (what >= 0xe8) {
			nat_flush(nat);
		} else {
			send_packet(nat, is_nat64, &in, now_ns);
		}
		demand(nat_totals(nat).sessions <= ROOM);
		demand(nat_totals(nat).mappings <= nat_totals(nat).sessions);
	}
	return 0;
}
