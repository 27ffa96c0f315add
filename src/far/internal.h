/* SPDX-License-Identifier: MIT */
#pragma once

#include "far/clock.h"
#include "far/connection.h"
#include "far/far.h"
#include "proc/far.h"

enum far_field_type {
	FIELD_NUMBER,
	FIELD_TEXT,
	FIELD_LIST,
	FIELD_DATA,
	FIELD_THREADS
};

/* One field of messages, and where a struct far_message has it. */
struct far_field {
	const char *name;
	enum far_field_type type;
	size_t offset;
	int64_t low, high; /* of a number, or of how many a list has */
};

enum {
	FAR_FIELDS_MOST = 9,
	FAR_HEAD_BYTES = 4 /* before every frame, text, list and data: how much follows */
};

/* One kind of message; `fields` are indexes, in the order of their bytes. */
struct far_row {
	const char *name;
	enum far_direction direction;
	uint8_t fields[FAR_FIELDS_MOST];
};

extern const struct far_row far_table[FAR_KINDS];
/* Field `index` of a row; NULL behind the last. */
const struct far_field *far_field_of(const struct far_row *row, size_t index);

/* call.c: a request and the answer that is waited for. */
struct far_call {
	int64_t id;
	bool is_answered;
	struct arena *arena; /* holds the answer */
	struct far_message answer;
};

struct far_host {
	struct host host; /* first, so that a struct host * is also one of us */
	struct arena *arena;
	struct proc *helper; /* the process at our end of the connection */
	struct far_connection *connection;
	bool has_greeted, has_booted;
	const char *ended; /* why nothing more is heard of it, or NULL */
	struct far_clock clock;
	int64_t round_trip_ns; /* the quickest */
	bool is_here;          /* on this kernel, among the PIDs that we see */
	pid_t init;
	const char *shortcoming;
	const char *edge_ended; /* how its wire did, or NULL */
	int64_t last_id;
	struct far_call *call; /* the one that waits, or NULL */
	struct far_child *children;
	struct procs_source beat; /* beat.c */
	bool has_beat;
	int64_t beat_id, beat_asked_ns;
	int64_t wall_offset_ns;  /* of CLOCK_REALTIME, there - here, when it was booted */
	const char *destination; /* of ssh, or NULL */
	const char *programs_here, *programs_there; /* folders of ours, or NULL */
	const char *vpns_here, *vpns_there;         /* of VPNs, or NULL */
};

/* Sends a request under an id of its own; at most one waits for its answer at a time. */
MUST_CHECK int far_ask(struct far_host *self, const struct far_message *request,
	struct far_call *call, struct error *err);
/* Serves all children until the answer has come; the error of the helper is that of the request. */
MUST_CHECK int far_answer(struct far_host *self, struct far_call *call, struct error *err);
void far_call_done(struct far_call *call);
/* Both, when the answer says no more than how it went. */
MUST_CHECK int far_do(struct far_host *self, const struct far_message *request, struct error *err);
/* Sends what is not answered. A connection that has ended is heard of elsewhere. */
void far_tell(struct far_host *self, const struct far_message *message);
/* Serves all children until `*is_there`; false when the connection ended before. */
bool far_await(struct far_host *self, const bool *is_there);
/* Keeps the answer of the call that waits, and the arena; false: it is not its answer. */
bool far_call_hear(struct far_host *self, const struct far_message *message, struct arena *arena);
/* What a FAR_FAILED says, secrets masked. */
void far_failure(
	const struct far_host *self, const struct far_message *failed, struct error *ret_error);

/* host.c */
extern const struct host_ops far_host_ops;
/* Takes in all that came; `context` is the host. */
void far_hear(void *context);
/* Waits for the answer to a boot or a reboot. */
MUST_CHECK int far_booted(struct far_host *self, struct far_call *call, struct error *err);
/* ERROR_HOST, or ERROR_LOST of a machine: why nothing more is heard of the host. */
int far_gone(struct far_host *self, struct error *err);
/* Ends the connection. */
void far_give_up(struct far_host *self, const char *why);

/* beat.c */
MUST_CHECK int far_beat_begin(struct far_host *self, struct error *err);
/* Takes the answer to a beat; false: it is none. */
bool far_beat_hear(struct far_host *self, const struct far_message *message);
void far_beat_end(struct far_host *self);

/* A path here as it is there: of our programs, and of VPNs that were installed there as well. */
const char *far_path_there(const struct far_host *self, struct arena *arena, const char *path);
const char *const *far_paths_there(
	const struct far_host *self, struct arena *arena, const char *const *paths);

/* child.c: children on a far host. */
struct far_child {
	struct far_child *next;
	struct arena *arena;   /* its own: it may outlive the host */
	struct far_host *self; /* NULL: the host is gone */
	struct proc *proc;
	int64_t id;
	bool has_started, has_answer; /* to its start or its release */
	bool has_ended;
	struct error failure; /* of its start or its release */
};
MUST_CHECK int far_child_start(struct far_host *self, const struct proc_spec *spec, bool at_card,
	struct proc **ret_proc, struct error *err);
/* Takes in what happened to one of them. */
void far_child_hear(struct far_host *self, const struct far_message *message);
/* Nothing more will be heard of those that have not ended. */
void far_children_lose(struct far_host *self);
/* The host is about to be freed. */
void far_children_leave(struct far_host *self);
