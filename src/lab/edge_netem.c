/* SPDX-License-Identifier: MIT */
/*
 * Engine edge-netem: cables between machines, and on every machine the kernel's netem between the
 * card and its host. What the card receives is cut into single packets by a pair of devices before
 * netem sees it, so the card may join packets as it likes; what the host sends goes to the card as
 * it is. Traffic control leads frames from one device to the next: nothing there has an address.
 */
#include "lab/internal.h"

#include "base/json.h"

#include <string.h>

/* What comes in whole leaves FAR_SINGLES cut; netem stands on the port, towards the host. */
#define WHOLE "whole"
#define PORT "port0"

static const char *const ip_batch[] = {"ip", "-batch", "-", NULL};
static const char *const tc_batch[] = {"tc", "-batch", "-", NULL};
static const char *const forget_singles[] = {
	"tc", "qdisc", "del", "dev", FAR_SINGLES, "ingress", NULL};
static const char *const remove_port[] = {"ip", "link", "del", "dev", PORT, NULL};
/* As for a host of engine netem: these words, and one segment at a time for all other protocols. */
static const char *const offloads_off[] = {
	"ethtool", "-K", WHOLE, "tso", "off", "gso", "off", "gro", "off", NULL};
static const char *const show_card[] = {"ip", "-json", "link", "show", "dev", "eth0", NULL};

/* The card hears whatever group somebody joins on the host's device. */
char *edge_netem_devices(struct arena *arena, const struct edge_netem_card *card)
{
	return arena_printf(arena,
		"link set dev eth0 addrgenmode none\n"
		"link set dev eth0 allmulticast on\n"
		"link set dev eth0 up\n"
		"link add name " WHOLE " mtu %d type veth peer name " FAR_SINGLES " mtu %d\n"
		"link set dev " WHOLE " addrgenmode none\n"
		"link set dev " WHOLE " gso_max_segs 1\n"
		"link set dev " FAR_SINGLES " addrgenmode none\n"
		"link set dev " WHOLE " up\n"
		"link set dev " FAR_SINGLES " up\n",
		card->mtu_bytes, card->mtu_bytes);
}

char *edge_netem_port(struct arena *arena, const struct edge_netem_card *card, pid_t pid)
{
	return arena_printf(arena,
		"link add name " PORT
		" mtu %d type veth peer name eth0 mtu %d address %s netns %d\n"
		"link set dev " PORT " addrgenmode none\n"
		"link set dev " PORT " up\n",
		card->mtu_bytes, card->mtu_bytes, card->mac, (int)pid);
}

/* All that arrives at one device leaves by another; u32 because more kernels have it. */
char *edge_netem_lead(struct arena *arena, const char *from, const char *to)
{
	return arena_printf(arena,
		"qdisc add dev %s ingress\n"
		"filter add dev %s parent ffff: protocol all u32 match u32 0 0 action mirred egress redirect dev %s\n",
		from, from, to);
}

static int read_card(
	const char *text, struct arena *arena, struct edge_netem_card *ret_card, struct error *err)
{
	json_auto_t *list = NULL;

	if (json_parse(text, strlen(text), "ip -json link show", &list, err))
		return -1;
	*ret_card = (struct edge_netem_card){
		.mac = arena_strdup(arena, json_string_at(list, "/0/address", "")),
		.mtu_bytes = (int)json_number_at(list, "/0/mtu", LAB_MTU)};
	return 0;
}

/* The same command in the networks of all cards. */
static int at_cards(struct lab *lab, struct arena *arena, const struct errand *what,
	struct errand errands[], struct error *err)
{
	for (size_t i = 0; i < lab->count; i++) {
		errands[i] = *what;
		errands[i].host = lab->nodes[i].host;
		errands[i].is_at_card = true;
	}
	return errands_run(lab->procs, arena, errands, lab->count, err);
}

static int look_at_cards(struct lab *lab, struct arena *arena, struct error *err)
{
	struct errand *errands = arena_alloc(arena, struct errand, lab->count);

	lab->cards = arena_alloc(lab->arena, struct edge_netem_card, lab->count);
	if (at_cards(lab, arena,
		    &(struct errand){.what = "look at the network card", .argv = show_card},
		    errands, err))
		return -1;
	for (size_t i = 0; i < lab->count; i++) {
		if (read_card(errands[i].out, lab->arena, &lab->cards[i], err))
			return -1;
	}
	return 0;
}

static int make_devices(struct lab *lab, struct arena *arena, struct error *err)
{
	struct errand *errands = arena_alloc(arena, struct errand, lab->count);

	for (size_t i = 0; i < lab->count; i++)
		errands[i] = (struct errand){.host = lab->nodes[i].host,
			.is_at_card = true,
			.what = "make what cuts super-packets",
			.argv = ip_batch,
			.input = edge_netem_devices(arena, &lab->cards[i])};
	if (errands_run(lab->procs, arena, errands, lab->count, err) ||
		at_cards(lab, arena,
			&(struct errand){.what = "turn super-packets off", .argv = offloads_off},
			errands, err))
		return -1;
	return at_cards(lab, arena,
		&(struct errand){.what = "lead what the card receives there",
			.argv = tc_batch,
			.input = edge_netem_lead(arena, "eth0", WHOLE)},
		errands, err);
}

/* The host's card as it sees it, and the ways from and to the real one. */
static int join_hosts(struct lab *lab, size_t first, size_t count, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct errand *ports = arena_alloc(arena, struct errand, count);
	struct errand *ways = arena_alloc(arena, struct errand, count);
	const char *lines = arena_printf(arena, "%s%s", edge_netem_lead(arena, FAR_SINGLES, PORT),
		edge_netem_lead(arena, PORT, "eth0"));

	for (size_t i = 0; i < count; i++) {
		struct host *host = lab->nodes[first + i].host;

		ports[i] = (struct errand){.host = host,
			.is_at_card = true,
			.what = "give the host an eth0",
			.argv = ip_batch,
			.input = edge_netem_port(
				arena, &lab->cards[first + i], far_host_pid_there(host))};
		ways[i] = (struct errand){.host = host,
			.is_at_card = true,
			.what = "join it with the network card",
			.argv = tc_batch,
			.input = lines};
	}
	return errands_run(lab->procs, arena, ports, count, err) ||
			       errands_run(lab->procs, arena, ways, count, err)
		       ? -1
		       : 0;
}

int edge_netem_begin(struct lab *lab, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	lab->counts_large_frames = true;
	if (look_at_cards(lab, arena, err) || make_devices(lab, arena, err) ||
		join_hosts(lab, 0, lab->count, err))
		return fail_in(err,
			"put netem before the network card, which needs sch_netem, sch_tbf, sch_ingress, cls_u32, act_mirred and veth of that machine's kernel");
	return 0;
}

/* The kernel may have removed the port together with the host's former network. */
int edge_netem_rejoin(struct lab *lab, size_t index, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct host *host = lab->nodes[index].host;
	struct errand errands[] = {
		{.host = host,
			.is_at_card = true,
			.what = "unplug the host",
			.argv = remove_port,
			.may_fail = true},
		{.host = host,
			.is_at_card = true,
			.what = "forget where it was",
			.argv = forget_singles,
			.may_fail = true},
	};

	return errands_run(lab->procs, arena, errands, ARRAY_SIZE(errands), err) ||
			       join_hosts(lab, index, 1, err)
		       ? -1
		       : 0;
}

static size_t shape(struct lab *lab, struct arena *arena, size_t index,
	const struct profile *former, struct errand *errands)
{
	const struct plug_port port = {
		.name = PORT, .errand = {.host = lab->nodes[index].host, .is_at_card = true}};

	return plug_shape(lab, arena, index, former, &port, errands);
}

int edge_netem_plug(struct lab *lab, size_t first, size_t count, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct errand *errands = arena_alloc(arena, struct errand, 3 * count);
	const char *congestion = lab->is_pinned_by_sysctl ? NULL : lab->congestion;
	size_t used = 0;

	for (size_t i = first; i < first + count; i++) {
		errands[used++] = (struct errand){.host = lab->nodes[i].host,
			.what = "give eth0 its address",
			.argv = ip_batch,
			.input = cable_host(arena, &lab->nodes[i], congestion)};
		used += shape(lab, arena, i, NULL, errands + used);
	}
	return errands_run(lab->procs, arena, errands, used, err);
}

int edge_netem_reshape(struct lab *lab, const struct profile *former, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct errand *errands = arena_alloc(arena, struct errand, 2 * lab->count);
	size_t used = 0;

	for (size_t i = 0; i < lab->count; i++)
		used += shape(lab, arena, i, former, errands + used);
	return errands_run(lab->procs, arena, errands, used, err);
}
