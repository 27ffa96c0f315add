/* SPDX-License-Identifier: MIT */
#include "base/fd.h"
#include "base/file.h"

#include "folder.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TEST(what_is_written_is_read_back)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	TEMPORARY_FOLDER(folder);
	const char *path = arena_printf(arena, "%s/a", folder.path);
	struct error err = {0};
	struct stat info;
	size_t size;
	char *text;

	CHECK_OK(file_write(path, "one\0two", 7, 0600, &err), err);
	CHECK_OK(file_read(arena, path, 100, &text, &size, &err), err);
	CHECK(size == 7 && memcmp(text, "one\0two", 8) == 0);
	CHECK(stat(path, &info) == 0 && (info.st_mode & 0777) == 0600);
	CHECK_OK(file_append(path, "!", 1, &err), err);
	CHECK_OK(file_read(arena, path, 8, &text, &size, &err), err);
	CHECK(size == 8 && text[7] == '!');
}

TEST(what_does_not_say_how_much_it_holds_is_read_whole_up_to_the_bound)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(fd_closep) int reader = -1, writer = -1;
	struct error err = {0};
	char data[30000], *text;
	int ends[2];
	size_t size;

	memset(data, 'x', sizeof(data));
	for (size_t excess = 0; excess < 2; excess++) {
		CHECK(pipe(ends) == 0);
		reader = ends[0];
		writer = ends[1];
		CHECK(fd_write_all(writer, data, sizeof(data)) == 0);
		fd_closep(&writer);
		CHECK(!file_read_fd(arena, reader, sizeof(data) - excess, &text, &size, &err) ==
			!excess);
		fd_closep(&reader);
	}
	CHECK(size == sizeof(data) && memcmp(text, data, size) == 0);
	CHECK(err.kind == ERROR_USAGE && strstr(err.text, "more than the 29999 bytes"));
}

TEST(a_file_that_is_too_large_or_no_file_is_refused)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	TEMPORARY_FOLDER(folder);
	const char *path = arena_printf(arena, "%s/a", folder.path);
	struct error err = {0};
	char *text;

	CHECK_OK(file_write(path, "12345", 5, 0644, &err), err);
	CHECK(file_read(arena, path, 4, &text, NULL, &err) && err.kind == ERROR_USAGE);
	CHECK(file_read(arena, folder.path, 4, &text, NULL, &err) && err.kind == ERROR_USAGE);
	CHECK(file_read(arena, "/proc/self/status", 10, &text, NULL, &err));
	CHECK(file_read(arena, arena_printf(arena, "%s/b", folder.path), 4, &text, NULL, &err));
	CHECK(err.sys_errno == ENOENT);
}

TEST(a_failed_write_leaves_nothing_behind)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	TEMPORARY_FOLDER(folder);
	const char *target = arena_printf(arena, "%s/dir", folder.path);
	struct error err = {0};

	CHECK_OK(dir_make(arena_printf(arena, "%s/inner", target), 0700, &err), err);
	CHECK(file_write(target, "x", 1, 0644, &err)); /* a folder cannot be replaced by a file */
	CHECK_OK(tree_remove(target, &err), err);
	CHECK(rmdir(folder.path) == 0 && mkdir(folder.path, 0700) == 0); /* it was empty */
}

TEST(removing_a_tree_does_not_follow_links)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	TEMPORARY_FOLDER(folder);
	const char *kept = arena_printf(arena, "%s/kept/file", folder.path);
	const char *gone = arena_printf(arena, "%s/gone/deep", folder.path);
	struct error err = {0};

	CHECK_OK(dir_make(arena_printf(arena, "%s/kept", folder.path), 0700, &err), err);
	CHECK_OK(file_write(kept, "x", 1, 0644, &err), err);
	CHECK_OK(dir_make(gone, 0700, &err), err);
	CHECK(symlink("../../kept", arena_printf(arena, "%s/link", gone)) == 0);
	CHECK_OK(tree_remove(arena_printf(arena, "%s/gone", folder.path), &err), err);
	CHECK(!path_exists(gone) && path_exists(kept));
	CHECK_OK(tree_remove(gone, &err), err);
}

TEST(a_program_is_found_on_the_path_and_a_folder_is_none)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	CHECK(path_of_program(arena, "sh"));
	CHECK(path_of_program(arena, "/bin/sh"));
	CHECK(!path_of_program(arena, "no-such-program-here"));
	CHECK(!path_of_program(arena, "../sbin"));
}

TEST(lines_are_added_whole_also_behind_one_that_somebody_broke_off)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	TEMPORARY_FOLDER(folder);
	const char *path = arena_printf(arena, "%s/lines", folder.path);
	struct error err = {0};
	char *text;

	CHECK_OK(file_append_line(path, "one", &err), err);
	CHECK_OK(file_append(path, "tw", 2, &err), err);
	CHECK_OK(file_append_line(path, "three", &err), err);
	CHECK_OK(file_read(arena, path, 100, &text, NULL, &err), err);
	CHECK(strcmp(text, "one\ntw\nthree\n") == 0);
	CHECK(file_append_line(folder.path, "four", &err) < 0 && err.text[0]);
}

TEST(lines_of_several_processes_do_not_mix)
{
	enum {
		WRITERS = 4,
		LINES = 50,
		LENGTH = 9000
	};
	AUTO(arena_freep) struct arena *arena = arena_new();
	TEMPORARY_FOLDER(folder);
	const char *path = arena_printf(arena, "%s/lines", folder.path);
	struct error err = {0};
	size_t size;
	char *text;

	for (size_t writer = 0; writer < WRITERS; writer++) {
		char line[LENGTH + 1];

		memset(line, (int)('a' + writer), LENGTH);
		line[LENGTH] = '\0';
		if (fork())
			continue;
		for (size_t i = 0; i < LINES; i++)
			if (file_append_line(path, line, &err))
				_exit(1);
		_exit(0);
	}
	for (size_t writer = 0; writer < WRITERS; writer++) {
		int status;

		CHECK(wait(&status) > 0 && status == 0);
	}
	CHECK_OK(file_read(arena, path, 10000000, &text, &size, &err), err);
	CHECK(size == (size_t)WRITERS * LINES * (LENGTH + 1));
	for (size_t at = 0; at < size; at += LENGTH + 1)
		CHECK(text[at + LENGTH] == '\n' && text[at] == text[at + LENGTH - 1]);
}
