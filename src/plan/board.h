/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* A small machine as data: what every host may use of this one. */
struct board {
	const char *name, *title;
	const char *source;    /* where its figures come from, or NULL */
	double processors;     /* of this machine's time, 0.5: half a processor; 0: not limited */
	uint64_t memory_bytes; /* 0: not limited */
};

/* Hosts without limits. */
bool board_is_none(const struct board *board);
/* "0.067 of a processor and 64 MB of memory". */
const char *board_text(struct arena *arena, double processors, uint64_t memory_bytes);
/* Reads one board file. Errors are ERROR_USAGE and start with file:line:column. */
MUST_CHECK int board_load(
	struct arena *arena, const char *path, struct board *ret_board, struct error *err);
