/* SPDX-License-Identifier: MIT */
#pragma once

#include "workload/mesh/mesh.h"

#include "base/arena.h"

/*
 * What became of a stream with echoes between the last two hosts, by the wire's record and by the
 * stream's own: which way packets went, when answers came, and what had none.
 */

/* How packets of the pair went in a stretch of time. */
struct way {
	enum way_kind {
		WAY_NONE,
		WAY_DIRECT,
		WAY_RELAYED
	} kind;
	const char *relay; /* the host by which they went */
};

/* A way is looked for in the last second. */
#define WAY_S 1.0
/* Who was not heard for so long at the end of a stretch of time is silent. */
#define WAY_SILENT_S 0.5

/* "none", "direct", "relayed". */
extern const char *const way_names[];

size_t way_bin_at(const json_t *run, double at_s);
double way_bin_s(const json_t *run);
struct way way_in(const json_t *run, double from_s, double to_s);
/* That of the last half second in which there was one: a short stream ends before the record. */
struct way way_last(const json_t *run);
/* Since when it is direct until the end, or NAN. */
double way_direct_since_s(const json_t *run, double from_s, double to_s);

/* A stream of packets with echoes, in an arena: when each was sent, and when answers came. */
struct echoes {
	double *sent_s;     /* of all; of what had no answer by its neighbours */
	double *answered_s; /* of the answered, ascending */
	double *asked_s;    /* when they were sent, by number */
	double *trips_s;    /* likewise */
	bool *is_lost;
	size_t sent, count;
};
struct echoes echoes_of(struct arena *arena, const json_t *run);
/* Of those that were sent in a stretch of time; NAN: none was answered. */
double echoes_rtt_ms(const struct echoes *echoes, double from_s, double to_s);

/* What became of a stream in a stretch of time. */
struct stretch {
	double silent_s; /* the longest time without an answer; NAN: it did not end */
	size_t lost;     /* of what was sent in it */
	bool is_answering;
};
struct stretch stretch_of(const struct echoes *echoes, double from_s, double to_s);

/* How long relay and pathchoice wait for a direct way before they do anything to it. */
extern const struct setting way_direct_seconds;
/* Whether it was waited for one in vain; and of what was waited until, NAN without. */
bool way_was_never_direct(const json_t *run);
double way_direct_after_s(const json_t *run);
/* "direct" or "never_direct"; NULL: it was not waited for. */
const char *way_start(const json_t *run);

/* Of a list of described runs with the member "start". */
bool way_were_all_never_direct(const json_t *list);

/* Why the record or the stream is to be doubted. */
void way_doubt(const json_t *run, struct workload_reading *reading);
/* The median; NAN where a run has no number, as what never ends has no median. */
double way_median_of_all(const json_t *list, const char *key);
