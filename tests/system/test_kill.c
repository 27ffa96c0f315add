/* SPDX-License-Identifier: MIT */
/* kill -9 of the program while it brings a lab up leaves no process and no namespace. */
#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/random.h"
#include "base/text.h"

#include "tap.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	MOST_NAMESPACES = 256,
	/* A lab stands by then. */
	LONGEST_LIFE_MS = 60,
	LONGEST_FAR_LIFE_MS = 250
};

/* Namespaces of processes that carry our mark in their environment, except those we live in. */
struct namespaces {
	ino_t inodes[MOST_NAMESPACES];
	size_t count;
};

static const char *const kinds[] = {"net", "mnt", "pid", "uts", "user"};

static ino_t namespace_of(const char *pid, const char *kind)
{
	char path[64];
	struct stat info;

	snprintf(path, sizeof(path), "/proc/%.16s/ns/%s", pid, kind);
	return stat(path, &info) == 0 ? info.st_ino : 0;
}

static bool has_mark(const char *pid, const char *mark)
{
	AUTO(fd_closep) int fd = -1;
	char path[64], text[32768];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%.16s/environ", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, text, sizeof(text));
	return n > 0 && memmem(text, (size_t)n, mark, strlen(mark));
}

static bool contains(const struct namespaces *set, ino_t inode)
{
	for (size_t i = 0; i < set->count; i++) {
		if (set->inodes[i] == inode)
			return true;
	}
	return false;
}

static void add(struct namespaces *set, ino_t inode)
{
	if (inode && !contains(set, inode) && set->count < MOST_NAMESPACES)
		set->inodes[set->count++] = inode;
}

static void for_each_process(void (*visit)(const char *pid, void *context), void *context)
{
	AUTO(dir_closep) DIR *dir = opendir("/proc");
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			visit(entry->d_name, context);
	}
}

struct census {
	const char *mark;
	struct namespaces *seen;
	size_t marked, inside;
};

/* Field 4 of /proc/PID/stat; the name before it ends at the last ')'. -1: it is gone. */
static pid_t parent_of(pid_t pid)
{
	AUTO(stream_closep) FILE *file = NULL;
	char path[64], text[1024];
	const char *at;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (!file || !fgets(text, sizeof(text), file) || !(at = strrchr(text, ')')))
		return -1;
	return (pid_t)strtol(at + strlen(") S "), NULL, 10);
}

/*
 * Orphans come to us, so others are in a namespace that was made since and has a number that was
 * free again. What ends while it is looked at counts, and is looked at once more.
 */
static bool is_below_us(const char *pid)
{
	pid_t at = (pid_t)strtol(pid, NULL, 10);

	while (at > 1 && at != getpid())
		at = parent_of(at);
	return at == getpid() || at < 0;
}

static void collect(const char *pid, void *context)
{
	struct census *census = context;

	if (!has_mark(pid, census->mark))
		return;
	census->marked++;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		ino_t inode = namespace_of(pid, kinds[i]);

		if (inode != namespace_of("self", kinds[i]))
			add(census->seen, inode);
	}
}

static void count_left(const char *pid, void *context)
{
	struct census *census = context;

	census->marked += has_mark(pid, census->mark);
	if (!is_below_us(pid))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		census->inside += contains(census->seen, namespace_of(pid, kinds[i]));
}

/* Waits for the fact; a kernel that is busy may need a moment to end a namespace's processes. */
static bool is_all_gone(struct census *census)
{
	struct deadline deadline = deadline_in(10 * NS_PER_S);

	do {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			; /* the machine's init may take its time, so orphans come to us */
		census->marked = census->inside = 0;
		for_each_process(count_left, census);
		if (!census->marked && !census->inside)
			return true;
		poll(NULL, 0, 5);
	} while (!deadline_has_passed(deadline));
	printf("# %zu processes and %zu uses of namespaces are left\n", census->marked,
		census->inside);
	return false;
}

static pid_t start_victim(char *mark, char *dir, int output_fd)
{
	pid_t pid = fork();
	char *libexec = getenv("MESHBENCH_LIBEXEC"), setting[4200], path[4200];
	char far[] = "LAB_HOSTS_ARE_FAR=1";

	if (pid != 0)
		return pid;
	snprintf(setting, sizeof(setting), "MESHBENCH_LIBEXEC=%s", libexec ? libexec : "");
	/* Also in the variable that is passed on to the helpers of far hosts and to hosts. */
	snprintf(path, sizeof(path), "PATH=%s:/%s", getenv("PATH"), mark);
	dup2(output_fd, STDOUT_FILENO);
	execve(getenv("LAB_VICTIM"), (char *[]){path, dir, NULL},
		(char *[]){setting, path, getenv("LAB_HOSTS_ARE_FAR") ? far : NULL, NULL});
	_exit(127);
}

static bool await_word(int fd, const char *word)
{
	char text[64];
	ssize_t n = read(fd, text, sizeof(text) - 1);

	return n > 0 && memmem(text, (size_t)n, word, strlen(word));
}

/* One life: killed `after_ns` after it began; what it had made is in `seen`. */
static bool kill_once(char *mark, char *dir, int64_t after_ns, struct namespaces *seen)
{
	AUTO(fd_closep) int reader = -1, writer = -1;
	struct census census = {.mark = mark, .seen = seen};
	struct deadline deadline;
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	reader = ends[0];
	writer = ends[1];
	pid = start_victim(mark, dir, writer);
	fd_closep(&writer);
	if (!await_word(reader, "begin"))
		return false;
	deadline = deadline_in(after_ns);
	do
		for_each_process(collect, &census);
	while (!deadline_has_passed(deadline));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return is_all_gone(&census);
}

TEST(killed_at_any_moment_it_leaves_nothing_behind)
{
	char dir[] = "/tmp/meshbench-test.XXXXXX", mark[64];
	struct random random = random_seeded((uint64_t)clock_now_ns());
	struct namespaces seen = {.count = 0};
	struct error err = {0};
	int64_t longest_ns =
		NS_PER_MS * (getenv("LAB_HOSTS_ARE_FAR") ? LONGEST_FAR_LIFE_MS : LONGEST_LIFE_MS);
	bool all_gone;

	CHECK(getenv("LAB_VICTIM") && mkdtemp(dir));
	CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	snprintf(mark, sizeof(mark), "MESHBENCH_TEST_MARK=%d-%lld", getpid(),
		(long long)clock_now_ns());
	for (int i = 0; i < 20; i++) {
		int64_t after_ns = (int64_t)random_below(&random, (uint64_t)longest_ns);

		seen.count = 0;
		all_gone = kill_once(mark, dir, after_ns, &seen);
		if (!all_gone)
			printf("# killed after %.2f ms\n", (double)after_ns / 1e6);
		CHECK(all_gone);
	}
	CHECK(seen.count > 0 || kill_once(mark, dir, longest_ns, &seen));
	CHECK(seen.count > 0); /* otherwise nothing was ever made and nothing was shown */
	CHECK_OK(tree_remove(dir, &err), err);
}
