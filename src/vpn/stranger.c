/* SPDX-License-Identifier: MIT */
/*
 * What a host knows that is not a member: all that the driver does not call a secret, of the mesh,
 * and in place of secrets what it makes for itself.
 */
#include "vpn/internal.h"

#include <string.h>

static const enum driver_phase all_phases[] = {DRIVER_PREPARE, DRIVER_SERVE, DRIVER_JOIN};

int stranger_is_possible(const struct driver *driver, struct error *err)
{
	bool sends = false;

	for (size_t i = 0; i < ARRAY_SIZE(all_phases); i++) {
		const struct driver_phase_steps *phase = &driver->phases[all_phases[i]];

		for (size_t k = 0; k < phase->count; k++) {
			for (size_t n = 0; n < phase->steps[k].send_count; n++) {
				if (phase->steps[k].sends[n].is_public)
					return 0;
				sends = true;
			}
		}
	}
	return sends ? fail(err, ERROR_USAGE,
			       "the driver does not say which of the files that it sends are public")
		     : 0;
}

static bool is_secret(const struct driver *driver, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(all_phases); i++) {
		const struct driver_phase_steps *phase = &driver->phases[all_phases[i]];

		for (size_t k = 0; k < phase->count; k++) {
			const struct driver_step *step = &phase->steps[k];

			for (size_t n = 0; n < step->capture_count; n++) {
				if (step->captures[n].is_secret &&
					strcmp(step->captures[n].as, name) == 0)
					return true;
			}
		}
	}
	return false;
}

static char next_of(char c, char first, char last)
{
	return (char)(first + (c - first + 1) % (last - first + 1));
}

/* Of the same form, and wrong: every letter and digit of its second half is the next one. */
static const char *wrong(struct arena *arena, const char *secret)
{
	char *text = arena_strdup(arena, secret);

	for (char *at = text + strlen(text) / 2; *at; at++) {
		if (*at >= '0' && *at <= '9')
			*at = next_of(*at, '0', '9');
		else if (*at >= 'a' && *at <= 'z')
			*at = next_of(*at, 'a', 'z');
		else if (*at >= 'A' && *at <= 'Z')
			*at = next_of(*at, 'A', 'Z');
	}
	return text;
}

static void learn_list(
	struct vpn *stranger, const struct captured *known, struct captured **ret_list)
{
	struct arena *arena = stranger->arena;

	for (; known; known = known->next)
		captured_set(arena, ret_list, known->name,
			is_secret(stranger->driver, known->name) ? wrong(arena, known->text)
								 : known->text);
}

void stranger_learn(struct vpn *stranger, size_t host)
{
	const struct roster *mesh = &stranger->mesh->roster;

	for (size_t i = 0; i < mesh->count; i++) {
		if (i != host)
			learn_list(stranger, mesh->members[i].captured,
				&stranger->roster.members[i].captured);
	}
	learn_list(stranger, mesh->captured, &stranger->roster.captured);
}

bool stranger_keeps(
	const struct vpn *vpn, const struct driver_capture *capture, struct captured *const *list)
{
	return vpn->mesh && !capture->is_secret &&
	       list != &vpn->roster.members[vpn->hosts.index].captured;
}
