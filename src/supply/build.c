/* SPDX-License-Identifier: MIT */
/* One version: built next to its place by a client, and moved there when it is whole. */
#include "supply/internal.h"

#include "base/file.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define TELL_EVERY_NS (200 * NS_PER_MS)
#define BUILD_LIMIT_NS (INT64_C(4) * 3600 * NS_PER_S)

enum {
	KEPT_BYTES = 16 * 1024 * 1024
};

static void build_tell(const struct build *build, enum install_stage stage, const char *words)
{
	const struct installer *installer = build->installer;

	if (installer->listener)
		installer->listener(installer->listener_context,
			&(struct install_progress){.stage = stage,
				.name = build->pin->name,
				.version = build->version->version,
				.words = words,
				.log = build->log,
				.expected_s = (double)build->version->seconds,
				.elapsed_s = (double)(clock_now_ns() - build->began_ns) / 1e9});
}

/* The last line with something in it, without the blanks that cargo puts in front. */
static const char *last_line(struct arena *arena, const char *text, size_t size)
{
	size_t begin;

	while (size && strchr(" \t\r\n", text[size - 1]))
		size--;
	begin = size;
	while (begin && text[begin - 1] != '\n')
		begin--;
	return text_trim(arena_strndup(arena, text + begin, size - begin));
}

/* Appends what is new since `*logged` bytes. */
static int log_new(
	const struct build *build, const char *text, size_t size, size_t *logged, struct error *err)
{
	size_t from = *logged;

	if (size <= from)
		return 0;
	*logged = size;
	return file_append(build->log, text + from, size - from, err);
}

static int wait_telling(struct build *build, struct proc *proc, struct error *err)
{
	struct deadline deadline = deadline_in(BUILD_LIMIT_NS);
	size_t logged = 0;

	for (;;) {
		AUTO(arena_freep) struct arena *scratch = arena_new();
		struct proc_result result = proc_result(proc);

		if (log_new(build, result.errout, result.errout_size, &logged, err))
			return -1;
		if (result.has_ended)
			return 0;
		if (deadline_has_passed(deadline))
			return proc_wait(proc, deadline, err);
		build_tell(build, INSTALL_GOES_ON,
			last_line(scratch, result.errout, result.errout_size));
		if (procs_step(build->installer->procs, deadline_in(TELL_EVERY_NS), err))
			return -1;
	}
}

static int fail_with_log(struct build *build, struct proc *proc, struct error *err)
{
	fail(err, ERROR_TOOL, "%s; its output is in %s", proc_obituary(proc), build->log);
	return -1;
}

int build_run(
	struct build *build, const struct proc_spec *spec, const char **ret_out, struct error *err)
{
	AUTO(proc_freep) struct proc *proc = NULL;
	const char *line =
		arena_printf(build->arena, "$ %s\n", text_command_line(build->arena, spec->argv));
	struct proc_spec kept = *spec;
	struct proc_result result;

	kept.keep_bytes = KEPT_BYTES;
	kept.dir = spec->dir ? spec->dir : build->partial;
	if (file_append(build->log, line, strlen(line), err) ||
		proc_start(build->installer->procs, &kept, &proc, err) ||
		wait_telling(build, proc, err))
		return -1;
	result = proc_result(proc);
	if (file_append(build->log, result.out, result.out_size, err))
		return -1;
	if (result.exit_code != 0)
		return fail_with_log(build, proc, err);
	if (ret_out)
		*ret_out = arena_strndup(build->arena, result.out, result.out_size);
	return 0;
}

int build_check_needs(
	struct build *build, const char *client, const char *advice, struct error *err)
{
	if (!path_of_program(build->arena, client))
		return fail(err, ERROR_MISSING, "building it requires %s, which is not in PATH; %s",
			client, advice);
	for (size_t i = 0; i < build->version->need_count; i++) {
		const struct pin_need *need = &build->version->needs[i];

		if (!path_of_program(build->arena, need->program))
			return fail(err, ERROR_MISSING,
				"building it requires %s; install it: apt install %s",
				need->program, need->package);
	}
	return 0;
}

int build_check_sum(const struct build *build, const struct pin_module *module, const char *sum,
	struct error *err)
{
	(void)build;
	if (sum && strcmp(sum, module->sum) == 0)
		return 0;
	return fail(err, ERROR_TOOL,
		"%s %s has the checksum %s, but drivers/pins.yml says %s; nothing was built; find out why they differ before you change the pin",
		module->name, module->at, sum ? sum : "(none)", module->sum);
}

static void build_undo(struct build *build)
{
	struct error ignored;

	json_decref(build->modules);
	if (build->partial && tree_remove(build->partial, &ignored))
		fprintf(stderr, "meshbench: %s\n", ignored.text);
	arena_freep(&build->arena);
}

static int begin(struct build *build, struct error *err)
{
	const char *prefix = build->installer->prefix, *name = build->pin->name;
	const char *version = build->version->version;
	bool holds;

	build->folder = arena_printf(build->arena, "%s/%s/%s", prefix, name, version);
	build->log = arena_printf(build->arena, "%s/log/%s-%s.log", prefix, name, version);
	if (path_exists(build->folder)) {
		if (receipt_check(build->installer->procs, build->folder, &holds, err))
			return -1;
		if (holds) {
			build_tell(build, INSTALL_THERE, "");
			return 1;
		}
		build_tell(build, INSTALL_CHANGED, "");
	}
	build->partial = arena_printf(build->arena, "%s/%s/.%s.partial", prefix, name, version);
	build->bin = arena_printf(build->arena, "%s/bin", build->partial);
	if (tree_remove(build->partial, err) || dir_make(build->bin, 0755, err) ||
		dir_make(arena_printf(build->arena, "%s/log", prefix), 0755, err))
		return -1;
	return file_write(build->log, "", 0, 0644, err);
}

/* Only now is anything under the final name. */
static int finish(struct build *build, struct error *err)
{
	if (receipt_write(build, err) || tree_remove(build->folder, err))
		return -1;
	if (rename(build->partial, build->folder) < 0)
		return fail_errno(err, "move %s to its place", build->partial);
	build_tell(build, INSTALL_DONE, "");
	return 0;
}

int install_version(const struct installer *installer, const struct pin *pin,
	const struct pin_version *version, struct error *err)
{
	static int (*const builders[])(struct build *, struct error *) = {
		[PIN_GO] = go_build, [PIN_CARGO] = cargo_build};
	AUTO(build_undo)
	struct build build = {.installer = installer,
		.pin = pin,
		.version = version,
		.arena = arena_new(),
		.began_ns = clock_now_ns(),
		.modules = json_array()};
	int status = begin(&build, err);

	if (status > 0)
		return 0;
	if (status == 0) {
		build_tell(&build, INSTALL_BEGINS, "");
		status = builders[version->source](&build, err);
	}
	return status ? status : finish(&build, err);
}
