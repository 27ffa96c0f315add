/* SPDX-License-Identifier: MIT */
/* Feeds every file of some folders to a fuzz target, for builds without libFuzzer. */
#include "base/arena.h"
#include "base/fd.h"
#include "base/file.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Counts what it fed; a folder that is not there holds nothing. */
static int replay(const char *folder, size_t *count, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(dir_closep) DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe): ours alone */
		size_t size;
		char *text;

		if (entry->d_name[0] == '.')
			continue;
		if (file_read(arena, arena_printf(arena, "%s/%s", folder, entry->d_name),
			    (size_t)16 << 20, &text, &size, err))
			return -1;
		LLVMFuzzerTestOneInput((const uint8_t *)text, size);
		(*count)++;
	}
	return 0;
}

int main(int argc, char **argv)
{
	size_t count = 0;

	for (int i = 1; i < argc; i++) {
		struct error err = {0};

		if (replay(argv[i], &count, &err)) {
			fprintf(stderr, "%s\n", err.text);
			return EXIT_FAILURE;
		}
	}
	if (!count)
		fprintf(stderr, "use: replay FOLDER..., with at least one input in them\n");
	return count ? EXIT_SUCCESS : EXIT_FAILURE;
}
