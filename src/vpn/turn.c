/* SPDX-License-Identifier: MIT */
/* Which hosts run a step, how often, and the exact words and files of each turn. */
#include "vpn/internal.h"

#include <string.h>

/* Whom a step is repeated for in this round on this host; false when there are fewer. */
static bool each_of_round(const struct roster *roster, const struct driver_step *step,
	const struct turn *turn, size_t round, const struct member **ret_each)
{
	*ret_each = NULL;
	if (step->each == DRIVER_EACH_NONE)
		return round == 0;
	if (step->each == DRIVER_EACH_OTHERS && !turn->is_on_controller && turn->host <= round)
		round++; /* the host itself is left out */
	if (round >= roster->count)
		return false;
	*ret_each = &roster->members[round];
	return true;
}

size_t turns_of_round(const struct roster *roster, const struct driver_step *step,
	struct lab_hosts only, size_t round, struct turn turns[])
{
	size_t count = 0;

	if (driver_step_is_on_controller(step)) {
		turns[0] = (struct turn){.is_on_controller = true};
		return (only.kind == LAB_ALL_HOSTS || roster->is_strangers) &&
		       each_of_round(roster, step, &turns[0], round, &turns[0].each);
	}
	for (size_t host = 0; host < roster->count; host++) {
		if (!lab_hosts_include(only, host) ||
			!driver_runs_on(roster->driver, step->where, host))
			continue;
		turns[count] = (struct turn){.host = host};
		if (each_of_round(roster, step, &turns[count], round, &turns[count].each))
			count++;
	}
	return count;
}

struct scope turn_scope(const struct roster *roster, const struct turn *turn)
{
	return (struct scope){
		roster, turn->is_on_controller ? NULL : &roster->members[turn->host], turn->each};
}

const char *turn_place(const struct roster *roster, const struct turn *turn)
{
	return turn->is_on_controller ? "controller" : roster->members[turn->host].name;
}

int turn_words(const struct roster *roster, const struct driver_step *step, const struct turn *turn,
	const char *const **ret_words, struct error *err)
{
	struct scope scope = turn_scope(roster, turn);
	const char *const *words;
	const char **script;
	size_t count = 0;

	if (expand_words(&scope, step->words, &words, err))
		return -1;
	*ret_words = words;
	if (step->verb != DRIVER_SCRIPT)
		return 0;
	while (words[count])
		count++;
	script = arena_alloc(roster->arena, const char *, count + 1);
	memcpy(script, words, count * sizeof(*words));
	script[0] = arena_printf(roster->arena, "%s/%s",
		scope.host ? scope.host->dir : roster->driver->dir, words[0]);
	*ret_words = script;
	return 0;
}

int turn_file(const struct roster *roster, const struct driver_step *step, const struct turn *turn,
	const char **ret_path, const char **ret_text, struct error *err)
{
	struct scope scope = turn_scope(roster, turn);
	const char *dir = scope.host ? scope.host->dir : roster->work;

	if (expand_path(&scope, step->write_to, dir, ret_path, err))
		return -1;
	return expand_template(&scope, step->write_template, ret_text, err);
}
