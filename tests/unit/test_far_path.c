/* SPDX-License-Identifier: MIT */
#include "far/internal.h"

#include "tap.h"

#include <string.h>

static const struct far_host machine = {.programs_here = "/build/programs",
	.programs_there = "/var/cache/meshbench/abc",
	.vpns_here = "/home/me/vpns",
	.vpns_there = "/var/cache/meshbench/vpns"};

static bool becomes(const struct far_host *host, const char *here, const char *there)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	return strcmp(far_path_there(host, arena, here), there) == 0;
}

TEST(what_was_brought_lies_in_other_folders_there)
{
	CHECK(becomes(&machine, "/build/programs/meshbench-reach",
		"/var/cache/meshbench/abc/meshbench-reach"));
	CHECK(becomes(&machine, "/home/me/vpns/nebula/1.9.7/bin/nebula",
		"/var/cache/meshbench/vpns/nebula/1.9.7/bin/nebula"));
}

TEST(all_else_lies_where_it_does_here)
{
	CHECK(becomes(&machine, "/usr/bin/ping", "/usr/bin/ping"));
	CHECK(becomes(&machine, "/build/programs/other", "/build/programs/other"));
	CHECK(becomes(&machine, "/home/me/vpns2/nebula", "/home/me/vpns2/nebula"));
	CHECK(becomes(&machine, "/home/me", "/home/me"));
	CHECK(becomes(&(struct far_host){0}, "/home/me/vpns/nebula", "/home/me/vpns/nebula"));
}

TEST(lists_may_be_absent_or_empty)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *const two[] = {"-x", "/home/me/vpns/a", NULL}, *const none[] = {NULL};
	const char *const *there = far_paths_there(&machine, arena, two);

	CHECK(strcmp(there[0], "-x") == 0 && strcmp(there[1], "/var/cache/meshbench/vpns/a") == 0);
	CHECK(!there[2]);
	CHECK(!far_paths_there(&machine, arena, NULL) &&
		far_paths_there(&machine, arena, none) == none);
}
