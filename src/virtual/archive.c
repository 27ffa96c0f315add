/* SPDX-License-Identifier: MIT */
/* A guest's files as one archive that the kernel unpacks at boot. */
#include "virtual/internal.h"

#include "base/fd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	ALIGNMENT = 4,
	COPY_BYTES = 1 << 16
};

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct content *)a)->path, ((const struct content *)b)->path);
}

static void pad(FILE *file, uint64_t written)
{
	static const char zeros[ALIGNMENT];

	fwrite(zeros, 1, (size_t)((ALIGNMENT - written % ALIGNMENT) % ALIGNMENT), file);
}

/* `number` stands for the inode, so that no two entries are links of one file. */
static void put_head(FILE *file, const char *name, size_t number, mode_t mode, uint64_t size)
{
	size_t name_bytes = strlen(name) + 1;
	int written = fprintf(file,
		"070701%08zX%08X%08X%08X%08X%08X%08llX%08X%08X%08X%08X%08zX%08X", number, mode, 0,
		0, S_ISDIR(mode) ? 2 : 1, 0, (unsigned long long)size, 0, 0, 0, 0, name_bytes, 0);

	fwrite(name, 1, name_bytes, file);
	pad(file, (uint64_t)written + name_bytes);
}

static int copy_file(FILE *file, const struct content *content, size_t number, struct error *err)
{
	AUTO(stream_closep) FILE *source = fopen(content->source, "re");
	static char bytes[COPY_BYTES];
	struct stat status;
	uint64_t copied = 0;
	size_t n;

	if (!source || fstat(fileno(source), &status) < 0)
		return fail_errno(err, "read %s for the guest", content->source);
	put_head(file, content->path + 1, number, content->mode, (uint64_t)status.st_size);
	while ((n = fread(bytes, 1, sizeof(bytes), source)) > 0) {
		fwrite(bytes, 1, n, file);
		copied += n;
	}
	if (copied != (uint64_t)status.st_size)
		return fail(err, ERROR_SYSTEM, "%s changed while it was read for the guest",
			content->source);
	pad(file, copied);
	return 0;
}

static int put_content(FILE *file, const struct content *content, size_t number, struct error *err)
{
	const char *text = content->text ? content->text : "";

	if (content->source)
		return copy_file(file, content, number, err);
	put_head(file, content->path + 1, number, content->mode, strlen(text));
	fputs(text, file);
	pad(file, strlen(text));
	return 0;
}

static int put_all(struct contents *contents, FILE *file, const char *path, struct error *err)
{
	if (!file)
		return fail_errno(err, "make %s", path);
	qsort(contents->list, contents->count, sizeof(*contents->list), by_path);
	for (size_t i = 0; i < contents->count; i++)
		if (put_content(file, &contents->list[i], i + 1, err))
			return -1;
	put_head(file, "TRAILER!!!", 0, 0, 0);
	if (fflush(file) || ferror(file))
		return fail_errno(err, "write %s", path);
	return 0;
}

int archive_write(struct contents *contents, const char *path, struct error *err)
{
	AUTO(stream_closep) FILE *file = fopen(path, "we");

	return put_all(contents, file, path, err);
}

int archive_append(struct contents *contents, const char *path, struct error *err)
{
	AUTO(stream_closep) FILE *file = fopen(path, "ae");

	return put_all(contents, file, path, err);
}
