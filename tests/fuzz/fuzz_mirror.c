/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as changes of a folder, whole and in pieces: both give the same folder, and a file next
 * to it stays as it was.
 */
#include "base/fd.h"
#include "base/file.h"
#include "base/mirror.h"
#include "input.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int listen_to(int folder, const uint8_t *data, size_t size, size_t piece)
{
	AUTO(mirror_done) struct mirror mirror = {.root = {.fd = folder, .name = "folder"}};
	struct error err = {0};

	for (size_t at = 0; at < size; at += piece) {
		size_t part = size - at < piece ? size - at : piece;

		if (mirror_take(&mirror, data + at, part, &err))
			return -1;
	}
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char outer[] = "/tmp/fuzz_mirror.XXXXXX", path[64];
	struct stat before, after;
	struct error err = {0};
	int ended[2];

	demand(mkdtemp(outer));
	demand(lstat(outer, &before) == 0);
	for (size_t i = 0; i < 2; i++) {
		AUTO(fd_closep) int folder = -1;

		snprintf(path, sizeof(path), "%s/%zu", outer, i);
		demand(mkdir(path, 0700) == 0);
		folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		demand(folder >= 0);
		ended[i] = listen_to(folder, data, size, i ? 3 : size + 1);
	}
	demand(ended[0] == ended[1]);
	demand(lstat(outer, &after) == 0);
	demand(after.st_nlink == before.st_nlink + 2); /* the two folders, and nothing else */
	demand(tree_remove(outer, &err) == 0);
	return 0;
}
