/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/machines.h"

#include "runner/runner.h"

/* The machines of a run: hosts of a hosts.yml, in its order. */
struct run_machines {
	struct inventory inventory;
	const char *const *names; /* of those that take part */
	size_t count;
	struct seen_machine *seen;
	struct far_bundle bundle;
};

/* What is kept of them in environment.json, and its kind. */
#define RUN_ON_SSH "ssh"

/* Whether a plan's engine can join machines: "auto", "cable", "edge" and "netem". */
bool run_on_has_engine(const char *name);
/* "netem" is LAB_ENGINE_EDGE_NETEM there. With cards that are shared always edge. With "auto" that
 * is engine edge for all profiles of a run as soon as one of them impairs packets. */
enum lab_engine run_on_engine(
	const struct run_machines *machines, const char *name, const struct runner_plan *plan);
/* `asked` are the hosts that the user named, or NULL: all. */
MUST_CHECK int run_on_choose(struct arena *arena, const char *path, const char *const *asked,
	struct run_machines *ret_machines, struct error *err);
/*
 * Looks at all of them, brings our programs, and takes out of the plan what one of them lacks,
 * which it prints; returns how much that was, or -1.
 */
MUST_CHECK int run_on_prepare(struct arena *arena, struct run_machines *machines,
	struct runner_plan *plan, struct error *err);
/* A runner_bring; the context is a struct run_bringing. */
struct run_bringing {
	const struct run_machines *machines;
	struct procs *procs;
};
MUST_CHECK int run_on_bring(void *context, struct arena *arena, const char *folder,
	const char *digest, const char **ret_there, struct error *err);
/* As struct runner_means has them. */
const struct lab_machine *run_on_machines(struct arena *arena, const struct run_machines *machines);
/* The caller owns it. */
json_t *run_on_place(struct arena *arena, const struct run_machines *machines);
