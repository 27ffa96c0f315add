/* SPDX-License-Identifier: MIT */
#pragma once

#include "record/record.h"

#include <jansson.h>

/* The JSON of one result, in the published variants; the caller owns what is returned. */
json_t *envelope_json(const struct record_cell *cell, const struct record_result *result);

/* One link's entry in a cell of all links: with `result`, or with what went wrong instead. */
json_t *envelope_pair(const struct record_pair *pair);
