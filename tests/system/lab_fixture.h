/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/file.h"
#include "lab/lab.h"
#include "plan/plan.h"
#include "vpn/vpn.h"

#include "tap.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

/* A lab of three hosts on a clean line, in a folder that goes away with it. */
struct lab_fixture {
	struct arena *arena;
	struct procs *procs;
	struct lab *lab;
	char folder[64];
};

static inline void lab_fixture_done(struct lab_fixture *fixture)
{
	struct error ignored;

	lab_downp(&fixture->lab);
	procs_freep(&fixture->procs);
	arena_freep(&fixture->arena);
	if (fixture->folder[0] && tree_remove(fixture->folder, &ignored))
		printf("# cannot remove %s: %s\n", fixture->folder, ignored.text);
}

static inline int lab_fixture_up_on(
	struct lab_fixture *fixture, enum lab_engine engine, struct error *err)
{
	static const char *const names[] = {"lom", "yuki", "luna", NULL};
	const char *const visible[] = {getenv("MESHBENCH_VPNS"), NULL};
	struct profile profile = {.name = "baseline", .folder = "baseline", .line_rate_bps = 1e9};
	struct lab_spec spec = {.names = names,
		.count = 3,
		.engine = engine,
		.profile = &profile,
		.congestion = "cubic",
		.hosts_are_far = getenv("LAB_HOSTS_ARE_FAR") != NULL,
		.visible = visible};

	fixture->arena = arena_new();
	strcpy(fixture->folder, "/tmp/meshbench-vpn.XXXXXX");
	if (!mkdtemp(fixture->folder))
		return fail_errno(err, "make a folder for the test");
	spec.state_dir = arena_printf(fixture->arena, "%s/state", fixture->folder);
	if (procs_new(&fixture->procs, err))
		return -1;
	return lab_up(fixture->procs, &spec, &fixture->lab, err);
}

static inline int lab_fixture_up(struct lab_fixture *fixture, struct error *err)
{
	return lab_fixture_up_on(fixture, LAB_ENGINE_BRIDGE, err);
}

static inline const char *fixture_work_dir(const struct lab_fixture *fixture)
{
	return arena_printf(fixture->arena, "%s/work", fixture->folder);
}

/* The state of drivers on a standing host, as this machine sees it; `file` "": their folder. */
static inline const char *fixture_state(
	const struct lab_fixture *fixture, const char *host, const char *file)
{
	size_t index = 0;

	while (strcmp(lab_host(fixture->lab, index)->name, host) != 0)
		index++;
	return arena_printf(fixture->arena, "/proc/%d/root/var/lib/meshbench/%s",
		(int)host_pid(lab_host(fixture->lab, index)), file);
}

#define LAB(name)                                                                                  \
	AUTO(lab_fixture_done) struct lab_fixture name = {0};                                      \
	struct error err = {0};                                                                    \
	CHECK_OK(lab_fixture_up(&(name), &err), err)
