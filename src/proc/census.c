/* SPDX-License-Identifier: MIT */
/* Who uses this machine's processors: every process that /proc shows, sorted into three groups. */
#include "proc/census.h"

#include "proc/internal.h"

#include "base/fd.h"

#include <assert.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	PF_KTHREAD = 0x00200000, /* include/linux/sched.h: field 9 of /proc/PID/stat */
	STAT_BYTES = 1024
};

/* A name may hold any byte; what is shown to people and written to files is plain text. */
static void copy_name(char name[static 64], const char *from, size_t length)
{
	if (length > 63)
		length = 63;
	for (size_t i = 0; i < length; i++)
		name[i] = (char)(from[i] >= ' ' && from[i] <= '~' ? from[i] : '?');
	name[length] = '\0';
}

int census_parse(
	const char *text, double ticks_per_s, struct census_process *ret_process, struct error *err)
{
	unsigned long long own[2], children[2], started;
	const char *open = strchr(text, '('), *close = strrchr(text, ')');
	unsigned flags;
	int parent;

	/* The name is between the first '(' and the last ')'; field 3, a letter, follows. */
	if (!open || !close || close < open ||
		sscanf(close, /* NOLINT(cert-err34-c): the kernel's numbers fit */
			") %*c %d %*d %*d %*d %*d %u %*u %*u %*u %*u %llu %llu %llu %llu %*d %*d %*d %*d %llu",
			&parent, &flags, &own[0], &own[1], &children[0], &children[1],
			&started) != 7)
		return fail(err, ERROR_PARSE, "read a process from its stat in /proc");
	*ret_process = (struct census_process){.pid = (pid_t)strtol(text, NULL, 10),
		.parent = (pid_t)parent,
		.started_ticks = started,
		.is_kernel_thread = flags & PF_KTHREAD,
		.own_s = ((double)own[0] + (double)own[1]) / ticks_per_s,
		.children_s = ((double)children[0] + (double)children[1]) / ticks_per_s};
	copy_name(ret_process->name, open + 1, (size_t)(close - open) - 1);
	return 0;
}

/* The process's clock counts nanoseconds where its stat counts ticks. */
static int read_process(const char *pid, struct census_process *ret_process)
{
	char path[64], text[STAT_BYTES];
	struct timespec own;
	struct error ignored;
	clockid_t clock;

	snprintf(path, sizeof(path), "/proc/%.16s/stat", pid);
	if (!read_small(path, text, sizeof(text)) ||
		census_parse(text, (double)sysconf(_SC_CLK_TCK), ret_process, &ignored))
		return -1; /* it ended meanwhile */
	if (clock_getcpuclockid(ret_process->pid, &clock) == 0 && clock_gettime(clock, &own) == 0)
		ret_process->own_s = (double)own.tv_sec + (double)own.tv_nsec / 1e9;
	return 0;
}

static int by_pid(const void *a, const void *b)
{
	pid_t x = ((const struct census_process *)a)->pid;
	pid_t y = ((const struct census_process *)b)->pid;

	return (x > y) - (x < y);
}

static int add_all(DIR *dir, struct census *census)
{
	size_t reserved = 0;
	struct dirent *entry;

	while ((entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe): a stream of our own */
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		if (census->count == reserved) {
			struct census_process *more;

			reserved = reserved ? 2 * reserved : 256;
			more = reallocarray(census->list, reserved, sizeof(*more));
			if (!more)
				return -1;
			census->list = more;
		}
		if (read_process(entry->d_name, &census->list[census->count]) == 0)
			census->count++;
	}
	return 0;
}

int census_take(struct census *ret_census, struct error *err)
{
	AUTO(dir_closep) DIR *dir = opendir("/proc");
	struct census census = {0};

	if (!dir)
		return fail_errno(err, "list the processes in /proc");
	if (add_all(dir, &census)) {
		census_done(&census);
		return fail_errno(err, "list the processes in /proc");
	}
	if (census.count)
		qsort(census.list, census.count, sizeof(*census.list), by_pid);
	*ret_census = census;
	return 0;
}

void census_done(struct census *census)
{
	free(census->list);
	*census = (struct census){0};
}

static struct census_process *find(const struct census *census, pid_t pid)
{
	const struct census_process key = {.pid = pid};

	return census->count ? bsearch(&key, census->list, census->count, sizeof(key), by_pid)
			     : NULL;
}

/* The same process in the other look, and not one that got its number. */
static struct census_process *same(
	const struct census *census, const struct census_process *process)
{
	struct census_process *found = find(census, process->pid);

	return found && found->started_ticks == process->started_ticks ? found : NULL;
}

/* Climbs from parent to parent; a chain longer than all processes would be a circle. */
static bool descends(const struct census *census, const struct census_process *process, pid_t root)
{
	for (size_t i = 0; process && i <= census->count; i++) {
		if (process->pid == root)
			return true;
		process = find(census, process->parent);
	}
	return false;
}

/* The nearest ancestor that still lives: who waited for the process has its time now. */
static const struct census_process *heir_of(const struct census *before, const struct census *after,
	const struct census_process *process)
{
	for (size_t i = 0; process && i <= before->count; i++) {
		const struct census_process *heir = same(after, process);

		if (heir)
			return heir;
		process = find(before, process->parent);
	}
	return NULL;
}

/* Adds to the programs of the same name; `list` has room for all. */
static void add_share(struct census_share *list, size_t *count, const char *name, double cpu_s)
{
	size_t i = 0;

	while (i < *count && strcmp(list[i].name, name) != 0)
		i++;
	if (i == *count) {
		list[i] = (struct census_share){0};
		memcpy(list[i].name, name, sizeof(list[i].name));
		++*count;
	}
	list[i].cpu_s += cpu_s;
}

static int by_time(const void *a, const void *b)
{
	double x = ((const struct census_share *)a)->cpu_s;
	double y = ((const struct census_share *)b)->cpu_s;

	return (x < y) - (x > y);
}

struct shares {
	struct census_share *list; /* has room for all */
	size_t count;
};

static void count_process(struct census_change *change, const struct census_process *process,
	double used_s, bool is_of_lab, struct shares *others)
{
	if (process->is_kernel_thread) {
		change->kernel_s += used_s;
		change->sees_kernel = true;
		if (used_s > change->kernel.cpu_s) {
			memcpy(change->kernel.name, process->name, sizeof(process->name));
			change->kernel.cpu_s = used_s;
		}
	} else if (is_of_lab) {
		change->lab_s += used_s;
	} else {
		change->others_s += used_s;
		if (used_s > 0)
			add_share(others->list, &others->count, process->name, used_s);
	}
}

static double at_least_zero(double value)
{
	return value > 0 ? value : 0;
}

/* What processes that ended since had used before, by who inherited their time. */
static void sum_ended(const struct census *before, const struct census *after, double ended_s[])
{
	for (size_t i = 0; i < before->count; i++) {
		const struct census_process *process = &before->list[i];
		const struct census_process *heir;

		if (same(after, process))
			continue;
		heir = heir_of(before, after, process);
		if (heir)
			ended_s[heir - after->list] += process->own_s + process->children_s;
	}
}

struct census_change census_compare(
	const struct census *before, const struct census *after, pid_t root)
{
	struct census_change change = {0};
	double *ended_s = calloc(after->count + 1, sizeof(*ended_s));
	struct shares others = {.list = calloc(after->count + 1, sizeof(*others.list))};

	if (!ended_s || !others.list)
		abort();
	sum_ended(before, after, ended_s);
	for (size_t i = 0; i < after->count; i++) {
		const struct census_process *process = &after->list[i];
		const struct census_process *earlier = same(before, process);
		double own_s = process->own_s - (earlier ? earlier->own_s : 0);
		double children_s = process->children_s - (earlier ? earlier->children_s : 0);

		count_process(&change, process,
			at_least_zero(own_s) + at_least_zero(children_s - ended_s[i]),
			descends(after, process, root), &others);
	}
	qsort(others.list, others.count, sizeof(*others.list), by_time);
	memcpy(change.others, others.list,
		sizeof(*others.list) * (others.count < CENSUS_NAMED ? others.count : CENSUS_NAMED));
	free(others.list);
	free(ended_s);
	return change;
}
