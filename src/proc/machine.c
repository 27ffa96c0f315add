/* SPDX-License-Identifier: MIT */
/* The machine as a whole: processor time, pressure, load, frequency and heat. */
#include "proc/machine.h"

#include "proc/internal.h"

#include "base/clock.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	FILE_BYTES = 64 * 1024, /* /proc/stat begins with a line for each processor */
	MOST_PROCESSORS = 4096
};

/* Lines "cpu0", "cpu1", ...: the processors that are online. */
static unsigned count_processors(const char *text)
{
	unsigned count = 0;

	for (const char *line = text; line;
		line = strchr(line, '\n'), line = line ? line + 1 : NULL)
		count += strncmp(line, "cpu", 3) == 0 && isdigit((unsigned char)line[3]);
	return count;
}

int machine_parse_times(
	const char *text, double ticks_per_s, struct machine_times *ret_times, struct error *err)
{
	unsigned long long t[8] = {0};
	unsigned processors = count_processors(text);

	/* user nice system idle iowait irq softirq steal; guest time is part of user */
	if (strncmp(text, "cpu ", 4) != 0 ||
		sscanf(text, /* NOLINT(cert-err34-c): the kernel's numbers fit */
			"cpu %llu %llu %llu %llu %llu %llu %llu %llu", &t[0], &t[1], &t[2], &t[3],
			&t[4], &t[5], &t[6], &t[7]) != 8 ||
		processors == 0)
		return fail(err, ERROR_PARSE, "read the machine's processor time from /proc/stat");
	*ret_times = (struct machine_times){.busy_s = ((double)t[0] + (double)t[1] + (double)t[2] +
							      (double)t[5] + (double)t[6]) /
						      ticks_per_s,
		.interrupts_s = ((double)t[5] + (double)t[6]) / ticks_per_s,
		.idle_s = ((double)t[3] + (double)t[4]) / ticks_per_s,
		.steal_s = (double)t[7] / ticks_per_s,
		.processors = processors};
	return 0;
}

bool machine_parse_stalled(const char *text, double *ret_s)
{
	const char *total = strncmp(text, "some ", 5) == 0 ? strstr(text, "total=") : NULL;
	const char *line_end = strchr(text, '\n');

	if (!total || (line_end && total > line_end) || !isdigit((unsigned char)total[6]))
		return false;
	*ret_s = (double)strtoull(total + 6, NULL, 10) / 1e6; /* the unit is a microsecond */
	return true;
}

bool machine_parse_schedstat(const char *text, double *ret_run_s, double *ret_wait_s)
{
	unsigned long long run_ns, wait_ns;

	if (sscanf(text, "%llu %llu", &run_ns, &wait_ns) != 2) /* NOLINT(cert-err34-c): they fit */
		return false;
	*ret_run_s = (double)run_ns / 1e9;
	*ret_wait_s = (double)wait_ns / 1e9;
	return true;
}

bool machine_parse_load(const char *text, double *ret_load)
{
	char *end = NULL;
	double load = strtod(text, &end);

	if (!isdigit((unsigned char)*text) || *end != ' ' || !isfinite(load))
		return false;
	*ret_load = load;
	return true;
}

static double stalled_by(const char *path)
{
	char text[512];
	double stalled_s;

	return read_small(path, text, sizeof(text)) && machine_parse_stalled(text, &stalled_s)
		       ? stalled_s
		       : NAN;
}

static double load_now(void)
{
	char text[128];
	double load;

	return read_small("/proc/loadavg", text, sizeof(text)) && machine_parse_load(text, &load)
		       ? load
		       : NAN;
}

/* A number in a file of one processor; NAN when there is none, as in most virtual machines. */
static double number_of_processor(unsigned processor, const char *file)
{
	char path[128], text[64], *end = NULL;
	double value;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/%s", processor, file);
	if (!read_small(path, text, sizeof(text)))
		return NAN;
	value = strtod(text, &end);
	return end == text ? NAN : value;
}

/* fmin() and fmax() take the other number where one is NAN. */
static void look_at_processors(struct machine_state *state)
{
	state->frequency_hz = state->frequency_limit_hz = state->throttles = NAN;
	for (unsigned i = 0; i < state->times.processors && i < MOST_PROCESSORS; i++) {
		double throttles = number_of_processor(i, "thermal_throttle/core_throttle_count");

		state->frequency_hz = fmin(state->frequency_hz,
			1e3 * number_of_processor(i, "cpufreq/scaling_cur_freq"));
		state->frequency_limit_hz = fmax(state->frequency_limit_hz,
			1e3 * number_of_processor(i, "cpufreq/cpuinfo_max_freq"));
		if (isfinite(throttles))
			state->throttles = isfinite(state->throttles) ? state->throttles + throttles
								      : throttles;
	}
}

int machine_look(struct machine_state *ret_state, struct error *err)
{
	struct machine_state state = {.at_ns = clock_now_ns()};
	char *text = malloc(FILE_BYTES);
	int failed;

	if (!text || !read_small("/proc/stat", text, FILE_BYTES)) {
		free(text);
		return fail_errno(err, "read /proc/stat");
	}
	failed = machine_parse_times(text, (double)sysconf(_SC_CLK_TCK), &state.times, err);
	free(text);
	if (failed)
		return -1;
	state.cpu_stalled_s = stalled_by("/proc/pressure/cpu");
	state.memory_stalled_s = stalled_by("/proc/pressure/memory");
	state.load = load_now();
	look_at_processors(&state);
	*ret_state = state;
	return 0;
}
