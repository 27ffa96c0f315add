/* SPDX-License-Identifier: MIT */
/* What is known of the connections to other machines, before and after something is measured. */
#include "lab/internal.h"

#include "base/json.h"

struct lab_connections {
	struct far_state *states; /* of every host */
};

struct lab_clocks lab_clocks_between(struct lab *lab, size_t from, size_t to)
{
	const struct host *sender = lab->nodes[from].host, *receiver = lab->nodes[to].host;

	if (!lab_engine_is_real(lab->engine))
		return (struct lab_clocks){0};
	return (struct lab_clocks){host_time_here(receiver, 0) - host_time_here(sender, 0),
		far_host_wall(sender).bound_ns + far_host_wall(receiver).bound_ns};
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
		json_object_set_new(json, "sent_bytes",
			last ? bytes_json(first->sent_bytes, last->sent_bytes) : json_null());
		json_object_set_new(json, "received_bytes",
			last ? bytes_json(first->heard_bytes, last->heard_bytes) : json_null());
		json_array_append_new(list, json);
	}
	return list;
}
