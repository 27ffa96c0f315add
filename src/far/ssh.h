/* SPDX-License-Identifier: MIT */
#pragma once

#include "far/look.h"
#include "proc/proc.h"

/*
 * Machines that OpenSSH reaches. On each runs one unit of systemd, which holds our helper and all
 * that it starts, and which ends when the connection does, when nothing was heard of us for a few
 * seconds, or when the helper is killed. Two runs on one machine meet in the unit's name.
 *
 * Failures that a user can mend are ERROR_MISSING: the machine, why, and the next step.
 */
struct far_ssh {
	const char *name;        /* of the host that the machine carries */
	const char *destination; /* of ssh(1) */
	bool is_sudo;
};

/* Our programs that hosts need, as they are here, to be brought to machines of one kind. */
struct far_bundle {
	const char *here, *there; /* folders; `there` is named after the content */
	const char *const *names; /* NULL-terminated */
	const char *const *tried; /* of them, whether they can run there */
	const char *sums;         /* as sha256sum prints them */
};

#define FAR_CACHE "/var/cache/meshbench"
/* Installed VPNs, as below the folder of those here. */
#define FAR_VPNS FAR_CACHE "/vpns"
/* What workloads were given, each in a folder of its own. */
#define FAR_ARTEFACTS FAR_CACHE "/artefacts"

/* How long nothing may be heard of us before a machine ends all that we started there. */
enum {
	FAR_LEASE_S = 10
};

MUST_CHECK int far_bundle_make(
	struct arena *arena, struct procs *procs, struct far_bundle *ret_bundle, struct error *err);
/* What to look for on a machine. */
struct far_question {
	const struct far_bundle *bundle;
	const char *device;          /* a network card, or "" */
	const char *const *programs; /* and "module:NAME" of the kernel */
};
/* Sees what a machine is, without changing it. */
MUST_CHECK int far_ssh_look(struct arena *arena, struct procs *procs, const struct far_ssh *ssh,
	const struct far_question *question, struct far_look *ret_look, struct error *err);
/* Whether a helper can be started there, by what was seen. */
MUST_CHECK int far_ssh_check(
	const struct far_ssh *ssh, const struct far_look *look, struct error *err);
/* Brings the programs there; whole or not at all. */
MUST_CHECK int far_ssh_send(struct procs *procs, const struct far_ssh *ssh,
	const struct far_bundle *bundle, struct error *err);
/*
 * Brings a folder there, below FAR_ARTEFACTS, unless it is there with this digest (see
 * FILE_TREE_DIGEST); whole or not at all.
 */
struct far_folder {
	const char *here, *there, *digest;
};
MUST_CHECK int far_ssh_bring(struct procs *procs, const struct far_ssh *ssh,
	const struct far_folder *folder, struct error *err);
/* Whether a program of ours that was brought there can run; ERROR_MISSING says what it lacks. */
MUST_CHECK int far_ssh_try(struct procs *procs, const struct far_ssh *ssh,
	const struct far_bundle *bundle, const char *program, struct error *err);
/* Removes all that was ever brought there. */
MUST_CHECK int far_ssh_clean(struct procs *procs, const struct far_ssh *ssh, struct error *err);
/* The command that starts the helper there, for far_host_spec. */
const char *const *far_ssh_helper(
	struct arena *arena, const struct far_ssh *ssh, const struct far_bundle *bundle);
