/* SPDX-License-Identifier: MIT */
/* Watching who answers whom, all the time: meshbench-watch on every host. */
#include "lab/internal.h"

#include <stdlib.h>

enum {
	/* Of one host's part; an answer takes some 20 bytes, two minutes of a mesh of four 3 MB. */
	KEEP_BYTES = 64 << 20,
	LEAST_SPANS = 8,
	MOST_SPANS = 4096 /* of one pair */
};

/* Arguments of meshbench-watch. */
enum {
	EVERY_MS = 1,
	ROUNDS,
	SELF,
	SPEAKS,
	TELLS,
	ADDRESSES /* of all hosts over the overlay, then as the host reaches them without it */
};

struct lab_watch {
	struct lab *lab;
	struct arena *arena;
	const char **argv; /* of every host's program; SELF, SPEAKS and the second ADDRESSES are
			      each host's own */
	enum lab_speaker speaker;
	struct lab_hosts concerned;
	struct lab_sample sample;
	size_t pairs; /* ordered ones */
	struct proc **procs;
	size_t *used;        /* bytes of its output that were read */
	struct spans *spans; /* [from * targets + target] */
	size_t targets;
	struct pings *pings; /* [from * hosts + to]; NULL: they are not kept */
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

	for (size_t i = 0; i < watch->lab->count; i++) {
		letters[i] = '.';
		if (lab_watch_includes(watch, self, i))
			letters[i] = speaks(watch, self, i) ? 's' : '-';
	}
	return letters;
}

static int start(struct lab_watch *watch, size_t host, bool is_held, struct error *err)
{
	const struct lab *lab = watch->lab;

	watch->argv[SELF] = arena_printf(watch->arena, "%zu", host);
	watch->argv[SPEAKS] = whom_to_speak_to(watch, host);
	for (size_t i = 0; i < lab->count; i++)
		watch->argv[ADDRESSES + lab->count + i] =
			site_joins(lab, host, i) ? site_address_for(lab, watch->arena, host, i)
						 : site_own_address(lab, i);
	watch->used[host] = 0;
	return host_start(watch->lab->nodes[host].host,
		&(struct proc_spec){.what = "watch the others",
			.argv = watch->argv,
			.keep_bytes = KEEP_BYTES,
			/* Of a large mesh all are read together, when somebody looks. */
			.wakes_nobody = !watch->sample.is_whole,
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

static struct spans spans_new(const struct lab_watch *watch, size_t room)
{
	size_t most = watch->pairs ? room / (LAB_WAYS * watch->pairs) : 0;

	if (most < LEAST_SPANS)
		most = LEAST_SPANS;
	return (struct spans){.most = most < MOST_SPANS ? most : MOST_SPANS,
		.pause_ns = lab_watch_pause_ns(watch->sample.count)};
}

/* Of a sampled pair only the host that speaks asks: its answer has gone both ways. */
static void choose_directions(struct lab_watch *watch)
{
	size_t count = watch->sample.count;

	for (size_t i = 0; i < count * count; i++) {
		bool *is_watched = &watch->sample.is_watched[i];

		*is_watched = *is_watched &&
			      (watch->sample.is_whole || speaks(watch, i / count, i % count));
		watch->pairs += *is_watched;
	}
}

static struct lab_watch *watch_new(struct lab *lab, const struct lab_watch_spec *spec)
{
	struct arena *arena = arena_new();
	struct lab_watch *watch = arena_alloc(arena, struct lab_watch, 1);
	size_t count = lab->count;

	*watch = (struct lab_watch){.lab = lab,
		.arena = arena,
		.speaker = spec->speaker,
		.concerned = spec->concerned,
		.sample = lab_sample_new(arena, count, spec->concerned, spec->turn),
		.argv = arena_alloc(arena, const char *, ADDRESSES + LAB_WAYS * count + 1),
		.procs = arena_alloc(arena, struct proc *, count),
		.used = arena_alloc(arena, size_t, count),
		.targets = LAB_WAYS * count};
	if (spec->keeps_pings)
		watch->pings = arena_alloc(arena, struct pings, count * count);
	choose_directions(watch);
	watch->spans = arena_alloc(arena, struct spans, count * watch->targets);
	for (size_t i = 0; i < count * watch->targets; i++)
		watch->spans[i] = spans_new(watch, spec->spans);
	return watch;
}

int lab_watch_begin(struct lab *lab, const struct lab_watch_spec *spec,
	struct lab_watch **ret_watch, struct error *err)
{
	AUTO(lab_watch_endp) struct lab_watch *watch = watch_new(lab, spec);

	if (helper_find(watch->arena, "meshbench-watch", &watch->argv[0], err))
		return -1;
	watch->argv[EVERY_MS] =
		arena_printf(watch->arena, "%lld", (long long)(watch->sample.every_ns / NS_PER_MS));
	/* Of a large mesh nobody wakes us for every round. */
	watch->argv[ROUNDS] =
		watch->sample.is_whole
			? "1"
			: arena_printf(watch->arena, "%lld",
				  (long long)(LAB_WATCH_LATE_NS / watch->sample.every_ns));
	watch->argv[TELLS] = spec->keeps_pings ? "pings" : "answers";
	for (size_t i = 0; i < lab->count; i++)
		watch->argv[ADDRESSES + i] = spec->overlay[i];
	if (start_all(watch, err))
		return fail_in(err, "watch the mesh");
	*ret_watch = watch;
	watch = NULL;
	return 0;
}

/* A program that a reboot killed has said all it knew; one that ended by itself could not try. */
static int look_at(struct lab_watch *watch, size_t host, struct error *err)
{
	const struct ping_reader pings = {watch->pings, watch->lab->count, host};
	struct proc *proc = watch->procs[host];
	struct proc_result result;
	size_t used;

	if (!proc)
		return 0;
	proc_read(proc);
	result = proc_result(proc);
	if (result.has_ended && !result.signal)
		return fail(err, ERROR_TOOL, "%s", proc_obituary(proc));
	if (result.dropped_bytes)
		return fail(err, ERROR_TOOL,
			"the watch of %s produced more output than can be kept",
			watch->lab->nodes[host].name);
	if (spans_read(result.out + watch->used[host], watch->spans + host * watch->targets,
		    watch->targets, watch->pings ? &pings : NULL, &used, err))
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

bool lab_watch_includes(const struct lab_watch *watch, size_t from, size_t to)
{
	return watch->sample.is_watched[from * watch->sample.count + to];
}

struct lab_watch_facts lab_watch_facts(const struct lab_watch *watch)
{
	const struct lab_sample *sample = &watch->sample;
	struct lab_watch_facts facts = {.pairs = watch->pairs, .every_ns = sample->every_ns};

	for (size_t i = 0; i < sample->count * watch->targets; i++) {
		const struct spans *spans = &watch->spans[i];

		facts.closed += spans->closed;
		if (spans->longest_closed_ns > facts.longest_closed_ns)
			facts.longest_closed_ns = spans->longest_closed_ns;
	}
	return facts;
}

const struct lab_span *lab_watch_spans(
	const struct lab_watch *watch, enum lab_way way, size_t from, size_t to, size_t *ret_count)
{
	const struct spans *spans =
		&watch->spans[from * watch->targets + way * watch->lab->count + to];

	*ret_count = spans->count;
	return spans->list;
}

const struct lab_ping *lab_watch_pings(
	const struct lab_watch *watch, size_t from, size_t to, size_t *ret_count)
{
	const struct pings *pings =
		watch->pings ? &watch->pings[from * watch->lab->count + to] : NULL;

	*ret_count = pings ? pings->count : 0;
	return pings ? pings->list : NULL;
}

void lab_watch_end(struct lab_watch *watch)
{
	if (!watch)
		return;
	for (size_t i = 0; i < watch->lab->count; i++)
		proc_free(watch->procs[i]);
	for (size_t i = 0; watch->spans && i < watch->lab->count * watch->targets; i++)
		free(watch->spans[i].list);
	for (size_t i = 0; watch->pings && i < watch->lab->count * watch->lab->count; i++)
		free(watch->pings[i].list);
	arena_free(watch->arena);
}

void lab_watch_endp(struct lab_watch **watch)
{
	lab_watch_end(*watch);
	*watch = NULL;
}
