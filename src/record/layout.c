/* SPDX-License-Identifier: MIT */
/* The names of files and folders in a result tree, for its writer and its reader. */
#include "record/layout.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

char *layout_join(struct arena *arena, const char *const parts[])
{
	char *path = arena_strdup(arena, "");

	for (size_t i = 0; parts[i]; i++) {
		if (*parts[i])
			path = arena_printf(arena, "%s%s%s", path, *path ? "/" : "", parts[i]);
	}
	return path;
}

char *layout_vpn(struct arena *arena, const char *dir, const char *vpn)
{
	return LAYOUT_PATH(arena, dir, vpn);
}

char *layout_profile(struct arena *arena, const char *dir, const char *vpn, const char *profile)
{
	return LAYOUT_PATH(arena, dir, vpn, profile);
}

/* The folder of a cell of one link; what a cell of all links keeps aside is in General/. */
static char *aside(struct arena *arena, const char *dir, const struct record_cell *cell)
{
	if (!cell->source)
		return LAYOUT_PATH(
			arena, dir, LAYOUT_GENERAL, LAYOUT_ALL_LINKS, cell->vpn, cell->profile);
	return arena_printf(arena, "%s/%zu_%s",
		layout_profile(arena, dir, cell->vpn, cell->profile), cell->position, cell->source);
}

static char *aside_of_repetition(
	struct arena *arena, const char *dir, const struct record_cell *cell)
{
	char *folder = aside(arena, dir, cell);

	if (cell->repetition == 0)
		return folder;
	return arena_printf(arena, "%s/" LAYOUT_REPETITIONS "/%zu", folder, cell->repetition);
}

char *layout_cell_folder(struct arena *arena, const char *dir, const struct record_cell *cell)
{
	if (!cell->source && cell->repetition == 0)
		return layout_profile(arena, dir, cell->vpn, cell->profile);
	return aside_of_repetition(arena, dir, cell);
}

char *layout_cell_file(struct arena *arena, const char *dir, const struct record_cell *cell)
{
	return LAYOUT_PATH(arena, layout_cell_folder(arena, dir, cell), cell->file);
}

char *layout_cell_samples(struct arena *arena, const char *dir, const struct record_cell *cell)
{
	return LAYOUT_PATH(
		arena, aside_of_repetition(arena, dir, cell), LAYOUT_SAMPLES, cell->file);
}

bool layout_host_of(const char *folder, size_t *ret_position, const char **ret_name)
{
	char *end = NULL;
	unsigned long position;

	if (!isdigit((unsigned char)folder[0]))
		return false;
	errno = 0;
	position = strtoul(folder, &end, 10);
	if (errno || end[0] != '_' || !layout_is_name(end + 1))
		return false;
	*ret_position = position;
	*ret_name = end + 1;
	return true;
}

bool layout_is_vpn(const char *folder)
{
	return layout_is_name(folder) && strcmp(folder, LAYOUT_GENERAL) != 0;
}

bool layout_is_name(const char *name)
{
	return name[0] != '\0' && name[0] != '.' && !strchr(name, '/');
}

bool layout_is_free(const char *name)
{
	static const char *const own[] = {LAYOUT_GENERAL, LAYOUT_COMPARISON, LAYOUT_SAMPLES,
		LAYOUT_REPETITIONS, LAYOUT_ALL_LINKS, LAYOUT_STATE, LAYOUT_TUNINGS};
	const char *host;
	size_t position;

	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (strcasecmp(name, own[i]) == 0)
			return false;
	return layout_is_name(name) && !layout_host_of(name, &position, &host);
}
