/* SPDX-License-Identifier: MIT */
#include "record/record.h"

#include "folder.h"
#include "tap.h"

#include "base/fd.h"
#include "base/json.h"
#include "base/mirror.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CELL "Nebula/baseline/1_yuki/"
#define SAMPLES CELL "samples/tcp_iperf3.json"

static const struct record_cell cell = {.vpn = "Nebula",
	.profile = "baseline",
	.position = 1,
	.source = "yuki",
	.target = "luna",
	.file = "tcp_iperf3.json"};

/* NULL: it is not there. */
static const char *text_of(struct arena *arena, const struct folder *folder, const char *path)
{
	struct error err = {0};
	char *text;

	return file_read(arena, arena_printf(arena, "%s/%s", folder->path, path), 65536, &text,
		       NULL, &err)
		       ? NULL
		       : text;
}

static bool is_same(const struct folder *a, const struct folder *b, const char *path)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *here = text_of(arena, a, path), *there = text_of(arena, b, path);

	return here && there && strcmp(here, there) == 0;
}

/* What was sent behind `*at`, which then is the end of it. */
static void catch_up(struct mirror *mirror, int stream, ssize_t *at)
{
	char bytes[16384];
	ssize_t n = pread(stream, bytes, sizeof(bytes), *at);
	struct error err = {0};

	CHECK_OK(mirror_take(mirror, bytes, n > 0 ? (size_t)n : 0, &err), err);
	*at += n;
}

TEST(a_mirror_has_the_same_files_as_soon_as_they_are_written)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	TEMPORARY_FOLDER(tree);
	TEMPORARY_FOLDER(other);
	AUTO(record_closep) struct record *record = NULL;
	AUTO(fd_closep) int stream = memfd_create("stream", MFD_CLOEXEC);
	AUTO(fd_closep) int folder = open(other.path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO(mirror_done) struct mirror mirror = {.root = {folder, other.path}};
	json_auto_t *data = json_make("{s:i}", "a", 1);
	struct error err = {0};
	ssize_t at = 0;

	CHECK_OK(record_open(tree.path, &record, &err), err);
	record_mirror(record, stream);
	CHECK_OK(record_write_cell(record, &cell,
			 &(struct record_result){
				 .cause = CAUSE_SUCCESS, .data = data, .samples = data},
			 &err),
		err);
	CHECK_OK(record_write_cell(record_of_tuning(record, "fast"), &cell,
			 &(struct record_result){.cause = CAUSE_STALLED, .evidence = ""}, &err),
		err);
	CHECK_OK(record_event(record, "first", json_object(), &err), err);
	CHECK_OK(record_event(record, "second", json_object(), &err), err);
	catch_up(&mirror, stream, &at);
	CHECK(is_same(&tree, &other, CELL "tcp_iperf3.json"));
	CHECK(is_same(&tree, &other, SAMPLES));
	CHECK(is_same(&tree, &other, "General/tunings/fast/" CELL "tcp_iperf3.json"));
	CHECK(is_same(&tree, &other, "events.jsonl"));

	/* Its samples are outdated there, too. */
	CHECK_OK(record_write_cell(record, &cell,
			 &(struct record_result){.cause = CAUSE_STALLED, .evidence = ""}, &err),
		err);
	catch_up(&mirror, stream, &at);
	CHECK(is_same(&tree, &other, CELL "tcp_iperf3.json"));
	CHECK(!text_of(arena, &other, SAMPLES));
}
