/* SPDX-License-Identifier: MIT */
/* Walks a result tree: VPN, profile, host and repetition folders, and every JSON file in them. */
#include "record/reader.h"

#include "record/layout.h"

#include "base/beneath.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/json.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	FILE_BYTES_MAX = 64 * 1024 * 1024,
	NAMES_MAX = 100000
};

struct walk {
	int fd; /* of the tree; somebody else may have written what lies beneath it */
	struct arena *arena;
	const struct tree_visitor *visitor;
	struct tree_reading *reading;
	size_t result_count; /* files of profiles and hosts that were read */
};

void tree_add_problem(
	struct arena *arena, struct tree_reading *reading, const char *path, const char *why)
{
	struct tree_problem *problem = arena_alloc(arena, struct tree_problem, 1);

	problem->path = arena_strdup(arena, path);
	problem->why = arena_strdup(arena, why);
	*reading->problems_end = problem;
	reading->problems_end = &problem->next;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char link_is_skipped[] =
	"it is or lies behind a symbolic link, and links in a result tree are not followed; put a copy in its place";

static bool is_json(const char *name)
{
	return strlen(name) > 5 && strcmp(name + strlen(name) - 5, ".json") == 0;
}

/* A link is named with the files when it is called like one, else with the folders: not twice. */
static bool is_wanted(
	struct walk *walk, int dir_fd, const char *path, const char *name, bool want_folders)
{
	struct stat info;

	if (!layout_is_name(name) || fstatat(dir_fd, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	if (S_ISLNK(info.st_mode) && is_json(name) != want_folders)
		tree_add_problem(walk->arena, walk->reading, LAYOUT_PATH(walk->arena, path, name),
			link_is_skipped);
	return want_folders ? S_ISDIR(info.st_mode) : S_ISREG(info.st_mode) && is_json(name);
}

static DIR *open_folder(int tree, const char *path)
{
	AUTO(fd_closep) int fd = beneath_open(tree, path, O_RDONLY | O_DIRECTORY, 0);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (dir)
		fd_take(&fd);
	return dir;
}

/* Sorted names of folders, or of JSON files; an empty list when the folder cannot be read. */
static const char **list(struct walk *walk, const char *path, bool want_folders, size_t *ret_count)
{
	AUTO(dir_closep) DIR *dir = open_folder(walk->fd, path);
	const char **names = arena_alloc(walk->arena, const char *, 16);
	size_t count = 0, room = 16;
	struct dirent *entry;

	*ret_count = 0;
	if (!dir) {
		if (errno != ENOENT && errno != ENOTDIR)
			tree_add_problem(walk->arena, walk->reading, path,
				errno == ELOOP ? link_is_skipped : strerrordesc_np(errno));
		return names;
	}
	while ((entry = readdir(dir)) && /* NOLINT(concurrency-mt-unsafe): a stream of our own */
		count < NAMES_MAX) {
		if (!is_wanted(walk, dirfd(dir), path, entry->d_name, want_folders))
			continue;
		if (count == room) {
			const char **more = arena_alloc(walk->arena, const char *, 2 * room);

			memcpy(more, names, count * sizeof(*more));
			names = more;
			room *= 2;
		}
		names[count++] = arena_strdup(walk->arena, entry->d_name);
	}
	qsort(names, count, sizeof(*names), by_text);
	*ret_count = count;
	return names;
}

static json_t *read_value(struct walk *walk, const char *path)
{
	AUTO(arena_freep) struct arena *scratch = arena_new();
	struct beneath tree = {walk->fd, walk->reading->dir};
	AUTO(fd_closep) int fd = -1;
	struct error err = {0};
	json_t *value = NULL;
	char *text;
	size_t size;

	if (beneath_open_file(&tree, path, &fd, &err) ||
		file_read_fd(scratch, fd, FILE_BYTES_MAX, &text, &size, &err) ||
		json_parse(text, size, path, &value, &err)) {
		tree_add_problem(walk->arena, walk->reading, path, err.text);
		return NULL;
	}
	walk->reading->file_count++;
	walk->reading->byte_count += size;
	return value;
}

/* Also what cannot be opened is there: reading it says why. */
static bool is_there(struct walk *walk, const char *path)
{
	AUTO(fd_closep) int fd = beneath_open(walk->fd, path, O_PATH, 0);

	return fd >= 0 || (errno != ENOENT && errno != ENOTDIR);
}

static void visit_file(
	struct walk *walk, struct tree_entry entry, const char *folder, const char *samples_folder)
{
	json_auto_t *value = NULL;
	json_auto_t *samples = NULL;
	const char *why = "";
	const char *samples_path;

	entry.path = LAYOUT_PATH(walk->arena, folder, entry.file);
	value = read_value(walk, entry.path);
	if (!value)
		return;
	if (!envelope_of(walk->arena, value, &entry.envelope, &why)) {
		tree_add_problem(walk->arena, walk->reading, entry.path, why);
		return;
	}
	samples_path = LAYOUT_PATH(walk->arena, samples_folder, LAYOUT_SAMPLES, entry.file);
	if (is_there(walk, samples_path))
		samples = read_value(walk, samples_path);
	walk->result_count += entry.profile != NULL;
	entry.value = value;
	entry.samples = samples;
	entry.data =
		entry.envelope.status == ENVELOPE_NONE ? value : json_object_get(value, "data");
	walk->visitor->visit(walk->visitor->context, &entry);
}

static void visit_folder(struct walk *walk, const struct tree_entry *place, const char *folder,
	const char *samples_folder)
{
	size_t count;
	const char **files = list(walk, folder, false, &count);

	for (size_t i = 0; i < count; i++) {
		struct tree_entry entry = *place;

		entry.file = files[i];
		visit_file(walk, entry, folder, samples_folder);
	}
}

static int by_number(const void *a, const void *b)
{
	long left = strtol(*(const char *const *)a, NULL, 10);
	long right = strtol(*(const char *const *)b, NULL, 10);

	return (left > right) - (left < right);
}

/* Repetitions after the first: <folder>/repetitions/<number>/. */
static void visit_repetitions(struct walk *walk, struct tree_entry place, const char *folder)
{
	const char *parent = LAYOUT_PATH(walk->arena, folder, LAYOUT_REPETITIONS);
	size_t count;
	const char **numbers = list(walk, parent, true, &count);

	qsort(numbers, count, sizeof(*numbers), by_number);
	for (size_t i = 0; i < count; i++) {
		const char *path = LAYOUT_PATH(walk->arena, parent, numbers[i]);
		char *end = NULL;
		long number = strtol(numbers[i], &end, 10);

		if (number < 1 || number > LAYOUT_REPETITIONS_MAX || *end) {
			tree_add_problem(walk->arena, walk->reading, path,
				"its name is not the number of a repetition");
			continue;
		}
		place.repetition = (size_t)number;
		visit_folder(walk, &place, path, path);
	}
}

/* Published or ours: hosts are folders such as 0_lom, and files of all links lie next to them. */
static bool profile_has_results(const struct walk *of, const char *vpn, const char *profile)
{
	struct tree_reading unsaid = {.dir = of->reading->dir, .problems_end = &unsaid.problems};
	struct walk look = {.fd = of->fd, .arena = of->arena, .reading = &unsaid}, *walk = &look;
	const char *folder = LAYOUT_PATH(walk->arena, vpn, profile);
	size_t count, position;
	const char **names = list(walk, folder, true, &count);
	const char *name;

	for (size_t i = 0; i < count; i++)
		if (layout_host_of(names[i], &position, &name))
			return true;
	/* The folder of a host is not a profile: then somebody named the folder of one VPN. */
	if (layout_host_of(profile, &position, &name))
		return false;
	names = list(walk, folder, false, &count);
	for (size_t i = 0; i < count; i++)
		if (tree_is_measurement(names[i]))
			return true;
	return false;
}

static void visit_profile(struct walk *walk, const char *vpn, const char *profile)
{
	const char *folder = LAYOUT_PATH(walk->arena, vpn, profile);
	const char *aside =
		LAYOUT_PATH(walk->arena, LAYOUT_GENERAL, LAYOUT_ALL_LINKS, vpn, profile);
	struct tree_entry place = {.vpn = vpn, .profile = profile};
	size_t count;
	const char **hosts = list(walk, folder, true, &count);

	if (!profile_has_results(walk, vpn, profile))
		return;
	if (walk->visitor->enter)
		walk->visitor->enter(walk->visitor->context, vpn, profile, NULL);
	visit_folder(walk, &place, folder, aside);
	visit_repetitions(walk, place, aside);
	for (size_t i = 0; i < count; i++) {
		const char *path = LAYOUT_PATH(walk->arena, folder, hosts[i]);

		place.host = hosts[i];
		place.repetition = 0;
		if (walk->visitor->enter)
			walk->visitor->enter(walk->visitor->context, vpn, profile, hosts[i]);
		visit_folder(walk, &place, path, path);
		visit_repetitions(walk, place, path);
	}
}

static void visit_vpn(struct walk *walk, const char *vpn)
{
	struct tree_entry place = {.vpn = vpn};
	size_t count;
	const char **profiles = list(walk, vpn, true, &count);

	visit_folder(walk, &place, vpn, vpn);
	for (size_t i = 0; i < count; i++)
		visit_profile(walk, vpn, profiles[i]);
}

/* The tree itself may be named by a link. */
static int open_tree(const char *dir)
{
	return open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int tree_open(const char *dir, int *ret_tree, struct error *err)
{
	int tree = open_tree(dir);

	if (tree < 0 && errno == ENOTDIR)
		return fail(
			err, ERROR_USAGE, "read %s: it is a file; name the folder of a run", dir);
	if (tree < 0) {
		fail_errno(err, "read result tree %s", dir);
		err->kind = ERROR_USAGE;
		return -1;
	}
	*ret_tree = tree;
	return 0;
}

static bool has_results(int tree, const char *dir)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct tree_reading reading = {.dir = dir, .problems_end = &reading.problems};
	struct walk walk = {.fd = tree, .arena = arena, .reading = &reading};
	size_t vpn_count, profile_count;
	const char **vpns = list(&walk, "", true, &vpn_count);

	for (size_t i = 0; i < vpn_count; i++) {
		const char **profiles;

		if (!layout_is_vpn(vpns[i]))
			continue;
		profiles = list(&walk, vpns[i], true, &profile_count);
		for (size_t j = 0; j < profile_count; j++)
			if (profile_has_results(&walk, vpns[i], profiles[j]))
				return true;
	}
	return false;
}

bool tree_is_there(const char *dir)
{
	AUTO(fd_closep) int tree = open_tree(dir);

	return tree >= 0 && has_results(tree, dir);
}

static int refuse(const char *dir, const struct tree_reading *reading, struct error *err)
{
	if (reading->problems)
		return fail(err, ERROR_USAGE,
			"read result tree %s: nothing in it can be read; the first error: %s: %s",
			dir, reading->problems->path, reading->problems->why);
	return fail(err, ERROR_USAGE,
		"read %s: it does not contain results; name the folder that contains <VPN>/<profile>/0_<host>/",
		dir);
}

int tree_read_open(struct arena *arena, int tree, const char *dir,
	const struct tree_visitor *visitor, struct tree_reading *ret_reading, struct error *err)
{
	struct walk walk = {.fd = tree, .arena = arena, .visitor = visitor, .reading = ret_reading};
	struct tree_entry top = {0};
	const char **folders;
	size_t count;

	*ret_reading = (struct tree_reading){.dir = arena_strdup(arena, dir)};
	ret_reading->problems_end = &ret_reading->problems;
	folders = list(&walk, "", true, &count);
	if (!has_results(tree, dir))
		return refuse(dir, ret_reading, err);
	visit_folder(&walk, &top, "", "");
	visit_folder(&walk, &top, LAYOUT_GENERAL, LAYOUT_GENERAL);
	for (size_t i = 0; i < count; i++) {
		if (layout_is_vpn(folders[i]))
			visit_vpn(&walk, folders[i]);
	}
	if (walk.result_count == 0)
		return refuse(dir, ret_reading, err);
	return 0;
}

int tree_read(struct arena *arena, const char *dir, const struct tree_visitor *visitor,
	struct tree_reading *ret_reading, struct error *err)
{
	AUTO(fd_closep) int tree = -1;

	return tree_open(dir, &tree, err) ||
			       tree_read_open(arena, tree, dir, visitor, ret_reading, err)
		       ? -1
		       : 0;
}

char *tree_of_tuning(struct arena *arena, const char *dir, const char *tuning)
{
	return LAYOUT_PATH(arena, dir, LAYOUT_GENERAL, LAYOUT_TUNINGS, tuning);
}

int tree_open_tuning(int tree, const char *tuning)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *path = LAYOUT_PATH(arena, LAYOUT_GENERAL, LAYOUT_TUNINGS, tuning);
	AUTO(fd_closep) int part = beneath_open(tree, path, O_RDONLY | O_DIRECTORY, 0);

	return part >= 0 && has_results(part, path) ? fd_take(&part) : -1;
}

const char *const *tree_tunings(struct arena *arena, int tree)
{
	struct tree_reading reading = {.dir = "", .problems_end = &reading.problems};
	struct walk walk = {.fd = tree, .arena = arena, .reading = &reading};
	const char *folder = LAYOUT_PATH(arena, LAYOUT_GENERAL, LAYOUT_TUNINGS);
	const char **found, **names;
	size_t count = 0;

	if (!is_there(&walk, folder))
		return arena_alloc(arena, const char *, 1);
	found = list(&walk, folder, true, &count);
	names = arena_alloc(arena, const char *, count + 1);
	memcpy(names, found, count * sizeof(*names));
	return names;
}

char *tree_comparison_dir(struct arena *arena, const char *dir)
{
	return LAYOUT_PATH(arena, dir, LAYOUT_GENERAL, LAYOUT_COMPARISON);
}

bool tree_is_measurement(const char *file)
{
	static const char *const others[] = {
		LAYOUT_TC_SETTINGS, LAYOUT_TIMING, LAYOUT_CONNECT, LAYOUT_REBOOT, LAYOUT_HOSTS};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (strcmp(file, others[i]) == 0)
			return false;
	return true;
}
