/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The hosts that something is done to, or that something is asked of: all, some, one or none. */
struct lab_hosts {
	enum lab_hosts_kind {
		LAB_NO_HOST,
		LAB_ONE_HOST,
		LAB_SOME_HOSTS,
		LAB_ALL_HOSTS
	} kind;
	size_t index; /* of the one, or of the first of some */
	size_t count; /* of some, which follow one another */
};

static inline struct lab_hosts lab_no_host(void)
{
	return (struct lab_hosts){.kind = LAB_NO_HOST};
}

static inline struct lab_hosts lab_one_host(size_t index)
{
	return (struct lab_hosts){.kind = LAB_ONE_HOST, .index = index};
}

static inline struct lab_hosts lab_some_hosts(size_t first, size_t count)
{
	return (struct lab_hosts){.kind = LAB_SOME_HOSTS, .index = first, .count = count};
}

static inline struct lab_hosts lab_all_hosts(void)
{
	return (struct lab_hosts){.kind = LAB_ALL_HOSTS};
}

static inline bool lab_hosts_include(struct lab_hosts hosts, size_t index)
{
	if (hosts.kind == LAB_SOME_HOSTS)
		return index >= hosts.index && index - hosts.index < hosts.count;
	return hosts.kind == LAB_ALL_HOSTS || (hosts.kind == LAB_ONE_HOST && hosts.index == index);
}
