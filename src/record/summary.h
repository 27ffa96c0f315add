#pragma once

#include <jansson.h>
#include <stddef.h>

/*
 * The published summary of a few values: {min, average, max, percentiles: {p25, p50, p75}}, with
 * quartiles by the exclusive method. Without values it is null: no measurement is not a zero.
 */
json_t *summary_json(const double values[], size_t count);
