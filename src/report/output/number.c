/* SPDX-License-Identifier: MIT */
/* Numbers as text: exact for files, with as many digits as were measured for readers. */
#include "report/output/number.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void print_number(FILE *stream, double value)
{
	char text[40];
	int digits = DBL_DIG;

	if (!isfinite(value)) {
		fputs("null", stream);
		return;
	}
	do {
		snprintf(text, sizeof(text), "%.*g", digits, value);
	} while (strtod(text, NULL) != value && ++digits <= DBL_DECIMAL_DIG);
	/* Whole numbers below 10^16 are written out, as Python does. */
	if (fabs(value) < 1e16 && strchr(text, 'e') && fabs(value) >= 1)
		snprintf(text, sizeof(text), "%.0f", value);
	fputs(text, stream);
	if (!strpbrk(text, ".e"))
		fputs(".0", stream);
}

const char *number_text(struct arena *arena, double number, int decimals)
{
	if (!isfinite(number))
		return "--";
	if (decimals < 0) {
		double size = fabs(number);
		int whole = size >= 1 ? (int)floor(log10(size)) + 1 : 1;

		/* Below a tenth, counted digits would promise more than was measured. */
		decimals = -decimals - whole;
		if (decimals < 0)
			decimals = 0;
		/* 9.996 has one digit before the point and still becomes 10.0. */
		if (decimals > 0 &&
			fabs(round(size * pow(10, decimals))) >= pow(10, decimals + whole))
			decimals--;
	}
	return arena_printf(arena, "%.*f", decimals, number);
}
