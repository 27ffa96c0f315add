/* SPDX-License-Identifier: MIT */
/* IPv4 packets in pieces that fit (RFC 791). */
#include "nat/router_internal.h"

#include "nat/bytes.h"
#include "nat/checksum.h"

#include <netinet/in.h>
#include <string.h>

enum {
	MORE_FRAGMENTS = 0x2000,
	FRAGMENT_OFFSET = 0x1fff,
	UNIT = 8 /* bytes that offsets count in */
};

bool router_finish_checksum(const struct hop *hop, uint32_t total)
{
	const struct router_frame *frame = hop->frame;
	uint32_t end = ETHERNET_BYTES + total;
	uint16_t checksum;

	if (frame->checksum_start == 0)
		return true;
	if (frame->checksum_start >= end || frame->checksum_at + 2 > end)
		return false;
	checksum = (uint16_t)~folded(
		router_sum(frame->bytes + frame->checksum_start, end - frame->checksum_start, 0));
	if (checksum == 0 && hop->ip[hop->is_ipv6 ? 6 : 9] == IPPROTO_UDP)
		checksum = 0xffff;
	put16(frame->bytes + frame->checksum_at, checksum);
	return true;
}

void router_fragment(struct hop *hop, enum router_side to, const uint8_t mac[6], uint16_t mtu)
{
	struct router *router = hop->router;
	uint32_t header = (hop->ip[0] & 15U) * 4, total = get16(hop->ip + 2);
	uint16_t place = get16(hop->ip + 6);
	uint32_t most = (mtu - header) / UNIT * UNIT;
	uint8_t *bytes = router->scratch, *ip = bytes + ETHERNET_BYTES;

	if (header < IPV4_BYTES || total <= header || total > hop->size ||
		!router_finish_checksum(hop, total)) {
		router->drops[ROUTER_MALFORMED]++;
		return;
	}
	memcpy(bytes, mac, 6);
	memcpy(bytes + 6, router->params.faces[to].mac, 6);
	memcpy(bytes + 12, hop->frame->bytes + 12, ETHERNET_BYTES - 12 + header);
	for (uint32_t at = header; at < total; at += most) {
		uint32_t count = total - at < most ? total - at : most;
		uint32_t offset = (place & FRAGMENT_OFFSET) + (at - header) / UNIT;
		uint16_t more = at + count < total ? MORE_FRAGMENTS : place & MORE_FRAGMENTS;

		put16(ip + 2, (uint16_t)(header + count));
		put16(ip + 6, (uint16_t)(more | (offset & FRAGMENT_OFFSET)));
		put16(ip + 10, 0);
		put16(ip + 10, (uint16_t)~folded(router_sum(ip, header, 0)));
		memcpy(ip + header, hop->ip + at, count);
		hop->output(hop->context, to,
			&(struct router_frame){.bytes = bytes,
				.size = ETHERNET_BYTES + header + count,
				.largest = header + count});
	}
	router->forwarded++;
}
