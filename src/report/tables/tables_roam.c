/* SPDX-License-Identifier: MIT */
/*
 * A host behind a router whose network changes: how long it is silent, whether it is back, and what
 * is lost meanwhile.
 */
#include "report/tables/runs.h"
#include "report/tables/tables.h"

#include "base/json.h"

#include <math.h>

static const struct {
	const char *operation, *title;
} changes[] = {
	{"forgotten", "router forgets its mappings"},
	{"forgotten_called", "router forgets its mappings; the host is called"},
	{"moved", "router has another address"},
	{"moved_called", "router has another address; the host is called"},
	{"uplink", "another uplink"},
	{"uplink_called", "another uplink; the host is called"},
};

/* All runs of one change under one condition. */
struct roaming {
	json_t *runs;
	double returned;
};

static struct roaming roaming_of(const struct report_condition *condition, const char *operation)
{
	struct roaming all = {.runs = json_array()};

	for (const struct report_repetition *whole = condition ? condition->whole : NULL; whole;
		whole = whole->next) {
		const struct report_result *roam = &whole->results[REPORT_ROAM];
		const json_t *described = json_object_get(roam->data, operation);

		if (!outcome_is_success(&roam->outcome))
			continue;
		json_array_extend(all.runs, json_object_get(described, "runs"));
		all.returned += json_number_at(described, "/returned", 0);
	}
	return all;
}

static double longest_s(const json_t *runs)
{
	double longest = NAN;
	json_t *run;
	size_t i;

	json_array_foreach (runs, i, run)
		longest = fmax(longest, json_number_at(run, "/outage_s", NAN));
	return longest;
}

/* The peer of a run with the longest silence; NULL where packets were not counted. */
static const json_t *slowest_of(const json_t *run)
{
	const json_t *slowest = NULL;
	json_t *pair;
	size_t i;

	json_array_foreach (json_object_get(run, "packets"), i, pair) {
		if (!slowest || json_number_at(pair, "/silent_s", 0) >
					json_number_at(slowest, "/silent_s", 0))
			slowest = pair;
	}
	return slowest;
}

/* Over all runs, of that peer. */
static double packets_of(const json_t *runs, const char *pointer)
{
	double sum = 0;
	json_t *run;
	size_t i;

	json_array_foreach (runs, i, run)
		sum += json_number_at(slowest_of(run), pointer, NAN);
	return sum;
}

static const struct {
	const char *key, *title, *pointer;
} counts[] = {
	{"from_sent", "Sent by it", "/from_host/sent"},
	{"from_received", "received", "/from_host/received"},
	{"from_lost_silent", "lost in silence", "/from_host/lost_silent"},
	{"from_lost_after", "lost else", "/from_host/lost_after"},
	{"to_sent", "Sent to it", "/to_host/sent"},
	{"to_received", "received", "/to_host/received"},
	{"to_lost_silent", "lost in silence", "/to_host/lost_silent"},
	{"to_lost_after", "lost else", "/to_host/lost_after"},
};

static void add_row(struct tables *tables, struct table *table, const struct report_vpn *vpn,
	const char *profile, size_t change)
{
	struct roaming all = roaming_of(condition_of(vpn, profile), changes[change].operation);
	double runs = (double)json_array_size(all.runs);
	const char *place = results_place(tables->arena, vpn, profile);
	bool is_back = all.returned >= runs;
	struct row *row;

	if (runs > 0) {
		row = table_row(tables, table);
		row_vpn(row, vpn->name, vpn->title);
		row_text(row, profile_title(profile));
		row_text(row, changes[change].title);
		row_number(row, runs, place);
		row_number(row, all.returned, place);
		row_number(row, is_back ? runs_median(tables->arena, all.runs, "outage_s") : NAN,
			place);
		row_number(row, is_back ? longest_s(all.runs) : NAN, place);
		for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
			row_number(row, packets_of(all.runs, counts[i].pointer), place);
	}
	json_decref(all.runs);
}

void tables_roam(const struct report_results *results, struct tables *tables)
{
	struct table *table = table_add_own(tables, "roam_silence",
		"Silence of a host behind a router whose network changes", "");

	table_text_column(table, "vpn", "VPN");
	table_text_column(table, "profile", "Profile");
	table_text_column(table, "change", "Change");
	table_column(table, "runs", "Runs", "", 0);
	table_column(table, "returned", "Back", "", 0);
	table_column(table, "silent_s", "Silent", "s", 2);
	table_column(table, "longest_s", "At most", "s", 2);
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		table_column(table, counts[i].key, counts[i].title, "", 0);
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		for (size_t i = 0; i < results->profile_count * ARRAY_SIZE(changes); i++)
			add_row(tables, table, vpn, results->profiles[i / ARRAY_SIZE(changes)],
				i % ARRAY_SIZE(changes));
	}
	table_note(tables, table,
		"The longest silence of the slowest pair with the host, as the median of runs and at most. No time is shown unless every pair answers again in every run, since a silence that does not end has no length. Either the host goes on sending, or it only answers, and its own keep-alives must help.");
	table_note(tables, table,
		"Packets are numbered pings of the one that speaks, and the answers to those that arrived, all runs together, of the pair with the longest silence of each run. What is lost in silence was sent during it.");
}
