/* SPDX-License-Identifier: MIT */
/* One step of a driver: exactly one verb, and only the modifiers that the verb has use for. */
#include "plan/driver_internal.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "plan/name.h"
#include "plan/template.h"

#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DEFAULT_WITHIN_NS (30 * NS_PER_S)

struct reading {
	const struct driver_source *source;
	const struct driver *driver;
	const struct written_step *written;
	const struct yaml_value *value;
	struct driver_step *step;
};

#define REFUSE(reading, key, ...)                                                                  \
	yaml_fail(&(reading)->source->file, yaml_child((reading)->value, (key)), err, __VA_ARGS__)
#define REFUSE_KEY(reading, key, ...)                                                              \
	yaml_fail_key(                                                                             \
		&(reading)->source->file, yaml_child((reading)->value, (key)), err, __VA_ARGS__)

static const char *const verb_keys[] = {"run", "daemon", "write", "send", "script"};

static int take_verb(const struct reading *reading, struct error *err)
{
	const char *first = NULL;

	for (const struct yaml_value *at = reading->value->first; at; at = at->next) {
		for (size_t verb = 0; verb < ARRAY_SIZE(verb_keys); verb++) {
			if (strcmp(at->key, verb_keys[verb]) != 0)
				continue;
			if (first)
				return REFUSE_KEY(reading, at->key,
					"a step can have only one verb; move '%s' to a step of its own, apart from '%s'",
					at->key, first);
			first = at->key;
			reading->step->verb = (enum driver_verb)verb;
		}
	}
	if (!first)
		return yaml_fail(&reading->source->file, reading->value, err,
			"a step needs one of run, daemon, write, send or script");
	return 0;
}

static const char *copy(const struct reading *reading, const char *text)
{
	return text ? arena_strdup(reading->source->arena, text) : NULL;
}

static int take_place(const struct reading *reading, struct error *err)
{
	const char *where = reading->written->where ? reading->written->where : "all";
	const char *each = reading->written->each;
	bool on_controller = strcmp(where, "controller") == 0;

	if (!on_controller && strcmp(where, "all") != 0 && !driver_role(reading->driver, where))
		return REFUSE(reading, "where",
			"'%s' is neither a role of this driver, nor 'all' or 'controller'", where);
	reading->step->where = copy(reading, where);
	if (!each)
		return 0;
	if (strcmp(each, "all") != 0 && strcmp(each, "others") != 0)
		return REFUSE(reading, "each", "'%s' is not one of all, others", each);
	if (on_controller && strcmp(each, "others") == 0)
		return REFUSE(reading, "each", "the controller is not a host; use each: all");
	reading->step->each = strcmp(each, "all") == 0 ? DRIVER_EACH_ALL : DRIVER_EACH_OTHERS;
	return 0;
}

/* A file of the driver's folder, never one outside it. */
static int check_own_file(const struct reading *reading, const struct yaml_value *at,
	const char *name, struct error *err)
{
	const struct driver_source *source = reading->source;
	struct stat info;

	/* What the hash of a driver passes over decides nothing. */
	if (name[0] == '.' || strchr(name, '/') || strstr(name, "..") || strstr(name, "${"))
		return yaml_fail(&source->file, at, err,
			"'%s' must be the plain name of a file in the driver's folder", name);
	if (stat(arena_printf(source->arena, "%s/%s", source->dir, name), &info) < 0 ||
		!S_ISREG(info.st_mode))
		return yaml_fail(&source->file, at, err, "file '%s' does not exist in %s", name,
			source->dir);
	if (reading->step->verb == DRIVER_SCRIPT && !(info.st_mode & S_IXUSR))
		return yaml_fail(&source->file, at, err,
			"'%s' in %s is not executable: chmod +x it", name, source->dir);
	return 0;
}

static int take_mode(const struct reading *reading, const struct yaml_value *at, struct error *err)
{
	const char *text = reading->written->write->mode;

	reading->step->write_mode = 0600;
	if (!text)
		return 0;
	if (strlen(text) != 4 || text[0] != '0' || text[strspn(text, "01234567")])
		return yaml_fail(&reading->source->file, at, err,
			"mode '%s' is not four octal digits such as 0600", text);
	reading->step->write_mode = (unsigned)strtoul(text, NULL, 8);
	return 0;
}

/* Where a file goes: below the folder of the step, or on a host below /var/lib. */
static int check_target(const struct reading *reading, const struct yaml_value *at, const char *to,
	struct error *err)
{
	bool on_controller = driver_step_is_on_controller(reading->step);

	if (strstr(to, ".."))
		return yaml_fail(&reading->source->file, at, err, "'%s' may not contain '..'", to);
	if (to[0] == '/' && (on_controller || !text_starts_with(to, "/var/lib/")))
		return yaml_fail(&reading->source->file, at, err, "'%s' is outside %s", to,
			on_controller ? "${work}" : "/var/lib, where a host keeps its state");
	return 0;
}

static int take_write(const struct reading *reading, struct error *err)
{
	const struct written_write *write = reading->written->write;
	const struct yaml_value *value = yaml_child(reading->value, "write");
	struct arena *arena = reading->source->arena;
	struct template *template;

	if (check_own_file(reading, yaml_child(value, "template"), write->template, err) ||
		check_target(reading, yaml_child(value, "to"), write->to, err))
		return -1;
	template = arena_alloc(arena, struct template, 1);
	if (template_load(arena,
		    arena_printf(arena, "%s/%s", reading->source->dir,
			    driver_file_name(reading->source, write->template)),
		    template, err))
		return -1;
	reading->step->write_template = template;
	reading->step->write_to = copy(reading, write->to);
	return take_mode(reading, yaml_child(value, "mode"), err);
}

/* Absent means false. */
static int take_truth(const struct reading *reading, const struct yaml_value *at, const char *text,
	bool *ret_is_true, struct error *err)
{
	*ret_is_true = text && strcmp(text, "true") == 0;
	if (text && !*ret_is_true && strcmp(text, "false") != 0)
		return yaml_fail(
			&reading->source->file, at, err, "'%s' is not true or false", text);
	return 0;
}

static int take_send(const struct reading *reading, struct error *err)
{
	const struct written_step *written = reading->written;
	struct driver_send *sends =
		arena_alloc(reading->source->arena, struct driver_send, written->send_count + 1);

	if (!written->send_count)
		return REFUSE(reading, "send", "a file to send is missing here");
	for (size_t i = 0; i < written->send_count; i++) {
		const struct yaml_value *entry = yaml_entry(yaml_child(reading->value, "send"), i);

		sends[i] = (struct driver_send){.from = copy(reading, written->send[i].from),
			.to = copy(reading, written->send[i].to)};
		if (check_target(reading, yaml_child(entry, "to"), written->send[i].to, err) ||
			take_truth(reading, yaml_child(entry, "public"), written->send[i].is_public,
				&sends[i].is_public, err))
			return -1;
	}
	reading->step->sends = sends;
	reading->step->send_count = written->send_count;
	return 0;
}

/* The variant's in place of the driver's own, where it has one. */
static int take_script(const struct reading *reading, const struct yaml_value *value,
	const char *const *words, struct error *err)
{
	struct arena *arena = reading->source->arena;
	const char *name = driver_file_name(reading->source, words[0]);

	if (check_own_file(reading, value, words[0], err) ||
		check_own_file(reading, value, name, err))
		return -1;
	reading->step->words = arena_list(arena, ARENA_LIST(arena, name), words + 1);
	return 0;
}

static int take_command(const struct reading *reading, const char *text, struct error *err)
{
	const char *key = verb_keys[reading->step->verb];
	const struct yaml_value *value = yaml_child(reading->value, key);
	const char *const *words;

	if (driver_take_words(reading->source, value, text, &words, err))
		return -1;
	reading->step->words = words;
	return reading->step->verb == DRIVER_SCRIPT ? take_script(reading, value, words, err) : 0;
}

static int take_action(const struct reading *reading, struct error *err)
{
	switch (reading->step->verb) {
	case DRIVER_RUN:
		return take_command(reading, reading->written->run, err);
	case DRIVER_DAEMON:
		return take_command(reading, reading->written->daemon, err);
	case DRIVER_SCRIPT:
		return take_command(reading, reading->written->script, err);
	case DRIVER_WRITE:
		return take_write(reading, err);
	case DRIVER_SEND:
		break;
	}
	return take_send(reading, err);
}

static int take_ready(const struct reading *reading, struct error *err)
{
	const struct written_ready *ready = reading->written->ready;

	if (!ready)
		return 0;
	if (!ready->interface && !ready->file && !ready->http && !ready->tcp && !ready->output)
		return REFUSE(reading, "ready",
			"'ready' needs at least one of interface, file, http, tcp or output");
	if (ready->interface && !strchr(ready->interface, '$') &&
		strlen(ready->interface) >= IF_NAMESIZE)
		return REFUSE(reading, "ready",
			"interface '%s' is too long; the kernel allows %d characters",
			ready->interface, IF_NAMESIZE - 1);
	if (ready->http && !text_starts_with(ready->http, "http://"))
		return REFUSE(reading, "ready", "'http' must be a URL that starts with http://");
	if (ready->tcp && !strchr(ready->tcp, ':'))
		return REFUSE(reading, "ready",
			"'tcp' must be an address and a port, such as 127.0.0.1:80");
	reading->step->ready = (struct driver_ready){.interface = copy(reading, ready->interface),
		.file = copy(reading, ready->file),
		.http = copy(reading, ready->http),
		.tcp = copy(reading, ready->tcp),
		.output = copy(reading, ready->output)};
	return 0;
}

static int take_capture(const struct reading *reading, const struct written_capture *written,
	const struct yaml_value *value, struct driver_capture *capture, struct error *err)
{
	const struct yaml_file *file = &reading->source->file;
	if (!name_is_word(written->as) || driver_is_fact(written->as))
		return yaml_fail(file, yaml_child(value, "as"), err,
			"'%s' cannot be the name of a captured value%s", written->as,
			driver_is_fact(written->as) ? ": every host has that already" : "");
	if (written->at && written->at[0] != '/')
		return yaml_fail(file, yaml_child(value, "at"), err,
			"'%s' is not a JSON pointer; it must start with '/'", written->at);
	if (written->at && written->after)
		return yaml_fail_key(file, yaml_child(value, "after"), err,
			"use either 'at', which reads JSON, or 'after', which reads lines");
	*capture = (struct driver_capture){.as = copy(reading, written->as),
		.at = copy(reading, written->at),
		.after = copy(reading, written->after)};
	return take_truth(
		reading, yaml_child(value, "secret"), written->secret, &capture->is_secret, err);
}

/* One value, or several of the same output. */
static int take_captures(const struct reading *reading, struct error *err)
{
	const struct written_step *written = reading->written;
	const struct yaml_value *list = yaml_child(reading->value, "captures");
	size_t count = written->capture ? 1 : written->captures_count;
	struct driver_capture *captures =
		arena_alloc(reading->source->arena, struct driver_capture, count + 1);

	if (written->capture && list)
		return REFUSE_KEY(reading, "captures", "use either 'capture' or 'captures'");
	if (list && !count)
		return REFUSE(reading, "captures", "a value to capture is missing here");
	if (written->capture && take_capture(reading, written->capture,
					yaml_child(reading->value, "capture"), captures, err))
		return -1;
	for (size_t i = 0; list && i < count; i++) {
		if (take_capture(
			    reading, &written->captures[i], yaml_entry(list, i), &captures[i], err))
			return -1;
	}
	reading->step->captures = captures;
	reading->step->capture_count = count;
	return 0;
}

static int take_within(const struct reading *reading, struct error *err)
{
	const char *within = reading->written->within;

	reading->step->within_ns = DEFAULT_WITHIN_NS;
	if (within && text_duration_ns(within, &reading->step->within_ns, err))
		return yaml_fail_in(
			&reading->source->file, yaml_child(reading->value, "within"), 0, err);
	return 0;
}

/* Where nothing is ever started again the word would say nothing, and daemons have to start. */
static int take_once(const struct reading *reading, enum driver_phase phase, struct error *err)
{
	bool stays = reading->step->verb == DRIVER_DAEMON || reading->written->ready;

	if (take_truth(reading, yaml_child(reading->value, "once"), reading->written->once,
		    &reading->step->is_once, err))
		return -1;
	if (!reading->written->once)
		return 0;
	if (phase != DRIVER_SERVE && phase != DRIVER_JOIN)
		return REFUSE_KEY(
			reading, "once", "steps of '%s' never run twice", driver_phase_name(phase));
	if (stays)
		return REFUSE_KEY(reading, "once",
			"a step that may keep running must start again after a restart");
	return 0;
}

/* What each verb has no use for would be ignored in silence, so it is refused. */
static int check_modifiers(const struct reading *reading, struct error *err)
{
	static const struct {
		const char *key;
		unsigned verbs;
	} uses[] = {
		{"stdin", 1 << DRIVER_RUN | 1 << DRIVER_DAEMON | 1 << DRIVER_SCRIPT},
		{"capture", 1 << DRIVER_RUN | 1 << DRIVER_SCRIPT},
		{"captures", 1 << DRIVER_RUN | 1 << DRIVER_SCRIPT},
		{"ready", 1 << DRIVER_DAEMON | 1 << DRIVER_SCRIPT},
	};
	const struct driver_step *step = reading->step;
	const char *verb = verb_keys[step->verb];
	const char *capture = reading->written->capture ? "capture" : "captures";
	bool stays = step->verb == DRIVER_DAEMON || reading->written->ready;

	for (size_t i = 0; i < ARRAY_SIZE(uses); i++) {
		if (yaml_child(reading->value, uses[i].key) && !(uses[i].verbs >> step->verb & 1))
			return REFUSE_KEY(reading, uses[i].key, "'%s' does not support '%s'", verb,
				uses[i].key);
	}
	if (driver_step_is_on_controller(step) && (stays || step->verb == DRIVER_SEND))
		return REFUSE_KEY(reading, verb,
			"the controller supports run, write and script; it cannot %s",
			step->verb == DRIVER_SEND ? "send" : "keep a daemon");
	if (stays && step->capture_count)
		return REFUSE_KEY(reading, capture,
			"output cannot be captured from a step that may keep running");
	if (stays && reading->written->each)
		return REFUSE_KEY(reading, "each", "a step can start only one daemon on each host");
	if (step->capture_count && step->each != DRIVER_EACH_NONE &&
		!driver_step_is_on_controller(step))
		return REFUSE_KEY(reading, capture,
			"with 'each' on a host, only the last output would remain");
	return 0;
}

static int take_step(const struct reading *reading, enum driver_phase phase, struct error *err)
{
	const struct yaml_value *what = yaml_child(reading->value, "what");

	reading->step->what = copy(reading, reading->written->what);
	reading->step->line = what->key_at.line;
	reading->step->input = copy(reading, reading->written->input);
	if (strchr(reading->step->what, '\n'))
		return REFUSE(
			reading, "what", "'what' must be one line that says what the step does");
	if (take_verb(reading, err) || take_place(reading, err) || take_action(reading, err) ||
		take_ready(reading, err) || take_captures(reading, err) ||
		take_within(reading, err) || take_once(reading, phase, err))
		return -1;
	return check_modifiers(reading, err);
}

int driver_take_steps(const struct driver_source *source, enum driver_phase phase,
	struct driver *driver, struct error *err)
{
	const struct written_driver *written = source->written;
	const struct {
		const struct written_step *steps;
		size_t count;
	} phases[] = {{written->prepare, written->prepare_count},
		{written->serve, written->serve_count}, {written->join, written->join_count},
		{written->stop, written->stop_count}};
	size_t count = phases[phase].count;
	struct driver_step *steps = arena_alloc(source->arena, struct driver_step, count + 1);
	const struct yaml_value *list = yaml_child(source->file.root, driver_phase_name(phase));

	for (size_t i = 0; i < count; i++) {
		struct reading reading = {
			source, driver, &phases[phase].steps[i], yaml_entry(list, i), &steps[i]};

		if (take_step(&reading, phase, err))
			return -1;
		if (phase == DRIVER_STOP &&
			(steps[i].verb == DRIVER_DAEMON || reading.written->ready))
			return yaml_fail(&source->file, reading.value, err,
				"a daemon cannot start in 'stop'");
	}
	driver->phases[phase] = (struct driver_phase_steps){steps, count};
	return 0;
}
