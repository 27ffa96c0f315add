/* SPDX-License-Identifier: MIT */
#include "record/reader.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/json.h"

#include "folder.h"
#include "tap.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TREE(name)                                                                                 \
	AUTO(arena_freep) struct arena *arena = arena_new();                                       \
	struct error err = {0};                                                                    \
	TEMPORARY_FOLDER(name)

static int put(struct arena *arena, const struct folder *tree, const char *path, const char *text)
{
	char *full = arena_printf(arena, "%s/%s", tree->path, path);
	char *slash = strrchr(full, '/');
	struct error err = {0};

	*slash = '\0';
	if (dir_make(full, 0755, &err))
		return -1;
	*slash = '/';
	return file_write(full, text, strlen(text), 0644, &err);
}

/* What was visited, as lines. */
struct seen {
	struct arena *arena;
	const char *lines;
};

static void see(void *context, const struct tree_entry *entry)
{
	struct seen *seen = context;

	seen->lines = arena_printf(seen->arena, "%s%s %zu %d%s\n", seen->lines, entry->path,
		entry->repetition, (int)entry->envelope.status, entry->samples ? " samples" : "");
}

#define SUCCESS "{\"status\":\"success\",\"data\":{\"a\":1},\"meta\":{\"duration_seconds\":2}}"

TEST(files_come_in_order_with_their_repetitions_and_samples)
{
	TREE(tree);
	struct seen seen = {arena, ""};
	struct tree_visitor visitor = {.context = &seen, .visit = see};
	struct tree_reading reading;

	CHECK(!put(arena, &tree, "Bee/baseline/10_x/ping.json", SUCCESS));
	CHECK(!put(arena, &tree, "Bee/baseline/10_x/repetitions/2/ping.json", SUCCESS));
	CHECK(!put(arena, &tree, "Bee/baseline/10_x/repetitions/10/ping.json", SUCCESS));
	CHECK(!put(arena, &tree, "Bee/baseline/10_x/samples/ping.json", "{\"rtt_ms\":[1]}"));
	CHECK(!put(arena, &tree, "Bee/baseline/parallel_tcp_iperf3.json", SUCCESS));
	CHECK(!put(arena, &tree,
		"General/all_links/Bee/baseline/repetitions/1/parallel_tcp_iperf3.json", SUCCESS));
	CHECK(!put(arena, &tree, "Ant/baseline/0_y/ping.json", SUCCESS));
	CHECK(!put(arena, &tree, "environment.json", "{}"));
	CHECK_OK(tree_read(arena, tree.path, &visitor, &reading, &err), err);
	CHECK(strcmp(seen.lines,
		      "environment.json 0 3\n"
		      "Ant/baseline/0_y/ping.json 0 1\n"
		      "Bee/baseline/parallel_tcp_iperf3.json 0 1\n"
		      "General/all_links/Bee/baseline/repetitions/1/parallel_tcp_iperf3.json 1 1\n"
		      "Bee/baseline/10_x/ping.json 0 1 samples\n"
		      "Bee/baseline/10_x/repetitions/2/ping.json 2 1\n"
		      "Bee/baseline/10_x/repetitions/10/ping.json 10 1\n") == 0);
	CHECK(!reading.problems);
}

TEST(what_is_damaged_is_named_and_the_rest_is_read)
{
	TREE(tree);
	struct seen seen = {arena, ""};
	struct tree_visitor visitor = {.context = &seen, .visit = see};
	struct tree_reading reading;

	CHECK(!put(arena, &tree, "A/b/0_c/cut.json", "{\"status\":"));
	CHECK(!put(arena, &tree, "A/b/0_c/good.json", SUCCESS));
	CHECK(!put(arena, &tree, "A/b/0_c/hollow.json", "{\"status\":\"success\"}"));
	CHECK(!put(arena, &tree, "A/b/0_c/odd.json", "{\"status\":\"maybe\"}"));
	CHECK(!put(arena, &tree, "A/b/0_c/note.txt", "no JSON"));
	CHECK_OK(tree_read(arena, tree.path, &visitor, &reading, &err), err);
	CHECK(strcmp(seen.lines, "A/b/0_c/good.json 0 1\n") == 0);
	CHECK(reading.problems && strcmp(reading.problems->path, "A/b/0_c/cut.json") == 0);
	CHECK(strstr(reading.problems->why, "line 1"));
	CHECK(strcmp(reading.problems->next->path, "A/b/0_c/hollow.json") == 0);
	CHECK(strstr(reading.problems->next->next->why, "maybe"));
	CHECK(!reading.problems->next->next->next);
}

TEST(a_folder_without_results_is_the_users_mistake)
{
	TREE(tree);
	struct tree_visitor visitor = {.visit = see};
	struct tree_reading reading;

	CHECK(tree_read(arena, tree.path, &visitor, &reading, &err) && err.kind == ERROR_USAGE);
	CHECK(!put(arena, &tree, "A/b/c/ping.json", SUCCESS));
	CHECK(tree_read(arena, tree.path, &visitor, &reading, &err) && err.kind == ERROR_USAGE);
	CHECK(strstr(err.text, "0_<host>"));
	CHECK(!put(arena, &tree, "A/b/0_c/ping.json", "nonsense"));
	CHECK(!tree_remove(arena_printf(arena, "%s/A/b/c", tree.path), &err));
	CHECK(tree_read(arena, tree.path, &visitor, &reading, &err) && err.kind == ERROR_USAGE);
	CHECK(strstr(err.text, "nothing in it can be read"));
}

static struct envelope envelope(struct arena *arena, const char *text, bool *ret_is_good)
{
	struct envelope of = {0};
	struct error err = {0};
	json_auto_t *value = NULL;
	const char *why;

	if (json_parse(text, strlen(text), "text", &value, &err))
		return of;
	*ret_is_good = envelope_of(arena, value, &of, &why);
	return of;
}

TEST(every_variant_of_an_envelope_is_known)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	bool is_good = false;
	struct envelope of = envelope(arena, SUCCESS, &is_good);

	CHECK(is_good && of.status == ENVELOPE_SUCCESS && of.duration_s == 2 && of.timeout_s == 0);
	of = envelope(arena,
		"{\"status\":\"error\",\"error_type\":\"CmdOut\",\"timeout\":120,\"error\":{},\"meta\":{\"test_attempts\":3,\"source\":\"a\",\"cause\":\"mtu\"}}",
		&is_good);
	CHECK(is_good && of.status == ENVELOPE_ERROR && of.timeout_s == 120 && of.attempts == 3);
	CHECK(strcmp(of.error_type, "CmdOut") == 0 && strcmp(of.cause, "mtu") == 0);
	CHECK(strcmp(of.source, "a") == 0 && !of.target && !of.evidence);
	of = envelope(arena, "[1, 2]", &is_good);
	CHECK(is_good && of.status == ENVELOPE_NONE);
	of = envelope(
		arena, "{\"status\":\"error\",\"meta\":{\"test_attempts\":-1e300}}", &is_good);
	CHECK(is_good && of.attempts == 0 && !of.error_type);
}

static bool is_named(const struct tree_reading *reading, const char *path)
{
	for (const struct tree_problem *at = reading->problems; at; at = at->next)
		if (strcmp(at->path, path) == 0)
			return true;
	return false;
}

TEST(links_in_a_tree_are_named_and_not_followed)
{
	TREE(tree);
	TEMPORARY_FOLDER(elsewhere);
	struct seen seen = {arena, ""};
	struct tree_visitor visitor = {.context = &seen, .visit = see};
	const char *profile = arena_printf(arena, "%s/Bee/baseline", tree.path);
	struct tree_reading reading;

	CHECK(!put(arena, &tree, "Bee/baseline/0_x/ping.json", SUCCESS));
	CHECK(!put(arena, &elsewhere, "baseline/0_x/ping.json", SUCCESS));
	CHECK(!put(arena, &elsewhere, "ping.json", SUCCESS));
	CHECK(!symlink(elsewhere.path, arena_printf(arena, "%s/Wasp", tree.path)));
	CHECK(!symlink(elsewhere.path, arena_printf(arena, "%s/General", tree.path)));
	CHECK(!symlink(arena_printf(arena, "%s/baseline/0_x", elsewhere.path),
		arena_printf(arena, "%s/1_y", profile)));
	CHECK(!symlink(arena_printf(arena, "%s/ping.json", elsewhere.path),
		arena_printf(arena, "%s/0_x/qperf.json", profile)));
	CHECK(!symlink("/dev/zero", arena_printf(arena, "%s/0_x/zero.json", profile)));
	CHECK(!symlink("loop.json", arena_printf(arena, "%s/0_x/loop.json", profile)));
	CHECK(!mkfifo(arena_printf(arena, "%s/0_x/fifo.json", profile), 0600));
	CHECK(!mkfifo(arena_printf(arena, "%s/0_x/samples", profile), 0600));
	CHECK(!tree_read(arena, tree.path, &visitor, &reading, &err));
	CHECK(strcmp(seen.lines, "Bee/baseline/0_x/ping.json 0 1\n") == 0);
	CHECK(is_named(&reading, "Wasp") && is_named(&reading, "Bee/baseline/1_y"));
	CHECK(is_named(&reading, "Bee/baseline/0_x/qperf.json"));
	CHECK(is_named(&reading, "Bee/baseline/0_x/zero.json"));
	CHECK(is_named(&reading, "Bee/baseline/0_x/loop.json"));
	CHECK(is_named(&reading, "General"));
	AUTO(fd_closep) int fd = -1;
	CHECK(!tree_open(tree.path, &fd, &err) && !tree_tunings(arena, fd)[0]);
}

TEST(a_repetition_of_an_absurd_number_is_named_and_not_counted_up_to)
{
	TREE(tree);
	struct seen seen = {arena, ""};
	struct tree_visitor visitor = {.context = &seen, .visit = see};
	struct tree_reading reading;
	const char *const absurd = "Bee/baseline/0_x/repetitions/4000000000000";

	CHECK(!put(arena, &tree, "Bee/baseline/0_x/ping.json", SUCCESS));
	CHECK(!put(arena, &tree, arena_printf(arena, "%s/ping.json", absurd), SUCCESS));
	CHECK(!tree_read(arena, tree.path, &visitor, &reading, &err));
	CHECK(strcmp(seen.lines, "Bee/baseline/0_x/ping.json 0 1\n") == 0);
	CHECK(is_named(&reading, absurd));
}

TEST(a_tuned_tree_is_read_beneath_the_tree_that_was_opened)
{
	TREE(tree);
	TEMPORARY_FOLDER(elsewhere);
	const char *const tuned = "General/tunings/bbr/Bee/baseline/0_x/ping.json";
	AUTO(fd_closep) int fd = -1, opened = -1, swapped = -1;
	const char *general = arena_printf(arena, "%s/General", tree.path);

	CHECK(!put(arena, &tree, tuned, SUCCESS) && !put(arena, &elsewhere, tuned, SUCCESS));
	CHECK(!tree_open(tree.path, &fd, &err));
	CHECK(strcmp(tree_tunings(arena, fd)[0], "bbr") == 0);
	opened = tree_open_tuning(fd, "bbr");
	CHECK(opened >= 0);
	/* What was listed is exchanged for a link before it is opened. */
	CHECK(!rename(general, arena_printf(arena, "%s/before", tree.path)));
	CHECK(!symlink(arena_printf(arena, "%s/General", elsewhere.path), general));
	swapped = tree_open_tuning(fd, "bbr");
	CHECK(swapped < 0);
	CHECK(!unlink(general));
	CHECK(!rename(arena_printf(arena, "%s/before", tree.path), general));
	swapped = tree_open_tuning(fd, "bbr");
	CHECK(swapped >= 0);
}

TEST(a_tree_may_itself_be_named_by_a_link)
{
	TREE(tree);
	struct seen seen = {arena, ""};
	struct tree_visitor visitor = {.context = &seen, .visit = see};
	const char *name = arena_printf(arena, "%s/latest", tree.path);
	struct tree_reading reading;

	CHECK(!put(arena, &tree, "run/Bee/baseline/0_x/ping.json", SUCCESS));
	CHECK(!symlink("run", name));
	CHECK(!tree_read(arena, name, &visitor, &reading, &err));
	CHECK(strcmp(seen.lines, "Bee/baseline/0_x/ping.json 0 1\n") == 0);
}

/* The marks of the one result in this file of tests/golden/marks. */
static const struct mark *marks_in(struct arena *arena, const char *file)
{
	char *path = arena_printf(arena, "%s/tests/golden/marks/%s", getenv("SOURCE_ROOT"), file);
	json_auto_t *value = NULL;
	struct envelope envelope = {0};
	struct error err = {0};
	const char *why;

	if (json_read(path, 1 << 20, &value, &err) || !envelope_of(arena, value, &envelope, &why))
		printf("# %s is not read: %s\n", path, err.text);
	return envelope.marks;
}

TEST(marks_come_with_their_result_also_from_a_tree_that_was_written_before_there_were_any)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct mark *marked = marks_in(arena, "marked.json");
	const struct mark *older = marks_in(arena, "bad-wire-without-marks.json");

	CHECK(marked && strcmp(marked->reason, "the wire stood still for 3.00 s") == 0);
	CHECK(older && strcmp(older->word, "wire") == 0);
	CHECK(strcmp(older->reason, "the wire was too slow") == 0);
	CHECK(!marks_in(arena, "unmarked.json"));
}
