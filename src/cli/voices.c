/* SPDX-License-Identifier: MIT */
/* Guests in virtual time as the user hears them. */
#include "cli/voices.h"

#include "cli/progress.h"

#include "base/clock.h"

#include <math.h>
#include <stdio.h>

enum {
	LINE_BYTES_MAX = 500
};

/* Between two lines about time; the first comes as soon as there is something to say. */
static const int64_t PACE_INTERVAL_NS = 60 * NS_PER_S;

struct voice {
	struct voices *all;
	size_t number;
	const char *name; /* NULL: what it prints goes through as it is */
	const struct virtual_job *job;
	char line[LINE_BYTES_MAX + 1];
	size_t length;
};

struct voices {
	struct voice *list;
	struct virtual_pace *paces; /* of each */
	size_t count;
	int64_t began_ns, due_ns; /* of the next line about time */
};

struct voices *voices_new(struct arena *arena, size_t count)
{
	struct voices *voices = arena_alloc(arena, struct voices, 1);
	int64_t now_ns = clock_now_ns();

	*voices = (struct voices){.list = arena_alloc(arena, struct voice, count),
		.paces = arena_alloc(arena, struct virtual_pace, count),
		.count = count,
		.began_ns = now_ns,
		.due_ns = now_ns};
	return voices;
}

static double passed_s(const struct voices *voices)
{
	double seconds = 0;

	for (size_t i = 0; i < voices->count; i++)
		seconds += voices->paces[i].clock_s;
	return seconds;
}

/* A guest says what is left in its own time, which is not the one that the user waits in. */
static void tell_pace(struct voices *voices)
{
	int64_t now_ns = clock_now_ns();
	double elapsed_s = (double)(now_ns - voices->began_ns) / 1e9;
	struct virtual_left left = virtual_pace_left(voices->paces, voices->count, elapsed_s);
	char passed[32], elapsed[32], own_left[32], wall_left[32];

	if (now_ns < voices->due_ns || !(left.wall_s > 0))
		return;
	voices->due_ns = now_ns + PACE_INTERVAL_NS;
	progress_duration(passed, passed_s(voices));
	progress_duration(elapsed, elapsed_s);
	progress_duration(own_left, left.own_s);
	progress_duration(wall_left, left.wall_s);
	fprintf(stderr,
		"meshbench: %s of virtual time took %s of wall time; about %s are left, which take %s\n",
		passed, elapsed, own_left, wall_left);
}

static void end_line(struct voice *voice)
{
	voice->line[voice->length] = '\0';
	if (voice->name)
		fprintf(stderr, "%s: %s\n", voice->name, voice->line);
	(void)virtual_pace_read(voice->line, &voice->all->paces[voice->number]);
	voice->length = 0;
}

static void add_to_lines(struct voice *voice, const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (text[i] != '\n')
			voice->line[voice->length++] = text[i];
		if (text[i] == '\n' || voice->length == LINE_BYTES_MAX)
			end_line(voice);
	}
}

static void listen(void *context, bool is_error, const char *text, size_t size)
{
	struct voice *voice = context;
	FILE *stream = is_error ? stderr : stdout;

	if (!voice->name) {
		fwrite(text, 1, size, stream);
		fflush(stream);
	}
	if (!is_error)
		return;
	voice->all->paces[voice->number].clock_s = voice->job->clock_s;
	add_to_lines(voice, text, size);
	if (voice->length == 0) /* not in the middle of a line that went through */
		tell_pace(voice->all);
}

void voices_hear(struct voices *voices, size_t number, const char *name, double planned_s,
	struct virtual_job *job)
{
	struct voice *voice = &voices->list[number];

	voices->paces[number].planned_s = planned_s;
	*voice = (struct voice){.all = voices, .number = number, .name = name, .job = job};
	job->listener = listen;
	job->listener_context = voice;
}

void voices_end(struct voices *voices)
{
	for (size_t i = 0; i < voices->count; i++)
		if (voices->list[i].length)
			end_line(&voices->list[i]);
}
