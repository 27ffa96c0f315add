/* SPDX-License-Identifier: MIT */
/* Recorded paths as text: mahimahi traces and CSV. */
#include "netem/internal.h"

#include "base/arena.h"
#include "base/clock.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAHIMAHI_BYTES = 1504,
	CSV_COLUMNS = 5
};

static size_t count_lines(const char *text)
{
	size_t lines = 1;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

/* Start of the next line, or the final NUL. */
static const char *line_end(const char *line)
{
	return line + strcspn(line, "\n");
}

static bool is_blank(const char *from, const char *to)
{
	while (from < to && isspace((unsigned char)*from))
		from++;
	return from == to || *from == '#';
}

static int read_ms(const char *line, const char *end, int64_t *ret_ms)
{
	char *rest;
	long long value;

	errno = 0;
	value = strtoll(line, &rest, 10);
	if (rest == line || errno != 0 || value < 0 || value > INT32_MAX || !is_blank(rest, end))
		return -1;
	*ret_ms = value;
	return 0;
}

int netem_read_mahimahi(struct arena *arena, const char *name, const char *text,
	struct netem_timeline *ret_timeline, struct error *err)
{
	int64_t *times = arena_alloc(arena, int64_t, count_lines(text));
	int64_t ms = 0, last_ms = 0;
	size_t count = 0, number = 0;

	for (const char *line = text; *line;) {
		const char *end = line_end(line);

		number++;
		if (!is_blank(line, end)) {
			if (read_ms(line, end, &ms))
				return fail(err, ERROR_USAGE,
					"%s:%zu:1: not a whole number of milliseconds", name,
					number);
			if (ms < last_ms)
				return fail(err, ERROR_USAGE,
					"%s:%zu:1: %lld ms comes before the line above (%lld ms)",
					name, number, (long long)ms, (long long)last_ms);
			times[count++] = ms * NS_PER_MS;
			last_ms = ms;
		}
		line = *end ? end + 1 : end;
	}
	if (count == 0 || last_ms == 0)
		return fail(err, ERROR_USAGE, "%s: no opportunity after 0 ms in this trace", name);
	/* The last line is also the length of the trace; what it offers is sent as the next round.
	 */
	for (size_t i = count; i > 0 && times[i - 1] == last_ms * NS_PER_MS; i--)
		times[i - 1] -= 1;
	*ret_timeline = (struct netem_timeline){.opportunities_ns = times,
		.opportunity_count = count,
		.opportunity_bytes = MAHIMAHI_BYTES,
		.period_ns = last_ms * NS_PER_MS};
	return 0;
}

enum column {
	COLUMN_TIME,
	COLUMN_RATE,
	COLUMN_DELAY,
	COLUMN_LOSS,
	COLUMN_DOWN
};

static const char *const column_names[CSV_COLUMNS] = {
	"time_s", "rate_mbps", "delay_ms", "loss_percent", "down"};

struct csv {
	const char *name;
	size_t line;
	enum column columns[CSV_COLUMNS];
	size_t column_count;
	struct error *err;
};

static int refuse_at(const struct csv *csv, const char *line, const char *at, const char *what)
{
	return fail(csv->err, ERROR_USAGE, "%s:%zu:%zu: %s", csv->name, csv->line,
		(size_t)(at - line) + 1, what);
}

static const char *cell_end(const char *cell, const char *end)
{
	while (cell < end && *cell != ',' && *cell != '\r')
		cell++;
	return cell;
}

static int read_header(struct csv *csv, const char *line, const char *end)
{
	for (const char *cell = line; cell < end && *cell != '\r';) {
		const char *stop = cell_end(cell, end);
		size_t length = (size_t)(stop - cell), found = CSV_COLUMNS;

		for (size_t i = 0; i < CSV_COLUMNS; i++) {
			if (strlen(column_names[i]) == length &&
				strncmp(cell, column_names[i], length) == 0)
				found = i;
		}
		if (found == CSV_COLUMNS || csv->column_count == CSV_COLUMNS)
			return refuse_at(csv, line, cell,
				"columns are time_s, rate_mbps, delay_ms, loss_percent and down");
		csv->columns[csv->column_count++] = (enum column)found;
		cell = stop < end && *stop == ',' ? stop + 1 : stop;
	}
	if (csv->column_count < 2 || csv->columns[0] != COLUMN_TIME)
		return refuse_at(csv, line, line,
			"the first column must be time_s, and one more must follow");
	return 0;
}

static void store(struct netem_step *step, enum column column, double value)
{
	switch (column) {
	case COLUMN_TIME:
		step->at_ns = llrint(value * 1e9);
		break;
	case COLUMN_RATE:
		step->rate_bps = value * 1e6;
		break;
	case COLUMN_DELAY:
		step->delay_ns = llrint(value * 1e6);
		break;
	case COLUMN_LOSS:
		step->loss = value / 100;
		break;
	case COLUMN_DOWN:
		step->is_down = value != 0;
		break;
	}
}

static int read_row(struct csv *csv, const char *line, const char *end, struct netem_step *ret_step)
{
	struct netem_step step = {
		.rate_bps = NETEM_KEEP, .delay_ns = NETEM_KEEP, .loss = NETEM_KEEP};
	const char *cell = line;

	for (size_t i = 0; i < csv->column_count; i++) {
		const char *stop = cell_end(cell, end);
		double value;
		char *rest;

		if (!is_blank(cell, stop)) {
			value = strtod(cell, &rest);
			if (rest == cell || rest > stop || !is_blank(rest, stop) ||
				!(value >= 0 && value < 1e9))
				return refuse_at(csv, line, cell, "not a number from 0 on");
			store(&step, csv->columns[i], value);
		} else if (i == 0) {
			return refuse_at(csv, line, cell, "the time is missing");
		}
		cell = stop < end && *stop == ',' ? stop + 1 : stop;
	}
	if (!is_blank(cell, end))
		return refuse_at(csv, line, cell, "more cells than columns");
	*ret_step = step;
	return 0;
}

int netem_read_csv(struct arena *arena, const char *name, const char *text,
	struct netem_timeline *ret_timeline, struct error *err)
{
	struct netem_step *steps = arena_alloc(arena, struct netem_step, count_lines(text));
	struct csv csv = {.name = name, .err = err};
	size_t count = 0;

	for (const char *line = text; *line;) {
		const char *end = line_end(line);
		int status = 0;

		csv.line++;
		if (!is_blank(line, end))
			status = csv.column_count == 0 ? read_header(&csv, line, end)
						       : read_row(&csv, line, end, &steps[count++]);
		if (status)
			return -1;
		if (count > 1 && !is_blank(line, end) &&
			steps[count - 1].at_ns <= steps[count - 2].at_ns)
			return refuse_at(&csv, line, line, "the time does not rise");
		line = *end ? end + 1 : end;
	}
	if (count == 0)
		return fail(err, ERROR_USAGE, "%s: no row below the header", name);
	*ret_timeline = (struct netem_timeline){.steps = steps, .step_count = count};
	if (netem_timeline_check(ret_timeline, err))
		return fail_in(err, "%s", name);
	return 0;
}
