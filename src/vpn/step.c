/* SPDX-License-Identifier: MIT */
/* Runs the steps of a phase: each step on all its hosts at once, its repetitions in order. */
#include "vpn/internal.h"

#include "base/file.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	MAX_SENT_BYTES = 4 * 1024 * 1024,
	TURNS_OF_A_PROCESSOR = 2 /* at once, within the time that a driver gives a step */
};

/* The commands of one round; whatever still runs when they are left is killed. */
struct jobs {
	struct proc **procs;
	size_t count;
};

static void jobs_done(struct jobs *jobs)
{
	for (size_t i = 0; i < jobs->count; i++)
		proc_free(jobs->procs[i]);
}

/* A script lies in the driver's folder; on a host it runs from the host's own. */
static int place_script(struct vpn *vpn, const struct driver_step *step, const struct turn *turn,
	const char *path, struct error *err)
{
	char *text;
	size_t size;

	if (step->verb != DRIVER_SCRIPT || turn->is_on_controller)
		return 0;
	if (file_read(vpn->arena,
		    arena_printf(vpn->arena, "%s/%s", vpn->driver->dir, step->words[0]),
		    MAX_SENT_BYTES, &text, &size, err))
		return -1;
	return host_write(lab_host(vpn->lab, turn->host), path, text, size, 0700, err);
}

static int start(struct vpn *vpn, const struct driver_step *step, const struct turn *turn,
	struct proc **ret_proc, struct error *err)
{
	struct scope scope = turn_scope(&vpn->roster, turn);
	struct proc_spec spec = {.what = step->what,
		.part = PROC_SUBJECT,
		.environment = vpn->environment,
		.contained = turn->is_on_controller};
	const char *input = NULL;

	if (turn_words(&vpn->roster, step, turn, &spec.argv, err) ||
		place_script(vpn, step, turn, spec.argv[0], err))
		return -1;
	if (step->input && expand_text(&scope, step->input, &input, err))
		return -1;
	spec.input = input;
	spec.input_size = input ? strlen(input) : 0;
	spec.dir = scope.host ? scope.host->dir : vpn->work_dir;
	if (turn->is_on_controller)
		return proc_start(vpn->procs, &spec, ret_proc, err);
	return host_start(lab_host(vpn->lab, turn->host), &spec, ret_proc, err);
}

int64_t step_share_ns(int64_t within_ns, size_t turns, size_t processors)
{
	size_t at_once = TURNS_OF_A_PROCESSOR * (processors ? processors : 1);

	return turns > at_once ? within_ns * (int64_t)turns / (int64_t)at_once : within_ns;
}

int64_t step_within_ns(const struct vpn *vpn, const struct driver_step *step, size_t turns)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	int64_t within_ns =
		step_share_ns(step->within_ns, turns, processors > 0 ? (size_t)processors : 1);

	return vpn->longest_ns && vpn->longest_ns < within_ns ? vpn->longest_ns : within_ns;
}

/* On the controller a capture under `each` belongs to the host it was made for. */
static struct captured **captured_list(struct vpn *vpn, const struct turn *turn)
{
	if (!turn->is_on_controller)
		return &vpn->roster.members[turn->host].captured;
	return turn->each ? &vpn->roster.members[turn->each - vpn->roster.members].captured
			  : &vpn->roster.captured;
}

static int take_captures(struct vpn *vpn, const struct driver_step *step, const struct turn *turn,
	const struct proc *proc, struct error *err)
{
	struct proc_result result = proc_result(proc);

	for (size_t i = 0; i < step->capture_count; i++) {
		const struct driver_capture *capture = &step->captures[i];
		const char *text;

		if (result.dropped_bytes)
			return fail(
				err, ERROR_PARSE, "capture '%s': it printed too much", capture->as);
		if (captured_read(vpn->arena, capture, result.out, result.out_size, &text, err))
			return -1;
		if (stranger_keeps(vpn, capture, captured_list(vpn, turn)))
			continue;
		if (capture->is_secret)
			secrets_add(procs_secrets(vpn->procs), text);
		captured_set(vpn->arena, captured_list(vpn, turn), capture->as, text);
	}
	return 0;
}

static int run_commands(struct vpn *vpn, const struct driver_step *step, const struct turn turns[],
	size_t count, struct error *err)
{
	AUTO(jobs_done) struct jobs jobs = {.procs = arena_alloc(vpn->arena, struct proc *, count)};
	struct deadline deadline = deadline_in(step_within_ns(vpn, step, count));

	for (size_t i = 0; i < count; i++, jobs.count++) {
		if (start(vpn, step, &turns[i], &jobs.procs[i], err))
			return -1;
	}
	for (size_t i = 0; i < count; i++) {
		if (proc_wait_success(jobs.procs[i], deadline, err))
			return -1;
		if (take_captures(vpn, step, &turns[i], jobs.procs[i], err))
			return fail_in(
				err, "%s on %s", step->what, turn_place(&vpn->roster, &turns[i]));
	}
	return 0;
}

static int write_file(
	struct vpn *vpn, const struct driver_step *step, const struct turn *turn, struct error *err)
{
	const char *path, *text;

	if (turn_file(&vpn->roster, step, turn, &path, &text, err))
		return -1;
	if (turn->is_on_controller)
		return file_write(path, text, strlen(text), step->write_mode, err);
	return host_write(
		lab_host(vpn->lab, turn->host), path, text, strlen(text), step->write_mode, err);
}

/* A stranger has what is public from the mesh. */
static struct scope scope_of_sender(
	const struct vpn *vpn, const struct driver_send *send, const struct turn *turn)
{
	const struct roster *roster =
		vpn->mesh && send->is_public ? &vpn->mesh->roster : &vpn->roster;

	return (struct scope){roster, &roster->members[turn->host],
		turn->each ? &roster->members[turn->each - vpn->roster.members] : NULL};
}

static int send_files(
	struct vpn *vpn, const struct driver_step *step, const struct turn *turn, struct error *err)
{
	struct scope scope = turn_scope(&vpn->roster, turn);

	for (size_t i = 0; i < step->send_count; i++) {
		struct scope sender = scope_of_sender(vpn, &step->sends[i], turn);
		const char *from, *to;
		char *data;
		size_t size;

		if (expand_path(&sender, step->sends[i].from, sender.roster->work, &from, err) ||
			expand_path(&scope, step->sends[i].to, scope.host->dir, &to, err) ||
			file_read(vpn->arena, from, MAX_SENT_BYTES, &data, &size, err) ||
			host_write(lab_host(vpn->lab, turn->host), to, data, size, 0600, err))
			return -1;
	}
	return 0;
}

static int put_files(struct vpn *vpn, const struct driver_step *step, const struct turn turns[],
	size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		int status = step->verb == DRIVER_WRITE ? write_file(vpn, step, &turns[i], err)
							: send_files(vpn, step, &turns[i], err);

		if (status)
			return fail_in(
				err, "%s on %s", step->what, turn_place(&vpn->roster, &turns[i]));
	}
	return 0;
}

static bool may_stay(const struct driver_step *step)
{
	const struct driver_ready *ready = &step->ready;

	return step->verb == DRIVER_DAEMON || ready->interface || ready->file || ready->http ||
	       ready->tcp || ready->output;
}

/* A daemon is started like a command, then kept. */
static int start_daemons(struct vpn *vpn, const struct driver_step *step, const struct turn turns[],
	size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		const char *const *words;

		if (turn_words(&vpn->roster, step, &turns[i], &words, err) ||
			place_script(vpn, step, &turns[i], words[0], err))
			return -1;
	}
	return daemons_start(vpn, step, turns, count, err);
}

static int run_step(
	struct vpn *vpn, const struct driver_step *step, struct lab_hosts only, struct error *err)
{
	struct turn *turns = arena_alloc(vpn->arena, struct turn, vpn->roster.count + 1);
	size_t count;

	for (size_t round = 0; (count = turns_of_round(&vpn->roster, step, only, round, turns));
		round++) {
		int status = may_stay(step) ? start_daemons(vpn, step, turns, count, err)
			     : step->verb == DRIVER_RUN || step->verb == DRIVER_SCRIPT
				     ? run_commands(vpn, step, turns, count, err)
				     : put_files(vpn, step, turns, count, err);

		if (status)
			return fail_in(err, "%s/driver.yml:%u", vpn->driver->name, step->line);
	}
	return 0;
}

int phase_run(struct vpn *vpn, enum driver_phase phase, struct lab_hosts only, double *ret_s,
	struct error *err)
{
	const struct driver_phase_steps *steps = &vpn->driver->phases[phase];
	int64_t started_ns = clock_now_ns();

	for (size_t i = 0; i < steps->count; i++) {
		if (steps->steps[i].is_once && vpn->is_again)
			continue;
		if (run_step(vpn, &steps->steps[i], only, err))
			return -1;
	}
	if (ret_s)
		*ret_s = (double)(clock_now_ns() - started_ns) / 1e9;
	return 0;
}

void phase_stop(struct vpn *vpn)
{
	const struct driver_phase_steps *steps = &vpn->driver->phases[DRIVER_STOP];
	bool was_cancelled = procs_is_cancelled(vpn->procs);

	/* Undoing is what Ctrl-C asked for, so it is not cancelled itself. */
	procs_uncancel(vpn->procs);
	for (size_t i = 0; i < steps->count; i++) {
		struct error forgotten;

		if (run_step(vpn, &steps->steps[i], vpn->hosts, &forgotten))
			continue;
	}
	if (was_cancelled)
		procs_cancel(vpn->procs);
}
