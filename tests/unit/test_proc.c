/* SPDX-License-Identifier: MIT */
#include "proc/machine.h"
#include "proc/proc.h"

#include "base/fd.h"

#include "tap.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ARGV(...) ((const char *const[]){__VA_ARGS__, NULL})
#define SHELL(script) ARGV("/bin/sh", "-c", script)

#define PROCS(name)                                                                                \
	AUTO(procs_freep) struct procs *name = NULL;                                               \
	CHECK_OK(procs_new(&name, &err), err)

TEST(output_and_status_of_a_command_are_kept)
{
	struct error err = {0};
	PROCS(procs);
	AUTO(proc_freep) struct proc *proc = NULL;
	struct proc_spec spec = {.what = "talk",
		.argv = SHELL("cat; echo no >&2; exit 3"),
		.input = "hello",
		.input_size = 5};

	CHECK_OK(proc_start(procs, &spec, &proc, &err), err);
	CHECK(proc_wait_success(proc, deadline_in(5 * NS_PER_S), &err));
	CHECK(err.kind == ERROR_TOOL);
	CHECK(strcmp(err.text, "talk on this machine exited with 3: no") == 0);
	CHECK(strcmp(proc_result(proc).out, "hello") == 0);
	CHECK(strcmp(proc_result(proc).errout, "no\n") == 0);
	CHECK(proc_result(proc).exit_code == 3 && proc_result(proc).signal == 0);
}

TEST(a_program_that_is_missing_is_named)
{
	struct error err = {0};
	PROCS(procs);
	struct proc *proc = NULL;

	CHECK(proc_start(procs, &(struct proc_spec){.what = "try", .argv = ARGV("no-such-program")},
		&proc, &err));
	CHECK(err.kind == ERROR_MISSING && strstr(err.text, "no-such-program") && !proc);
}

TEST(a_deadline_ends_the_whole_tree_even_what_hides_behind_a_double_fork)
{
	struct error err = {0};
	PROCS(procs);
	AUTO(proc_freep) struct proc *proc = NULL;
	struct proc_spec spec = {.what = "hang",
		.argv = SHELL(
			"(setsid sleep 1000 & echo $!; trap '' TERM; sleep 1000); sleep 1000")};
	pid_t hidden;

	CHECK_OK(proc_start(procs, &spec, &proc, &err), err);
	CHECK_OK(proc_wait_output(proc, "\n", deadline_in(5 * NS_PER_S), &err), err);
	hidden = (pid_t)strtol(proc_result(proc).out, NULL, 10);
	CHECK(hidden > 1 && kill(hidden, 0) == 0);
	CHECK(proc_wait(proc, deadline_in(50 * NS_PER_MS), &err));
	CHECK(err.kind == ERROR_TIMEOUT && strstr(err.text, "hang"));
	CHECK(proc_result(proc).has_ended && proc_result(proc).signal == SIGKILL);
	/* The orphan was killed before its adopter; its reaper may still be on its way.
	 */
	for (int i = 0; i < 2000 && kill(hidden, 0) == 0; i++)
		CHECK_OK(procs_step(procs, deadline_in(NS_PER_MS), &err), err);
	CHECK(kill(hidden, 0) < 0 && errno == ESRCH);
}

TEST(a_flood_is_kept_within_its_bound_with_its_start_and_end)
{
	struct error err = {0};
	PROCS(procs);
	AUTO(proc_freep) struct proc *proc = NULL;
	struct proc_spec spec = {.what = "flood",
		.argv = SHELL("echo start; head -c 3000000 /dev/zero | tr '\\0' x; echo end"),
		.keep_bytes = 10000};

	CHECK_OK(proc_start(procs, &spec, &proc, &err), err);
	CHECK_OK(proc_wait_success(proc, deadline_in(10 * NS_PER_S), &err), err);
	CHECK(proc_result(proc).out_size == 10000);
	CHECK(proc_result(proc).dropped_bytes == 3000000 + 10 - 10000);
	CHECK(strncmp(proc_result(proc).out, "start\nx", 7) == 0);
	CHECK(strcmp(proc_result(proc).out + 10000 - 5, "xend\n") == 0);
}

TEST(held_children_wait_for_their_release)
{
	struct error err = {0};
	PROCS(procs);
	AUTO(proc_freep) struct proc *a = NULL, *b = NULL;
	struct proc_spec spec = {.what = "wait", .argv = SHELL("echo go"), .held = true};
	int64_t apart_ns;

	CHECK_OK(proc_start(procs, &spec, &a, &err), err);
	CHECK_OK(proc_start(procs, &spec, &b, &err), err);
	CHECK_OK(procs_step(procs, deadline_in(50 * NS_PER_MS), &err), err);
	CHECK(!proc_result(a).has_ended && proc_result(a).out_size == 0);
	CHECK_OK(procs_release((struct proc *const[]){a, b}, 2, &err), err);
	CHECK_OK(proc_wait_success(a, deadline_in(5 * NS_PER_S), &err), err);
	CHECK_OK(proc_wait_success(b, deadline_in(5 * NS_PER_S), &err), err);
	CHECK(strcmp(proc_result(b).out, "go\n") == 0);
	apart_ns = proc_result(b).started_ns - proc_result(a).started_ns;
	CHECK(apart_ns >= 0 && apart_ns < 100 * NS_PER_MS);
}

TEST(what_wakes_nobody_is_read_when_asked_for_and_at_its_end)
{
	struct error err = {0};
	PROCS(procs);
	AUTO(proc_freep) struct proc *proc = NULL, *end = NULL;
	struct proc_spec talk = {.what = "talk",
		.argv = SHELL("echo one; echo said >&2; exec sleep 1000"),
		.wakes_nobody = true};
	struct deadline deadline = deadline_in(5 * NS_PER_S);

	CHECK_OK(proc_start(procs, &talk, &proc, &err), err);
	while (!*proc_result(proc).errout && !deadline_has_passed(deadline))
		CHECK_OK(procs_step(procs, deadline, &err), err);
	CHECK(strcmp(proc_result(proc).errout, "said\n") == 0);
	CHECK(strcmp(proc_result(proc).out, "") == 0);
	proc_read(proc);
	CHECK(strcmp(proc_result(proc).out, "one\n") == 0);
	talk.argv = SHELL("echo two");
	CHECK_OK(proc_start(procs, &talk, &end, &err), err);
	CHECK_OK(proc_wait(end, deadline_in(5 * NS_PER_S), &err), err);
	CHECK(strcmp(proc_result(end).out, "two\n") == 0);
}

TEST(what_wakes_nobody_does_not_stand_still_at_a_full_pipe)
{
	struct error err = {0};
	PROCS(procs);
	AUTO(proc_freep) struct proc *proc = NULL;
	struct proc_spec talk = {.what = "talk",
		.argv = SHELL("head -c 200000 /dev/zero; echo said >&2; exec sleep 1000"),
		.wakes_nobody = true};
	struct deadline deadline = deadline_in(20 * NS_PER_S);

	CHECK_OK(proc_start(procs, &talk, &proc, &err), err);
	while (!*proc_result(proc).errout && !deadline_has_passed(deadline))
		CHECK_OK(procs_step(procs, deadline, &err), err);
	CHECK(strcmp(proc_result(proc).errout, "said\n") == 0);
}

TEST(a_daemon_that_dies_while_we_wait_for_its_word_is_found_at_once)
{
	struct error err = {0};
	PROCS(procs);
	AUTO(proc_freep) struct proc *proc = NULL;
	struct proc_spec spec = {
		.what = "serve", .argv = SHELL("echo cannot bind; exit 1"), .merge = true};

	CHECK_OK(proc_start(procs, &spec, &proc, &err), err);
	CHECK(proc_wait_output(proc, "listening", deadline_in(5 * NS_PER_S), &err));
	CHECK(err.kind == ERROR_CRASHED && strstr(err.text, "cannot bind"));
}

TEST(stopping_gives_a_chance_and_then_kills)
{
	struct error err = {0};
	PROCS(procs);
	AUTO(proc_freep) struct proc *polite = NULL, *stubborn = NULL;
	struct proc_spec spec = {.what = "polite",
		.argv = SHELL(
			"trap 'echo bye; exit 0' TERM; echo on; while :; do sleep 0.01; done")};

	CHECK_OK(proc_start(procs, &spec, &polite, &err), err);
	spec = (struct proc_spec){.what = "stubborn",
		.argv = SHELL("trap '' TERM; echo on; while :; do sleep 0.01; done")};
	CHECK_OK(proc_start(procs, &spec, &stubborn, &err), err);
	CHECK_OK(proc_wait_output(polite, "on", deadline_in(5 * NS_PER_S), &err), err);
	CHECK_OK(proc_wait_output(stubborn, "on", deadline_in(5 * NS_PER_S), &err), err);
	proc_stop(polite, 5 * NS_PER_S);
	CHECK(proc_result(polite).exit_code == 0 && strstr(proc_result(polite).out, "bye"));
	proc_stop(stubborn, 50 * NS_PER_MS);
	CHECK(proc_result(stubborn).signal == SIGKILL);
}

TEST(several_that_end_share_one_grace)
{
	struct error err = {0};
	PROCS(procs);
	AUTO(proc_freep) struct proc *first = NULL, *second = NULL, *polite = NULL;
	struct proc_spec spec = {.what = "stubborn",
		.argv = SHELL("trap '' TERM; echo on; while :; do sleep 0.01; done")};
	int64_t began_ns;

	CHECK_OK(proc_start(procs, &spec, &first, &err), err);
	CHECK_OK(proc_start(procs, &spec, &second, &err), err);
	spec = (struct proc_spec){.what = "polite",
		.argv = SHELL("trap 'exit 7' TERM; echo on; while :; do sleep 0.01; done")};
	CHECK_OK(proc_start(procs, &spec, &polite, &err), err);
	CHECK_OK(proc_wait_output(first, "on", deadline_in(5 * NS_PER_S), &err), err);
	CHECK_OK(proc_wait_output(second, "on", deadline_in(5 * NS_PER_S), &err), err);
	CHECK_OK(proc_wait_output(polite, "on", deadline_in(5 * NS_PER_S), &err), err);
	began_ns = clock_now_ns();
	procs_end((struct proc *const[]){first, second, polite}, 3, NS_PER_S);
	CHECK(clock_now_ns() - began_ns < 2 * NS_PER_S);
	CHECK(proc_result(first).signal == SIGKILL && proc_result(second).signal == SIGKILL);
	CHECK(proc_result(polite).exit_code == 7);
}

TEST(ctrl_c_cancels_every_wait)
{
	struct error err = {0};
	PROCS(procs);
	AUTO(proc_freep) struct proc *proc = NULL;
	struct proc_spec spec = {.what = "long", .argv = ARGV("sleep", "1000")};

	CHECK_OK(proc_start(procs, &spec, &proc, &err), err);
	CHECK(raise(SIGINT) == 0);
	CHECK(proc_wait(proc, deadline_in(5 * NS_PER_S), &err));
	CHECK(err.kind == ERROR_CANCELLED && procs_is_cancelled(procs));
}

struct seen {
	unsigned starts, ends;
	char command[64], input[64];
};

static void observe(void *context, const struct proc_event *event)
{
	struct seen *seen = context;

	seen->starts += !event->is_end;
	seen->ends += event->is_end;
	snprintf(seen->command, sizeof(seen->command), "%s", event->command);
	snprintf(seen->input, sizeof(seen->input), "%s", event->input ? event->input : "none");
}

TEST(the_observer_sees_every_start_and_end_without_secrets)
{
	struct error err = {0};
	struct seen seen = {0};
	PROCS(procs);
	struct proc_spec spec = {.what = "login", .argv = ARGV("echo", "key:0123456789")};

	secrets_add(procs_secrets(procs), "0123456789");
	procs_observe(procs, observe, &seen);
	CHECK_OK(proc_run(procs, &spec, deadline_in(5 * NS_PER_S), &err), err);
	CHECK(seen.starts == 1 && seen.ends == 1);
	CHECK(strcmp(seen.command, "echo key:***") == 0);
}

TEST(the_observer_sees_what_a_command_reads_unless_it_is_binary)
{
	struct error err = {0};
	struct seen seen = {0};
	PROCS(procs);
	struct proc_spec spec = {
		.argv = ARGV("cat"), .input = "set 0123456789\n", .input_size = 15};

	secrets_add(procs_secrets(procs), "0123456789");
	procs_observe(procs, observe, &seen);
	CHECK_OK(proc_run(procs, &spec, deadline_in(5 * NS_PER_S), &err), err);
	CHECK(strcmp(seen.input, "set ***\n") == 0);
	spec.input = "a\0b";
	spec.input_size = 3;
	CHECK_OK(proc_run(procs, &spec, deadline_in(5 * NS_PER_S), &err), err);
	CHECK(strcmp(seen.input, "none") == 0);
}

TEST(a_wait_for_a_descriptor_serves_the_children_and_ends_in_time)
{
	struct error err = {0};
	PROCS(procs);
	AUTO(proc_freep) struct proc *proc = NULL;
	int ends[2];

	CHECK(pipe(ends) == 0);
	CHECK_OK(proc_start(procs, &(struct proc_spec){.argv = ARGV("true")}, &proc, &err), err);
	CHECK(!procs_await_fd(procs, ends[0], deadline_in(500 * NS_PER_MS)));
	CHECK(proc_result(proc).has_ended);
	CHECK(raise(SIGINT) == 0 && write(ends[1], "x", 1) == 1);
	CHECK(procs_await_fd(procs, ends[0], deadline_in(5 * NS_PER_S)));
	close(ends[0]);
	close(ends[1]);
}

TEST(processor_time_of_a_tree_counts_its_children)
{
	struct error err = {0};
	PROCS(procs);
	AUTO(proc_freep) struct proc *proc = NULL;
	struct proc_spec spec = {.what = "burn",
		.argv = SHELL(
			"sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'; echo done; cat"),
		.input = NULL};
	struct machine_state machine = {0};
	struct usage usage = {0};

	spec.argv = SHELL(
		"sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'; echo done; sleep 1000");
	CHECK_OK(proc_start(procs, &spec, &proc, &err), err);
	CHECK_OK(proc_wait_output(proc, "done", deadline_in(30 * NS_PER_S), &err), err);
	CHECK_OK(procs_usage((const struct proc *const[]){proc}, 1, &usage, &err), err);
	CHECK_OK(machine_look(&machine, &err), err);
	CHECK(usage.cpu_s > 0.01 && usage.cpu_s < machine.times.busy_s);
	CHECK(usage.peak_rss_bytes > 100 * 1024);
	CHECK(usage.rss_bytes > 100 * 1024 && usage.rss_bytes <= usage.peak_rss_bytes);
	CHECK(usage.processes == 2 ||
		usage.processes == 1); /* sleep may not have been forked yet */
}

TEST(an_obituary_says_why_and_not_only_that_it_ended)
{
	static const struct {
		const char *script, *words;
	} rows[] = {
		{"echo 'error - address in use'; echo exiting; exit 1", ": error - address in use"},
		{"echo 'error - try again'; echo ready; echo bye; exit 1", ": bye"},
		{"echo hello; echo 'panic: no reason'; echo 'main.go:7'; exit 1",
			": panic: no reason"},
		{"exit 1", ": it printed nothing"},
	};
	struct error err = {0};
	PROCS(procs);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct proc_spec spec = {.what = "it", .argv = SHELL(rows[i].script)};

		CHECK(proc_run(procs, &spec, deadline_in(30 * NS_PER_S), &err) == -1);
		CHECK(strstr(err.text, rows[i].words));
	}
}

/* How often the one thread of a tree slept and was woken. */
static uint64_t wakeups_of(const struct proc *proc)
{
	struct thread_usage *threads = NULL;
	struct error err;
	size_t count = 0;
	uint64_t wakeups = 0;

	if (proc_threads(proc, &threads, &count, &err))
		return 0;
	for (size_t i = 0; i < count; i++)
		wakeups += threads[i].wakeups;
	free(threads);
	return wakeups;
}

TEST(every_wakeup_of_a_thread_is_counted)
{
	struct error err = {0};
	PROCS(procs);
	AUTO(proc_freep) struct proc *proc = NULL;
	const struct proc_spec spec = {
		.argv = SHELL(
			"cd /; for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.001; done; echo done; exec sleep 1000")};

	CHECK_OK(proc_start(procs, &spec, &proc, &err), err);
	CHECK_OK(proc_wait_output(proc, "done", deadline_in(30 * NS_PER_S), &err), err);
	/* It waited for ten children; how often it waited for its code is the machine's affair. */
	CHECK(wakeups_of(proc) >= 10 && wakeups_of(proc) < 1000);
}

TEST(threads_of_a_tree_are_listed_with_their_names)
{
	struct error err = {0};
	PROCS(procs);
	AUTO(proc_freep) struct proc *proc = NULL;
	struct thread_usage *threads = NULL;
	size_t count = 0;
	char name[16] = "";

	CHECK_OK(proc_start(procs, &(struct proc_spec){.argv = ARGV("sleep", "1000")}, &proc, &err),
		err);
	CHECK_OK(proc_threads(proc, &threads, &count, &err), err);
	if (count == 1)
		memcpy(name, threads[0].name, sizeof(name));
	free(threads);
	CHECK(count == 1 && strcmp(name, "sleep") == 0);
}

TEST(every_signal_that_ends_a_program_cancels_instead)
{
	static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT};
	struct error err = {0};

	PROCS(procs);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		CHECK(raise(ends[i]) == 0);
		err.kind = ERROR_NONE;
		CHECK(procs_step(procs, deadline_in(NS_PER_S), &err));
		CHECK(err.kind == ERROR_CANCELLED);
		procs_uncancel(procs);
	}
	CHECK(raise(SIGHUP) == 0); /* one that nobody waited for does not end us either */
}

/* Serves the children until the first stop that is counted is that long; NULL: it never is. */
static const struct proc_stop *await_stop(struct procs *procs, int64_t ns)
{
	struct deadline deadline = deadline_in(5 * NS_PER_S);
	const struct proc_stop *stops;
	size_t count;

	do {
		procs_serve(procs, deadline_in(NS_PER_MS));
		stops = procs_stops(procs, &count);
	} while ((!count || stops->ns < ns) && !deadline_has_passed(deadline));
	return count == 1 && stops->ns >= ns ? stops : NULL;
}

TEST(a_child_that_was_stopped_is_known_with_how_long)
{
	struct error err = {0};
	PROCS(procs);
	AUTO(proc_freep) struct proc *proc = NULL, *other = NULL;
	struct proc_spec spec = {
		.what = "a daemon", .argv = ARGV("sleep", "60"), .part = PROC_SUBJECT};
	int64_t began_ns = clock_now_ns(), stopped_ns;
	const struct proc_stop *stop;
	bool is_stopped;
	size_t count;

	CHECK_OK(proc_start(procs, &spec, &proc, &err), err);
	CHECK_OK(proc_start(procs, &spec, &other, &err), err);
	procs_count_stops(procs);
	proc_signal(proc, SIGSTOP);
	stop = await_stop(procs, 3 * NS_PER_MS);
	CHECK(stop && strcmp(stop->what, "a daemon") == 0 && stop->part == PROC_SUBJECT);
	CHECK(proc_stopped_ns(proc, &is_stopped) > 0 && is_stopped);
	proc_signal(proc, SIGCONT);
	while (is_stopped && clock_now_ns() < began_ns + 5 * NS_PER_S) {
		procs_serve(procs, deadline_in(NS_PER_MS));
		proc_stopped_ns(proc, &is_stopped);
	}
	stopped_ns = procs_stops(procs, &count)->ns;
	CHECK(!is_stopped && count == 1 && stopped_ns < clock_now_ns() - began_ns);
	procs_serve(procs, deadline_in(2 * NS_PER_MS));
	CHECK(procs_stops(procs, &count)->ns == stopped_ns && count == 1);
	procs_count_stops(procs);
	procs_stops(procs, &count);
	CHECK(count == 0);
}

TEST(a_stop_lasts_until_the_child_ends_and_is_counted_from_where_the_count_began)
{
	struct error err = {0};
	PROCS(procs);
	AUTO(proc_freep) struct proc *proc = NULL;
	struct proc_spec spec = {.what = "a tool", .argv = ARGV("sleep", "60")};
	int64_t began_ns;
	size_t count;

	procs_count_stops(procs);
	CHECK_OK(proc_start(procs, &spec, &proc, &err), err);
	proc_signal(proc, SIGSTOP);
	CHECK(await_stop(procs, 5 * NS_PER_MS));
	began_ns = clock_now_ns();
	procs_count_stops(procs);
	CHECK(await_stop(procs, NS_PER_MS));
	proc_kill(proc);
	CHECK(procs_stops(procs, &count)->ns <= clock_now_ns() - began_ns && count == 1);
}

TEST(ends_and_kills_of_children_are_no_stops)
{
	struct error err = {0};
	PROCS(procs);
	AUTO(proc_freep) struct proc *proc = NULL, *killed = NULL;
	size_t count;

	procs_count_stops(procs);
	CHECK_OK(proc_start(procs, &(struct proc_spec){.argv = ARGV("true")}, &proc, &err), err);
	CHECK_OK(proc_start(procs, &(struct proc_spec){.argv = SHELL("sleep 60 & sleep 60")},
			 &killed, &err),
		err);
	CHECK_OK(proc_wait_success(proc, deadline_in(5 * NS_PER_S), &err), err);
	proc_kill(killed);
	procs_serve(procs, deadline_in(2 * NS_PER_MS));
	procs_stops(procs, &count);
	CHECK(count == 0);
}

TEST(a_stop_of_this_program_itself_is_known_by_its_end)
{
	struct error err = {0};
	PROCS(procs);
	const struct proc_stop *stops;
	size_t count;

	procs_count_stops(procs);
	CHECK(raise(SIGCONT) == 0);
	CHECK_OK(procs_step(procs, deadline_in(NS_PER_S), &err), err);
	stops = procs_stops(procs, &count);
	CHECK(count == 1 && stops->is_ours && stops->ns > 0);
	CHECK(stops->part == PROC_INSTRUMENT);
}

struct heard {
	char text[64];
	size_t used, of_errout;
};

static void hear(void *context, enum proc_stream stream, const void *data, size_t size)
{
	struct heard *heard = context;

	if (size > sizeof(heard->text) - 1 - heard->used)
		return;
	memcpy(heard->text + heard->used, data, size);
	heard->used += size;
	heard->of_errout += stream == PROC_ERROUT ? size : 0;
}

TEST(a_listener_takes_output_and_nothing_of_it_is_kept)
{
	struct error err = {0};
	struct heard heard = {.used = 0};
	PROCS(procs);
	AUTO(proc_freep) struct proc *proc = NULL;
	struct proc_spec spec = {.argv = SHELL("echo one; echo three >&2"),
		.listener = hear,
		.listener_context = &heard};

	CHECK_OK(proc_start(procs, &spec, &proc, &err), err);
	CHECK_OK(proc_wait_success(proc, deadline_in(5 * NS_PER_S), &err), err);
	CHECK(heard.used == 10 && heard.of_errout == 6);
	CHECK(strstr(heard.text, "one\n") && strstr(heard.text, "three\n"));
	CHECK(proc_result(proc).out_size == 0 && proc_result(proc).errout_size == 0);
}

TEST(a_child_is_the_program_that_it_has_become)
{
	struct error err = {0};
	PROCS(procs);
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(proc_freep) struct proc *proc = NULL;
	struct proc_spec spec = {.what = "become", .argv = SHELL("echo go; exec sleep 60")};
	struct proc_identity identity;
	struct deadline deadline = deadline_in(5 * NS_PER_S);

	CHECK_OK(proc_start(procs, &spec, &proc, &err), err);
	CHECK_OK(proc_wait_output(proc, "go", deadline, &err), err);
	do
		identity = proc_identity(proc, "tun0", arena);
	while (identity.program && !strstr(identity.program, "sleep") &&
		!deadline_has_passed(deadline));
	CHECK(identity.program && strstr(identity.program, "/sleep") && !identity.holds_device);
}

TEST(a_child_can_be_talked_to_over_one_descriptor)
{
	struct error err = {0};
	PROCS(procs);
	AUTO(proc_freep) struct proc *proc = NULL;
	AUTO(fd_closep) int ours = -1, theirs = -1;
	char text[16] = "";
	int ends[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	ours = ends[0];
	theirs = ends[1];
	CHECK_OK(proc_start(procs,
			 &(struct proc_spec){
				 .argv = SHELL("read word; echo \"<$word>\"; echo no >&2"),
				 .talk_fd = theirs},
			 &proc, &err),
		err);
	fd_closep(&theirs);
	CHECK(write(ours, "hello\n", 6) == 6);
	CHECK(procs_await_fd(procs, ours, deadline_in(5 * NS_PER_S)));
	CHECK(read(ours, text, sizeof(text) - 1) == 8 && strcmp(text, "<hello>\n") == 0);
	CHECK_OK(proc_wait_success(proc, deadline_in(5 * NS_PER_S), &err), err);
	CHECK(strcmp(proc_result(proc).errout, "no\n") == 0);
	CHECK(read(ours, text, sizeof(text)) == 0);
}
