/* SPDX-License-Identifier: MIT */
#pragma once

#include "report/findings/situation.h"
#include "report/findings/verdict.h"

#include <jansson.h>

/* For `report --json`; the caller owns the arrays. */
json_t *findings_json(const struct findings *findings);
json_t *answers_json(const struct answer *answers);
json_t *situations_json(const struct situation *situations);
json_t *verdict_json(struct arena *arena, const struct verdict *verdict);
/* Files of the tree that could not be read. */
json_t *problems_json(const struct report_results *results);
