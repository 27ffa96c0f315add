/* SPDX-License-Identifier: MIT */
/*
 * Names of a driver: every ${object.member} must have a value on every host where it can be meant,
 * whatever the number of hosts. Steps are walked in the order in which they will run.
 */
#include "plan/driver_internal.h"

#include "base/near.h"
#include "plan/name.h"
#include "plan/template.h"

#include <stdio.h>
#include <string.h>

/* Hosts a text can be about: the first, some of the others, or both kinds. */
enum {
	HOST_FIRST = 1,
	HOST_REST = 2,
	HOST_ALL = HOST_FIRST | HOST_REST
};

enum {
	MAX_CAPTURES = 128,
	MAX_WARNINGS = 64
};

struct made {
	const char *name;
	unsigned hosts;
	bool on_controller, is_secret;
};

struct walk {
	const struct driver_source *source;
	const struct driver *driver;
	struct made made[MAX_CAPTURES];
	size_t made_count;
	const char **warnings;
	size_t warning_count;
};

/* Where a text stands and what its names can mean there. */
struct view {
	struct walk *walk;
	bool on_controller, can_see_work, is_command;
	unsigned hosts;
	enum driver_each each;
};

static unsigned hosts_of(const struct driver *driver, const char *where)
{
	return (driver_runs_on(driver, where, 0) ? HOST_FIRST : 0U) |
	       (driver_runs_on(driver, where, 1) ? HOST_REST : 0U);
}

static unsigned hosts_of_each(const struct view *view)
{
	bool only_first = view->hosts == HOST_FIRST && !view->on_controller;

	return view->each == DRIVER_EACH_OTHERS && only_first ? HOST_REST : HOST_ALL;
}

static const char *const facts[] = {
	"name", "number", "dir", "underlay", "underlay_host", "overlay"};

bool driver_is_fact(const char *member)
{
	for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
		if (strcmp(facts[i], member) == 0)
			return true;
	}
	return false;
}

/* Which of `hosts` lack the capture by now; all of them when nobody made it. */
static unsigned lacking(const struct walk *walk, const char *member, unsigned hosts)
{
	for (size_t i = 0; i < walk->made_count; i++) {
		if (!walk->made[i].on_controller && strcmp(walk->made[i].name, member) == 0)
			hosts &= ~walk->made[i].hosts;
	}
	return hosts;
}

static const char *made_name(const void *context, size_t index)
{
	const struct walk *walk = context;

	if (index < ARRAY_SIZE(facts))
		return facts[index];
	index -= ARRAY_SIZE(facts);
	return index < walk->made_count ? walk->made[index].name : NULL;
}

static int check_member(
	const struct walk *walk, const struct name *name, unsigned hosts, struct error *err)
{
	unsigned without;
	const char *meant;

	if (driver_is_fact(name->member))
		return 0;
	without = lacking(walk, name->member, hosts);
	if (!without)
		return 0;
	if (without != hosts)
		return fail(err, ERROR_USAGE, "'%s' was captured, but not on %s", name->member,
			without == HOST_FIRST ? "the first host" : "the hosts after the first");
	meant = near_name(name->member, made_name, walk);
	return fail(err, ERROR_USAGE, "unknown name '${%s%s%s}': no earlier step captured it%s%s%s",
		name->object, name->member[0] ? "." : "", name->member,
		meant ? "; did you mean '" : "", meant ? meant : "", meant ? "'?" : "");
}

static int check_work(const struct view *view, const struct name *name, struct error *err)
{
	if (!name->member[0])
		return view->can_see_work
			       ? 0
			       : fail(err, ERROR_USAGE,
					 "${work} is a folder of the controller, which hosts cannot see; send the file instead");
	for (size_t i = 0; i < view->walk->made_count; i++) {
		const struct made *made = &view->walk->made[i];

		if (made->on_controller && strcmp(made->name, name->member) == 0)
			return 0;
	}
	return fail(err, ERROR_USAGE,
		"unknown name '${work.%s}': no earlier step captured it on the controller",
		name->member);
}

static const char *object_name(const void *context, size_t index)
{
	static const char *const objects[] = {"host", "each", "overlay", "work"};
	const struct driver *driver = context;

	if (index < ARRAY_SIZE(objects))
		return objects[index];
	index -= ARRAY_SIZE(objects);
	return index < driver->role_count ? driver->roles[index].name : NULL;
}

static int check_role(const struct view *view, const struct name *name, struct error *err)
{
	const struct driver *driver = view->walk->driver;
	const struct driver_role *role = driver_role(driver, name->object);
	const char *meant;

	if (!role) {
		meant = near_name(name->object, object_name, driver);
		return fail(err, ERROR_USAGE, "unknown name '${%s%s%s}'%s%s%s", name->object,
			name->member[0] ? "." : "", name->member, meant ? "; did you mean '" : "",
			meant ? meant : "", meant ? "'?" : "");
	}
	if (role->take != DRIVER_TAKE_FIRST)
		return fail(err, ERROR_USAGE,
			"'${%s.%s}': more than one host has role '%s' (take: %s)", name->object,
			name->member, name->object, role->take == DRIVER_TAKE_ALL ? "all" : "rest");
	return check_member(view->walk, name, HOST_FIRST, err);
}

static int check_name(const struct view *view, const struct name *name, struct error *err)
{
	if (strcmp(name->object, "work") == 0)
		return check_work(view, name, err);
	if (strcmp(name->object, "overlay") == 0)
		return strcmp(name->member, "bits") == 0 || strcmp(name->member, "network") == 0
			       ? 0
			       : fail(err, ERROR_USAGE,
					 "unknown name '${overlay.%s}'; use overlay.network or overlay.bits",
					 name->member);
	if (strcmp(name->object, "host") == 0)
		return view->on_controller
			       ? fail(err, ERROR_USAGE,
					 "'${host.%s}': the controller is not a host; use each: all and ${each.%s}",
					 name->member, name->member)
			       : check_member(view->walk, name, view->hosts, err);
	if (strcmp(name->object, "each") == 0)
		return view->each == DRIVER_EACH_NONE
			       ? fail(err, ERROR_USAGE,
					 "'${each.%s}': this step does not have 'each'",
					 name->member)
			       : check_member(view->walk, name, hosts_of_each(view), err);
	return check_role(view, name, err);
}

static bool is_secret(const struct walk *walk, const char *member)
{
	for (size_t i = 0; i < walk->made_count; i++) {
		if (walk->made[i].is_secret && strcmp(walk->made[i].name, member) == 0)
			return true;
	}
	return false;
}

static void warn_of_secret(
	const struct view *view, const struct yaml_value *value, const struct name *name)
{
	struct walk *walk = view->walk;
	struct error text;

	if (!is_secret(walk, name->member) || walk->warning_count == MAX_WARNINGS)
		return;
	fail(&text, ERROR_USAGE,
		"secret '%s' is on a command line, which every user of the host can read; use stdin or a template",
		name->member);
	yaml_fail_in(&walk->source->file, value, name->start, &text);
	walk->warnings[walk->warning_count++] = arena_strdup(walk->source->arena, text.text);
}

static int check_text(const struct view *view, const struct yaml_value *value, struct error *err)
{
	struct name name;
	size_t at = 0;
	int found;

	if (!value)
		return 0;
	while ((found = name_next(value->text, at, &name, err)) > 0) {
		at = name.end;
		if (name.is_escape)
			continue;
		if (check_name(view, &name, err))
			return yaml_fail_in(&view->walk->source->file, value, name.start, err);
		if (view->is_command)
			warn_of_secret(view, value, &name);
	}
	return found ? yaml_fail_in(&view->walk->source->file, value, 0, err) : 0;
}

/* "path:line:column: " of a place in a template before what is in `err`. */
static int fail_in_template(const struct template *template, const struct template_part *part,
	size_t offset, struct error *err)
{
	unsigned line = part->line;
	size_t line_start = 0;

	for (size_t i = 0; i < offset; i++) {
		if (part->text[i] == '\n') {
			line++;
			line_start = i + 1;
		}
	}
	return fail_in(err, "%s:%u:%zu", template->path, line, offset - line_start + 1);
}

static int check_part(const struct view *outer, const struct template *template,
	const struct template_part *part, struct error *err)
{
	struct view view = *outer;
	struct name name = {0};
	size_t at = 0;
	int found;

	if (part->each != DRIVER_EACH_NONE && outer->each != DRIVER_EACH_NONE) {
		fail(err, ERROR_USAGE,
			"'@each' cannot be used in a template whose step has 'each'");
		return fail_in_template(template, part, 0, err);
	}
	if (part->each != DRIVER_EACH_NONE)
		view.each = part->each;
	if (view.on_controller && part->each == DRIVER_EACH_OTHERS) {
		fail(err, ERROR_USAGE,
			"'@each others': the controller is not a host; use '@each all'");
		return fail_in_template(template, part, 0, err);
	}
	while ((found = name_next(part->text, at, &name, err)) > 0) {
		at = name.end;
		if (!name.is_escape && check_name(&view, &name, err))
			return fail_in_template(template, part, name.start, err);
	}
	return found ? fail_in_template(template, part, at, err) : 0;
}

static int check_write(struct view *view, const struct driver_step *step,
	const struct yaml_value *value, struct error *err)
{
	const struct template *template = step->write_template;

	if (check_text(view, yaml_child(value, "to"), err))
		return -1;
	for (size_t i = 0; i < template->count; i++) {
		if (check_part(view, template, &template->parts[i], err))
			return -1;
	}
	return 0;
}

static int check_send(const struct view *view, const struct yaml_value *value, struct error *err)
{
	for (const struct yaml_value *at = value ? value->first : NULL; at; at = at->next) {
		struct view from = *view;

		from.can_see_work = true;
		if (check_text(&from, yaml_child(at, "from"), err) ||
			check_text(view, yaml_child(at, "to"), err))
			return -1;
	}
	return 0;
}

static int check_step(struct walk *walk, const struct driver_step *step,
	const struct yaml_value *value, struct error *err)
{
	static const char *const commands[] = {"run", "daemon", "script"};
	static const char *const signs[] = {"interface", "file", "http", "tcp", "output"};
	bool on_controller = driver_step_is_on_controller(step);
	struct view view = {.walk = walk,
		.on_controller = on_controller,
		.can_see_work = on_controller,
		.hosts = on_controller ? HOST_ALL : hosts_of(walk->driver, step->where),
		.each = step->each,
		.is_command = true};

	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (check_text(&view, yaml_child(value, commands[i]), err))
			return -1;
	}
	view.is_command = false;
	for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
		if (check_text(&view, yaml_child(yaml_child(value, "ready"), signs[i]), err))
			return -1;
	}
	if (check_text(&view, yaml_child(value, "stdin"), err) ||
		check_send(&view, yaml_child(value, "send"), err))
		return -1;
	if (step->verb == DRIVER_WRITE)
		return check_write(&view, step, yaml_child(value, "write"), err);
	return 0;
}

static int note_captures(struct walk *walk, const struct driver_step *step,
	const struct yaml_value *value, struct error *err)
{
	bool on_controller = driver_step_is_on_controller(step);
	unsigned hosts = on_controller ? HOST_ALL : hosts_of(walk->driver, step->where);

	for (size_t i = 0; i < step->capture_count; i++) {
		if (walk->made_count == MAX_CAPTURES)
			return yaml_fail(&walk->source->file, value, err,
				"a driver cannot have more than %d captures", MAX_CAPTURES);
		/* What the controller captures for each host belongs to that host. */
		walk->made[walk->made_count++] = (struct made){.name = step->captures[i].as,
			.hosts = hosts,
			.on_controller = on_controller && step->each == DRIVER_EACH_NONE,
			.is_secret = step->captures[i].is_secret};
	}
	return 0;
}

static int check_phase(struct walk *walk, enum driver_phase phase, struct error *err)
{
	const struct driver_phase_steps *steps = &walk->driver->phases[phase];
	const struct yaml_value *list =
		yaml_child(walk->source->file.root, driver_phase_name(phase));

	for (size_t i = 0; i < steps->count; i++) {
		const struct yaml_value *value = yaml_entry(list, i);

		if (check_step(walk, &steps->steps[i], value, err) ||
			note_captures(walk, &steps->steps[i], value, err))
			return -1;
	}
	return 0;
}

int driver_check_names(const struct driver_source *source, struct driver *driver, struct error *err)
{
	const struct yaml_value *root = source->file.root;
	const struct yaml_value *address = yaml_child(root, "address");
	struct walk *walk = arena_alloc(source->arena, struct walk, 1);
	struct view view = {.walk = walk, .hosts = HOST_ALL, .is_command = true};

	*walk = (struct walk){.source = source,
		.driver = driver,
		.warnings = arena_alloc(source->arena, const char *, MAX_WARNINGS + 1)};
	for (int phase = DRIVER_PREPARE; phase <= DRIVER_STOP; phase++) {
		if (check_phase(walk, (enum driver_phase)phase, err))
			return -1;
	}
	if (check_text(&view, yaml_child(address, "interface"), err) ||
		check_text(&view, yaml_child(address, "run"), err) ||
		check_text(&view, yaml_child(root, "observe"), err))
		return -1;
	if (driver->version && strstr(driver->version, "${"))
		return yaml_fail(&source->file, yaml_child(root, "version"), err,
			"'version' runs before any host exists, so names cannot be used in it");
	driver->warnings = walk->warnings;
	return 0;
}
