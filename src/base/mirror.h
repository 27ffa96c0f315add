/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/beneath.h"

#include <stdint.h>

/*
 * What is done to the files of a folder, as a stream of bytes, so that a folder elsewhere has the
 * same files at any moment: "whole SIZE PATH\n", "more SIZE PATH\n" or "gone 0 PATH\n", and SIZE
 * bytes behind it. Paths are relative. No change is done by halves, wherever the stream ends.
 */
enum mirror_change {
	MIRROR_WHOLE, /* the file is these bytes */
	MIRROR_MORE,  /* they are added to its end */
	MIRROR_GONE
};

/* Writes a change to a descriptor; the path has no line break. */
MUST_CHECK int mirror_send(int fd, enum mirror_change change, const char *path, const void *data,
	size_t size, struct error *err);

/* Bytes and how many they are. */
struct mirror_file {
	const char *bytes;
	size_t size;
};

/* The other end: a folder, and the beginning of a change that is not complete yet. */
struct mirror {
	struct beneath root; /* its descriptor and name are borrowed */
	/*
	 * What a file becomes that was `before` when the stream says that it is `now`: one of the
	 * two, or another that is the arena's. NULL: what the stream says.
	 */
	struct mirror_file (*join)(struct arena *arena, const char *path, struct mirror_file before,
		struct mirror_file now);
	char *bytes;
	size_t size, room;
};

void mirror_done(struct mirror *mirror);
/*
 * Does what the next bytes of a stream say. The stream is foreign: nothing outside of the folder is
 * touched. After a failure the stream is of no more use.
 */
MUST_CHECK int mirror_take(
	struct mirror *mirror, const void *bytes, size_t size, struct error *err);
