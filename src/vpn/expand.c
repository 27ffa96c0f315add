/* SPDX-License-Identifier: MIT */
/* Names become values: in words, in paths and in templates. */
#include "vpn/internal.h"

#include "base/fd.h"
#include "plan/name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *captured_text(
	const struct roster *roster, const struct captured *list, const char *name)
{
	for (; list; list = list->next) {
		if (strcmp(list->name, name) == 0)
			return list->text;
	}
	return roster->is_dry ? arena_printf(roster->arena, "<captured: %s>", name) : NULL;
}

static const char *member_text(
	const struct roster *roster, const struct member *member, const char *name)
{
	const struct {
		const char *name, *text;
	} facts[] = {{"name", member->name}, {"number", member->number}, {"dir", member->dir},
		{"underlay", member->underlay}, {"underlay_host", member->underlay_host},
		{"overlay", member->overlay}};

	for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
		if (strcmp(facts[i].name, name) == 0)
			return facts[i].text;
	}
	return captured_text(roster, member->captured, name);
}

/* Behind a NAT64 a host finds others elsewhere than the rest does. */
static const char *underlay_text(
	const struct scope *scope, const struct member *member, const char *name)
{
	const struct roster *roster = scope->roster;
	bool has_brackets = strcmp(name, "underlay_host") == 0;
	const char *text;

	if (!roster->underlay_for || !scope->host ||
		(!has_brackets && strcmp(name, "underlay") != 0))
		return member_text(roster, member, name);
	text = roster->underlay_for[(size_t)(scope->host - roster->members) * roster->count +
				    (size_t)(member - roster->members)];
	return has_brackets && strchr(text, ':') ? arena_printf(roster->arena, "[%s]", text) : text;
}

static const char *value_of(const struct scope *scope, const struct name *name)
{
	const struct roster *roster = scope->roster;
	const struct member *member = NULL;

	if (strcmp(name->object, "work") == 0)
		return name->member[0] ? captured_text(roster, roster->captured, name->member)
				       : roster->work;
	if (strcmp(name->object, "overlay") == 0)
		return strcmp(name->member, "bits") == 0 ? OVERLAY_BITS : OVERLAY_NETWORK;
	if (strcmp(name->object, "host") == 0)
		member = scope->host;
	else if (strcmp(name->object, "each") == 0)
		member = scope->each;
	else if (driver_role(roster->driver, name->object))
		member = &roster->members[0]; /* only a role of the first host can be named */
	return member ? underlay_text(scope, member, name->member) : NULL;
}

/* Appends `text` with its names replaced. */
static int expand_into(FILE *out, const struct scope *scope, const char *text, struct error *err)
{
	struct name name;
	size_t at = 0;
	int found;

	while ((found = name_next(text, at, &name, err)) > 0) {
		const char *value = name.is_escape ? "${" : value_of(scope, &name);

		if (!value)
			return fail(err, ERROR_USAGE, "'%.*s' has no value",
				(int)(name.end - name.start), text + name.start);
		fwrite(text + at, 1, name.start - at, out);
		fputs(value, out);
		at = name.end;
	}
	fputs(text + at, out);
	return found;
}

struct memory {
	FILE *stream;
	char *text;
	size_t size;
};

static void memory_done(struct memory *memory)
{
	stream_closep(&memory->stream);
	free(memory->text);
}

static void memory_open(struct memory *memory)
{
	memory->stream = open_memstream(&memory->text, &memory->size);
	if (!memory->stream) {
		fputs("meshbench: out of memory\n", stderr);
		abort();
	}
}

/* Ends the writing and hands the text to the arena. */
static const char *memory_take(struct memory *memory, struct arena *arena)
{
	stream_closep(&memory->stream);
	return arena_strndup(arena, memory->text, memory->size);
}

int expand_text(
	const struct scope *scope, const char *text, const char **ret_text, struct error *err)
{
	AUTO(memory_done) struct memory memory = {0};

	memory_open(&memory);
	if (expand_into(memory.stream, scope, text, err))
		return -1;
	*ret_text = memory_take(&memory, scope->roster->arena);
	return 0;
}

int expand_words(const struct scope *scope, const char *const *words, const char *const **ret_words,
	struct error *err)
{
	const char **expanded;
	size_t count = 0;

	while (words[count])
		count++;
	expanded = arena_alloc(scope->roster->arena, const char *, count + 1);
	for (size_t i = 0; i < count; i++) {
		if (expand_text(scope, words[i], &expanded[i], err))
			return -1;
	}
	*ret_words = expanded;
	return 0;
}

int expand_path(const struct scope *scope, const char *path, const char *dir, const char **ret_path,
	struct error *err)
{
	const char *expanded;

	if (expand_text(scope, path, &expanded, err))
		return -1;
	*ret_path = expanded[0] == '/' ? expanded
				       : arena_printf(scope->roster->arena, "%s/%s", dir, expanded);
	return 0;
}

static int expand_block(
	FILE *out, const struct scope *scope, const struct template_part *part, struct error *err)
{
	const struct roster *roster = scope->roster;
	size_t size = strlen(part->text), length = size - (part->text[size - 1] == '\n');
	const char *body = arena_strndup(roster->arena, part->text, length);
	const char *before = "";

	for (size_t i = 0; i < roster->count; i++) {
		struct scope inner = {roster, scope->host, &roster->members[i]};

		if (part->each == DRIVER_EACH_OTHERS && inner.each == scope->host)
			continue;
		fputs(before, out);
		if (expand_into(out, &inner, body, err))
			return -1;
		before = arena_printf(roster->arena, "%s%s", part->between, part->text + length);
	}
	fputs(*before ? part->text + length : "", out);
	return 0;
}

int expand_template(const struct scope *scope, const struct template *template,
	const char **ret_text, struct error *err)
{
	AUTO(memory_done) struct memory memory = {0};

	memory_open(&memory);
	for (size_t i = 0; i < template->count; i++) {
		const struct template_part *part = &template->parts[i];
		int status = part->each == DRIVER_EACH_NONE
				     ? expand_into(memory.stream, scope, part->text, err)
				     : expand_block(memory.stream, scope, part, err);

		if (status)
			return fail_in(err, "fill in %s", template->path);
	}
	*ret_text = memory_take(&memory, scope->roster->arena);
	return 0;
}
