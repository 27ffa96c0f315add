/* SPDX-License-Identifier: MIT */
#pragma once

#include "cli/history.h"
#include "cli/load.h"
#include "cli/run_on.h"
#include "cli/virtual.h"

/* What `meshbench run` was asked for, loads and measures; of this command alone. */
/* The --on other than a file, and its kind of place in environment.json. */
#define RUN_ON_LOCAL "local"

struct run_options {
	struct request request;
	struct history_request history;
	const char *out, *resume;
	const char *virtual; /* NULL: in real time */
	const char *place;   /* what a guest is; NULL: this is none */
	const char *mirror;  /* where a guest sends its files */
	const char *on;      /* NULL: hosts of this program */
	int64_t block;       /* the only one of the plan, from 1; 0: all */
	bool quick, dry_run, wait;
};

/* What a tree is measured with. */
struct work {
	struct plan plan;
	struct runner_plan everything; /* of the plan, loaded; not of several topologies */
	struct virtual_machine machines[VIRTUAL_SPEEDS];
	size_t machine_count; /* 0: in real time */
	struct run_machines machines_by_ssh;
	bool by_ssh;
};

/* A result tree, or one for each number of processors; returns the exit status, or -1. */
MUST_CHECK int run_here(struct arena *arena, const struct run_options *o, const struct work *work,
	const char *out, bool some_missing, struct error *err);
/* The same for each of several topologies, which are loaded in `works`, in the order of `plan`. */
MUST_CHECK int run_places(struct arena *arena, const struct run_options *o, const struct plan *plan,
	const struct work works[], const char *out, struct error *err);
/* The same in machines in virtual time. */
MUST_CHECK int run_in_guests(struct arena *arena, const struct work *work,
	const struct run_options *o, struct virtual_request *request, bool some_missing,
	struct error *err);
