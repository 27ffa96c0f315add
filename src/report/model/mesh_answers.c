/* SPDX-License-Identifier: MIT */
/* Rows of the feature matrix that hostile packets and restarts answer. */
#include "report/model/ways.h"

#include "base/json.h"

#include <string.h>

/* Over TCP the kernel lets neither copies nor changes come to the VPN. */
static void add_kind(struct arena *arena, const json_t *kind, json_t *answers)
{
	static const struct {
		const char *kind, *row, *count, *says;
	} known[] = {{"replayed", "replay_protection", "/counts/again", "delivered twice"},
		{"mutated", "authenticated_encryption", "/counts/altered", "delivered altered"}};
	const char *name = json_string_at(kind, "/kind", "");
	bool is_udp = strcmp(json_string_at(kind, "/counts/carrier", ""), "udp") == 0;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		double count = json_number_at(kind, known[i].count, 0);

		if (strcmp(name, known[i].kind) == 0 && is_udp &&
			json_is_true(json_object_get(kind, "is_believed")) &&
			json_number_at(kind, "/counts/arrived", 0) > 0)
			ways_answer(answers, "hostile", known[i].row, count > 0 ? "no" : "yes",
				arena_printf(arena, "of %.0f %s packets %.0f were %s",
					json_number_at(kind, "/hostile_packets", 0), name, count,
					known[i].says));
	}
}

static void add_attack(struct arena *arena, const struct report_result *hostile, json_t *answers)
{
	const json_t *kinds = json_object_get(hostile->data, "kinds"), *kind;
	double readable = json_number_at(hostile->data, "/readable", 0);
	size_t i;

	json_array_foreach (kinds, i, kind)
		add_kind(arena, kind, answers);
	if (readable > 0)
		ways_answer(answers, "hostile", "no_cleartext_metadata", "no",
			arena_printf(arena, "%.0f packets were readable outside", readable));
}

/* What a mesh did without its coordinator, and what it did not. */
struct abilities {
	const char *can, *cannot;
};

static const char *listed(struct arena *arena, const char *list, const char *word)
{
	return *list ? arena_printf(arena, "%s, %s", list, word) : word;
}

/* Null: nobody tried. */
static void add_ability(struct arena *arena, struct abilities *abilities, const json_t *is_so,
	const char *can, const char *cannot)
{
	if (json_is_true(is_so))
		abilities->can = listed(arena, abilities->can, can);
	else if (json_is_false(is_so))
		abilities->cannot = listed(arena, abilities->cannot, cannot);
}

static void add_degradation(struct arena *arena, const struct report_result *restart,
	const json_t *goes_on, const json_t *rejoins, json_t *answers)
{
	struct abilities abilities = {"", ""};

	add_ability(arena, &abilities, goes_on, "pairs go on", "pairs do not go on");
	add_ability(arena, &abilities, rejoins, "hosts rejoin", "no host rejoins");
	add_ability(arena, &abilities, json_at(restart->data, "/new_pair/forms"), "new pairs form",
		"no new pair forms");
	ways_answer(answers, "restart", "graceful_degradation",
		*abilities.can ? abilities.can : "no",
		arena_printf(arena, "without the coordinator's daemons: %s",
			*abilities.cannot ? listed(arena, abilities.can, abilities.cannot)
					  : abilities.can));
}

/* Seconds without the coordinator say no, or nothing, where the question is about minutes. */
static void add_restart(struct arena *arena, const struct report_result *restart, json_t *answers)
{
	const json_t *lost = json_object_get(restart->data, "coordinator");
	const json_t *goes_on = json_object_get(lost, "pairs_go_on");
	const json_t *rejoins = json_object_get(lost, "can_rejoin");
	size_t restarts = json_array_size(json_at(restart->data, "/one_host/runs"));

	if (restarts)
		ways_answer(answers, "restart", "cached_credentials", "yes",
			arena_printf(arena,
				"after %zu restarts of a host all pairs answered again, by themselves",
				restarts));
	if (json_is_false(goes_on))
		ways_answer(answers, "restart", "existing_connections_survive", "no",
			"pairs fell silent when the coordinator's daemons ended");
	if (json_is_boolean(goes_on) && json_is_boolean(rejoins))
		add_degradation(arena, restart, goes_on, rejoins, answers);
}

json_t *mesh_answers(struct arena *arena, const struct report_condition *condition)
{
	json_t *answers = json_array();

	for (const struct report_repetition *whole = condition->whole; whole; whole = whole->next) {
		if (outcome_is_success(&whole->results[REPORT_HOSTILE].outcome))
			add_attack(arena, &whole->results[REPORT_HOSTILE], answers);
		if (outcome_is_success(&whole->results[REPORT_RESTART].outcome))
			add_restart(arena, &whole->results[REPORT_RESTART], answers);
	}
	return answers;
}
