/* SPDX-License-Identifier: MIT */
#include "record/record.h"

#include "tap.h"

#include "record/envelope.h"
#include "record/layout.h"
#include "record/mark.h"

#include "base/arena.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/json.h"

#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct record_cell tcp_cell = {.vpn = "Nebula",
	.profile = "baseline",
	.position = 1,
	.source = "yuki",
	.target = "luna",
	.file = "tcp_iperf3.json"};
static const struct record_cell parallel_cell = {
	.vpn = "Nebula", .profile = "baseline", .file = "parallel_tcp_iperf3.json"};

/* A folder of the test's own, removed with all it holds. */
struct place {
	char dir[64];
};

static void place_done(struct place *place)
{
	struct error err = {0};

	if (tree_remove(place->dir, &err))
		printf("# %s\n", err.text);
}

#define PLACE(name)                                                                                \
	AUTO(place_done) struct place name = {"/tmp/meshbench-record.XXXXXX"};                     \
	CHECK(mkdtemp((name).dir))

static struct record *opened(const struct place *place)
{
	struct record *record = NULL;
	struct error err = {0};

	if (record_open(place->dir, &record, &err))
		printf("# %s\n", err.text);
	return record;
}

static json_t *read_back(const struct place *place, const char *file)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	json_t *value = NULL;

	if (json_read(LAYOUT_PATH(arena, place->dir, file), 1 << 20, &value, &err))
		printf("# %s\n", err.text);
	return value;
}

TEST(a_success_has_the_published_shape_and_says_where_it_comes_from)
{
	json_auto_t *data = json_pack("{s:i}", "answer", 42);
	const struct record_result result = {.cause = CAUSE_SUCCESS,
		.data = data,
		.duration_s = 31.5,
		.attempts = 2,
		.restart_s = 1.25,
		.service_logs = "not for a success"};
	json_auto_t *json = envelope_json(&tcp_cell, &result);

	CHECK(strcmp(json_string_at(json, "/status", ""), "success") == 0);
	CHECK(json_number_at(json, "/data/answer", 0) == 42);
	CHECK(json_number_at(json, "/meta/duration_seconds", 0) == 31.5);
	CHECK(json_number_at(json, "/meta/test_attempts", 0) == 2);
	CHECK(json_number_at(json, "/meta/vpn_restart_duration_seconds", 0) == 1.25);
	CHECK(json_number_at(json, "/meta/connectivity_wait_duration_seconds", 1) == 0);
	CHECK(strcmp(json_string_at(json, "/meta/source", ""), "yuki") == 0);
	CHECK(strcmp(json_string_at(json, "/meta/target", ""), "luna") == 0);
	CHECK(strcmp(json_string_at(json, "/meta/cause", ""), "success") == 0);
	CHECK(!json_at(json, "/meta/service_logs") && !json_at(json, "/error_type"));
}

TEST(marks_are_read_in_the_order_and_with_the_reasons_they_were_added_with)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *list = json_array();
	const struct mark *marks;

	CHECK(!marks_read(arena, list) && !marks_text(arena, NULL));
	marks_add(list, MARK_WIRE, "it stood \xff still");
	marks_add(list, MARK_WIRE, "it lost frames");
	marks = marks_read(arena, list);
	CHECK(strcmp(marks->word, "wire") == 0 && mark_meaning(marks->word));
	CHECK(strcmp(marks->reason, "it stood \xef\xbf\xbd still") == 0 && !marks->next->next);
	CHECK(strcmp(marks_text(arena, marks), "it stood \xef\xbf\xbd still; it lost frames") == 0);
	CHECK(!mark_meaning("of a later version"));
}

TEST(a_failed_command_is_variant_b_with_its_words_and_status)
{
	static const char *const argv[] = {"iperf3", "-c", "10.0.0.2", NULL};
	const struct record_result result = {.cause = CAUSE_REFUSED,
		.evidence = "connection refused",
		.argv = argv,
		.out = "{}",
		.errout = "bad \xff byte",
		.exit_code = 1,
		.attempts = 1,
		.service_logs = "a log"};
	json_auto_t *json = envelope_json(&tcp_cell, &result);

	CHECK(strcmp(json_string_at(json, "/status", ""), "error") == 0);
	CHECK(strcmp(json_string_at(json, "/error_type", ""), "CmdOut") == 0);
	CHECK(json_number_at(json, "/error/returncode", 0) == 1);
	CHECK(strcmp(json_string_at(json, "/error/stderr", ""), "bad \xef\xbf\xbd byte") == 0);
	CHECK(strcmp(json_string_at(json, "/error/command_list/2", ""), "10.0.0.2") == 0);
	CHECK(!json_at(json, "/error/msg") && !json_at(json, "/timeout"));
	CHECK(json_number_at(json, "/meta/test_attempts", 0) == 1);
	CHECK(strcmp(json_string_at(json, "/meta/cause", ""), "refused") == 0);
	CHECK(strcmp(json_string_at(json, "/meta/evidence", ""), "connection refused") == 0);
	CHECK(strcmp(json_string_at(json, "/meta/service_logs", ""), "a log") == 0);
}

TEST(a_command_out_of_time_is_variant_c_with_its_limit)
{
	static const char *const argv[] = {"iperf3", NULL};
	const struct record_result result = {.cause = CAUSE_TIMEOUT,
		.evidence = "too slow",
		.argv = argv,
		.exit_code = 5,
		.timeout_s = 120};
	json_auto_t *json = envelope_json(&tcp_cell, &result);

	CHECK(json_number_at(json, "/timeout", 0) == 120);
	CHECK(json_number_at(json, "/error/returncode", 0) == -1);
	CHECK(strcmp(json_string_at(json, "/error/msg", ""),
		      "Command timed out after 120 seconds") == 0);
}

TEST(a_failure_without_a_command_is_variant_d)
{
	const struct record_result result = {
		.cause = CAUSE_CONNECT, .evidence = "luna never answered"};
	json_auto_t *json = envelope_json(&tcp_cell, &result);

	CHECK(strcmp(json_string_at(json, "/error_type", ""), "ClanError") == 0);
	CHECK(strcmp(json_string_at(json, "/error/description", ""), "luna never answered") == 0);
	CHECK(json_is_string(json_at(json, "/error/msg")));
	CHECK(json_is_string(json_at(json, "/error/location")));
}

TEST(added_meta_keys_never_replace_ours)
{
	json_auto_t *data = json_object();
	json_auto_t *meta = json_pack("{s:s,s:i}", "cause", "a lie", "links_ok", 3);
	const struct record_result result = {
		.cause = CAUSE_SUCCESS, .data = data, .meta = meta, .attempts = 1};
	json_auto_t *json = envelope_json(&tcp_cell, &result);

	CHECK(strcmp(json_string_at(json, "/meta/cause", ""), "success") == 0);
	CHECK(json_number_at(json, "/meta/links_ok", 0) == 3);
}

TEST(a_cell_lies_where_published_readers_look_for_it)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct record_cell again = tcp_cell, all = parallel_cell;

	again.repetition = 2;
	all.repetition = 1;
	CHECK(strcmp(layout_cell_file(arena, "T", &tcp_cell),
		      "T/Nebula/baseline/1_yuki/tcp_iperf3.json") == 0);
	CHECK(strcmp(layout_cell_samples(arena, "T", &again),
		      "T/Nebula/baseline/1_yuki/repetitions/2/samples/tcp_iperf3.json") == 0);
	CHECK(strcmp(layout_cell_file(arena, "T", &parallel_cell),
		      "T/Nebula/baseline/parallel_tcp_iperf3.json") == 0);
	/* A folder of its own in a profile would be taken for a host. */
	CHECK(strcmp(layout_cell_samples(arena, "T", &parallel_cell),
		      "T/General/all_links/Nebula/baseline/samples/parallel_tcp_iperf3.json") == 0);
	CHECK(strcmp(layout_cell_file(arena, "T", &all),
		      "T/General/all_links/Nebula/baseline/repetitions/1/parallel_tcp_iperf3.json") ==
		0);
}

TEST(a_host_folder_tells_its_place_and_name)
{
	const char *name;
	size_t position;

	CHECK(layout_host_of("12_luna_b", &position, &name));
	CHECK(position == 12 && strcmp(name, "luna_b") == 0);
	CHECK(!layout_host_of("luna", &position, &name) && !layout_host_of("1_", &position, &name));
	CHECK(!layout_host_of("-1_a", &position, &name) && !layout_host_of("1a", &position, &name));
}

TEST(what_is_written_is_found_again_with_its_samples)
{
	PLACE(place);
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(record_closep) struct record *record = opened(&place);
	json_auto_t *data = json_pack("{s:i}", "x", 1), *samples = json_pack("{s:i}", "y", 2);
	struct record_result result = {
		.cause = CAUSE_SUCCESS, .data = data, .samples = samples, .attempts = 1};
	struct error err = {0};

	CHECK(record && !record_has_success(record, &tcp_cell));
	CHECK_OK(record_write_cell(record, &tcp_cell, &result, &err), err);
	CHECK(record_has_success(record, &tcp_cell));
	json_auto_t *kept = read_back(&place, "Nebula/baseline/1_yuki/samples/tcp_iperf3.json");
	CHECK(json_equal(kept, samples));

	/* A later failure takes the old samples away: they are of another run. */
	result = (struct record_result){.cause = CAUSE_STALLED, .evidence = "stopped"};
	CHECK_OK(record_write_cell(record, &tcp_cell, &result, &err), err);
	CHECK(!record_has_success(record, &tcp_cell));
	CHECK(!path_exists(layout_cell_samples(arena, place.dir, &tcp_cell)));
}

TEST(a_damaged_cell_counts_as_absent)
{
	PLACE(place);
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(record_closep) struct record *record = opened(&place);
	json_auto_t *data = json_object();
	const struct record_result result = {.cause = CAUSE_SUCCESS, .data = data};
	struct error err = {0};
	const char *path;
	char *text;
	size_t size;

	CHECK(record);
	CHECK_OK(record_write_cell(record, &tcp_cell, &result, &err), err);
	path = layout_cell_file(arena, place.dir, &tcp_cell);
	CHECK_OK(file_read(arena, path, 1 << 20, &text, &size, &err), err);
	for (size_t cut = 0; cut + 2 < size; cut += 7) {
		CHECK_OK(file_write(path, text, cut, 0644, &err), err);
		CHECK(!record_has_success(record, &tcp_cell));
	}
	CHECK_OK(file_write(path, text, size, 0644, &err), err);
	CHECK(record_has_success(record, &tcp_cell));
}

TEST(all_links_succeed_only_together)
{
	PLACE(place);
	AUTO(record_closep) struct record *record = opened(&place);
	json_auto_t *data = json_pack("{s:i}", "bytes", 1);
	struct record_pair pairs[] = {
		{"lom", "yuki", {.cause = CAUSE_SUCCESS, .data = data, .samples = data}},
		{"yuki", "luna",
			{.cause = CAUSE_STALLED, .evidence = "moved nothing", .data = data}},
		{"luna", "lom", {.cause = CAUSE_SUCCESS, .data = data}},
	};
	const struct record_result whole = {.duration_s = 60, .attempts = 1};
	struct error err = {0};

	CHECK(record);
	CHECK_OK(record_write_parallel(record, &parallel_cell, pairs, 3, &whole, &err), err);
	json_auto_t *json = read_back(&place, "Nebula/baseline/parallel_tcp_iperf3.json");
	CHECK(strcmp(json_string_at(json, "/status", ""), "error") == 0);
	CHECK(json_number_at(json, "/meta/links_ok", 0) == 2);
	CHECK(json_number_at(json, "/meta/links_planned", 0) == 3);
	CHECK(strcmp(json_string_at(json, "/meta/cause", ""), "stalled") == 0);
	CHECK(strcmp(json_string_at(json, "/meta/evidence", ""),
		      "2 of 3 links worked; yuki->luna: moved nothing") == 0);
	CHECK(json_at(json, "/data/pairs/0/result") && json_at(json, "/data/pairs/2/result"));
	CHECK(!json_at(json, "/data/pairs/1/result"));
	CHECK(strcmp(json_string_at(json, "/data/pairs/1/cause", ""), "stalled") == 0);
	CHECK(!record_has_success(record, &parallel_cell));

	pairs[1].result = pairs[2].result;
	CHECK_OK(record_write_parallel(record, &parallel_cell, pairs, 3, &whole, &err), err);
	CHECK(record_has_success(record, &parallel_cell));
}

TEST(only_a_new_an_empty_or_our_own_folder_is_opened)
{
	PLACE(place);
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct record *record = NULL;
	struct error err = {0};
	const char *foreign = LAYOUT_PATH(arena, place.dir, "foreign");
	const char *file = LAYOUT_PATH(arena, foreign, "thesis.tex");
	const char *fresh = LAYOUT_PATH(arena, place.dir, "a", "new", "one");

	CHECK_OK(dir_make(foreign, 0755, &err), err);
	CHECK_OK(file_write(file, "x", 1, 0644, &err), err);
	CHECK(record_open(foreign, &record, &err) && err.kind == ERROR_USAGE);
	CHECK(strstr(err.text, foreign) && strstr(err.text, "new or an empty folder"));
	CHECK(record_open(file, &record, &err) && err.kind == ERROR_USAGE);
	CHECK(strstr(err.text, "it is a file"));
	CHECK(record_open(LAYOUT_PATH(arena, file, "below"), &record, &err));
	CHECK(!record);

	CHECK_OK(record_open(fresh, &record, &err), err);
	record_closep(&record);
	CHECK_OK(record_open(fresh, &record, &err), err);
	record_close(record);
}

/* Makes a file with the folder above it. */
static void make_file(const char *folder, const char *path, const char *text)
{
	struct error err = {0};

	if (dir_make(folder, 0755, &err) || file_write(path, text, strlen(text), 0644, &err))
		printf("# %s\n", err.text);
}

TEST(a_folder_with_names_of_ours_and_files_of_somebody_else_is_left_as_it_is)
{
	PLACE(place);
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct record *record = NULL;
	struct error err = {0};
	const char *a = LAYOUT_PATH(arena, place.dir, "a");
	const char *b = LAYOUT_PATH(arena, place.dir, "b");
	const char *state = LAYOUT_PATH(arena, a, LAYOUT_GENERAL, LAYOUT_STATE);

	make_file(state, LAYOUT_PATH(arena, state, "diary"), "mine");
	CHECK(record_open(a, &record, &err) && strstr(err.text, "not a result tree"));
	CHECK(path_exists(LAYOUT_PATH(arena, state, "diary")));
	CHECK(!path_exists(LAYOUT_PATH(arena, a, LAYOUT_EVENTS)));
	make_file(b, LAYOUT_PATH(arena, b, LAYOUT_ENVIRONMENT), "{\"mine\": 1}");
	CHECK(record_open(b, &record, &err) && strstr(err.text, "not a result tree"));
	CHECK(!path_exists(LAYOUT_PATH(arena, b, LAYOUT_GENERAL)) && !record);
}

/* A folder of somebody else's, with a file that must stay as it is. */
static const char *make_outside(struct arena *arena, const struct place *place)
{
	const char *outside = LAYOUT_PATH(arena, place->dir, "outside");
	const char *state = LAYOUT_PATH(arena, outside, LAYOUT_STATE);
	struct error err = {0};

	if (dir_make(state, 0755, &err) ||
		file_write(LAYOUT_PATH(arena, state, "diary"), "mine\n", 5, 0644, &err))
		printf("# %s\n", err.text);
	return outside;
}

static bool is_untouched(struct arena *arena, const char *outside)
{
	const char *diary = LAYOUT_PATH(arena, outside, LAYOUT_STATE, "diary");
	AUTO(dir_closep) DIR *dir = opendir(outside);
	struct error err = {0};
	size_t entries = 0;
	char *text;

	while (dir && readdir(dir)) /* NOLINT(concurrency-mt-unsafe): ours alone */
		entries++;
	return entries == 3 && file_read(arena, diary, 100, &text, NULL, &err) == 0 &&
	       strcmp(text, "mine\n") == 0;
}

TEST(links_in_a_tree_do_not_lead_out_of_it)
{
	PLACE(place);
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(record_closep) struct record *record = NULL;
	json_auto_t *value = json_object();
	struct error err = {0};
	const char *outside = make_outside(arena, &place);
	const char *tree = LAYOUT_PATH(arena, place.dir, "tree");
	const char *diary = LAYOUT_PATH(arena, outside, LAYOUT_STATE, "diary");

	CHECK_OK(dir_make(tree, 0755, &err), err);
	CHECK(symlink(outside, LAYOUT_PATH(arena, tree, LAYOUT_GENERAL)) == 0);
	CHECK(record_open(tree, &record, &err) && strstr(err.text, "links are not followed"));
	CHECK(is_untouched(arena, outside));

	CHECK(unlink(LAYOUT_PATH(arena, tree, LAYOUT_GENERAL)) == 0);
	CHECK_OK(dir_make(LAYOUT_PATH(arena, tree, LAYOUT_GENERAL), 0755, &err), err);
	CHECK(symlink(diary, LAYOUT_PATH(arena, tree, LAYOUT_EVENTS)) == 0);
	CHECK(record_open(tree, &record, &err) && strstr(err.text, LAYOUT_EVENTS));

	CHECK(unlink(LAYOUT_PATH(arena, tree, LAYOUT_EVENTS)) == 0);
	CHECK_OK(record_open(tree, &record, &err), err);
	CHECK(symlink(outside, LAYOUT_PATH(arena, tree, "Nebula")) == 0);
	CHECK(record_write_vpn(record, "Nebula", LAYOUT_VPN, value, &err));
	CHECK(strstr(err.text, "links are not followed"));
	CHECK(symlink(diary, LAYOUT_PATH(arena, tree, LAYOUT_ENVIRONMENT)) == 0);
	CHECK(!record_read_environment(record));
	CHECK_OK(record_write_environment(record, value, &err), err); /* in place of the link */
	CHECK(is_untouched(arena, outside));
}

TEST(a_tree_that_is_moved_while_it_is_written_stays_whole)
{
	PLACE(place);
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(record_closep) struct record *record = NULL;
	json_auto_t *value = json_object();
	struct error err = {0};
	const char *tree = LAYOUT_PATH(arena, place.dir, "tree");
	const char *moved = LAYOUT_PATH(arena, place.dir, "moved");

	CHECK_OK(record_open(tree, &record, &err), err);
	CHECK(strcmp(record_place(record, arena), tree) == 0);
	CHECK(rename(tree, moved) == 0);
	CHECK(strcmp(record_place(record, arena), moved) == 0);
	CHECK_OK(record_write_vpn(record, "Nebula", LAYOUT_VPN, value, &err), err);
	CHECK(path_exists(LAYOUT_PATH(arena, moved, "Nebula", LAYOUT_VPN)) && !path_exists(tree));
	CHECK_OK(tree_remove(moved, &err), err);
	CHECK(!record_place(record, arena));
	CHECK(record_write_vpn(record, "Nebula", LAYOUT_VPN, value, &err));
}

/* What another process gets when it opens the tree: the kind of error. */
static int kind_for_another(const char *dir)
{
	struct record *record = NULL;
	struct error err = {0};
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		if (record_open(dir, &record, &err) == 0)
			record_close(record);
		_exit((int)err.kind);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(two_writers_never_share_a_tree)
{
	PLACE(place);
	AUTO(record_closep) struct record *record = opened(&place);

	CHECK(record);
	CHECK(kind_for_another(place.dir) == ERROR_USAGE);
	record_closep(&record);
	CHECK(kind_for_another(place.dir) == ERROR_NONE);
}

TEST(what_hosts_of_an_earlier_version_left_is_gone)
{
	PLACE(place);
	AUTO(record_closep) struct record *record = opened(&place);
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *environment = NULL;
	struct error err = {0};
	const char *key;

	CHECK(record);
	environment = json_make("{s:{}}", "plan");
	CHECK_OK(record_write_environment(record, environment, &err), err);
	record_closep(&record);
	key = LAYOUT_PATH(arena, place.dir, LAYOUT_GENERAL, LAYOUT_STATE, "lom");
	CHECK_OK(dir_make(key, 0700, &err), err);
	record = opened(&place);
	CHECK(record && !path_exists(key));
}

TEST(names_that_would_leave_the_tree_are_refused)
{
	static const char *const names[] = {"../up", "a/b", "..", "", ".hidden"};
	PLACE(place);
	AUTO(record_closep) struct record *record = opened(&place);
	json_auto_t *value = json_object();
	struct error err = {0};

	CHECK(record);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		CHECK(record_write_vpn(record, names[i], "layout.json", value, &err));
		CHECK(err.kind == ERROR_USAGE);
		CHECK(record_write_profile(record, "Nebula", names[i], "x.json", value, &err));
	}
}

TEST(each_event_is_one_line_and_a_torn_one_swallows_nothing)
{
	PLACE(place);
	AUTO(record_closep) struct record *record = opened(&place);
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *path = LAYOUT_PATH(arena, place.dir, "events.jsonl");
	struct error err = {0};
	char *text, *line;
	size_t count = 0, torn = 0;

	CHECK(record);
	CHECK_OK(record_event(record, "start", json_pack("{s:s}", "vpn", "a\nb"), &err), err);
	CHECK_OK(file_append(path, "{\"t\":1,\"ki", 10, &err), err);
	record_closep(&record);
	record = opened(&place);
	CHECK(record);
	CHECK_OK(record_event(record, "end", json_object(), &err), err);
	CHECK_OK(file_read(arena, path, 4096, &text, NULL, &err), err);
	while ((line = strsep(&text, "\n")) && *line) {
		json_auto_t *event = NULL;

		count++;
		if (json_parse(line, strlen(line), "line", &event, &err))
			torn++;
		else
			CHECK(json_number_at(event, "/t", 0) > 1.7e9);
	}
	CHECK(count == 3 && torn == 1);
}

/* Files stop growing at a few kilobytes, as on a disk that is full. */
static int fill_disk(rlim_t bytes)
{
	struct rlimit limit;

	/* NOLINTNEXTLINE(bugprone-signal-handler): the signal is ignored, nothing handles it */
	if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR || getrlimit(RLIMIT_FSIZE, &limit) < 0)
		return -1;
	limit.rlim_cur = bytes;
	return setrlimit(RLIMIT_FSIZE, &limit);
}

static void disk_done(const int *unused)
{
	(void)unused;
	if (fill_disk(RLIM_INFINITY) < 0)
		abort();
}

static size_t entries_in(const char *folder)
{
	AUTO(dir_closep) DIR *dir = opendir(folder);
	size_t count = 0;

	while (dir && readdir(dir)) /* NOLINT(concurrency-mt-unsafe): our own stream */
		count++;
	return count - 2;
}

TEST(a_full_disk_leaves_no_half_file_and_loses_no_earlier_result)
{
	PLACE(place);
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(record_closep) struct record *record = opened(&place);
	json_auto_t *small = json_pack("{s:i}", "x", 1), *large = json_array(), *data = NULL;
	struct record_result result = {.cause = CAUSE_SUCCESS, .data = small, .attempts = 1};
	AUTO(disk_done) int disk = 0;
	struct error err = {0};
	const char *events;
	char *before, *after;

	for (int i = 0; i < 5000; i++)
		json_array_append_new(large, json_integer(i));
	data = json_pack("{s:O}", "x", large);
	CHECK(record && disk == 0);
	CHECK_OK(record_write_cell(record, &tcp_cell, &result, &err), err);
	CHECK_OK(record_event(record, "start", NULL, &err), err);
	events = LAYOUT_PATH(arena, place.dir, LAYOUT_EVENTS);
	CHECK_OK(file_read(arena, events, 1 << 20, &before, NULL, &err), err);

	CHECK(fill_disk(4096) == 0);
	result.data = data;
	CHECK(record_write_cell(record, &tcp_cell, &result, &err));
	CHECK(err.kind == ERROR_SYSTEM && strstr(err.text, "tcp_iperf3.json"));
	CHECK(entries_in(layout_cell_folder(arena, place.dir, &tcp_cell)) == 1);
	json_auto_t *kept = read_back(&place, "Nebula/baseline/1_yuki/tcp_iperf3.json");
	CHECK(json_number_at(kept, "/data/x", 0) == 1);

	CHECK(record_event(record, "end", json_pack("{s:O}", "x", large), &err));
	CHECK_OK(file_read(arena, events, 1 << 20, &after, NULL, &err), err);
	CHECK(strcmp(before, after) == 0);
}

TEST(an_environment_and_a_calibration_are_read_back_or_absent)
{
	PLACE(place);
	AUTO(record_closep) struct record *record = opened(&place);
	json_auto_t *environment = json_pack("{s:s}", "kernel", "6.1");
	struct error err = {0};

	CHECK(record && !record_read_environment(record));
	CHECK_OK(record_write_environment(record, environment, &err), err);
	json_auto_t *found = record_read_environment(record);
	CHECK(json_equal(found, environment));
	CHECK(!record_read_calibration(record));
	CHECK_OK(record_write_calibration(record, environment, &err), err);
	json_auto_t *calibration = record_read_calibration(record);
	CHECK(json_equal(calibration, environment));
}

TEST(every_cause_has_a_word_of_its_own)
{
	for (int i = CAUSE_SUCCESS; i <= CAUSE_CANCELLED; i++) {
		enum cause found = CAUSE_CANCELLED;

		CHECK(cause_named(cause_name((enum cause)i), &found) && found == (enum cause)i);
	}
	CHECK(!cause_named("luck", &(enum cause){0}));
	CHECK(!cause_is_retried(CAUSE_SUCCESS) && cause_is_retried(CAUSE_MTU));
	CHECK(cause_is_retried(CAUSE_STALLED) && !cause_is_retried(CAUSE_CANCELLED));
}
