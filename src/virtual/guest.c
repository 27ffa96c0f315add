/* SPDX-License-Identifier: MIT */
/* What stands in a guest at boot. src/programs/guest reads the files at its top. */
#include "virtual/internal.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/json.h"

#include <string.h>

static const int64_t HASH_LIMIT_NS = 120 * NS_PER_S;
#define RESERVE_BYTES (UINT64_C(384) << 20) /* for the kernel, the lab and its results */

/* What the lab, the driver engine and drivers call, and what these call in turn. */
static const char *const programs[] = {"ip", "tc", "sysctl", "ethtool", "nft", "sh", "/bin/sh",
	"bash", "cat", "env", "grep", "hostname", "install", "mkdir", "rm", "sleep", "sha256sum",
	"true", "tar", "chmod", "cp", "ln", "mv", "sed", "head", "tail", "id", "uname", NULL};

/* Programs look up users and services by these; openssl makes no certificate without its own. */
static const char *const files[] = {"/etc/passwd", "/etc/group", "/etc/nsswitch.conf",
	"/etc/services", "/etc/protocols", "/etc/os-release", "/etc/ld.so.cache",
	"/usr/lib/ssl/openssl.cnf", NULL};

/* Hosts mount some over. */
static const char *const folders[] = {"/dev", "/proc", "/sys", "/run", "/tmp", "/root", "/home",
	"/var", "/var/lib", "/var/log", "/var/cache", "/var/tmp", "/opt", "/srv", "/mnt", "/media",
	"/usr", "/usr/local", "/usr/share", VIRTUAL_TREE, NULL};

static int add_lines(
	struct contents *contents, const char *path, const char *const *words, struct error *err)
{
	const char *text = "";

	for (; *words; words++) {
		if (strchr(*words, '\n'))
			return fail(err, ERROR_USAGE,
				"a word on the command line has a line break, which a guest cannot take");
		text = arena_printf(contents->arena, "%s%s\n", text, *words);
	}
	contents_add_text(contents, path, text, 0644);
	return 0;
}

/* Under short names, since they are loaded and forgotten. */
static void add_modules(struct contents *contents, const char *const *modules)
{
	const char *text = "";

	for (size_t i = 0; modules[i]; i++) {
		const char *path = arena_printf(contents->arena, "/modules/%03zu", i);

		contents_add_as(contents, modules[i], path);
		text = arena_printf(contents->arena, "%s%s\n", text, path);
	}
	contents_add_text(contents, "/modules/list", text, 0644);
}

static int add_programs(struct contents *contents, const char *const *list, struct error *err)
{
	for (; *list; list++)
		if (contents_add_program(contents, *list, err))
			return -1;
	return 0;
}

static int add_files(struct contents *contents, const char *const *list, struct error *err)
{
	for (; *list; list++)
		if (path_exists(*list) && contents_add_path(contents, *list, err))
			return -1;
	return 0;
}

/* A tree that an earlier boot began, file by file under its name inside. */
static int add_tree(struct contents *contents, const char *tree, struct error *err)
{
	struct contents found = {.arena = contents->arena, .procs = contents->procs};
	size_t length = strlen(tree);

	if (contents_add_path(&found, tree, err))
		return -1;
	for (size_t i = 0; i < found.count; i++) {
		const struct content *content = &found.list[i];

		if (content->source && strncmp(content->path, tree, length) == 0)
			contents_add_as(contents, content->source,
				arena_printf(contents->arena, "%s%s", VIRTUAL_TREE,
					content->path + length));
	}
	return 0;
}

int guest_write(struct procs *procs, struct arena *arena, const struct virtual_job *job,
	const char *path, struct error *err)
{
	struct contents contents = {.arena = arena, .procs = procs};

	for (size_t i = 0; folders[i]; i++)
		contents_add_folder(&contents, folders[i]);
	add_modules(&contents, job->parts.modules);
	contents_add_text(&contents, "/dir", job->dir, 0644);
	contents_add_parents(&contents, arena_printf(arena, "%s/", job->dir));
	if (add_lines(&contents, "/argv", job->argv, err) ||
		add_lines(&contents, "/environment", job->environment, err) ||
		add_files(&contents, files, err) || add_files(&contents, job->files, err) ||
		add_programs(&contents, programs, err) ||
		add_programs(&contents, job->programs, err) ||
		contents_add_program(&contents, job->init, err) ||
		(job->programs_dir && contents_add_programs(&contents, job->programs_dir,
					      VIRTUAL_PROGRAMS, err)) ||
		(job->tree && add_tree(&contents, job->tree, err)))
		return -1;
	contents_add_link(&contents, "/init", job->init);
	/* Where programs put their sockets; tailscaled puts its own elsewhere without it. */
	contents_add_link(&contents, "/var/run", "/run");
	if (2 * contents_bytes(&contents) + RESERVE_BYTES > job->machine.memory_bytes)
		return fail(err, ERROR_USAGE,
			"--virtual: the guest's files take %llu MiB, so memory=%llum is too small",
			(unsigned long long)(contents_bytes(&contents) >> 20),
			(unsigned long long)(job->machine.memory_bytes >> 20));
	return archive_write(&contents, path, err);
}

static const char *sha256_of(
	struct procs *procs, struct arena *arena, const char *path, struct error *err)
{
	AUTO(proc_freep) struct proc *proc = NULL;
	const char *text;

	if (proc_start(procs,
		    &(struct proc_spec){.what = "hash the guest's files",
			    .argv = (const char *const[]){"sha256sum", path, NULL}},
		    &proc, err) ||
		proc_wait_success(proc, deadline_in(HASH_LIMIT_NS), err))
		return NULL;
	text = proc_result(proc).out;
	return arena_strndup(arena, text, strcspn(text, " \n"));
}

int guest_describe(struct procs *procs, struct arena *arena, const struct virtual_job *job,
	const char *path, struct error *err)
{
	struct contents place = {.arena = arena, .procs = procs};
	const char *sha256 = sha256_of(procs, arena, path, err);
	json_auto_t *json = NULL;
	AUTO(text_freep) char *text = NULL;

	if (!sha256)
		return -1;
	json = json_make("{s:s, s:i, s:I, s:s, s:s, s:I, s:s, s:[s,s,s]}", "kind", "virtual",
		"mips", (int)job->machine.mips, "memory_bytes",
		(json_int_t)job->machine.memory_bytes, "kernel", job->parts.kernel, "qemu",
		job->parts.qemu_version, "seed", (json_int_t)job->seed, "guest_sha256", sha256,
		"not_modelled", "caches and memory: every instruction takes the same time",
		"more than one processor: all hosts share one",
		"the true cost of vector and cipher instructions");
	text = json_dumps(json, JSON_INDENT(1));
	contents_add_text(&place, VIRTUAL_PLACE, text, 0644);
	return archive_append(&place, path, err);
}
