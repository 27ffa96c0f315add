/* SPDX-License-Identifier: MIT */
#include "report/tables/tables.h"

#include "tap.h"

#include <math.h>
#include <string.h>

static void set(struct report_results *results, struct report_result *result, json_t *figures)
{
	json_array_append_new(results->kept, figures);
	result->outcome.envelope.status = ENVELOPE_SUCCESS;
	result->outcome.path = "some.json";
	result->figures = figures;
}

/* A tree of one VPN whose link has two repetitions of `rate` and whose mesh was idle once. */
static struct report_results *example(void)
{
	struct report_results *results = results_new("tree");
	struct arena *arena = results->arena;
	struct report_vpn *vpn = arena_alloc(arena, struct report_vpn, 1);
	struct report_condition *condition = arena_alloc(arena, struct report_condition, 1);
	struct report_link *link = arena_alloc(arena, struct report_link, 1);
	struct report_repetition *repetitions = arena_alloc(arena, struct report_repetition, 3);

	set(results, &repetitions[0].results[REPORT_RATE],
		json_pack("{s:f, s:f}", "largest_mbps", 10.0, "mtu_bytes", 1420.0));
	set(results, &repetitions[1].results[REPORT_RATE],
		json_pack("{s:f, s:n}", "largest_mbps", 11.0, "mtu_bytes"));
	set(results, &repetitions[2].results[REPORT_IDLE], json_pack("{s:f}", "cpu_percent", 7.0));
	repetitions[0].next = &repetitions[1];
	repetitions[1].number = 1;
	*link = (struct report_link){.folder = "0_lom", .host = "lom", .repetitions = repetitions};
	*condition = (struct report_condition){
		.profile = "baseline", .links = link, .whole = &repetitions[2]};
	*vpn = (struct report_vpn){.name = "Tinc", .title = "tinc", .conditions = condition};
	results->vpns = vpn;
	results->profiles = arena_alloc(arena, const char *, 1);
	results->profiles[results->profile_count++] = "baseline";
	return results;
}

static struct report_samples samples_named(const struct report_results *results, const char *key)
{
	for (size_t i = 0; i < report_metric_count; i++)
		if (strcmp(report_metrics[i].key, key) == 0)
			return samples_of_metric(
				results->arena, results->vpns->conditions, &report_metrics[i]);
	return (struct report_samples){0};
}

TEST(a_missing_figure_is_planned_and_not_counted)
{
	AUTO(results_freep) struct report_results *results = example();
	struct report_samples samples = samples_named(results, "rate_mtu_bytes");

	CHECK(samples.planned == 2 && samples.count == 1 && samples.values[0] == 1420);
	results->vpns->conditions->links->repetitions->results[REPORT_RATE]
		.outcome.envelope.status = ENVELOPE_ERROR;
	samples = samples_named(results, "rate_largest_mbps");
	CHECK(samples.planned == 2 && samples.count == 1 && samples.values[0] == 11);
}

TEST(the_mesh_counts_its_own_repetitions)
{
	AUTO(results_freep) struct report_results *results = example();
	struct report_samples samples = samples_named(results, "idle_cpu_percent");

	CHECK(samples.planned == 1 && samples.count == 1 && samples.values[0] == 7);
	CHECK(samples_named(results, "restart_one_outage_s").planned == 0);
}

TEST(every_metric_has_a_key_of_its_own)
{
	for (size_t i = 0; i < report_metric_count; i++)
		for (size_t j = 0; j < i; j++)
			CHECK(strcmp(report_metrics[i].key, report_metrics[j].key) != 0);
}

TEST(every_workload_has_a_metric)
{
	for (size_t w = 0; w < REPORT_WORKLOADS; w++) {
		size_t i = 0;

		while (i < report_metric_count &&
			(report_metrics[i].of_link || report_metrics[i].workload != w))
			i++;
		CHECK(i < report_metric_count);
	}
}

TEST(every_workload_with_figures_has_a_table_of_medians)
{
	AUTO(results_freep) struct report_results *results = example();
	struct tables *tables = tables_new(results->arena);
	const struct table *table;

	tables_figures(results, tables);
	table = table_named(tables, "rate");
	CHECK(table && table->row_count == 1);
	CHECK(strcmp(table->columns[3].key, "largest_mbps") == 0);
	CHECK(table->rows->values[3].number == 10.5);
	CHECK(strcmp(table->rows->values[6].text, "2/2") == 0);
	CHECK(table_named(tables, "idle")->row_count == 1);
}

TEST(times_under_load_are_held_against_the_bare_link)
{
	AUTO(results_freep) struct report_results *results = example();
	struct arena *arena = results->arena;
	struct tables *tables = tables_new(arena);
	struct report_vpn *bare = arena_alloc(arena, struct report_vpn, 1);
	struct report_condition *condition = arena_alloc(arena, struct report_condition, 1);
	struct report_link *link = arena_alloc(arena, struct report_link, 1);
	const struct table *table;

	link->folder = link->host = "0_lom";
	link->repetitions = arena_alloc(arena, struct report_repetition, 1);
	set(results, &link->repetitions->results[REPORT_LOAD_LATENCY],
		json_pack("{s:f, s:f}", "idle_rtt_ms", 1.0, "loaded_rtt_ms", 4.0));
	set(results, &results->vpns->conditions->links->repetitions->results[REPORT_LOAD_LATENCY],
		json_pack("{s:f, s:f}", "idle_rtt_ms", 1.0, "loaded_rtt_ms", 9.0));
	*condition = (struct report_condition){.profile = "baseline", .links = link};
	*bare = (struct report_vpn){.name = "Internal",
		.title = "Bare link",
		.is_reference = true,
		.conditions = condition};
	bare->next = results->vpns;
	results->vpns = bare;
	results->reference = bare;
	tables_figures(results, tables);
	table = table_named(tables, "load_latency");
	CHECK(table && table->row_count == 2);
	CHECK(strcmp(table->columns[4].key, "loaded_rtt_ms_over_bare") == 0);
	CHECK(isnan(table->rows->values[4].number));
	CHECK(table->rows->next->values[4].number == 5);
}

TEST(the_table_of_hostile_packets_says_how_many_of_the_meshs_own_arrived_meanwhile)
{
	AUTO(results_freep) struct report_results *results = example();
	struct report_result *hostile = &results->vpns->conditions->whole->results[REPORT_HOSTILE];
	const struct table *table;

	set(results, hostile, json_object());
	hostile->data =
		json_pack("{s:i, s:i, s:i, s:i, s:[{s:s, s:{s:i, s:i}}, {s:s, s:{s:i, s:i}}]}",
			"marks_sent", 200, "marks_arrived", 120, "calm_sent", 50, "calm_arrived",
			50, "kinds", "kind", "replayed", "counts", "sent", 100, "arrived", 100,
			"kind", "reflected", "counts", "sent", 100, "arrived", 20);
	json_array_append_new(results->kept, hostile->data);
	table = table_named(tables_of(results, NULL), "hostile_packets");
	CHECK(table && table->row_count == 1);
	CHECK(table->rows->values[3].number == 100 && table->rows->values[4].number == 60);
	CHECK(table->rows->values[5].number == 20);
	CHECK(strcmp(table->rows->values[6].text, "reflected") == 0);
}
