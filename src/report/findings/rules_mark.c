/* SPDX-License-Identifier: MIT */
/* The rule about figures that something else than the VPN may have made. */
#include "report/findings/rules.h"

struct listing {
	struct look *look;
	const struct report_vpn *vpn;
	const struct report_condition *condition;
};

static void list_result(void *context, const struct report_place *place)
{
	const struct listing *listing = context;
	const struct mark *marks = place->outcome->envelope.marks;

	if (!marks || !outcome_is_success(place->outcome))
		return;
	look_say(listing->look,
		"Something other than the VPN and its profile may have affected some figures. They were measured twice, carry a mark (*), and count only where there are no others.");
	look_show(listing->look, place->outcome->path, "%s, %s, %s%s%s: %s", listing->vpn->title,
		profile_title(listing->condition->profile), place->workload->word,
		place->link ? ", " : "", place->link ? place->link->folder : "",
		marks_text(listing->look->findings->arena, marks));
}

void rule_marked(struct look *look)
{
	for (const struct report_vpn *vpn = look->findings->results->vpns; vpn; vpn = vpn->next) {
		for (const struct report_condition *condition = vpn->conditions; condition;
			condition = condition->next) {
			struct listing listing = {look, vpn, condition};

			condition_each_result(condition, list_result, &listing);
		}
	}
}
