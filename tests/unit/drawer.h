/* SPDX-License-Identifier: MIT */
#pragma once

#include "plan/driver.h"

#include "base/file.h"

#include "tap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A driver folder of its own for each test; errors then start with "DIR/t/driver.yml". */
struct drawer {
	struct arena *arena;
	char path[64];
	const char *dir;
	struct driver driver;
	struct error err;
};

static inline void drawer_done(struct drawer *drawer)
{
	struct error ignored;

	arena_freep(&drawer->arena);
	if (drawer->path[0] && tree_remove(drawer->path, &ignored))
		printf("# %s\n", ignored.text);
}

static inline int drawer_init(struct drawer *drawer)
{
	drawer->arena = arena_new();
	strcpy(drawer->path, "/tmp/test_driver.XXXXXX");
	if (!mkdtemp(drawer->path))
		return -1;
	drawer->dir = arena_printf(drawer->arena, "%s/t", drawer->path);
	return mkdir(drawer->dir, 0700);
}

#define DRAWER(name)                                                                               \
	AUTO(drawer_done) struct drawer name = {0};                                                \
	CHECK(drawer_init(&(name)) == 0)

static inline int put(struct drawer *drawer, const char *file, const char *text)
{
	return file_write(arena_printf(drawer->arena, "%s/%s", drawer->dir, file), text,
		strlen(text), 0644, &drawer->err);
}

static inline int load(struct drawer *drawer, const char *text)
{
	if (put(drawer, "driver.yml", text))
		return -1;
	return driver_load(drawer->arena, drawer->dir, &drawer->driver, &drawer->err);
}

/* Refused with exactly this place and reason. */
static inline bool is_refused(struct drawer *drawer, const char *text, const char *why)
{
	const char *expected = arena_printf(drawer->arena, "%s/driver.yml:%s", drawer->dir, why);

	if (load(drawer, text) == 0) {
		printf("# it was loaded\n");
		return false;
	}
	if (drawer->err.kind == ERROR_USAGE && strcmp(drawer->err.text, expected) == 0)
		return true;
	printf("# expected: %s\n# but is:   %s\n", expected, drawer->err.text);
	return false;
}

/* Of every driver here. */
#define HEAD "schema: 1\nname: t\ntitle: T\n"
