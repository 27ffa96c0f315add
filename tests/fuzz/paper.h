/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/file.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * Loaders take paths, so the input becomes a file, overwritten each time and gone at the end. In
 * memory where there is a place for that: a disk's file system writes out what replaces a file
 * (ext4's auto_da_alloc), which takes longer than all the rest.
 */
static char paper_root[] = "/dev/shm/fuzz.XXXXXX";

static inline void paper_make(void)
{
	if (mkdtemp(paper_root))
		return;
	strcpy(paper_root, "/tmp/fuzz.XXXXXX");
	if (!mkdtemp(paper_root))
		abort();
}

static inline void paper_remove(void)
{
	struct error ignored;

	if (tree_remove(paper_root, &ignored))
		fprintf(stderr, "%s\n", ignored.text);
}

static inline const char *paper_folder(const char *name)
{
	static char path[128];

	if (!path[0]) {
		paper_make();
		if (atexit(paper_remove))
			abort();
		snprintf(path, sizeof(path), "%s/%s", paper_root, name);
		if (mkdir(path, 0700) < 0)
			abort();
	}
	return path;
}

static inline void paper_write(const char *path, const uint8_t *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size || close(fd) < 0)
		abort();
}
