/* SPDX-License-Identifier: MIT */
#pragma once

#include "runner/runner.h"

#include <stdbool.h>

/* Progress on stderr: one line that is redrawn on a terminal, plain lines otherwise. */
struct progress_display {
	bool is_terminal;
	bool has_status; /* a status line stands on the terminal's last line */
};

struct progress_display progress_display_new(void);
/* A runner_listener; `context` is the display. */
void progress_listen(void *context, const struct runner_progress *progress);
/* Takes the status line away, so that other text can follow. */
void progress_display_end(struct progress_display *display);

/* "1 h 05 min", "2 min 05 s", "12 s" into `text`. */
void progress_duration(char text[32], double seconds);
