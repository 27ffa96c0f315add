/* SPDX-License-Identifier: MIT */
#include "document/clocks.h"

#include "base/json.h"

#include "tap.h"

#include <math.h>
#include <string.h>

static json_t *report(void)
{
	return json_make("{s:{s:f, s:f, s:f, s:f}, s:[i, i], s:[f, n, f]}", "delay_us", "mean",
		12000.0, "p50", 11000.0, "sd", 900.0, "mean95", 11500.0, "delay_histogram_packets",
		1, 2, "delays_us", 11000.0, 13000.0);
}

static double at(const json_t *json, const char *path)
{
	return json_number_at(json, path, NAN);
}

TEST(delays_of_one_clock_stay_as_they_are)
{
	json_auto_t *json = report(), *before = report();

	clocks_correct(json, &(struct clocks){0, 0});
	CHECK(json_equal(json, before));
}

TEST(delays_of_two_clocks_are_moved_and_their_spread_is_not)
{
	json_auto_t *json = report();

	clocks_correct(json, &(struct clocks){-2000000, 300000});
	CHECK(at(json, "/delay_us/mean") == 10000 && at(json, "/delay_us/p50") == 9000);
	CHECK(at(json, "/delay_us/sd") == 900 && at(json, "/delay_us/mean95") == 9500);
	CHECK(at(json, "/delays_us/0") == 9000 && at(json, "/delays_us/2") == 11000);
	CHECK(json_is_null(json_array_get(json_object_get(json, "delays_us"), 1)));
	CHECK(json_is_null(json_object_get(json, "delay_histogram_packets")));
	CHECK(at(json, "/clock_bound_ms") == 0.3 && !json_object_get(json, "delay_unknown"));
}

TEST(delays_are_unknown_where_clocks_are_known_worse_than_a_tenth_of_them)
{
	json_auto_t *json = report();

	clocks_correct(json, &(struct clocks){-2000000, 1100000});
	CHECK(json_is_null(json_object_get(json_object_get(json, "delay_us"), "mean")));
	CHECK(json_is_null(json_object_get(json_object_get(json, "delay_us"), "p50")));
	CHECK(at(json, "/delay_us/sd") == 900);
	CHECK(json_is_null(json_array_get(json_object_get(json, "delays_us"), 0)));
	CHECK(strstr(json_string_at(json, "/delay_unknown", ""),
		"known to 1.100 ms, which is more than a tenth of a delay of 10.000 ms"));
}

TEST(delays_that_clocks_make_negative_are_unknown)
{
	json_auto_t *json = report();

	clocks_correct(json, &(struct clocks){-20000000, 1});
	CHECK(json_is_null(json_object_get(json_object_get(json, "delay_us"), "mean")));
}
