/* SPDX-License-Identifier: MIT */
/* Children on a far host: what is asked of them goes over the connection, what happens to them
 * comes. */
#include "far/internal.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum {
	LEAD_MARGIN_MS = 5 /* beyond the way there: the helper may have to wait for a processor */
};

static struct far_child *of(const struct proc *proc)
{
	return proc_far_context(proc);
}

static bool is_in_reach(const struct proc *proc)
{
	return of(proc)->self && !of(proc)->self->ended;
}

static int64_t lead_ns(const struct proc *proc)
{
	return is_in_reach(proc) ? of(proc)->self->round_trip_ns + LEAD_MARGIN_MS * NS_PER_MS : 0;
}

static int release(struct proc *proc, int64_t at_ns, struct error *err)
{
	struct far_child *child = of(proc);

	if (!child->self)
		return fail(err, ERROR_HOST, "let a command run: its host is gone");
	child->has_answer = false;
	far_tell(child->self, &(struct far_message){.kind = FAR_RELEASE,
				      .child = child->id,
				      .at_ns = far_clock_there(&child->self->clock, at_ns)});
	return 0;
}

/* Waits for what its start or its release came to. */
static int confirm(struct proc *proc, struct error *err)
{
	struct far_child *child = of(proc);

	if (!far_await(child->self, &child->has_answer))
		return far_gone(child->self, err);
	if (child->failure.kind == ERROR_NONE)
		return 0;
	*err = child->failure;
	return -1;
}

static void send_signal(struct proc *proc, int number)
{
	if (is_in_reach(proc))
		far_tell(of(proc)->self,
			&(struct far_message){
				.kind = FAR_SIGNAL, .child = of(proc)->id, .signal = number});
}

/* When the connection ends meanwhile, the child has ended too, for all that is known. */
static void kill_tree(struct proc *proc)
{
	struct far_child *child = of(proc);

	far_tell(child->self, &(struct far_message){.kind = FAR_KILL, .child = child->id});
	far_await(child->self, &child->has_ended);
}

static int ask_about(const struct proc *proc, const struct far_message *question,
	struct far_call *call, struct error *err)
{
	struct far_host *self = of(proc)->self;
	struct far_message about_it = *question;

	about_it.child = of(proc)->id;
	if (far_ask(self, &about_it, call, err))
		return -1;
	return far_answer(self, call, err);
}

static int usage(
	const struct proc *const list[], size_t count, struct usage ret_usage[], struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		AUTO(far_call_done) struct far_call call = {0};
		const struct far_message *used = &call.answer;

		if (is_in_reach(list[i]) &&
			ask_about(list[i], &(struct far_message){.kind = FAR_USAGE}, &call, err))
			return -1;
		ret_usage[i] = (struct usage){.cpu_s = (double)used->cpu_ns / 1e9,
			.peak_rss_bytes = (uint64_t)used->peak_rss_bytes,
			.rss_bytes = (uint64_t)used->rss_bytes,
			.processes = (size_t)used->processes};
	}
	return 0;
}

static int threads(const struct proc *proc, struct thread_usage **ret_threads, size_t *ret_count,
	struct error *err)
{
	AUTO(far_call_done) struct far_call call = {0};
	struct thread_usage *list;

	if (is_in_reach(proc) &&
		ask_about(proc, &(struct far_message){.kind = FAR_THREADS}, &call, err))
		return -1;
	list = calloc(call.answer.thread_count + 1, sizeof(*list));
	if (!list)
		return fail_errno(err, "measure the threads of a far process");
	for (size_t i = 0; i < call.answer.thread_count; i++)
		list[i] = call.answer.threads[i];
	*ret_threads = list;
	*ret_count = call.answer.thread_count;
	return 0;
}

static struct proc_identity identity(
	const struct proc *proc, const char *device, struct arena *arena)
{
	AUTO(far_call_done) struct far_call call = {0};
	struct error ignored; /* then nothing is known of it */

	if (!is_in_reach(proc) ||
		ask_about(proc, &(struct far_message){.kind = FAR_IDENTIFY, .device = device},
			&call, &ignored))
		return (struct proc_identity){0};
	return (struct proc_identity){
		.program = *call.answer.path ? arena_strdup(arena, call.answer.path) : NULL,
		.holds_device = call.answer.held};
}

static void forget(struct proc *proc)
{
	struct far_child *child = of(proc), **at;

	if (is_in_reach(proc))
		far_tell(
			child->self, &(struct far_message){.kind = FAR_FORGET, .child = child->id});
	if (child->self) {
		for (at = &child->self->children; *at != child; at = &(*at)->next)
			;
		*at = child->next;
	}
	arena_free(child->arena);
}

static const struct proc_ops far_ops = {
	.lead_ns = lead_ns,
	.release = release,
	.confirm = confirm,
	.signal = send_signal,
	.kill = kill_tree,
	.usage = usage,
	.threads = threads,
	.identity = identity,
	.forget = forget,
};

/* "PATH=FOLDER:..." has one, too. */
static const char *const *settings_there(
	const struct far_host *self, struct arena *arena, const char *const *settings)
{
	static const char path[] = "PATH=";
	const char **there;
	size_t count = 0;

	while (settings && settings[count])
		count++;
	if (!count)
		return settings;
	there = arena_alloc(arena, const char *, count + 1);
	for (size_t i = 0; i < count; i++)
		there[i] =
			text_starts_with(settings[i], path)
				? arena_printf(arena, "%s%s", path,
					  far_path_there(self, arena, settings[i] + strlen(path)))
				: settings[i];
	return there;
}

static int ask_to_start(struct far_host *self, const struct proc_spec *spec, bool at_card,
	int64_t id, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	return far_connection_send(self->connection,
		&(struct far_message){.kind = FAR_START,
			.id = id,
			.text = spec->what ? spec->what : spec->argv[0],
			.words = far_paths_there(self, arena, spec->argv),
			.environment = settings_there(self, arena, spec->environment),
			.path = spec->dir,
			.held = spec->held,
			.merge = spec->merge,
			.at_card = at_card,
			.data = spec->input,
			.size = spec->input ? spec->input_size : 0},
		err);
}

static struct far_child *child_new(struct far_host *self, const struct proc_spec *spec)
{
	struct arena *arena = arena_new();
	struct far_child *child = arena_alloc(arena, struct far_child, 1);

	child->arena = arena;
	child->id = ++self->last_id;
	child->self = self;
	child->proc = proc_far_new(self->host.procs, spec, self->host.name, &far_ops, child);
	child->next = self->children;
	self->children = child;
	return child;
}

/* One that could not be executed has ended, as a near one has. */
static int abandon(struct far_child *child)
{
	if (!child->has_ended)
		proc_far_ended(child->proc,
			&(struct proc_end){.status = 127 << 8, .ended_ns = clock_now_ns()});
	proc_free(child->proc);
	return -1;
}

int far_child_start(struct far_host *self, const struct proc_spec *spec, bool at_card,
	struct proc **ret_proc, struct error *err)
{
	struct far_child *child;

	if (spec->on_terminal)
		return fail(err, ERROR_MISSING,
			"host %s is reached over a connection, which does not carry a terminal",
			self->host.name);
	if (self->ended)
		return far_gone(self, err);
	child = child_new(self, spec);
	if (ask_to_start(self, spec, at_card, child->id, err) || confirm(child->proc, err))
		return abandon(child);
	*ret_proc = child->proc;
	return 0;
}

static struct far_child *child_of(struct far_host *self, int64_t id)
{
	for (struct far_child *child = self->children; child; child = child->next) {
		if (child->id == id)
			return child;
	}
	return NULL;
}

static void hear_start(struct far_child *child, const struct far_message *message)
{
	int64_t at_ns = far_clock_here(&child->self->clock, message->at_ns);

	if (child->has_started)
		proc_far_released(child->proc, at_ns);
	else
		proc_far_started(
			child->proc, child->self->is_here ? (pid_t)message->pid : 0, at_ns);
	child->has_started = child->has_answer = true;
}

static void hear_end(struct far_child *child, const struct far_message *message)
{
	if (child->has_ended)
		return;
	child->has_ended = true;
	proc_far_ended(child->proc,
		&(struct proc_end){.status = (int)message->status,
			.ended_ns = far_clock_here(&child->self->clock, message->at_ns),
			.cpu_s = (double)message->cpu_ns / 1e9,
			.peak_rss_bytes = (uint64_t)message->peak_rss_bytes});
}

/* Of a child that was freed meanwhile nothing is heard any more. */
void far_child_hear(struct far_host *self, const struct far_message *message)
{
	struct far_child *child = child_of(self, message->child ? message->child : message->id);

	if (!child)
		return;
	if (message->kind == FAR_STARTED)
		hear_start(child, message);
	else if (message->kind == FAR_OUTPUT)
		proc_far_output(child->proc, (enum proc_stream)message->stream, message->data,
			message->size);
	else if (message->kind == FAR_STOPPED && !child->has_ended)
		proc_far_stopped(child->proc, message->stopped_ns, message->held);
	else if (message->kind == FAR_ENDED)
		hear_end(child, message);
	else if (message->kind == FAR_FAILED) {
		far_failure(self, message, &child->failure);
		child->has_answer = true;
	}
}

void far_children_lose(struct far_host *self)
{
	for (struct far_child *child = self->children; child; child = child->next) {
		if (!child->has_ended)
			proc_far_lost(child->proc, self->ended);
		child->has_ended = true;
	}
}

void far_children_leave(struct far_host *self)
{
	for (struct far_child *child = self->children, *next; child; child = next) {
		next = child->next;
		child->self = NULL;
		child->next = NULL;
	}
	self->children = NULL;
}
