/* SPDX-License-Identifier: MIT */
/* Both ends of a stream that makes one folder the same as another. */
#include "base/mirror.h"

#include "base/fd.h"
#include "base/file.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	HEAD_BYTES_MAX = PATH_MAX + 64,
	CHANGE_BYTES_MAX = 64 << 20 /* as the largest file of a result tree */
};

static const char *const words[] = {
	[MIRROR_WHOLE] = "whole", [MIRROR_MORE] = "more", [MIRROR_GONE] = "gone"};

int mirror_send(int fd, enum mirror_change change, const char *path, const void *data, size_t size,
	struct error *err)
{
	char head[HEAD_BYTES_MAX];
	int length = snprintf(head, sizeof(head), "%s %zu %s\n", words[change], size, path);

	if (length >= (int)sizeof(head) || strchr(path, '\n') || size > CHANGE_BYTES_MAX)
		return fail(err, ERROR_USAGE,
			"send %s: its path or its content does not fit into a stream", path);
	if (fd_write_all(fd, head, (size_t)length) < 0 || fd_write_all(fd, data, size) < 0)
		return fail_errno(err, "send %s", path);
	return 0;
}

void mirror_done(struct mirror *mirror)
{
	free(mirror->bytes);
	mirror->bytes = NULL;
	mirror->size = mirror->room = 0;
}

/* The first line of a change. */
struct head {
	enum mirror_change change;
	size_t bytes; /* of the line itself */
	size_t size;  /* of what follows */
	char path[PATH_MAX];
};

static int read_word(const char *line, struct head *head)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t length = strlen(words[i]);

		if (strncmp(line, words[i], length) == 0 && line[length] == ' ') {
			head->change = (enum mirror_change)i;
			return (int)length + 1;
		}
	}
	return -1;
}

static int read_head(const char *line, struct head *head)
{
	char *end = NULL;
	int at = read_word(line, head);

	if (at < 0 || line[at] < '0' || line[at] > '9')
		return -1;
	head->size = strtoul(line + at, &end, 10);
	if (*end != ' ' || head->size > CHANGE_BYTES_MAX ||
		(head->change == MIRROR_GONE && head->size))
		return -1;
	return snprintf(head->path, sizeof(head->path), "%s", end + 1) < (int)sizeof(head->path)
		       ? 0
		       : -1;
}

/* Whether the first line is there; -1: it is none. */
static int find_head(struct mirror *mirror, struct head *head)
{
	char *line_end = mirror->size ? memchr(mirror->bytes, '\n', mirror->size) : NULL;
	int failed;

	if (!line_end)
		return mirror->size < HEAD_BYTES_MAX ? 0 : -1;
	*line_end = '\0';
	head->bytes = (size_t)(line_end - mirror->bytes) + 1;
	failed = strlen(mirror->bytes) + 1 != head->bytes || read_head(mirror->bytes, head);
	*line_end = '\n';
	return failed ? -1 : 1;
}

static int add(const struct mirror *mirror, const char *path, const void *data, size_t size,
	struct error *err)
{
	AUTO(fd_closep)
	int fd = beneath_open(
		mirror->root.fd, path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, 0644);

	if (fd < 0 || fd_write_all(fd, data, size) < 0)
		return fail_errno(err, "add to %s/%s", mirror->root.name, path);
	return 0;
}

static int make_folder(const struct mirror *mirror, const char *path, struct error *err)
{
	AUTO(fd_closep) int folder = -1;
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX];

	if (!slash)
		return 0;
	snprintf(parent, sizeof(parent), "%.*s", (int)(slash - path), path);
	return beneath_dir_make(&mirror->root, parent, 0755, &folder, err);
}

/* The file as it is; its bytes are NULL when it is not there. */
static struct mirror_file read_before(
	struct arena *arena, const struct mirror *mirror, const char *path)
{
	AUTO(fd_closep) int fd = -1;
	struct mirror_file before = {0};
	struct error ignored;
	char *bytes;

	if (beneath_open_file(&mirror->root, path, &fd, &ignored) == 0 &&
		file_read_fd(arena, fd, CHANGE_BYTES_MAX, &bytes, &before.size, &ignored) == 0)
		before.bytes = bytes;
	return before;
}

static int write_whole(
	const struct mirror *mirror, const char *path, struct mirror_file now, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct mirror_file before = {0};

	if (mirror->join)
		before = read_before(arena, mirror, path);
	if (before.bytes)
		now = mirror->join(arena, path, before, now);
	return beneath_write(&mirror->root, path, now.bytes, now.size, 0644, err);
}

static int change(
	const struct mirror *mirror, const struct head *head, const void *data, struct error *err)
{
	if (head->change == MIRROR_GONE)
		return beneath_remove(&mirror->root, head->path, err);
	if (make_folder(mirror, head->path, err))
		return -1;
	if (head->change == MIRROR_MORE)
		return add(mirror, head->path, data, head->size, err);
	return write_whole(mirror, head->path, (struct mirror_file){data, head->size}, err);
}

static int keep(struct mirror *mirror, const void *bytes, size_t size, struct error *err)
{
	size_t room = mirror->room ? mirror->room : HEAD_BYTES_MAX;
	char *larger;

	while (room < mirror->size + size)
		room *= 2;
	if (room > mirror->room) {
		larger = realloc(mirror->bytes, room);
		if (!larger)
			return fail_errno(err, "keep what the stream says");
		mirror->bytes = larger;
		mirror->room = room;
	}
	memcpy(mirror->bytes + mirror->size, bytes, size);
	mirror->size += size;
	return 0;
}

int mirror_take(struct mirror *mirror, const void *bytes, size_t size, struct error *err)
{
	struct head head;
	int found;

	if (size && keep(mirror, bytes, size, err))
		return -1;
	while ((found = find_head(mirror, &head)) == 1) {
		size_t whole = head.bytes + head.size;

		if (mirror->size < whole)
			return 0;
		if (change(mirror, &head, mirror->bytes + head.bytes, err))
			return -1;
		mirror->size -= whole;
		memmove(mirror->bytes, mirror->bytes + whole, mirror->size);
	}
	if (found < 0)
		return fail(err, ERROR_PARSE,
			"read the changes of a folder: a line that is none; its sender and we are of different versions");
	return 0;
}
