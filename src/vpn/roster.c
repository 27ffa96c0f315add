/* SPDX-License-Identifier: MIT */
/* The hosts as a driver speaks of them, and what its steps captured. */
#include "vpn/internal.h"

#include "base/json.h"
#include "base/text.h"

#include <string.h>

/* 10.78.0.1 for the first host; the last number stays within 1..254. */
static const char *overlay_address(struct arena *arena, size_t index)
{
	return arena_printf(arena, "10.78.%zu.%zu", index / 254, index % 254 + 1);
}

void roster_init(struct roster *roster, struct arena *arena, const struct driver *driver,
	const char *const names[], size_t count)
{
	*roster = (struct roster){.arena = arena, .driver = driver, .count = count};
	roster->members = arena_alloc(arena, struct member, count + 1);
	for (size_t i = 0; i < count; i++)
		roster->members[i] = (struct member){.name = arena_strdup(arena, names[i]),
			.number = arena_printf(arena, "%zu", i + 1),
			.dir = arena_printf(arena, "/var/lib/meshbench/%s", driver->name),
			.overlay = overlay_address(arena, i)};
}

void captured_set(struct arena *arena, struct captured **list, const char *name, const char *text)
{
	struct captured *entry = *list;

	while (entry && strcmp(entry->name, name) != 0)
		entry = entry->next;
	if (!entry) {
		entry = arena_alloc(arena, struct captured, 1);
		*entry = (struct captured){.name = name, .next = *list};
		*list = entry;
	}
	entry->text = text;
}

static int scalar_text(struct arena *arena, const json_t *value, const char *pointer,
	const char **ret_text, struct error *err)
{
	if (json_is_string(value))
		*ret_text = arena_strdup(arena, json_string_value(value));
	else if (json_is_integer(value))
		*ret_text = arena_printf(arena, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		*ret_text = arena_printf(arena, "%.17g", json_real_value(value));
	else
		return fail(err, ERROR_PARSE, "its output does not have a text or number at %s",
			pointer);
	return 0;
}

/* The rest of the first line that holds `after`. */
static int line_text(struct arena *arena, const char *out, const char *after, const char **ret_text,
	struct error *err)
{
	const char *found = strstr(out, after);

	if (!found)
		return fail(err, ERROR_PARSE, "it did not print a line with '%s'", after);
	found += strlen(after);
	*ret_text = text_trim(arena_strndup(arena, found, strcspn(found, "\n")));
	return 0;
}

static int part_of(struct arena *arena, const struct driver_capture *capture, const char *out,
	size_t size, const char **ret_text, struct error *err)
{
	json_auto_t *value = NULL;

	if (capture->after)
		return line_text(arena, out, capture->after, ret_text, err);
	if (!capture->at) {
		*ret_text = text_trim(arena_strndup(arena, out, size));
		return 0;
	}
	if (json_parse(out, size, "its output", &value, err))
		return -1;
	return scalar_text(arena, json_at(value, capture->at), capture->at, ret_text, err);
}

int captured_read(struct arena *arena, const struct driver_capture *capture, const char *out,
	size_t size, const char **ret_text, struct error *err)
{
	if (strlen(out) != size)
		return fail(err, ERROR_PARSE, "capture '%s': the output is not text", capture->as);
	if (part_of(arena, capture, out, size, ret_text, err))
		return fail_in(err, "capture '%s'", capture->as);
	if (!**ret_text)
		return fail(err, ERROR_PARSE, "capture '%s': it printed nothing%s%s", capture->as,
			capture->after ? " after " : "", capture->after ? capture->after : "");
	return 0;
}
