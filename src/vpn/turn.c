/* Which hosts run a step, how often, and the exact words and files of each turn. */
#include "vpn/internal.h"

#include <stdint.h>
#include <string.h>

/* Whom a step is repeated for in this round on this host; false when there are fewer. */
static bool each_of_round(const struct mesh *mesh, const struct driver_step *step, size_t host,
	size_t round, const struct member **ret_each)
{
	*ret_each = NULL;
	if (step->each == DRIVER_EACH_NONE)
		return round == 0;
	if (step->each == DRIVER_EACH_OTHERS && host <= round)
		round++; /* the host itself is left out */
	if (round >= mesh->count)
		return false;
	*ret_each = &mesh->members[round];
	return true;
}

size_t turns_of_round(const struct mesh *mesh, const struct driver_step *step, size_t only,
	size_t round, struct turn turns[])
{
	size_t count = 0;

	if (driver_step_is_on_controller(step)) {
		turns[0].host = SIZE_MAX;
		return only == SIZE_MAX &&
		       each_of_round(mesh, step, SIZE_MAX, round, &turns[0].each);
	}
	for (size_t host = 0; host < mesh->count; host++) {
		if ((only != SIZE_MAX && only != host) ||
			!driver_runs_on(mesh->driver, step->where, host))
			continue;
		turns[count].host = host;
		if (each_of_round(mesh, step, host, round, &turns[count].each))
			count++;
	}
	return count;
}

struct scope turn_scope(const struct mesh *mesh, const struct turn *turn)
{
	return (struct scope){
		mesh, turn->host == SIZE_MAX ? NULL : &mesh->members[turn->host], turn->each};
}

const char *turn_place(const struct mesh *mesh, const struct turn *turn)
{
	return turn->host == SIZE_MAX ? "controller" : mesh->members[turn->host].name;
}

int turn_words(const struct mesh *mesh, const struct driver_step *step, const struct turn *turn,
	const char *const **ret_words, struct error *err)
{
	struct scope scope = turn_scope(mesh, turn);
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
	script = arena_alloc(mesh->arena, const char *, count + 1);
	memcpy(script, words, count * sizeof(*words));
	script[0] = arena_printf(
		mesh->arena, "%s/%s", scope.host ? scope.host->dir : mesh->driver->dir, words[0]);
	*ret_words = script;
	return 0;
}

int turn_file(const struct mesh *mesh, const struct driver_step *step, const struct turn *turn,
	const char **ret_path, const char **ret_text, struct error *err)
{
	struct scope scope = turn_scope(mesh, turn);
	const char *dir = scope.host ? scope.host->dir : mesh->work;
	struct template template;

	if (template_load(mesh->arena,
		    arena_printf(mesh->arena, "%s/%s", mesh->driver->dir, step->write_template),
		    &template, err))
		return -1;
	if (expand_path(&scope, step->write_to, dir, ret_path, err))
		return -1;
	return expand_template(&scope, &template, ret_text, err);
}
