/* SPDX-License-Identifier: MIT */
/* Kinds of router against kinds of router: what became of hosts behind them, for every VPN. */
#include "report/tables/tables.h"

#include "report/model/ways.h"
#include "stats/stats.h"

#include <string.h>

enum {
	MOST_KINDS = 12 /* more do not fit a page */
};

struct kinds {
	const char *list[MOST_KINDS];
	size_t count;
};

/* Sorted; false when there are too many. */
static bool add_kind(struct kinds *kinds, const char *kind)
{
	size_t at = 0;

	while (at < kinds->count && strcmp(kinds->list[at], kind) < 0)
		at++;
	if (at < kinds->count && strcmp(kinds->list[at], kind) == 0)
		return true;
	if (kinds->count == MOST_KINDS)
		return false;
	memmove(&kinds->list[at + 1], &kinds->list[at], (kinds->count - at) * sizeof(*kinds->list));
	kinds->list[at] = kind;
	kinds->count++;
	return true;
}

static const struct report_ways *ways_between(
	const struct report_ways *first, const char *kind, const char *other)
{
	for (const struct report_ways *ways = first; ways; ways = ways->next) {
		if ((strcmp(ways->one, kind) == 0 && strcmp(ways->other, other) == 0) ||
			(strcmp(ways->one, other) == 0 && strcmp(ways->other, kind) == 0))
			return ways->trials ? ways : NULL;
	}
	return NULL;
}

/* "direct 8/8 (68 to 100 %)"; NULL: no trial. */
static const char *cell_of(struct arena *arena, const struct report_ways *ways)
{
	struct interval share;
	const char *direct;

	if (!ways)
		return NULL;
	share = interval_proportion(ways->direct, ways->trials, 0.95);
	direct = arena_printf(arena, "direct %zu/%zu (%.0f to %.0f %%)", ways->direct, ways->trials,
		100 * share.low, 100 * share.high);
	if (ways->relayed)
		direct = arena_printf(arena, "%s, relayed %zu", direct, ways->relayed);
	return ways->no_way ? arena_printf(arena, "%s, no way %zu", direct, ways->no_way) : direct;
}

static void add_rows(struct tables *tables, struct table *table, const struct report_vpn *vpn,
	const char *profile, const struct report_ways *ways, const struct kinds *kinds)
{
	for (size_t i = 0; i < kinds->count; i++) {
		struct row *row = table_row(tables, table);

		row_vpn(row, vpn->name, vpn->title);
		row_text(row, profile_title(profile));
		row_text(row, kinds->list[i]);
		for (size_t j = 0; j < kinds->count; j++)
			row_text(row, cell_of(tables->arena,
					      ways_between(ways, kinds->list[i], kinds->list[j])));
	}
}

struct matrix_table {
	struct tables *tables;
	struct table *table;
	struct kinds kinds;
	bool is_too_large;
};

static void collect_kinds(void *context, const struct report_vpn *vpn, const char *profile,
	const struct report_ways *ways)
{
	struct matrix_table *matrix = context;

	(void)vpn;
	(void)profile;
	for (; ways; ways = ways->next)
		matrix->is_too_large |= !add_kind(&matrix->kinds, ways->one) ||
					!add_kind(&matrix->kinds, ways->other);
}

static void fill(void *context, const struct report_vpn *vpn, const char *profile,
	const struct report_ways *ways)
{
	struct matrix_table *matrix = context;

	add_rows(matrix->tables, matrix->table, vpn, profile, ways, &matrix->kinds);
}

void tables_matrix(const struct report_results *results, struct tables *tables)
{
	struct matrix_table matrix = {.tables = tables,
		.table = table_add_own(tables, "punch_matrix",
			"Kinds of router against kinds of router: direct ways", "")};

	ways_each(results, tables->arena, collect_kinds, &matrix);
	table_text_column(matrix.table, "vpn", "VPN");
	table_text_column(matrix.table, "profile", "Profile");
	table_text_column(matrix.table, "router", "Router");
	if (matrix.is_too_large)
		return;
	for (size_t i = 0; i < matrix.kinds.count; i++)
		table_text_column(matrix.table, matrix.kinds.list[i], matrix.kinds.list[i]);
	ways_each(results, tables->arena, fill, &matrix);
	table_note(tables, matrix.table,
		"Trials of punch that end with a direct way, with the range that holds the true share with a confidence of 95 %% (Wilson's interval). In the others a third host relays, or there is no way.");
}
