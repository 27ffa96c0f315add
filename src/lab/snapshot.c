/* SPDX-License-Identifier: MIT */
/* Settings of hosts at two times, as lines of text, and what differs between them. */
#include "lab/internal.h"

#include "base/json.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* One host's answers at one time; a line of each is one setting. */
struct lab_snapshot {
	struct arena *arena;
	size_t host_count;
	const char **names;
	const char **answers; /* per host, of all topics */
};

/* In the order of `ask`, which separates them by lines of one \f. */
static const char *const topics[] = {
	"device", "sysctl", "queue", "offload", "route", "rule", "netfilter"};

#define SYSCTLS "/proc/sys/"

/*
 * What is not installed or not there has no lines. What counts by itself is left out. Devices come
 * first, because their names say what the other lines are about. Every visit reads a thousand
 * sysctls of each host twice, for which grep takes a third of the time that sysctl does.
 */
static const char *const ask[] = {"sh", "-c",
	"exec 2>/dev/null; ip -o -d link show; printf '\\f\\n'; "
	"grep -rs --exclude='*_count' '' " SYSCTLS "net; printf '\\f\\n'; "
	"tc qdisc show; printf '\\f\\n'; "
	"ethtool -k eth0; printf '\\f\\n'; "
	"ip route show table all; ip -6 route show table all; printf '\\f\\n'; "
	"ip rule show; ip -6 rule show | sed 's/^/-6 /'; printf '\\f\\n'; "
	"nft -s list ruleset; true",
	NULL};

int lab_snapshot(struct lab *lab, struct lab_snapshot **ret_snapshot, struct error *err)
{
	struct arena *arena = arena_new();
	struct lab_snapshot *snapshot = arena_alloc(arena, struct lab_snapshot, 1);
	struct errand *errands = arena_alloc(arena, struct errand, lab->count);

	*snapshot = (struct lab_snapshot){.arena = arena,
		.host_count = lab->count,
		.names = arena_alloc(arena, const char *, lab->count),
		.answers = arena_alloc(arena, const char *, lab->count)};
	for (size_t i = 0; i < lab->count; i++)
		errands[i] = (struct errand){.host = lab->nodes[i].host,
			.what = "read the host's settings",
			.argv = ask,
			.keep_bytes = (size_t)1 << 20};
	if (errands_run(lab->procs, arena, errands, lab->count, err)) {
		arena_free(arena);
		return -1;
	}
	for (size_t i = 0; i < lab->count; i++) {
		snapshot->names[i] = arena_strdup(arena, lab->nodes[i].name);
		snapshot->answers[i] = errands[i].out;
	}
	*ret_snapshot = snapshot;
	return 0;
}

void lab_snapshot_free(struct lab_snapshot *snapshot)
{
	if (snapshot)
		arena_free(snapshot->arena);
}

void lab_snapshot_freep(struct lab_snapshot **snapshot)
{
	lab_snapshot_free(*snapshot);
	*snapshot = NULL;
}

/* Sorted lines of one topic. */
struct lines {
	char **list;
	size_t count;
};

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "/proc/sys/net/ipv4/conf/eth0.5/forwarding:0" as sysctl says it: net.ipv4.conf.eth0/5... */
static char *sysctl_of(struct arena *arena, const char *line)
{
	const char *name = line + strlen(SYSCTLS);
	size_t length = strcspn(name, ":");
	char *words = arena_printf(
		arena, "%.*s = %s", (int)length, name, name[length] ? name + length + 1 : "");

	for (size_t i = 0; i < length; i++) {
		if (words[i] == '/' || words[i] == '.')
			words[i] = words[i] == '/' ? '.' : '/';
	}
	return words;
}

static struct lines lines_of(struct arena *arena, const char *text)
{
	struct lines lines = {.list = arena_alloc(arena, char *, strlen(text) / 2 + 1)};
	char *copy = arena_strdup(arena, text), *rest = NULL;

	for (char *at = copy; (at = strchr(at, '\t'));)
		*at = ' ';
	for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		lines.list[lines.count++] =
			text_trim(text_starts_with(line, SYSCTLS) ? sysctl_of(arena, line) : line);
	qsort(lines.list, lines.count, sizeof(*lines.list), compare_lines);
	return lines;
}

/* The text of each topic, from one answer. */
static void split(struct arena *arena, const char *answer, const char *ret_texts[])
{
	char *rest = arena_strdup(arena, answer);

	for (size_t i = 0; i < ARRAY_SIZE(topics); i++) {
		char *end = strstr(rest, "\f\n");

		ret_texts[i] = rest;
		if (end)
			*end = '\0';
		rest = end ? end + 2 : rest + strlen(rest);
	}
}

/* "7: eth0@if8: <...": the name. */
static char *device_of(struct arena *arena, const char *line)
{
	const char *name = strstr(line, ": ");

	return name ? arena_strndup(arena, name + 2, strcspn(name + 2, ":@")) : NULL;
}

/* Devices of one list that the other does not have; ends with NULL. */
static const char **devices_beyond(struct arena *arena, struct lines list, struct lines other)
{
	const char **beyond = arena_alloc(arena, const char *, list.count + 1);
	size_t used = 0;

	for (size_t i = 0; i < list.count; i++) {
		const char *name = device_of(arena, list.list[i]);
		bool is_there = !name;

		for (size_t j = 0; !is_there && j < other.count; j++) {
			const char *same = device_of(arena, other.list[j]);

			is_there = same && strcmp(name, same) == 0;
		}
		if (!is_there)
			beyond[used++] = name;
	}
	beyond[used] = NULL;
	return beyond;
}

static bool is_in_name(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '_' || c == '-';
}

/* Whether the line has the name as a whole word: "dev tun0 ", "net.ipv4.conf.tun0.mtu". */
static bool names(const char *line, const char *device)
{
	size_t length = strlen(device);

	for (const char *at = strstr(line, device); at; at = strstr(at + 1, device)) {
		if ((at == line || !is_in_name(at[-1])) && !is_in_name(at[length]))
			return true;
	}
	return false;
}

static bool names_any(const char *line, const char *const devices[])
{
	for (size_t i = 0; devices[i]; i++) {
		if (names(line, devices[i]))
			return true;
	}
	return false;
}

/* Lines that the other list lacks, except what is said about `devices`. */
static json_t *lines_beyond(struct lines list, struct lines other, const char *const devices[])
{
	json_t *beyond = json_array();
	size_t j = 0;

	for (size_t i = 0; i < list.count; i++) {
		while (j < other.count && strcmp(other.list[j], list.list[i]) < 0)
			j++;
		if (j < other.count && strcmp(other.list[j], list.list[i]) == 0)
			j++;
		else if (!names_any(list.list[i], devices))
			json_array_append_new(beyond, json_text(list.list[i]));
	}
	return beyond;
}

/* What is set on devices of a VPN's own is its business; its rules may concern all traffic. */
static bool concerns_all(size_t topic)
{
	return strcmp(topics[topic], "rule") == 0 || strcmp(topics[topic], "netfilter") == 0;
}

void snapshot_changes(json_t *changes, const char *host, const char *before, const char *after)
{
	static const char *const none[] = {NULL};
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *old[ARRAY_SIZE(topics)], *new[ARRAY_SIZE(topics)];
	const char **gone, **come;

	split(arena, before, old);
	split(arena, after, new);
	gone = devices_beyond(arena, lines_of(arena, old[0]), lines_of(arena, new[0]));
	come = devices_beyond(arena, lines_of(arena, new[0]), lines_of(arena, old[0]));
	for (size_t i = 0; i < ARRAY_SIZE(topics); i++) {
		struct lines was = lines_of(arena, old[i]), is = lines_of(arena, new[i]);
		json_t *removed = lines_beyond(was, is, concerns_all(i) ? none : gone);
		json_t *added = lines_beyond(is, was, concerns_all(i) ? none : come);

		if (json_array_size(removed) + json_array_size(added) > 0)
			json_array_append_new(
				changes, json_make("{s:s, s:s, s:O, s:O}", "host", host, "topic",
						 topics[i], "before", removed, "after", added));
		json_decref(removed);
		json_decref(added);
	}
}

json_t *lab_snapshot_changes(const struct lab_snapshot *before, const struct lab_snapshot *after)
{
	json_t *changes = json_array();

	for (size_t i = 0; i < before->host_count && i < after->host_count; i++)
		snapshot_changes(changes, before->names[i], before->answers[i], after->answers[i]);
	return changes;
}
