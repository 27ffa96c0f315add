/* SPDX-License-Identifier: MIT */
/*
 * Round-trip times by iputils ping: several runs one after another. The published data are
 * summaries over runs; every single time is kept as a sample.
 */
#include "workload/workload.h"

#include "document/complaint.h"
#include "workload/tool/symptom.h"

#include "record/summary.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* icmp_seq has 16 bits; beyond that a sequence number names several packets. */
#define SEQUENCES_MAX 65535
#define PAYLOAD_BYTES 56
/* A clock that was set makes ping print negative round trips, or such of weeks. */
#define RTT_MOST_MS 3.6e6

/* What one run printed. */
struct ping_run {
	bool has_counts, has_times;
	int64_t transmitted, received, duplicates, corrupted, errors;
	double min_ms, average_ms, max_ms, deviation_ms;
	json_t *rtt_ms, *sequences; /* of the same length */
	json_t *refused_ms;         /* round trips that cannot be */
	unsigned char seen[SEQUENCES_MAX + 1];
};

static const struct setting ping_count = {"ping_count", SETTING_INTEGER, "20", NULL, 1, 100000,
	.argument = "N", .help = "packets of each ping run"};
static const struct setting ping_runs = {"ping_runs", SETTING_INTEGER, "3", NULL, 1, 1000,
	.argument = "N", .help = "ping runs on each link"};

static double limit_s(const struct workload_case *c)
{
	/* Published: 0.3 s a packet, which are sent every 0.2 s, and 10 s for slow starts. */
	return (double)setting_integer(c->options, &ping_count) * 0.3 + 10;
}

static double estimate_s(const struct workload_case *c)
{
	return (double)setting_integer(c->options, &ping_runs) *
	       (double)setting_integer(c->options, &ping_count) * 0.2;
}

static void commands(const struct workload_case *c, struct arena *arena,
	struct workload_command **ret_commands, size_t *ret_count)
{
	size_t count = (size_t)setting_integer(c->options, &ping_runs);
	struct workload_command *list = arena_alloc(arena, struct workload_command, count);

	for (size_t i = 0; i < count; i++) {
		const char *const *argv = ARENA_LIST(arena, "ping", "-n", "-c",
			arena_printf(
				arena, "%lld", (long long)setting_integer(c->options, &ping_count)),
			"-i", "0.2", "-W", "1", c->target_address);

		list[i] = (struct workload_command){
			.what = arena_printf(arena, "ping, run %zu of %zu", i + 1, count),
			.side = WORKLOAD_SOURCE,
			.argv = argv,
			.wave = (unsigned)i,
			.limit_ns = (int64_t)(limit_s(c) * (double)NS_PER_S),
			/* A reply is at most 100 characters, a complaint of a router less than 200.
			 */
			.keep_bytes = 8192 + (size_t)512 * (size_t)setting_integer(
								   c->options, &ping_count),
		};
	}
	*ret_commands = list;
	*ret_count = count;
}

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
	if (sequence < 0 || sequence > SEQUENCES_MAX || run->seen[(size_t)sequence])
		return;
	run->seen[(size_t)sequence] = 1;
	if (ms < 0 || ms > RTT_MOST_MS) {
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
	run->has_counts = run->transmitted > 0 && run->transmitted <= SEQUENCES_MAX &&
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

static void read_run(const char *out, struct ping_run *run)
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

static json_t *run_samples(const struct ping_run *run)
{
	return json_make("{s:O,s:O*,s:O,s:o,s:I,s:I,s:I,s:I,s:I}", "rtt_ms", run->rtt_ms,
		"refused_ms", json_array_size(run->refused_ms) ? run->refused_ms : NULL,
		"sequences", run->sequences, "lost_sequences", lost_sequences(run),
		"transmitted_packets", (json_int_t)run->transmitted, "received_packets",
		(json_int_t)run->received, "duplicates", (json_int_t)run->duplicates, "corrupted",
		(json_int_t)run->corrupted, "errors", (json_int_t)run->errors);
}

/* What a run that cannot be read says about itself. */
static void blame_run(
	const struct workload_output *outputs, size_t index, struct workload_reading *reading)
{
	const struct workload_output *output = &outputs[index];
	int length;
	const char *line = symptom_last_line(output->errout, &length);

	if (!length)
		line = symptom_last_line(output->out, &length);
	if (output->exit_code == 0 || output->exit_code == 1)
		symptom_blame(reading, CAUSE_PARSE, index,
			"run %zu: ping's statistics are incomplete: %.*s", index + 1, length, line);
	else
		symptom_blame(reading, complaint_cause(line, CAUSE_TOOL), index, "run %zu: %.*s",
			index + 1, length, line);
}

/* Values of the runs: five columns in the order of the published keys. */
struct ping_table {
	double *columns[5];
	size_t timed, counted;
	double received;
};

static void add_run(const struct ping_run *run, struct ping_table *table)
{
	double lost = (double)(run->transmitted - run->received);

	table->columns[4][table->counted++] = 100 * lost / (double)run->transmitted;
	table->received += (double)run->received;
	if (run->received == 0)
		return;
	table->columns[0][table->timed] = run->min_ms;
	table->columns[1][table->timed] = run->average_ms;
	table->columns[2][table->timed] = run->max_ms;
	table->columns[3][table->timed++] = run->deviation_ms;
}

static void conclude(const struct ping_table *table, const struct workload_output *outputs,
	struct workload_reading *reading)
{
	static const char *const keys[] = {"rtt_min_ms", "rtt_avg_ms", "rtt_max_ms", "rtt_mdev_ms"};
	json_t *loss = summary_json(table->columns[4], table->counted);
	double lost_percent = json_number_value(json_object_get(loss, "average"));

	reading->data = json_object();
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		json_object_set_new(
			reading->data, keys[i], summary_json(table->columns[i], table->timed));
	json_object_set_new(reading->data, "packet_loss_percent", loss);
	/* A reply proves that the request arrived, too. */
	reading->bytes_moved = 2 * PAYLOAD_BYTES * table->received;
	if (table->timed && reading->cause == CAUSE_SUCCESS) {
		double rtt_ms = json_number_at(reading->data, "/rtt_avg_ms/average", 0);

		reading->figures[0] = rtt_ms;
		reading->figures[1] = lost_percent;
		snprintf(reading->headline, sizeof(reading->headline), "%.*f ms, %.3g %% lost",
			rtt_ms < 10 ? 2 : 1, rtt_ms, lost_percent);
	} else if (!table->timed && table->counted) {
		int length;
		const char *line = symptom_last_line(outputs[0].errout, &length);

		symptom_blame(reading, CAUSE_UNREACHABLE, 0, "no reply to any packet%s%.*s",
			length ? ": " : "", length, line);
	}
}

static void read_one(const struct workload_output *outputs, size_t index, struct ping_table *table,
	struct workload_reading *reading)
{
	struct ping_run *run = calloc(1, sizeof(*run));

	if (!run)
		abort();
	run->rtt_ms = json_array();
	run->refused_ms = json_array();
	run->sequences = json_array();
	read_run(outputs[index].out, run);
	if (!symptom_of_end("ping", outputs, index, reading)) {
		bool is_complete = run->has_counts && (run->has_times || run->received == 0);

		if (!is_complete || outputs[index].dropped_bytes)
			blame_run(outputs, index, reading);
		else
			add_run(run, table);
	}
	json_array_append_new(json_object_get(reading->samples, "runs"), run_samples(run));
	json_decref(run->rtt_ms);
	json_decref(run->refused_ms);
	json_decref(run->sequences);
	free(run);
}

static void read_outputs(const struct workload_case *c, const struct workload_output *outputs,
	size_t count, struct workload_reading *ret_reading)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct ping_table table = {0};

	*ret_reading = (struct workload_reading){0};
	for (size_t i = 0; i < ARRAY_SIZE(table.columns); i++)
		table.columns[i] = arena_alloc(arena, double, count ? count : 1);
	ret_reading->samples =
		json_make("{s:s,s:s,s:[]}", "from", c->source, "to", c->target, "runs");
	for (size_t i = 0; i < count; i++)
		read_one(outputs, i, &table, ret_reading);
	conclude(&table, outputs, ret_reading);
}

const struct workload workload_ping = {
	.name = "ping",
	.file = "ping.json",
	.settings = (const struct setting *const[]){&ping_count, &ping_runs, NULL},
	.title = "Round-trip time and loss (ping)",
	.figures = {"rtt_ms", "lost_percent"},
	.figures_title = "ms round trip / % lost",
	.needs = (const char *const[]){"ping", NULL},
	.packages = (const char *const[]){"iputils-ping", NULL},
	.estimate_s = estimate_s,
	.commands = commands,
	.read = read_outputs,
};
