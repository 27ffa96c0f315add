/* Without libFuzzer a target runs once on every file of the folder given to it. */
#include "paper.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/file.h"

int main(int argc, char *argv[])
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(dir_closep) DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
	struct dirent *entry;
	size_t count = 0;

	while (dir && (entry = readdir(dir))) {
		struct error err = {0};
		size_t size;
		char *text;

		if (entry->d_name[0] == '.')
			continue;
		if (file_read(arena, arena_printf(arena, "%s/%s", argv[1], entry->d_name), 1 << 20,
			    &text, &size, &err)) {
			fprintf(stderr, "%s\n", err.text);
			return EXIT_FAILURE;
		}
		LLVMFuzzerTestOneInput((const uint8_t *)text, size);
		count++;
	}
	printf("%zu inputs\n", count);
	return count ? EXIT_SUCCESS : EXIT_FAILURE;
}
