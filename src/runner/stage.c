/* The stage of one visit: fresh hosts on a wire, and one VPN on them. */
#include "runner/internal.h"

#include "base/clock.h"
#include "base/file.h"

#include <string.h>

const char *visit_congestion(const struct run *run, const struct runner_visit *visit)
{
	return visit->tuning->congestion ? visit->tuning->congestion : run->plan->plan->congestion;
}

static int try_up(
	struct run *run, const struct runner_visit *visit, struct stage *stage, struct error *err)
{
	const struct plan *plan = run->plan->plan;
	const char *work_dir = arena_printf(run->arena, "%s/controller", stage->state_dir);

	if (tree_remove(stage->state_dir, err) || dir_make(stage->state_dir, 0700, err))
		return -1;
	if (lab_up(run->procs,
		    &(struct lab_spec){.names = plan->hosts,
			    .count = plan->host_count,
			    .engine = run->plan->engine,
			    .profile = visit->profile,
			    .state_dir = stage->state_dir,
			    .congestion = visit_congestion(run, visit),
			    .tuning = visit->tuning,
			    .visible = (const char *const[]){visit->driver->bin, NULL}},
			    .read_only = (const char *const *)run->artefact_folders},
		    &stage->lab, err))
		return fail_in(err, "set up the lab");
	if (lab_verify(stage->lab, err))
		return fail_in(err, "verify the lab");
	if (visit_record_lab(run, visit, stage->lab, err))
		return -1;
	return vpn_up(stage->lab, visit->driver, work_dir, &stage->vpn, err);
}

void stage_down(struct run *run, struct stage *stage)
{
	struct error ignored; /* what stays is removed by the next visit, or named by it */

	vpn_downp(&stage->vpn);
	lab_downp(&stage->lab);
	if (tree_remove(stage->state_dir, &ignored))
		run_tell(run, NULL, NULL, ignored.text);
}

int stage_up(struct run *run, const struct runner_visit *visit, struct stage *ret_stage,
	struct error *err)
{
	struct stage stage = {
		.state_dir = record_state_dir(run->record), .began_s = clock_wall_s()};

	for (stage.attempts = 1;; stage.attempts++) {
		if (try_up(run, visit, &stage, err) == 0)
			break;
		ret_stage->attempts = stage.attempts;
		stage_down(run, &stage);
		if (stage.attempts >= run->plan->plan->attempts ||
			!cause_is_retried(cause_of_error(err)))
			return -1;
		run_tell(run, NULL, NULL, err->text);
	}
	stage.up_s = clock_wall_s();
	*ret_stage = stage;
	return 0;
}
