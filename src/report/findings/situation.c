/* SPDX-License-Identifier: MIT */
/* Two homes, strict and carriers' NATs, blocked UDP, a blocked way, a laptop: from punch, relay,
 * roam. */
#include "report/findings/situation.h"

#include "base/json.h"
#include "report/model/ways.h"
#include "stats/stats.h"

#include <math.h>
#include <string.h>

/* Of trials, to do well: Halkes and Pouwelse. */
static const double WELL_SHARE = 0.8;
/* The longest silence that a user of a call or a shell may wait through. */
static const double WELL_SILENT_S = 10;

const char *fit_name(enum fit fit)
{
	static const char *const names[FITS] = {
		[FIT_WELL] = "well", [FIT_SOMEHOW] = "somehow", [FIT_BADLY] = "badly"};

	return names[fit];
}

const struct fitting *situation_worst(
	const struct situation *situation, const struct report_vpn *vpn)
{
	const struct fitting *worst = NULL;

	for (const struct fitting *f = situation->fittings; f; f = f->next) {
		if (strcmp(f->vpn->name, vpn->name) == 0 && (!worst || f->fit > worst->fit))
			worst = f;
	}
	return worst;
}

/* "0.5 s", "12 s", "130 s". */
static const char *seconds_text(struct arena *arena, double seconds)
{
	return arena_printf(arena, seconds < 99 ? "%.2g s" : "%.0f s", seconds);
}

/* One VPN under one profile. */
struct spot_of {
	const struct report_results *results;
	const struct report_condition *condition;
	struct fitting *fitting; /* to be filled */
};

static bool is_home(const char *kind)
{
	return strcmp(kind, "port-restricted") == 0;
}

static bool is_of_homes(const struct report_results *results, const struct report_ways *ways)
{
	(void)results;
	return is_home(ways->one) && is_home(ways->other);
}

static bool is_of_carrier(const struct report_results *results, const struct report_ways *ways)
{
	bool one = strstr(ways->one, "carrier") != NULL;
	bool other = strstr(ways->other, "carrier") != NULL;

	(void)results;
	return one != other;
}

static bool is_of_blocked(const struct report_results *results, const struct report_ways *ways)
{
	(void)ways;
	return ways_block_udp(results);
}

/* The median of a list of relay's runs; NAN unless every run has a number. */
static double relay_median(const struct report_condition *condition, const char *list)
{
	for (const struct report_repetition *whole = condition->whole; whole; whole = whole->next) {
		const struct report_result *relay = &whole->results[REPORT_RELAY];
		const json_t *runs = json_object_get(relay->data, list);
		double values[64];
		size_t count = 0;

		if (!outcome_is_success(&relay->outcome))
			continue;
		for (; count < json_array_size(runs) && count < ARRAY_SIZE(values); count++) {
			values[count] = json_number_at(json_array_get(runs, count), "/mbps", NAN);
			if (isnan(values[count]))
				return NAN;
		}
		return count ? stats_median(values, count) : NAN;
	}
	return NAN;
}

static bool was_relay_tried(const struct report_condition *condition)
{
	for (const struct report_repetition *whole = condition->whole; whole; whole = whole->next) {
		if (outcome_is_success(&whole->results[REPORT_RELAY].outcome))
			return true;
	}
	return false;
}

static const char *relay_text(struct arena *arena, const struct report_condition *condition)
{
	double mbps = relay_median(condition, "relayed");

	if (!was_relay_tried(condition))
		return "";
	return isnan(mbps) ? "; nobody relays when the direct way is blocked"
			   : arena_printf(arena, "; a relay carries %.3g Mbit/s when it is blocked",
				     mbps);
}

static enum fit fit_of(const struct report_ways *ways)
{
	double trials = (double)ways->trials;

	if ((double)ways->direct >= WELL_SHARE * trials)
		return FIT_WELL;
	return (double)(ways->direct + ways->relayed) >= WELL_SHARE * trials ? FIT_SOMEHOW
									     : FIT_BADLY;
}

/* When half of all trials were direct; NAN: never, or of ways of which only numbers are known. */
static double half_direct_s(struct arena *arena, const struct report_ways *ways)
{
	struct report_curve curve = {0};

	if (ways->watched)
		curve = ways_curve(arena, ways);
	return survival_time(curve.steps, curve.count, 0.5);
}

static const char *ways_text(struct arena *arena, const struct report_ways *ways)
{
	struct interval share = interval_proportion(ways->direct, ways->trials, 0.95);
	double half_s = half_direct_s(arena, ways);
	const char *text = arena_printf(arena, "direct in %zu of %zu trials (%.0f to %.0f %%)",
		ways->direct, ways->trials, 100 * share.low, 100 * share.high);

	if (!isnan(half_s))
		text = arena_printf(arena, "%s, half after %.1f s", text, half_s);
	if (ways->relayed)
		text = arena_printf(arena, "%s, relayed in %zu", text, ways->relayed);
	return ways->no_way ? arena_printf(arena, "%s, no way in %zu", text, ways->no_way) : text;
}

/* "direct, 0.4 s", "relayed", "direct 7 of 10", "no way 3 of 10". */
static const char *ways_brief(struct arena *arena, const struct report_ways *ways, enum fit fit)
{
	double half_s = half_direct_s(arena, ways);

	if (fit == FIT_BADLY)
		return ways->no_way == ways->trials ? "no way"
						    : arena_printf(arena, "no way %zu of %zu",
							      ways->no_way, ways->trials);
	if (fit == FIT_SOMEHOW)
		return ways->direct ? arena_printf(arena, "direct %zu of %zu", ways->direct,
					      ways->trials)
				    : "relayed";
	return isnan(half_s) ? "direct" : arena_printf(arena, "direct, %.1f s", half_s);
}

static void say_ways(const struct spot_of *spot, const struct report_ways *ways)
{
	struct arena *arena = spot->results->arena;

	spot->fitting->fit = fit_of(ways);
	spot->fitting->text = arena_printf(
		arena, "%s%s", ways_text(arena, ways), relay_text(arena, spot->condition));
	spot->fitting->brief = ways_brief(arena, ways, spot->fitting->fit);
	spot->fitting->path = ways->path;
}

/* The two kinds of router that belong to the situation; of several those with the most trials. */
static bool look_at_ways(const struct spot_of *spot,
	bool (*is_meant)(const struct report_results *results, const struct report_ways *ways))
{
	struct arena *arena = spot->results->arena;
	const struct report_ways *meant = NULL;

	for (const struct report_ways *ways = ways_of(arena, spot->results, spot->condition); ways;
		ways = ways->next) {
		if (is_meant(spot->results, ways) && ways->trials > (meant ? meant->trials : 0))
			meant = ways;
	}
	if (!meant)
		return false;
	say_ways(spot, meant);
	return true;
}

static bool look_at_homes(const struct spot_of *spot)
{
	return look_at_ways(spot, is_of_homes);
}

static bool look_at_carrier(const struct spot_of *spot)
{
	return look_at_ways(spot, is_of_carrier);
}

static bool look_at_blocked(const struct spot_of *spot)
{
	return look_at_ways(spot, is_of_blocked);
}

/* All pairs of routers that no hole puncher passes; what joins hosts there is a relay. */
static bool look_at_strict(const struct spot_of *spot)
{
	struct report_ways all = {.one = "", .other = ""};

	for (const struct report_ways *ways =
			ways_of(spot->results->arena, spot->results, spot->condition);
		ways; ways = ways->next) {
		if (!ways_cannot_be_direct(ways->one, ways->other))
			continue;
		all.trials += ways->trials;
		all.direct += ways->direct;
		all.relayed += ways->relayed;
		all.no_way += ways->no_way;
		all.path = ways->path;
	}
	if (all.trials)
		say_ways(spot, &all);
	return all.trials > 0;
}

/* Of runs whose way was direct and then blocked: how many a relay carried on, and how late. */
struct take_over {
	size_t runs, carried;
	double silent_s; /* the longest */
};

static struct take_over take_over_of(const json_t *data)
{
	const json_t *runs = json_object_get(data, "blocked"), *run;
	struct take_over over = {0};
	size_t i;

	json_array_foreach (runs, i, run) {
		double silent_s = json_number_at(run, "/silent_s", NAN);

		if (strcmp(json_string_at(run, "/way_before", ""), "direct") != 0)
			continue;
		over.runs++;
		over.carried += isfinite(silent_s);
		if (isfinite(silent_s))
			over.silent_s = fmax(over.silent_s, silent_s);
	}
	return over;
}

static void say_take_over(const struct spot_of *spot, const struct take_over *over)
{
	struct arena *arena = spot->results->arena;

	if (over->carried < over->runs) {
		spot->fitting->fit = FIT_BADLY;
		spot->fitting->brief = "no relay";
		spot->fitting->text = arena_printf(arena, "silent to the end in %zu of %zu runs",
			over->runs - over->carried, over->runs);
		return;
	}
	spot->fitting->fit = over->silent_s <= WELL_SILENT_S ? FIT_WELL : FIT_SOMEHOW;
	spot->fitting->brief =
		arena_printf(arena, "relayed after %s", seconds_text(arena, over->silent_s));
	spot->fitting->text = arena_printf(arena, "silent for %s%s",
		seconds_text(arena, over->silent_s), relay_text(arena, spot->condition));
}

static bool look_at_blocked_way(const struct spot_of *spot, const json_t *data)
{
	struct take_over over = take_over_of(data);

	if (over.runs)
		say_take_over(spot, &over);
	return over.runs > 0;
}

/* What became of a host in all runs of one operation of roam. */
struct absence {
	size_t runs, returned;
	double silent_s; /* the longest; of a run that did not end nobody knows */
};

static struct absence absence_of(const json_t *data, const char *operation)
{
	const json_t *described = json_object_get(data, operation), *run;
	const json_t *runs = json_object_get(described, "runs");
	struct absence absence = {.runs = json_array_size(runs)};
	double returned = json_number_at(described, "/returned", 0);
	size_t i;

	absence.returned = returned > 0 && returned <= (double)absence.runs ? (size_t)returned : 0;
	json_array_foreach (runs, i, run)
		absence.silent_s = fmax(absence.silent_s, json_number_at(run, "/outage_s", 0));
	return absence;
}

static bool is_short(const struct absence *absence)
{
	return absence->returned == absence->runs && absence->silent_s <= WELL_SILENT_S;
}

static enum fit fit_of_absences(const struct absence *moved, const struct absence *called)
{
	if (moved->returned < moved->runs)
		return FIT_BADLY;
	return is_short(moved) && is_short(called) ? FIT_WELL : FIT_SOMEHOW;
}

static const char *absence_text(struct arena *arena, const struct absence *absence)
{
	if (absence->returned < absence->runs)
		return arena_printf(
			arena, "back in only %zu of %zu runs", absence->returned, absence->runs);
	return arena_printf(arena, "silent for %s", seconds_text(arena, absence->silent_s));
}

/* "back, 5.3 s", "not back: new uplink"; of both ways to be found again the slower. */
static const char *absence_brief(struct arena *arena, const struct absence *moved,
	const struct absence *called, const char *what)
{
	if (moved->returned < moved->runs)
		return arena_printf(arena, "not back: new %s", what);
	if (called->returned < called->runs)
		return "not back if called";
	return arena_printf(
		arena, "back, %s", seconds_text(arena, fmax(moved->silent_s, called->silent_s)));
}

/* What a laptop meets on its way; of several the worst counts. */
static const struct {
	const char *operation, *called, *what;
} changes[] = {{"moved", "moved_called", "address"}, {"uplink", "uplink_called", "uplink"}};

static bool look_at_changes(const struct spot_of *spot, const json_t *data)
{
	struct arena *arena = spot->results->arena;
	bool is_first = true;

	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		struct absence moved = absence_of(data, changes[i].operation);
		struct absence called = absence_of(data, changes[i].called);
		enum fit fit = fit_of_absences(&moved, &called);

		if (!moved.runs || (!is_first && fit < spot->fitting->fit))
			continue;
		spot->fitting->fit = fit;
		spot->fitting->text = arena_printf(arena,
			"%s after a change of its %s; %s if others must call it",
			absence_text(arena, &moved), changes[i].what, absence_text(arena, &called));
		spot->fitting->brief = absence_brief(arena, &moved, &called, changes[i].what);
		is_first = false;
	}
	return !is_first;
}

/* Of repetitions the worst: what failed once can fail again. */
static bool look_at_worst(const struct spot_of *spot, enum report_workload_id workload,
	bool (*look)(const struct spot_of *spot, const json_t *data))
{
	bool is_first = true;

	for (const struct report_repetition *whole = spot->condition->whole; whole;
		whole = whole->next) {
		const struct report_result *result = &whole->results[workload];
		struct fitting one = *spot->fitting;

		if (!outcome_is_success(&result->outcome) ||
			!look(&(struct spot_of){spot->results, spot->condition, &one},
				result->data) ||
			(!is_first && one.fit <= spot->fitting->fit))
			continue;
		one.path = result->outcome.path;
		*spot->fitting = one;
		is_first = false;
	}
	return !is_first;
}

static bool look_at_relay(const struct spot_of *spot)
{
	return look_at_worst(spot, REPORT_RELAY, look_at_blocked_way);
}

static bool look_at_laptop(const struct spot_of *spot)
{
	return look_at_worst(spot, REPORT_ROAM, look_at_changes);
}

#define OF_WAYS                                                                                    \
	{                                                                                          \
		"Directly in at least four of five trials",                                        \
			"By a third host, or not always directly", "Often without any way"         \
	}

/* How a sentence begins for VPNs of each fit. */
static const struct kind {
	const char *id, *heading, *question;
	bool (*look)(const struct spot_of *spot);
	const char *fits[FITS];
} kinds[] = {
	{"two-homes", "two homes", "Two homes behind ordinary routers", look_at_homes, OF_WAYS},
	{"strict", "strict NATs", "Routers that no hole puncher passes", look_at_strict, OF_WAYS},
	{"carrier", "CGNAT", "One side behind CGNAT", look_at_carrier, OF_WAYS},
	{"udp-blocked", "UDP blocked", "UDP is blocked", look_at_blocked, OF_WAYS},
	{"blocked-way", "way blocked", "The direct way is blocked in the middle", look_at_relay,
		{"A third host takes over within ten seconds", "A third host takes over later",
			"Nobody always takes over"}},
	{"laptop", "laptop", "Laptop that moves", look_at_laptop,
		{"Back within ten seconds, calling or called", "Back, but later or not if called",
			"Not always found again"}},
};

static struct fitting **add_fittings(const struct report_results *results,
	const struct report_vpn *vpn, bool (*look)(const struct spot_of *spot),
	struct fitting **end)
{
	for (size_t i = 0; i < results->profile_count && !vpn->is_reference; i++) {
		struct fitting *fitting = arena_alloc(results->arena, struct fitting, 1);
		const struct spot_of spot = {
			results, condition_of(vpn, results->profiles[i]), fitting};

		fitting->vpn = vpn;
		fitting->profile = results->profiles[i];
		if (!spot.condition || !look(&spot))
			continue;
		*end = fitting;
		end = &fitting->next;
	}
	return end;
}

/* "A, B (Low)"; the profile where there are several. */
static const char *names_of(
	const struct report_results *results, const struct fitting *first, enum fit fit)
{
	struct arena *arena = results->arena;
	const char *names = "";

	for (const struct fitting *f = first; f; f = f->next) {
		if (f->fit != fit)
			continue;
		names = arena_printf(arena, "%s%s%s", names, *names ? ", " : "", f->vpn->title);
		if (results->profile_count > 1)
			names = arena_printf(arena, "%s (%s)", names, profile_title(f->profile));
	}
	return names;
}

static const char *sentence_of(const struct report_results *results, const struct fitting *fittings,
	const char *const fits[static FITS])
{
	const char *sentence = "";

	for (int fit = 0; fit < FITS; fit++) {
		const char *names = names_of(results, fittings, (enum fit)fit);

		if (*names)
			sentence = arena_printf(results->arena, "%s%s%s: %s.", sentence,
				*sentence ? " " : "", fits[fit], names);
	}
	return sentence;
}

struct situation *situations_of(const struct report_results *results)
{
	struct situation *first = NULL, **end = &first;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct situation *situation = arena_alloc(results->arena, struct situation, 1);
		struct fitting **last = &situation->fittings;

		for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
			last = add_fittings(results, vpn, kinds[i].look, last);
		if (!situation->fittings)
			continue;
		situation->id = kinds[i].id;
		situation->heading = kinds[i].heading;
		situation->question = kinds[i].question;
		situation->sentence = sentence_of(results, situation->fittings, kinds[i].fits);
		*end = situation;
		end = &situation->next;
	}
	return first;
}
