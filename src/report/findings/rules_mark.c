/* SPDX-License-Identifier: MIT */
/* The rule about results, failures among them, that something else than the VPN may have made. */
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

	if (!marks)
		return;
	look_say(listing->look,
		"Something other than the VPN and its profile may have affected some results. They were measured twice and carry a mark: a marked figure (*) counts only where there are no others, and a marked failure may not be the VPN's.");
	look_show(listing->look, place->outcome->path, "%s, %s, %s%s%s%s: %s", listing->vpn->title,
		profile_title(listing->condition->profile), place->workload->word,
		place->link ? ", " : "", place->link ? place->link->folder : "",
		outcome_is_success(place->outcome) ? "" : ", which failed",
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
