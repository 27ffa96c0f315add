/* SPDX-License-Identifier: MIT */
/* What is known of the connections to other machines, before and after something is measured. */
#include "lab/internal.h"

#include "base/json.h"

#include <string.h>

/* What the connection to one host has carried in silence, and what in all when the last began. */
struct lab_silence {
	uint64_t sent_bytes, heard_bytes, begin_sent_bytes, begin_heard_bytes;
};

struct lab_connections {
	struct far_state *states; /* of every host */
	struct lab_silence *silences;
};

struct lab_clocks lab_clocks_between(struct lab *lab, size_t from, size_t to)
{
	const struct host *sender = lab->nodes[from].host, *receiver = lab->nodes[to].host;

	if (!lab_engine_is_real(lab->engine))
		return (struct lab_clocks){0};
	return (struct lab_clocks){host_time_here(receiver, 0) - host_time_here(sender, 0),
		far_host_wall(sender).bound_ns + far_host_wall(receiver).bound_ns};
}

struct lab_clocks lab_clocks_over(const struct lab_clocks *begin, const struct lab_clocks *end)
{
	int64_t half_ns = (end->shift_ns - begin->shift_ns) / 2;
	int64_t bound_ns = begin->bound_ns > end->bound_ns ? begin->bound_ns : end->bound_ns;

	return (struct lab_clocks){
		begin->shift_ns + half_ns, bound_ns + (half_ns < 0 ? -half_ns : half_ns)};
}

int lab_begin_silence(struct lab *lab, struct error *err)
{
	if (!lab_engine_is_real(lab->engine))
		return 0;
	if (!lab->silences)
		lab->silences = arena_alloc(lab->arena, struct lab_silence, lab->count);
	for (size_t i = 0; i < lab->count; i++) {
		struct lab_silence *silence = &lab->silences[i];

		if (far_host_hold_back(lab->nodes[i].host, true, err))
			return -1;
		far_host_bytes(lab->nodes[i].host, &silence->begin_sent_bytes,
			&silence->begin_heard_bytes);
	}
	return 0;
}

/* All of them are counted before the first says what it kept. */
static void count_silence(struct lab *lab)
{
	for (size_t i = 0; i < lab->count; i++) {
		struct lab_silence *silence = &lab->silences[i];
		uint64_t sent_bytes, heard_bytes;

		far_host_bytes(lab->nodes[i].host, &sent_bytes, &heard_bytes);
		silence->sent_bytes += sent_bytes - silence->begin_sent_bytes;
		silence->heard_bytes += heard_bytes - silence->begin_heard_bytes;
	}
}

int lab_end_silence(struct lab *lab, struct error *err)
{
	if (!lab->silences)
		return 0;
	count_silence(lab);
	for (size_t i = 0; i < lab->count; i++) {
		if (far_host_hold_back(lab->nodes[i].host, false, err))
			return -1;
	}
	return 0;
}

int lab_look_at_connections(struct lab *lab, struct arena *arena,
	const struct lab_connections **ret_connections, struct error *err)
{
	struct lab_connections *connections;

	*ret_connections = NULL;
	if (!lab_engine_is_real(lab->engine))
		return 0;
	connections = arena_alloc(arena, struct lab_connections, 1);
	connections->states = arena_alloc(arena, struct far_state, lab->count);
	for (size_t i = 0; i < lab->count; i++) {
		if (far_host_look(lab->nodes[i].host, &connections->states[i], err))
			return -1;
	}
	connections->silences = arena_alloc(arena, struct lab_silence, lab->count);
	if (lab->silences)
		memcpy(connections->silences, lab->silences,
			lab->count * sizeof(*connections->silences));
	*ret_connections = connections;
	return 0;
}

static void add_clock(json_t *json, const char *when, const struct far_state *state)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct {
		const char *name;
		int64_t ns;
	} rows[] = {{"offset", state ? state->wall.offset_ns : 0},
		{"bound", state ? state->wall.bound_ns : 0}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		json_object_set_new(json, arena_printf(arena, "clock_%s_%s_ms", rows[i].name, when),
			state ? json_real((double)rows[i].ns / 1e6) : json_null());
}

/* A connection that was made again in between counts from its begin. */
static json_t *bytes_json(uint64_t before, uint64_t after)
{
	return json_integer((json_int_t)(after >= before ? after - before : after));
}

static void add_bytes(json_t *json, const struct lab_connections *before,
	const struct lab_connections *after, size_t host)
{
	const struct far_state *first = &before->states[host];
	const struct lab_silence *in_first = &before->silences[host];
	const struct far_state *last = after ? &after->states[host] : first;
	const struct lab_silence *in_last = after ? &after->silences[host] : in_first;
	const struct {
		const char *name;
		uint64_t before, after;
	} rows[] = {{"sent_bytes", first->sent_bytes, last->sent_bytes},
		{"received_bytes", first->heard_bytes, last->heard_bytes},
		{"measuring_sent_bytes", in_first->sent_bytes, in_last->sent_bytes},
		{"measuring_received_bytes", in_first->heard_bytes, in_last->heard_bytes}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		json_object_set_new(json, rows[i].name,
			after ? bytes_json(rows[i].before, rows[i].after) : json_null());
}

json_t *lab_connections_json(const struct lab *lab, const struct lab_connections *before,
	const struct lab_connections *after)
{
	json_t *list = json_array();

	for (size_t i = 0; i < lab->count; i++) {
		const struct far_state *first = &before->states[i];
		const struct far_state *last = after ? &after->states[i] : NULL;
		json_t *json = json_make("{s:s}", "host", lab->nodes[i].name);

		add_clock(json, "before", first);
		add_clock(json, "after", last);
		add_bytes(json, before, after, i);
		json_array_append_new(list, json);
	}
	return list;
}
