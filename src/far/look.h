/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * What a machine says of itself when a script of ours looks around there, which changes nothing.
 * The answer is lines of a word and its value. Pure.
 */
struct far_program {
	const char *name, *path; /* NULL: it is not there */
	const char *sha256;      /* NULL: unknown */
};

/* What may make a machine slower or faster than another, under its name in environment.json. */
struct far_fact {
	const char *name, *value;
};

struct far_look {
	long uid;
	const char *user, *kernel, *architecture;
	const char *sudo;    /* what `sudo -n true` said; "": it worked; NULL: was not asked */
	const char *systemd; /* its version; NULL: it does not run there */
	const char *cgroup;  /* kind of file system at /sys/fs/cgroup */
	const char *unit;    /* "active", ...: how our unit is; NULL: unknown */
	const char *owner;   /* whose it is while it runs, or NULL */
	bool has_bus;        /* of D-Bus, which systemd-run needs */
	bool has_tun;        /* /dev/net/tun */
	bool has_programs;   /* ours are there */
	bool has_device;
	const char *control;  /* the network card that carries the connection, or NULL */
	const char *ssh_port; /* of the server that we reached, or NULL */
	const char *address;  /* the card's first IPv4 address with its prefix, or NULL */
	const char *gateway;  /* the default one that the card leads to, or NULL */
	const char *card;     /* the driver of the network card that was named, or NULL */
	const struct far_program *programs;
	size_t program_count;
	const struct far_fact *facts;
	size_t fact_count;
};

/*
 * For `sh -s -- FOLDER DEVICE SUDO PROGRAM...` on its stdin: where our programs would lie, a
 * network card, sudo or "", and what else to look for.
 */
extern const char far_look_script[];
/* ERROR_PARSE: it is not what the script says. */
MUST_CHECK int far_look_parse(
	struct arena *arena, const char *text, struct far_look *ret_look, struct error *err);
/* NULL: it did not say. */
const char *far_look_fact(const struct far_look *look, const char *name);
