/* SPDX-License-Identifier: MIT */
/* A direct way that becomes slow or lossy: whether packets leave it, when, and how often. */
#include "report/tables/runs.h"
#include "report/tables/tables.h"

static void add_columns(struct table *table)
{
	table_text_column(table, "vpn", "VPN");
	table_text_column(table, "profile", "Profile");
	table_text_column(table, "kind", "Direct way becomes");
	table_text_column(table, "start", "At first");
	table_text_column(table, "way_before", "Way before");
	table_text_column(table, "way_bad", "Way while bad");
	table_text_column(table, "way_good", "Way afterwards");
	table_column(table, "runs", "Runs", "", 0);
	table_column(table, "direct_after_s", "Direct at first after", "s", 1);
	table_column(table, "moved_s", "Left after", "s", 1);
	table_column(table, "moves", "Changes", "", 0);
	table_column(table, "moved_back_s", "Back after", "s", 1);
	table_column(table, "before_rtt_ms", "Round trip before", "ms", 1);
	table_column(table, "bad_rtt_ms", "Round trip while bad", "ms", 1);
	table_column(table, "good_rtt_ms", "Round trip afterwards", "ms", 1);
	table_column(table, "lost_packets", "Lost", "packets", 0);
}

/* Of runs of one kind: "slow", "lossy". */
static void add_row(struct tables *tables, struct table *table, const struct report_vpn *vpn,
	const char *profile, const char *kind, const json_t *runs)
{
	static const char *const ways[] = {"way_before", "way_bad", "way_good"};
	static const char *const medians[] = {"direct_after_s", "moved_s", "moves", "moved_back_s",
		"before_rtt_ms", "bad_rtt_ms", "good_rtt_ms", "lost_packets"};
	const char *place = results_place(tables->arena, vpn, profile);
	struct row *row = table_row(tables, table);

	row_vpn(row, vpn->name, vpn->title);
	row_text(row, profile_title(profile));
	row_text(row, kind);
	row_text(row, runs_start(tables->arena, runs));
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		row_text(row, runs_words_or_none(tables->arena, runs, run_string, ways[i]));
	row_number(row, (double)json_array_size(runs), place);
	for (size_t i = 0; i < ARRAY_SIZE(medians); i++)
		row_number(row, runs_median(tables->arena, runs, medians[i]), place);
}

static void add_rows(struct tables *tables, struct table *table, const struct report_vpn *vpn,
	const char *profile)
{
	static const char *const kinds[] = {"slow", "lossy"};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		json_auto_t *runs =
			runs_of(condition_of(vpn, profile), REPORT_PATHCHOICE, kinds[i]);

		if (json_array_size(runs))
			add_row(tables, table, vpn, profile, kinds[i], runs);
	}
}

void tables_pathchoice(const struct report_results *results, struct tables *tables)
{
	struct table *table = table_add_own(tables, "pathchoice_ways",
		"Two hosts behind routers whose direct way is bad for a while", "");

	add_columns(table);
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		for (size_t i = 0; i < results->profile_count; i++)
			add_rows(tables, table, vpn, results->profiles[i]);
	}
	table_note(tables, table,
		"The wire delays packets between the outermost routers of the last two hosts by 150 ms in each direction (slow), or drops one in ten of them (lossy), while all other ways stay as they are; its record says which way packets go. At first the way has time to become direct; never direct: it did not, and nothing was done to it. Nothing is shown for a time that a run does not have: packets stayed on their way.");
}
