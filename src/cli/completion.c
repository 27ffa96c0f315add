/* SPDX-License-Identifier: MIT */
/* What completes an option or an argument, whatever the shell. */
#include "cli/completion.h"

#include <string.h>

const struct completion_shell *completion_shell_named(const char *name)
{
	static const struct completion_shell *const shells[] = {
		&completion_bash, &completion_zsh, &completion_fish};

	for (size_t i = 0; i < ARRAY_SIZE(shells); i++)
		if (strcmp(shells[i]->name, name) == 0)
			return shells[i];
	return NULL;
}

/* By the option's name, or by how its usage calls an argument. */
static const struct {
	const char *name;
	struct completion_source source;
} sources[] = {
	{"vpn", {COMPLETION_NAMES, "vpns"}},
	{"workload", {COMPLETION_NAMES, "workloads"}},
	{"profile", {COMPLETION_NAMES, "profiles"}},
	{"topology", {COMPLETION_NAMES, "topologies"}},
	{"tuning", {COMPLETION_NAMES, "tunings"}},
	{"board", {COMPLETION_NAMES, "boards"}},
	{"row", {COMPLETION_NAMES, "features"}},
	{"engine", {COMPLETION_WORDS, "auto wire bridge netem cable edge"}},
	{"tcp-clients", {COMPLETION_WORDS, "two one"}},
	{"udp-tool", {COMPLETION_WORDS, "meshbench iperf3"}},
	{"video", {COMPLETION_WORDS, "auto live replay"}},
	{"closure", {COMPLETION_WORDS, "small large"}},
	{"on", {COMPLETION_FILES, NULL}},
	{"DIR", {COMPLETION_FOLDERS, NULL}},
	{"FILE", {COMPLETION_FILES, NULL}},
	{"BEFORE", {COMPLETION_FOLDERS, NULL}},
	{"PLAN", {COMPLETION_NAMES, "plans"}},
	{"PROFILE", {COMPLETION_NAMES, "profiles"}},
	{"OLD", {COMPLETION_NAMES, "vpns"}},
	{"SHELL", {COMPLETION_WORDS, "bash zsh fish"}},
	{"vpns", {COMPLETION_WORDS, "vpns workloads profiles tunings boards plans features"}},
};

static struct completion_source source_named(const char *name, size_t length)
{
	for (size_t i = 0; i < ARRAY_SIZE(sources); i++)
		if (strlen(sources[i].name) == length &&
			strncmp(sources[i].name, name, length) == 0)
			return sources[i].source;
	return (struct completion_source){COMPLETION_NOTHING, NULL};
}

struct completion_source completion_of_option(const struct option_row *row)
{
	struct completion_source source = source_named(row->name, strlen(row->name));

	if (source.kind != COMPLETION_NOTHING || !row->argument)
		return source;
	return source_named(row->argument, strlen(row->argument));
}

struct completion_source completion_of_arguments(const struct option_table *table)
{
	const char *word = strchr(table->usage, ' ');

	if (!word)
		return (struct completion_source){COMPLETION_NOTHING, NULL};
	word += strspn(word, " [");
	return source_named(word, strcspn(word, " ].|"));
}
