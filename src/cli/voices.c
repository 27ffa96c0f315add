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

/* Between two lines about wall time. */
static const int64_t PACE_INTERVAL_NS = 60 * NS_PER_S;

struct voice {
	struct voices *all;
	size_t number;
	const char *name; /* NULL: what it prints goes through as it is */
	char line[LINE_BYTES_MAX + 1];
	size_t length;
};

struct voices {
	struct voice *list;
	struct virtual_pace *paces; /* of each */
	size_t count;
	int64_t began_ns, told_ns;
};

struct voices *voices_new(struct arena *arena, size_t count)
{
	struct voices *voices = arena_alloc(arena, struct voices, 1);
	int64_t now_ns = clock_now_ns();

	*voices = (struct voices){.list = arena_alloc(arena, struct voice, count),
		.paces = arena_alloc(arena, struct virtual_pace, count),
		.count = count,
		.began_ns = now_ns,
		.told_ns = now_ns};
	return voices;
}

/* A guest says what is left in its own time, which here is the wrong one. */
static void tell_pace(struct voices *voices)
{
	int64_t now_ns = clock_now_ns();
	double elapsed_s = (double)(now_ns - voices->began_ns) / 1e9;
	double left_s = virtual_pace_left_s(voices->paces, voices->count, elapsed_s);
	char elapsed[32], left[32];

	if (now_ns - voices->told_ns < PACE_INTERVAL_NS || isnan(left_s) || left_s <= 0)
		return;
	voices->told_ns = now_ns;
	progress_duration(elapsed, elapsed_s);
	progress_duration(left, left_s);
	fprintf(stderr, "meshbench: %s of wall time have passed, about %s are left\n", elapsed,
		left);
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
	add_to_lines(voice, text, size);
	if (voice->length == 0) /* not in the middle of a line that went through */
		tell_pace(voice->all);
}

void voices_hear(struct voices *voices, size_t number, const char *name, struct virtual_job *job)
{
	struct voice *voice = &voices->list[number];

	*voice = (struct voice){.all = voices, .number = number, .name = name};
	job->listener = listen;
	job->listener_context = voice;
}

void voices_end(struct voices *voices)
{
	for (size_t i = 0; i < voices->count; i++)
		if (voices->list[i].length)
			end_line(&voices->list[i]);
}
