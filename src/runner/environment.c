/* SPDX-License-Identifier: MIT */
/* environment.json: which machine, kernel, tools and plan made the numbers. */
#include "runner/internal.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "base/version.h"
#include "proc/proc.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

enum {
	SMALL_FILE_BYTES = 1024 * 1024
};
/* Programs are hashed on a busy machine, too: without a hash they would count as changed. */
static const int64_t VERSION_LIMIT_NS = 60 * NS_PER_S;

/* The first line of a small file, or a JSON null where the machine has no such file. */
static json_t *line_of_file(const char *path)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error ignored;
	char *text;

	if (file_read(arena, path, SMALL_FILE_BYTES, &text, NULL, &ignored))
		return json_null();
	text[strcspn(text, "\n")] = '\0';
	return json_text(text_trim(text));
}

/* The value behind the first line that starts with `key`, as in /proc/cpuinfo. */
static json_t *value_in_file(const char *path, const char *key, const char *separator)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error ignored;
	char *text, *at;

	if (file_read(arena, path, SMALL_FILE_BYTES, &text, NULL, &ignored))
		return json_null();
	for (at = text; at; at = strchr(at, '\n'), at = at ? at + 1 : NULL) {
		if (text_starts_with(at, key))
			break;
	}
	if (!at || !(at = strpbrk(at, separator)))
		return json_null();
	at[strcspn(at, "\n")] = '\0';
	at += strspn(at, separator);
	at[strcspn(at, "\"")] = '\0'; /* os-release quotes its values */
	return json_text(text_trim(at));
}

json_t *environment_machine(void)
{
	struct utsname name;

	uname(&name);
	return json_make("{s:s, s:s, s:s, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:b}", "kernel",
		name.release, "kernel_build", name.version, "architecture", name.machine,
		"operating_system", value_in_file("/etc/os-release", "PRETTY_NAME", "=\""), "cpu",
		value_in_file("/proc/cpuinfo", "model name", ":"), "cores",
		(int)sysconf(_SC_NPROCESSORS_ONLN), "memory",
		value_in_file("/proc/meminfo", "MemTotal", ":"), "clock_source",
		line_of_file("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
		"frequency_governor",
		line_of_file("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
		"load_average", line_of_file("/proc/loadavg"), "is_root", geteuid() == 0);
}

const char *environment_first_line(struct arena *arena, struct procs *procs,
	const char *const *argv, const void *input, size_t input_size)
{
	AUTO(proc_freep) struct proc *proc = NULL;
	struct error ignored;
	char *text;

	if (proc_start(procs,
		    &(struct proc_spec){.what = "ask for a version",
			    .argv = argv,
			    .input = input,
			    .input_size = input_size,
			    .merge = true},
		    &proc, &ignored) ||
		proc_wait(proc, deadline_in(VERSION_LIMIT_NS), &ignored))
		return NULL;
	text = text_trim(arena_strdup(arena, proc_result(proc).out));
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static json_t *describe_tool(
	struct arena *arena, struct procs *procs, const char *name, const char *version_flag)
{
	const char *path = path_of_program(arena, name);
	const char *sum, *version;

	if (!path)
		return json_make("{s:s, s:n}", "name", name, "path");
	version = environment_first_line(
		arena, procs, (const char *const[]){path, version_flag, NULL}, NULL, 0);
	sum = environment_first_line(
		arena, procs, (const char *const[]){"sha256sum", path, NULL}, NULL, 0);
	return json_make("{s:s, s:s, s:s?, s:s?}", "name", name, "path", path, "version", version,
		"sha256", sum ? arena_strndup(arena, sum, strcspn(sum, " ")) : NULL);
}

static json_t *describe_tools(struct arena *arena, struct procs *procs)
{
	static const struct {
		const char *name, *version_flag;
	} tools[] = {{"ip", "-V"}, {"tc", "-V"}, {"sysctl", "-V"}, {"ethtool", "--version"},
		{"ping", "-V"}, {"iperf3", "--version"}, {"ffmpeg", "-version"},
		{"ristreceiver", "--help"}, {"nginx", "-v"}, {"nix", "--version"},
		{"hyperfine", "--version"}, {"curl", "--version"}};
	json_t *list = json_array();

	for (size_t i = 0; i < ARRAY_SIZE(tools); i++)
		json_array_append_new(
			list, describe_tool(arena, procs, tools[i].name, tools[i].version_flag));
	return list;
}

const char *environment_sha256(
	struct arena *arena, struct procs *procs, const char *bytes, size_t size)
{
	const char *sum = environment_first_line(
		arena, procs, (const char *const[]){"sha256sum", NULL}, bytes, size);

	return sum ? arena_strndup(arena, sum, strcspn(sum, " ")) : NULL;
}

json_t *environment_describe(
	const struct runner_plan *plan, struct procs *procs, json_t *place, json_t *ingredients)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *effective = plan_to_json(plan->plan);
	AUTO(text_freep) char *text = json_dumps(effective, JSON_COMPACT | JSON_SORT_KEYS);

	return json_make("{s:i, s:{s:s}, s:f, s:O?, s:o, s:o, s:O, s:s?, s:O, s:o*, s:I, s:{}}",
		"schema", 1, "meshbench", "version", version_text, "started", clock_wall_s(),
		"place", place, "machine", environment_machine(), "tools",
		describe_tools(arena, procs), "plan", effective, "plan_sha256",
		environment_sha256(arena, procs, text, strlen(text)), "ingredients", ingredients,
		"topology", plan->topology ? topology_json(plan->topology) : NULL, "seed",
		(json_int_t)plan->plan->seed, "vpns");
}
