/* SPDX-License-Identifier: MIT */
/* What a guest needs of this machine: programs with their libraries, and files. */
#include "virtual/internal.h"

#include "base/fd.h"
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	LINKS_MAX = 40, /* on the way to a file, as in Linux */
	PERMISSIONS = 0755
};

static const int64_t LDD_LIMIT_NS = 30 * NS_PER_S;

static bool has(const struct contents *contents, const char *path)
{
	for (size_t i = 0; i < contents->count; i++)
		if (strcmp(contents->list[i].path, path) == 0)
			return true;
	return false;
}

static void add(struct contents *contents, const struct content *content)
{
	if (has(contents, content->path))
		return;
	if (contents->count == contents->room) {
		size_t room = contents->room ? 2 * contents->room : 256;
		struct content *list = arena_alloc(contents->arena, struct content, room);

		if (contents->count)
			memcpy(list, contents->list, contents->count * sizeof(*list));
		contents->list = list;
		contents->room = room;
	}
	contents->list[contents->count++] = *content;
}

void contents_add_folder(struct contents *contents, const char *path)
{
	add(contents, &(struct content){.path = path, .mode = S_IFDIR | 0755});
}

void contents_add_parents(struct contents *contents, const char *path)
{
	for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/'))
		contents_add_folder(
			contents, arena_strndup(contents->arena, path, (size_t)(slash - path)));
}

void contents_add_text(struct contents *contents, const char *path, const char *text, mode_t mode)
{
	contents_add_parents(contents, path);
	add(contents, &(struct content){.path = path, .text = text, .mode = S_IFREG | mode});
}

void contents_add_link(struct contents *contents, const char *path, const char *target)
{
	add(contents, &(struct content){.path = path, .text = target, .mode = S_IFLNK | 0777});
}

void contents_add_as(struct contents *contents, const char *source, const char *path)
{
	contents_add_parents(contents, path);
	add(contents, &(struct content){.path = path, .source = source, .mode = S_IFREG | 0644});
}

static int add_folder_tree(struct contents *contents, const char *path, struct error *err)
{
	AUTO(dir_closep) DIR *dir = opendir(path);
	struct dirent *entry;

	if (!dir)
		return fail_errno(err, "read the folder %s for the guest", path);
	while ((entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe): a stream of our own */
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (contents_add_path(contents,
			    arena_printf(contents->arena, "%s/%s", path, entry->d_name), err))
			return -1;
	}
	return 0;
}

/* What has no links on the way. Sockets and devices stay behind. */
static int add_end(
	struct contents *contents, const char *path, const struct stat *status, struct error *err)
{
	if (S_ISDIR(status->st_mode)) {
		contents_add_folder(contents, path);
		return add_folder_tree(contents, path, err);
	}
	if (S_ISREG(status->st_mode))
		add(contents, &(struct content){.path = path,
				      .source = path,
				      .mode = S_IFREG | (status->st_mode & PERMISSIONS)});
	return 0;
}

static const char *join(struct arena *arena, const char *folder, const char *name, size_t length)
{
	return arena_printf(arena, "%s/%.*s", folder, (int)length, name);
}

static int add_links(
	struct contents *contents, const char *path, unsigned links, struct error *err);

/* `rest` is what stands behind the link. */
static int follow(struct contents *contents, const char *folder, const char *link, const char *rest,
	unsigned links, struct error *err)
{
	struct arena *arena = contents->arena;
	char target[PATH_MAX];
	ssize_t length = readlink(link, target, sizeof(target) - 1);

	if (length < 0)
		return fail_errno(err, "read the link %s for the guest", link);
	if (links == LINKS_MAX)
		return fail(err, ERROR_USAGE, "%s: too many symbolic links on the way", link);
	target[length] = '\0';
	contents_add_link(contents, link, arena_strdup(arena, target));
	return add_links(contents,
		target[0] == '/' ? arena_printf(arena, "%s%s", target, rest)
				 : arena_printf(arena, "%s/%s%s", folder, target, rest),
		links + 1, err);
}

static const char *parent_of(struct arena *arena, const char *folder)
{
	const char *slash = strrchr(folder, '/');

	return slash ? arena_strndup(arena, folder, (size_t)(slash - folder)) : "";
}

static int add_links(struct contents *contents, const char *path, unsigned links, struct error *err)
{
	struct arena *arena = contents->arena;
	const char *folder = "", *at = path;

	for (;;) {
		size_t length;
		const char *here;
		struct stat status;

		at += strspn(at, "/");
		length = strcspn(at, "/");
		if (length == 0 || (length == 1 && *at == '.')) {
			if (!at[length])
				return 0;
			at += length;
			continue;
		}
		if (length == 2 && memcmp(at, "..", 2) == 0) {
			folder = parent_of(arena, folder);
			at += length;
			continue;
		}
		here = join(arena, folder, at, length);
		at += length;
		if (lstat(here, &status) < 0)
			return fail_errno(err, "find %s for the guest", path);
		if (S_ISLNK(status.st_mode))
			return follow(contents, folder, here, at, links, err);
		if (!at[strspn(at, "/")])
			return add_end(contents, here, &status, err);
		contents_add_folder(contents, here);
		folder = here;
	}
}

int contents_add_path(struct contents *contents, const char *path, struct error *err)
{
	return add_links(contents, path, 0, err);
}

/* "#!/bin/sh": what runs a script; NULL: it is not one. */
static const char *interpreter_of(struct arena *arena, const char *path)
{
	AUTO(stream_closep) FILE *file = fopen(path, "re");
	char line[256] = "";
	const char *start = line + 2;

	if (!file || !fgets(line, sizeof(line), file) || memcmp(line, "#!", 2) != 0)
		return NULL;
	start += strspn(start, " \t");
	return arena_strndup(arena, start, strcspn(start, " \t\n"));
}

/* Every absolute path that ldd prints, one a line: "libc.so.6 => /lib/libc.so.6 (0x7f...)". */
static int add_libraries(struct contents *contents, const char *text, struct error *err)
{
	while (*text) {
		size_t length = strcspn(text, "\n");
		const char *slash = memchr(text, '/', length);
		size_t path_bytes = slash ? strcspn(slash, " \n") : 0;

		if (slash && contents_add_path(contents,
				     arena_strndup(contents->arena, slash, path_bytes), err))
			return -1;
		text += length + (text[length] == '\n');
	}
	return 0;
}

/* What runs it, or what it is linked with. */
static int add_needs(struct contents *contents, const char *path, struct error *err)
{
	AUTO(proc_freep) struct proc *ldd = NULL;
	const char *interpreter = interpreter_of(contents->arena, path);

	if (interpreter)
		return contents_add_program(contents, interpreter, err);
	/* It fails for a program without libraries, which is fine. */
	if (proc_start(contents->procs,
		    &(struct proc_spec){.what = "list the libraries of a program",
			    .argv = (const char *const[]){"ldd", path, NULL}},
		    &ldd, err) ||
		proc_wait(ldd, deadline_in(LDD_LIMIT_NS), err))
		return -1;
	if (proc_result(ldd).exit_code != 0)
		return 0;
	return add_libraries(contents, arena_strdup(contents->arena, proc_result(ldd).out), err);
}

int contents_add_program(struct contents *contents, const char *name, struct error *err)
{
	const char *path = name[0] == '/' ? name : path_of_program(contents->arena, name);

	if (!path)
		return 0;
	return contents_add_path(contents, path, err) || add_needs(contents, path, err) ? -1 : 0;
}

int contents_add_programs(
	struct contents *contents, const char *dir, const char *inside, struct error *err)
{
	AUTO(dir_closep) DIR *stream = opendir(dir);
	struct dirent *entry;
	struct stat status;

	if (!stream)
		return fail_errno(err, "read the folder %s for the guest", dir);
	contents_add_folder(contents, inside);
	while ((entry = readdir(stream))) { /* NOLINT(concurrency-mt-unsafe): of our own */
		const char *path = arena_printf(contents->arena, "%s/%s", dir, entry->d_name);

		if (stat(path, &status) < 0 || !S_ISREG(status.st_mode))
			continue;
		add(contents, &(struct content){.path = arena_printf(contents->arena, "%s/%s",
							inside, entry->d_name),
				      .source = path,
				      .mode = S_IFREG | (status.st_mode & PERMISSIONS)});
		if ((status.st_mode & S_IXUSR) && add_needs(contents, path, err))
			return -1;
	}
	return 0;
}

uint64_t contents_bytes(const struct contents *contents)
{
	uint64_t bytes = 0;
	struct stat status;

	for (size_t i = 0; i < contents->count; i++)
		if (contents->list[i].source && stat(contents->list[i].source, &status) == 0)
			bytes += (uint64_t)status.st_size;
	return bytes;
}
