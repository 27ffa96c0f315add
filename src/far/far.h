/* SPDX-License-Identifier: MIT */
#pragma once

#include "host/host.h"

/*
 * Far hosts: on each machine runs a helper, meshbench-host, that makes one namespace host
 * there and does on it what is asked over its stdin and stdout. When that connection ends, all that
 * it started is dead and its namespaces are gone. For all others a far host is a host like any
 * other; its children are far children (proc/far.h), whose times are those of the clock here.
 */
enum far_network {
	FAR_NIC,     /* the host gets the card itself */
	FAR_MACVLAN, /* the machine keeps it, and the host gets a macvlan on it */
	FAR_SHARE,   /* the machine keeps it, and the host sits behind a wire at it; needs `edge` */
	FAR_NETWORKS
};

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
	/* Likewise the folder below which installed VPNs lie; NULL-able. */
	const char *vpns_here, *vpns_there;
	/* A network card of that machine, which is the host's eth0 while it lives; NULL: none. */
	const char *device;
	enum far_network network;
	/*
	 * FAR_SHARE: the host has the machine's address, and gets what comes from these others, but
	 * for TCP of the machine's SSH server, which has this port.
	 */
	const char *const *peers; /* IPv4; NULL-terminated */
	unsigned ssh_port;
	/*
	 * A wire with two ports stands between the host and that card: the host's has the number
	 * edge - 1, by which its fates are drawn. 0: the host has the card itself.
	 */
	unsigned edge;
	/*
	 * The card gets a network of its own, in which nothing joins it with the host until
	 * far_host_start_at_card() does. Neither with `edge` nor with FAR_SHARE.
	 */
	bool is_apart;
};

/* Boots several at once; all or none. */
MUST_CHECK int far_hosts_new(struct procs *procs, const struct far_host_spec specs[], size_t count,
	struct host *ret_hosts[], struct error *err);

/* A device in the network of a card that is apart: host_large_frames() counts what arrives there.
 */
#define FAR_SINGLES "singles"
/*
 * As host_start(), but in the network of a card that is apart, with the files, the PIDs and the
 * rights of the helper.
 */
MUST_CHECK int far_host_start_at_card(
	struct host *host, const struct proc_spec *spec, struct proc **ret_proc, struct error *err);
/* Its first process as its machine counts, for `ip link ... netns PID` there; until a reboot. */
pid_t far_host_pid_there(const struct host *host);

/* A question to the wire at a far host's edge and its answer, as wire_over() has it. */
MUST_CHECK int far_host_carry(struct host *host, const void *question, size_t size,
	void *ret_answer, size_t answer_size, struct error *err);
/* Whether that wire lives, as far as was heard; ERROR_CRASHED says how it ended. */
MUST_CHECK int far_host_check_edge(const struct host *host, struct error *err);
/* Another wire in place of one that has ended, with the same ports, unshaped. */
MUST_CHECK int far_host_renew_edge(struct host *host, struct error *err);

/*
 * While it is held back, what its programs print waits on its machine, as far as there is room:
 * their ends are known, their words are not. The end of that returns when all is here.
 */
MUST_CHECK int far_host_hold_back(struct host *host, bool is_held_back, struct error *err);
/* What its connection has carried so far, without what SSH adds. */
void far_host_bytes(const struct host *host, uint64_t *ret_sent, uint64_t *ret_heard);

/* The wall clock of a far host's machine minus ours, and by how much that may be wrong. */
struct far_wall {
	int64_t offset_ns, bound_ns;
};
struct far_wall far_host_wall(const struct host *host);
/* The same by a few round trips now, and what the connection has carried until then. */
struct far_state {
	struct far_wall wall;
	uint64_t sent_bytes, heard_bytes;
};
MUST_CHECK int far_host_look(struct host *host, struct far_state *ret_state, struct error *err);
