/* SPDX-License-Identifier: MIT */
/* installed.json: what stands in a version's folder, from what it was built and with which hashes.
 */
#include "supply/internal.h"

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

#include <string.h>

#define TOOL_LIMIT_NS (60 * NS_PER_S)

enum {
	MAX_RECEIPT_BYTES = 1024 * 1024,
	SHA256_DIGITS = 64
};

/* What a small tool prints, in the arena; NULL when it fails. */
static const char *output_of(struct arena *arena, struct procs *procs, const char *const *argv)
{
	AUTO(proc_freep) struct proc *proc = NULL;
	struct proc_spec spec = {.what = argv[0], .argv = argv};
	struct error ignored;

	if (proc_start(procs, &spec, &proc, &ignored) ||
		proc_wait_success(proc, deadline_in(TOOL_LIMIT_NS), &ignored))
		return NULL;
	return text_trim(arena_strdup(arena, proc_result(proc).out));
}

/* NULL: sha256sum cannot read it. That it could not be asked, or Ctrl-C, says nothing of a file. */
static int sha256_of(struct arena *arena, struct procs *procs, const char *path,
	const char **ret_sum, struct error *err)
{
	AUTO(proc_freep) struct proc *proc = NULL;
	const char *argv[] = {"sha256sum", "--", path, NULL};
	const struct proc_spec spec = {.what = "hash an installed program", .argv = argv};
	struct proc_result result;

	if (proc_start(procs, &spec, &proc, err) ||
		proc_wait(proc, deadline_in(TOOL_LIMIT_NS), err))
		return -1;
	result = proc_result(proc);
	*ret_sum = result.exit_code == 0 && result.out_size > SHA256_DIGITS
			   ? arena_strndup(arena, result.out, SHA256_DIGITS)
			   : NULL;
	return 0;
}

static int add_programs(
	struct build *build, const struct pin_module *module, json_t *programs, struct error *err)
{
	for (size_t i = 0; module->programs[i]; i++) {
		const char *path =
			arena_printf(build->arena, "%s/%s", build->bin, module->programs[i]);
		const char *sum;

		if (sha256_of(build->arena, build->installer->procs, path, &sum, err))
			return -1;
		if (!sum)
			return fail(err, ERROR_TOOL, "hash %s: sha256sum printed nothing", path);
		json_array_append_new(programs,
			json_make("{s:s, s:s}", "name", module->programs[i], "sha256", sum));
	}
	return 0;
}

/* "go version go1.26.8 linux/amd64": the builder is part of what a program is. */
static const char *builder_of(struct build *build)
{
	static const char *const argvs[][3] = {
		[PIN_GO] = {"go", "version", NULL}, [PIN_CARGO] = {"cargo", "--version", NULL}};

	return output_of(build->arena, build->installer->procs, argvs[build->version->source]);
}

int receipt_write(struct build *build, struct error *err)
{
	json_auto_t *programs = json_array();
	json_auto_t *receipt = NULL;

	for (size_t i = 0; i < build->version->module_count; i++) {
		if (add_programs(build, &build->version->modules[i], programs, err))
			return -1;
	}
	receipt = json_make("{s:i, s:s, s:s, s:s, s:s?, s:f, s:f, s:O, s:O}", "schema", 1, "name",
		build->pin->name, "version", build->version->version, "source",
		pin_source_name(build->version->source), "builder", builder_of(build), "finished",
		clock_wall_s(), "seconds", (double)(clock_now_ns() - build->began_ns) / 1e9,
		"programs", programs, "modules", build->modules);
	return json_write(
		arena_printf(build->arena, "%s/installed.json", build->partial), receipt, err);
}

static json_t *read_receipt(struct arena *arena, const char *folder)
{
	json_t *receipt = NULL;
	struct error ignored;

	if (json_read(arena_printf(arena, "%s/installed.json", folder), MAX_RECEIPT_BYTES, &receipt,
		    &ignored))
		return NULL;
	return receipt;
}

/* `*ret_changed`: the path of the first program that is not what its receipt says; NULL: none is.
 */
static int find_changed(struct arena *arena, struct procs *procs, const char *folder,
	const json_t *receipt, const char **ret_changed, struct error *err)
{
	json_t *program;
	size_t i;

	json_array_foreach (json_object_get(receipt, "programs"), i, program) {
		const char *path = arena_printf(
			arena, "%s/bin/%s", folder, json_string_at(program, "/name", ""));
		const char *sum;

		if (sha256_of(arena, procs, path, &sum, err))
			return -1;
		if (!sum || strcmp(sum, json_string_at(program, "/sha256", "")) != 0) {
			*ret_changed = path;
			return 0;
		}
	}
	*ret_changed = NULL;
	return 0;
}

int receipt_check(struct procs *procs, const char *folder, bool *ret_holds, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *receipt = read_receipt(arena, folder);
	const char *changed;

	if (find_changed(arena, procs, folder, receipt, &changed, err))
		return fail_in(err, "check what was built into %s", folder);
	*ret_holds = json_array_size(json_object_get(receipt, "programs")) > 0 && !changed;
	return 0;
}

size_t installed_programs(struct arena *arena, const struct driver *driver,
	const struct installed_program **ret_programs)
{
	json_auto_t *receipt =
		driver->bin ? read_receipt(arena, arena_printf(arena, "%s/..", driver->bin)) : NULL;
	const json_t *programs = json_object_get(receipt, "programs");
	size_t count = json_array_size(programs), used = 0;
	struct installed_program *list = arena_alloc(arena, struct installed_program, count);

	for (size_t i = 0; i < count; i++) {
		const json_t *program = json_array_get(programs, i);
		const char *name = json_string_at(program, "/name", NULL);
		const char *sum = json_string_at(program, "/sha256", NULL);

		/* A name becomes a path on another machine. */
		if (name && *name && !strchr(name, '/') && sum && strlen(sum) == SHA256_DIGITS)
			list[used++] = (struct installed_program){
				arena_strdup(arena, name), arena_strdup(arena, sum)};
	}
	*ret_programs = list;
	return used == count ? used : 0;
}

int install_check(struct procs *procs, const struct driver *driver, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *receipt = NULL;
	const char *folder, *changed = NULL;

	if (!driver->bin)
		return 0;
	folder = arena_printf(arena, "%s/..", driver->bin);
	receipt = read_receipt(arena, folder);
	if (find_changed(arena, procs, folder, receipt, &changed, err))
		return fail_in(err, "check that %s is as it was built", driver->label);
	if (!changed)
		return 0;
	return fail(err, ERROR_MISSING,
		"%s is not as it was built, because %s/%s has changed since; build it again: meshbench install --vpn %s",
		driver->label, driver->bin, strrchr(changed, '/') + 1, driver->label);
}
