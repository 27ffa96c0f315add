/* SPDX-License-Identifier: MIT */
/* Which endpoint outside a new mapping gets (RFC 4787, section 4.2). */
#include "nat/internal.h"

enum {
	TRIES = 1024, /* ports looked at before the NAT says that none is free */
	IDENTIFIERS = 65536
};

/* The ports a mapping may have, at one of the router's addresses. */
struct span {
	uint32_t low, count;
	uint32_t external;
};

/* Hosts with consecutive addresses have consecutive blocks; they share when there are too few. */
static struct span block_of(const struct nat *nat, uint32_t host)
{
	const struct nat_params *params = &nat->params;
	uint32_t ports = params->last_port - params->first_port + 1U;
	uint32_t each = ports / params->block_ports;
	uint32_t block = host % (each * params->external_count);

	return (struct span){.low = params->first_port + block % each * params->block_ports,
		.count = params->block_ports,
		.external = block / each};
}

static struct span span_of(struct nat *nat, enum protocol protocol, const struct endpoint *inside)
{
	const struct nat_params *params = &nat->params;
	uint32_t host = (uint32_t)inside->address.low;
	struct span span = {.count = IDENTIFIERS};

	if (params->block_ports > 0)
		return block_of(nat, host);
	if (protocol != PROTOCOL_ICMP) {
		span.low = params->first_port;
		span.count = params->last_port - params->first_port + 1U;
	}
	if (params->is_paired)
		span.external = host % params->external_count;
	else if (params->external_count > 1)
		span.external = (uint32_t)random_below(&nat->random, params->external_count);
	return span;
}

/* Where the search begins; the parity of offsets stays when the steps and their number are even. */
static uint32_t first_offset(
	struct nat *nat, enum protocol protocol, uint16_t inside_port, const struct span *span)
{
	switch (nat->params.ports) {
	case NAT_SEQUENTIAL:
		return nat->next_port[span->external][protocol] % span->count;
	case NAT_PARITY:
		return (uint32_t)random_below(&nat->random, span->count / 2) * 2 +
		       ((span->low ^ inside_port) & 1);
	default:
		return (uint32_t)random_below(&nat->random, span->count);
	}
}

static bool is_free(const struct nat *nat, enum protocol protocol, const struct endpoint *outside,
	const struct endpoint *remote)
{
	return mapping_outside(nat, protocol, outside, remote) == NO_SLOT;
}

/* Without a range or blocks of its own a NAT leaves a well-known port well known (RFC 4787, REQ-3).
 */
static bool may_preserve(const struct nat *nat, uint16_t port, const struct span *span)
{
	const struct nat_params *params = &nat->params;
	bool has_any = params->block_ports == 0 && params->first_port == NAT_FIRST_PORT &&
		       params->last_port == NAT_LAST_PORT;

	return port - span->low < span->count || (has_any && port > 0 && port < NAT_FIRST_PORT);
}

/* What its endpoint inside has towards others, where mappings may share it, or its own number. */
static bool preserve(const struct nat *nat, enum protocol protocol, const struct endpoint *inside,
	const struct endpoint *remote, const struct span *span, struct endpoint *outside)
{
	uint32_t latest =
		nat->params.shares_ports ? mapping_latest(nat, protocol, inside) : NO_SLOT;
	struct endpoint same = {.address = outside->address, .port = inside->port};

	if (latest != NO_SLOT &&
		is_free(nat, protocol, &nat->mappings.mapping[latest].outside, remote)) {
		*outside = nat->mappings.mapping[latest].outside;
		return true;
	}
	if (!may_preserve(nat, inside->port, span) || !is_free(nat, protocol, &same, remote))
		return false;
	*outside = same;
	return true;
}

bool port_choose(struct nat *nat, enum protocol protocol, const struct endpoint *inside,
	const struct endpoint *remote, struct endpoint *ret_outside)
{
	struct span span = span_of(nat, protocol, inside);
	struct endpoint outside = {.address = address_ipv4(nat->params.external[span.external])};
	uint32_t step = nat->params.ports == NAT_PARITY ? 2 : 1, offset;

	if (nat->params.ports == NAT_PRESERVED &&
		preserve(nat, protocol, inside, remote, &span, &outside)) {
		*ret_outside = outside;
		return true;
	}
	if (step == 2)
		span.count &= ~1U;
	offset = first_offset(nat, protocol, inside->port, &span);
	for (uint32_t i = 0; i < span.count / step && i < TRIES; i++) {
		outside.port = (uint16_t)(span.low + offset);
		offset = (offset + step) % span.count;
		if (!is_free(nat, protocol, &outside, remote))
			continue;
		nat->next_port[span.external][protocol] = (uint16_t)offset;
		*ret_outside = outside;
		return true;
	}
	return false;
}
