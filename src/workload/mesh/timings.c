/* SPDX-License-Identifier: MIT */
/* connection_timings.json of every host, in the published form. */
#include "workload/mesh/mesh.h"

#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* "2025-12-18T01:23:37.758862+00:00" */
static json_t *moment(double unix_s)
{
	int64_t us = unix_s >= 0 && unix_s < 1e11 ? llround(unix_s * 1e6) : 0;
	time_t seconds = (time_t)(us / 1000000);
	struct tm utc;
	char date[40], text[64];

	if (!gmtime_r(&seconds, &utc) || !strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &utc))
		return json_null();
	snprintf(text, sizeof(text), "%s.%06d+00:00", date, (int)(us % 1000000));
	return json_text(text);
}

/* "0:00:08.616448" */
static json_t *duration(double seconds)
{
	int64_t us = seconds > 0 ? llround(seconds * 1e6) : 0;

	return json_sprintf("%lld:%02lld:%02lld.%06lld", (long long)(us / 3600000000),
		(long long)(us / 60000000 % 60), (long long)(us / 1000000 % 60),
		(long long)(us % 1000000));
}

/* We ask all the time, so what answers is always the one attempt. */
static json_t *answer(const char *peer, double began_s, double took_s)
{
	bool is_success = took_s >= 0 && took_s < 86400;

	if (!is_success)
		return json_make("{s:n, s:n, s:n, s:i, s:s}", "response", "ended", "time_took",
			"attempt", 1, "status", "failed");
	return json_make("{s:s, s:o, s:o, s:i, s:s}", "response", peer, "ended",
		moment(began_s + took_s), "time_took", duration(took_s), "attempt", 1, "status",
		"success");
}

static void add_answer(json_t *file, const char *way, const char *prefix, const char *peer,
	double began_s, double took_s)
{
	char names[16], results[16], key[80];

	snprintf(names, sizeof(names), "%s_ips", way);
	snprintf(results, sizeof(results), "%s_results", way);
	snprintf(key, sizeof(key), "%s.%.70s", prefix, peer);
	json_object_set_new(json_object_get(file, names), key, json_text(peer));
	json_object_set_new(json_object_get(file, results), key, answer(peer, began_s, took_s));
}

json_t *mesh_connection_timings(const json_t *observations, const json_t *run)
{
	json_auto_t *described = run ? mesh_describe(observations, run) : NULL;
	double began_s = json_number_at(run, "/began_s", 0);
	bool is_reboot = isfinite(mesh_time(run, "up_s"));
	json_t *files = json_object(), *pair;
	size_t i;

	json_array_foreach (json_object_get(described, "pairs"), i, pair) {
		const char *from = mesh_text(pair, "from"), *to = mesh_text(pair, "to");
		json_t *file = json_object_get(files, from);

		if (!file) {
			file = json_make("{s:o, s:{}, s:{}, s:{}, s:{}}", "started",
				moment(began_s), "public_ips", "public_results", "vpn_ips",
				"vpn_results");
			json_object_set_new(files, from, file);
		}
		/* Before a VPN connects, the hosts are known to reach each other. */
		add_answer(file, "public", "v4", to, began_s,
			is_reboot ? json_number_at(pair, "/underlay_s", NAN) : 0);
		add_answer(
			file, "vpn", "vpn", to, began_s, json_number_at(pair, "/answered_s", NAN));
	}
	return files;
}
