/*
 * Profiles: one-way impairment per port. One table says every key: its name, where it goes, how it
 * reads and its range; files and changes on the command line both go through it.
 */
#include "plan/profile.h"

#include "base/text.h"
#include "plan/near.h"
#include "plan/yaml_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum key_kind {
	KEY_NAME, /* becomes part of paths and names */
	KEY_TEXT,
	KEY_MODEL,
	KEY_RATE,
	KEY_DURATION,
	KEY_PERCENT,
	KEY_COUNT
};

struct key {
	const char *name;
	size_t offset; /* in struct profile */
	enum key_kind kind;
	bool is_required, is_impairment;
};

#define AT(member) offsetof(struct profile, member)

static const struct key keys[] = {
	{"name", AT(name), KEY_NAME, true, false},
	{"folder", AT(folder), KEY_NAME, true, false},
	{"title", AT(title), KEY_TEXT, true, false},
	{"source", AT(source), KEY_TEXT, false, false},
	{"model", AT(model), KEY_MODEL, true, false},
	{"line_rate", AT(line_rate_bps), KEY_RATE, false, false},
	{"delay", AT(delay_ns), KEY_DURATION, false, true},
	{"jitter", AT(jitter_ns), KEY_DURATION, false, true},
	{"loss", AT(loss), KEY_PERCENT, false, true},
	{"reorder", AT(reorder), KEY_PERCENT, false, true},
	{"reorder_correlation", AT(reorder_correlation), KEY_PERCENT, false, true},
	{"limit", AT(limit_packets), KEY_COUNT, false, true},
};

enum {
	MAX_TEXT = 1024
};

#define DEFAULT_LINE_RATE_BPS 1e9
#define MAX_DELAY_NS (60 * INT64_C(1000000000))

static const char *const models[] = {
	[PROFILE_MODEL_NONE] = "none",
	[PROFILE_MODEL_NETEM] = "netem",
	[PROFILE_MODEL_CALIBRATED] = "calibrated",
};

static int read_name(struct arena *arena, const char *text, const char **into, struct error *err)
{
	if (strpbrk(text, "/\n\t") || text[0] == '.')
		return fail(err, ERROR_USAGE, "'%.40s' must be a plain name", text);
	*into = arena_strdup(arena, text);
	return 0;
}

static int read_model(const char *text, enum profile_model *model, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(models); i++) {
		if (strcmp(models[i], text) == 0) {
			*model = (enum profile_model)i;
			return 0;
		}
	}
	return fail(err, ERROR_USAGE, "model '%s' is not one of none, netem, calibrated", text);
}

static int read_rate(const char *text, double *bps, struct error *err)
{
	if (strcmp(text, "none") == 0) {
		*bps = 0;
		return 0;
	}
	return text_rate_bps(text, bps, err);
}

static int read_duration(const char *text, int64_t *ns, struct error *err)
{
	if (strcmp(text, "0") == 0) {
		*ns = 0;
		return 0;
	}
	if (text_duration_ns(text, ns, err))
		return -1;
	if (*ns > MAX_DELAY_NS)
		return fail(err, ERROR_USAGE, "'%s' is longer than a minute", text);
	return 0;
}

static int read_percent(const char *text, double *fraction, struct error *err)
{
	char *end = NULL;
	double percent = strtod(text, &end);

	if (end == text || strcmp(end, "%") != 0 || !strchr("0123456789.", text[0]) ||
		strpbrk(text, "xX"))
		return fail(err, ERROR_USAGE, "'%s' is no percentage such as 0.25%%", text);
	if (!isfinite(percent) || percent > 100)
		return fail(err, ERROR_USAGE, "%s is not between 0%% and 100%%", text);
	*fraction = percent / 100;
	return 0;
}

static int read_key(struct arena *arena, const struct key *key, const char *text,
	struct profile *profile, struct error *err)
{
	void *into = (char *)profile + key->offset;

	switch (key->kind) {
	case KEY_NAME:
		return read_name(arena, text, into, err);
	case KEY_TEXT:
		*(const char **)into = arena_strdup(arena, text);
		return 0;
	case KEY_MODEL:
		return read_model(text, into, err);
	case KEY_RATE:
		return read_rate(text, into, err);
	case KEY_DURATION:
		return read_duration(text, into, err);
	case KEY_PERCENT:
		return read_percent(text, into, err);
	case KEY_COUNT:
		break;
	}
	return text_integer(text, 1, INT64_C(100000000), into, err);
}

/* What a key alone cannot be wrong in; `*ret_key` is the one to blame. */
static int check_profile(const struct profile *profile, const char **ret_key, struct error *err)
{
	*ret_key = "jitter";
	if (profile->jitter_ns && !profile->delay_ns)
		return fail(err, ERROR_USAGE, "jitter varies a delay, and there is none");
	*ret_key = "reorder";
	if (profile->reorder > 0 && !profile->delay_ns)
		return fail(err, ERROR_USAGE,
			"reordering lets packets overtake delayed ones, and there is no delay");
	*ret_key = "reorder_correlation";
	if (profile->reorder_correlation > 0 && profile->reorder <= 0)
		return fail(err, ERROR_USAGE, "a correlation of reordering without reorder");
	*ret_key = "model";
	if (profile->model == PROFILE_MODEL_NONE && profile_has_impairment(profile))
		return fail(err, ERROR_USAGE,
			"model none impairs nothing; say netem or calibrated for delay, loss and "
			"the like");
	return 0;
}

bool profile_has_impairment(const struct profile *profile)
{
	return profile->delay_ns || profile->jitter_ns || profile->loss > 0 ||
	       profile->reorder > 0 || profile->limit_packets;
}

/* A profile as written: one text per key of the table. */
struct written_profile {
	const char *text[ARRAY_SIZE(keys)];
};

static void make_schema(cyaml_schema_field_t fields[ARRAY_SIZE(keys) + 1])
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		enum cyaml_flag optional =
			keys[i].is_required ? CYAML_FLAG_DEFAULT : CYAML_FLAG_OPTIONAL;

		fields[i] = (cyaml_schema_field_t){.key = keys[i].name,
			.data_offset = (uint32_t)(i * sizeof(const char *)),
			.value = {CYAML_VALUE_STRING(
				CYAML_FLAG_POINTER | optional, const char *, 1, MAX_TEXT)}};
	}
	fields[ARRAY_SIZE(keys)] = (cyaml_schema_field_t)CYAML_FIELD_END;
}

static int take_profile(const struct yaml_file *file, const struct written_profile *written,
	struct profile *profile, struct error *err)
{
	const char *blamed;

	*profile = (struct profile){.line_rate_bps = DEFAULT_LINE_RATE_BPS};
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (written->text[i] &&
			read_key(file->arena, &keys[i], written->text[i], profile, err))
			return yaml_fail_in(file, yaml_child(file->root, keys[i].name), 0, err);
	}
	if (check_profile(profile, &blamed, err))
		return yaml_fail_in(file, yaml_child(file->root, blamed), 0, err);
	return 0;
}

int profile_load(
	struct arena *arena, const char *path, struct profile *ret_profile, struct error *err)
{
	cyaml_schema_field_t fields[ARRAY_SIZE(keys) + 1];
	const cyaml_schema_value_t schema = {
		CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct written_profile, fields)};
	struct yaml_file file;
	struct profile profile;
	void *written;
	int status;

	make_schema(fields);
	if (yaml_open(arena, path, &file, err) || yaml_load(&file, &schema, &written, err))
		return -1;
	status = take_profile(&file, written, &profile, err);
	yaml_unload(&schema, written);
	if (status == 0)
		*ret_profile = profile;
	return status;
}

static const char *key_name(const void *context, size_t index)
{
	(void)context;
	return index < ARRAY_SIZE(keys) ? keys[index].name : NULL;
}

static const struct key *find_key(struct arena *arena, const char *name, struct error *err)
{
	const char *known = "rate", *meant;

	if (strcmp(name, "rate") == 0)
		name = "line_rate";
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
		known = arena_printf(arena, "%s, %s", known, keys[i].name);
	}
	meant = near_name(name, key_name, NULL);
	fail(err, ERROR_USAGE, "unknown name '%s'%s%s%s; a profile has %s", name,
		meant ? "; did you mean '" : "", meant ? meant : "", meant ? "'?" : "", known);
	return NULL;
}

static int apply_change(
	struct arena *arena, struct profile *profile, char *change, struct error *err)
{
	char *value = strchr(change, '=');
	const struct key *key;

	if (!value)
		return fail(err, ERROR_USAGE, "'%s' is not NAME=VALUE", change);
	*value++ = '\0';
	key = find_key(arena, change, err);
	return key ? read_key(arena, key, value, profile, err) : -1;
}

/* Results of a changed profile must not mix with those of the unchanged one. */
static const char *changed_folder(struct arena *arena, const char *folder, const char *changes)
{
	char *name = arena_printf(arena, "%s_%s", folder, changes);

	for (char *at = name; *at; at++) {
		if (strchr("/,:%", *at))
			*at = '_';
	}
	return name;
}

int profile_change(
	struct arena *arena, struct profile *profile, const char *changes, struct error *err)
{
	struct profile changed = *profile;
	char *rest = arena_strdup(arena, changes), *change;
	const char *blamed;

	while ((change = strsep(&rest, ","))) {
		if (apply_change(arena, &changed, change, err))
			return fail_in(err, "change profile %s with '%s'", profile->name, changes);
	}
	if (check_profile(&changed, &blamed, err))
		return fail_in(err, "change profile %s with '%s'", profile->name, changes);
	if (changed.name == profile->name)
		changed.name = arena_printf(arena, "%s:%s", profile->name, changes);
	if (changed.folder == profile->folder)
		changed.folder = changed_folder(arena, profile->folder, changes);
	*profile = changed;
	return 0;
}
