/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/load.h"
#include "virtual/virtual.h"

/* A run inside a machine in virtual time: this program, its plan and all that it needs. */
struct virtual_request {
	const struct virtual_machine *machine;
	const struct runner_plan *plan; /* as far as this machine has its programs */
	const struct request *request;  /* what the user changed in it */
	const char *const *options;     /* of `run`, after the user's own; NULL: none */
	const char *programs;           /* a folder of programs that come first; NULL: none */
	const char *resume;             /* the tree to go on with; NULL: a new one */
	const char *out;                /* the folder of the tree; exists */
	bool blocks_apart;      /* each in a guest of its own, side by side; the plan has several */
	const char *name;       /* before each line of its progress; NULL: all it says */
	struct virtual_end end; /* of virtual_measure() */
	bool was_broken_off;    /* its tree lacks cells, or they have the guest's cause */
};

/* Leaves out what makes no sense in virtual time, saying why; counts what was left out. */
size_t virtual_leave_out(struct arena *arena, struct runner_plan *plan);
/* The machine in which the tree of this environment was measured; false: a real one. */
bool virtual_of_place(
	struct arena *arena, const json_t *environment, struct virtual_machine *ret_machine);
/* Makes the folder of a tree that has no results yet. */
MUST_CHECK int virtual_make_fresh(const char *out, struct error *err);
/* Enters the namespaces, once for all that is measured. */
MUST_CHECK int virtual_open(struct procs **ret_procs, struct error *err);
/*
 * Runs side by side, each in a guest of its own. What an unnamed one prints appears as if it ran
 * here. Where a guest failed after its first result, the cells that are missing get that cause.
 */
MUST_CHECK int virtual_measure(struct procs *procs, struct arena *arena,
	struct virtual_request requests[], size_t count, struct error *err);
/* What such a run left in its tree. */
MUST_CHECK int virtual_result(struct arena *arena, const struct virtual_request *request,
	struct runner_result *ret_result, struct error *err);
