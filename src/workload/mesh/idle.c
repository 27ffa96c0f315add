/* SPDX-License-Identifier: MIT */
/*
 * What a mesh costs when nobody sends anything: processor, memory, wakeups and bytes of every host,
 * and how often each pair talks. It begins after a wait, because answers to the last traffic, such
 * as a keep-alive ten seconds after it, are not idleness.
 */
#include "workload/mesh/mesh.h"

#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double SETTLE_S = 10;
static const double LEAST_S = 10;

/* A window shows how much is sent by the hour when it holds this many periods of every pair ... */
static const double PERIODS_LEAST = 3;
/* ... or, where nobody spoke, when it is twice as long as the longest keep-alive. */
static const double QUIET_LEAST_S = 120;

static double seconds_of(const struct workload_case *c)
{
	return c->seconds > LEAST_S ? c->seconds : LEAST_S;
}

static double estimate_s(const struct workload_case *c)
{
	return SETTLE_S + seconds_of(c);
}

static void operations(const struct workload_case *c, struct arena *arena,
	struct workload_operation **ret_operations, size_t *ret_count)
{
	*ret_operations = arena_alloc(arena, struct workload_operation, 1);
	**ret_operations = (struct workload_operation){.name = "idle",
		.action = WORKLOAD_IDLE,
		.settle_s = SETTLE_S,
		.seconds = seconds_of(c)};
	*ret_count = 1;
}

static double number_of(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

static json_t *per_hour(const json_t *host, const char *key, double seconds)
{
	return mesh_number(number_of(host, key) / seconds * 3600);
}

/* Without a process there is nothing to say about processes: null, not zero. */
static json_t *describe_host(const json_t *host, double seconds)
{
	bool has_daemons = number_of(host, "daemons") > 0;
	double cpu_s = has_daemons ? number_of(host, "cpu_s") : NAN;
	double rss = has_daemons ? number_of(host, "rss_end_bytes") : NAN;

	return json_make("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "host",
		mesh_text(host, "host"), "daemons", mesh_number(number_of(host, "daemons")),
		"cpu_s", mesh_number(cpu_s), "cpu_percent", mesh_number(100 * cpu_s / seconds),
		"wakeups_per_s",
		mesh_number(has_daemons ? number_of(host, "wakeups") / seconds : NAN), "rss_bytes",
		mesh_number(rss), "peak_rss_bytes",
		mesh_number(has_daemons ? number_of(host, "peak_rss_bytes") : NAN),
		"rss_growth_bytes", mesh_number(rss - number_of(host, "rss_begin_bytes")),
		"sent_bytes_per_hour", per_hour(host, "sent_bytes", seconds),
		"sent_packets_per_hour", per_hour(host, "sent_packets", seconds),
		"received_bytes_per_hour", per_hour(host, "received_bytes", seconds),
		"received_packets_per_hour", per_hour(host, "received_packets", seconds));
}

/* Mean over hosts of those that have one. */
static double mean_of(const json_t *hosts, const char *key)
{
	double sum = 0;
	size_t known = 0, i;
	json_t *host;

	json_array_foreach (hosts, i, host) {
		const json_t *value = json_object_get(host, key);

		sum += json_number_value(value);
		known += json_is_number(value);
	}
	return known ? sum / (double)known : NAN;
}

/*
 * Whether what was sent in the window says what is sent in an hour. The keep-alives of VPNs are up
 * to a minute apart; also where nobody counted packets by pair.
 */
static bool is_steady(const json_t *pairs, double seconds)
{
	size_t speaking = 0, i;
	json_t *pair;

	json_array_foreach (pairs, i, pair) {
		double exchanges = number_of(pair, "exchanges");

		if (!(exchanges > 0))
			continue;
		speaking++;
		if (!(number_of(pair, "keepalive_s") <= seconds / PERIODS_LEAST))
			return false;
	}
	return speaking > 0 || seconds >= QUIET_LEAST_S;
}

static json_t *describe(const json_t *idle, struct workload_reading *reading)
{
	double seconds = number_of(idle, "seconds");
	const json_t *hosts = json_object_get(idle, "hosts");
	json_t *pairs = mesh_describe_talk(idle);
	json_t *described = json_array(), *host;
	bool steady = is_steady(pairs, seconds);
	size_t i;

	json_array_foreach (hosts, i, host)
		json_array_append_new(described, describe_host(host, seconds));
	reading->figures[0] = mean_of(described, "cpu_percent");
	reading->figures[1] = mean_of(described, "peak_rss_bytes") / (1 << 20);
	reading->figures[2] = mean_of(described, "wakeups_per_s");
	reading->figures[3] = steady ? mean_of(described, "sent_bytes_per_hour") / 1e3 : NAN;
	return json_make("{s:o, s:o, s:b, s:o, s:o}", "seconds", mesh_number(seconds), "settled_s",
		mesh_number(number_of(idle, "settled_s")), "traffic_is_steady", steady, "hosts",
		described, "pairs", pairs);
}

static void read_mesh(const struct workload_case *c, const json_t *observations,
	struct workload_reading *ret_reading)
{
	const json_t *run = mesh_run(observations, "idle", 0);
	const json_t *idle = json_object_get(run, "idle");
	struct workload_reading *reading = ret_reading;
	char cpu[32] = "no process";

	(void)c;
	mesh_judge(observations, reading);
	if (reading->cause == CAUSE_SUCCESS && !(number_of(idle, "seconds") > 0)) {
		reading->cause = CAUSE_PARSE;
		snprintf(reading->evidence, sizeof(reading->evidence), "nothing was observed");
	}
	reading->data = describe(idle, reading);
	if (isfinite(reading->figures[0]))
		snprintf(cpu, sizeof(cpu), "%.2f %% of a core", reading->figures[0]);
	if (isfinite(reading->figures[3]))
		snprintf(reading->headline, sizeof(reading->headline), "%s, %.3g kB sent an hour",
			cpu, reading->figures[3]);
	else
		snprintf(reading->headline, sizeof(reading->headline),
			"%s, too short for traffic by the hour", cpu);
}

const struct workload workload_idle = {
	.name = "idle",
	.file = "idle.json",
	.title = "Cost of an idle mesh",
	.figures = {"cpu_percent", "peak_rss_mib", "wakeups_per_s", "sent_kilobytes_per_hour"},
	.figures_title = "% of a core / MiB / wakeups per s / kB per hour, per host",
	.needs = (const char *const[]){NULL},
	.packages = (const char *const[]){NULL},
	.scope = WORKLOAD_MESH,
	.estimate_s = estimate_s,
	.operations = operations,
	.read_mesh = read_mesh,
};
