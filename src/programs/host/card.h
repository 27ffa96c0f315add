/* SPDX-License-Identifier: MIT */
#pragma once

#include "far/far.h"
#include "host/host.h"

#include <stdbool.h>

/*
 * A network card of this machine that the host has as its eth0. What it was is first written down
 * in memory (/run), as lines for `ip -batch`, so that it can become that again even when this
 * program was killed and the kernel has brought the card back.
 */
struct card {
	struct procs *procs;
	char name[16]; /* IFNAMSIZ; "": none */
	enum far_network network;
	const char *const *peers; /* as in struct far_host_spec; the arena's of `helper` */
	unsigned ssh_port;
	bool is_noted, is_away;
	char mac[32]; /* once it is noted */
	int mtu_bytes;
};

/* Moves it, or its macvlan, into the host; or keeps from the machine what comes for the host. */
MUST_CHECK int card_give(struct card *card, const struct host *host, struct error *err);
/*
 * The network of a host or of a card that is apart, seen from our own files and PIDs, and with our
 * own rights: root of the host may not put a card into the machine's network.
 */
struct proc_place card_place(const struct host *host);
/* Takes it out of the host, which lives; what it was is not restored yet. */
MUST_CHECK int card_take(struct card *card, const struct host *host, struct error *err);
/* Makes all cards that were noted what they were, as soon as they are back. */
MUST_CHECK int card_undo(struct procs *procs, struct error *err);
