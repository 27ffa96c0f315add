/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* How the network reaches the host that a machine carries. */
enum machine_network {
	MACHINE_NIC,     /* a network card of its own is moved in */
	MACHINE_MACVLAN, /* an address of its own on a card that the machine keeps */
	MACHINE_SHARE,   /* the machine's address, but for SSH */
};

/* A real machine that is reached by SSH, and carries the host of the same name. */
struct machine {
	const char *name;
	const char *ssh; /* a destination of ssh(1), never an option */
	bool is_sudo;    /* commands there need sudo -n */
	enum machine_network network;
	const char *device;  /* "enp4s0" */
	const char *address; /* of the host, IPv4; NULL if shared */
	int prefix;          /* of its network, in bits */
};

struct inventory {
	const char *path;
	const struct machine *machines; /* in the file's order, at least one */
	size_t count;
};

/* "nic", "macvlan", "share" */
const char *machine_network_name(enum machine_network network);
/* NULL: there is none of that name. */
const struct machine *inventory_named(const struct inventory *inventory, const char *name);
/* Reads a hosts.yml. Errors are ERROR_USAGE and start with file:line:column. */
MUST_CHECK int inventory_load(
	struct arena *arena, const char *path, struct inventory *ret_inventory, struct error *err);
