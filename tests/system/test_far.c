/* SPDX-License-Identifier: MIT */
/* Hosts behind a connection, without SSH: meshbench-host at the other end of a socket. */
#include "far/connection.h"
#include "far/far.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/version.h"

#include "far_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* The parent of a process, by /proc. */
static pid_t parent_of(pid_t pid)
{
	AUTO(stream_closep) FILE *file = NULL;
	char path[64], text[512];
	const char *rest;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (!file || !fgets(text, sizeof(text), file) || !(rest = strrchr(text, ')')))
		return 0;
	return (pid_t)strtol(rest + 4, NULL, 10);
}

TEST(a_command_is_fed_and_what_it_says_and_how_it_ends_comes_back)
{
	FAR(f);
	AUTO(proc_freep) struct proc *proc = NULL;
	const struct proc_spec spec = {.what = "talk",
		.argv = SHELL("cat; echo no >&2; exit 3"),
		.input = "hello",
		.input_size = 5};

	CHECK_OK(host_start(f.hosts[1], &spec, &proc, &err), err);
	CHECK(proc_wait_success(proc, SOON, &err) && err.kind == ERROR_TOOL);
	CHECK(is(err.text, "talk on yuki exited with 3: no"));
	CHECK(is(proc_result(proc).out, "hello") && is(proc_result(proc).errout, "no\n"));
	CHECK(proc_result(proc).exit_code == 3 && proc_result(proc).peak_rss_bytes > 100000);
	CHECK(proc_result(proc).started_ns > 0 &&
		proc_result(proc).ended_ns > proc_result(proc).started_ns);
}

TEST(a_far_host_is_a_host_of_its_own)
{
	FAR(f);
	CHECK(is(output_of(&f, 0, ARGV("hostname")), "lom\n"));
	CHECK(is(output_of(&f, 1, ARGV("hostname")), "yuki\n"));
	CHECK(output_of(&f, 0, SHELL("echo x | tee /tmp/a /run/a /var/lib/a")));
	CHECK(is(output_of(&f, 1, SHELL("ls /tmp /run /var/lib | grep -v :")), "\n\n"));
	CHECK(is(output_of(&f, 0, SHELL("cd /sys/class/net; echo *")), "lo\n"));
}

/* Ten datagrams of 1400 bytes are given to the device as one frame. */
#define DEVICE                                                                                     \
	SHELL("ip link add eth0 type veth peer name other && ip addr add 10.9.0.1/24 dev eth0 && ip link set eth0 up && ip link set other up && ip neigh add 10.9.0.2 lladdr 02:00:00:00:00:02 dev eth0")
#define TEN_AS_ONE                                                                                 \
	SHELL("python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.setsockopt(17, 103, 1400); s.sendto(bytes(14000), (\"10.9.0.2\", 9)); s.setsockopt(17, 103, 0); s.sendto(bytes(1400), (\"10.9.0.2\", 9))'")
#define COUNTED(n) (!host_large_frames(f.hosts[0], &frames, &err) && frames == (n))

TEST(a_far_machine_counts_frames_larger_than_the_mtu)
{
	FAR(f);
	uint64_t frames;

	CHECK(!COUNTED(0) && strstr(err.text, "eth0"));
	for (int life = 0; life < 2; life++) {
		CHECK(output_of(&f, 0, DEVICE) && COUNTED(0) && output_of(&f, 0, TEN_AS_ONE));
		CHECK(COUNTED(1) && COUNTED(0) && !host_reboot(f.hosts[0], &err));
	}
}

TEST(a_command_sees_path_home_and_locale_and_what_it_was_given)
{
	bool is_set = setenv("SECRET_OF_THE_CONTROLLER", "1", 1) == 0;
	FAR(f);
	AUTO(proc_freep) struct proc *proc = NULL;
	const char *path = getenv("PATH");
	size_t size = 0;
	char *expected, *of_helper;

	CHECK(is_set);
	CHECK_OK(file_read(f.arena,
			 arena_printf(f.arena, "/proc/%d/environ", parent_of(host_pid(f.hosts[0]))),
			 65536, &of_helper, &size, &err),
		err);
	CHECK(!memmem(of_helper, size, "SECRET", 6) && memmem(of_helper, size, "LC_ALL=C", 8));
	CHECK_OK(host_start(f.hosts[0],
			 &(struct proc_spec){
				 .argv = ARGV("env"), .environment = ARGV("GIVEN=two words")},
			 &proc, &err),
		err);
	CHECK_OK(proc_wait_success(proc, SOON, &err), err);
	expected = arena_printf(
		f.arena, "PATH=%s\nHOME=/root\nLC_ALL=C\nGIVEN=two words\n", path ? path : "");
	CHECK(is(proc_result(proc).out, expected));
}

TEST(streams_can_be_one_and_a_flood_is_kept_within_its_bound)
{
	FAR(f);
	AUTO(proc_freep) struct proc *merged = NULL, *flood = NULL;

	CHECK_OK(host_start(f.hosts[0],
			 &(struct proc_spec){
				 .argv = SHELL("echo a; echo b >&2; echo c"), .merge = true},
			 &merged, &err),
		err);
	CHECK_OK(proc_wait_success(merged, SOON, &err), err);
	CHECK(is(proc_result(merged).out, "a\nb\nc\n") && is(proc_result(merged).errout, ""));
	proc_freep(&merged);
	CHECK_OK(
		host_start(f.hosts[0],
			&(struct proc_spec){
				.argv = SHELL(
					"echo start; head -c 20000000 /dev/zero | tr '\\0' x; echo end"),
				.keep_bytes = 1000},
			&flood, &err),
		err);
	CHECK_OK(proc_wait_success(flood, deadline_in(60 * NS_PER_S), &err), err);
	CHECK(proc_result(flood).out_size + proc_result(flood).dropped_bytes == 20000010);
	CHECK(strncmp(proc_result(flood).out, "start\n", 6) == 0);
	CHECK(strcmp(proc_result(flood).out + proc_result(flood).out_size - 5, "xend\n") == 0);
}

TEST(what_a_command_prints_waits_while_its_host_is_held_back)
{
	FAR(f);
	AUTO(proc_freep) struct proc *talker = NULL;
	AUTO(proc_freep) struct proc *flood = NULL;
	uint64_t sent, heard, later_sent, later;

	CHECK_OK(far_host_hold_back(f.hosts[0], true, &err), err);
	far_host_bytes(f.hosts[0], &sent, &heard);
	CHECK_OK(host_start(f.hosts[0],
			 &(struct proc_spec){.argv = SHELL("echo one; echo two >&2; seq 9999")},
			 &talker, &err),
		err);
	CHECK_OK(proc_wait(talker, SOON, &err), err);
	CHECK(is(proc_result(talker).out, "") && is(proc_result(talker).errout, ""));
	far_host_bytes(f.hosts[0], &later_sent, &later);
	CHECK(later - heard < 200);
	/* There is no room for more than a megabyte. */
	CHECK_OK(host_start(f.hosts[0],
			 &(struct proc_spec){
				 .argv = SHELL("head -c 3000000 /dev/zero"), .keep_bytes = 4 << 20},
			 &flood, &err),
		err);
	CHECK_OK(proc_wait(flood, SOON, &err), err);
	CHECK(proc_result(flood).out_size >= 1900000);
	CHECK_OK(far_host_hold_back(f.hosts[0], false, &err), err);
	CHECK(strncmp(proc_result(talker).out, "one\n1\n2\n", 8) == 0);
	CHECK(is(proc_result(talker).errout, "two\n"));
	CHECK(proc_result(flood).out_size == 3000000);
	CHECK(is(output_of(&f, 0, ARGV("echo", "again")), "again\n"));
}

TEST(three_megabytes_reach_a_command_and_nine_are_refused)
{
	FAR(f);
	AUTO(proc_freep) struct proc *proc = NULL;
	struct proc_spec spec = {.what = "count", .argv = ARGV("wc", "-c"), .input_size = 3 << 20};

	spec.input = arena_bytes(f.arena, 9 << 20, 1);
	CHECK_OK(host_start(f.hosts[0], &spec, &proc, &err), err);
	CHECK_OK(proc_wait_success(proc, SOON, &err), err);
	CHECK(is(proc_result(proc).out, "3145728\n"));
	proc_freep(&proc);
	spec.input_size = 9 << 20;
	CHECK(host_start(f.hosts[0], &spec, &proc, &err) && err.kind == ERROR_USAGE && !proc);
	CHECK(is(output_of(&f, 0, ARGV("hostname")), "lom\n")); /* the connection goes on */
}

TEST(a_program_that_the_far_host_lacks_is_named)
{
	FAR(f);
	struct proc *proc = NULL;

	CHECK(host_start(f.hosts[0],
		&(struct proc_spec){.what = "try", .argv = ARGV("no-such-program")}, &proc, &err));
	CHECK(err.kind == ERROR_MISSING && !proc);
	CHECK(is(err.text, "try on lom: run no-such-program: No such file or directory"));
}

static bool has_ended(int pid_fd)
{
	return poll(&(struct pollfd){.fd = pid_fd, .events = POLLIN}, 1, 20000) == 1;
}

TEST(a_deadline_ends_the_far_tree_even_what_hides_behind_a_double_fork)
{
	FAR(f);
	AUTO(proc_freep) struct proc *proc = NULL;
	const struct proc_spec spec = {.what = "hang",
		.argv = SHELL(
			"(setsid sleep 1000 & echo on; trap '' TERM; sleep 1000); sleep 1000")};

	CHECK_OK(host_start(f.hosts[0], &spec, &proc, &err), err);
	CHECK_OK(proc_wait_output(proc, "on\n", SOON, &err), err);
	CHECK(output_of(&f, 0, SHELL("grep -qx sleep /proc/[0-9]*/comm")));
	CHECK(proc_wait(proc, deadline_in(50 * NS_PER_MS), &err) && err.kind == ERROR_TIMEOUT);
	CHECK(proc_result(proc).has_ended && proc_result(proc).signal == SIGKILL);
	/* Killed; the host's first process takes a moment to bury what hid from its parent. */
	CHECK(is(
		output_of(&f, 0, SHELL("while grep -qx sleep /proc/[0-9]*/comm; do :; done")), ""));
}

TEST(a_far_command_may_end_cleanly_when_it_is_stopped)
{
	FAR(f);
	AUTO(proc_freep) struct proc *proc = NULL;
	const struct proc_spec spec = {
		.argv = SHELL(
			"trap 'echo bye; exit 7' TERM; echo on; while :; do sleep 0.01; done")};

	CHECK_OK(host_start(f.hosts[0], &spec, &proc, &err), err);
	CHECK_OK(proc_wait_output(proc, "on\n", SOON, &err), err);
	proc_stop(proc, 20 * NS_PER_S);
	CHECK(proc_result(proc).exit_code == 7 && is(proc_result(proc).out, "on\nbye\n"));
}

TEST(resources_of_a_far_tree_are_measured_where_it_runs)
{
	FAR(f);
	AUTO(proc_freep) struct proc *proc = NULL;
	/* It stops itself: one that becomes another program changes its memory while it is looked
	 * at.
	 */
	const struct proc_spec spec = {
		.argv = SHELL(
			"i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo done; kill -STOP $$")};
	struct thread_usage *threads = NULL;
	struct usage usage;
	size_t count = 0;
	bool is_named;

	CHECK_OK(host_start(f.hosts[0], &spec, &proc, &err), err);
	CHECK_OK(proc_wait_output(proc, "done", deadline_in(60 * NS_PER_S), &err), err);
	CHECK_OK(procs_usage((const struct proc *const[]){proc}, 1, &usage, &err), err);
	CHECK(usage.cpu_s > 0.01 && usage.processes == 1);
	CHECK(usage.rss_bytes > 100000 && usage.rss_bytes <= usage.peak_rss_bytes);
	CHECK_OK(proc_threads(proc, &threads, &count, &err), err);
	is_named = count == 1 && strcmp(threads[0].name, "sh") == 0;
	free(threads);
	CHECK(is_named);
	proc_kill(proc);
	CHECK_OK(procs_usage((const struct proc *const[]){proc}, 1, &usage, &err), err);
	CHECK(usage.processes == 0 && usage.cpu_s == 0);
}

TEST(a_stop_on_a_far_host_is_known_here)
{
	FAR(far);
	AUTO(proc_freep) struct proc *proc = NULL;
	struct proc_spec spec = {
		.what = "a daemon", .argv = ARGV("sleep", "60"), .part = PROC_SUBJECT};
	struct deadline deadline = SOON;
	const struct proc_stop *stops;
	size_t count;

	CHECK_OK(host_start(far.hosts[0], &spec, &proc, &err), err);
	procs_count_stops(far.procs);
	proc_signal(proc, SIGSTOP);
	do {
		procs_serve(far.procs, deadline_in(NS_PER_MS));
		stops = procs_stops(far.procs, &count);
	} while ((!count || stops->ns < NS_PER_MS) && !deadline_has_passed(deadline));
	CHECK(count == 1 && strcmp(stops->what, "a daemon") == 0);
	CHECK(strcmp(stops->place, "lom") == 0 && stops->part == PROC_SUBJECT);
}

TEST(files_and_names_reach_a_far_host_and_state_survives_its_reboot)
{
	FAR(f);
	CHECK_OK(host_write(f.hosts[0], "/var/lib/vpn/key", "secret", 6, 0600, &err), err);
	CHECK_OK(host_set_names(f.hosts[0], "10.1.2.3 luna\n", &err), err);
	CHECK(is(output_of(&f, 0, SHELL("cat /var/lib/vpn/key; stat -c %a /var/lib/vpn/key")),
		"secret600\n"));
	CHECK(is(output_of(&f, 0, SHELL("getent hosts luna | tr -s ' '")), "10.1.2.3 luna\n"));
	CHECK_OK(host_reboot(f.hosts[0], &err), err);
	CHECK(is(output_of(&f, 0, SHELL("cat /var/lib/vpn/key")), "secret"));
	CHECK_OK(host_remove(f.hosts[0], "/var/lib/vpn/key", &err), err);
	CHECK(is(output_of(&f, 0, SHELL("ls /var/lib/vpn")), ""));
	CHECK_OK(host_wipe(f.hosts[0], &err), err);
	CHECK(is(output_of(&f, 0, SHELL("ls -A /var/lib")), ""));
	CHECK(host_write(f.hosts[0], "/etc/passwd", "", 0, 0600, &err));
	CHECK(err.kind == ERROR_USAGE && strncmp(err.text, "host lom: /etc/passwd", 21) == 0);
}

TEST(a_reboot_ends_what_runs_on_that_far_host_before_it_returns)
{
	FAR(f);
	AUTO(proc_freep) struct proc *there = NULL, *elsewhere = NULL;
	const struct proc_spec spec = {.argv = SHELL("(sleep 1000 &); echo on; sleep 1000")};
	pid_t former;

	former = host_pid(f.hosts[0]);
	CHECK_OK(host_start(f.hosts[0], &spec, &there, &err), err);
	CHECK_OK(host_start(f.hosts[1], &spec, &elsewhere, &err), err);
	CHECK_OK(proc_wait_output(there, "on", SOON, &err), err);
	CHECK_OK(host_reboot(f.hosts[0], &err), err);
	CHECK(proc_result(there).has_ended && proc_result(there).signal == SIGKILL);
	CHECK(!proc_result(elsewhere).has_ended);
	CHECK(host_pid(f.hosts[0]) > 0 && host_pid(f.hosts[0]) != former);
	CHECK(is(output_of(&f, 0, SHELL("grep -lx sleep /proc/[0-9]*/comm; true")), ""));
}

TEST(when_a_far_host_is_freed_it_and_all_that_ran_on_it_have_ended)
{
	FAR(f);
	AUTO(proc_freep) struct proc *proc = NULL;
	AUTO(fd_closep) int init_fd = pidfd_open(host_pid(f.hosts[0]), 0);
	const struct proc_spec spec = {.what = "sleep", .argv = ARGV("sleep", "1000")};

	CHECK_OK(host_start(f.hosts[0], &spec, &proc, &err), err);
	host_free(f.hosts[0]);
	f.hosts[0] = NULL;
	CHECK(poll(&(struct pollfd){.fd = init_fd, .events = POLLIN}, 1, 0) == 1);
	CHECK(proc_wait_success(proc, SOON, &err));
	CHECK(is(err.text, "sleep on lom was ended by signal 9 (Killed): it printed nothing"));
}

/* They run at a time that both ends know, which is later than the way to the farther one. */
TEST(held_commands_of_several_machines_run_at_one_time)
{
	FAR(f);
	AUTO(proc_freep) struct proc *a = NULL, *b = NULL;
	const struct proc_spec spec = {.argv = ARGV("echo", "ran"), .held = true};
	int64_t before_ns;

	CHECK_OK(host_start(f.hosts[0], &spec, &a, &err), err);
	CHECK_OK(host_start(f.hosts[1], &spec, &b, &err), err);
	CHECK(output_of(&f, 0, ARGV("true")) && output_of(&f, 1, ARGV("true")));
	CHECK(!proc_result(a).has_ended && proc_result(a).out_size == 0);
	before_ns = clock_now_ns();
	CHECK_OK(procs_release((struct proc *const[]){a, b}, 2, &err), err);
	CHECK(proc_result(a).started_ns >= before_ns + 5 * NS_PER_MS);
	CHECK(proc_result(b).started_ns >= before_ns + 5 * NS_PER_MS);
	CHECK_OK(proc_wait_success(a, SOON, &err), err);
	CHECK_OK(proc_wait_success(b, SOON, &err), err);
	CHECK(is(proc_result(a).out, "ran\n") && is(proc_result(b).out, "ran\n"));
}

TEST(a_held_command_that_cannot_run_fails_the_release)
{
	FAR(f);
	AUTO(proc_freep) struct proc *a = NULL, *b = NULL;
	const struct proc_spec bad = {.what = "try", .argv = ARGV("no-such-program"), .held = true};
	const struct proc_spec good = {.argv = ARGV("sleep", "1000"), .held = true};

	CHECK_OK(host_start(f.hosts[0], &good, &a, &err), err);
	CHECK_OK(host_start(f.hosts[0], &bad, &b, &err), err);
	CHECK(procs_release((struct proc *const[]){a, b}, 2, &err));
	CHECK(err.kind == ERROR_MISSING && strstr(err.text, "run no-such-program"));
	CHECK(!proc_result(a).has_ended);
}

TEST(a_host_that_ended_by_itself_is_reported)
{
	FAR(f);
	CHECK_OK(host_check(f.hosts[0], &err), err);
	CHECK(kill(host_pid(f.hosts[0]), SIGKILL) == 0);
	for (int i = 0; i < 2000 && host_check(f.hosts[0], &err) == 0; i++)
		procs_serve(f.procs, deadline_in(NS_PER_MS));
	CHECK(host_check(f.hosts[0], &err) && err.kind == ERROR_HOST);
	CHECK(strstr(err.text, "host lom ended") && strstr(err.text, "signal 9"));
	CHECK_OK(host_check(f.hosts[1], &err), err);
}

TEST(a_connection_carries_no_terminal)
{
	FAR(f);
	struct proc *proc = NULL;

	CHECK(host_start(f.hosts[0], &(struct proc_spec){.argv = ARGV("sh"), .on_terminal = true},
		&proc, &err));
	CHECK(err.kind == ERROR_MISSING && strstr(err.text, "does not carry a terminal"));
}

TEST(a_killed_helper_takes_all_with_it_and_every_child_says_so)
{
	FAR(f);
	AUTO(proc_freep) struct proc *proc = NULL, *other = NULL;
	AUTO(fd_closep) int init_fd = -1, child_fd = -1;
	const struct proc_spec spec = {.what = "sleep", .argv = ARGV("sleep", "1000")};

	CHECK_OK(host_start(f.hosts[0], &spec, &proc, &err), err);
	init_fd = pidfd_open(host_pid(f.hosts[0]), 0);
	child_fd = pidfd_open(proc_pid(proc), 0);
	CHECK(init_fd >= 0 && child_fd >= 0);
	CHECK(kill(parent_of(host_pid(f.hosts[0])), SIGKILL) == 0);
	CHECK(proc_wait_success(proc, SOON, &err));
	CHECK(is(err.text,
		"sleep on lom was lost: the connection to lom ended: the other end closed it"));
	CHECK(has_ended(init_fd) && has_ended(child_fd));
	CHECK(host_start(f.hosts[0], &spec, &other, &err) && err.kind == ERROR_HOST);
	CHECK(strstr(err.text, "meshbench-host on lom was ended by signal 9"));
	CHECK(host_check(f.hosts[0], &err) && err.kind == ERROR_HOST);
	CHECK(is(output_of(&f, 1, ARGV("hostname")), "yuki\n"));
}

/*
 * As it would be with SSH: what starts the helper does not end it, so that only the connection
 * says that we are gone. Reports the two processes that must not stay.
 */
static _Noreturn void be_a_victim(int report_fd)
{
	struct far_fixture f = {0};
	struct proc *proc = NULL;
	struct error err = {0};
	pid_t pids[2];

	if (far_fixture_up(&f, SHELL("exec 3<&0; \"$0\" \"$@\" <&3 & exec >&-; wait"), &err) ||
		host_start(f.hosts[0], &(struct proc_spec){.argv = ARGV("sleep", "1000")}, &proc,
			&err)) {
		fprintf(stderr, "# %s\n", err.text);
		_exit(1);
	}
	pids[0] = host_pid(f.hosts[0]);
	pids[1] = proc_pid(proc);
	if (write(report_fd, pids, sizeof(pids)) != (ssize_t)sizeof(pids))
		_exit(1);
	for (;;)
		pause();
}

TEST(a_killed_controller_leaves_nothing_on_the_far_side)
{
	AUTO(fd_closep) int init_fd = -1, child_fd = -1, reader = -1;
	int ends[2], status;
	pid_t pids[2], victim;

	CHECK(pipe2(ends, O_CLOEXEC) == 0);
	reader = ends[0];
	victim = fork();
	if (victim == 0)
		be_a_victim(ends[1]);
	close(ends[1]);
	CHECK(victim > 0 && read(reader, pids, sizeof(pids)) == (ssize_t)sizeof(pids));
	init_fd = pidfd_open(pids[0], 0);
	child_fd = pidfd_open(pids[1], 0);
	CHECK(init_fd >= 0 && child_fd >= 0);
	CHECK(kill(victim, SIGKILL) == 0 && waitpid(victim, &status, 0) == victim);
	CHECK(has_ended(init_fd) && has_ended(child_fd));
}

/* A bare connection to a helper. */
struct raw {
	struct procs *procs;
	struct proc *helper;
	int fd;
};

static void raw_done(struct raw *raw)
{
	fd_closep(&raw->fd);
	proc_free(raw->helper);
	procs_free(raw->procs);
}

static int raw_up(struct raw *raw, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *program;
	int ends[2], status;

	if (procs_new(&raw->procs, err) || helper_find(arena, "meshbench-host", &program, err))
		return -1;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return fail_errno(err, "make a socket");
	raw->fd = ends[0];
	status = proc_start(raw->procs,
		&(struct proc_spec){.argv = ARGV(program), .talk_fd = ends[1]}, &raw->helper, err);
	close(ends[1]);
	return status;
}

static bool says(struct raw *raw, int exit_code, const char *words)
{
	struct error err;

	if (proc_wait(raw->helper, SOON, &err) == 0 &&
		proc_result(raw->helper).exit_code == exit_code &&
		strstr(proc_result(raw->helper).errout, words))
		return true;
	printf("# exit %d: %s", proc_result(raw->helper).exit_code,
		proc_result(raw->helper).errout);
	return false;
}

static int say(struct raw *raw, const struct far_message *message, struct error *err)
{
	struct far_buffer bytes = {0};
	int status = far_encode(message, &bytes, err);

	if (!status && write(raw->fd, bytes.bytes, bytes.used) != (ssize_t)bytes.used)
		status = fail_errno(err, "write to the helper");
	far_buffer_done(&bytes);
	return status;
}

static const struct far_message hello = {.kind = FAR_HELLO, .version = version_text};

#define RAW(name)                                                                                  \
	struct error err = {0};                                                                    \
	AUTO(raw_done) struct raw name = {.fd = -1};                                               \
	CHECK_OK(raw_up(&(name), &err), err)

TEST(a_helper_refuses_another_version_and_names_both)
{
	struct far_message other = hello;
	RAW(r);

	other.version = "0.0.1";
	CHECK_OK(say(&r, &other, &err), err);
	CHECK(says(&r, 3, "the other end is meshbench 0.0.1 and this one "));
	CHECK(strstr(proc_result(r.helper).errout, version_text));
}

TEST(a_helper_ends_with_a_sentence_about_what_is_not_a_message)
{
	{
		RAW(r);
		CHECK(write(r.fd, "GET / HTTP/1.1\r\n\r\n", 18) == 18);
		CHECK(says(&r, 3, "the other end says 'GET / HTTP/1.1' instead of hello"));
	}
	{
		RAW(r);
		CHECK_OK(say(&r, &hello, &err), err);
		CHECK(write(r.fd, "\0\0\0\1\377", 5) == 5);
		CHECK(says(&r, 3, "the connection ended: a message is of the unknown kind 255"));
	}
	{
		RAW(r);
		CHECK_OK(say(&r, &hello, &err), err);
		CHECK(write(r.fd, "\0\0\0\2\4x", 6) == 6);
		CHECK(says(
			&r, 3, "the connection ended: message 'check' is cut at its field 'id'"));
	}
}

TEST(a_helper_whose_connection_closes_ends_without_complaint)
{
	RAW(r);

	CHECK_OK(say(&r, &hello, &err), err);
	CHECK_OK(say(&r, &(struct far_message){.kind = FAR_KILL, .child = 99}, &err), err);
	fd_closep(&r.fd);
	CHECK(says(&r, 0, ""));
}

TEST(no_child_is_left_when_far_hosts_are_gone)
{
	{
		FAR(f);
		CHECK(output_of(&f, 0, ARGV("true")));
	}
	CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}
