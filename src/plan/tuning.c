/* SPDX-License-Identifier: MIT */
/* Tuning files: named sets of host sysctls. */
#include "plan/tuning.h"

#include "plan/congestion.h"

#include "base/text.h"
#include "plan/yaml_file.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_TEXT = 1024,
	MAX_SYSCTLS = 128
};

struct written_sysctl {
	const char *set, *ignored_since;
};

struct written_tuning {
	const char *title, *source, *congestion;
	struct written_sysctl *sysctls;
	unsigned sysctls_count;
};

#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define TEXT(key, flags, type) CYAML_FIELD_STRING_PTR(#key, flags, struct type, key, 1, MAX_TEXT)

static const cyaml_schema_field_t sysctl_fields[] = {TEXT(set, CYAML_FLAG_POINTER, written_sysctl),
	TEXT(ignored_since, OPTIONAL, written_sysctl), CYAML_FIELD_END};
static const cyaml_schema_value_t sysctl_entry = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct written_sysctl, sysctl_fields)};

static const cyaml_schema_field_t tuning_fields[] = {
	TEXT(title, CYAML_FLAG_POINTER, written_tuning), TEXT(source, OPTIONAL, written_tuning),
	TEXT(congestion, OPTIONAL, written_tuning),
	CYAML_FIELD_SEQUENCE(
		"sysctls", OPTIONAL, struct written_tuning, sysctls, &sysctl_entry, 0, MAX_SYSCTLS),
	CYAML_FIELD_END};
static const cyaml_schema_value_t tuning_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct written_tuning, tuning_fields)};

/* A host owns the network's sysctls only; those of the machine are not a VPN's business. */
static int check_key(const char *key, struct error *err)
{
	if (!text_starts_with(key, "net.") ||
		key[strspn(key, "abcdefghijklmnopqrstuvwxyz0123456789_.-")])
		return fail(err, ERROR_USAGE,
			"'%s' is not a network sysctl such as net.ipv4.tcp_reordering", key);
	return 0;
}

/* "6.17" at the start of a text; `*ret_rest` is what follows it. */
static bool read_release(const char *text, long *ret_major, long *ret_minor, const char **ret_rest)
{
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return false;
	*ret_major = strtol(text, &end, 10);
	if (end[0] != '.' || !isdigit((unsigned char)end[1]))
		return false;
	*ret_minor = strtol(end + 1, &end, 10);
	*ret_rest = end;
	return true;
}

static int check_release(const char *release, struct error *err)
{
	const char *rest;
	long major, minor;

	if (!read_release(release, &major, &minor, &rest) || *rest)
		return fail(err, ERROR_USAGE, "'%s' is not a Linux release such as 6.17", release);
	return 0;
}

bool tuning_is_ignored(const struct tuning_sysctl *sysctl, const char *release)
{
	long is_major, is_minor, since_major, since_minor;
	const char *rest;

	if (!sysctl->ignored_since ||
		!read_release(sysctl->ignored_since, &since_major, &since_minor, &rest) ||
		!read_release(release, &is_major, &is_minor, &rest))
		return false;
	return is_major > since_major || (is_major == since_major && is_minor >= since_minor);
}

static int take_sysctl(struct arena *arena, const struct written_sysctl *written,
	struct tuning_sysctl *into, struct error *err)
{
	const char *equals = strchr(written->set, '=');

	if (!equals || !equals[1])
		return fail(err, ERROR_USAGE,
			"'%s' is not KEY=VALUE, such as net.ipv4.tcp_reordering=10", written->set);
	into->key = arena_strndup(arena, written->set, (size_t)(equals - written->set));
	into->value = arena_strdup(arena, equals + 1);
	if (check_key(into->key, err))
		return -1;
	if (strcmp(into->key, "net.ipv4.tcp_congestion_control") == 0)
		return fail(err, ERROR_USAGE,
			"the lab pins congestion control itself; say `congestion: %s` instead",
			into->value);
	if (written->ignored_since) {
		into->ignored_since = arena_strdup(arena, written->ignored_since);
		return check_release(into->ignored_since, err);
	}
	return 0;
}

static int refuse_twice(const struct tuning_sysctl *sysctls, size_t index, struct error *err)
{
	for (size_t i = 0; i < index; i++) {
		if (strcmp(sysctls[i].key, sysctls[index].key) == 0)
			return fail(err, ERROR_USAGE, "%s is set twice", sysctls[i].key);
	}
	return 0;
}

static int take_tuning(const struct yaml_file *file, const struct written_tuning *written,
	struct tuning *tuning, struct error *err)
{
	struct arena *arena = file->arena;
	struct tuning_sysctl *sysctls =
		arena_alloc(arena, struct tuning_sysctl, written->sysctls_count + 1);

	for (size_t i = 0; i < written->sysctls_count; i++) {
		if (take_sysctl(arena, &written->sysctls[i], &sysctls[i], err) ||
			refuse_twice(sysctls, i, err))
			return yaml_fail_in(
				file, yaml_entry(yaml_child(file->root, "sysctls"), i), 0, err);
	}
	if (written->congestion && congestion_check(written->congestion, err))
		return yaml_fail_in(file, yaml_child(file->root, "congestion"), 0, err);
	*tuning = (struct tuning){.name = yaml_stem(file),
		.title = arena_strdup(arena, written->title),
		.source = written->source ? arena_strdup(arena, written->source) : NULL,
		.congestion = written->congestion ? arena_strdup(arena, written->congestion) : NULL,
		.sysctls = sysctls,
		.count = written->sysctls_count};
	return 0;
}

bool tuning_is_none(const struct tuning *tuning)
{
	return strcmp(tuning->name, "none") == 0;
}

int tuning_load(struct arena *arena, const char *path, struct tuning *ret_tuning, struct error *err)
{
	struct yaml_file file;
	void *written;
	int status;

	if (yaml_open(arena, path, &file, err) || yaml_load(&file, &tuning_schema, &written, err))
		return -1;
	status = take_tuning(&file, written, ret_tuning, err);
	yaml_unload(&tuning_schema, written);
	return status;
}
