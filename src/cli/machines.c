/* SPDX-License-Identifier: MIT */
/* Machines that SSH reaches: seen, found fit, and given our programs. */
#include "cli/machines.h"

#include "base/text.h"
#include "vpn/vpn.h"

#include <stdlib.h>
#include <string.h>

/* Where namespaces have all that hosts use of them. */
#define KERNEL_MAJOR 5
#define KERNEL_MINOR 12

#define NETEM "module:sch_netem"

static const char *const lab_tools[] = {"ip", "tc", "sysctl", "ethtool", "nft", NETEM};

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

const char *machine_bin(struct arena *arena, const struct driver *driver)
{
	const char *prefix = install_prefix(arena);
	size_t length = prefix ? strlen(prefix) : 0;

	if (!driver->bin || !prefix || strncmp(driver->bin, prefix, length) != 0 ||
		driver->bin[length] != '/')
		return NULL;
	return arena_printf(arena, "%s%s", FAR_VPNS, driver->bin + length);
}

static void add_built(
	struct arena *arena, const struct driver *driver, const char **list, size_t *count)
{
	const struct installed_program *built;
	size_t built_count = installed_programs(arena, driver, &built);
	const char *bin = machine_bin(arena, driver);

	for (size_t i = 0; bin && i < built_count; i++)
		add(list, count, arena_printf(arena, "%s/%s", bin, built[i].name));
}

const char *const *machines_wanted(struct arena *arena, const struct driver drivers[],
	size_t driver_count, const struct workload *const *list, size_t workload_count)
{
	size_t room = ARRAY_SIZE(lab_tools) + 1, count = 0;
	const char *const **needs = arena_alloc(arena, const char *const *, driver_count);
	const char **wanted;

	for (size_t i = 0; i < driver_count; i++) {
		const struct installed_program *built;

		needs[i] = vpn_needs(arena, &drivers[i]);
		room += length_of(needs[i]) + installed_programs(arena, &drivers[i], &built);
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
	for (size_t i = 0; i < driver_count; i++)
		add_built(arena, &drivers[i], wanted, &count);
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

bool machine_has_build(const struct seen_machine *seen, const struct driver *driver)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct installed_program *built;
	size_t count = installed_programs(arena, driver, &built);
	const char *bin = machine_bin(arena, driver);

	if (!bin || count == 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		const char *sum =
			machine_hash(seen, arena_printf(arena, "%s/%s", bin, built[i].name));

		if (!sum || strcmp(sum, built[i].sha256) != 0)
			return false;
	}
	return true;
}

bool machine_has_need(const void *context, const char *need)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct machine_needs *needs = context;
	const char *bin = machine_bin(arena, needs->driver);

	return (bin && machine_has(needs->seen, arena_printf(arena, "%s/%s", bin, need))) ||
	       machine_has(needs->seen, need);
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
	/* A macvlan leaves the card as it is, and what impairs packets stands before the macvlan.
	 */
	if (machine->network == MACHINE_NIC && control && strcmp(control, machine->device) == 0)
		return fail(err, ERROR_MISSING,
			"%s: SSH itself uses the network card %s; name another one in hosts.yml",
			machine->name, machine->device);
	if (machine->network == MACHINE_NIC && !control)
		return fail(err, ERROR_MISSING,
			"%s: it is not known which network card SSH uses there, so %s is not touched; see: ssh %s ip route get your-address",
			machine->name, machine->device, machine->ssh);
	return 0;
}

/* What a host needs that has no card of its own: the machine's address, and a way to take packets.
 */
static int check_share(const struct seen_machine *seen, struct error *err)
{
	const struct machine *machine = seen->machine;

	if (machine->network != MACHINE_SHARE)
		return 0;
	if (!seen->look.address)
		return fail(err, ERROR_MISSING,
			"%s: its network card %s has no IPv4 address that a host could share; see: ssh %s ip address",
			machine->name, machine->device, machine->ssh);
	if (!machine_has(seen, "nft"))
		return fail(err, ERROR_MISSING,
			"%s: program 'nft' is not installed: ssh %s apt install nftables",
			machine->name, machine->ssh);
	return machine_check_edge(seen, err);
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
			       machine_check_card(seen, err) || check_tools(seen, err) ||
			       check_share(seen, err)
		       ? -1
		       : 0;
}

int machine_check_edge(const struct seen_machine *seen, struct error *err)
{
	return seen->look.has_tun
		       ? 0
		       : fail(err, ERROR_MISSING,
				 "%s: it has no /dev/net/tun, which impairment needs; load it: ssh %s modprobe tun",
				 seen->machine->name, seen->machine->ssh);
}

int machine_check_splitting(const struct seen_machine *seen, struct error *err)
{
	static const char *const tools[][2] = {{"tc", "iproute2"}, {"ethtool", "ethtool"}};

	for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
		if (!machine_has(seen, tools[i][0]))
			return fail(err, ERROR_MISSING,
				"%s: program '%s' is not installed, which engine netem needs: ssh %s apt install %s",
				seen->machine->name, tools[i][0], seen->machine->ssh, tools[i][1]);
	}
	return 0;
}

int machine_check_netem(const struct seen_machine *seen, struct error *err)
{
	return machine_has(seen, NETEM)
		       ? 0
		       : fail(err, ERROR_MISSING,
				 "%s: its kernel (Linux %s) has no netem; install its extra modules (linux-modules-extra, kernel-modules-extra) for sch_netem, or use --engine edge",
				 seen->machine->name, seen->look.kernel);
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
		.programs_there = bundle->there,
		.vpns_here = install_prefix(arena),
		.vpns_there = FAR_VPNS};
}

const char *machine_address(struct arena *arena, const struct seen_machine *seen)
{
	const char *text = seen->look.address;

	if (seen->machine->network != MACHINE_SHARE)
		return seen->machine->address;
	return text ? arena_strndup(arena, text, strcspn(text, "/")) : NULL;
}

static int prefix_of(const struct seen_machine *seen)
{
	const char *slash = seen->look.address ? strchr(seen->look.address, '/') : NULL;
	struct error ignored;
	int64_t prefix = 32;

	if (seen->machine->network != MACHINE_SHARE)
		return seen->machine->prefix;
	return slash && text_integer(slash + 1, 0, 32, &prefix, &ignored) == 0 ? (int)prefix : 32;
}

bool inventory_shares(const struct inventory *inventory)
{
	return inventory->machines[0].network == MACHINE_SHARE; /* all or none */
}

struct lab_machine machine_on_cable(struct arena *arena, const struct seen_machine *seen,
	const struct seen_machine all[], size_t count, const struct far_bundle *bundle)
{
	const struct machine *machine = seen->machine;
	bool is_shared = machine->network == MACHINE_SHARE;
	struct lab_machine on_cable = {.far = machine_spec(arena, seen, bundle),
		.address = machine_address(arena, seen),
		.prefix = prefix_of(seen),
		.gateway = is_shared ? seen->look.gateway : NULL};
	const char **peers = arena_alloc(arena, const char *, count + 1);
	struct error ignored;
	int64_t port = 22;
	size_t used = 0;

	_Static_assert((int)MACHINE_SHARE == (int)FAR_SHARE && (int)MACHINE_NIC == (int)FAR_NIC,
		"the same networks in the same order");
	for (size_t i = 0; is_shared && i < count; i++) {
		if (all[i].machine != machine)
			peers[used++] = machine_address(arena, &all[i]);
	}
	if (is_shared && seen->look.ssh_port &&
		text_integer(seen->look.ssh_port, 1, UINT16_MAX, &port, &ignored))
		port = 22;
	on_cable.far.device = machine->device;
	on_cable.far.network = (enum far_network)machine->network;
	on_cable.far.peers = peers;
	on_cable.far.ssh_port = (unsigned)port;
	return on_cable;
}
