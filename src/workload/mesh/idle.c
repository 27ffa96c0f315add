/* SPDX-License-Identifier: MIT */
/*
 * What a mesh costs when nobody sends anything: processor, memory, wakeups and bytes of every host,
 * and how often each pair talks. It begins after a wait, because answers to the last traffic, such
 * as a keep-alive ten seconds after it, are not idleness.
 */
#include "workload/mesh/mesh.h"

#include "base/json.h"
#include "stats/stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double SETTLE_S = 10;
static const double LEAST_S = 10;

/* A window shows how much is sent by the hour when it holds this many periods of every pair ... */
static const double PERIODS_LEAST = 3;
/* ... or, where nobody spoke, when it is twice as long as the longest keep-alive. */
static const double QUIET_LEAST_S = 120;

/* Packets of one direction that follow one another within this are one exchange. */
static const double EXCHANGE_S = 0.1;

enum {
	/* No datagram is as short, so it is ARP, which is the hosts' and not the VPN's. */
	ARP_BYTES = 42
};

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

/* One direction of a pair of hosts, packet by packet. */
struct talk {
	double packets, bytes, last_s, exchange_s;
	double *intervals_s;
	size_t exchanges;
};

static void hear(struct talk *talk, double at_s, double bytes, double packets)
{
	talk->packets += packets;
	talk->bytes += bytes;
	if (talk->exchanges == 0 || at_s - talk->last_s > EXCHANGE_S) {
		if (talk->exchanges)
			talk->intervals_s[talk->exchanges - 1] = at_s - talk->exchange_s;
		talk->exchange_s = at_s;
		talk->exchanges++;
	}
	talk->last_s = at_s;
}

/* [at_s, from, to, bytes, packets] with hosts by number; lost packets have no `to`. */
static void listen_to(const json_t *packets, double from, double to, struct talk *talk)
{
	json_t *packet;
	size_t i;

	json_array_foreach (packets, i, packet) {
		const json_t *target = json_array_get(packet, 2);
		double bytes = json_number_value(json_array_get(packet, 3));

		if (bytes > ARP_BYTES && json_is_number(target) &&
			json_number_value(target) == to &&
			json_number_value(json_array_get(packet, 1)) == from)
			hear(talk, json_number_value(json_array_get(packet, 0)), bytes,
				json_number_value(json_array_get(packet, 4)));
	}
}

static json_t *describe_pair(const json_t *hosts, const json_t *packets, size_t from, size_t to)
{
	struct talk talk = {
		.intervals_s = calloc(json_array_size(packets) + 1, sizeof(*talk.intervals_s))};
	double interval_s;

	if (!talk.intervals_s)
		abort();
	listen_to(packets, (double)from, (double)to, &talk);
	interval_s = talk.exchanges > 1 ? stats_median(talk.intervals_s, talk.exchanges - 1) : NAN;
	free(talk.intervals_s);
	return json_make("{s:s, s:s, s:f, s:f, s:I, s:o}", "from",
		mesh_text(json_array_get(hosts, from), "host"), "to",
		mesh_text(json_array_get(hosts, to), "host"), "packets", talk.packets, "bytes",
		talk.bytes, "exchanges", (json_int_t)talk.exchanges, "keepalive_s",
		mesh_number(interval_s));
}

/* Null with engines that see no packets. */
static json_t *describe_pairs(const json_t *hosts, const json_t *packets)
{
	json_t *pairs = json_array();

	if (!json_is_array(packets)) {
		json_decref(pairs);
		return json_null();
	}
	for (size_t from = 0; from < json_array_size(hosts); from++) {
		for (size_t to = 0; to < json_array_size(hosts); to++) {
			if (from != to)
				json_array_append_new(
					pairs, describe_pair(hosts, packets, from, to));
		}
	}
	return pairs;
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
	json_t *pairs = describe_pairs(hosts, json_object_get(idle, "packets"));
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
