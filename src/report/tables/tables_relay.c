/* SPDX-License-Identifier: MIT */
/* Two hosts whose direct way is blocked: what a relay carries and costs, fall-back and return. */
#include "report/tables/tables.h"

#include "base/json.h"
#include "stats/stats.h"

#include <math.h>
#include <string.h>

/* All results of relay under one condition. */
struct relays {
	struct arena *arena;
	const json_t **data;
	size_t count;
};

static void collect(void *context, const struct report_place *place)
{
	struct relays *relays = context;
	const json_t **longer;

	if (place->workload != &report_workloads[REPORT_RELAY] ||
		!outcome_is_success(place->outcome))
		return;
	longer = arena_alloc(relays->arena, const json_t *, relays->count + 1);
	for (size_t i = 0; i < relays->count; i++)
		longer[i] = relays->data[i];
	longer[relays->count++] = place->repetition->results[REPORT_RELAY].data;
	relays->data = longer;
}

static size_t count_runs(const struct relays *relays, const char *turn)
{
	size_t count = 0;

	for (size_t i = 0; i < relays->count; i++)
		count += json_array_size(json_object_get(relays->data[i], turn));
	return count;
}

/* NAN unless every run has a number: what does not end, and who does not relay, has no median. */
static double median_of(const struct relays *relays, const char *turn, const char *key)
{
	double *values = arena_alloc(relays->arena, double, count_runs(relays, turn) + 1);
	size_t count = 0, i;

	for (size_t k = 0; k < relays->count; k++) {
		json_t *run;

		json_array_foreach (json_object_get(relays->data[k], turn), i, run) {
			if (!json_is_number(json_object_get(run, key)))
				return NAN;
			values[count++] = json_number_value(json_object_get(run, key));
		}
	}
	return count ? stats_median(values, count) : NAN;
}

/* "server", "server, alice" of several runs; NULL: none relays. */
static const char *names_of(const struct relays *relays, const char *turn, const char *key)
{
	const char *names = NULL;
	size_t i;

	for (size_t k = 0; k < relays->count; k++) {
		json_t *run;

		json_array_foreach (json_object_get(relays->data[k], turn), i, run) {
			const char *name = json_string_value(json_object_get(run, key));

			if (name && !names)
				names = name;
			else if (name && !strstr(names, name))
				names = arena_printf(relays->arena, "%s, %s", names, name);
		}
	}
	return names;
}

static void add_columns(struct table *table)
{
	table_text_column(table, "vpn", "VPN");
	table_text_column(table, "profile", "Profile");
	table_text_column(table, "way", "Way before");
	table_text_column(table, "blocked_way", "Way while blocked");
	table_text_column(table, "freed_way", "Way afterwards");
	table_text_column(table, "relay", "Relay");
	table_column(table, "runs", "Runs", "", 0);
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

static void add_row(struct tables *tables, struct table *table, const struct report_vpn *vpn,
	const char *profile, const struct relays *relays)
{
	static const struct {
		const char *turn, *key;
	} medians[] = {{"blocked", "silent_s"}, {"blocked", "freed_silent_s"},
		{"blocked", "direct_again_s"}, {"blocked", "reordered_packets"}, {"direct", "mbps"},
		{"relayed", "mbps"}, {"direct", "rtt_ms"}, {"relayed", "rtt_ms"},
		{"relayed", "relay_cpu_s_per_gb"}};
	static const char *const ways[] = {"way_before", "way_blocked", "way_freed", "relay"};
	const char *place = results_place(tables->arena, vpn, profile);
	struct row *row = table_row(tables, table);

	row_vpn(row, vpn->name, vpn->title);
	row_text(row, profile_title(profile));
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		row_text(row, names_of(relays, "blocked", ways[i]));
	row_number(row, (double)count_runs(relays, "blocked"), place);
	for (size_t i = 0; i < ARRAY_SIZE(medians); i++)
		row_number(row, median_of(relays, medians[i].turn, medians[i].key), place);
}

void tables_relay(const struct report_results *results, struct tables *tables)
{
	struct table *table = table_add(tables, "relay_ways",
		"Two hosts behind routers whose direct way is blocked for a while", "", true);

	table->id = table->printed; /* the thesis has no such table */
	add_columns(table);
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		for (size_t i = 0; i < results->profile_count; i++) {
			const struct report_condition *condition =
				condition_of(vpn, results->profiles[i]);
			struct relays relays = {.arena = tables->arena};

			if (condition)
				condition_each_result(condition, collect, &relays);
			if (relays.count)
				add_row(tables, table, vpn, results->profiles[i], &relays);
		}
	}
	table_note(tables, table,
		"The wire drops every packet between the outermost routers of the last two hosts, and its record says which way their packets go. Nothing is shown where a run has no such number: a silence did not end, nobody relays, or the way is not direct again before the end. The direct way is measured with the same rules in the wire, which cut super-packets. Processor time is that of the relay's daemons, for a gigabyte of payload.");
}
