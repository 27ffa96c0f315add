/* SPDX-License-Identifier: MIT */
/* Files that are written together or not at all. */
#include "report/output/files.h"

#include "base/beneath.h"
#include "base/fd.h"
#include "base/file.h"
#include "report/output/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

struct output {
	struct output *next;
	const char *path, *text;
	size_t size;
	bool is_same;
};

struct outputs {
	struct arena *arena;
	struct output *first, **end;
	const struct beneath *root; /* NULL: paths are as the user wrote them */
};

struct outputs *outputs_new(void)
{
	struct arena *arena = arena_new();
	struct outputs *outputs = arena_alloc(arena, struct outputs, 1);

	outputs->arena = arena;
	outputs->end = &outputs->first;
	return outputs;
}

void outputs_freep(struct outputs **outputs)
{
	if (*outputs)
		arena_free((*outputs)->arena);
	*outputs = NULL;
}

void outputs_beneath(struct outputs *outputs, const struct beneath *root)
{
	outputs->root = root;
}

void outputs_add(struct outputs *outputs, const char *path, const char *text)
{
	struct output *output = arena_alloc(outputs->arena, struct output, 1);

	output->path = arena_strdup(outputs->arena, path);
	output->size = strlen(text);
	output->text = arena_strndup(outputs->arena, text, output->size);
	*outputs->end = output;
	outputs->end = &output->next;
}

void outputs_add_json(struct outputs *outputs, const char *path, const json_t *value)
{
	AUTO(text_freep) char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		abort();
	print_json(stream, value, 0);
	fputc('\n', stream);
	fclose(stream);
	outputs_add(outputs, path, text);
}

/* A link at the end counts; one on the way is refused when the folders are made. */
static bool is_there(const struct beneath *root, const char *path)
{
	AUTO(fd_closep) int fd = -1;

	if (!root)
		return path_exists(path);
	fd = beneath_open(root->fd, path, O_PATH | O_NOFOLLOW, 0);
	return fd >= 0;
}

static bool is_same(const struct beneath *root, const struct output *output)
{
	AUTO(arena_freep) struct arena *scratch = arena_new();
	AUTO(fd_closep) int fd = -1;
	struct error unread = {0};
	char *text;
	size_t size;

	if (!root)
		fd = open(output->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	else if (beneath_open_file(root, output->path, &fd, &unread))
		return false;
	return fd >= 0 && file_read_fd(scratch, fd, output->size + 1, &text, &size, &unread) == 0 &&
	       size == output->size && memcmp(text, output->text, size) == 0;
}

/* What is there must be the same, absent, or given up by the user. */
static int check(const struct beneath *root, struct output *output, bool force, struct error *err)
{
	if (!is_there(root, output->path))
		return 0;
	if (is_same(root, output)) {
		output->is_same = true;
		return 0;
	}
	if (force)
		return 0;
	return fail(err, ERROR_USAGE,
		"write %s%s%s: it exists with other content; add --force to replace it",
		root ? root->name : "", root ? "/" : "", output->path);
}

static int write_beneath(const struct beneath *root, const struct output *output,
	const char *folder, struct error *err)
{
	AUTO(fd_closep) int fd = -1;

	if (beneath_dir_make(root, folder, 0755, &fd, err))
		return -1;
	return beneath_write(root, output->path, output->text, output->size, 0644, err);
}

static int write_one(struct outputs *outputs, const struct output *output, struct error *err)
{
	char *folder = arena_strdup(outputs->arena, output->path);
	char *slash = strrchr(folder, '/');

	if (slash && slash != folder) {
		*slash = '\0';
		if (outputs->root)
			return write_beneath(outputs->root, output, folder, err);
		if (dir_make(folder, 0755, err))
			return -1;
	}
	return file_write(output->path, output->text, output->size, 0644, err);
}

int outputs_write(struct outputs *outputs, bool force, size_t *ret_count, struct error *err)
{
	size_t count = 0;

	for (struct output *output = outputs->first; output; output = output->next)
		if (check(outputs->root, output, force, err))
			return -1;
	for (struct output *output = outputs->first; output; output = output->next) {
		count++;
		if (output->is_same)
			continue;
		if (write_one(outputs, output, err)) {
			/* The user chose the place, so what forbids writing there is theirs to
			 * change. */
			if (err->sys_errno == EACCES || err->sys_errno == EROFS ||
				err->sys_errno == ENOTDIR)
				err->kind = ERROR_USAGE;
			return -1;
		}
	}
	if (ret_count)
		*ret_count = count;
	return 0;
}
