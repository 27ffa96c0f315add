/* SPDX-License-Identifier: MIT */
#pragma once

#include "report/model/results.h"

/*
 * Gives every condition the links and repetitions that there should be: those of the plan, where
 * the tree has one, or else the links that any of its VPNs has. What is missing counts as planned
 * and not measured. A second folder for the same host, such as a backup, is named and left out.
 */
void results_expect(struct report_results *results);
