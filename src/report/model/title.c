/* SPDX-License-Identifier: MIT */
/* What VPNs are called where people read: their folder in a tree stays their key. */
#include "report/model/results.h"

#include "base/json.h"

#include <string.h>

/* Older trees and the published ones do not say it. */
static const struct {
	const char *folder, *title;
} known[] = {
	{"Easytier", "EasyTier"},
	{"Fastd", "fastd"},
	{"Headscale", "Tailscale with Headscale"},
	{"Internal", "Bare link"},
	{"Netbird", "NetBird"},
	{"Tinc", "tinc"},
	{"Vpncloud", "VpnCloud"},
	{"Wireguard", "WireGuard"},
	{"Zerotier", "ZeroTier"},
};

/* As its driver wrote it when the VPN ran; NULL when no condition says so. */
static const char *written_title(const struct report_vpn *vpn)
{
	const char *title = NULL;

	for (const struct report_condition *c = vpn->conditions; c && !title; c = c->next)
		title = json_string_at(c->vpn_facts, "/title", NULL);
	return title;
}

/* Of a folder "Tinc@1.1" the title is "tinc 1.1". */
static const char *title_of_vpn(struct arena *arena, const struct report_vpn *vpn)
{
	size_t length = strcspn(vpn->name, "@");
	const char *title = written_title(vpn);

	for (size_t i = 0; i < ARRAY_SIZE(known) && !title; i++)
		if (strlen(known[i].folder) == length &&
			strncasecmp(known[i].folder, vpn->name, length) == 0)
			title = known[i].title;
	if (!title)
		return length && vpn->name[length] ? arena_printf(arena, "%.*s %s", (int)length,
							     vpn->name, vpn->name + length + 1)
						   : vpn->name;
	return vpn->name[length] ? arena_printf(arena, "%s %s", title, vpn->name + length + 1)
				 : title;
}

static bool is_taken(const struct report_results *results, const struct report_vpn *vpn)
{
	for (const struct report_vpn *other = results->vpns; other != vpn; other = other->next)
		if (strcmp(other->title, vpn->title) == 0)
			return true;
	return false;
}

void results_title(struct report_results *results)
{
	for (struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		vpn->title = title_of_vpn(results->arena, vpn);
		if (is_taken(results, vpn))
			vpn->title = arena_printf(results->arena, "%s (%s)", vpn->title, vpn->name);
	}
}

const char *vpn_title(const struct report_results *results, const char *name)
{
	const struct report_vpn *vpn = results_vpn(results, name);

	return vpn ? vpn->title : name;
}
