/* SPDX-License-Identifier: MIT */
/* Variants of a driver: files that stand for its templates and scripts. */
#include "plan/driver_internal.h"

#include "base/fd.h"
#include "plan/name.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

static bool is_file(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

const char *driver_file_name(const struct driver_source *source, const char *file)
{
	const char *varied;

	if (!source->variant)
		return file;
	varied = arena_printf(source->arena, "%s+%s", file, source->variant);
	return is_file(arena_printf(source->arena, "%s/%s", source->dir, varied)) ? varied : file;
}

/* Of a step: its template, or its script, which is the first word. */
static bool is_file_of(const struct written_step *step, const char *file, size_t length)
{
	const char *name = step->write ? step->write->template : step->script;

	if (!name)
		return false;
	name += strspn(name, " ");
	return (step->write ? strlen(name) : strcspn(name, " ")) == length &&
	       memcmp(name, file, length) == 0;
}

static bool is_of_driver(const struct driver_source *source, const char *file, size_t length)
{
	const struct written_driver *w = source->written;
	const struct written_step *const phases[] = {w->prepare, w->serve, w->join, w->stop};
	const unsigned counts[] = {w->prepare_count, w->serve_count, w->join_count, w->stop_count};

	for (size_t i = 0; i < ARRAY_SIZE(phases); i++)
		for (unsigned j = 0; j < counts[i]; j++)
			if (is_file_of(&phases[i][j], file, length))
				return true;
	return false;
}

static const struct driver_variant *variant_named(const struct driver *driver, const char *name)
{
	for (size_t i = 0; i < driver->variant_count; i++) {
		if (strcmp(driver->variants[i].name, name) == 0)
			return &driver->variants[i];
	}
	return NULL;
}

/* A misspelt file would change nothing, and nobody would see it. */
static int check_files(const struct driver_source *source, const struct driver *driver,
	bool has_files[], struct error *err)
{
	const struct yaml_value *list = yaml_child(source->file.root, "variants");
	AUTO(dir_closep) DIR *dir = opendir(source->dir);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe): our own stream */
		const char *plus = strrchr(entry->d_name, '+');
		const struct driver_variant *variant;

		if (!plus || entry->d_name[0] == '.')
			continue;
		variant = variant_named(driver, plus + 1);
		if (!variant ||
			!is_of_driver(source, entry->d_name, (size_t)(plus - entry->d_name)))
			return yaml_fail(&source->file, list, err,
				"file '%s' is not FILE+VARIANT of a template or script and a variant of this driver",
				entry->d_name);
		has_files[variant - driver->variants] = true;
	}
	return 0;
}

static int take_variant(const struct driver_source *source, const struct written_variant *written,
	const struct yaml_value *value, struct driver *driver, struct driver_variant *variant,
	struct error *err)
{
	if (!name_is_word(written->name))
		return yaml_fail(&source->file, yaml_child(value, "name"), err,
			"variant '%s': use lower-case letters, digits, '-' and '_'", written->name);
	if (variant_named(driver, written->name))
		return yaml_fail(&source->file, yaml_child(value, "name"), err,
			"variant '%s' is defined twice", written->name);
	*variant = (struct driver_variant){arena_strdup(source->arena, written->name),
		arena_strdup(source->arena, written->what)};
	driver->variant_count++;
	return 0;
}

/* Whether the one that was asked for is among them. */
static int check_chosen(
	const struct driver_source *source, const struct driver *driver, struct error *err)
{
	const char *known = "";

	if (!source->variant || variant_named(driver, source->variant))
		return 0;
	for (size_t i = 0; i < driver->variant_count; i++)
		known = arena_printf(source->arena, "%s%s%s+%s", known, *known ? ", " : "",
			driver->name, driver->variants[i].name);
	return fail(err, ERROR_USAGE, "%s: this variant is not known; %s%s", driver->label,
		*known ? "known variants: " : "the driver has none", known);
}

int driver_take_variants(
	const struct driver_source *source, struct driver *driver, struct error *err)
{
	const struct written_driver *written = source->written;
	const struct yaml_value *list = yaml_child(source->file.root, "variants");
	size_t count = written->variants_count;
	struct driver_variant *variants =
		arena_alloc(source->arena, struct driver_variant, count + 1);
	bool *has_files = arena_alloc(source->arena, bool, count + 1);

	driver->variants = variants;
	for (size_t i = 0; i < count; i++) {
		if (take_variant(source, &written->variants[i], yaml_entry(list, i), driver,
			    &variants[i], err))
			return -1;
	}
	if (check_files(source, driver, has_files, err))
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (!has_files[i])
			return yaml_fail(&source->file, yaml_entry(list, i), err,
				"variant '%s' has no file FILE+%s", variants[i].name,
				variants[i].name);
	}
	return check_chosen(source, driver, err);
}
