/* SPDX-License-Identifier: MIT */
/* A direct way that becomes slow or lossy: whether packets leave it, when, and how often. */
#include "report/tables/tables.h"

#include "base/json.h"
#include "stats/stats.h"

#include <math.h>
#include <string.h>

/* Runs of one kind under one condition. */
struct choices {
	struct arena *arena;
	const char *kind; /* "slow", "lossy" */
	json_t *runs;     /* owned */
};

static void collect(void *context, const struct report_place *place)
{
	struct choices *choices = context;

	if (place->workload == &report_workloads[REPORT_PATHCHOICE] &&
		outcome_is_success(place->outcome))
		json_array_extend(choices->runs,
			json_object_get(
				place->repetition->results[REPORT_PATHCHOICE].data, choices->kind));
}

/* NAN unless every run has a number: those that stay have no median. */
static double median_of(const struct choices *choices, const char *key)
{
	double *values = arena_alloc(choices->arena, double, json_array_size(choices->runs) + 1);
	size_t count = 0, i;
	json_t *run;

	json_array_foreach (choices->runs, i, run) {
		if (!json_is_number(json_object_get(run, key)))
			return NAN;
		values[count++] = json_number_value(json_object_get(run, key));
	}
	return count ? stats_median(values, count) : NAN;
}

/* "direct", "direct, relayed" of several runs. */
static const char *ways_of(const struct choices *choices, const char *key)
{
	const char *ways = "";
	size_t i;
	json_t *run;

	json_array_foreach (choices->runs, i, run) {
		const char *way = json_string_value(json_object_get(run, key));

		if (way && !strstr(ways, way))
			ways = arena_printf(choices->arena, "%s%s%s", ways, *ways ? ", " : "", way);
	}
	return ways;
}

static void add_columns(struct table *table)
{
	table_text_column(table, "vpn", "VPN");
	table_text_column(table, "profile", "Profile");
	table_text_column(table, "kind", "Direct way becomes");
	table_text_column(table, "way_before", "Way before");
	table_text_column(table, "way_bad", "Way while bad");
	table_text_column(table, "way_good", "Way afterwards");
	table_column(table, "runs", "Runs", "", 0);
	table_column(table, "moved_s", "Left after", "s", 1);
	table_column(table, "moves", "Changes", "", 0);
	table_column(table, "moved_back_s", "Back after", "s", 1);
	table_column(table, "before_rtt_ms", "Round trip before", "ms", 1);
	table_column(table, "bad_rtt_ms", "Round trip while bad", "ms", 1);
	table_column(table, "good_rtt_ms", "Round trip afterwards", "ms", 1);
	table_column(table, "lost_packets", "Lost", "packets", 0);
}

static void add_row(struct tables *tables, struct table *table, const struct report_vpn *vpn,
	const char *profile, const struct choices *choices)
{
	static const char *const ways[] = {"way_before", "way_bad", "way_good"};
	static const char *const medians[] = {"moved_s", "moves", "moved_back_s", "before_rtt_ms",
		"bad_rtt_ms", "good_rtt_ms", "lost_packets"};
	const char *place = results_place(tables->arena, vpn, profile);
	struct row *row = table_row(tables, table);

	row_vpn(row, vpn->name, vpn->title);
	row_text(row, profile_title(profile));
	row_text(row, choices->kind);
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		row_text(row, ways_of(choices, ways[i]));
	row_number(row, (double)json_array_size(choices->runs), place);
	for (size_t i = 0; i < ARRAY_SIZE(medians); i++)
		row_number(row, median_of(choices, medians[i]), place);
}

static void add_rows(struct tables *tables, struct table *table, const struct report_vpn *vpn,
	const char *profile)
{
	static const char *const kinds[] = {"slow", "lossy"};
	const struct report_condition *condition = condition_of(vpn, profile);

	for (size_t i = 0; condition && i < ARRAY_SIZE(kinds); i++) {
		json_auto_t *runs = json_array();
		struct choices choices = {.arena = tables->arena, .kind = kinds[i], .runs = runs};

		condition_each_result(condition, collect, &choices);
		if (json_array_size(runs))
			add_row(tables, table, vpn, profile, &choices);
	}
}

void tables_pathchoice(const struct report_results *results, struct tables *tables)
{
	struct table *table = table_add(tables, "pathchoice_ways",
		"Two hosts behind routers whose direct way is bad for a while", "", true);

	table->id = table->printed; /* the thesis has no such table */
	add_columns(table);
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		for (size_t i = 0; i < results->profile_count; i++)
			add_rows(tables, table, vpn, results->profiles[i]);
	}
	table_note(tables, table,
		"The wire delays packets between the outermost routers of the last two hosts by 150 ms in each direction (slow), or drops one in ten of them (lossy), while all other ways stay as they are; its record says which way packets go. Nothing is shown for a time that a run does not have: packets stayed on their way.");
}
