/* SPDX-License-Identifier: MIT */
/*
 * Round-trip times by iputils ping: several runs one after another. The published data are
 * summaries over runs; every single time is kept as a sample.
 */
#include "workload/workload.h"

#include "document/complaint.h"
#include "workload/tool/ping.h"
#include "workload/tool/symptom.h"

#include "record/summary.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	reading->bytes_moved = 2 * PING_PAYLOAD_BYTES * table->received;
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

static void blame_run(
	const struct workload_output *outputs, size_t index, struct workload_reading *reading)
{
	char when[32];

	snprintf(when, sizeof(when), "run %zu", index + 1);
	ping_blame(outputs, index, when, reading);
}

static void read_one(const struct workload_output *outputs, size_t index, struct ping_table *table,
	struct workload_reading *reading)
{
	AUTO(ping_freep) struct ping_run *run = ping_read(outputs[index].out);

	if (!symptom_of_end("ping", outputs, index, reading)) {
		if (!ping_is_complete(run) || outputs[index].dropped_bytes)
			blame_run(outputs, index, reading);
		else
			add_run(run, table);
	}
	json_array_append_new(json_object_get(reading->samples, "runs"), ping_samples(run));
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
