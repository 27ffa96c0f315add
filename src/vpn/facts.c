/* SPDX-License-Identifier: MIT */
/* What a result says about the VPN: versions, program hashes, interfaces, times. */
#include "vpn/internal.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum {
	MAX_RECEIPT_BYTES = 1024 * 1024
};

#define COMMAND_WITHIN_NS (10 * NS_PER_S)

/* Lists of programs stay small, so a set in an array is enough. */
struct programs {
	struct vpn *vpn;
	json_t *list;
};

/* Where programs are asked when they run on another machine: the first host; NULL: here. */
static struct host *elsewhere(const struct vpn *vpn)
{
	struct host *host = lab_host(vpn->lab, 0);

	return host_pid(host) ? NULL : host;
}

static const char *output_of(struct vpn *vpn, const char *what, const char *const *argv)
{
	AUTO(proc_freep) struct proc *proc = NULL;
	struct proc_spec spec = {.what = what, .argv = argv, .merge = true};
	struct host *host = elsewhere(vpn);
	struct error ignored;

	if ((host ? host_start(host, &spec, &proc, &ignored)
		  : proc_start(vpn->procs, &spec, &proc, &ignored)) ||
		proc_wait_success(proc, deadline_in(COMMAND_WITHIN_NS), &ignored))
		return NULL;
	return text_trim(arena_strdup(vpn->arena, proc_result(proc).out));
}

/* The first line; NULL when the command fails, which is then visible as null in the result. */
const char *vpn_version(struct arena *arena, struct procs *procs, const struct driver *driver)
{
	AUTO(proc_freep) struct proc *proc = NULL;
	struct error ignored;
	char *text;

	if (!driver->version ||
		proc_start(procs,
			&(struct proc_spec){.what = "ask for its version",
				.argv = text_words(arena, driver->version, NULL),
				.environment = environment_of_driver(arena, driver),
				.dir = driver->dir,
				.merge = true,
				.contained = true},
			&proc, &ignored) ||
		proc_wait_success(proc, deadline_in(COMMAND_WITHIN_NS), &ignored))
		return NULL;
	text = text_trim(arena_strdup(arena, proc_result(proc).out));
	text[strcspn(text, "\n")] = '\0';
	return text;
}

/* Whether all programs are those that were chosen, so that no package has a part in it. */
static bool is_wholly_installed(const struct vpn *vpn, const json_t *programs)
{
	json_t *program;
	size_t i;

	json_array_foreach (programs, i, program) {
		if (!vpn->driver->bin ||
			!text_starts_with(json_string_at(program, "/path", ""), vpn->driver->bin))
			return false;
	}
	return true;
}

/*
 * What the package manager installed: some builds do not know their own version. An object of
 * package names to versions, empty where there is no dpkg.
 */
static json_t *collect_packages(struct vpn *vpn, const json_t *programs)
{
	json_t *packages = json_object();

	if (is_wholly_installed(vpn, programs))
		return packages;
	for (size_t i = 0; vpn->driver->packages[i]; i++) {
		const char *name = vpn->driver->packages[i];
		const char *argv[] = {
			"dpkg-query", "--show", "--showformat=${Version}", name, NULL};
		const char *version = output_of(vpn, "ask for the package's version", argv);

		if (version && *version)
			json_object_set_new(packages, name, json_text(version));
	}
	return packages;
}

static bool is_listed(const json_t *list, const char *path)
{
	size_t i;
	json_t *entry;

	json_array_foreach (list, i, entry) {
		if (strcmp(json_string_at(entry, "/path", ""), path) == 0)
			return true;
	}
	return false;
}

static void add_program(const struct programs *programs, const char *path)
{
	struct arena *arena = programs->vpn->arena;
	const char *name = strrchr(path, '/'), *sum;
	const char *argv[] = {"sha256sum", "--", path, NULL};

	if (is_listed(programs->list, path))
		return;
	sum = output_of(programs->vpn, "hash a program", argv);
	if (sum && strlen(sum) > 64)
		sum = arena_strndup(arena, sum, 64);
	json_array_append_new(
		programs->list, json_make("{s:s, s:s, s:s?}", "name", name ? name + 1 : path,
					"path", path, "sha256", sum));
}

static const char *program_of(struct vpn *vpn, const struct daemon *daemon)
{
	return proc_identity(daemon->proc, NULL, vpn->arena).program;
}

/* Paths of the programs that run there, which need not be those of the programs here. */
static void add_programs_elsewhere(const struct programs *programs)
{
	struct arena *arena = programs->vpn->arena;

	for (const char *const *need = vpn_needs(arena, programs->vpn->driver); *need; need++) {
		const char *path = output_of(programs->vpn, "find a program",
			ARENA_LIST(arena, "sh", "-c", "command -v -- \"$1\"", "sh", *need));

		if (path && *path == '/')
			add_program(programs, path);
	}
}

static json_t *collect_programs(struct vpn *vpn)
{
	struct programs programs = {vpn, json_array()};

	if (elsewhere(vpn))
		add_programs_elsewhere(&programs);
	else
		for (const char *const *path = vpn_programs(vpn->arena, vpn->driver); *path; path++)
			add_program(&programs, *path);
	for (size_t i = 0; i < vpn->daemon_count; i++) {
		const char *path = program_of(vpn, &vpn->daemons[i]);

		if (path)
			add_program(&programs, path);
	}
	return programs.list;
}

static json_t *collect_daemons(struct vpn *vpn)
{
	json_t *list = json_array();

	for (size_t i = 0; i < vpn->daemon_count; i++) {
		const struct daemon *daemon = &vpn->daemons[i];

		json_array_append_new(
			list, json_make("{s:s, s:s, s:s?}", "what", daemon->step->what, "host",
				      vpn->roster.members[daemon->host].name, "program",
				      program_of(vpn, daemon)));
	}
	return list;
}

/* The first daemon of a host that has the TUN device open, or NULL. */
static const struct daemon *interface_holder(struct vpn *vpn, size_t host, const char *name)
{
	for (size_t i = 0; i < vpn->daemon_count; i++) {
		const struct daemon *daemon = &vpn->daemons[i];

		if (daemon->host == host &&
			proc_identity(daemon->proc, name, vpn->arena).holds_device)
			return daemon;
	}
	return NULL;
}

/*
 * Who moves the packets, read from the interface and not from the driver: a TUN device has a
 * program behind it, any other kind of overlay interface is the kernel's own.
 */
static const char *datapath_of(struct vpn *vpn, const char *kind, const char *interface)
{
	const struct daemon *holder;
	const char *program = NULL;

	if (!vpn->driver->address_interface && !vpn->driver->address_run)
		return "none";
	if (strcmp(kind, "tun") != 0)
		return "kernel";
	holder = interface_holder(vpn, 0, interface);
	if (holder)
		program = program_of(vpn, holder);
	if (!program)
		return "userspace";
	return arena_printf(vpn->arena, "userspace (%s)",
		strrchr(program, '/') ? strrchr(program, '/') + 1 : program);
}

static void add_host(struct vpn *vpn, size_t host, const json_t *interface, json_t *facts)
{
	const char *kind = json_string_at(interface, "/linkinfo/info_kind", "");
	const char *name = vpn->roster.members[host].name;
	json_t *mtu = json_object_get(interface, "mtu");

	json_object_set_new(
		json_object_get(facts, "addresses"), name, json_text(vpn->addresses[host]));
	json_object_set(
		json_object_get(facts, "interfaces"), name, json_object_get(interface, "ifname"));
	json_object_set(json_object_get(facts, "mtu"), name, mtu ? mtu : json_null());
	if (host == 0) {
		json_object_set_new(facts, "interface_kind", json_text(kind));
		json_object_set_new(facts, "datapath",
			json_text(
				datapath_of(vpn, kind, json_string_at(interface, "/ifname", ""))));
	}
}

/* What built the chosen programs, from which sources; null for what is on PATH. */
static json_t *receipt_of(const struct vpn *vpn)
{
	struct error ignored;
	json_t *receipt;

	if (!vpn->driver->bin ||
		json_read(arena_printf(vpn->arena, "%s/../installed.json", vpn->driver->bin),
			MAX_RECEIPT_BYTES, &receipt, &ignored))
		return json_null();
	return receipt;
}

static const char *version_elsewhere(struct vpn *vpn)
{
	const char *text = vpn->driver->version
				   ? output_of(vpn, "ask for its version",
					     text_words(vpn->arena, vpn->driver->version, NULL))
				   : NULL;

	return text ? arena_strndup(vpn->arena, text, strcspn(text, "\n")) : NULL;
}

void facts_of_programs(struct vpn *vpn)
{
	const char *version = elsewhere(vpn) ? version_elsewhere(vpn)
					     : vpn_version(vpn->arena, vpn->procs, vpn->driver);
	json_t *programs = collect_programs(vpn);

	vpn->facts = json_object();
	json_object_set_new(vpn->facts, "installed", receipt_of(vpn));
	json_object_set_new(vpn->facts, "version", json_text(version));
	json_object_set_new(vpn->facts, "packages", collect_packages(vpn, programs));
	json_object_set_new(vpn->facts, "programs", programs);
}

int facts_of_overlay(struct vpn *vpn, struct error *err)
{
	json_t *facts = vpn->facts;
	json_auto_t *interfaces = NULL;

	if (overlay_look(vpn, &interfaces, err))
		return fail_in(err, "describe the overlay");
	json_object_set_new(facts, "addresses", json_object());
	json_object_set_new(facts, "interfaces", json_object());
	json_object_set_new(facts, "mtu", json_object());
	json_object_set_new(facts, "daemons", collect_daemons(vpn));
	for (size_t i = 0; i < vpn->roster.count; i++)
		add_host(vpn, i, json_array_get(interfaces, i), facts);
	return 0;
}

void vpn_observe(struct vpn *vpn, const char *moment)
{
	json_t *observed = json_object_get(vpn->facts, "observed");

	if (!vpn->driver->observe)
		return;
	if (!observed)
		json_object_set_new(vpn->facts, "observed", observed = json_object());
	json_object_set_new(observed, moment, overlay_observe(vpn));
}

static json_t *first_answers(const struct vpn *vpn)
{
	json_t *answers = json_object();
	size_t count = vpn->roster.count;

	for (size_t i = 0; i < count; i++) {
		json_t *from = json_object();

		for (size_t j = 0; j < count; j++) {
			int64_t ns = vpn->first_ns[i * count + j] - vpn->join_started_ns;

			if (i != j)
				json_object_set_new(from, vpn->roster.members[j].name,
					json_real((double)ns / 1e6));
		}
		json_object_set_new(answers, vpn->roster.members[i].name, from);
	}
	return answers;
}

static json_t *connect_s(const struct vpn *vpn)
{
	return vpn->connected_ns
		       ? json_real((double)(vpn->connected_ns - vpn->join_started_ns) / 1e9)
		       : json_null();
}

json_t *vpn_describe(const struct vpn *vpn)
{
	const struct driver *driver = vpn->driver;
	json_t *described = json_make("{s:s, s:s, s:s, s:s?}", "name", driver->name, "label",
		driver->label, "title", driver->title, "architecture", driver->architecture);

	json_object_update(described, vpn->facts);
	json_object_set_new(described, "datapath_declared", json_text(driver->datapath));
	json_object_set_new(described, "prepare_s", json_real(vpn->prepare_s));
	json_object_set_new(described, "serve_s", json_real(vpn->serve_s));
	json_object_set_new(described, "join_s", json_real(vpn->join_s));
	json_object_set_new(described, "connect_s", connect_s(vpn));
	json_object_set_new(
		described, "first_answer_ms", vpn->connected_ns ? first_answers(vpn) : json_null());
	return described;
}
