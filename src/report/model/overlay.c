/* SPDX-License-Identifier: MIT */
/* A second tree, whose VPNs become VPNs of the first with a name of their own. */
#include "report/model/results.h"

#include <string.h>

/* "Tinc (B)", where a VPN of the first tree may have any name but this. */
static const char *name_of_second(const struct report_results *first, const char *name)
{
	const char *longer = arena_printf(first->arena, "%s (B)", name);

	return results_vpn(first, longer) ? name_of_second(first, longer) : longer;
}

/* Behind the VPN of the first tree that is the same, or at the end. */
static void insert(struct report_results *first, struct report_vpn *vpn, const char *twin)
{
	struct report_vpn **at = &first->vpns;

	while (*at && strcmp((*at)->name, twin) != 0)
		at = &(*at)->next;
	if (*at) {
		vpn->twin = *at;
		(*at)->twin = vpn;
		at = &(*at)->next;
	}
	vpn->next = *at;
	*at = vpn;
}

/* Problems are named with their tree as results are. */
static void adopt_problems(struct report_results *first, const struct report_results *second)
{
	size_t length = strlen(RESULTS_SECOND);

	for (const struct tree_problem *p = second->reading.problems; p; p = p->next) {
		bool is_named = strncmp(p->path, RESULTS_SECOND, length) == 0;

		tree_add_problem(first->arena, &first->reading,
			is_named ? p->path
				 : arena_printf(first->arena, RESULTS_SECOND "%s", p->path),
			p->why);
	}
	first->reading.file_count += second->reading.file_count;
	first->reading.byte_count += second->reading.byte_count;
}

void results_overlay(struct report_results *first, struct report_results *second)
{
	struct report_vpn *next;

	for (struct report_vpn *vpn = second->vpns; vpn; vpn = next) {
		const char *twin = vpn->name;

		next = vpn->next;
		vpn->name = name_of_second(first, vpn->name);
		vpn->title = arena_printf(first->arena, "%s (B)", vpn->title);
		vpn->is_second = true;
		if (vpn == second->reference)
			first->second_reference = vpn;
		insert(first, vpn, twin);
	}
	second->vpns = NULL;
	adopt_problems(first, second);
	results_collect_profiles(first);
	/* These are of a tree, and nothing on a page says of which. */
	first->matrix = NULL;
	first->calibration = NULL;
	first->second = second;
}

const struct report_vpn *results_reference_of(
	const struct report_results *results, const struct report_vpn *vpn)
{
	return vpn->is_second ? results->second_reference : results->reference;
}
