/* SPDX-License-Identifier: MIT */
/* Other endpoints in the headers of an IPv4 packet. */
#include "nat/internal.h"

#include "nat/bytes.h"
#include "nat/checksum.h"

enum {
	IP_CHECKSUM = 10,
	IP_SOURCE = 12,
	IP_DESTINATION = 16,
	ICMP_CHECKSUM = 2,
	ICMP_ID = 4,
	UDP_CHECKSUM = 6,
	TCP_CHECKSUM = 16
};

static uint32_t replace16(uint8_t *at, uint16_t value)
{
	uint32_t change = change16(get16(at), value);

	put16(at, value);
	return change;
}

static uint32_t replace32(uint8_t *at, uint32_t value)
{
	uint32_t change = change32(get32(at), value);

	put32(at, value);
	return change;
}

/* Returns what the field's own change adds to a sum that covers it. */
static uint32_t adjust(uint8_t *at, uint32_t change)
{
	return replace16(at, checksum_changed(get16(at), folded(change)));
}

/* Of TCP or UDP, after changes of addresses and of ports. */
static uint32_t adjust_transport(
	uint8_t *at, const struct view *view, uint32_t addresses, uint32_t ports)
{
	if (view->is_partial)
		return replace16(at, sum16(get16(at), folded(addresses)));
	if (view->protocol == PROTOCOL_TCP)
		return adjust(at, addresses + ports);
	return replace16(at, checksum_changed_udp(get16(at), folded(addresses + ports)));
}

/* Changes a packet and returns what that adds to a sum over all of it. */
static uint32_t apply(const struct rewrite *rewrite, struct view *view)
{
	uint8_t *ip = view->ip, *transport = ip + view->transport;
	bool is_icmp = view->protocol == PROTOCOL_ICMP;
	uint32_t checksum =
		view->transport + (view->protocol == PROTOCOL_TCP ? TCP_CHECKSUM : UDP_CHECKSUM);
	uint32_t addresses = 0, ports = 0, change;

	if (rewrite->has_source)
		addresses += replace32(ip + IP_SOURCE, rewrite->source);
	if (rewrite->has_destination)
		addresses += replace32(ip + IP_DESTINATION, rewrite->destination);
	change = addresses + adjust(ip + IP_CHECKSUM, addresses);
	if (view->fragment == FRAGMENT_LATER || view->is_error)
		return change;
	if (rewrite->has_source)
		ports += replace16(transport + (is_icmp ? ICMP_ID : 0), rewrite->source_port);
	if (rewrite->has_destination)
		ports += replace16(transport + (is_icmp ? ICMP_ID : 2), rewrite->destination_port);
	change += ports;
	if (is_icmp)
		return change + adjust(transport + ICMP_CHECKSUM, ports);
	if (checksum + 2 > view->size) /* of a packet of which only the beginning is here */
		return change;
	return change + adjust_transport(ip + checksum, view, addresses, ports);
}

void rewrite_source(struct rewrite *rewrite, const struct endpoint *source)
{
	rewrite->has_source = true;
	rewrite->source = (uint32_t)source->address.low;
	rewrite->whole_source = source->address;
	rewrite->source_port = source->port;
}

void rewrite_destination(struct rewrite *rewrite, const struct endpoint *destination)
{
	rewrite->has_destination = true;
	rewrite->destination = (uint32_t)destination->address.low;
	rewrite->whole_destination = destination->address;
	rewrite->destination_port = destination->port;
}

void rewrite_apply(const struct rewrite *rewrite, struct view *view)
{
	apply(rewrite, view);
}

void rewrite_error(const struct rewrite *inner, const struct rewrite *outer, struct view *embedded,
	struct view *error)
{
	adjust(error->ip + error->transport + ICMP_CHECKSUM, apply(inner, embedded));
	apply(outer, error);
}
