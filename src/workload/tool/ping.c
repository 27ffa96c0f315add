/* SPDX-License-Identifier: MIT */
/* The output of iputils ping: each reply, the counts, the times. */
#include "workload/tool/ping.h"

#include "document/complaint.h"
#include "workload/tool/symptom.h"

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A clock that was set makes ping print negative round trips, such of weeks, or 0.000 ms where it
 * "takes countermeasures". */
#define RTT_MOST_MS 3.6e6

/* The number after `label` in a line. */
static bool number_after(const char *line, const char *label, double *ret_value)
{
	const char *at = strstr(line, label);
	char *end = NULL;

	if (!at)
		return false;
	at += strlen(label);
	*ret_value = strtod(at, &end);
	return end != at && isfinite(*ret_value);
}

/* "64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.254 ms (DUP!)" */
static void read_reply(const char *line, struct ping_run *run)
{
	double sequence, ms;

	if (!number_after(line, "icmp_seq=", &sequence) || !number_after(line, "time=", &ms))
		return;
	/* A duplicate is not a second answer; ping marks it, except for multicast. */
	if (sequence < 0 || sequence > PING_SEQUENCES_MAX || run->seen[(size_t)sequence])
		return;
	run->seen[(size_t)sequence] = 1;
	if (ms <= 0 || ms > RTT_MOST_MS) {
		json_array_append_new(run->refused_ms, json_real(ms));
		return;
	}
	json_array_append_new(run->sequences, json_integer((json_int_t)sequence));
	json_array_append_new(run->rtt_ms, json_real(ms));
}

/* One part of the counts: "3 received" or "+2 errors". */
static void read_count(char *part, struct ping_run *run)
{
	const struct {
		const char *words;
		int64_t *count;
	} counts[] = {
		{"packets transmitted", &run->transmitted},
		{"received", &run->received},
		{"duplicates", &run->duplicates},
		{"corrupted", &run->corrupted},
		{"errors", &run->errors},
	};
	struct error ignored;
	char *blank;

	part = text_trim(part);
	part += *part == '+';
	blank = strchr(part, ' ');
	if (!blank)
		return;
	*blank = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		if (strcmp(blank + 1, counts[i].words) == 0 &&
			text_integer(part, 0, INT32_MAX, counts[i].count, &ignored))
			*counts[i].count = -1;
	}
}

/* "5 packets transmitted, 4 received, +1 duplicates, 20% packet loss, time 812ms" */
static void read_counts(char *line, struct ping_run *run)
{
	char *rest = line, *part;

	run->transmitted = run->received = -1;
	while ((part = strsep(&rest, ",")))
		read_count(part, run);
	run->has_counts = run->transmitted > 0 && run->transmitted <= PING_SEQUENCES_MAX &&
			  run->received >= 0 && run->received <= run->transmitted;
}

/* "rtt min/avg/max/mdev = 0.060/0.127/0.254/0.089 ms" */
static void read_times(const char *line, struct ping_run *run)
{
	double *const times[] = {&run->min_ms, &run->average_ms, &run->max_ms, &run->deviation_ms};
	const char *at = strstr(line, "= ");

	if (!at)
		return;
	at += 2;
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		char *end = NULL;

		*times[i] = strtod(at, &end);
		if (end == at || !isfinite(*times[i]) ||
			*end != (i + 1 < ARRAY_SIZE(times) ? '/' : ' '))
			return;
		at = end + 1;
	}
	run->has_times = true;
}

/* ping's own summary holds the round trips that cannot be; this one is of the others. */
static void sum_up_again(struct ping_run *run)
{
	size_t count = json_array_size(run->rtt_ms);
	double sum = 0, squares = 0;

	run->has_times = count > 0;
	run->min_ms = INFINITY;
	run->max_ms = 0;
	for (size_t i = 0; i < count; i++) {
		double ms = json_number_value(json_array_get(run->rtt_ms, i));

		run->min_ms = fmin(run->min_ms, ms);
		run->max_ms = fmax(run->max_ms, ms);
		sum += ms;
		squares += ms * ms;
	}
	if (!count)
		return;
	run->average_ms = sum / (double)count;
	run->deviation_ms =
		sqrt(fmax(0, squares / (double)count - run->average_ms * run->average_ms));
}

static void read_output(const char *out, struct ping_run *run)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	char *rest = arena_strdup(arena, out), *line;

	while ((line = strsep(&rest, "\n"))) {
		if (strstr(line, " bytes from "))
			read_reply(line, run);
		else if (strstr(line, " packets transmitted, "))
			read_counts(line, run);
		else if (text_starts_with(line, "rtt min/avg/max/mdev"))
			read_times(line, run);
	}
	if (json_array_size(run->refused_ms))
		sum_up_again(run);
}

static json_t *lost_sequences(const struct ping_run *run)
{
	json_t *lost = json_array();

	for (int64_t i = 1; run->has_counts && i <= run->transmitted; i++) {
		if (!run->seen[i])
			json_array_append_new(lost, json_integer(i));
	}
	return lost;
}

json_t *ping_samples(const struct ping_run *run)
{
	return json_make("{s:O,s:O*,s:O,s:o,s:I,s:I,s:I,s:I,s:I}", "rtt_ms", run->rtt_ms,
		"refused_ms", json_array_size(run->refused_ms) ? run->refused_ms : NULL,
		"sequences", run->sequences, "lost_sequences", lost_sequences(run),
		"transmitted_packets", (json_int_t)run->transmitted, "received_packets",
		(json_int_t)run->received, "duplicates", (json_int_t)run->duplicates, "corrupted",
		(json_int_t)run->corrupted, "errors", (json_int_t)run->errors);
}

struct ping_run *ping_read(const char *out)
{
	struct ping_run *run = calloc(1, sizeof(*run));

	if (!run)
		abort();
	run->rtt_ms = json_array();
	run->refused_ms = json_array();
	run->sequences = json_array();
	read_output(out, run);
	return run;
}

void ping_freep(struct ping_run **run)
{
	if (!*run)
		return;
	json_decref((*run)->rtt_ms);
	json_decref((*run)->refused_ms);
	json_decref((*run)->sequences);
	free(*run);
}

bool ping_is_complete(const struct ping_run *run)
{
	return run->has_counts && (run->has_times || run->received == 0);
}

void ping_blame(const struct workload_output *outputs, size_t index, const char *when,
	struct workload_reading *reading)
{
	const struct workload_output *output = &outputs[index];
	int length;
	const char *line = symptom_last_line(output->errout, &length);

	if (!length)
		line = symptom_last_line(output->out, &length);
	if (output->exit_code == 0 || output->exit_code == 1)
		symptom_blame(reading, CAUSE_PARSE, index,
			"%s: ping's statistics are incomplete: %.*s", when, length, line);
	else
		symptom_blame(reading, complaint_cause(line, CAUSE_TOOL), index, "%s: %.*s", when,
			length, line);
}
