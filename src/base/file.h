/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * The whole file, NUL-terminated, in the arena; `ret_size` may be NULL. A file larger than
 * `max_bytes` is an error, so no input can exhaust memory. A missing file has sys_errno ENOENT.
 */
MUST_CHECK int file_read(struct arena *arena, const char *path, size_t max_bytes, char **ret_text,
	size_t *ret_size, struct error *err);
/* The same of an open descriptor; errors do not name the file. */
MUST_CHECK int file_read_fd(struct arena *arena, int fd, size_t max_bytes, char **ret_text,
	size_t *ret_size, struct error *err);

/* Writes whole or not at all: temporary file in the same folder, fsync, rename. */
MUST_CHECK int file_write(
	const char *path, const void *data, size_t size, mode_t mode, struct error *err);

/* Adds to the end in one write(2), creating the file with mode 0644 when absent. */
MUST_CHECK int file_append(const char *path, const void *data, size_t size, struct error *err);

/*
 * Adds a line to a file of lines, whole or not at all, while nobody else who uses this function
 * adds one; creates the file as above. What somebody left of a line of their own ends before it.
 */
MUST_CHECK int file_append_line(const char *path, const char *line, struct error *err);

/* mkdir -p; directories that are made get `mode`. */
MUST_CHECK int dir_make(const char *path, mode_t mode, struct error *err);

/* Removes a folder with all it holds; links are not followed and what is absent is not an error. */
MUST_CHECK int tree_remove(const char *path, struct error *err);

/* For sh, in a folder: one hash of all its files and their names, and " -". */
#define FILE_TREE_DIGEST                                                                           \
	"find . -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum -- | sha256sum"

bool path_exists(const char *path);

/* Finds a program as execvp would; arena-owned absolute path, or NULL when there is none. */
const char *path_of_program(struct arena *arena, const char *name);
