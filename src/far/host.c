/* SPDX-License-Identifier: MIT */
/* A host behind a connection: the operations of a host as messages to its helper. */
#include "far/blame.h"
#include "far/internal.h"

#include "base/fd.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

enum {
	LOOKS = 4,
	PARTING_S = 1,
	UNDO_PATIENCE_S = 60, /* for the unit there, which ends after the connection */
	END_PATIENCE_S = 40   /* for the helper, which gives its kernel 30 s to end a host */
};

static struct far_host *of(struct host *host)
{
	return (struct far_host *)host;
}

/* The connection ends a moment before the process that held its other end does. */
static bool await_end(struct far_host *self, int64_t within_s)
{
	struct deadline deadline = deadline_in(within_s * NS_PER_S);

	while (!proc_result(self->helper).has_ended && !deadline_has_passed(deadline))
		procs_serve(self->host.procs, deadline);
	return proc_result(self->helper).has_ended;
}

static const char *last_words(struct far_host *self)
{
	return await_end(self, PARTING_S) ? proc_obituary(self->helper) : "it still runs";
}

/* What ssh, sudo or systemd said explains more than the end of the connection. */
static int far_blamed(struct far_host *self, struct error *err)
{
	const char *why = self->destination ? far_blame(self->arena, self->destination,
						      proc_result(self->helper).errout)
					    : NULL;

	return why ? fail(err, self->has_booted ? ERROR_LOST : ERROR_MISSING, "%s: %s",
			     self->host.name, why)
		   : 0;
}

int far_gone(struct far_host *self, struct error *err)
{
	if (await_end(self, PARTING_S) && far_blamed(self, err))
		return -1;
	return fail(err, self->destination ? ERROR_LOST : ERROR_HOST, "%s (%s)", self->ended,
		last_words(self));
}

/* Called whenever something came. */
void far_hear(void *context)
{
	struct far_host *self = context;
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct far_message message;

	while (far_connection_take(self->connection, arena, &message)) {
		if (message.kind == FAR_EDGE_ENDED)
			self->edge_ended = arena_strdup(self->arena, message.text);
		else if (far_call_hear(self, &message, arena))
			arena = NULL;
		else if (!far_beat_hear(self, &message))
			far_child_hear(self, &message);
		arena_freep(&arena);
		arena = arena_new();
	}
	self->has_greeted = far_connection_kernel(self->connection) != NULL;
	if (!far_connection_end(self->connection) || self->ended)
		return;
	self->ended = arena_printf(self->arena, "the connection to %s ended: %s", self->host.name,
		far_connection_end(self->connection));
	far_children_lose(self);
}

void far_give_up(struct far_host *self, const char *why)
{
	far_connection_break(self->connection, why);
	far_hear(self);
}

static int start(
	struct host *host, const struct proc_spec *spec, struct proc **ret_proc, struct error *err)
{
	return far_child_start(of(host), spec, false, ret_proc, err);
}

int far_host_start_at_card(
	struct host *host, const struct proc_spec *spec, struct proc **ret_proc, struct error *err)
{
	assert(host->ops == &far_host_ops);
	return far_child_start(of(host), spec, true, ret_proc, err);
}

pid_t far_host_pid_there(const struct host *host)
{
	assert(host->ops == &far_host_ops);
	return ((const struct far_host *)host)->init;
}

static int write_file(struct host *host, const char *path, const void *data, size_t size,
	mode_t mode, struct error *err)
{
	return far_do(of(host),
		&(struct far_message){.kind = FAR_WRITE,
			.path = path,
			.mode = (int64_t)mode,
			.data = data,
			.size = size},
		err);
}

static int remove_file(struct host *host, const char *path, struct error *err)
{
	return far_do(of(host), &(struct far_message){.kind = FAR_REMOVE, .path = path}, err);
}

static int set_names(struct host *host, const char *hosts_file, struct error *err)
{
	return far_do(of(host), &(struct far_message){.kind = FAR_NAMES, .text = hosts_file}, err);
}

static int check(struct host *host, struct error *err)
{
	return far_do(of(host), &(struct far_message){.kind = FAR_CHECK}, err);
}

static int wipe(struct host *host, struct error *err)
{
	return far_do(of(host), &(struct far_message){.kind = FAR_WIPE}, err);
}

int far_booted(struct far_host *self, struct far_call *call, struct error *err)
{
	if (far_answer(self, call, err))
		return -1;
	self->has_booted = true;
	self->init = (pid_t)call->answer.pid;
	self->shortcoming = call->answer.text && *call->answer.text
				    ? arena_strdup(self->arena, call->answer.text)
				    : NULL;
	return 0;
}

static int reboot_host(struct host *host, struct error *err)
{
	AUTO(far_call_done) struct far_call call = {0};

	if (far_ask(of(host), &(struct far_message){.kind = FAR_REBOOT}, &call, err))
		return -1;
	return far_booted(of(host), &call, err);
}

static int network(const struct host *host, int *ret_fd, struct error *err)
{
	const struct far_host *self = (const struct far_host *)host;
	char path[64];
	int fd;

	if (!self->is_here)
		return fail(err, ERROR_MISSING, "it is on another machine");
	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)self->init);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(err, "open %s", path);
	*ret_fd = fd;
	return 0;
}

static pid_t pid(const struct host *host)
{
	const struct far_host *self = (const struct far_host *)host;

	return self->is_here ? self->init : 0;
}

static int64_t time_here(const struct host *host, int64_t there_ns)
{
	return far_clock_here(&((const struct far_host *)host)->clock, there_ns);
}

static int large_frames(struct host *host, uint64_t *ret_count, struct error *err)
{
	AUTO(far_call_done) struct far_call call = {0};

	if (far_ask(of(host), &(struct far_message){.kind = FAR_FRAMES}, &call, err) ||
		far_answer(of(host), &call, err))
		return -1;
	*ret_count = (uint64_t)call.answer.frames;
	return 0;
}

int far_host_carry(struct host *host, const void *question, size_t size, void *ret_answer,
	size_t answer_size, struct error *err)
{
	AUTO(far_call_done) struct far_call call = {0};

	if (far_ask(of(host),
		    &(struct far_message){.kind = FAR_EDGE, .data = question, .size = size}, &call,
		    err) ||
		far_answer(of(host), &call, err))
		return fail_in(err, "%s", host->name);
	if (call.answer.size != answer_size)
		return fail(err, ERROR_PARSE, "the wire of %s answered in %zu bytes, not %zu",
			host->name, call.answer.size, answer_size);
	if (answer_size > 0)
		memcpy(ret_answer, call.answer.data, answer_size);
	return 0;
}

int far_host_check_edge(const struct host *host, struct error *err)
{
	const struct far_host *self = (const struct far_host *)host;

	return self->edge_ended ? fail(err, ERROR_CRASHED, "%s: %s", host->name, self->edge_ended)
				: 0;
}

int far_host_renew_edge(struct host *host, struct error *err)
{
	if (far_host_carry(host, NULL, 0, NULL, 0, err))
		return -1;
	of(host)->edge_ended = NULL;
	return 0;
}

int far_host_hold_back(struct host *host, bool is_held_back, struct error *err)
{
	assert(host->ops == &far_host_ops);
	return far_do(of(host), &(struct far_message){.kind = FAR_HOLD, .held = is_held_back}, err);
}

void far_host_bytes(const struct host *host, uint64_t *ret_sent, uint64_t *ret_heard)
{
	const struct far_host *self = (const struct far_host *)host;

	assert(host->ops == &far_host_ops);
	far_connection_bytes(self->connection, ret_sent, ret_heard);
}

static const char *shortcoming(const struct host *host)
{
	return ((const struct far_host *)host)->shortcoming;
}

struct far_wall far_host_wall(const struct host *host)
{
	const struct far_host *self = (const struct far_host *)host;

	assert(host->ops == &far_host_ops);
	return (struct far_wall){
		self->wall_offset_ns, far_clock_bound(&self->clock, clock_now_ns())};
}

/* The quickest of them tells most. Our own clock of children keeps the best of all it has had. */
int far_host_look(struct host *host, struct far_state *ret_state, struct error *err)
{
	struct far_host *self = of(host);
	struct far_state state = {.wall = {0, INT64_MAX}};

	assert(host->ops == &far_host_ops);
	for (int i = 0; i < LOOKS; i++) {
		AUTO(far_call_done) struct far_call call = {0};
		int64_t asked_ns = clock_now_ns(), heard_ns, half_ns;

		if (far_ask(self, &(struct far_message){.kind = FAR_CLOCK}, &call, err) ||
			far_answer(self, &call, err))
			return -1;
		heard_ns = clock_now_ns();
		half_ns = (heard_ns - asked_ns + 1) / 2;
		if (!self->is_here)
			far_clock_take(&self->clock, asked_ns, call.answer.at_ns, heard_ns);
		if (half_ns < state.wall.bound_ns)
			state.wall = (struct far_wall){
				call.answer.wall_ns - (int64_t)(clock_wall_s() * 1e9) + half_ns,
				half_ns};
	}
	far_host_bytes(host, &state.sent_bytes, &state.heard_bytes);
	*ret_state = state;
	return 0;
}

/* The helper ends all that it started and then its end of the connection, and all that is heard. */
static void free_host(struct host *host)
{
	struct far_host *self = of(host);
	struct deadline deadline = deadline_in(END_PATIENCE_S * NS_PER_S);

	self->call = NULL;
	if (self->connection)
		far_connection_finish(self->connection);
	while (self->connection && !self->ended && !deadline_has_passed(deadline))
		procs_serve(host->procs, deadline);
	if (self->connection && !self->ended)
		far_give_up(self, "it did not end when it should");
	if (self->helper)
		await_end(self, self->destination ? UNDO_PATIENCE_S : PARTING_S);
	far_beat_end(self);
	far_children_leave(self);
	far_connection_free(self->connection);
	proc_free(self->helper);
	arena_free(self->arena);
}

const struct host_ops far_host_ops = {
	.start = start,
	.write = write_file,
	.remove = remove_file,
	.set_names = set_names,
	.check = check,
	.reboot = reboot_host,
	.wipe = wipe,
	.network = network,
	.pid = pid,
	.shortcoming = shortcoming,
	.time_here = time_here,
	.large_frames = large_frames,
	.free = free_host,
};
