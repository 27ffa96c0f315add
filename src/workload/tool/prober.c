/* SPDX-License-Identifier: MIT */
/* Running meshbench-probe and reading what it prints. */
#include "workload/tool/prober.h"

#include "workload/tool/symptom.h"

#include "base/attribute.h"
#include "base/clock.h"
#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Short stalls only make a stream slower: daemons that are busy take the processor. */
#define LONGEST_STALL_MS 50.0
#define STALLED_SHARE 0.1

#define FIRST_PORT 7100
#define PORTS_PER_LINK 2
#define PROGRAM "meshbench-probe"
/* In addition to sending: starting on a machine that has no time for us. */
#define LIMIT_MARGIN_S 30
#define SERVER_LIMIT_S "86400" /* it is ended long before */

static const char *port_of(
	const struct workload_case *c, struct arena *arena, enum workload_side side)
{
	/* Of each side its own: both may be the same host. */
	return arena_printf(arena, "%u",
		FIRST_PORT + PORTS_PER_LINK * (unsigned)(c->link % 10000) +
			(side == WORKLOAD_TARGET ? 0 : 1));
}

struct workload_command prober_server(const struct workload_case *c, struct arena *arena,
	enum workload_side side, size_t keep_bytes, bool delays)
{
	const char *const *argv = ARENA_LIST(arena, PROGRAM, "serve", "--port",
		port_of(c, arena, side), "--limit-s", SERVER_LIMIT_S, delays ? "--delays" : NULL);

	return (struct workload_command){
		.what = arena_printf(arena, "probe server on %s",
			side == WORKLOAD_TARGET ? c->target : c->source),
		.side = side,
		.argv = argv,
		.is_server = true,
		.ready = "ready\n",
		.keep_bytes = keep_bytes,
	};
}

bool prober_has_wire(const struct workload_case *c)
{
	return c->source_underlay && c->target_underlay;
}

struct workload_command prober_sender(const struct workload_case *c, struct arena *arena,
	enum workload_side side, unsigned stream, const char *const extra[])
{
	bool is_there = side == WORKLOAD_SOURCE;
	enum workload_side other = is_there ? WORKLOAD_TARGET : WORKLOAD_SOURCE;
	const char *const words[] = {PROGRAM, "send",
		is_there ? c->target_address : c->source_address, "--port",
		port_of(c, arena, other), "--stream", arena_printf(arena, "%u", stream),
		"--spin-us", "0", "--linger-ms", arena_printf(arena, "%d", PROBER_LINGER_MS), NULL};
	const char *underlay = is_there ? c->target_underlay : c->source_underlay;
	const char *const wire[] = {prober_has_wire(c) ? underlay : NULL, NULL};

	return (struct workload_command){
		.what = arena_printf(arena, "probes from %s", is_there ? c->source : c->target),
		.side = side,
		.argv = arena_list(arena, arena_list(arena, words, extra), wire),
		.limit_ns = (int64_t)(c->seconds + LIMIT_MARGIN_S) * NS_PER_S,
	};
}

json_t *prober_document(const char *what, const struct workload_output *outputs, size_t index,
	struct workload_reading *reading)
{
	const struct workload_output *output = &outputs[index];
	bool ended_badly = symptom_of_end(what, outputs, index, reading);
	const char *text = strchr(output->out, '{');
	json_t *document = NULL;
	struct error err = {0};

	if (text && !output->dropped_bytes && json_parse(text, strlen(text), what, &document, &err))
		document = NULL;
	if (!ended_badly)
		symptom_of_own(what, outputs, index, document, reading);
	if (output->dropped_bytes)
		symptom_blame(reading, CAUSE_PARSE, index,
			"%s: its output is longer than can be kept", what);
	else if (!text)
		symptom_blame(reading, CAUSE_PARSE, index, "%s: it printed nothing", what);
	else if (err.kind)
		symptom_blame(reading, CAUSE_PARSE, index, "%s", err.text);
	if (json_is_object(document) && !json_object_get(document, "error"))
		return document;
	json_decref(document);
	return NULL;
}

void prober_correct(json_t *received, const struct clocks *clocks)
{
	json_t *stream;
	size_t i;

	json_array_foreach (json_object_get(received, "streams"), i, stream)
		clocks_correct(stream, clocks);
}

static json_t *entry_of(const json_t *document, const char *list, unsigned stream)
{
	json_t *entry;
	size_t i;

	json_array_foreach (json_object_get(document, list), i, entry) {
		if (json_number_at(entry, "/stream", -1) == stream)
			return entry;
	}
	return NULL;
}

json_t *prober_stream(const json_t *document, unsigned stream)
{
	return entry_of(document, "streams", stream);
}

json_t *prober_target(const json_t *document, unsigned stream)
{
	return entry_of(document, "targets", stream);
}

void prober_doubt(const json_t *sent, const char *who, double longest_ms, double share,
	struct workload_reading *reading)
{
	double longest_stall_ms = json_number_at(sent, "/longest_stall_ms", 0);
	double stalled_s = json_number_at(sent, "/stalled_s", 0);
	double sending_s = json_number_at(sent, "/sending_s", 0);

	if (longest_stall_ms > longest_ms || stalled_s > share * sending_s)
		snprintf(reading->doubt, sizeof(reading->doubt),
			"the %s's sender stood still %.0f times, for up to %.1f ms and %.3f s of %.1f s in all",
			who, json_number_at(sent, "/stalls", 0), longest_stall_ms, stalled_s,
			sending_s);
}

void prober_judge(const json_t *sent, const json_t *received, unsigned stream, size_t index,
	const char *when, struct workload_reading *reading)
{
	const json_t *target = prober_target(sent, stream);
	const char *address = json_string_at(target, "/address", "its target");
	const char *refusal = json_string_at(target, "/refusal", "none was sent");
	double count = json_number_at(target, "/sent_packets", 0);

	if (!sent || !received)
		return; /* then something else is to blame */
	prober_doubt(sent, "probe", LONGEST_STALL_MS, STALLED_SHARE, reading);
	if (count <= 0)
		symptom_blame(reading, symptom_said(target, CAUSE_UNREACHABLE), index,
			"no probe to %.100s left its host %s: %.100s", address, when, refusal);
	else if (json_number_at(prober_stream(received, stream), "/received_packets", 0) <= 0)
		symptom_blame(reading, CAUSE_UNREACHABLE, index,
			"no probe of %.0f arrived at %.100s %s", count, address, when);
}

json_t *prober_summary(const json_t *target, const json_t *measured, const char *const keys[])
{
	static const char *const of_clocks[] = {"clock_bound_ms", "delay_unknown"};
	double refused = json_number_at(target, "/refused_packets", 0);
	double sent = json_number_at(target, "/sent_packets", 0) + refused;
	double received = json_number_at(measured, "/received_packets", 0);
	double lost = fmax(0, sent - received);
	json_t *summary = json_make("{s:o, s:o, s:o, s:o, s:o}", "sent_packets", json_finite(sent),
		"refused_packets", json_finite(refused), "received_packets", json_finite(received),
		"lost_packets", json_finite(lost), "loss_percent",
		json_finite(sent > 0 ? 100 * lost / sent : 0));

	for (size_t i = 0; i < ARRAY_SIZE(of_clocks); i++) {
		json_t *value = json_object_get(measured, of_clocks[i]);

		if (value && received > 0)
			json_object_set(summary, of_clocks[i], value);
	}
	for (size_t i = 0; keys[i]; i++) {
		json_t *value = json_object_get(measured, keys[i]);

		if (value && received > 0)
			json_object_set(summary, keys[i], value);
		else
			json_object_set_new(summary, keys[i], json_null());
	}
	return summary;
}

double prober_cpu_percent(const json_t *const documents[], size_t count, double seconds)
{
	double cpu_s = 0;

	for (size_t i = 0; i < count; i++)
		cpu_s += json_number_at(documents[i], "/own/cpu_s", 0);
	return seconds > 0 ? 100 * cpu_s / seconds : 0;
}
