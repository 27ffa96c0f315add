/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "far/buffer.h"
#include "proc/proc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What this program and a helper (meshbench-host) on another machine say to each other. A message
 * is a frame: four bytes that say how many follow, one for the kind, then the fields that message.c
 * lists for that kind. Numbers are big-endian, so that both ends may have any byte order. All of it
 * is pure.
 *
 * Both ends begin with a greeting and refuse each other unless their versions are equal, so the
 * table may change with any version. Only the greeting may not.
 *
 * A request has an id of its own, which its answer repeats; that of a start is also the child's.
 */
enum far_kind {
	FAR_HELLO = 1,
	/* Requests, and what answers them */
	FAR_BOOT,     /* make the host, once: FAR_BOOTED */
	FAR_REBOOT,   /* FAR_BOOTED */
	FAR_CHECK,    /* does the host live: FAR_DONE */
	FAR_WIPE,     /* FAR_DONE */
	FAR_NAMES,    /* /etc/hosts: FAR_DONE */
	FAR_WRITE,    /* FAR_DONE */
	FAR_REMOVE,   /* FAR_DONE */
	FAR_CLOCK,    /* FAR_TIME */
	FAR_START,    /* FAR_STARTED, then FAR_OUTPUT and one FAR_ENDED */
	FAR_RELEASE,  /* at that time of the far clock: FAR_STARTED once more */
	FAR_SIGNAL,   /* nothing */
	FAR_KILL,     /* its whole tree: FAR_ENDED */
	FAR_FORGET,   /* nothing of it any more */
	FAR_USAGE,    /* FAR_USED */
	FAR_THREADS,  /* FAR_THREAD_LIST */
	FAR_IDENTIFY, /* FAR_IDENTITY */
	FAR_FRAMES,   /* how many larger than the MTU left since the last one: FAR_COUNTED */
	FAR_HOLD,     /* keeps what children print, or says all of it and keeps no more: FAR_DONE */
	FAR_EDGE, /* a question to its wire, or without one a wire of its own again: FAR_EDGED */
	/* Answers and events */
	FAR_DONE,
	FAR_FAILED,
	FAR_BOOTED,
	FAR_TIME,
	FAR_STARTED,
	FAR_OUTPUT,
	FAR_STOPPED, /* a child stands still or goes on, and for how long it did in all */
	FAR_ENDED,
	FAR_USED,
	FAR_THREAD_LIST,
	FAR_IDENTITY,
	FAR_COUNTED,
	FAR_EDGED,
	FAR_EDGE_ENDED, /* its wire did, although nobody asked it to */
	FAR_KINDS
};

enum far_direction {
	FAR_TO_HELPER,
	FAR_FROM_HELPER,
	FAR_BOTH_WAYS
};

/* Those fields that a kind does not have are zero and NULL; the others are never NULL. */
struct far_message {
	enum far_kind kind;
	int64_t id;
	int64_t child;       /* id of its start */
	int64_t at_ns;       /* CLOCK_MONOTONIC of the helper's machine */
	int64_t wall_ns;     /* CLOCK_REALTIME then */
	int64_t pid;         /* on the helper's machine */
	int64_t held, merge; /* 0 or 1, as in proc_spec; of an identity: it holds the device; of a
				stop: it lasts */
	int64_t mode;        /* of a file */
	int64_t signal;
	int64_t stream; /* enum proc_stream */
	int64_t status; /* of wait(2) */
	int64_t stopped_ns;
	int64_t cpu_ns, peak_rss_bytes, rss_bytes, processes;
	int64_t frames;
	int64_t network; /* enum far_network */
	int64_t port;
	const char *const *peers; /* IPv4 addresses; NULL-terminated */
	int64_t edge; /* 1 + the number of the host's port at a wire before the card; 0: no wire */
	int64_t at_card; /* 0 or 1; of a boot: the card is apart, as in far_host_spec; of a start:
				in the card's network */
	int64_t error_kind, sys_errno;
	const char *version;
	const char *kernel; /* names a clock and a space of PIDs: equal for those who share both */
	const char *text;   /* a name, a reason */
	const char *path;   /* of a file or folder on the host; "": none */
	const char *device; /* a network card of the machine that the host gets; "": none */
	const char *const *words, *const *environment; /* NULL-terminated */
	const void *data;
	size_t size; /* of data */
	const struct thread_usage *threads;
	size_t thread_count;
};

/* "start", "output" */
const char *far_kind_name(enum far_kind kind);

enum {
	FAR_FRAME_MOST_BYTES = 8 << 20, /* of what follows the four bytes */
	FAR_LIST_MOST = 8192,           /* texts in a list, or threads */
	FAR_PEERS_MOST = 100,
	FAR_EDGES = 128 /* numbers that a wire has for ports */
};

/* Adds one frame; ERROR_USAGE, and nothing is added, when the message is too large. */
MUST_CHECK int far_encode(
	const struct far_message *message, struct far_buffer *to, struct error *err);
/*
 * Takes one frame from the start of `from`, if all of it is there; `*ret_is_whole` says so. What
 * the message points to lies in the arena. ERROR_PARSE: it is too long, cut, unknown, has a value
 * out of range, or may not travel in this direction; nothing that follows it makes sense then.
 */
MUST_CHECK int far_decode(struct far_buffer *from, enum far_direction direction,
	struct arena *arena, struct far_message *ret_message, bool *ret_is_whole,
	struct error *err);
