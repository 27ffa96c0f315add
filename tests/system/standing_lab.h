/* SPDX-License-Identifier: MIT */
#pragma once

#include "lab/lab.h"

#include "base/file.h"

#include "tap.h"

#include <stdlib.h>
#include <string.h>

/* A lab for one test, with its folder; both are gone when the variable leaves its scope. */
struct standing_lab {
	char dir[40];
	const struct tuning *tuning; /* NULL: none */
	const char *visible[2];      /* a folder that hosts see, and NULL */
	struct procs *procs;
	struct lab *lab;
	const char *names[64];
	char name_texts[64][8];
};

static inline void standing_lab_done(struct standing_lab *standing)
{
	struct error ignored;

	lab_down(standing->lab);
	procs_free(standing->procs);
	if (*standing->dir && tree_remove(standing->dir, &ignored))
		printf("# %s\n", ignored.text);
}

#define ARGV(...) ((const char *const[]){__VA_ARGS__, NULL})
#define SHELL(script) ARGV("sh", "-c", script)

static const struct profile unshaped = {.name = "unshaped"};

static inline int standing_lab_up(struct standing_lab *standing, enum lab_engine engine,
	size_t count, const struct profile *profile, struct error *err)
{
	static const char *const first[] = {"lom", "yuki", "luna"};
	struct lab_spec spec = {.names = standing->names,
		.count = count,
		.engine = engine,
		.profile = profile,
		.state_dir = standing->dir,
		.congestion = "cubic",
		.tuning = standing->tuning,
		.hosts_are_far = getenv("LAB_HOSTS_ARE_FAR") != NULL,
		.visible = standing->visible};

	strcpy(standing->dir, "/tmp/meshbench-test.XXXXXX");
	if (!mkdtemp(standing->dir))
		return fail_errno(err, "make a folder");
	for (size_t i = 0; i < count; i++) {
		snprintf(standing->name_texts[i], sizeof(standing->name_texts[i]), "h%u",
			(unsigned)(i & 0xff));
		standing->names[i] = i < 3 ? first[i] : standing->name_texts[i];
	}
	if (namespace_enter(err) || procs_new(&standing->procs, err))
		return -1;
	return lab_up(standing->procs, &spec, &standing->lab, err);
}

#define LAB(name, count, profile)                                                                  \
	AUTO(standing_lab_done) struct standing_lab name = {.lab = NULL};                          \
	CHECK_OK(standing_lab_up(&(name), LAB_ENGINE_BRIDGE, count, profile, &err), err)

#define NETEM_LAB(name, count, profile)                                                            \
	AUTO(standing_lab_done) struct standing_lab name = {.lab = NULL};                          \
	CHECK_OK(standing_lab_up(&(name), LAB_ENGINE_NETEM, count, profile, &err), err)

#define EMULATED_LAB(name, count, profile)                                                         \
	AUTO(standing_lab_done) struct standing_lab name = {.lab = NULL};                          \
	CHECK_OK(standing_lab_up(&(name), LAB_ENGINE_WIRE, count, profile, &err), err)

/* Output of a command on a host; arena-owned, NULL when it failed (with a remark in the log). */
static inline const char *output_on(
	struct standing_lab *standing, struct arena *arena, size_t index, const char *const *argv)
{
	AUTO(proc_freep) struct proc *proc = NULL;
	struct proc_spec spec = {.argv = argv, .keep_bytes = 1 << 20};
	struct error err = {0};

	if (host_start(lab_host(standing->lab, index), &spec, &proc, &err) ||
		proc_wait_success(proc, deadline_in(30 * NS_PER_S), &err)) {
		printf("# %s\n", err.text);
		return NULL;
	}
	return arena_strdup(arena, proc_result(proc).out);
}
