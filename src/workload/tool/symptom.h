/* SPDX-License-Identifier: MIT */
#pragma once

#include "workload/workload.h"

#include "base/attribute.h"

/* Gives a reading its cause and the evidence, unless it has them already. */
void symptom_fail(struct workload_reading *reading, enum cause cause, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
/* Likewise, with the command to blame. */
void symptom_blame(struct workload_reading *reading, enum cause cause, size_t blamed,
	const char *fmt, ...) PRINTF_LIKE(4, 5);

/*
 * Blames output that was not understood, and shows the line; NULL: the last one it printed. Without
 * it nobody could say whether the tool or our reader is wrong.
 */
void symptom_unread(const char *problem, const char *line, const struct workload_output *outputs,
	size_t index, struct workload_reading *reading);

/*
 * Whether the command was never started, was killed at its limit or died of a signal; then the
 * reading says so. A command that ended by itself is judged by its output.
 */
bool symptom_of_end(const char *what, const struct workload_output *outputs, size_t index,
	struct workload_reading *reading);

/* The cause that a document of a program of ours names; `otherwise` when it names none. */
enum cause symptom_said(const json_t *document, enum cause otherwise);

/* Blames a program of ours that failed: its document says {error, cause}, or it left only words. */
void symptom_of_own(const char *what, const struct workload_output *outputs, size_t index,
	const json_t *document, struct workload_reading *reading);

/* Start and length of the last line that is not blank; a length of 0 when there is none. */
const char *symptom_last_line(const char *text, int *ret_length);
