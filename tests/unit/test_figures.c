#include "report/model/figures.h"

#include "report/tables/tables.h"

#include "tap.h"

#include <math.h>
#include <string.h>

/* A tree of one VPN whose link has two repetitions of a workload and whose mesh has one of another.
 */
static struct report_results *example(void)
{
	struct report_results *results = results_new("tree");
	struct arena *arena = results->arena;
	struct report_vpn *vpn = arena_alloc(arena, struct report_vpn, 1);
	struct report_condition *condition = arena_alloc(arena, struct report_condition, 1);
	struct report_link *link = arena_alloc(arena, struct report_link, 1);
	struct report_repetition *repetitions = arena_alloc(arena, struct report_repetition, 2);
	struct report_other *others = arena_alloc(arena, struct report_other, 3);

	for (size_t i = 0; i < 3; i++) {
		others[i].file = i < 2 ? "rate.json" : "idle.json";
		others[i].title = i < 2 ? "Rate" : "Idle";
		others[i].outcome.envelope.status = ENVELOPE_SUCCESS;
	}
	others[0].figures = json_pack("{s:f, s:f}", "rate_mbps", 10.0, "loss_percent", 0.5);
	others[1].figures = json_pack("{s:f, s:n}", "rate_mbps", 11.0, "loss_percent");
	others[2].figures = json_pack("{s:f}", "vpn_rtt_p99", 7.0);
	for (size_t i = 0; i < 3; i++)
		json_array_append_new(results->kept, others[i].figures);
	*repetitions = (struct report_repetition){.next = &repetitions[1], .others = &others[0]};
	repetitions[1] = (struct report_repetition){.number = 1, .others = &others[1]};
	*link = (struct report_link){.folder = "0_lom", .host = "lom", .repetitions = repetitions};
	*condition = (struct report_condition){
		.profile = "baseline", .links = link, .others = &others[2]};
	*vpn = (struct report_vpn){.name = "Tinc", .conditions = condition};
	results->vpns = vpn;
	results->profiles = arena_alloc(arena, const char *, 1);
	results->profiles[results->profile_count++] = "baseline";
	return results;
}

TEST(workloads_are_found_by_the_figures_they_carry)
{
	AUTO(results_freep) struct report_results *results = example();
	struct figures_workload found[FIGURES_WORKLOADS_MAX];

	CHECK(figures_workloads(results, found) == 2);
	CHECK(strcmp(found[0].id, "idle") == 0 && strcmp(found[1].title, "Rate") == 0);
	CHECK(found[1].name_count == 2 && strcmp(found[1].names[0].unit, "Mbit/s") == 0);
	CHECK(strcmp(found[1].names[0].title, "Rate") == 0);
	CHECK(strcmp(found[0].names[0].unit, "") == 0);
	CHECK(strcmp(found[0].names[0].title, "VPN round-trip time 99th percentile") == 0);
}

TEST(a_missing_figure_is_planned_and_not_counted)
{
	AUTO(results_freep) struct report_results *results = example();
	struct figures_workload found[FIGURES_WORKLOADS_MAX];
	struct figure_values values;

	CHECK(figures_workloads(results, found) == 2);
	values = figure_values_of(
		results->arena, results->vpns->conditions, &found[1], "loss_percent");
	CHECK(values.planned == 2 && values.count == 1 && values.values[0] == 0.5);
	results->vpns->conditions->links->repetitions->others->outcome.envelope.status =
		ENVELOPE_ERROR;
	values =
		figure_values_of(results->arena, results->vpns->conditions, &found[1], "rate_mbps");
	CHECK(values.planned == 2 && values.count == 1 && values.values[0] == 11);
}

TEST(every_such_workload_has_a_table_of_medians)
{
	AUTO(results_freep) struct report_results *results = example();
	struct tables *tables = tables_new(results->arena);
	const struct table *table;

	tables_others(results, tables);
	table = table_named(tables, "rate");
	CHECK(table && table->row_count == 1);
	CHECK(table->rows->values[2].number == 10.5);
	CHECK(strcmp(table->rows->values[4].text, "2/2") == 0);
	CHECK(table_named(tables, "idle"));
}

TEST(times_under_load_are_held_against_the_bare_link)
{
	AUTO(results_freep) struct report_results *results = example();
	struct arena *arena = results->arena;
	struct tables *tables = tables_new(arena);
	struct report_vpn *bare = arena_alloc(arena, struct report_vpn, 1);
	struct report_condition *condition = arena_alloc(arena, struct report_condition, 1);
	struct report_other *others = arena_alloc(arena, struct report_other, 2);
	const struct table *table;

	for (size_t i = 0; i < 2; i++) {
		others[i].file = "load_latency.json";
		others[i].title = "Delay";
		others[i].outcome.envelope.status = ENVELOPE_SUCCESS;
		others[i].figures =
			json_pack("{s:f, s:f}", "idle_rtt_ms", 1.0, "loaded_rtt_ms", i ? 9.0 : 4.0);
		json_array_append_new(results->kept, others[i].figures);
	}
	*condition = (struct report_condition){.profile = "baseline", .others = &others[0]};
	*bare = (struct report_vpn){
		.name = "Internal", .is_reference = true, .conditions = condition};
	results->vpns->conditions->others = &others[1];
	bare->next = results->vpns;
	results->vpns = bare;
	results->reference = bare;
	tables_others(results, tables);
	table = table_named(tables, "load_latency");
	CHECK(table && table->row_count == 2);
	CHECK(strcmp(table->columns[4].key, "loaded_rtt_ms_over_bare") == 0);
	CHECK(isnan(table->rows->values[4].number));
	CHECK(table->rows->next->values[4].number == 5);
}
