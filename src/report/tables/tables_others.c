/* A table for every workload that has no table of its own. */
#include "report/tables/tables.h"

#include "report/model/figures.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

static double median_of(const struct figure_values *values)
{
	return values->count ? stats_median(values->values, values->count) : NAN;
}

/* A time under load means most beside the same load without a VPN. */
static bool is_held_against_bare_link(const struct figure_name *name)
{
	return text_starts_with(name->key, "loaded_") && strcmp(name->unit, "ms") == 0;
}

static double over_bare_link(const struct report_results *results, struct arena *arena,
	const struct figures_workload *workload, const struct figure_name *name,
	const struct report_vpn *vpn, const char *profile)
{
	const struct report_condition *condition = condition_of(vpn, profile);
	const struct report_condition *bare =
		results->reference ? condition_of(results->reference, profile) : NULL;
	struct figure_values values = figure_values_of(arena, condition, workload, name->key);
	struct figure_values others = figure_values_of(arena, bare, workload, name->key);

	return vpn->is_reference ? NAN : median_of(&values) - median_of(&others);
}

static void add_row(const struct report_results *results, struct tables *tables,
	struct table *table, const struct figures_workload *workload, const struct report_vpn *vpn,
	const char *profile)
{
	const struct report_condition *condition = condition_of(vpn, profile);
	const char *place = results_place(tables->arena, vpn, profile);
	struct figure_values first =
		figure_values_of(tables->arena, condition, workload, workload->names[0].key);
	struct row *row;

	if (!first.planned)
		return;
	row = table_row(tables, table);
	row_text(row, vpn->name);
	row_text(row, profile_title(profile));
	for (size_t i = 0; i < workload->name_count; i++) {
		struct figure_values values = figure_values_of(
			tables->arena, condition, workload, workload->names[i].key);

		row_number(row, median_of(&values), place);
		if (is_held_against_bare_link(&workload->names[i]))
			row_number(row,
				over_bare_link(results, tables->arena, workload,
					&workload->names[i], vpn, profile),
				place);
	}
	row_text(row, arena_printf(tables->arena, "%zu/%zu", first.count, first.planned));
}

static void add_table(const struct report_results *results, struct tables *tables,
	const struct figures_workload *workload)
{
	/* Connecting and rebooting have tables of the thesis under their names already. */
	bool is_taken = table_named(tables, workload->id) != NULL;
	struct table *table = table_add(tables,
		is_taken ? arena_printf(tables->arena, "%s_mesh", workload->id) : workload->id,
		arena_printf(tables->arena, "%s, medians", workload->title), "", true);

	table->id = table->printed; /* the thesis has no such table */
	table_text_column(table, "vpn", "VPN");
	table_text_column(table, "profile", "Profile");
	for (size_t i = 0; i < workload->name_count; i++) {
		const struct figure_name *name = &workload->names[i];

		table_column(table, name->key, name->title, name->unit, -3);
		if (is_held_against_bare_link(name))
			table_column(table, arena_printf(tables->arena, "%s_over_bare", name->key),
				arena_printf(tables->arena, "%s, over the bare link", name->title),
				name->unit, -3);
	}
	table_text_column(table, "measured", "Measured");
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		for (size_t i = 0; i < results->profile_count; i++)
			add_row(results, tables, table, workload, vpn, results->profiles[i]);
}

void tables_others(const struct report_results *results, struct tables *tables)
{
	struct figures_workload workloads[FIGURES_WORKLOADS_MAX];
	size_t count = figures_workloads(results, workloads);

	for (size_t i = 0; i < count; i++) {
		if (workloads[i].name_count)
			add_table(results, tables, &workloads[i]);
	}
}
