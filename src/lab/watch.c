/* SPDX-License-Identifier: MIT */
/* Watching who answers whom, all the time: meshbench-watch on every host. */
#include "lab/internal.h"

#include <stdlib.h>

enum {
	/* Of one host's part; an answer takes some 20 bytes, two minutes of a mesh of four 3 MB. */
	KEEP_BYTES = 64 << 20,
	HOSTS_AT_FULL_PACE = 4
};

struct lab_watch {
	struct lab *lab;
	struct arena *arena;
	const char **argv; /* of every host's program, but for SELF and SPEAKS */
	enum lab_speaker speaker;
	struct lab_hosts concerned;
	struct proc **procs;
	size_t *used;        /* bytes of its output that were read */
	struct spans *spans; /* [from * targets + target] */
	size_t targets;
};

/* Whether of these two the first speaks by its clock. */
static bool speaks(const struct lab_watch *watch, size_t from, size_t to)
{
	bool from_is = lab_hosts_include(watch->concerned, from);
	bool to_is = lab_hosts_include(watch->concerned, to);

	switch (watch->speaker) {
	case LAB_BOTH_SPEAK:
		return true;
	case LAB_HOST_SPEAKS:
		return from_is || (!to_is && from < to);
	case LAB_OTHERS_SPEAK:
		return to_is || (!from_is && from < to);
	case LAB_LOWER_SPEAKS:
		break;
	}
	return from < to;
}

static const char *whom_to_speak_to(const struct lab_watch *watch, size_t self)
{
	char *letters = arena_bytes(watch->arena, watch->lab->count + 1, 1);

	for (size_t i = 0; i < watch->lab->count; i++)
		letters[i] = speaks(watch, self, i) ? 's' : '-';
	return letters;
}

static int start(struct lab_watch *watch, size_t host, bool is_held, struct error *err)
{
	watch->argv[2] = arena_printf(watch->arena, "%zu", host);
	watch->argv[3] = whom_to_speak_to(watch, host);
	watch->used[host] = 0;
	return host_start(watch->lab->nodes[host].host,
		&(struct proc_spec){.what = "watch the others",
			.argv = watch->argv,
			.keep_bytes = KEEP_BYTES,
			.held = is_held},
		&watch->procs[host], err);
}

static int start_all(struct lab_watch *watch, struct error *err)
{
	for (size_t i = 0; i < watch->lab->count; i++) {
		if (start(watch, i, true, err))
			return -1;
	}
	return procs_release(watch->procs, watch->lab->count, err);
}

static const char *pace(const struct lab *lab, struct arena *arena)
{
	size_t shares = (lab->count + HOSTS_AT_FULL_PACE - 1) / HOSTS_AT_FULL_PACE;

	return arena_printf(
		arena, "%zu", (size_t)(LAB_WATCH_EVERY_NS / NS_PER_MS) * (shares ? shares : 1));
}

int lab_watch_begin(struct lab *lab, const char *const overlay[], enum lab_speaker speaker,
	struct lab_hosts concerned, struct lab_watch **ret_watch, struct error *err)
{
	AUTO(lab_watch_endp) struct lab_watch *watch = NULL;
	struct arena *arena = arena_new();
	size_t count = lab->count, used = 4;

	watch = arena_alloc(arena, struct lab_watch, 1);
	*watch = (struct lab_watch){.lab = lab,
		.arena = arena,
		.speaker = speaker,
		.concerned = concerned,
		.argv = arena_alloc(arena, const char *, LAB_WAYS *count + 6),
		.procs = arena_alloc(arena, struct proc *, count),
		.used = arena_alloc(arena, size_t, count),
		.targets = LAB_WAYS * count};
	watch->spans = arena_alloc(arena, struct spans, count * watch->targets);
	if (helper_find(arena, "meshbench-watch", &watch->argv[0], err))
		return -1;
	watch->argv[1] = pace(lab, arena);
	for (size_t i = 0; i < count; i++)
		watch->argv[used++] = overlay[i];
	for (size_t i = 0; i < count; i++)
		watch->argv[used++] = lab->nodes[i].ipv4;
	if (start_all(watch, err))
		return fail_in(err, "watch the mesh");
	*ret_watch = watch;
	watch = NULL;
	return 0;
}

/* A program that a reboot killed has said all it knew; one that ended by itself could not try. */
static int look_at(struct lab_watch *watch, size_t host, struct error *err)
{
	struct proc *proc = watch->procs[host];
	struct proc_result result;
	size_t used;

	if (!proc)
		return 0;
	result = proc_result(proc);
	if (result.has_ended && !result.signal)
		return fail(err, ERROR_TOOL, "%s", proc_obituary(proc));
	if (result.dropped_bytes)
		return fail(err, ERROR_TOOL,
			"the watch of %s produced more output than can be kept",
			watch->lab->nodes[host].name);
	if (spans_read(result.out + watch->used[host], watch->spans + host * watch->targets,
		    watch->targets, &used, err))
		return -1;
	watch->used[host] += used;
	return 0;
}

int lab_watch_look(struct lab_watch *watch, struct error *err)
{
	if (procs_step(watch->lab->procs, deadline_in(0), err))
		return -1;
	for (size_t i = 0; i < watch->lab->count; i++) {
		if (look_at(watch, i, err))
			return -1;
	}
	return 0;
}

int lab_watch_resume(struct lab_watch *watch, size_t host, struct error *err)
{
	if (look_at(watch, host, err))
		return -1;
	proc_freep(&watch->procs[host]);
	if (start(watch, host, false, err))
		return fail_in(err, "watch the mesh again");
	return 0;
}

const struct lab_span *lab_watch_spans(
	const struct lab_watch *watch, enum lab_way way, size_t from, size_t to, size_t *ret_count)
{
	const struct spans *spans =
		&watch->spans[from * watch->targets + way * watch->lab->count + to];

	*ret_count = spans->count;
	return spans->list;
}

void lab_watch_end(struct lab_watch *watch)
{
	if (!watch)
		return;
	for (size_t i = 0; i < watch->lab->count; i++)
		proc_free(watch->procs[i]);
	for (size_t i = 0; watch->spans && i < watch->lab->count * watch->targets; i++)
		free(watch->spans[i].list);
	arena_free(watch->arena);
}

void lab_watch_endp(struct lab_watch **watch)
{
	lab_watch_end(*watch);
	*watch = NULL;
}
