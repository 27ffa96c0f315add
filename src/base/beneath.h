/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/error.h"

#include <stddef.h>
#include <sys/types.h>

/*
 * Files in folders that others can change: a host's state, a result tree. Every path is relative
 * and is opened beneath its folder: links are not followed, neither on the way nor at the end, and
 * ".." does not lead out.
 */
struct beneath {
	int fd;           /* of the folder; borrowed */
	const char *name; /* as the user knows it, for messages */
};

/* A descriptor, or -1 and errno (ELOOP: a link; EXDEV: out of the folder). "" is the folder itself.
 */
int beneath_open(int folder, const char *path, int flags, mode_t mode);
/* A regular file, to read. */
MUST_CHECK int beneath_open_file(
	const struct beneath *root, const char *path, int *ret_fd, struct error *err);
/* mkdir -p; folders that are made get `mode`. The last one is `*ret_fd`. */
MUST_CHECK int beneath_dir_make(
	const struct beneath *root, const char *path, mode_t mode, int *ret_fd, struct error *err);
/* As file_write: whole or not at all; makes the folders on the way with 0700. */
MUST_CHECK int beneath_write(const struct beneath *root, const char *path, const void *data,
	size_t size, mode_t mode, struct error *err);
/* As tree_remove: a link is removed and not followed, at any depth, with few descriptors. */
MUST_CHECK int beneath_remove(const struct beneath *root, const char *path, struct error *err);
