/* SPDX-License-Identifier: MIT */
/* Machines that SSH reaches: seen, found fit, and given our programs. */
#include "cli/machines.h"

#include "vpn/vpn.h"

#include <stdlib.h>
#include <string.h>

/* Where namespaces have all that hosts use of them. */
#define KERNEL_MAJOR 5
#define KERNEL_MINOR 12

static const char *const lab_tools[] = {"ip", "tc", "sysctl", "ethtool"};

static size_t length_of(const char *const *list)
{
	size_t count = 0;

	while (list[count])
		count++;
	return count;
}

static void add(const char **list, size_t *count, const char *word)
{
	for (size_t i = 0; i < *count; i++) {
		if (strcmp(list[i], word) == 0)
			return;
	}
	list[(*count)++] = word;
}

const char *const *machines_wanted(struct arena *arena, const struct driver drivers[],
	size_t driver_count, const struct workload *const *list, size_t workload_count)
{
	size_t room = ARRAY_SIZE(lab_tools) + 1, count = 0;
	const char *const **needs = arena_alloc(arena, const char *const *, driver_count);
	const char **wanted;

	for (size_t i = 0; i < driver_count; i++) {
		needs[i] = vpn_needs(arena, &drivers[i]);
		room += length_of(needs[i]);
	}
	for (size_t i = 0; i < workload_count; i++)
		room += length_of(list[i]->needs);
	wanted = arena_alloc(arena, const char *, room);
	for (size_t i = 0; i < ARRAY_SIZE(lab_tools); i++)
		add(wanted, &count, lab_tools[i]);
	for (size_t i = 0; i < workload_count; i++)
		for (size_t k = 0; list[i]->needs[k]; k++)
			add(wanted, &count, list[i]->needs[k]);
	for (size_t i = 0; i < driver_count; i++)
		for (size_t k = 0; needs[i][k]; k++)
			add(wanted, &count, needs[i][k]);
	return wanted;
}

int machine_see(struct arena *arena, struct procs *procs, const struct machine *machine,
	const struct far_question *question, struct seen_machine *ret_seen, struct error *err)
{
	struct far_question about_it = *question;
	struct seen_machine seen = {.machine = machine,
		.ssh = {.name = machine->name,
			.destination = machine->ssh,
			.is_sudo = machine->is_sudo}};

	about_it.device = machine->device;
	if (far_ssh_look(arena, procs, &seen.ssh, &about_it, &seen.look, err))
		return -1;
	*ret_seen = seen;
	return 0;
}

static const struct far_program *program_of(const struct seen_machine *seen, const char *name)
{
	for (size_t i = 0; i < seen->look.program_count; i++) {
		const struct far_program *known = &seen->look.programs[i];

		if (known->name && strcmp(known->name, name) == 0)
			return known;
	}
	return NULL;
}

bool machine_has(const struct seen_machine *seen, const char *program)
{
	const struct far_program *known = program_of(seen, program);

	return known && known->path;
}

const char *machine_hash(const struct seen_machine *seen, const char *program)
{
	const struct far_program *known = program_of(seen, program);

	return known ? known->sha256 : NULL;
}

int machine_check_kernel(const struct seen_machine *seen, struct error *err)
{
	char *rest;
	long major = strtol(seen->look.kernel, &rest, 10);
	long minor = *rest == '.' ? strtol(rest + 1, NULL, 10) : 0;

	if (major > KERNEL_MAJOR || (major == KERNEL_MAJOR && minor >= KERNEL_MINOR))
		return 0;
	return fail(err, ERROR_MISSING, "%s: it runs Linux %s; install %d.%d or later",
		seen->machine->name, seen->look.kernel, KERNEL_MAJOR, KERNEL_MINOR);
}

int machine_check_card(const struct seen_machine *seen, struct error *err)
{
	const struct machine *machine = seen->machine;
	const char *control = seen->look.control;

	if (!seen->look.has_device)
		return fail(err, ERROR_MISSING,
			"%s: it has no network card %s; see which it has: ssh %s ip link",
			machine->name, machine->device, machine->ssh);
	if (machine->network != MACHINE_SHARE && control && strcmp(control, machine->device) == 0)
		return fail(err, ERROR_MISSING,
			"%s: SSH itself uses the network card %s; name another one in hosts.yml",
			machine->name, machine->device);
	if (machine->network == MACHINE_NIC && !control)
		return fail(err, ERROR_MISSING,
			"%s: it is not known which network card SSH uses there, so %s is not touched; see: ssh %s ip route get your-address",
			machine->name, machine->device, machine->ssh);
	return 0;
}

static int check_tools(const struct seen_machine *seen, struct error *err)
{
	if (!machine_has(seen, "ip"))
		return fail(err, ERROR_MISSING,
			"%s: program 'ip' is not installed: ssh %s apt install iproute2",
			seen->machine->name, seen->machine->ssh);
	if (!machine_has(seen, "sysctl"))
		return fail(err, ERROR_MISSING,
			"%s: program 'sysctl' is not installed: ssh %s apt install procps",
			seen->machine->name, seen->machine->ssh);
	return 0;
}

int machine_check(const struct seen_machine *seen, struct error *err)
{
	return far_ssh_check(&seen->ssh, &seen->look, err) || machine_check_kernel(seen, err) ||
			       machine_check_card(seen, err) || check_tools(seen, err)
		       ? -1
		       : 0;
}

int machine_prepare(struct procs *procs, const struct seen_machine *seen,
	const struct far_bundle *bundle, struct error *err)
{
	return seen->look.has_programs ? 0 : far_ssh_send(procs, &seen->ssh, bundle, err);
}

struct far_host_spec machine_spec(
	struct arena *arena, const struct seen_machine *seen, const struct far_bundle *bundle)
{
	return (struct far_host_spec){.name = seen->machine->name,
		.command = far_ssh_helper(arena, &seen->ssh, bundle),
		.destination = seen->machine->ssh,
		.programs_here = bundle->here,
		.programs_there = bundle->there};
}

struct lab_machine machine_on_cable(
	struct arena *arena, const struct seen_machine *seen, const struct far_bundle *bundle)
{
	const struct machine *machine = seen->machine;
	struct lab_machine on_cable = {.far = machine_spec(arena, seen, bundle),
		.address = machine->address,
		.prefix = machine->prefix};

	on_cable.far.device = machine->device;
	return on_cable;
}
