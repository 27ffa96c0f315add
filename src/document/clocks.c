/* SPDX-License-Identifier: MIT */
/* One-way delays between hosts with a clock each. */
#include "document/clocks.h"

#include "base/json.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* A spread is the same by any clock. */
static bool is_delay(const char *key)
{
	return strcmp(key, "sd") != 0;
}

static void move_summary(json_t *delays, double shift_us, bool is_known)
{
	json_t *value;
	const char *key;
	void *next;

	json_object_foreach_safe (delays, next, key, value) {
		if (!is_delay(key) || !json_is_number(value))
			continue;
		json_object_set_new(delays, key,
			is_known ? json_real(json_number_value(value) + shift_us) : json_null());
	}
}

static void move_list(json_t *delays, double shift_us, bool is_known)
{
	for (size_t i = 0; i < json_array_size(delays); i++) {
		const json_t *value = json_array_get(delays, i);

		if (json_is_number(value))
			json_array_set_new(delays, i,
				is_known ? json_real(json_number_value(value) + shift_us)
					 : json_null());
	}
}

void clocks_correct(json_t *measured, const struct clocks *clocks)
{
	json_t *delays = json_object_get(measured, "delay_us");
	double shift_us = (double)clocks->shift_ns / 1e3, bound_us = (double)clocks->bound_ns / 1e3;
	double mean_us = json_number_at(delays, "/mean", NAN) + shift_us;
	bool is_known = bound_us <= CLOCKS_SHARE * mean_us;
	char why[200];

	if ((clocks->shift_ns == 0 && clocks->bound_ns == 0) || !json_is_object(delays))
		return;
	if (!is_known) {
		snprintf(why, sizeof(why),
			"the clocks of both hosts are known to %.3f ms, which is more than a tenth of a delay of %.3f ms",
			bound_us / 1e3, mean_us / 1e3);
		json_object_set_new(measured, "delay_unknown", json_text(why));
	}
	move_summary(delays, shift_us, is_known);
	move_list(json_object_get(measured, "delays_us"), shift_us, is_known);
	/* Its bins are those of the delays before. */
	json_object_set_new(measured, "delay_histogram_packets", json_null());
	json_object_set_new(measured, "clock_bound_ms", json_real(bound_us / 1e3));
}
