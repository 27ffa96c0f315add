/* SPDX-License-Identifier: MIT */
#pragma once

#include "report/model/matrix.h"

#include <stdio.h>

/* The feature matrix on a terminal of `width` columns; `is_chosen` by row. */
struct matrix_view {
	struct arena *arena;
	const struct matrix *matrix;
	const bool *is_chosen;
	size_t width;
	bool only_unlike; /* of rows only the VPNs that were observed unlike they were read */
};

/* A column per VPN where they fit, else a list of values with the VPNs that have them. */
void matrix_print(const struct matrix_view *view, FILE *out);
/* Every chosen row with its question, and every VPN's answer with its place. */
void matrix_print_rows(const struct matrix_view *view, FILE *out);
/* What to know before choosing each VPN, with its source. */
void matrix_print_cautions(const struct matrix_view *view, FILE *out);
/* How often each VPN answers what as it was read, in which version, and how much was observed. */
void matrix_print_counts(const struct matrix_view *view, FILE *out);
