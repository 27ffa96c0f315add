/* SPDX-License-Identifier: MIT */
/* Which daemon holds a TUN device: the kernel tells with each of its open files. */
#include "vpn/internal.h"

#include "base/fd.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

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

static bool holds(struct arena *arena, pid_t pid, const char *name)
{
	const char *folder = arena_printf(arena, "/proc/%d/fdinfo", (int)pid);
	AUTO(dir_closep) DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe): our own DIR */
		if (is_of_interface(arena_printf(arena, "%s/%s", folder, entry->d_name), name))
			return true;
	}
	return false;
}

const struct daemon *interface_holder(struct vpn *vpn, size_t host, const char *name)
{
	for (size_t i = 0; i < vpn->daemon_count; i++) {
		const struct daemon *daemon = &vpn->daemons[i];

		if (daemon->host == host && holds(vpn->arena, proc_pid(daemon->proc), name))
			return daemon;
	}
	return NULL;
}
