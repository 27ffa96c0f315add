/* SPDX-License-Identifier: MIT */
#include "programs/host/card.h"

#include "programs/host/note.h"

#include "base/fd.h"

#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	COMMAND_S = 30,
	RETURN_S = 40, /* for the kernel to bring a card back */
	OUTPUT_MOST_BYTES = 1 << 20
};

/* Heedless of signals: they are a reason to give the card back, not to leave it. */
static int run(struct procs *procs, const struct proc_spec *spec, struct arena *arena,
	const char **ret_text, struct error *err)
{
	AUTO(proc_freep) struct proc *proc = NULL;
	struct deadline deadline = deadline_in(COMMAND_S * NS_PER_S);
	struct proc_result result;

	if (proc_start(procs, spec, &proc, err))
		return -1;
	while (!proc_result(proc).has_ended && !deadline_has_passed(deadline))
		procs_serve(procs, deadline);
	result = proc_result(proc);
	if (!result.has_ended || result.exit_code != 0)
		return fail(err, ERROR_TOOL, "%s",
			result.has_ended ? proc_obituary(proc) : "ip did not end");
	if (ret_text)
		*ret_text = arena_strndup(arena, result.out, result.out_size);
	return 0;
}

static int output_of(struct procs *procs, struct arena *arena, const char *const *argv,
	const char **ret_text, struct error *err)
{
	return run(procs,
		&(struct proc_spec){.what = "look at the network card",
			.argv = argv,
			.keep_bytes = OUTPUT_MOST_BYTES},
		arena, ret_text, err);
}

static int batch(struct procs *procs, const struct proc_place *place, const char *what,
	const char *lines, struct error *err)
{
	return run(procs,
		&(struct proc_spec){.what = what,
			.argv = (const char *const[]){"ip", "-force", "-batch", "-", NULL},
			.place = place,
			.input = lines,
			.input_size = strlen(lines)},
		NULL, NULL, err);
}

static int note(struct card *card, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct note_source source;
	const char *name = card->name;

	if (output_of(card->procs, arena,
		    ARENA_LIST(arena, "ip", "-json", "address", "show", "dev", name),
		    &source.devices, err) ||
		output_of(card->procs, arena,
			ARENA_LIST(arena, "ip", "-4", "route", "show", "table", "all", "dev", name),
			&source.routes, err) ||
		output_of(card->procs, arena,
			ARENA_LIST(arena, "ip", "-6", "route", "show", "table", "all", "dev", name),
			&source.routes6, err))
		return -1;
	if (note_write(arena, name, &source, err))
		return -1;
	card->is_noted = true;
	return 0;
}

/*
 * The host's network, seen from our own files and PIDs, and with our own rights: root of the host
 * may not put a card into the machine's network.
 */
static struct proc_place network_of(const struct host *host)
{
	struct proc_place place = *namespace_host_place(host);

	place.pid_fd = place.user_fd = place.uts_fd = place.ipc_fd = place.mount_fd = -1;
	place.environment = NULL;
	return place;
}

/* It was noted once, before it was first moved: a reboot of the host changes nothing in that. */
int card_give(struct card *card, const struct host *host, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct proc_place inside = network_of(host);

	if (!*card->name)
		return 0;
	if (!card->is_noted && note(card, err))
		return fail_in(err, "network card %s", card->name);
	if (batch(card->procs, NULL, "move the network card",
		    arena_printf(arena, "link set dev %s down\nlink set dev %s netns %d\n",
			    card->name, card->name, (int)host_pid(host)),
		    err))
		return fail_in(err, "network card %s", card->name);
	card->is_away = true;
	return batch(card->procs, &inside, "name the network card",
		arena_printf(arena, "link set dev %s name eth0\n", card->name), err);
}

int card_take(struct card *card, const struct host *host, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct proc_place inside = network_of(host);

	if (!*card->name || !card->is_away)
		return 0;
	if (batch(card->procs, &inside, "take the network card back",
		    arena_printf(arena,
			    "address flush dev eth0\nlink set dev eth0 down\nlink set dev eth0 name %s\nlink set dev %s netns %d\n",
			    card->name, card->name, (int)getpid()),
		    err))
		return fail_in(err, "network card %s", card->name);
	card->is_away = false;
	return 0;
}

/* Readable when a device has come or changed. */
static int watch_links(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	const struct sockaddr_nl all = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};

	if (fd >= 0)
		(void)!bind(fd, (const struct sockaddr *)&all, sizeof(all));
	return fd;
}

static int await_card(struct procs *procs, struct arena *arena, const struct note *note,
	const char **ret_name, struct error *err)
{
	struct deadline deadline = deadline_in(RETURN_S * NS_PER_S);
	AUTO(fd_closep) int links = watch_links();
	char news[8192];

	for (;;) {
		const char *devices = "";

		if (output_of(procs, arena, ARENA_LIST(arena, "ip", "-json", "link", "show"),
			    &devices, err))
			return -1;
		*ret_name = note_card(arena, note, devices);
		if (*ret_name)
			return 0;
		if (links < 0 || !procs_await_fd(procs, links, deadline))
			return fail(err, ERROR_TIMEOUT, "network card %s (%s) did not come back",
				note->name, note->mac);
		(void)!recv(links, news, sizeof(news), MSG_DONTWAIT);
	}
}

static int restore(struct procs *procs, const struct note *note, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *name = "";

	if (await_card(procs, arena, note, &name, err))
		return -1;
	if (strcmp(name, note->name) != 0 &&
		batch(procs, NULL, "name the network card as it was",
			arena_printf(arena, "link set dev %s down\nlink set dev %s name %s\n", name,
				name, note->name),
			err))
		return -1;
	return batch(procs, NULL, "restore the network card", note->lines, err);
}

int card_undo(struct procs *procs, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct note note = {0};
	int status;

	if (note_read(arena, &note, err))
		return -1;
	if (!note.name)
		return 0;
	status = restore(procs, &note, err);
	note_remove();
	return status;
}
