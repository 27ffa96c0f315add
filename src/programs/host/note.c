/* SPDX-License-Identifier: MIT */
#include "programs/host/note.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	NOTE_MOST_BYTES = 1 << 20
};

#define FOREVER 4294967295.0 /* how ip(8) says it */

static bool is_dynamic(const json_t *address)
{
	return json_is_true(json_object_get(address, "dynamic"));
}

/* A router or the kernel gives IPv6 addresses of these kinds again; a lease of DHCP is kept. */
static bool comes_by_itself(const json_t *address)
{
	bool is_ipv6 = strcmp(json_string_at(address, "/family", ""), "inet6") == 0;

	return is_ipv6 &&
	       (is_dynamic(address) || strcmp(json_string_at(address, "/scope", ""), "link") == 0);
}

static void add_address(FILE *lines, const char *name, const json_t *address)
{
	const char *local = json_string_at(address, "/local", "");
	const char *peer = json_string_at(address, "/address", NULL);
	const char *broadcast = json_string_at(address, "/broadcast", NULL);
	double valid_s = json_number_at(address, "/valid_life_time", FOREVER);
	double preferred_s = json_number_at(address, "/preferred_life_time", FOREVER);
	int prefix = (int)json_number_at(address, "/prefixlen", 32);

	if (!*local || comes_by_itself(address))
		return;
	if (peer)
		fprintf(lines, "address replace %s peer %s/%d", local, peer, prefix);
	else
		fprintf(lines, "address replace %s/%d", local, prefix);
	if (broadcast)
		fprintf(lines, " broadcast %s", broadcast);
	fprintf(lines, " scope %s", json_string_at(address, "/scope", "global"));
	if (valid_s < FOREVER)
		fprintf(lines, " valid_lft %.0f preferred_lft %.0f", valid_s,
			preferred_s < valid_s ? preferred_s : valid_s);
	fprintf(lines, " dev %s%s\n", name,
		json_is_true(json_object_get(address, "noprefixroute")) ? " noprefixroute" : "");
}

/*
 * Of routes those that somebody set; through a gateway or not. A line of a batch has no option for
 * the family, which ip reads off the address, so the default route needs one too.
 */
static void add_routes(FILE *lines, const char *name, const char *everywhere, const char *routes,
	bool with_gateway, struct arena *arena)
{
	char *rest = arena_strdup(arena, routes), *line;

	while ((line = strsep(&rest, "\n"))) {
		char *dead;
		bool has_gateway = strstr(line, " via ") != NULL;

		if (!*text_trim(line) || line[0] == ' ' || line[0] == '\t' ||
			strstr(line, "proto kernel") || strstr(line, "proto ra") ||
			has_gateway != with_gateway)
			continue;
		dead = strstr(line, " linkdown");
		if (dead)
			*dead = '\0';
		line = text_trim(line);
		if (text_starts_with(line, "default "))
			fprintf(lines, "route replace %s %s dev %s\n", everywhere,
				line + strlen("default "), name);
		else
			fprintf(lines, "route replace %s dev %s\n", line, name);
	}
}

static bool has_flag(const json_t *device, const char *name)
{
	json_t *flag;
	size_t i;

	json_array_foreach (json_object_get(device, "flags"), i, flag) {
		if (json_is_string(flag) && strcmp(json_string_value(flag), name) == 0)
			return true;
	}
	return false;
}

int note_make(struct arena *arena, const char *name, const struct note_source *source,
	const char **ret_text, struct error *err)
{
	AUTO(text_freep) char *text = NULL;
	AUTO(stream_closep) FILE *lines = NULL;
	json_auto_t *list = NULL;
	const json_t *device, *mac;
	json_t *address;
	size_t size = 0, i;

	if (json_parse(
		    source->devices, strlen(source->devices), "ip -json address show", &list, err))
		return -1;
	device = json_array_get(list, 0);
	mac = json_object_get(device, "address");
	if (!json_is_string(mac))
		return fail(err, ERROR_PARSE, "ip says nothing of the network card %s", name);
	lines = open_memstream(&text, &size);
	fprintf(lines, "%s %s\n", name, json_string_value(mac));
	fprintf(lines, "link set dev %s %s\n", name, has_flag(device, "UP") ? "up" : "down");
	fprintf(lines, "link set dev %s allmulticast %s\n", name,
		has_flag(device, "ALLMULTI") ? "on" : "off");
	json_array_foreach (json_object_get(device, "addr_info"), i, address)
		add_address(lines, name, address);
	for (int with_gateway = 0; with_gateway < 2; with_gateway++) {
		add_routes(lines, name, "0.0.0.0/0", source->routes, with_gateway, arena);
		add_routes(lines, name, "::/0", source->routes6, with_gateway, arena);
	}
	fflush(lines);
	*ret_text = arena_strndup(arena, text, size);
	return 0;
}

int note_parse(struct arena *arena, const char *text, struct note *ret_note, struct error *err)
{
	char *rest = arena_strdup(arena, text);
	char *first = strsep(&rest, "\n"), *mac = first;
	const char *name = strsep(&mac, " ");

	if (!rest || !mac || !*name || !*mac)
		return fail(err, ERROR_PARSE, "the note of a network card is cut");
	*ret_note = (struct note){.name = name, .mac = mac, .lines = rest};
	return 0;
}

const char *note_card(struct arena *arena, const struct note *note, const char *devices)
{
	json_auto_t *list = NULL;
	struct error ignored;
	json_t *device;
	size_t i;

	if (json_parse(devices, strlen(devices), "ip -json link show", &list, &ignored))
		return NULL;
	json_array_foreach (list, i, device) {
		if (strcmp(json_string_at(device, "/address", ""), note->mac) == 0)
			return arena_strdup(arena, json_string_at(device, "/ifname", ""));
	}
	return NULL;
}

/* systemd makes the folder and removes it when all is undone. */
static const char *path_of_note(struct arena *arena)
{
	const char *folder = getenv("RUNTIME_DIRECTORY"); /* NOLINT(concurrency-mt-unsafe) */

	return arena_printf(arena, "%s/card", folder ? folder : "/run/meshbench");
}

int note_write(
	struct arena *arena, const char *name, const struct note_source *source, struct error *err)
{
	const char *path = path_of_note(arena), *text = "";
	const char *folder = arena_strndup(arena, path, (size_t)(strrchr(path, '/') - path));

	if (note_make(arena, name, source, &text, err) || dir_make(folder, 0700, err))
		return -1;
	return file_write(path, text, strlen(text), 0600, err);
}

#define OURS "made-by-meshbench" /* in place of a MAC address */

bool note_is_ours(const struct note *note)
{
	return strcmp(note->mac, OURS) == 0;
}

int note_write_ours(struct arena *arena, const char *name, struct error *err)
{
	const char *path = path_of_note(arena), *text = arena_printf(arena, "%s " OURS "\n", name);
	const char *folder = arena_strndup(arena, path, (size_t)(strrchr(path, '/') - path));

	if (dir_make(folder, 0700, err))
		return -1;
	return file_write(path, text, strlen(text), 0600, err);
}

int note_read(struct arena *arena, struct note *ret_note, struct error *err)
{
	char *text;

	if (file_read(arena, path_of_note(arena), NOTE_MOST_BYTES, &text, NULL, err)) {
		*ret_note = (struct note){0};
		return err->sys_errno == ENOENT ? 0 : -1;
	}
	return note_parse(arena, text, ret_note, err);
}

void note_remove(void)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	unlink(path_of_note(arena));
}
