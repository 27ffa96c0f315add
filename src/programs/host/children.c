/* SPDX-License-Identifier: MIT */
/* Commands that the other end has started: their output, their ends, and what is asked of them. */
#include "programs/host/helper.h"

#include "base/attribute.h"
#include "proc/far.h"

#include <signal.h>
#include <stdlib.h>

enum {
	/* Beyond this a child waits on its pipe until the connection has carried what it said. */
	BACKLOG_MOST_BYTES = 1 << 20,
	KEPT_MOST_BYTES = 1 << 20 /* of a child: more is said although it should wait */
};

static struct child *find(const struct helper *helper, int64_t id)
{
	struct child *child = helper->children;

	while (child && child->id != id)
		child = child->next;
	return child;
}

static void free_child(struct child *child)
{
	struct child **at = &child->helper->children;

	while (*at != child)
		at = &(*at)->next;
	*at = child->next;
	for (size_t i = 0; i < ARRAY_SIZE(child->kept); i++)
		far_buffer_done(&child->kept[i]);
	proc_free(child->proc);
	arena_free(child->arena);
}

static void say_output(struct child *child, enum proc_stream stream, const void *data, size_t size)
{
	struct deadline lease =
		deadline_in(child->helper->lease_ns ? child->helper->lease_ns : INT64_MAX);

	helper_say(child->helper, &(struct far_message){.kind = FAR_OUTPUT,
					  .child = child->id,
					  .stream = stream,
					  .data = data,
					  .size = size});
	far_connection_drain(child->helper->connection, BACKLOG_MOST_BYTES, lease);
	if (deadline_has_passed(lease))
		far_connection_break(child->helper->connection, "it carries nothing any more");
}

static void speak(struct child *child)
{
	for (size_t i = 0; i < ARRAY_SIZE(child->kept); i++) {
		struct far_buffer *kept = &child->kept[i];

		if (kept->used)
			say_output(child, (enum proc_stream)i, kept->bytes, kept->used);
		far_buffer_done(kept);
	}
}

static void pass_on(void *context, enum proc_stream stream, const void *data, size_t size)
{
	struct child *child = context;
	size_t kept = child->kept[PROC_OUT].used + child->kept[PROC_ERROUT].used;

	if (child->helper->holds_back && kept + size <= KEPT_MOST_BYTES) {
		far_buffer_add(&child->kept[stream], data, size);
		return;
	}
	speak(child);
	say_output(child, stream, data, size);
}

void children_speak(struct helper *helper)
{
	for (struct child *child = helper->children; child; child = child->next)
		speak(child);
}

static int start_at_card(struct helper *helper, const struct proc_spec *spec, struct arena *arena,
	struct proc **ret_proc, struct error *err)
{
	struct proc_place *place = arena_alloc(arena, struct proc_place, 1);
	struct proc_spec placed = *spec;

	if (!helper->edge.is_apart)
		return fail(err, ERROR_USAGE, "its network card has no network of its own");
	*place = card_place(helper->edge.place);
	placed.place = place;
	return proc_start(helper->procs, &placed, ret_proc, err);
}

/* The operation of the host itself: our caller's end adds the host's name to what fails. */
int child_start(struct helper *helper, const struct far_message *message,
	struct far_message *ret_answer, struct error *err)
{
	struct arena *arena = arena_new();
	struct child *child = arena_alloc(arena, struct child, 1);
	const struct proc_spec spec = {.what = message->text,
		.argv = message->words,
		.environment = message->environment,
		.dir = *message->path ? message->path : NULL,
		.input = message->size ? message->data : NULL,
		.input_size = message->size,
		.merge = message->merge,
		.held = message->held,
		.listener = pass_on,
		.listener_context = child};

	*child = (struct child){
		.next = helper->children, .helper = helper, .arena = arena, .id = message->id};
	helper->children = child;
	if (message->at_card ? start_at_card(helper, &spec, arena, &child->proc, err)
			     : host_start(helper->host, &spec, &child->proc, err)) {
		free_child(child);
		return -1;
	}
	*ret_answer = (struct far_message){.kind = FAR_STARTED,
		.pid = proc_pid(child->proc),
		.at_ns = proc_result(child->proc).started_ns};
	return 0;
}

/* Of one that is not there, all zero. */
int child_usage(struct helper *helper, const struct far_message *message,
	struct far_message *ret_answer, struct error *err)
{
	const struct child *child = find(helper, message->child);
	struct usage usage = {0};

	if (child && procs_usage((const struct proc *const[]){child->proc}, 1, &usage, err))
		return -1;
	*ret_answer = (struct far_message){.kind = FAR_USED,
		.cpu_ns = (int64_t)(usage.cpu_s * 1e9),
		.peak_rss_bytes = (int64_t)usage.peak_rss_bytes,
		.rss_bytes = (int64_t)usage.rss_bytes,
		.processes = (int64_t)usage.processes};
	return 0;
}

/* The list is the caller's to free. */
int child_threads(struct helper *helper, const struct far_message *message,
	struct far_message *ret_answer, struct error *err)
{
	const struct child *child = find(helper, message->child);
	struct thread_usage *threads = NULL;
	size_t count = 0;

	if (child && proc_threads(child->proc, &threads, &count, err))
		return -1;
	*ret_answer = (struct far_message){.kind = FAR_THREAD_LIST,
		.threads = threads,
		.thread_count = count < FAR_LIST_MOST ? count : FAR_LIST_MOST};
	return 0;
}

/* Of one that is not there, nothing. */
int child_identity(struct helper *helper, const struct far_message *message,
	struct far_message *ret_answer, struct error *err)
{
	const struct child *child = find(helper, message->child);
	struct proc_identity identity = {0};

	if (child)
		identity = proc_identity(child->proc, message->device, child->arena);
	(void)err;
	*ret_answer = (struct far_message){
		.kind = FAR_IDENTITY, .path = identity.program, .held = identity.holds_device};
	return 0;
}

void child_release(struct helper *helper, const struct far_message *message)
{
	struct child *child = find(helper, message->child);

	if (child && message->at_ns > 0)
		child->due_ns = message->at_ns;
}

void child_signal(struct helper *helper, const struct far_message *message)
{
	struct child *child = find(helper, message->child);

	if (child)
		proc_signal(child->proc, (int)message->signal);
}

void child_kill(struct helper *helper, const struct far_message *message)
{
	struct child *child = find(helper, message->child);

	if (child)
		proc_kill(child->proc);
}

void child_forget(struct helper *helper, const struct far_message *message)
{
	struct child *child = find(helper, message->child);

	if (child)
		free_child(child);
}

struct deadline children_due(const struct helper *helper)
{
	struct deadline due = deadline_in(INT64_MAX);

	for (const struct child *child = helper->children; child; child = child->next) {
		if (child->due_ns)
			due = deadline_earlier(due, (struct deadline){child->due_ns});
	}
	return due;
}

static bool is_due(const struct child *child, int64_t now_ns)
{
	return child->due_ns && child->due_ns <= now_ns;
}

/* Waits for its execution, after all others have been let run too. */
static void confirm(struct child *child)
{
	struct error err;

	child->due_ns = 0;
	if (proc_confirm(child->proc, &err))
		helper_say_failed(child->helper, child->id, &err);
	else
		helper_say(child->helper, &(struct far_message){.kind = FAR_STARTED,
						  .id = child->id,
						  .pid = proc_pid(child->proc),
						  .at_ns = proc_result(child->proc).started_ns});
}

void children_run_due(struct helper *helper)
{
	int64_t now_ns = clock_now_ns();
	struct error err;

	for (struct child *child = helper->children; child; child = child->next) {
		if (is_due(child, now_ns) && proc_release(child->proc, now_ns, &err)) {
			child->due_ns = 0;
			helper_say_failed(helper, child->id, &err);
		}
	}
	for (struct child *child = helper->children; child; child = child->next) {
		if (is_due(child, now_ns))
			confirm(child);
	}
}

static int status_of(const struct proc_result *result)
{
	return result->signal ? result->signal : result->exit_code << 8;
}

/* Before its end, which would hide it. */
static void report_stop(struct child *child)
{
	bool is_stopped;
	int64_t ns = proc_stopped_ns(child->proc, &is_stopped);

	if (ns == child->reported_stop_ns && is_stopped == child->has_reported_stop)
		return;
	child->reported_stop_ns = ns;
	child->has_reported_stop = is_stopped;
	helper_say(child->helper, &(struct far_message){.kind = FAR_STOPPED,
					  .child = child->id,
					  .stopped_ns = ns,
					  .held = is_stopped});
}

void children_report(struct helper *helper)
{
	for (struct child *child = helper->children; child; child = child->next) {
		struct proc_result result;

		if (!child->proc || child->has_reported_end)
			continue;
		report_stop(child);
		result = proc_result(child->proc);
		if (!result.has_ended)
			continue;
		child->has_reported_end = true;
		helper_say(helper, &(struct far_message){.kind = FAR_ENDED,
					   .child = child->id,
					   .status = status_of(&result),
					   .at_ns = result.ended_ns,
					   .cpu_ns = (int64_t)(result.cpu_s * 1e9),
					   .peak_rss_bytes = (int64_t)result.peak_rss_bytes});
	}
}

void children_free(struct helper *helper)
{
	for (struct child *child = helper->children; child; child = child->next)
		proc_kill(child->proc);
	children_report(helper);
	while (helper->children)
		free_child(helper->children);
}
