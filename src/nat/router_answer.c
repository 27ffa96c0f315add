/* SPDX-License-Identifier: MIT */
/* What a router says itself: answers to pings, and errors about packets that it cannot forward. */
#include "nat/router_internal.h"

#include "nat/bytes.h"
#include "nat/checksum.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>

enum {
	ICMP_BYTES = 8,
	FRAGMENT_BITS = 0x3fff, /* more of them, and the offset */
	FRAGMENT_OFFSET = 0x1fff,
	FIRST_MULTICAST = 0xe0, /* of an IPv4 address: multicast and whatever lies above it */
	PRECEDENCE = 0xc0       /* internetwork control, as RFC 1812 4.3.2.5 wants errors to have */
};

uint32_t router_sum(const uint8_t *bytes, uint32_t size, uint32_t sum)
{
	for (uint32_t i = 0; i + 1 < size; i += 2)
		sum += get16(bytes + i);
	return size % 2 ? sum + (bytes[size - 1] << 8U) : sum;
}

/* The message of ICMP in the packet; NULL: it is another one, or not all of it. */
static uint8_t *icmp_of(const struct hop *hop)
{
	const uint8_t *ip = hop->ip;
	uint32_t header = hop->is_ipv6 ? IPV6_BYTES : (ip[0] & 15U) * 4;
	bool is_icmp = hop->is_ipv6 ? ip[6] == IPPROTO_ICMPV6
				    : ip[9] == IPPROTO_ICMP && header >= IPV4_BYTES &&
					      !(get16(ip + 6) & FRAGMENT_OFFSET);

	return is_icmp && header + ICMP_BYTES <= hop->size ? hop->ip + header : NULL;
}

static void swap(uint8_t *a, uint8_t *b, size_t size)
{
	uint8_t kept[16];

	memcpy(kept, a, size);
	memcpy(a, b, size);
	memcpy(b, kept, size);
}

static void send_back(struct hop *hop)
{
	uint8_t *bytes = hop->frame->bytes;

	memcpy(bytes, bytes + 6, 6);
	memcpy(bytes + 6, hop->router->params.faces[hop->from].mac, 6);
	hop->router->answered++;
	hop->output(hop->context, hop->from, hop->frame);
}

static bool is_whole_ping(const struct hop *hop, const uint8_t *icmp)
{
	if (hop->frame->is_super || !icmp)
		return false;
	if (hop->is_ipv6)
		return icmp[0] == ICMP6_ECHO_REQUEST;
	return icmp[0] == ICMP_ECHO && !(get16(hop->ip + 6) & FRAGMENT_BITS);
}

void router_answer(struct hop *hop)
{
	uint8_t *icmp = icmp_of(hop);
	uint16_t before;

	if (!is_whole_ping(hop, icmp)) {
		hop->router->drops[ROUTER_LOCAL]++;
		return;
	}
	before = get16(icmp);
	icmp[0] = hop->is_ipv6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY;
	if (hop->frame->checksum_start == 0)
		put16(icmp + 2,
			checksum_changed(get16(icmp + 2), folded(change16(before, get16(icmp)))));
	if (hop->is_ipv6)
		swap(hop->ip + 8, hop->ip + 24, 16);
	else
		swap(hop->ip + 12, hop->ip + 16, 4);
	router_set_ttl(hop, FIRST_TTL);
	send_back(hop);
}

/* RFC 1122 3.2.2, RFC 4443 2.4 (e): no errors about errors, nor about what is for many. */
static bool may_complain(const struct hop *hop)
{
	const uint8_t *ip = hop->ip, *icmp = icmp_of(hop);

	if (hop->is_ipv6)
		return ip[8] != 0xff && ip[24] != 0xff && (get64(ip + 8) || get64(ip + 16)) &&
		       (!icmp || icmp[0] >= ICMP6_ECHO_REQUEST);
	return ip[16] < FIRST_MULTICAST && ip[12] < FIRST_MULTICAST && ip[12] != 0 &&
	       !(get16(ip + 6) & FRAGMENT_OFFSET) &&
	       (!icmp || icmp[0] == ICMP_ECHO || icmp[0] == ICMP_ECHOREPLY);
}

struct complaint {
	uint8_t type, code;
	uint32_t value;      /* the second word of ICMP */
	const uint8_t *head; /* NULL: the packet is as it came */
};

/* Bytes of the message with what it quotes of the packet. */
static uint32_t write_icmp(const struct hop *hop, const struct complaint *complaint, uint8_t *icmp)
{
	uint32_t most = hop->is_ipv6 ? ERROR_IPV6_MOST - IPV6_BYTES : ERROR_IPV4_MOST - IPV4_BYTES;
	uint32_t quoted = hop->size < most - ICMP_BYTES ? hop->size : most - ICMP_BYTES;

	icmp[0] = complaint->type;
	icmp[1] = complaint->code;
	put16(icmp + 2, 0);
	put32(icmp + 4, complaint->value);
	memcpy(icmp + ICMP_BYTES, hop->ip, quoted);
	if (complaint->head)
		memcpy(icmp + ICMP_BYTES, complaint->head,
			quoted < QUOTED_HEAD ? quoted : QUOTED_HEAD);
	return ICMP_BYTES + quoted;
}

static uint32_t write_ipv4(const struct hop *hop, const struct complaint *complaint, uint8_t *ip)
{
	uint8_t *icmp = ip + IPV4_BYTES;
	uint32_t size = write_icmp(hop, complaint, icmp);
	const uint8_t *back = complaint->head ? complaint->head : hop->ip;

	put16(icmp + 2, (uint16_t)~folded(router_sum(icmp, size, 0)));
	memset(ip, 0, IPV4_BYTES);
	ip[0] = 0x45;
	ip[1] = PRECEDENCE;
	put16(ip + 2, (uint16_t)(IPV4_BYTES + size));
	ip[8] = FIRST_TTL;
	ip[9] = IPPROTO_ICMP;
	put32(ip + 12, hop->router->params.faces[hop->from].ipv4);
	memcpy(ip + 16, back + 12, 4);
	put16(ip + 10, (uint16_t)~folded(router_sum(ip, IPV4_BYTES, 0)));
	return IPV4_BYTES + size;
}

static uint32_t write_ipv6(const struct hop *hop, const struct complaint *complaint, uint8_t *ip)
{
	uint8_t *icmp = ip + IPV6_BYTES;
	uint32_t size = write_icmp(hop, complaint, icmp);

	memset(ip, 0, IPV6_BYTES);
	ip[0] = 0x60;
	put16(ip + 4, (uint16_t)size);
	ip[6] = IPPROTO_ICMPV6;
	ip[7] = FIRST_TTL;
	memcpy(ip + 8, hop->router->params.faces[hop->from].ipv6, 16);
	memcpy(ip + 24, hop->ip + 8, 16);
	/* The pseudo-header (RFC 8200 8.1) before the message. */
	put16(icmp + 2, (uint16_t)~folded(router_sum(
				icmp, size, router_sum(ip + 8, 32, size + IPPROTO_ICMPV6))));
	return IPV6_BYTES + size;
}

static void complain(struct hop *hop, const struct complaint *complaint)
{
	struct router *router = hop->router;
	uint8_t *bytes = router->scratch;
	uint32_t size;

	if (!may_complain(hop))
		return;
	memcpy(bytes, hop->frame->bytes + 6, 6);
	memcpy(bytes + 6, router->params.faces[hop->from].mac, 6);
	memcpy(bytes + 12, hop->frame->bytes + 12, 2);
	size = hop->is_ipv6 ? write_ipv6(hop, complaint, bytes + ETHERNET_BYTES)
			    : write_ipv4(hop, complaint, bytes + ETHERNET_BYTES);
	router->answered++;
	hop->output(hop->context, hop->from,
		&(struct router_frame){
			.bytes = bytes, .size = ETHERNET_BYTES + size, .largest = size});
}

void router_say_expired(struct hop *hop)
{
	hop->router->drops[ROUTER_EXPIRED]++;
	complain(hop, &(struct complaint){
			      .type = hop->is_ipv6 ? ICMP6_TIME_EXCEEDED : ICMP_TIME_EXCEEDED});
}

void router_say_too_big(struct hop *hop, uint16_t mtu, const uint8_t *head)
{
	hop->router->drops[ROUTER_TOO_BIG]++;
	if (hop->router->params.is_black_hole)
		return;
	complain(hop, hop->is_ipv6 ? &(struct complaint){.type = ICMP6_PACKET_TOO_BIG,
					     .value = mtu,
					     .head = head}
				   : &(struct complaint){.type = ICMP_DEST_UNREACH,
					     .code = ICMP_FRAG_NEEDED,
					     .value = mtu,
					     .head = head});
}
