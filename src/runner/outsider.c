/* SPDX-License-Identifier: MIT */
/* A stranger takes the place of a member, and is listened to from before it begins. */
#include "runner/outsider.h"

#include "base/clock.h"
#include "base/json.h"

#include <stdio.h>

static void undecided(struct feature_observation answers[], const char *reason)
{
	answers[0].is[0] = '\0';
	snprintf(answers[0].because, sizeof(answers[0].because), "%.159s", reason);
}

static bool ends_run(const struct error *failure)
{
	return failure->kind == ERROR_CANCELLED || failure->kind == ERROR_CRASHED;
}

/* As briefly as over the bare link; 1: it got through. */
static int try_member(struct observer *o, const struct feature_check *check,
	const struct feature_way *way, struct error *err)
{
	struct feature_way brief = *way;
	struct feature_trial trial = {0};
	json_auto_t *accounts = json_object();

	brief.is_bare = true;
	check->plan(&brief, o->arena, &trial);
	if (observer_await_mesh(o, err) || observer_try(o, way, &trial, accounts, err))
		return -1;
	return json_number_at(accounts, "/arrived/marks/numbers", 0) > 0 &&
	       json_number_at(accounts, "/back/marks/numbers", 0) > 0;
}

/* What a stranger that has an address sends and gets; its program may end meanwhile. */
static int try_marks(struct observer *o, const struct feature_check *check,
	const struct feature_way *member, struct vpn *stranger, json_t *accounts, struct error *err)
{
	struct feature_way way = *member;
	struct feature_trial trial = {0};

	if (observer_end(o, STRANGER, vpn_address(stranger, STRANGER), &way.source, err))
		return -1;
	check->plan(&way, o->arena, &trial);
	if (observer_try(o, &way, &trial, accounts, err))
		return -1;
	if (vpn_check_daemons(stranger, err)) {
		err->kind = err->kind == ERROR_CRASHED ? ERROR_HOST : err->kind;
		return -1;
	}
	return 0;
}

static int try_stranger(struct observer *o, const struct feature_check *check,
	const struct feature_way *way, struct feature_observation answers[], struct error *err)
{
	struct stage *stage = o->m->stage;
	AUTO(vpn_downp) struct vpn *stranger = NULL;
	AUTO(proc_freep) struct proc *ear = NULL;
	json_auto_t *accounts = json_object(), *outside = NULL;
	const char *refusal = NULL;

	if (observer_listen(o, STRANGER, &ear, err))
		return -1;
	vpn_stop(stage->vpn, lab_one_host(STRANGER));
	o->heard_since_ns = clock_now_ns();
	if (vpn_begin_stranger(stage->vpn, STRANGER,
		    arena_printf(o->arena, "%s-stranger", stage->work_dir), &refusal, &stranger,
		    err) ||
		(!refusal && try_marks(o, check, way, stranger, accounts, err)) ||
		observer_take(ear, &outside, err))
		return -1;
	check->read(way,
		&(struct feature_heard){.arrived = json_object_get(accounts, "arrived"),
			.outside = outside,
			.back = json_object_get(accounts, "back"),
			.sent = json_object_get(accounts, "sent"),
			.seconds = (double)(clock_now_ns() - o->heard_since_ns) / 1e9,
			.refusal = refusal},
		answers);
	return 0;
}

int outsider_try(struct observer *o, const struct feature_check *check,
	const struct feature_way *way, struct feature_observation answers[], struct error *err)
{
	struct error failure = {0};
	int member = try_member(o, check, way, &failure);

	if (member == 0)
		undecided(answers, "a member on the stranger's host did not get through either");
	else if (member < 0 || try_stranger(o, check, way, answers, &failure))
		undecided(answers, failure.text);
	if (ends_run(&failure)) {
		*err = failure;
		return -1;
	}
	return member > 0 ? vpn_restart_host(o->m->stage->vpn, STRANGER, err) : 0;
}
