/* SPDX-License-Identifier: MIT */
/* The bridge and netem engines: hosts plugged, shaped and unplugged by ip and tc. */
#include "lab/internal.h"

#include "base/fd.h"

#include <stdio.h>
#include <string.h>

static const char *const ip_batch[] = {"ip", "-batch", "-", NULL};
static const char *const tc_batch[] = {"tc", "-batch", "-", NULL};
/*
 * On the host's own NIC, so that netem behind it meets single packets and no super-packets. These
 * words of ethtool leave the segmentation of UDP, GRE and other protocols on; a device that takes
 * one segment at a time is given none of any protocol.
 */
static const char *const offloads_off[] = {
	"ethtool", "-K", "eth0", "tso", "off", "gso", "off", "gro", "off", NULL};
static const char one_segment[] = "link set dev eth0 gso_max_segs 1\n";

/* Commands for the bridge run among our own PIDs, because they name the hosts by PID. */
static struct proc_place bridge_place(const struct lab *lab)
{
	struct proc_place place = *namespace_host_place(lab->bridge);

	place.pid_fd = -1;
	return place;
}

static int run_on_bridge(struct lab *lab, const char *what, const char *const *argv,
	const char *input, struct error *err)
{
	struct proc_place place = bridge_place(lab);
	struct proc_spec spec = {.what = what,
		.argv = argv,
		.place = &place,
		.input = input,
		.input_size = strlen(input)};

	return proc_run(lab->procs, &spec, deadline_in(30 * NS_PER_S), err);
}

/* Where br_netfilter is loaded, bridged packets would pass the IP filters; -e: it may be absent. */
static const char *const no_filters[] = {"sysctl", "-e", "-q", "-w",
	"net.bridge.bridge-nf-call-iptables=0", "net.bridge.bridge-nf-call-ip6tables=0",
	"net.bridge.bridge-nf-call-arptables=0", NULL};

/* On a line without a rate nothing of ours meets a frame, and none is asked to be small. */
static void begin_counters(struct lab *lab)
{
	lab->counts_large_frames =
		lab_engine_has_netem(lab->engine) || lab->profile.line_rate_bps > 0;
	lab->oversize_fds = arena_alloc(lab->arena, int, lab->count);
	for (size_t i = 0; i < lab->count; i++)
		lab->oversize_fds[i] = -1;
}

int plug_bridge(struct lab *lab, struct error *err)
{
	begin_counters(lab);
	if (run_on_bridge(lab, "make the bridge", ip_batch, wiring_bridge(lab->arena), err))
		return -1;
	return run_on_bridge(lab, "keep filters off the bridge", no_filters, "", err);
}

static int plug(struct lab *lab, struct arena *arena, size_t first, size_t count, struct error *err)
{
	AUTO(text_freep) char *input = NULL;
	AUTO(stream_closep) FILE *stream = NULL;
	size_t size = 0;

	stream = open_memstream(&input, &size);
	for (size_t i = first; i < first + count; i++)
		fputs(wiring_port(arena, &lab->nodes[i], i, host_pid(lab->nodes[i].host)), stream);
	fflush(stream);
	return run_on_bridge(lab, "plug the hosts into the bridge", ip_batch, input, err);
}

/* What traffic control a device has under a profile; empty: none. */
static const char *queue_of(
	struct lab *lab, struct arena *arena, const struct profile *profile, const char *device)
{
	if (strcmp(device, "eth0") == 0)
		return shape_host(arena, profile, device);
	return shape_port(arena, profile, lab->engine, device);
}

/* Takes away what the former profile had put on the device (NULL: the device is new). */
static const char *change_of(
	struct lab *lab, struct arena *arena, const struct profile *former, const char *device)
{
	const char *old = former ? queue_of(lab, arena, former, device) : "";
	const char *new = queue_of(lab, arena, &lab->profile, device);

	return *old ? arena_printf(arena, "qdisc del dev %s root\n%s", device, new) : new;
}

size_t plug_shape(struct lab *lab, struct arena *arena, size_t index, const struct profile *former,
	const struct plug_port *port, struct errand *errands)
{
	const char *on_host = change_of(lab, arena, former, "eth0");
	const char *on_port = change_of(lab, arena, former, port->name);
	size_t used = 0;

	if (*on_host)
		errands[used++] = (struct errand){.host = lab->nodes[index].host,
			.what = "set the line rate of eth0",
			.argv = tc_batch,
			.input = on_host};
	if (*on_port) {
		errands[used] = port->errand;
		errands[used].what = arena_printf(arena, "set the queue of %s", port->name);
		errands[used].argv = tc_batch;
		errands[used++].input = on_port;
	}
	return used;
}

static size_t shape_errands(struct lab *lab, struct arena *arena, size_t index,
	const struct profile *former, const struct proc_place *bridge, struct errand errands[2])
{
	const struct plug_port port = {
		.name = arena_printf(arena, "port%zu", index), .errand = {.place = bridge}};

	return plug_shape(lab, arena, index, former, &port, errands);
}

int plug_reshape(struct lab *lab, const struct profile *former, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct errand *errands = arena_alloc(arena, struct errand, 2 * lab->count);
	struct proc_place bridge = bridge_place(lab);
	size_t used = 0;

	for (size_t i = 0; i < lab->count; i++)
		used += shape_errands(lab, arena, i, former, &bridge, errands + used);
	return errands_run(lab->procs, arena, errands, used, err);
}

/* Addresses, offloads and queues do not depend on each other, so all are set at once. */
int plug_hosts(struct lab *lab, size_t first, size_t count, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct errand *errands = arena_alloc(arena, struct errand, 4 * count);
	struct proc_place bridge = bridge_place(lab);
	const char *congestion = lab->is_pinned_by_sysctl ? NULL : lab->congestion;
	bool is_netem = lab->engine == LAB_ENGINE_NETEM;
	size_t used = 0;

	if (plug(lab, arena, first, count, err))
		return -1;
	if (lab->counts_large_frames && oversize_watch(lab, first, count, err))
		return -1;
	for (size_t i = first; i < first + count; i++) {
		struct host *host = lab->nodes[i].host;

		if (is_netem)
			errands[used++] = (struct errand){.host = host,
				.what = "turn super-packets off",
				.argv = offloads_off};
		errands[used++] = (struct errand){.host = host,
			.what = "give eth0 its addresses",
			.argv = ip_batch,
			.input = arena_printf(arena, "%s%s", is_netem ? one_segment : "",
				wiring_host(arena, lab->nodes, lab->count, i, congestion))};
		used += shape_errands(lab, arena, i, NULL, &bridge, errands + used);
	}
	return errands_run(lab->procs, arena, errands, used, err);
}

int plug_out(struct lab *lab, size_t index, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	fd_closep(&lab->oversize_fds[index]);
	return run_on_bridge(lab, "unplug the host", ip_batch,
		arena_printf(arena, "link del dev port%zu\n", index), err);
}

void plug_end(struct lab *lab)
{
	for (size_t i = 0; lab->oversize_fds && i < lab->count; i++)
		fd_closep(&lab->oversize_fds[i]);
}
