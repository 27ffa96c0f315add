/* SPDX-License-Identifier: MIT */
/* Whether a host that never let its TAP run empty sent more than its line carries. */
#include "wire/internal.h"

enum {
	LEAST_FRAMES = 500 /* the least that a TAP holds; fewer in a row have not filled one */
};

void backlog_add(struct backlog *backlog, int64_t now_ns, double line_ns)
{
	if (backlog->frames++ == 0)
		backlog->first_ns = now_ns;
	backlog->last_ns = now_ns;
	backlog->line_ns += line_ns;
}

bool backlog_fell_behind(const struct backlog *backlog)
{
	return backlog->frames >= LEAST_FRAMES &&
	       backlog->line_ns < (double)(backlog->last_ns - backlog->first_ns);
}

void backlog_end(struct backlog *backlog)
{
	*backlog = (struct backlog){0};
}
