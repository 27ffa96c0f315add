/* SPDX-License-Identifier: MIT */
/* Envelopes, pings, streams, caches and connection checks as numbers. */
#include "report/model/result_file.h"

#include "record/cause.h"
#include "record/meta.h"

#include "base/fd.h"
#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double published_step_s = 1; /* of connection checks */

enum {
	MOST_REPORTS = 100000 /* of a receiver, one a second */
};

static struct report_series series_of(struct arena *arena, const json_t *array, size_t most)
{
	struct report_series series = {0};
	size_t size = json_array_size(array);

	series.values = arena_alloc(arena, double, (size < most ? size : most) + 1);
	for (size_t i = 0; i < size && i < most; i++) {
		const json_t *number = json_array_get(array, i);

		if (!json_is_number(number))
			break;
		series.values[series.count++] = json_number_value(number);
	}
	return series;
}

/* The last line that says something, cut to a readable length. */
static const char *last_line(struct arena *arena, const char *text)
{
	const char *end = text + strlen(text), *start;

	while (end > text && strchr(" \r\n\t", end[-1]))
		end--;
	for (start = end; start > text && start[-1] != '\n';)
		start--;
	return arena_strndup(arena, start, end - start > 240 ? 240 : (size_t)(end - start));
}

/* A failed iperf3 prints its reason as JSON; other tools say it last on stderr. */
const char *result_file_detail(struct arena *arena, const json_t *error)
{
	const char *text = json_string_value(error);
	static const char *const places[] = {"/msg", "/stderr", "/stdout", "/description"};
	const char *description = json_string_at(error, "/description", text);
	const char *out = text ? text : json_string_at(error, "/stdout", "");
	const char *reason = strstr(out, "\"error\"");

	if (reason)
		return last_line(arena, arena_strndup(arena, reason, strcspn(reason, "\n}")));
	if (description && *description)
		return last_line(arena, description);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		const char *said = json_string_at(error, places[i], "");

		if (*said)
			return last_line(arena, said);
	}
	return NULL;
}

static const char *text_at(struct arena *arena, const json_t *value, const char *pointer)
{
	return arena_strdup(arena, json_string_at(value, pointer, "?"));
}

/* Of both ends of all flows: the one whose second thread had most to do. */
static void read_threads(const json_t *capacity, struct report_effort *effort)
{
	const json_t *entry, *end;
	size_t i, k;

	json_array_foreach (capacity, i, entry) {
		json_array_foreach (json_object_get(entry, "ends"), k, end) {
			double second_s = json_number_at(end, "/second_thread_cpu_s", NAN);

			if (isnan(second_s) || second_s < effort->second_thread_cpu_s)
				continue;
			effort->second_thread_cpu_s = second_s;
			effort->threads_cpu_s = json_number_at(end, "/cpu_s", NAN);
		}
	}
}

static struct report_effort read_effort(struct arena *arena, const json_t *value)
{
	const json_t *resources = json_at(value, "/meta/resources");
	const json_t *busiest = json_object_get(resources, "busiest_thread");
	const json_t *capacity = json_at(value, "/meta/capacity");
	const json_t *machine = json_at(value, "/meta/machine");
	struct report_effort effort = {
		.daemons_s_per_gb = json_number_at(resources, "/daemons_cpu_s_per_gb", NAN),
		.busiest_share = json_number_at(busiest, "/share_of_core", NAN),
		.one_core_mbps = meta_least_capacity_mbps(capacity, "one_core_mbps"),
		.cores_to_spare_mbps = meta_least_capacity_mbps(capacity, "cores_to_spare_mbps"),
		.release_error_us = json_number_at(value, "/meta/wire/release_error_us/p99", NAN),
		.processors = json_number_at(machine, "/processors", NAN),
		.threads_cpu_s = NAN,
		.second_thread_cpu_s = NAN,
	};

	read_threads(capacity, &effort);

	effort.idle_share = json_number_at(machine, "/idle_s", NAN) /
			    (json_number_at(machine, "/wall_s", NAN) * effort.processors);

	if (!isnan(effort.busiest_share)) {
		effort.thread = text_at(arena, busiest, "/thread");
		effort.daemon = text_at(arena, busiest, "/daemon");
		effort.host = text_at(arena, busiest, "/host");
	}
	return effort;
}

void result_file_outcome(struct report_results *results, const struct tree_entry *entry,
	struct report_outcome *outcome)
{
	const char *logs = json_string_at(entry->value, "/meta/service_logs", "");
	json_t *error = json_object_get(entry->value, "error");

	outcome->envelope = entry->envelope;
	outcome->path = entry->path;
	outcome->effort = read_effort(results->arena, entry->value);
	if (entry->envelope.status != ENVELOPE_ERROR)
		return;
	outcome->logs_say_too_long =
		strcasestr(logs, "message too long") || strstr(logs, "EMSGSIZE");
	outcome->error = error;
	json_array_append(results->kept, error);
	outcome->detail = result_file_detail(results->arena, error);
}

/* A file that says success and lacks what it is there for. */
static void reject(struct report_results *results, const struct tree_entry *entry,
	struct report_outcome *outcome)
{
	tree_add_problem(results->arena, &results->reading, entry->path,
		"its status is success, but the numbers of its workload are missing");
	*outcome = (struct report_outcome){0};
}

static bool read_summary(const json_t *data, const char *pointer, struct summary *ret_summary)
{
	const json_t *stats = json_at(data, pointer);
	double average = json_number_at(stats, "/average", NAN);

	if (isnan(average))
		return false;
	*ret_summary = (struct summary){
		.min = json_number_at(stats, "/min", average),
		.average = average,
		.max = json_number_at(stats, "/max", average),
		.p25 = json_number_at(stats, "/percentiles/p25", average),
		.p50 = json_number_at(stats, "/percentiles/p50", average),
		.p75 = json_number_at(stats, "/percentiles/p75", average),
	};
	return true;
}

/* Reads all pointers or rejects the file; a failure only keeps its frame. */
static bool read_summaries(struct report_results *results, const struct tree_entry *entry,
	struct report_outcome *outcome, const char *const *pointers, size_t count,
	struct summary *into)
{
	result_file_outcome(results, entry, outcome);
	if (entry->envelope.status != ENVELOPE_SUCCESS)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!read_summary(entry->data, pointers[i], &into[i])) {
			reject(results, entry, outcome);
			return false;
		}
	}
	return true;
}

/* Every answer of every run, one behind the other. */
static void read_round_trips(
	struct arena *arena, const json_t *repetitions, struct report_series *ret_series)
{
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(repetitions); i++)
		count += json_array_size(json_at(json_array_get(repetitions, i), "/rtt_ms"));
	ret_series->values = arena_alloc(arena, double, count + 1);
	for (size_t i = 0; i < json_array_size(repetitions); i++) {
		struct report_series repetition =
			series_of(arena, json_at(json_array_get(repetitions, i), "/rtt_ms"), count);

		for (size_t j = 0; j < repetition.count; j++)
			ret_series->values[ret_series->count++] = repetition.values[j];
	}
}

void result_file_ping(struct report_results *results, const struct tree_entry *entry,
	struct report_repetition *repetition)
{
	static const char *const pointers[PING_METRICS] = {"/rtt_min_ms", "/rtt_avg_ms",
		"/rtt_max_ms", "/rtt_mdev_ms", "/packet_loss_percent"};

	if (!read_summaries(results, entry, &repetition->ping.outcome, pointers, PING_METRICS,
		    repetition->ping.metrics))
		return;
	read_round_trips(
		results->arena, json_at(entry->samples, "/runs"), &repetition->ping.rtt_ms);
}

void result_file_qperf(struct report_results *results, const struct tree_entry *entry,
	struct report_repetition *repetition)
{
	static const char *const pointers[QPERF_METRICS] = {
		"/total_bandwidth_mbps", "/cpu_usage_percent", "/ttfb_ms", "/conn_time_ms"};

	const char *fate = json_string_at(entry->data, "/datagram_of_1280", NULL);

	if (!read_summaries(results, entry, &repetition->qperf.outcome, pointers, QPERF_METRICS,
		    repetition->qperf.metrics))
		return;
	if (fate)
		repetition->qperf.datagram_of_1280 = arena_strdup(results->arena, fate);
}

void result_file_video(struct report_results *results, const struct tree_entry *entry,
	struct report_repetition *repetition)
{
	static const char *const pointers[VIDEO_METRICS] = {"/encoding/bitrate_kbps",
		"/encoding/fps", "/encoding/dropped_frames", "/network/quality", "/network/rtt_ms",
		"/network/packets_recovered", "/network/packets_dropped"};

	if (!read_summaries(results, entry, &repetition->video.outcome, pointers, VIDEO_METRICS,
		    repetition->video.metrics))
		return;
	repetition->video.lost_packets = series_of(
		results->arena, json_at(entry->samples, "/receiver/lost_packets"), MOST_REPORTS);
}

/* With --ignore-failure hyperfine times failing commands as well. */
static bool has_failed_command(const json_t *result)
{
	const json_t *code;
	size_t i;

	json_array_foreach (json_object_get(result, "exit_codes"), i, code)
		if (json_is_number(code) && json_number_value(code) != 0)
			return true;
	return false;
}

/*
 * The last line that begins with "error:": what ended nix. Before it are warnings that did not, and
 * behind it hyperfine's words. NULL when there is none.
 */
static const char *nix_said(struct arena *arena, const char *text)
{
	const char *said = NULL, *end;

	for (const char *line = text; *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		if (strncmp(line, "error:", strlen("error:")) == 0)
			said = arena_strndup(arena, line, (size_t)(end - line));
	}
	return said;
}

void result_file_nix(struct report_results *results, const struct tree_entry *entry,
	struct report_repetition *repetition)
{
	struct report_nix *nix = &repetition->nix;
	const json_t *result = json_at(entry->data, "/results/0");
	const char *said;

	result_file_outcome(results, entry, &nix->outcome);
	said = nix_said(results->arena, json_string_at(nix->outcome.error, "/stderr", ""));
	if (said)
		nix->outcome.detail = said;
	if (entry->envelope.status != ENVELOPE_SUCCESS)
		return;
	nix->mean_s = json_number_at(result, "/mean", NAN);
	nix->stddev_s = json_number_at(result, "/stddev", 0);
	nix->min_s = json_number_at(result, "/min", nix->mean_s);
	nix->max_s = json_number_at(result, "/max", nix->mean_s);
	nix->user_s = json_number_at(result, "/user", NAN);
	nix->system_s = json_number_at(result, "/system", NAN);
	nix->times_s = series_of(results->arena, json_at(result, "/times"), 1000);
	if (has_failed_command(result)) {
		nix->outcome.envelope.status = ENVELOPE_ERROR;
		nix->outcome.envelope.cause = cause_name(CAUSE_TOOL);
		nix->outcome.detail =
			"hyperfine timed commands that failed; their exit codes are not 0";
		return;
	}
	if (isnan(nix->mean_s))
		reject(results, entry, &nix->outcome);
}

static json_t *keep(struct report_results *results, json_t *value)
{
	if (value)
		json_array_append(results->kept, value);
	return value;
}

void result_file_figures(struct report_results *results, const struct tree_entry *entry,
	struct report_result *ret_result)
{
	result_file_outcome(results, entry, &ret_result->outcome);
	ret_result->data = keep(results, entry->data);
	ret_result->figures = keep(results, json_at(entry->value, "/meta/figures"));
}

/* "0:00:08.616448" or "1 day, 0:00:08": Python's durations. NAN when it is something else. */
static double seconds_of(const char *text)
{
	double days = 0, part[3];
	const char *at = strstr(text, "day");
	char *end;

	if (at) {
		days = strtod(text, NULL);
		at = strchr(at, ' ');
		text = at ? at + 1 : "";
	}
	for (size_t i = 0; i < 3; i++) {
		part[i] = strtod(text, &end);
		if (end == text || *end != (i < 2 ? ':' : '\0'))
			return NAN;
		text = end + 1;
	}
	return days * 86400 + part[0] * 3600 + part[1] * 60 + part[2];
}

static struct report_contact *read_contacts(struct arena *arena, json_t *contacts)
{
	struct report_contact *first = NULL, **end = &first;
	const char *peer;
	json_t *value;

	json_object_foreach (contacts, peer, value) {
		struct report_contact *contact = arena_alloc(arena, struct report_contact, 1);

		contact->peer = arena_strdup(arena, peer);
		contact->took = arena_strdup(arena, json_string_at(value, "/time_took", ""));
		contact->took_s = seconds_of(contact->took);
		contact->was_asked_again = json_number_at(value, "/attempt", 1) > 1;
		contact->is_success = strcmp(json_string_at(value, "/status", ""), "success") == 0;
		*end = contact;
		end = &contact->next;
	}
	return first;
}

void result_file_connect(struct report_results *results, const struct tree_entry *entry,
	struct report_connect *ret_connect)
{
	ret_connect->path = entry->path;
	ret_connect->is_there = true;
	ret_connect->step_s = published_step_s;
	ret_connect->outside =
		read_contacts(results->arena, json_at(entry->data, "/public_results"));
	ret_connect->inside = read_contacts(results->arena, json_at(entry->data, "/vpn_results"));
	for (const struct report_contact *c = ret_connect->outside; c; c = c->next)
		ret_connect->checks_on_vpn |= strncmp(c->peer, "vpn.", 4) == 0;
}

static const char *settings_text(struct arena *arena, const json_t *data)
{
	json_auto_t *kept = json_make("{s:O?,s:O?}", "one_way", json_at(data, "/one_way"),
		"parameters", json_at(data, "/parameters"));
	AUTO(text_freep) char *text = json_dumps(kept, JSON_COMPACT | JSON_SORT_KEYS);

	return json_at(data, "/one_way") ? arena_strdup(arena, text) : NULL;
}

void result_file_settings(struct report_results *results, const struct tree_entry *entry,
	struct report_settings *ret_settings)
{
	const json_t *settings = json_at(entry->data, "/settings");

	ret_settings->text = settings_text(results->arena, entry->data);
	if (!json_is_object(settings))
		return;
	*ret_settings = (struct report_settings){
		.is_there = true,
		.text = ret_settings->text,
		.is_ours = json_is_object(json_at(entry->data, "/one_way")),
		.is_calibrated = strcmp(json_string_at(entry->data, "/one_way/model", ""),
					 "calibrated") == 0,
		.latency_ms = json_number_at(settings, "/latency_ms", 0),
		.jitter_ms = json_number_at(settings, "/jitter_ms", 0),
		.loss_percent = json_number_at(settings, "/packet_loss_percent", 0),
		.reorder_percent = json_number_at(settings, "/reorder_percent", 0),
		.correlation_percent = json_number_at(settings, "/reorder_correlation", 0),
	};
}

/* The first tc_stabilization of the first benchmarking phase that has one. */
static bool find_stabilization(const json_t *phase, double *ret_seconds)
{
	const json_t *operations = json_at(phase, "/operations");

	if (strcmp(json_string_at(phase, "/phase", ""), "benchmarking") != 0)
		return false;
	for (size_t i = 0; i < json_array_size(operations); i++) {
		const json_t *operation = json_array_get(operations, i);

		if (strcmp(json_string_at(operation, "/name", ""), "tc_stabilization") == 0) {
			*ret_seconds = json_number_at(operation, "/duration_seconds", 0);
			return true;
		}
	}
	return false;
}

void result_file_timing(const struct tree_entry *entry, struct report_timing *ret_timing)
{
	const json_t *phases = json_at(entry->data, "/phases");
	bool has_installation = false, has_stabilization = false;

	*ret_timing = (struct report_timing){.is_there = true};
	for (size_t i = 0; i < json_array_size(phases); i++) {
		const json_t *phase = json_array_get(phases, i);
		const char *name = json_string_at(phase, "/phase", "");

		if (!has_installation && strcmp(name, "vpn_installation") == 0) {
			ret_timing->installation_s = json_number_at(phase, "/duration_seconds", 0);
			has_installation = true;
		}
		if (!has_stabilization)
			has_stabilization = find_stabilization(phase, &ret_timing->stabilization_s);
	}
}
