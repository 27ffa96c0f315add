/* SPDX-License-Identifier: MIT */
/*
 * Profiles: one-way impairment per port. Files and changes on the command line both go through the
 * table of keys and the same checks.
 */
#include "plan/profile_keys.h"

#include "base/near.h"
#include "base/text.h"
#include "plan/yaml_file.h"

#include <stdio.h>
#include <string.h>

enum {
	MAX_TEXT = 1024,
	MAX_SCHEDULE = 65536,
	MOST_FINDINGS = 24
};

#define DEFAULT_LINE_RATE_BPS 1e9

/* A profile as written: one text per key of the table. */
struct written_profile {
	const char *text[PROFILE_KEYS];
};

static void make_schema(cyaml_schema_field_t fields[PROFILE_KEYS + 1])
{
	for (size_t i = 0; i < PROFILE_KEYS; i++) {
		const struct profile_key *key = &profile_keys[i];
		enum cyaml_flag optional =
			key->is_required ? CYAML_FLAG_DEFAULT : CYAML_FLAG_OPTIONAL;

		fields[i] = (cyaml_schema_field_t){.key = key->name,
			.data_offset = (uint32_t)(i * sizeof(const char *)),
			.value = {CYAML_VALUE_STRING(CYAML_FLAG_POINTER | optional, const char *, 1,
				key->kind == KEY_SCHEDULE ? MAX_SCHEDULE : MAX_TEXT)}};
	}
	fields[PROFILE_KEYS] = (cyaml_schema_field_t)CYAML_FIELD_END;
}

static int refuse_value(const struct yaml_file *file, const struct yaml_value *value,
	const struct profile_source *source, struct error *err)
{
	if (source->has_place)
		return -1;
	return yaml_fail_in(file, value, source->bad_word, err);
}

static int read_keys(const struct yaml_file *file, const struct written_profile *written,
	struct profile *profile, struct error *err)
{
	for (size_t i = 0; i < PROFILE_KEYS; i++) {
		const struct yaml_value *value = yaml_child(file->root, profile_keys[i].name);
		struct profile_source source = {.arena = file->arena, .path = file->path};

		if (!written->text[i] || !value)
			continue;
		source.line = value->at.line;
		if (profile_read_key(&source, &profile_keys[i], written->text[i], profile, err))
			return refuse_value(file, value, &source, err);
	}
	profile_finish(profile);
	return 0;
}

/* Errors end it; warnings stay with the profile, each behind its place. */
static int judge(const struct yaml_file *file, const struct written_profile *written,
	struct profile *profile, struct error *err)
{
	struct profile_finding list[MOST_FINDINGS];
	const char **warnings = arena_alloc(file->arena, const char *, MOST_FINDINGS + 1);
	bool is_given[PROFILE_KEYS];
	size_t count;

	for (size_t i = 0; i < PROFILE_KEYS; i++)
		is_given[i] = written->text[i] != NULL;
	count = profile_findings(profile, is_given, list, MOST_FINDINGS);
	for (size_t i = 0; i < count; i++) {
		const struct yaml_value *at =
			yaml_child(file->root, profile_keys[list[i].key].name);
		struct error finding;

		fail(&finding, ERROR_USAGE, "%s", list[i].text);
		yaml_fail_in(file, at ? at : file->root, 0, &finding);
		if (list[i].is_error) {
			*err = finding;
			return -1;
		}
		warnings[i] = arena_strdup(file->arena, finding.text);
	}
	profile->warnings = count ? warnings : NULL;
	return 0;
}

int profile_load(
	struct arena *arena, const char *path, struct profile *ret_profile, struct error *err)
{
	cyaml_schema_field_t fields[PROFILE_KEYS + 1];
	const cyaml_schema_value_t schema = {
		CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct written_profile, fields)};
	struct profile profile = {
		.line_rate_bps = DEFAULT_LINE_RATE_BPS, .impairment.loss.in_bad = -1};
	struct yaml_file file;
	void *written;
	int status;

	make_schema(fields);
	if (yaml_open(arena, path, &file, err) || yaml_load(&file, &schema, &written, err))
		return -1;
	status = read_keys(&file, written, &profile, err) || judge(&file, written, &profile, err);
	yaml_unload(&schema, written);
	if (status)
		return -1;
	*ret_profile = profile;
	return 0;
}

static const char *key_name(const void *context, size_t index)
{
	(void)context;
	return index < PROFILE_KEYS ? profile_keys[index].name : NULL;
}

static const struct profile_key *find_key(struct arena *arena, const char *name, struct error *err)
{
	const char *known = "rate", *meant;

	if (strcmp(name, "rate") == 0)
		name = "line_rate";
	for (size_t i = 0; i < PROFILE_KEYS; i++) {
		if (strcmp(profile_keys[i].name, name) == 0)
			return &profile_keys[i];
		known = arena_printf(arena, "%s, %s", known, profile_keys[i].name);
	}
	meant = near_name(name, key_name, NULL);
	if (meant)
		fail(err, ERROR_USAGE, "unknown key '%s'; did you mean '%s'?", name, meant);
	else
		fail(err, ERROR_USAGE, "unknown key '%s'; the keys of a profile are %s", name,
			known);
	return NULL;
}

static int apply_change(struct arena *arena, struct profile *profile, char *change, bool is_given[],
	struct error *err)
{
	struct profile_source source = {.arena = arena};
	char *value = strchr(change, '=');
	const struct profile_key *key;

	if (!value)
		return fail(err, ERROR_USAGE, "'%s' is not NAME=VALUE", change);
	*value++ = '\0';
	key = find_key(arena, change, err);
	if (!key)
		return -1;
	is_given[key - profile_keys] = true;
	return profile_read_key(&source, key, value, profile, err);
}

/* Results of a changed profile must not mix with those of the unchanged one. */
static const char *changed_folder(struct arena *arena, const char *folder, const char *changes)
{
	char *name = arena_printf(arena, "%s_%s", folder, changes);

	for (char *at = name; *at; at++) {
		if (strchr("/,:% ", *at))
			*at = '_';
	}
	return name;
}

static int judge_change(struct arena *arena, struct profile *profile, const char *name,
	const bool is_given[], struct error *err)
{
	struct profile_finding list[MOST_FINDINGS];
	const char **warnings = arena_alloc(arena, const char *, MOST_FINDINGS + 1);
	size_t count = profile_findings(profile, is_given, list, MOST_FINDINGS);

	for (size_t i = 0; i < count; i++) {
		if (list[i].is_error)
			return fail(err, ERROR_USAGE, "%s", list[i].text);
		warnings[i] = arena_printf(arena, "profile %s: %s", name, list[i].text);
	}
	profile->warnings = count ? warnings : NULL;
	return 0;
}

int profile_change(
	struct arena *arena, struct profile *profile, const char *changes, struct error *err)
{
	struct profile changed = *profile;
	char *rest = arena_strdup(arena, changes), *change;
	const char *name = arena_printf(arena, "%s:%s", profile->name, changes);
	bool is_given[PROFILE_KEYS] = {false};

	while ((change = strsep(&rest, ","))) {
		if (apply_change(arena, &changed, change, is_given, err))
			return fail_in(err, "change profile %s with '%s'", profile->name, changes);
	}
	profile_finish(&changed);
	if (judge_change(arena, &changed, name, is_given, err))
		return fail_in(err, "change profile %s with '%s'", profile->name, changes);
	if (changed.name == profile->name)
		changed.name = name;
	if (changed.folder == profile->folder)
		changed.folder = changed_folder(arena, profile->folder, changes);
	*profile = changed;
	return 0;
}
