/* SPDX-License-Identifier: MIT */
/*
 * The NAT without a wire, for counting instructions: packets of many flows whose sessions are
 * there. usage: nat_core PATH FRAMES
 */
#include "nat/nat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FLOWS = 64,
	IP_SOURCE = 12,
	IP_DESTINATION = 16,
	HEADERS = 60,
	PACKET = 1500
};

static const struct {
	const char *name;
	bool is_nat, is_inbound, is_ipv6;
	uint8_t protocol;
	int64_t spacing_ns;
} paths[] = {
	{.name = "nat-none", .protocol = 17, .spacing_ns = 12000},
	{.name = "nat-udp-out", .is_nat = true, .protocol = 17, .spacing_ns = 12000},
	{.name = "nat-udp-in",
		.is_nat = true,
		.is_inbound = true,
		.protocol = 17,
		.spacing_ns = 12000},
	{.name = "nat-tcp-out", .is_nat = true, .protocol = 6, .spacing_ns = 12000},
	{.name = "nat-tcp-in",
		.is_nat = true,
		.is_inbound = true,
		.protocol = 6,
		.spacing_ns = 12000},
	/* So long apart that every packet is noted in its session. */
	{.name = "nat-sparse", .is_nat = true, .protocol = 17, .spacing_ns = 1000000},
	{.name = "nat-ipv6", .is_nat = true, .is_ipv6 = true, .protocol = 17, .spacing_ns = 12000},
};

static const struct nat_params params = {.external = {0xcb007101},
	.external_count = 1,
	.filtering = NAT_ADDRESS_AND_PORT_DEPENDENT,
	.hairpins = true};

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* Flow `i` of a host inside, before it meets the NAT; every flow has a remote host of its own. */
static void make_packet(uint8_t packet[HEADERS], unsigned i, uint8_t protocol)
{
	memset(packet, 0, HEADERS);
	packet[0] = 0x45;
	packet[9] = protocol;
	memcpy(packet + IP_SOURCE, "\xc0\xa8\x01\x02", 4);
	memcpy(packet + IP_DESTINATION, "\xc6\x33\x64\x00", 4);
	packet[IP_DESTINATION + 3] = (uint8_t)i;
	put16(packet + 20, 40000 + i);
	put16(packet + 22, 51820);
	if (protocol == 6)
		memcpy(packet + 32, "\x50\x10", 2);
	else
		put16(packet + 26, 0xbeef);
}

static void make_ipv6(uint8_t packet[HEADERS], unsigned i)
{
	memset(packet, 0, HEADERS);
	packet[0] = 0x60;
	packet[6] = 17;
	packet[8] = packet[24] = 0x20;
	packet[39] = (uint8_t)i;
	put16(packet + 40, 40000 + i);
	put16(packet + 42, 51820);
}

/* The answer to a packet as it left. */
static void turn(uint8_t packet[HEADERS])
{
	uint8_t addresses[8], ports[4];

	memcpy(addresses, packet + IP_SOURCE, 8);
	memcpy(ports, packet + 20, 4);
	memcpy(packet + IP_SOURCE, addresses + 4, 4);
	memcpy(packet + IP_DESTINATION, addresses, 4);
	memcpy(packet + 20, ports + 2, 2);
	memcpy(packet + 22, ports, 2);
}

static long run(struct nat *nat, size_t path, long frames)
{
	static uint8_t models[FLOWS][HEADERS], bytes[PACKET];
	struct nat_packet packet = {.bytes = bytes, .size = PACKET};
	enum nat_direction direction = paths[path].is_inbound ? NAT_INBOUND : NAT_OUTBOUND;
	int64_t now_ns = 0;
	long passed = 0;

	for (unsigned i = 0; i < FLOWS; i++) {
		if (paths[path].is_ipv6)
			make_ipv6(models[i], i);
		else
			make_packet(models[i], i, paths[path].protocol);
		memcpy(bytes, models[i], HEADERS);
		if (nat_pass(nat, NAT_OUTBOUND, &packet, now_ns) != NAT_PASSES)
			return -1;
		if (!paths[path].is_inbound)
			continue;
		turn(bytes);
		memcpy(models[i], bytes, HEADERS);
	}
	for (long i = 0; i < frames; i++) {
		now_ns += paths[path].spacing_ns;
		memcpy(bytes, models[i % FLOWS], HEADERS);
		if (!paths[path].is_nat)
			passed++;
		else
			passed += nat_pass(nat, direction, &packet, now_ns) == NAT_PASSES;
	}
	return passed;
}

int main(int argc, char **argv)
{
	AUTO(nat_freep) struct nat *nat = NULL;
	struct error err = {0};
	long passed;

	for (size_t i = 0; argc == 3 && i < ARRAY_SIZE(paths); i++) {
		if (strcmp(argv[1], paths[i].name) != 0)
			continue;
		if (nat_new(&(struct nat_key){.seed = 1}, 65536, &nat, &err) ||
			nat_set(nat, &params, &err))
			return fprintf(stderr, "%s\n", err.text), 1;
		passed = run(nat, i, strtol(argv[2], NULL, 10));
		printf("%ld passed\n", passed);
		return passed == strtol(argv[2], NULL, 10) ? 0 : 1;
	}
	return 2;
}
