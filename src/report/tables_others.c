/* A table for every workload that has no table of its own. */
#include "report/tables.h"

#include "report/figures.h"

#include <math.h>

static double median_of(const struct figure_values *values)
{
	return values->count ? stats_median(values->values, values->count) : NAN;
}

static void add_row(struct tables *tables, struct table *table,
	const struct figures_workload *workload, const struct vpn *vpn, const char *profile)
{
	const struct cell *cell = cell_of(vpn, profile);
	const char *place = results_place(tables->arena, vpn, profile);
	struct figure_values first =
		figure_values_of(tables->arena, cell, workload, workload->names[0].key);
	struct row *row;

	if (!first.planned)
		return;
	row = table_row(tables, table);
	row_text(row, vpn->name);
	row_text(row, profile_title(profile));
	for (size_t i = 0; i < workload->name_count; i++) {
		struct figure_values values =
			figure_values_of(tables->arena, cell, workload, workload->names[i].key);

		row_number(row, median_of(&values), place);
	}
	row_text(row, arena_printf(tables->arena, "%zu/%zu", first.count, first.planned));
}

static void add_table(const struct results *results, struct tables *tables,
	const struct figures_workload *workload)
{
	struct table *table = table_add(tables, workload->id,
		arena_printf(tables->arena, "%s, medians", workload->title), "", true);

	table->id = table->printed; /* the thesis has no such table */
	table_text_column(table, "vpn", "VPN");
	table_text_column(table, "profile", "Profile");
	for (size_t i = 0; i < workload->name_count; i++)
		table_column(table, workload->names[i].key, workload->names[i].title,
			workload->names[i].unit, -3);
	table_text_column(table, "measured", "Measured");
	for (const struct vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		for (size_t i = 0; i < results->profile_count; i++)
			add_row(tables, table, workload, vpn, results->profiles[i]);
}

void tables_others(const struct results *results, struct tables *tables)
{
	struct figures_workload workloads[FIGURES_WORKLOADS_MAX];
	size_t count = figures_workloads(results, workloads);

	for (size_t i = 0; i < count; i++) {
		if (workloads[i].name_count)
			add_table(results, tables, &workloads[i]);
	}
}
