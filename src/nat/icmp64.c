/* SPDX-License-Identifier: MIT */
/* Types, codes, pointers and MTUs of ICMP in the other family (RFC 7915, sections 4.2 and 5.2). */
#include "nat/internal64.h"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

enum {
	NO_POINTER = 0xff,
	UNKNOWN_PROTOCOL_AT = 6, /* the next header of IPv6 */
	PRECEDENCE_CUTOFF = 15
};

/* The largest MTU of old networks below a size (RFC 1191, section 7.1). */
static uint32_t plateau_below(uint32_t size)
{
	static const uint16_t plateaus[] = {
		65535, 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296};

	for (size_t i = 0; i < ARRAY_SIZE(plateaus); i++) {
		if (plateaus[i] < size)
			return plateaus[i];
	}
	return 68;
}

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Hosts heed no MTU below what IPv6 has anywhere, and what is so small may be cut in IPv4. */
static uint32_t mtu_inside(const struct words64 *from, const struct nat64_room *room)
{
	uint32_t said = from->word & 0xffff;
	uint32_t mtu = (said ? said : plateau_below(from->quoted_size)) + NAT64_MORE_HEADER;

	mtu = least(mtu, least(room->mtu_ipv6, room->mtu_ipv4 + NAT64_MORE_HEADER));
	return mtu < NAT64_SURE_MTU ? NAT64_SURE_MTU : mtu;
}

static uint32_t mtu_outside(const struct words64 *from, const struct nat64_room *room)
{
	uint32_t said = from->word < NAT64_SURE_MTU ? NAT64_SURE_MTU : from->word;

	return least(said - NAT64_MORE_HEADER,
		least(room->mtu_ipv4, room->mtu_ipv6 - NAT64_MORE_HEADER));
}

static bool unreachable_in_ipv6(
	const struct words64 *from, const struct nat64_room *room, struct words64 *to)
{
	*to = (struct words64){.type = ICMP6_DST_UNREACH, .code = ICMP6_DST_UNREACH_NOROUTE};
	switch (from->code) {
	case ICMP_PROT_UNREACH:
		*to = (struct words64){.type = ICMP6_PARAM_PROB,
			.code = ICMP6_PARAMPROB_NEXTHEADER,
			.word = UNKNOWN_PROTOCOL_AT};
		return true;
	case ICMP_PORT_UNREACH:
		to->code = ICMP6_DST_UNREACH_NOPORT;
		return true;
	case ICMP_FRAG_NEEDED:
		*to = (struct words64){
			.type = ICMP6_PACKET_TOO_BIG, .word = mtu_inside(from, room)};
		return true;
	case ICMP_NET_ANO:
	case ICMP_HOST_ANO:
	case ICMP_PKT_FILTERED:
	case PRECEDENCE_CUTOFF:
		to->code = ICMP6_DST_UNREACH_ADMIN;
		return true;
	case ICMP_PREC_VIOLATION:
		return false;
	default:
		return from->code < PRECEDENCE_CUTOFF;
	}
}

/* Where a field of an IPv4 header is in one of IPv6. */
static uint8_t pointer_in_ipv6(uint32_t pointer)
{
	static const uint8_t at[20] = {0, 1, 4, 4, NO_POINTER, NO_POINTER, NO_POINTER, NO_POINTER,
		7, 6, NO_POINTER, NO_POINTER, 8, 8, 8, 8, 24, 24, 24, 24};

	return pointer < ARRAY_SIZE(at) ? at[pointer] : NO_POINTER;
}

static uint8_t pointer_in_ipv4(uint32_t pointer)
{
	static const uint8_t at[8] = {0, 1, NO_POINTER, NO_POINTER, 2, 2, 9, 8};

	if (pointer < ARRAY_SIZE(at))
		return at[pointer];
	if (pointer < 24)
		return 12;
	return pointer < 40 ? 16 : NO_POINTER;
}

static bool problem_in_ipv6(const struct words64 *from, struct words64 *to)
{
	uint8_t pointer = pointer_in_ipv6(from->word >> 24);

	*to = (struct words64){
		.type = ICMP6_PARAM_PROB, .code = ICMP6_PARAMPROB_HEADER, .word = pointer};
	return (from->code == 0 || from->code == 2) && pointer != NO_POINTER;
}

static bool problem_in_ipv4(const struct words64 *from, struct words64 *to)
{
	uint8_t pointer = pointer_in_ipv4(from->word);

	if (from->code == ICMP6_PARAMPROB_NEXTHEADER) {
		*to = (struct words64){.type = ICMP_DEST_UNREACH, .code = ICMP_PROT_UNREACH};
		return true;
	}
	*to = (struct words64){.type = ICMP_PARAMETERPROB, .word = (uint32_t)pointer << 24};
	return from->code == ICMP6_PARAMPROB_HEADER && pointer != NO_POINTER;
}

static bool unreachable_in_ipv4(const struct words64 *from, struct words64 *to)
{
	static const uint8_t codes[] = {[ICMP6_DST_UNREACH_NOROUTE] = ICMP_HOST_UNREACH,
		[ICMP6_DST_UNREACH_ADMIN] = ICMP_HOST_ANO,
		[ICMP6_DST_UNREACH_BEYONDSCOPE] = ICMP_HOST_UNREACH,
		[ICMP6_DST_UNREACH_ADDR] = ICMP_HOST_UNREACH,
		[ICMP6_DST_UNREACH_NOPORT] = ICMP_PORT_UNREACH};

	if (from->code >= ARRAY_SIZE(codes))
		return false;
	*to = (struct words64){.type = ICMP_DEST_UNREACH, .code = codes[from->code]};
	return true;
}

bool icmp64_to_ipv6(
	const struct words64 *from, const struct nat64_room *room, struct words64 *ret_to)
{
	switch (from->type) {
	case ICMP_DEST_UNREACH:
		return unreachable_in_ipv6(from, room, ret_to);
	case ICMP_TIME_EXCEEDED:
		*ret_to = (struct words64){.type = ICMP6_TIME_EXCEEDED, .code = from->code};
		return true;
	case ICMP_PARAMETERPROB:
		return problem_in_ipv6(from, ret_to);
	default:
		return false;
	}
}

bool icmp64_to_ipv4(
	const struct words64 *from, const struct nat64_room *room, struct words64 *ret_to)
{
	switch (from->type) {
	case ICMP6_DST_UNREACH:
		return unreachable_in_ipv4(from, ret_to);
	case ICMP6_PACKET_TOO_BIG:
		*ret_to = (struct words64){.type = ICMP_DEST_UNREACH,
			.code = ICMP_FRAG_NEEDED,
			.word = mtu_outside(from, room)};
		return true;
	case ICMP6_TIME_EXCEEDED:
		*ret_to = (struct words64){.type = ICMP_TIME_EXCEEDED, .code = from->code};
		return true;
	case ICMP6_PARAM_PROB:
		return problem_in_ipv4(from, ret_to);
	default:
		return false;
	}
}

uint8_t icmp64_query(uint8_t type)
{
	switch (type) {
	case ICMP_ECHO:
		return ICMP6_ECHO_REQUEST;
	case ICMP_ECHOREPLY:
		return ICMP6_ECHO_REPLY;
	case ICMP6_ECHO_REQUEST:
		return ICMP_ECHO;
	default:
		return ICMP_ECHOREPLY;
	}
}
