/* SPDX-License-Identifier: MIT */
/* How fast guests go on in the time of this machine, which their own clocks do not know. */
#include "virtual/virtual.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

static bool read_number(const char **at, size_t *ret_number)
{
	char *end = NULL;

	if (!isdigit((unsigned char)**at))
		return false;
	*ret_number = strtoul(*at, &end, 10);
	*at = end;
	return true;
}

bool virtual_pace_read(const char *line, struct virtual_pace *pace)
{
	struct virtual_pace found = *pace;

	while (*line == ' ')
		line++;
	if (!read_number(&line, &found.done) || *line++ != '/' ||
		!read_number(&line, &found.total) || *line != ' ' || found.done > found.total)
		return false;
	if (pace->total == 0 && found.done > 0)
		found.before = found.done - 1;
	*pace = found;
	return true;
}

/* How long a guest takes from its begin to its end, in its own time. */
static double whole_s(const struct virtual_pace *pace)
{
	if (pace->total > 0 && pace->done == pace->total)
		return pace->clock_s;
	if (pace->planned_s > pace->clock_s)
		return pace->planned_s;
	if (pace->done <= pace->before)
		return NAN;
	return pace->clock_s * (double)(pace->total - pace->before) /
	       (double)(pace->done - pace->before);
}

struct virtual_left virtual_pace_left(
	const struct virtual_pace paces[], size_t count, double elapsed_s)
{
	double passed_s = 0, left_s = 0;

	for (size_t i = 0; i < count; i++) {
		passed_s += paces[i].clock_s;
		left_s += whole_s(&paces[i]) - paces[i].clock_s;
	}
	return (struct virtual_left){
		.own_s = left_s, .wall_s = passed_s > 0 ? elapsed_s * left_s / passed_s : NAN};
}
