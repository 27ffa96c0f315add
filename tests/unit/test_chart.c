/* SPDX-License-Identifier: MIT */
#include "report/charts/chart.h"

#include "base/fd.h"

#include "by_hand.h"
#include "tap.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

static const double some[] = {1};

/* A chart of one value for each of three VPNs in two panels. */
static const struct chart *chart_by_hand(
	struct charts *charts, enum chart_kind kind, const char *unit, const double values[6])
{
	static const char *const vpns[] = {"One", "Two", "Three"};
	struct chart *chart = chart_add(charts, kind, "it", "It", "About it.");

	chart->unit = unit;
	chart->higher_is_better = true;
	for (size_t i = 0; i < 6; i++)
		chart_point(charts, chart, vpns[i % 3], i < 3 ? "left" : "right", values[i]);
	return chart;
}

static char *draw(enum chart_kind kind, const char *unit, const double values[6])
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct charts charts = {.arena = results->arena, .results = results, .end = &charts.first};
	const struct chart *chart;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	add_vpn(results, "One", some, 1);
	add_vpn(results, "Two", some, 1);
	add_vpn(results, "Three", some, 1);
	chart = chart_by_hand(&charts, kind, unit, values);
	chart_draw(out, &charts, chart);
	fclose(out);
	return text;
}

/* Whether the words stand in this order. */
static bool are_in_order(const char *text, const char *const words[], size_t count)
{
	for (size_t i = 0; i < count && text; i++)
		text = strstr(text, words[i]);
	return text != NULL;
}

/* A loop over ticks that never reach their end would not return. */
TEST(charts_of_the_largest_and_smallest_numbers_are_drawn)
{
	static const double values[][6] = {{DBL_MAX, DBL_MAX, 1, 1, 1, 1},
		{5e-324, 5e-324, 5e-324, 5e-324, 5e-324, 5e-324}, {-DBL_MAX, DBL_MAX, 0, 0, 0, 0}};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		for (enum chart_kind kind = CHART_BARS; kind <= CHART_SCATTER; kind++) {
			AUTO(text_freep) char *text = draw(kind, "s", values[i]);

			CHECK(text && strlen(text) < 100000);
		}
	}
}

TEST(bars_are_sorted_by_value_in_each_panel)
{
	const double values[] = {10, 30, 20, 300, 100, 200};
	AUTO(text_freep) char *text = draw(CHART_BARS, "Mbit/s", values);
	const char *const order[] = {
		">left<", ">Two<", ">Three<", ">One<", ">right<", ">One<", ">Three<", ">Two<"};

	CHECK(are_in_order(text, order, ARRAY_SIZE(order)));
}

TEST(panels_share_a_scale_where_one_fits_all)
{
	const double near[] = {10, 40, 20, 10, 60, 20}, far[] = {10, 40, 20, 10, 900, 20};
	AUTO(text_freep) char *shared = draw(CHART_BARS, "Mbit/s", near);
	AUTO(text_freep) char *own = draw(CHART_BARS, "Mbit/s", far);

	/* The longest bar is 335 wide; of the left panel it is the whole or two thirds. */
	CHECK(are_in_order(
		shared, (const char *const[]){">Two<", "width=\"223.3\"", ">right<"}, 3));
	CHECK(are_in_order(own, (const char *const[]){">Two<", "width=\"335.0\"", ">right<"}, 3));
}

TEST(percentages_have_a_linear_colour)
{
	const double values[] = {100, 50, 0, 13, 13, 13};
	AUTO(text_freep) char *percent = draw(CHART_HEAT, "%", values);
	AUTO(text_freep) char *speed = draw(CHART_HEAT, "Mbit/s", values);
	const char *const linear[] = {"fill-opacity=\"0.92\"", "fill-opacity=\"0.50\"",
		"fill-opacity=\"0.08\"", "fill-opacity=\"0.19\""};

	CHECK(are_in_order(percent, linear, ARRAY_SIZE(linear)));
	/* Of speeds the best of a column is the best there is. */
	CHECK(!strstr(speed, "fill-opacity=\"0.19\""));
}

TEST(what_was_not_measured_is_not_without_a_result)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct charts charts = {.arena = results->arena, .results = results, .end = &charts.first};
	struct chart *chart = chart_add(&charts, CHART_BARS, "it", "It", "About it.");
	struct report_vpn *failed = add_vpn(results, "Failed", some, 1);
	struct report_vpn *untried = add_vpn(results, "Untried", some, 1);

	failed->conditions->links->repetitions->tcp.outcome.envelope.status = ENVELOPE_ERROR;
	untried->conditions->profile = "low";
	chart_metric(results, &charts, chart, &report_metrics[METRIC_TCP]);
	CHECK(strcmp(chart_absence(&charts, chart, "Failed", "baseline"), "no result") == 0);
	CHECK(strcmp(chart_absence(&charts, chart, "Untried", "baseline"), "not measured") == 0);
	chart = chart_add(&charts, CHART_BARS, "other", "Other", "Expects nothing.");
	CHECK(strcmp(chart_absence(&charts, chart, "Failed", "baseline"), "--") == 0);
}

/* Hosts a and b behind one kind of router each: direct after 1 s and 2 s, and twice not within 10
 * s. */
static void add_trials(struct report_results *results, struct report_vpn *vpn)
{
	json_t *environment = json_pack("{s:{s:[{s:s, s:[s], s:s}, {s:s, s:[s], s:s}]}}",
		"topology", "sites", "name", "left", "hosts", "a", "nat", "port-restricted", "name",
		"right", "hosts", "b", "nat", "symmetric");

	json_array_append_new(results->kept, environment);
	results->environment = environment;
	set_whole(results, vpn, REPORT_PUNCH,
		json_pack(
			"{s:i, s:[{s:s, s:s, s:i, s:i, s:i, s:[{s:s, s:f}, {s:s, s:f}, {s:s, s:n}, {s:s, s:n}, {s:s, s:n}]}]}",
			"limit_s", 10, "pairs", "from", "a", "to", "b", "direct", 2, "relayed", 2,
			"not_started", 1, "list", "outcome", "direct", "stays_direct_s", 1.0,
			"outcome", "direct", "stays_direct_s", 2.0, "outcome", "relayed",
			"stays_direct_s", "outcome", "relayed", "stays_direct_s", "outcome",
			"not_started", "stays_direct_s"));
}

static const struct chart *chart_named(const struct charts *charts, const char *id)
{
	const struct chart *chart = charts->first;

	while (chart && strcmp(chart->id, id) != 0)
		chart = chart->next;
	return chart;
}

TEST(trials_behind_routers_have_a_curve_and_a_picture_of_kinds)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const struct charts *charts;
	const struct chart *chart;
	const double *values;

	add_trials(results, add_vpn(results, "Tunnel", some, 1));
	charts = charts_of(results, NULL);
	chart = chart_named(charts, "punch_curves");
	CHECK(chart && chart->point_count == 1 && chart->points->series->count == 20);
	values = chart->points->series->values; /* by half seconds */
	/* A trial that did not begin is none. */
	CHECK(values[0] == 0 && values[1] == 25 && values[2] == 25 && values[3] == 50 &&
		values[19] == 50);
	CHECK(strcmp(chart->points->label, "port-restricted and symmetric") == 0);
	chart = chart_named(charts, "punch_matrix_Tunnel_baseline");
	CHECK(chart && chart->point_count == 2 && chart->points->y == 50);
	CHECK(strcmp(chart->points->vpn, "port") == 0 &&
		strcmp(chart->points->panel, "symmetric") == 0);
	CHECK(strcmp(chart->points->next->vpn, "symmetric") == 0);
}

TEST(seconds_that_lost_video_packets_are_drawn_from_the_worst_on)
{
	static double first[] = {0, 7, 0}, second[] = {2, 0}, none[] = {0, 0, 0};
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Tunnel", some, 1);
	struct report_link *link = vpn->conditions->links;
	struct report_repetition again = *link->repetitions;
	const struct chart *chart;
	const struct report_series *series;

	link->repetitions->video.lost_packets = (struct report_series){none, 3, 1};
	chart = chart_named(charts_of(results, NULL), "video_losses");
	CHECK(!chart || !chart->point_count); /* nothing to draw */
	link->repetitions->video.lost_packets = (struct report_series){first, 3, 1};
	again.video.lost_packets = (struct report_series){second, 2, 1};
	again.next = NULL;
	link->repetitions->next = &again;
	chart = chart_named(charts_of(results, NULL), "video_losses");
	CHECK(chart && chart->point_count == 1);
	series = chart->points->series;
	CHECK(series->count == 5 && series->values[0] == 7 && series->values[1] == 2 &&
		series->values[2] == 0 && series->values[4] == 0);
}

TEST(a_point_has_its_name_next_to_it_and_only_once)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct charts charts = {.arena = results->arena, .results = results, .end = &charts.first};
	struct chart *chart = chart_add(&charts, CHART_SCATTER, "it", "It", "About it.");
	char *text = NULL, *name;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	add_vpn(results, "One", some, 1);
	chart->x_title = chart->y_title = chart->unit = "ms";
	chart_point(&charts, chart, "One", "left", 2)->x = 3;
	chart_point(&charts, chart, "One", "left", 4)->x = 5;
	chart_draw(out, &charts, chart);
	fclose(out);
	name = strstr(text, "<text class=\"name\"");
	CHECK(name && strstr(name, ">One</text>") && !strstr(name + 1, "<text class=\"name\""));
	free(text);
}
