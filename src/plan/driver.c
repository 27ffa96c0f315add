/* SPDX-License-Identifier: MIT */
/*
 * DOC: A driver is read in three steps. libcyaml holds the file to the tables of driver_schema.c;
 * driver_step.c turns what is written into steps and refuses what one step can be wrong in by
 * itself; driver_names.c walks all steps in the order they will run and refuses names that would
 * have no value. So nothing of a driver that loads can fail for its spelling.
 */
#include "plan/driver.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/text.h"
#include "plan/driver_internal.h"
#include "plan/name.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const char *driver_phase_name(enum driver_phase phase)
{
	static const char *const names[] = {"prepare", "serve", "join", "stop"};

	return names[phase];
}

const struct driver_role *driver_role(const struct driver *driver, const char *name)
{
	for (size_t i = 0; i < driver->role_count; i++) {
		if (strcmp(driver->roles[i].name, name) == 0)
			return &driver->roles[i];
	}
	return NULL;
}

bool driver_runs_on(const struct driver *driver, const char *where, size_t host)
{
	const struct driver_role *role = driver_role(driver, where);

	if (!role)
		return strcmp(where, "all") == 0;
	return role->take == DRIVER_TAKE_ALL || (role->take == DRIVER_TAKE_FIRST) == (host == 0);
}

bool driver_step_is_on_controller(const struct driver_step *step)
{
	return strcmp(step->where, "controller") == 0;
}

int driver_take_words(const struct driver_source *source, const struct yaml_value *value,
	const char *text, const char *const **ret_words, struct error *err)
{
	size_t count;

	*ret_words = text_words(source->arena, text, &count);
	return count ? 0 : yaml_fail(&source->file, value, err, "a command is missing here");
}

static const char *copy(const struct driver_source *source, const char *text)
{
	return text ? arena_strdup(source->arena, text) : NULL;
}

static const char *const *copy_list(
	const struct driver_source *source, const char *const *texts, size_t count)
{
	const char **list = arena_alloc(source->arena, const char *, count + 1);

	for (size_t i = 0; i < count; i++)
		list[i] = copy(source, texts[i]);
	return list;
}

static int take_role(const struct driver_source *source, const struct written_role *written,
	const struct yaml_value *value, struct driver_role *role, struct error *err)
{
	static const char *const takes[] = {"first", "rest", "all"};
	static const char *const taken[] = {
		"host", "each", "overlay", "work", "all", "controller", "others"};
	size_t take = 0;

	if (!name_is_word(written->name))
		return yaml_fail(&source->file, yaml_child(value, "name"), err,
			"role '%s': use lower-case letters, digits, '-' and '_'", written->name);
	for (size_t i = 0; i < ARRAY_SIZE(taken); i++) {
		if (strcmp(written->name, taken[i]) == 0)
			return yaml_fail(&source->file, yaml_child(value, "name"), err,
				"role '%s' is a reserved word; choose another", written->name);
	}
	while (take < ARRAY_SIZE(takes) && strcmp(takes[take], written->take) != 0)
		take++;
	if (take == ARRAY_SIZE(takes))
		return yaml_fail(&source->file, yaml_child(value, "take"), err,
			"'%s' is not one of first, rest, all", written->take);
	*role = (struct driver_role){copy(source, written->name), (enum driver_take)take,
		copy_list(source, written->needs, written->needs_count)};
	return 0;
}

static int take_roles(const struct driver_source *source, struct driver *driver, struct error *err)
{
	const struct written_driver *written = source->written;
	const struct yaml_value *list = yaml_child(source->file.root, "roles");
	struct driver_role *roles =
		arena_alloc(source->arena, struct driver_role, written->roles_count + 1);

	driver->roles = roles;
	for (size_t i = 0; i < written->roles_count; i++) {
		const struct yaml_value *value = yaml_entry(list, i);

		if (take_role(source, &written->roles[i], value, &roles[i], err))
			return -1;
		if (driver_role(driver, roles[i].name))
			return yaml_fail(&source->file, yaml_child(value, "name"), err,
				"role '%s' is defined twice", roles[i].name);
		driver->role_count = i + 1;
	}
	return 0;
}

static int take_address(
	const struct driver_source *source, struct driver *driver, struct error *err)
{
	const struct written_address *address = source->written->address;
	const struct yaml_value *value = yaml_child(source->file.root, "address");

	if (!address)
		return 0;
	if (!address->interface == !address->run)
		return yaml_fail(&source->file, value, err,
			"'address' needs exactly one of 'interface' and 'run'");
	driver->address_interface = copy(source, address->interface);
	if (!address->run)
		return 0;
	return driver_take_words(
		source, yaml_child(value, "run"), address->run, &driver->address_run, err);
}

static int take_flag(const struct driver_source *source, const char *key, const char *text,
	bool *ret_flag, struct error *err)
{
	*ret_flag = text && strcmp(text, "true") == 0;
	if (text && !*ret_flag && strcmp(text, "false") != 0)
		return yaml_fail(&source->file, yaml_child(source->file.root, key), err,
			"'%s' is not true or false", text);
	return 0;
}

static int take_observe(
	const struct driver_source *source, struct driver *driver, struct error *err)
{
	const char *command = source->written->observe;

	return command ? driver_take_words(source, yaml_child(source->file.root, "observe"),
				 command, &driver->observe, err)
		       : 0;
}

static bool is_port(const char *text)
{
	int64_t number;
	struct error ignored;

	return (text_starts_with(text, "udp ") || text_starts_with(text, "tcp ")) &&
	       text_integer(text + strlen("udp "), 1, UINT16_MAX, &number, &ignored) == 0;
}

static int take_ports(const struct driver_source *source, struct driver *driver, struct error *err)
{
	const struct written_driver *written = source->written;
	const struct yaml_value *list = yaml_child(source->file.root, "ports");

	for (size_t i = 0; i < written->ports_count; i++) {
		if (!is_port(written->ports[i]))
			return yaml_fail(&source->file, yaml_entry(list, i), err,
				"'%s' is not a port, such as 'udp 51820' or 'tcp 655'",
				written->ports[i]);
	}
	driver->ports = copy_list(source, written->ports, written->ports_count);
	return 0;
}

/* "nebula" is shown as "Nebula" unless the driver says how. */
static const char *folder_of(const struct driver_source *source)
{
	char *folder = arena_strdup(source->arena, source->written->name);

	if (source->written->folder)
		return copy(source, source->written->folder);
	folder[0] = (char)toupper((unsigned char)folder[0]);
	return folder;
}

static int check_head(const struct driver_source *source, struct error *err)
{
	const struct written_driver *written = source->written;
	const struct yaml_value *root = source->file.root;
	const char *base = strrchr(source->dir, '/');

	base = base ? base + 1 : source->dir;
	if (strcmp(written->schema, "1") != 0)
		return yaml_fail(&source->file, yaml_child(root, "schema"), err,
			"schema '%s' is not supported; this version reads schema 1",
			written->schema);
	if (!name_is_word(written->name))
		return yaml_fail(&source->file, yaml_child(root, "name"), err,
			"name '%s': use lower-case letters, digits, '-' and '_'", written->name);
	if (strcmp(base, written->name) != 0)
		return yaml_fail(&source->file, yaml_child(root, "name"), err,
			"name '%s' differs from the name of its folder, '%s'", written->name, base);
	if (written->folder && (strchr(written->folder, '/') || written->folder[0] == '.'))
		return yaml_fail(&source->file, yaml_child(root, "folder"), err,
			"folder '%s' must be a single plain name", written->folder);
	return 0;
}

/* "nebula+relay", whose results have a place of their own. */
static void name_variant(const struct driver_source *source, struct driver *driver)
{
	const char *variant = source->variant;

	if (!variant)
		return;
	driver->label = arena_printf(source->arena, "%s+%s", driver->label, variant);
	driver->folder = arena_printf(source->arena, "%s+%s", driver->folder, variant);
	driver->title = arena_printf(source->arena, "%s+%s", driver->title, variant);
}

static int take_driver(const struct driver_source *source, struct driver *driver, struct error *err)
{
	const struct written_driver *written = source->written;

	if (check_head(source, err))
		return -1;
	*driver = (struct driver){.name = copy(source, written->name),
		.label = copy(source, written->name),
		.folder = folder_of(source),
		.title = copy(source, written->title),
		.architecture = copy(source, written->architecture),
		.datapath = copy(source, written->datapath),
		.dir = source->dir,
		.version = copy(source, written->version),
		.needs = copy_list(source, written->needs, written->needs_count),
		.packages = copy_list(source, written->packages, written->packages_count)};
	if (take_ports(source, driver, err) || take_roles(source, driver, err) ||
		take_address(source, driver, err) || take_observe(source, driver, err) ||
		take_flag(source, "extra", source->written->extra, &driver->is_extra, err) ||
		take_flag(source, "underlay_ipv6", source->written->underlay_ipv6,
			&driver->takes_ipv6, err))
		return -1;
	for (int phase = DRIVER_PREPARE; phase <= DRIVER_STOP; phase++) {
		if (driver_take_steps(source, (enum driver_phase)phase, driver, err))
			return -1;
	}
	name_variant(source, driver);
	return driver_take_variants(source, driver, err) || driver_check_names(source, driver, err)
		       ? -1
		       : 0;
}

/* Its scripts also run where the current folder is another; messages keep what the user wrote. */
static const char *absolute(struct arena *arena, const char *dir)
{
	AUTO(text_freep) char *path = realpath(dir, NULL);

	return path ? arena_strdup(arena, path) : dir;
}

int driver_load(struct arena *arena, const char *dir, struct driver *ret_driver, struct error *err)
{
	return driver_load_variant(arena, dir, NULL, ret_driver, err);
}

int driver_load_variant(struct arena *arena, const char *dir, const char *variant,
	struct driver *ret_driver, struct error *err)
{
	struct driver_source source = {.arena = arena, .variant = variant};
	struct driver driver;
	void *written;
	char *own_dir = arena_strdup(arena, dir);
	int status;

	for (size_t end = strlen(own_dir); end > 1 && own_dir[end - 1] == '/'; end--)
		own_dir[end - 1] = '\0';
	source.dir = own_dir;
	if (yaml_open(arena, arena_printf(arena, "%s/driver.yml", own_dir), &source.file, err) ||
		yaml_load(&source.file, &driver_schema, &written, err))
		return -1;
	source.written = written;
	status = take_driver(&source, &driver, err);
	yaml_unload(&driver_schema, written);
	if (status)
		return -1;
	driver.dir = absolute(arena, driver.dir);
	*ret_driver = driver;
	return 0;
}
