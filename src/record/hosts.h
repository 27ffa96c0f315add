/* SPDX-License-Identifier: MIT */
#pragma once

#include <jansson.h>
#include <stddef.h>

/* One host of a VPN's run in layout.json; addresses as text. */
struct hosts_entry {
	const char *name, *overlay, *underlay; /* NULL: not known */
};

/* The published list, in the order of the plan: {cmachine: {name, flake}, vpn_ip, underlay_ip}. */
json_t *hosts_json(const struct hosts_entry entries[], size_t count);
