/* SPDX-License-Identifier: MIT */
#pragma once

#include "wire/internal.h"

#include "packet_sums.h"

#include <linux/virtio_net.h>
#include <stdint.h>
#include <string.h>

/* Frames as a Linux host hands them over, and a judge that shares no code with the segmenter. */
enum {
	SAMPLE_MSS = 1000,
	SAMPLE_MAX = 70000
};

struct sample_frame {
	struct virtio_net_hdr vnet;
	uint8_t bytes[SAMPLE_MAX];
	uint32_t size, l3, l4, headers;
};

struct sample_spec {
	bool is_ipv6, is_udp;
	uint32_t payload;
	unsigned tags, flags; /* VLAN tags; TCP flags */
	unsigned options;     /* bytes of IPv4 options and of TCP options each */
};

static inline void sample_ip(struct sample_frame *f, const struct sample_spec *spec)
{
	uint8_t *ip = f->bytes + f->l3;

	if (spec->is_ipv6) {
		ip[0] = 0x60;
		put16(ip + 4, f->size - f->l4);
		ip[6] = spec->is_udp ? 17 : 6;
		ip[7] = 64;
		memset(ip + 8, 0x2a, 32);
		ip[39] = 7;
		return;
	}
	ip[0] = (uint8_t)(0x40 | ((f->l4 - f->l3) / 4));
	put16(ip + 2, f->size - f->l3);
	put16(ip + 4, 0xfffe); /* the identification will wrap */
	ip[8] = 64;
	ip[9] = spec->is_udp ? 17 : 6;
	memcpy(ip + 12, "\x0a\x00\x00\x01\x0a\x00\x00\x02", 8);
	memset(ip + 20, 1, f->l4 - f->l3 - 20);
	put16(ip + 10, 0xffff & ~plain_sum(ip, f->l4 - f->l3, 0));
}

static inline void sample_transport(struct sample_frame *f, const struct sample_spec *spec)
{
	uint8_t *l4 = f->bytes + f->l4;

	put16(l4, 40000);
	put16(l4 + 2, 5201);
	if (spec->is_udp) {
		put16(l4 + 4, f->size - f->l4);
		f->vnet.csum_offset = 6;
	} else {
		memcpy(l4 + 4, "\xff\xff\xf0\x00", 4); /* the sequence number will wrap */
		l4[12] = (uint8_t)((20 + spec->options) / 4 << 4);
		l4[13] = (uint8_t)(0x10 | spec->flags);
		memset(l4 + 20, 1, spec->options);
		f->vnet.csum_offset = 16;
	}
	put16(l4 + f->vnet.csum_offset, pseudo_sum(f->bytes + f->l3, spec->is_ipv6,
						spec->is_udp ? 17 : 6, f->size - f->l4));
}

static inline void sample_make(struct sample_frame *f, const struct sample_spec *spec)
{
	memset(f, 0, sizeof(*f));
	f->l3 = 14 + 4 * spec->tags;
	f->l4 = f->l3 + (spec->is_ipv6 ? 40 : 20 + spec->options);
	f->headers = f->l4 + (spec->is_udp ? 8 : 20 + spec->options);
	f->size = f->headers + spec->payload;
	memcpy(f->bytes, "\x02\0\0\0\0\x02\x02\0\0\0\0\x01", 12);
	for (unsigned i = 0; i < spec->tags; i++)
		put16(f->bytes + 12 + 4 * i, 0x8100);
	put16(f->bytes + f->l3 - 2, spec->is_ipv6 ? 0x86dd : 0x0800);
	for (uint32_t i = 0; i < spec->payload; i++)
		f->bytes[f->headers + i] = (uint8_t)(i * 7 + (i >> 8));
	sample_ip(f, spec);
	sample_transport(f, spec);
	f->vnet.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	f->vnet.csum_start = (uint16_t)f->l4;
	f->vnet.hdr_len = (uint16_t)f->headers;
	if (spec->payload > SAMPLE_MSS) {
		f->vnet.gso_size = SAMPLE_MSS;
		f->vnet.gso_type = spec->is_udp    ? GSO_UDP_L4
				   : spec->is_ipv6 ? VIRTIO_NET_HDR_GSO_TCPV6
						   : VIRTIO_NET_HDR_GSO_TCPV4;
		if (spec->flags & 0x80)
			f->vnet.gso_type |= VIRTIO_NET_HDR_GSO_ECN;
	}
}
