/* SPDX-License-Identifier: MIT */
#pragma once

#include "record/record.h"

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	LAYOUT_REPETITIONS_MAX = 10000 /* of a result; what has a larger number was not measured */
};

/*
 * Where things lie in a result tree. Readers of the published format take every top-level folder
 * but General/ for a VPN and every folder in a profile for a host, so what is ours alone goes into
 * host folders, into General/ or into top-level files.
 */
#define LAYOUT_GENERAL "General"
#define LAYOUT_ENVIRONMENT "environment.json"
#define LAYOUT_EVENTS "events.jsonl"
#define LAYOUT_CALIBRATION "calibration.json"
#define LAYOUT_FEATURES "features.json"
#define LAYOUT_HARDWARE "hardware.json"
#define LAYOUT_HOSTS "layout.json"
#define LAYOUT_TC_SETTINGS "tc_settings.json"
#define LAYOUT_VPN "vpn.json"
#define LAYOUT_OBSERVE "observe.json"
#define LAYOUT_TIMING "timing_breakdown.json"
#define LAYOUT_CONNECT "connection_timings.json"
#define LAYOUT_REBOOT "reboot_connection_timings.json"
#define LAYOUT_COMPARISON "comparison"
#define LAYOUT_SAMPLES "samples"
#define LAYOUT_REPETITIONS "repetitions"
/* Below General/: what a cell of all links has in addition to its first result. */
#define LAYOUT_ALL_LINKS "all_links"
#define LAYOUT_STATE "state"
/* Below General/: a tree of the same layout for every tuning of the hosts but the stock one. */
#define LAYOUT_TUNINGS "tunings"

/* "parts joined/by/slashes"; NULL-terminated, empty parts are left out. */
#define LAYOUT_PATH(arena, ...) layout_join((arena), (const char *const[]){__VA_ARGS__, NULL})
char *layout_join(struct arena *arena, const char *const parts[]);

/* All arena-owned, below the tree at `dir`. */
char *layout_vpn(struct arena *arena, const char *dir, const char *vpn);
char *layout_profile(struct arena *arena, const char *dir, const char *vpn, const char *profile);
/*
 * The folder, the file and the samples of a cell:
 *   Nebula/baseline/0_lom/tcp_iperf3.json
 *   Nebula/baseline/0_lom/repetitions/1/samples/tcp_iperf3.json
 *   Nebula/baseline/parallel_tcp_iperf3.json
 *   General/all_links/Nebula/baseline/repetitions/1/parallel_tcp_iperf3.json
 */
char *layout_cell_folder(struct arena *arena, const char *dir, const struct record_cell *cell);
char *layout_cell_file(struct arena *arena, const char *dir, const struct record_cell *cell);
char *layout_cell_samples(struct arena *arena, const char *dir, const struct record_cell *cell);

/* "0_lom": which host of the plan it is, and its name (the tail of `folder`). */
bool layout_host_of(const char *folder, size_t *ret_position, const char **ret_name);
/* Whether a top-level folder holds a VPN's results. */
bool layout_is_vpn(const char *folder);
/* Whether a VPN or a profile may have this folder: a name that a tree does not use itself. */
bool layout_is_free(const char *name);
/* Fit to be one folder or file of a tree: not empty, not hidden, without a slash. */
bool layout_is_name(const char *name);
