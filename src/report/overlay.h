/* SPDX-License-Identifier: MIT */
#pragma once

#include "report/model/results.h"
#include "report/page/page_overlay.h"

/*
 * Puts the second tree next to the first, as `compare` holds one run against another: it refuses
 * what cannot be compared. Afterwards `first` owns `second`, and the page's results are both.
 */
MUST_CHECK int overlay_trees(struct report_results *first, struct report_results *second,
	const struct page_overlay **ret_overlay, struct error *err);
