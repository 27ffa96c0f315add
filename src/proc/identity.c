/* SPDX-License-Identifier: MIT */
/* What a process of this machine is, and which TUN device it holds: the kernel shows both. */
#include "proc/internal.h"

#include "base/arena.h"
#include "base/fd.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The line "iff:\tNAME" of a file's information. */
static bool is_of_interface(const char *path, const char *name)
{
	AUTO(stream_closep) FILE *info = fopen(path, "re");
	char line[256], expected[64];

	snprintf(expected, sizeof(expected), "iff:\t%s\n", name);
	while (info && fgets(line, sizeof(line), info)) {
		if (strcmp(line, expected) == 0)
			return true;
	}
	return false;
}

static bool holds(pid_t pid, const char *device)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *folder = arena_printf(arena, "/proc/%d/fdinfo", (int)pid);
	AUTO(dir_closep) DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe): our own DIR */
		if (is_of_interface(arena_printf(arena, "%s/%s", folder, entry->d_name), device))
			return true;
	}
	return false;
}

struct proc_identity identity_of(pid_t pid, const char *device, struct arena *arena)
{
	char *path = arena_bytes(arena, PATH_MAX, 1);
	char link[64];

	snprintf(link, sizeof(link), "/proc/%d/exe", (int)pid);
	return (struct proc_identity){
		.program = readlink(link, path, PATH_MAX - 1) > 0 ? path : NULL,
		.holds_device = device && *device && holds(pid, device)};
}

struct proc_identity proc_identity(const struct proc *proc, const char *device, struct arena *arena)
{
	return proc->ops->identity(proc, device, arena);
}
