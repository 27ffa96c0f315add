/* SPDX-License-Identifier: MIT */
/* run --topology a,b: a result tree for each of several topologies, whose hosts differ. */
#include "cli/places.h"

#include "cli/load.h"

#include "base/file.h"
#include "base/json.h"
#include "record/layout.h"
#include "record/reader.h"

#include <ctype.h>
#include <string.h>

enum {
	PLAN_BYTES_MAX = 1024 * 1024
};

/* Next to the trees; a tree has its own plan in its environment. */
#define KEPT "plan.json"

size_t places_count(const struct plan *plan)
{
	size_t count = 0;

	while (plan->topologies[count])
		count++;
	return count;
}

int places_plan(struct arena *arena, const struct plan *plan, size_t index, struct plan *ret_plan,
	struct error *err)
{
	*ret_plan = *plan;
	ret_plan->topologies = ARENA_LIST(arena, plan->topologies[index]);
	return places_count(plan) == 1 ? 0 : load_place(arena, ret_plan, err);
}

const char *places_name(struct arena *arena, const struct plan *plan, size_t index)
{
	const char *words = plan->topologies[index];
	char *name = arena_strndup(arena, words, strcspn(words, ":")), *slash = strrchr(name, '/');
	char *end;

	name = slash ? slash + 1 : name;
	end = strstr(name, ".yml");
	if (end && !end[strlen(".yml")])
		*end = '\0';
	name = arena_printf(arena, "%s%s", name, words + strcspn(words, ":"));
	for (char *at = name; *at; at++)
		if (!isalnum((unsigned char)*at) && *at != '.' && *at != '_')
			*at = '-';
	return name;
}

int places_check(const struct plan *plan, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	for (size_t i = 0; plan->topologies[i]; i++) {
		const char *name = places_name(arena, plan, i);

		for (size_t k = 0; k < i; k++)
			if (strcmp(name, places_name(arena, plan, k)) == 0)
				return fail(err, ERROR_USAGE,
					"topologies %s and %s would have their results in one folder, %s",
					plan->topologies[k], plan->topologies[i], name);
	}
	return 0;
}

int places_refuse(const struct plan *plan, const char *why, struct error *err)
{
	size_t count = places_count(plan);

	return count == 1 ? 0
			  : fail(err, ERROR_USAGE, "%zu topologies are given; %s (--topology)",
				    count, why);
}

int places_keep(const char *out, const struct plan *plan, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *json = plan_to_json(plan);

	if (tree_is_there(out) || places_are_kept(out))
		return fail(err, ERROR_USAGE,
			"the folder for results already has those of a run; choose another folder, or continue that run with meshbench run --resume");
	if (dir_make(out, 0755, err))
		return -1;
	return json_write(arena_printf(arena, "%s/" KEPT, out), json, err);
}

bool places_are_kept(const char *out)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	/* A tree may have any file of its user's. */
	return path_exists(arena_printf(arena, "%s/" KEPT, out)) &&
	       !path_exists(arena_printf(arena, "%s/" LAYOUT_ENVIRONMENT, out));
}

int places_read(struct arena *arena, const char *out, struct plan *ret_plan, struct error *err)
{
	json_auto_t *json = NULL;

	return json_read(arena_printf(arena, "%s/" KEPT, out), PLAN_BYTES_MAX, &json, err) ||
			       plan_from_json(arena, json, workload_settings(arena), ret_plan, err)
		       ? -1
		       : 0;
}

const char *const *places_trees(struct arena *arena, const char *out, const struct plan *plan)
{
	size_t count = places_count(plan);
	const char **trees = arena_alloc(arena, const char *, count + 1);

	for (size_t i = 0; i < count; i++)
		trees[i] = arena_printf(arena, "%s/%s", out, places_name(arena, plan, i));
	return trees;
}
