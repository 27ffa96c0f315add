/* SPDX-License-Identifier: MIT */
/* Plan files: what to measure. The keys stand in plan_keys.c. */
#include "plan/plan.h"

#include "base/json.h"
#include "base/text.h"
#include "plan/yaml_file.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	MAX_TEXT = 1024,
	MAX_NAMES = 128,
	MAX_HOST_NAME = 63
};

/* The row that the setting belongs to; NULL for one of a workload. */
static const struct plan_key *key_of(const struct setting *setting)
{
	for (size_t i = 0; i < plan_key_count; i++)
		if (setting == &plan_keys[i].setting)
			return &plan_keys[i];
	return NULL;
}

static size_t count_of(const char *const *names)
{
	size_t count = 0;

	while (names && names[count])
		count++;
	return count;
}

static const char *const *list_at(const struct plan *plan, const struct plan_key *key)
{
	return *(const char *const *const *)((const char *)plan + key->offset);
}

void plan_set_list(struct plan *plan, const struct setting *setting, const char *const *names)
{
	*(const char *const **)((char *)plan + key_of(setting)->offset) = names;
	plan->host_count = count_of(plan->hosts);
}

int plan_set(struct arena *arena, struct plan *plan, const struct setting *setting,
	const char *text, struct error *err)
{
	const struct plan_key *key = key_of(setting);
	const struct setting_value value[] = {{setting, arena_strdup(arena, text)}, {NULL, NULL}};
	char *at = key ? (char *)plan + key->offset : NULL;

	if (setting_check(setting, text, err))
		return -1;
	if (!key)
		plan->options = setting_put(arena, plan->options, setting, value->text);
	else if (setting->kind == SETTING_INTEGER)
		*(int64_t *)at = setting_integer(value, setting);
	else if (setting->kind == SETTING_SECONDS)
		*(double *)at = setting_seconds(value, setting);
	else
		*(const char **)at = value->text;
	return 0;
}

static const char *const *words_between_commas(struct arena *arena, const char *text)
{
	const char **list = arena_alloc(arena, const char *, strlen(text) + 1);

	for (size_t i = 0; *text; i++) {
		size_t length = strcspn(text, ",");

		list[i] = arena_strndup(arena, text, length);
		text += length + (text[length] == ',');
	}
	return list;
}

struct plan plan_default(struct arena *arena)
{
	struct plan plan = {.name = "default", .title = "The defaults of a plan", .path = ""};
	struct error impossible;

	for (size_t i = 0; i < plan_key_count; i++) {
		const struct setting *setting = &plan_keys[i].setting;

		if (setting->kind == SETTING_LIST)
			plan_set_list(
				&plan, setting, words_between_commas(arena, setting->standard));
		else if (setting->standard &&
			 plan_set(arena, &plan, setting, setting->standard, &impossible))
			abort();
	}
	return plan;
}

/* `*ret_index` is the host to blame. */
static int check_hosts(const struct plan *plan, size_t *ret_index, struct error *err)
{
	*ret_index = 0;
	if (plan->host_count < 2)
		return fail(err, ERROR_USAGE,
			"a link needs at least two hosts, but the plan has %zu", plan->host_count);
	return 0;
}

/* A list with an entry that is wrong or there twice; `*ret_index` is the entry to blame. */
static int check_list(
	const struct plan_key *key, const char *const *names, size_t *ret_index, struct error *err)
{
	bool is_of_hosts = key->offset == offsetof(struct plan, hosts);
	int (*compare)(const char *a, const char *b) = is_of_hosts ? strcasecmp : strcmp;

	*ret_index = 0;
	if (!names || !names[0])
		return fail(err, ERROR_USAGE, "the plan does not list any %s", key->option);
	for (size_t i = 0; names[i]; i++) {
		*ret_index = i;
		if (setting_check(&key->setting, names[i], err))
			return -1;
		for (size_t j = 0; j < i; j++) {
			if (compare(names[i], names[j]) == 0)
				return fail(err, ERROR_USAGE, "%s '%s' is listed twice",
					key->option, names[i]);
		}
	}
	return 0;
}

/* `*ret_key` is the key to blame, `*ret_index` the entry of its list. */
static int check_lists(const struct plan *plan, const struct plan_key **ret_key, size_t *ret_index,
	struct error *err)
{
	for (size_t i = 0; i < plan_key_count; i++) {
		const struct plan_key *key = *ret_key = &plan_keys[i];

		if (key->setting.kind != SETTING_LIST)
			continue;
		if (key->offset == offsetof(struct plan, hosts) &&
			check_hosts(plan, ret_index, err))
			return -1;
		if (check_list(key, list_at(plan, key), ret_index, err))
			return -1;
	}
	return 0;
}

int plan_check(const struct plan *plan, struct error *err)
{
	const struct plan_key *key;
	size_t index;

	if (check_lists(plan, &key, &index, err))
		return -1;
	if (plan->repeat < 1 || plan->attempts < 1)
		return fail(err, ERROR_USAGE, "repeat and attempts must be at least 1");
	if (!(plan->seconds > 0))
		return fail(err, ERROR_USAGE, "seconds must be above 0");
	return 0;
}

/* One key as written; numbers stay texts, so that "5x" is refused instead of read as 5. */
struct written_value {
	const char *text;
	const char **list;
	unsigned count;
};

/* All settings that a plan file may have: the keys, then the options of workloads. */
struct settings {
	const struct setting **list;
	size_t count;
};

static struct settings settings_of(struct arena *arena, const struct setting *const *options)
{
	struct settings settings = {0};
	size_t extra = 0;

	while (options && options[extra])
		extra++;
	settings.list = arena_alloc(arena, const struct setting *, plan_key_count + extra);
	for (size_t i = 0; i < plan_key_count; i++)
		settings.list[settings.count++] = &plan_keys[i].setting;
	for (size_t i = 0; i < extra; i++)
		settings.list[settings.count++] = options[i];
	return settings;
}

/* A key that takes a list, and one text in its place. */
static bool is_alone(const struct yaml_file *file, const struct setting *setting)
{
	const struct plan_key *key = key_of(setting);
	const struct yaml_value *value = yaml_child(file->root, setting->name);

	return key && key->may_be_alone && value && value->kind == YAML_KIND_TEXT;
}

static const cyaml_schema_field_t *make_schema(
	const struct yaml_file *file, const struct settings *settings)
{
	static const cyaml_schema_value_t entry = {
		CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, MAX_TEXT)};
	cyaml_schema_field_t *fields =
		arena_alloc(file->arena, cyaml_schema_field_t, settings->count + 1);

	for (size_t i = 0; i < settings->count; i++) {
		const struct setting *setting = settings->list[i];
		uint32_t at = (uint32_t)(i * sizeof(struct written_value));

		fields[i] = (cyaml_schema_field_t){.key = setting->name,
			.data_offset = at + offsetof(struct written_value, text),
			.value = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,
				const char *, 1, MAX_TEXT)}};
		if (setting->kind == SETTING_LIST && !is_alone(file, setting))
			fields[i] = (cyaml_schema_field_t){.key = setting->name,
				.data_offset = at + offsetof(struct written_value, list),
				.count_offset = at + offsetof(struct written_value, count),
				.count_size = sizeof(unsigned),
				.value = {CYAML_VALUE_SEQUENCE(
					CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, const char *,
					&entry,
					key_of(setting)->offset == offsetof(struct plan, hosts) ? 0
												: 1,
					MAX_NAMES)}};
	}
	fields[settings->count] = (cyaml_schema_field_t)CYAML_FIELD_END;
	return fields;
}

static void take_list(const struct yaml_file *file, const struct written_value *written,
	const struct setting *setting, struct plan *plan)
{
	const char **names = arena_alloc(file->arena, const char *, written->count + 1);

	for (unsigned i = 0; i < written->count; i++)
		names[i] = arena_strdup(file->arena, written->list[i]);
	plan_set_list(plan, setting, names);
}

static int take_value(const struct yaml_file *file, const struct written_value *written,
	const struct setting *setting, struct plan *plan, struct error *err)
{
	const struct yaml_value *value = yaml_child(file->root, setting->name);

	if (setting->kind == SETTING_LIST) {
		if (value && value->kind == YAML_KIND_TEXT)
			plan_set_list(plan, setting,
				ARENA_LIST(file->arena, arena_strdup(file->arena, written->text)));
		else if (value)
			take_list(file, written, setting, plan);
		return 0;
	}
	if (written->text && plan_set(file->arena, plan, setting, written->text, err))
		return yaml_fail_in(file, value, 0, err);
	return 0;
}

/* plan_check with the place of what is to blame, as far as the file holds it. */
static int check_plan(const struct yaml_file *file, const struct plan *plan, struct error *err)
{
	const struct plan_key *key;
	size_t index;

	if (check_lists(plan, &key, &index, err)) {
		const struct yaml_value *list = yaml_child(file->root, key->setting.name);
		/* Some have rules of their own for every entry. */
		const struct yaml_value *entry =
			key->setting.check && plan->host_count > 1 ? yaml_entry(list, index) : NULL;

		return yaml_fail_in(file, entry ? entry : list, 0, err);
	}
	return plan_check(plan, err);
}

static int take_plan(const struct yaml_file *file, const struct written_value *written,
	const struct settings *settings, struct plan *plan, struct error *err)
{
	*plan = plan_default(file->arena);
	plan->path = file->path;
	plan->name = plan->title = yaml_stem(file);
	for (size_t i = 0; i < settings->count; i++)
		if (take_value(file, &written[i], settings->list[i], plan, err))
			return -1;
	return check_plan(file, plan, err);
}

int plan_load(struct arena *arena, const char *path, const struct setting *const *options,
	struct plan *ret_plan, struct error *err)
{
	struct settings settings = settings_of(arena, options);
	cyaml_schema_value_t schema = {.type = CYAML_MAPPING,
		.flags = CYAML_FLAG_POINTER,
		.data_size = (uint32_t)(settings.count * sizeof(struct written_value))};
	struct yaml_file file;
	struct plan plan;
	void *written;
	int status;

	if (yaml_open(arena, path, &file, err))
		return -1;
	schema.mapping.fields = make_schema(&file, &settings);
	if (yaml_load(&file, &schema, &written, err))
		return -1;
	status = take_plan(&file, written, &settings, &plan, err);
	yaml_unload(&schema, written);
	if (status == 0)
		*ret_plan = plan;
	return status;
}

static json_t *list_to_json(const char *const *names)
{
	json_t *array = json_array();

	for (; names && *names; names++)
		json_array_append_new(array, json_text(*names));
	return array;
}

static json_t *key_to_json(const struct plan *plan, const struct plan_key *key)
{
	const char *at = (const char *)plan + key->offset;

	switch (key->setting.kind) {
	case SETTING_LIST:
		return key->may_be_alone && count_of(list_at(plan, key)) == 1
			       ? json_text(list_at(plan, key)[0])
			       : list_to_json(list_at(plan, key));
	case SETTING_INTEGER:
		return json_integer(*(const int64_t *)at);
	case SETTING_SECONDS:
		return json_real(*(const double *)at);
	case SETTING_TEXT:
	case SETTING_WORD:
		break;
	}
	return *(const char *const *)at ? json_text(*(const char *const *)at) : json_null();
}

static json_t *option_to_json(const struct setting_value *values)
{
	switch (values->setting->kind) {
	case SETTING_INTEGER:
		return json_integer(setting_integer(values, values->setting));
	case SETTING_SECONDS:
		return json_real(setting_seconds(values, values->setting));
	case SETTING_TEXT:
	case SETTING_WORD:
	case SETTING_LIST:
		break;
	}
	return json_text(values->text);
}

json_t *plan_to_json(const struct plan *plan)
{
	json_t *json = json_object();

	json_object_set_new(json, "name", plan->name ? json_text(plan->name) : json_null());
	json_object_set_new(json, "path", plan->path ? json_text(plan->path) : json_null());
	for (size_t i = 0; i < plan_key_count; i++)
		json_object_set_new(
			json, plan_keys[i].setting.name, key_to_json(plan, &plan_keys[i]));
	for (const struct setting_value *v = plan->options; v && v->setting; v++)
		json_object_set_new(json, v->setting->name, option_to_json(v));
	return json;
}

static int list_from_json(struct arena *arena, const json_t *array, const struct setting *setting,
	struct plan *plan, struct error *err)
{
	const char **names = arena_alloc(arena, const char *, json_array_size(array) + 1);

	for (size_t i = 0; i < json_array_size(array); i++) {
		const char *name = json_string_value(json_array_get(array, i));

		if (!name)
			return fail(err, ERROR_PARSE, "entry %zu of '%s' is not a text", i,
				setting->name);
		names[i] = arena_strdup(arena, name);
	}
	plan_set_list(plan, setting, names);
	return 0;
}

/* Trees from before there was such a list are read with its default. */
static bool is_of_later(const struct setting *setting)
{
	size_t offset = key_of(setting)->offset;

	return offset == offsetof(struct plan, cpus) || offset == offsetof(struct plan, topologies);
}

static int value_from_json(struct arena *arena, const json_t *value, const struct setting *setting,
	struct plan *plan, struct error *err)
{
	const char *text = json_string_value(value);

	if (text && setting->kind == SETTING_LIST && key_of(setting)->may_be_alone) {
		plan_set_list(plan, setting, ARENA_LIST(arena, arena_strdup(arena, text)));
		return 0;
	}
	if (setting->kind == SETTING_LIST && (value || !is_of_later(setting)))
		return list_from_json(arena, value, setting, plan, err);
	/* A tree from before there was such a key. */
	if (!value || json_is_null(value))
		return 0;
	if (json_is_integer(value))
		text = arena_printf(arena, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		text = arena_printf(arena, "%.17g", json_real_value(value));
	if (!text)
		return fail(err, ERROR_PARSE, "'%s' is neither a text nor a number", setting->name);
	return plan_set(arena, plan, setting, text, err) ? fail_in(err, "'%s'", setting->name) : 0;
}

int plan_from_json(struct arena *arena, const json_t *json, const struct setting *const *options,
	struct plan *ret_plan, struct error *err)
{
	struct settings settings = settings_of(arena, options);
	struct plan plan = plan_default(arena);
	const char *name = json_string_at(json, "/name", NULL);

	if (!name)
		return fail(err, ERROR_PARSE,
			"read the plan of the run to resume: its name is missing");
	plan.name = arena_strdup(arena, name);
	plan.path = arena_strdup(arena, json_string_at(json, "/path", ""));
	for (size_t i = 0; i < settings.count; i++) {
		const struct setting *setting = settings.list[i];

		if (value_from_json(
			    arena, json_object_get(json, setting->name), setting, &plan, err))
			return fail_in(err, "read the plan of the run to resume");
	}
	if (plan_check(&plan, err))
		return fail_in(err, "read the plan of the run to resume");
	*ret_plan = plan;
	return 0;
}
