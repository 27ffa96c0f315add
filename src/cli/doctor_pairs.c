/* SPDX-License-Identifier: MIT */
/* Who reaches whom between machines, by ping, UDP and TCP, on the port that most measurements use.
 */
#include "cli/doctor_pairs.h"

#include "base/json.h"
#include "lab/lab.h"

#include <stdlib.h>

enum {
	PAIR_S = 20
};

#define PORT "5201" /* of iperf3 */

/* One protocol: what every host serves, and what it asks each other host. */
struct protocol {
	const char *name;
	const char *server, *const *serve;
	const char *client, *const *ask; /* the address follows */
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
		(const char *const[]){"serve", "--port", PORT, "--limit-s", "60", NULL},
		"meshbench-probe",
		(const char *const[]){"send", "--echo", "--count", "40", "--rate", "20",
			"--linger-ms", "500", "--port", PORT, NULL},
		has_echo},
	{"tcp", "meshbench-rate", (const char *const[]){"serve", "--port", PORT, NULL},
		"meshbench-ready", (const char *const[]){"tcp", NULL}, NULL},
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
	struct arena *arena, const struct protocol *protocol, const char *address)
{
	const char *target = protocol->is_good ? address : arena_printf(arena, "%s:" PORT, address);

	return arena_list(arena, protocol->ask, ARENA_LIST(arena, target));
}

static bool has_answer(const struct protocol *protocol, struct proc *proc, struct deadline deadline)
{
	struct error ignored;

	return proc_wait_success(proc, deadline, &ignored) == 0 &&
	       (!protocol->is_good || protocol->is_good(proc_result(proc).out));
}

/* All pairs at once; "" when each was answered. */
static int ask_all(struct arena *arena, struct lab *lab, const struct protocol *protocol,
	const char **ret_silent, struct error *err)
{
	size_t hosts = lab_host_count(lab);
	struct deadline deadline = deadline_in(PAIR_S * NS_PER_S);
	AUTO(errands_end)
	struct errands_there servers = {.list = arena_alloc(arena, struct proc *, hosts)};
	AUTO(errands_end)
	struct errands_there clients = {.list = arena_alloc(arena, struct proc *, hosts * hosts)};

	*ret_silent = "";
	for (size_t i = 0; i < hosts; i++) {
		if (start(lab, i, protocol->server, protocol->serve, &servers, err))
			return -1;
	}
	for (size_t i = 0; i < hosts * hosts; i++) {
		size_t from = i / hosts, to = i % hosts;

		if (from != to &&
			start(lab, from, protocol->client,
				question(arena, protocol, lab_underlay(lab, to)), &clients, err))
			return -1;
	}
	for (size_t i = 0, client = 0; i < hosts * hosts; i++) {
		size_t from = i / hosts, to = i % hosts;

		if (from != to && !has_answer(protocol, clients.list[client++], deadline))
			*ret_silent = arena_printf(arena, "%s%s%s to %s", *ret_silent,
				**ret_silent ? ", " : "", lab_host(lab, from)->name,
				lab_host(lab, to)->name);
	}
	return 0;
}

static int try_all(
	struct arena *arena, struct lab *lab, struct pair_answer answers[], struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
		answers[i].protocol = protocols[i].name;
		if (ask_all(arena, lab, &protocols[i], &answers[i].silent, err))
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
	return try_all(arena, lab, ret_answers, err);
}
