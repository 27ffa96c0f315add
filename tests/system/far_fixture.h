/* SPDX-License-Identifier: MIT */
#pragma once

#include "far/far.h"

#include "tap.h"

#include <string.h>

/* Two far hosts, each behind a socket to a helper of its own. */
#define ARGV(...) ((const char *const[]){__VA_ARGS__, NULL})
#define SHELL(script) ARGV("sh", "-c", script)
#define SOON deadline_in(20 * NS_PER_S)

enum {
	HOSTS = 2
};

struct far_fixture {
	struct arena *arena;
	struct procs *procs;
	struct host *hosts[HOSTS];
	const char *helper; /* the program */
};

static inline void far_fixture_done(struct far_fixture *fixture)
{
	for (size_t i = 0; i < HOSTS; i++)
		host_free(fixture->hosts[i]);
	procs_free(fixture->procs);
	arena_free(fixture->arena);
}

static inline int far_fixture_up(
	struct far_fixture *fixture, const char *const *command, struct error *err)
{
	struct far_host_spec specs[HOSTS] = {{.name = "lom"}, {.name = "yuki"}};

	fixture->arena = arena_new();
	if (helper_find(fixture->arena, "meshbench-host", &fixture->helper, err) ||
		namespace_enter(err) || procs_new(&fixture->procs, err))
		return -1;
	for (size_t i = 0; i < HOSTS; i++)
		specs[i].command = arena_list(fixture->arena, command, ARGV(fixture->helper));
	return far_hosts_new(fixture->procs, specs, HOSTS, fixture->hosts, err);
}

#define FAR(name)                                                                                  \
	struct error err = {0};                                                                    \
	AUTO(far_fixture_done) struct far_fixture name = {0};                                      \
	CHECK_OK(far_fixture_up(&(name), ARGV("env"), &err), err)

/* What a command printed on a host; NULL when it failed. */
static inline const char *output_of(
	struct far_fixture *fixture, size_t host, const char *const *argv)
{
	AUTO(proc_freep) struct proc *proc = NULL;
	struct error err = {0};

	if (host_start(fixture->hosts[host], &(struct proc_spec){.argv = argv}, &proc, &err) ||
		proc_wait_success(proc, SOON, &err)) {
		printf("# %s\n", err.text);
		return NULL;
	}
	return arena_strdup(fixture->arena, proc_result(proc).out);
}

static inline bool is(const char *text, const char *expected)
{
	if (text && strcmp(text, expected) == 0)
		return true;
	printf("# is '%s'\n", text ? text : "(none)");
	return false;
}
