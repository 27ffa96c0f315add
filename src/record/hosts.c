/* SPDX-License-Identifier: MIT */
/* Which hosts took part, and the addresses that they had: layout.json. */
#include "record/hosts.h"

#include "base/json.h"

json_t *hosts_json(const struct hosts_entry entries[], size_t count)
{
	json_t *list = json_array();

	/* Published readers expect the flake; our hosts are built from none. */
	for (size_t i = 0; i < count; i++)
		json_array_append_new(
			list, json_make("{s:{s:s,s:{s:s,s:s,s:s,s:[]}},s:s?,s:s?}", "cmachine",
				      "name", entries[i].name, "flake", "identifier", "", "hash",
				      "", "store_path", "", "nix_options", "vpn_ip",
				      entries[i].overlay, "underlay_ip", entries[i].underlay));
	return list;
}
