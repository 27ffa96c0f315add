/* SPDX-License-Identifier: MIT */
/* Versions that the go command builds. */
#include "supply/internal.h"

#include "base/json.h"
#include "base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum {
	MAX_ARGUMENTS = 80
};

/*
 * The toolchain that is here, and no C compiler: then the same pin makes the same program
 * wherever the same Go is. `proxy` may be NULL.
 */
static const char *const *environment_of(struct build *build, const char *proxy)
{
	const char **list = arena_alloc(build->arena, const char *, 7);

	list[0] = arena_printf(build->arena, "GOBIN=%s", build->bin);
	list[1] = "GOTOOLCHAIN=local";
	list[2] = "CGO_ENABLED=0";
	list[3] = "GOWORK=off";
	list[4] = "GO111MODULE=on";
	list[5] = proxy;
	return list;
}

/*
 * go install asks for the list of a module's versions, to warn of those that are deprecated. Not
 * every proxy has lists, so the cache with the module just checked is asked first.
 */
static int cache_first(struct build *build, const char **ret_proxy, struct error *err)
{
	static const char *const argv[] = {"go", "env", "GOMODCACHE", "GOPROXY", NULL};
	const char *out, *proxies;
	size_t length;

	if (build_run(build,
		    &(struct proc_spec){.what = "ask go for its environment",
			    .argv = argv,
			    .environment = environment_of(build, NULL)},
		    &out, err))
		return -1;
	length = strcspn(out, "\n");
	proxies = out[length] ? out + length + 1 : "";
	*ret_proxy = arena_printf(build->arena, "GOPROXY=file://%.*s/cache/download,%.*s",
		(int)length, out, (int)strcspn(proxies, "\n"), proxies);
	return 0;
}

static const char *joined(struct arena *arena, const char *const *words)
{
	const char *text = "";

	for (; *words; words++)
		text = arena_printf(arena, "%s%s%s", text, *text ? "," : "", *words);
	return text;
}

/* Fetches the module alone, so that a wrong one is seen before anything of it is compiled. */
static int check_module(struct build *build, const struct pin_module *module, struct error *err)
{
	const char *argv[] = {"go", "mod", "download", "-json",
		arena_printf(build->arena, "%s@%s", module->name, module->at), NULL};
	json_auto_t *answer = NULL;
	const char *out;

	if (build_run(build,
		    &(struct proc_spec){
			    .what = arena_printf(build->arena, "fetch %s", module->name),
			    .argv = argv,
			    .environment = environment_of(build, NULL)},
		    &out, err) ||
		json_parse(out, strlen(out), "the output of go mod download", &answer, err))
		return -1;
	return build_check_sum(build, module, json_string_at(answer, "/Sum", NULL), err);
}

/* What makes a program know its own version, as its project's own releases do. */
static const char *linker_flags(struct arena *arena, const struct pin_module *module)
{
	const char *flags = "";

	for (size_t i = 0; module->link[i]; i++)
		flags = arena_printf(arena, "%s%s%s", flags, *flags ? " " : "", module->link[i]);
	if (module->stamp)
		flags = arena_printf(arena, "%s%s-X %s=%s", flags, *flags ? " " : "", module->stamp,
			module->at + (module->at[0] == 'v'));
	return flags;
}

static int compile(struct build *build, const struct pin_module *module, struct error *err)
{
	struct arena *arena = build->arena;
	const char **argv = arena_alloc(arena, const char *, MAX_ARGUMENTS), *flags, *proxy;
	size_t count = 0;

	if (cache_first(build, &proxy, err))
		return -1;
	argv[count++] = "go";
	argv[count++] = "install";
	argv[count++] = "-v";
	argv[count++] = "-trimpath";
	if (module->features[0])
		argv[count++] = arena_printf(arena, "-tags=%s", joined(arena, module->features));
	if (*(flags = linker_flags(arena, module)))
		argv[count++] = arena_printf(arena, "-ldflags=%s", flags);
	for (size_t i = 0; module->packages[i]; i++) {
		bool is_root = strcmp(module->packages[i], ".") == 0;

		argv[count++] = arena_printf(arena, "%s%s%s@%s", module->name, is_root ? "" : "/",
			is_root ? "" : module->packages[i], module->at);
	}
	return build_run(build,
		&(struct proc_spec){.what = arena_printf(arena, "build %s", module->name),
			.argv = argv,
			.environment = environment_of(build, proxy)},
		NULL, err);
}

/* "v2" at the end of a module's path is not the name of a program. */
static bool is_major(const char *word)
{
	return word[0] == 'v' && word[1] && word[1 + strspn(word + 1, "0123456789")] == '\0';
}

/* How go names the program of a package: by the last word of its path. */
static const char *go_name(
	struct arena *arena, const struct pin_module *module, const char *package)
{
	char *path = arena_strdup(arena, strcmp(package, ".") == 0 ? module->name : package);
	char *slash = strrchr(path, '/');

	if (slash && is_major(slash + 1)) {
		*slash = '\0';
		slash = strrchr(path, '/');
	}
	return slash ? slash + 1 : path;
}

static int name_programs(struct build *build, const struct pin_module *module, struct error *err)
{
	for (size_t i = 0; module->programs[i]; i++) {
		const char *from = arena_printf(build->arena, "%s/%s", build->bin,
			go_name(build->arena, module, module->packages[i]));
		const char *to =
			arena_printf(build->arena, "%s/%s", build->bin, module->programs[i]);

		if (rename(from, to) < 0)
			return fail_errno(err, "go did not build %s: move it to %s", from, to);
	}
	return 0;
}

/* Fields between tabs: "mod" or "dep", path, version, sum. */
static void add_module(const char *line, json_t *modules)
{
	char path[256], version[128], sum[64], kind[8];
	json_t *entry;
	size_t i;

	if (sscanf(line, " %7[a-z] %255[^\t\n] %127[^\t\n] %63[^\t\n]", kind, path, version, sum) !=
			4 ||
		(strcmp(kind, "mod") != 0 && strcmp(kind, "dep") != 0))
		return;
	json_array_foreach (modules, i, entry) {
		if (strcmp(json_string_at(entry, "/path", ""), path) == 0 &&
			strcmp(json_string_at(entry, "/version", ""), version) == 0)
			return;
	}
	json_array_append_new(modules,
		json_make("{s:s, s:s, s:s}", "path", path, "version", version, "sum", sum));
}

void go_read_modules(const char *text, json_t *modules)
{
	for (; text && *text; text = strchr(text, '\n'), text = text ? text + 1 : NULL) {
		size_t length = strcspn(text, "\n");
		char line[512];

		if (length < sizeof(line)) {
			memcpy(line, text, length);
			line[length] = '\0';
			add_module(line, modules);
		}
	}
}

/* go writes into a program which modules it was made of. */
static int note_modules(struct build *build, const struct pin_module *module, struct error *err)
{
	for (size_t i = 0; module->programs[i]; i++) {
		const char *argv[] = {"go", "version", "-m",
			arena_printf(build->arena, "%s/%s", build->bin, module->programs[i]), NULL};
		const char *out;

		if (build_run(build,
			    &(struct proc_spec){.what = "read the modules it was built from",
				    .argv = argv,
				    .environment = environment_of(build, NULL)},
			    &out, err))
			return -1;
		go_read_modules(out, build->modules);
	}
	return 0;
}

int go_build(struct build *build, struct error *err)
{
	if (build_check_needs(
		    build, "go", "install Go from its project or with apt install golang-go", err))
		return -1;
	for (size_t i = 0; i < build->version->module_count; i++) {
		const struct pin_module *module = &build->version->modules[i];

		if (check_module(build, module, err) || compile(build, module, err) ||
			name_programs(build, module, err) || note_modules(build, module, err))
			return -1;
	}
	return 0;
}
