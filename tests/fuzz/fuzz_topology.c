/* SPDX-License-Identifier: MIT */
/* A topology: what is refused names the file; what loads is a world that a wire can build. */
#include "plan/topology.h"

#include "paper.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *path = arena_printf(arena, "%s/world.yml", paper_folder("t"));
	struct error err = {0};
	struct topology topology;
	size_t count;

	paper_write(path, data, size);
	if (topology_load(arena, path, &topology, &err)) {
		assert(err.kind == ERROR_USAGE && strstr(err.text, path));
		return 0;
	}
	topology_hosts(arena, &topology, &count);
	assert(topology_is_flat(&topology) == (count == 0));
	for (size_t i = 0; i < topology.site_count; i++) {
		const struct topology_site *site = &topology.sites[i];
		struct nat_params nat = site->nat;

		assert(site->behind == TOPOLOGY_PUBLIC || site->behind < i);
		assert(site->network && site->prefix && site->mtu >= TOPOLOGY_LEAST_MTU);
		if (nat.is_nat64) /* a lab gives it an address */
			nat.external[nat.external_count++] = 0x2c800101;
		assert(nat_check(&nat, &err) == 0);
	}
	for (size_t i = 0; i < count; i++)
		assert((i < topology.public_count) ==
			(topology_site_of(&topology, i) == TOPOLOGY_PUBLIC));
	return 0;
}
