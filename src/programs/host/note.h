/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>

/* What a network card was before it became a host's: a file in memory with lines for `ip -batch`.
 */
struct note {
	const char *name, *mac; /* NULL: nothing was noted */
	const char *lines;
};

/* What ip(8) says of a card. */
struct note_source {
	const char *devices;          /* -json address show */
	const char *routes, *routes6; /* -4 and -6 route show table all */
};

/*
 * The file's text from that. What the kernel or a router gives it by itself is left out. Pure.
 */
MUST_CHECK int note_make(struct arena *arena, const char *name, const struct note_source *source,
	const char **ret_text, struct error *err);
/* Pure. */
MUST_CHECK int note_parse(
	struct arena *arena, const char *text, struct note *ret_note, struct error *err);
/* The name that the card has now in `ip -json link show`; NULL: it is not there. Pure. */
const char *note_card(struct arena *arena, const struct note *note, const char *devices);

MUST_CHECK int note_write(
	struct arena *arena, const char *name, const struct note_source *source, struct error *err);
/* Of a device that we are about to make and that is removed when all is undone. */
MUST_CHECK int note_write_ours(struct arena *arena, const char *name, struct error *err);
bool note_is_ours(const struct note *note);
MUST_CHECK int note_read(struct arena *arena, struct note *ret_note, struct error *err);
void note_remove(void);
