/* SPDX-License-Identifier: MIT */
#include "programs/host/edge.h"

#include "base/fd.h"
#include "host/inside.h"

#include <string.h>

enum {
	COMMAND_S = 30,
	READY_S = 10
};

struct edge edge_new(struct procs *procs, int64_t wanted)
{
	return (struct edge){.procs = procs,
		.is_wanted = wanted > 0,
		.number = wanted > 0 ? (uint32_t)(wanted - 1) : 0,
		.card_fd = -1,
		.tap_fd = -1};
}

int edge_begin(struct edge *edge, struct error *err)
{
	const struct namespace_host_spec bare = {.name = "edge", .is_bare = true};

	return edge->is_wanted || edge->is_apart
		       ? namespace_host_new(edge->procs, &bare, &edge->place, err)
		       : 0;
}

static int batch(struct edge *edge, const struct host *host, const char *what, const char *lines,
	struct error *err)
{
	struct proc_place place = card_place(host);
	const struct proc_spec spec = {.what = what,
		.argv = (const char *const[]){"ip", "-batch", "-", NULL},
		.place = &place,
		.input = lines,
		.input_size = strlen(lines)};

	return proc_run(edge->procs, &spec, deadline_in(COMMAND_S * NS_PER_S), err);
}

static int open_in(const struct host *host, int (*open)(const char *, int *, struct error *),
	int *ret_fd, struct error *err)
{
	const struct inside device = {
		.host = host, .name = host->name, .device = "eth0", .open = open};

	return inside_open(&device, 1, ret_fd, err);
}

static int start_program(struct edge *edge, int their_fd, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *program;

	if (helper_find(arena, "meshbench-wire", &program, err) ||
		proc_start(edge->procs,
			&(struct proc_spec){.what = "start the wire",
				.part = PROC_WIRE,
				.argv = ARENA_LIST(arena, program, "--realtime", "--control-fd",
					arena_printf(arena, "%d", their_fd)),
				.inherit_fd = their_fd},
			&edge->program, err))
		return -1;
	return proc_wait_output(edge->program, "ready\n", deadline_in(READY_S * NS_PER_S), err);
}

static int connect_program(struct edge *edge, struct error *err)
{
	AUTO(fd_closep) int ours = -1, theirs = -1;

	if (wire_ends(&ours, &theirs, err) || start_program(edge, theirs, err))
		return -1;
	return wire_connect(&ours, &edge->wire, err);
}

/* The lab's numbers are its hosts' in their order; the card gets one that no host of it has. */
static uint32_t number_of_card(const struct edge *edge)
{
	return edge->number == 0 ? 1 : 0;
}

static int add(struct edge *edge, uint32_t number, const char *name, int fd, struct error *err)
{
	const struct wire_params unshaped = {0};

	return wire_add_port_at(edge->wire, number, name, fd, &unshaped, err);
}

/* Nothing of the kernel's own speaks there: no address, not even one of its making. */
static int open_moved(struct edge *edge, struct error *err)
{
	return batch(edge, edge->place, "let the network card carry frames",
		       "link set dev eth0 addrgenmode none\nlink set dev eth0 up\n", err) ||
			       open_in(edge->place, wire_card_open, &edge->card_fd, err)
		       ? -1
		       : 0;
}

/* What the machine keeps for itself does not pass. */
static int open_shared(struct edge *edge, const struct card *card, struct error *err)
{
	return wire_card_open(card->name, &edge->card_fd, err) ||
			       wire_card_limit(
				       edge->card_fd, card->peers, (uint16_t)card->ssh_port, err)
		       ? -1
		       : 0;
}

int edge_start(struct edge *edge, const struct card *card, struct error *err)
{
	if (!edge->is_wanted)
		return 0;
	if ((edge->place ? open_moved(edge, err) : open_shared(edge, card, err)) ||
		connect_program(edge, err))
		return -1;
	return add(edge, number_of_card(edge), "card", edge->card_fd, err);
}

int edge_plug(
	struct edge *edge, const struct card *card, const struct host *host, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	if (!edge->is_wanted)
		return 0;
	if (open_in(host, wire_tap_open, &edge->tap_fd, err) ||
		batch(edge, host, "make eth0 like the network card",
			arena_printf(arena, "link set dev eth0 address %s mtu %d\n", card->mac,
				card->mtu_bytes),
			err))
		return -1;
	return add(edge, edge->number, "host", edge->tap_fd, err);
}

int edge_unplug(struct edge *edge, struct error *err)
{
	if (!edge->is_wanted)
		return 0;
	fd_closep(&edge->tap_fd);
	/* One that has ended has no ports either, and is replaced later. */
	if (proc_result(edge->program).has_ended)
		return 0;
	return wire_remove_port(edge->wire, edge->number, err);
}

const char *edge_obituary(struct edge *edge)
{
	if (!edge->program || edge->has_reported_end || !proc_result(edge->program).has_ended)
		return NULL;
	edge->has_reported_end = true;
	return proc_obituary(edge->program);
}

void edge_stop(struct edge *edge)
{
	wire_freep(&edge->wire);
	proc_freep(&edge->program);
}

int edge_renew(struct edge *edge, struct error *err)
{
	edge_stop(edge);
	edge->has_reported_end = false;
	if (connect_program(edge, err) ||
		add(edge, number_of_card(edge), "card", edge->card_fd, err))
		return -1;
	return edge->tap_fd < 0 ? 0 : add(edge, edge->number, "host", edge->tap_fd, err);
}

/* Its socket is closed a moment before its end is seen; what it says itself explains more. */
static int blame(struct edge *edge, struct error *err)
{
	struct error ignored;

	if (err->kind == ERROR_TIMEOUT) {
		proc_kill(edge->program);
		err->kind = ERROR_CRASHED;
		return -1;
	}
	if ((err->kind == ERROR_SYSTEM || err->kind == ERROR_CRASHED) &&
		proc_wait(edge->program, deadline_in(NS_PER_S), &ignored) == 0)
		return fail(err, ERROR_CRASHED, "%s", proc_obituary(edge->program));
	return -1;
}

int edge_answer(struct edge *edge, struct wire_bytes question, struct arena *arena,
	struct wire_bytes *ret_answer, struct error *err)
{
	if (!edge->is_wanted)
		return fail(err, ERROR_USAGE, "this host has no wire");
	if (wire_answer(edge->wire, question, arena, ret_answer, err) == 0)
		return 0;
	return err->kind == ERROR_USAGE ? -1 : blame(edge, err);
}

void edge_end(struct edge *edge)
{
	edge_stop(edge);
	fd_closep(&edge->tap_fd);
	fd_closep(&edge->card_fd);
	host_free(edge->place);
	edge->place = NULL;
	edge->is_wanted = edge->is_apart = false;
}
