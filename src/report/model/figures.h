#pragma once

#include "report/model/results.h"

/*
 * Results that carry their own few figures (meta.figures) under keys with a unit at their end: what
 * workloads without a shape of their own in the report are shown by.
 */
enum {
	FIGURES_MAX = 8,
	FIGURES_WORKLOADS_MAX = 32
};

struct figure_name {
	const char *key;   /* "p99_up_ms" */
	const char *title; /* "p99 up" */
	const char *unit;  /* "ms" */
};

/* One workload of the tree, by its file. */
struct figures_workload {
	const char *file, *id, *title; /* "idle.json", "idle", "An idle mesh" */
	struct figure_name names[FIGURES_MAX];
	size_t name_count;
};

/* Those of the tree that are no published workload, in the order they were met. */
size_t figures_workloads(const struct report_results *results,
	struct figures_workload workloads[FIGURES_WORKLOADS_MAX]);

/* One value of every result that worked, of links and of whole meshes. */
struct figure_values {
	double *values;
	const char **labels; /* "0_lom"; "" of a whole mesh */
	size_t count, planned;
};
struct figure_values figure_values_of(struct arena *arena, const struct report_condition *condition,
	const struct figures_workload *workload, const char *key);
