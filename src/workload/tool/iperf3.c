/* SPDX-License-Identifier: MIT */
/* Running iperf3 and reading its documents and the lines that its server prints. */
#include "workload/tool/iperf3.h"
#include "document/complaint.h"

#include "document/iperf3.h"
#include "document/silence.h"
#include "workload/tool/symptom.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_PORT 5201
#define SERVERS_PER_LINK 2
#define CONNECT_LIMIT_MS "5000"
/*
 * In addition to measuring and connecting (5 s): iperf3 exchanges parameters and results over a TCP
 * connection of its own, next to a flood and under loss, where one retransmission may wait seconds.
 */
#define LIMIT_MARGIN_S 35

unsigned iperf3_port(const struct workload_case *c, unsigned server)
{
	assert(server < SERVERS_PER_LINK);
	return FIRST_PORT + SERVERS_PER_LINK * (unsigned)(c->link % 10000) + server;
}

static unsigned iperf3_seconds(const struct workload_case *c)
{
	double seconds = ceil(c->seconds);

	return seconds < 1 ? 1 : seconds > 86400 ? 86400 : (unsigned)seconds;
}

double iperf3_estimate_s(const struct workload_case *c)
{
	return iperf3_seconds(c) + 1;
}

static struct workload_command server(const struct workload_case *c, struct arena *arena,
	const char *what, unsigned port, bool is_single)
{
	const char **argv = arena_alloc(arena, const char *, 9);
	size_t n = 0;

	argv[n++] = "iperf3";
	argv[n++] = "-s";
	if (is_single)
		argv[n++] = "-1";
	argv[n++] = "-p";
	argv[n++] = arena_printf(arena, "%u", port);
	/* Fixed units: its lines are the only account of what arrived each second. */
	argv[n++] = "-f";
	argv[n++] = "k";
	argv[n++] = "--forceflush";
	return (struct workload_command){
		.what = what,
		.side = WORKLOAD_TARGET,
		.argv = argv,
		.is_server = true,
		.ready = "Server listening",
		.keep_bytes = 16384 + 512 * (size_t)iperf3_seconds(c),
	};
}

struct workload_command iperf3_server(
	const struct workload_case *c, struct arena *arena, const char *what, unsigned port)
{
	return server(c, arena, what, port, true);
}

struct workload_command iperf3_server_of_many(
	const struct workload_case *c, struct arena *arena, const char *what, unsigned port)
{
	return server(c, arena, what, port, false);
}

struct workload_command iperf3_client(const struct workload_case *c, struct arena *arena,
	const char *what, unsigned port, const char *const extra[])
{
	const char *const words[] = {"iperf3", "-c", c->target_address, "-p",
		arena_printf(arena, "%u", port), "-t", arena_printf(arena, "%u", iperf3_seconds(c)),
		"-J", "--connect-timeout", CONNECT_LIMIT_MS, NULL};

	return (struct workload_command){
		.what = what,
		.side = WORKLOAD_SOURCE,
		.argv = arena_list(arena, words, extra),
		.limit_ns = (int64_t)(iperf3_seconds(c) + LIMIT_MARGIN_S) * NS_PER_S,
		.keep_bytes = 65536 + 8192 * (size_t)iperf3_seconds(c),
	};
}

static void blame_output(const char *what, const struct workload_output *outputs, size_t index,
	const char *problem, struct workload_reading *reading)
{
	int length;
	const char *line = symptom_last_line(outputs[index].errout, &length);

	if (length)
		symptom_blame(reading, complaint_cause(line, CAUSE_TOOL), index, "%s: %.*s", what,
			length, line);
	else
		symptom_blame(reading, CAUSE_PARSE, index, "%s: %s", what, problem);
}

/* A document is there, but the client failed: its last words are on either stream. */
static void blame_end(const char *what, const struct workload_output *outputs, size_t index,
	const char *after, struct workload_reading *reading)
{
	if (*after)
		symptom_blame(
			reading, complaint_cause(after, CAUSE_TOOL), index, "%s: %s", what, after);
	else
		blame_output(what, outputs, index, "it failed without an error message", reading);
}

/*
 * Its document, whatever stands before or behind it: warnings of options and last errors go to the
 * same stream. `after` becomes the last line behind it; `problem` says what is wrong with it.
 */
static json_t *load(const struct workload_output *output, char after[200], char problem[200])
{
	const char *start = memchr(output->out, '{', output->out_size);
	const char *line;
	json_error_t where;
	json_t *document;
	int length;

	if (output->dropped_bytes)
		snprintf(problem, 200, "its output is longer than can be kept");
	else if (!start && output->out_size > 0)
		snprintf(problem, 200, "its output is not a JSON document: %.150s",
			symptom_last_line(output->out, &length));
	if (!start)
		return NULL;
	/* Keys stand twice in its documents (sock_bufsize with --bidir), so json_parse() refuses.
	 */
	document = json_loadb(start, output->out_size - (size_t)(start - output->out),
		JSON_DISABLE_EOF_CHECK, &where);
	if (!document) {
		if (!output->dropped_bytes)
			snprintf(problem, 200,
				"its document breaks off in line %d, column %d: %.120s", where.line,
				where.column, where.text);
		return NULL;
	}
	line = symptom_last_line(start + where.position, &length);
	snprintf(after, 200, "%.*s", length, line);
	return document;
}

json_t *iperf3_document(const char *what, const struct workload_output *outputs, size_t index,
	struct workload_reading *reading)
{
	const struct workload_output *output = &outputs[index];
	bool ended_badly = symptom_of_end(what, outputs, index, reading);
	const char *complaint;
	char after[200] = "", problem[200] = "it did not print anything";
	json_t *document = load(output, after, problem);

	complaint = json_string_at(document, "/error", NULL);

	/* With -J it exits 0 whatever happened (3.12), so only the document tells. */
	if (complaint)
		symptom_blame(reading, complaint_cause(complaint, CAUSE_TOOL), index, "%s: %s",
			what, complaint);
	if (json_is_object(document) && !complaint && output->exit_code != 0 && !ended_badly)
		blame_end(what, outputs, index, after, reading);
	if (json_is_object(document))
		return document;
	json_decref(document);
	blame_output(what, outputs, index, problem, reading);
	return NULL;
}

/* A column of a series: where it comes from and the unit it has. */
struct column {
	const char *key, *name;
};

static json_t *new_series(void)
{
	return json_make("{s:[],s:[],s:[]}", "start_s", "end_s", "bits_per_second");
}

static void add_value(json_t *series, const char *name, double value)
{
	json_t *column = json_object_get(series, name);

	if (!column) {
		json_object_set_new(series, name, json_array());
		column = json_object_get(series, name);
	}
	json_array_append_new(column, isfinite(value) ? json_real(value) : json_null());
}

static void add_columns(
	json_t *series, const struct column columns[], size_t count, const json_t *from)
{
	for (size_t i = 0; i < count; i++) {
		const json_t *value = json_object_get(from, columns[i].key);

		if (json_is_number(value))
			add_value(series, columns[i].name, json_number_value(value));
	}
}

json_t *iperf3_client_series(const json_t *document, const char *sum, size_t stream)
{
	static const struct column always[] = {
		{"start", "start_s"}, {"end", "end_s"}, {"bits_per_second", "bits_per_second"}};
	static const struct column of_sum[] = {{"retransmits", "retransmits"},
		{"packets", "packets"}, {"lost_packets", "lost_packets"},
		{"jitter_ms", "jitter_ms"}};
	static const struct column of_stream[] = {{"snd_cwnd", "congestion_window_bytes"},
		{"snd_wnd", "send_window_bytes"}, {"rtt", "rtt_us"},
		{"rttvar", "rtt_variation_us"}};
	json_t *series = new_series();
	const json_t *intervals = json_object_get(document, "intervals");
	const json_t *interval;
	size_t i;

	json_array_foreach (intervals, i, interval) {
		const json_t *values = json_object_get(interval, sum);

		/* An interval without the three that make it one has no place in a series. */
		if (!json_is_number(json_object_get(values, "start")) ||
			!json_is_number(json_object_get(values, "end")) ||
			!json_is_number(json_object_get(values, "bits_per_second")))
			continue;
		add_columns(series, always, ARRAY_SIZE(always), values);
		add_columns(series, of_sum, ARRAY_SIZE(of_sum), values);
		add_columns(series, of_stream, ARRAY_SIZE(of_stream),
			json_array_get(json_object_get(interval, "streams"), stream));
	}
	return series;
}

static bool is_number(const char *text, const char *tail, double *ret_value)
{
	char *end = NULL;

	*ret_value = strtod(text, &end);
	return end != text && strcmp(end, tail) == 0 && isfinite(*ret_value);
}

/* "0.00-1.00" or "3/16810" */
static bool read_two(const char *word, char between, double *ret_first, double *ret_second)
{
	char *end = NULL;

	*ret_first = strtod(word, &end);
	if (end == word || *end != between || !isfinite(*ret_first))
		return false;
	return is_number(end + 1, "", ret_second);
}

/*
 * What follows the brackets of an interval's line:
 *   0.00-1.00 sec 22.4 MBytes 187866 Kbits/sec                       TCP, received
 *   0.00-1.00 sec 23.2 MBytes 194708 Kbits/sec 0.097 ms 3/16810 (0%) UDP, received
 *   0.00-1.00 sec 23.3 MBytes 195414 Kbits/sec 16870                 UDP, sent
 */
static void read_server_words(const char **words, size_t count, json_t *series)
{
	double start, end, kbit, jitter, lost, packets;

	if (count < 6 || strcmp(words[1], "sec") != 0 || strcmp(words[5], "Kbits/sec") != 0 ||
		!read_two(words[0], '-', &start, &end) || !is_number(words[4], "", &kbit))
		return;
	add_value(series, "start_s", start);
	add_value(series, "end_s", end);
	add_value(series, "bits_per_second", kbit * 1e3);
	if (count >= 9 && strcmp(words[7], "ms") == 0 && is_number(words[6], "", &jitter) &&
		read_two(words[8], '/', &lost, &packets)) {
		add_value(series, "jitter_ms", jitter);
		add_value(series, "lost_packets", lost);
		add_value(series, "packets", packets);
	}
}

json_t *iperf3_server_series(const struct workload_output *output, const char *role)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	char *rest = arena_strdup(arena, output->out), *line;
	json_t *series = new_series();

	/* After the rule come sums over the whole run. */
	while ((line = strsep(&rest, "\n")) && !text_starts_with(line, "- - - -")) {
		char *bracket = strchr(line, ']');
		size_t count;

		if (*line != '[' || !bracket)
			continue;
		bracket++;
		if (role) {
			size_t length = strlen(role);

			if (*bracket != '[' || strncmp(bracket + 1, role, length) != 0 ||
				bracket[length + 1] != ']')
				continue;
			bracket += length + 2;
		}
		const char **words = text_words(arena, bracket, &count);

		read_server_words(words, count, series);
	}
	return series;
}

/* The client's port of the connection that the server accepted first; 0: it does not say. */
static long first_accepted_port(const struct workload_output *server)
{
	static const char *const local = "] local ", *const port = " port ";
	const char *line = strstr(server->out, local);
	const char *end = line ? line + strcspn(line, "\n") : NULL;
	const char *at = line ? strstr(line, " connected to ") : NULL;

	at = at && at < end ? strstr(at, port) : NULL;
	return at && at < end ? strtol(at + strlen(port), NULL, 10) : 0;
}

bool iperf3_is_crossed(const json_t *document, const struct workload_output *server)
{
	double made_second = json_number_at(document, "/start/connected/1/local_port", -1);

	return (double)first_accepted_port(server) == made_second;
}

json_t *iperf3_flow_samples(const struct iperf3_flow *flow)
{
	return json_make("{s:s,s:s,s:o,s:o}", "from", flow->from, "to", flow->to, "sent",
		flow->sent, "received", flow->received);
}

/* Of what arrived; `*ret_end_s` is when the series ended. */
static struct silence silence_in(const struct iperf3_flow *flow, double *ret_end_s)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const json_t *ends = json_object_get(flow->received, "end_s");
	const json_t *bits = json_object_get(flow->received, "bits_per_second");
	size_t count = json_array_size(ends);
	double *end_s = arena_alloc(arena, double, count + 1);
	double *amount = arena_alloc(arena, double, count + 1);

	for (size_t i = 0; i < count; i++) {
		end_s[i] = json_number_value(json_array_get(ends, i));
		amount[i] = json_number_value(json_array_get(bits, i));
	}
	*ret_end_s = count ? end_s[count - 1] : 0;
	return silence_of(end_s, amount, count);
}

/* Of a client that was killed there is no document, but its server saw what arrived. */
static void add_last_arrival(const struct iperf3_flow *flow, struct workload_reading *reading)
{
	size_t used = strlen(reading->evidence);
	double end, last = silence_in(flow, &end).since_s;

	if (reading->cause == CAUSE_TIMEOUT && end - last > 0.5)
		snprintf(reading->evidence + used, sizeof(reading->evidence) - used,
			"; %s->%s moved nothing after second %.0f", flow->from, flow->to, last);
}

void iperf3_judge(struct iperf3_flow *flow, struct workload_reading *reading)
{
	struct silence silence;
	double end_s;

	flow->bytes = json_number_at(flow->received_sum, "/bytes", -1);
	flow->bits_per_second = json_number_at(flow->received_sum, "/bits_per_second", -1);
	if (flow->bytes < 0 || flow->bits_per_second < 0) {
		flow->bytes = flow->bits_per_second = 0;
		symptom_blame(reading, CAUSE_PARSE, flow->blamed,
			"iperf3 does not report how much arrived from %s at %s", flow->from,
			flow->to);
		add_last_arrival(flow, reading);
		return;
	}
	if (flow->bits_per_second > IPERF3_MOST_BPS) {
		symptom_blame(reading, CAUSE_PARSE, flow->blamed,
			"iperf3 reports an impossible rate from %s to %s: %g bit/s", flow->from,
			flow->to, flow->bits_per_second);
		flow->bytes = flow->bits_per_second = 0;
		return;
	}
	workload_add_flow(reading, flow->wave, flow->is_reverse, flow->bytes);
	if (flow->bytes == 0)
		symptom_blame(reading, CAUSE_STALLED, flow->blamed, "%s->%s moved nothing",
			flow->from, flow->to);
	silence = silence_in(flow, &end_s);
	if (flow->bytes > 0 && silence.lasts_to_the_end)
		symptom_blame(reading, CAUSE_STALLED, flow->blamed,
			"%s->%s moved nothing after second %.0f", flow->from, flow->to,
			silence.since_s);
}

const char *iperf3_mbit(double bits_per_second, char text[static 16])
{
	double mbit = bits_per_second / 1e6;

	snprintf(text, 16, mbit >= 100 ? "%.0f" : "%.3g", mbit);
	return text;
}
