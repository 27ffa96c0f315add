/* SPDX-License-Identifier: MIT */
/* Two hosts whose direct way is blocked: what a relay carries and costs, fall-back and return. */
#include "report/tables/runs.h"
#include "report/tables/tables.h"

static void add_columns(struct table *table)
{
	table_text_column(table, "vpn", "VPN");
	table_text_column(table, "profile", "Profile");
	table_text_column(table, "start", "At first");
	table_text_column(table, "way", "Way before");
	table_text_column(table, "blocked_way", "Way while blocked");
	table_text_column(table, "freed_way", "Way afterwards");
	table_text_column(table, "relay", "Relay");
	table_column(table, "runs", "Runs", "", 0);
	table_column(table, "direct_after_s", "Direct at first after", "s", 1);
	table_column(table, "silent_s", "Silent when blocked", "s", 1);
	table_column(table, "freed_silent_s", "Silent when free", "s", 1);
	table_column(table, "direct_again_s", "Direct again after", "s", 1);
	table_column(table, "reordered_packets", "Reordered", "packets", 0);
	table_column(table, "direct_mbps", "TCP, direct", "Mbit/s", 0);
	table_column(table, "relay_mbps", "TCP, relayed", "Mbit/s", 0);
	table_column(table, "direct_rtt_ms", "Round trip, direct", "ms", 2);
	table_column(table, "relay_rtt_ms", "Round trip, relayed", "ms", 2);
	table_column(table, "relay_cpu_s_per_gb", "Processor time of the relay", "s/GB", 2);
}

static double median_of(struct arena *arena, const struct report_condition *condition,
	const char *turn, const char *key)
{
	json_auto_t *runs = runs_of(condition, REPORT_RELAY, turn);

	return runs_median(arena, runs, key);
}

static void add_row(struct tables *tables, struct table *table, const struct report_vpn *vpn,
	const char *profile, const json_t *blocked)
{
	static const struct {
		const char *turn, *key;
	} medians[] = {{"blocked", "direct_after_s"}, {"blocked", "silent_s"},
		{"blocked", "freed_silent_s"}, {"blocked", "direct_again_s"},
		{"blocked", "reordered_packets"}, {"direct", "mbps"}, {"relayed", "mbps"},
		{"direct", "rtt_ms"}, {"relayed", "rtt_ms"}, {"relayed", "relay_cpu_s_per_gb"}};
	static const char *const ways[] = {"way_before", "way_blocked", "way_freed", "relay"};
	const struct report_condition *condition = condition_of(vpn, profile);
	const char *place = results_place(tables->arena, vpn, profile);
	struct row *row = table_row(tables, table);

	row_vpn(row, vpn->name, vpn->title);
	row_text(row, profile_title(profile));
	row_text(row, runs_start(tables->arena, blocked));
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		row_text(row, runs_words_or_none(tables->arena, blocked, run_string, ways[i]));
	row_number(row, (double)json_array_size(blocked), place);
	for (size_t i = 0; i < ARRAY_SIZE(medians); i++)
		row_number(row,
			median_of(tables->arena, condition, medians[i].turn, medians[i].key),
			place);
}

void tables_relay(const struct report_results *results, struct tables *tables)
{
	struct table *table = table_add_own(tables, "relay_ways",
		"Two hosts behind routers whose direct way is blocked for a while", "");

	add_columns(table);
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		for (size_t i = 0; i < results->profile_count; i++) {
			const char *profile = results->profiles[i];
			json_auto_t *blocked =
				runs_of(condition_of(vpn, profile), REPORT_RELAY, "blocked");

			if (blocked)
				add_row(tables, table, vpn, profile, blocked);
		}
	}
	table_note(tables, table,
		"The wire drops every packet between the outermost routers of the last two hosts, and its record says which way their packets go. At first the way has time to become direct; never direct: it did not, so that nothing could be blocked. Nothing is shown where a run has no such number: a silence did not end, nobody relays, or the way is not direct again before the end. The direct way is measured with the same rules in the wire, which cut super-packets. Processor time is that of the relay's daemons, for a gigabyte of payload.");
}
