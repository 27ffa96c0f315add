/* SPDX-License-Identifier: MIT */
/* Process trees as /proc shows them: who descends from whom, and how to end them all. */
#include "proc/internal.h"

#include "base/fd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Fields 3 and 4 of /proc/PID/stat follow the last ')', since a name may contain any character. */
static int read_process(int proc_fd, const char *name, struct process *ret)
{
	char path[32], text[512];
	AUTO(fd_closep) int fd = -1;
	const char *rest;
	ssize_t n;
	long parent;

	snprintf(path, sizeof(path), "%.16s/stat", name);
	fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return -1;
	text[n] = '\0';
	rest = strrchr(text, ')');
	if (!rest || strlen(rest) < 5)
		return -1;
	parent = strtol(rest + 4, NULL, 10);
	*ret = (struct process){
		.pid = (pid_t)strtol(name, NULL, 10), .parent = (pid_t)parent, .state = rest[2]};
	return 0;
}

int tree_scan(struct process **ret_list, size_t *ret_count, struct error *err)
{
	AUTO(dir_closep) DIR *dir = opendir("/proc");
	struct process *list = NULL;
	size_t count = 0, reserved = 0;
	struct dirent *entry;

	if (!dir)
		return fail_errno(err, "list the processes in /proc");
	while ((entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe): a stream of our own */
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		if (count == reserved) {
			struct process *more;

			reserved = reserved ? 2 * reserved : 256;
			more = reallocarray(list, reserved, sizeof(*list));
			if (!more) {
				free(list);
				return fail_errno(err, "list the processes in /proc");
			}
			list = more;
		}
		if (read_process(dirfd(dir), entry->d_name, &list[count]) == 0)
			count++;
	}
	*ret_list = list;
	*ret_count = count;
	return 0;
}

static bool is_alive(const struct process *process)
{
	return process->state != 'Z' && process->state != 'X';
}

/* Pids are not sorted by age once they wrap, so members are added until nothing changes. */
size_t tree_mark(const struct process *list, size_t count, pid_t root, bool *is_member)
{
	bool grew = true;
	size_t alive = 0;

	for (size_t i = 0; i < count; i++)
		is_member[i] = list[i].pid == root;
	while (grew) {
		grew = false;
		for (size_t i = 0; i < count; i++) {
			for (size_t j = 0; !is_member[i] && j < count; j++) {
				if (is_member[j] && list[j].pid == list[i].parent)
					is_member[i] = grew = true;
			}
		}
	}
	for (size_t i = 0; i < count; i++)
		alive += is_member[i] && is_alive(&list[i]);
	return alive;
}

/* Sends SIGKILL to all below root; true when none of them was alive any more. */
static bool kill_descendants(pid_t root)
{
	struct error ignored;
	struct process *list = NULL;
	size_t count = 0, alive = 0;
	bool *is_member;

	if (tree_scan(&list, &count, &ignored))
		return true;
	is_member = calloc(count + 1, sizeof(*is_member));
	if (is_member)
		tree_mark(list, count, root, is_member);
	for (size_t i = 0; is_member && i < count; i++) {
		if (is_member[i] && list[i].pid != root && is_alive(&list[i])) {
			kill(list[i].pid, SIGKILL);
			alive++;
		}
	}
	free(is_member);
	free(list);
	return alive == 0;
}

void tree_kill(pid_t root)
{
	/* Stopped, the root still adopts orphans, so none escapes while we kill them. A tree that
	 * forks faster than this is bounded by its PID namespace, which dies with its host. */
	kill(root, SIGSTOP);
	for (int round = 0; round < 100; round++) {
		if (kill_descendants(root))
			break;
	}
	kill(root, SIGKILL);
}
