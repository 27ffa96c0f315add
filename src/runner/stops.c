/* SPDX-License-Identifier: MIT */
/* What somebody stopped while a cell was measured, as marks. */
#include "runner/stops.h"

#include "base/clock.h"
#include "record/mark.h"

#include <stdio.h>

static const int64_t STOP_NS = NS_PER_MS; /* nothing stops for less by itself either */

static void mark_stop(const struct proc_stop *stop, json_t *marks)
{
	char reason[200];

	snprintf(reason, sizeof(reason), "%s%s%s was stopped for %s%.3f s", stop->what,
		*stop->place ? " on " : "", stop->place, stop->is_ours ? "up to " : "",
		(double)stop->ns / 1e9);
	marks_add(marks, stop->part == PROC_SUBJECT ? MARK_DAEMON : MARK_INSTRUMENT, reason);
}

void stops_judge(const struct proc_stop stops[], size_t count, json_t *marks)
{
	for (size_t i = 0; i < count; i++) {
		if (stops[i].part != PROC_WIRE && stops[i].ns >= STOP_NS)
			mark_stop(&stops[i], marks);
	}
}
