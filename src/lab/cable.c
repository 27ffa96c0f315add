/* SPDX-License-Identifier: MIT */
/* Engine cable: hosts on other machines, whose network cards are joined by real cables. */
#include "lab/internal.h"

#include "base/fd.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <stdio.h>

static const char *const ip_batch[] = {"ip", "-batch", "-", NULL};
static const char *const tc_batch[] = {"tc", "-batch", "-", NULL};

static const char *network_of(struct arena *arena, const struct lab_node *node)
{
	struct in_addr address = {0};
	char text[INET_ADDRSTRLEN] = "";

	inet_pton(AF_INET, node->ipv4, &address);
	address.s_addr &= htonl(UINT32_MAX << (32 - node->prefix));
	inet_ntop(AF_INET, &address, text, sizeof(text));
	return arena_printf(arena, "%s/%d", text, node->prefix);
}

char *cable_host(struct arena *arena, const struct lab_node *node, const char *congestion)
{
	const char *lines = arena_printf(arena,
		"address add %s/%d dev eth0\nlink set dev eth0 up\n", node->ipv4, node->prefix);

	const char *pin = congestion ? arena_printf(arena, " congctl %s", congestion) : "";

	/* A machine that is rented alone in its network reaches even its gateway through itself. */
	if (*node->gateway)
		lines = arena_printf(arena, "%sroute replace default via %s dev eth0 onlink%s\n",
			lines, node->gateway, pin);
	if (!congestion)
		return arena_strdup(arena, lines);
	return arena_printf(arena, "%sroute replace %s dev eth0 proto kernel scope link src %s%s\n",
		lines, network_of(arena, node), node->ipv4, pin);
}

/* "" where it is free: meshbench-ready says the MAC address of the machine that has it. */
static int refuse_taken(
	const struct lab_node *node, struct arena *arena, const char *said, struct error *err)
{
	const char *mac = text_trim(arena_strdup(arena, said));

	return *mac ? fail(err, ERROR_USAGE,
			      "%s: another machine on its network (%s) has the address %s; choose a free one in hosts.yml",
			      node->name, mac, node->ipv4)
		    : 0;
}

/* A machine that shares its address has it already. */
int cable_claim(struct lab *lab, const struct lab_machine machines[], struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct errand *ups = arena_alloc(arena, struct errand, lab->count);
	struct errand *asks = arena_alloc(arena, struct errand, lab->count);
	const struct lab_node **nodes = arena_alloc(arena, const struct lab_node *, lab->count);
	const char *program;
	size_t count = 0;

	if (helper_find(arena, "meshbench-ready", &program, err))
		return -1;
	for (size_t i = 0; i < lab->count; i++) {
		const struct lab_node *node = &lab->nodes[i];

		if (machines[i].far.network == FAR_SHARE)
			continue;
		nodes[count] = node;
		ups[count] = (struct errand){.host = node->host,
			.what = "switch eth0 on",
			.argv = ip_batch,
			.input = "link set dev eth0 up\n"};
		asks[count++] = (struct errand){.host = node->host,
			.what = "ask whether its address is free",
			.argv = ARENA_LIST(arena, program, "claim", "eth0", node->ipv4)};
	}
	if (errands_run(lab->procs, arena, ups, count, err) ||
		errands_run(lab->procs, arena, asks, count, err))
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (refuse_taken(nodes[i], arena, asks[i].out, err))
			return -1;
	}
	return 0;
}

/* The line rate of a profile, where it has one; a card may be faster. */
static const char *queue_of(struct arena *arena, const struct profile *profile)
{
	return shape_host(arena, profile, "eth0");
}

int cable_plug(struct lab *lab, size_t first, size_t count, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct errand *errands = arena_alloc(arena, struct errand, 2 * count);
	const char *congestion = lab->is_pinned_by_sysctl ? NULL : lab->congestion;
	const char *queue = queue_of(arena, &lab->profile);
	size_t used = 0;

	lab->counts_large_frames = true;
	for (size_t i = first; i < first + count; i++) {
		errands[used++] = (struct errand){.host = lab->nodes[i].host,
			.what = "give eth0 its address",
			.argv = ip_batch,
			.input = cable_host(arena, &lab->nodes[i], congestion)};
		if (*queue)
			errands[used++] = (struct errand){.host = lab->nodes[i].host,
				.what = "set the line rate of eth0",
				.argv = tc_batch,
				.input = queue};
	}
	return errands_run(lab->procs, arena, errands, used, err);
}

int cable_reshape(struct lab *lab, const struct profile *former, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct errand *errands = arena_alloc(arena, struct errand, lab->count);
	const char *change = arena_printf(arena, "%s%s",
		*queue_of(arena, former) ? "qdisc del dev eth0 root\n" : "",
		queue_of(arena, &lab->profile));

	if (!*change)
		return 0;
	for (size_t i = 0; i < lab->count; i++)
		errands[i] = (struct errand){.host = lab->nodes[i].host,
			.what = "set the line rate of eth0",
			.argv = tc_batch,
			.input = change};
	return errands_run(lab->procs, arena, errands, lab->count, err);
}
