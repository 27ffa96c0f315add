/* SPDX-License-Identifier: MIT */
/* meshbench doctor --on: what machines that SSH reaches can do. */
#include "cli/doctor_on.h"

#include "cli/cli.h"
#include "cli/doctor_pairs.h"
#include "cli/load.h"
#include "cli/machines.h"

#include "base/text.h"
#include "plan/plan.h"
#include "supply/supply.h"
#include "vpn/vpn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	VERSION_S = 30,
	PORTS_MOST = 100
};

struct doctor {
	struct arena *arena;
	struct procs *procs;
	struct far_bundle bundle;
	const struct driver *drivers;
	size_t driver_count;
	const char *const *wanted;
	/* Those that were found fit, for what they do together. */
	struct seen_machine *fit;
	const char **names;
	size_t fit_count;
	const char *const *ports; /* of what the user wants to measure */
	bool has_failed;
};

static void print_line(const char *name, const char *answer, const char *text)
{
	printf("  %-14s%-5s%s\n", name, answer, text);
}

/* What a run cannot do without. */
static void print_failure(struct doctor *doctor, const char *name, const struct error *err)
{
	print_line(name, "no", err->text);
	doctor->has_failed = true;
}

/* What makes it faster or slower than another; a run keeps all of it. */
static const char *machine_text(struct arena *arena, const struct far_look *look)
{
	static const char *const facts[][2] = {{"cores", "processors"}, {"cpu", NULL},
		{"memory", "memory"}, {"virtualization", "virtualization"},
		{"frequency_governor", "governor"}, {"clock_source", "clock source"},
		{"operating_system", NULL}, {"load_average", "load"}};
	const char *text = "";

	for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
		const char *value = far_look_fact(look, facts[i][0]), *label = facts[i][1];

		if (value || label)
			text = arena_printf(arena, "%s%s%s%s%s", text, *text ? ", " : "",
				label ? label : "", label ? " " : "", value ? value : "unknown");
	}
	return text;
}

static void print_system(struct doctor *doctor, const struct seen_machine *seen)
{
	const struct far_look *look = &seen->look;
	struct error err;

	print_line("ssh", "yes",
		arena_printf(doctor->arena, "user %s%s", look->user ? look->user : "unknown",
			seen->ssh.is_sudo ? " with sudo" : ""));
	if (machine_check_kernel(seen, &err))
		print_failure(doctor, "kernel", &err);
	else
		print_line("kernel", "yes",
			arena_printf(doctor->arena, "%s, %s", look->kernel,
				look->architecture ? look->architecture : "unknown"));
	if (far_ssh_check(&seen->ssh, look, &err))
		print_failure(doctor, "unit", &err);
	else
		print_line("unit", "yes",
			arena_printf(doctor->arena, "systemd %s with cgroup v2, as root",
				look->systemd));
	print_line("machine", "yes", machine_text(doctor->arena, look));
	print_line("tun", look->has_tun ? "yes" : "no", "/dev/net/tun, for userspace VPNs");
	if (machine_check_netem(seen, &err)) /* only --engine netem needs it */
		print_line("netem", "no", err.text);
	else
		print_line("netem", "yes", "sch_netem, for --engine netem");
}

static void print_card(struct doctor *doctor, const struct seen_machine *seen)
{
	const struct machine *machine = seen->machine;
	struct error err;

	if (machine_check_card(seen, &err))
		print_failure(doctor, "network", &err);
	else
		print_line("network", "yes",
			arena_printf(doctor->arena, "%s %s%s%s%s; SSH uses %s%s",
				machine_network_name(machine->network), machine->device,
				seen->look.card ? " (" : "", seen->look.card ? seen->look.card : "",
				seen->look.card ? ")" : "",
				seen->look.control ? seen->look.control : "an unknown one",
				machine->network == MACHINE_SHARE
					? "; while a host lives it gets all IPv4 that the other machines send but SSH, also what is meant for NFS, databases or Kubernetes here"
					: ""));
}

static void print_clock(struct doctor *doctor, const struct host *host)
{
	struct far_wall wall = far_host_wall(host);
	double offset_ms = (double)wall.offset_ns / 1e6;

	print_line("clock", "yes",
		arena_printf(doctor->arena, "%.1f ms %s, known to %.1f ms",
			offset_ms < 0 ? -offset_ms : offset_ms,
			offset_ms < 0 ? "behind ours" : "ahead of ours",
			(double)wall.bound_ns / 1e6));
}

static void print_tools(const struct doctor *doctor, const struct seen_machine *seen)
{
	for (size_t i = 0; workloads[i]; i++) {
		const struct workload *workload = workloads[i];
		size_t n = 0;

		while (workload->needs[n] && machine_has(seen, workload->needs[n]))
			n++;
		if (!workload->needs[n])
			continue;
		print_line(workload->name, "no",
			arena_printf(doctor->arena,
				"%s: program '%s' is not installed: ssh %s apt install %s",
				seen->machine->name, workload->needs[n], seen->machine->ssh,
				workload->packages[n]));
	}
}

/* What a command says on that host; NULL: it failed. */
static const char *output_on(struct doctor *doctor, struct host *host, const char *const *argv)
{
	AUTO(proc_freep) struct proc *proc = NULL;
	struct error ignored;

	if (host_start(host,
		    &(struct proc_spec){.what = "ask for a version", .argv = argv, .merge = true},
		    &proc, &ignored) ||
		proc_wait_success(proc, deadline_in(VERSION_S * NS_PER_S), &ignored))
		return NULL;
	return text_trim(arena_strdup(doctor->arena, proc_result(proc).out));
}

static const char *first_line(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strcspn(text, "\n"));
}

static bool has_digit(const char *text)
{
	return text[strcspn(text, "0123456789")] != '\0';
}

static const char *version_on(struct doctor *doctor, struct host *host, const struct driver *driver)
{
	const char *text, **words;

	if (!driver->version)
		return driver->title;
	if (!host)
		return "version unknown, because no host could be started";
	words = text_words(doctor->arena, driver->version, NULL);
	if (driver->bin) /* which has another place there */
		words[0] = arena_printf(doctor->arena, "%s/%s", driver->bin, words[0]);
	text = output_on(doctor, host, words);
	return text && has_digit(text) ? first_line(doctor->arena, text) : "version unknown";
}

/* "; tincd 3f2a91bb04c7" */
static const char *hashes_of(
	struct arena *arena, const struct seen_machine *seen, const struct driver *driver)
{
	const char *text = "";

	for (const char *const *need = vpn_needs(arena, driver); *need; need++) {
		const char *sum =
			driver->bin ? machine_hash(seen, arena_printf(arena, "%s/%s",
								 machine_bin(arena, driver), *need))
				    : NULL;

		if (!sum)
			sum = machine_hash(seen, *need);

		/* Two roles may need the same, and all need ip. */
		if (sum && strcmp(*need, "ip") != 0 &&
			!strstr(text, arena_printf(arena, "; %s ", *need)))
			text = arena_printf(arena, "%s; %s %.12s", text, *need, sum);
	}
	return text;
}

static void print_vpns(struct doctor *doctor, const struct seen_machine *seen, struct host *host)
{
	for (size_t i = 0; i < doctor->driver_count; i++) {
		struct driver chosen = doctor->drivers[i], *driver = &chosen;
		const struct machine_needs needs = {seen, driver};
		const struct vpn_place place = {seen->machine->name, machine_has_need, &needs};
		struct error missing;

		if (!machine_has_build(seen, driver))
			chosen.bin = NULL;
		if (vpn_is_found_at(driver, &place, &missing))
			print_line(driver->name, "no", missing.text);
		else
			print_line(driver->name, "yes",
				arena_printf(doctor->arena, "%s%s",
					version_on(doctor, host, driver),
					hashes_of(doctor->arena, seen, driver)));
	}
}

/* A whole host is started there, for nothing less shows that one can be. */
static void print_machine(struct doctor *doctor, const struct machine *machine)
{
	struct host *host = NULL;
	struct seen_machine seen;
	struct far_host_spec spec;
	struct error err;

	printf("%s (%s)\n", machine->name, machine->ssh);
	if (machine_see(doctor->arena, doctor->procs, machine,
		    &(struct far_question){.bundle = &doctor->bundle, .programs = doctor->wanted},
		    &seen, &err)) {
		print_failure(doctor, "ssh", &err);
		return;
	}
	print_system(doctor, &seen);
	print_card(doctor, &seen);
	spec = machine_spec(doctor->arena, &seen, &doctor->bundle);
	if (machine_check(&seen, &err) == 0) {
		if (machine_prepare(doctor->procs, &seen, &doctor->bundle, &err) ||
			far_hosts_new(doctor->procs, &spec, 1, &host, &err)) {
			print_failure(doctor, "host", &err);
		} else {
			print_line("host", "yes", "an isolated host was started and ended");
			print_clock(doctor, host);
			doctor->names[doctor->fit_count] = machine->name;
			doctor->fit[doctor->fit_count++] = seen;
		}
	} else {
		print_line("host", "no", "not tried");
		doctor->has_failed = true;
	}
	print_tools(doctor, &seen);
	print_vpns(doctor, &seen, host);
	host_free(host);
	fflush(stdout);
}

static void print_pairs(struct doctor *doctor, const struct inventory *inventory)
{
	struct lab_machine *list = arena_alloc(doctor->arena, struct lab_machine, inventory->count);
	struct pair_answer answers[DOCTOR_PROTOCOLS];
	struct error err;

	if (inventory->count < 2)
		return;
	puts("All machines");
	if (doctor->fit_count < inventory->count) {
		print_line("network", "no", "not tried");
		return;
	}
	for (size_t i = 0; i < doctor->fit_count; i++)
		list[i] = machine_on_cable(doctor->arena, &doctor->fit[i], doctor->fit,
			doctor->fit_count, &doctor->bundle);
	if (doctor_pairs(doctor->arena, doctor->procs,
		    &(struct doctor_machines){list, doctor->names, doctor->fit_count,
			    inventory_shares(inventory) ? LAB_ENGINE_EDGE : LAB_ENGINE_CABLE,
			    doctor->ports},
		    answers, &err)) {
		print_failure(doctor, "network", &err);
		return;
	}
	print_line("ping", "yes", "each answers each");
	for (size_t i = 0; i < DOCTOR_PROTOCOLS; i++) {
		const char *silent = answers[i].silent;

		doctor->has_failed = doctor->has_failed || *silent;
		print_line(answers[i].protocol, *silent ? "no" : "yes",
			*silent ? arena_printf(doctor->arena,
					  "no answer %s; let it through in the firewalls between these machines",
					  silent)
				: arena_printf(doctor->arena, "each answers each on port%s %s",
					  strchr(answers[i].ports, ',') ? "s" : "",
					  answers[i].ports));
	}
}

static int load_drivers(struct doctor *doctor, struct error *err)
{
	const char *const *names;
	struct driver *list;
	size_t count = 0;

	if (plan_list(doctor->arena, "drivers", &names, err))
		return -1;
	while (names[count])
		count++;
	list = arena_alloc(doctor->arena, struct driver, count);
	for (size_t i = 0; i < count; i++) {
		if (choice_driver(doctor->arena, names[i], &list[i], err))
			return -1;
	}
	doctor->drivers = list;
	doctor->driver_count = count;
	return 0;
}

static void add_ports(const char **list, size_t *count, const char *const *ports)
{
	for (; ports && *ports && *count < PORTS_MOST; ports++) {
		size_t i = 0;

		while (i < *count && strcmp(list[i], *ports) != 0)
			i++;
		if (i == *count)
			list[(*count)++] = *ports;
	}
}

/* Without a plan those that most measurements use, of iperf3. */
static int choose_ports(struct doctor *doctor, const char *plan_name, struct error *err)
{
	static const char *const usual[] = {"udp 5201", "tcp 5201", NULL};
	const char **list = arena_alloc(doctor->arena, const char *, PORTS_MOST + 1);
	struct request request = request_new(doctor->arena);
	struct runner_plan everything;
	struct plan plan;
	size_t count = 0;

	doctor->ports = list;
	add_ports(list, &count, usual);
	if (!plan_name)
		return 0;
	request.plan = plan_name;
	if (load_plan(doctor->arena, &request, &plan, err) ||
		load_everything(doctor->arena, &plan, &everything, err))
		return -1;
	for (size_t i = 0; i < everything.workload_count; i++)
		add_ports(list, &count, everything.workloads[i]->ports);
	for (size_t i = 0; i < everything.driver_count; i++)
		add_ports(list, &count, everything.drivers[i].ports);
	return 0;
}

int doctor_on(const char *path, const char *plan_name, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(procs_freep) struct procs *procs = NULL;
	struct doctor doctor = {.arena = arena};
	struct inventory inventory;
	size_t workload_count = 0;

	while (workloads[workload_count])
		workload_count++;
	if (inventory_load(arena, path, &inventory, err) || load_drivers(&doctor, err) ||
		choose_ports(&doctor, plan_name, err) || procs_new(&procs, err) ||
		far_bundle_make(arena, procs, &doctor.bundle, err))
		return -1;
	doctor.procs = procs;
	doctor.wanted = machines_wanted(
		arena, doctor.drivers, doctor.driver_count, workloads, workload_count);
	doctor.fit = arena_alloc(arena, struct seen_machine, inventory.count);
	doctor.names = arena_alloc(arena, const char *, inventory.count);
	for (size_t i = 0; i < inventory.count && !procs_is_cancelled(procs); i++)
		print_machine(&doctor, &inventory.machines[i]);
	if (!procs_is_cancelled(procs))
		print_pairs(&doctor, &inventory);
	return doctor.has_failed ? EXIT_CANNOT : EXIT_MEASURED;
}
