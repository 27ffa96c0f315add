/* SPDX-License-Identifier: MIT */
/* meshbench install --on: VPNs that were built here, on machines that SSH reaches. */
#include "cli/install_on.h"

#include "cli/cli.h"
#include "cli/machines.h"

#include "vpn/vpn.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

/* What is to be brought, and where. */
struct bringing {
	struct arena *arena;
	struct procs *procs;
	const struct driver *drivers;
	size_t count;
	int status;
};

static void complain(
	struct bringing *bringing, const char *machine, const char *label, const struct error *err)
{
	fprintf(stderr, "%s  %s: %s\n", machine, label, err->text);
	if (bringing->status != EXIT_SOME_FAILED)
		bringing->status = err->kind == ERROR_MISSING ? EXIT_CANNOT : EXIT_SOME_FAILED;
}

/* Programs of another architecture would only fail later, with words that nobody understands. */
static int check_architecture(const struct seen_machine *seen, struct error *err)
{
	struct utsname here;

	if (uname(&here) < 0)
		return fail_errno(err, "ask for this machine's architecture");
	if (seen->look.architecture && strcmp(seen->look.architecture, here.machine) == 0)
		return 0;
	return fail(err, ERROR_MISSING,
		"it is %s and this machine %s, so what is built here cannot run there; install the VPN there by hand",
		seen->look.architecture ? seen->look.architecture : "of an unknown architecture",
		here.machine);
}

static struct far_bundle bundle_of(struct arena *arena, const struct driver *driver)
{
	const struct installed_program *built;
	size_t count = installed_programs(arena, driver, &built);
	const char **names = arena_alloc(arena, const char *, count + 1);
	const char *sums = "";

	for (size_t i = 0; i < count; i++) {
		names[i] = built[i].name;
		sums = arena_printf(arena, "%s%s  %s\n", sums, built[i].sha256, built[i].name);
	}
	return (struct far_bundle){.here = driver->bin,
		.there = machine_bin(arena, driver),
		.names = names,
		.tried = names,
		.sums = sums};
}

static int bring(const struct bringing *bringing, const struct seen_machine *seen,
	const struct driver *driver, const char **ret_words, struct error *err)
{
	const struct machine_needs needs = {seen, driver};
	const struct vpn_place place = {seen->machine->name, machine_has_need, &needs};
	struct far_bundle bundle;
	struct error missing;

	if (!driver->bin && vpn_is_found_at(driver, &place, &missing) == 0) {
		*ret_words = "there by itself";
		return 0;
	}
	if (!driver->bin)
		return fail(err, ERROR_MISSING,
			"meshbench does not build it; install it there%s%s%s%s",
			driver->packages[0] ? ": ssh " : "",
			driver->packages[0] ? seen->machine->ssh : "",
			driver->packages[0] ? " apt install " : "",
			driver->packages[0] ? driver->packages[0] : "");
	if (machine_has_build(seen, driver)) {
		*ret_words = "already there";
		return 0;
	}
	bundle = bundle_of(bringing->arena, driver);
	if (!bundle.names[0] || !bundle.there)
		return fail(err, ERROR_SYSTEM, "%s does not say what was built", driver->bin);
	if (install_check(bringing->procs, driver, err) ||
		far_ssh_send(bringing->procs, &seen->ssh, &bundle, err))
		return -1;
	*ret_words = arena_printf(bringing->arena, "brought to %s", bundle.there);
	return 0;
}

static void bring_all(struct bringing *bringing, const struct machine *machine)
{
	const struct workload *const none[] = {NULL};
	const struct far_bundle ours = {.there = ""}; /* not asked for */
	const struct far_question question = {.bundle = &ours,
		.programs = machines_wanted(
			bringing->arena, bringing->drivers, bringing->count, none, 0)};
	struct seen_machine seen;
	struct error err;

	if (machine_see(bringing->arena, bringing->procs, machine, &question, &seen, &err) ||
		far_ssh_check(&seen.ssh, &seen.look, &err) || check_architecture(&seen, &err)) {
		complain(bringing, machine->name, "not reached", &err);
		return;
	}
	for (size_t i = 0; i < bringing->count && !procs_is_cancelled(bringing->procs); i++) {
		const struct driver *driver = &bringing->drivers[i];
		const char *words = "";

		if (bring(bringing, &seen, driver, &words, &err))
			complain(bringing, machine->name, driver->label, &err);
		else
			fprintf(stderr, "%s  %s: %s\n", machine->name, driver->label, words);
	}
}

int install_on(
	struct arena *arena, struct procs *procs, const char *path, const char *const *labels)
{
	struct bringing bringing = {.arena = arena, .procs = procs, .status = EXIT_MEASURED};
	struct inventory inventory;
	struct driver *drivers;
	struct error err = {0};

	while (labels[bringing.count])
		bringing.count++;
	drivers = arena_alloc(arena, struct driver, bringing.count);
	for (size_t i = 0; i < bringing.count; i++) {
		if (choice_driver(arena, labels[i], &drivers[i], &err))
			return cli_report(&err);
	}
	bringing.drivers = drivers;
	if (inventory_load(arena, path, &inventory, &err))
		return cli_report(&err);
	for (size_t i = 0; i < inventory.count && !procs_is_cancelled(procs); i++)
		bring_all(&bringing, &inventory.machines[i]);
	return bringing.status;
}
