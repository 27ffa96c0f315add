/* SPDX-License-Identifier: MIT */
/* A board file: what is refused names the file, what loads has limits that the kernel takes. */
#include "plan/board.h"

#include "paper.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *path = arena_printf(arena, "%s/t.yml", paper_folder("t"));
	struct error err = {0};
	struct board board;

	paper_write(path, data, size);
	if (board_load(arena, path, &board, &err)) {
		assert(err.kind == ERROR_USAGE && strstr(err.text, path));
		return 0;
	}
	assert(board.processors == 0 || (board.processors >= 0.001 && board.processors <= 1024));
	assert(board.memory_bytes == 0 || board.memory_bytes >= 16 << 20);
	return 0;
}
