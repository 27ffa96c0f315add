/* SPDX-License-Identifier: MIT */
#pragma once

#include "report/history.h"

#include "base/options.h"

/* --history and --commit, which every command has that measures or reads one run. */
struct history_request {
	const char *file, *commit; /* NULL-able */
};

enum {
	HISTORY_OPTIONS = 2
};
/* Into `rows`; returns how many. */
size_t history_options(struct history_request *request, struct option_row *rows);
/* A --commit that nobody would write down. */
MUST_CHECK int history_check(const struct history_request *request, struct error *err);
/* Adds a run whose `commit` is the user's; nothing where no history was asked for. */
MUST_CHECK int history_add(
	const struct history_request *request, struct history_run run, struct error *err);
