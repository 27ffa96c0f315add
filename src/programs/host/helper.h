/* SPDX-License-Identifier: MIT */
#pragma once

#include "far/buffer.h"
#include "far/connection.h"
#include "host/host.h"
#include "programs/host/card.h"
#include "programs/host/edge.h"

#include <netinet/in.h>
#include <stdbool.h>

/* A command on the host, from its start until the other end forgets it. */
struct child {
	struct child *next;
	struct helper *helper;
	struct arena *arena;
	struct proc *proc; /* NULL: it is being started */
	int64_t id;
	int64_t due_ns; /* when it is to run; 0: it was not asked for, or runs */
	bool has_reported_end, has_reported_stop; /* one that lasts */
	int64_t reported_stop_ns;
	struct far_buffer kept[2]; /* what it printed while that is held back, by stream */
};

/* All that this program holds; it goes with the connection. */
struct helper {
	struct procs *procs;
	struct far_connection *connection;
	struct host *host; /* NULL until FAR_BOOT */
	struct child *children;
	struct card card;
	struct edge edge; /* between the host and its card, if that is wanted */
	char peer_texts[FAR_PEERS_MOST][INET_ADDRSTRLEN];
	const char *peers[FAR_PEERS_MOST + 1]; /* of them that there are */
	struct arena *answer;                  /* of the wire, until the next; or NULL */
	int frames_fd;    /* counts what host_large_frames() counts; -1: not yet */
	int64_t lease_ns; /* ends when nothing was heard for so long; 0: as long as connected */
	int64_t heard_ns;
	bool holds_back; /* what children print */
};

/* serve.c */
/* Serves the other end until it is gone, or a signal says so. */
void helper_serve(struct helper *helper);
/* Says something; what it says is never too large for a connection. */
void helper_say(struct helper *helper, const struct far_message *message);
void helper_say_failed(struct helper *helper, int64_t id, const struct error *err);

/* Ends the host, and gives its network card back to the machine. */
void helper_end_host(struct helper *helper);

/* notify.c: to the unit of systemd that we are, if we are one. */
void notify(const char *word);

/* children.c: all return nothing or the answer to a message about a child. */
MUST_CHECK int child_start(struct helper *helper, const struct far_message *message,
	struct far_message *ret_answer, struct error *err);
MUST_CHECK int child_usage(struct helper *helper, const struct far_message *message,
	struct far_message *ret_answer, struct error *err);
MUST_CHECK int child_threads(struct helper *helper, const struct far_message *message,
	struct far_message *ret_answer, struct error *err);
MUST_CHECK int child_identity(struct helper *helper, const struct far_message *message,
	struct far_message *ret_answer, struct error *err);
void child_release(struct helper *helper, const struct far_message *message);
void child_signal(struct helper *helper, const struct far_message *message);
void child_kill(struct helper *helper, const struct far_message *message);
void child_forget(struct helper *helper, const struct far_message *message);
/* When the next held one is to run; far away when none is. */
struct deadline children_due(const struct helper *helper);
/* Lets those run whose time has come. */
void children_run_due(struct helper *helper);
/* Says which have ended since, and which stand still or go on. */
void children_report(struct helper *helper);
/* Says what they printed while that was held back. */
void children_speak(struct helper *helper);
/* Kills all of them. */
void children_free(struct helper *helper);
