/* SPDX-License-Identifier: MIT */
/* What an overlay needs of the lab: its routes pinned, its names known. */
#include "lab/internal.h"

#include "base/json.h"

#include <string.h>

static const char *const list_ipv4[] = {"ip", "-json", "route", "show", "table", "all", NULL};
static const char *const list_ipv6[] = {"ip", "-json", "-6", "route", "show", "table", "all", NULL};
static const char *const batch_ipv4[] = {"ip", "-batch", "-", NULL};
static const char *const batch_ipv6[] = {"ip", "-6", "-batch", "-", NULL};

/* The lines that pin the routes in `listing`; what cannot be pinned is remembered. */
static int pin_lines(struct lab *lab, struct arena *arena, const char *host, const char *listing,
	const char **ret_lines, struct error *err)
{
	json_auto_t *routes = NULL;
	const json_t *route;
	size_t index;

	*ret_lines = "";
	if (!*listing)
		return 0;
	if (json_parse(listing, strlen(listing), "ip -json route", &routes, err))
		return -1;
	json_array_foreach (routes, index, route) {
		const char *line;

		switch (route_pin(arena, route, lab->congestion, &line)) {
		case ROUTE_TO_PIN:
			*ret_lines = arena_printf(arena, "%s%s", *ret_lines, line);
			break;
		case ROUTE_CANNOT:
			json_array_append_new(lab->unpinned_routes,
				json_make("{s:s, s:O}", "host", host, "route", route));
			break;
		case ROUTE_IS_FINE:
			break;
		}
	}
	return 0;
}

static int pin_routes(struct lab *lab, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct errand *lists = arena_alloc(arena, struct errand, 2 * lab->count);
	struct errand *pins = arena_alloc(arena, struct errand, 2 * lab->count);
	size_t used = 0;

	for (size_t i = 0; i < 2 * lab->count; i++)
		lists[i] = (struct errand){.host = lab->nodes[i / 2].host,
			.what = "list the routes",
			.argv = i % 2 ? list_ipv6 : list_ipv4,
			.keep_bytes = (size_t)4 << 20};
	if (errands_run(lab->procs, arena, lists, 2 * lab->count, err))
		return -1;
	json_array_clear(lab->unpinned_routes);
	for (size_t i = 0; i < 2 * lab->count; i++) {
		pins[used] = (struct errand){.host = lists[i].host,
			.what = "pin the overlay's routes",
			.argv = i % 2 ? batch_ipv6 : batch_ipv4};
		if (pin_lines(lab, arena, lab->nodes[i / 2].name, lists[i].out, &pins[used].input,
			    err))
			return -1;
		used += *pins[used].input != '\0';
	}
	return errands_run(lab->procs, arena, pins, used, err);
}

int lab_name_overlay(struct lab *lab, const char *const addresses[], struct error *err)
{
	if (lab_set_names(lab, addresses, err))
		return -1;
	if (addresses && !lab->is_pinned_by_sysctl && pin_routes(lab, err))
		return fail_in(err, "pin the overlay to %s", lab->congestion);
	return 0;
}
