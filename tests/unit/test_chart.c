/* SPDX-License-Identifier: MIT */
#include "report/charts/chart.h"

#include "base/fd.h"

#include "by_hand.h"
#include "tap.h"

#include <float.h>
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
