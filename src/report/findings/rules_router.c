/* SPDX-License-Identifier: MIT */
/* Rules about hosts behind routers: punch, roam, relay and pathchoice. */
#include "report/findings/rules.h"

#include "base/json.h"
#include "report/model/ways.h"

#include <string.h>

enum {
	TRIALS_LEAST = 4,   /* below, a VPN may have been unlucky */
	FLAPS_LEAST = 3,    /* changes of way; one is a choice, and two may be a mistake */
	SHORT_MEMORY_S = 30 /* of many a home's NAT, for UDP (Haetoenen et al. 2010) */
};

static void each_way(struct look *look,
	void (*of_ways)(struct look *look, const struct report_condition *condition,
		const struct report_ways *ways))
{
	const struct report_results *results = look->findings->results;

	for (const struct report_condition *condition = look->vpn->conditions; condition;
		condition = condition->next) {
		for (const struct report_ways *ways =
				ways_of(look->findings->arena, results, condition);
			ways; ways = ways->next) {
			if (ways->trials >= TRIALS_LEAST)
				of_ways(look, condition, ways);
		}
	}
}

static void look_indirect(
	struct look *look, const struct report_condition *condition, const struct report_ways *ways)
{
	if (ways->direct || !ways->relayed || !ways_can_be_direct(ways->one, ways->other))
		return;
	look_say(look,
		"%s sends packets of hosts behind routers by way of a third host, although their routers would let them through directly: their throughput and delay are those of the third.",
		look->vpn->title);
	look_show(look, ways->path, "%s, %s and %s: direct in 0 of %zu trials, relayed in %zu",
		profile_title(condition->profile), ways->one, ways->other, ways->trials,
		ways->relayed);
}

void rule_indirect(struct look *look)
{
	each_way(look, look_indirect);
}

static void look_no_way(
	struct look *look, const struct report_condition *condition, const struct report_ways *ways)
{
	const char *design = ways_design(look->findings->results, look->vpn);

	if (ways->no_way < ways->trials)
		return;
	look_say(look,
		"Hosts behind some routers never reach each other with %s as it is set up here: it finds no direct way, and no third host relays.",
		look->vpn->title);
	look_show(look, ways->path, "%s, %s and %s: no way in %zu of %zu trials%s",
		profile_title(condition->profile), ways->one, ways->other, ways->no_way,
		ways->trials,
		!ways_can_be_direct(ways->one, ways->other) ? ""
		: design                                    ? arena_printf(look->findings->arena,
								      ", by design: hole punching was read as '%s'", design)
			 : ", although a direct one is possible");
}

void rule_no_way(struct look *look)
{
	each_way(look, look_no_way);
}

static void look_lost(struct look *look, const struct report_condition *condition,
	const struct report_result *result)
{
	const char *operation;
	json_t *described;

	json_object_foreach (result->data, operation, described) {
		size_t runs = json_array_size(json_object_get(described, "runs"));
		double returned = json_number_at(described, "/returned", (double)runs);

		if (!runs || returned >= (double)runs)
			continue;
		look_say(look,
			"A host whose network changes can stay silent with %s for longer than was waited: nothing makes the others find it again.",
			look->vpn->title);
		look_show(look, result->outcome.path,
			"%s, %s: back within %.0f s in %.0f of %zu runs",
			profile_title(condition->profile), operation,
			json_number_at(result->data, "/limit_s", 0), returned, runs);
	}
}

void rule_lost_after_change(struct look *look)
{
	for (const struct report_condition *condition = look->vpn->conditions; condition;
		condition = condition->next) {
		for (const struct report_repetition *whole = condition->whole; whole;
			whole = whole->next) {
			const struct report_result *result = &whole->results[REPORT_ROAM];

			if (outcome_is_success(&result->outcome))
				look_lost(look, condition, result);
		}
	}
}

static void look_forgotten(struct look *look, const struct report_condition *condition,
	const struct report_result *result)
{
	double fails_s = json_number_at(result->data, "/fails_s", 0);
	double survives_s = json_number_at(result->data, "/survives_s", 0);
	struct arena *arena = look->findings->arena;

	if (fails_s < SHORT_MEMORY_S)
		return;
	look_say(look,
		"With %s a silent host is lost where its NAT forgets after %d s, as many do (Haetoenen et al. 2010)%s: nothing keeps its way open, until it sends by itself.",
		look->vpn->title, SHORT_MEMORY_S,
		fails_s >= 55
			? ", and after the 55 s that peers should expect (Halkes and Pouwelse 2011)"
			: "");
	look_show(look, result->outcome.path, "%s: lost where it forgets after %.0f s%s",
		profile_title(condition->profile), fails_s,
		survives_s > 0 ? arena_printf(arena, ", reached after %.0f s", survives_s) : "");
}

void rule_forgotten(struct look *look)
{
	for (const struct report_condition *condition = look->vpn->conditions; condition;
		condition = condition->next) {
		for (const struct report_repetition *whole = condition->whole; whole;
			whole = whole->next) {
			const struct report_result *result = &whole->results[REPORT_KEEPALIVE];

			if (outcome_is_success(&result->outcome))
				look_forgotten(look, condition, result);
		}
	}
}

/* Every run of a turn of such a workload. */
static void each_run(struct look *look, enum report_workload_id workload, const char *turn,
	void (*of_run)(struct look *look, const struct report_condition *condition,
		const struct report_result *result, const json_t *run))
{
	for (const struct report_condition *condition = look->vpn->conditions; condition;
		condition = condition->next) {
		for (const struct report_repetition *whole = condition->whole; whole;
			whole = whole->next) {
			const struct report_result *result = &whole->results[workload];
			json_t *run;
			size_t i;

			if (!outcome_is_success(&result->outcome))
				continue;
			json_array_foreach (json_object_get(result->data, turn), i, run)
				of_run(look, condition, result, run);
		}
	}
}

static void each_bad(struct look *look,
	void (*of_run)(struct look *look, const struct report_condition *condition,
		const struct report_result *result, const json_t *run))
{
	each_run(look, REPORT_PATHCHOICE, "slow", of_run);
	each_run(look, REPORT_PATHCHOICE, "lossy", of_run);
}

static void look_never_direct(struct look *look, const struct report_condition *condition,
	const struct report_result *result, const json_t *run)
{
	const char *way = json_string_at(run, "/way_before", "none");

	if (strcmp(json_string_at(run, "/start", ""), "never_direct") != 0)
		return;
	look_say(look,
		"Two hosts behind routers have no direct way with %s as it is set up here for as long as was waited, although packets went between them all the time. Nothing could be done to their direct way, so this says what %s does without one.",
		look->vpn->title, look->vpn->title);
	look_show(look, result->outcome.path, "%s: %s", profile_title(condition->profile),
		strcmp(way, "relayed") == 0 ? arena_printf(look->findings->arena, "relayed by %s",
						      json_string_at(run, "/relay", "a third host"))
					    : "no way that the wire's record shows");
}

void rule_never_direct(struct look *look)
{
	each_run(look, REPORT_RELAY, "blocked", look_never_direct);
	each_bad(look, look_never_direct);
}

static bool went(const json_t *run, const char *when, const char *way)
{
	return strcmp(json_string_at(run, when, ""), way) == 0;
}

static void look_no_relay(struct look *look, const struct report_condition *condition,
	const struct report_result *result, const json_t *run)
{
	if (!went(run, "/way_before", "direct") || !went(run, "/way_blocked", "none"))
		return;
	look_say(look,
		"Two hosts whose direct way is blocked stay without a way with %s as it is set up here for as long as was waited: no third host relayed in that time. A VPN that asks its peers once a minute needs more than a minute (--relay-seconds 120).",
		look->vpn->title);
	look_show(look, result->outcome.path, "%s: direct before, no way in the end of %.0f s",
		profile_title(condition->profile), json_number_at(result->data, "/blocked_s", 0));
}

void rule_no_relay(struct look *look)
{
	each_run(look, REPORT_RELAY, "blocked", look_no_relay);
}

static void look_stays(struct look *look, const struct report_condition *condition,
	const struct report_result *result, const json_t *run)
{
	if (!went(run, "/way_before", "direct") || !went(run, "/way_freed", "relayed"))
		return;
	look_say(look,
		"%s goes on by way of a third host after the direct way is free again: throughput and delay stay those of the relay.",
		look->vpn->title);
	look_show(look, result->outcome.path, "%s: relayed %.0f s after the way was freed",
		profile_title(condition->profile), json_number_at(result->data, "/blocked_s", 0));
}

void rule_stays_relayed(struct look *look)
{
	each_run(look, REPORT_RELAY, "blocked", look_stays);
}

static void look_stays_bad(struct look *look, const struct report_condition *condition,
	const struct report_result *result, const json_t *run)
{
	if (!went(run, "/way_before", "direct") || !went(run, "/way_bad", "direct"))
		return;
	look_say(look,
		"%s keeps a direct way that is slow or loses packets for as long as was waited, and takes no other one.",
		look->vpn->title);
	look_show(look, result->outcome.path,
		"%s: direct %.0f s later, with round trips of %.1f ms and %.0f packets lost",
		profile_title(condition->profile), json_number_at(result->data, "/bad_s", 0),
		json_number_at(run, "/bad_rtt_ms", 0), json_number_at(run, "/lost_packets", 0));
}

void rule_stays_bad(struct look *look)
{
	each_bad(look, look_stays_bad);
}

static void look_flaps(struct look *look, const struct report_condition *condition,
	const struct report_result *result, const json_t *run)
{
	double moves = json_number_at(run, "/moves", 0);

	if (moves < FLAPS_LEAST)
		return;
	look_say(look,
		"With %s packets change their way again and again while one of two ways is bad.",
		look->vpn->title);
	look_show(look, result->outcome.path, "%s: %.0f changes in %.0f s",
		profile_title(condition->profile), moves,
		json_number_at(result->data, "/bad_s", 0));
}

void rule_flaps(struct look *look)
{
	each_bad(look, look_flaps);
}
