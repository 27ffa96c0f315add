/* SPDX-License-Identifier: MIT */
#pragma once

#include <jansson.h>

/* One of the result's figures, meta.figures; NAN when it has none of this name. */
double meta_figure(const json_t *meta, const char *key);
/*
 * Payload per processor time of a whole result: of the list meta.capacity the least
 * "one_core_mbps" or "cores_to_spare_mbps"; NAN when no entry has it.
 */
double meta_least_capacity_mbps(const json_t *capacity, const char *key);
