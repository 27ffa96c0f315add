/* SPDX-License-Identifier: MIT */
/* Cuts super-packets: lengths, sequence numbers, identification, flags and checksums of a piece. */
#include "wire/internal.h"

#include <endian.h>
#include <netinet/in.h>
#include <string.h>

enum {
	IPV6_HEADER = 40,
	TCP_FIN = 0x01,
	TCP_PSH = 0x08,
	TCP_CWR = 0x80
};

static uint16_t load16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void store16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint32_t load32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void store32(uint8_t *at, uint32_t value)
{
	store16(at, value >> 16);
	store16(at + 2, value);
}

static uint16_t fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* One's complement sum in network order; the last odd byte counts as if a zero followed. */
static uint64_t sum_of(const uint8_t *bytes, uint32_t size)
{
	uint64_t sum = 0;
	uint32_t word;

	for (; size >= 4; size -= 4, bytes += 4) {
		memcpy(&word, bytes, 4);
		sum += be32toh(word);
	}
	if (size >= 2) {
		sum += load16(bytes);
		bytes += 2;
		size -= 2;
	}
	return size ? sum + ((uint64_t)bytes[0] << 8) : sum;
}

static void patch_ip(const struct frame *frame, uint8_t *head, uint32_t payload, uint32_t first)
{
	uint8_t *ip = head + frame->l3;

	if (frame->is_ipv6) {
		store16(ip + 4, frame->headers - frame->l3 - IPV6_HEADER + payload);
		return;
	}
	store16(ip + 2, frame->headers - frame->l3 + payload);
	store16(ip + 4, load16(ip + 4) + first);
	store16(ip + 10, 0);
	store16(ip + 10, (uint16_t)~fold(sum_of(ip, (uint32_t)frame->l4 - frame->l3)));
}

static void patch_tcp(const struct frame *frame, uint8_t *tcp, uint32_t first, uint32_t count)
{
	store32(tcp + 4, load32(tcp + 4) + first * frame->gso_size);
	if (first + count < frame->segments)
		tcp[13] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
	if (first > 0)
		tcp[13] &= (uint8_t)~TCP_CWR;
}

/* virtio leaves the sum of the pseudo-header in the checksum field: only the length changes. */
static void patch_pseudo_sum(uint8_t *field, uint32_t former_length, uint32_t length)
{
	uint64_t sum = (uint64_t)load16(field) + length + (0xffff - (former_length & 0xffff));

	store16(field, fold(sum));
}

static void patch_vnet(
	const struct frame *frame, const uint8_t *tcp, struct virtio_net_hdr *vnet, uint32_t count)
{
	vnet->hdr_len = frame->headers;
	if (count == 1) {
		vnet->gso_type = VIRTIO_NET_HDR_GSO_NONE;
		vnet->gso_size = 0;
	} else if (frame->kind == FRAME_TCP && !(tcp[13] & TCP_CWR)) {
		vnet->gso_type &= (uint8_t)~VIRTIO_NET_HDR_GSO_ECN;
	}
}

void segment_cut(const struct frame *frame, const struct virtio_net_hdr *vnet, const uint8_t *bytes,
	uint32_t first, uint32_t count, struct piece *ret_piece)
{
	uint32_t all = frame->size - frame->headers;
	uint32_t from = first * frame->gso_size;
	uint32_t payload =
		all - from < count * frame->gso_size ? all - from : count * frame->gso_size;
	struct virtio_net_hdr new_vnet = *vnet;
	uint8_t *head = ret_piece->head + VNET_SIZE;
	uint8_t *l4 = head + frame->l4;

	memcpy(head, bytes, frame->headers);
	patch_ip(frame, head, payload, first);
	if (frame->kind == FRAME_TCP)
		patch_tcp(frame, l4, first, count);
	else
		store16(l4 + 4, 8 + payload);
	patch_pseudo_sum(l4 + vnet->csum_offset, frame->size - frame->l4,
		frame->headers - frame->l4 + payload);
	patch_vnet(frame, l4, &new_vnet, count);
	memcpy(ret_piece->head, &new_vnet, VNET_SIZE);
	ret_piece->head_size = VNET_SIZE + frame->headers;
	ret_piece->payload = bytes + frame->headers + from;
	ret_piece->payload_size = payload;
}

void segment_finish_checksum(struct virtio_net_hdr *vnet, uint8_t *bytes, uint32_t size)
{
	uint8_t *field = bytes + vnet->csum_start + vnet->csum_offset;
	uint16_t sum;

	if (!(vnet->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return;
	sum = (uint16_t)~fold(sum_of(bytes + vnet->csum_start, size - vnet->csum_start));
	if (sum == 0)
		sum = 0xffff; /* to UDP, zero means that there is no checksum; to others it is the
				 same */
	store16(field, sum);
	*vnet = (struct virtio_net_hdr){0};
}

struct buffer *segment_single(struct pool *pool, struct buffer *whole, uint32_t i)
{
	const struct frame *frame = &whole->frame;
	uint32_t size = frame_segment_bytes(frame, i);
	struct buffer *single;
	struct piece piece;

	single = buffer_take(pool, buffer_class_for(VNET_SIZE + size));
	if (!single)
		return NULL;
	single->in_ns = whole->in_ns;
	single->index = whole->index + i;
	single->flow = whole->flow;
	single->rule = whole->rule;
	single->frame = (struct frame){.size = size, .segments = 1};
	if (frame->kind == FRAME_PLAIN) {
		memcpy(single->data, whole->data, VNET_SIZE + size);
	} else {
		segment_cut(frame, buffer_vnet(whole), buffer_bytes(whole), i, 1, &piece);
		memcpy(single->data, piece.head, piece.head_size);
		memcpy(single->data + piece.head_size, piece.payload, piece.payload_size);
	}
	segment_finish_checksum(buffer_vnet(single), buffer_bytes(single), size);
	return single;
}

/* Where the checksum of what IP carries stands; 0: it has none that we know. */
static uint32_t checksum_at(const struct frame_look *look, const uint8_t *bytes)
{
	if (look->protocol == IPPROTO_TCP && look->end >= look->l4 + 20)
		return look->l4 + 16;
	/* Of UDP over IPv4, zero says that there is none. */
	if (look->protocol == IPPROTO_UDP && look->end >= look->l4 + 8 &&
		(look->is_ipv6 || load16(bytes + look->l4 + 6) != 0))
		return look->l4 + 6;
	return 0;
}

static void renew_transport(uint8_t *bytes, const struct frame_look *look)
{
	const uint8_t *addresses = bytes + look->l3 + (look->is_ipv6 ? 8 : 12);
	uint32_t length = look->end - look->l4, at = checksum_at(look, bytes);
	uint16_t sum;

	if (look->protocol == IPPROTO_UDP && length >= 8)
		store16(bytes + look->l4 + 4, length);
	if (at == 0)
		return;
	store16(bytes + at, 0);
	sum = (uint16_t)~fold(sum_of(bytes + look->l4, length) +
			      sum_of(addresses, look->is_ipv6 ? 32 : 8) + look->protocol + length);
	store16(bytes + at, sum ? sum : 0xffff);
}

void segment_renew_checksums(uint8_t *bytes, const struct frame_look *look)
{
	uint8_t *ip = bytes + look->l3;
	uint32_t header = (ip[0] & 15U) * 4;

	if (header > look->end - look->l3) /* as it claims, and the packet ends before */
		header = look->end - look->l3;
	if (look->is_ipv6) {
		store16(ip + 4, look->end - look->l3 - IPV6_HEADER);
	} else {
		store16(ip + 2, look->end - look->l3);
		store16(ip + 10, 0);
		store16(ip + 10, (uint16_t)~fold(sum_of(ip, header)));
	}
	if (look->l4)
		renew_transport(bytes, look);
}
