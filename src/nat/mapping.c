/* SPDX-License-Identifier: MIT */
/* Which endpoint outside stands for which endpoint inside. */
#include "nat/internal.h"

#include <stdlib.h>

int mappings_init(struct mappings *mappings, uint32_t count, struct error *err)
{
	*mappings = (struct mappings){.mapping = calloc(count, sizeof(*mappings->mapping))};
	if (!mappings->mapping)
		return fail_errno(err, "keep %u mappings", count);
	if (slots_init(&mappings->slots, count, err) || index_init(&mappings->inside, count, err) ||
		index_init(&mappings->outside, count, err) ||
		index_init(&mappings->source, count, err))
		return -1;
	return 0;
}

void mappings_done(struct mappings *mappings)
{
	slots_done(&mappings->slots);
	index_done(&mappings->inside);
	index_done(&mappings->outside);
	index_done(&mappings->source);
	free(mappings->mapping);
}

void mappings_restart(struct mappings *mappings, struct random *random)
{
	slots_restart(&mappings->slots);
	index_restart(&mappings->inside, random);
	index_restart(&mappings->outside, random);
	index_restart(&mappings->source, random);
}

/* The remote endpoint as far as the scope looks at it. */
static inline struct key key_of(enum protocol protocol, enum nat_scope scope,
	const struct endpoint *own, const struct endpoint *remote)
{
	struct key key = {{own->address.high, own->address.low, 0, 0,
		(uint64_t)own->port << 16 | (uint64_t)protocol}};

	if (scope != NAT_ENDPOINT_INDEPENDENT) {
		key.word[2] = remote->address.high;
		key.word[3] = remote->address.low;
	}
	if (scope == NAT_ADDRESS_AND_PORT_DEPENDENT)
		key.word[4] |= (uint64_t)remote->port << 32;
	return key;
}

/* Where nothing is translated, an endpoint is itself towards everyone. */
static enum nat_scope scope_inside(const struct nat *nat, const struct endpoint *endpoint)
{
	return nat_translates(nat, !address_is_ipv4(endpoint->address)) ? nat->params.mapping
									: NAT_ENDPOINT_INDEPENDENT;
}

static enum nat_scope scope_outside(const struct nat *nat, const struct endpoint *endpoint)
{
	return nat->params.shares_ports ? scope_inside(nat, endpoint) : NAT_ENDPOINT_INDEPENDENT;
}

uint32_t mapping_inside(const struct nat *nat, enum protocol protocol,
	const struct endpoint *inside, const struct endpoint *remote)
{
	struct key key = key_of(protocol, scope_inside(nat, inside), inside, remote);

	return index_find(&nat->mappings.inside, &key);
}

uint32_t mapping_outside(const struct nat *nat, enum protocol protocol,
	const struct endpoint *outside, const struct endpoint *remote)
{
	struct key key = key_of(protocol, scope_outside(nat, outside), outside, remote);

	return index_find(&nat->mappings.outside, &key);
}

uint32_t mapping_latest(
	const struct nat *nat, enum protocol protocol, const struct endpoint *inside)
{
	struct key key = key_of(protocol, NAT_ENDPOINT_INDEPENDENT, inside, NULL);

	return index_find(&nat->mappings.source, &key);
}

/* Takes a slot, and the endpoint outside for it. */
static uint32_t begin(struct nat *nat, enum protocol protocol, const struct endpoint *outside,
	const struct endpoint *remote)
{
	struct key key = key_of(protocol, scope_outside(nat, outside), outside, remote);
	uint32_t number = slots_take(&nat->mappings.slots);

	nat->mappings.mapping[number] = (struct mapping){.outside = *outside};
	index_add(&nat->mappings.outside, number, &key);
	return number;
}

uint32_t mapping_open(struct nat *nat, const struct view *view)
{
	const struct endpoint *inside = &view->source, *remote = &view->destination;
	struct key source = key_of(view->protocol, NAT_ENDPOINT_INDEPENDENT, inside, NULL);
	struct key key = key_of(view->protocol, scope_inside(nat, inside), inside, remote);
	struct endpoint outside = *inside;
	uint32_t number;

	if (nat_translates(nat, view->is_ipv6) &&
		!port_choose(nat, view->protocol, inside, remote, &outside))
		return NO_SLOT;
	number = begin(nat, view->protocol, &outside, remote);
	nat->mappings.mapping[number].inside = *inside;
	index_add(&nat->mappings.inside, number, &key);
	index_add(&nat->mappings.source, number, &source);
	return number;
}

uint32_t mapping_occupy(struct nat *nat, const struct view *view)
{
	uint32_t number = begin(nat, view->protocol, &view->destination, &view->source);

	nat->mappings.mapping[number].is_local = true;
	return number;
}

void mapping_close(struct nat *nat, uint32_t number)
{
	struct mappings *mappings = &nat->mappings;

	index_remove(&mappings->outside, number);
	if (!mappings->mapping[number].is_local) {
		index_remove(&mappings->inside, number);
		index_remove(&mappings->source, number);
	}
	slots_give(&mappings->slots, number);
}
