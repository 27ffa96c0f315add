/* SPDX-License-Identifier: MIT */
/* Reads the headers of a frame from a host. Nothing a host writes is believed without a check. */
#include "wire/internal.h"

#include <linux/if_ether.h>
#include <netinet/in.h>
#include <string.h>

enum {
	ETHERNET = 14,
	VLAN_TAG = 4,
	IPV4_MIN = 20,
	IPV6 = 40,
	TCP_MIN = 20,
	UDP = 8
};

static uint16_t read16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

/* Offset of the network header behind up to two VLAN tags; 0 when the frame ends before it. */
static uint16_t network_offset(const uint8_t *bytes, uint32_t size, uint16_t *ret_type)
{
	uint16_t offset = ETHERNET;
	uint16_t type;

	if (size < ETHERNET)
		return 0;
	type = read16(bytes + 12);
	for (int tags = 0; tags < 2 && (type == ETH_P_8021Q || type == ETH_P_8021AD); tags++) {
		if (size < (uint32_t)offset + VLAN_TAG)
			return 0;
		type = read16(bytes + offset + 2);
		offset += VLAN_TAG;
	}
	*ret_type = type;
	return offset;
}

/* Offset of the transport header and its protocol, or 0. Fragments have none. */
static uint32_t transport_ipv4(
	const uint8_t *bytes, uint32_t size, uint16_t l3, uint8_t *ret_protocol)
{
	uint32_t length;

	if (size < (uint32_t)l3 + IPV4_MIN || bytes[l3] >> 4 != 4)
		return 0;
	length = (bytes[l3] & 15U) * 4;
	if (length < IPV4_MIN || size < l3 + length)
		return 0;
	*ret_protocol = bytes[l3 + 9];
	return (read16(bytes + l3 + 6) & 0x3fff) != 0 ? 0 : l3 + length;
}

static bool is_extension(uint8_t protocol)
{
	return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING ||
	       protocol == IPPROTO_DSTOPTS;
}

static uint32_t transport_ipv6(
	const uint8_t *bytes, uint32_t size, uint16_t l3, uint8_t *ret_protocol)
{
	uint32_t at = (uint32_t)l3 + IPV6;
	uint8_t protocol;

	if (size < at || bytes[l3] >> 4 != 6)
		return 0;
	protocol = bytes[l3 + 6];
	while (is_extension(protocol)) {
		if (size < at + 8)
			return 0;
		protocol = bytes[at];
		at += 8 + bytes[at + 1] * 8U;
		if (at > size || at > MAX_HEADERS)
			return 0;
	}
	*ret_protocol = protocol;
	return at;
}

/* Network and transport offsets of an unfragmented IP packet; false for all else. */
static bool find_headers(
	const uint8_t *bytes, uint32_t size, struct frame *frame, uint8_t *ret_protocol)
{
	uint16_t type = 0;
	uint32_t l4 = 0;

	frame->l3 = network_offset(bytes, size, &type);
	if (frame->l3 == 0)
		return false;
	frame->is_ipv6 = type == ETH_P_IPV6;
	if (type == ETH_P_IP)
		l4 = transport_ipv4(bytes, size, frame->l3, ret_protocol);
	else if (type == ETH_P_IPV6)
		l4 = transport_ipv6(bytes, size, frame->l3, ret_protocol);
	frame->l4 = (uint16_t)l4;
	return l4 != 0;
}

static bool checksum_is_inside(const struct virtio_net_hdr *vnet, uint32_t size)
{
	if (!(vnet->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return true;
	return (uint32_t)vnet->csum_start + vnet->csum_offset + 2 <= size;
}

/* The kinds of super-packet that we asked the kernel for, by their virtio number. */
static bool kind_matches(uint8_t gso, const struct frame *frame, uint8_t protocol)
{
	switch (gso) {
	case VIRTIO_NET_HDR_GSO_TCPV4:
		return protocol == IPPROTO_TCP && !frame->is_ipv6;
	case VIRTIO_NET_HDR_GSO_TCPV6:
		return protocol == IPPROTO_TCP && frame->is_ipv6;
	case GSO_UDP_L4:
		return protocol == IPPROTO_UDP;
	default:
		return false;
	}
}

static bool parse_superpacket(
	const struct virtio_net_hdr *vnet, const uint8_t *bytes, uint32_t size, struct frame *frame)
{
	uint8_t protocol = 0;
	uint32_t headers;

	if (!find_headers(bytes, size, frame, &protocol) ||
		!kind_matches(vnet->gso_type & ~VIRTIO_NET_HDR_GSO_ECN, frame, protocol))
		return false;
	frame->kind = protocol == IPPROTO_TCP ? FRAME_TCP : FRAME_UDP;
	headers = frame->l4 + (frame->kind == FRAME_TCP ? TCP_MIN : UDP);
	if (size < headers)
		return false;
	if (frame->kind == FRAME_TCP) {
		if (bytes[frame->l4 + 12] >> 4 < 5)
			return false;
		headers = frame->l4 + (bytes[frame->l4 + 12] >> 4) * 4U;
	}
	if (vnet->gso_size == 0 || size <= headers || headers > MAX_HEADERS)
		return false;
	if (!(vnet->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) || vnet->csum_start != frame->l4 ||
		vnet->csum_offset != (frame->kind == FRAME_TCP ? 16 : 6))
		return false;
	frame->headers = (uint16_t)headers;
	frame->gso_size = vnet->gso_size;
	frame->segments = (size - headers + vnet->gso_size - 1) / vnet->gso_size;
	return frame->segments <= MAX_SEGMENTS;
}

bool frame_parse(const struct virtio_net_hdr *vnet, const uint8_t *bytes, uint32_t size,
	struct frame *ret_frame)
{
	struct frame frame = {.size = size, .segments = 1};

	if (size < ETHERNET || size > MAX_FRAME || !checksum_is_inside(vnet, size))
		return false;
	if (vnet->gso_type != VIRTIO_NET_HDR_GSO_NONE &&
		!parse_superpacket(vnet, bytes, size, &frame))
		return false;
	*ret_frame = frame;
	return true;
}

uint32_t frame_segment_bytes(const struct frame *frame, uint32_t i)
{
	if (frame->kind == FRAME_PLAIN)
		return frame->size;
	if (i + 1 < frame->segments)
		return (uint32_t)frame->headers + frame->gso_size;
	return frame->size - i * frame->gso_size;
}

/* What IP says of its own length; behind it are bytes that nobody reads. */
static uint32_t end_of_ip(const uint8_t *bytes, const struct frame *frame)
{
	const uint8_t *ip = bytes + frame->l3;

	return frame->l3 + (frame->is_ipv6 ? IPV6 + (uint32_t)read16(ip + 4) : read16(ip + 2));
}

struct frame_look frame_look(const uint8_t *bytes, uint32_t size)
{
	struct frame frame = {0};
	struct frame_look look = {.end = size};
	uint16_t type = 0;
	uint32_t end;

	(void)find_headers(bytes, size, &frame, &look.protocol);
	if (frame.l3 == 0 || size < frame.l3 + (uint32_t)IPV4_MIN)
		return look;
	(void)network_offset(bytes, size, &type);
	if (type != ETH_P_IP && (type != ETH_P_IPV6 || size < frame.l3 + (uint32_t)IPV6))
		return look;
	end = end_of_ip(bytes, &frame);
	if (bytes[frame.l3] >> 4 != (frame.is_ipv6 ? 6 : 4) || end > size || end < frame.l4 ||
		end < frame.l3 + (uint32_t)(frame.is_ipv6 ? IPV6 : IPV4_MIN))
		return look;
	look.is_ip = true;
	look.is_ipv6 = frame.is_ipv6;
	look.l3 = frame.l3;
	look.l4 = frame.l4;
	look.end = end;
	return look;
}

uint32_t frame_linear_bytes(const uint8_t *bytes, uint32_t size)
{
	struct frame frame = {0};
	uint8_t protocol = 0;
	uint32_t end;

	if (!find_headers(bytes, size, &frame, &protocol) || protocol != IPPROTO_TCP ||
		size < frame.l4 + (uint32_t)TCP_MIN)
		return size;
	end = frame.l4 + (bytes[frame.l4 + 12] >> 4) * 4U;
	return end < size ? end : size;
}

static uint32_t hash_bytes(uint32_t hash, const uint8_t *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		hash = (hash ^ bytes[i]) * 16777619U; /* FNV-1a */
	return hash;
}

uint32_t frame_flow_hash(const uint8_t *bytes, uint32_t size)
{
	struct frame frame = {0};
	uint8_t protocol = 0;
	uint32_t hash = 2166136261U;

	if (!find_headers(bytes, size, &frame, &protocol))
		return hash_bytes(hash, bytes, size < ETHERNET ? size : ETHERNET);
	if (frame.is_ipv6)
		hash = hash_bytes(hash, bytes + frame.l3 + 8, 32);
	else
		hash = hash_bytes(hash, bytes + frame.l3 + 12, 8);
	hash = hash_bytes(hash, &protocol, 1);
	if (size >= frame.l4 + 4U && (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP))
		hash = hash_bytes(hash, bytes + frame.l4, 4);
	return hash;
}
