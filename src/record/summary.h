/* SPDX-License-Identifier: MIT */
#pragma once

#include <jansson.h>
#include <stddef.h>

/*
 * The published summary of a few values: {min, average, max, percentiles: {p25, p50, p75}}, with
 * quartiles by the exclusive method. Without values it is null: no measurement is not a zero.
 */
json_t *summary_json(const double values[], size_t count);

/*
 * For many values: the same with p90, p95, p99 and p999 among the percentiles, which are those
 * values that so many per cent of all do not exceed; and `count`.
 */
json_t *summary_distribution(const double values[], size_t count);
