/* SPDX-License-Identifier: MIT */
/* A rule about routers that were measured before trials and are not what they were set to. */
#include "report/findings/rules.h"

#include "base/json.h"

#include <string.h>

#define ANY "endpoint-independent"
#define BY_ADDRESS "address-dependent"
#define BY_PORT "address-and-port-dependent"

/* What a public host sees of kinds whose name says it all (RFC 5780). */
static const struct kind {
	const char *name, *mapping, *filtering;
	bool is_translated;
} kinds[] = {{"none", ANY, ANY, false}, {"firewall", ANY, BY_PORT, false},
	{"full-cone", ANY, ANY, true}, {"address-restricted", ANY, BY_ADDRESS, true},
	{"port-restricted", ANY, BY_PORT, true}, {"nat64", ANY, BY_PORT, true},
	{"linux", ANY, BY_PORT, true}, {"carrier", ANY, BY_PORT, true},
	{"symmetric", BY_PORT, BY_PORT, true}, {"symmetric-sequential", BY_PORT, BY_PORT, true}};

static const struct kind *kind_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	}
	return NULL;
}

/* A test whose answers were lost says nothing. */
static bool is_so(const json_t *router, const struct kind *kind)
{
	const char *mapping = json_string_at(router, "/mapping", NULL);
	const char *filtering = json_string_at(router, "/filtering", NULL);

	return !mapping || !filtering ||
	       (strcmp(mapping, kind->mapping) == 0 && strcmp(filtering, kind->filtering) == 0 &&
		       json_is_true(json_object_get(router, "is_translated")) ==
			       kind->is_translated);
}

static void look_at_router(
	struct look *look, const struct report_result *result, const json_t *router)
{
	const char *host = json_string_at(router, "/host", "");
	const char *set = results_router_of(look->findings->results, host);
	const struct kind *kind = kind_named(set);

	if (!kind || is_so(router, kind))
		return;
	look_say(look,
		"Before trials of %s a router was measured as another kind than it was set to, so what is said of kinds of router may be about others.",
		look->vpn->title);
	look_show(look, result->outcome.path,
		"%s: set to %s, measured with %s mapping and %s filtering%s", host, set,
		json_string_at(router, "/mapping", "?"), json_string_at(router, "/filtering", "?"),
		json_is_true(json_object_get(router, "is_translated")) ? ""
								       : ", and no translation");
}

void rule_router_differs(struct look *look)
{
	struct mesh_spot at = {0};
	const json_t *router;
	size_t i;

	/* Of a failure, too: it may come of this. */
	while (look_next_mesh(look, REPORT_PUNCH, &at))
		json_array_foreach (json_object_get(at.result->data, "routers"), i, router)
			look_at_router(look, at.result, router);
}
