/* SPDX-License-Identifier: MIT */
#include "report/model/ways.h"

#include "base/json.h"

#include <math.h>
#include <string.h>

struct collection {
	struct arena *arena;
	const struct report_results *results;
	struct report_ways *first;
};

static int compare(const struct report_ways *ways, const char *one, const char *other)
{
	int difference = strcmp(ways->one, one);

	return difference ? difference : strcmp(ways->other, other);
}

static struct report_ways *between(struct collection *c, const char *from, const char *to)
{
	const char *one = strcmp(from, to) <= 0 ? from : to, *other = one == from ? to : from;
	struct report_ways **place = &c->first, *ways;

	while (*place && compare(*place, one, other) < 0)
		place = &(*place)->next;
	if (*place && compare(*place, one, other) == 0)
		return *place;
	ways = arena_alloc(c->arena, struct report_ways, 1);
	ways->one = one;
	ways->other = other;
	ways->next = *place;
	*place = ways;
	return ways;
}

static size_t count_at(const json_t *pair, const char *key)
{
	json_int_t count = json_integer_value(json_object_get(pair, key));

	return count > 0 ? (size_t)count : 0;
}

static void add_times(struct collection *c, const json_t *pair, struct report_ways *ways)
{
	const json_t *list = json_object_get(pair, "list");
	double *all = arena_alloc(c->arena, double, ways->times + json_array_size(list) + 1);

	if (ways->times)
		memcpy(all, ways->direct_s, ways->times * sizeof(*all));
	ways->direct_s = all;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *at_s = json_object_get(json_array_get(list, i), "stays_direct_s");

		if (json_is_number(at_s))
			ways->direct_s[ways->times++] = json_number_value(at_s);
	}
}

/* Times count from the first join, and the limit from when all were ready. */
static double watched_for_s(const json_t *trial, double limit_s)
{
	double watched_s = json_number_at(trial, "/watched_s", limit_s);

	return watched_s > 0 && watched_s < 1e6 ? watched_s : limit_s;
}

/* A trial whose daemons did not start was not watched. */
static void add_watched(
	struct collection *c, const json_t *pair, double limit_s, struct report_ways *ways)
{
	const json_t *list = json_object_get(pair, "list");
	size_t most = ways->watched + json_array_size(list) + 1;
	double *watched_s = arena_alloc(c->arena, double, most);
	bool *is_direct = arena_alloc(c->arena, bool, most);

	if (ways->watched) {
		memcpy(watched_s, ways->watched_s, ways->watched * sizeof(*watched_s));
		memcpy(is_direct, ways->is_direct, ways->watched * sizeof(*is_direct));
	}
	ways->watched_s = watched_s;
	ways->is_direct = is_direct;
	for (size_t i = 0; i < json_array_size(list) && limit_s > 0; i++) {
		const json_t *trial = json_array_get(list, i);
		double at_s = json_number_at(trial, "/stays_direct_s", NAN);

		if (strcmp(json_string_at(trial, "/outcome", ""), "not_started") == 0)
			continue;
		ways->is_direct[ways->watched] = at_s >= 0 && at_s < 1e6;
		ways->watched_s[ways->watched] =
			ways->is_direct[ways->watched] ? at_s : watched_for_s(trial, limit_s);
		ways->limit_s = fmax(ways->limit_s, watched_for_s(trial, limit_s));
		ways->watched++;
	}
}

static void add_pair(struct collection *c, const json_t *pair, double limit_s, const char *path)
{
	const char *from = json_string_at(pair, "/from", ""), *to = json_string_at(pair, "/to", "");
	struct report_ways *ways =
		between(c, results_router_of(c->results, from), results_router_of(c->results, to));
	size_t direct = count_at(pair, "direct"), relayed = count_at(pair, "relayed");
	size_t no_way = count_at(pair, "punch_failed") + count_at(pair, "no_signalling");

	ways->direct += direct;
	ways->relayed += relayed;
	ways->no_way += no_way;
	ways->not_started += count_at(pair, "not_started");
	ways->trials += direct + relayed + no_way;
	ways->path = ways->path ? ways->path : path;
	add_times(c, pair, ways);
	add_watched(c, pair, limit_s, ways);
}

static void look(void *context, const struct report_place *place)
{
	struct collection *c = context;
	const json_t *data, *pairs;
	double limit_s;

	if (place->workload != &report_workloads[REPORT_PUNCH])
		return;
	data = place->repetition->results[REPORT_PUNCH].data;
	pairs = json_object_get(data, "pairs");
	limit_s = json_number_at(data, "/limit_s", 0);
	for (size_t i = 0; i < json_array_size(pairs); i++)
		add_pair(c, json_array_get(pairs, i), limit_s < 1e6 ? limit_s : 0,
			place->outcome->path);
}

struct report_ways *ways_of(struct arena *arena, const struct report_results *results,
	const struct report_condition *condition)
{
	struct collection c = {.arena = arena, .results = results};

	if (condition)
		condition_each_result(condition, look, &c);
	return c.first;
}

void ways_each(
	const struct report_results *results, struct arena *arena, with_ways *visit, void *context)
{
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		for (size_t i = 0; i < results->profile_count; i++) {
			const char *profile = results->profiles[i];
			const struct report_ways *ways =
				ways_of(arena, results, condition_of(vpn, profile));

			if (ways)
				visit(context, vpn, profile, ways);
		}
	}
}

struct report_curve ways_curve(struct arena *arena, const struct report_ways *ways)
{
	struct report_curve curve = {
		.steps = arena_alloc(arena, struct survival_step, ways->watched + 1)};

	curve.count =
		survival_of(ways->watched_s, ways->is_direct, ways->watched, 0.95, curve.steps);
	return curve;
}

/* Of those whose name says it all. */
static const struct kind {
	const char *name;
	bool has_port_each; /* for every destination another one */
	bool filters_ports; /* lets in only those that were spoken to */
} kinds[] = {{"full-cone", false, false}, {"address-restricted", false, false},
	{"port-restricted", false, true}, {"firewall", false, true}, {"symmetric", true, true},
	{"symmetric-sequential", true, true}};

static const struct kind *kind_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	}
	return NULL;
}

bool ways_can_be_direct(const char *one, const char *other)
{
	const struct kind *a = kind_named(one), *b = kind_named(other);

	return a && b && !(a->has_port_each && b->filters_ports) &&
	       !(b->has_port_each && a->filters_ports);
}

bool ways_cannot_be_direct(const char *one, const char *other)
{
	return kind_named(one) && kind_named(other) && !ways_can_be_direct(one, other);
}
