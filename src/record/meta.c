/* SPDX-License-Identifier: MIT */
/* Numbers in the meta of a result. */
#include "record/meta.h"

#include "base/json.h"

#include <math.h>

double meta_figure(const json_t *meta, const char *key)
{
	const json_t *value = json_object_get(json_object_get(meta, "figures"), key);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

double meta_least_capacity_mbps(const json_t *capacity, const char *key)
{
	const json_t *entry;
	double least = NAN;
	size_t i;

	json_array_foreach (capacity, i, entry) {
		const json_t *value = json_object_get(entry, key);

		if (json_is_number(value))
			least = fmin(least, json_number_value(value));
	}
	return least;
}
