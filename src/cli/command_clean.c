/* SPDX-License-Identifier: MIT */
/* meshbench clean: removes what was brought to machines that SSH reaches. */
#include "cli/cli.h"

#include "far/ssh.h"
#include "plan/inventory.h"

#include <stdio.h>

/* All are tried; the first that fails decides. */
static int clean_all(struct procs *procs, const struct inventory *inventory)
{
	int status = EXIT_MEASURED;

	for (size_t i = 0; i < inventory->count && !procs_is_cancelled(procs); i++) {
		const struct machine *machine = &inventory->machines[i];
		const struct far_ssh ssh = {.name = machine->name,
			.destination = machine->ssh,
			.is_sudo = machine->is_sudo};
		struct error err;

		if (far_ssh_clean(procs, &ssh, &err) == 0)
			printf("%s: %s is removed\n", machine->name, FAR_CACHE);
		else if (status == EXIT_MEASURED)
			status = cli_report(&err);
		else
			cli_report(&err);
	}
	return status;
}

static int run(int argc, char *const argv[])
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(procs_freep) struct procs *procs = NULL;
	const char *on = NULL;
	const struct option_row rows[] = {
		{"on", "HOSTS", "the machines of a hosts.yml", OPTION_TEXT, &on, NULL, 0, 0}};
	const struct option_table table = {.usage = "clean --on HOSTS",
		.examples = "meshbench clean --on hosts.yml\n",
		.about =
			"Removes the programs that doctor --on and run --on brought to machines; nothing else of meshbench stays there.\nExit status: 0 if all were reached, 3 if not.",
		.rows = rows,
		.count = ARRAY_SIZE(rows)};
	struct inventory inventory;
	struct option_result given;
	struct error err = {0};
	int status;

	if (!cli_take_options(&table, arena, argc, argv, &given, &status))
		return status;
	if (!on) {
		fail(&err, ERROR_USAGE, "clean needs --on HOSTS, a file that lists machines");
		return cli_report(&err);
	}
	if (inventory_load(arena, on, &inventory, &err) || procs_new(&procs, &err))
		return cli_report(&err);
	return clean_all(procs, &inventory);
}

const struct command command_clean = {"clean", "remove what was brought to other machines", run};
