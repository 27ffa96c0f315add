/* SPDX-License-Identifier: MIT */
/*
 * DOC: The last two hosts and the direct way between them, which rules of the wire block: every
 * packet from edge to edge is dropped, whatever the VPN tries. Where the packets go then is what
 * the wire records, so that no daemon is asked. As rules cut super-packets, the direct way is
 * measured under rules as well, which nothing meets.
 */
#include "runner/operation.h"

#include "base/clock.h"
#include "base/json.h"
#include "wire/rule.h"

#include <math.h>
#include <string.h>

enum {
	STREAM_PORT = 7090,
	STREAM_RATE = 200,    /* packets a second, each with an echo */
	FOR_EXPERIMENTS = 253 /* a protocol of IP that nobody has (RFC 3692) */
};

static const double BEFORE_S = 2; /* of a stream, until it is blocked */
static const double SHORT_S = 2;  /* of a stream that only shows the way and its delay */
static const double AGAIN_S = 3;  /* of waiting for a direct way that did not come before */
static const double START_S = 10; /* for a program to begin on a busy machine */
static const int64_t START_NS = 10 * NS_PER_S;
static const int64_t SLACK_NS = 30 * NS_PER_S;

struct pair {
	size_t from, to;
};

static struct pair pair_of(const struct operation_run *m)
{
	size_t count = lab_host_count(m->stage->lab);

	return (struct pair){count - 2, count - 1};
}

/* What becomes of the direct way: slow, lossy, or blocked. */
static struct wire_rule rule_of(const struct workload_operation *operation)
{
	struct wire_rule rule = WIRE_RULE_ANY;

	rule.change = operation->delay_s > 0 ? WIRE_CHANGE_NONE : WIRE_CHANGE_DROP;
	rule.delay_ns = (int64_t)(operation->delay_s * (double)NS_PER_S);
	rule.every = operation->lose_every;
	return rule;
}

/* As the operation says, or only as the wire is while it has rules. */
static int set_rules(struct operation_run *m, bool is_blocked, struct error *err)
{
	struct pair pair = pair_of(m);
	uint16_t ends[2] = {lab_edge(m->stage->lab, pair.from), lab_edge(m->stage->lab, pair.to)};
	struct wire_rule rules[2];

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		rules[i] = rule_of(m->operation);
		rules[i].from = ends[i];
		rules[i].to = ends[1 - i];
		if (!is_blocked)
			rules[i].protocol = FOR_EXPERIMENTS;
	}
	return lab_set_rules(m->stage->lab, rules, ARRAY_SIZE(rules), err);
}

/* A stream with echoes between the pair, and the packets that it makes between edges. */
struct stream {
	struct proc *server, *sender;
	struct paths paths;
};

static void stream_done(struct stream *stream)
{
	proc_freep(&stream->sender);
	proc_freep(&stream->server);
}

/* Between the two, and between each of them and every third host. */
static void look_at_paths(struct operation_run *m, struct paths *paths)
{
	struct pair pair = pair_of(m);

	*paths = paths_new(m, 1.0 / STREAM_RATE);
	paths_add(m, paths, pair.from, pair.to);
	for (size_t i = 0; i < pair.from; i++) {
		paths_add(m, paths, pair.from, i);
		paths_add(m, paths, pair.to, i);
	}
}

static int stream_begin(
	struct operation_run *m, double seconds, struct stream *stream, struct error *err)
{
	struct pair pair = pair_of(m);
	const char *port = arena_printf(m->arena, "%d", STREAM_PORT), *program;

	if (helper_find(m->arena, "meshbench-probe", &program, err) ||
		operation_start(m, pair.to, "probe server",
			ARENA_LIST(
				m->arena, program, "serve", "--port", port, "--limit-s", "86400"),
			&stream->server, err) ||
		proc_wait_output(stream->server, "ready\n", deadline_in(START_NS), err) ||
		lab_record_packets(m->stage->lab, PATHS_PACKETS, err) ||
		operation_start(m, pair.from, "probes",
			ARENA_LIST(m->arena, program, "send", vpn_addresses(m->stage->vpn)[pair.to],
				"--port", port, "--milliseconds",
				arena_printf(m->arena, "%.0f", 1000 * seconds), "--rate",
				arena_printf(m->arena, "%d", STREAM_RATE), "--echo", "--times",
				"--spin-us", "0", "--linger-ms", "1000"),
			&stream->sender, err))
		return -1;
	operation_zero(m, clock_now_ns());
	look_at_paths(m, &stream->paths);
	return 0;
}

static int stream_run(
	struct operation_run *m, double seconds, struct stream *stream, struct error *err)
{
	struct deadline deadline = deadline_in((int64_t)(seconds * (double)NS_PER_S));

	while (!deadline_has_passed(deadline) && !proc_result(stream->sender).has_ended) {
		if (operation_wait(m, (double)PATHS_BIN_NS / 1e9, err))
			return -1;
		paths_count(m, &stream->paths);
	}
	return 0;
}

/* By number when it was sent and answered, since zero; null for what had no answer. */
static json_t *answers_of(const struct operation_run *m, const json_t *times)
{
	json_t *list = json_array(), *pair;
	size_t i;

	json_array_foreach (times, i, pair) {
		double sent_ns = json_number_at(pair, "/0", 0);
		double came_ns = json_number_at(pair, "/1", 0);

		json_array_append_new(
			list, json_is_array(pair)
				      ? json_make("[f, f]", (sent_ns - (double)m->zero_ns) / 1e9,
						(came_ns - (double)m->zero_ns) / 1e9)
				      : json_null());
	}
	return list;
}

static int note_stream(struct operation_run *m, const struct stream *stream, struct error *err)
{
	json_auto_t *sent = NULL, *received = NULL;

	if (operation_document(stream->sender, "a stream of probes", &sent, err) ||
		operation_document(stream->server, "a server of probes", &received, err))
		return -1;
	json_object_set_new(m->observed, "stream",
		json_make("{s:f, s:f, s:f, s:f, s:o}", "every_s", 1.0 / STREAM_RATE,
			"longest_stall_ms", json_number_at(sent, "/longest_stall_ms", 0),
			"duplicate_packets",
			json_number_at(received, "/streams/0/duplicate_packets", 0),
			"reordered_packets",
			json_number_at(received, "/streams/0/reordered_packets", 0), "answers",
			answers_of(m, json_at(sent, "/targets/0/times_ns"))));
	return 0;
}

static int stream_end(struct operation_run *m, struct stream *stream, struct error *err)
{
	if (proc_wait(stream->sender, deadline_in(SLACK_NS), err))
		return -1;
	paths_count(m, &stream->paths);
	proc_stop(stream->server, START_NS);
	return paths_end(m, &stream->paths, err) || note_stream(m, stream, err) ? -1 : 0;
}

/* Until the stream goes the direct way, and has for a second, or ends. */
static int watch_until_direct(
	struct operation_run *m, double limit_s, struct stream *stream, struct error *err)
{
	struct deadline deadline = deadline_in((int64_t)(limit_s * (double)NS_PER_S));
	double direct_s = NAN;

	while (isnan(direct_s) && !deadline_has_passed(deadline)) {
		if (operation_wait(m, (double)PATHS_BIN_NS / 1e9, err))
			return -1;
		paths_count(m, &stream->paths);
		if (path_is_direct(m, &stream->paths, stream->paths.list))
			direct_s =
				fmax((double)(stream->paths.counted_ns - m->zero_ns) / 1e9 - 1, 0);
	}
	m->never_direct = isnan(direct_s);
	json_object_set_new(m->observed, "awaited",
		json_make("{s:f, s:o}", "limit_s", limit_s, "direct_s",
			m->never_direct ? json_null() : json_real(direct_s)));
	return 0;
}

/*
 * A VPN may relay for some seconds after it began, and what is done to a direct way that nobody
 * takes says nothing. Packets of a stream are what makes many a VPN look for one.
 */
static int await_direct(struct operation_run *m, struct error *err)
{
	AUTO(stream_done) struct stream stream = {0};
	double limit_s = m->operation->direct_limit_s;

	if (m->never_direct)
		limit_s = fmin(limit_s, AGAIN_S);
	if (stream_begin(m, limit_s, &stream, err) || watch_until_direct(m, limit_s, &stream, err))
		return -1;
	proc_stop(stream.sender, START_NS);
	proc_stop(stream.server, START_NS);
	return paths_end(m, &stream.paths, err);
}

/* The way that the pair's packets take now, and how long they need. */
static int watch_way(struct operation_run *m, struct error *err)
{
	AUTO(stream_done) struct stream stream = {0};

	return stream_begin(m, SHORT_S, &stream, err) ||
			       stream_run(m, SHORT_S + START_S, &stream, err) ||
			       stream_end(m, &stream, err)
		       ? -1
		       : 0;
}

/* What TCP moves, and what every host and its daemons have to do for it. */
static int carry_tcp(struct operation_run *m, struct error *err)
{
	AUTO(looks_done) struct looks before = {0};
	AUTO(looks_done) struct looks after = {0};
	struct pair pair = pair_of(m);
	AUTO(tcp_flow_done)
	struct tcp_flow flow = {.from = pair.from, .to = pair.to, .seconds = m->operation->seconds};
	json_auto_t *document = NULL;

	if (operation_look(m, &before, err) || tcp_flow_begin(m, &flow, err) ||
		tcp_flow_end(&flow, &document, err) || operation_look(m, &after, err))
		return -1;
	json_object_set_new(m->observed, "tcp",
		json_make("{s:f, s:f, s:s?}", "bytes",
			json_number_at(document, "/end/sum_received/bytes", 0), "seconds",
			json_number_at(document, "/end/sum_received/seconds", 0), "error",
			json_string_at(document, "/error", NULL)));
	json_object_set_new(m->observed, "hosts", operation_looks_json(m, &before, &after));
	return 0;
}

/* The mesh is whole again, if need be with daemons that begin from nothing. */
static int leave(struct operation_run *m, struct error *err)
{
	struct error ignored;

	operation_mark(m, "ended_s");
	operation_end_watch(m);
	if (lab_set_rules(m->stage->lab, NULL, 0, err))
		return -1;
	return vpn_settle(m->stage->vpn, &ignored) == 0 ? 0 : vpn_restart(m->stage->vpn, err);
}

/* Whatever it ends with, nothing stays blocked. */
static int leave_after(struct operation_run *m, int failed, struct error *err)
{
	struct error ignored;

	if (!failed)
		return leave(m, err);
	(void)!lab_set_rules(m->stage->lab, NULL, 0, &ignored);
	return -1;
}

int operation_carry(struct operation_run *m, struct error *err)
{
	int failed = await_direct(m, err) || set_rules(m, false, err) || watch_way(m, err) ||
		     carry_tcp(m, err);

	return leave_after(m, failed, err);
}

static int block_and_free(struct operation_run *m, struct error *err)
{
	AUTO(stream_done) struct stream stream = {0};
	double seconds = m->operation->seconds;

	if (set_rules(m, false, err) || stream_begin(m, BEFORE_S + 2 * seconds, &stream, err) ||
		stream_run(m, BEFORE_S, &stream, err) || set_rules(m, true, err))
		return -1;
	operation_mark(m, "blocked_s");
	if (stream_run(m, seconds, &stream, err) || set_rules(m, false, err))
		return -1;
	operation_mark(m, "freed_s");
	return stream_run(m, seconds + START_S, &stream, err) || stream_end(m, &stream, err) ? -1
											     : 0;
}

int operation_block(struct operation_run *m, struct error *err)
{
	int failed = await_direct(m, err);

	if (!failed && !(m->never_direct && m->operation->needs_direct))
		failed = block_and_free(m, err);
	return leave_after(m, failed, err);
}

/* Whether the pair answers, the other way, before the limit. */
static int await_detour(struct operation_run *m, bool *ret_is_there, struct error *err)
{
	struct pair pair = pair_of(m);
	struct deadline deadline = deadline_in((int64_t)(m->operation->limit_s * (double)NS_PER_S));

	operation_zero(m, clock_now_ns());
	if (set_rules(m, true, err) || operation_begin_watch(m, lab_no_host(), err))
		return -1;
	*ret_is_there = false;
	while (!*ret_is_there && !deadline_has_passed(deadline)) {
		if (operation_wait(m, (double)PATHS_BIN_NS / 1e9, err))
			return -1;
		*ret_is_there = operation_is_stable(m, pair.from, pair.to);
	}
	operation_end_watch(m);
	return 0;
}

int operation_detour(struct operation_run *m, struct error *err)
{
	bool is_there;
	int failed = await_detour(m, &is_there, err);

	if (!failed) {
		json_object_set_new(m->observed, "returned", json_boolean(is_there));
		failed = is_there && (watch_way(m, err) || carry_tcp(m, err));
	}
	return leave_after(m, failed, err);
}
