/* SPDX-License-Identifier: MIT */
/* Drivers that go wrong, and one that uses every verb: clear messages, and nothing stays behind. */
#include "lab_fixture.h"

#include "base/fd.h"
#include "base/json.h"

#include <signal.h>
#include <stdlib.h>

struct log {
	char *text;
	size_t size;
	FILE *stream;
};

static void log_done(struct log *log)
{
	stream_closep(&log->stream);
	free(log->text);
}

/* All that a record would keep of commands. */
static void note(void *context, const struct proc_event *event)
{
	struct log *log = context;

	fprintf(log->stream, "%s: %s\n", event->what, event->command);
}

static int load(
	struct lab_fixture *fixture, const char *name, struct driver *driver, struct error *err)
{
	const char *root = getenv("SOURCE_ROOT"); /* NOLINT(concurrency-mt-unsafe) */

	return driver_load(fixture->arena,
		arena_printf(fixture->arena, "%s/tests/system/drivers/%s", root, name), driver,
		err);
}

/* Fails with this kind and a message that has both parts; afterwards nothing is left. */
static void fails_with(const char *name, enum error_kind kind, const char *one, const char *other)
{
	LAB(fixture);
	AUTO(vpn_downp) struct vpn *vpn = NULL;
	struct driver driver;

	CHECK_OK(load(&fixture, name, &driver, &err), err);
	CHECK(vpn_up(fixture.lab, &driver, fixture_work_dir(&fixture), &vpn, &err));
	printf("# %s: %s\n", error_kind_name(err.kind), err.text);
	CHECK(!vpn && err.kind == kind);
	CHECK(strstr(err.text, one) && strstr(err.text, other));
	CHECK(!path_exists(fixture_state(&fixture, "lom", name)));
	CHECK(!path_exists(fixture_work_dir(&fixture)));
	CHECK_OK(lab_verify(fixture.lab, &err), err);
}

TEST(a_daemon_that_dies_at_once_is_named_with_its_last_words)
{
	fails_with("crash", ERROR_CRASHED,
		"crash/driver.yml:5: run the daemon on lom exited with 3",
		"fatal: cannot open the tunnel");
}

TEST(a_daemon_that_goes_into_the_background_is_told_to_stay)
{
	fails_with("leaves", ERROR_CRASHED, "run the daemon on lom exited with 0",
		"must stay in the foreground");
}

TEST(a_daemon_that_never_becomes_ready_is_named_with_what_was_awaited)
{
	fails_with("hang", ERROR_TIMEOUT,
		"run the daemon on lom: it is running but was not ready within 0.3 s (waiting for: interface nosuch0, output 'ready now')",
		"waiting for peers");
}

TEST(a_command_that_exceeds_its_time_is_ended_and_named)
{
	fails_with("slow", ERROR_TIMEOUT, "think about it on lom: did not end within 0.3 s",
		"sleep 1000");
}

TEST(a_daemon_that_dies_after_it_was_ready_ends_the_waiting)
{
	int64_t started_ns = clock_now_ns();

	fails_with("late", ERROR_CRASHED, "exited with 5", "lost my mind");
	CHECK(clock_now_ns() - started_ns < 30 * NS_PER_S);
}

TEST(a_vpn_that_is_not_here_names_its_package)
{
	fails_with("missing", ERROR_MISSING, "missing needs no-such-vpn-daemon",
		"apt install no-such-vpn");
}

TEST(a_daemon_that_floods_its_log_connects_and_its_ends_are_kept)
{
	LAB(fixture);
	AUTO(vpn_downp) struct vpn *vpn = NULL;
	AUTO(text_freep) char *log = NULL;
	struct driver driver;

	CHECK_OK(load(&fixture, "flood", &driver, &err), err);
	CHECK_OK(vpn_up(fixture.lab, &driver, fixture_work_dir(&fixture), &vpn, &err), err);
	log = vpn_log(vpn, 1);
	CHECK(strstr(log, "first words") && strstr(log, "last words"));
	CHECK(strstr(log, "bytes in the middle were discarded") && strlen(log) < 1 << 20);
}

/* Until the check fails, at most 5 s. */
static bool check_fails(struct lab_fixture *fixture, struct vpn *vpn, struct error *err)
{
	struct deadline deadline = deadline_in(5 * NS_PER_S);

	while (!vpn_check_daemons(vpn, err)) {
		if (deadline_has_passed(deadline) || procs_step(fixture->procs, deadline, err))
			return false;
	}
	return true;
}

TEST(a_daemon_that_ends_later_is_noticed)
{
	LAB(fixture);
	AUTO(vpn_downp) struct vpn *vpn = NULL;
	const struct vpn_daemon *daemons;
	struct driver driver;

	CHECK_OK(load(&fixture, "flood", &driver, &err), err);
	CHECK_OK(vpn_up(fixture.lab, &driver, fixture_work_dir(&fixture), &vpn, &err), err);
	CHECK_OK(vpn_check_daemons(vpn, &err), err);
	CHECK(vpn_daemons(vpn, &daemons) == 3 && daemons[2].host == 2);
	CHECK(kill(proc_pid(daemons[2].proc), SIGTERM) == 0);
	CHECK(check_fails(&fixture, vpn, &err) && err.kind == ERROR_CRASHED);
	CHECK(strstr(err.text, "run the daemon on luna was ended by signal 15"));
	CHECK_OK(vpn_restart(vpn, &err), err);
	CHECK_OK(vpn_check_daemons(vpn, &err), err);
}

TEST(a_secret_is_in_its_file_and_in_no_log)
{
	static const char secret[] = "topsecret-0123456789";
	LAB(fixture);
	AUTO(log_done) struct log log = {0};
	AUTO(vpn_downp) struct vpn *vpn = NULL;
	AUTO(text_freep) char *printed = NULL;
	struct driver driver;
	struct stat info;
	const char *file;
	char *text;

	log.stream = open_memstream(&log.text, &log.size);
	CHECK(log.stream);
	CHECK_OK(load(&fixture, "secret", &driver, &err), err);
	CHECK(driver.warnings[0] && strstr(driver.warnings[0], "driver.yml:11:20: secret 'key'"));
	procs_observe(fixture.procs, note, &log);
	CHECK_OK(vpn_up(fixture.lab, &driver, fixture_work_dir(&fixture), &vpn, &err), err);
	procs_observe(fixture.procs, NULL, NULL);
	fflush(log.stream);
	CHECK(strstr(log.text, "put it on a command line: echo said ***"));
	/* Its own making is the only line that has it: the driver says it there in clear. */
	CHECK(!strstr(strstr(log.text, "put it on a command line"), secret));

	file = fixture_state(&fixture, "yuki", "secret/file");
	CHECK(stat(file, &info) == 0 && (info.st_mode & 0777) == 0600);
	CHECK(stat(fixture_state(&fixture, "yuki", "secret"), &info) == 0 &&
		(info.st_mode & 0777) == 0700);
	CHECK(stat(fixture_work_dir(&fixture), &info) == 0 && (info.st_mode & 0777) == 0700);
	CHECK_OK(file_read(fixture.arena, file, 100, &text, NULL, &err), err);
	CHECK(strstr(text, secret));
	printed = vpn_log(vpn, 1);
	CHECK(strstr(printed, "I know key ***") && !strstr(printed, secret));
}

static bool holds(
	struct lab_fixture *fixture, const char *host, const char *file, const char *expected)
{
	struct error err = {0};
	char *text;

	if (file_read(
		    fixture->arena, fixture_state(fixture, host, file), 1000, &text, NULL, &err)) {
		printf("# %s\n", err.text);
		return false;
	}
	if (strcmp(text, expected) != 0)
		printf("# %s: %s\n", file, text);
	return strcmp(text, expected) == 0;
}

static size_t count_named(const char *folder, const char *prefix)
{
	AUTO(dir_closep) DIR *dir = opendir(folder);
	struct dirent *entry;
	size_t count = 0;

	while (dir && (entry = readdir(dir)))
		count += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
	return count;
}

TEST(every_verb_does_what_the_grammar_says)
{
	static const char note_text[] = "id id-7\nlom t-lom\nyuki t-yuki\nluna t-luna\n";
	const char *const undone[] = {"test", "!", "-e", "/run/undone-luna", NULL};
	struct proc_spec spec = {.what = "look", .argv = undone};
	LAB(fixture);
	AUTO(vpn_downp) struct vpn *vpn = NULL;
	json_auto_t *described = NULL;
	const struct vpn_daemon *daemons;
	struct driver driver;

	CHECK_OK(load(&fixture, "verbs", &driver, &err), err);
	CHECK_OK(vpn_up(fixture.lab, &driver, fixture_work_dir(&fixture), &vpn, &err), err);
	CHECK(holds(&fixture, "luna", "verbs/sub/note", note_text));
	CHECK(holds(&fixture, "yuki", "verbs/input", "from yuki with t-lom, l-yuki and r-lom"));
	CHECK(path_exists(fixture_state(&fixture, "yuki", "verbs/mark-lom")));
	CHECK(!path_exists(fixture_state(&fixture, "yuki", "verbs/mark-yuki")));
	vpn_observe(vpn, "begin");
	CHECK_OK(
		host_remove(lab_host(fixture.lab, 1), "/var/lib/meshbench/verbs/input", &err), err);
	vpn_observe(vpn, "end");
	described = vpn_describe(vpn);
	CHECK(strcmp(json_string_value(json_object_get(described, "version")), "version one") == 0);
	CHECK(strcmp(json_string_at(described, "/observed/begin/yuki/0", ""),
		      "from yuki with t-lom, l-yuki and r-lom") == 0);
	CHECK(strstr(
		json_string_at(described, "/observed/end/failed", ""), "on yuki exited with 1"));
	/* One http server and three daemons; the scripts that ended are none. */
	CHECK(vpn_daemons(vpn, &daemons) == 4 && strcmp(daemons[0].what, "serve http") == 0);
	CHECK(host_run(lab_host(fixture.lab, 2), &spec, deadline_in(5 * NS_PER_S), &err));
	/* What is done once would fail a second time; the rest of serve is done again. */
	CHECK(path_exists(fixture_state(&fixture, "lom", "verbs/once")));
	CHECK(count_named(fixture_state(&fixture, "lom", "verbs"), "start-") == 1);
	CHECK_OK(vpn_restart(vpn, &err), err);
	CHECK_OK(vpn_restart_host(vpn, 0, &err), err);
	CHECK(count_named(fixture_state(&fixture, "lom", "verbs"), "start-") == 3);
	vpn_downp(&vpn);
	CHECK_OK(host_run(lab_host(fixture.lab, 2), &spec, deadline_in(5 * NS_PER_S), &err), err);
}
