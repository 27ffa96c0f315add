/* SPDX-License-Identifier: MIT */
#include "plan/tuning.h"

#include "plan/plan.h"

#include "folder.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

static int load(struct arena *arena, const struct folder *folder, const char *text,
	struct tuning *tuning, struct error *err)
{
	const char *path = arena_printf(arena, "%s/mine.yml", folder->path);

	if (file_write(path, text, strlen(text), 0600, err))
		return -1;
	return tuning_load(arena, path, tuning, err);
}

/* Refused at this place of the file, for a reason with these words. */
static bool is_refused(const char *text, const char *place, const char *why)
{
	AUTO(folder_remove) struct folder folder = {"/tmp/test_tuning.XXXXXX"};
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	struct tuning tuning;

	if (!mkdtemp(folder.path) || load(arena, &folder, text, &tuning, &err) == 0)
		return false;
	printf("# %s\n", err.text);
	return err.kind == ERROR_USAGE && strstr(err.text, why) &&
	       strstr(err.text, arena_printf(arena, "mine.yml:%s: ", place));
}

TEST(a_tuning_is_a_list_of_sysctls_in_their_order)
{
	TEMPORARY_FOLDER(folder);
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	struct tuning tuning;

	CHECK_OK(load(arena, &folder,
			 "title: T\ncongestion: bbr\nsysctls:\n"
			 "  - { set: \"net.ipv4.tcp_rmem=4096 1 2\" }\n"
			 "  - { set: \"net.ipv4.tcp_recovery=0\", ignored_since: \"6.17\" }\n",
			 &tuning, &err),
		err);
	CHECK(strcmp(tuning.name, "mine") == 0 && strcmp(tuning.congestion, "bbr") == 0);
	CHECK(tuning.count == 2 && strcmp(tuning.sysctls[0].key, "net.ipv4.tcp_rmem") == 0 &&
		strcmp(tuning.sysctls[0].value, "4096 1 2") == 0 &&
		!tuning.sysctls[0].ignored_since);
	CHECK(strcmp(tuning.sysctls[1].ignored_since, "6.17") == 0);
	CHECK(!tuning_is_none(&tuning));
}

TEST(every_tuning_of_ours_is_well_formed_and_none_sets_nothing)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *root = getenv("SOURCE_ROOT"); /* NOLINT(concurrency-mt-unsafe) */
	const char *const *names;
	struct error err = {0};
	struct tuning tuning;
	size_t count = 0;

	CHECK_OK(plan_list(arena, "tunings", &names, &err), err);
	for (; names[count]; count++)
		CHECK_OK(tuning_load(arena,
				 arena_printf(arena, "%s/tunings/%s.yml", root, names[count]),
				 &tuning, &err),
			err);
	CHECK(count >= 4);
	CHECK_OK(
		tuning_load(arena, arena_printf(arena, "%s/tunings/none.yml", root), &tuning, &err),
		err);
	CHECK(tuning_is_none(&tuning) && tuning.count == 0 && !tuning.congestion);
}

TEST(what_is_no_sysctl_of_a_network_is_refused_at_its_place)
{
	CHECK(is_refused(
		"title: T\nsysctls:\n  - { set: kernel.panic=1 }\n", "3:5", "kernel.panic"));
	CHECK(is_refused(
		"title: T\nsysctls:\n  - { set: net.ipv4.tcp_sack }\n", "3:5", "KEY=VALUE"));
	CHECK(is_refused(
		"title: T\nsysctls:\n  - { set: net.ipv4.tcp_sack= }\n", "3:5", "KEY=VALUE"));
	CHECK(is_refused("title: T\nsysctls:\n  - { set: net.a=1 }\n  - { set: net.a=2 }\n", "4:5",
		"set twice"));
	CHECK(is_refused("title: T\nsysctls:\n  - { set: net.ipv4.tcp_congestion_control=bbr }\n",
		"3:5", "congestion: bbr"));
	CHECK(is_refused("title: T\nsysctls:\n  - { set: net.a=1, ignored_since: soon }\n", "3:5",
		"'soon'"));
	CHECK(is_refused("title: T\nsysctl:\n  - { set: net.a=1 }\n", "2:1", "sysctl"));
}

TEST(a_kernel_ignores_a_value_from_a_release_on)
{
	const struct tuning_sysctl since = {"net.a", "1", "6.17"}, never = {"net.a", "1", NULL};

	CHECK(tuning_is_ignored(&since, "6.17.0"));
	CHECK(tuning_is_ignored(&since, "6.100.2-arch1"));
	CHECK(tuning_is_ignored(&since, "7.0"));
	CHECK(!tuning_is_ignored(&since, "6.16.99"));
	CHECK(!tuning_is_ignored(&since, "5.99.1"));
	CHECK(!tuning_is_ignored(&since, "unknown"));
	CHECK(!tuning_is_ignored(&never, "6.18.1"));
}
