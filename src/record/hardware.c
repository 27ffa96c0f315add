/* SPDX-License-Identifier: MIT */
/* The machine that was measured on, in the published form. */
#include "record/hardware.h"

#include "base/attribute.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define FILE_MAX_BYTES ((size_t)4 << 20)

/* The value of "key : value" in the text's first block that has it; arena-owned, NULL if none. */
static const char *field(struct arena *arena, const char *text, const char *key)
{
	size_t length = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, length) == 0) {
			const char *at = line + length + strspn(line + length, " \t");

			if (*at == ':')
				return text_trim(
					arena_strndup(arena, at + 1, strcspn(at + 1, "\n")));
		}
	}
	return NULL;
}

static json_t *number(const char *text)
{
	return json_integer(text ? strtoll(text, NULL, 10) : 0);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_listed(const char *word)
{
	static const char *const listed[] = {"aes", "avx", "avx2", "avx512f", "avx512vl",
		"avx512bw", "sse", "sse2", "sse3", "sse4_1", "sse4_2", "pclmulqdq", "rdrand",
		"sha_ni"};

	for (size_t i = 0; i < ARRAY_SIZE(listed); i++) {
		if (strcmp(word, listed[i]) == 0)
			return true;
	}
	return false;
}

/* The published list is short: what matters for cryptography, sorted. */
static json_t *features(struct arena *arena, const char *flags)
{
	size_t count;
	const char **words = text_words(arena, flags ? flags : "", &count);
	json_t *list = json_array();

	qsort(words, count, sizeof(*words), by_name);
	for (size_t i = 0; i < count; i++) {
		if (is_listed(words[i]))
			json_array_append_new(list, json_text(words[i]));
	}
	return list;
}

static json_t *word_list(struct arena *arena, const char *text)
{
	const char **words = text_words(arena, text ? text : "", NULL);
	json_t *list = json_array();

	for (; *words; words++)
		json_array_append_new(list, json_text(*words));
	return list;
}

static json_t *cpu_json(struct arena *arena, const char *cpuinfo, const char *architecture)
{
	const char *bogo = field(arena, cpuinfo, "bogomips");
	const char *model = field(arena, cpuinfo, "model name");

	return json_make("{s:s,s:s?,s:s?,s:o,s:o,s:o,s:o,s:f,s:o,s:o}", "architecture",
		architecture, "vendor_name", field(arena, cpuinfo, "vendor_id"), "model_name",
		model, "model", number(field(arena, cpuinfo, "model")), "cores",
		number(field(arena, cpuinfo, "cpu cores")), "siblings",
		number(field(arena, cpuinfo, "siblings")), "cache_kb",
		number(field(arena, cpuinfo, "cache size")), "bogo",
		bogo ? strtod(bogo, NULL) : 0.0, "features",
		features(arena, field(arena, cpuinfo, "flags")), "bugs",
		word_list(arena, field(arena, cpuinfo, "bugs")));
}

/* A one-line file below a device's folder, "" when there is none. */
static const char *device_file(struct arena *arena, const char *device, const char *file)
{
	struct error ignored = {0};
	char *text;

	if (file_read(
		    arena, arena_printf(arena, "%s/%s", device, file), 4096, &text, NULL, &ignored))
		return "";
	text = text_trim(text);
	return text_starts_with(text, "0x") ? text + 2 : text;
}

static const char *driver_of(struct arena *arena, const char *device)
{
	char target[PATH_MAX];
	ssize_t length = readlink(
		arena_printf(arena, "%s/device/driver", device), target, sizeof(target) - 1);
	const char *slash;

	if (length < 0)
		return "unknown";
	target[length] = '\0';
	slash = strrchr(target, '/');
	return arena_strdup(arena, slash ? slash + 1 : target);
}

/* What is known of a device; texts are never NULL. */
struct device {
	const char *name, *driver, *vendor, *number;
};

/* Adds one device; only what sits on a bus has a controller. */
static void add_device(const struct device *device, json_t *machine)
{
	bool is_loopback = strcmp(device->name, "lo") == 0;

	json_array_append_new(json_object_get(machine, "network_interfaces"),
		json_make("{s:s,s:s,s:s}", "model",
			is_loopback ? "Loopback network interface" : "Ethernet network interface",
			"driver", device->driver, "unix_device_name", device->name));
	if (!*device->vendor)
		return;
	json_array_append_new(json_object_get(machine, "network_controllers"),
		json_make("{s:s,s:s,s:s,s:s,s:s}", "vendor", device->vendor, "device",
			device->number, "model", "Ethernet controller", "driver", device->driver,
			"unix_device_name", device->name));
}

static struct device device_at(struct arena *arena, const char *folder, const char *name)
{
	const char *path = arena_printf(arena, "%s/%s", folder, name);

	return (struct device){name, driver_of(arena, path),
		device_file(arena, path, "device/vendor"),
		device_file(arena, path, "device/device")};
}

static void add_devices(struct arena *arena, const char *folder, json_t *machine)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		if (entries[i]->d_name[0] != '.') {
			struct device device = device_at(arena, folder, entries[i]->d_name);

			add_device(&device, machine);
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

/* Without devices yet. */
static json_t *machine_json(struct arena *arena, const char *name, const char *cpuinfo,
	const char *meminfo, const char *architecture)
{
	const char *total = field(arena, meminfo, "MemTotal");
	double bytes = total ? strtod(total, NULL) * 1024 : 0;

	return json_make("{s:s,s:o,s:{s:I,s:f},s:[],s:[]}", "machine_name", name, "cpu",
		cpu_json(arena, cpuinfo, architecture), "memory", "total_bytes", (json_int_t)bytes,
		"total_gb", bytes / (1 << 30), "network_controllers", "network_interfaces");
}

int hardware_machine(const char *root, const char *name, json_t **ret_machine, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	char *cpuinfo, *meminfo;
	struct utsname here;
	json_t *machine;

	if (file_read(arena, arena_printf(arena, "%s/proc/cpuinfo", root), FILE_MAX_BYTES, &cpuinfo,
		    NULL, err) ||
		file_read(arena, arena_printf(arena, "%s/proc/meminfo", root), FILE_MAX_BYTES,
			&meminfo, NULL, err))
		return fail_in(err, "describe the machine");
	if (uname(&here) < 0)
		here.machine[0] = '\0';
	machine = machine_json(arena, name, cpuinfo, meminfo, here.machine);
	add_devices(arena, arena_printf(arena, "%s/sys/class/net", root), machine);
	*ret_machine = machine;
	return 0;
}

/* Words of a line have no blanks; one that is not known is "-". */
const char hardware_script[] =
	"echo \"architecture $(uname -m)\"\n"
	"word() { word=$(cat \"$1\" 2>/dev/null); echo \"${word:--}\"; }\n"
	"word_or() { echo \"${1:-unknown}\"; }\n"
	"for device in /sys/class/net/*; do\n"
	"driver=$(readlink \"$device/device/driver\")\n"
	"echo \"device ${device##*/} $(word_or \"${driver##*/}\") "
	"$(word \"$device/device/vendor\") $(word \"$device/device/device\")\"\n"
	"done\n"
	"echo cpuinfo; cat /proc/cpuinfo; echo meminfo; cat /proc/meminfo\n";

/* What follows a line that is this word; NULL: there is none. */
static const char *section(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, word, length) == 0 && line[length] == '\n')
			return line + length;
	}
	return NULL;
}

static const char *known(const char *word)
{
	if (strcmp(word, "-") == 0)
		return "";
	return text_starts_with(word, "0x") ? word + 2 : word;
}

static void add_line(struct arena *arena, const char *line, json_t *machine)
{
	size_t count;
	const char **words = text_words(arena, line, &count);

	if (count == 5 && strcmp(words[0], "device") == 0)
		add_device(&(struct device){words[1], words[2], known(words[3]), known(words[4])},
			machine);
}

int hardware_parse(const char *text, const char *name, json_t **ret_machine, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *cpuinfo = section(text, "cpuinfo"), *meminfo = section(text, "meminfo");
	const char *architecture = "architecture ";
	char *rest, *line;
	json_t *machine;

	if (!cpuinfo || !meminfo || meminfo < cpuinfo || !text_starts_with(text, architecture))
		return fail(
			err, ERROR_PARSE, "what %s says of its hardware has another form", name);
	rest = arena_strndup(arena, text, (size_t)(cpuinfo - text));
	architecture = strsep(&rest, "\n") + strlen(architecture);
	machine = machine_json(arena, name,
		arena_strndup(arena, cpuinfo, (size_t)(meminfo - cpuinfo)), meminfo, architecture);
	while ((line = strsep(&rest, "\n")))
		add_line(arena, line, machine);
	*ret_machine = machine;
	return 0;
}

json_t *hardware_json(json_t *machines)
{
	return json_make("{s:s,s:{s:o}}", "status", "success", "data", "machines", machines);
}
