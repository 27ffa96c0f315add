/* SPDX-License-Identifier: MIT */
/* Payload per processor time of a VPN's daemons: what it would carry with more of it. */
#include "report/tables/tables.h"

#include <math.h>

static const struct {
	enum metric_id one_core, to_spare;
	const char *key, *heading;
} flows[] = {{METRIC_ONE_CORE, METRIC_CORES_TO_SPARE, "tcp", "TCP"},
	{METRIC_ONE_CORE_PARALLEL, METRIC_CORES_TO_SPARE_PARALLEL, "parallel", "TCP on all links"},
	{METRIC_ONE_CORE_QUIC, METRIC_CORES_TO_SPARE_QUIC, "quic", "QUIC"}};

static bool has_any(struct arena *arena, const struct report_condition *condition)
{
	for (size_t i = 0; i < ARRAY_SIZE(flows); i++) {
		if (samples_of(arena, condition, flows[i].one_core).count)
			return true;
	}
	return false;
}

static void add_row(struct tables *tables, struct table *table, const struct report_vpn *vpn,
	const char *profile)
{
	const struct report_condition *condition = condition_of(vpn, profile);
	const char *place = results_place(tables->arena, vpn, profile);
	struct row *row;

	if (!has_any(tables->arena, condition))
		return;
	row = table_row(tables, table);
	row_vpn(row, vpn->name, vpn->title);
	row_text(row, profile_title(profile));
	for (size_t i = 0; i < ARRAY_SIZE(flows); i++) {
		struct report_samples one_core =
			samples_of(tables->arena, condition, flows[i].one_core);
		struct report_samples to_spare =
			samples_of(tables->arena, condition, flows[i].to_spare);

		row_value(row, samples_median(&one_core), &one_core, place);
		row_value(row, samples_median(&to_spare), &to_spare, place);
	}
}

void tables_capacity(const struct report_results *results, struct tables *tables)
{
	struct table *table = table_add_own(tables, "capacity",
		"Throughput with all the processor time that a VPN can use, medians", "Mbit/s");

	table_text_column(table, "vpn", "VPN");
	table_text_column(table, "profile", "Profile");
	for (size_t i = 0; i < ARRAY_SIZE(flows); i++) {
		table_column(table, arena_printf(tables->arena, "%s_one_core_mbps", flows[i].key),
			arena_printf(tables->arena, "%s, one core at each end", flows[i].heading),
			"Mbit/s", -3);
		table_column(table,
			arena_printf(tables->arena, "%s_cores_to_spare_mbps", flows[i].key),
			arena_printf(tables->arena, "%s, cores to spare", flows[i].heading),
			"Mbit/s", -3);
	}
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		for (size_t i = 0; i < results->profile_count; i++)
			add_row(tables, table, vpn, results->profiles[i]);
	table_note(tables, table,
		"Payload per second of processor time of the VPN's daemons at the weaker end: of all their threads (one core), or of the busiest (a core for each; an upper bound for programs in Go). VPNs inside the kernel have no daemons and are not in it. A daemon that sleeps less often is cheaper per byte, so these figures rise next to other programs and with the load: they are lower bounds. They can be compared where daemons woke about as often per payload (wakeups in meta.capacity).");
}
