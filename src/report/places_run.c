/* SPDX-License-Identifier: MIT */
/* Which VPN suits behind routers, after a run in several topologies, each of which has a tree. */
#include "report/report.h"

#include "report/findings/verdict.h"

#include <string.h>

/* Everything that the trees say together, in an arena of its own; the trees own what it names. */
struct places {
	struct arena *arena;
	struct report_results **trees;
	size_t count;
	struct situation *situations;
	struct verdict all;
	const char *left_out; /* lines that say which trees cannot be read, and why */
};

static void places_done(struct places *places)
{
	for (size_t i = 0; i < places->count; i++)
		results_freep(&places->trees[i]);
	arena_freep(&places->arena);
}

static void add_row(struct places *places, const struct report_vpn *vpn)
{
	struct verdict_row **at = &places->all.rows;

	while (*at && strcmp((*at)->vpn->name, vpn->name) != 0)
		at = &(*at)->next;
	if (*at || vpn->is_reference)
		return;
	*at = arena_alloc(places->arena, struct verdict_row, 1);
	(*at)->vpn = vpn;
}

/* The same situation in another topology: what was seen there counts as well. */
static void add_situation(struct places *places, struct situation *more)
{
	struct situation **at = &places->situations;
	struct fitting **last;

	while (*at && strcmp((*at)->id, more->id) != 0)
		at = &(*at)->next;
	if (!*at) {
		*at = more;
		more->next = NULL;
		return;
	}
	last = &(*at)->fittings;
	while (*last)
		last = &(*last)->next;
	*last = more->fittings;
}

static void add_tree(struct places *places, struct report_results *results)
{
	struct situation *situation = situations_of(results), *next;

	places->trees[places->count++] = results;
	for (const struct report_vpn *vpn = results->vpns; situation && vpn; vpn = vpn->next)
		add_row(places, vpn);
	for (; situation; situation = next) {
		next = situation->next;
		add_situation(places, situation);
	}
}

/* The best first. */
static void sort_rows(struct places *places)
{
	struct verdict_row *rows = places->all.rows, *next;

	places->all.rows = NULL;
	for (; rows; rows = next) {
		struct verdict_row **at = &places->all.rows;

		next = rows->next;
		behind_count(places->situations, rows);
		while (*at && behind_is_ahead(*at, rows))
			at = &(*at)->next;
		rows->next = *at;
		*at = rows;
	}
}

bool report_places(const char *const *dirs, FILE *out)
{
	AUTO(places_done) struct places places = {.arena = arena_new(), .left_out = ""};
	size_t most = 0;

	while (dirs[most])
		most++;
	places.trees = arena_alloc(places.arena, struct report_results *, most + 1);
	for (; *dirs; dirs++) {
		struct report_results *results;
		struct error err;

		if (results_read(*dirs, &results, &err) == 0)
			add_tree(&places, results);
		else
			places.left_out = arena_printf(
				places.arena, "%sLeft out: %s\n", places.left_out, err.text);
	}
	if (!places.situations)
		return false;
	sort_rows(&places);
	places.all.situations = places.situations;
	fputs("In all topologies together\n\n", out);
	behind_write_text(out, places.arena, &places.all);
	fprintf(out, "%s\n%s", behind_sentence(places.arena, &places.all), places.left_out);
	return true;
}
