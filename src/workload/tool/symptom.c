/* SPDX-License-Identifier: MIT */
/* What commands left behind, and the cause that stands for it. */
#include "workload/tool/symptom.h"

#include "document/complaint.h"

#include "base/json.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void give_cause(
	struct workload_reading *reading, enum cause cause, const char *fmt, va_list args)
{
	reading->cause = cause;
	vsnprintf(reading->evidence, sizeof(reading->evidence), fmt, args);
}

void symptom_fail(struct workload_reading *reading, enum cause cause, const char *fmt, ...)
{
	va_list args;

	if (reading->cause != CAUSE_SUCCESS)
		return;
	va_start(args, fmt);
	give_cause(reading, cause, fmt, args);
	va_end(args);
}

void symptom_blame(
	struct workload_reading *reading, enum cause cause, size_t blamed, const char *fmt, ...)
{
	va_list args;

	if (reading->cause != CAUSE_SUCCESS)
		return;
	reading->has_blamed = true;
	reading->blamed = blamed;
	va_start(args, fmt);
	give_cause(reading, cause, fmt, args);
	va_end(args);
}

void symptom_unread(const char *problem, const char *line, const struct workload_output *outputs,
	size_t index, struct workload_reading *reading)
{
	int length;

	line = symptom_last_line(line ? line : outputs[index].out, &length);
	if (!length)
		line = symptom_last_line(outputs[index].errout, &length);
	if (length)
		symptom_blame(reading, CAUSE_PARSE, index, "%s: '%.*s'", problem, length, line);
	else
		symptom_blame(reading, CAUSE_PARSE, index, "%s: it printed nothing", problem);
}

bool symptom_of_end(const char *what, const struct workload_output *outputs, size_t index,
	struct workload_reading *reading)
{
	const struct workload_output *output = &outputs[index];

	if (output->timed_out)
		symptom_blame(reading, CAUSE_TIMEOUT, index, "%s did not end within %.0f s", what,
			(double)(output->ended_ns - output->started_ns) / 1e9);
	else if (output->signal)
		symptom_blame(reading, CAUSE_TOOL, index, "%s was ended by signal %d", what,
			output->signal);
	else if (output->exit_code < 0)
		symptom_blame(reading, CAUSE_TOOL, index, "%s was not started", what);
	else
		return false;
	return true;
}

enum cause symptom_said(const json_t *document, enum cause otherwise)
{
	enum cause cause;

	if (cause_named(json_string_at(document, "/cause", ""), &cause) && cause != CAUSE_SUCCESS)
		return cause;
	return otherwise;
}

void symptom_of_own(const char *what, const struct workload_output *outputs, size_t index,
	const json_t *document, struct workload_reading *reading)
{
	const char *problem = json_string_at(document, "/error", NULL);
	int length;
	const char *line = symptom_last_line(outputs[index].errout, &length);

	if (problem)
		symptom_blame(reading, symptom_said(document, CAUSE_TOOL), index, "%s: %s", what,
			problem);
	else if (outputs[index].exit_code != 0)
		symptom_blame(reading, CAUSE_TOOL, index, "%s: %.*s", what, length ? length : 30,
			length ? line : "it failed without an error message");
}

const char *symptom_last_line(const char *text, int *ret_length)
{
	size_t end = strlen(text), start;

	while (end && isspace((unsigned char)text[end - 1]))
		end--;
	start = end;
	while (start && text[start - 1] != '\n')
		start--;
	*ret_length = end - start > 300 ? 300 : (int)(end - start);
	return text + start;
}
