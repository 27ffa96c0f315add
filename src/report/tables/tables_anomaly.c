/* SPDX-License-Identifier: MIT */
/*
 * TCP over Headscale next to the bare link and WireGuard, profile by profile: where the thesis saw
 * an anomaly, since impairment hit super-packets, which the first two send and WireGuard does not.
 */
#include "report/tables/tables.h"

#include <math.h>

enum {
	BARE,
	HEADSCALE,
	WIREGUARD,
	COMPARED
};

static const char *const keys[COMPARED] = {"bare", "headscale", "wireguard"};

struct compared {
	const struct report_vpn *vpns[COMPARED];
	const struct report_results *results;
	const char *profile;
	bool is_corrected;
};

static double mbps_of(struct arena *arena, const struct compared *c, size_t vpn,
	struct report_samples *ret_samples)
{
	const struct report_condition *condition = condition_of(c->vpns[vpn], c->profile);

	*ret_samples = samples_of(arena, condition, METRIC_TCP);
	return c->is_corrected ? samples_mean(ret_samples)
			       : printed_mean(condition, tcp_sent_mbps, NULL);
}

static void row_share(struct row *row, double mbps, double bare,
	const struct report_samples *samples, const char *place)
{
	row_value(row, 100 * mbps / bare, samples, place);
}

static void add_row(struct tables *tables, struct table *table, const struct compared *c)
{
	struct report_samples samples[COMPARED];
	const char *places[COMPARED];
	double mbps[COMPARED];
	struct row *row = table_row(tables, table);

	row_text(row, profile_title(c->profile));
	for (size_t i = 0; i < COMPARED; i++) {
		mbps[i] = mbps_of(tables->arena, c, i, &samples[i]);
		places[i] =
			c->vpns[i] ? results_place(tables->arena, c->vpns[i], c->profile) : NULL;
		row_value(row, mbps[i], &samples[i], places[i]);
	}
	for (size_t i = HEADSCALE; i < COMPARED; i++)
		row_share(row, mbps[i], mbps[BARE], &samples[i], places[i]);
	for (size_t i = 0; c->is_corrected && i < COMPARED; i++) {
		struct report_samples again = samples_of(
			tables->arena, condition_of(c->vpns[i], c->profile), METRIC_TCP_RETRANSMIT);

		row_value(row, samples_mean(&again), &again, places[i]);
	}
	for (size_t i = 0; c->is_corrected && i < COMPARED; i++)
		row_text(row, table_links(tables->arena, &samples[i]));
}

static void add_columns(struct tables *tables, struct table *table, bool is_corrected)
{
	static const char *const titles[COMPARED] = {"Bare link", "Headscale", "WireGuard"};

	table_text_column(table, "profile", "Profile");
	for (size_t i = 0; i < COMPARED; i++)
		table_column(table, arena_printf(tables->arena, "%s_mbps", keys[i]), titles[i],
			"Mbit/s", -3);
	for (size_t i = HEADSCALE; i < COMPARED; i++)
		table_column(table, arena_printf(tables->arena, "%s_percent", keys[i]),
			arena_printf(tables->arena, "%s of the bare link", titles[i]), "%", 1);
	for (size_t i = 0; is_corrected && i < COMPARED; i++)
		table_column(table, arena_printf(tables->arena, "%s_retransmit_percent", keys[i]),
			arena_printf(tables->arena, "%s, retransmits", titles[i]), "%", 3);
	for (size_t i = 0; is_corrected && i < COMPARED; i++)
		table_text_column(table, arena_printf(tables->arena, "%s_links", keys[i]),
			arena_printf(tables->arena, "%s, links", titles[i]));
}

static void add_table(struct tables *tables, struct compared *c)
{
	struct table *table = table_add(tables, "headscale_anomaly",
		"TCP over Headscale, the bare link and WireGuard, by profile", "Mbit/s",
		c->is_corrected);

	add_columns(tables, table, c->is_corrected);
	for (size_t i = 0; i < c->results->profile_count; i++) {
		c->profile = c->results->profiles[i];
		if (condition_of(c->vpns[HEADSCALE], c->profile))
			add_row(tables, table, c);
	}
	if (c->is_corrected)
		table_note(tables, table,
			"Retransmits show what segments met. If they differ this much between VPNs under one profile, impairment hit super-packets and not packets; see the finding 'super-packets'.");
}

void tables_anomaly(const struct report_results *results, struct tables *tables)
{
	struct compared c = {.results = results,
		.vpns = {results->reference, results_vpn(results, "Headscale"),
			results_vpn(results, "Wireguard")}};

	if (!c.vpns[BARE] || !c.vpns[HEADSCALE] || results->profile_count < 2)
		return;
	add_table(tables, &c);
	c.is_corrected = true;
	add_table(tables, &c);
}
