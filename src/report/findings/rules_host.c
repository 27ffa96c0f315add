/* SPDX-License-Identifier: MIT */
/* Rules about what a VPN does to the hosts that it runs on. */
#include "report/findings/rules.h"

#include "base/json.h"

/* The first line of a list, and how many more there are. */
static const char *first_line(struct arena *arena, const json_t *lines)
{
	size_t count = json_array_size(lines);
	const char *first = json_string_value(json_array_get(lines, 0));

	if (!first)
		return "nothing";
	return count == 1 ? arena_printf(arena, "'%s'", first)
			  : arena_printf(arena, "'%s' and %zu more", first, count - 1);
}

static void look_changed(
	struct look *look, const struct report_condition *condition, const json_t *change)
{
	struct arena *arena = look->findings->arena;

	look_say(look,
		"%s changed settings of its hosts beyond its own devices. Other programs on such a host are affected, too.",
		look->vpn->title);
	look_show(look, condition->vpn_path, "%s, %s, %s: %s, before %s",
		profile_title(condition->profile), json_string_at(change, "/host", ""),
		json_string_at(change, "/topic", ""),
		first_line(arena, json_object_get(change, "after")),
		first_line(arena, json_object_get(change, "before")));
}

void rule_host_changed(struct look *look)
{
	look_at_facts(look, "host_changes", look_changed);
}
