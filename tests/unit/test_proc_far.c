/* SPDX-License-Identifier: MIT */
/* A child that somebody else runs: here, the test. */
#include "proc/far.h"

#include "tap.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARGV(...) ((const char *const[]){__VA_ARGS__, NULL})

#define PROCS(name)                                                                                \
	AUTO(procs_freep) struct procs *name = NULL;                                               \
	CHECK_OK(procs_new(&name, &err), err)

/* What was asked of the child. */
struct runner {
	int64_t lead_ns, at_ns;
	int signal;
	bool was_killed, is_stubborn, was_forgotten;
	const char *refusal; /* NULL: it can be executed */
};

static struct runner *of(const struct proc *proc)
{
	return proc_far_context(proc);
}

static int64_t lead_ns(const struct proc *proc)
{
	return of(proc)->lead_ns;
}

static int release(struct proc *proc, int64_t at_ns, struct error *err)
{
	(void)err;
	of(proc)->at_ns = at_ns;
	return 0;
}

static int confirm(struct proc *proc, struct error *err)
{
	if (of(proc)->refusal)
		return fail(err, ERROR_MISSING, "%s", of(proc)->refusal);
	proc_far_released(proc, of(proc)->at_ns + 7);
	return 0;
}

static void end_by(struct proc *proc, int signal)
{
	proc_far_ended(proc, &(struct proc_end){.status = signal, .ended_ns = clock_now_ns()});
}

static void send_signal(struct proc *proc, int number)
{
	of(proc)->signal = number;
	if (!of(proc)->is_stubborn)
		end_by(proc, number);
}

static void kill_tree(struct proc *proc)
{
	of(proc)->was_killed = true;
	end_by(proc, SIGKILL);
}

static int usage(
	const struct proc *const list[], size_t count, struct usage ret_usage[], struct error *err)
{
	(void)err;
	for (size_t i = 0; i < count; i++)
		ret_usage[i] =
			(struct usage){.cpu_s = 3, .processes = (size_t)of(list[i])->lead_ns};
	return 0;
}

static int threads(const struct proc *proc, struct thread_usage **ret_threads, size_t *ret_count,
	struct error *err)
{
	(void)proc;
	(void)err;
	*ret_threads = calloc(1, sizeof(**ret_threads));
	strcpy((*ret_threads)->name, "far");
	*ret_count = 1;
	return 0;
}

static struct proc_identity identity(
	const struct proc *proc, const char *device, struct arena *arena)
{
	(void)proc;
	(void)arena;
	return (struct proc_identity){"/usr/sbin/far", device && strcmp(device, "tun0") == 0};
}

static void forget(struct proc *proc)
{
	of(proc)->was_forgotten = true;
}

static const struct proc_ops ops = {
	lead_ns, release, confirm, send_signal, kill_tree, usage, threads, identity, forget};
static const struct proc_spec spec = {.what = "start a daemon", .argv = ARGV("daemon", "--now")};

TEST(what_is_handed_in_is_what_is_known_of_a_far_child)
{
	struct error err = {0};
	struct runner runner = {0};
	PROCS(procs);
	AUTO(proc_freep) struct proc *proc = proc_far_new(procs, &spec, "lom", &ops, &runner);

	proc_far_started(proc, 0, 1000);
	proc_far_output(proc, PROC_OUT, "ready\n", 6);
	CHECK_OK(proc_wait_output(proc, "ready", deadline_in(0), &err), err);
	proc_far_output(proc, PROC_ERROUT, "no space\n", 9);
	proc_far_ended(proc,
		&(struct proc_end){
			.status = 3 << 8, .ended_ns = 5000, .cpu_s = 0.25, .peak_rss_bytes = 4096});
	CHECK(proc_wait_success(proc, deadline_in(0), &err) && err.kind == ERROR_TOOL);
	CHECK(strcmp(err.text, "start a daemon on lom exited with 3: no space") == 0);
	CHECK(proc_result(proc).exit_code == 3 && proc_result(proc).signal == 0);
	CHECK(proc_result(proc).started_ns == 1000 && proc_result(proc).ended_ns == 5000);
	CHECK(proc_result(proc).cpu_s == 0.25 && proc_result(proc).peak_rss_bytes == 4096);
	CHECK(proc_pid(proc) == 0 && !runner.was_killed);
}

TEST(stops_that_are_handed_in_are_counted_as_those_of_near_children)
{
	struct error err = {0};
	struct runner runner = {0};
	PROCS(procs);
	AUTO(proc_freep) struct proc *proc = proc_far_new(procs, &spec, "lom", &ops, &runner);
	int64_t began_ns, counted_ns;
	const struct proc_stop *stops;
	size_t count;

	procs_count_stops(procs);
	began_ns = clock_now_ns();
	proc_far_stopped(proc, 0, true);
	do
		stops = procs_stops(procs, &count);
	while (clock_now_ns() < began_ns + NS_PER_MS);
	counted_ns = stops->ns;
	CHECK(count == 1 && strcmp(stops->place, "lom") == 0);
	CHECK(counted_ns > 0 && counted_ns <= clock_now_ns() - began_ns);
	proc_far_stopped(proc, counted_ns + 1000, false); /* what was counted is part of it */
	CHECK(procs_stops(procs, &count)->ns == counted_ns + 1000 && count == 1);
	proc_far_ended(proc, &(struct proc_end){.ended_ns = clock_now_ns()});
	CHECK(procs_stops(procs, &count)->ns == counted_ns + 1000);
}

TEST(output_that_is_handed_in_is_kept_within_its_bound)
{
	struct error err = {0};
	struct runner runner = {0};
	struct proc_spec small = spec;
	PROCS(procs);
	AUTO(proc_freep) struct proc *proc = NULL;
	char flood[1000];

	small.keep_bytes = 10;
	proc = proc_far_new(procs, &small, "lom", &ops, &runner);
	memset(flood, 'x', sizeof(flood));
	memcpy(flood, "start", 5);
	memcpy(flood + sizeof(flood) - 5, "final", 5);
	proc_far_output(proc, PROC_OUT, flood, sizeof(flood));
	CHECK(strcmp(proc_result(proc).out, "startfinal") == 0);
	CHECK(proc_result(proc).dropped_bytes == 990);
}

TEST(a_far_child_is_asked_to_end_and_killed_when_it_does_not)
{
	struct error err = {0};
	struct runner meek = {0}, stubborn = {.is_stubborn = true};
	PROCS(procs);
	AUTO(proc_freep) struct proc *one = proc_far_new(procs, &spec, "lom", &ops, &meek);
	AUTO(proc_freep) struct proc *other = proc_far_new(procs, &spec, "lom", &ops, &stubborn);

	proc_stop(one, NS_PER_S);
	CHECK(meek.signal == SIGTERM && !meek.was_killed && proc_result(one).signal == SIGTERM);
	proc_stop(other, 0);
	CHECK(stubborn.signal == SIGTERM && stubborn.was_killed);
	CHECK(proc_result(other).signal == SIGKILL);
}

TEST(a_far_child_that_misses_its_deadline_is_killed)
{
	struct error err = {0};
	struct runner runner = {0};
	PROCS(procs);
	AUTO(proc_freep) struct proc *proc = proc_far_new(procs, &spec, "lom", &ops, &runner);

	CHECK(proc_wait(proc, deadline_in(0), &err) && err.kind == ERROR_TIMEOUT);
	CHECK(runner.was_killed && proc_result(proc).has_ended);
}

TEST(a_far_child_that_is_freed_is_killed_and_forgotten)
{
	struct error err = {0};
	struct runner runner = {0};
	PROCS(procs);

	proc_free(proc_far_new(procs, &spec, "lom", &ops, &runner));
	CHECK(runner.was_killed && runner.was_forgotten);
}

TEST(a_lost_child_says_why_nothing_is_known_of_its_end)
{
	struct error err = {0};
	struct runner runner = {0};
	PROCS(procs);
	AUTO(proc_freep) struct proc *proc = proc_far_new(procs, &spec, "lom", &ops, &runner);

	proc_far_lost(proc, "the connection to lom ended");
	CHECK(proc_wait_success(proc, deadline_in(0), &err));
	CHECK(strcmp(err.text, "start a daemon on lom was lost: the connection to lom ended") == 0);
	CHECK(proc_result(proc).exit_code == -1 && proc_result(proc).signal == SIGKILL);
	proc_freep(&proc);
	CHECK(!runner.was_killed);
}

/* All wait for the child that must be asked first. */
TEST(near_and_far_children_are_released_at_one_time)
{
	struct error err = {0};
	struct runner runners[2] = {{.lead_ns = NS_PER_MS}, {.lead_ns = 20 * NS_PER_MS}};
	PROCS(procs);
	AUTO(proc_freep) struct proc *near = NULL;
	AUTO(proc_freep) struct proc *far = proc_far_new(procs, &spec, "lom", &ops, &runners[0]);
	AUTO(proc_freep) struct proc *slow = proc_far_new(procs, &spec, "luna", &ops, &runners[1]);
	int64_t before_ns = clock_now_ns();

	CHECK_OK(proc_start(procs, &(struct proc_spec){.argv = ARGV("true"), .held = true}, &near,
			 &err),
		err);
	CHECK_OK(procs_release((struct proc *const[]){near, slow, far}, 3, &err), err);
	CHECK(runners[0].at_ns >= before_ns + 20 * NS_PER_MS);
	CHECK(runners[0].at_ns == runners[1].at_ns);
	CHECK(proc_result(near).started_ns >= runners[0].at_ns);
	CHECK(proc_result(slow).started_ns == runners[0].at_ns + 7);
	CHECK_OK(proc_wait_success(near, deadline_in(5 * NS_PER_S), &err), err);
}

TEST(a_far_child_that_cannot_be_executed_fails_the_release)
{
	struct error err = {0};
	struct runner runner = {.refusal = "lom: no such program: daemon"};
	PROCS(procs);
	AUTO(proc_freep) struct proc *proc = proc_far_new(procs, &spec, "lom", &ops, &runner);

	CHECK(procs_release((struct proc *const[]){proc}, 1, &err));
	CHECK(err.kind == ERROR_MISSING && strcmp(err.text, runner.refusal) == 0);
}

TEST(resources_of_near_and_far_children_come_from_where_they_run)
{
	struct error err = {0};
	struct runner runners[2] = {{.lead_ns = 1}, {.lead_ns = 2}};
	PROCS(procs);
	AUTO(proc_freep) struct proc *near = NULL;
	AUTO(proc_freep) struct proc *far = proc_far_new(procs, &spec, "lom", &ops, &runners[0]);
	AUTO(proc_freep) struct proc *other = proc_far_new(procs, &spec, "luna", &ops, &runners[1]);
	struct thread_usage *list = NULL;
	struct usage found[3];
	size_t count = 0;
	bool is_far;

	CHECK_OK(proc_start(procs, &(struct proc_spec){.argv = ARGV("sleep", "1000")}, &near, &err),
		err);
	CHECK_OK(procs_usage((const struct proc *const[]){far, near, other}, 3, found, &err), err);
	CHECK(found[0].cpu_s == 3 && found[0].processes == 1);
	CHECK(found[1].cpu_s < 3 && found[1].processes == 1);
	CHECK(found[2].cpu_s == 3 && found[2].processes == 2);
	CHECK_OK(proc_threads(far, &list, &count, &err), err);
	is_far = count == 1 && strcmp(list[0].name, "far") == 0;
	free(list);
	CHECK(is_far);
}

struct counted {
	struct procs_source source;
	struct counted *other;
	int times;
};

static void count_and_close(struct procs_source *source, short ready)
{
	struct counted *counted = (struct counted *)source;

	counted->times += (ready & POLLIN) != 0;
	source->fd = counted->other->source.fd = -1;
}

TEST(a_source_is_served_while_we_wait_and_not_when_another_has_closed_it)
{
	static const struct procs_source idle = {.events = POLLIN, .serve = count_and_close};
	struct error err = {0};
	struct counted a = {.source = idle}, b = {.source = idle};
	PROCS(procs);
	int ends[2];

	a.other = &b;
	b.other = &a;
	CHECK(pipe(ends) == 0 && write(ends[1], "x", 1) == 1);
	a.source.fd = b.source.fd = ends[0];
	procs_watch(procs, &a.source);
	procs_watch(procs, &b.source);
	CHECK_OK(procs_step(procs, deadline_in(5 * NS_PER_S), &err), err);
	CHECK_OK(procs_step(procs, deadline_in(0), &err), err);
	procs_unwatch(procs, &a.source);
	procs_unwatch(procs, &b.source);
	close(ends[0]);
	close(ends[1]);
	CHECK(a.times + b.times == 1);
}
