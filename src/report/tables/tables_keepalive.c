/* SPDX-License-Identifier: MIT */
/* How seldom the hosts of an idle mesh send each other something. */
#include "report/tables/tables.h"

#include "report/model/gaps.h"

#include "base/json.h"

#include <math.h>

static void add_row(struct tables *tables, struct table *table, const struct report_vpn *vpn,
	const char *profile, const struct report_gap *gap)
{
	const char *place = results_place(tables->arena, vpn, profile);
	struct row *row = table_row(tables, table);

	row_vpn(row, vpn->name, vpn->title);
	row_text(row, profile_title(profile));
	row_text(row, gap->from);
	row_text(row, gap->to);
	row_number(row, gap->count, place);
	row_number(row, gap->median_s, place);
	row_number(row, gap->is_silent ? NAN : gap->longest_s, place);
	row_text(row, gap_words(tables->arena, gap));
}

static void add_rows(struct tables *tables, struct table *table, const struct report_vpn *vpn,
	const struct report_condition *condition)
{
	for (const struct report_repetition *whole = condition->whole; whole; whole = whole->next) {
		const struct report_result *keep = &whole->results[REPORT_KEEPALIVE];
		const json_t *sends = json_object_get(keep->data, "sends");
		json_t *pair;
		size_t i;

		if (!outcome_is_success(&keep->outcome))
			continue;
		json_array_foreach (json_object_get(sends, "pairs"), i, pair) {
			struct report_gap gap = gap_of(sends, pair);

			add_row(tables, table, vpn, condition->profile, &gap);
		}
	}
}

void tables_keepalive(const struct report_results *results, struct tables *tables)
{
	struct table *table =
		table_add_own(tables, "keepalive_gaps", "What an idle mesh sends by itself", "");

	table_text_column(table, "vpn", "VPN");
	table_text_column(table, "profile", "Profile");
	table_text_column(table, "from", "From");
	table_text_column(table, "to", "To");
	table_column(table, "gaps", "Gaps", "", 0);
	table_column(table, "median_s", "Median", "s", 1);
	table_column(table, "longest_s", "Longest", "s", 1);
	table_text_column(table, "compared", "Compared with 30 and 55 s");
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		for (const struct report_condition *condition = vpn->conditions; condition;
			condition = condition->next)
			add_rows(tables, table, vpn, condition);
	}
	table_note(tables, table,
		"Gaps are times between packets of one direction (those less than 0.1 s apart are one) on the wire, while nobody uses the mesh. The longest one counts from the begin and to the end of what was watched as well, so it may be longer. Many NATs forget UDP after %d s (Haetoenen et al. 2010), and %d s are what peers should expect (Halkes and Pouwelse 2011).",
		GAP_NAT_S, GAP_PEER_S);
}
