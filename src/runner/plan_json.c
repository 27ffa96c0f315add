/* The effective plan as environment.json keeps it, so that a run can be resumed without its file.
 */
#include "runner/runner.h"

#include "base/json.h"

#include <string.h>

static json_t *list_to_json(const char *const *list)
{
	json_t *array = json_array();

	for (; list && *list; list++)
		json_array_append_new(array, json_text(*list));
	return array;
}

json_t *runner_plan_to_json(const struct plan *plan)
{
	return json_make(
		"{s:s, s:s?, s:s?, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:I, s:I, s:f, s:f, s:I, "
		"s:I, s:I, s:I, s:s, s:s}",
		"name", plan->name, "title", plan->title, "path", plan->path, "hosts",
		list_to_json(plan->hosts), "vpns", list_to_json(plan->vpns), "workloads",
		list_to_json(plan->workloads), "profiles", list_to_json(plan->profiles), "tunings",
		list_to_json(plan->tunings), "engine", plan->engine, "congestion", plan->congestion,
		"repeat", (json_int_t)plan->repeat, "seed", (json_int_t)plan->seed, "seconds",
		plan->seconds, "parallel_seconds", plan->parallel_seconds, "ping_count",
		(json_int_t)plan->ping_count, "ping_runs", (json_int_t)plan->ping_runs, "mesh_runs",
		(json_int_t)plan->mesh_runs, "attempts", (json_int_t)plan->attempts, "closure",
		plan->closure, "video", plan->video);
}

static int list_from_json(struct arena *arena, const json_t *json, const char *key,
	const char *const **ret_list, struct error *err)
{
	const json_t *array = json_object_get(json, key);
	const char **list = arena_alloc(arena, const char *, json_array_size(array) + 1);

	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *name = json_string_value(json_array_get(array, i));

		if (!name)
			return fail(err, ERROR_PARSE, "plan/%s/%zu is no text", key, i);
		list[i] = arena_strdup(arena, name);
	}
	*ret_list = list;
	return 0;
}

static const char *text_of(struct arena *arena, const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text ? arena_strdup(arena, text) : NULL;
}

static int64_t integer_of(const json_t *json, const char *key)
{
	return json_integer_value(json_object_get(json, key));
}

int runner_plan_from_json(
	struct arena *arena, const json_t *json, struct plan *ret_plan, struct error *err)
{
	struct plan plan = {.name = text_of(arena, json, "name"),
		.title = text_of(arena, json, "title"),
		.path = text_of(arena, json, "path"),
		.engine = text_of(arena, json, "engine"),
		.congestion = text_of(arena, json, "congestion"),
		.closure = text_of(arena, json, "closure"),
		.video = text_of(arena, json, "video"),
		.repeat = integer_of(json, "repeat"),
		.seed = (uint64_t)integer_of(json, "seed"),
		.seconds = json_number_at(json, "/seconds", 0),
		.parallel_seconds = json_number_at(json, "/parallel_seconds", 0),
		.ping_count = integer_of(json, "ping_count"),
		.ping_runs = integer_of(json, "ping_runs"),
		.mesh_runs = integer_of(json, "mesh_runs"),
		.attempts = integer_of(json, "attempts")};

	if (!json_object_get(json, "mesh_runs")) /* written before there was such a key */
		plan.mesh_runs = plan_default().mesh_runs;
	if (list_from_json(arena, json, "hosts", &plan.hosts, err) ||
		list_from_json(arena, json, "vpns", &plan.vpns, err) ||
		list_from_json(arena, json, "workloads", &plan.workloads, err) ||
		list_from_json(arena, json, "profiles", &plan.profiles, err) ||
		list_from_json(arena, json, "tunings", &plan.tunings, err))
		return fail_in(err, "read the plan of the run to resume");
	while (plan.hosts[plan.host_count])
		plan.host_count++;
	if (!plan.closure) /* written before there were these */
		plan.closure = plan_default().closure;
	if (!plan.video)
		plan.video = plan_default().video;
	if (!plan.name || !plan.engine || !plan.congestion)
		return fail(
			err, ERROR_PARSE, "read the plan of the run to resume: keys are missing");
	if (plan_check(&plan, err))
		return fail_in(err, "read the plan of the run to resume");
	*ret_plan = plan;
	return 0;
}
