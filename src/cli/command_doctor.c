/* SPDX-License-Identifier: MIT */
/* meshbench doctor: show what this machine can do, and what to install for the rest. */
#include "cli/cli.h"
#include "cli/doctor_on.h"
#include "cli/load.h"
#include "virtual/virtual.h"

#include "base/file.h"
#include "base/terminal.h"
#include "supply/supply.h"
#include "vpn/vpn.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

enum {
	TEXT_COLUMN = 21
};

static void print_line(const char *name, bool is_good, const char *text)
{
	printf("  %-14s%-5s", name, is_good ? "yes" : "no");
	terminal_wrap(stdout, text, TEXT_COLUMN, TEXT_COLUMN, terminal_width(stdout));
	putchar('\n');
}

static void print_engine(struct procs *procs, const char *name, enum lab_engine engine,
	const struct profile *profile, const char *can)
{
	struct error err;

	if (lab_can_carry(procs, engine, profile, &err))
		print_line(name, false, err.text);
	else
		print_line(name, true, can);
}

/* Namespaces first: without them nothing else can be tried. */
static int print_machine(struct arena *arena, struct procs **ret_procs, struct error *err)
{
	struct profile clean, impaired;
	struct utsname name;

	uname(&name);
	printf("This machine\n  %-14s%s\n", "kernel", name.release);
	print_line("root", geteuid() == 0, "running as root is not needed");
	if (namespace_enter(err)) {
		print_line("namespaces", false, err->text);
		return -1;
	}
	print_line("namespaces", true, "isolated hosts are possible");
	print_line("tun", access("/dev/net/tun", R_OK | W_OK) == 0,
		"/dev/net/tun, for userspace VPNs");
	if (procs_new(ret_procs, err) || load_profile(arena, "baseline", &clean, err) ||
		load_profile(arena, "low", &impaired, err))
		return -1;
	print_engine(*ret_procs, "wire", LAB_ENGINE_WIRE, &impaired,
		"meshbench's own emulator, with any profile");
	print_engine(*ret_procs, "bridge", LAB_ENGINE_BRIDGE, &clean,
		"a kernel bridge, without impairment");
	print_engine(
		*ret_procs, "netem", LAB_ENGINE_NETEM, &impaired, "the kernel's own impairment");
	return 0;
}

static void print_virtual(struct procs *procs, struct arena *arena)
{
	static const struct virtual_machine any;
	struct virtual_parts parts;
	struct error missing;

	if (virtual_find(procs, arena, &any, &parts, &missing))
		print_line("virtual", false, missing.text);
	else
		print_line("virtual", true,
			arena_printf(arena, "run --virtual, with Linux %s and %s", parts.kernel,
				parts.qemu_version));
}

static void print_workloads(struct arena *arena)
{
	puts("Workloads");
	for (size_t i = 0; workloads[i]; i++) {
		const struct workload *workload = workloads[i];
		int n = workload_missing(workload, NULL, arena);

		if (n >= 0)
			print_line(workload->name, false,
				arena_printf(arena, "program '%s' is not installed: apt install %s",
					workload->needs[n], workload->packages[n]));
		else
			print_line(workload->name, true, workload->title);
	}
}

/* The installed versions that NAME alone does not mean, and those that could be installed. */
static const char *others_of(
	struct arena *arena, const struct pin *pin, const char *prefix, const struct driver *driver)
{
	const char *text = "";

	for (size_t i = 0; pin && i < pin->version_count; i++) {
		const struct pin_version *version = &pin->versions[i];
		const char *bin = installed_bin(arena, prefix, pin->name, version->version);

		if (version->source == PIN_DEBIAN ||
			(bin && driver->bin && strcmp(bin, driver->bin) == 0))
			continue;
		text = arena_printf(arena, "%s%s%s%s", text,
			*text ? ", " : "; also known: ", version->version,
			bin ? " (installed)" : "");
	}
	return text;
}

/* What is installed has its version from its pin; what is on PATH is asked. */
static const char *which_of(struct arena *arena, struct procs *procs, const struct driver *driver)
{
	const char *version = choice_installed(arena, driver);

	if (version)
		return arena_printf(arena, "%s installed", version);
	version = vpn_version(arena, procs, driver);
	return version ? arena_printf(arena, "on PATH: %s", version) : "on PATH";
}

static const char *describe(struct arena *arena, struct procs *procs, const struct driver *driver,
	const struct pin *pin)
{
	return arena_printf(arena, "%s, %s, %s%s", driver->title, vpn_datapath(arena, driver),
		which_of(arena, procs, driver),
		others_of(arena, pin, install_prefix(arena), driver));
}

/* How many can run here. */
struct found {
	size_t vpns, bare_links;
};

static void print_found(struct arena *arena, struct procs *procs, const struct driver *driver,
	const struct pin *pin, struct found *found)
{
	bool is_vpn = vpn_needs(arena, driver)[0];

	found->vpns += is_vpn;
	found->bare_links += !is_vpn;
	print_line(driver->name, true,
		is_vpn ? describe(arena, procs, driver, pin)
		       : arena_printf(arena, "%s, which needs nothing", driver->title));
}

static int print_vpns(
	struct arena *arena, struct procs *procs, struct found *found, struct error *err)
{
	const char *prefix = install_prefix(arena);
	const char *const *names;
	struct pins pins;

	printf("VPNs (meshbench install puts them in %s)\n",
		prefix ? prefix : "no folder, because HOME is not set");
	if (plan_list(arena, "drivers", &names, err) || install_pins(arena, &pins, err))
		return -1;
	for (; *names; names++) {
		struct driver driver;
		struct error missing;

		if (choice_driver(arena, *names, &driver, err))
			return -1;
		if (vpn_is_found(&driver, &missing))
			print_line(driver.name, false, missing.text);
		else
			print_found(arena, procs, &driver, pins_named(&pins, *names), found);
	}
	return 0;
}

static struct option_table table_of(const char **on, struct option_row rows[1])
{
	rows[0] = (struct option_row){.name = "on",
		.argument = "HOSTS",
		.help = "what the machines of a hosts.yml can do instead, which SSH reaches",
		.kind = OPTION_TEXT,
		.target = on};
	return (struct option_table){.usage = "doctor [PLAN] [--on HOSTS]",
		.arguments_max = 1,
		.examples = "meshbench doctor thesis --on hosts.yml\n",
		.about =
			"Shows what this machine can do, which VPNs and tools are installed, and how to install the rest.\nWith a plan, machines ask each other on all ports that it uses.\nExit status: 0 if a run is possible, 3 if not.",
		.rows = rows,
		.count = 1};
}

static int look_here(struct arena *arena)
{
	AUTO(procs_freep) struct procs *procs = NULL;
	struct error err = {0};
	struct found found = {0};

	if (print_machine(arena, &procs, &err))
		return cli_report(&err);
	print_virtual(procs, arena);
	print_workloads(arena);
	if (print_vpns(arena, procs, &found, &err))
		return cli_report(&err);
	if (found.vpns)
		printf("%zu VPN%s can be measured here; next: meshbench run taste\n", found.vpns,
			found.vpns == 1 ? "" : "s");
	return found.vpns || found.bare_links ? EXIT_MEASURED : EXIT_CANNOT;
}

static int run(int argc, char *const argv[])
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *on = NULL;
	struct option_row rows[1];
	struct option_table table = table_of(&on, rows);
	struct option_result options;
	struct error err = {0};
	int status;

	if (!cli_take_options(&table, arena, argc, argv, &options, &status))
		return status;
	if (!on && options.argument_count) {
		(void)fail(&err, ERROR_USAGE,
			"a plan tells the ports to ask machines for; name them with --on HOSTS");
		return cli_report(&err);
	}
	if (!on)
		return look_here(arena);
	status = doctor_on(on, options.argument_count ? options.arguments[0] : NULL, &err);
	return status < 0 ? cli_report(&err) : status;
}

const struct command command_doctor = {"doctor", "show what this machine can do", run};
