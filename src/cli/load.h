/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/options.h"
#include "runner/runner.h"

/* What the user asked for, in words; loading turns it into checked structs. */
struct request {
	const char *plan; /* a name or a path; NULL: quick */
	/* Of every key of a plan and every setting of a workload; ended by one without a setting.
	 */
	struct request_change {
		const struct setting *setting;
		const char *option;       /* "ping-count" */
		const char *text;         /* NULL: as the plan says */
		const char *const *names; /* of a list, likewise */
	} * changes;
};

/* A request without any change. */
struct request request_new(struct arena *arena);
/* Other than paths of drivers. */
bool request_changes_more_than_drivers(const struct request *request);
bool request_names_vpn(const struct request *request, const char *vpn);

/*
 * The keys of a plan and the settings of workloads, each with an option of its own, in `rows`,
 * which has room for request_options_most(); returns how many there are.
 */
size_t request_options_most(const struct request *request);
size_t request_options(const struct request *request, struct option_row *rows);

/* The plan with the request's changes, checked as a plan file is. */
MUST_CHECK int load_plan(struct arena *arena, const struct request *request, struct plan *ret_plan,
	struct error *err);
/* The hosts of the plan's topology, of which it has one alone; refused if it names others. */
MUST_CHECK int load_place(struct arena *arena, struct plan *plan, struct error *err);
/*
 * Drivers, profiles and workloads that a plan names, in the first of its topologies; every problem
 * is ERROR_USAGE.
 */
MUST_CHECK int load_everything(struct arena *arena, const struct plan *plan,
	struct runner_plan *ret_plan, struct error *err);

/* A profile, with changes. */
MUST_CHECK int load_profile(
	struct arena *arena, const char *words, struct profile *ret_profile, struct error *err);
/* A topology, with changes and the profiles of its uplinks; NULL when it is one flat network. */
MUST_CHECK int load_topology(struct arena *arena, const char *words,
	const struct topology **ret_topology, struct error *err);
/* The hosts of a topology that names them, in place of a plan's; refused if it asks for others. */
MUST_CHECK int load_hosts(
	struct arena *arena, const struct topology *topology, struct plan *plan, struct error *err);
MUST_CHECK int load_tuning(
	struct arena *arena, const char *name, struct tuning *ret_tuning, struct error *err);
MUST_CHECK int load_board(
	struct arena *arena, const char *name, struct board *ret_board, struct error *err);
/* A folder that result trees use themselves is refused; `what` is "driver tinc". */
MUST_CHECK int load_check_folder(const char *what, const char *folder, struct error *err);
/* What is legal in it but surprising, on stderr. */
void load_print_warnings(const struct profile *profile);
/* Refuses a driver that cannot work in a topology, which may be NULL. */
MUST_CHECK int load_suits(
	const struct topology *topology, const struct driver *driver, struct error *err);
/* Refuses a workload that needs other routers than a topology has; it may be NULL. */
MUST_CHECK int load_suits_workload(struct arena *arena, const struct topology *topology,
	const struct workload *workload, struct error *err);
/* The engine of a topology; only the wire has routers. */
MUST_CHECK int load_engine_of(const struct topology *topology, const char *name, bool is_impaired,
	enum lab_engine *ret_engine, struct error *err);
/*
 * "wire", "bridge", "netem", or "auto": the bridge costs least and carries a clean line; what
 * impairs packets takes the wire, and then every profile of the run does, so that they compare; so
 * do the workloads observe and hostile, which change single packets.
 */
MUST_CHECK int load_engine(
	const char *name, bool is_impaired, enum lab_engine *ret_engine, struct error *err);
