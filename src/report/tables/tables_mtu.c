/* SPDX-License-Identifier: MIT */
/* A line that becomes narrow, by its MTU and by whether routers send ICMP: what still passes. */
#include "report/tables/runs.h"
#include "report/tables/tables.h"

#include "base/json.h"

#include <math.h>
#include <string.h>

static bool are_alike(const json_t *one, const json_t *other)
{
	return json_number_at(one, "/outer_mtu_bytes", 0) ==
		       json_number_at(other, "/outer_mtu_bytes", 0) &&
	       json_is_true(json_object_get(one, "icmp")) ==
		       json_is_true(json_object_get(other, "icmp"));
}

/* Those on the line of one, owned. */
static json_t *alike(const json_t *all, const json_t *line)
{
	json_t *runs = json_array(), *run;
	size_t i;

	json_array_foreach (all, i, run) {
		if (are_alike(run, line))
			json_array_append(runs, run);
	}
	return runs;
}

static const char *flow_word(const json_t *run, const char *flow)
{
	const char *end = run_string(run, flow);

	return strcmp(end, "carried") == 0 ? "goes on"
	       : strcmp(end, "hung") == 0  ? "hangs"
					   : "none";
}

static const char *yes_or_no(const json_t *run, const char *key)
{
	return json_is_true(json_object_get(run, key)) ? "yes" : "no";
}

static void add_columns(struct table *table)
{
	table_text_column(table, "vpn", "VPN");
	table_text_column(table, "profile", "Profile");
	table_column(table, "outer_mtu_bytes", "MTU of the line", "bytes", 0);
	table_text_column(table, "icmp", "ICMP");
	table_column(table, "runs", "Runs", "", 0);
	table_column(table, "whole_bytes", "Largest packet", "bytes", 0);
	table_text_column(table, "beyond", "Larger ones");
	table_column(table, "cut_bytes", "Largest in fragments", "bytes", 0);
	table_text_column(table, "tcp", "TCP");
	table_column(table, "silent_s", "Silence of TCP", "s", 1);
	table_column(table, "before_mbps", "TCP before", "Mbit/s", 0);
	table_column(table, "after_mbps", "TCP afterwards", "Mbit/s", 0);
	table_text_column(table, "begins", "Begins there");
	table_text_column(table, "begun_tcp", "New TCP there");
	table_column(table, "begun_mbps", "New TCP there", "Mbit/s", 0);
}

static void add_row(struct tables *tables, struct table *table, const struct report_vpn *vpn,
	const char *profile, const json_t *runs)
{
	struct arena *arena = tables->arena;
	const json_t *line = json_array_get(runs, 0);
	const char *place = results_place(arena, vpn, profile);
	struct row *row = table_row(tables, table);

	row_vpn(row, vpn->name, vpn->title);
	row_text(row, profile_title(profile));
	row_number(row, json_number_at(line, "/outer_mtu_bytes", NAN), place);
	row_text(row, yes_or_no(line, "icmp"));
	row_number(row, (double)json_array_size(runs), place);
	row_number(row, runs_median(arena, runs, "whole_bytes"), place);
	row_text(row, runs_words(arena, runs, run_string, "beyond"));
	row_number(row, runs_median(arena, runs, "cut_bytes"), place);
	row_text(row, runs_words(arena, runs, flow_word, "tcp"));
	row_number(row, runs_median(arena, runs, "silent_s"), place);
	row_number(row, runs_median(arena, runs, "before_mbps"), place);
	row_number(row, runs_median(arena, runs, "after_mbps"), place);
	row_text(row, runs_words(arena, runs, yes_or_no, "begins"));
	row_text(row, runs_words(arena, runs, flow_word, "begun_tcp"));
	row_number(row, runs_median(arena, runs, "begun_mbps"), place);
}

/* One row for each line, in the order in which they were tried. */
static void add_rows(struct tables *tables, struct table *table, const struct report_vpn *vpn,
	const char *profile)
{
	json_auto_t *all = runs_of(condition_of(vpn, profile), REPORT_MTU, "steps");
	json_t *run;
	size_t i;

	json_array_foreach (all, i, run) {
		json_auto_t *runs = alike(all, run);

		if (json_array_get(runs, 0) == run)
			add_row(tables, table, vpn, profile, runs);
	}
}

void tables_mtu(const struct report_results *results, struct tables *tables)
{
	struct table *table = table_add_own(tables, "mtu_lines",
		"A line that becomes narrow, with routers that send ICMP and with black holes", "");

	add_columns(table);
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		for (size_t i = 0; i < results->profile_count; i++)
			add_rows(tables, table, vpn, results->profiles[i]);
	}
	table_note(tables, table,
		"The router of the last host takes no packets above the MTU of the line, in both directions, after 1 s of a TCP flow of that host. Sizes are those of IP packets inside the VPN; larger ones are refused by the host itself, too-big by an ICMP message, or vanish in silence. Silence is the longest time without a byte of a flow that goes on, and of one that hangs there is none. Then the VPN begins again where the line is narrow. TCP on the bare link hangs without ICMP, too, unless its hosts set tcp_mtu_probing.");
}
