/* SPDX-License-Identifier: MIT */
#pragma once

#include "host/host.h"

/*
 * Far hosts: on each machine runs a helper, meshbench-host, that makes one namespace host
 * there and does on it what is asked over its stdin and stdout. When that connection ends, all that
 * it started is dead and its namespaces are gone. For all others a far host is a host like any
 * other; its children are far children (proc/far.h), whose times are those of the clock here.
 */
struct far_host_spec {
	const char *name;
	/*
	 * What runs the helper with our connection as its stdin and stdout; NULL-terminated. It
	 * gets PATH, HOME and LC_ALL=C of our environment, and nothing else of it but where our
	 * programs lie.
	 */
	const char *const *command;
	/* Folders of that machine to keep in sight, as in namespace_host_spec; NULL-able. */
	const char *const *visible;
	/* Those that its helper here may use, and so all that it starts; NULL: ours. */
	const cpu_set_t *processors;
	/* NULL: the helper is not reached by ssh. Its helper needs to hear of us (FAR_LEASE_S). */
	const char *destination;
	/* Where our programs lie here and there, if not in the same place; NULL-able. */
	const char *programs_here, *programs_there;
	/* A network card of that machine, which is the host's eth0 while it lives; NULL: none. */
	const char *device;
};

/* Boots several at once; all or none. */
MUST_CHECK int far_hosts_new(struct procs *procs, const struct far_host_spec specs[], size_t count,
	struct host *ret_hosts[], struct error *err);

/* The wall clock of a far host's machine minus ours, and by how much that may be wrong. */
struct far_wall {
	int64_t offset_ns, bound_ns;
};
struct far_wall far_host_wall(const struct host *host);
