/* Feeds every file of a folder to a fuzz target, for builds without libFuzzer. */
#include "base/arena.h"
#include "base/fd.h"
#include "base/file.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(dir_closep) DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
	struct dirent *entry;
	size_t count = 0;

	while (dir && (entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe): ours alone */
		struct error err = {0};
		size_t size;
		char *text;

		if (entry->d_name[0] == '.')
			continue;
		if (file_read(arena, arena_printf(arena, "%s/%s", argv[1], entry->d_name),
			    (size_t)16 << 20, &text, &size, &err)) {
			fprintf(stderr, "%s\n", err.text);
			return EXIT_FAILURE;
		}
		LLVMFuzzerTestOneInput((const uint8_t *)text, size);
		count++;
	}
	if (!count)
		fprintf(stderr, "use: replay FOLDER, with at least one input in it\n");
	return count ? EXIT_SUCCESS : EXIT_FAILURE;
}
