/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Checks of features on a running mesh. A check says which marked packets one host sends to
 * another, and what the wire does to packets meanwhile; three listeners say what was heard of them,
 * and the check reads an answer out of that. It starts nothing itself. Every check is made twice:
 * over the bare link, where the answer is known, and over the VPN. A check that does not find what
 * is known is not believed in that run.
 */
enum {
	FEATURE_IS_BYTES = 41,
	FEATURE_MOST_ROWS = 4,
	FEATURE_MOST_RULES = 16
};

/* One end of the way between two hosts. */
struct feature_end {
	const char *ipv4, *ipv6; /* in the mesh, or on the bare link; NULL: none */
	const char *device;
	int mtu;
	bool has_frames; /* it is an Ethernet device */
	int queues;      /* of a TUN or TAP device: open ones; 0: it is another kind */
};

struct feature_way {
	bool is_bare; /* the link itself */
	struct feature_end source, target;
	const char *third; /* IPv4 of somebody else there; NULL: nobody has one */
	const char *token; /* of marks */
	double window_s;   /* how long a check that has to look for long looks over the VPN */
};

/* What is done in one trial. Rules are as in wire/rule.h, from "source" to "target". */
struct feature_trial {
	const char *const *send;   /* arguments of `meshbench-marker send`; NULL: nothing is sent */
	const char *const *answer; /* the same for the target, at the same time */
	const char *rules[FEATURE_MOST_RULES];
	size_t rule_count;
	double settle_s;       /* of listening after the last packet */
	double lasts_s;        /* of sending, if it is longer than usual */
	size_t header_bytes;   /* headers outside are looked at of packets that carry so many */
	const char *pointless; /* why there is nothing to try on this way; NULL: there is */
};

/* Accounts of meshbench-marker; borrowed. */
struct feature_heard {
	const json_t *arrived; /* what came to the target on the way in question */
	const json_t *outside; /* what the source sent on the wire meanwhile */
	const json_t *back;    /* what came to the source on the way in question */
	const json_t *sent;
	double seconds;
	const char
		*refusal; /* why a stranger's own program has no address there; NULL: it has one */
};

struct feature_observation {
	char is[FEATURE_IS_BYTES]; /* "yes", "no", a number; "": not decided */
	char because[160];         /* what was seen, or why it is not decided */
};

struct feature_check {
	const char *name;
	const char *evidence; /* what counts, in a sentence */
	/* Ids of features/rows.yml, in the order of the answers; NULL-terminated. */
	const char *rows[FEATURE_MOST_ROWS + 1];
	/* What the bare link has to answer; NULL: it has no known answer. */
	const char *known[FEATURE_MOST_ROWS];
	/* The source is a host that is not a member, with keys of its own (vpn_begin_stranger). */
	bool is_strangers;
	void (*plan)(const struct feature_way *way, struct arena *arena,
		struct feature_trial *ret_trial);
	void (*read)(const struct feature_way *way, const struct feature_heard *heard,
		struct feature_observation ret_answers[]);
};

/* NULL-terminated, in the order in which they are made. */
extern const struct feature_check *const feature_checks[];

/* Rows of the matrix that could be observed and have no check, each with its reason. */
struct feature_gap {
	const char *row, *reason;
};
extern const struct feature_gap feature_gaps[];
extern const size_t feature_gap_count;

/* As the tree has it: {row, is, because, check, evidence, known, control, not_decided}. */
json_t *feature_observation_json(const struct feature_check *check, size_t i,
	const struct feature_observation *control, const struct feature_observation *answer);
