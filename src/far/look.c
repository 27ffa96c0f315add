/* SPDX-License-Identifier: MIT */
#include "far/look.h"

#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
	MOST_PROGRAMS = 1000
};

/*
 * POSIX sh, because it is what every machine has. SSH_CONNECTION names both ends of the connection
 * by address: the card is the one on the way back.
 */
const char far_look_script[] =
	"say() { printf '%s %s\\n' \"$1\" \"$(printf %s \"$2\" | tr '\\n' ' ')\"; }\n"
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
	"[ -z \"$sudo\" ] || say sudo \"$(LC_ALL=C sudo -n true 2>&1 || echo failed)\"\n"
	"say systemd \"$(systemctl show --property=Version --value 2>/dev/null)\"\n"
	"say unit \"$(systemctl is-active meshbench 2>/dev/null)\"\n"
	"say cgroup \"$(stat -f -c %T /sys/fs/cgroup 2>/dev/null)\"\n"
	"[ ! -c /dev/net/tun ] || say tun yes\n"
	"[ ! -x \"$folder/meshbench-host\" ] || say programs yes\n"
	"[ ! -e \"/sys/class/net/$device\" ] || say device yes\n"
	"driver=$(readlink \"/sys/class/net/$device/device/driver\" 2>/dev/null)\n"
	"say card \"${driver##*/}\"\n"
	"set -- ${SSH_CONNECTION:-} -- \"$@\"\n"
	"[ \"$1\" = -- ] || say control \"$(ip route get \"$1\" 2>/dev/null | sed -n "
	"'s/.* dev \\([^ ]*\\).*/\\1/p' | head -n 1)\"\n"
	"while [ \"$1\" != -- ]; do shift; done\n"
	"shift\n"
	"for program; do say \"program:$program\" \"$(there \"$program\")\"; done\n"
	"say end 1\n";

struct reading {
	struct arena *arena;
	struct far_look *look;
	struct far_program *programs;
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
		r->programs[r->look->program_count++] = (struct far_program){name, path};
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
		{"control", &look->control, NULL},
		{"card", &look->card, NULL},
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
}

int far_look_parse(
	struct arena *arena, const char *text, struct far_look *ret_look, struct error *err)
{
	struct far_look look = {.uid = -1};
	struct reading r = {.arena = arena, .look = &look};
	char *rest = arena_strdup(arena, text), *line;

	r.programs = arena_alloc(arena, struct far_program, MOST_PROGRAMS);
	look.programs = r.programs;
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
