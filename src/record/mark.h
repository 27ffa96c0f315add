/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"

#include <jansson.h>

/*
 * What speaks against figures that nevertheless stand: something else than the VPN and its profile
 * may have made them. Result trees have a list of {"mark", "reason"} in meta.marks, empty when
 * nothing does.
 */
enum mark_kind {
	MARK_WIRE,   /* the emulated network stood still, was too slow or lost packets of its own */
	MARK_BUSY,   /* other programs or other virtual machines used the processors */
	MARK_MEMORY, /* programs waited for memory */
	MARK_INSTRUMENT, /* a program of ours that measures stood still */
	MARK_DAEMON,     /* a program of the VPN was stopped */
	MARK_THROTTLED,  /* processors were slowed down for their heat */
};

struct mark {
	struct mark *next;
	const char *word;   /* of its kind; any word in a tree that is newer than this program */
	const char *reason; /* a sentence with the figures that it was judged by */
};

/* Appends to a list that becomes meta.marks; the reason may be any bytes. */
void marks_add(json_t *list, enum mark_kind kind, const char *reason);
/* Such a list, in its order; NULL when it is empty or none. */
const struct mark *marks_read(struct arena *arena, const json_t *list);
/* Those of a result's meta. Trees written before there were marks say meta.wire.was_good. */
const struct mark *marks_of_meta(struct arena *arena, const json_t *meta);
/* What a mark of this kind says about a figure, as a main clause; NULL for an unknown word. */
const char *mark_meaning(const char *word);
/* "the wire stood still for 3.00 s; ...": all reasons; NULL without marks. */
const char *marks_text(struct arena *arena, const struct mark *marks);
