/* SPDX-License-Identifier: MIT */
/*
 * What kind of router each host is behind, found out from outside as RFC 5780 does it: the first
 * public host answers from two addresses and two ports, and the others ask it all at once.
 */
#include "lab/internal.h"

#include "base/json.h"

#include <string.h>

#define PORT "3478"
#define OTHER_PORT "3479"
/* Four times as long as this passes before an answer counts as filtered. */
#define WAIT_MS "150"

struct question {
	struct lab *lab;
	struct arena *arena;
	const char *program;
	const char *addresses[2]; /* of the host that answers */
};

static int change_address(const struct question *q, const char *verb, struct error *err)
{
	struct errand errand = {.what = "change the second address of a public host",
		.host = q->lab->nodes[0].host,
		.argv = ARENA_LIST(q->arena, "ip", "address", verb,
			arena_printf(q->arena, "%s/%d", q->addresses[1], TOPOLOGY_PUBLIC_PREFIX),
			"dev", "eth0")};

	return errands_run(q->lab->procs, q->arena, &errand, 1, err);
}

static int start_server(const struct question *q, struct proc **ret_server, struct error *err)
{
	const struct proc_spec spec = {.what = "answer from two addresses",
		.argv = ARENA_LIST(q->arena, q->program, "serve", q->addresses[0], q->addresses[1],
			"--port", PORT, "--other-port", OTHER_PORT)};

	return host_start(q->lab->nodes[0].host, &spec, ret_server, err) ||
			       proc_wait_output(
				       *ret_server, "ready", deadline_in(10 * NS_PER_S), err)
		       ? -1
		       : 0;
}

static int add_class(
	const struct question *q, size_t host, const char *text, json_t *list, struct error *err)
{
	json_auto_t *class = NULL;
	json_t *named;

	if (json_parse(text, strlen(text), "meshbench-nat", &class, err))
		return -1;
	named = json_make("{s:s}", "host", q->lab->nodes[host].host->name);
	json_object_update(named, class);
	json_array_append_new(list, named);
	return 0;
}

static int ask(const struct question *q, json_t *list, struct error *err)
{
	struct lab *lab = q->lab;
	struct errand *errands = arena_alloc(q->arena, struct errand, lab->count);
	size_t *hosts = arena_alloc(q->arena, size_t, lab->count), count = 0;

	for (size_t i = 0; i < lab->count; i++) {
		const char *first = site_ipv4_for(lab, q->arena, i, q->addresses[0]);
		const char *second = site_ipv4_for(lab, q->arena, i, q->addresses[1]);

		/* The test is about translation, of which IPv6 alone has none. */
		if (lab->nodes[i].site == TOPOLOGY_PUBLIC || !first)
			continue;
		hosts[count] = i;
		errands[count++] = (struct errand){.what = "find out the kind of its router",
			.host = lab->nodes[i].host,
			.argv = ARENA_LIST(q->arena, q->program, "ask", first, second, "--port",
				PORT, "--other-port", OTHER_PORT, "--wait-ms", WAIT_MS)};
	}
	if (errands_run(lab->procs, q->arena, errands, count, err))
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (add_class(q, hosts[i], errands[i].out, list, err))
			return -1;
	}
	return 0;
}

static int classify(const struct question *q, json_t *list, struct error *err)
{
	AUTO(proc_freep) struct proc *server = NULL;

	return start_server(q, &server, err) || ask(q, list, err) ? -1 : 0;
}

int lab_classify_routers(struct lab *lab, json_t **ret_classes, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *list = json_array();
	struct question q = {.lab = lab, .arena = arena};
	struct error ignored;
	int failed;

	*ret_classes = NULL;
	if (!lab->topology || lab->topology->public_count == 0)
		return 0;
	q.addresses[0] = lab->nodes[0].ipv4;
	q.addresses[1] = site_second_address(lab, arena, 0);
	if (helper_find(arena, "meshbench-nat", &q.program, err) || change_address(&q, "add", err))
		return -1;
	failed = classify(&q, list, err);
	if (change_address(&q, "delete", failed ? &ignored : err) || failed)
		return -1;
	*ret_classes = json_incref(list);
	return 0;
}
