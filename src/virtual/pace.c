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
	struct virtual_pace found;

	while (*line == ' ')
		line++;
	if (!read_number(&line, &found.done) || *line++ != '/' ||
		!read_number(&line, &found.total) || *line != ' ' || found.done > found.total)
		return false;
	*pace = found;
	return true;
}

double virtual_pace_left_s(const struct virtual_pace paces[], size_t count, double elapsed_s)
{
	size_t done = 0, total = 0, known = 0;

	for (size_t i = 0; i < count; i++) {
		done += paces[i].done;
		total += paces[i].total;
		known += paces[i].total > 0;
	}
	if (done == 0)
		return NAN;
	return elapsed_s * ((double)total * (double)count / (double)known / (double)done - 1);
}
