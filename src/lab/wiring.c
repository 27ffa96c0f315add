/* SPDX-License-Identifier: MIT */
/* The wire of the bridge and netem engines: the commands for `ip -batch`, as text. */
#include "lab/internal.h"

#include "base/fd.h"

#include <stdio.h>

/*
 * No spanning tree and no forwarding delay: ports carry frames at once. No snooping: multicast is
 * flooded and not held back until a querier was heard. No addresses: the bridge itself is silent.
 */
char *wiring_bridge(struct arena *arena)
{
	return arena_printf(arena,
		"link add name br0 mtu %d type bridge stp_state 0 forward_delay 0 mcast_snooping 0\n"
		"link set dev br0 addrgenmode none\n"
		"link set dev br0 up\n",
		LAB_MTU);
}

char *wiring_port(struct arena *arena, const struct lab_node *node, size_t index, pid_t pid)
{
	return arena_printf(arena,
		"link add name port%zu mtu %d type veth peer name eth0 mtu %d address %s netns %d\n"
		"link set dev port%zu addrgenmode none\n"
		"link set dev port%zu master br0 up\n",
		index, LAB_MTU, LAB_MTU, node->mac, pid, index, index);
}

/* A connected route appears with the address; said again, it carries the congestion control. */
static void pin_connected(FILE *stream, const struct lab_node *node, const char *congestion)
{
	fprintf(stream,
		"route replace 10.77.0.0/16 dev eth0 proto kernel scope link src %s congctl %s\n",
		node->ipv4, congestion);
	fprintf(stream, "route replace fd77::/64 dev eth0 proto kernel metric 256 congctl %s\n",
		congestion);
}

/*
 * Neighbours are permanent: no ARP stands before a first packet, and the kernel's table, which all
 * namespaces share (net.ipv4.neigh.default.gc_thresh3, 1024 by default), does not count them; 50
 * hosts that all talk need 2450.
 */
char *wiring_host(struct arena *arena, const struct lab_node nodes[], size_t count, size_t self,
	const char *congestion)
{
	AUTO(text_freep) char *text = NULL;
	AUTO(stream_closep) FILE *stream = NULL;
	size_t size = 0;

	stream = open_memstream(&text, &size);
	fprintf(stream, "address add %s/16 dev eth0\n", nodes[self].ipv4);
	fprintf(stream, "address add %s/64 dev eth0 nodad\n", nodes[self].ipv6);
	fputs("link set dev eth0 up\n", stream);
	if (congestion)
		pin_connected(stream, &nodes[self], congestion);
	for (size_t i = 0; i < count; i++) {
		if (i == self)
			continue;
		fprintf(stream, "neighbour replace %s lladdr %s dev eth0 nud permanent\n",
			nodes[i].ipv4, nodes[i].mac);
		fprintf(stream, "neighbour replace %s lladdr %s dev eth0 nud permanent\n",
			nodes[i].ipv6, nodes[i].mac);
	}
	fflush(stream);
	return arena_strndup(arena, text, size);
}
