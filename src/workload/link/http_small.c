/* SPDX-License-Identifier: MIT */
/*
 * Short requests one after another, each on a connection of its own, by curl: what a page of many
 * small parts, or a command-line client of an API, feels of a path. curl waits for one answer
 * before it asks again, so there is one request at a time and nothing queues behind another.
 */
#include "workload/workload.h"

#include "document/complaint.h"
#include "workload/tool/nginx.h"
#include "workload/tool/symptom.h"

#include "record/summary.h"

#include "base/attribute.h"
#include "base/clock.h"
#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SERVER,
	GATE,
	CLIENT,
	COMMANDS
};

enum {
	FIRST_PORT = 18080,
	REQUESTS_PER_SECOND = 50, /* of the plan's seconds: a number, so that percentiles compare */
	REQUESTS_MAX = 10000,
	BODY_BYTES = 1024,
	REQUEST_LIMIT_S = 15,
	LINE_BYTES = 256
};

/* A request may take this long on the average before all of them together are given up. */
static const double PATIENCE_S = 0.5;

static unsigned request_count(const struct workload_case *c)
{
	double count = c->seconds * REQUESTS_PER_SECOND;

	return count < 1 ? 1 : count > REQUESTS_MAX ? REQUESTS_MAX : (unsigned)count;
}

static double estimate_s(const struct workload_case *c)
{
	return 0.3 + request_count(c) * 0.005;
}

/* An answer of one packet. */
static const char *location(struct arena *arena)
{
	char *body = arena_bytes(arena, BODY_BYTES + 1, 1);

	memset(body, 'm', BODY_BYTES);
	return arena_printf(arena, "keepalive_timeout 0; location / { return 200 \"%s\"; }", body);
}

static struct workload_command client(
	const struct workload_case *c, struct arena *arena, const char *url)
{
	/* Whatever the transfer does, a line comes: unbuffered, since it goes to stderr. */
	static const char format[] =
		"%{stderr}%{exitcode} %{http_code} %{time_connect} %{time_starttransfer} %{time_total} %{size_download} %{num_connects} %{errormsg}\n";
	unsigned count = request_count(c);
	const char *const *argv = ARENA_LIST(arena, "curl", "-s", "-o", "/dev/null", "--max-time",
		arena_printf(arena, "%d", REQUEST_LIMIT_S), "-w", format,
		arena_printf(arena, "%s/[1-%u]", url, count));

	return (struct workload_command){.what = "requests",
		.side = WORKLOAD_SOURCE,
		.argv = argv,
		.wave = 1,
		.limit_ns = (int64_t)((30 + PATIENCE_S * count) * (double)NS_PER_S),
		.keep_bytes = 8192 + (size_t)2 * LINE_BYTES * count};
}

static void commands(const struct workload_case *c, struct arena *arena,
	struct workload_command **ret_commands, size_t *ret_count)
{
	struct workload_command *list = arena_alloc(arena, struct workload_command, COMMANDS);
	unsigned port = nginx_port(c, FIRST_PORT);
	const char *url = nginx_url(c, arena, port);

	list[SERVER] = nginx_server(c, arena, "http_small", port, location(arena));
	list[GATE] = nginx_gate(arena, url);
	list[CLIENT] = client(c, arena, url);
	*ret_commands = list;
	*ret_count = COMMANDS;
}

/* What curl's line says of one request; times in milliseconds. */
struct request {
	long exit_code, status, connections;
	double connect_ms, first_byte_ms, total_ms, bytes;
	const char *complaint; /* "" when there is none */
};

static bool take_number(char **rest, double *ret_value)
{
	const char *word = strsep(rest, " ");
	char *end = NULL;

	if (!word)
		return false;
	*ret_value = strtod(word, &end);
	return end != word && *end == '\0' && isfinite(*ret_value) && fabs(*ret_value) < 1e12;
}

/* "0 200 0.000891 0.001191 0.001345 1024 1 " */
static bool read_request(char *line, struct request *ret_request)
{
	double values[7];
	char *rest = line;

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		if (!take_number(&rest, &values[i]) || values[i] < 0)
			return false;
	}
	*ret_request = (struct request){.exit_code = (long)values[0],
		.status = (long)values[1],
		.connect_ms = values[2] * 1000,
		.first_byte_ms = values[3] * 1000,
		.total_ms = values[4] * 1000,
		.bytes = values[5],
		.connections = (long)values[6],
		.complaint = rest ? rest : ""};
	return true;
}

/* All requests: columns of equal length, and what of them is good. */
struct tally {
	struct arena *arena;
	json_t *columns[5]; /* as in `keys`: of every request, also of a failed one */
	double *connect_ms, *first_byte_ms, *total_ms;
	size_t good, failed, unreadable, reused;
	const char *first_unreadable; /* in what curl printed */
	double bytes;
	json_t *failures; /* complaint -> how often */
	char worst[200];  /* the first complaint */
};

static const char *const keys[] = {
	"connect_ms", "first_byte_ms", "total_ms", "http_status", "exit_code"};

static void count_failure(struct tally *tally, const struct request *request)
{
	const char *words = *request->complaint ? request->complaint : "an answer other than 200";
	json_auto_t *text = json_text(words);
	const char *key = json_string_value(text);
	json_int_t so_far = json_integer_value(json_object_get(tally->failures, key));

	json_object_set_new(tally->failures, key, json_integer(so_far + 1));
	if (tally->failed++ == 0)
		snprintf(tally->worst, sizeof(tally->worst), "%s", words);
}

static void add_request(struct tally *tally, const struct request *request)
{
	const double values[] = {request->connect_ms, request->first_byte_ms, request->total_ms};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		json_array_append_new(tally->columns[i], json_real(values[i]));
	json_array_append_new(tally->columns[3], json_integer(request->status));
	json_array_append_new(tally->columns[4], json_integer(request->exit_code));
	if (request->exit_code || request->status != 200) {
		count_failure(tally, request);
		return;
	}
	tally->reused += request->connections == 0;
	tally->connect_ms[tally->good] = request->connect_ms;
	tally->first_byte_ms[tally->good] = request->first_byte_ms;
	tally->total_ms[tally->good++] = request->total_ms;
	tally->bytes += request->bytes;
}

static void read_lines(struct tally *tally, const char *text)
{
	char *copy = arena_strdup(tally->arena, text), *rest = copy, *line;
	size_t lines = 1;

	for (const char *at = text; (at = strchr(at, '\n')); at++)
		lines++;
	tally->connect_ms = arena_alloc(tally->arena, double, lines);
	tally->first_byte_ms = arena_alloc(tally->arena, double, lines);
	tally->total_ms = arena_alloc(tally->arena, double, lines);
	while ((line = strsep(&rest, "\n"))) {
		struct request request;

		if (!*line)
			continue;
		if (read_request(line, &request))
			add_request(tally, &request);
		else if (!tally->unreadable++)
			tally->first_unreadable = text + (line - copy);
	}
}

static json_t *samples_of(const struct workload_case *c, const struct tally *tally)
{
	json_t *samples = json_make("{s:s,s:s}", "from", c->source, "to", c->target);

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		json_object_set(samples, keys[i], tally->columns[i]);
	return samples;
}

static json_t *data_of(const struct workload_case *c, const struct tally *tally,
	const struct workload_output *client)
{
	double seconds = (double)(client->ended_ns - client->started_ns) / 1e9;

	return json_make("{s:i, s:i, s:i, s:i, s:O, s:o, s:o, s:o, s:o, s:i}", "requests_planned",
		(int)request_count(c), "succeeded", (int)tally->good, "failed", (int)tally->failed,
		"reused_connections", (int)tally->reused, "failures", tally->failures, "connect_ms",
		summary_distribution(tally->connect_ms, tally->good), "first_byte_ms",
		summary_distribution(tally->first_byte_ms, tally->good), "total_ms",
		summary_distribution(tally->total_ms, tally->good), "requests_per_second",
		seconds > 0 ? json_real((double)tally->good / seconds) : json_null(), "body_bytes",
		BODY_BYTES);
}

/* Failed requests among good ones are a figure; a client that did not finish is a failure. */
static void judge(const struct workload_case *c, const struct tally *tally,
	const struct workload_output *outputs, struct workload_reading *reading)
{
	size_t seen = tally->good + tally->failed;

	if (symptom_of_end("curl", outputs, CLIENT, reading) ||
		!nginx_outlived(outputs, SERVER, CLIENT, reading))
		return;
	if (outputs[CLIENT].dropped_bytes)
		symptom_blame(reading, CAUSE_PARSE, CLIENT,
			"the output is longer than can be kept, so requests are missing");
	else if (tally->unreadable)
		symptom_unread(
			arena_printf(tally->arena,
				"lines of curl's output have an unexpected form, %zu in all, the first",
				tally->unreadable),
			arena_printf(tally->arena, "%.*s",
				(int)strcspn(tally->first_unreadable, "\n"),
				tally->first_unreadable),
			outputs, CLIENT, reading);
	else if (seen != request_count(c))
		symptom_blame(reading, CAUSE_TOOL, CLIENT,
			"curl ended after %zu of %u requests with status %d", seen,
			request_count(c), outputs[CLIENT].exit_code);
	else if (tally->good == 0)
		symptom_blame(reading, complaint_cause(tally->worst, CAUSE_REFUSED), CLIENT,
			"all %zu requests failed, the first with: %s", seen, tally->worst);
	else if (tally->reused)
		symptom_blame(reading, CAUSE_PARSE, CLIENT,
			"%zu requests did not open a connection of their own", tally->reused);
}

static void describe(const struct tally *tally, struct workload_reading *reading)
{
	const json_t *total = json_object_get(reading->data, "total_ms");
	const json_t *percentiles = json_object_get(total, "percentiles");

	reading->figures[0] = json_number_value(json_object_get(percentiles, "p50"));
	reading->figures[1] = json_number_value(json_object_get(percentiles, "p99"));
	reading->figures[2] = 100.0 * (double)tally->failed / (double)(tally->failed + tally->good);
	snprintf(reading->headline, sizeof(reading->headline),
		"%.3g ms a request, 99 %% within %.3g ms, %zu failed", reading->figures[0],
		reading->figures[1], tally->failed);
}

static void read_outputs(const struct workload_case *c, const struct workload_output *outputs,
	size_t count, struct workload_reading *ret_reading)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct tally tally = {.arena = arena, .failures = json_object()};

	(void)count;
	*ret_reading = (struct workload_reading){0};
	for (size_t i = 0; i < ARRAY_SIZE(tally.columns); i++)
		tally.columns[i] = json_array();
	read_lines(&tally, outputs[CLIENT].errout);
	if (nginx_gate_passed(outputs, GATE, ret_reading))
		judge(c, &tally, outputs, ret_reading);
	ret_reading->samples = samples_of(c, &tally);
	ret_reading->bytes_moved = tally.bytes;
	if (tally.good)
		ret_reading->data = data_of(c, &tally, &outputs[CLIENT]);
	if (ret_reading->cause == CAUSE_SUCCESS)
		describe(&tally, ret_reading);
	for (size_t i = 0; i < ARRAY_SIZE(tally.columns); i++)
		json_decref(tally.columns[i]);
	json_decref(tally.failures);
}

const struct workload workload_http_small = {
	.name = "http_small",
	.file = "http_small.json",
	.title = "Time of short HTTP requests, each on a new connection (curl, nginx)",
	.figures = {"request_p50_ms", "request_p99_ms", "failed_percent"},
	.figures_title = "ms per request: median / 99 % / % failed",
	.ports = (const char *const[]){"tcp 18080", NULL},
	.needs = (const char *const[]){"curl", "nginx", NULL},
	.packages = (const char *const[]){"curl", "nginx-light", NULL},
	.estimate_s = estimate_s,
	.commands = commands,
	.read = read_outputs,
};
