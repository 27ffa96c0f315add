/* SPDX-License-Identifier: MIT */
/* A hosts.yml: what is refused names the file; what loads has no word that ssh takes for an option.
 */
#include "plan/inventory.h"

#include "paper.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *path = arena_printf(arena, "%s/hosts.yml", paper_folder("i"));
	struct error err = {0};
	struct inventory inventory;

	paper_write(path, data, size);
	if (inventory_load(arena, path, &inventory, &err)) {
		assert(err.kind == ERROR_USAGE && strstr(err.text, path));
		return 0;
	}
	assert(inventory.count > 0);
	for (size_t i = 0; i < inventory.count; i++) {
		const struct machine *machine = &inventory.machines[i];

		assert(machine->ssh[0] && machine->ssh[0] != '-' && machine->device[0] != '-');
		assert((machine->address == NULL) == (machine->network == MACHINE_SHARE));
		assert(inventory_named(&inventory, machine->name) == machine);
	}
	return 0;
}
