/* SPDX-License-Identifier: MIT */
/* The guest's kernel: an image that is here, and those of its modules that a lab may need. */
#include "virtual/internal.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	DEPENDENCIES_BYTES_MAX = 16 << 20
};

/* A kernel without some of them has them built in, or the plan does without. */
static const char *const wanted[] = {"tun", "veth", "bridge", "sch_netem", "sch_tbf", "sch_fq",
	"sch_fq_codel", "act_police", "cls_matchall", "sch_ingress", "wireguard", "overlay",
	"tcp_bbr", "nf_tables", "nft_chain_nat", "nft_masq", "nft_ct", "nft_compat", "xt_mark",
	"xt_conntrack", "xt_comment", "xt_MASQUERADE", "xt_tcpudp", "ip_tables", "ip6_tables",
	"iptable_nat", "iptable_filter", "ip6table_filter", "ip6table_nat", "aesni_intel", NULL};

/* Folders with boot/vmlinuz-VERSION and lib/modules/VERSION: the user's own, and this system. */
static const char *const *roots(struct arena *arena)
{
	/* NOLINTBEGIN(concurrency-mt-unsafe): nothing sets them */
	const char *own = getenv("MESHBENCH_KERNELS"), *data = getenv("XDG_DATA_HOME"),
		   *home = getenv("HOME");
	/* NOLINTEND(concurrency-mt-unsafe) */

	if (own && *own)
		return ARENA_LIST(arena, own, "");
	if (data && data[0] == '/')
		own = arena_printf(arena, "%s/meshbench/kernels", data);
	else if (home && home[0] == '/')
		own = arena_printf(arena, "%s/.local/share/meshbench/kernels", home);
	return own && *own ? ARENA_LIST(arena, own, "") : ARENA_LIST(arena, "");
}

struct kernel {
	const char *version, *root, *image;
};

static bool is_ours(struct arena *arena, const struct kernel *kernel)
{
	return access(kernel->image, R_OK) == 0 &&
	       path_exists(arena_printf(
		       arena, "%s/lib/modules/%s/modules.dep", kernel->root, kernel->version));
}

/* Kernels for virtual machines are smaller and boot sooner, so they go first. */
static bool is_better(const struct kernel *a, const struct kernel *b)
{
	bool a_is_cloud = strstr(a->version, "cloud") != NULL;
	bool b_is_cloud = b->version && strstr(b->version, "cloud") != NULL;

	if (!b->version || a_is_cloud != b_is_cloud)
		return !b->version || a_is_cloud;
	return strverscmp(a->version, b->version) > 0;
}

/* The best that `words` name; adds every name that is there to `*known`. */
static void look_in(struct arena *arena, const char *root, const char *words, struct kernel *best,
	const char **known)
{
	const char *folder = arena_printf(arena, "%s/boot", root);
	AUTO(dir_closep) DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) { /* NOLINT(concurrency-mt-unsafe) */
		struct kernel kernel = {.root = root};

		if (!text_starts_with(entry->d_name, "vmlinuz-"))
			continue;
		kernel.version = arena_strdup(arena, entry->d_name + strlen("vmlinuz-"));
		kernel.image = arena_printf(arena, "%s/%s", folder, entry->d_name);
		if (!is_ours(arena, &kernel))
			continue;
		*known = arena_printf(arena, "%s%s%s", *known, **known ? ", " : "", kernel.version);
		if ((!words || text_starts_with(kernel.version, words)) && is_better(&kernel, best))
			*best = kernel;
	}
}

static bool has_word(const char *const *list, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], word) == 0)
			return true;
	return false;
}

/* "kernel/net/sched/sch_netem.ko.xz" is sch_netem. */
static bool is_module(const char *path, size_t length, const char *name)
{
	const char *base = path;

	for (size_t i = 0; i < length; i++)
		if (path[i] == '/')
			base = path + i + 1;
	return strncmp(base, name, strlen(name)) == 0 &&
	       strncmp(base + strlen(name), ".ko", 3) == 0;
}

/* The line of modules.dep: "kernel/a.ko: kernel/b.ko kernel/c.ko"; NULL: none. */
static const char *line_of(const char *dependencies, const char *name)
{
	for (const char *line = dependencies; *line; line += *line == '\n') {
		if (is_module(line, strcspn(line, ":\n"), name))
			return line;
		line += strcspn(line, "\n");
	}
	return NULL;
}

/* What a module needs is named behind it, the deepest last. */
static size_t add_module(
	struct arena *arena, const char *folder, const char *line, const char **list, size_t count)
{
	const char *line_end = line + strcspn(line, "\n"), *end = line_end;

	while (end > line) {
		const char *start = end;
		const char *path;

		while (start > line && start[-1] != ' ')
			start--;
		path = arena_printf(arena, "%s/%.*s", folder, (int)strcspn(start, ": \n"), start);
		if (end > start && !has_word(list, count, path))
			list[count++] = path;
		end = start > line ? start - 1 : line;
	}
	return count;
}

/* A kernel may have it built in, of which only some keep a list. */
static int check_module(struct arena *arena, const struct kernel *kernel, const char *folder,
	const char *dependencies, const char *name, struct error *err)
{
	const char *path = arena_printf(arena, "%s/modules.builtin", folder);
	char *built_in;

	if (line_of(dependencies, name) || !path_exists(path))
		return 0;
	if (file_read(arena, path, DEPENDENCIES_BYTES_MAX, &built_in, NULL, err))
		return -1;
	return line_of(built_in, name)
		       ? 0
		       : fail(err, ERROR_MISSING,
				 "--virtual: Linux %s has no module %s, which this plan needs; choose another with kernel=VERSION",
				 kernel->version, name);
}

static int find_modules(struct arena *arena, const struct kernel *kernel, const char *const *needed,
	const char *const **ret_modules, struct error *err)
{
	const char *folder =
		arena_printf(arena, "%s/lib/modules/%s", kernel->root, kernel->version);
	const char **list;
	size_t count = 0, lines = 0;
	char *dependencies;

	if (file_read(arena, arena_printf(arena, "%s/modules.dep", folder), DEPENDENCIES_BYTES_MAX,
		    &dependencies, NULL, err))
		return -1;
	for (; needed && *needed; needed++)
		if (check_module(arena, kernel, folder, dependencies, *needed, err))
			return -1;
	for (const char *at = dependencies; *at; at++)
		lines += *at == '\n';
	list = arena_alloc(arena, const char *, lines + 1);
	for (size_t i = 0; wanted[i]; i++) {
		const char *line = line_of(dependencies, wanted[i]);

		if (line)
			count = add_module(arena, folder, line, list, count);
	}
	*ret_modules = list;
	return 0;
}

int kernel_find(struct arena *arena, const struct virtual_machine *machine,
	struct virtual_parts *parts, struct error *err)
{
	const char *words = machine->kernel;
	const char *const *root = roots(arena);
	const char *known = "";
	struct kernel best = {0};

	for (; *root; root++)
		look_in(arena, *root, words, &best, &known);
	if (!best.version && *known)
		return fail(err, ERROR_USAGE, "--virtual: kernel=%s is not here; here are: %s",
			words, known);
	if (!best.version)
		return fail(err, ERROR_MISSING,
			"a machine in virtual time needs a kernel with its modules; get one: make virtual (Debian's package linux-image-cloud-amd64)");
	parts->kernel = best.version;
	parts->image = best.image;
	return find_modules(arena, &best, machine->modules, &parts->modules, err);
}
