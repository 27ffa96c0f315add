/* SPDX-License-Identifier: MIT */
#include "host/internal.h"

#include "tap.h"

#include <string.h>

static const char *const covered[] = {"/run", "/tmp", "/var/lib", "/root", NULL};

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

TEST(a_path_under_var_lib_lies_in_the_state_folder)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	const char *path;

	CHECK_OK(state_path(arena, "/var/lib/nebula/a..b", &path, &err), err);
	CHECK(strcmp(path, "var-lib/nebula/a..b") == 0);
}

TEST(paths_elsewhere_and_steps_up_are_refused)
{
	static const char *const bad[] = {"/etc/passwd", "/var/lib", "/var/lib/", "/var/library/x",
		"var/lib/x", "/var/lib/../x", "/var/lib/x/..", "/var/lib/x/../../y", ""};
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	const char *path;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		err.kind = ERROR_NONE;
		CHECK(state_path(arena, bad[i], &path, &err) && err.kind == ERROR_USAGE);
	}
}

TEST(only_what_a_covered_place_hides_is_kept_in_sight)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *const *kept = visible_select(arena,
		LIST("/usr/bin", "/run/current-system/sw/bin", "/tmp", "/tmp/", "/tmpfs/bin",
			"relative", "/var/lib/app/bin/", "/run", "/root"),
		covered);

	CHECK(strcmp(kept[0], "/run/current-system/sw/bin") == 0);
	CHECK(strcmp(kept[1], "/var/lib/app/bin") == 0);
	CHECK(!kept[2]);
}

TEST(a_kept_folder_covers_what_lies_in_it)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *const *kept = visible_select(
		arena, LIST("/tmp/a/b", "/tmp/a-b", "/tmp/a", "/tmp/a", "/tmp/a/c/d"), covered);

	CHECK(strcmp(kept[0], "/tmp/a") == 0 && strcmp(kept[1], "/tmp/a-b") == 0 && !kept[2]);
}

TEST(a_wipe_knows_what_leads_to_a_kept_folder)
{
	const char *const *kept = LIST("/var/lib/ci/work", "/tmp/x");

	CHECK(visible_is_on_the_way(kept, "/var/lib", "ci"));
	CHECK(!visible_is_on_the_way(kept, "/var/lib", "c"));
	CHECK(!visible_is_on_the_way(kept, "/var/lib", "cider"));
	CHECK(!visible_is_on_the_way(kept, "/var/lib", "x"));
	CHECK(!visible_is_on_the_way(kept, "/var/log", "ci"));
}
