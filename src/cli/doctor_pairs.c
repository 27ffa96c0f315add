/* SPDX-License-Identifier: MIT */
/* Who reaches whom between machines, by ping, and by UDP and TCP on the ports that a plan uses. */
#include "cli/doctor_pairs.h"

#include "base/json.h"
#include "lab/lab.h"

#include <stdlib.h>
#include <string.h>

enum {
	PAIR_S = 20
};

/* One protocol: what every host serves, and what it asks each other host. */
struct protocol {
	const char *name;
	const char *server, *const *serve; /* the port follows */
	const char *client, *const *ask;   /* the port and the address do */
	bool (*is_good)(const char *out);
};

static bool has_echo(const char *out)
{
	json_auto_t *value = json_loads(out, 0, NULL);
	const json_t *targets = json_object_get(value, "targets");

	return json_number_at(json_array_get(targets, 0), "/round_trip/received_packets", 0) > 0;
}

static const struct protocol protocols[] = {
	{"udp", "meshbench-probe",
		(const char *const[]){"serve", "--limit-s", "60", "--port", NULL},
		"meshbench-probe",
		(const char *const[]){"send", "--echo", "--count", "40", "--rate", "20",
			"--linger-ms", "500", "--port", NULL},
		has_echo},
	{"tcp", "meshbench-rate", (const char *const[]){"serve", "--port", NULL}, "meshbench-ready",
		(const char *const[]){"tcp", NULL}, NULL},
};

/* The programs of one protocol; those that still run when they are left are killed. */
struct errands_there {
	struct proc **list;
	size_t count;
};

static void errands_end(struct errands_there *errands)
{
	for (size_t i = 0; i < errands->count; i++)
		proc_free(errands->list[i]);
}

static int start(struct lab *lab, size_t host, const char *program, const char *const *words,
	struct errands_there *errands, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *path;

	if (helper_find(arena, program, &path, err) ||
		host_start(lab_host(lab, host),
			&(struct proc_spec){.what = program,
				.argv = arena_list(arena, ARENA_LIST(arena, path), words)},
			&errands->list[errands->count], err))
		return -1;
	errands->count++;
	return 0;
}

static const char *const *question(
	struct arena *arena, const struct protocol *protocol, const char *port, const char *address)
{
	if (protocol->is_good)
		return arena_list(arena, protocol->ask, ARENA_LIST(arena, port, address));
	return arena_list(arena, protocol->ask,
		ARENA_LIST(arena, arena_printf(arena, "%s:%s", address, port)));
}

static bool has_answer(const struct protocol *protocol, struct proc *proc, struct deadline deadline)
{
	struct error ignored;

	return proc_wait_success(proc, deadline, &ignored) == 0 &&
	       (!protocol->is_good || protocol->is_good(proc_result(proc).out));
}

/* One port of a protocol: its programs on all hosts, and who had no answer. */
struct port {
	const char *number;
	struct errands_there servers, clients;
	const char *silent; /* "lom to yuki"; "": nobody */
};

struct ports {
	struct port *list;
	size_t count;
};

static void ports_end(struct ports *ports)
{
	for (size_t i = 0; i < ports->count; i++) {
		errands_end(&ports->list[i].clients);
		errands_end(&ports->list[i].servers);
	}
}

static struct ports ports_of(
	struct arena *arena, const char *const *all, const struct protocol *protocol, size_t hosts)
{
	struct ports ports = {0};

	while (all[ports.count])
		ports.count++;
	ports.list = arena_alloc(arena, struct port, ports.count);
	ports.count = 0;
	for (; *all; all++) {
		struct port *port = &ports.list[ports.count];

		if (strncmp(*all, protocol->name, strlen(protocol->name)) != 0)
			continue;
		*port = (struct port){.number = strchr(*all, ' ') + 1, .silent = ""};
		port->servers.list = arena_alloc(arena, struct proc *, hosts);
		port->clients.list = arena_alloc(arena, struct proc *, hosts * hosts);
		ports.count++;
	}
	return ports;
}

static int serve_port(struct arena *arena, struct lab *lab, const struct protocol *protocol,
	struct port *port, struct error *err)
{
	for (size_t i = 0; i < lab_host_count(lab); i++) {
		if (start(lab, i, protocol->server,
			    arena_list(arena, protocol->serve, ARENA_LIST(arena, port->number)),
			    &port->servers, err))
			return -1;
	}
	return 0;
}

static int ask_port(struct arena *arena, struct lab *lab, const struct protocol *protocol,
	struct port *port, struct error *err)
{
	size_t hosts = lab_host_count(lab);

	for (size_t i = 0; i < hosts * hosts; i++) {
		size_t from = i / hosts, to = i % hosts;

		if (from != to &&
			start(lab, from, protocol->client,
				question(arena, protocol, port->number, lab_underlay(lab, to)),
				&port->clients, err))
			return -1;
	}
	return 0;
}

static void hear_port(struct arena *arena, struct lab *lab, const struct protocol *protocol,
	struct port *port, struct deadline deadline)
{
	size_t hosts = lab_host_count(lab), client = 0;

	for (size_t i = 0; i < hosts * hosts; i++) {
		size_t from = i / hosts, to = i % hosts;

		if (from != to && !has_answer(protocol, port->clients.list[client++], deadline))
			port->silent = arena_printf(arena, "%s%s%s to %s", port->silent,
				*port->silent ? ", " : "", lab_host(lab, from)->name,
				lab_host(lab, to)->name);
	}
}

static bool is_first_with(const struct ports *ports, size_t port)
{
	for (size_t i = 0; i < port; i++) {
		if (strcmp(ports->list[i].silent, ports->list[port].silent) == 0)
			return false;
	}
	return true;
}

/* "port 655" or "ports 655, 5201": that one and all behind it with the same silence. */
static const char *numbers_with(struct arena *arena, const struct ports *ports, size_t port)
{
	const char *numbers = ports->list[port].number;
	bool is_one = true;

	for (size_t i = port + 1; i < ports->count; i++) {
		if (strcmp(ports->list[i].silent, ports->list[port].silent) != 0)
			continue;
		numbers = arena_printf(arena, "%s, %s", numbers, ports->list[i].number);
		is_one = false;
	}
	return arena_printf(arena, "port%s %s", is_one ? "" : "s", numbers);
}

/* Those ports together on which the same hosts had no answer. */
static const char *silence_of(struct arena *arena, const struct ports *ports)
{
	const char *text = "";

	for (size_t i = 0; i < ports->count; i++) {
		const char *silent = ports->list[i].silent;

		if (*silent && is_first_with(ports, i))
			text = arena_printf(arena, "%s%son %s from %s", text, *text ? "; " : "",
				numbers_with(arena, ports, i), silent);
	}
	return text;
}

/* All pairs and ports at once. */
static int ask_all(struct arena *arena, struct lab *lab, const struct protocol *protocol,
	const char *const *all, struct pair_answer *ret_answer, struct error *err)
{
	AUTO(ports_end)
	struct ports ports = ports_of(arena, all, protocol, lab_host_count(lab));
	struct deadline deadline;

	*ret_answer = (struct pair_answer){protocol->name, "", ""};
	for (size_t i = 0; i < ports.count; i++) {
		if (serve_port(arena, lab, protocol, &ports.list[i], err))
			return -1;
	}
	for (size_t i = 0; i < ports.count; i++) {
		if (ask_port(arena, lab, protocol, &ports.list[i], err))
			return -1;
	}
	deadline = deadline_in(PAIR_S * NS_PER_S);
	for (size_t i = 0; i < ports.count; i++) {
		hear_port(arena, lab, protocol, &ports.list[i], deadline);
		ret_answer->ports = arena_printf(
			arena, "%s%s%s", ret_answer->ports, i ? ", " : "", ports.list[i].number);
	}
	ret_answer->silent = silence_of(arena, &ports);
	return 0;
}

static int try_all(struct arena *arena, struct lab *lab, const char *const *ports,
	struct pair_answer answers[], struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
		if (ask_all(arena, lab, &protocols[i], ports, &answers[i], err))
			return -1;
	}
	return 0;
}

int doctor_pairs(struct arena *arena, struct procs *procs, const struct doctor_machines *machines,
	struct pair_answer ret_answers[DOCTOR_PROTOCOLS], struct error *err)
{
	AUTO(lab_downp) struct lab *lab = NULL;
	struct profile unshaped = {.name = "unshaped"};
	const struct lab_spec spec = {.names = machines->names,
		.count = machines->count,
		.engine = machines->engine,
		.profile = &unshaped,
		.hosts_are_far = true,
		.machines = machines->list,
		.congestion = "cubic"};

	_Static_assert(ARRAY_SIZE(protocols) == DOCTOR_PROTOCOLS, "a protocol each");
	if (lab_up(procs, &spec, &lab, err) || lab_verify(lab, err))
		return -1;
	return try_all(arena, lab, machines->ports, ret_answers, err);
}
