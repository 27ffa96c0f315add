/* SPDX-License-Identifier: MIT */
/* A line that becomes narrow, by its MTU and by whether routers send ICMP: what still passes. */
#include "report/tables/tables.h"

#include "base/json.h"
#include "stats/stats.h"

#include <math.h>
#include <string.h>

/* Runs under one condition, and those of them on one line. */
struct lines {
	struct arena *arena;
	json_t *all; /* owned */
	const json_t *line;
};

static void collect(void *context, const struct report_place *place)
{
	struct lines *lines = context;

	if (place->workload == &report_workloads[REPORT_MTU] && outcome_is_success(place->outcome))
		json_array_extend(lines->all,
			json_object_get(place->repetition->results[REPORT_MTU].data, "steps"));
}

static bool are_alike(const json_t *one, const json_t *other)
{
	return json_number_at(one, "/outer_mtu_bytes", 0) ==
		       json_number_at(other, "/outer_mtu_bytes", 0) &&
	       json_is_true(json_object_get(one, "icmp")) ==
		       json_is_true(json_object_get(other, "icmp"));
}

static size_t count_runs(const struct lines *lines)
{
	size_t count = 0, i;
	json_t *run;

	json_array_foreach (lines->all, i, run)
		count += are_alike(run, lines->line);
	return count;
}

/* NAN unless every run on the line has a number: a silence that does not end has no median. */
static double median_of(const struct lines *lines, const char *key)
{
	double *values = arena_alloc(lines->arena, double, json_array_size(lines->all) + 1);
	size_t count = 0, i;
	json_t *run;

	json_array_foreach (lines->all, i, run) {
		if (!are_alike(run, lines->line))
			continue;
		if (!json_is_number(json_object_get(run, key)))
			return NAN;
		values[count++] = json_number_value(json_object_get(run, key));
	}
	return count ? stats_median(values, count) : NAN;
}

/* What was said of runs on the line, each once. */
static const char *words_of(const struct lines *lines, const char *(*word_of)(const json_t *run))
{
	const char *words = "";
	size_t i;
	json_t *run;

	json_array_foreach (lines->all, i, run) {
		const char *word = word_of(run);

		if (are_alike(run, lines->line) && !strstr(words, word))
			words = arena_printf(
				lines->arena, "%s%s%s", words, *words ? ", " : "", word);
	}
	return words;
}

static const char *flow_word(const json_t *run, const char *flow)
{
	const char *end = json_string_at(run, flow, "");

	return strcmp(end, "carried") == 0 ? "goes on"
	       : strcmp(end, "hung") == 0  ? "hangs"
					   : "none";
}

static const char *tcp_word(const json_t *run)
{
	return flow_word(run, "/tcp");
}

static const char *begun_word(const json_t *run)
{
	return flow_word(run, "/begun_tcp");
}

static const char *begins_word(const json_t *run)
{
	return json_is_true(json_object_get(run, "begins")) ? "yes" : "no";
}

static const char *beyond_word(const json_t *run)
{
	return json_string_at(run, "/beyond", "");
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
}

static void add_row(struct tables *tables, struct table *table, const struct report_vpn *vpn,
	const char *profile, const struct lines *lines)
{
	const char *place = results_place(tables->arena, vpn, profile);
	struct row *row = table_row(tables, table);

	row_vpn(row, vpn->name, vpn->title);
	row_text(row, profile_title(profile));
	row_number(row, json_number_at(lines->line, "/outer_mtu_bytes", NAN), place);
	row_text(row, json_is_true(json_object_get(lines->line, "icmp")) ? "yes" : "no");
	row_number(row, (double)count_runs(lines), place);
	row_number(row, median_of(lines, "whole_bytes"), place);
	row_text(row, words_of(lines, beyond_word));
	row_number(row, median_of(lines, "cut_bytes"), place);
	row_text(row, words_of(lines, tcp_word));
	row_number(row, median_of(lines, "silent_s"), place);
	row_number(row, median_of(lines, "before_mbps"), place);
	row_number(row, median_of(lines, "after_mbps"), place);
	row_text(row, words_of(lines, begins_word));
	row_text(row, words_of(lines, begun_word));
}

/* One row for each line, in the order in which they were tried. */
static void add_rows(struct tables *tables, struct table *table, const struct report_vpn *vpn,
	const char *profile, struct lines *lines)
{
	for (size_t i = 0; i < json_array_size(lines->all); i++) {
		bool is_new = true;

		lines->line = json_array_get(lines->all, i);
		for (size_t k = 0; k < i; k++)
			is_new &= !are_alike(json_array_get(lines->all, k), lines->line);
		if (is_new)
			add_row(tables, table, vpn, profile, lines);
	}
}

void tables_mtu(const struct report_results *results, struct tables *tables)
{
	struct table *table = table_add(tables, "mtu_lines",
		"A line that becomes narrow, with routers that send ICMP and with black holes", "",
		true);

	table->id = table->printed; /* the thesis has no such table */
	add_columns(table);
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		for (size_t i = 0; i < results->profile_count; i++) {
			const struct report_condition *condition =
				condition_of(vpn, results->profiles[i]);
			json_auto_t *all = json_array();
			struct lines lines = {.arena = tables->arena, .all = all};

			if (condition)
				condition_each_result(condition, collect, &lines);
			add_rows(tables, table, vpn, results->profiles[i], &lines);
		}
	}
	table_note(tables, table,
		"The router of the last host takes no packets above the MTU of the line, in both directions, after 1 s of a TCP flow of that host. Sizes are those of IP packets inside the VPN; larger ones are refused by the host itself, too-big by an ICMP message, or vanish in silence. Silence is the longest time without a byte of a flow that goes on, and of one that hangs there is none. Then the VPN begins again where the line is narrow. TCP on the bare link hangs without ICMP, too, unless its hosts set tcp_mtu_probing.");
}
