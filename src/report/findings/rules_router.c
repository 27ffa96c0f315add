/* SPDX-License-Identifier: MIT */
/* Rules about hosts behind routers: punch, roam, relay and pathchoice. */
#include "report/findings/rules.h"

#include "base/json.h"
#include "report/model/gaps.h"
#include "report/model/ways.h"

#include <math.h>
#include <string.h>

enum {
	PERCENT_LATE = 75, /* of the time that a trial has */
	TRIALS_LEAST = 4,  /* below, a VPN may have been unlucky */
	FLAPS_LEAST = 3    /* changes of way; one is a choice, and two may be a mistake */
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
		!ways_can_be_direct(ways->one, ways->other) ? ", where only a relay can help"
		: design                                    ? arena_printf(look->findings->arena,
								      ", by design: hole punching was read as '%s'", design)
			 : ", although a direct one is possible");
}

void rule_no_way(struct look *look)
{
	each_way(look, look_no_way);
}

/* A trial that is as long as it takes does not say whether a way would have become direct. */
static void look_late(
	struct look *look, const struct report_condition *condition, const struct report_ways *ways)
{
	double last_s = 0;

	for (size_t i = 0; i < ways->times; i++)
		last_s = fmax(last_s, ways->direct_s[i]);
	if (!ways->times || ways->direct == ways->trials ||
		last_s < ways->limit_s * PERCENT_LATE / 100)
		return;
	look_say(look,
		"%s finds a direct way between some hosts behind routers only in part of the trials, and its last ones come shortly before a trial ends: in a longer one it may be direct more often.",
		look->vpn->title);
	look_show(look, ways->path,
		"%s, %s and %s: direct in %zu of %zu trials, the last after %.1f s of %.0f s",
		profile_title(condition->profile), ways->one, ways->other, ways->direct,
		ways->trials, last_s, ways->limit_s);
}

void rule_late(struct look *look)
{
	each_way(look, look_late);
}

/* Who hears a host again after its network changed, and who does not. */
struct hearing {
	const char *silent, *heard; /* names, with commas; "" */
	const char *router;         /* of one that does not */
	bool is_filtered;           /* the routers of all that do not let in only what they know */
};

static const char *with_name(struct arena *arena, const char *names, const char *name)
{
	if (strstr(arena_printf(arena, ", %s,", names), arena_printf(arena, ", %s,", name)))
		return names;
	return arena_printf(arena, "%s%s%s", names, *names ? ", " : "", name);
}

static bool lets_in_only_what_it_knows(const char *router)
{
	return strcmp(router, "none") != 0 && strcmp(router, "full-cone") != 0;
}

static struct hearing hearing_of(const struct look *look, const json_t *run)
{
	struct arena *arena = look->findings->arena;
	struct hearing hearing = {"", "", "", true};
	const char *host = json_string_at(run, "/host", "");
	json_t *pair;
	size_t i;

	json_array_foreach (json_object_get(run, "pairs"), i, pair) {
		const char *from = json_string_at(pair, "/from", "");
		const char *to = json_string_at(pair, "/to", "");
		const char *other = strcmp(from, host) == 0 ? to : from;
		const char *router = results_router_of(look->findings->results, other);

		if (strcmp(from, host) != 0 && strcmp(to, host) != 0)
			continue;
		if (json_is_number(json_object_get(pair, "stable_s"))) {
			hearing.heard = with_name(arena, hearing.heard, other);
			continue;
		}
		hearing.silent = with_name(arena, hearing.silent, other);
		hearing.router = router;
		hearing.is_filtered &= lets_in_only_what_it_knows(router);
	}
	return hearing;
}

/* Why some never hear it: their routers let it in only after they spoke to where it is now. */
static const char *why_lost(const struct look *look, const char *operation, const json_t *runs)
{
	json_t *run;
	size_t i;

	/* There its own router keeps the others out. */
	if (strncmp(operation, "forgotten", strlen("forgotten")) == 0)
		return "";
	json_array_foreach (runs, i, run) {
		struct hearing hearing = hearing_of(look, run);

		if (*hearing.silent && *hearing.heard && hearing.is_filtered)
			return arena_printf(look->findings->arena,
				"; %s heard it and %s did not, behind a router (%s) that lets in only what was spoken to: "
				"somebody would have to say where the host is now",
				hearing.heard, hearing.silent, hearing.router);
	}
	return "";
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
			"A host whose network changes can stay silent with %s for longer than was waited: until then nothing makes the others find it again.",
			look->vpn->title);
		look_show(look, result->outcome.path,
			"%s, %s: back within %.0f s in %.0f of %zu runs%s",
			profile_title(condition->profile), operation,
			json_number_at(result->data, "/limit_s", 0), returned, runs,
			why_lost(look, operation, json_object_get(described, "runs")));
	}
}

void rule_lost_after_change(struct look *look)
{
	struct mesh_spot at = {0};

	while (look_next_success(look, REPORT_ROAM, &at))
		look_lost(look, at.condition, at.result);
}

static void look_forgotten(struct look *look, const struct report_condition *condition,
	const struct report_result *result)
{
	double fails_s = json_number_at(result->data, "/fails_s", 0);
	double survives_s = json_number_at(result->data, "/survives_s", 0);
	struct arena *arena = look->findings->arena;

	if (fails_s < GAP_NAT_S)
		return;
	look_say(look,
		"With %s a silent host is lost where its NAT forgets after %d s, as many do (Haetoenen et al. 2010)%s: nothing keeps its way open, until it sends by itself.",
		look->vpn->title, GAP_NAT_S,
		fails_s >= GAP_PEER_S
			? arena_printf(arena,
				  ", and after the %d s that peers should expect (Halkes and Pouwelse 2011)",
				  GAP_PEER_S)
			: "");
	look_show(look, result->outcome.path, "%s: lost where it forgets after %.0f s%s",
		profile_title(condition->profile), fails_s,
		survives_s > 0 ? arena_printf(arena, ", reached after %.0f s", survives_s) : "");
}

static double longest_gap_s(const json_t *sends)
{
	double longest_s = 0;
	json_t *pair;
	size_t i;

	json_array_foreach (json_object_get(sends, "pairs"), i, pair) {
		struct report_gap gap = gap_of(sends, pair);

		if (gap.is_of_host && gap.longest_s > longest_s)
			longest_s = gap.longest_s;
	}
	return longest_s;
}

static void show_gap(struct look *look, const struct report_condition *condition, const char *path,
	const struct report_gap *gap)
{
	const char *words = gap_words(look->findings->arena, gap);

	if (gap->is_silent)
		look_show(look, path, "%s, %s to %s: %s", profile_title(condition->profile),
			gap->from, gap->to, words);
	else
		look_show(look, path, "%s, %s to %s: %.1f s without a packet",
			profile_title(condition->profile), gap->from, gap->to, gap->longest_s);
}

static void look_seldom(struct look *look, const struct report_condition *condition,
	const struct report_result *result)
{
	const json_t *sends = json_object_get(result->data, "sends");
	double longest_s = longest_gap_s(sends);
	json_t *pair;
	size_t i;

	if (!(longest_s > GAP_NAT_S))
		return;
	look_say(look,
		"With %s an idle host sends another one nothing for longer than the %d s after which many NATs forget (Haetoenen et al. 2010)%s.",
		look->vpn->title, GAP_NAT_S,
		longest_s > GAP_PEER_S
			? arena_printf(look->findings->arena,
				  ", and than the %d s that peers should expect (Halkes and Pouwelse 2011)",
				  GAP_PEER_S)
			: "");
	json_array_foreach (json_object_get(sends, "pairs"), i, pair) {
		struct report_gap gap = gap_of(sends, pair);

		if (gap.is_of_host && gap.longest_s > GAP_NAT_S)
			show_gap(look, condition, result->outcome.path, &gap);
	}
}

static void each_keepalive(struct look *look,
	void (*of_result)(struct look *look, const struct report_condition *condition,
		const struct report_result *result))
{
	struct mesh_spot at = {0};

	while (look_next_success(look, REPORT_KEEPALIVE, &at))
		of_result(look, at.condition, at.result);
}

void rule_forgotten(struct look *look)
{
	each_keepalive(look, look_forgotten);
}

void rule_seldom(struct look *look)
{
	each_keepalive(look, look_seldom);
}

/* Every run of a turn of such a workload. */
static void each_run(struct look *look, enum report_workload_id workload, const char *turn,
	void (*of_run)(struct look *look, const struct report_condition *condition,
		const struct report_result *result, const json_t *run))
{
	struct mesh_spot at = {0};
	json_t *run;
	size_t i;

	while (look_next_success(look, workload, &at))
		json_array_foreach (json_object_get(at.result->data, turn), i, run)
			of_run(look, at.condition, at.result, run);
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
