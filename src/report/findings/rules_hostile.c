/* SPDX-License-Identifier: MIT */
/* The rule about hostile packets: what they did to a VPN, for its user and its authors. */
#include "report/findings/rules.h"

#include "base/json.h"

#include <math.h>

/* One measurement before and one after differ by less without any reason. */
static const double SLOWER = 0.5;

/* What arrives under attack, as a share of what arrives without; a few packets are lost to load. */
static const double CARRIED = 0.9;

static double share_at(const json_t *value, const char *arrived, const char *sent)
{
	double count = json_number_at(value, sent, NAN);

	return count > 0 ? json_number_at(value, arrived, NAN) / count : NAN;
}

/* Never of results that do not say it. */
static bool is_less_carried(const json_t *data, const json_t *kind)
{
	return share_at(kind, "/counts/arrived", "/counts/sent") <
	       CARRIED * share_at(data, "/calm_arrived", "/calm_sent");
}

static bool stops_carrying(const json_t *data)
{
	const json_t *kinds = json_object_get(data, "kinds"), *entry;
	size_t i;

	json_array_foreach (kinds, i, entry) {
		if (is_less_carried(data, entry))
			return true;
	}
	return false;
}

static void show_carried(struct look *look, const char *path, const json_t *data)
{
	const json_t *kinds = json_object_get(data, "kinds"), *entry;
	size_t i;

	json_array_foreach (kinds, i, entry) {
		if (is_less_carried(data, entry))
			look_show(look, path,
				"%s packets: %.1f %% of the mesh's own packets arrived meanwhile, %.1f %% before",
				json_string_at(entry, "/kind", "?"),
				100 * share_at(entry, "/counts/arrived", "/counts/sent"),
				100 * share_at(data, "/calm_arrived", "/calm_sent"));
	}
}

static void show_crashes(struct look *look, const char *path, const json_t *data)
{
	const json_t *kinds = json_object_get(data, "kinds"), *entry;
	size_t i;

	json_array_foreach (kinds, i, entry) {
		const json_t *met = json_object_get(entry, "rules"), *rule;
		double index = 0;
		size_t k;

		if (!json_is_string(json_object_get(entry, "crash")))
			continue;
		json_array_foreach (met, k, rule)
			index = fmax(index, json_number_at(rule, "/last_index", 0));
		look_show(look, path,
			"%s packets: a daemon ended (%s); wire seed %s, packet %.0f at the latest",
			json_string_at(entry, "/kind", "?"), json_string_at(entry, "/crash", "?"),
			json_string_at(data, "/wire_seed", "?"), index);
	}
}

static void look_at(struct look *look, const struct report_condition *condition,
	const struct report_result *result)
{
	static const struct {
		const char *pointer, *says;
	} counts[] = {{"/again", "packets were delivered twice"},
		{"/altered", "altered packets were delivered"},
		{"/pieces", "cut packets were delivered"},
		{"/returned", "reflected packets were delivered to their sender"},
		{"/readable", "packets were readable outside"},
		{"/lost", "times the mesh did not answer afterwards"}};
	const json_t *data = result->data;
	const char *path = result->outcome.path, *profile = profile_title(condition->profile);
	double before = json_number_at(data, "/bps_before", NAN);
	double after = json_number_at(data, "/bps_after", NAN);

	show_crashes(look, path, data);
	show_carried(look, path, data);
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		double count = json_number_at(data, counts[i].pointer, 0);

		if (count > 0)
			look_show(look, path, "%s: %.0f %s", profile, count, counts[i].says);
	}
	if (json_is_false(json_object_get(data, "is_bounded")))
		look_show(look, path, "%s: memory grew from %.0f to %.0f MB", profile,
			json_number_at(data, "/rss_before_bytes", 0) / 1e6,
			json_number_at(data, "/rss_most_bytes", 0) / 1e6);
	if (after < SLOWER * before)
		look_show(look, path, "%s: TCP carried %.0f Mbit/s before and %.0f after", profile,
			before / 1e6, after / 1e6);
}

static bool has_effect(const json_t *data)
{
	return json_number_at(data, "/crashes", 0) > 0 || json_number_at(data, "/lost", 0) > 0 ||
	       json_number_at(data, "/accepted", 0) > 0 ||
	       json_number_at(data, "/readable", 0) > 0 ||
	       json_is_false(json_object_get(data, "is_bounded")) || stops_carrying(data) ||
	       json_number_at(data, "/bps_after", NAN) <
		       SLOWER * json_number_at(data, "/bps_before", NAN);
}

void rule_hostile(struct look *look)
{
	struct mesh_spot at = {0};

	while (look_next_success(look, REPORT_HOSTILE, &at)) {
		if (json_is_true(json_object_get(at.result->data, "is_bare")) ||
			!has_effect(at.result->data))
			continue;
		look_say(look,
			"Replayed, cut, changed or reflected packets have an effect on %s: somebody on the way can send them.",
			look->vpn->title);
		look_at(look, at.condition, at.result);
	}
}
