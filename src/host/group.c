/* SPDX-License-Identifier: MIT */
/* Control groups of hosts: quotas and memory limits. */
#include "host/group.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	SMALL_BYTES = 64 * 1024,
	LONG_BYTES = 4 << 20, /* /proc/self/mountinfo */
	MOST_GROUPS = 1000,
	REMOVE_TRIES = 500, /* of REMOVE_EVERY_NS: what ends with us needs a moment */
	QUOTA_MIN_US = 1000,
	PERIOD_MIN_US = 10000
};
#define REMOVE_EVERY_NS 20000000L
#define ADVICE "start it with: systemd-run --user --scope -p Delegate=yes meshbench ..., or as root"

struct group {
	const char *path;
	int procs_fd; /* of its cgroup.procs */
};

struct groups {
	struct arena *arena;
	const char *parent; /* the group that is divided */
	const char *top;    /* ours in it, above those of hosts */
	const char *bench;  /* next to those of hosts, if we had to leave the parent; or NULL */
	struct group list[MOST_GROUPS];
	size_t count;
	pid_t keeper;
	int keeper_fd; /* the keeper removes all when this closes */
};

struct group_quota group_quota(double processors)
{
	double period_us = fmax(PERIOD_MIN_US, ceil(QUOTA_MIN_US / processors));

	return (struct group_quota){(unsigned)round(processors * period_us), (unsigned)period_us};
}

static int put(struct arena *arena, const char *group, const char *file, const char *text)
{
	AUTO(fd_closep)
	int fd = open(arena_printf(arena, "%s/%s", group, file), O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -1 : fd_write_all(fd, text, strlen(text));
}

static const char *get(struct arena *arena, const char *group, const char *file)
{
	struct error ignored;
	char *text;

	return file_read(arena, arena_printf(arena, "%s/%s", group, file), SMALL_BYTES, &text, NULL,
		       &ignored)
		       ? ""
		       : text;
}

static bool has_word(struct arena *arena, const char *text, const char *word)
{
	size_t count;
	const char **words = text_words(arena, text, &count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i], word) == 0)
			return true;
	return false;
}

static bool has_both(struct arena *arena, const char *controllers)
{
	return has_word(arena, controllers, "cpu") && has_word(arena, controllers, "memory");
}

/* Where cgroup2 is mounted: field 5 of a line whose type, the first after " - ", is cgroup2. */
static const char *find_mount(struct arena *arena)
{
	struct error ignored;
	char *text, *next;

	if (file_read(arena, "/proc/self/mountinfo", LONG_BYTES, &text, NULL, &ignored))
		return NULL;
	for (char *line = text; line && *line; line = next) {
		char *type;
		size_t count;
		const char **words;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		type = strstr(line, " - cgroup2 ");
		words = type ? text_words(arena, line, &count) : NULL;
		if (words && count > 5)
			return words[4];
	}
	return NULL;
}

/* Our own group, below the mount; NULL where /proc/self/cgroup has none that can be reached. */
static const char *find_own(struct arena *arena, const char *mount)
{
	struct error ignored;
	char *text, *line;

	if (file_read(arena, "/proc/self/cgroup", SMALL_BYTES, &text, NULL, &ignored))
		return NULL;
	line = text_starts_with(text, "0::") ? text : strstr(text, "\n0::");
	if (!line || strstr(line, "/.."))
		return NULL;
	line += strspn(line, "\n") + strlen("0::");
	line[strcspn(line, "\n")] = '\0';
	return strcmp(line, "/") == 0 ? mount : arena_printf(arena, "%s%s", mount, line);
}

/* We go where no controller is wanted, since a group that is divided has no processes. */
static bool leave(struct groups *groups)
{
	struct arena *arena = groups->arena;

	groups->bench = arena_printf(arena, "%s/bench", groups->top);
	if (mkdir(groups->bench, 0755) == 0 &&
		put(arena, groups->bench, "cgroup.procs", "0") == 0 &&
		put(arena, groups->parent, "cgroup.subtree_control", "+cpu +memory") == 0)
		return true;
	put(arena, groups->parent, "cgroup.procs", "0");
	rmdir(groups->bench);
	groups->bench = NULL;
	return false;
}

/* Makes our group in `parent`, with both controllers for groups in it. */
static bool divide(struct groups *groups, const char *parent, bool is_own)
{
	struct arena *arena = groups->arena;

	if (!has_both(arena, get(arena, parent, "cgroup.controllers")))
		return false;
	groups->parent = parent;
	groups->top = arena_printf(arena, "%s/meshbench-%d", parent, (int)getpid());
	if (mkdir(groups->top, 0755) < 0)
		return false;
	/* What writes here must be allowed to take processes from where we are. */
	if ((has_both(arena, get(arena, parent, "cgroup.subtree_control")) ||
		    put(arena, parent, "cgroup.subtree_control", "+cpu +memory") == 0 ||
		    (is_own && leave(groups))) &&
		put(arena, groups->top, "cgroup.subtree_control", "+cpu +memory") == 0 &&
		access(arena_printf(arena, "%s/cgroup.procs", parent), W_OK) == 0)
		return true;
	rmdir(groups->top);
	return false;
}

static int find_place(struct groups *groups, struct error *err)
{
	struct arena *arena = groups->arena;
	const char *mount = find_mount(arena), *own = mount ? find_own(arena, mount) : NULL;

	if (!own)
		return fail(err, ERROR_MISSING,
			"limit hosts: control groups of version 2 are not mounted here, or the group of meshbench lies outside; use a machine that has them (every distribution with systemd since 2021)");
	if (!has_both(arena, get(arena, mount, "cgroup.controllers")) &&
		*get(arena, mount, "cgroup.type") == '\0')
		return fail(err, ERROR_MISSING,
			"limit hosts: %s, where control groups of version 2 are mounted, lacks the controllers cpu and memory, which version 1 may have taken; boot with systemd.unified_cgroup_hierarchy=1, or use meshbench run --virtual",
			mount);
	for (const char *group = own;;
		group = arena_strndup(arena, group, (size_t)(strrchr(group, '/') - group))) {
		if (divide(groups, group, group == own))
			return 0;
		if (strcmp(group, mount) == 0)
			break;
	}
	return fail(err, ERROR_MISSING,
		"limit hosts: no control group with the controllers cpu and memory above %s may be divided by this user; " ADVICE,
		own);
}

static void move_back(struct groups *groups)
{
	struct arena *arena = groups->arena;
	size_t count;
	const char **pids;

	put(arena, groups->top, "cgroup.subtree_control", "-cpu -memory");
	put(arena, groups->parent, "cgroup.subtree_control", "-cpu -memory");
	pids = text_words(arena, get(arena, groups->bench, "cgroup.procs"), &count);
	for (size_t i = 0; i < count; i++)
		put(arena, groups->parent, "cgroup.procs", pids[i]);
	rmdir(groups->bench);
}

/* Hosts are removed by their folders, as we are not told of those added after our fork. */
static bool remove_all(struct groups *groups)
{
	AUTO(dir_closep) DIR *dir = opendir(groups->top);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe): our own */
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			(void)unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
	}
	if (groups->bench)
		move_back(groups);
	return rmdir(groups->top) == 0 || errno == ENOENT;
}

static _Noreturn void keep(struct groups *groups, int life_fd)
{
	const struct timespec pause = {.tv_nsec = REMOVE_EVERY_NS};
	sigset_t all;
	char byte;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	setsid();
	if (dup2(life_fd, STDIN_FILENO) < 0)
		_exit(1);
	close_range(STDOUT_FILENO, ~0U, 0);
	while (read(STDIN_FILENO, &byte, 1) < 0 && errno == EINTR)
		;
	for (int i = 0; i < REMOVE_TRIES && !remove_all(groups); i++)
		nanosleep(&pause, NULL);
	_exit(0);
}

static int start_keeper(struct groups *groups, struct error *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail_errno(err, "limit hosts: make a pipe");
	groups->keeper = fork();
	if (groups->keeper == 0) {
		close(ends[1]);
		keep(groups, ends[0]);
	}
	close(ends[0]);
	groups->keeper_fd = ends[1];
	return groups->keeper < 0 ? fail_errno(err, "limit hosts: fork") : 0;
}

int groups_new(struct groups **ret_groups, struct error *err)
{
	struct arena *arena = arena_new();
	AUTO(groups_freep) struct groups *groups = arena_alloc(arena, struct groups, 1);

	groups->arena = arena;
	groups->keeper = -1;
	groups->keeper_fd = -1;
	if (find_place(groups, err) || start_keeper(groups, err))
		return -1;
	*ret_groups = groups;
	groups = NULL;
	return 0;
}

static int set_limits(struct groups *groups, const char *path, const struct host_limits *limits)
{
	struct arena *arena = groups->arena;
	struct group_quota quota = {0};

	if (limits->processors > 0) {
		quota = group_quota(limits->processors);
		if (put(arena, path, "cpu.max",
			    arena_printf(arena, "%u %u", quota.quota_us, quota.period_us)) < 0)
			return -1;
	}
	if (!limits->memory_bytes)
		return 0;
	/* A kernel without swap has no such file. */
	if (put(arena, path, "memory.swap.max", "0") < 0 && errno != ENOENT)
		return -1;
	return put(arena, path, "memory.max",
		arena_printf(arena, "%llu", (unsigned long long)limits->memory_bytes));
}

int groups_add(struct groups *groups, const char *name, const struct host_limits *limits,
	int *ret_fd, struct error *err)
{
	const char *path = arena_printf(groups->arena, "%s/host-%s", groups->top, name);
	struct group *group = &groups->list[groups->count];

	if (groups->count == MOST_GROUPS)
		return fail(err, ERROR_MISSING, "limit hosts: at most %d can be", MOST_GROUPS);
	if (mkdir(path, 0755) < 0 || set_limits(groups, path, limits) < 0)
		return fail_errno(err, "limit host %s by the control group %s", name, path);
	group->path = path;
	group->procs_fd =
		open(arena_printf(groups->arena, "%s/cgroup.procs", path), O_WRONLY | O_CLOEXEC);
	if (group->procs_fd < 0)
		return fail_errno(err, "limit host %s by the control group %s", name, path);
	groups->count++;
	*ret_fd = group->procs_fd;
	return 0;
}

/* "nr_throttled 3\n": the number behind a word at the start of a line; 0 where there is none. */
static uint64_t number_of(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, word, length) == 0 && line[length] == ' ')
			return strtoull(line + length, NULL, 10);
	}
	return 0;
}

int groups_usage(
	const struct groups *groups, size_t index, struct group_usage *ret_usage, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *path = groups->list[index].path;
	const char *times = get(arena, path, "cpu.stat");

	if (!*times)
		return fail(err, ERROR_SYSTEM, "read what %s used", path);
	*ret_usage = (struct group_usage){.cpu_s = (double)number_of(times, "usage_usec") / 1e6,
		.throttled_s = (double)number_of(times, "throttled_usec") / 1e6,
		.memory_peak_bytes = strtoull(get(arena, path, "memory.peak"), NULL, 10),
		.killed = number_of(get(arena, path, "memory.events"), "oom_kill")};
	return 0;
}

void groups_free(struct groups *groups)
{
	if (!groups)
		return;
	for (size_t i = 0; i < groups->count; i++)
		fd_closep(&groups->list[i].procs_fd);
	fd_closep(&groups->keeper_fd);
	if (groups->keeper > 0)
		waitpid(groups->keeper, NULL, 0);
	else if (groups->top)
		remove_all(groups);
	arena_free(groups->arena);
}

void groups_freep(struct groups **groups)
{
	groups_free(*groups);
	*groups = NULL;
}
