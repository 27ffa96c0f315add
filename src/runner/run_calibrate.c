/* SPDX-License-Identifier: MIT */
/* A run measures its profiles first. What cannot be measured is a warning; the run goes on. */
#include "runner/calibrate.h"
#include "runner/internal.h"

#include "base/file.h"
#include "base/json.h"

static const double CALIBRATION_S = 2;

static int calibrate_one(
	struct run *run, const struct profile *profile, json_t *all, struct error *err)
{
	static const char state_dir[] = NAMESPACE_MEMORY "/calibrate";
	struct error ignored;
	json_t *result = NULL;
	int failed;

	if (run->plan->engine == LAB_ENGINE_CABLE) /* nothing of it is ours but the line's rate */
		return json_object_set_new(all, profile->folder,
			json_make("{s:s, s:s, s:s}", "profile", profile->name, "engine",
				lab_engine_name(run->plan->engine), "error",
				"cables between machines are not calibrated"));
	run_tell(run, arena_printf(run->arena, "calibrating %s", profile->name), NULL, NULL);
	failed = calibrate(&(struct calibration){.procs = run->procs,
				   .profile = profile,
				   .engine = run->plan->engine,
				   .cpus = run->plan->cpus,
				   .state_dir = state_dir,
				   .machines = run->machines,
				   .names = run->plan->plan->hosts,
				   .seconds = CALIBRATION_S},
		&result, err);
	if (tree_remove(state_dir, &ignored))
		run_tell(run, NULL, NULL, ignored.text);
	if (!failed) {
		json_object_set_new(
			result, "ingredients", ingredients_of_profile(run->ingredients, profile));
		return json_object_set_new(all, profile->folder, result);
	}
	if (err->kind == ERROR_CANCELLED || (run->machines && err->kind == ERROR_USAGE))
		return -1;
	run_tell(run, NULL, NULL, err->text);
	return json_object_set_new(all, profile->folder,
		json_make("{s:s, s:s, s:s}", "profile", profile->name, "engine",
			lab_engine_name(run->plan->engine), "error", err->text));
}

/* Whether it measured the profile as it is now. */
static bool is_of(struct run *run, const json_t *calibration, const struct profile *profile)
{
	json_auto_t *now = ingredients_of_profile(run->ingredients, profile);

	return calibration && !json_object_get(calibration, "error") &&
	       json_equal(json_object_get(calibration, "ingredients"), now);
}

/* A tree that is resumed keeps what was measured at its begin. */
int run_calibrate(struct run *run, struct error *err)
{
	json_auto_t *all = record_read_calibration(run->record);
	bool is_new = false;

	if (!all)
		all = json_object();
	for (size_t i = 0; i < run->plan->profile_count; i++) {
		const struct profile *profile = &run->plan->profiles[i];

		if (is_of(run, json_object_get(all, profile->folder), profile))
			continue;
		is_new = true;
		if (calibrate_one(run, profile, all, err))
			return -1;
	}
	return is_new ? record_write_calibration(run->record, all, err) : 0;
}
