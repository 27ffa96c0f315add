/* SPDX-License-Identifier: MIT */
/* Processor time and memory of process trees and of threads. */
#include "proc/internal.h"

#include "proc/machine.h"

#include "base/fd.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double ticks_to_s(unsigned long long ticks)
{
	return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

char *read_small(const char *path, char *text, size_t size)
{
	AUTO(stream_closep) FILE *file = fopen(path, "re");
	size_t used;

	if (!file)
		return NULL;
	used = fread(text, 1, size - 1, file);
	text[used] = '\0';
	return used ? text : NULL;
}

/* The process clock counts nanoseconds; /proc/PID/stat only adds its waited-for children. */
static double cpu_of_process(pid_t pid)
{
	char path[64], text[1024];
	unsigned long long own_user, own_system, children_user, children_system;
	struct timespec own;
	clockid_t clock;
	const char *rest;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (!read_small(path, text, sizeof(text)) || !(rest = strrchr(text, ')')))
		return 0;
	/* Fields 14 to 17 of proc_pid_stat(5); `rest` stands before field 3. */
	if (sscanf(rest, /* NOLINT(cert-err34-c): the kernel's numbers fit */
		    ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu", &own_user,
		    &own_system, &children_user, &children_system) != 4)
		return 0;
	if (clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &own) == 0)
		return (double)own.tv_sec + (double)own.tv_nsec / 1e9 +
		       ticks_to_s(children_user + children_system);
	return ticks_to_s(own_user + own_system + children_user + children_system);
}

/* The number in a line of /proc/PID/status such as "VmHWM:\t  1234 kB"; 0 when it is not there. */
static uint64_t number_of_line(const char *text, const char *label)
{
	const char *line = strstr(text, label);

	return line ? strtoull(line + strlen(label), NULL, 10) : 0;
}

/* A zombie has no memory any more. */
static void add_memory(pid_t pid, struct usage *usage)
{
	char path[64], text[4096];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (!read_small(path, text, sizeof(text)))
		return;
	usage->peak_rss_bytes += number_of_line(text, "\nVmHWM:") * 1024;
	usage->rss_bytes += number_of_line(text, "\nVmRSS:") * 1024;
}

int usage_of_trees(const pid_t roots[], size_t count, struct usage ret_usage[], struct error *err)
{
	struct process *list;
	size_t processes;
	bool *is_member;

	if (tree_scan(&list, &processes, err))
		return -1;
	is_member = calloc(processes + 1, sizeof(*is_member));
	if (!is_member) {
		free(list);
		return fail_errno(err, "measure processes");
	}
	for (size_t r = 0; r < count; r++) {
		ret_usage[r] = (struct usage){0};
		tree_mark(list, processes, roots[r], is_member);
		for (size_t i = 0; i < processes; i++) {
			if (!is_member[i])
				continue;
			ret_usage[r].cpu_s += cpu_of_process(list[i].pid);
			add_memory(list[i].pid, &ret_usage[r]);
			ret_usage[r].processes++;
		}
	}
	free(is_member);
	free(list);
	return 0;
}

static int read_thread(pid_t pid, pid_t tid, struct thread_usage *ret)
{
	char path[96], text[4096];

	*ret = (struct thread_usage){.pid = pid, .tid = tid};
	snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", pid, tid);
	if (!read_small(path, text, sizeof(text)) ||
		!machine_parse_schedstat(text, &ret->cpu_s, &ret->waited_s))
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", pid, tid);
	if (!read_small(path, text, sizeof(text)))
		return -1;
	text[strcspn(text, "\n")] = '\0';
	snprintf(ret->name, sizeof(ret->name), "%.15s", text);
	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", pid, tid);
	if (!read_small(path, text, sizeof(text)))
		return -1;
	ret->wakeups = number_of_line(text, "\nvoluntary_ctxt_switches:");
	ret->preemptions = number_of_line(text, "\nnonvoluntary_ctxt_switches:");
	return 0;
}

static int add_threads(pid_t pid, struct thread_usage **list, size_t *count)
{
	char path[64];
	AUTO(dir_closep) DIR *dir = NULL;
	struct dirent *entry;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	if (!dir)
		return 0;                /* it ended meanwhile */
	while ((entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe): a stream of our own */
		struct thread_usage *more;

		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		more = reallocarray(*list, *count + 1, sizeof(**list));
		if (!more)
			return -1;
		*list = more;
		if (read_thread(pid, (pid_t)strtol(entry->d_name, NULL, 10), &more[*count]) == 0)
			++*count;
	}
	return 0;
}

/* Neighbours of one kind are asked together. */
int procs_usage(
	const struct proc *const list[], size_t count, struct usage ret_usage[], struct error *err)
{
	size_t first = 0, next;

	for (; first < count; first = next) {
		const struct proc_ops *ops = list[first]->ops;

		for (next = first + 1; next < count && list[next]->ops == ops; next++)
			;
		if (ops->usage(&list[first], next - first, &ret_usage[first], err))
			return -1;
	}
	return 0;
}

int proc_threads(const struct proc *proc, struct thread_usage **ret_threads, size_t *ret_count,
	struct error *err)
{
	return proc->ops->threads(proc, ret_threads, ret_count, err);
}

int usage_of_threads(
	pid_t root, struct thread_usage **ret_threads, size_t *ret_count, struct error *err)
{
	struct process *list;
	struct thread_usage *threads = NULL;
	size_t processes, count = 0;
	bool *is_member;
	int ok;

	if (tree_scan(&list, &processes, err))
		return -1;
	is_member = calloc(processes + 1, sizeof(*is_member));
	ok = is_member ? 0 : -1;
	if (is_member)
		tree_mark(list, processes, root, is_member);
	for (size_t i = 0; ok == 0 && i < processes; i++) {
		if (is_member[i])
			ok = add_threads(list[i].pid, &threads, &count);
	}
	free(is_member);
	free(list);
	if (ok < 0) {
		free(threads);
		return fail_errno(err, "measure the threads of process %d", root);
	}
	*ret_threads = threads;
	*ret_count = count;
	return 0;
}
