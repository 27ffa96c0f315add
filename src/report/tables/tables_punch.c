/* SPDX-License-Identifier: MIT */
/* Which kinds of router a VPN finds a direct way through, in either direction of a pair. */
#include "report/tables/tables.h"

#include "base/json.h"
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* All pairs of hosts behind the same two kinds of router, in all trials. */
struct kinds {
	struct kinds *next;
	const char *one, *other;
	double trials, direct, relayed, no_way;
	double *direct_s; /* of every trial with a direct way */
	size_t times;
};

struct collection {
	const struct report_results *results;
	struct arena *arena;
	struct kinds *first;
};

/* Sorted by their names. */
static int compare(const struct kinds *kinds, const char *one, const char *other)
{
	int difference = strcmp(kinds->one, one);

	return difference ? difference : strcmp(kinds->other, other);
}

static struct kinds *kinds_of(struct collection *c, const char *from, const char *to)
{
	const char *one = strcmp(from, to) <= 0 ? from : to, *other = one == from ? to : from;
	struct kinds **place = &c->first, *kinds;

	while (*place && compare(*place, one, other) < 0)
		place = &(*place)->next;
	if (*place && compare(*place, one, other) == 0)
		return *place;
	kinds = arena_alloc(c->arena, struct kinds, 1);
	kinds->one = one;
	kinds->other = other;
	kinds->next = *place;
	*place = kinds;
	return kinds;
}

static double count_at(const json_t *pair, const char *key)
{
	const json_t *value = json_object_get(pair, key);

	return json_is_integer(value) ? (double)json_integer_value(value) : 0;
}

static void add_times(struct collection *c, const json_t *pair, struct kinds *kinds)
{
	const json_t *list = json_object_get(pair, "list");
	double *all = arena_alloc(c->arena, double, kinds->times + json_array_size(list) + 1);

	if (kinds->times)
		memcpy(all, kinds->direct_s, kinds->times * sizeof(*all));
	kinds->direct_s = all;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *at_s = json_object_get(json_array_get(list, i), "stays_direct_s");

		if (json_is_number(at_s))
			kinds->direct_s[kinds->times++] = json_number_value(at_s);
	}
}

static void add_pair(struct collection *c, const json_t *pair)
{
	const char *from = json_string_at(pair, "/from", ""), *to = json_string_at(pair, "/to", "");
	struct kinds *kinds =
		kinds_of(c, results_router_of(c->results, from), results_router_of(c->results, to));

	kinds->trials += count_at(pair, "trials");
	kinds->direct += count_at(pair, "direct");
	kinds->relayed += count_at(pair, "relayed");
	kinds->no_way += count_at(pair, "punch_failed") + count_at(pair, "no_signalling") +
			 count_at(pair, "not_started");
	add_times(c, pair, kinds);
}

static void look(void *context, const struct report_place *place)
{
	struct collection *c = context;
	const json_t *pairs;

	if (place->workload != &report_workloads[REPORT_PUNCH])
		return;
	pairs = json_object_get(place->repetition->results[REPORT_PUNCH].data, "pairs");
	for (size_t i = 0; i < json_array_size(pairs); i++)
		add_pair(c, json_array_get(pairs, i));
}

static void add_row(struct tables *tables, struct table *table, const struct report_vpn *vpn,
	const char *profile, const struct kinds *kinds)
{
	const char *place = results_place(tables->arena, vpn, profile);
	struct interval share = interval_proportion(
		(size_t)kinds->direct, (size_t)fmax(kinds->trials, kinds->direct), 0.95);
	struct row *row = table_row(tables, table);

	row_vpn(row, vpn->name, vpn->title);
	row_text(row, profile_title(profile));
	row_text(row, kinds->one);
	row_text(row, kinds->other);
	row_number(row, kinds->trials, place);
	row_number(row, kinds->direct, place);
	row_number(row, kinds->relayed, place);
	row_number(row, kinds->no_way, place);
	row_number(row, 100 * kinds->direct / kinds->trials, place);
	row_number(row, 100 * share.low, place);
	row_number(row, 100 * share.high, place);
	row_number(row, kinds->times ? stats_median(kinds->direct_s, kinds->times) : NAN, place);
}

static void add_columns(struct table *table)
{
	table_text_column(table, "vpn", "VPN");
	table_text_column(table, "profile", "Profile");
	table_text_column(table, "router", "Router");
	table_text_column(table, "other_router", "Other router");
	table_column(table, "trials", "Trials", "", 0);
	table_column(table, "direct", "Direct", "", 0);
	table_column(table, "relayed", "Relayed", "", 0);
	table_column(table, "no_way", "No way", "", 0);
	table_column(table, "direct_percent", "Direct", "%", 0);
	table_column(table, "direct_low_percent", "at least", "%", 0);
	table_column(table, "direct_high_percent", "at most", "%", 0);
	table_column(table, "direct_s", "Direct after", "s", 1);
}

void tables_punch(const struct report_results *results, struct tables *tables)
{
	struct table *table =
		table_add(tables, "punch", "Direct ways between hosts behind routers", "", true);

	table->id = table->printed; /* the thesis has no such table */
	add_columns(table);
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		for (size_t i = 0; i < results->profile_count; i++) {
			struct collection c = {.results = results, .arena = tables->arena};
			const struct report_condition *condition =
				condition_of(vpn, results->profiles[i]);

			if (condition)
				condition_each_result(condition, look, &c);
			for (const struct kinds *kinds = c.first; kinds; kinds = kinds->next) {
				if (kinds->trials > 0)
					add_row(tables, table, vpn, results->profiles[i], kinds);
			}
		}
	}
	table_note(tables, table,
		"In every trial the VPN begins from nothing, and routers know nothing of it. Direct: at its end packets go from router to router. Relayed: the hosts answer each other by way of a third. The range holds the true share with a confidence of 95 %% (Wilson's interval). A trial without a direct way ends after a while, so that a VPN may still find one later.");
}
