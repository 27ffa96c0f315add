/* SPDX-License-Identifier: MIT */
/* Rules of the wire, for hosts instead of ports. */
#include "lab/internal.h"

#include <string.h>

static int port_of(const struct lab *lab, uint16_t host, uint16_t *ret_port, struct error *err)
{
	size_t face = (size_t)host - lab->count;

	if (host == WIRE_ANY) {
		*ret_port = host;
		return 0;
	}
	if (host < lab->count) {
		*ret_port = (uint16_t)lab->ports[host];
		return 0;
	}
	if (!lab->topology || face >= ROUTER_SIDES * lab->topology->site_count)
		return fail(err, ERROR_USAGE, "the lab has no host %u", host);
	*ret_port = (uint16_t)lab->sites[face / ROUTER_SIDES].router.ports[face % ROUTER_SIDES];
	return 0;
}

int lab_set_rules(struct lab *lab, const struct wire_rule rules[], size_t count, struct error *err)
{
	struct wire_rule list[WIRE_MAX_RULES];

	if (!lab->wire)
		return fail(err, ERROR_MISSING, "engine %s has no rules; --engine wire has",
			lab_engine_name(lab->engine));
	if (count > WIRE_MAX_RULES)
		return fail(err, ERROR_USAGE, "%zu rules are more than %d", count, WIRE_MAX_RULES);
	for (size_t i = 0; i < count; i++) {
		list[i] = rules[i];
		if (port_of(lab, rules[i].from, &list[i].from, err) ||
			port_of(lab, rules[i].to, &list[i].to, err))
			return -1;
	}
	if (wire_set_rules(lab->wire, list, count, err))
		return emulated_blame(lab, err);
	return 0;
}

int lab_read_rules(
	struct lab *lab, struct wire_rule_use ret_uses[], size_t count, struct error *err)
{
	if (!lab->wire)
		return fail(
			err, ERROR_MISSING, "engine %s has no rules", lab_engine_name(lab->engine));
	if (wire_read_rules(lab->wire, ret_uses, count, err))
		return emulated_blame(lab, err);
	return 0;
}
