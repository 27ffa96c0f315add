/* SPDX-License-Identifier: MIT */
/* What kind of NAT it is, by what was seen from behind it. */
#include "programs/nat/class.h"

#include <stddef.h>

static bool is_same(const struct nat_mapped *a, const struct nat_mapped *b)
{
	return a->is_there && b->is_there && a->address.s_addr == b->address.s_addr &&
	       a->port == b->port;
}

/* RFC 5780, 4.3. */
static const char *mapping_of(const struct nat_sight *sight)
{
	if (!sight->to_other_port.is_there || !sight->to_other_address.is_there)
		return NULL;
	if (!is_same(&sight->to_server, &sight->to_other_port))
		return "address-and-port-dependent";
	return is_same(&sight->to_server, &sight->to_other_address) ? "endpoint-independent"
								    : "address-dependent";
}

/* RFC 5780, 4.4. */
static const char *filtering_of(const struct nat_sight *sight)
{
	if (sight->hears_other_address)
		return "endpoint-independent";
	return sight->hears_other_port ? "address-dependent" : "address-and-port-dependent";
}

struct nat_class nat_classify(const struct nat_sight *sight)
{
	struct nat_class class = {0};

	if (!sight->to_server.is_there)
		return class;
	class.is_translated = sight->to_server.address.s_addr != sight->own_address.s_addr;
	class.ports = sight->to_server.port == sight->own_port ? "preserved" : "changed";
	class.mapping = mapping_of(sight);
	class.filtering = filtering_of(sight);
	if (sight->before_peer.is_there && sight->after_peer.is_there)
		class.peer_first =
			is_same(&sight->before_peer, &sight->after_peer) ? "stays" : "moves";
	return class;
}
