/* SPDX-License-Identifier: MIT */
/* Marks: their words, their list in a result's meta, and its reader. */
#include "record/mark.h"

#include "record/envelope.h"

#include "base/attribute.h"
#include "base/json.h"

#include <assert.h>
#include <string.h>

static const struct {
	const char *word, *meaning;
} kinds[] = {
	[MARK_WIRE] = {"wire",
		"the emulated network stood still, was too slow or impaired several packets as one"},
	[MARK_BUSY] = {"busy", "other programs used the processors"},
	[MARK_MEMORY] = {"memory", "the machine was short of memory"},
	[MARK_INSTRUMENT] = {"instrument", "a measuring program stood still"},
	[MARK_DAEMON] = {"daemon", "a program of the VPN was stopped"},
	[MARK_THROTTLED] = {"throttled", "the processors were throttled because of heat"},
};

void marks_add(json_t *list, enum mark_kind kind, const char *reason)
{
	assert((size_t)kind < ARRAY_SIZE(kinds));
	json_array_append_new(list,
		json_make("{s:s, s:o}", "mark", kinds[kind].word, "reason", json_text(reason)));
}

const struct mark *marks_read(struct arena *arena, const json_t *list)
{
	struct mark *first = NULL, **end = &first;
	const json_t *entry;
	size_t i;

	json_array_foreach (list, i, entry) {
		const char *word = json_string_at(entry, "/mark", NULL);

		if (!word)
			continue;
		*end = arena_alloc(arena, struct mark, 1);
		**end = (struct mark){.word = arena_strdup(arena, word),
			.reason = arena_strdup(arena, json_string_at(entry, "/reason", ""))};
		end = &(*end)->next;
	}
	return first;
}

const struct mark *marks_of_meta(struct arena *arena, const json_t *meta)
{
	const json_t *list = json_object_get(meta, "marks");
	json_auto_t *older = NULL;

	if (list || !json_is_false(json_at(meta, "/wire/was_good")))
		return marks_read(arena, list);
	older = json_array();
	marks_add(older, MARK_WIRE, json_string_at(meta, "/wire/reason", ""));
	return marks_read(arena, older);
}

const char *mark_meaning(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(kinds[i].word, word) == 0)
			return kinds[i].meaning;
	}
	return NULL;
}

const char *marks_text(struct arena *arena, const struct mark *marks)
{
	const char *text = marks ? marks->reason : NULL;

	for (const struct mark *mark = marks ? marks->next : NULL; mark; mark = mark->next)
		text = arena_printf(arena, "%s; %s", text, mark->reason);
	return text;
}
