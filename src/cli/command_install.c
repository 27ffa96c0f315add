/* SPDX-License-Identifier: MIT */
/* meshbench install: programs of VPNs, pinned versions, into a folder of the user's own. */
#include "cli/cli.h"
#include "cli/install_on.h"
#include "cli/load.h"
#include "cli/progress.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/text.h"
#include "supply/supply.h"
#include "vpn/vpn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define APT_LIMIT_NS (1800 * NS_PER_S)

struct install_options {
	const char *const *vpns, *const *sources;
	const char *on; /* a hosts.yml, whose machines get them as well; or NULL */
	bool yes;
};

/* What an installation works with, and what became of it. */
struct installation {
	struct arena *arena;
	struct installer installer;
	struct progress_display display;
	const struct install_options *options;
	const char *doing; /* "2/7" */
	size_t failed, lacking;
};

static void show(void *context, const struct install_progress *progress)
{
	struct installation *installation = context;
	struct progress_display *display = &installation->display;
	char took[32], expected[64] = "";

	if (progress->expected_s > 0) {
		progress_duration(took, progress->expected_s);
		snprintf(expected, sizeof(expected), ", about %s with two processors", took);
	}
	progress_duration(took, progress->elapsed_s);
	if (progress->stage == INSTALL_GOES_ON && !display->is_terminal)
		return;
	progress_display_end(display);
	fprintf(stderr, "%s  %s %s: ", installation->doing, progress->name, progress->version);
	switch (progress->stage) {
	case INSTALL_THERE:
		fputs("already installed\n", stderr);
		break;
	case INSTALL_CHANGED:
		fputs("has changed since it was built, so it is built again\n", stderr);
		break;
	case INSTALL_BEGINS:
		fprintf(stderr, "building%s; the output goes to %s\n", expected, progress->log);
		break;
	case INSTALL_GOES_ON:
		fprintf(stderr, "%s, %.50s", took, progress->words);
		display->has_status = true;
		break;
	case INSTALL_DONE:
		fprintf(stderr, "installed in %s\n", took);
		break;
	}
}

static void complain(
	struct installation *installation, const struct choice *choice, const struct error *err)
{
	progress_display_end(&installation->display);
	fprintf(stderr, "%s  %s%s%s: %s\n", installation->doing, choice->name,
		choice->version ? " " : "", choice->version ? choice->version->version : "",
		err->text);
	if (err->kind == ERROR_MISSING)
		installation->lacking++;
	else
		installation->failed++;
}

/* Of these packages those that dpkg does not call installed. */
static const char *const *packages_missing(
	struct installation *installation, const char *const *packages)
{
	const char **missing;
	size_t count = 0;

	while (packages[count])
		count++;
	missing = arena_alloc(installation->arena, const char *, count + 1);
	count = 0;
	for (; *packages; packages++) {
		AUTO(proc_freep) struct proc *proc = NULL;
		const char *argv[] = {"dpkg-query", "--show", "--showformat=${db:Status-Status}",
			*packages, NULL};
		struct error ignored;

		if (proc_start(installation->installer.procs,
			    &(struct proc_spec){.what = "ask for a package", .argv = argv}, &proc,
			    &ignored) ||
			proc_wait(proc, deadline_in(60 * NS_PER_S), &ignored) ||
			strcmp(proc_result(proc).out, "installed") != 0)
			missing[count++] = *packages;
	}
	return missing;
}

/* Only a person at a terminal can say yes here; nobody is asked twice. */
static bool is_allowed(const struct installation *installation, const char *command)
{
	char answer[8] = "";

	if (installation->options->yes)
		return true;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return false;
	fprintf(stderr, "This changes the system: %s\nRun it? [y/N] ", command);
	return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static int run_apt(
	struct installation *installation, const char *const *packages, struct error *err)
{
	const char *argv[80] = {"sudo", "apt-get", "install", "-y"};
	const char *const *command = geteuid() == 0 ? argv + 1 : argv;
	const char *line;
	size_t count = 4;

	while (*packages && count + 1 < ARRAY_SIZE(argv))
		argv[count++] = *packages++;
	line = text_command_line(installation->arena, command);
	progress_display_end(&installation->display);
	if (!is_allowed(installation, line))
		return fail(err, ERROR_MISSING,
			"it needs Debian packages, which are installed only with your consent: run `%s` or meshbench install --yes",
			line);
	fprintf(stderr, "%s\n", line);
	return proc_run(installation->installer.procs,
		&(struct proc_spec){.what = "install Debian packages",
			.argv = command,
			.environment =
				(const char *const[]){"DEBIAN_FRONTEND=noninteractive", NULL},
			.on_terminal = isatty(STDIN_FILENO)},
		deadline_in(APT_LIMIT_NS), err);
}

static int add_packages(
	struct installation *installation, const char *const *packages, struct error *err)
{
	const char *const *missing = packages_missing(installation, packages);

	return missing[0] ? run_apt(installation, missing, err) : 0;
}

/* What no client of ours builds is there when the driver finds what it needs. */
static int look_for(struct installation *installation, const char *label, struct error *err)
{
	struct driver driver;

	if (choice_driver(installation->arena, label, &driver, err))
		return -1;
	if (vpn_is_found(&driver, err) == 0 || driver.advice || !driver.packages[0])
		return driver.advice || !driver.packages[0] ? vpn_is_found(&driver, err) : 0;
	if (add_packages(installation, driver.packages, err))
		return -1;
	return vpn_is_found(&driver, err);
}

static bool is_source_wanted(const struct installation *installation, const struct choice *choice)
{
	const char *const *sources = installation->options->sources;
	const char *name = choice->version ? pin_source_name(choice->version->source) : "own";

	for (; sources && *sources; sources++) {
		if (strcmp(*sources, name) == 0)
			return true;
	}
	return !installation->options->sources;
}

static int install_one(struct installation *installation, const struct choice *choice,
	const char *label, struct error *err)
{
	if (choice->version && !choice->is_system &&
		install_version(&installation->installer, choice->pin, choice->version, err))
		return -1;
	if (choice->version && choice->is_system &&
		add_packages(installation, choice->version->packages, err))
		return -1;
	if (look_for(installation, label, err))
		return -1;
	if (choice->is_system)
		fprintf(stderr, "%s  %s: already installed\n", installation->doing, label);
	return 0;
}

static int install_all(
	struct installation *installation, const struct pins *pins, const char *const *labels)
{
	size_t count = 0;

	while (labels[count])
		count++;
	for (size_t i = 0; i < count; i++) {
		struct error err = {0};
		struct choice choice;

		installation->doing = arena_printf(installation->arena, "%zu/%zu", i + 1, count);
		if (choice_read(installation->arena, pins, installation->installer.prefix,
			    labels[i], &choice, &err))
			return cli_report(&err);
		if (!is_source_wanted(installation, &choice) ||
			install_one(installation, &choice, labels[i], &err) == 0)
			continue;
		complain(installation, &choice, &err);
		if (err.kind == ERROR_CANCELLED) {
			fputs("meshbench: finished versions are kept; the same command continues\n",
				stderr);
			return EXIT_SOME_FAILED;
		}
	}
	return installation->failed    ? EXIT_SOME_FAILED
	       : installation->lacking ? EXIT_CANNOT
				       : EXIT_MEASURED;
}

/* Every VPN that has a driver and a version here; what its project alone distributes is left out
 * unless it is named. */
static int list_all(struct arena *arena, const struct pins *pins, const char *const **ret_labels,
	struct error *err)
{
	const char *const *names;
	const char **labels;
	size_t count = 0;

	if (plan_list(arena, "drivers", &names, err))
		return -1;
	while (names[count])
		count++;
	labels = arena_alloc(arena, const char *, count + 1);
	count = 0;
	for (; *names; names++) {
		const struct pin *pin = pins_named(pins, *names);

		if (pin && pin->version_count)
			labels[count++] = *names;
	}
	*ret_labels = labels;
	return 0;
}

static int check_labels(
	struct arena *arena, const struct pins *pins, const char *const *labels, struct error *err)
{
	for (; *labels; labels++) {
		struct choice choice;
		struct driver driver;

		if (choice_driver(arena, *labels, &driver, err) ||
			choice_read(arena, pins, NULL, *labels, &choice, err))
			return -1;
	}
	return 0;
}

static int check_sources(const char *const *sources, struct error *err)
{
	for (; sources && *sources; sources++) {
		enum pin_source source = PIN_GO;

		while (source <= PIN_DEBIAN && strcmp(*sources, pin_source_name(source)) != 0)
			source++;
		if (source > PIN_DEBIAN)
			return fail(err, ERROR_USAGE,
				"unknown source '%s'; use go, cargo or debian", *sources);
	}
	return 0;
}

static int prepare(struct installation *installation, const struct pins *pins,
	const char *const **ret_labels, struct error *err)
{
	const char *const *given = installation->options->vpns;

	installation->installer.prefix = install_prefix(installation->arena);
	if (!installation->installer.prefix)
		return fail(err, ERROR_MISSING,
			"no folder to install into: set MESHBENCH_VPNS or HOME");
	if (check_sources(installation->options->sources, err))
		return -1;
	if (!given || (strcmp(given[0], "all") == 0 && !given[1]))
		return list_all(installation->arena, pins, ret_labels, err);
	*ret_labels = given;
	return check_labels(installation->arena, pins, given, err);
}

static int install(struct arena *arena, const struct install_options *options)
{
	AUTO(procs_freep) struct procs *procs = NULL;
	AUTO(fd_closep) int lock = -1;
	struct installation installation = {
		.arena = arena, .options = options, .display = progress_display_new()};
	static const char *const none[] = {NULL};
	const char *const *labels = none;
	struct error err = {0};
	struct pins pins;
	int status, there;

	if (install_pins(arena, &pins, &err) || prepare(&installation, &pins, &labels, &err) ||
		procs_new(&procs, &err) || install_lock(installation.installer.prefix, &lock, &err))
		return cli_report(&err);
	installation.installer.procs = procs;
	installation.installer.listener = show;
	installation.installer.listener_context = &installation;
	status = install_all(&installation, &pins, labels);
	if (!options->on || procs_is_cancelled(procs))
		return status;
	there = install_on(arena, procs, options->on, labels);
	return status != EXIT_MEASURED ? status : there;
}

static int run(int argc, char *const argv[])
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct install_options o = {0};
	const struct option_row rows[] = {
		{"vpn", "a,b",
			"install only these; NAME@VERSION selects a version other than the default",
			OPTION_LIST, &o.vpns, NULL, 0, 0},
		{"source", "a,b", "only from these sources: go, cargo, debian", OPTION_LIST,
			&o.sources, NULL, 0, 0},
		{"on", "HOSTS", "bring them to the machines of a hosts.yml as well", OPTION_TEXT,
			&o.on, NULL, 0, 0},
		{"yes", NULL, "install Debian packages without asking", OPTION_FLAG, &o.yes, NULL,
			0, 0},
	};
	const struct option_table table = {.usage = "install [OPTION]...",
		.examples = "meshbench install\n"
			    "meshbench install --vpn nebula@1.9.7,nebula@1.6.1\n"
			    "meshbench install --on hosts.yml --vpn nebula,headscale\n",
		.about =
			"Installs VPNs in the versions of drivers/pins.yml, using the client of each ecosystem,\ninto $MESHBENCH_VPNS or your data folder. Existing builds are reused.\nWith --on what is built here is brought to machines of the same architecture, into /var/cache/meshbench/vpns, and meshbench clean --on takes it away.\nExit status: 0 all are installed, 1 some failed, 2 wrong input, 3 something is missing.",
		.rows = rows,
		.count = ARRAY_SIZE(rows)};
	struct option_result given;
	int status;

	if (!cli_take_options(&table, arena, argc, argv, &given, &status))
		return status;
	return install(arena, &o);
}

const struct command command_install = {"install", "install VPNs in pinned versions", run};
