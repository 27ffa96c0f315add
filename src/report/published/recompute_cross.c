/* SPDX-License-Identifier: MIT */
/* The published files that lay all profiles side by side. */
#include "report/published/recompute.h"

#include "base/json.h"

#include <math.h>
#include <string.h>

static json_t *profile_names(const struct report_results *results)
{
	json_t *names = json_array();

	for (size_t i = 0; i < results->profile_count; i++)
		json_array_append_new(names, json_text(results->profiles[i]));
	return names;
}

static json_t *vpn_names(const struct report_results *results)
{
	json_t *names = json_array();

	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		json_array_append_new(names, json_text(vpn->name));
	return names;
}

/* The average of a field in a comparison map; NAN when the VPN has no success there. */
static double average(const json_t *map, const char *vpn, const char *field)
{
	const json_t *entry = json_object_get(map, vpn);
	const json_t *data = json_object_get(entry, "data");

	return json_number_at(json_object_get(data, field), "/average", NAN);
}

static json_t *field_by_profile(const struct report_results *results,
	const struct profile_maps *maps, enum comparison comparison, const char *field)
{
	json_t *table = json_object();

	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		json_t *row = json_object();

		for (size_t i = 0; i < results->profile_count; i++) {
			double value = average(maps[i].maps[comparison], vpn->name, field);

			if (!isnan(value))
				json_object_set_new(row, results->profiles[i], json_real(value));
		}
		json_object_set_new(table, vpn->name, row);
	}
	return table;
}

static json_t *failed_by_profile(const struct report_results *results,
	const struct profile_maps *maps, enum comparison comparison)
{
	json_t *table = json_object();

	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		json_auto_t *failed = json_array();

		for (size_t i = 0; i < results->profile_count; i++) {
			const json_t *entry = json_object_get(maps[i].maps[comparison], vpn->name);

			if (strcmp(json_string_at(entry, "/status", ""), "error") == 0)
				json_array_append_new(failed, json_text(results->profiles[i]));
		}
		if (json_array_size(failed))
			json_object_set(table, vpn->name, failed);
	}
	return table;
}

struct heat {
	const char *key, *field;
};

/* `heats` ends with a NULL key. */
static json_t *heatmap(const struct report_results *results, const struct profile_maps *maps,
	enum comparison comparison, const struct heat *heats)
{
	json_t *value = json_make("{s:o}", "tc_profiles", profile_names(results));

	for (; heats->key; heats++)
		json_object_set_new(value, heats->key,
			field_by_profile(results, maps, comparison, heats->field));
	json_object_set_new(value, "failed", failed_by_profile(results, maps, comparison));
	return value;
}

/* Rows of numbers: the columns' averages over their divisors, then VPN and profile by number. */
struct axis {
	const char *field;
	double divisor;
};

static json_t *point(const json_t *map, const char *vpn, const struct axis *axes)
{
	json_t *row = json_array();

	for (; axes->field; axes++) {
		double value = average(map, vpn, axes->field);

		if (isnan(value)) {
			json_decref(row);
			return NULL;
		}
		json_array_append_new(row, json_real(value / axes->divisor));
	}
	return row;
}

static json_t *points(const struct report_results *results, const struct profile_maps *maps,
	enum comparison comparison, const struct axis *axes, bool indexes_first)
{
	json_t *rows = json_array();
	double number = 0;

	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next, number++) {
		for (size_t i = 0; i < results->profile_count; i++) {
			json_t *row = point(maps[i].maps[comparison], vpn->name, axes);
			size_t at = indexes_first ? 0 : json_array_size(row);

			if (!row)
				continue;
			json_array_insert_new(row, at, json_real(number));
			json_array_insert_new(row, at + 1, json_real((double)i));
			json_array_append_new(rows, row);
		}
	}
	return rows;
}

static json_t *scatter(
	const struct report_results *results, const char *const dimensions[3], json_t *data)
{
	return json_make("{s:[s,s,s,s,s],s:o,s:o,s:o}", "dimensions", dimensions[0], dimensions[1],
		dimensions[2], "vpn_index", "profile_index", "vpn_names", vpn_names(results),
		"tc_profiles", profile_names(results), "data", data);
}

static json_t *tcp_value(const struct report_results *results, const struct profile_maps *maps,
	enum comparison comparison)
{
	static const struct axis bars[] = {{"sender_throughput_mbps", 1}, {NULL, 0}};
	static const struct axis axes[] = {{"sender_throughput_mbps", 1},
		{"max_snd_wnd_bytes", 1024}, {"max_snd_cwnd_bytes", 1024}, {NULL, 0}};
	static const char *const dimensions[] = {"throughput", "window_size", "cwnd"};

	return json_make("{s:{s:o,s:o,s:o},s:o}", "bar3d", "vpn_names", vpn_names(results),
		"tc_profiles", profile_names(results), "throughput_data",
		points(results, maps, comparison, bars, true), "scatter3d",
		scatter(results, dimensions, points(results, maps, comparison, axes, false)));
}

static json_t *udp_value(const struct report_results *results, const struct profile_maps *maps)
{
	static const struct heat heats[] = {{"throughput", "receiver_throughput_mbps"},
		{"cpu", "host_cpu_percent"}, {NULL, NULL}};
	static const struct axis axes[] = {{"receiver_throughput_mbps", 1}, {"blksize_bytes", 1},
		{"total_bytes_received", 1073741824.0}, {NULL, 0}};
	static const char *const dimensions[] = {"throughput", "payload_size", "received_bytes_gb"};

	return json_make("{s:o,s:o}", "heatmap", heatmap(results, maps, COMPARISON_UDP, heats),
		"scatter",
		scatter(results, dimensions, points(results, maps, COMPARISON_UDP, axes, false)));
}

void recompute_cross_profiles(const struct report_results *results, const struct profile_maps *maps,
	void (*add)(void *context, const char *path, const json_t *value), void *context)
{
	static const struct {
		const char *path;
		enum comparison comparison;
		struct heat heats[3];
	} files[] = {
		{"cross_profile_ping.json", COMPARISON_PING,
			{{"rtt", "rtt_avg_ms"}, {"packet_loss", "packet_loss_percent"}}},
		{"cross_profile_qperf.json", COMPARISON_QPERF,
			{{"bandwidth", "total_bandwidth_mbps"}, {"cpu", "cpu_usage_percent"}}},
		{"cross_profile_video_streaming.json", COMPARISON_VIDEO,
			{{"quality", "quality"}, {"rtt_ms", "rtt_ms"}}},
		{"cross_profile_nix_cache.json", COMPARISON_NIX,
			{{"mean_seconds", "mean_seconds"}}},
	};
	json_auto_t *tcp = recompute_success(
		json_make("{s:o,s:o}", "tcp", tcp_value(results, maps, COMPARISON_TCP),
			"parallel_tcp", tcp_value(results, maps, COMPARISON_PARALLEL)));
	json_auto_t *udp = recompute_success(udp_value(results, maps));

	add(context, "cross_profile_tcp.json", tcp);
	add(context, "cross_profile_udp.json", udp);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		json_auto_t *value = recompute_success(json_make("{s:o}", "heatmap",
			heatmap(results, maps, files[i].comparison, files[i].heats)));

		add(context, files[i].path, value);
	}
}
