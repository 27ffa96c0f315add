/* SPDX-License-Identifier: MIT */
#include "far/look.h"

#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
	MOST_PROGRAMS = 1000,
	MOST_FACTS = 40
};

/*
 * POSIX sh, because it is what every machine has. SSH_CONNECTION names both ends of the connection
 * by address: the card is the one on the way back. A small machine takes long to start programs, so
 * few are.
 */
const char far_look_script[] =
	"say() { printf '%s %s\\n' \"$1\" \"$2\"; }\n"
	"folder=$1 device=$2 sudo=$3\n"
	"shift 3\n"
	"PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin\n"
	"there() { case $1 in module:*) [ -e \"/sys/module/${1#module:}\" ] || modinfo \"${1#module:}\" "
	">/dev/null 2>&1 && echo kernel;; *) command -v -- \"$1\";; esac; }\n"
	"say begin 1\n"
	"say uid \"$(id -u)\"\n"
	"say user \"$(id -un)\"\n"
	"say kernel \"$(uname -r)\"\n"
	"say architecture \"$(uname -m)\"\n"
	"[ -z \"$sudo\" ] || say sudo \"$( (LC_ALL=C sudo -n true 2>&1 || echo failed) | tr '\\n' ' ')\"\n"
	"say systemd \"$(systemctl show --property=Version --value 2>/dev/null)\"\n"
	"say unit \"$(systemctl is-active meshbench 2>/dev/null)\"\n"
	"[ -z \"$(systemctl is-active meshbench 2>/dev/null | grep '^activ')\" ] || say owner "
	"\"$(systemctl show meshbench --property=Description --value 2>/dev/null)\"\n"
	"say cgroup \"$(stat -f -c %T /sys/fs/cgroup 2>/dev/null)\"\n"
	"[ ! -e /run/dbus/system_bus_socket ] || say bus yes\n"
	"[ ! -c /dev/net/tun ] || say tun yes\n"
	"[ ! -x \"$folder/meshbench-host\" ] || say programs yes\n"
	"[ ! -e \"/sys/class/net/$device\" ] || say device yes\n"
	"driver=$(readlink \"/sys/class/net/$device/device/driver\" 2>/dev/null)\n"
	"say card \"${driver##*/}\"\n"
	"set -- ${SSH_CONNECTION:-} -- \"$@\"\n"
	"[ \"$1\" = -- ] || say control \"$(ip route get \"$1\" 2>/dev/null | sed -n "
	"'s/.* dev \\([^ ]*\\).*/\\1/p' | head -n 1)\"\n"
	"[ \"$1\" = -- ] || say port \"$4\"\n"
	"say address \"$(ip -4 -brief address show dev \"$device\" scope global 2>/dev/null | sed -n "
	"'1s/^[^ ]* *[^ ]* *\\([0-9.]*\\/[0-9]*\\).*/\\1/p')\"\n"
	"say gateway \"$(ip -4 route show default dev \"$device\" 2>/dev/null | sed -n "
	"'1s/.*via \\([0-9.]*\\).*/\\1/p')\"\n"
	"while [ \"$1\" != -- ]; do shift; done\n"
	"shift\n"
	"for program; do say \"program:$program\" \"$(there \"$program\")\"; done\n"
	"for program; do case $program in module:*) ;; *) there \"$program\";; esac; done | grep ^/ | sort -u | "
	"tr '\\n' '\\0' | xargs -0 -r sha256sum -- 2>/dev/null | sed -n 's/^\\([0-9a-f]\\{64\\}\\)  /sum \\1 /p'\n"
	"fact() { say \"fact:$1\" \"$2\"; }\n"
	"first() { head -n 1 \"$1\" 2>/dev/null; }\n"
	"fact kernel_build \"$(uname -v)\"\n"
	"fact operating_system \"$(sed -n 's/^PRETTY_NAME=//p' /etc/os-release 2>/dev/null | tr -d '\"')\"\n"
	"fact cpu \"$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)\"\n"
	"fact cores \"$(getconf _NPROCESSORS_ONLN)\"\n"
	"fact memory \"$(sed -n 's/^MemTotal: *//p' /proc/meminfo)\"\n"
	"fact clock_source \"$(first /sys/devices/system/clocksource/clocksource0/current_clocksource)\"\n"
	"fact frequency_governor \"$(first /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor)\"\n"
	"fact virtualization \"$(systemd-detect-virt 2>/dev/null)\"\n"
	"fact load_average \"$(first /proc/loadavg)\"\n"
	"fact nic_speed_mbps \"$(first \"/sys/class/net/$device/speed\")\"\n"
	"fact nic_mtu_bytes \"$(first \"/sys/class/net/$device/mtu\")\"\n"
	"say end 1\n";

struct reading {
	struct arena *arena;
	struct far_look *look;
	struct far_program *programs;
	struct far_fact *facts;
	bool has_ended;
};

/* Printable, and NULL when it is empty. */
static const char *value_of(struct arena *arena, const char *text)
{
	char *value = text_trim(arena_strdup(arena, text));

	for (char *at = value; *at; at++) {
		if (!isprint((unsigned char)*at))
			*at = '?';
	}
	return *value ? value : NULL;
}

static void take_program(struct reading *r, const char *name, const char *path)
{
	if (r->look->program_count < MOST_PROGRAMS)
		r->programs[r->look->program_count++] = (struct far_program){name, path, NULL};
}

static void take_fact(struct reading *r, const char *name, const char *value)
{
	if (name && value && r->look->fact_count < MOST_FACTS)
		r->facts[r->look->fact_count++] = (struct far_fact){name, value};
}

/* "HASH PATH" */
static void take_sum(struct reading *r, const char *text)
{
	const char *path = text ? strchr(text, ' ') : NULL;

	for (size_t i = 0; path && i < r->look->program_count; i++) {
		struct far_program *program = &r->programs[i];

		if (program->path && strcmp(program->path, path + 1) == 0)
			program->sha256 = arena_strndup(r->arena, text, (size_t)(path - text));
	}
}

static void take_line(struct reading *r, const char *word, const char *text)
{
	const char *value = value_of(r->arena, text);
	struct far_look *look = r->look;
	const struct {
		const char *word;
		const char **text;
		bool *flag;
	} rows[] = {
		{"user", &look->user, NULL},
		{"kernel", &look->kernel, NULL},
		{"architecture", &look->architecture, NULL},
		{"systemd", &look->systemd, NULL},
		{"cgroup", &look->cgroup, NULL},
		{"unit", &look->unit, NULL},
		{"owner", &look->owner, NULL},
		{"control", &look->control, NULL},
		{"card", &look->card, NULL},
		{"port", &look->ssh_port, NULL},
		{"address", &look->address, NULL},
		{"gateway", &look->gateway, NULL},
		{"bus", NULL, &look->has_bus},
		{"tun", NULL, &look->has_tun},
		{"programs", NULL, &look->has_programs},
		{"device", NULL, &look->has_device},
		{"end", NULL, &r->has_ended},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (strcmp(rows[i].word, word) != 0)
			continue;
		if (rows[i].text)
			*rows[i].text = value;
		else
			*rows[i].flag = true;
	}
	if (strcmp(word, "uid") == 0 && value)
		look->uid = strtol(value, NULL, 10);
	if (strcmp(word, "sudo") == 0)
		look->sudo = value ? value : "";
	if (text_starts_with(word, "program:"))
		take_program(r, value_of(r->arena, word + strlen("program:")), value);
	if (text_starts_with(word, "fact:"))
		take_fact(r, value_of(r->arena, word + strlen("fact:")), value);
	if (strcmp(word, "sum") == 0)
		take_sum(r, value);
}

int far_look_parse(
	struct arena *arena, const char *text, struct far_look *ret_look, struct error *err)
{
	struct far_look look = {.uid = -1};
	struct reading r = {.arena = arena, .look = &look};
	char *rest = arena_strdup(arena, text), *line;

	r.programs = arena_alloc(arena, struct far_program, MOST_PROGRAMS);
	r.facts = arena_alloc(arena, struct far_fact, MOST_FACTS);
	look.programs = r.programs;
	look.facts = r.facts;
	while (!r.has_ended && (line = strsep(&rest, "\n"))) {
		char *value = line;
		const char *word = strsep(&value, " ");

		if (value)
			take_line(&r, word, value);
	}
	if (!r.has_ended || look.uid < 0 || !look.kernel)
		return fail(err, ERROR_PARSE,
			"a script that looks around there printed '%.80s', which is not its answer",
			value_of(arena, text) ? value_of(arena, text) : "nothing");
	*ret_look = look;
	return 0;
}

const char *far_look_fact(const struct far_look *look, const char *name)
{
	for (size_t i = 0; i < look->fact_count; i++) {
		if (strcmp(look->facts[i].name, name) == 0)
			return look->facts[i].value;
	}
	return NULL;
}
