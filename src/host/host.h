/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "proc/proc.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Where a command can run and files can be put: an isolated Linux host. The vtable is small so
 * that far hosts (room far) can join the namespace hosts of this program.
 */
struct host;

struct host_ops {
	int (*start)(struct host *host, const struct proc_spec *spec, struct proc **ret_proc,
		struct error *err);
	int (*write)(struct host *host, const char *path, const void *data, size_t size,
		mode_t mode, struct error *err);
	int (*remove)(struct host *host, const char *path, struct error *err);
	int (*set_names)(struct host *host, const char *hosts_file, struct error *err);
	int (*check)(struct host *host, struct error *err);
	int (*reboot)(struct host *host, struct error *err);
	int (*wipe)(struct host *host, struct error *err);
	int (*network)(const struct host *host, int *ret_fd, struct error *err);
	pid_t (*pid)(const struct host *host);
	const char *(*shortcoming)(const struct host *host);
	int64_t (*time_here)(const struct host *host, int64_t there_ns); /* NULL: one clock */
	/* NULL: somebody else sees what leaves it. */
	int (*large_frames)(struct host *host, uint64_t *ret_count, struct error *err);
	void (*free)(struct host *host);
};

struct host {
	const struct host_ops *ops;
	const char *name;
	struct procs *procs;
};

/* As proc_start, on the host; `spec->place` is set by the host. */
MUST_CHECK int host_start(
	struct host *host, const struct proc_spec *spec, struct proc **ret_proc, struct error *err);
/* As proc_run, on the host. */
MUST_CHECK int host_run(struct host *host, const struct proc_spec *spec, struct deadline deadline,
	struct error *err);
/* Writes a file whole, making its folders (0700); the path lies under /var/lib on the host. */
MUST_CHECK int host_write(struct host *host, const char *path, const void *data, size_t size,
	mode_t mode, struct error *err);
/* Removes a file or folder under /var/lib on the host. */
MUST_CHECK int host_remove(struct host *host, const char *path, struct error *err);
/* Replaces /etc/hosts. */
MUST_CHECK int host_set_names(struct host *host, const char *hosts_file, struct error *err);
/* ERROR_HOST says how the host ended, if it did although nobody asked it to. */
MUST_CHECK int host_check(struct host *host, struct error *err);
/* Ends every process; the host comes back with the same files in /var/lib and an empty network. */
MUST_CHECK int host_reboot(struct host *host, struct error *err);
/* Removes all state that the host kept (/var/lib and /var/log). */
MUST_CHECK int host_wipe(struct host *host, struct error *err);
/*
 * Its network namespace, as a descriptor that the caller owns; another after a reboot.
 * ERROR_MISSING where the host is on another machine.
 */
MUST_CHECK int host_network(const struct host *host, int *ret_fd, struct error *err);
/*
 * Its first process as seen from here, for `ip link set ... netns PID`; changes with a reboot. 0
 * where the host is on another machine.
 */
pid_t host_pid(const struct host *host);
/* A time of CLOCK_MONOTONIC that a program on the host has read, by the clock here. */
int64_t host_time_here(const struct host *host, int64_t there_ns);
/*
 * How many frames larger than its MTU its eth0 was given to send since the last call; the first
 * one begins to count, as the first one after a reboot does. Of hosts on other machines.
 */
MUST_CHECK int host_large_frames(struct host *host, uint64_t *ret_count, struct error *err);
/* What the kernel did not grant the host, in a sentence, or NULL. */
const char *host_shortcoming(const struct host *host);
void host_free(struct host *host);

/* A host made of namespaces of this machine. */
struct namespace_host_spec {
	const char *name;
	const char *state_dir; /* its folder on this machine; made when absent; not used if bare */
	/* Folders that its processes can read where the host's own /run, /tmp, home ... cover
	 * them, in addition to those of $PATH and of this program; NULL-terminated, or NULL. */
	const char *const *visible;
	const cpu_set_t *processors; /* that its commands may use; NULL: ours */
	int group_fd; /* above 2: the control group of its commands, as groups_add(); borrowed */
	bool is_bare; /* a network and nothing else: no files, names or state of its own */
};

/*
 * Once per process, before the first namespace host and while single-threaded: as an ordinary user
 * enters a user namespace where we are root; in both cases a mount namespace of our own.
 * ERROR_MISSING says what to enable when this kernel or its administrator forbids it.
 */
MUST_CHECK int namespace_enter(struct error *err);
/*
 * A folder in memory, from then on: only our namespaces show it, and it is gone with them, however
 * they end. For keys and the state of hosts.
 */
#define NAMESPACE_MEMORY "/proc/fs/nfsd"
/* Boots the host: network, mount, PID and UTS namespaces held by its init, which dies with us. */
MUST_CHECK int namespace_host_new(struct procs *procs, const struct namespace_host_spec *spec,
	struct host **ret_host, struct error *err);
/* Boots several at once, on all processors; all or none. */
MUST_CHECK int namespace_hosts_new(struct procs *procs, const struct namespace_host_spec specs[],
	size_t count, struct host *ret_hosts[], struct error *err);
/* Its namespaces, for a command of this machine that works in one of them; until a reboot. */
const struct proc_place *namespace_host_place(const struct host *host);

/*
 * A small program of ours that runs on hosts: in $MESHBENCH_LIBEXEC, next to this program, in the
 * folder of programs next to its own (a build has it there), or where it was installed. Arena-owned
 * path; ERROR_MISSING.
 */
MUST_CHECK int helper_find(
	struct arena *arena, const char *name, const char **ret_path, struct error *err);
