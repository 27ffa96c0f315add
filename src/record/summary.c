/* The published summary object of a few values. */
#include "record/summary.h"

#include "base/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int ascending(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/*
 * Quartile `i` of 3 between neighbours at i*(n+1)/4; one value is all its own quartiles. Of two
 * values the method extrapolates, to a loss below zero: it stops at the least and the greatest.
 */
static double quartile(const double sorted[], size_t count, size_t i)
{
	size_t j = i * (count + 1) / 4;
	double part, value;

	if (count == 1)
		return sorted[0];
	if (j < 1)
		j = 1;
	if (j > count - 1)
		j = count - 1;
	part = (double)(i * (count + 1)) - 4 * (double)j;
	value = (sorted[j - 1] * (4 - part) + sorted[j] * part) / 4;
	return fmin(fmax(value, sorted[0]), sorted[count - 1]);
}

/* The caller frees it. */
static double *sort(const double values[], size_t count)
{
	double *sorted = calloc(count, sizeof(*sorted));

	if (!sorted)
		abort();
	memcpy(sorted, values, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), ascending);
	return sorted;
}

json_t *summary_json(const double values[], size_t count)
{
	double *sorted;
	double sum = 0;
	json_t *summary;

	if (count == 0)
		return json_null();
	sorted = sort(values, count);
	for (size_t i = 0; i < count; i++)
		sum += sorted[i];
	summary = json_make("{s:f,s:f,s:f,s:{s:f,s:f,s:f}}", "min", sorted[0], "average",
		sum / (double)count, "max", sorted[count - 1], "percentiles", "p25",
		quartile(sorted, count, 1), "p50", quartile(sorted, count, 2), "p75",
		quartile(sorted, count, 3));
	free(sorted);
	return summary;
}

json_t *summary_distribution(const double values[], size_t count)
{
	static const struct {
		const char *key;
		size_t per_mille;
	} more[] = {{"p90", 900}, {"p95", 950}, {"p99", 990}, {"p999", 999}};
	json_t *summary = summary_json(values, count);
	json_t *percentiles = json_object_get(summary, "percentiles");
	double *sorted;

	if (count == 0)
		return summary;
	sorted = sort(values, count);
	for (size_t i = 0; i < sizeof(more) / sizeof(*more); i++) {
		size_t rank = (count * more[i].per_mille + 999) / 1000;

		json_object_set_new(percentiles, more[i].key, json_real(sorted[rank - 1]));
	}
	json_object_set_new(summary, "count", json_integer((json_int_t)count));
	free(sorted);
	return summary;
}
