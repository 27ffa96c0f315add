/* SPDX-License-Identifier: MIT */
/*
 * DOC: Checks of features. Each is tried over the bare link, where its answer is known, and over
 * the VPN: three listeners on the first two hosts, rules for the wire between them, and a sender.
 */
#include "runner/operation.h"

#include "base/clock.h"
#include "base/json.h"
#include "runner/observer.h"
#include "runner/outsider.h"
#include "workload/mesh/mesh.h"

#include <stdio.h>
#include <string.h>

static void nothing_known(
	const struct feature_check *check, struct feature_observation answers[], const char *reason)
{
	for (size_t i = 0; check->rows[i]; i++) {
		answers[i] = (struct feature_observation){0};
		snprintf(answers[i].because, sizeof(answers[i].because), "%.*s",
			(int)sizeof(answers[i].because) - 1, reason);
	}
}

/* Only what ends the run is an error; all else is why nothing is known. */
static int try_check(struct observer *o, const struct feature_check *check,
	const struct feature_way *way, struct feature_observation answers[], struct error *err)
{
	struct feature_trial trial = {0};
	json_auto_t *accounts = json_object();
	struct error failure = {0}, ignored;

	check->plan(way, o->arena, &trial);
	if (trial.pointless) {
		nothing_known(check, answers, trial.pointless);
		return 0;
	}
	if ((!way->is_bare && observer_await_mesh(o, &failure)) ||
		observer_try(o, way, &trial, accounts, &failure)) {
		if (failure.kind == ERROR_CANCELLED || failure.kind == ERROR_CRASHED) {
			*err = failure;
			return -1;
		}
		(void)!observer_end_rules(o, &trial, &ignored);
		nothing_known(check, answers, failure.text);
		return 0;
	}
	check->read(way,
		&(struct feature_heard){.arrived = json_object_get(accounts, "arrived"),
			.outside = json_object_get(accounts, "outside"),
			.back = json_object_get(accounts, "back"),
			.sent = json_object_get(accounts, "sent"),
			.seconds = (double)(clock_now_ns() - o->heard_since_ns) / 1e9},
		answers);
	return observer_end_rules(o, &trial, err);
}

/* A stranger is on the third host, and its ways are its own. */
static int turn_to_stranger(struct observer *o, const struct feature_way **ways, struct error *err)
{
	struct feature_way *own = arena_alloc(o->arena, struct feature_way, 2);

	own[0].is_bare = own[1].is_bare = true;
	*ways = own;
	return lab_host_count(o->m->stage->lab) > STRANGER ? observer_turn(o, STRANGER, 0, own, err)
							   : 0;
}

static int make_check(const struct observer *all, const struct feature_check *check,
	const struct feature_way *ways, json_t *list, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct operation_run *m = all->m;
	struct observer o = *all;
	struct feature_observation control[FEATURE_MOST_ROWS] = {0},
				   answers[FEATURE_MOST_ROWS] = {0};
	bool has_control = check->known[0] != NULL;

	o.arena = arena;
	run_tell(m->run,
		arena_printf(m->arena, "%s: check '%s'", m->visit->driver->name, check->name), NULL,
		NULL);
	if (check->is_strangers && turn_to_stranger(&o, &ways, err))
		return -1;
	if (has_control && try_check(&o, check, &ways[0], control, err))
		return -1;
	if (has_control && ways[1].is_bare) /* the trial would be the same again */
		memcpy(answers, control, sizeof(answers));
	else if (check->is_strangers ? outsider_try(&o, check, &ways[1], answers, err)
				     : try_check(&o, check, &ways[1], answers, err))
		return -1;
	for (size_t i = 0; check->rows[i]; i++)
		json_array_append_new(list, feature_observation_json(check, i,
						    has_control ? &control[i] : NULL, &answers[i]));
	return 0;
}

int operation_observe(struct operation_run *m, struct error *err)
{
	struct observer o;
	struct feature_way ways[2];
	json_t *list = json_array();

	json_object_set_new(m->observed, "answers", list);
	if (observer_begin(m, &o, ways, err))
		return -1;
	ways[0].window_s = ways[1].window_s = m->operation->seconds;
	for (size_t i = 0; feature_checks[i]; i++) {
		if (observe_is_chosen(m->operation->checks, feature_checks[i]->name) &&
			make_check(&o, feature_checks[i], ways, list, err))
			return -1;
	}
	return 0;
}
