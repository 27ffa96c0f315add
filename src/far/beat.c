/* SPDX-License-Identifier: MIT */
/* A word to the helper every few seconds, whose answer is one more look at its clock. */
#include "far/internal.h"

#include "base/fd.h"

#include <poll.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
	BEAT_S = 2
};

static void serve(struct procs_source *source, short ready)
{
	struct far_host *self =
		(struct far_host *)((char *)source - offsetof(struct far_host, beat));
	uint64_t beats;

	(void)ready;
	if (read(source->fd, &beats, sizeof(beats)) < 0 || self->ended)
		return;
	self->beat_id = ++self->last_id;
	self->beat_asked_ns = clock_now_ns();
	far_tell(self, &(struct far_message){.kind = FAR_CLOCK, .id = self->beat_id});
}

int far_beat_begin(struct far_host *self, struct error *err)
{
	const struct itimerspec every = {.it_interval = {BEAT_S, 0}, .it_value = {BEAT_S, 0}};

	self->beat = (struct procs_source){
		timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), POLLIN, serve, NULL};
	if (self->beat.fd < 0 || timerfd_settime(self->beat.fd, 0, &every, NULL) < 0)
		return fail_errno(err, "make a timer for %s", self->host.name);
	procs_watch(self->host.procs, &self->beat);
	self->has_beat = true;
	return 0;
}

bool far_beat_hear(struct far_host *self, const struct far_message *message)
{
	if (message->kind != FAR_TIME || message->id != self->beat_id)
		return false;
	if (!self->is_here)
		far_clock_take(&self->clock, self->beat_asked_ns, message->at_ns, clock_now_ns());
	return true;
}

void far_beat_end(struct far_host *self)
{
	if (self->has_beat)
		procs_unwatch(self->host.procs, &self->beat);
	if (self->has_beat)
		fd_closep(&self->beat.fd);
	self->has_beat = false;
}
