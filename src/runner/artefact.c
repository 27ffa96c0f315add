/* SPDX-License-Identifier: MIT */
/*
 * What workloads need that takes long to make: a video, a package closure. Made before the first
 * visit, so that no VPN waits for it, and kept in the user's cache folder for later runs.
 */
#include "runner/internal.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static const int64_t LOCK_POLL_NS = 100 * NS_PER_MS;
static const int64_t DIGEST_LIMIT_NS = 300 * NS_PER_S;

enum {
	DIGEST_BYTES_MAX = 128
};

/* The key of an artefact is a hash (FNV-1a) of all that shapes it. */
struct key {
	uint64_t hash;
};

static void key_add(struct key *key, const char *text)
{
	for (const char *at = text; *at; at++)
		key->hash = (key->hash ^ (unsigned char)*at) * 0x100000001b3;
	key->hash = (key->hash ^ 0xff) * 0x100000001b3; /* the end of a word */
}

static struct workload_case case_for(
	const struct run *run, const struct workload *workload, const char *folder)
{
	struct workload_case c = runner_case(run->plan, workload, 0);

	c.source = c.target = NULL;
	c.artefact = folder;
	return c;
}

static const char *key_of(
	struct run *run, const struct workload *workload, const struct workload_artefact *artefact)
{
	struct key key = {0xcbf29ce484222325};

	key_add(&key, MESHBENCH_VERSION);
	for (size_t i = 0; i < artefact->command_count; i++) {
		for (const char *const *word = artefact->commands[i].argv; *word; word++)
			key_add(&key, *word);
	}
	for (size_t i = 0; artefact->versions && artefact->versions[i]; i++) {
		const char *line = environment_first_line(
			run->arena, run->procs, artefact->versions[i], NULL, 0);

		key_add(&key, line ? line : "");
	}
	return arena_printf(run->arena, "%s-%016llx", workload->name, (unsigned long long)key.hash);
}

static int cache_folder(struct arena *arena, const char **ret_path, struct error *err)
{
	const char *cache = getenv("XDG_CACHE_HOME"); /* NOLINT(concurrency-mt-unsafe) */
	const char *home = getenv("HOME");            /* NOLINT(concurrency-mt-unsafe) */

	if (cache && cache[0] == '/')
		*ret_path = arena_printf(arena, "%s/meshbench", cache);
	else if (home && home[0] == '/')
		*ret_path = arena_printf(arena, "%s/.cache/meshbench", home);
	else
		return fail(err, ERROR_MISSING,
			"the cache folder is unknown: neither XDG_CACHE_HOME nor HOME is set");
	if (dir_make(*ret_path, 0755, err))
		return fail_in(err, "make the cache folder (XDG_CACHE_HOME selects another)");
	return 0;
}

/* Two runs at once make it once; Ctrl-C ends the wait for the other. */
static int lock(struct run *run, const char *path, int *ret_fd, struct error *err)
{
	AUTO(fd_closep) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0)
		return fail_errno(err, "open %s", path);
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return fail_errno(err, "lock %s", path);
		if (procs_step(run->procs, deadline_in(LOCK_POLL_NS), err))
			return -1;
	}
	*ret_fd = fd_take(&fd);
	return 0;
}

static int run_command(struct run *run, const struct workload *workload,
	const struct workload_command *command, const char *folder, struct error *err)
{
	const char *const *argv;

	run_tell(run,
		arena_printf(
			run->arena, "%s, before the first VPN: %s", workload->name, command->what),
		NULL, NULL);
	if (attempt_find_program(run->arena, command->argv, &argv, err))
		return -1;
	return proc_run(run->procs,
		&(struct proc_spec){.what = command->what,
			.argv = argv,
			.dir = folder,
			.keep_bytes = command->keep_bytes},
		deadline_in(command->limit_ns), err);
}

/* One hash of all files and their names; NULL when they cannot be read. */
static const char *digest_of(struct run *run, const char *folder)
{
	static const char script[] = "cd \"$1\" && " FILE_TREE_DIGEST;
	AUTO(proc_freep) struct proc *proc = NULL;
	struct error ignored;

	if (proc_start(run->procs,
		    &(struct proc_spec){.what = "hash what is in the cache",
			    .argv = (const char *const[]){"sh", "-c", script, "sh", folder, NULL}},
		    &proc, &ignored) ||
		proc_wait_success(proc, deadline_in(DIGEST_LIMIT_NS), &ignored))
		return NULL;
	return arena_strndup(
		run->arena, proc_result(proc).out, strcspn(proc_result(proc).out, " \n"));
}

static const char *digest_file(struct run *run, const char *folder)
{
	return arena_printf(run->arena, "%s.sha256", folder);
}

/* Anything of the user's can write to the cache, and what it wrote would be measured. */
static bool is_as_made(struct run *run, const char *folder)
{
	const char *digest = digest_of(run, folder);
	struct error ignored;
	char *made;

	return digest &&
	       file_read(run->arena, digest_file(run, folder), DIGEST_BYTES_MAX, &made, NULL,
		       &ignored) == 0 &&
	       strcmp(made, digest) == 0;
}

/* Its hash first: a folder without one would be made again. */
static int keep(struct run *run, const char *partial, const char *folder, struct error *err)
{
	const char *digest = digest_of(run, partial);

	if (!digest)
		return fail(err, ERROR_TOOL, "hash %s: its files cannot be read", partial);
	if (file_write(digest_file(run, folder), digest, strlen(digest), 0644, err))
		return -1;
	return rename(partial, folder) < 0 ? fail_errno(err, "keep %s", folder) : 0;
}

/* In a folder next to it that is renamed when all is done: what is there is whole. */
static int make(
	struct run *run, const struct workload *workload, const char *folder, struct error *err)
{
	const char *partial = arena_printf(run->arena, "%s.partial", folder);
	struct workload_case c = case_for(run, workload, partial);
	struct workload_artefact artefact;

	if (tree_remove(partial, err) || dir_make(partial, 0755, err))
		return -1;
	workload->prepare(&c, run->arena, &artefact);
	for (size_t i = 0; i < artefact.command_count; i++) {
		struct error ignored;

		if (run_command(run, workload, &artefact.commands[i], partial, err) == 0)
			continue;
		(void)!tree_remove(partial, &ignored); /* or the next run does */
		return -1;
	}
	return keep(run, partial, folder, err);
}

/* True when it was there and is as it was made; otherwise nothing is there any more. */
static int find(struct run *run, const struct workload *workload, const char *folder,
	bool *ret_was_there, struct error *err)
{
	*ret_was_there = path_exists(folder);
	if (!*ret_was_there || is_as_made(run, folder))
		return 0;
	*ret_was_there = false;
	run_tell(run, NULL, NULL,
		arena_printf(run->arena,
			"%s in the cache is not as it was made, so it is made again: %s",
			workload->name, folder));
	return tree_remove(folder, err);
}

static int find_or_make(
	struct run *run, struct artefact *artefact, bool *ret_was_there, struct error *err)
{
	struct workload_case c = case_for(run, artefact->workload, "");
	struct workload_artefact wanted;
	AUTO(fd_closep) int lock_fd = -1;
	const char *cache = NULL, *folder;

	*ret_was_there = true;
	artefact->workload->prepare(&c, run->arena, &wanted);
	if (wanted.command_count == 0)
		return 0;
	if (cache_folder(run->arena, &cache, err))
		return -1;
	folder = arena_printf(run->arena, "%s/%s", cache, key_of(run, artefact->workload, &wanted));
	if (lock(run, arena_printf(run->arena, "%s.lock", folder), &lock_fd, err))
		return -1;
	if (find(run, artefact->workload, folder, ret_was_there, err) ||
		(!*ret_was_there && make(run, artefact->workload, folder, err)))
		return -1;
	artefact->folder = folder;
	return 0;
}

/* To where hosts are, if that is not here. */
static int bring(struct run *run, struct artefact *artefact, struct error *err)
{
	char *digest;

	if (!artefact->folder || !run->bring)
		return 0;
	run_tell(run,
		arena_printf(run->arena, "%s: bringing it to machines", artefact->workload->name),
		NULL, NULL);
	if (file_read(run->arena, digest_file(run, artefact->folder), DIGEST_BYTES_MAX, &digest,
		    NULL, err))
		return -1;
	return run->bring(
		run->bring_context, run->arena, artefact->folder, digest, &artefact->folder, err);
}

/* environment.json says what was made, whether it was new, and how long it took. */
static void describe(
	struct run *run, const struct artefact *artefact, bool was_there, int64_t began_ns)
{
	json_t *all = json_object_get(run->environment, "artefacts");
	bool is_good = artefact->err.kind == ERROR_NONE;

	if (!all) {
		all = json_object();
		json_object_set_new(run->environment, "artefacts", all);
	}
	json_object_set_new(all, artefact->workload->name,
		json_make("{s:s?, s:s?, s:b, s:f}", "folder", artefact->folder, "error",
			is_good ? NULL : artefact->err.text, "was_there", was_there, "seconds",
			(double)(clock_now_ns() - began_ns) / 1e9));
}

/* What failed is the cause of all cells of that workload; the others go on. */
static int prepare_one(struct run *run, struct artefact *artefact, struct error *err)
{
	int64_t began_ns = clock_now_ns();
	bool was_there = false;

	artefact->err = (struct error){0};
	if (find_or_make(run, artefact, &was_there, &artefact->err) ||
		bring(run, artefact, &artefact->err)) {
		if (artefact->err.kind == ERROR_CANCELLED) {
			*err = artefact->err;
			return -1;
		}
		run_tell(run, NULL, NULL,
			arena_printf(run->arena, "%s cannot be measured: %s",
				artefact->workload->name, artefact->err.text));
	}
	if (artefact->folder || artefact->err.kind != ERROR_NONE)
		describe(run, artefact, was_there, began_ns);
	return 0;
}

int artefacts_make(struct run *run, const bool is_wanted[], struct error *err)
{
	size_t count = run->plan->workload_count, folders = 0;

	run->artefacts = arena_alloc(run->arena, struct artefact, count);
	run->artefact_folders = arena_alloc(run->arena, const char *, count + 1);
	for (size_t i = 0; i < count; i++) {
		struct artefact *artefact = &run->artefacts[run->artefact_count++];

		artefact->workload = run->plan->workloads[i];
		if (!is_wanted[i] || !artefact->workload->prepare)
			continue;
		if (prepare_one(run, artefact, err))
			return -1;
		if (artefact->folder)
			run->artefact_folders[folders++] = artefact->folder;
	}
	return folders ? record_write_environment(run->record, run->environment, err) : 0;
}

const struct artefact *artefact_of(const struct run *run, const struct workload *workload)
{
	static const struct artefact none = {0};

	for (size_t i = 0; i < run->artefact_count; i++) {
		if (run->artefacts[i].workload == workload)
			return &run->artefacts[i];
	}
	return &none;
}
