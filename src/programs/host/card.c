/* SPDX-License-Identifier: MIT */
#include "programs/host/card.h"

#include "programs/host/note.h"

#include "base/fd.h"
#include "base/json.h"

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

/* What a host has in place of the card that it does not get itself. */
static int look_at(struct card *card, const char *devices, struct error *err)
{
	json_auto_t *list = NULL;
	const json_t *device;

	if (json_parse(devices, strlen(devices), "ip -json address show", &list, err))
		return -1;
	device = json_array_get(list, 0);
	snprintf(card->mac, sizeof(card->mac), "%s", json_string_at(device, "/address", ""));
	card->mtu_bytes = (int)json_number_at(device, "/mtu", 0);
	return 0;
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
	if (note_write(arena, name, &source, err) || look_at(card, source.devices, err))
		return -1;
	card->is_noted = true;
	return 0;
}

struct proc_place card_place(const struct host *host)
{
	struct proc_place place = *namespace_host_place(host);

	place.pid_fd = place.user_fd = place.uts_fd = place.ipc_fd = place.mount_fd = -1;
	place.environment = NULL;
	return place;
}

/* A macvlan that was made and did not get to its host; once it is there it ends with its network.
 */
#define ON_CARD "meshbench0"

/*
 * With the same MAC address after a reboot of the host, as a machine has. It is noted before it is
 * made, so that whatever happens the undo removes it.
 */
static int make_macvlan(struct card *card, pid_t pid, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *devices = "";

	if (!card->is_noted && note_write_ours(arena, ON_CARD, err))
		return -1;
	card->is_noted = true;
	if (batch(card->procs, NULL, "make a macvlan on the network card",
		    arena_printf(arena,
			    "link add link %s name " ON_CARD "%s%s type macvlan mode bridge\n",
			    card->name, *card->mac ? " address " : "", card->mac),
		    err) ||
		output_of(card->procs, arena,
			ARENA_LIST(arena, "ip", "-json", "address", "show", "dev", ON_CARD),
			&devices, err) ||
		look_at(card, devices, err))
		return -1;
	return batch(card->procs, NULL, "move the macvlan",
		arena_printf(arena, "link set dev " ON_CARD " netns %d\n", (int)pid), err);
}

static int move_card(struct card *card, pid_t pid, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	if (!card->is_noted && note(card, err))
		return -1;
	return batch(card->procs, NULL, "move the network card",
		arena_printf(arena, "link set dev %s down\nlink set dev %s netns %d\n", card->name,
			card->name, (int)pid),
		err);
}

#define SHARED "shared"

static int run_nft(struct procs *procs, const char *what, const char *rules, struct error *err)
{
	return run(procs,
		&(struct proc_spec){.what = what,
			.argv = (const char *const[]){"nft", "-f", "-", NULL},
			.input = rules,
			.input_size = strlen(rules)},
		NULL, NULL, err);
}

static int share_end(struct procs *procs, struct error *err)
{
	return run_nft(
		procs, "give the machine its packets again", "delete table inet meshbench\n", err);
}

/* The machine itself must not answer for the host; its SSH, either way, stays the machine's. */
static int share(struct card *card, pid_t pid, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *peers = "", *devices = "";

	(void)pid;
	for (size_t i = 0; card->peers[i]; i++)
		peers = arena_printf(arena, "%s%s%s", peers, i ? ", " : "", card->peers[i]);
	if (!card->is_noted && note_write_ours(arena, SHARED, err))
		return -1;
	card->is_noted = true;
	if (output_of(card->procs, arena,
		    ARENA_LIST(arena, "ip", "-json", "address", "show", "dev", card->name),
		    &devices, err) ||
		look_at(card, devices, err))
		return -1;
	return run_nft(card->procs, "keep the host's packets from the machine",
		arena_printf(arena,
			"table inet meshbench {\n"
			" chain from_peers {\n"
			"  type filter hook prerouting priority -300; policy accept;\n"
			"  iifname != \"%s\" accept\n"
			"  ip saddr != { %s } accept\n"
			"  tcp dport %u accept\n"
			"  tcp sport %u accept\n"
			"  meta nfproto ipv4 drop\n"
			" }\n"
			"}\n",
			card->name, peers, card->ssh_port, card->ssh_port),
		err);
}

static int (*const give[])(struct card *card, pid_t pid, struct error *err) = {
	[FAR_NIC] = move_card, [FAR_MACVLAN] = make_macvlan, [FAR_SHARE] = share};

/* It was noted once, before it was first moved: a reboot of the host changes nothing in that. */
int card_give(struct card *card, const struct host *host, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct proc_place inside = card_place(host);

	if (!*card->name)
		return 0;
	if (give[card->network](card, host_pid(host), err))
		return fail_in(err, "network card %s", card->name);
	card->is_away = true;
	if (card->network == FAR_SHARE)
		return 0;
	return batch(card->procs, &inside, "name the network card",
		arena_printf(arena, "link set dev %s name eth0\n",
			card->network == FAR_MACVLAN ? ON_CARD : card->name),
		err);
}

int card_take(struct card *card, const struct host *host, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct proc_place inside = card_place(host);

	if (!*card->name || !card->is_away)
		return 0;
	if (card->network == FAR_SHARE) {
		card->is_away = false;
		return share_end(card->procs, err);
	}
	if (batch(card->procs, &inside, "take the network card back",
		    card->network == FAR_MACVLAN
			    ? "link del dev eth0\n"
			    : arena_printf(arena,
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
	if (note_is_ours(&note)) { /* as far as it is still there */
		if (strcmp(note.name, SHARED) == 0)
			(void)share_end(procs, err);
		else
			(void)batch(procs, NULL, "remove the macvlan",
				arena_printf(arena, "link del dev %s\n", note.name), err);
		note_remove();
		return 0;
	}
	status = restore(procs, &note, err);
	note_remove();
	return status;
}
