/* SPDX-License-Identifier: MIT */
/* How a run shows what it does: bar and estimate on a terminal, plain lines in a log. */
#include "cli/progress.h"

#include "cli/border.h"

#include "base/terminal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	BAR_WIDTH = 16
};

struct progress_display progress_display_new(void)
{
	const char *term = getenv("TERM"); /* NOLINT(concurrency-mt-unsafe): nothing sets it */

	return (struct progress_display){
		.is_terminal = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0};
}

void progress_duration(char text[32], double seconds)
{
	long whole = lround(seconds);

	if (whole >= 3600)
		snprintf(text, 32, "%ld h %02ld min", whole / 3600, whole / 60 % 60);
	else if (whole >= 60)
		snprintf(text, 32, "%ld min %02ld s", whole / 60, whole % 60);
	else
		snprintf(text, 32, "%ld s", whole);
}

void progress_display_end(struct progress_display *display)
{
	if (display->has_status)
		border_control("\r\033[K");
	display->has_status = false;
}

static void draw_status(struct progress_display *display, const struct runner_progress *progress)
{
	size_t total = progress->cells_total ? progress->cells_total : 1;
	size_t filled = progress->cells_done * BAR_WIDTH / total;
	size_t width = terminal_width(stderr);
	char left[32], line[512];

	progress_duration(left, progress->left_s);
	snprintf(line, sizeof(line), "[%.*s%*s] %zu/%zu, about %s left: %s", (int)filled,
		"################", (int)(BAR_WIDTH - filled), "", progress->cells_done,
		progress->cells_total, left, progress->doing);
	/* A second line would stay when the first one is drawn again. */
	terminal_fit(line, width ? width - 1 : 0);
	border_control("\r\033[K");
	fputs(line, stderr);
	display->has_status = true;
}

static void print_outcome(struct progress_display *display, const struct runner_progress *progress)
{
	const struct runner_outcome *outcome = progress->outcome;
	bool failed = outcome->cause != CAUSE_SUCCESS;
	bool is_red = display->is_terminal && failed;

	progress_display_end(display);
	fprintf(stderr, "%3zu/%zu  %s  ", progress->cells_done, progress->cells_total,
		progress->doing);
	if (is_red)
		border_control("\033[31m");
	fprintf(stderr, "%s%s%s", failed ? cause_name(outcome->cause) : outcome->headline,
		failed ? ": " : "", failed ? outcome->evidence : "");
	if (is_red)
		border_control("\033[0m");
	fputc('\n', stderr);
}

void progress_listen(void *context, const struct runner_progress *progress)
{
	struct progress_display *display = context;

	if (progress->warning) {
		progress_display_end(display);
		fprintf(stderr, "meshbench: %s\n", progress->warning);
	} else if (progress->outcome) {
		print_outcome(display, progress);
	} else if (display->is_terminal) {
		draw_status(display, progress);
	}
}
