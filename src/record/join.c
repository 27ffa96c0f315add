/* SPDX-License-Identifier: MIT */
/* Files of a tree that several parts of one run have written. */
#include "record/join.h"

#include "base/fd.h"
#include "base/json.h"
#include "record/layout.h"

#include <string.h>

static json_t *read_file(const char *path, struct mirror_file file)
{
	struct error ignored;
	json_t *value = NULL;

	return json_parse(file.bytes, file.size, path, &value, &ignored) ? NULL : value;
}

static void take_missing(json_t *to, const json_t *from, const char *key)
{
	json_t *known = json_object_get(to, key), *others = json_object_get(from, key);

	if (json_is_object(known) && json_is_object(others))
		json_object_update_missing(known, others);
}

/* A run that goes on has the ingredients of its last part. */
static json_t *join_environments(json_t *before, json_t *now)
{
	json_t *ingredients = json_object_get(now, "ingredients");

	take_missing(before, now, "vpns");
	take_missing(before, now, "tunings");
	json_object_update_missing(before, now);
	if (ingredients)
		json_object_set(before, "ingredients", ingredients);
	return before;
}

static bool has(const json_t *list, const json_t *value)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_equal(json_array_get(list, i), value))
			return true;
	return false;
}

static json_t *join_facts(json_t *before, json_t *now)
{
	static const char key[] = "failed_bring_ups";
	json_t *all = json_object_get(now, key), *known = json_object_get(before, key);

	if (!json_is_array(all) || !json_is_array(known))
		return now;
	for (size_t i = 0; i < json_array_size(known); i++)
		if (!has(all, json_array_get(known, i)))
			json_array_append(all, json_array_get(known, i));
	return now;
}

static struct mirror_file file_of(struct arena *arena, const json_t *value)
{
	struct mirror_file file = {0};
	AUTO(text_freep) char *text = json_document(value, &file.size);

	if (text)
		file.bytes = arena_strndup(arena, text, file.size);
	return file;
}

struct mirror_file record_join(
	struct arena *arena, const char *path, struct mirror_file before, struct mirror_file now)
{
	const char *slash = strrchr(path, '/');
	bool is_environment = strcmp(path, LAYOUT_ENVIRONMENT) == 0;
	bool is_facts = slash && strcmp(slash + 1, LAYOUT_VPN) == 0;
	json_auto_t *first = NULL, *last = NULL;
	struct mirror_file joined;

	if (!is_environment && !is_facts)
		return now;
	first = read_file(path, before);
	last = read_file(path, now);
	if (!json_is_object(first) || !json_is_object(last))
		return now;
	joined = file_of(
		arena, is_environment ? join_environments(first, last) : join_facts(first, last));
	return joined.bytes ? joined : now;
}
