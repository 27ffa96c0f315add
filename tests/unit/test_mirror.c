/* SPDX-License-Identifier: MIT */
#include "base/mirror.h"

#include "base/fd.h"

#include "folder.h"
#include "tap.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A folder, and a stream that says what it shall hold. */
struct ends {
	struct arena *arena;
	struct folder folder;
	int sender, receiver; /* of a pipe */
	struct mirror mirror;
};

static int ends_make(struct ends *ends)
{
	int pipe_ends[2];

	if (!mkdtemp(ends->folder.path) || pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	ends->arena = arena_new();
	ends->receiver = pipe_ends[0];
	ends->sender = pipe_ends[1];
	ends->mirror.root = (struct beneath){
		open(ends->folder.path, O_PATH | O_DIRECTORY | O_CLOEXEC), ends->folder.path};
	return ends->mirror.root.fd;
}

static void ends_done(struct ends *ends)
{
	fd_closep(&ends->sender);
	fd_closep(&ends->receiver);
	fd_closep(&ends->mirror.root.fd);
	mirror_done(&ends->mirror);
	arena_free(ends->arena);
	folder_remove(&ends->folder);
}

#define ENDS(name)                                                                                 \
	AUTO(ends_done)                                                                            \
	struct ends name = {.folder = {"/tmp/test_folder.XXXXXX"}, .sender = -1, .receiver = -1};  \
	struct error err = {0};                                                                    \
	CHECK(ends_make(&(name)) >= 0)

static const char *text_of(struct ends *ends, const char *name)
{
	struct error err = {0};
	char *text;

	return file_read(ends->arena, arena_printf(ends->arena, "%s/%s", ends->folder.path, name),
		       100, &text, NULL, &err)
		       ? NULL
		       : text;
}

static bool holds(struct ends *ends, const char *name, const char *text)
{
	const char *found = text_of(ends, name);

	return found && strcmp(found, text) == 0;
}

/* All that was sent since, in pieces of so many bytes. */
static int take(struct ends *ends, size_t piece, struct error *err)
{
	char bytes[64];
	ssize_t n;

	while ((n = read(ends->receiver, bytes, piece)) > 0) {
		if (mirror_take(&ends->mirror, bytes, (size_t)n, err))
			return -1;
	}
	return 0;
}

TEST(files_come_grow_are_replaced_and_go_at_both_ends)
{
	ENDS(ends);

	CHECK_OK(mirror_send(ends.sender, MIRROR_WHOLE, "a/b/one two.json", "{}\n", 3, &err), err);
	CHECK_OK(mirror_send(ends.sender, MIRROR_WHOLE, "empty", "", 0, &err), err);
	CHECK_OK(mirror_send(ends.sender, MIRROR_MORE, "log", "first\n", 6, &err), err);
	CHECK_OK(mirror_send(ends.sender, MIRROR_MORE, "log", "second\n", 7, &err), err);
	CHECK_OK(take(&ends, 1, &err), err);
	CHECK(holds(&ends, "a/b/one two.json", "{}\n"));
	CHECK(holds(&ends, "empty", ""));
	CHECK(holds(&ends, "log", "first\nsecond\n"));
	CHECK_OK(mirror_send(ends.sender, MIRROR_WHOLE, "a/b/one two.json", "[]", 2, &err), err);
	CHECK_OK(mirror_send(ends.sender, MIRROR_GONE, "log", NULL, 0, &err), err);
	CHECK_OK(take(&ends, 64, &err), err);
	CHECK(holds(&ends, "a/b/one two.json", "[]"));
	CHECK(!text_of(&ends, "log"));
}

static struct mirror_file join_by_line(
	struct arena *arena, const char *path, struct mirror_file before, struct mirror_file now)
{
	struct mirror_file both = {arena_printf(arena, "%s: %.*s, %.*s", path, (int)before.size,
					   before.bytes, (int)now.size, now.bytes),
		0};

	both.size = strlen(both.bytes);
	return now.size ? both : before;
}

TEST(a_file_that_is_there_may_be_joined_with_what_it_becomes)
{
	ENDS(ends);

	CHECK_OK(mirror_send(ends.sender, MIRROR_WHOLE, "file", "one", 3, &err), err);
	CHECK_OK(take(&ends, 64, &err), err);
	ends.mirror.join = join_by_line;
	CHECK_OK(mirror_send(ends.sender, MIRROR_WHOLE, "file", "two", 3, &err), err);
	CHECK_OK(mirror_send(ends.sender, MIRROR_WHOLE, "other", "two", 3, &err), err);
	CHECK_OK(take(&ends, 64, &err), err);
	CHECK(holds(&ends, "file", "file: one, two"));
	CHECK(holds(&ends, "other", "two"));
	CHECK_OK(mirror_send(ends.sender, MIRROR_WHOLE, "other", "", 0, &err), err);
	CHECK_OK(take(&ends, 64, &err), err);
	CHECK(holds(&ends, "other", "two"));
}

TEST(a_stream_that_breaks_off_leaves_no_half_of_a_file)
{
	static const char begun[] = "whole 2 kept\nokmore 6 log\nline 1whole 10 file\n12345";
	ENDS(ends);

	CHECK_OK(mirror_take(&ends.mirror, begun, strlen(begun), &err), err);
	CHECK(holds(&ends, "kept", "ok"));
	CHECK(holds(&ends, "log", "line 1"));
	CHECK(!text_of(&ends, "file"));
}

TEST(a_line_that_says_no_change_ends_the_stream)
{
	static const char *const lines[] = {"some 1 file\nx", "whole one file\nx", "whole 1\nx",
		"whole -1 file\nx", "whole 99999999999 file\n", "gone 1 file\nx",
		"whole  1 file\nx", "\n"};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		ENDS(ends);

		CHECK(mirror_take(&ends.mirror, lines[i], strlen(lines[i]), &err) == -1);
		CHECK(err.kind == ERROR_PARSE);
	}
}

TEST(a_line_without_an_end_is_not_waited_for_forever)
{
	static const char bytes[10000] = "whole 1 ";
	ENDS(ends);

	CHECK(mirror_take(&ends.mirror, bytes, sizeof(bytes), &err) == -1);
}

TEST(nothing_outside_of_the_folder_is_touched)
{
	static const char *const changes[] = {"whole 1 ../out\nx", "more 1 ../out\nx",
		"whole 1 /tmp/out\nx", "more 1 link/out\nx", "whole 1 link/out\nx",
		"gone 0 ../out\n", "more 1 ..\nx", "whole 1 a/../../out\nx"};

	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		ENDS(ends);
		const char *outer = arena_printf(ends.arena, "%s/outer", ends.folder.path);
		const char *inner = arena_printf(ends.arena, "%s/inner", outer);

		CHECK_OK(dir_make(inner, 0700, &err), err);
		CHECK_OK(file_write(
				 arena_printf(ends.arena, "%s/out", outer), "kept", 4, 0600, &err),
			err);
		CHECK(symlink("..", arena_printf(ends.arena, "%s/link", inner)) == 0);
		fd_closep(&ends.mirror.root.fd);
		ends.mirror.root.fd = open(inner, O_PATH | O_DIRECTORY | O_CLOEXEC);
		(void)!mirror_take(&ends.mirror, changes[i], strlen(changes[i]), &err);
		CHECK(holds(&ends, "outer/out", "kept"));
		CHECK(access("/tmp/out", F_OK) < 0);
	}
}

TEST(a_path_that_a_line_cannot_hold_is_not_sent)
{
	ENDS(ends);

	CHECK(mirror_send(ends.sender, MIRROR_WHOLE, "two\nlines", "x", 1, &err) == -1);
	CHECK(strstr(err.text, "does not fit"));
}
