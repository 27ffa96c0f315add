/* SPDX-License-Identifier: MIT */
/*
 * The writer of result trees. A file is complete or absent at any moment, also when the disk is
 * full or the program is killed; the event log loses at most the line that was being written.
 */
#include "record/record.h"

#include "record/envelope.h"
#include "record/layout.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/json.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Half a day of one-second intervals; nothing of ours is larger. */
#define FILE_MAX_BYTES ((size_t)64 << 20)

struct record {
	struct arena *arena;
	const char *dir, *events;
	int events_fd; /* holds the lock */
};

static int holds_something(const char *dir, bool *ret_holds, struct error *err)
{
	AUTO(dir_closep) DIR *stream = opendir(dir);
	struct dirent *entry;

	if (!stream)
		return fail_errno(err, "open the result folder %s", dir);
	while ((entry = readdir(stream))) { /* NOLINT(concurrency-mt-unsafe): our own stream */
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			*ret_holds = true;
	}
	return 0;
}

static int check_folder(struct arena *arena, const char *dir, struct error *err)
{
	bool holds = false;

	if (holds_something(dir, &holds, err))
		return -1;
	if (holds && !path_exists(LAYOUT_PATH(arena, dir, LAYOUT_GENERAL)) &&
		!path_exists(LAYOUT_PATH(arena, dir, LAYOUT_ENVIRONMENT)))
		return fail(err, ERROR_USAGE,
			"use %s for results: it contains other files and is not a result tree; choose a new or an empty folder",
			dir);
	if (access(dir, W_OK | X_OK) < 0)
		return fail_errno(
			err, "write to %s: choose another folder or change its mode", dir);
	return 0;
}

static int make_folder(const char *dir, struct error *err)
{
	struct stat info;

	if (stat(dir, &info) == 0) {
		if (S_ISDIR(info.st_mode))
			return 0;
		return fail(err, ERROR_USAGE,
			"use %s for results: it is a file; choose a new or an empty folder", dir);
	}
	if (dir_make(dir, 0755, err))
		return fail_in(
			err, "use %s for results: choose a folder that you can write to", dir);
	return 0;
}

/* A line that a power cut left half must not swallow the next one. */
static int end_last_line(int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char last = '\n';

	if (size < 0 || (size > 0 && pread(fd, &last, 1, size - 1) != 1))
		return -1;
	return last == '\n' || write(fd, "\n", 1) == 1 ? 0 : -1;
}

/*
 * One writer at a time: two runs in one tree would mix their results. A lock of fcntl(2) belongs to
 * this process alone; one of flock(2) would stay with hosts that a killed run has not yet taken
 * along.
 */
static int lock(const struct record *record, struct error *err)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fcntl(record->events_fd, F_SETLK, &whole) == 0)
		return 0;
	if (errno == EACCES || errno == EAGAIN)
		return fail(err, ERROR_USAGE,
			"use %s for results: another meshbench is writing to it; wait for it or choose another folder",
			record->dir);
	return fail_errno(err, "lock the event log %s", record->events);
}

static int open_events(struct record *record, struct error *err)
{
	record->events_fd = open(record->events, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	if (record->events_fd < 0)
		return fail_errno(err, "open the event log %s", record->events);
	if (lock(record, err))
		return -1;
	if (end_last_line(record->events_fd) < 0)
		return fail_errno(err, "end the last line of %s", record->events);
	return 0;
}

int record_open(const char *dir, struct record **ret_record, struct error *err)
{
	struct arena *arena = arena_new();
	AUTO(record_closep) struct record *record = arena_alloc(arena, struct record, 1);

	record->events_fd = -1;
	record->arena = arena;
	record->dir = arena_strdup(arena, dir);
	record->events = LAYOUT_PATH(arena, dir, LAYOUT_EVENTS);
	if (make_folder(dir, err) || check_folder(arena, dir, err) ||
		dir_make(LAYOUT_PATH(arena, dir, LAYOUT_GENERAL), 0755, err) ||
		open_events(record, err))
		return -1;
	/* Keys that an earlier version left when it was killed; they are in memory now. */
	if (tree_remove(LAYOUT_PATH(arena, dir, LAYOUT_GENERAL, LAYOUT_STATE), err))
		return fail_in(err, "remove what an earlier run left");
	*ret_record = record;
	record = NULL;
	return 0;
}

void record_close(struct record *record)
{
	if (!record)
		return;
	fd_closep(&record->events_fd);
	arena_free(record->arena); /* the record itself is in it */
}

void record_closep(struct record **record)
{
	record_close(*record);
	*record = NULL;
}

struct record *record_of_tuning(struct record *record, const char *tuning)
{
	struct record *part;

	if (!tuning)
		return record;
	part = arena_alloc(record->arena, struct record, 1);
	part->arena = record->arena;
	part->dir = LAYOUT_PATH(record->arena, record->dir, LAYOUT_GENERAL, LAYOUT_TUNINGS, tuning);
	part->events_fd = -1;
	return part;
}

/* Writes a file below the tree, with the folders above it. */
static int write_json(struct arena *arena, const char *path, const json_t *value, struct error *err)
{
	const char *slash = strrchr(path, '/');

	if (dir_make(arena_strndup(arena, path, (size_t)(slash - path)), 0755, err))
		return -1;
	return json_write(path, value, err);
}

/* Names come from the user's files, and a slash in one would leave the tree. */
static int check_names(const char *const names[], size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		if (names[i] && !layout_is_name(names[i]))
			return fail(err, ERROR_USAGE,
				"write a result: '%s' cannot name a file or folder; rename it",
				names[i]);
	}
	return 0;
}

static int check_cell(const struct record_cell *cell, struct error *err)
{
	const char *const names[] = {cell->vpn, cell->profile, cell->source, cell->file};

	assert(cell->vpn && cell->profile && cell->file);
	return check_names(names, ARRAY_SIZE(names), err);
}

/* Samples first: where a result is, its samples are. */
static int write_samples(
	struct arena *arena, const char *path, const json_t *samples, struct error *err)
{
	if (samples)
		return write_json(arena, path, samples, err);
	if (unlink(path) < 0 && errno != ENOENT && errno != ENOTDIR)
		return fail_errno(err, "remove the outdated %s", path);
	return 0;
}

int record_write_cell(struct record *record, const struct record_cell *cell,
	const struct record_result *result, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *envelope = NULL;

	assert(result->cause != CAUSE_SUCCESS || result->data);
	if (check_cell(cell, err))
		return -1;
	if (write_samples(
		    arena, layout_cell_samples(arena, record->dir, cell), result->samples, err))
		return -1;
	envelope = envelope_json(cell, result);
	return write_json(arena, layout_cell_file(arena, record->dir, cell), envelope, err);
}

json_t *record_read_success(const struct record *record, const struct record_cell *cell)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *envelope = NULL;
	struct error err = {0};

	if (check_cell(cell, &err) || json_read(layout_cell_file(arena, record->dir, cell),
					      FILE_MAX_BYTES, &envelope, &err))
		return NULL;
	if (strcmp(json_string_at(envelope, "/status", ""), "success") != 0 ||
		strcmp(json_string_at(envelope, "/meta/cause", "success"), "success") != 0 ||
		!json_is_object(json_object_get(envelope, "data")))
		return NULL;
	return json_incref(json_object_get(envelope, "meta"));
}

bool record_has_success(const struct record *record, const struct record_cell *cell)
{
	json_auto_t *meta = record_read_success(record, cell);

	return meta != NULL;
}

static int write_top(
	struct record *record, const char *file, const json_t *value, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	return write_json(arena, LAYOUT_PATH(arena, record->dir, file), value, err);
}

static json_t *read_or_null(const char *path)
{
	struct error err = {0};
	json_t *value;

	if (json_read(path, FILE_MAX_BYTES, &value, &err))
		return NULL;
	return value;
}

static json_t *read_top(const struct record *record, const char *file)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	return read_or_null(LAYOUT_PATH(arena, record->dir, file));
}

int record_write_environment(struct record *record, const json_t *environment, struct error *err)
{
	return write_top(record, LAYOUT_ENVIRONMENT, environment, err);
}

json_t *record_read_environment(const struct record *record)
{
	return read_top(record, LAYOUT_ENVIRONMENT);
}

int record_write_calibration(struct record *record, const json_t *calibration, struct error *err)
{
	return write_top(record, LAYOUT_CALIBRATION, calibration, err);
}

json_t *record_read_calibration(const struct record *record)
{
	return read_top(record, LAYOUT_CALIBRATION);
}

int record_write_vpn(struct record *record, const char *vpn, const char *file, const json_t *value,
	struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	if (check_names((const char *const[]){vpn, file}, 2, err))
		return -1;
	return write_json(
		arena, LAYOUT_PATH(arena, layout_vpn(arena, record->dir, vpn), file), value, err);
}

int record_write_profile(struct record *record, const char *vpn, const char *profile,
	const char *file, const json_t *value, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	if (check_names((const char *const[]){vpn, profile, file}, 3, err))
		return -1;
	return write_json(arena,
		LAYOUT_PATH(arena, layout_profile(arena, record->dir, vpn, profile), file), value,
		err);
}

json_t *record_read_profile(
	const struct record *record, const char *vpn, const char *profile, const char *file)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error ignored;

	if (check_names((const char *const[]){vpn, profile, file}, 3, &ignored))
		return NULL;
	return read_or_null(
		LAYOUT_PATH(arena, layout_profile(arena, record->dir, vpn, profile), file));
}

int record_write_general(
	struct record *record, const char *file, const json_t *value, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	/* comparison/baseline/ping.json is the one place with folders of its own. */
	assert(file[0] != '/' && !strstr(file, ".."));
	return write_json(arena, LAYOUT_PATH(arena, record->dir, LAYOUT_GENERAL, file), value, err);
}

int record_write_host(struct record *record, const struct record_cell *cell, const json_t *value,
	struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	if (check_cell(cell, err))
		return -1;
	return write_json(arena, layout_cell_file(arena, record->dir, cell), value, err);
}

int record_write_log(
	struct record *record, const struct record_cell *cell, const char *text, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	if (check_cell(cell, err) ||
		dir_make(layout_cell_folder(arena, record->dir, cell), 0755, err))
		return -1;
	return file_write(
		layout_cell_file(arena, record->dir, cell), text, strlen(text), 0644, err);
}

/* In one write(2); what a full disk cut off is taken back. */
static int append_line(struct record *record, const char *line, size_t size, struct error *err)
{
	off_t before = lseek(record->events_fd, 0, SEEK_END);
	ssize_t n = write(record->events_fd, line, size);

	if (n == (ssize_t)size)
		return 0;
	if (n >= 0)
		errno = ENOSPC;
	fail_errno(err, "append to %s", record->events);
	if (n > 0 && ftruncate(record->events_fd, before) < 0)
		return fail_in(err, "remove an incomplete line");
	return -1;
}

int record_event(struct record *record, const char *kind, json_t *event, struct error *err)
{
	json_auto_t *line = json_make("{s:f,s:s}", "t", clock_wall_s(), "kind", kind);
	json_auto_t *fields = event;
	AUTO(text_freep) char *text = NULL;
	size_t length;

	json_object_update_missing(line, fields);
	text = json_dumps(line, JSON_COMPACT);
	if (!text)
		return fail(err, ERROR_PARSE, "log a %s event: JSON cannot hold it", kind);
	length = strlen(text);
	text[length] = '\n'; /* in place of the NUL */
	return append_line(record, text, length + 1, err);
}
