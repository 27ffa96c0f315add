/* SPDX-License-Identifier: MIT */
/* Versions that cargo builds. */
#include "supply/internal.h"

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum {
	MAX_LOCK_BYTES = 4 * 1024 * 1024,
	MAX_ARGUMENTS = 160
};

/* `key = "` at the start of a line of this block; the value in the arena. */
static const char *value_of(struct arena *arena, const char *block, size_t size, const char *key)
{
	const char *start = arena_printf(arena, "\n%s = \"", key);
	const char *text = arena_strndup(arena, block, size), *found = strstr(text, start);

	if (!found)
		return NULL;
	found += strlen(start);
	return arena_strndup(arena, found, strcspn(found, "\"\n"));
}

const char *cargo_read_checksum(
	struct arena *arena, const char *lock, const char *crate, const char *version)
{
	static const char head[] = "[[package]]";
	const char *at = strstr(lock, head);

	while (at) {
		const char *block = at + strlen(head), *next = strstr(block, head);
		size_t size = next ? (size_t)(next - block) : strlen(block);
		const char *name = value_of(arena, block, size, "name");
		const char *is = value_of(arena, block, size, "version");

		if (name && is && strcmp(name, crate) == 0 && strcmp(is, version) == 0)
			return value_of(arena, block, size, "checksum");
		at = next;
	}
	return NULL;
}

/*
 * cargo holds every crate that it fetches to the registry's checksum; what that is stands in the
 * lock file of a package that needs nothing else. So a changed crate is seen before it is built.
 */
static int check_crate(struct build *build, const struct pin_module *module, struct error *err)
{
	struct arena *arena = build->arena;
	const char *probe = arena_printf(arena, "%s/probe", build->partial);
	const char *manifest = arena_printf(arena,
		"[package]\nname = \"probe\"\nversion = \"0.0.0\"\nedition = \"2021\"\n"
		"[dependencies]\n%s = { version = \"=%s\", default-features = false }\n",
		module->name, module->at);
	const char *const argv[] = {"cargo", "generate-lockfile", NULL};
	char *lock;

	if (dir_make(arena_printf(arena, "%s/src", probe), 0755, err) ||
		file_write(arena_printf(arena, "%s/src/lib.rs", probe), "", 0, 0644, err) ||
		file_write(arena_printf(arena, "%s/Cargo.toml", probe), manifest, strlen(manifest),
			0644, err) ||
		build_run(build,
			&(struct proc_spec){
				.what = "ask for the crate's checksum", .argv = argv, .dir = probe},
			NULL, err) ||
		file_read(arena, arena_printf(arena, "%s/Cargo.lock", probe), MAX_LOCK_BYTES, &lock,
			NULL, err) ||
		tree_remove(probe, err))
		return -1;
	return build_check_sum(
		build, module, cargo_read_checksum(arena, lock, module->name, module->at), err);
}

static int compile(
	struct build *build, const struct pin_module *module, const char *target, struct error *err)
{
	struct arena *arena = build->arena;
	const char **argv = arena_alloc(arena, const char *, MAX_ARGUMENTS);
	size_t count = 0;

	argv[count++] = "cargo";
	argv[count++] = "install";
	argv[count++] = "--locked";
	argv[count++] = "--no-track";
	argv[count++] = arena_printf(arena, "--root=%s", build->partial);
	argv[count++] = arena_printf(arena, "--target-dir=%s", target);
	for (size_t i = 0; module->programs[i]; i++)
		argv[count++] = arena_printf(arena, "--bin=%s", module->programs[i]);
	for (size_t i = 0; module->features[i]; i++)
		argv[count++] = arena_printf(arena, "--features=%s", module->features[i]);
	argv[count++] = arena_printf(arena, "%s@%s", module->name, module->at);
	return build_run(build,
		&(struct proc_spec){
			.what = arena_printf(arena, "build %s", module->name), .argv = argv},
		NULL, err);
}

static int build_crate(
	struct build *build, const struct pin_module *module, const char *target, struct error *err)
{
	if (compile(build, module, target, err))
		return -1;
	for (size_t i = 0; module->programs[i]; i++) {
		if (!path_exists(
			    arena_printf(build->arena, "%s/%s", build->bin, module->programs[i])))
			return fail(err, ERROR_TOOL, "cargo did not build %s", module->programs[i]);
	}
	json_array_append_new(build->modules, json_make("{s:s, s:s, s:s}", "path", module->name,
						      "version", module->at, "sum", module->sum));
	return 0;
}

int cargo_build(struct build *build, struct error *err)
{
	const struct pin_version *version = build->version;
	/* Stays when the build ends early, so that the next one goes on. */
	const char *target = arena_printf(build->arena, "%s/%s/.%s.target",
		build->installer->prefix, build->pin->name, version->version);

	if (build_check_needs(
		    build, "cargo", "install Rust from its project or with apt install cargo", err))
		return -1;
	/* All sums first: nothing is built for a version of which a part is not what was pinned. */
	for (size_t i = 0; i < version->module_count; i++) {
		if (check_crate(build, &version->modules[i], err))
			return -1;
	}
	for (size_t i = 0; i < version->module_count; i++) {
		if (build_crate(build, &version->modules[i], target, err))
			return -1;
	}
	return tree_remove(target, err);
}
