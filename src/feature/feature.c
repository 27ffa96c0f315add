/* SPDX-License-Identifier: MIT */
/* All checks, and how their answers are written. */
#include "feature/internal.h"

#include "base/json.h"

#include <string.h>

const struct feature_check *const feature_checks[] = {&check_device, &check_ipv4, &check_ipv6,
	&check_carrier, &check_padding, &check_altered, &check_replay, &check_stale, &check_window,
	&check_foreign, &check_multicast, &check_broadcast, &check_frames, &check_bridged,
	&check_tos, &check_congestion, &check_replies, &check_pieces, &check_full, &check_lossy,
	&check_quiet, &check_relay, &check_stranger, &check_rekey, NULL};

/* Why an answer does not count although there is one; NULL: it counts. */
static const char *doubt(const char *known, const struct feature_observation *control)
{
	if (!known || !control || strcmp(control->is, known) == 0)
		return NULL;
	return control->is[0] ? "the bare link gave another answer than is known of it"
			      : "the same check on the bare link was not decided";
}

json_t *feature_observation_json(const struct feature_check *check, size_t i,
	const struct feature_observation *control, const struct feature_observation *answer)
{
	const char *reason = doubt(check->known[i], control);
	bool is_decided = answer->is[0] && !reason;

	if (!answer->is[0])
		reason = answer->because;
	return json_make("{s:s, s:s?, s:s, s:s, s:s, s:s?, s:s?, s:s?, s:s?}", "row",
		check->rows[i], "is", is_decided ? answer->is : NULL, "because", answer->because,
		"check", check->name, "evidence", check->evidence, "known", check->known[i],
		"control", control && control->is[0] ? control->is : NULL, "control_because",
		control ? control->because : NULL, "not_decided", is_decided ? NULL : reason);
}
