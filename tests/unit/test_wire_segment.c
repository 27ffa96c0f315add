/* SPDX-License-Identifier: MIT */
#include "wire_frames.h"

#include "tap.h"

static const struct sample_spec specs[] = {
	{.payload = 20500, .flags = 0x09},
	{.payload = 20500, .flags = 0x89, .options = 12},
	{.payload = 64000, .is_ipv6 = true, .flags = 0x08},
	{.payload = 9300, .is_udp = true},
	{.payload = 9300, .is_udp = true, .is_ipv6 = true},
	{.payload = 3001, .tags = 2, .options = 4, .flags = 0x01},
};

static void join(const struct piece *piece, struct sample_frame *whole)
{
	memcpy(&whole->vnet, piece->head, VNET_SIZE);
	whole->size = piece->head_size - VNET_SIZE + piece->payload_size;
	memcpy(whole->bytes, piece->head + VNET_SIZE, piece->head_size - VNET_SIZE);
	memcpy(whole->bytes + piece->head_size - VNET_SIZE, piece->payload, piece->payload_size);
}

/* One packet must be what a receiver accepts: lengths and both checksums. */
static bool is_sound(const struct sample_frame *packet, const struct sample_spec *spec)
{
	const uint8_t *ip = packet->bytes + 14 + 4 * spec->tags;
	uint32_t ip_size = packet->size - 14 - 4 * spec->tags;
	uint32_t ip_header = spec->is_ipv6 ? 40 : (ip[0] & 15U) * 4;
	uint32_t l4_size = ip_size - ip_header;
	unsigned sum = pseudo_sum(ip, spec->is_ipv6, spec->is_udp ? 17 : 6, l4_size);

	if (get16(ip + (spec->is_ipv6 ? 4 : 2)) != (spec->is_ipv6 ? l4_size : ip_size))
		return false;
	if (!spec->is_ipv6 && plain_sum(ip, ip_header, 0) != 0xffff)
		return false;
	if (spec->is_udp && get16(ip + ip_header + 4) != l4_size)
		return false;
	return plain_sum(ip + ip_header, l4_size, sum) == 0xffff;
}

TEST(every_segment_is_a_packet_that_a_receiver_accepts)
{
	static struct sample_frame whole, packet;

	for (size_t s = 0; s < ARRAY_SIZE(specs); s++) {
		struct frame frame;
		uint32_t at = 0;

		sample_make(&whole, &specs[s]);
		CHECK(frame_parse(&whole.vnet, whole.bytes, whole.size, &frame));
		CHECK(frame.headers == whole.headers &&
			frame.segments == (specs[s].payload + 999) / 1000);
		for (uint32_t i = 0; i < frame.segments; i++) {
			uint32_t payload = frame_segment_bytes(&frame, i) - frame.headers;
			struct piece piece;

			segment_cut(&frame, &whole.vnet, whole.bytes, i, 1, &piece);
			join(&piece, &packet);
			CHECK(packet.size == frame_segment_bytes(&frame, i));
			CHECK(packet.vnet.gso_type == VIRTIO_NET_HDR_GSO_NONE);
			CHECK(memcmp(packet.bytes + frame.headers, whole.bytes + whole.headers + at,
				      payload) == 0);
			segment_finish_checksum(&packet.vnet, packet.bytes, packet.size);
			CHECK(packet.vnet.flags == 0 && is_sound(&packet, &specs[s]));
			at += payload;
		}
		CHECK(at == specs[s].payload);
	}
}

TEST(sequence_numbers_identification_and_flags_follow_the_segment)
{
	static struct sample_frame whole;
	struct frame frame;

	sample_make(
		&whole, &(struct sample_spec){.payload = 4500, .flags = 0x89}); /* CWR PSH FIN */
	CHECK(frame_parse(&whole.vnet, whole.bytes, whole.size, &frame));
	for (uint32_t i = 0; i < 5; i++) {
		struct piece piece;
		const uint8_t *ip = piece.head + VNET_SIZE + 14, *tcp = ip + 20;

		segment_cut(&frame, &whole.vnet, whole.bytes, i, 1, &piece);
		CHECK(get16(ip + 4) == ((0xfffe + i) & 0xffff));
		CHECK(get32(tcp + 4) == 0xfffff000 + i * 1000);
		CHECK(tcp[13] == (0x10 | (i == 0 ? 0x80 : 0) | (i == 4 ? 0x09 : 0)));
	}
}

/* Cutting a piece again gives the packets that cutting the whole gives. */
TEST(a_run_of_segments_is_a_superpacket_of_the_same_packets)
{
	static struct sample_frame whole, run, from_whole, from_run;

	for (size_t s = 0; s < ARRAY_SIZE(specs); s++) {
		struct frame frame, run_frame;
		struct piece piece;

		sample_make(&whole, &specs[s]);
		CHECK(frame_parse(&whole.vnet, whole.bytes, whole.size, &frame));
		for (uint32_t first = 0; first < frame.segments; first += 2) {
			uint32_t count = frame.segments - first < 3 ? frame.segments - first : 3;

			segment_cut(&frame, &whole.vnet, whole.bytes, first, count, &piece);
			join(&piece, &run);
			CHECK(frame_parse(&run.vnet, run.bytes, run.size, &run_frame));
			CHECK(run_frame.segments == count);
			for (uint32_t i = 0; i < count && count > 1; i++) {
				segment_cut(&frame, &whole.vnet, whole.bytes, first + i, 1, &piece);
				join(&piece, &from_whole);
				segment_cut(&run_frame, &run.vnet, run.bytes, i, 1, &piece);
				join(&piece, &from_run);
				CHECK(from_run.size == from_whole.size);
				CHECK(memcmp(from_run.bytes, from_whole.bytes, from_run.size) == 0);
				CHECK(memcmp(&from_run.vnet, &from_whole.vnet, VNET_SIZE) == 0);
			}
		}
	}
}

TEST(only_the_run_with_the_first_segment_keeps_the_congestion_flag)
{
	static struct sample_frame whole;
	struct virtio_net_hdr vnet;
	struct frame frame;
	struct piece piece;

	sample_make(&whole, &(struct sample_spec){.payload = 4500, .flags = 0x80});
	CHECK(frame_parse(&whole.vnet, whole.bytes, whole.size, &frame));
	segment_cut(&frame, &whole.vnet, whole.bytes, 0, 2, &piece);
	memcpy(&vnet, piece.head, VNET_SIZE);
	CHECK(vnet.gso_type == (VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_ECN));
	segment_cut(&frame, &whole.vnet, whole.bytes, 2, 2, &piece);
	memcpy(&vnet, piece.head, VNET_SIZE);
	CHECK(vnet.gso_type == VIRTIO_NET_HDR_GSO_TCPV4);
}

/* What a host must not be able to make us read or send. */
TEST(superpackets_that_contradict_themselves_are_refused)
{
	static struct sample_frame good, bad;
	struct frame frame;

	sample_make(&good, &(struct sample_spec){.payload = 4500});
	CHECK(frame_parse(&good.vnet, good.bytes, good.size, &frame));
#define REFUSED(change)                                                                            \
	do {                                                                                       \
		bad = good;                                                                        \
		change;                                                                            \
		CHECK(!frame_parse(&bad.vnet, bad.bytes, bad.size, &frame));                       \
	} while (0)
	REFUSED(bad.size = 13);
	REFUSED(bad.size = 40);
	REFUSED(bad.size = bad.headers);
	REFUSED(bad.vnet.gso_size = 0);
	REFUSED(bad.vnet.gso_type = VIRTIO_NET_HDR_GSO_UDP);
	REFUSED(bad.vnet.gso_type = VIRTIO_NET_HDR_GSO_TCPV6);
	REFUSED(bad.vnet.gso_type = GSO_UDP_L4);
	REFUSED(bad.vnet.flags = 0);
	REFUSED(bad.vnet.csum_start = 20);
	REFUSED(bad.vnet.csum_offset = 6);
	REFUSED(bad.vnet.csum_start = 65535);
	REFUSED(bad.bytes[14] = 0x4f); /* an IPv4 header of 60 bytes: TCP is elsewhere */
	REFUSED(bad.bytes[14] = 0x44);
	REFUSED(bad.bytes[23] = 17);
	REFUSED(bad.bytes[20] = 0x20); /* a fragment */
	REFUSED(bad.bytes[34 + 12] = 0x40);
	REFUSED(put16(bad.bytes + 12, 0x0806));
}

TEST(any_ethertype_passes_as_a_plain_frame)
{
	static struct sample_frame arp;
	struct frame frame;

	sample_make(&arp, &(struct sample_spec){.payload = 50, .is_udp = true});
	arp.vnet = (struct virtio_net_hdr){0};
	put16(arp.bytes + 12, 0x88cc);
	CHECK(frame_parse(&arp.vnet, arp.bytes, arp.size, &frame));
	CHECK(frame.kind == FRAME_PLAIN && frame.segments == 1);
	CHECK(frame_segment_bytes(&frame, 0) == arp.size);
	arp.vnet = (struct virtio_net_hdr){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 90, .csum_offset = 6};
	CHECK(!frame_parse(&arp.vnet, arp.bytes, arp.size, &frame)); /* a checksum beyond the end */
}
