/* SPDX-License-Identifier: MIT */
#include "plan/board.h"

#include "plan/plan.h"

#include "folder.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

static int load(struct arena *arena, const struct folder *folder, const char *text,
	struct board *board, struct error *err)
{
	const char *path = arena_printf(arena, "%s/mine.yml", folder->path);

	if (file_write(path, text, strlen(text), 0600, err))
		return -1;
	return board_load(arena, path, board, err);
}

/* Refused at this place of the file, for a reason with these words. */
static bool is_refused(const char *text, const char *place, const char *why)
{
	AUTO(folder_remove) struct folder folder = {"/tmp/test_board.XXXXXX"};
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	struct board board;

	if (!mkdtemp(folder.path) || load(arena, &folder, text, &board, &err) == 0)
		return false;
	printf("# %s\n", err.text);
	return err.kind == ERROR_USAGE && strstr(err.text, why) &&
	       strstr(err.text, arena_printf(arena, "mine.yml:%s: ", place));
}

TEST(a_board_has_a_share_of_a_processor_and_memory)
{
	TEMPORARY_FOLDER(folder);
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	struct board board;

	CHECK_OK(load(arena, &folder, "title: T\nprocessors: 0.25\nmemory: 1g\n", &board, &err),
		err);
	CHECK(strcmp(board.name, "mine") == 0 && !board_is_none(&board));
	CHECK(board.processors == 0.25 && board.memory_bytes == UINT64_C(1) << 30);
	CHECK(strcmp(board_text(arena, board.processors, board.memory_bytes),
		      "0.25 of a processor and 1024 MB of memory") == 0);
}

TEST(one_of_both_is_enough_and_without_any_nothing_is_limited)
{
	TEMPORARY_FOLDER(folder);
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	struct board board;

	CHECK_OK(load(arena, &folder, "title: T\nprocessors: 2\n", &board, &err), err);
	CHECK(board.processors == 2 && board.memory_bytes == 0 && !board_is_none(&board));
	CHECK(strcmp(board_text(arena, 2, 0), "2 of a processor") == 0);
	CHECK_OK(load(arena, &folder, "title: T\nmemory: 64m\n", &board, &err), err);
	CHECK(board.processors == 0 && board.memory_bytes == 64 << 20 && !board_is_none(&board));
	CHECK(strcmp(board_text(arena, 0, 64 << 20), "64 MB of memory") == 0);
	CHECK_OK(load(arena, &folder, "title: T\n", &board, &err), err);
	CHECK(board_is_none(&board));
}

TEST(what_cannot_be_a_board_is_refused_at_its_place)
{
	CHECK(is_refused("title: T\nprocessors: 0\n", "2:13", "'0' is not a number of processors"));
	CHECK(is_refused("title: T\nprocessors: 0.0009\n", "2:13", "use 0.001 to 1024"));
	CHECK(is_refused("title: T\nprocessors: 1025\n", "2:13", "use 0.001 to 1024"));
	CHECK(is_refused("title: T\nprocessors: nan\n", "2:13", "is not a number of processors"));
	CHECK(is_refused("title: T\nprocessors: 0x1\n", "2:13", "is not a number of processors"));
	CHECK(is_refused("title: T\nprocessors: 1 2\n", "2:13", "is not a number of processors"));
	CHECK(is_refused("title: T\nmemory: 64\n", "2:9", "such as 64m or 1g"));
	CHECK(is_refused("title: T\nmemory: 15m\n", "2:9", "use 16m to 1024g"));
	CHECK(is_refused("title: T\nmemory: 1025g\n", "2:9", "use 16m to 1024g"));
	CHECK(is_refused("title: T\nmemory: m\n", "2:9", "is not a size of memory"));
	CHECK(is_refused("title: T\ncores: 1\n", "2:1", "cores"));
}

TEST(every_board_of_ours_is_well_formed_and_names_its_source)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	const char *const *names;
	size_t count = 0;

	CHECK_OK(plan_list(arena, "boards", &names, &err), err);
	for (; *names; names++, count++) {
		const char *path;
		struct board board;

		CHECK_OK(plan_find(arena, "boards", *names, &path, &err), err);
		CHECK_OK(board_load(arena, path, &board, &err), err);
		CHECK(board_is_none(&board) == (strcmp(*names, "none") == 0));
		CHECK(board_is_none(&board) || (board.source && board.memory_bytes));
	}
	CHECK(count >= 3);
}
