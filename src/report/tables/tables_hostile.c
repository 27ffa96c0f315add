/* SPDX-License-Identifier: MIT */
/* What became of VPNs that were sent replayed, cut, changed and reflected packets. */
#include "report/tables/tables.h"

#include "base/json.h"

#include <math.h>

#define MIB (1024.0 * 1024.0)

struct filling {
	const struct report_vpn *vpn;
	const struct report_condition *condition;
	struct tables *tables;
	struct table *table;
};

static double number_at(const json_t *data, const char *pointer)
{
	return json_number_at(data, pointer, NAN);
}

/* A kind of packets that the bare link did not show says nothing about the VPN. */
static const char *control_of(const json_t *data)
{
	const json_t *kinds = json_object_get(data, "kinds"), *entry;
	size_t i;

	json_array_foreach (kinds, i, entry) {
		if (!json_is_true(json_object_get(entry, "is_believed")))
			return "failed";
	}
	return "as known";
}

/* Marks that arrived, of those that were sent while packets were hostile in that way. */
static double arrived_percent(const json_t *kind)
{
	double sent = number_at(kind, "/counts/sent");

	return sent > 0 ? 100 * number_at(kind, "/counts/arrived") / sent : NAN;
}

/* The kind under which the fewest arrived; NULL: none was tried. */
static const json_t *least_carried(const json_t *data)
{
	const json_t *kinds = json_object_get(data, "kinds"), *entry, *least = NULL;
	size_t i;

	json_array_foreach (kinds, i, entry) {
		if (isfinite(arrived_percent(entry)) &&
			(!least || arrived_percent(entry) < arrived_percent(least)))
			least = entry;
	}
	return least;
}

static void add_carried(struct row *row, const json_t *data, const char *path)
{
	const json_t *least = least_carried(data);
	double sent = number_at(data, "/marks_sent"), calm = number_at(data, "/calm_sent");

	row_number(row, calm > 0 ? 100 * number_at(data, "/calm_arrived") / calm : NAN, path);
	row_number(row, sent > 0 ? 100 * number_at(data, "/marks_arrived") / sent : NAN, path);
	row_number(row, least ? arrived_percent(least) : NAN, path);
	row_text(row, least ? json_string_at(least, "/kind", NULL) : NULL);
}

static void add_row(void *context, const struct report_place *place)
{
	static const char *const counts[] = {
		"/crashes", "/lost", "/again", "/altered", "/pieces", "/returned", "/readable"};
	struct filling *f = context;
	const struct report_result *result = &place->repetition->results[REPORT_HOSTILE];
	const char *path = place->outcome->path;
	struct row *row;

	if (place->workload != &report_workloads[REPORT_HOSTILE] ||
		!outcome_is_success(&result->outcome))
		return;
	row = table_row(f->tables, f->table);
	row_vpn(row, f->vpn->name, f->vpn->title);
	row_text(row, profile_title(f->condition->profile));
	row_number(row, number_at(result->data, "/hostile_packets"), path);
	add_carried(row, result->data, path);
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		row_number(row, number_at(result->data, counts[i]), path);
	row_number(row, number_at(result->data, "/rss_before_bytes") / MIB, path);
	row_number(row, number_at(result->data, "/rss_most_bytes") / MIB, path);
	row_number(row, number_at(result->data, "/bps_before") / 1e6, path);
	row_number(row, number_at(result->data, "/bps_after") / 1e6, path);
	row_text(row, control_of(result->data));
}

static void add_columns(struct table *table)
{
	table_text_column(table, "vpn", "VPN");
	table_text_column(table, "profile", "Profile");
	table_column(table, "hostile_packets", "Hostile packets", "", 0);
	table_column(table, "calm_percent", "Arrived before", "%", 1);
	table_column(table, "arrived_percent", "Arrived meanwhile", "%", 1);
	table_column(table, "least_percent", "Least of one kind", "%", 1);
	table_text_column(table, "least_kind", "That kind");
	table_column(table, "crashes", "Daemons ended", "", 0);
	table_column(table, "lost", "Mesh lost", "", 0);
	table_column(table, "again", "Accepted twice", "", 0);
	table_column(table, "altered", "Altered", "", 0);
	table_column(table, "pieces", "Cut", "", 0);
	table_column(table, "returned", "Reflected", "", 0);
	table_column(table, "readable", "Readable outside", "", 0);
	table_column(table, "rss_before_mib", "Memory before", "MiB", 1);
	table_column(table, "rss_most_mib", "Memory at most", "MiB", 1);
	table_column(table, "mbps_before", "TCP before", "Mbit/s", 0);
	table_column(table, "mbps_after", "TCP after", "Mbit/s", 0);
	table_text_column(table, "control", "Control");
}

void tables_hostile(const struct report_results *results, struct tables *tables)
{
	struct filling f = {.tables = tables,
		.table = table_add_own(tables, "hostile_packets",
			"Packets that an attacker on the way could send", "")};

	add_columns(f.table);
	for (f.vpn = results->vpns; f.vpn; f.vpn = f.vpn->next) {
		for (f.condition = f.vpn->conditions; f.condition; f.condition = f.condition->next)
			condition_each_result(f.condition, add_row, &f);
	}
	table_note(tables, f.table,
		"While the first host sends numbered packets to the second, the wire adds to each packet between them four that are replayed, cut, changed in bits, or reflected to their sender. Twice, altered, cut and reflected ones are counted where the VPN delivers them, readable ones where they leave their host. The share of the numbered packets that arrived is that of all kinds together and of the kind with the least, next to the same packets before, without hostile ones. Over TCP the kernel drops most of them before the VPN sees any. The control sends a few over the bare link, which lets all of them through.");
}
