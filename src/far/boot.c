/* SPDX-License-Identifier: MIT */
/* How a far host comes to be: its helper, the greeting, its clock, and its boot. */
#include "far/internal.h"

#include "base/fd.h"
#include "base/version.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
	ROUND_TRIPS = 8
};

static struct far_host *of(struct host *host)
{
	return (struct far_host *)host;
}

static const char *setting(struct arena *arena, const char *name)
{
	const char *value = getenv(name); /* NOLINT(concurrency-mt-unsafe): nothing sets it */

	return value ? arena_printf(arena, "%s=%s", name, value) : NULL;
}

/* Without those that we do not have ourselves. */
static const char *const *environment_of(struct arena *arena)
{
	const char *const all[] = {setting(arena, "PATH"), setting(arena, "HOME"),
		setting(arena, "MESHBENCH_LIBEXEC"), setting(arena, "SSH_AUTH_SOCK"), "LC_ALL=C"};
	const char **list = arena_alloc(arena, const char *, ARRAY_SIZE(all) + 1);
	size_t used = 0;

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		if (all[i])
			list[used++] = all[i];
	}
	return list;
}

static int start_helper(
	struct far_host *self, const struct far_host_spec *spec, int their_fd, struct error *err)
{
	const struct proc_place place = {.name = self->host.name,
		.pid_fd = -1,
		.user_fd = -1,
		.net_fd = -1,
		.uts_fd = -1,
		.ipc_fd = -1,
		.mount_fd = -1,
		.environment = environment_of(self->arena)};

	return proc_start(self->host.procs,
		&(struct proc_spec){.what = "meshbench-host",
			.argv = spec->command,
			.place = &place,
			.processors = spec->processors,
			.talk_fd = their_fd},
		&self->helper, err);
}

static int connect_helper(
	struct far_host *self, const struct far_host_spec *spec, struct error *err)
{
	AUTO(fd_closep) int ours = -1, theirs = -1, again = -1;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return fail_errno(err, "make a socket to %s", spec->name);
	ours = ends[0];
	theirs = ends[1];
	again = fcntl(ours, F_DUPFD_CLOEXEC, 0);
	if (again < 0)
		return fail_errno(err, "make a socket to %s", spec->name);
	if (start_helper(self, spec, theirs, err))
		return -1;
	return far_connection_new(self->host.procs,
		&(struct far_ends){.in_fd = fd_take(&ours),
			.out_fd = fd_take(&again),
			.version = version_text,
			.hears = FAR_FROM_HELPER,
			.ready = far_hear,
			.context = self},
		&self->connection, err);
}

static const char *copy(struct arena *arena, const char *text)
{
	return text ? arena_strdup(arena, text) : NULL;
}

static int begin(struct procs *procs, const struct far_host_spec *spec, struct host **ret_host,
	struct error *err)
{
	struct arena *arena = arena_new();
	struct far_host *self = arena_alloc(arena, struct far_host, 1);

	*self = (struct far_host){.host = {&far_host_ops, arena_strdup(arena, spec->name), procs},
		.arena = arena,
		.destination = copy(arena, spec->destination),
		.programs_here = copy(arena, spec->programs_here),
		.programs_there = copy(arena, spec->programs_there),
		.vpns_here = copy(arena, spec->vpns_here),
		.vpns_there = copy(arena, spec->vpns_there)};
	if (connect_helper(self, spec, err) || (self->destination && far_beat_begin(self, err))) {
		host_free(&self->host);
		return -1;
	}
	*ret_host = &self->host;
	return 0;
}

/* On this kernel clocks are one; then only the round trips count. */
static int read_clock(struct far_host *self, struct error *err)
{
	int64_t wall_ahead_ns = 0;

	for (int i = 0; i < ROUND_TRIPS; i++) {
		AUTO(far_call_done) struct far_call call = {0};
		int64_t asked_ns = clock_now_ns();

		if (far_ask(self, &(struct far_message){.kind = FAR_CLOCK}, &call, err) ||
			far_answer(self, &call, err))
			return -1;
		far_clock_take(&self->clock, asked_ns, call.answer.at_ns, clock_now_ns());
		wall_ahead_ns = call.answer.wall_ns - call.answer.at_ns;
	}
	self->round_trip_ns = 2 * self->clock.bound_ns;
	self->wall_offset_ns = wall_ahead_ns + self->clock.offset_ns -
			       (int64_t)(clock_wall_s() * 1e9) + clock_now_ns();
	if (self->is_here)
		self->clock = (struct far_clock){.is_known = true};
	return 0;
}

static int greet(struct far_host *self, struct error *err)
{
	if (!far_await(self, &self->has_greeted))
		return far_gone(self, err);
	self->is_here =
		strcmp(far_connection_kernel(self->connection), far_kernel(self->arena)) == 0;
	return read_clock(self, err);
}

static int boot(struct host *const hosts[], const struct far_host_spec specs[], size_t count,
	struct far_call calls[], struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	for (size_t i = 0; i < count; i++) {
		if (greet(of(hosts[i]), err))
			return -1;
	}
	for (size_t i = 0; i < count; i++) {
		if (far_ask(of(hosts[i]),
			    &(struct far_message){.kind = FAR_BOOT,
				    .text = specs[i].name,
				    .device = specs[i].device,
				    .network = specs[i].network,
				    .peers = specs[i].peers,
				    .port = specs[i].ssh_port,
				    .edge = specs[i].edge,
				    .at_card = specs[i].is_apart,
				    .words =
					    far_paths_there(of(hosts[i]), arena, specs[i].visible)},
			    &calls[i], err))
			return -1;
	}
	for (size_t i = 0; i < count; i++) {
		if (far_booted(of(hosts[i]), &calls[i], err))
			return -1;
	}
	return 0;
}

int far_hosts_new(struct procs *procs, const struct far_host_spec specs[], size_t count,
	struct host *ret_hosts[], struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct far_call *calls = arena_alloc(arena, struct far_call, count);
	size_t begun = 0;
	int status = -1;

	while (begun < count && begin(procs, &specs[begun], &ret_hosts[begun], err) == 0)
		begun++;
	if (begun == count)
		status = boot(ret_hosts, specs, count, calls, err);
	for (size_t i = 0; status && i < begun; i++) {
		host_free(ret_hosts[i]);
		ret_hosts[i] = NULL;
	}
	/* Only now does nothing come in any more: while one host ends, others are still heard. */
	for (size_t i = 0; i < count; i++)
		far_call_done(&calls[i]);
	return status;
}
