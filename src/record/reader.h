/* SPDX-License-Identifier: MIT */
#pragma once

#include "record/mark.h"

#include "base/arena.h"
#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Reads any result tree, ours or a published one. What is damaged is named, skipped and listed;
 * only a folder that holds no result tree at all is an error.
 */
enum envelope_status {
	ENVELOPE_ABSENT, /* no such file; never seen in an entry */
	ENVELOPE_SUCCESS,
	ENVELOPE_ERROR,
	ENVELOPE_NONE, /* a file without envelope, such as tc_settings.json */
};

/* The frame around a result; texts belong to the arena of tree_read(), NULL where absent. */
struct envelope {
	enum envelope_status status;
	const char *error_type;
	const char *cause, *evidence; /* of our own runs */
	const char *source, *target;
	const struct mark *marks; /* what speaks against its figures */
	double timeout_s;         /* > 0 when the command was cut off */
	double duration_s, restart_s, wait_s;
	int attempts, restart_attempts;
};

struct tree_entry {
	const char *vpn, *profile; /* folders; NULL above their level */
	const char *host;          /* "0_lom"; NULL for a file of the whole profile */
	size_t repetition;
	const char *file; /* "tcp_iperf3.json" */
	const char *path; /* below the tree; arena-owned */
	struct envelope envelope;
	json_t *value;   /* the whole file; borrowed, json_incref() what is kept */
	json_t *data;    /* of a success; the whole value without envelope; borrowed */
	json_t *samples; /* single values of this result; borrowed, NULL-able */
};

/* A file or folder that could not be used, and why. */
struct tree_problem {
	struct tree_problem *next;
	const char *path, *why;
};

struct tree_reading {
	const char *dir;
	size_t file_count;
	size_t byte_count;
	struct tree_problem *problems; /* in the order they were met */
	struct tree_problem **problems_end;
};

/* Entries come sorted by VPN, profile, host, repetition and file; its arena outlives the call. */
struct tree_visitor {
	void *context;
	void (*visit)(void *context, const struct tree_entry *entry);
	/* A folder of a profile, before its entries and even when it has none; NULL-able. */
	void (*enter)(void *context, const char *vpn, const char *profile, const char *host);
};

MUST_CHECK int tree_read(struct arena *arena, const char *dir, const struct tree_visitor *visitor,
	struct tree_reading *ret_reading, struct error *err);
/*
 * The same in two steps, so that all of a tree is read beneath one descriptor, whatever takes the
 * place of `dir` meanwhile; `dir` is then only a name for messages.
 */
MUST_CHECK int tree_open(const char *dir, int *ret_tree, struct error *err);
MUST_CHECK int tree_read_open(struct arena *arena, int tree, const char *dir,
	const struct tree_visitor *visitor, struct tree_reading *ret_reading, struct error *err);
/* For a reader that finds fault with the content of an entry. */
void tree_add_problem(
	struct arena *arena, struct tree_reading *reading, const char *path, const char *why);

/* Takes the frame apart; false and a sentence when it is none and yet looks like one. */
bool envelope_of(struct arena *arena, const json_t *value, struct envelope *ret_envelope,
	const char **ret_why);
/* Whether DIR/<VPN>/<profile>/<host>/ exists anywhere. */
bool tree_is_there(const char *dir);
/*
 * The trees of tuned hosts inside a tree: names, sorted and NULL-terminated, and what each is
 * called in messages. None when there are none.
 */
const char *const *tree_tunings(struct arena *arena, int tree);
char *tree_of_tuning(struct arena *arena, const char *dir, const char *tuning);
/* Its descriptor; -1 where there are no results, or a link. */
int tree_open_tuning(int tree, const char *tuning);
/* Where recomputed files go: DIR/General/comparison. */
char *tree_comparison_dir(struct arena *arena, const char *dir);
/* The files of a tree whose durations no sum of measurements includes. */
bool tree_is_measurement(const char *file);
