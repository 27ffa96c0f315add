/* SPDX-License-Identifier: MIT */
/* One rule for flows that fall silent, for those who measure and those who read. */
#include "document/silence.h"

#include <math.h>

/* Intervals end some microseconds before or after the second. */
#define TOLERANCE_S 0.05

struct silence silence_of(const double end_s[], const double amount[], size_t count)
{
	double end = count ? end_s[count - 1] : 0;
	struct silence silence = {0};

	for (size_t i = 0; i < count; i++)
		if (amount[i] > 0)
			silence.since_s = end_s[i];
	silence.lasts_to_the_end =
		end > 0 && end - silence.since_s > fmax(end / 3, SILENCE_LEAST_S) - TOLERANCE_S;
	return silence;
}
