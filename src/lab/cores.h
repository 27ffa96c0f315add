/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <jansson.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>

/* Which processors each part of a lab runs on. */
struct lab_cores {
	size_t per_host; /* 0: nothing is pinned, and the rest is not filled */
	size_t host_count;
	const cpu_set_t *hosts; /* of every host */
	cpu_set_t wire;         /* empty: there is no process of a wire */
	cpu_set_t instruments;  /* this program, which starts, watches and reads all others */
};

/* What is laid out. */
struct lab_cores_wish {
	cpu_set_t allowed; /* those that this program may use */
	size_t host_count;
	size_t per_host; /* 0: hosts are not pinned */
	bool has_wire;
};

/*
 * Hosts come first and do not share a processor with anything while there are enough. Where there
 * are not, the wire and the instruments share one; then hosts share with one another; and the wire
 * keeps one of its own as long as a host does not need them all, because a wire that is late spoils
 * every figure. ERROR_MISSING where a host alone would need more than there are.
 */
MUST_CHECK int lab_cores_lay(struct arena *arena, const struct lab_cores_wish *wish,
	struct lab_cores *ret_cores, struct error *err);
/* Those that this program may use now. */
MUST_CHECK int lab_cores_allowed(cpu_set_t *ret_allowed, struct error *err);

/* "0-2,5", as Linux writes it. */
const char *lab_cores_list(struct arena *arena, const cpu_set_t *set);
/*
 * {per_host, limited_by, hosts: {lom: "0"}, wire, instruments, shared: [text]}; `shared` says which
 * parts have processors in common. Caller owns it; NULL where nothing is pinned.
 */
json_t *lab_cores_json(const struct lab_cores *cores, const char *const names[]);
