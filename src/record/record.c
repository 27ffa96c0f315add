/* SPDX-License-Identifier: MIT */
/*
 * The writer of result trees. A file is complete or absent at any moment, also when the disk is
 * full or the program is killed; the event log loses at most the line that was being written. A
 * tree may come from somebody else: all of it is opened beneath its folder, and links in it are not
 * followed.
 */
#include "record/record.h"

#include "record/envelope.h"
#include "record/layout.h"

#include "base/beneath.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mirror.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Half a day of one-second intervals; nothing of ours is larger. */
#define FILE_MAX_BYTES ((size_t)64 << 20)

struct record {
	struct arena *arena;
	struct beneath root;
	const char *part; /* below the root, where cells go: "", or the folder of a tuning */
	int events_fd;    /* holds the lock */
	int mirror_fd;    /* borrowed; -1: nobody else has the same files */
};

/* Its entries; NULL and errno when it cannot be listed. */
static DIR *list(const struct beneath *root, const char *folder)
{
	int fd = beneath_open(root->fd, folder, O_RDONLY | O_DIRECTORY, 0);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);

	if (!stream && fd >= 0)
		close(fd);
	return stream;
}

static int read_json(
	const struct record *record, const char *path, json_t **ret_value, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(fd_closep) int fd = -1;
	size_t size;
	char *text;

	if (beneath_open_file(&record->root, path, &fd, err) ||
		file_read_fd(arena, fd, FILE_MAX_BYTES, &text, &size, err))
		return -1;
	return json_parse(text, size, path, ret_value, err);
}

/* What a run makes before its environment says whose the tree is; its folder is empty then. */
static bool is_of_beginning(const char *name)
{
	static const char *const first[] = {
		LAYOUT_GENERAL, LAYOUT_EVENTS, "." LAYOUT_ENVIRONMENT ".part"};

	for (size_t i = 0; i < ARRAY_SIZE(first); i++) {
		if (strcmp(name, first[i]) == 0)
			return true;
	}
	return false;
}

/* Clears `*ret_is_just_begun` if the folder holds anything else; one that is not there does not. */
static int look_into(
	const struct beneath *root, const char *folder, bool *ret_is_just_begun, struct error *err)
{
	AUTO(dir_closep) DIR *stream = list(root, folder);
	bool is_root = !*folder;
	struct dirent *entry;

	if (!stream)
		return is_root ? fail_errno(err, "open the result folder %s", root->name) : 0;
	while ((entry = readdir(stream))) { /* NOLINT(concurrency-mt-unsafe): our own stream */
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
			!(is_root && is_of_beginning(entry->d_name)))
			*ret_is_just_begun = false;
	}
	return 0;
}

/* Somebody else's file of that name says nothing of a plan. */
static bool has_environment(const struct record *record)
{
	json_auto_t *environment = NULL;
	struct error ignored;

	return read_json(record, LAYOUT_ENVIRONMENT, &environment, &ignored) == 0 &&
	       json_is_object(json_object_get(environment, "plan"));
}

/* Nothing is made or removed in a folder that no run of ours has made or begun. */
static int check_folder(const struct record *record, bool *ret_is_tree, struct error *err)
{
	const struct beneath *root = &record->root;
	bool is_just_begun = true;

	*ret_is_tree = has_environment(record);
	if (!*ret_is_tree && (look_into(root, "", &is_just_begun, err) ||
				     look_into(root, LAYOUT_GENERAL, &is_just_begun, err)))
		return -1;
	if (!*ret_is_tree && !is_just_begun)
		return fail(err, ERROR_USAGE,
			"use %s for results: it contains other files and is not a result tree; choose a new or an empty folder",
			root->name);
	if (faccessat(root->fd, ".", W_OK | X_OK, 0) < 0)
		return fail_errno(
			err, "write to %s: choose another folder or change its mode", root->name);
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
			record->root.name);
	return fail_errno(err, "lock the event log of %s", record->root.name);
}

static int open_events(struct record *record, struct error *err)
{
	struct stat info;

	record->events_fd = beneath_open(
		record->root.fd, LAYOUT_EVENTS, O_RDWR | O_APPEND | O_CREAT | O_NONBLOCK, 0644);
	if (record->events_fd < 0 || fstat(record->events_fd, &info) < 0)
		return fail_errno(
			err, "open the event log %s/%s", record->root.name, LAYOUT_EVENTS);
	if (!S_ISREG(info.st_mode))
		return fail(err, ERROR_USAGE, "open the event log %s/%s: it is not a file",
			record->root.name, LAYOUT_EVENTS);
	if (lock(record, err))
		return -1;
	if (end_last_line(record->events_fd) < 0)
		return fail_errno(
			err, "end the last line of the event log of %s", record->root.name);
	return 0;
}

static int make_general(const struct record *record, struct error *err)
{
	AUTO(fd_closep) int fd = -1;

	return beneath_dir_make(&record->root, LAYOUT_GENERAL, 0755, &fd, err);
}

int record_open(const char *dir, struct record **ret_record, struct error *err)
{
	struct arena *arena = arena_new();
	AUTO(record_closep) struct record *record = arena_alloc(arena, struct record, 1);
	bool is_tree;

	*record = (struct record){.arena = arena,
		.root = {.fd = -1, .name = arena_strdup(arena, dir)},
		.part = "",
		.events_fd = -1,
		.mirror_fd = -1};
	if (make_folder(dir, err))
		return -1;
	record->root.fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (record->root.fd < 0)
		return fail_errno(err, "open the result folder %s", dir);
	if (check_folder(record, &is_tree, err) || make_general(record, err) ||
		open_events(record, err))
		return -1;
	/* Keys that an earlier version left when it was killed; they are in memory now. */
	if (is_tree && beneath_remove(&record->root, LAYOUT_GENERAL "/" LAYOUT_STATE, err))
		return fail_in(err, "remove what an earlier run left");
	*ret_record = record;
	record = NULL;
	return 0;
}

void record_mirror(struct record *record, int fd)
{
	record->mirror_fd = fd;
}

static int mirror(const struct record *record, enum mirror_change change, const char *path,
	const void *data, size_t size, struct error *err)
{
	return record->mirror_fd < 0
		       ? 0
		       : mirror_send(record->mirror_fd, change, path, data, size, err);
}

const char *record_place(const struct record *record, struct arena *arena)
{
	char link[64], place[PATH_MAX];
	struct stat here, there;
	ssize_t length;

	if (fstat(record->root.fd, &here) < 0 || here.st_nlink == 0)
		return NULL;
	if (stat(record->root.name, &there) == 0 && here.st_dev == there.st_dev &&
		here.st_ino == there.st_ino)
		return record->root.name;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", record->root.fd);
	length = readlink(link, place, sizeof(place) - 1);
	if (length < 0)
		return NULL;
	place[length] = '\0';
	return arena_strdup(arena, place);
}

void record_close(struct record *record)
{
	if (!record)
		return;
	fd_closep(&record->events_fd);
	fd_closep(&record->root.fd);
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
	*part = (struct record){.arena = record->arena,
		.root = record->root,
		.part = LAYOUT_PATH(record->arena, LAYOUT_GENERAL, LAYOUT_TUNINGS, tuning),
		.events_fd = -1,
		.mirror_fd = record->mirror_fd};
	return part;
}

/* Writes a file below the tree, with the folders above it. */
static int write_file(const struct record *record, struct arena *arena, const char *path,
	const void *data, size_t size, struct error *err)
{
	AUTO(fd_closep) int folder = -1;
	const char *slash = strrchr(path, '/');

	if (slash &&
		beneath_dir_make(&record->root, arena_strndup(arena, path, (size_t)(slash - path)),
			0755, &folder, err))
		return -1;
	return beneath_write(&record->root, path, data, size, 0644, err) ||
			       mirror(record, MIRROR_WHOLE, path, data, size, err)
		       ? -1
		       : 0;
}

static int write_json(const struct record *record, struct arena *arena, const char *path,
	const json_t *value, struct error *err)
{
	size_t size = 0;
	AUTO(text_freep) char *text = json_document(value, &size);

	if (!text)
		return fail(
			err, ERROR_PARSE, "write %s: a number or text that JSON cannot hold", path);
	return write_file(record, arena, path, text, size, err);
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
static int write_samples(const struct record *record, struct arena *arena, const char *path,
	const json_t *samples, struct error *err)
{
	if (samples)
		return write_json(record, arena, path, samples, err);
	return beneath_remove(&record->root, path, err) || /* outdated */
			       mirror(record, MIRROR_GONE, path, NULL, 0, err)
		       ? -1
		       : 0;
}

int record_write_cell(struct record *record, const struct record_cell *cell,
	const struct record_result *result, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *envelope = NULL;

	assert(result->cause != CAUSE_SUCCESS || result->data);
	if (check_cell(cell, err))
		return -1;
	if (write_samples(record, arena, layout_cell_samples(arena, record->part, cell),
		    result->samples, err))
		return -1;
	envelope = envelope_json(cell, result);
	return write_json(
		record, arena, layout_cell_file(arena, record->part, cell), envelope, err);
}

bool record_read_cell(const struct record *record, const struct record_cell *cell,
	enum cause *ret_cause, json_t **ret_meta)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *envelope = NULL;
	struct error err = {0};
	const char *status, *cause;

	if (check_cell(cell, &err) ||
		read_json(record, layout_cell_file(arena, record->part, cell), &envelope, &err))
		return false;
	status = json_string_at(envelope, "/status", "");
	cause = json_string_at(envelope, "/meta/cause", strcmp(status, "success") ? "" : status);
	if (!cause_named(cause, ret_cause) ||
		(*ret_cause == CAUSE_SUCCESS) != (strcmp(status, "success") == 0))
		return false;
	if (*ret_cause == CAUSE_SUCCESS && !json_is_object(json_object_get(envelope, "data")))
		return false;
	*ret_meta = json_incref(json_object_get(envelope, "meta"));
	return true;
}

bool record_has_success(const struct record *record, const struct record_cell *cell)
{
	json_auto_t *meta = NULL;
	enum cause cause;

	return record_read_cell(record, cell, &cause, &meta) && cause == CAUSE_SUCCESS;
}

static int write_top(
	struct record *record, const char *file, const json_t *value, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	return write_json(record, arena, LAYOUT_PATH(arena, record->part, file), value, err);
}

static json_t *read_or_null(const struct record *record, const char *path)
{
	struct error err = {0};
	json_t *value;

	if (read_json(record, path, &value, &err))
		return NULL;
	return value;
}

static json_t *read_top(const struct record *record, const char *file)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	return read_or_null(record, LAYOUT_PATH(arena, record->part, file));
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

int record_write_features(struct record *record, const json_t *features, struct error *err)
{
	return write_top(record, LAYOUT_FEATURES, features, err);
}

int record_write_vpn(struct record *record, const char *vpn, const char *file, const json_t *value,
	struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	if (check_names((const char *const[]){vpn, file}, 2, err))
		return -1;
	return write_json(record, arena,
		LAYOUT_PATH(arena, layout_vpn(arena, record->part, vpn), file), value, err);
}

int record_write_profile(struct record *record, const char *vpn, const char *profile,
	const char *file, const json_t *value, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	if (check_names((const char *const[]){vpn, profile, file}, 3, err))
		return -1;
	return write_json(record, arena,
		LAYOUT_PATH(arena, layout_profile(arena, record->part, vpn, profile), file), value,
		err);
}

json_t *record_read_profile(
	const struct record *record, const char *vpn, const char *profile, const char *file)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error ignored;

	if (check_names((const char *const[]){vpn, profile, file}, 3, &ignored))
		return NULL;
	return read_or_null(record,
		LAYOUT_PATH(arena, layout_profile(arena, record->part, vpn, profile), file));
}

int record_write_general(
	struct record *record, const char *file, const json_t *value, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	/* comparison/baseline/ping.json is the one place with folders of its own. */
	assert(file[0] != '/' && !strstr(file, ".."));
	return write_json(
		record, arena, LAYOUT_PATH(arena, record->part, LAYOUT_GENERAL, file), value, err);
}

int record_write_host(struct record *record, const struct record_cell *cell, const json_t *value,
	struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	if (check_cell(cell, err))
		return -1;
	return write_json(record, arena, layout_cell_file(arena, record->part, cell), value, err);
}

int record_write_log(
	struct record *record, const struct record_cell *cell, const char *text, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	if (check_cell(cell, err))
		return -1;
	return write_file(record, arena, layout_cell_file(arena, record->part, cell), text,
		strlen(text), err);
}

/* In one write(2); what a full disk cut off is taken back. */
static int append_line(struct record *record, const char *line, size_t size, struct error *err)
{
	off_t before = lseek(record->events_fd, 0, SEEK_END);
	ssize_t n = write(record->events_fd, line, size);

	if (n == (ssize_t)size)
		return mirror(record, MIRROR_MORE, LAYOUT_EVENTS, line, size, err);
	if (n >= 0)
		errno = ENOSPC;
	fail_errno(err, "append to the event log of %s", record->root.name);
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
