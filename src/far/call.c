/* SPDX-License-Identifier: MIT */
/* Requests over a connection, and waiting for what comes back. */
#include "far/internal.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
	/* A helper answers in milliseconds; ending a host may take its kernel 30 s. */
	PATIENCE_S = 60
};

bool far_await(struct far_host *self, const bool *is_there)
{
	struct deadline deadline = deadline_in(PATIENCE_S * NS_PER_S);

	while (!*is_there && !self->ended) {
		if (deadline_has_passed(deadline))
			far_give_up(self, "it did not answer within a minute");
		else
			procs_serve(self->host.procs, deadline);
	}
	return *is_there;
}

int far_ask(struct far_host *self, const struct far_message *request, struct far_call *call,
	struct error *err)
{
	struct far_message numbered = *request;

	assert(!self->call);
	if (self->ended)
		return far_gone(self, err);
	numbered.id = ++self->last_id;
	if (far_connection_send(self->connection, &numbered, err))
		return -1;
	*call = (struct far_call){.id = numbered.id};
	self->call = call;
	return 0;
}

int far_answer(struct far_host *self, struct far_call *call, struct error *err)
{
	bool is_there = far_await(self, &call->is_answered);

	self->call = NULL;
	if (!is_there)
		return far_gone(self, err);
	if (call->answer.kind != FAR_FAILED)
		return 0;
	far_failure(self, &call->answer, err);
	return -1;
}

void far_call_done(struct far_call *call)
{
	arena_freep(&call->arena);
}

int far_do(struct far_host *self, const struct far_message *request, struct error *err)
{
	AUTO(far_call_done) struct far_call call = {0};

	return far_ask(self, request, &call, err) ? -1 : far_answer(self, &call, err);
}

void far_tell(struct far_host *self, const struct far_message *message)
{
	struct error ignored; /* these messages are small */

	if (far_connection_send(self->connection, message, &ignored))
		far_give_up(self, ignored.text);
}

bool far_call_hear(struct far_host *self, const struct far_message *message, struct arena *arena)
{
	struct far_call *call = self->call;

	if (!call || call->is_answered || message->id != call->id)
		return false;
	call->answer = *message;
	call->arena = arena;
	call->is_answered = true;
	return true;
}

void far_failure(
	const struct far_host *self, const struct far_message *failed, struct error *ret_error)
{
	ret_error->kind = (enum error_kind)failed->error_kind;
	ret_error->sys_errno = (int)failed->sys_errno;
	snprintf(ret_error->text, sizeof(ret_error->text), "%s", failed->text);
	secrets_mask(procs_secrets(self->host.procs), ret_error->text);
}
