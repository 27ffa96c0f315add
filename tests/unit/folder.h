/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/attribute.h"
#include "base/file.h"

#include "tap.h"

#include <stdlib.h>

/* A folder of a test's own, gone with it. */
struct folder {
	char path[64];
};

static void folder_remove(struct folder *folder)
{
	struct error ignored;

	if (tree_remove(folder->path, &ignored))
		printf("# cannot remove %s\n", folder->path);
}

#define TEMPORARY_FOLDER(name)                                                                     \
	AUTO(folder_remove) struct folder name = {"/tmp/test_folder.XXXXXX"};                      \
	CHECK(mkdtemp((name).path))
